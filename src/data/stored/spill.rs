//! The texts of many columns, arriving row by row and read back column by column, in one file.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// Bytes that wait in memory, of all columns together.
const WAITING: usize = 16 << 20;
/// Texts from this length on have their length in eight bytes behind this mark.
const LONG: u8 = u8::MAX;

/// The file and what waits to be written.
pub(super) struct Spill {
    file: File,
    end: u64,
    waiting: Vec<Vec<u8>>,
    bytes: usize,
    /// Per column, where its parts begin and how long they are.
    parts: Vec<Vec<(u64, usize)>>,
}

/// One column's texts.
pub(super) struct Texts {
    bytes: Vec<u8>,
    /// Where each text begins; one more than there are texts.
    places: Vec<(usize, usize)>,
}

impl Spill {
    pub fn new(folder: &Path, columns: usize) -> std::io::Result<Self> {
        let file = tempfile::tempfile_in(folder)?;
        Ok(Self { file, end: 0, waiting: vec![Vec::new(); columns], bytes: 0, parts: vec![Vec::new(); columns] })
    }

    /// Adds the next text of `column`. Every column gets one text a row.
    pub fn push(&mut self, column: usize, text: &str) {
        let Some(out) = self.waiting.get_mut(column) else { return };
        let before = out.len();
        match u8::try_from(text.len()) {
            Ok(length) if length < LONG => out.push(length),
            _ => {
                out.push(LONG);
                out.extend_from_slice(&(text.len() as u64).to_le_bytes());
            }
        }
        out.extend_from_slice(text.as_bytes());
        self.bytes += out.len() - before;
    }

    /// Writes what waits, once it is much.
    pub fn relieve(&mut self) -> std::io::Result<()> {
        if self.bytes >= WAITING { self.flush() } else { Ok(()) }
    }

    /// Writes what waits.
    pub fn flush(&mut self) -> std::io::Result<()> {
        for (out, parts) in self.waiting.iter_mut().zip(&mut self.parts) {
            self.file.write_all(out)?;
            parts.push((self.end, out.len()));
            self.end += out.len() as u64;
            out.clear();
        }
        self.bytes = 0;
        Ok(())
    }

    /// The texts of one column, after the last `flush`.
    pub fn column(&self, column: usize) -> std::io::Result<Texts> {
        let parts = self.parts.get(column).map_or(&[][..], Vec::as_slice);
        let mut bytes = Vec::with_capacity(parts.iter().map(|p| p.1).sum());
        for (start, length) in parts {
            let mut file = &self.file;
            file.seek(SeekFrom::Start(*start))?;
            file.take(*length as u64).read_to_end(&mut bytes)?;
        }
        let (mut places, mut at) = (Vec::new(), 0);
        while let Some(&first) = bytes.get(at) {
            let (from, length) = match (first, bytes.get(at + 1..at + 9).and_then(|b| b.first_chunk::<8>())) {
                (LONG, Some(length)) => (at + 9, usize::try_from(u64::from_le_bytes(*length)).unwrap_or(0)),
                _ => (at + 1, usize::from(first)),
            };
            places.push((from, from + length));
            at = from + length;
        }
        Ok(Texts { bytes, places })
    }
}

impl Texts {
    /// Number of texts.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// The text of row `i`.
    pub fn get(&self, i: usize) -> Option<&str> {
        let (from, to) = *self.places.get(i)?;
        std::str::from_utf8(self.bytes.get(from..to)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_column_by_column() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut spill = Spill::new(folder.path(), 2).expect("a file");
        let long = "é".repeat(300);
        for i in 0..1_000 {
            spill.push(0, &i.to_string());
            spill.push(1, if i % 7 == 0 { &long } else { "" });
            if i % 400 == 0 {
                spill.flush().expect("written");
            }
        }
        spill.flush().expect("written");
        let [first, second] = [0, 1].map(|k| spill.column(k).expect("read"));
        assert_eq!((first.len(), second.len()), (1_000, 1_000));
        for i in 0..1_000 {
            assert_eq!(first.get(i), Some(&*i.to_string()));
            assert_eq!(second.get(i), Some(if i % 7 == 0 { &*long } else { "" }));
        }
    }
}
