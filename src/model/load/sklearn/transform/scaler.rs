//! Scalers: each column is moved and stretched.

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::reading::{Reading, unsupported};
use super::{Step, Transformer, numbers};

const PACKAGE: &str = "sklearn.preprocessing";

/// The family.
pub static STEP: Transformer = Transformer {
    classes: &[
        (PACKAGE, "StandardScaler"),
        (PACKAGE, "MinMaxScaler"),
        (PACKAGE, "MaxAbsScaler"),
        (PACKAGE, "RobustScaler"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Box<dyn Step>, ModelError> {
    reading.charge(width.saturating_mul(3), at)?;
    let name = at.class().map_or("", |(_, name)| name);
    let scale = numbers(at, "scale_", width)?;
    if name == "MinMaxScaler" {
        let missing = || at.refuse("the scaler is not fitted");
        let (factor, end) = (scale.ok_or_else(missing)?, numbers(at, "min_", width)?.ok_or_else(missing)?);
        let ends = if clipped(at)? { Some(range(at)?) } else { None };
        return Ok(Box::new(Scaler { start: vec![0.0; width], by: By::Times(factor), end: Some(end), ends }));
    }
    // Attributes are there and None where centring or scaling is switched off.
    let (start, fitted) = match name {
        "StandardScaler" => (numbers(at, "mean_", width)?, at.any("mean_").is_some()),
        "RobustScaler" => (numbers(at, "center_", width)?, at.any("center_").is_some()),
        _ => (None, scale.is_some()),
    };
    if !fitted {
        return Err(unsupported(at, "the scaler is not fitted", "Call fit before saving it"));
    }
    let centred = at.optional("with_mean").or_else(|| at.optional("with_centering")).map_or(Ok(true), |w| w.flag())?;
    let ends = if name == "MaxAbsScaler" && clipped(at)? { Some((-1.0, 1.0)) } else { None };
    let start = start.filter(|_| centred).unwrap_or_else(|| vec![0.0; width]);
    Ok(Box::new(Scaler { start, by: By::Over(scale.unwrap_or_else(|| vec![1.0; width])), end: None, ends }))
}

/// Whether values are cut off at the ends of the range.
fn clipped(at: &At<'_>) -> Result<bool, ModelError> {
    at.optional("clip").map_or(Ok(false), |clip| clip.flag())
}

/// The lower and upper end of the range that training is mapped to.
fn range(at: &At<'_>) -> Result<(f64, f64), ModelError> {
    let stored = at.field("feature_range")?;
    let ends: Vec<f64> = stored.items()?.iter().map(At::real).collect::<Result<_, _>>()?;
    match *ends.as_slice() {
        [low, high] if low <= high => Ok((low, high)),
        _ => Err(stored.wrong("a lower and an upper end")),
    }
}

/// `(x − start) / scale`, or `x · factor + end`.
struct Scaler {
    start: Vec<f64>,
    by: By,
    end: Option<Vec<f64>>,
    /// Where values are cut off.
    ends: Option<(f64, f64)>,
}

enum By {
    Over(Vec<f64>),
    Times(Vec<f64>),
}

impl Step for Scaler {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        out.extend(row.iter().take(self.start.len()).enumerate().map(|(column, x)| self.one(column, *x)));
    }

    fn source(&self, output: usize) -> Option<usize> {
        (output < self.start.len()).then_some(output)
    }

    fn one(&self, output: usize, value: f64) -> f64 {
        let at = |all: &[f64]| all.get(output).copied().unwrap_or(f64::NAN);
        let moved = value - at(&self.start);
        let scaled = match &self.by {
            By::Over(scale) => moved / at(scale),
            By::Times(factor) => moved * at(factor) + self.end.as_ref().map_or(0.0, |end| at(end)),
        };
        self.ends.map_or(scaled, |(low, high)| scaled.clamp(low, high))
    }

    fn rises(&self, output: usize) -> bool {
        let (By::Over(factors) | By::Times(factors)) = &self.by;
        factors.get(output).is_some_and(|f| *f > 0.0 && f.is_finite()) && self.one(output, 0.0).is_finite()
    }

    fn line(&self, output: usize) -> Option<(f64, f64)> {
        let start = *self.start.get(output).filter(|_| self.ends.is_none())?;
        match &self.by {
            By::Over(scale) => Some((1.0 / scale.get(output)?, -start / scale.get(output)?)),
            By::Times(factor) => Some((*factor.get(output)?, *self.end.as_ref()?.get(output)?)),
        }
    }

    fn width(&self) -> usize {
        self.start.len()
    }

    fn kinds(&self) -> Vec<InputKind> {
        vec![InputKind::Number; self.start.len()]
    }
}
