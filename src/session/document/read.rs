//! Reading a session file. Everything in it is a stranger's word: sizes, names and numbers are checked, paths are only
//! ever read from.

use std::io::Read as _;
use std::path::Path;

use crate::base::{Problem, Task};

use super::answers::Stored;
use super::archive::{Archive, refuse};
use super::format::{
    CHALLENGER, FORMAT, MANIFEST, MODEL, MOST_ANSWERS, Manifest, TABLE, VERSION, VIEW, answer_members,
    looks_like_session,
};
use super::write::Content;

/// The manifest at most: decisions about every row of a very large table.
const MOST_MANIFEST: u64 = 256 << 20;
/// Bytes by which a session file is told.
const HEAD: u64 = 256;
/// The view and an answer's head at most.
const MOST_TEXT: u64 = 64 << 20;
/// A copy or an answer's numbers at most.
const MOST_BYTES: u64 = 16 << 30;

/// Reads a session file whole, without opening what it refers to. Cost O(bytes).
pub fn read(path: &Path, task: &Task) -> Result<Content, Problem> {
    let mut archive = Archive::open(path)?;
    let manifest = manifest_of(&mut archive, path, task)?;
    let mut document = manifest.document;
    document.file = Some(path.display().to_string());
    let copied = |wanted: bool, name: &str, archive: &mut Archive| {
        if wanted { archive.required(name, MOST_BYTES, task).map(|bytes| Some(bytes.into())) } else { Ok(None) }
    };
    let table = copied(document.table.as_ref().is_some_and(|t| t.file.copied), TABLE, &mut archive)?;
    let model = copied(document.model.as_ref().is_some_and(|m| m.file.copied), MODEL, &mut archive)?;
    let challenger = copied(document.challenger.as_ref().is_some_and(|m| m.file.copied), CHALLENGER, &mut archive)?;
    let view = archive.member(VIEW, MOST_TEXT, task)?.unwrap_or_default();
    let view = String::from_utf8(view).map_err(|error| refuse(path, &format!("member {VIEW}: {error}")))?;
    let mut answers = Vec::new();
    for index in 0..manifest.answers {
        let [head, numbers] = answer_members(index);
        let head = archive.required(&head, MOST_TEXT, task)?;
        answers.push(Stored { head, numbers: archive.required(&numbers, MOST_BYTES, task)? });
    }
    Ok(Content { document, view, table, model, challenger, answers })
}

/// What a session file holds, from its manifest alone; `None` for any other file.
pub fn describe(path: &Path) -> Result<Option<Manifest>, Problem> {
    if !is_session(path) {
        return Ok(None);
    }
    manifest_of(&mut Archive::open(path)?, path, &Task::silent()).map(Some)
}

/// Whether a file is a saved session. Reads its first bytes only.
pub fn is_session(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = path.is_file() && std::fs::File::open(path).is_ok_and(|f| f.take(HEAD).read_to_end(&mut head).is_ok());
    read && looks_like_session(&head)
}

fn manifest_of(archive: &mut Archive, path: &Path, task: &Task) -> Result<Manifest, Problem> {
    let bytes = archive.required(MANIFEST, MOST_MANIFEST, task)?;
    // The reader of JSON refuses what is nested deeper than 128.
    let value: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| refuse(path, &format!("member {MANIFEST}: {error}")))?;
    let field = |name: &str| value.get(name).cloned().unwrap_or_default();
    if field("format").as_str() != Some(FORMAT) {
        return Err(refuse(path, "its manifest is not that of a session"));
    }
    match field("version").as_u64() {
        Some(version) if version > u64::from(VERSION) => Err(Problem::new(
            "Could not open the session",
            format!("{}: it has version {version} of the session format", path.display()),
            "Open it with the version of Candor that wrote it, or a newer one",
        )),
        _ => {
            let manifest: Manifest =
                serde_json::from_value(value).map_err(|error| refuse(path, &format!("member {MANIFEST}: {error}")))?;
            if manifest.answers > MOST_ANSWERS {
                return Err(refuse(path, "it announces more answers than a session has"));
            }
            Ok(manifest)
        }
    }
}
