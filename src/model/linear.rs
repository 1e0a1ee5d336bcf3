//! A linear form: intercept plus weights times inputs, per output.

use serde::{Deserialize, Serialize};

use crate::num::MatrixView;

/// `intercept[k] + Σ_j weights[j · outputs + k] · x[j]`; a missing input contributes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearForm {
    /// Shape (inputs, outputs), row-major.
    pub weights: Vec<f64>,
    /// One per output.
    pub intercept: Vec<f64>,
}

impl LinearForm {
    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.intercept.len()
    }

    /// The form's value for every row; `out` has shape (rows, outputs).
    pub fn evaluate(&self, rows: MatrixView<'_>, out: &mut [f64]) {
        let outputs = self.outputs();
        for i in 0..rows.rows() {
            let target = &mut out[i * outputs..(i + 1) * outputs];
            target.copy_from_slice(&self.intercept);
            for (x, weights) in rows.row(i).iter().zip(self.weights.chunks_exact(outputs)) {
                if !x.is_nan() {
                    for (value, weight) in target.iter_mut().zip(weights) {
                        *value += weight * x;
                    }
                }
            }
        }
    }
}
