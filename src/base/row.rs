//! The identity of a table row.

use serde::{Deserialize, Serialize};

/// Position of a data row in its file, counted from 0 (the header is not counted).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowId(pub u32);

impl RowId {
    /// The row's index into the columns of its table.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl std::fmt::Display for RowId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}
