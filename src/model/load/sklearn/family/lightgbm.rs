//! LightGBM's estimators and its bare booster: their text goes to the loader of LightGBM files.

use crate::model::ModelError;

use super::super::super::lightgbm::read_pickled;
use super::super::super::pickle::At;
use super::super::part::{Part, not_fitted};
use super::super::reading::Reading;
use super::Family;

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        ("lightgbm", "LGBMClassifier"),
        ("lightgbm", "LGBMRegressor"),
        ("lightgbm", "LGBMRanker"),
        ("lightgbm", "Booster"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let bare = at.class().is_some_and(|(_, name)| name == "Booster");
    let booster = if bare { at.clone() } else { at.optional("_Booster").ok_or_else(|| not_fitted(at))? };
    // Version 4 put an underscore in front.
    let stored = booster.optional("_handle").or_else(|| booster.optional("handle")).ok_or_else(|| not_fitted(at))?;
    let text = stored.text()?;
    reading.charge(text.len(), at)?;
    let best = match booster.optional("best_iteration") {
        Some(best) => usize::try_from(best.integer()?).unwrap_or(0),
        None => 0,
    };
    let model = read_pickled(text, best, reading.origin, reading.task)?;
    let classes = match at.optional("_classes") {
        Some(classes) => classes.array()?.labels()?,
        None => Vec::new(),
    };
    let part = Part::whole(model, classes);
    Ok(if best == 0 { part } else { part.note("Early stopping: the rounds up to the best one predict") })
}
