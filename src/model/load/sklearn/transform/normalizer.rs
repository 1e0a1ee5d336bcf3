//! Rows divided by their size: each value depends on all columns.

use crate::data::InputKind;

use super::super::super::pickle::At;
use super::super::reading::Reading;
use super::{Made, Step, Transformer};

/// The family.
pub static STEP: Transformer = Transformer { classes: &[("sklearn.preprocessing", "Normalizer")], read };

/// Smaller sizes count as none; the row then stays as it is.
const NOTHING: f64 = 10.0 * f64::EPSILON;

fn read(_reading: &Reading<'_>, at: &At<'_>, width: usize) -> Made {
    let norm = at.field("norm")?;
    let size: fn(&[f64]) -> f64 = match norm.text()? {
        "l1" => |row| row.iter().map(|x| x.abs()).sum(),
        "l2" => |row| row.iter().map(|x| x * x).sum::<f64>().sqrt(),
        // NaN must not be lost.
        "max" => |row| row.iter().fold(0.0, |most, x| if x.is_nan() || x.abs() > most { x.abs() } else { most }),
        _ => return Err(norm.wrong("l1, l2 or max")),
    };
    Ok(Box::new(Normalizer { size, width }))
}

struct Normalizer {
    size: fn(&[f64]) -> f64,
    width: usize,
}

impl Step for Normalizer {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        let size = (self.size)(row);
        let size = if size < NOTHING { 1.0 } else { size };
        out.extend(row.iter().map(|x| x / size));
    }

    fn mixes(&self) -> Option<&str> {
        Some("Normalizer")
    }

    fn width(&self) -> usize {
        self.width
    }

    fn kinds(&self) -> Vec<InputKind> {
        vec![InputKind::Number; self.width]
    }
}
