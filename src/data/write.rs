//! Writing columns as Parquet: the one table format that is not text.

use std::io::{Cursor, Write};
use std::ops::Range;

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{
    Column as PolarsColumn, DataFrame, DataType, IntoColumn as _, NamedFrom as _, ParquetWriter, Series, TimeUnit,
};

use crate::base::Task;

use super::column::{Column, Values};

/// Cells of one row group: about as many as are written within a tenth of a second.
const GROUP_CELLS: usize = 1_000_000;

/// The columns as a Parquet file; whole numbers become 64-bit integers, NaN and missing become null.
/// Fails only when columns differ in length or share a name, or when `task` is cancelled; the reason is told in words.
pub fn parquet(columns: &[Column], task: &Task) -> Result<Vec<u8>, String> {
    let height = columns.first().map_or(0, |c| c.values.len());
    if let Some(other) = columns.iter().find(|c| c.values.len() != height) {
        return Err(format!("column “{}” has {} rows, the first has {height}", other.name, other.values.len()));
    }
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = ParquetParts::begin(&mut bytes, columns)?;
    writer.push(columns, task)?;
    writer.finish()?;
    Ok(bytes.into_inner())
}

/// A Parquet file that grows by parts of equal columns.
pub struct ParquetParts<W: Write> {
    writer: BatchedWriter<W>,
}

impl<W: Write + Send> ParquetParts<W> {
    /// Begins a file with the names and types of `columns`; their values are not written. Fails when two share a name.
    pub fn begin(to: W, columns: &[Column]) -> Result<Self, String> {
        let empty = group(columns, 0..0)?;
        let writer = ParquetWriter::new(to).batched(empty.schema()).map_err(|error| error.to_string())?;
        Ok(Self { writer })
    }

    /// Writes the values of `columns`, in row groups of about a million cells. Fails when the task is cancelled.
    pub fn push(&mut self, columns: &[Column], task: &Task) -> Result<(), String> {
        let height = columns.first().map_or(0, |c| c.values.len());
        let size = (GROUP_CELLS / columns.len().max(1)).max(1);
        for start in (0..height).step_by(size) {
            task.check().map_err(|cancelled| cancelled.to_string())?;
            let frame = group(columns, start..(start + size).min(height))?;
            self.writer.write_batch(&frame).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Writes what ends the file.
    pub fn finish(self) -> Result<(), String> {
        self.writer.finish().map(|_size| ()).map_err(|error| error.to_string())
    }
}

fn group(columns: &[Column], rows: Range<usize>) -> Result<DataFrame, String> {
    let taken = columns.iter().map(|c| series(c, rows.start..rows.end.min(c.values.len()))).collect();
    DataFrame::new(rows.len(), taken).map_err(|error| error.to_string())
}

fn series(column: &Column, rows: Range<usize>) -> PolarsColumn {
    let name = (&*column.name).into();
    let present = |i: usize| (!column.values.is_missing(i)).then_some(i);
    let series = match &column.values {
        Values::Number { values, whole: true } => {
            Series::new(name, rows.map(|i| present(i).map(|i| values[i] as i64)).collect::<Vec<_>>())
        }
        Values::Number { values, whole: false } => {
            Series::new(name, rows.map(|i| present(i).map(|i| values[i])).collect::<Vec<_>>())
        }
        Values::YesNo(flags) => Series::new(name, rows.map(|i| present(i).map(|i| flags[i] == 1)).collect::<Vec<_>>()),
        Values::Date { millis, .. } => {
            let ticks = Series::new(name, rows.map(|i| present(i).map(|i| millis[i])).collect::<Vec<_>>());
            // Every 64-bit whole number is a moment, so that the cast cannot fail.
            ticks.cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).unwrap_or(ticks)
        }
        Values::Category { codes, levels } => {
            let text = |i: usize| levels.get(codes[i] as usize).map(String::as_str);
            Series::new(name, rows.map(|i| present(i).and_then(text)).collect::<Vec<_>>())
        }
        Values::Text(texts) => Series::new(name, rows.map(|i| texts.get(i)).collect::<Vec<_>>()),
    };
    series.into_column()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_parquet_file_starts_and_ends_with_its_mark() {
        let values = Values::Number { values: Arc::from([1.5, f64::NAN]), whole: false };
        let bytes = parquet(&[Column { name: "a".into(), values }], &Task::silent()).expect("one column");
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    }
}
