//! Where records and fields begin and end. One definition of a record serves finding the dialect, checking the file
//! and rewriting what the column reader would misread.
//!
//! Rules: a field that begins with the quote character runs to the next single quote character; doubled ones stand
//! for one. A quote character inside an unquoted field is text. Lines end with LF, CR LF or CR. Blank lines are no
//! records when a table has more than one column.

use crate::base::{Cancelled, Task};

/// How fields are separated and quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The byte between fields.
    pub delimiter: u8,
    /// The byte around fields that hold the delimiter; `None` when quotes are plain text.
    pub quote: Option<u8>,
}

/// One field of a record.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// First byte, a quote included.
    pub start: usize,
    /// One past the last byte, a quote included.
    pub end: usize,
    /// Whether the field begins with the quote character.
    pub quoted: bool,
}

/// What a record needed beyond the plain rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// A quote character inside an unquoted field, text after a closing quote, or a line end of CR alone.
    pub unusual: bool,
    /// The file ends inside a quoted field.
    pub unclosed: bool,
}

impl Field {
    /// The field's text with its quotes removed and doubled quotes made single.
    pub fn text(&self, text: &str, quote: Option<u8>) -> String {
        let raw = text.get(self.start..self.end).unwrap_or("");
        let Some(quote) = quote.filter(|_| self.quoted) else { return raw.to_owned() };
        let quote = char::from(quote);
        let mut plain = String::with_capacity(raw.len());
        let mut inside = false;
        let mut previous_was_closing = false;
        for letter in raw.chars() {
            if letter == quote {
                // A second quote right after a closing one was a doubled quote.
                if previous_was_closing {
                    plain.push(quote);
                }
                previous_was_closing = inside;
                inside = !inside;
            } else {
                previous_was_closing = false;
                plain.push(letter);
            }
        }
        plain
    }
}

/// Reads the record that begins at `at` into `fields` and returns where the next one begins; `None` at the end.
pub fn next_record(bytes: &[u8], at: usize, dialect: Dialect, fields: &mut Vec<Field>) -> Option<(usize, Oddities)> {
    fields.clear();
    if at >= bytes.len() {
        return None;
    }
    let mut odd = Oddities::default();
    let mut i = at;
    loop {
        let start = i;
        let quoted = dialect.quote.is_some() && bytes.get(i).copied() == dialect.quote;
        if quoted {
            i = skip_quoted(bytes, i, dialect, &mut odd);
        }
        let tail = i;
        loop {
            i += bytes[i..].iter().position(|b| is_break(*b, dialect)).unwrap_or(bytes.len() - i);
            if dialect.quote.is_none() || bytes.get(i).copied() != dialect.quote {
                break;
            }
            // A quote in the midst of a field is text to us, but not to every reader.
            odd.unusual = true;
            i += 1;
        }
        odd.unusual |= quoted && i > tail;
        fields.push(Field { start, end: i, quoted });
        match bytes.get(i) {
            None => return Some((i, odd)),
            Some(b'\n') => return Some((i + 1, odd)),
            Some(b'\r') => {
                let pair = bytes.get(i + 1) == Some(&b'\n');
                odd.unusual |= !pair;
                return Some((i + 1 + usize::from(pair), odd));
            }
            Some(_) => i += 1,
        }
    }
}

fn is_break(byte: u8, dialect: Dialect) -> bool {
    byte == dialect.delimiter || byte == b'\n' || byte == b'\r' || Some(byte) == dialect.quote
}

/// From an opening quote to the byte after the closing one.
fn skip_quoted(bytes: &[u8], open: usize, dialect: Dialect, odd: &mut Oddities) -> usize {
    let mut i = open + 1;
    loop {
        let Some(step) = bytes[i..].iter().position(|b| Some(*b) == dialect.quote) else {
            odd.unclosed = true;
            return bytes.len();
        };
        i += step + 1;
        if bytes.get(i).copied() != dialect.quote {
            return i;
        }
        i += 1;
    }
}

/// Whether a record is a blank line.
pub fn is_blank(fields: &[Field]) -> bool {
    matches!(fields, [only] if only.start == only.end)
}

/// The shape of all records after the header.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// Data records.
    pub records: usize,
    /// Records with fewer fields than the header, and the first such record (counted from 0).
    pub short: (usize, usize),
    /// Records with more fields than the header whose surplus is empty.
    pub padded: usize,
    /// The first record with more filled fields than the header names: its index and its field count.
    pub long: Option<(usize, usize)>,
    /// Records with exactly one field more than the header names.
    pub one_more: usize,
    /// The first record whose quote is never closed.
    pub unclosed: Option<usize>,
    /// Whether the column reader would see other fields than we do.
    pub rewrite: bool,
    /// Starts of blocks of about [`BLOCK_BYTES`] each, at record boundaries.
    pub blocks: Vec<usize>,
}

/// Bytes handed to the column reader at once: large enough for its own parallel work, small enough to cancel.
pub const BLOCK_BYTES: usize = 32 << 20;

/// Finds the shape of the records in `bytes[at..]`, for a table of `width` columns. Cost O(bytes).
pub fn scan(bytes: &[u8], at: usize, width: usize, dialect: Dialect, task: &Task) -> Result<Layout, Cancelled> {
    let mut layout = Layout { blocks: vec![at], ..Layout::default() };
    let mut fields = Vec::new();
    let (mut here, mut reported, mut block) = (at, at, at);
    // The column reader takes these bytes for compressed data.
    layout.rewrite = matches!(bytes.get(at..at + 2), Some([b'x', 0x01 | 0x5e | 0x9c | 0xda]));
    while let Some((next, odd)) = next_record(bytes, here, dialect, &mut fields) {
        layout.rewrite |= odd.unusual;
        if is_blank(&fields) && (width != 1 || bytes[here..].iter().all(|b| matches!(b, b'\n' | b'\r'))) {
            layout.rewrite = true;
        } else {
            if odd.unclosed {
                layout.unclosed = layout.unclosed.or(Some(layout.records));
            }
            layout.count(&fields, width);
        }
        here = next;
        if here - reported > 1 << 20 {
            task.advance((here - reported) as u64)?;
            reported = here;
        }
        if here - block > BLOCK_BYTES {
            layout.blocks.push(here);
            block = here;
        }
    }
    Ok(layout)
}

impl Layout {
    /// Counts one record of a table of `width` columns.
    pub fn count(&mut self, fields: &[Field], width: usize) {
        if fields.len() < width {
            if self.short.0 == 0 {
                self.short.1 = self.records;
            }
            self.short.0 += 1;
            self.rewrite = true;
        } else if let Some(surplus) = fields.get(width..).filter(|s| !s.is_empty()) {
            self.rewrite = true;
            if surplus.iter().all(|f| f.start == f.end) {
                self.padded += 1;
            } else if self.long.is_none() {
                self.long = Some((self.records, fields.len()));
            }
            self.one_more += usize::from(surplus.len() == 1);
        }
        self.records += 1;
    }
}

/// What [`rewrite`] produces.
pub struct Rewrite {
    /// Plain records: every line `width` fields, LF ends, the dialect of [`Rewrite::DIALECT`].
    pub bytes: Vec<u8>,
    /// Starts of blocks, as in [`Layout::blocks`].
    pub blocks: Vec<usize>,
}

impl Rewrite {
    /// The dialect of rewritten records.
    pub const DIALECT: Dialect = Dialect { delimiter: b',', quote: Some(b'"') };
}

/// Writes the records of `text[at..]` anew, so that any reader sees the fields we see: short records are filled
/// with empty fields, surplus ones are cut at `width`. Cost O(bytes).
pub fn rewrite(text: &str, at: usize, width: usize, dialect: Dialect, task: &Task) -> Result<Rewrite, Cancelled> {
    let bytes = text.as_bytes();
    let mut out = Rewrite { bytes: Vec::new(), blocks: vec![0] };
    let mut fields = Vec::new();
    let (mut here, mut checked, mut block) = (at, at, 0);
    while let Some((next, _)) = next_record(bytes, here, dialect, &mut fields) {
        let blank = is_blank(&fields) && (width != 1 || bytes[here..].iter().all(|b| matches!(b, b'\n' | b'\r')));
        if !blank {
            for k in 0..width {
                if k > 0 {
                    out.bytes.push(b',');
                }
                if let Some(field) = fields.get(k) {
                    push_field(&mut out.bytes, &field.text(text, dialect.quote));
                }
            }
            out.bytes.push(b'\n');
        }
        here = next;
        if here - checked > 1 << 20 {
            task.check()?;
            checked = here;
        }
        if out.bytes.len() - block > BLOCK_BYTES {
            block = out.bytes.len();
            out.blocks.push(block);
        }
    }
    Ok(out)
}

fn push_field(out: &mut Vec<u8>, text: &str) {
    let plain = !text.bytes().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) && !text.starts_with('x');
    if plain {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMA: Dialect = Dialect { delimiter: b',', quote: Some(b'"') };

    fn records(text: &str) -> Vec<Vec<String>> {
        let (mut at, mut fields, mut all) = (0, Vec::new(), Vec::new());
        while let Some((next, _)) = next_record(text.as_bytes(), at, COMMA, &mut fields) {
            all.push(fields.iter().map(|f| f.text(text, COMMA.quote)).collect());
            at = next;
        }
        all
    }

    #[test]
    fn quotes_hide_delimiters_line_ends_and_doubled_quotes() {
        let found = records("a,\"b, \"\"c\"\"\nd\",e\r\n\"\",5\" pipe,\n");
        assert_eq!(found, vec![vec!["a", "b, \"c\"\nd", "e"], vec!["", "5\" pipe", ""]]);
    }

    #[test]
    fn the_layout_counts_what_is_ragged() {
        let text = b"1,2,3\n1,2\n\n1,2,3,\n1,2,3,4\n";
        let layout = scan(text, 0, 3, COMMA, &Task::silent()).expect("nobody cancels");
        assert_eq!((layout.records, layout.short, layout.padded), (4, (1, 1), 1));
        assert_eq!(layout.long, Some((3, 4)));
        assert!(layout.rewrite);
    }

    #[test]
    fn plain_records_need_no_rewriting() {
        let layout = scan(b"1,\"a,b\"\r\n2,\"c\"\r\n", 0, 2, COMMA, &Task::silent()).expect("nobody cancels");
        assert!(!layout.rewrite && layout.records == 2);
    }

    #[test]
    fn a_rewritten_record_reads_the_same() {
        let text = "5\" pipe,x^2\n\n\"a,b\"c\n";
        let new = rewrite(text, 0, 2, COMMA, &Task::silent()).expect("nobody cancels");
        let new = String::from_utf8(new.bytes).expect("the text was text");
        assert_eq!(records(&new), vec![vec!["5\" pipe", "x^2"], vec!["a,bc", ""]]);
    }
}
