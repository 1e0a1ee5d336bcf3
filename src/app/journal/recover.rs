//! Journals of processes that are no more: what they tell is offered, never applied by itself.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::session::Document;

use super::line;
use super::writer::models_beside;

/// Bytes of a journal that are read at most.
const MOST: u64 = 512 << 20;
/// Journals offered at most; the newest come first.
const OFFERED: usize = 4;

/// A journal whose process ended without removing it.
pub(crate) struct Recovered {
    /// What was open and decided.
    pub(crate) document: Document,
    path: PathBuf,
    /// Held, so that two windows do not offer the same.
    _lock: File,
}

impl Recovered {
    /// Removes the journal.
    pub(crate) fn discard(self) {
        std::fs::remove_file(&self.path).ok();
        models_beside(&self.path).iter().for_each(|model| drop(std::fs::remove_file(model)));
    }

    /// What was open, in words.
    pub(crate) fn title(&self) -> String {
        let document = &self.document;
        let file = document.file.as_deref().and_then(|f| Path::new(f).file_name()).map(|f| f.to_string_lossy());
        let table = document.table.as_ref().map(|t| t.file.name.as_str());
        let model = document.model.as_ref().map(|m| m.file.name.as_str());
        match (file, table, model) {
            (Some(file), ..) => file.into_owned(),
            (None, Some(table), Some(model)) => format!("{table} and {model}"),
            (None, one, other) => one.or(other).unwrap_or("a session").to_owned(),
        }
    }
}

/// Journals in `folder` that belong to no living process, newest first.
pub(crate) fn dead(folder: &Path) -> Vec<Recovered> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "jsonl"));
    paths.sort_unstable_by(|a, b| b.cmp(a));
    paths.into_iter().filter_map(read).take(OFFERED).collect()
}

fn read(path: PathBuf) -> Option<Recovered> {
    let mut file = File::options().read(true).append(true).open(&path).ok()?;
    file.try_lock().ok()?;
    let mut bytes = Vec::new();
    file.by_ref().take(MOST).read_to_end(&mut bytes).ok()?;
    match line::replay(&String::from_utf8_lossy(&bytes)) {
        Some((document, _)) => Some(Recovered { document, path, _lock: file }),
        None => {
            // Nothing was written before the process ended.
            std::fs::remove_file(path).ok();
            None
        }
    }
}
