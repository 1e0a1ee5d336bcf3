//! Unions: every part sees all columns, their results stand side by side.

use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::reading::{Reading, unsupported};
use super::columns::Columns;
use super::{Step, Transformer, named, read as read_step};

/// The family.
pub static STEP: Transformer = Transformer { classes: &[("sklearn.pipeline", "FeatureUnion")], read };

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Box<dyn Step>, ModelError> {
    if at.optional("transformer_weights").is_some() {
        return Err(unsupported(at, "its parts have weights", "Leave transformer_weights out"));
    }
    let mut parts = Vec::new();
    for part in named(at, "transformer_list")?.iter().filter(|part| !part.text().is_ok_and(|word| word == "drop")) {
        reading.charge(width, part)?;
        parts.push(((0..width).collect(), read_step(reading, part, width)?));
    }
    Ok(Box::new(Columns::new(parts, width, at)?))
}
