//! Numbers above a threshold are 1, all others 0.

use crate::data::InputKind;

use super::super::super::pickle::At;
use super::super::reading::Reading;
use super::{Made, Step, Transformer};

/// The family.
pub static STEP: Transformer = Transformer { classes: &[("sklearn.preprocessing", "Binarizer")], read };

fn read(_reading: &Reading<'_>, at: &At<'_>, width: usize) -> Made {
    let threshold = at.field("threshold")?;
    let limit = threshold.real()?;
    if limit.is_nan() {
        return Err(threshold.wrong("a number"));
    }
    Ok(Box::new(Binarizer { limit, width }))
}

struct Binarizer {
    limit: f64,
    width: usize,
}

impl Step for Binarizer {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        out.extend(row.iter().map(|x| self.one(0, *x)));
    }

    fn source(&self, output: usize) -> Option<usize> {
        (output < self.width).then_some(output)
    }

    fn one(&self, _output: usize, value: f64) -> f64 {
        if value.is_nan() { value } else { f64::from(u8::from(value > self.limit)) }
    }

    fn rises(&self, _output: usize) -> bool {
        true
    }

    fn width(&self) -> usize {
        self.width
    }

    fn kinds(&self) -> Vec<InputKind> {
        vec![InputKind::Number; self.width]
    }
}
