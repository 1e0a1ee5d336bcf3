//! Path-dependent tree SHAP.

use crate::base::{Entry, Knob, Task};
use crate::explain::answer::Answer;
use crate::explain::encoded::{COLUMNS, explained};
use crate::explain::error::ExplainError;
use crate::explain::tree;
use crate::model::{Model, Scale};

use super::{Explainer, Request, Support};

/// Exact Shapley values of a tree ensemble; unknown features follow the training cover stored in the model.
pub struct TreeShap;

impl Entry for TreeShap {
    fn id(&self) -> &'static str {
        "tree-shap"
    }

    fn title(&self) -> &'static str {
        "Tree SHAP"
    }

    fn summary(&self) -> &'static str {
        "Exact contributions for tree models, measured against the training data that the model file remembers"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "Lundberg et al. 2020, From local explanations to global understanding with explainable AI for trees",
            "Yu, Bifet, Read and Xu 2022, Linear TreeShap",
            "Li, Yu and Low 2026, TreeGrad",
        ]
    }
}

impl Explainer for TreeShap {
    fn supports(&self, model: &dyn Model) -> Support {
        super::trees_only(model)
    }

    fn scales(&self, model: &dyn Model) -> Vec<Scale> {
        vec![model.card().native_scale]
    }

    fn knobs(&self) -> &'static [Knob] {
        &[COLUMNS]
    }

    fn explain(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError> {
        explained(request, |request| {
            let ensemble = super::trees_of(self, request.model)?;
            let found = tree::path_dependent(ensemble, request.features, task).map_err(|s| super::stopped(self, s))?;
            let mut notes = Vec::new();
            if found.without_cover {
                notes.push(super::NO_COVER.to_owned());
            }
            Ok(super::exact_attribution(request, found.values, found.base, notes))
        })
    }
}
