//! A result table that is written batch by batch: whole in the end, or not at all.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::base::{Problem, Task};
use crate::data::Column;
use crate::data::write::ParquetParts;

use super::file::{draft, keep, refused};
use super::grid::{Ending, csv_head, csv_rows};

/// A table in progress. Dropped before [`Append::finish`], it leaves nothing behind.
pub struct Append {
    path: PathBuf,
    /// Absent where `path` is no ordinary file, which is written directly.
    draft: Option<NamedTempFile>,
    /// The file behind the draft, or the device.
    file: File,
    form: Form,
}

enum Form {
    /// The header line is not written yet.
    NewCsv,
    Csv,
    /// Names and types are not known yet.
    NewParquet,
    Parquet(Box<ParquetParts<File>>),
}

impl Append {
    /// Begins a file. JSON is refused: it tells the quality of all rows before the first.
    pub fn begin(path: &Path) -> Result<Self, Problem> {
        let form = match Ending::of(path)? {
            Ending::Csv => Form::NewCsv,
            Ending::Parquet => Form::NewParquet,
            Ending::Json => {
                return Err(Problem::new(
                    "Could not write the table in batches",
                    "JSON tells the measured quality before the rows, when it is not known yet",
                    "Write .parquet or .csv, or allow more memory with --memory",
                ));
            }
        };
        let io = |e: std::io::Error| refused(path, &e);
        if path.exists() && !path.is_file() {
            let file = std::fs::OpenOptions::new().write(true).open(path).map_err(io)?;
            return Ok(Self { path: path.to_path_buf(), draft: None, file, form });
        }
        let draft = draft(path).map_err(io)?;
        let file = draft.as_file().try_clone().map_err(io)?;
        Ok(Self { path: path.to_path_buf(), draft: Some(draft), file, form })
    }

    /// Writes the next rows; names and types are the same every time.
    pub fn push(&mut self, columns: &[Column], task: &Task) -> Result<(), Problem> {
        let io = |e: std::io::Error| refused(&self.path, &e);
        match &mut self.form {
            Form::NewCsv => {
                self.file.write_all(&csv_head(columns)).map_err(io)?;
                self.form = Form::Csv;
                return self.push(columns, task);
            }
            Form::NewParquet => {
                let file = self.file.try_clone().map_err(io)?;
                self.form = Form::Parquet(Box::new(ParquetParts::begin(file, columns).map_err(|e| unfit(&e))?));
                return self.push(columns, task);
            }
            Form::Csv => {
                for piece in csv_rows(columns, task).map_err(|_cancelled| Problem::new("Cancelled", "", ""))? {
                    self.file.write_all(&piece).map_err(io)?;
                }
            }
            Form::Parquet(parts) => parts.push(columns, task).map_err(|e| unfit(&e))?,
        }
        // A pipe or device cannot be synchronised and need not be.
        self.file.sync_data().ok();
        Ok(())
    }

    /// Ends the file and moves it to its place.
    pub fn finish(self) -> Result<(), Problem> {
        if let Form::Parquet(parts) = self.form {
            parts.finish().map_err(|e| unfit(&e))?;
        }
        match self.draft {
            Some(draft) => keep(draft, &self.path).map_err(|e| refused(&self.path, &e)),
            None => Ok(()),
        }
    }
}

fn unfit(reason: &str) -> Problem {
    Problem::new("Could not write the table", reason, "Write .csv instead, or rename columns that share a name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Values;

    fn columns(values: &[f64]) -> Vec<Column> {
        vec![Column { name: "x".into(), values: Values::Number { values: values.into(), whole: false } }]
    }

    #[test]
    fn batches_are_one_table() {
        let folder = tempfile::tempdir().expect("a folder");
        let task = Task::silent();
        for name in ["a.csv", "a.parquet"] {
            let path = folder.path().join(name);
            let mut append = Append::begin(&path).expect("begun");
            append.push(&columns(&[0.1, 0.2]), &task).expect("written");
            append.push(&columns(&[0.3]), &task).expect("written");
            assert!(!path.exists(), "nothing stands there before the end");
            append.finish().expect("kept");
            let read = crate::data::read(&path, &Default::default(), &task).expect("a table");
            let Some(Values::Number { values, .. }) = read.columns().first().map(|c| &c.values) else {
                panic!("{name}: numbers")
            };
            assert_eq!(&values[..], [0.1, 0.2, 0.3], "{name}");
        }
    }

    #[test]
    fn an_unfinished_table_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["a.csv", "a.parquet"] {
            let mut append = Append::begin(&folder.path().join(name)).expect("begun");
            append.push(&columns(&[0.1]), &Task::silent()).expect("written");
            drop(append);
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 0);
    }
}
