//! Ridge regression with a kernel; a linear kernel is a linear form.

use std::sync::Arc;

use crate::model::{LinearForm, ModelError, Products, TaskKind};

use super::super::super::OUTPUT_LIMIT;
use super::super::super::pickle::At;
use super::super::covariance::NamedKernel;
use super::super::formula::{Formula, OPAQUE};
use super::super::gaussian::{Gaussian, PRODUCTS};
use super::super::part::{Answer, Core, Inputs, Part, not_fitted};
use super::super::reading::Reading;
use super::Family;
use super::linear::NO_MISSING;

/// The family.
pub static FAMILY: Family = Family { classes: &[("sklearn.kernel_ridge", "KernelRidge")], read };

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let stored = at.optional("X_fit_").ok_or_else(|| not_fitted(at))?;
    let (rows, weights) = (stored.array()?, at.field("dual_coef_")?.array()?);
    let count = rows.shape.first().copied().unwrap_or(0);
    let outputs = weights.count().checked_div(count).unwrap_or(0);
    let whole = weights.shape.first() == Some(&count) && weights.shape.len() <= 2;
    if rows.shape != [count, inputs.count()] || !whole || outputs == 0 || outputs > OUTPUT_LIMIT {
        return Err(stored.refuse("the stored rows do not fit their weights or the inputs"));
    }
    reading.charge(rows.count().saturating_add(weights.count()), &stored)?;
    let number = |key: &str, otherwise: f64| at.optional(key).map_or(Ok(otherwise), |value| value.real());
    let gamma = number("gamma", 1.0 / inputs.count().max(1) as f64)?;
    let kernel = NamedKernel::read(at, "kernel", [gamma, number("degree", 3.0)?, number("coef0", 1.0)?])?;
    let (rows, weights, width) = (rows.reals()?, weights.reals()?, inputs.count());
    let hills = match kernel {
        NamedKernel::Radial(gamma) => {
            let level = (vec![1.0; outputs], vec![0.0; outputs]);
            Gaussian::new((&rows, &weights), (1.0, vec![gamma; width]), (&level.0, &level.1))
        }
        _ => None,
    };
    let said = if hills.is_some() { PRODUCTS.to_owned() } else { format!("Kernel ridge regression {OPAQUE}") };
    let ridge = Ridge { kernel, rows, width, weights, hills };
    let answer = Answer::Numbers(TaskKind::Regression, outputs);
    let part = match kernel {
        NamedKernel::Linear => {
            let form = ridge.linear(outputs);
            Part::direct("kernel ridge regression", inputs, answer, Core::Linear(form)).note(NO_MISSING)
        }
        _ => Part::direct("kernel ridge regression", inputs, answer, Core::Formula(Arc::new(ridge))).note(&said),
    };
    Ok(part.fact("Stored rows", count))
}

struct Ridge {
    kernel: NamedKernel,
    rows: Vec<f64>,
    width: usize,
    /// Shape (stored rows, outputs).
    weights: Vec<f64>,
    /// The same sum as hills, where the kernel is radial.
    hills: Option<Gaussian>,
}

impl Ridge {
    fn linear(&self, outputs: usize) -> LinearForm {
        let mut form = LinearForm { weights: vec![0.0; self.width * outputs], intercept: vec![0.0; outputs] };
        for (row, weights) in self.rows.chunks(self.width.max(1)).zip(self.weights.chunks(outputs)) {
            for (x, sums) in row.iter().zip(form.weights.chunks_mut(outputs)) {
                sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += x * weight);
            }
        }
        form
    }
}

impl Formula for Ridge {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (other, weights) in self.rows.chunks(self.width.max(1)).zip(self.weights.chunks(out.len().max(1))) {
            let kernel = self.kernel.of(row, other);
            out.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += kernel * weight);
        }
    }

    fn products(&self) -> Option<&dyn Products> {
        self.hills.as_ref().map(|hills| hills as &dyn Products)
    }
}
