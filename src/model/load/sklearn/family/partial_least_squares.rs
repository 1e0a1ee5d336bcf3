//! Partial least squares: a linear form of centred inputs.

use crate::model::{LinearForm, ModelError, TaskKind};

use super::super::super::OUTPUT_LIMIT;
use super::super::super::pickle::At;
use super::super::part::{Answer, Core, Inputs, Part, not_fitted};
use super::super::reading::Reading;
use super::Family;
use super::gradient_boosting::release;
use super::linear::NO_MISSING;

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        ("sklearn.cross_decomposition", "PLSRegression"),
        ("sklearn.cross_decomposition", "PLSCanonical"),
        ("sklearn.cross_decomposition", "CCA"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    // Up to 1.2 the weights are of inputs divided by their deviations, and public ones stand the other way round.
    let old = release(at) < (1, 3);
    let stored = at.optional(if old { "_coef_" } else { "coef_" }).ok_or_else(|| not_fitted(at))?;
    let weights = stored.array()?;
    let &[outputs, width] = weights.shape.as_slice() else {
        return Err(stored.refuse("expected one row of weights per output"));
    };
    if width != inputs.count() || outputs == 0 || outputs > OUTPUT_LIMIT {
        return Err(stored.refuse(format!("{outputs} rows of {width} weights for {width} inputs")));
    }
    reading.charge(weights.count().saturating_mul(2), &stored)?;
    let each = |key: &str, count: usize| -> Result<Vec<f64>, ModelError> {
        let stored = at.field(key)?;
        let values = stored.array()?.reals()?;
        if values.len() == count { Ok(values) } else { Err(stored.refuse(format!("expected {count} numbers"))) }
    };
    let means = each("_x_mean", width)?;
    let scales = if old { each("_x_std", width)? } else { vec![1.0; width] };
    let by_output = weights.reals()?;
    let mut form = LinearForm { weights: Vec::with_capacity(by_output.len()), intercept: each("intercept_", outputs)? };
    for (j, (mean, scale)) in means.iter().zip(&scales).enumerate() {
        for (k, intercept) in form.intercept.iter_mut().enumerate() {
            let weight = by_output.get(k * width + j).copied().unwrap_or(f64::NAN) / scale;
            form.weights.push(weight);
            *intercept -= weight * mean;
        }
    }
    let answer = Answer::Numbers(TaskKind::Regression, outputs);
    Ok(Part::direct("partial least squares", inputs, answer, Core::Linear(form)).note(NO_MISSING))
}
