//! B-splines: each column becomes the values of the basis functions over its knots.

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::part::not_fitted;
use super::super::reading::Reading;
use super::{Made, Step, Transformer};

/// The family.
pub static STEP: Transformer = Transformer { classes: &[("sklearn.preprocessing", "SplineTransformer")], read };

/// Largest degree: the work for a value grows with its square.
const DEGREE_LIMIT: usize = 64;

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Made {
    let stored = at.optional("bsplines_").ok_or_else(|| not_fitted(at))?.items()?;
    if stored.len() != width || width == 0 {
        return Err(at.refuse(format!("{} splines for {width} columns", stored.len())));
    }
    let beyond = at.field("extrapolation")?;
    let beyond = match beyond.text()? {
        "constant" => Beyond::Constant,
        "linear" => Beyond::Linear,
        "continue" => Beyond::Continued,
        "periodic" => Beyond::Periodic,
        "error" => Beyond::Refused,
        _ => return Err(beyond.wrong("constant, linear, continue, periodic or error")),
    };
    let curves = stored.iter().map(|spline| Curve::read(reading, spline)).collect::<Result<Vec<_>, _>>()?;
    let each = curves.first().map_or(0, |curve| curve.outputs);
    if each == 0 || curves.iter().any(|curve| curve.outputs != each) {
        return Err(at.refuse("the splines have different numbers of basis functions"));
    }
    let zeros = at.optional("handle_missing").is_some_and(|word| word.text().is_ok_and(|word| word == "zeros"));
    let shown = if at.field("include_bias")?.flag()? { each } else { each - 1 };
    Ok(Box::new(Splines { curves, beyond, each: shown, missing: if zeros { 0.0 } else { f64::NAN } }))
}

/// What follows beyond the knots.
#[derive(Clone, Copy, PartialEq)]
enum Beyond {
    Constant,
    Linear,
    Continued,
    Periodic,
    Refused,
}

/// A spline with several values.
struct Curve {
    knots: Vec<f64>,
    /// One row of `outputs` numbers for each basis function.
    coefficients: Vec<f64>,
    outputs: usize,
    degree: usize,
}

impl Curve {
    fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Self, ModelError> {
        // scipy renamed its attributes.
        let field = |name: &str, old: &str| at.any(name).map_or_else(|| at.field(old), Ok);
        let (knots, stored, degree) = (field("_t", "t")?.array()?, field("_c", "c")?, at.field("k")?);
        let array = stored.array()?;
        reading.charge(array.count().saturating_add(knots.count()), at)?;
        let (rows, outputs) = array.matrix_shape().unwrap_or_default();
        let degree =
            degree.count().ok().filter(|d| *d <= DEGREE_LIMIT).ok_or_else(|| degree.wrong("a small degree"))?;
        let curve = Self { knots: knots.reals()?, coefficients: array.reals()?, outputs, degree };
        // At least one interval between the inner knots, and a function for each interval and degree.
        if rows <= degree || curve.knots.len() != rows.saturating_add(degree).saturating_add(1) || outputs == 0 {
            return Err(at.refuse(format!("{} knots for {rows} functions of degree {degree}", curve.knots.len())));
        }
        if !curve.knots.is_sorted() || curve.knots.iter().any(|knot| !knot.is_finite()) {
            return Err(at.refuse("the knots do not rise"));
        }
        Ok(curve)
    }

    fn knot(&self, place: usize) -> f64 {
        self.knots.get(place).copied().unwrap_or(f64::NAN)
    }

    /// The ends of the part that is fitted.
    fn ends(&self) -> (f64, f64) {
        (self.knot(self.degree), self.knot(self.knots.len() - 1 - self.degree))
    }

    /// Value `output` at `x`, or its slope; beyond the knots the outermost piece goes on.
    fn value(&self, output: usize, x: f64, slope: bool) -> f64 {
        let last = self.knots.len() - 2 - self.degree;
        let inner = self.knots.get(self.degree + 1..=last).unwrap_or_default();
        let interval = self.degree + inner.partition_point(|knot| *knot <= x);
        let basis = self.basis(x, interval, slope);
        let row = |k: usize| (interval + k).checked_sub(self.degree)?.checked_mul(self.outputs)?.checked_add(output);
        let coefficient = |k: usize| row(k).and_then(|place| self.coefficients.get(place)).copied().unwrap_or(f64::NAN);
        basis.iter().enumerate().map(|(k, weight)| coefficient(k) * weight).sum()
    }

    /// The basis functions that are not 0 in an interval, or their slopes, by the recursion of Cox and de Boor.
    fn basis(&self, x: f64, interval: usize, slope: bool) -> Vec<f64> {
        let mut basis = vec![1.0];
        for size in 1..=self.degree {
            let differs = slope && size == self.degree;
            let mut next = vec![0.0; size + 1];
            for (n, before) in basis.iter().enumerate() {
                let (low, high) = (self.knot(interval + n + 1 - size), self.knot(interval + n + 1));
                let share = if high == low { 0.0 } else { before / (high - low) };
                let (left, right) = if differs {
                    (-share * size as f64, share * size as f64)
                } else {
                    (share * (high - x), share * (x - low))
                };
                if let Some([a, b]) = next.get_mut(n..n + 2) {
                    *a += left;
                    *b = right;
                }
            }
            basis = next;
        }
        if slope && self.degree == 0 { vec![0.0] } else { basis }
    }
}

struct Splines {
    curves: Vec<Curve>,
    beyond: Beyond,
    /// Values that each column becomes.
    each: usize,
    /// What they are for a missing value.
    missing: f64,
}

impl Splines {
    fn at(&self, curve: &Curve, output: usize, x: f64) -> f64 {
        let (low, high) = curve.ends();
        if x.is_nan() {
            return self.missing;
        }
        if self.beyond == Beyond::Periodic {
            return curve.value(output, low + round(x - low, high - low), false);
        }
        if (low..=high).contains(&x) || self.beyond == Beyond::Continued {
            return curve.value(output, x, false);
        }
        let end = if x < low { low } else { high };
        match self.beyond {
            Beyond::Constant => curve.value(output, end, false),
            Beyond::Linear => curve.value(output, end, false) + (x - end) * curve.value(output, end, true),
            _ => f64::NAN,
        }
    }
}

/// What is left of `x` after whole periods, from 0 up.
fn round(x: f64, period: f64) -> f64 {
    let rest = x % period;
    if rest < 0.0 { rest + period } else { rest }
}

impl Step for Splines {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        for (curve, x) in self.curves.iter().zip(row) {
            out.extend((0..self.each).map(|output| self.at(curve, output, *x)));
        }
    }

    fn source(&self, output: usize) -> Option<usize> {
        output.checked_div(self.each).filter(|column| *column < self.curves.len())
    }

    fn one(&self, output: usize, value: f64) -> f64 {
        let curve = self.source(output).and_then(|column| self.curves.get(column));
        curve.map_or(f64::NAN, |curve| self.at(curve, output % self.each, value))
    }

    fn rises(&self, _output: usize) -> bool {
        false
    }

    fn width(&self) -> usize {
        self.curves.len() * self.each
    }

    fn kinds(&self) -> Vec<InputKind> {
        vec![InputKind::Number; self.curves.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(degree: usize) -> Curve {
        let knots: Vec<f64> = (0..10).map(|k| f64::from(k * k) / 4.0).collect();
        let outputs = knots.len() - 1 - degree;
        let coefficients = (0..outputs * outputs).map(|k| f64::from(u8::from(k % (outputs + 1) == 0))).collect();
        Curve { knots, coefficients, outputs, degree }
    }

    #[test]
    fn basis_functions_add_up_to_one_and_have_their_slopes() {
        for degree in 0..5 {
            let curve = curve(degree);
            let (low, high) = curve.ends();
            for x in (0..=20).map(|k| low + (high - low) * f64::from(k) / 20.0) {
                let sum: f64 = (0..curve.outputs).map(|k| curve.value(k, x, false)).sum();
                assert!((sum - 1.0).abs() < 1e-12, "degree {degree} at {x}: {sum}");
                let middle = x + 1e-4;
                for k in (0..curve.outputs).filter(|_| degree > 1 && middle < high - 1e-3) {
                    let risen = curve.value(k, middle + 1e-5, false) - curve.value(k, middle - 1e-5, false);
                    assert!((risen / 2e-5 - curve.value(k, middle, true)).abs() < 1e-3, "degree {degree}, {k} at {x}");
                }
            }
        }
    }

    #[test]
    fn periods_are_taken_off_from_below() {
        assert_eq!([-7.0, -3.0, 0.0, 1.0, 7.0].map(|x| round(x, 3.0)), [2.0, 0.0, 0.0, 1.0, 1.0]);
    }
}
