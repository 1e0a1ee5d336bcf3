//! XGBoost's estimators and its bare booster: their bytes go to the loader of XGBoost files.

use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::super::xgboost::{Rounds, read_pickled};
use super::super::part::{Part, not_fitted};
use super::super::reading::{Reading, unsupported};
use super::Family;

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        ("xgboost", "XGBClassifier"),
        ("xgboost", "XGBRegressor"),
        ("xgboost", "XGBRanker"),
        ("xgboost", "XGBRFClassifier"),
        ("xgboost", "XGBRFRegressor"),
        ("xgboost", "Booster"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let bare = at.class().is_some_and(|(_, name)| name == "Booster");
    let booster = if bare { at.clone() } else { at.optional("_Booster").ok_or_else(|| not_fitted(at))? };
    let stored = booster.optional("handle").ok_or_else(|| not_fitted(at))?;
    let bytes = stored.bytes()?;
    // The booster does not know which number its wrapper takes for a missing value.
    if let Some(missing) = at.optional("missing").and_then(|m| m.real().ok()).filter(|m| !m.is_nan()) {
        return Err(unsupported(
            at,
            &format!("{missing} stands for a missing value, which the booster does not say"),
            "Train on data whose missing values are empty (missing=nan)",
        ));
    }
    reading.charge(bytes.len(), at)?;
    let rounds = if bare { Rounds::All } else { Rounds::UpToBest };
    let names = match booster.optional("feature_names") {
        Some(names) => names.items()?.iter().map(At::label).collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    let model = read_pickled(&bytes, (rounds, names), reading.origin, reading.task)?;
    let classes = match (at.optional("classes_"), at.optional("n_classes_")) {
        (Some(classes), _) => classes.array()?.labels()?,
        (None, Some(count)) if count.count()? == model.card().outputs.len().max(2) => {
            (0..count.count()?).map(|k| k.to_string()).collect()
        }
        _ => Vec::new(),
    };
    Ok(Part::whole(model, classes))
}
