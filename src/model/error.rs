//! What can be wrong with a model file.

use std::path::PathBuf;

use crate::base::{Cancelled, Problem};

/// A model was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The file could not be opened or read.
    #[error("the file could not be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// The content is no model of a known format.
    #[error("{found}")]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// What the content looks like.
        found: String,
        /// How to export a form that opens.
        hint: String,
    },
    /// The content breaks the rules of its format.
    #[error("{reason}")]
    Malformed {
        /// Tree, node, field or byte, in words.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// The format is known, this part of it is not supported.
    #[error("{what}")]
    Unsupported {
        /// What is not supported.
        what: String,
        /// What to do instead.
        hint: String,
    },
    /// Training was not possible.
    #[error("{reason}")]
    Training {
        /// Why.
        reason: String,
        /// What to do about it.
        hint: String,
    },
    /// The table's target cannot be compared with the model's predictions.
    #[error("{reason}")]
    Truth {
        /// Why.
        reason: String,
        /// What to do about it.
        hint: String,
    },
    /// The work was cancelled.
    #[error("cancelled")]
    Cancelled(#[from] Cancelled),
}

impl ModelError {
    /// A broken rule of the format at a place.
    pub fn malformed(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Malformed { place: place.into(), reason: reason.into() }
    }
}

impl From<ModelError> for Problem {
    fn from(error: ModelError) -> Self {
        let what = "Could not open the model";
        match error {
            ModelError::Unreadable { path, reason } => Self::new(
                what,
                path.display().to_string(),
                format!("{reason}; check that the file exists and may be read"),
            ),
            ModelError::UnknownFormat { path, found, hint } => {
                Self::new(format!("{what}: {found}"), path.display().to_string(), hint)
            }
            ModelError::Malformed { place, reason } => Self::new(
                format!("{what}: {reason}"),
                place,
                "The file is damaged or was edited; save it again from the training library",
            ),
            ModelError::Unsupported { what: part, hint } => Self::new(format!("{what}: {part}"), "", hint),
            ModelError::Training { reason, hint } => Self::new("Could not train the model", reason, hint),
            ModelError::Truth { reason, hint } => {
                Self::new("Could not compare the predictions with the target", reason, hint)
            }
            ModelError::Cancelled(_) => Self::new("Cancelled", "", ""),
        }
    }
}
