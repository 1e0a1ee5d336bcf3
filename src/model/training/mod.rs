//! What learners share: rows to learn from, the split, trees read out of smartcore.

pub mod grow;
pub mod set;
pub mod split;

use super::error::ModelError;

/// A refusal by smartcore as a sentence.
pub fn failed(error: &smartcore::error::Failed) -> ModelError {
    ModelError::Training {
        reason: format!("the learner stopped: {error}"),
        hint: "Try other settings, or leave out columns that repeat each other".to_owned(),
    }
}

/// A row-major matrix as smartcore wants it.
pub fn dense(
    rows: usize,
    cols: usize,
    values: Vec<f64>,
) -> Result<smartcore::linalg::basic::matrix::DenseMatrix<f64>, ModelError> {
    smartcore::linalg::basic::matrix::DenseMatrix::new(rows, cols, values, false).map_err(|e| failed(&e))
}
