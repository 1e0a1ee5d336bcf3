//! Delimited text before it becomes a table: its encoding, its dialect and its records.
//!
//! Everything here works on bytes that are already in memory and knows no column types.

pub mod encoding;
pub mod records;
pub mod sniff;

pub use encoding::{Decoded, decode};
pub use records::{Dialect, Field, Layout, Rewrite, next_record, rewrite, scan};
pub use sniff::sniff;
