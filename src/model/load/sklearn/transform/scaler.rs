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
        if at.optional("clip").map_or(Ok(false), |c| c.flag())? {
            return Err(unsupported(at, "it cuts values off at the ends", "Use clip=False"));
        }
        let missing = || at.refuse("the scaler is not fitted");
        let (factor, end) = (scale.ok_or_else(missing)?, numbers(at, "min_", width)?.ok_or_else(missing)?);
        return Ok(Box::new(Scaler { start: vec![0.0; width], by: By::Times(factor), end: Some(end) }));
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
    let start = start.filter(|_| centred).unwrap_or_else(|| vec![0.0; width]);
    Ok(Box::new(Scaler { start, by: By::Over(scale.unwrap_or_else(|| vec![1.0; width])), end: None }))
}

/// `(x − start) / scale`, or `x · factor + end`.
struct Scaler {
    start: Vec<f64>,
    by: By,
    end: Option<Vec<f64>>,
}

enum By {
    Over(Vec<f64>),
    Times(Vec<f64>),
}

impl Step for Scaler {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        let moved = row.iter().zip(&self.start).map(|(x, start)| x - start);
        match (&self.by, &self.end) {
            (By::Over(scale), _) => out.extend(moved.zip(scale).map(|(x, scale)| x / scale)),
            (By::Times(factor), Some(end)) => out.extend(moved.zip(factor).zip(end).map(|((x, f), end)| x * f + end)),
            (By::Times(factor), None) => out.extend(moved.zip(factor).map(|(x, factor)| x * factor)),
        }
    }

    fn source(&self, output: usize) -> Option<usize> {
        (output < self.start.len()).then_some(output)
    }

    fn one(&self, output: usize, value: f64) -> f64 {
        let at = |all: &[f64]| all.get(output).copied().unwrap_or(f64::NAN);
        let moved = value - at(&self.start);
        match &self.by {
            By::Over(scale) => moved / at(scale),
            By::Times(factor) => moved * at(factor) + self.end.as_ref().map_or(0.0, |end| at(end)),
        }
    }

    fn rises(&self, output: usize) -> bool {
        let (By::Over(factors) | By::Times(factors)) = &self.by;
        factors.get(output).is_some_and(|f| *f > 0.0 && f.is_finite()) && self.one(output, 0.0).is_finite()
    }

    fn line(&self, output: usize) -> Option<(f64, f64)> {
        let start = *self.start.get(output)?;
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
