//! Tables larger than memory: the inputs of one model for every row, encoded and kept in one unnamed temporary file.
//!
//! Every column is read whole, one after the other, and typed and linked by the code that reads whole tables, so that
//! types, categories and warnings are those of the table in memory; the column's values go to the file. Rows come back
//! in any order and number. Memory: one column at a time, and the rows asked for.

mod matrix;
mod parquet;
mod spill;
mod text;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use crate::base::{Cancelled, Fingerprint, RowId, Task};
use crate::num::Matrix;

use super::coding::Coding;
use super::column::{Column, Values};
use super::dataset::{Dataset, Role, Source};
use super::encode::{Encoded, Input, link_by};
use super::error::DataError;
use super::{foreign, read, roles};

use matrix::DiskMatrix;
use parquet::ParquetTable;
use text::TextTable;

/// Why the rows of a table cannot be read one after the other.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// This kind of file is only read as a whole.
    #[error("{0}")]
    OnlyWhole(String),
    /// The table was refused, or does not fit the model.
    #[error(transparent)]
    Data(#[from] DataError),
}

impl From<Cancelled> for StoreError {
    fn from(cancelled: Cancelled) -> Self {
        Self::Data(cancelled.into())
    }
}

/// The size of a table, as far as it is known without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableSize {
    /// Data rows; of delimited text, an estimate from its first megabyte.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Bytes of the file.
    pub bytes: u64,
}

/// The inputs of one model for all rows of a table, on disk.
pub struct Stored {
    matrix: DiskMatrix,
    /// What the join of table and model wants known, as in `Link::warnings`.
    pub warnings: Vec<String>,
    /// The file's name without folders.
    pub name: String,
}

impl Stored {
    /// Reads the table at `path` column by column, links it to `inputs` and keeps the encoded values in a file without a
    /// name in `folder`. `target` is the column with that role, if it is known. Cost: reading the table once; memory:
    /// about forty bytes a row, for texts those of one column.
    pub fn new(
        path: &Path,
        (inputs, target): (&[Input], Option<&str>),
        folder: &Path,
        task: &Task,
    ) -> Result<Self, StoreError> {
        let table = Table::open(path, folder, task)?;
        let sketch = sketch(&table, target, task)?;
        let mut matrix = DiskMatrix::new(folder, table.rows(), inputs.len()).map_err(|e| disk(folder, &e))?;
        let mut failed = None;
        let mut encode = |coding: &Coding, column: &Column| {
            let value = |i: usize| coding.value(&column.values, i);
            matrix.push_column(value, task).map_err(|e| disk(folder, &e))
        };
        task.begin("reading columns", inputs.len() as u64);
        let link = link_by(inputs, &sketch, |input, place, warnings| {
            // After a refusal the rest is still looked at, so that the refusal is complete; nothing is written then.
            let column = match table.column(place, task) {
                Ok(column) if failed.is_none() => column,
                Ok(_) => return Ok(Coding::AsIs),
                Err(error) => {
                    failed.get_or_insert(error);
                    return Ok(Coding::AsIs);
                }
            };
            let coding = Coding::of(input, &column, warnings)?;
            if let Err(error) = task.advance(1).map_err(DataError::from).and_then(|()| encode(&coding, &column)) {
                failed.get_or_insert(error);
            }
            Ok(Coding::AsIs)
        });
        if let Some(error) = failed {
            return Err(error.into());
        }
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { matrix, warnings: link?.warnings, name })
    }

    /// Number of rows.
    pub fn row_count(&self) -> usize {
        self.matrix.rows()
    }

    /// The inputs of `rows`, as `encode` gives them. Cost O(rows · inputs) for neighbours; of rows far apart, a part of
    /// the file around each.
    pub fn encode(&self, rows: &[RowId], task: &Task) -> Result<Encoded, DataError> {
        let width = self.matrix.width();
        let mut values = vec![f64::NAN; rows.len() * width];
        self.matrix.gather(rows, &mut values, task).map_err(|e| disk(Path::new(&self.name), &e))?;
        task.check()?;
        let matrix = Matrix::new(values, rows.len(), width).expect("the buffer was sized for this shape");
        Ok(Encoded { matrix, rows: rows.into() })
    }
}

/// The size of the table at `path`, without reading it.
pub fn size(path: &Path) -> Result<TableSize, StoreError> {
    match kind(path)? {
        Kind::Parquet => ParquetTable::open(path).map(|table| table.size()),
        Kind::Text => text::size(path),
    }
}

/// Names and roles of the columns; no values.
fn sketch(table: &Table, target: Option<&str>, task: &Task) -> Result<Dataset, DataError> {
    let names: Vec<&str> = table.names().iter().map(String::as_str).collect();
    let mut failed = None;
    let guessed = roles::of_names(&names, |k| match table.column(k, task) {
        Ok(column) => roles::identifies(&column.values),
        Err(error) => {
            failed.get_or_insert(error);
            false
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let none = || Values::Number { values: Arc::from([]), whole: false };
    let columns = names.iter().map(|name| Column { name: (*name).into(), values: none() }).collect();
    let source = Source { sha256: Fingerprint::default(), ..Source::default() };
    let mut data = Dataset::new(source, columns).expect("all columns are empty").with_roles(guessed);
    if let Some(name) = target {
        let place = data.find(name).ok_or_else(|| DataError::Mismatch(vec![format!("there is no column “{name}”")]))?;
        let others: Vec<usize> = (0..names.len()).filter(|k| data.roles().get(*k) == Some(&Role::Target)).collect();
        data = others.into_iter().fold(data, |data, other| data.with_role(other, Role::Feature));
        data = data.with_role(place, Role::Target);
    }
    Ok(data)
}

enum Kind {
    Parquet,
    Text,
}

/// What the first bytes say.
fn kind(path: &Path) -> Result<Kind, StoreError> {
    let mut head = Vec::new();
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    if !file.metadata().is_ok_and(|about| about.is_file()) {
        return Err(StoreError::OnlyWhole("this is no ordinary file".to_owned()));
    }
    file.take(read::HEAD_BYTES as u64).read_to_end(&mut head).map_err(|e| unreadable(path, &e))?;
    let reader = read::READERS.iter().find(|reader| foreign::name(&head).is_none() && reader.recognises(&head));
    match reader.map(|reader| (reader.id(), reader.title())) {
        Some(("parquet", _)) => Ok(Kind::Parquet),
        Some(("delimited-text", _)) => Ok(Kind::Text),
        Some((_, title)) => Err(StoreError::OnlyWhole(format!("{title} is read as a whole"))),
        None => Err(StoreError::OnlyWhole("this is no table Candor can read".to_owned())),
    }
}

/// A table whose columns can be read one by one.
enum Table {
    Parquet(ParquetTable),
    Text(TextTable),
}

impl Table {
    fn open(path: &Path, folder: &Path, task: &Task) -> Result<Self, StoreError> {
        match kind(path)? {
            Kind::Parquet => ParquetTable::open(path).map(Self::Parquet),
            Kind::Text => TextTable::open(path, folder, task).map(Self::Text),
        }
    }

    fn names(&self) -> &[String] {
        match self {
            Self::Parquet(table) => table.names(),
            Self::Text(table) => table.names(),
        }
    }

    fn rows(&self) -> usize {
        match self {
            Self::Parquet(table) => table.size().rows,
            Self::Text(table) => table.rows(),
        }
    }

    fn column(&self, k: usize, task: &Task) -> Result<Column, DataError> {
        match self {
            Self::Parquet(table) => table.column(k, task),
            Self::Text(table) => table.column(k),
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> DataError {
    DataError::Unreadable { path: path.to_path_buf(), reason: error.to_string() }
}

/// The temporary file failed.
fn disk(folder: &Path, error: &std::io::Error) -> DataError {
    let reason = format!("its values could not be kept in a temporary file: {error}");
    DataError::Unreadable { path: folder.to_path_buf(), reason }
}
