//! Linear SHAP.

use crate::base::{Entry, Task};
use crate::explain::answer::Answer;
use crate::explain::error::ExplainError;
use crate::model::{Additive, Model, Scale};
use crate::num::MatrixView;
use crate::num::parallel;
use crate::num::parallel::Planes;
use crate::num::stats;

use super::{Explainer, Request, Support};

/// Exact Shapley values of a linear form, and of every sum of one term for each input: the distance of each term from its
/// background mean.
pub struct LinearShap;

impl Entry for LinearShap {
    fn id(&self) -> &'static str {
        "linear-shap"
    }

    fn title(&self) -> &'static str {
        "Linear SHAP"
    }

    fn summary(&self) -> &'static str {
        "Exact contributions for linear and other additive models: each term's distance from its background mean"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Štrumbelj and Kononenko 2014, Explaining prediction models and individual predictions"]
    }
}

impl Explainer for LinearShap {
    fn supports(&self, model: &dyn Model) -> Support {
        match model.structure().additive() {
            Some(_) => Support::Exact,
            None => Support::No(NOT_ADDITIVE),
        }
    }

    fn scales(&self, model: &dyn Model) -> Vec<Scale> {
        vec![model.card().native_scale]
    }

    fn needs_background(&self) -> bool {
        true
    }

    fn explain(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError> {
        let Some(terms) = request.model.structure().additive() else {
            return Err(super::refusal(self, NOT_ADDITIVE));
        };
        let (outputs, inputs) = (terms.intercept().len(), request.features.cols());
        let means = mean_terms(terms, request.background.matrix.view(), request.background.weights.as_deref());
        let mut values = vec![0.0; outputs * request.rows.len() * inputs];
        task.begin("explaining a sum of terms", request.rows.len() as u64);
        let shape = Planes { rows: request.rows.len(), width: inputs, block: parallel::BLOCK };
        parallel::fill_planes(&mut values, shape, |first, planes| {
            let count = planes.first().map_or(0, |plane| plane.len() / inputs.max(1));
            let mut own = vec![0.0; outputs];
            for i in 0..count {
                for (j, x) in request.features.row(first + i).iter().enumerate() {
                    terms.term(j, *x, &mut own);
                    for (k, plane) in planes.iter_mut().enumerate() {
                        plane[i * inputs + j] = own[k] - means[j * outputs + k];
                    }
                }
            }
            task.advance(count as u64)
        })?;
        let base = |k: usize| terms.intercept()[k] + means.iter().skip(k).step_by(outputs).sum::<f64>();
        Ok(super::exact_attribution(request, values, (0..outputs).map(base).collect(), Vec::new()))
    }
}

/// Why other models are refused.
const NOT_ADDITIVE: &str = "the model is not a sum of one term for each input";

/// The (weighted) mean of every term over the background, shape (inputs, outputs).
fn mean_terms(terms: &dyn Additive, background: MatrixView<'_>, weights: Option<&[f64]>) -> Vec<f64> {
    let outputs = terms.intercept().len();
    let (mut own, mut means) = (vec![0.0; outputs], Vec::with_capacity(background.cols() * outputs));
    for j in 0..background.cols() {
        let mut found = vec![Vec::with_capacity(background.rows()); outputs];
        for x in background.column(j) {
            terms.term(j, x, &mut own);
            found.iter_mut().zip(&own).for_each(|(found, term)| found.push(*term));
        }
        means.extend(found.into_iter().map(|mut found| {
            let Some(weights) = weights else { return stats::mean(&found) };
            found.iter_mut().zip(weights).for_each(|(term, weight)| *term *= weight);
            stats::sum(&found) / stats::sum(weights)
        }));
    }
    means
}
