//! What can be wrong with a table.

use std::path::PathBuf;

use crate::base::{Cancelled, Problem};

/// A table was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file could not be opened or read.
    #[error("the file could not be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// No reader knows the content.
    #[error("this is no table Candor can read: {found}; {hint}")]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// What the content looks like.
        found: String,
        /// What to do with such a file.
        hint: String,
    },
    /// The content breaks the rules of its format.
    #[error("{reason} ({place}); {hint}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Row, column or byte, in words.
        place: String,
        /// What is wrong.
        reason: String,
        /// What to do about it.
        hint: String,
    },
    /// Columns do not fit what the model wants.
    #[error("the table does not fit the model: {}", .0.join("; "))]
    Mismatch(Vec<String>),
    /// The work was cancelled.
    #[error("cancelled")]
    Cancelled(#[from] Cancelled),
}

impl From<DataError> for Problem {
    fn from(error: DataError) -> Self {
        let what = "Could not read the table";
        match error {
            DataError::Unreadable { path, reason } => Self::new(
                what,
                path.display().to_string(),
                format!("{reason}; check that the file exists and may be read"),
            ),
            DataError::UnknownFormat { path, found, hint } => {
                Self::new(format!("{what}: this is {found}"), path.display().to_string(), hint)
            }
            DataError::Malformed { path, place, reason, hint } => {
                Self::new(format!("{what}: {reason}"), format!("{}, {place}", path.display()), hint)
            }
            DataError::Mismatch(list) => Self::new(
                "The table does not fit the model",
                list.join("; "),
                "Rename or add the columns, or open the table the model was trained on",
            ),
            DataError::Cancelled(_) => Self::new("Reading the table was cancelled", "", ""),
        }
    }
}
