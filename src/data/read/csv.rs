//! Delimited text: comma, semicolon, tab, pipe or any other byte.
//!
//! Our own scan finds the records and says what is wrong with them, by row; polars then reads the fields in
//! parallel. Where polars would see other fields than we do (stray quotes, ragged rows, blank lines, CR line ends),
//! it is given the records written anew.

use std::io::Cursor;
use std::sync::Arc;

use polars::prelude::{CsvParseOptions, CsvReadOptions, DataFrame, DataType, PlSmallStr, Schema, SerReader as _};

use crate::base::text::{count, counted};
use crate::base::{Entry, Task};

use super::super::delimited::encoding::{self, NoText};
use super::super::delimited::sniff::{Given, Sniffed};
use super::super::delimited::{Decoded, Dialect, Layout, Rewrite, decode, next_record, rewrite, scan, sniff};
use super::super::error::DataError;
use super::super::frame::{Converted, Named, fenced, typed_texts};
use super::super::infer::TextRules;
use super::super::names::usable;
use super::super::wide::{self, Records, WIDE};
use super::{Content, FileBytes, ReadOptions, Reader};

/// Delimited text.
pub struct DelimitedText;

impl Entry for DelimitedText {
    fn id(&self) -> &'static str {
        "delimited-text"
    }
    fn title(&self) -> &'static str {
        "Delimited text (CSV, TSV)"
    }
    fn summary(&self) -> &'static str {
        "One line per row, fields separated by comma, semicolon, tab or pipe"
    }
    fn sources(&self) -> &'static [&'static str] {
        &["RFC 4180"]
    }
}

impl Reader for DelimitedText {
    fn endings(&self) -> &'static [&'static str] {
        &["csv", "tsv", "txt"]
    }

    fn recognises(&self, head: &[u8]) -> bool {
        if head.starts_with(b"{") {
            return false;
        }
        if encoding_rs::Encoding::for_bom(head).is_some() || encoding::wide(head).is_some() {
            return true;
        }
        // Pictures, sounds and programs are full of control characters; text has next to none.
        let control = head.iter().filter(|b| matches!(b, 0..=8 | 14..=31 | 127)).count();
        control <= 2 || control * 50 <= head.len()
    }

    fn read(&self, file: &FileBytes, options: &ReadOptions, task: &Task) -> Result<Content, DataError> {
        check_options(file, options)?;
        let decoded = decode(&file.bytes, options.encoding.as_deref()).map_err(|why| no_text(file, why))?;
        let given = Given {
            delimiter: options.delimiter,
            quote: options.quote,
            decimal_comma: options.decimal_comma,
            header: options.header,
        };
        let sniffed = sniff(&decoded.text, given);
        let mut sheet = Sheet::open(file, &decoded.text, &sniffed, task)?;
        sheet.notes.splice(0..0, decoded.note.clone());
        let rules = TextRules { decimal_comma: sniffed.decimal_comma, missing_marks: options.missing_marks.clone() };
        let (columns, notes) = if sheet.names.len() >= WIDE {
            let records =
                Records { text: sheet.text, start: sheet.start, dialect: sheet.dialect, layout: &sheet.layout };
            wide::typed(&records, &sheet.names, &rules, task)?
        } else {
            let frame = sheet.fields(file, task)?;
            let named = Named { path: &file.path, names: &sheet.names };
            let Converted { columns, notes } = typed_texts(frame, &named, &rules, task)?;
            (columns, notes)
        };
        sheet.notes.extend(notes);
        Ok(Content { columns, format: in_words(&sniffed, &decoded), notes: sheet.notes })
    }
}

fn check_options(file: &FileBytes, options: &ReadOptions) -> Result<(), DataError> {
    let delimiter_bad = options.delimiter.is_some_and(|d| !d.is_ascii() || matches!(d, 0 | b'\n' | b'\r'));
    let quote_bad = options.quote.is_some_and(|q| !q.is_ascii() || matches!(q, b'\n' | b'\r'));
    if delimiter_bad || quote_bad || (options.delimiter.is_some() && options.delimiter == options.quote) {
        let reason = "separator and quote must be two different ASCII characters other than a line end";
        return Err(file.malformed("import settings", reason, "Choose another separator or quote"));
    }
    Ok(())
}

fn no_text(file: &FileBytes, why: NoText) -> DataError {
    match why {
        NoText::UnknownLabel(label) => file.malformed(
            "import settings",
            format!("no encoding is called “{label}”"),
            "Choose utf-8, utf-16, windows-1252 or another label of the WHATWG encoding standard",
        ),
        NoText::Nul { line, byte } => file.malformed(
            format!("line {}, byte {}", count(line), count(byte)),
            "the text holds a NUL character",
            "The file may be damaged or binary; export it again as UTF-8 text",
        ),
    }
}

fn in_words(sniffed: &Sniffed, decoded: &Decoded<'_>) -> String {
    let (format, separated) = match sniffed.dialect.delimiter {
        b'\t' => ("TSV", "tab separated".to_owned()),
        other => ("CSV", format!("“{}” separated", char::from(other))),
    };
    let quote = match sniffed.dialect.quote {
        Some(b'"') => String::new(),
        Some(quote) => format!(", quoted by {}", char::from(quote)),
        None => ", no quotes".to_owned(),
    };
    let comma = if sniffed.decimal_comma { ", decimal comma" } else { "" };
    let header = if sniffed.header { "" } else { ", no header" };
    format!("{format}, {separated}{quote}, {}{comma}{header}", decoded.encoding)
}

/// A checked text: names, where data begin, what the records look like.
struct Sheet<'a> {
    text: &'a str,
    dialect: Dialect,
    names: Vec<String>,
    start: usize,
    layout: Layout,
    notes: Vec<String>,
}

impl<'a> Sheet<'a> {
    fn open(file: &FileBytes, text: &'a str, sniffed: &Sniffed, task: &Task) -> Result<Self, DataError> {
        let dialect = sniffed.dialect;
        let (mut start, mut raw) = first_record(text, dialect).ok_or_else(|| {
            file.malformed("first line", "the file is empty", "Open a file with a header line and data rows")
        })?;
        if !sniffed.header {
            raw = (1..=raw.len()).map(|k| format!("column {k}")).collect();
            start = 0;
        }
        task.begin("checking rows", (text.len() - start) as u64);
        let mut layout = scan(text.as_bytes(), start, raw.len(), dialect, task)?;
        if layout.records > 0 && layout.one_more == layout.records && layout.long.is_some() {
            // R writes row names without naming their column.
            raw.insert(0, String::new());
            layout = scan(text.as_bytes(), start, raw.len(), dialect, task)?;
        }
        let (names, notes) = usable(&raw);
        let mut sheet = Self { text, dialect, names, start, layout, notes };
        sheet.check(file)?;
        Ok(sheet)
    }

    fn check(&mut self, file: &FileBytes) -> Result<(), DataError> {
        check_layout(file, &self.layout, self.names.len(), &mut self.notes)?;
        file.check_size(self.layout.records, self.names.len(), 1)
    }

    /// All fields as text columns. `row` in the frame is the data row of the file.
    fn fields(&self, file: &FileBytes, task: &Task) -> Result<DataFrame, DataError> {
        let schema: Schema =
            (0..self.names.len()).map(|k| (PlSmallStr::from_string(k.to_string()), DataType::String)).collect();
        let schema = Arc::new(schema);
        if self.layout.records == 0 {
            return Ok(DataFrame::empty_with_schema(&schema));
        }
        let fault = |reason: String| {
            file.malformed(
                "data rows",
                reason,
                "Check the separator and quote in the import settings, or export the table again",
            )
        };
        let mut whole: Option<DataFrame> = None;
        let mut read = |bytes: &[u8], blocks: &[usize], dialect: Dialect| -> Result<(), DataError> {
            task.begin("reading rows", blocks.len() as u64);
            for (k, &from) in blocks.iter().enumerate() {
                let to = blocks.get(k + 1).copied().unwrap_or(bytes.len());
                let part = bytes.get(from..to).unwrap_or(&[]);
                if part.is_empty() {
                    continue;
                }
                let frame = fenced(|| columns_of(part, &schema, dialect)).map_err(fault)?;
                match &mut whole {
                    None => whole = Some(frame),
                    Some(whole) => {
                        fenced(|| whole.vstack_mut(&frame).map(|_| ())).map_err(fault)?;
                    }
                }
                task.advance(1)?;
            }
            Ok(())
        };
        if self.layout.rewrite {
            let new = rewrite(self.text, self.start, self.names.len(), self.dialect, task)?;
            read(&new.bytes, &new.blocks, Rewrite::DIALECT)?;
        } else {
            read(self.text.as_bytes(), &self.layout.blocks, self.dialect)?;
        }
        let frame = whole.unwrap_or_else(|| DataFrame::empty_with_schema(&schema));
        if frame.height() != self.layout.records || frame.width() != self.names.len() {
            return Err(fault(format!(
                "{} were expected and {} found",
                counted(self.layout.records, "row"),
                count(frame.height())
            )));
        }
        Ok(frame)
    }
}

/// Refuses records that do not fit `width` columns; what could be mended goes to `notes`.
pub(in crate::data) fn check_layout(
    file: &FileBytes,
    layout: &Layout,
    width: usize,
    notes: &mut Vec<String>,
) -> Result<(), DataError> {
    if let Some(row) = layout.unclosed {
        let hint = "Close the quote, or choose no quote character in the import settings";
        return Err(file.malformed(format!("row {}", count(row)), "a quoted field never ends", hint));
    }
    if let Some((row, fields)) = layout.long {
        let reason =
            format!("this row has {}, but the table has {}", counted(fields, "field"), counted(width, "column"));
        let hint = "Quote fields that hold the separator, or choose another separator in the import settings";
        return Err(file.malformed(format!("row {}", count(row)), reason, hint));
    }
    let (short, first) = layout.short;
    if short > 0 {
        notes.push(format!(
            "{} fewer fields than the header and {} filled with missing, the first is row {}",
            if short == 1 { "1 row has".to_owned() } else { format!("{} have", counted(short, "row")) },
            if short == 1 { "was" } else { "were" },
            count(first)
        ));
    }
    if layout.padded > 0 {
        notes.push(format!("{} ended in empty surplus fields, which were dropped", counted(layout.padded, "row")));
    }
    Ok(())
}

/// The first record that is not blank, and where the next begins.
pub(in crate::data) fn first_record(text: &str, dialect: Dialect) -> Option<(usize, Vec<String>)> {
    let (mut at, mut fields) = (0, Vec::new());
    while let Some((next, _)) = next_record(text.as_bytes(), at, dialect, &mut fields) {
        let names: Vec<String> = fields.iter().map(|f| f.text(text, dialect.quote)).collect();
        if names.iter().any(|n| !n.trim().is_empty()) {
            return Some((next, names));
        }
        at = next;
    }
    None
}

fn columns_of(bytes: &[u8], schema: &Arc<Schema>, dialect: Dialect) -> polars::prelude::PolarsResult<DataFrame> {
    let parse = CsvParseOptions::default().with_separator(dialect.delimiter).with_quote_char(dialect.quote);
    CsvReadOptions::default()
        .with_has_header(false)
        .with_schema(Some(Arc::clone(schema)))
        .with_infer_schema_length(Some(0))
        .with_raise_if_empty(false)
        .with_parse_options(parse)
        .into_reader_with_file_handle(Cursor::new(bytes))
        .finish()
}
