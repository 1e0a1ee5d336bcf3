//! What a person is told when something failed.

use serde::{Deserialize, Serialize};

/// A failure as its reader needs it: what failed, where, and what to do now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What failed, in one clause without full stop.
    pub what: String,
    /// Where: file, row, column, tree, node.
    pub place: String,
    /// What the reader can do about it.
    pub hint: String,
}

impl Problem {
    /// A problem from its three parts.
    pub fn new(what: impl Into<String>, place: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), place: place.into(), hint: hint.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [&self.what, &self.place, &self.hint];
        let text: Vec<&str> = parts.iter().map(|p| p.as_str()).filter(|p| !p.is_empty()).collect();
        f.write_str(&text.join(" · "))
    }
}

impl std::error::Error for Problem {}
