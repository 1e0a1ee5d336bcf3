//! Powers that make columns look normal: Yeo-Johnson and Box-Cox, then a scaler.

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::part::{not_fitted, version};
use super::super::reading::{Reading, unsupported};
use super::{Chain, Made, Step, Transformer, numbers};

/// The family.
pub static STEP: Transformer = Transformer { classes: &[("sklearn.preprocessing", "PowerTransformer")], read };

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Made {
    reading.charge(width, at)?;
    let exponents = numbers(at, "lambdas_", width)?.ok_or_else(|| not_fitted(at))?;
    if exponents.iter().any(|exponent| !exponent.is_finite()) {
        return Err(unsupported(at, "a column had no value that a power was found for", "Leave the column out"));
    }
    let method = at.field("method")?;
    let function: fn(f64, f64) -> f64 = match method.text()? {
        "yeo-johnson" if through_logarithms(at)? => yeo_johnson,
        "yeo-johnson" => yeo_johnson_by_powers,
        "box-cox" => box_cox,
        _ => return Err(method.wrong("yeo-johnson or box-cox")),
    };
    let powers = Powers { exponents, function };
    if !at.field("standardize")?.flag()? {
        return Ok(Box::new(powers));
    }
    let scaler = at.optional("_scaler").ok_or_else(|| not_fitted(at))?;
    Ok(Box::new(Chain::of(vec![Box::new(powers), super::read(reading, &scaler, width)?], width)))
}

/// Since 1.7 the powers are computed through logarithms, which differs in the last places.
fn through_logarithms(at: &At<'_>) -> Result<bool, ModelError> {
    let version = version(at).unwrap_or_default();
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    Ok((parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (1, 7))
}

fn yeo_johnson(x: f64, exponent: f64) -> f64 {
    let raised = |size: f64, exponent: f64| match exponent.abs() < f64::EPSILON {
        true => libm::log1p(size),
        false => libm::expm1(exponent * libm::log1p(size)) / exponent,
    };
    if x >= 0.0 { raised(x, exponent) } else { -raised(-x, 2.0 - exponent) }
}

fn yeo_johnson_by_powers(x: f64, exponent: f64) -> f64 {
    let raised = |size: f64, exponent: f64| match exponent.abs() < f64::EPSILON {
        true => libm::log1p(size),
        false => (libm::pow(size + 1.0, exponent) - 1.0) / exponent,
    };
    if x >= 0.0 { raised(x, exponent) } else { -raised(-x, 2.0 - exponent) }
}

/// Below zero it is not defined, and NaN.
fn box_cox(x: f64, exponent: f64) -> f64 {
    if x < 0.0 {
        return f64::NAN;
    }
    match exponent.abs() < 1e-19 {
        true => libm::log(x),
        false => libm::expm1(exponent * libm::log(x)) / exponent,
    }
}

struct Powers {
    /// One for each column.
    exponents: Vec<f64>,
    function: fn(f64, f64) -> f64,
}

impl Step for Powers {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        out.extend(row.iter().zip(&self.exponents).map(|(x, exponent)| (self.function)(*x, *exponent)));
    }

    fn source(&self, output: usize) -> Option<usize> {
        (output < self.exponents.len()).then_some(output)
    }

    fn one(&self, output: usize, value: f64) -> f64 {
        self.exponents.get(output).map_or(f64::NAN, |exponent| (self.function)(value, *exponent))
    }

    fn rises(&self, _output: usize) -> bool {
        true
    }

    fn width(&self) -> usize {
        self.exponents.len()
    }

    fn kinds(&self) -> Vec<InputKind> {
        vec![InputKind::Number; self.exponents.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_never_fall_and_meet_their_limits() {
        let all = [f64::NEG_INFINITY, -1e9, -2.0, -0.5, -0.0, 0.0, 1e-300, 0.3, 1.0, 7.5, 1e9, f64::INFINITY];
        for exponent in [-2.0, -0.3, 0.0, 0.4, 1.0, 2.0, 2.7] {
            for function in [yeo_johnson, yeo_johnson_by_powers] {
                let made = all.map(|x| function(x, exponent));
                assert!(made.windows(2).all(|pair| pair[0] <= pair[1]), "{exponent}: {made:?}");
            }
            assert!((yeo_johnson(2.0, exponent) - yeo_johnson_by_powers(2.0, exponent)).abs() < 1e-14);
            let made = all.map(|x| box_cox(x, exponent));
            assert!(made[..4].iter().all(|x| x.is_nan()) && made[4..].windows(2).all(|pair| pair[0] <= pair[1]));
        }
        assert!((yeo_johnson(3.0, 1.0) - 3.0).abs() < 1e-15 && (box_cox(4.0, 0.5) - 2.0).abs() < 1e-15);
    }
}
