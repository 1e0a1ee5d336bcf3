//! What the session knows about its own file: where it is, what was saved, what could not be found again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::Problem;
use crate::data::Dataset;
use crate::explain::Explanation;
use crate::model::Model;

use crate::session::event::JobId;

use super::answers::Stored;
use super::decisions::{Decisions, Owner};
use super::edited::Edited;
use super::format::{Document, ModelRef, TableRef};

/// What was opened from a session file or from a journal.
pub struct Opened {
    /// What was open and decided.
    pub document: Document,
    /// Whether it is the open session once more, with a file that was missing.
    pub again: bool,
    /// The session file; `None` for a journal.
    pub file: Option<PathBuf>,
    /// The table, where it was found unchanged.
    pub data: Option<Arc<Dataset>>,
    /// The model, where it was found unchanged.
    pub model: Option<Arc<dyn Model>>,
    /// The second model, where it was found unchanged.
    pub challenger: Option<Arc<dyn Model>>,
    /// Bytes of the table's file, where the session holds a copy.
    pub table_copy: Option<Arc<[u8]>>,
    /// Bytes of the model's file, where the session holds a copy.
    pub model_copy: Option<Arc<[u8]>>,
    /// Bytes of the second model's file, where the session holds a copy.
    pub challenger_copy: Option<Arc<[u8]>>,
    /// Answers that fit, with the question they answer.
    pub answers: Vec<(String, Arc<Explanation>)>,
    /// How many answers the file holds, fitting or not.
    pub held_answers: usize,
    /// Answers as they stand in the file, while table or model are missing.
    pub stored: Vec<Stored>,
    /// How the window looked; empty where that was not kept.
    pub view: Arc<str>,
    /// What could not be found or read.
    pub problems: Vec<Problem>,
}

/// Where the open table or the open model came from, beyond its path.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The bundled sample, by id.
    pub sample: Option<&'static str>,
    /// The file's bytes, held because the session file has a copy of them.
    pub copy: Option<Arc<[u8]>>,
}

/// What a save wrote: later changes are told from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// Count of adopted tables and models.
    pub inputs: (u64, u64),
    /// Count of adopted challengers, and of changes of the pinned variants.
    pub beside: (u64, u64),
    /// The question behind the attributions, and the count of other answers.
    pub answers: (String, u64),
}

/// The session's own file.
#[derive(Default)]
pub struct Kept {
    /// Where the session was saved or opened.
    pub file: Option<PathBuf>,
    /// What it holds.
    pub saved: Option<(Decisions, Written)>,
    /// Whether it was made again from a journal: the file does not hold all of it.
    pub restored: bool,
    /// What is being written.
    pub saving: BTreeMap<JobId, (Decisions, Written)>,
    /// Whether the file holds copies.
    pub copies: bool,
    /// Whether the file keeps answers, where that was decided.
    pub keeps_answers: Option<bool>,
    /// Origin of the table.
    pub table: Origin,
    /// Origin of the model.
    pub model: Origin,
    /// Samples being opened.
    pub asked_samples: BTreeMap<JobId, &'static str>,
    /// How the window looked in the opened file.
    pub view: Option<Arc<str>>,
    /// How many sessions were opened.
    pub opened: u64,
    /// Answers to take over once table and model are joined.
    pub answers: Vec<(String, Arc<Explanation>)>,
    /// What could not be found again.
    pub missing: Missing,
}

/// What an opened session refers to and was not found; it is kept when the session is saved again.
#[derive(Clone, Debug, Default)]
pub struct Missing {
    /// The table.
    pub table: Option<TableRef>,
    /// The model.
    pub model: Option<ModelRef>,
    /// The second model.
    pub challenger: Option<ModelRef>,
    /// Edits and pins that wait for table and model.
    pub what_if: Edited,
    /// Answers about them.
    pub answers: Vec<Stored>,
    /// What was decided about them.
    pub decisions: Decisions,
}

impl Missing {
    /// Whether nothing is missing.
    pub fn is_nothing(&self) -> bool {
        self.table.is_none() && self.model.is_none() && self.challenger.is_none()
    }

    /// `current` with what was decided about a missing table or model.
    pub fn complete(&self, current: &Decisions) -> Decisions {
        let mut all = current.clone();
        if self.table.is_some() {
            all.rebase(Owner::Table, &self.decisions);
        }
        if self.model.is_some() {
            all.rebase(Owner::Model, &self.decisions);
        }
        all
    }
}
