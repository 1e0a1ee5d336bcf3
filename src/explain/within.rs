//! The same attributions of fewer rows: those of a cohort.

use std::sync::Arc;

use crate::base::{RowId, RowSet};

use super::answer::{Attribution, Body, Explanation};

impl Explanation {
    /// These attributions of the rows in `rows` alone; everything else of the answer stays as it is, so that contributions
    /// add up as before. `None` for answers about no single rows, and where none of the rows was explained.
    /// Cost O(rows · features · outputs).
    pub fn within(&self, rows: &RowSet) -> Option<Self> {
        let Body::Attribution(whole) = &self.body else { return None };
        let kept: Vec<usize> = (0..whole.rows.len()).filter(|i| rows.contains(whole.rows[*i])).collect();
        if kept.is_empty() {
            return None;
        }
        let width = whole.features.len();
        let outputs = whole.outputs.len();
        let pick = |values: &[f64]| -> Arc<[f64]> {
            let mut picked = Vec::with_capacity(outputs * kept.len() * width);
            for output in 0..outputs {
                for row in &kept {
                    let start = (output * whole.rows.len() + row) * width;
                    picked.extend_from_slice(&values[start..start + width]);
                }
            }
            picked.into()
        };
        let ids: Arc<[RowId]> = kept.iter().map(|i| whole.rows[*i]).collect();
        let predicted = kept.iter().flat_map(|i| self.predictions.iter().skip(i * outputs).take(outputs).copied());
        let body = Body::Attribution(Attribution {
            values: pick(&whole.values),
            std_error: whole.std_error.as_ref().map(|errors| pick(errors)),
            rows: ids,
            ..whole.clone()
        });
        let predictions = predicted.collect();
        Some(Self { body, predictions, fidelity: self.fidelity.clone(), provenance: self.provenance.clone() })
    }
}
