//! Models that are a sum of one term for each input: what a column adds depends on its own value alone.

use std::fmt::Debug;

use super::linear::LinearForm;

/// `intercept[k] + Σ_j term_j(x_j)[k]`, in the native scale of the model.
pub trait Additive: Debug + Sync {
    /// One number per output.
    fn intercept(&self) -> &[f64];

    /// Writes what input `input` adds when its value is `x` to `out`, one number per output. NaN is a missing value.
    fn term(&self, input: usize, x: f64, out: &mut [f64]);
}

impl Additive for LinearForm {
    fn intercept(&self) -> &[f64] {
        &self.intercept
    }

    fn term(&self, input: usize, x: f64, out: &mut [f64]) {
        let outputs = self.outputs();
        let weights = self.weights.iter().skip(input * outputs);
        out.iter_mut().zip(weights).for_each(|(term, weight)| *term = if x.is_nan() { 0.0 } else { weight * x });
    }
}
