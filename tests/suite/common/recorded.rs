//! Recorded cells as inputs of a model.

use candor::base::category_hash;
use candor::data::InputKind;
use serde_json::Value;

/// The input's value of a recorded cell: null is missing, a text is a level or known by its hash, and so is a whole
/// number where the model wants categories, in its decimal spelling.
pub fn cell(cell: &Value, kind: &InputKind) -> f64 {
    if cell.is_null() {
        return f64::NAN;
    }
    let text = cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
    match kind {
        InputKind::Number | InputKind::Codes => cell.as_f64().unwrap_or_else(|| panic!("a number is given {cell}")),
        InputKind::Levels(levels) => levels.iter().position(|l| *l == text).map_or(f64::NAN, |k| k as f64),
        InputKind::Hashes(known) => {
            let hash = category_hash(&text);
            known.iter().position(|h| *h == hash).unwrap_or(known.len()) as f64
        }
        InputKind::Hash => f64::from(category_hash(&text)),
    }
}
