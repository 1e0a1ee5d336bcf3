//! The reference set: the rows against which contributions are measured. A named object, never cut silently.

use std::sync::Arc;

use crate::base::{Fingerprint, RowId, Seed};
use crate::num::Matrix;

/// Rows that stand for “unknown” inputs, with equal weight or with weights of their own.
#[derive(Clone, Debug)]
pub struct Background {
    /// What it is, in words: `200 of 1 000 rows drawn with seed 42`.
    pub name: String,
    /// Shape (rows, inputs).
    pub matrix: Matrix,
    /// The table rows, when they come from the opened table.
    pub rows: Arc<[RowId]>,
    /// One weight per row, finite, not negative and not all zero; `None` when all count the same.
    pub weights: Option<Arc<[f64]>>,
}

impl Background {
    /// Identity by content.
    pub fn fingerprint(&self) -> Fingerprint {
        let rows = Fingerprint::builder().number(self.matrix.cols() as u64).reals(self.matrix.values());
        match &self.weights {
            None => rows.finish(),
            Some(weights) => rows.reals(weights).finish(),
        }
    }

    /// What is wrong with the weights, in words.
    pub fn fault(&self) -> Option<&'static str> {
        let weights = self.weights.as_ref()?;
        if weights.len() != self.matrix.rows() {
            Some("there is not one weight for each row of the background")
        } else if weights.iter().any(|w| !(*w >= 0.0 && w.is_finite())) {
            Some("a weight of the background is negative or no number")
        } else if !weights.iter().sum::<f64>().is_normal() {
            Some("the weights of the background do not add up to a positive number")
        } else {
            None
        }
    }

    /// Which rows a background of at most `size` rows takes out of `total`: all of them when they fit, otherwise a
    /// draw without replacement, and the sentence that says so.
    pub fn draw(total: usize, size: usize, seed: Seed) -> (Vec<RowId>, String) {
        let picked = seed.child("background", 0).choose(total, size);
        let name = if picked.len() == total {
            format!("all {} rows", crate::base::text::count(total))
        } else {
            format!(
                "{} of {} rows drawn with seed {}",
                crate::base::text::count(picked.len()),
                crate::base::text::count(total),
                seed.0
            )
        };
        (picked.into_iter().map(|i| RowId(i as u32)).collect(), name)
    }
}
