//! CatBoost's estimators: the file that each keeps inside goes to the loader of CatBoost files.

use crate::model::ModelError;

use super::super::super::Loader as _;
use super::super::super::catboost::CatBoost;
use super::super::super::pickle::At;
use super::super::part::{Part, not_fitted};
use super::super::reading::Reading;
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

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let stored = at.optional("__model").ok_or_else(|| not_fitted(at))?;
    let bytes = stored.bytes()?;
    reading.charge(bytes.len(), at)?;
    let model = CatBoost.load(&bytes, reading.origin, reading.task)?;
    let classes = model.card().classes.clone();
    Ok(Part::whole(model, classes))
}
