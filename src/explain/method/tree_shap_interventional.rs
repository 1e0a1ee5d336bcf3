//! Interventional tree SHAP.

use crate::base::{Entry, Task};
use crate::explain::answer::Answer;
use crate::explain::error::ExplainError;
use crate::explain::tree;
use crate::model::{Model, Scale, Structure};

use super::{Explainer, Request, Support};

/// Exact Shapley values of a tree ensemble; unknown features take their values from background rows.
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
        ]
    }
}

impl Explainer for TreeShapInterventional {
    fn supports(&self, model: &dyn Model) -> Support {
        match model.structure() {
            Structure::Trees(_) => Support::Exact,
            _ => Support::No("the model is not a sum of trees"),
        }
    }

    fn scales(&self, model: &dyn Model) -> Vec<Scale> {
        vec![model.card().native_scale]
    }

    fn needs_background(&self) -> bool {
        true
    }

    fn explain(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError> {
        let Structure::Trees(ensemble) = request.model.structure() else {
            return Err(super::refusal(self, "the model is not a sum of trees"));
        };
        let background = request.background.matrix.view();
        let found =
            tree::interventional(ensemble, request.features, background, task).map_err(|s| super::stopped(self, s))?;
        Ok(super::exact_attribution(request, found.values, found.base, Vec::new()))
    }
}
