//! Columns by their place among the values of training, spread evenly or like a normal distribution.

use crate::data::InputKind;

use super::super::super::pickle::At;
use super::super::part::not_fitted;
use super::super::reading::Reading;
use super::{Made, Step, Transformer};

/// The family.
pub static STEP: Transformer = Transformer { classes: &[("sklearn.preprocessing", "QuantileTransformer")], read };

/// What lies within this distance of an end, as a column or as a share, counts as the end.
const EDGE: f64 = 1e-7;

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Made {
    let stored = at.optional("quantiles_").ok_or_else(|| not_fitted(at))?;
    let shares = at.field("references_")?;
    let (array, marks) = (stored.array()?, shares.array()?);
    reading.charge(array.count().saturating_add(marks.count()).saturating_mul(2), at)?;
    let marks = marks.reals()?;
    if marks.is_empty() || array.matrix_shape() != Some((marks.len(), width)) {
        return Err(stored.refuse(format!("there must be {} quantiles for each of {width} columns", marks.len())));
    }
    let values = array.reals()?;
    let columns: Vec<Vec<f64>> =
        (0..width).map(|column| values.iter().skip(column).step_by(width).copied().collect()).collect();
    if columns.iter().any(|column| !column.is_sorted()) || !marks.is_sorted() {
        return Err(stored.refuse("the quantiles do not rise"));
    }
    let shape = at.field("output_distribution")?;
    let normal = match shape.text()? {
        "uniform" => false,
        "normal" => true,
        _ => return Err(shape.wrong("uniform or normal")),
    };
    // What lies beyond is cut off, as the library does.
    let edge = EDGE - f64::EPSILON;
    let ends = normal.then(|| (normal_quantile(edge), normal_quantile(1.0 - edge)));
    Ok(Box::new(Quantiles { columns, marks, ends }))
}

struct Quantiles {
    /// Rising quantiles of each column.
    columns: Vec<Vec<f64>>,
    /// The share of training that each quantile stands for.
    marks: Vec<f64>,
    /// The lowest and highest number for a normal distribution; `None` for an even one.
    ends: Option<(f64, f64)>,
}

impl Quantiles {
    /// The share of training below `x`; in the middle where quantiles are equal.
    fn share(&self, quantiles: &[f64], x: f64) -> f64 {
        let last = quantiles.len().saturating_sub(1);
        let at = |k: usize| quantiles.get(k).zip(self.marks.get(k)).map_or((f64::NAN, f64::NAN), |(q, m)| (*q, *m));
        let (lowest, highest) = (at(0).0, at(last).0);
        // Without slack only the ends themselves are set; beyond them the curve is flat.
        let slack = if self.ends.is_some() { EDGE } else { 0.0 };
        if x - slack < lowest || x == lowest {
            return if x < lowest && slack == 0.0 { at(0).1 } else { 0.0 };
        }
        if x + slack > highest || x == highest {
            return if x > highest && slack == 0.0 { at(last).1 } else { 1.0 };
        }
        let upward = {
            let next = quantiles.partition_point(|q| *q <= x);
            match next {
                0 => at(0).1,
                next if next > last => at(last).1,
                next => between(x, at(next - 1), at(next)),
            }
        };
        // The same from above, on mirrored numbers.
        let downward = {
            let next = quantiles.partition_point(|q| *q < x);
            let mirrored = |k: usize| (-at(k).0, -at(k).1);
            match next {
                0 => mirrored(0).1,
                next if next > last => mirrored(last).1,
                next => between(-x, mirrored(next), mirrored(next - 1)),
            }
        };
        0.5 * (upward - downward)
    }
}

/// The line from one point to the next, as numpy interpolates.
fn between(x: f64, (x0, y0): (f64, f64), (x1, y1): (f64, f64)) -> f64 {
    if x == x0 { y0 } else { (y1 - y0) / (x1 - x0) * (x - x0) + y0 }
}

/// The number that a normal variable stays below with probability `share`: Halley's method on the error function.
fn normal_quantile(share: f64) -> f64 {
    if share.is_nan() || share <= 0.0 || share >= 1.0 {
        return if share <= 0.0 {
            f64::NEG_INFINITY
        } else if share >= 1.0 {
            f64::INFINITY
        } else {
            share
        };
    }
    if share > 0.5 {
        return -normal_quantile(1.0 - share);
    }
    let density = |x: f64| libm::exp(-0.5 * x * x) / std::f64::consts::TAU.sqrt();
    // Near the middle the distance from it is what must be exact.
    let excess = |x: f64| match share > 0.25 {
        true => 0.5 * libm::erf(x * std::f64::consts::FRAC_1_SQRT_2) - (share - 0.5),
        false => 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2) - share,
    };
    let mut x = if share > 0.25 { (share - 0.5) * std::f64::consts::TAU.sqrt() } else { -tail(share) };
    for _step in 0..50 {
        let newton = excess(x) / density(x);
        let step = newton / (1.0 + 0.5 * x * newton);
        x -= step;
        if step.abs() <= f64::EPSILON * x.abs() {
            break;
        }
    }
    x
}

/// A first guess far from the middle.
fn tail(share: f64) -> f64 {
    let far = (-2.0 * libm::log(share)).sqrt();
    far - (libm::log(far) + 0.92) / far
}

impl Step for Quantiles {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        out.extend(row.iter().take(self.columns.len()).enumerate().map(|(column, x)| self.one(column, *x)));
    }

    fn source(&self, output: usize) -> Option<usize> {
        (output < self.columns.len()).then_some(output)
    }

    fn one(&self, output: usize, value: f64) -> f64 {
        let Some(quantiles) = self.columns.get(output).filter(|_| !value.is_nan()) else { return f64::NAN };
        let share = self.share(quantiles, value);
        self.ends.map_or(share, |(lowest, highest)| normal_quantile(share).clamp(lowest, highest))
    }

    fn rises(&self, _output: usize) -> bool {
        true
    }

    fn width(&self) -> usize {
        self.columns.len()
    }

    fn kinds(&self) -> Vec<InputKind> {
        vec![InputKind::Number; self.columns.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_quantiles_are_those_of_the_tables() {
        for (share, wanted) in [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.25, -0.674_489_750_196_081_7),
            (0.1, -1.281_551_565_544_600_4),
            (1e-7, -5.199_337_582_192_816_5),
            (0.5 + 1.0 / 1_048_576.0, 2.390_507_006_295_574e-6),
        ] {
            let found = normal_quantile(share);
            assert!((found - wanted).abs() <= 1e-14 * wanted.abs(), "{share}: {found}");
        }
        let all: Vec<f64> = (0..10_001).map(|k| normal_quantile(f64::from(k) / 1e4)).collect();
        assert!(all.is_sorted() && all[0] == f64::NEG_INFINITY && all[10_000] == f64::INFINITY);
    }

    #[test]
    fn equal_quantiles_give_the_middle_of_their_shares() {
        let marks = vec![0.0, 0.25, 0.5, 0.75, 1.0];
        let step = Quantiles { columns: vec![vec![-1.0, 2.0, 2.0, 4.0, 8.0]], marks, ends: None };
        let made = [-9.0, -1.0, 0.5, 2.0, 3.0, 8.0, 1e9].map(|x| step.one(0, x));
        assert_eq!(made, [0.0, 0.0, 0.125, 0.375, 0.625, 1.0, 1.0]);
    }
}
