//! Imputers: a missing value is replaced by one number a column, or one text before an encoder.

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::part::not_fitted;
use super::super::reading::{Reading, unsupported};
use super::columns::Columns;
use super::indicator::{is_missing, marks, stands_for_missing};
use super::{Made, Step, Transformer, numbers};

/// The family.
pub static STEP: Transformer = Transformer { classes: &[("sklearn.impute", "SimpleImputer")], read };

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Made {
    reading.charge(width.saturating_mul(3), at)?;
    let stands = stands_for_missing(at)?;
    let fill = numbers(at, "statistics_", width)?.ok_or_else(|| not_fitted(at))?;
    // Columns without any value have no fill and are left out.
    let keep = at.optional("keep_empty_features").map_or(Ok(false), |k| k.flag())?;
    let kept = (0..width).filter(|column| keep || fill.get(*column).is_some_and(|f| !f.is_nan())).collect();
    let imputer = Imputer { fill, kept, stands };
    if !marked(at)? {
        return Ok(Box::new(imputer));
    }
    let indicator = at.optional("indicator_").ok_or_else(|| not_fitted(at))?;
    let indicator = marks(reading, &indicator, width)?;
    let all = || (0..width).collect();
    Ok(Box::new(Columns::new(vec![(all(), Box::new(imputer)), (all(), Box::new(indicator))], width, at)?))
}

/// Whether columns that mark missing values are added.
fn marked(at: &At<'_>) -> Result<bool, ModelError> {
    at.optional("add_indicator").map_or(Ok(false), |marked| marked.flag())
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
    if marked(at)? {
        return Err(unsupported(at, "it marks missing texts beside them", "Use add_indicator=False for texts"));
    }
    if !stands_for_missing(at)?.is_nan() {
        return Err(unsupported(at, "a number stands for missing texts", "Use missing_values=nan"));
    }
    array.labels().map(Some)
}

struct Imputer {
    /// One number for each column.
    fill: Vec<f64>,
    /// Columns that are not left out.
    kept: Vec<usize>,
    /// The value that stands for a missing one.
    stands: f64,
}

impl Step for Imputer {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        let value = |column: &usize| row.get(*column).copied().unwrap_or(f64::NAN);
        out.extend(self.kept.iter().enumerate().map(|(output, column)| self.one(output, value(column))));
    }

    fn source(&self, output: usize) -> Option<usize> {
        self.kept.get(output).copied()
    }

    fn one(&self, output: usize, value: f64) -> f64 {
        if !is_missing(value, self.stands) {
            return value;
        }
        self.kept.get(output).and_then(|column| self.fill.get(*column)).copied().unwrap_or(value)
    }

    /// A number that stands for missing values leaves its place.
    fn rises(&self, _output: usize) -> bool {
        self.stands.is_nan()
    }

    fn width(&self) -> usize {
        self.kept.len()
    }

    fn kinds(&self) -> Vec<InputKind> {
        vec![InputKind::Number; self.fill.len()]
    }
}
