//! Imputers: a missing value is replaced by one number a column, or one text before an encoder.

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::reading::{Reading, unsupported};
use super::{Step, Transformer, numbers};

/// The family.
pub static STEP: Transformer = Transformer { classes: &[("sklearn.impute", "SimpleImputer")], read };

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Box<dyn Step>, ModelError> {
    check(at)?;
    reading.charge(width, at)?;
    let fill = numbers(at, "statistics_", width)?.ok_or_else(|| at.refuse("the imputer is not fitted"))?;
    // Columns without any value have no fill and are left out.
    let keep = at.optional("keep_empty_features").map_or(Ok(false), |k| k.flag())?;
    if !keep && fill.iter().any(|f| f.is_nan()) {
        return Err(unsupported(
            at,
            "a column had no value at all",
            "Leave the column out, or keep_empty_features=True",
        ));
    }
    Ok(Box::new(Imputer { fill }))
}

/// What is the same for numbers and texts.
fn check(at: &At<'_>) -> Result<(), ModelError> {
    if at.optional("add_indicator").map_or(Ok(false), |a| a.flag())? {
        return Err(unsupported(at, "it adds columns that mark missing values", "Use add_indicator=False"));
    }
    let missing = at.field("missing_values")?;
    let empty =
        missing.is_nothing() || missing.real().is_ok_and(f64::is_nan) || missing.class_path().ends_with("NAType");
    match empty {
        true => Ok(()),
        false => Err(unsupported(at, "a value of its own stands for missing ones", "Use missing_values=nan")),
    }
}

/// The levels that an imputer of texts fills in; `None` for everything else.
pub fn texts(at: &At<'_>) -> Result<Option<Vec<String>>, ModelError> {
    let imputer =
        at.class().is_some_and(|(module, name)| module.starts_with("sklearn.impute") && name == "SimpleImputer");
    let Some(stored) = at.optional("statistics_").filter(|_| imputer) else { return Ok(None) };
    let array = stored.array()?;
    if array.reals().is_ok() {
        return Ok(None);
    }
    check(at)?;
    array.labels().map(Some)
}

struct Imputer {
    fill: Vec<f64>,
}

impl Step for Imputer {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        out.extend(row.iter().zip(&self.fill).map(|(x, fill)| if x.is_nan() { *fill } else { *x }));
    }

    fn source(&self, output: usize) -> Option<usize> {
        (output < self.fill.len()).then_some(output)
    }

    fn one(&self, output: usize, value: f64) -> f64 {
        if value.is_nan() { self.fill.get(output).copied().unwrap_or(value) } else { value }
    }

    fn rises(&self, _output: usize) -> bool {
        true
    }

    fn width(&self) -> usize {
        self.fill.len()
    }

    fn kinds(&self) -> Vec<InputKind> {
        vec![InputKind::Number; self.fill.len()]
    }
}
