//! The JSON twin: every number of the report, for people and programs that check it without the window.

use super::document::Document;

/// The twin as indented JSON text, floats in the shortest form that reads back to the same bits.
pub fn json(document: &Document) -> String {
    let mut text = format!("{:#}", document.twin);
    text.push('\n');
    text
}
