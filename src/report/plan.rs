//! What a report contains.

use serde::{Deserialize, Serialize};

use crate::base::RowId;

/// The choices of whoever orders the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReportPlan {
    /// Title of the document.
    pub title: String,
    /// Who signs; may be empty.
    pub author: String,
    /// Section ids in order; empty takes all.
    pub sections: Vec<String>,
    /// Rows shown one by one; empty lets the report choose and say how.
    pub rows: Vec<RowId>,
    /// Features with a dependence chart.
    pub top_features: usize,
    /// Seconds since 1970 that the report states as its date; `None` leaves the date out.
    pub created_at: Option<u64>,
}

impl Default for ReportPlan {
    fn default() -> Self {
        Self {
            title: "Explanation report".to_owned(),
            author: String::new(),
            sections: Vec::new(),
            rows: Vec::new(),
            top_features: 4,
            created_at: None,
        }
    }
}
