//! Writing the session to a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::{Fingerprint, Problem, Task};
use crate::explain::{Explanation, Shape};
use crate::model::Model;
use crate::model::load::{file_of, native};

use crate::session::document::answers::{Stored, store};
use crate::session::document::format::{Document, FileRef, ModelRef};
use crate::session::document::write::{Content, write};
use crate::session::event::Outcome;
use crate::session::job::Work;
use crate::session::samples;

/// Shapes of answers, in the order in which they are written.
pub const SHAPES: [Shape; 5] =
    [Shape::Attribution, Shape::Importance, Shape::Curves, Shape::Interactions, Shape::Strengths];

/// An open model, and what is held of its file.
#[derive(Default)]
pub struct Held {
    /// The model as its file gives it.
    pub model: Option<Arc<dyn Model>>,
    /// Bytes of its file, where they are held.
    pub held: Option<Arc<[u8]>>,
}

/// Writes the session.
pub struct SaveSession {
    /// What is open and decided.
    pub document: Document,
    /// The model.
    pub model: Held,
    /// The second model.
    pub challenger: Held,
    /// Bytes of the table's file, where they are held.
    pub table_copy: Option<Arc<[u8]>>,
    /// Whether table and models are copied into the file.
    pub with_copies: bool,
    /// Answers, whole ones only.
    pub answers: Vec<Arc<Explanation>>,
    /// The question behind the attributions.
    pub attribution_key: String,
    /// Answers about a table or model that is missing.
    pub unread: Vec<Stored>,
    /// How the window looks; empty without a window.
    pub view: String,
    /// Where.
    pub path: PathBuf,
}

impl Work for SaveSession {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let mut this = *self;
        task.begin("saving the session", 0);
        let (held, held_model, held_challenger) =
            (this.table_copy.take(), this.model.held.take(), this.challenger.held.take());
        let mut table = None;
        // What was opened from a copy and is nowhere else stays one.
        if let Some(of) = this.document.table.as_mut() {
            of.file.beside = beside(&of.file, &this.path);
            if this.with_copies || is_only_copy(&of.file, held.as_ref()) {
                table = Some(bytes_of(&of.file, held, "table")?);
                of.file.copied = true;
            }
        }
        let keep = |of: &mut Option<ModelRef>, open: &Held, held, what: &str| match of {
            Some(of) => model_bytes(of, open.model.as_ref(), held, (this.with_copies, &this.path, what)),
            None => Ok(None),
        };
        let model = keep(&mut this.document.model, &this.model, held_model, "model")?;
        let challenger = keep(&mut this.document.challenger, &this.challenger, held_challenger, "challenger")?;
        // Where the file lies is known to whoever opens it.
        this.document.file = None;
        let key = |answer: &Explanation| match answer.body.shape() {
            Shape::Attribution => this.attribution_key.as_str(),
            _ => "",
        };
        let mut answers: Vec<Stored> = this.answers.iter().filter_map(|a| store(a, key(a))).collect();
        if answers.is_empty() {
            answers = this.unread;
        }
        let content = Content { document: this.document, view: this.view, table, model, challenger, answers };
        write(&this.path, &content, task)?;
        Ok(Outcome::Saved(this.path))
    }
}

/// The bytes of a model that the session file holds: those of a model that has no file of its own, and copies.
fn model_bytes(
    of: &mut ModelRef,
    open: Option<&Arc<dyn Model>>,
    held: Option<Arc<[u8]>>,
    (with_copies, session, what): (bool, &Path, &str),
) -> Result<Option<Arc<[u8]>>, Problem> {
    of.file.beside = beside(&of.file, session);
    let bytes = match open {
        Some(open) if of.trained => Some(native::save(&**open)?.into()),
        _ if with_copies || is_only_copy(&of.file, held.as_ref()) => Some(bytes_of(&of.file, held, what)?),
        _ => None,
    };
    of.file.copied = bytes.is_some();
    if let Some(bytes) = bytes.as_ref().filter(|_| of.trained) {
        of.file.sha256 = Fingerprint::of(bytes);
    }
    Ok(bytes)
}

/// Whether the held bytes are not known to be anywhere else.
fn is_only_copy(file: &FileRef, held: Option<&Arc<[u8]>>) -> bool {
    let there = file.path.as_deref().is_some_and(|path| Path::new(path).is_file());
    held.is_some() && file.sample.is_none() && !there
}

/// The bytes of a file, held or read again; a file that has changed since it was opened is refused.
fn bytes_of(file: &FileRef, held: Option<Arc<[u8]>>, what: &str) -> Result<Arc<[u8]>, Problem> {
    if let Some(bytes) = held.filter(|bytes| Fingerprint::of(bytes) == file.sha256) {
        return Ok(bytes);
    }
    let refuse = |reason: &str| {
        Problem::new(
            format!("Could not copy the {what} into the session"),
            format!("{}: {reason}", file.path.as_deref().unwrap_or(&file.name)),
            "Save the session without copies, or open the file again and then save",
        )
    };
    let place = match &file.sample {
        Some(id) => Some(samples::find(id).ok_or_else(|| refuse("the sample is not known"))?.place()?),
        None => None,
    };
    let path = match (&place, &file.path) {
        (Some(place), _) if what == "table" => place.table.clone(),
        (Some(place), _) => place.model.clone(),
        (None, Some(path)) => file_of(Path::new(path)).into_owned(),
        (None, None) => return Err(refuse("it has no file")),
    };
    let bytes = std::fs::read(&path).map_err(|error| refuse(&error.to_string()))?;
    if Fingerprint::of(&bytes) != file.sha256 {
        return Err(refuse("it has changed since it was opened, or consists of several files"));
    }
    Ok(bytes.into())
}

/// The place of a file as seen from the session's folder or one inside it.
fn beside(file: &FileRef, session: &Path) -> Option<String> {
    let session = std::path::absolute(session).ok()?;
    let inside = Path::new(file.path.as_deref()?).strip_prefix(session.parent()?).ok()?;
    inside.to_str().map(str::to_owned)
}
