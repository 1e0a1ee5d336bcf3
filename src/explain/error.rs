//! What can stop a method.

use crate::base::{Cancelled, KnobError, Problem};

/// A method did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The method cannot explain this model or request; it never becomes another method silently.
    #[error("{method} does not apply: {reason}")]
    NotApplicable {
        /// Method title.
        method: String,
        /// Why, as shown in the menu.
        reason: String,
    },
    /// The request lacks something.
    #[error("{what}")]
    Incomplete {
        /// What is missing.
        what: String,
        /// What to do.
        hint: String,
    },
    /// A setting is out of range.
    #[error(transparent)]
    Knob(#[from] KnobError),
    /// The model answered with something that is no number.
    #[error("the prediction of row {row} is not a number")]
    NotANumber {
        /// The row.
        row: u32,
    },
    /// The work was cancelled.
    #[error("cancelled")]
    Cancelled(#[from] Cancelled),
}

impl From<ExplainError> for Problem {
    fn from(error: ExplainError) -> Self {
        let what = "Could not explain the model";
        match error {
            ExplainError::NotApplicable { method, reason } => Self::new(
                format!("{what} with {method}"),
                reason,
                "Choose another method; “auto” takes one that applies",
            ),
            ExplainError::Incomplete { what: missing, hint } => Self::new(what, missing, hint),
            ExplainError::Knob(error) => Self::new(what, format!("setting “{}”", error.knob), error.reason),
            ExplainError::NotANumber { row } => Self::new(
                what,
                format!("row {row}"),
                "The model's prediction for this row is not a number; look at its inputs for infinite or extreme values",
            ),
            ExplainError::Cancelled(_) => Self::new("Explaining was cancelled", "", ""),
        }
    }
}
