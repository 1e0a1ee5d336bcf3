//! Table formats: the trait and the list of readers.

use serde::{Deserialize, Serialize};

/// Reading choices; `None` lets the reader find out by looking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadOptions {
    /// Field separator of delimited text.
    pub delimiter: Option<u8>,
    /// Quote character of delimited text.
    pub quote: Option<u8>,
    /// Encoding label of text files: `utf-8`, `windows-1252`.
    pub encoding: Option<String>,
    /// Whether numbers use a decimal comma.
    pub decimal_comma: Option<bool>,
    /// Whether the first line names the columns.
    pub header: Option<bool>,
    /// Further texts that mean missing, beside the usual ones.
    pub missing_marks: Vec<String>,
}
