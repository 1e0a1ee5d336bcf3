//! Models that are a weighted sum of products with one factor for each input: machines with a radial kernel, and others
//! whose kernel is a product over the columns.

use std::fmt::Debug;

/// `intercept[k] + Σ_i weight[k][i] · Π_j factor_ij(x_j)`, in the native scale of the model.
pub trait Products: Debug + Send + Sync {
    /// Number of outputs.
    fn outputs(&self) -> usize;

    /// Number of products.
    fn count(&self) -> usize;

    /// What is added to the products of an output.
    fn intercept(&self, output: usize) -> f64;

    /// Writes what the products from number `first` on weigh for an output to `out`, one number each.
    fn weights(&self, output: usize, first: usize, out: &mut [f64]);

    /// Writes the factors that input `input` has for the value `x` in the products from number `first` on to `out`, one
    /// number each. NaN is a missing value. Cost O(products).
    fn factors(&self, input: usize, x: f64, first: usize, out: &mut [f64]);
}
