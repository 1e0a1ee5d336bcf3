//! Gaussian processes: kernels between a row and the stored rows; the classifier approximates its integral as the
//! library does. Source: Rasmussen and Williams 2006, algorithms 2.1 and 3.2.

use std::sync::Arc;

use crate::model::{ModelError, TaskKind};

use super::super::super::OUTPUT_LIMIT;
use super::super::super::pickle::{Array, At};
use super::super::covariance::Covariance;
use super::super::formula::{Formula, OPAQUE};
use super::super::part::{Answer, Core, Inputs, Part, classes, not_fitted};
use super::super::reading::Reading;
use super::Family;

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        ("sklearn.gaussian_process", "GaussianProcessRegressor"),
        ("sklearn.gaussian_process", "GaussianProcessClassifier"),
        ("sklearn.gaussian_process", "_BinaryGaussianProcessClassifierLaplace"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    match at.class() {
        Some((_, "GaussianProcessRegressor")) => regressor(reading, at),
        Some((_, "GaussianProcessClassifier")) => {
            let inner = reading.part(&at.optional("base_estimator_").ok_or_else(|| not_fitted(at))?)?;
            let (inputs, answer) = (Inputs::read(at)?, Answer::Classes(classes(at)?));
            if inputs.count() != inner.inputs.count() || answer.outputs() != inner.answer.outputs() {
                return Err(at.refuse("the estimator inside has other inputs or classes"));
            }
            Ok(Part { inputs, answer, ..inner })
        }
        _ => classifier(reading, at),
    }
}

/// The stored rows, one after the other, with their number and width.
fn rows(reading: &Reading<'_>, at: &At<'_>) -> Result<(Vec<f64>, usize, usize), ModelError> {
    let stored = at.optional("X_train_").ok_or_else(|| not_fitted(at))?;
    let array = stored.array()?;
    let &[count, width] = array.shape.as_slice() else { return Err(stored.refuse("expected rows and columns")) };
    if count == 0 || width == 0 {
        return Err(stored.refuse("there are no rows"));
    }
    reading.charge(array.count(), &stored)?;
    Ok((array.reals()?, count, width))
}

fn regressor(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let (rows, count, width) = rows(reading, at)?;
    let kernel = at.field("kernel_")?;
    let kernel = Covariance::read(reading, &kernel, width)?;
    let stored = at.field("alpha_")?;
    let weights = stored.array()?;
    let outputs = weights.count() / count;
    let whole = weights.shape.first() == Some(&count) && weights.shape.len() <= 2;
    if width != inputs.count() || !whole || outputs == 0 || outputs > OUTPUT_LIMIT {
        return Err(stored.refuse("the weights do not fit the stored rows or the inputs"));
    }
    reading.charge(weights.count(), &stored)?;
    let (scale, mean) = (each(at, "_y_train_std", outputs)?, each(at, "_y_train_mean", outputs)?);
    let formula = Process { kernel, rows, width, weights: weights.reals()?, scale, mean };
    let answer = Answer::Numbers(TaskKind::Regression, outputs);
    let part = Part::direct("Gaussian process", inputs, answer, Core::Formula(Arc::new(formula)));
    Ok(part.fact("Stored rows", count).note(&format!("A Gaussian process {OPAQUE}")).note(SUMS))
}

/// Said of sums whose weights may be huge.
const SUMS: &str = "The prediction is a sum over all stored rows; where the process was fitted almost without noise its \
    weights are huge and the last digits depend on the order of the sum";

/// A number for all outputs or one for each.
fn each(at: &At<'_>, key: &str, outputs: usize) -> Result<Vec<f64>, ModelError> {
    let stored = at.field(key)?;
    let values = stored.real().map(|single| vec![single]).or_else(|_error| stored.array()?.reals())?;
    match values.as_slice() {
        &[single] => Ok(vec![single; outputs]),
        all if all.len() == outputs => Ok(values),
        all => Err(stored.refuse(format!("{} numbers for {outputs} outputs", all.len()))),
    }
}

struct Process {
    kernel: Covariance,
    rows: Vec<f64>,
    width: usize,
    /// Shape (stored rows, outputs).
    weights: Vec<f64>,
    scale: Vec<f64>,
    mean: Vec<f64>,
}

impl Formula for Process {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (other, weights) in self.rows.chunks(self.width).zip(self.weights.chunks(out.len().max(1))) {
            let kernel = self.kernel.between(row, other);
            out.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += kernel * weight);
        }
        let lines = self.scale.iter().zip(&self.mean);
        out.iter_mut().zip(lines).for_each(|(out, (scale, mean))| *out = scale * *out + mean);
    }
}

fn classifier(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let (rows, count, width) = rows(reading, at)?;
    let answer = Answer::Classes(classes(at)?);
    if answer.outputs() != 1 {
        return Err(at.refuse("a binary process has two classes"));
    }
    let inputs = Inputs::nameless(width).ok_or_else(|| at.refuse("too many inputs"))?;
    let kernel = at.field("kernel_")?;
    let kernel = Covariance::read(reading, &kernel, width)?;
    let vector = |key: &str| -> Result<Vec<f64>, ModelError> {
        let stored = at.field(key)?;
        let array = stored.array()?;
        let values = if array.shape == [count] { array.reals()? } else { Vec::new() };
        if values.len() == count { Ok(values) } else { Err(stored.refuse(format!("expected {count} numbers"))) }
    };
    let gaps = vector("y_train_")?.iter().zip(vector("pi_")?).map(|(truth, share)| truth - share).collect();
    let roots = vector("W_sr_")?;
    let stored = at.field("L_")?;
    let lower: Array<'_> = stored.array()?;
    if lower.shape != [count, count] {
        return Err(stored.refuse(format!("a triangle of shape {:?} for {count} rows", lower.shape)));
    }
    reading.charge(lower.count(), &stored)?;
    let formula = Laplace { kernel, rows, width, gaps, roots, lower: lower.reals()? };
    let part = Part::direct("Gaussian process", inputs, answer, Core::Formula(Arc::new(formula)));
    Ok(part.fact("Stored rows", count).note(&format!("A Gaussian process {OPAQUE}")).note(INTEGRAL))
}

/// Said of the library's own approximation.
const INTEGRAL: &str = "The probability is the library's approximation by five error functions, whose factors of \
    thousands cost it about four of sixteen digits";

/// A binary classifier by Laplace's approximation.
struct Laplace {
    kernel: Covariance,
    rows: Vec<f64>,
    width: usize,
    /// Class less share, by stored row.
    gaps: Vec<f64>,
    /// Roots of the weights, by stored row.
    roots: Vec<f64>,
    /// Lower triangle, row by row.
    lower: Vec<f64>,
}

/// Widths and factors of the error functions. Source: scikit-learn, `_gpc.py`, after Williams and Barber 1998.
const STEPS: [(f64, f64); 5] = [
    (0.41, -1_854.821_415_1),
    (0.4, 3_516.898_936_46),
    (0.37, 221.293_467_12),
    (0.44, 128.123_238_05),
    (0.39, -2_010.494_226_54),
];

impl Formula for Laplace {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let kernels: Vec<f64> = self.rows.chunks(self.width).map(|other| self.kernel.between(other, row)).collect();
        let mean: f64 = kernels.iter().zip(&self.gaps).map(|(kernel, gap)| kernel * gap).sum();
        // Forward substitution.
        let mut solved: Vec<f64> = Vec::with_capacity(kernels.len());
        for (i, lower) in self.lower.chunks(kernels.len().max(1)).enumerate() {
            let known: f64 = lower.iter().zip(&solved).map(|(l, v)| l * v).sum();
            let right = self.roots.get(i).zip(kernels.get(i)).map_or(f64::NAN, |(root, kernel)| root * kernel);
            solved.push((right - known) / lower.get(i).copied().unwrap_or(f64::NAN));
        }
        let variance = self.kernel.itself(row) - solved.iter().map(|v| v * v).sum::<f64>();
        let alpha = 1.0 / (2.0 * variance);
        let pi = std::f64::consts::PI;
        let height = (pi / alpha).sqrt() / (2.0 * (variance * 2.0 * pi).sqrt());
        let part = |(width, factor): (f64, f64)| {
            factor * (height * libm::erf(width * mean * (alpha / (alpha + width * width)).sqrt()))
        };
        let sum: f64 = STEPS.into_iter().map(part).sum();
        out.fill(sum + 0.5 * STEPS.iter().map(|(_, factor)| factor).sum::<f64>());
    }
}
