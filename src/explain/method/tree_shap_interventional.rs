//! Interventional tree SHAP.

use crate::base::{Entry, Knob, Task};
use crate::explain::answer::Answer;
use crate::explain::encoded::{COLUMNS, explained};
use crate::explain::error::ExplainError;
use crate::explain::tree;
use crate::model::{Model, Scale, TaskKind};
use crate::num::{MatrixView, parallel};

use super::{Explainer, Request, Support};

/// What a reader of probabilities must know.
const RESCALED: &str = "Contributions to the margin, rescaled to probabilities reference row by reference row, as shap does \
     for model_output=\"probability\". They add up to the probability but are not its Shapley values; for those ask exact-shapley \
     or permutation-shap on the probability scale";

/// Exact Shapley values of a tree ensemble; unknown features take their values from background rows. On the probability
/// scale of two-class models, the same values rescaled for each background row, which are no Shapley values.
pub struct TreeShapInterventional;

impl Entry for TreeShapInterventional {
    fn id(&self) -> &'static str {
        "tree-shap-interventional"
    }

    fn title(&self) -> &'static str {
        "Tree SHAP against a background"
    }

    fn summary(&self) -> &'static str {
        "Exact contributions for tree models, measured against every row of the background"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "Lundberg et al. 2020, From local explanations to global understanding with explainable AI for trees",
            "Laberge and Pequignot 2022, Understanding interventional TreeSHAP",
            "Nadel and Wettenstein 2026, Woodelf: tables of patterns",
        ]
    }
}

impl Explainer for TreeShapInterventional {
    fn supports(&self, model: &dyn Model) -> Support {
        super::trees_only(model)
    }

    fn scales(&self, model: &dyn Model) -> Vec<Scale> {
        let card = model.card();
        let two_classes = card.task == TaskKind::Binary && card.outputs.len() == 1;
        if two_classes && card.native_scale == Scale::Margin && card.scales.contains(&Scale::Probability) {
            vec![Scale::Margin, Scale::Probability]
        } else {
            vec![card.native_scale]
        }
    }

    fn needs_background(&self) -> bool {
        true
    }

    fn knobs(&self) -> &'static [Knob] {
        &[COLUMNS]
    }

    fn explain(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError> {
        explained(request, |request| self.answer(request, task))
    }
}

impl TreeShapInterventional {
    fn answer(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError> {
        let ensemble = super::trees_of(self, request.model)?;
        let (background, weights) = (request.background.matrix.view(), request.background.weights.as_deref());
        if request.scale == request.model.card().native_scale {
            let found = tree::interventional(ensemble, request.features, background, weights, task)
                .map_err(|s| super::stopped(self, s))?;
            return Ok(super::exact_attribution(request, found.values, found.base, Vec::new()));
        }
        let said = |rows, scale| predictions(request.model, rows, scale, task);
        let (rows, of_rows) = (said(request.features, Scale::Margin)?, said(request.features, Scale::Probability)?);
        let (references, of_references) = (said(background, Scale::Margin)?, said(background, Scale::Probability)?);
        let scale = tree::Rescale { rows: (&rows, &of_rows), background: (&references, &of_references) };
        let found = tree::rescaled(ensemble, request.features, background, weights, scale, task)
            .map_err(|s| super::stopped(self, s))?;
        Ok(super::exact_attribution(request, found.values, found.base, vec![RESCALED.to_owned()]))
    }
}

/// The predictions of a model with one output, in f64.
fn predictions(
    model: &dyn Model,
    rows: MatrixView<'_>,
    scale: Scale,
    task: &Task,
) -> Result<Vec<f64>, crate::base::Cancelled> {
    let mut out = vec![0.0; rows.rows()];
    task.begin("asking the model", rows.rows() as u64);
    parallel::fill_rows(&mut out, 1, task, |first, part| {
        model.predict_f64(rows.slice(first, first + part.len()), scale, part);
    })?;
    Ok(out)
}
