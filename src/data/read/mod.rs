//! Table formats: the trait, the list of readers, and the door through which every table file enters.

pub(super) mod csv;
mod ipc;
mod json_lines;
pub(super) mod parquet;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::text::counted;
use crate::base::{Cancelled, Entry, Fingerprint, Task};
use crate::num::parallel;

use super::column::Column;
use super::dataset::{Dataset, Source};
use super::error::DataError;
use super::foreign;
use super::roles;

/// Reading choices; `None` lets the reader find out by looking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadOptions {
    /// Field separator of delimited text.
    pub delimiter: Option<u8>,
    /// Quote character of delimited text; 0 when quotes are plain text.
    pub quote: Option<u8>,
    /// Encoding label of text files: `utf-8`, `windows-1252`.
    pub encoding: Option<String>,
    /// Whether numbers use a decimal comma.
    pub decimal_comma: Option<bool>,
    /// Whether the first line names the columns.
    pub header: Option<bool>,
    /// Further texts that mean missing, beside the usual ones.
    pub missing_marks: Vec<String>,
}

/// A file in memory.
#[derive(Clone, Debug)]
pub struct FileBytes {
    /// Where it came from.
    pub path: PathBuf,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What a reader makes of a file.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// The columns, in file order, of equal length.
    pub columns: Vec<Column>,
    /// Format and reading choices in words.
    pub format: String,
    /// What had to be decided or could not be kept, one sentence each.
    pub notes: Vec<String>,
}

/// One table format.
pub trait Reader: Entry {
    /// Usual endings of file names, without the dot, the most usual first: for file dialogs and help. Files are told by
    /// their content alone.
    fn endings(&self) -> &'static [&'static str];
    /// Whether the first bytes of a file (at most [`HEAD_BYTES`]) look like this format.
    fn recognises(&self, head: &[u8]) -> bool;
    /// Reads the whole table.
    fn read(&self, file: &FileBytes, options: &ReadOptions, task: &Task) -> Result<Content, DataError>;
}

/// Every table format; the first that recognises a file reads it, so the strictest stand first.
pub static READERS: &[&dyn Reader] = &[&parquet::Parquet, &ipc::ArrowIpc, &json_lines::JsonLines, &csv::DelimitedText];

/// Bytes shown to [`Reader::recognises`].
pub const HEAD_BYTES: usize = 64 << 10;

/// Whether a file that begins with `head` is a table, as opposed to a model or something foreign.
pub fn looks_like_table(head: &[u8]) -> bool {
    let head = head.get(..HEAD_BYTES).unwrap_or(head);
    foreign::name(head).is_none() && READERS.iter().any(|reader| reader.recognises(head))
}

/// Opens the table at `path`; its format is told by content, not by the file's ending. Roles are guessed.
pub fn read(path: &Path, options: &ReadOptions, task: &Task) -> Result<Dataset, DataError> {
    task.begin("reading the file", 0);
    let file = load(path, task)?;
    read_bytes(&file, options, task)
}

/// As [`read`], for a file that is already in memory.
pub fn read_bytes(file: &FileBytes, options: &ReadOptions, task: &Task) -> Result<Dataset, DataError> {
    let head = file.bytes.get(..HEAD_BYTES).unwrap_or(&file.bytes);
    let refuse = |(found, hint): (&str, &str)| DataError::UnknownFormat {
        path: file.path.clone(),
        found: found.to_owned(),
        hint: hint.to_owned(),
    };
    if let Some(name) = foreign::name(head) {
        return Err(refuse(name));
    }
    let reader = READERS.iter().find(|reader| reader.recognises(head)).ok_or_else(|| refuse(foreign::UNKNOWN))?;
    let (content, sha256) = parallel::both(|| reader.read(file, options, task), || hash(&file.bytes, task));
    let (content, sha256) = (content?, sha256?);
    let rows = content.columns.first().map_or(0, |c| c.values.len());
    let source = Source {
        path: Some(file.path.clone()),
        name: file.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
        sha256,
        bytes: file.bytes.len() as u64,
        format: content.format,
        notes: content.notes,
    };
    let data = Dataset::new(source, content.columns).ok_or_else(|| DataError::Malformed {
        path: file.path.clone(),
        place: counted(rows, "row"),
        reason: "the table has more rows than can be numbered".to_owned(),
        hint: "Split the file into parts of fewer than 4 billion rows".to_owned(),
    })?;
    Ok(roles::guessed(&data))
}

/// Bytes read or hashed between two looks at the task.
const PIECE: u64 = 8 << 20;

/// The fingerprint of a file's content.
fn hash(bytes: &[u8], task: &Task) -> Result<Fingerprint, Cancelled> {
    let mut parts = Fingerprint::builder();
    for part in bytes.chunks(PIECE as usize) {
        task.check()?;
        parts = parts.bytes(part);
    }
    Ok(parts.finish())
}

fn load(path: &Path, task: &Task) -> Result<FileBytes, DataError> {
    let refuse = |reason: String| DataError::Unreadable { path: path.to_path_buf(), reason };
    let about = std::fs::metadata(path).map_err(|e| refuse(e.to_string()))?;
    if about.is_dir() {
        return Err(refuse("this is a folder, not a file".to_owned()));
    }
    if !about.is_file() {
        return Err(refuse("this is a device or pipe; save its content as a file first".to_owned()));
    }
    let mut bytes = Vec::new();
    let size = usize::try_from(about.len()).unwrap_or(usize::MAX);
    bytes.try_reserve_exact(size).map_err(|e| refuse(format!("the file does not fit into memory: {e}")))?;
    let file = File::open(path).map_err(|e| refuse(e.to_string()))?;
    let mut file = file.take(about.len());
    loop {
        task.check()?;
        if file.by_ref().take(PIECE).read_to_end(&mut bytes).map_err(|e| refuse(e.to_string()))? == 0 {
            break;
        }
    }
    Ok(FileBytes { path: path.to_path_buf(), bytes })
}

impl FileBytes {
    /// A refusal of this file.
    pub fn malformed(&self, place: impl Into<String>, reason: impl Into<String>, hint: impl Into<String>) -> DataError {
        DataError::Malformed { path: self.path.clone(), place: place.into(), reason: reason.into(), hint: hint.into() }
    }

    /// Refuses a table whose cells would need far more memory than the file's bytes account for.
    /// `per_byte` is the largest number of cells one byte can stand for in the format.
    pub fn check_size(&self, rows: usize, columns: usize, per_byte: usize) -> Result<(), DataError> {
        self.check_cells(self.bytes.len(), (rows, columns), per_byte)
    }

    /// As [`Self::check_size`], for a file of `length` bytes that is not in memory.
    pub fn check_cells(
        &self,
        length: usize,
        (rows, columns): (usize, usize),
        per_byte: usize,
    ) -> Result<(), DataError> {
        const ALWAYS: usize = 50_000_000;
        let cells = rows.saturating_mul(columns);
        if cells <= ALWAYS.max(length.saturating_mul(per_byte)) {
            return Ok(());
        }
        Err(self.malformed(
            format!("{}, {}", counted(rows, "row"), counted(columns, "column")),
            "the file claims far more cells than its bytes can hold",
            "Check that the file is complete and not damaged, or write it again",
        ))
    }
}
