//! Parquet, one column at a time.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use polars::prelude::{ParquetReader, SerReader as _};

use crate::base::Task;
use crate::data::column::Column;
use crate::data::error::DataError;
use crate::data::frame::{Converted, Named, declared, fenced};
use crate::data::names::usable;
use crate::data::pages::{self, Chunk};
use crate::data::read::FileBytes;
use crate::data::read::parquet::{HINT, Outline, check_footer, outline};

use super::{StoreError, TableSize, unreadable};

/// A Parquet file whose footer was read. The file must not change while it is open.
pub(super) struct ParquetTable {
    path: PathBuf,
    size: TableSize,
    /// Names as written, and as they are shown.
    own: Vec<String>,
    names: Vec<String>,
    chunks: Vec<(String, Chunk)>,
}

impl ParquetTable {
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let io = |e: std::io::Error| unreadable(path, &e);
        let place = FileBytes { path: path.to_path_buf(), bytes: Vec::new() };
        let mut file = File::open(path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        let mut end = Vec::new();
        file.seek(SeekFrom::Start(bytes.saturating_sub(8))).map_err(io)?;
        file.read_to_end(&mut end).map_err(io)?;
        let length = usize::try_from(bytes).unwrap_or(usize::MAX);
        check_footer(&place, length, &end)?;
        let mut reader = ParquetReader::new(file);
        let Outline { rows, names: own, chunks } =
            outline(&mut reader).map_err(|reason| place.malformed("Parquet footer", reason, HINT))?;
        place.check_cells(length, (rows, own.len()), 1000)?;
        let (names, _) = usable(&own);
        Ok(Self { path: path.to_path_buf(), size: TableSize { rows, columns: own.len(), bytes }, own, names, chunks })
    }

    pub fn size(&self) -> TableSize {
        self.size
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Reads one whole column; the rest of the file is not touched.
    pub fn column(&self, k: usize, task: &Task) -> Result<Column, DataError> {
        let io = |e: std::io::Error| unreadable(&self.path, &e);
        let place = FileBytes { path: self.path.clone(), bytes: Vec::new() };
        let fault = |reason: String| place.malformed("Parquet content", reason, HINT);
        let own = self.own.get(k).map_or("", |n| n);
        let mut file = File::open(&self.path).map_err(io)?;
        for (_, chunk) in self.chunks.iter().filter(|(root, _)| root == own) {
            task.check()?;
            let values = usize::try_from(chunk.values).unwrap_or(usize::MAX);
            place.check_cells(usize::try_from(self.size.bytes).unwrap_or(usize::MAX), (values, 1), 1000)?;
            let length = chunk.end.checked_sub(chunk.start).filter(|_| chunk.end <= self.size.bytes);
            let length = length.ok_or_else(|| fault("a column lies outside the file".to_owned()))?;
            let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
            file.seek(SeekFrom::Start(chunk.start)).map_err(io)?;
            file.read_exact(&mut bytes).map_err(io)?;
            pages::check(&bytes, &Chunk { start: 0, end: length, ..*chunk }).map_err(fault)?;
        }
        let reader = ParquetReader::new(file).with_projection(Some(vec![k]));
        let frame = fenced(|| reader.finish()).map_err(fault)?;
        let name = self.names.get(k..=k).unwrap_or(&[]);
        let Converted { columns, .. } = declared(frame, &Named { path: &self.path, names: name }, &Task::silent())?;
        let column = columns.into_iter().next().filter(|c| c.values.len() == self.size.rows);
        column.ok_or_else(|| fault("a column has another length than the table".to_owned()))
    }
}
