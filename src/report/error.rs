//! What can stop a report.

use crate::base::Problem;
use crate::chart::ChartError;

/// A report could not be built or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A section was asked for that does not exist.
    #[error("there is no section “{id}”; known are {known}")]
    UnknownSection {
        /// The id as given.
        id: String,
        /// All ids.
        known: String,
    },
    /// A row was asked for that was not explained.
    #[error("row {row} is not among the explained rows")]
    UnknownRow {
        /// The row.
        row: u32,
    },
    /// A chart of a section could not be drawn.
    #[error("a chart could not be drawn: {0}")]
    Chart(#[from] ChartError),
    /// A chart could not be painted.
    #[error("the chart “{title}” could not be painted: {reason}")]
    Paint {
        /// Title of the chart.
        title: String,
        /// Why.
        reason: String,
    },
    /// A report to verify is no report.
    #[error("this is no report of Candor: {reason}")]
    NotAReport {
        /// Why.
        reason: String,
    },
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        let what = "Could not make the report";
        let hint = match &error {
            ReportError::UnknownSection { .. } => "Take section ids from the list",
            ReportError::UnknownRow { .. } => "Explain the row first, or choose another",
            ReportError::Chart(_) | ReportError::Paint { .. } => "Leave the section out, or report this with the model",
            ReportError::NotAReport { .. } => {
                return Self::new(
                    "Could not verify",
                    error.to_string(),
                    "Give the report's JSON twin, or the HTML beside it",
                );
            }
        };
        Self::new(what, error.to_string(), hint)
    }
}
