//! CatBoost's estimators: named and refused, with the way to a file that holds the model alone.

use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::part::Part;
use super::super::reading::{Reading, unsupported};
use super::Family;

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        ("catboost", "CatBoost"),
        ("catboost", "CatBoostClassifier"),
        ("catboost", "CatBoostRegressor"),
        ("catboost", "CatBoostRanker"),
    ],
    read,
};

fn read(_reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    Err(unsupported(
        at,
        "CatBoost models inside a pickle are not read",
        "Save the model by itself: model.save_model(\"model.cbm\")",
    ))
}
