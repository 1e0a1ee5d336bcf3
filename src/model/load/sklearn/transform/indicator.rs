//! Marks of missing values: 1 where a column has none.

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::part::not_fitted;
use super::super::reading::{Reading, unsupported};
use super::{Made, Step, Transformer};

/// The family.
pub static STEP: Transformer = Transformer { classes: &[("sklearn.impute", "MissingIndicator")], read };

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Made {
    Ok(Box::new(marks(reading, at, width)?))
}

/// The step of a `MissingIndicator`, also of one inside an imputer.
pub fn marks(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Marks, ModelError> {
    let stored = at.optional("features_").ok_or_else(|| not_fitted(at))?;
    let array = stored.array()?;
    reading.charge(array.count(), &stored)?;
    let columns = array.integers()?.into_iter().map(|column| usize::try_from(column).ok().filter(|c| *c < width));
    let columns = columns.collect::<Option<Vec<usize>>>().ok_or_else(|| stored.refuse("a column is out of range"))?;
    Ok(Marks { columns, stands: stands_for_missing(at)?, width })
}

/// The value that stands for a missing one: NaN, or a number.
pub fn stands_for_missing(at: &At<'_>) -> Result<f64, ModelError> {
    let missing = at.field("missing_values")?;
    if missing.is_nothing() || missing.class_path().ends_with("NAType") {
        return Ok(f64::NAN);
    }
    missing.real().map_err(|_error| unsupported(at, "a text stands for missing values", "Use missing_values=nan"))
}

/// Whether `value` is `stands`, the value for a missing one.
pub fn is_missing(value: f64, stands: f64) -> bool {
    value == stands || (value.is_nan() && stands.is_nan())
}

/// One value for each of some columns.
pub struct Marks {
    columns: Vec<usize>,
    stands: f64,
    width: usize,
}

impl Step for Marks {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        let value = |column: &usize| row.get(*column).copied().unwrap_or(f64::NAN);
        out.extend(self.columns.iter().map(|column| self.one(0, value(column))));
    }

    fn source(&self, output: usize) -> Option<usize> {
        self.columns.get(output).copied()
    }

    fn one(&self, _output: usize, value: f64) -> f64 {
        f64::from(u8::from(is_missing(value, self.stands)))
    }

    /// Numbers are all 0 where only NaN is missing.
    fn rises(&self, _output: usize) -> bool {
        self.stands.is_nan()
    }

    fn width(&self) -> usize {
        self.columns.len()
    }

    fn kinds(&self) -> Vec<InputKind> {
        vec![InputKind::Number; self.width]
    }
}
