//! Helpers for the words beside a drawing: the paragraph a screen reader speaks, cells of the table, titles.

use crate::base::text;

use super::spec::{Cell, ChartTable};

/// A cell with a text.
pub fn words(value: impl Into<String>) -> Cell {
    Cell::Text(value.into())
}

/// A cell with a number.
pub fn number(value: f64) -> Cell {
    Cell::Number(value)
}

/// A table with these column names.
pub fn table(header: &[&str], rows: Vec<Vec<Cell>>) -> ChartTable {
    ChartTable { header: header.iter().map(|h| (*h).to_owned()).collect(), rows }
}

/// `a`, `a and b`, `a, b and c`.
pub fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [start @ .., last] => format!("{} and {last}", start.join(", ")),
    }
}

/// The first `limit` names with their numbers: `income (0.42), age (0.31) and debt (0.12)`.
pub fn top(entries: &[(&str, f64)], limit: usize) -> String {
    let parts: Vec<String> =
        entries.iter().take(limit).map(|(name, value)| format!("{name} ({})", text::number(*value))).collect();
    list(&parts)
}

/// The same with signed numbers.
pub fn top_signed(entries: &[(&str, f64)], limit: usize) -> String {
    let parts: Vec<String> =
        entries.iter().take(limit).map(|(name, value)| format!("{name} ({})", text::signed(*value))).collect();
    list(&parts)
}
