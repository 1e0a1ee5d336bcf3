//! Unions: every part sees all columns, their results stand side by side.

use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::reading::Reading;
use super::columns::Columns;
use super::weighted::weighted;
use super::{Step, Transformer, pairs, read as read_step};

/// The family.
pub static STEP: Transformer = Transformer { classes: &[("sklearn.pipeline", "FeatureUnion")], read };

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Box<dyn Step>, ModelError> {
    let mut parts = Vec::new();
    for (name, part) in pairs(at, "transformer_list")? {
        if part.text().is_ok_and(|word| word == "drop") {
            continue;
        }
        reading.charge(width, &part)?;
        parts.push(((0..width).collect(), weighted(at, name, read_step(reading, &part, width)?)?));
    }
    Ok(Box::new(Columns::new(parts, width, at)?))
}
