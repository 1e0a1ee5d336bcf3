//! Queries for what charts count: computed names, and the rows that were explained.
//!
//! The names are those of the session's computed columns. A column of the table with the same name would be asked
//! instead, so that nothing is offered then.

use crate::data::{Dataset, query};

use super::kind::Subject;
use super::view::View;

/// The predicted probability or number.
pub const PREDICTION: &str = "prediction";
/// The predicted class.
pub const PREDICTED: &str = "predicted class";
/// The class in the target column.
pub const ACTUAL: &str = "actual class";
/// How far predictions are from what is true.
pub const ERROR: &str = "error";

/// A computed name, unless a column of the table has it.
pub fn computed<'n>(data: Option<&Dataset>, name: &'n str) -> Option<&'n str> {
    let taken = data?.columns().iter().any(|column| column.name.to_lowercase() == name.to_lowercase());
    (!taken).then_some(name)
}

/// What limits a query to the explained rows: nothing where all are; `None` where it cannot be said.
pub fn explained(subject: &Subject<'_>, view: &View<'_>) -> Option<String> {
    let data = subject.data?;
    if view.row_count() >= data.row_count() {
        return Some(String::new());
    }
    let name = format!("contribution of {}", view.name(0));
    computed(Some(data), &name).map(query::present)
}
