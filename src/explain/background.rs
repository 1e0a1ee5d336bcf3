//! The reference set: the rows against which contributions are measured. A named object, never cut silently.

use std::sync::Arc;

use crate::base::{Fingerprint, RowId, Seed};
use crate::num::Matrix;

/// Rows that stand for “unknown” inputs, each with equal weight.
#[derive(Clone, Debug)]
pub struct Background {
    /// What it is, in words: `200 of 1 000 rows drawn with seed 42`.
    pub name: String,
    /// Shape (rows, inputs).
    pub matrix: Matrix,
    /// The table rows, when they come from the opened table.
    pub rows: Arc<[RowId]>,
}

impl Background {
    /// Identity by content.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::builder().number(self.matrix.cols() as u64).reals(self.matrix.values()).finish()
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
