//! Delimited text of any length: records are cut from blocks of the file, and the texts of every column are typed as a
//! whole, by the rules of whole tables.
//!
//! Left to the reader of whole tables: other encodings than UTF-8, a single column, very wide tables, row names without
//! a header.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::base::Task;
use crate::data::column::Column;
use crate::data::delimited::encoding;
use crate::data::delimited::records::is_blank;
use crate::data::delimited::sniff::{Given, Sniffed};
use crate::data::delimited::{Dialect, Field, Layout, next_record, sniff};
use crate::data::error::DataError;
use crate::data::infer::{TextRules, infer};
use crate::data::names::usable;
use crate::data::read::FileBytes;
use crate::data::read::csv::{check_layout, first_record};
use crate::data::wide::WIDE;

use super::spill::Spill;
use super::{StoreError, TableSize, disk, unreadable};

/// Bytes by which dialect and header are told: more than the dialect's own look.
const HEAD: usize = 1 << 20;
/// Bytes read at once.
const BLOCK: usize = 8 << 20;
/// A record longer than this is a quote that is never closed.
const LONGEST: usize = 256 << 20;

/// Delimited text whose fields wait in a file, column by column.
pub(super) struct TextTable {
    path: PathBuf,
    names: Vec<String>,
    rules: TextRules,
    rows: usize,
    spill: Spill,
}

/// The beginning of the file.
struct Start {
    sniffed: Sniffed,
    names: Vec<String>,
    /// Where the data records begin.
    at: usize,
}

impl TextTable {
    pub fn open(path: &Path, folder: &Path, task: &Task) -> Result<Self, StoreError> {
        let (head, _) = head(path)?;
        let start = start(&head)?;
        let (names, _) = usable(&start.names);
        let place = FileBytes { path: path.to_path_buf(), bytes: Vec::new() };
        let spill = Spill::new(folder, names.len()).map_err(|e| disk(folder, &e))?;
        let mut records =
            Records { dialect: start.sniffed.dialect, width: names.len(), layout: Layout::default(), spill, folder };
        records.read(path, start.at, task)?;
        let Records { layout, mut spill, .. } = records;
        if layout.long.is_some() && layout.one_more == layout.records {
            return Err(only_whole("rows begin with a name that has no column"));
        }
        check_layout(&place, &layout, names.len(), &mut Vec::new())?;
        spill.flush().map_err(|e| disk(folder, &e))?;
        let rules = TextRules { decimal_comma: start.sniffed.decimal_comma, missing_marks: Vec::new() };
        Ok(Self { path: path.to_path_buf(), names, rules, rows: layout.records, spill })
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn column(&self, k: usize) -> Result<Column, DataError> {
        let texts = self.spill.column(k).map_err(|e| disk(&self.path, &e))?;
        let name = self.names.get(k).map_or("", |n| n);
        debug_assert_eq!(texts.len(), self.rows, "one text a row");
        let found = infer(name, self.rows, |i| texts.get(i), &self.rules);
        Ok(Column { name: name.into(), values: found.values })
    }
}

/// The size of the text at `path`, its rows estimated from its beginning.
pub(super) fn size(path: &Path) -> Result<TableSize, StoreError> {
    let (head, bytes) = head(path)?;
    let start = start(&head)?;
    let (mut at, mut rows, mut fields) = (start.at, 0usize, Vec::new());
    while let Some((next, _)) = next_record(&head, at, start.sniffed.dialect, &mut fields) {
        rows += 1;
        at = next;
    }
    let seen = (head.len() - start.at).max(1);
    let rows = rows as f64 / seen as f64 * (bytes.saturating_sub(start.at as u64)) as f64;
    Ok(TableSize { rows: rows.round() as usize, columns: start.names.len(), bytes })
}

/// The first bytes, and the length of the file.
fn head(path: &Path) -> Result<(Vec<u8>, u64), StoreError> {
    let io = |e: std::io::Error| unreadable(path, &e);
    let file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let mut head = Vec::new();
    file.take(HEAD as u64).read_to_end(&mut head).map_err(io)?;
    Ok((head, length))
}

fn start(head: &[u8]) -> Result<Start, StoreError> {
    let mark = head.starts_with(b"\xef\xbb\xbf");
    let found = encoding_rs::Encoding::for_bom(head);
    if found.is_some_and(|(encoding, _)| encoding != encoding_rs::UTF_8) || encoding::wide(head).is_some() {
        return Err(only_whole("the text is not UTF-8"));
    }
    let skipped = if mark { 3 } else { 0 };
    let body = head.get(skipped..).unwrap_or(&[]);
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        // The last character may be cut.
        Err(error) if error.error_len().is_none() => body
            .get(..error.valid_up_to())
            .and_then(|valid| std::str::from_utf8(valid).ok())
            .ok_or_else(|| only_whole("the text is not UTF-8"))?,
        Err(_) => return Err(only_whole("the text is not UTF-8")),
    };
    let sniffed = sniff(text, Given::default());
    let (mut at, mut names) = first_record(text, sniffed.dialect).ok_or_else(|| only_whole("the file is empty"))?;
    if at >= HEAD - 4 || names.len() < 2 || names.len() >= WIDE {
        return Err(only_whole(if names.len() < 2 { "it has a single column" } else { "it is very wide" }));
    }
    if !sniffed.header {
        names = (1..=names.len()).map(|k| format!("column {k}")).collect();
        at = 0;
    }
    Ok(Start { sniffed, names, at: at + skipped })
}

fn only_whole(reason: &str) -> StoreError {
    StoreError::OnlyWhole(format!("{reason}, and such text is read as a whole"))
}

/// Cuts the file into records and their fields.
struct Records<'a> {
    dialect: Dialect,
    width: usize,
    layout: Layout,
    spill: Spill,
    folder: &'a Path,
}

impl Records<'_> {
    /// Reads all records from byte `at` on, block by block.
    fn read(&mut self, path: &Path, at: usize, task: &Task) -> Result<(), StoreError> {
        let io = |e: std::io::Error| unreadable(path, &e);
        let mut file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        task.begin("reading rows", length);
        std::io::copy(&mut file.by_ref().take(at as u64), &mut std::io::sink()).map_err(io)?;
        let mut waiting: Vec<u8> = Vec::new();
        loop {
            let read = file.by_ref().take(BLOCK as u64).read_to_end(&mut waiting).map_err(io)?;
            task.advance(read as u64)?;
            let done = self.take(&waiting, read == 0)?;
            waiting.drain(..done);
            if read == 0 {
                return Ok(());
            }
            if waiting.len() > LONGEST {
                self.layout.unclosed = Some(self.layout.records);
                return Ok(());
            }
        }
    }

    /// Takes all records that surely end inside `bytes`, and answers how many bytes they have. At the end of the file
    /// (`all`) every record ends.
    fn take(&mut self, bytes: &[u8], all: bool) -> Result<usize, StoreError> {
        let valid = match std::str::from_utf8(bytes) {
            Ok(_) => bytes.len(),
            Err(error) if error.error_len().is_none() && !all => error.valid_up_to(),
            Err(_) => return Err(only_whole("the text is not UTF-8")),
        };
        let text = bytes.get(..valid).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("");
        if text.contains('\0') {
            return Err(only_whole("the text holds a NUL character"));
        }
        let (mut at, mut fields) = (0, Vec::new());
        while let Some((next, odd)) = next_record(text.as_bytes(), at, self.dialect, &mut fields) {
            // What ends with the block may go on behind it: a quote may be doubled, CR be followed by LF.
            if next >= text.len() && !all {
                break;
            }
            if !is_blank(&fields) {
                if odd.unclosed {
                    self.layout.unclosed = self.layout.unclosed.or(Some(self.layout.records));
                }
                self.record(text, &fields);
            }
            at = next;
            self.spill.relieve().map_err(|e| disk(self.folder, &e))?;
        }
        Ok(at)
    }

    fn record(&mut self, text: &str, fields: &[Field]) {
        self.layout.count(fields, self.width);
        for k in 0..self.width {
            match fields.get(k) {
                Some(field) if field.quoted => self.spill.push(k, &field.text(text, self.dialect.quote)),
                Some(field) => self.spill.push(k, text.get(field.start..field.end).unwrap_or("")),
                None => self.spill.push(k, ""),
            }
        }
    }
}
