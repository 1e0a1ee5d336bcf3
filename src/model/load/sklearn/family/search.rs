//! Searches for settings: the best estimator they found predicts.

use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::part::Part;
use super::super::reading::{Reading, unsupported};
use super::Family;

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        ("sklearn.model_selection", "GridSearchCV"),
        ("sklearn.model_selection", "RandomizedSearchCV"),
        ("sklearn.model_selection", "HalvingGridSearchCV"),
        ("sklearn.model_selection", "HalvingRandomSearchCV"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let best = at.optional("best_estimator_").ok_or_else(|| {
        unsupported(at, "the search keeps no best estimator", "Search with refit=True, or save the best estimator")
    })?;
    Ok(reading.part(&best)?.note("The best estimator of a search over settings"))
}
