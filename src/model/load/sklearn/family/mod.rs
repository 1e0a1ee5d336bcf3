//! Every family of estimators: which classes it reads, and how.
//!
//! A family is one file here and one line in `ESTIMATORS`.

mod catboost;
mod decision_tree;
mod forest;
mod gradient_boosting;
mod histogram_boosting;
mod lightgbm;
mod linear;
mod logistic;
mod xgboost;

use crate::model::ModelError;

use super::super::pickle::At;
use super::part::Part;
use super::reading::Reading;

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
    &xgboost::FAMILY,
    &lightgbm::FAMILY,
    &catboost::FAMILY,
];

/// The family that reads the class `module.name`.
pub fn find(module: &str, name: &str) -> Option<&'static Family> {
    let inside =
        |package: &str| module.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    ESTIMATORS.iter().find(|f| f.classes.iter().any(|(package, class)| *class == name && inside(package))).copied()
}
