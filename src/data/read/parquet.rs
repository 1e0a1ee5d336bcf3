//! Apache Parquet.

use std::io::Cursor;

use polars::io::mmap::MmapBytesReader;
use polars::prelude::{ParquetReader, SerReader as _};

use crate::base::{Entry, Task};

use super::super::error::DataError;
use super::super::frame::{Converted, Named, declared, fenced};
use super::super::names::usable;
use super::super::pages::{self, Chunk};
use super::{Content, FileBytes, ReadOptions, Reader};

/// Apache Parquet.
pub struct Parquet;

pub(in crate::data) const HINT: &str = "The file may be damaged or written by a newer version; write it again";

impl Entry for Parquet {
    fn id(&self) -> &'static str {
        "parquet"
    }
    fn title(&self) -> &'static str {
        "Parquet"
    }
    fn summary(&self) -> &'static str {
        "Columns with declared types, compressed, as pandas, polars and Spark write them"
    }
    fn sources(&self) -> &'static [&'static str] {
        &["Apache Parquet format specification"]
    }
}

impl Reader for Parquet {
    fn endings(&self) -> &'static [&'static str] {
        &["parquet"]
    }

    fn recognises(&self, head: &[u8]) -> bool {
        head.starts_with(b"PAR1")
    }

    fn read(&self, file: &FileBytes, _options: &ReadOptions, task: &Task) -> Result<Content, DataError> {
        check_footer(file, file.bytes.len(), &file.bytes)?;
        let fault = |reason: String| file.malformed("Parquet content", reason, HINT);
        let mut reader = ParquetReader::new(Cursor::new(file.bytes.as_slice()));
        let Outline { rows, names, chunks } =
            outline(&mut reader).map_err(|reason| file.malformed("Parquet footer", reason, HINT))?;
        // Run-length encoding packs long runs of one value into a few bytes.
        file.check_size(rows, names.len(), 1000)?;
        for (_, chunk) in &chunks {
            task.check()?;
            file.check_size(usize::try_from(chunk.values).unwrap_or(usize::MAX), 1, 1000)?;
            pages::check(&file.bytes, chunk).map_err(fault)?;
        }
        task.begin("reading columns", 0);
        let frame = fenced(|| reader.finish()).map_err(fault)?;
        let (names, mut notes) = usable(&names);
        let named = Named { path: &file.path, names: &names };
        let Converted { columns, notes: more } = declared(frame, &named, task)?;
        notes.extend(more);
        Ok(Content { columns, format: "Parquet".to_owned(), notes })
    }
}

/// What the footer tells.
pub(in crate::data) struct Outline {
    /// Rows of the table.
    pub rows: usize,
    /// Names of the columns, as written.
    pub names: Vec<String>,
    /// Every piece of the file that holds values, with the name of the column it belongs to.
    pub chunks: Vec<(String, Chunk)>,
}

/// Reads the footer. Cost O(pieces of the file).
pub(in crate::data) fn outline<R: MmapBytesReader>(reader: &mut ParquetReader<R>) -> Result<Outline, String> {
    fenced(|| {
        let rows = reader.num_rows()?;
        let names: Vec<String> = reader.schema()?.iter_names().map(|n| n.to_string()).collect();
        let groups = reader.get_metadata()?.row_groups.iter();
        let chunks = groups
            .flat_map(|group| group.parquet_columns())
            .map(|column| {
                let range = column.byte_range();
                let (values, unpacked) = (column.num_values(), column.uncompressed_size());
                let root = column.descriptor().path_in_schema.first().map(|n| n.to_string()).unwrap_or_default();
                (root, Chunk { start: range.start, end: range.end, values, unpacked })
            })
            .collect();
        Ok(Outline { rows, names, chunks })
    })
}

/// The footer's length must lie inside the file and the closing mark must be there, before anything is allocated. `end`
/// are the last bytes of the file, which has `length`.
pub(in crate::data) fn check_footer(file: &FileBytes, length: usize, end: &[u8]) -> Result<(), DataError> {
    let place = |at: usize| format!("byte {}", crate::base::text::count(at));
    let Some((rest, b"PAR1")) = end.split_last_chunk::<4>() else {
        let reason = "the Parquet file is truncated: its closing mark is missing";
        return Err(file.malformed(place(length), reason, HINT));
    };
    let footer = rest.split_last_chunk::<4>().map(|(_, length)| u32::from_le_bytes(*length) as usize);
    if footer.is_none_or(|footer| footer == 0 || footer + 12 > length) {
        let reason = "the Parquet file is damaged: its footer is longer than the file";
        return Err(file.malformed(place(length.saturating_sub(8)), reason, HINT));
    }
    Ok(())
}
