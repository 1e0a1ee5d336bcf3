//! Models behind steps: what the estimator inside sees of a row.

use super::predict::Model;

/// A model whose steps make every value that its estimator sees of one column.
pub trait Behind: Send + Sync {
    /// The estimator, over the values that the steps make. Its outputs and scales are those of the whole.
    fn inside(&self) -> &dyn Model;

    /// The input that each value is made of, one for each input of the estimator.
    fn sources(&self) -> &[usize];

    /// Appends what the steps make of a row to `out`, one number for each input of the estimator.
    fn encode(&self, row: &[f64], out: &mut Vec<f64>);
}
