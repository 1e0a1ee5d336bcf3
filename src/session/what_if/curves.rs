//! The curves of the profiler: how the prediction goes along one column while all others stay.

use std::sync::Arc;

use crate::base::text;
use crate::data::{ColumnKind, Dataset, TableProfile, Value};
use crate::model::Scale;

/// Evenly spread points of a curve over numbers, both ends included.
pub const POINTS: usize = 41;
/// Levels of a curve; rarer ones are left out, and the curve says so.
pub const LEVELS: usize = 20;

/// Curves of all columns that feed the model.
#[derive(Clone, Debug)]
pub struct Curves {
    /// One per column, in the order of the model's inputs.
    pub curves: Vec<Curve>,
    /// Rows over which they are means; 1 for those of one row.
    pub rows: usize,
    /// Rows of the table.
    pub of: usize,
    /// Unit of the values.
    pub scale: Scale,
    /// Whether every column has its curve.
    pub complete: bool,
}

/// The curve of one column.
#[derive(Clone, Debug)]
pub struct Curve {
    /// The column of the table.
    pub column: usize,
    /// Where it is known: numbers ascending, or levels by frequency; the missing value last.
    pub spots: Arc<[Value]>,
    /// Predictions, shape (outputs, spots).
    pub values: Vec<f64>,
}

impl Curve {
    /// The predictions of one output, spot by spot.
    pub fn of_output(&self, output: usize) -> &[f64] {
        self.values.get(output * self.spots.len()..).and_then(|rest| rest.get(..self.spots.len())).unwrap_or(&[])
    }

    /// Largest minus smallest prediction of one output, without the missing value's.
    pub fn span(&self, output: usize) -> f64 {
        let present = self.of_output(output).iter().zip(self.spots.iter()).filter(|(_, spot)| !spot.is_missing());
        let (low, high) =
            present.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (v, _)| (low.min(*v), high.max(*v)));
        (high - low).max(0.0)
    }
}

impl Curves {
    /// The curve of a column.
    pub fn of_column(&self, column: usize) -> Option<&Curve> {
        self.curves.iter().find(|curve| curve.column == column)
    }

    /// Which rows the curves are means of, in words: `mean over 100 of 1 000 rows`.
    pub fn words(&self) -> String {
        if self.rows == self.of {
            let all = if self.rows == 1 {
                "the only row".to_owned()
            } else {
                format!("all {}", text::counted(self.rows, "row"))
            };
            format!("mean over {all}")
        } else {
            format!("mean over {} of {}", text::count(self.rows), text::counted(self.of, "row"))
        }
    }
}

/// Where the curve of a column is asked: its range or its levels, the value `now`, and the missing value. Cost O(points).
pub fn spots(data: &Dataset, profile: Option<&TableProfile>, column: usize, now: Option<&Value>) -> Vec<Value> {
    let (Some(of), Some(known)) = (data.columns().get(column), profile.and_then(|p| p.columns.get(column))) else {
        return Vec::new();
    };
    let mut spots = match of.values.kind() {
        ColumnKind::Number => {
            let whole = matches!(of.values, crate::data::Values::Number { whole: true, .. });
            let range = known.numbers.map_or((f64::NAN, f64::NAN), |n| (n.min, n.max));
            numbers(range, whole, now).into_iter().map(Value::Number).collect()
        }
        ColumnKind::YesNo => vec![Value::YesNo(false), Value::YesNo(true)],
        ColumnKind::Category | ColumnKind::Text => {
            let levels = known.levels.iter().take(LEVELS);
            let mut spots: Vec<Value> = levels.map(|(level, _)| Value::Text(level.clone())).collect();
            spots.extend(now.filter(|now| !now.is_missing() && !spots.contains(now)).cloned());
            spots
        }
        // No model takes dates.
        ColumnKind::Date => Vec::new(),
    };
    spots.push(Value::Missing);
    spots
}

/// Ascending numbers from the smallest to the largest, `now` among them wherever it lies.
fn numbers((low, high): (f64, f64), whole: bool, now: Option<&Value>) -> Vec<f64> {
    let now = match now {
        Some(Value::Number(v)) if v.is_finite() => Some(*v),
        _ => None,
    };
    let steps = (POINTS - 1) as f64;
    let mut found: Vec<f64> = Vec::with_capacity(2 * POINTS);
    if low.is_finite() && high.is_finite() {
        let even = |k: usize| low + (high - low) * (k as f64 / steps);
        found.extend((0..POINTS).map(even).map(|v| if whole { v.round() } else { v }));
        // Outside the data the curve goes on to where the value is.
        if let Some(now) = now.filter(|v| *v < low || *v > high) {
            let edge = if now < low { low } else { high };
            found.extend((1..8).map(|k| edge + (now - edge) * (f64::from(k) / 8.0)));
        }
    }
    found.extend(now);
    found.sort_by(f64::total_cmp);
    found.dedup_by(|a, b| *a <= *b);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spots_go_from_end_to_end_and_hold_the_value_once() {
        let found = numbers((0.0, 1.0), false, Some(&Value::Number(0.5)));
        assert_eq!((found.len(), found[0].to_bits(), found[POINTS - 1].to_bits()), (POINTS, 0, 1.0f64.to_bits()));
        let other = numbers((0.0, 1.0), false, Some(&Value::Number(0.51)));
        assert_eq!(other.len(), POINTS + 1);
        assert!(other.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn whole_numbers_stay_whole_and_a_value_outside_is_reached() {
        let found = numbers((1.0, 5.0), true, None);
        assert_eq!(found, [1.0, 2.0, 3.0, 4.0, 5.0]);
        let outside = numbers((0.0, 1.0), false, Some(&Value::Number(3.0)));
        assert!(outside.last().is_some_and(|v| (*v - 3.0).abs() < 1e-12) && outside.len() == POINTS + 8);
    }
}
