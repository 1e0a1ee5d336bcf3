//! Very wide delimited text, typed without a frame between: polars keeps buffers per column and block, which for ten
//! thousand columns is gigabytes.

use std::borrow::Cow;

use crate::base::{Cancelled, Task};
use crate::num::parallel;

use super::column::{Column, Values};
use super::delimited::records::is_blank;
use super::delimited::{Dialect, Field, Layout, next_record};
use super::infer::{Inferred, TextRules, infer};

/// Tables of at least this many columns take this way.
pub const WIDE: usize = 1000;

/// Checked delimited text: where its records begin and what they look like.
pub struct Records<'a> {
    /// The whole text.
    pub text: &'a str,
    /// Where the data records begin.
    pub start: usize,
    /// Separator and quote.
    pub dialect: Dialect,
    /// The shape found by the scan.
    pub layout: &'a Layout,
}

/// The columns called `names`, with their notes. Short records are missing at their end. Cost O(bytes), 24 bytes of
/// memory for each cell.
pub fn typed(
    records: &Records<'_>,
    names: &[String],
    rules: &TextRules,
    task: &Task,
) -> Result<(Vec<Column>, Vec<String>), Cancelled> {
    let (width, rows) = (names.len(), records.layout.records);
    let fields = fields(records, width, task)?;
    task.begin("typing columns", width as u64);
    let found = parallel::map(width, task, |k| {
        let cells: Vec<Cow<'_, str>> =
            (0..rows).map(|i| fields.get(i * width + k).map_or(Cow::Borrowed(""), |f| text(records, f))).collect();
        let name = names.get(k).map_or("", |n| n);
        infer(name, rows, |i| cells.get(i).map(|c| &**c), rules)
    })?;
    let mut notes = Vec::new();
    let columns = names
        .iter()
        .zip(found)
        .map(|(name, Inferred { values, note })| {
            notes.extend(note);
            named(name, values)
        })
        .collect();
    Ok((columns, notes))
}

fn named(name: &str, values: Values) -> Column {
    Column { name: name.into(), values }
}

fn text<'a>(records: &Records<'a>, field: &Field) -> Cow<'a, str> {
    if field.quoted {
        return Cow::Owned(field.text(records.text, records.dialect.quote));
    }
    Cow::Borrowed(records.text.get(field.start..field.end).unwrap_or(""))
}

/// Every field, row by row, each row exactly `width` long.
fn fields(records: &Records<'_>, width: usize, task: &Task) -> Result<Vec<Field>, Cancelled> {
    let bytes = records.text.as_bytes();
    let hole = Field { start: 0, end: 0, quoted: false };
    let mut all = Vec::new();
    let mut one = Vec::new();
    let mut at = records.start;
    while let Some((next, _)) = next_record(bytes, at, records.dialect, &mut one) {
        if !is_blank(&one) {
            task.check()?;
            let end = all.len() + width;
            all.extend(one.iter().take(width));
            all.resize(end, hole);
        }
        at = next;
    }
    Ok(all)
}
