//! Columns as CSV, Parquet or JSON. Numbers are written with every digit, missing as an empty cell or null.

use std::path::Path;

use serde_json::{Map, Number, Value};

use crate::base::{Cancelled, Problem, Task};
use crate::data::write::parquet;
use crate::data::{Column, Values};
use crate::num::parallel;

/// A file format of result tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Comma-separated text.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// JSON: an object with `rows` and what describes them.
    Json,
}

impl Ending {
    /// The format that a file's ending names.
    pub fn of(path: &Path) -> Result<Self, Problem> {
        match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("parquet") => Ok(Self::Parquet),
            Some("json") => Ok(Self::Json),
            _ => Err(Problem::new(
                "Could not write the file",
                format!("the ending of “{}” names no table format", path.display()),
                "Use .csv, .parquet or .json",
            )),
        }
    }
}

/// Cells of one piece: some tens of milliseconds of work.
const PIECE_CELLS: usize = 100_000;

/// The columns as the bytes of a file, in pieces. `about` is what JSON says beside the rows; the other formats leave it
/// out. Cost O(cells), spread over the threads; looks at `task` after every piece.
pub fn to_pieces(
    columns: &[Column],
    about: Map<String, Value>,
    ending: Ending,
    task: &Task,
) -> Result<Vec<Vec<u8>>, Problem> {
    let stopped = |_cancelled| Problem::new("Cancelled", "", "");
    match ending {
        Ending::Csv => csv(columns, task).map_err(stopped),
        Ending::Json => json(columns, about, task).map_err(stopped),
        Ending::Parquet => parquet(columns, task).map(|bytes| vec![bytes]).map_err(|reason| {
            Problem::new("Could not write the table", reason, "Write .csv instead, or rename columns that share a name")
        }),
    }
}

/// Comma-separated text with a header line; cells with commas, quotes or line breaks are quoted (RFC 4180).
pub fn csv(columns: &[Column], task: &Task) -> Result<Vec<Vec<u8>>, Cancelled> {
    let mut pieces = vec![csv_head(columns)];
    pieces.extend(csv_rows(columns, task)?);
    Ok(pieces)
}

/// The header line.
pub fn csv_head(columns: &[Column]) -> Vec<u8> {
    let mut head = String::new();
    for (j, column) in columns.iter().enumerate() {
        separate(&mut head, j);
        push_text(&mut head, &column.name);
    }
    head.push('\n');
    head.into_bytes()
}

/// The lines below the header, in pieces.
pub fn csv_rows(columns: &[Column], task: &Task) -> Result<Vec<Vec<u8>>, Cancelled> {
    blocks(columns, task, |out, i| {
        for (j, column) in columns.iter().enumerate() {
            separate(out, j);
            push_cell(out, &column.values, i);
        }
        out.push('\n');
    })
}

/// What `push` writes of every row, in blocks of rows, in order.
fn blocks(
    columns: &[Column],
    task: &Task,
    push: impl Fn(&mut String, usize) + Sync,
) -> Result<Vec<Vec<u8>>, Cancelled> {
    let rows = columns.first().map_or(0, |c| c.values.len());
    let size = (PIECE_CELLS / columns.len().max(1)).max(1);
    let count = rows.div_ceil(size);
    task.begin("writing", count as u64);
    parallel::map(count, task, |block| {
        let mut out = String::new();
        for i in block * size..((block + 1) * size).min(rows) {
            push(&mut out, i);
        }
        out.into_bytes()
    })
}

fn separate(out: &mut String, column: usize) {
    if column > 0 {
        out.push(',');
    }
}

fn push_text(out: &mut String, text: &str) {
    if text.contains([',', '"', '\n', '\r']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

fn push_cell(out: &mut String, values: &Values, i: usize) {
    use std::fmt::Write as _;
    if values.is_missing(i) {
        return;
    }
    match text_at(values, i) {
        Some(text) => push_text(out, text),
        None => write!(out, "{}", values.position(i)).expect("writing to memory does not fail"),
    }
}

fn text_at(values: &Values, i: usize) -> Option<&str> {
    match values {
        Values::Text(text) => text.get(i),
        Values::Category { codes, levels } => {
            codes.get(i).and_then(|code| levels.get(*code as usize)).map(String::as_str)
        }
        Values::YesNo(flags) => Some(if flags.get(i) == Some(&1) { "yes" } else { "no" }),
        Values::Number { .. } | Values::Date { .. } => None,
    }
}

/// An object: what `about` says, the names of the columns, then the rows as objects. Laid out by hand, because a million
/// rows as a tree of values would need many times the memory of the table.
fn json(columns: &[Column], mut about: Map<String, Value>, task: &Task) -> Result<Vec<Vec<u8>>, Cancelled> {
    use std::fmt::Write as _;
    let count = columns.first().map_or(0, |c| c.values.len());
    about.insert("columns".to_owned(), columns.iter().map(|c| Value::from(&*c.name)).collect());
    about.insert("rows".to_owned(), Value::Array(Vec::new()));
    let mut head = serde_json::to_string_pretty(&about).expect("plain values become JSON");
    if count == 0 {
        head.push('\n');
        return Ok(vec![head.into_bytes()]);
    }
    // The text ends with the empty list of rows; the rows are written into it.
    head.truncate(head.len() - "]\n}".len());
    let names: Vec<String> = columns.iter().map(|c| Value::from(&*c.name).to_string()).collect();
    let rows = blocks(columns, task, |out, i| {
        out.push_str(if i == 0 { "\n    {" } else { ",\n    {" });
        for (j, (column, name)) in columns.iter().zip(&names).enumerate() {
            separate(out, j);
            write!(out, "\n      {name}: {}", cell(&column.values, i)).expect("writing to memory does not fail");
        }
        out.push_str("\n    }");
    })?;
    let end = b"\n  ]\n}\n".to_vec();
    Ok(std::iter::once(head.into_bytes()).chain(rows).chain([end]).collect())
}

fn cell(values: &Values, i: usize) -> Value {
    if values.is_missing(i) {
        return Value::Null;
    }
    if let Some(text) = text_at(values, i) {
        return Value::from(text);
    }
    let value = values.position(i);
    match values {
        Values::Number { whole: true, .. } | Values::Date { .. } => Value::from(value as i64),
        // Infinity is no JSON number; it becomes null, as in every JSON of this program.
        _ => Number::from_f64(value).map_or(Value::Null, Value::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::TextValues;
    use std::sync::Arc;

    fn columns() -> Vec<Column> {
        let mut names = TextValues::default();
        names.push(Some("a, \"b\""));
        names.push(None);
        vec![
            Column { name: "row".into(), values: Values::Number { values: Arc::from([0.0, 1.0]), whole: true } },
            Column { name: "text".into(), values: Values::Text(Arc::new(names)) },
            Column { name: "x".into(), values: Values::Number { values: Arc::from([0.1, f64::NAN]), whole: false } },
        ]
    }

    #[test]
    fn csv_quotes_what_needs_quoting_and_leaves_missing_empty() {
        let pieces = csv(&columns(), &Task::silent()).expect("not cancelled").concat();
        assert_eq!(pieces, b"row,text,x\n0,\"a, \"\"b\"\"\",0.1\n1,,\n");
    }

    #[test]
    fn json_says_null_for_missing() {
        let task = Task::silent();
        let bytes = to_pieces(&columns(), Map::new(), Ending::Json, &task).expect("plain columns").concat();
        let value: Value = serde_json::from_slice(&bytes).expect("valid JSON");
        // The layout by hand is the one that the library would give.
        assert_eq!(String::from_utf8_lossy(&bytes), format!("{value:#}\n"));
        assert_eq!(value["rows"][0]["row"], 0);
        assert_eq!(value["rows"][1]["x"], Value::Null);
    }

    #[test]
    fn an_unknown_ending_is_refused_with_the_known_ones() {
        let problem = Ending::of(Path::new("a.xlsx")).expect_err("no spreadsheet is written");
        assert!(problem.hint.contains(".parquet"));
    }
}
