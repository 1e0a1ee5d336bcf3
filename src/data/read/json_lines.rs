//! JSON lines: one JSON object per line, read one by one so that a fault has a line.
//!
//! Not through polars, whose reader types a column by its first hundred lines and does not say which line is wrong.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize as _;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::base::text::count;
use crate::base::{Entry, Task};
use crate::num::parallel;

use super::super::column::{Column, Values};
use super::super::delimited::decode;
use super::super::error::DataError;
use super::super::infer::{Inferred, TextRules, category, infer, text};
use super::super::names::usable;
use super::{Content, FileBytes, ReadOptions, Reader};

/// JSON lines.
pub struct JsonLines;

impl Entry for JsonLines {
    fn id(&self) -> &'static str {
        "json-lines"
    }
    fn title(&self) -> &'static str {
        "JSON lines"
    }
    fn summary(&self) -> &'static str {
        "One JSON object per line, its keys are the columns"
    }
    fn sources(&self) -> &'static [&'static str] {
        &["jsonlines.org", "RFC 8259"]
    }
}

impl Reader for JsonLines {
    fn endings(&self) -> &'static [&'static str] {
        &["jsonl", "ndjson"]
    }

    fn recognises(&self, head: &[u8]) -> bool {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        let mut lines = head.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
        let first = lines.next().unwrap_or(head);
        let opens = first.strip_prefix(b"{").map(<[u8]>::trim_ascii_start).and_then(<[u8]>::first);
        if !matches!(opens, Some(b'"' | b'}')) {
            // A document of many lines begins with a brace alone; a binary one has a length instead of a key.
            return false;
        }
        // One line alone is a row when it is flat, and some other document when it is nested.
        let flat = !first.iter().skip(1).any(|b| matches!(b, b'{' | b'['));
        flat || lines.next().is_some_and(|second| second.starts_with(b"{"))
    }

    fn read(&self, file: &FileBytes, options: &ReadOptions, task: &Task) -> Result<Content, DataError> {
        let decoded = decode(&file.bytes, options.encoding.as_deref()).map_err(|_why| {
            file.malformed(
                "first lines",
                "the text cannot be decoded or holds NUL characters",
                "Export it again as UTF-8",
            )
        })?;
        let mut table = Table::default();
        task.begin("reading lines", decoded.text.len() as u64);
        for (number, line) in decoded.text.lines().enumerate() {
            if !line.trim().is_empty() {
                table.push(line).map_err(|reason| {
                    let hint = "Every line must hold one complete JSON object; correct or remove this line";
                    file.malformed(format!("line {}", count(number + 1)), reason, hint)
                })?;
                file.check_size(table.rows, table.names.len(), 1)?;
            }
            task.advance(line.len() as u64 + 1)?;
        }
        let (names, mut notes) = usable(&table.names);
        notes.splice(0..0, decoded.note);
        let rules = TextRules { decimal_comma: false, missing_marks: options.missing_marks.clone() };
        task.begin("typing columns", names.len() as u64);
        let typed = parallel::map(names.len(), task, |k| match (names.get(k), table.columns.get(k)) {
            (Some(name), Some(cells)) => typed(name, cells, table.rows, &rules),
            _ => Inferred { values: Values::YesNo([].into()), note: None },
        })?;
        let mut columns = Vec::with_capacity(names.len());
        for (name, found) in names.iter().zip(typed) {
            columns.push(Column { name: name.as_str().into(), values: found.values });
            notes.extend(found.note);
        }
        Ok(Content { columns, format: format!("JSON lines, {}", decoded.encoding), notes })
    }
}

#[derive(Debug)]
enum Cell {
    Missing,
    Flag(bool),
    /// A number that f64 holds.
    Number(f64),
    Text(Box<str>),
}

#[derive(Default)]
struct Table {
    names: Vec<String>,
    places: HashMap<String, usize>,
    /// Cells from the top; a column that ends early is missing below.
    columns: Vec<Vec<Cell>>,
    rows: usize,
}

impl Table {
    fn push(&mut self, line: &str) -> Result<(), String> {
        let mut reader = serde_json::Deserializer::from_str(line);
        RowSeed(self).deserialize(&mut reader).map_err(|e| plain(&e))?;
        reader.end().map_err(|e| plain(&e))?;
        self.rows += 1;
        Ok(())
    }

    fn set(&mut self, name: &str, cell: Cell) {
        let place = match self.places.get(name) {
            Some(place) => *place,
            None => {
                self.places.insert(name.to_owned(), self.names.len());
                self.names.push(name.to_owned());
                self.columns.push(Vec::new());
                self.names.len() - 1
            }
        };
        if let Some(column) = self.columns.get_mut(place) {
            // A key given twice in one object keeps its last value, as JSON readers do.
            column.truncate(self.rows);
            column.resize_with(self.rows, || Cell::Missing);
            column.push(cell);
        }
    }
}

/// serde_json's message with the column in words; its line is always 1.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or("").to_owned();
    format!("this line is not one JSON object: {reason}, at character {}", error.column())
}

struct RowSeed<'t>(&'t mut Table);

impl<'de> DeserializeSeed<'de> for RowSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let cell = map.next_value_seed(CellSeed)?;
            self.0.set(&key, cell);
        }
        Ok(())
    }
}

struct CellSeed;

impl<'de> DeserializeSeed<'de> for CellSeed {
    type Value = Cell;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell, D::Error> {
        deserializer.deserialize_any(self)
    }
}

const LIMIT: u64 = 1 << 53;

impl<'de> Visitor<'de> for CellSeed {
    type Value = Cell;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, flag: bool) -> Result<Cell, E> {
        Ok(Cell::Flag(flag))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Cell, E> {
        let fits = value.unsigned_abs() <= LIMIT;
        Ok(if fits { Cell::Number(value as f64) } else { Cell::Text(value.to_string().into()) })
    }
    fn visit_u64<E>(self, value: u64) -> Result<Cell, E> {
        Ok(if value <= LIMIT { Cell::Number(value as f64) } else { Cell::Text(value.to_string().into()) })
    }
    fn visit_f64<E>(self, value: f64) -> Result<Cell, E> {
        Ok(Cell::Number(value))
    }
    fn visit_str<E>(self, text: &str) -> Result<Cell, E> {
        Ok(Cell::Text(text.into()))
    }
    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Missing)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Cell, A::Error> {
        let value = serde_json::Value::deserialize(SeqAccessDeserializer::new(list))?;
        Ok(Cell::Text(value.to_string().into()))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Cell, A::Error> {
        let value = serde_json::Value::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Cell::Text(value.to_string().into()))
    }
}

fn typed(name: &str, cells: &[Cell], rows: usize, rules: &TextRules) -> Inferred {
    let present = || cells.iter().filter(|c| !matches!(c, Cell::Missing));
    if present().all(|c| matches!(c, Cell::Number(_))) {
        let value = |i: usize| if let Some(Cell::Number(v)) = cells.get(i) { *v } else { f64::NAN };
        let values: Vec<f64> = (0..rows).map(value).collect();
        let whole = values.iter().all(|v| v.is_nan() || v.fract() == 0.0);
        return Inferred { values: Values::Number { values: values.into(), whole }, note: None };
    }
    if present().all(|c| matches!(c, Cell::Flag(_))) {
        let flag = |i: usize| if let Some(Cell::Flag(f)) = cells.get(i) { u8::from(*f) } else { 2 };
        return Inferred { values: Values::YesNo((0..rows).map(flag).collect()), note: None };
    }
    let texts: Vec<Option<Cow<'_, str>>> = (0..rows)
        .map(|i| match cells.get(i) {
            None | Some(Cell::Missing) => None,
            Some(Cell::Flag(f)) => Some(f.to_string().into()),
            Some(Cell::Number(v)) => Some(v.to_string().into()),
            Some(Cell::Text(t)) => Some((&**t).into()),
        })
        .collect();
    let cell = |i: usize| texts.get(i).and_then(|t| t.as_deref());
    // Numbers, flags or nested values among texts, and dates, which JSON can only write as text.
    let found = infer(name, rows, cell, rules);
    let all_text = present().all(|c| matches!(c, Cell::Text(_)));
    if all_text && matches!(found.values, Values::Number { .. } | Values::YesNo(_)) {
        // JSON has numbers and truth values of its own: what stands in quotes was meant as text.
        let keep = |i: usize| cell(i).filter(|t| rules.present(t).is_some());
        return Inferred { values: category(rows, keep).unwrap_or_else(|| text(rows, keep)), note: None };
    }
    found
}
