//! InterpretML's explainable boosting machines: their attributes go to the reader of EBMs.

use crate::model::ModelError;

use super::super::super::ebm::read_pickled;
use super::super::super::pickle::At;
use super::super::part::{Part, classes};
use super::super::reading::Reading;
use super::Family;

/// The family.
pub static FAMILY: Family = Family {
    classes: &[("interpret", "ExplainableBoostingClassifier"), ("interpret", "ExplainableBoostingRegressor")],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let names = if at.any("classes_").is_some() { classes(at)? } else { Vec::new() };
    let model = read_pickled(at, names.clone(), &|count, at| reading.charge(count, at), reading.origin)?;
    Ok(Part::whole(model, names))
}
