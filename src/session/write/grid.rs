//! Columns as CSV, Parquet or JSON. Numbers are written with every digit, missing as an empty cell or null.

use std::path::Path;

use serde_json::{Map, Number, Value};

use crate::base::Problem;
use crate::data::write::parquet;
use crate::data::{Column, Values};

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

/// The columns as a file's bytes. `about` is what JSON says beside the rows; the other formats leave it out.
pub fn to_bytes(columns: &[Column], about: Map<String, Value>, ending: Ending) -> Result<Vec<u8>, Problem> {
    match ending {
        Ending::Csv => Ok(csv(columns).into_bytes()),
        Ending::Json => Ok(json(columns, about)),
        Ending::Parquet => parquet(columns).map_err(|reason| {
            Problem::new("Could not write the table", reason, "Write .csv instead, or rename columns that share a name")
        }),
    }
}

/// Comma-separated text with a header line; cells with commas, quotes or line breaks are quoted (RFC 4180).
pub fn csv(columns: &[Column]) -> String {
    let rows = columns.first().map_or(0, |c| c.values.len());
    let mut out = String::new();
    for (j, column) in columns.iter().enumerate() {
        separate(&mut out, j);
        push_text(&mut out, &column.name);
    }
    out.push('\n');
    for i in 0..rows {
        for (j, column) in columns.iter().enumerate() {
            separate(&mut out, j);
            push_cell(&mut out, &column.values, i);
        }
        out.push('\n');
    }
    out
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

fn json(columns: &[Column], mut about: Map<String, Value>) -> Vec<u8> {
    let count = columns.first().map_or(0, |c| c.values.len());
    let rows: Vec<Value> = (0..count)
        .map(|i| Value::Object(columns.iter().map(|c| (c.name.to_string(), cell(&c.values, i))).collect()))
        .collect();
    about.insert("columns".to_owned(), columns.iter().map(|c| Value::from(&*c.name)).collect());
    about.insert("rows".to_owned(), Value::Array(rows));
    let mut bytes = serde_json::to_vec_pretty(&about).expect("plain values become JSON");
    bytes.push(b'\n');
    bytes
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
        assert_eq!(csv(&columns()), "row,text,x\n0,\"a, \"\"b\"\"\",0.1\n1,,\n");
    }

    #[test]
    fn json_says_null_for_missing() {
        let bytes = to_bytes(&columns(), Map::new(), Ending::Json).expect("plain columns");
        let value: Value = serde_json::from_slice(&bytes).expect("valid JSON");
        assert_eq!(value["rows"][0]["row"], 0);
        assert_eq!(value["rows"][1]["x"], Value::Null);
    }

    #[test]
    fn an_unknown_ending_is_refused_with_the_known_ones() {
        let problem = Ending::of(Path::new("a.xlsx")).expect_err("no spreadsheet is written");
        assert!(problem.hint.contains(".parquet"));
    }
}
