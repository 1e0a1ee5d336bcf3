//! Tables made of values in the program instead of a file: samples, tests, generated tables.

use crate::base::Fingerprint;

use super::column::{Column, Values};
use super::dataset::{Dataset, Source};
use super::infer::{TextRules, infer};

/// A table of columns that no file holds; its fingerprint covers names and values. `None` when lengths differ.
/// Cost O(rows · columns).
pub fn from_columns(title: &str, columns: Vec<Column>) -> Option<Dataset> {
    let mut builder = Fingerprint::builder().text(title);
    for column in &columns {
        builder = builder.text(&column.name);
        builder = match &column.values {
            Values::Number { values, .. } => builder.reals(values),
            other => (0..other.len()).fold(builder, |b, i| b.text(&other.exact(i))),
        };
    }
    let source = Source {
        name: title.to_owned(),
        sha256: builder.finish(),
        format: "made in Candor".to_owned(),
        ..Source::default()
    };
    Dataset::new(source, columns)
}

/// A small table from words: for each column a name and its cells, separated by spaces, typed as in a CSV file
/// (`NA` is missing). Columns that are shorter than the longest are filled with missing.
pub fn table(columns: &[(&str, &str)]) -> Dataset {
    let rows = columns.iter().map(|(_, cells)| cells.split_whitespace().count()).max().unwrap_or(0);
    let columns = columns
        .iter()
        .map(|(name, cells)| {
            let cells: Vec<&str> = cells.split_whitespace().collect();
            let values = infer(name, rows, |i| cells.get(i).copied(), &TextRules::default()).values;
            Column { name: (*name).into(), values }
        })
        .collect();
    from_columns("table of words", columns).expect("all columns were given the same length")
}
