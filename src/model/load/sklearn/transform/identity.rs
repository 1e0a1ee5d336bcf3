//! Functions as steps: only the one that changes nothing is read.

use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::reading::{Reading, unsupported};
use super::{Chain, Step, Transformer};

/// The family.
pub static STEP: Transformer = Transformer { classes: &[("sklearn.preprocessing", "FunctionTransformer")], read };

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Box<dyn Step>, ModelError> {
    if at.optional("func").is_some() {
        let hint = "Compute the column in the table instead";
        return Err(unsupported(at, "the step calls a function, and no code of a file runs here", hint));
    }
    Ok(Box::new(Chain::read(reading, &[], width)?))
}
