//! Every family of estimators: which classes it reads, and how.
//!
//! A family is one file here and one line in `ESTIMATORS`.

mod adaboost;
mod bagging;
mod calibrated;
mod catboost;
mod chain;
mod decision_tree;
mod discriminant;
mod dummy;
mod ebm;
mod forest;
mod gaussian_process;
mod gradient_boosting;
mod histogram_boosting;
mod isolation_forest;
mod kernel_ridge;
mod lightgbm;
mod linear;
mod linear_classifier;
mod logistic;
mod multi_output;
mod naive_bayes;
mod neighbours;
mod neural_network;
mod one_vs_rest;
mod pairs;
mod partial_least_squares;
mod pipeline;
mod search;
mod stacking;
mod support_vectors;
mod target_transform;
mod voting;
mod wrapper;
mod xgboost;

use crate::model::ModelError;

use super::super::pickle::At;
use super::part::{Core, Part};
use super::reading::Reading;

pub use linear::NO_MISSING;

/// A family of estimators.
pub struct Family {
    /// Packages and class names. Modules inside a package move between versions, so only its start is compared.
    pub classes: &'static [(&'static str, &'static str)],
    /// Turns an estimator into a part that predicts. Refuses with the place.
    pub read: fn(&Reading<'_>, &At<'_>) -> Result<Part, ModelError>,
}

/// Every family.
pub static ESTIMATORS: &[&Family] = &[
    &decision_tree::FAMILY,
    &forest::FAMILY,
    &gradient_boosting::FAMILY,
    &histogram_boosting::FAMILY,
    &linear::FAMILY,
    &logistic::FAMILY,
    &isolation_forest::FAMILY,
    &adaboost::FAMILY,
    &bagging::FAMILY,
    &voting::FAMILY,
    &stacking::FAMILY,
    &calibrated::FAMILY,
    &linear_classifier::FAMILY,
    &support_vectors::FAMILY,
    &neighbours::FAMILY,
    &naive_bayes::FAMILY,
    &discriminant::FAMILY,
    &neural_network::FAMILY,
    &gaussian_process::FAMILY,
    &kernel_ridge::FAMILY,
    &partial_least_squares::FAMILY,
    &one_vs_rest::FAMILY,
    &multi_output::FAMILY,
    &dummy::FAMILY,
    &pairs::FAMILY,
    &chain::FAMILY,
    &search::FAMILY,
    &wrapper::FAMILY,
    &pipeline::FAMILY,
    &target_transform::FAMILY,
    &xgboost::FAMILY,
    &lightgbm::FAMILY,
    &catboost::FAMILY,
    &ebm::FAMILY,
];

/// Adds what a card says about trees, when the part is made of trees.
pub fn tree_facts(part: Part) -> Part {
    let Core::Trees(ensemble) = &part.core else { return part };
    let (trees, leaves, depth) = (ensemble.trees.len(), ensemble.leaf_count(), ensemble.deepest_path());
    part.fact("Trees", trees).fact("Leaves", leaves).fact("Deepest path", depth).fact("Cover", "weighted training rows")
}

/// The family that reads the class `module.name`.
pub fn find(module: &str, name: &str) -> Option<&'static Family> {
    let inside =
        |package: &str| module.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    ESTIMATORS.iter().find(|f| f.classes.iter().any(|(package, class)| *class == name && inside(package))).copied()
}
