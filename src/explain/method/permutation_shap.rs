//! Sampled Shapley values from pairs of opposite orders.

use crate::base::{Entry, Kind, Knob, Task};
use crate::explain::answer::{Answer, Body};
use crate::explain::coalition::worth_of_nobody;
use crate::explain::error::ExplainError;
use crate::explain::orders::{Limits, RowEstimate, estimate};
use crate::model::{Model, Scale};
use crate::num::parallel;

use super::{Explainer, Request, Support};

/// Sampled Shapley values of any model, with standard errors.
pub struct PermutationShap;

impl Entry for PermutationShap {
    fn id(&self) -> &'static str {
        "permutation-shap"
    }

    fn title(&self) -> &'static str {
        "Permutation SHAP"
    }

    fn summary(&self) -> &'static str {
        "Sampled contributions for any model: inputs become known one by one in random orders, with standard errors"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "Castro, Gómez and Tejada 2009, Polynomial calculation of the Shapley value based on sampling",
            "Mitchell, Cooper, Frank and Holmes 2022, Sampling permutations for Shapley value estimation",
        ]
    }
}

impl Explainer for PermutationShap {
    fn knobs(&self) -> &'static [Knob] {
        &[
            Knob {
                id: "tolerance",
                label: "Tolerance",
                help: "A row is done when its largest standard error is below this share of the range of its \
                       contributions",
                kind: Kind::Real { default: 0.01, min: 0.0, max: 1.0 },
            },
            Knob {
                id: "budget",
                label: "Budget per row",
                help: "Most combinations of inputs tried for one row; each costs one prediction per background row",
                kind: Kind::Count { default: 2000, min: 4, max: 10_000_000 },
            },
        ]
    }

    fn supports(&self, _model: &dyn Model) -> Support {
        Support::Estimate
    }

    fn scales(&self, model: &dyn Model) -> Vec<Scale> {
        model.card().scales.clone()
    }

    fn needs_background(&self) -> bool {
        true
    }

    fn explain(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError> {
        let limits = Limits {
            tolerance: request.knobs.real("tolerance"),
            coalitions: usize::try_from(request.knobs.count("budget")).unwrap_or(usize::MAX),
        };
        let base = worth_of_nobody(request, task)?;
        task.begin("asking in random orders", request.rows.len() as u64);
        let rows = parallel::map(request.rows.len(), task, |k| estimate(request, k, &base, limits, task))?;
        let rows: Vec<RowEstimate> = rows.into_iter().collect::<Result<_, _>>()?;
        let (inputs, count) = (request.features.cols(), rows.len());
        let mut values = vec![0.0; base.len() * count * inputs];
        let mut errors = values.clone();
        for (position, row) in rows.iter().enumerate() {
            for k in 0..base.len() {
                let place = (k * count + position) * inputs;
                values[place..place + inputs].copy_from_slice(&row.values[k * inputs..(k + 1) * inputs]);
                errors[place..place + inputs].copy_from_slice(&row.errors[k * inputs..(k + 1) * inputs]);
            }
        }
        let background = request.background.matrix.rows() as u64;
        let spent: u64 = rows.iter().map(|r| r.coalitions * background + 1).sum();
        let converged = rows.iter().all(|r| r.converged);
        let notes = if converged {
            Vec::new()
        } else {
            vec!["The budget ended before every row met the tolerance; their standard errors are larger".to_owned()]
        };
        let body = Body::Attribution(super::attribution(request, values, base, Some(errors)));
        Ok(Answer { body, exact: false, evaluations: background + spent, converged: Some(converged), notes })
    }
}
