//! What stands in a session file: a zip whose first member is the manifest.
//!
//! | member | holds |
//! |---|---|
//! | `manifest.json` | [`Manifest`]: versions, references with fingerprints, decisions, list of answers |
//! | `view.json` | how the window looked; opaque here |
//! | `table`, `model`, `challenger` | bytes of the table's or a model's file, where they are copied |
//! | `answers/N.json`, `answers/N.f64` | an answer's head and numbers ([`super::answers`]) |

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{Fingerprint, RowId};
use crate::data::read::ReadOptions;

use super::decisions::Decisions;
use super::edited::Edited;

/// The manifest's mark.
pub const FORMAT: &str = "candor-session";
/// The version of the layout that is written; files of a later one are refused.
pub const VERSION: u32 = 1;
/// The manifest.
pub const MANIFEST: &str = "manifest.json";
/// The view.
pub const VIEW: &str = "view.json";
/// The table's bytes.
pub const TABLE: &str = "table";
/// The model's bytes.
pub const MODEL: &str = "model";
/// The second model's bytes.
pub const CHALLENGER: &str = "challenger";
/// Answers at most in one file: one of every shape, and room for later ones.
pub const MOST_ANSWERS: usize = 32;

/// The first member.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Always [`FORMAT`]; the first field, so that a file is told by its first bytes.
    pub format: String,
    /// Version of the layout.
    pub version: u32,
    /// Version of the program that wrote it.
    pub program: String,
    /// What was open and decided.
    pub document: Document,
    /// Number of answers.
    pub answers: usize,
}

/// What was open and what was decided about it; enough to make the session again from its files.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Document {
    /// The table.
    pub table: Option<TableRef>,
    /// The model.
    pub model: Option<ModelRef>,
    /// The model that is compared with it.
    pub challenger: Option<ModelRef>,
    /// What the user decided.
    pub decisions: Decisions,
    /// The edited row and what was pinned.
    pub what_if: Edited,
    /// Whether attributions were known.
    pub explained: bool,
    /// The session file, when there is one.
    pub file: Option<String>,
}

/// A file by its place and content.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileRef {
    /// Name for people.
    pub name: String,
    /// Where it was; texts that are no UTF-8 are not kept.
    pub path: Option<String>,
    /// Where it was, seen from the session file.
    pub beside: Option<String>,
    /// SHA-256 of its bytes.
    pub sha256: Fingerprint,
    /// Its size.
    pub bytes: u64,
    /// The bundled sample it belongs to, by id.
    pub sample: Option<String>,
    /// Whether the session file holds its bytes.
    pub copied: bool,
}

/// The table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableRef {
    /// Its file.
    #[serde(flatten)]
    pub file: FileRef,
    /// How it was read.
    pub options: ReadOptions,
    /// Column names in order; roles are given back by name.
    pub columns: Vec<String>,
}

/// A model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelRef {
    /// Its file.
    #[serde(flatten)]
    pub file: FileRef,
    /// Whether it was trained in Candor and never saved as a file.
    pub trained: bool,
    /// First row and length of every run of rows that a model trained here has not seen.
    pub held_out: Option<Vec<(u32, u32)>>,
}

impl ModelRef {
    /// The rows of a table of `total` rows that the model has not seen; `None` where it was not trained here, or they leave
    /// the table or overlap.
    pub fn held_out(&self, total: usize) -> Option<Arc<[RowId]>> {
        let runs = self.held_out.as_deref()?;
        let inside = |(first, length): &(u32, u32)| first.checked_add(*length).is_some_and(|end| end as usize <= total);
        let count = runs.iter().try_fold(0_usize, |sum, (_, length)| sum.checked_add(*length as usize))?;
        let fits = count <= total && runs.iter().all(inside);
        fits.then(|| runs.iter().flat_map(|(first, length)| (*first..*first + *length).map(RowId)).collect())
    }
}

/// Whether a file that begins with `head` is a session file.
pub fn looks_like_session(head: &[u8]) -> bool {
    // A local header of 30 bytes, the name, then the manifest as it is: it is the first member and not compressed.
    let mark = format!("{MANIFEST}{{\"format\":\"{FORMAT}\"");
    let name = head.get(30..).unwrap_or_default();
    head.starts_with(b"PK\x03\x04") && name.starts_with(mark.as_bytes())
}

/// The members of answer `index`.
pub fn answer_members(index: usize) -> [String; 2] {
    [format!("answers/{index}.json"), format!("answers/{index}.f64")]
}
