//! Writing a session file: beside its place, then moved there, so that whatever ends the program leaves the old file or
//! the new one. Equal sessions give equal bytes.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::base::{Problem, Task};

use crate::session::write::file::{folder, keep, refused};

use super::answers::Stored;
use super::format::Document;
use super::format::{CHALLENGER, FORMAT, MANIFEST, MODEL, Manifest, TABLE, VERSION, VIEW, answer_members};

/// What stands behind a draft's name; only this program's dead drafts have it.
const DRAFT: &str = ".candor-draft";
/// Bytes written between two looks at the task.
const PIECE: usize = 1 << 20;

/// All of a session file.
#[derive(Default)]
pub struct Content {
    /// What was open and decided.
    pub document: Document,
    /// How the window looked; empty without a window.
    pub view: String,
    /// The table's bytes, where they are copied.
    pub table: Option<Arc<[u8]>>,
    /// The model's bytes, where they are copied.
    pub model: Option<Arc<[u8]>>,
    /// The second model's bytes, where they are copied.
    pub challenger: Option<Arc<[u8]>>,
    /// Answers.
    pub answers: Vec<Stored>,
}

/// Writes a session to `path`. Cost O(bytes); once `task` is cancelled nothing is left behind.
pub fn write(path: &Path, content: &Content, task: &Task) -> Result<(), Problem> {
    write_beside(path, content, task).map_err(|error| match task.check() {
        Err(_cancelled) => Problem::new("Cancelled", "", ""),
        Ok(()) => refused(path, &error),
    })
}

fn write_beside(path: &Path, content: &Content, task: &Task) -> std::io::Result<()> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let prefix = format!(".{name}.");
    let draft = tempfile::Builder::new().prefix(&prefix).suffix(DRAFT).tempfile_in(folder(path))?;
    // Held while it is being written: a draft that can be locked belongs to nobody any more.
    draft.as_file().lock()?;
    put(draft.as_file(), content, task).map_err(std::io::Error::other)?;
    task.check().map_err(std::io::Error::other)?;
    keep(draft, path)?;
    sweep(path, &prefix);
    Ok(())
}

fn put(file: &File, content: &Content, task: &Task) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        document: content.document.clone(),
        answers: content.answers.len(),
    };
    let mut zip = ZipWriter::new(BufWriter::with_capacity(1 << 16, file));
    let (plain, packed) = (CompressionMethod::Stored, CompressionMethod::Deflated);
    let mut member =
        |name: &str, method: CompressionMethod, bytes: &[u8]| -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
            let large = bytes.len() as u64 > u64::from(u32::MAX) / 2;
            // Always the same time, so that equal sessions are equal files.
            let options =
                SimpleFileOptions::default().last_modified_time(DateTime::default()).compression_method(method);
            zip.start_file(name, options.unix_permissions(0o644).large_file(large))?;
            for piece in bytes.chunks(PIECE) {
                task.advance(piece.len() as u64)?;
                zip.write_all(piece)?;
            }
            Ok(())
        };
    // First and not compressed: by this a session file is told.
    member(MANIFEST, plain, &serde_json::to_vec(&manifest)?)?;
    if !content.view.is_empty() {
        member(VIEW, packed, content.view.as_bytes())?;
    }
    for (name, bytes) in [(TABLE, &content.table), (MODEL, &content.model), (CHALLENGER, &content.challenger)] {
        if let Some(bytes) = bytes {
            member(name, packed, bytes)?;
        }
    }
    for (index, answer) in content.answers.iter().enumerate() {
        let [head, numbers] = answer_members(index);
        member(&head, packed, &answer.head)?;
        member(&numbers, plain, &answer.numbers)?;
    }
    zip.finish()?.flush()?;
    Ok(())
}

/// Removes drafts of this file that a killed program left behind; failing to is no failure.
fn sweep(path: &Path, prefix: &str) {
    let Ok(entries) = std::fs::read_dir(folder(path)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let dead = || File::options().write(true).open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if name.starts_with(prefix) && name.ends_with(DRAFT) && dead() {
            std::fs::remove_file(entry.path()).ok();
        }
    }
}
