//! Sums of Gaussian hills: what a machine with a radial kernel adds up, one factor for each input.

use std::fmt::{Debug, Formatter};

use crate::model::Products;

/// `intercept[k] + Σ_i weights[k][i] · exp(−Σ_j gammas[j] · (x_j − centres[i][j])²)`.
pub struct Gaussian {
    /// Shape (hills, inputs).
    pub centres: Vec<f64>,
    /// One per input, not negative.
    pub gammas: Vec<f64>,
    /// Shape (outputs, hills).
    pub weights: Vec<f64>,
    /// One per output.
    pub intercept: Vec<f64>,
}

/// Said of models that are such sums.
pub const PRODUCTS: &str =
    "The kernel is a product of one factor for each input, so exact methods explain the sum over the stored rows";

impl Gaussian {
    /// Hills around `rows`, which weigh `weights` of shape (rows, outputs) on each output, times `scale`, plus `start`.
    /// `None` where some number is not finite, or a steepness is negative.
    pub fn new(
        (rows, weights): (&[f64], &[f64]),
        (factor, gammas): (f64, Vec<f64>),
        (scale, start): (&[f64], &[f64]),
    ) -> Option<Self> {
        let outputs = start.len().max(1);
        let weight = |k: usize| {
            let scale = scale.get(k).copied().unwrap_or(f64::NAN);
            weights.iter().skip(k).step_by(outputs).map(move |weight| scale * factor * weight)
        };
        let weights: Vec<f64> = (0..outputs).flat_map(weight).collect();
        let sound = gammas.iter().all(|gamma| gamma.is_finite() && *gamma >= 0.0) && !gammas.is_empty();
        let finite = rows.iter().chain(&weights).chain(start).all(|value| value.is_finite());
        (sound && finite).then(|| Self { centres: rows.to_vec(), gammas, weights, intercept: start.to_vec() })
    }
}

impl Debug for Gaussian {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gaussian").field("hills", &self.count()).finish_non_exhaustive()
    }
}

impl Products for Gaussian {
    fn outputs(&self) -> usize {
        self.intercept.len()
    }

    fn count(&self) -> usize {
        self.centres.len() / self.gammas.len().max(1)
    }

    fn intercept(&self, output: usize) -> f64 {
        self.intercept.get(output).copied().unwrap_or(f64::NAN)
    }

    fn weights(&self, output: usize, first: usize, out: &mut [f64]) {
        let own = self.weights.iter().skip(output * self.count() + first);
        out.iter_mut().zip(own).for_each(|(out, weight)| *out = *weight);
    }

    fn factors(&self, input: usize, x: f64, first: usize, out: &mut [f64]) {
        let gamma = self.gammas.get(input).copied().unwrap_or(f64::NAN);
        let centres = self.centres.chunks_exact(self.gammas.len().max(1)).skip(first);
        for (out, centre) in out.iter_mut().zip(centres) {
            let distance = x - centre.get(input).copied().unwrap_or(f64::NAN);
            *out = libm::exp(-gamma * distance * distance);
        }
    }
}
