//! Saving and opening the session as a whole: which jobs it takes, and what their news changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::Problem;
use crate::explain::{Answers, Explanation, Shape};
use crate::model::Model;

use super::document::Document;
use super::document::decisions::Decisions;
use super::document::format::{FileRef, ModelRef, TableRef};
use super::document::kept::{Kept, Missing, Opened, Origin, Written};
use super::document::rows::runs;
use super::event::JobId;
use super::job::Job;
use super::ledger::Purpose;
use super::memo::explanation_bytes;
use super::state::Session;
use super::work;

/// Bytes of answers that a session's file keeps without being asked to: larger ones take as long to write as to compute.
pub const SAVED_ANSWERS: u64 = 1 << 30;

/// Where a session is read from.
#[derive(Clone, Debug)]
pub enum Place {
    /// A session file.
    File(PathBuf),
    /// A journal: references and decisions without answers.
    Journal(Box<Document>),
}

impl Session {
    /// What is open and decided, as far as it can be written down.
    pub fn document(&self) -> Document {
        let missing = &self.kept.missing;
        Document {
            table: self.table_ref().or_else(|| missing.table.clone()),
            model: self.model_ref().or_else(|| missing.model.clone()),
            decisions: missing.complete(&self.decided),
            explained: self.attribution().is_some(),
            file: self.kept.file.as_deref().and_then(Path::to_str).map(str::to_owned),
        }
    }

    /// Where the session was saved or opened.
    pub fn file(&self) -> Option<&Path> {
        self.kept.file.as_deref()
    }

    /// Whether the session's file holds copies of table and model.
    pub fn has_copies(&self) -> bool {
        self.kept.copies
    }

    /// How the window looked when the opened session was saved; the same text until another session is opened.
    pub fn opened_view(&self) -> Option<&Arc<str>> {
        self.kept.view.as_ref()
    }

    /// How many sessions have been opened, for those who wait for one.
    pub fn opened_count(&self) -> u64 {
        self.kept.opened
    }

    /// Whether a table or model of the opened session was not found.
    pub fn is_incomplete(&self) -> bool {
        self.kept.missing.table.is_some() || self.kept.missing.model.is_some()
    }

    /// Counts changes of what [`Session::document`] tells.
    pub fn changes(&self) -> u64 {
        self.ledger.changes
    }

    /// Whether the file keeps the answers, so that they need not be computed again: as decided, else while they take at
    /// most 1 GiB.
    pub fn keeps_answers(&self) -> bool {
        self.kept.keeps_answers.unwrap_or_else(|| self.answers_bytes() <= SAVED_ANSWERS)
    }

    /// Bytes that the answers take in a file, about.
    pub fn answers_bytes(&self) -> u64 {
        self.saved_answers().map(|answer| explanation_bytes(answer)).sum()
    }

    /// The answers worth saving: whole ones.
    fn saved_answers(&self) -> impl Iterator<Item = &Arc<Explanation>> {
        let whole = |shape: &&Shape| !(self.attribution_is_partial && **shape == Shape::Attribution);
        work::save::SHAPES.iter().filter(whole).filter_map(|shape| self.answers.get(*shape))
    }

    /// Whether the session is being written.
    pub fn is_saving(&self) -> bool {
        self.is_under_way(&Purpose::Save)
    }

    /// Whether something would be lost without saving: decisions or answers that the file does not hold, or a model
    /// trained here.
    pub fn is_changed(&self) -> bool {
        match &self.kept.saved {
            _ if self.kept.restored => true,
            Some((decided, written)) => !decided.saves_same(&self.decided) || *written != self.written_now(),
            None => {
                let trained = self.model.as_ref().is_some_and(|m| m.card().path.is_none());
                trained || self.history.has_weight()
            }
        }
    }

    pub(super) fn written_now(&self) -> Written {
        let revision = self.ledger.revision;
        let key = if self.attribution_is_partial { String::new() } else { self.ledger.attribution_key.clone() };
        Written { inputs: (revision.data, revision.model), answers: (key, self.ledger.answered) }
    }

    /// Whether a session is being opened or restored.
    pub fn is_opening(&self) -> bool {
        self.is_under_way(&Purpose::Session)
    }

    /// A job that writes the session.
    pub(super) fn save(&mut self, path: PathBuf, view: String, copies: bool) -> Vec<Job> {
        let title = format!("Saving {}", path.file_name().unwrap_or(path.as_os_str()).to_string_lossy());
        let keeps = self.keeps_answers();
        let answers = self.saved_answers().filter(|_| keeps).cloned().collect();
        let work = work::save::SaveSession {
            document: self.document(),
            model: self.opened.clone(),
            table_copy: self.kept.table.copy.clone(),
            model_copy: self.kept.model.copy.clone(),
            with_copies: copies,
            answers,
            attribution_key: self.ledger.attribution_key.clone(),
            unread: self.kept.missing.answers.clone(),
            view,
            path,
        };
        let state = (self.decided.clone(), self.written_now());
        let job = self.issue(Purpose::Save, title, work);
        self.kept.saving.insert(job.id, state);
        self.kept.copies = copies;
        self.history.close();
        vec![job]
    }

    /// The session was written: what it holds is what it held when that began.
    pub(super) fn adopt_saved(&mut self, job: JobId, path: PathBuf) {
        let Some((decided, written)) = self.kept.saving.remove(&job) else { return };
        let same = written.inputs == self.written_now().inputs;
        if same {
            self.kept.file = Some(path.clone());
            self.kept.saved = Some((decided, written));
            self.kept.restored = false;
        }
        self.written.push(path);
    }

    /// A job that opens a session anew, looking for missing files at `found`, too.
    pub(super) fn relocate(&mut self, found: PathBuf) -> Vec<Job> {
        let missing = &self.kept.missing;
        if missing.table.is_none() && missing.model.is_none() {
            let hint = "Open the file by its name; nothing of the open session is missing";
            self.problems.push(Problem::new("There is nothing to locate", found.display().to_string(), hint));
            return Vec::new();
        }
        let document = self.document();
        let title = "Opening the session again".to_owned();
        let place = match self.kept.file.clone().filter(|_| !self.kept.restored) {
            Some(file) => Place::File(file),
            None => Place::Journal(Box::new(document.clone())),
        };
        let work = work::session::OpenSession { place, found: Some(found), decisions: Some(document.decisions) };
        vec![self.issue(Purpose::Session, title, work)]
    }

    /// A job that opens what a journal tells.
    pub(super) fn restore(&mut self, document: Box<Document>) -> Vec<Job> {
        let work = work::session::OpenSession { place: Place::Journal(document), found: None, decisions: None };
        vec![self.issue(Purpose::Session, "Restoring the session".to_owned(), work)]
    }

    /// Another session takes the place of this one.
    pub(super) fn adopt_session(&mut self, job: JobId, opened: &Opened) -> Vec<Job> {
        self.forget_answers();
        self.cancel_where(|p| matches!(p, Purpose::Profile | Purpose::Train | Purpose::Select));
        self.profile = None;
        self.ledger.data_from = Some(job);
        self.ledger.model_from = Some(job);
        self.ledger.revision.data += 1;
        self.ledger.revision.model += 1;
        let document = &opened.document;
        self.ledger.read_options = document.table.as_ref().map(|t| t.options.clone()).unwrap_or_default();
        self.ledger.held_out = opened.model.as_ref().and(document.model.as_ref()).and_then(|m| {
            let runs = m.held_out.clone()?;
            let total = opened.data.as_ref().map_or(0, |d| d.row_count());
            work::session::rows_within(&runs, total)
        });
        self.ledger.explain_when_linked =
            document.explained && opened.file.is_none() && opened.answers.is_empty() && opened.stored.is_empty();
        self.data = opened.data.clone();
        self.opened = opened.model.clone();
        self.model = opened.model.clone();
        self.kept = kept_of(opened, self.kept.opened + 1);
        self.decided = Decisions::default();
        self.problems.extend(opened.problems.iter().cloned());
        let mut jobs = self.take_decisions(document.decisions.clone());
        self.restamp();
        self.history.clear();
        if let Some(data) = self.data.clone() {
            let work = work::profile::Profile { data };
            jobs.push(self.issue(Purpose::Profile, "Looking at the columns".to_owned(), work));
        }
        // Roles that differ from the guess have asked for the join already.
        if !self.is_under_way(&Purpose::Link) {
            jobs.extend(self.link_jobs());
        }
        if opened.file.is_some() {
            self.kept.saved = Some((self.decided.clone(), self.written_now()));
        }
        jobs
    }

    /// Takes over the answers of an opened session, now that table and model are joined.
    pub(super) fn adopt_kept_answers(&mut self) {
        let kept = std::mem::take(&mut self.kept.answers);
        if kept.is_empty() {
            return;
        }
        let saved = self.kept.saved.as_ref().is_some_and(|(_, written)| *written == self.written_now());
        let mut answers: Answers = std::mem::take(&mut self.answers);
        for (key, answer) in kept {
            if answer.body.shape() == Shape::Attribution {
                self.memo.keep_explanation(key.clone(), Arc::clone(&answer));
                self.ledger.attribution_key = key;
            }
            answers.keep(self.with_class_names(answer));
        }
        self.answers = answers;
        self.ledger.answered += 1;
        if saved {
            let written = self.written_now();
            self.kept.saved = self.kept.saved.take().map(|(decided, _)| (decided, written));
        }
    }

    /// Whether a table that was opened by hand is the one an opened session misses.
    pub(super) fn is_missing_table(&self, sha256: &crate::base::Fingerprint) -> bool {
        self.kept.missing.table.as_ref().is_some_and(|t| t.file.sha256 == *sha256)
    }

    /// Whether a model that was opened by hand is the one an opened session misses.
    pub(super) fn is_missing_model(&self, sha256: &crate::base::Fingerprint) -> bool {
        self.kept.missing.model.as_ref().is_some_and(|m| m.file.sha256 == *sha256)
    }

    fn table_ref(&self) -> Option<TableRef> {
        let data = self.data.as_ref()?;
        let source = data.source();
        let file = FileRef {
            name: source.name.clone(),
            path: source.path.as_deref().and_then(absolute).filter(|_| self.kept.table.sample.is_none()),
            beside: None,
            sha256: source.sha256.clone(),
            bytes: source.bytes,
            sample: self.kept.table.sample.map(str::to_owned),
            copied: false,
        };
        let columns = data.columns().iter().map(|c| c.name.to_string()).collect();
        Some(TableRef { file, options: self.ledger.read_options.clone(), columns })
    }

    fn model_ref(&self) -> Option<ModelRef> {
        let card = self.opened.as_ref()?.card();
        let file = FileRef {
            name: card.name.clone(),
            path: card.path.as_deref().and_then(absolute).filter(|_| self.kept.model.sample.is_none()),
            beside: None,
            sha256: card.sha256.clone(),
            bytes: card.bytes,
            sample: self.kept.model.sample.map(str::to_owned),
            copied: false,
        };
        let held_out = self.ledger.held_out.as_ref().map(|rows| runs(rows.iter().copied()));
        Some(ModelRef { file, trained: card.path.is_none(), held_out })
    }

    /// The open model exactly as its file gives it, for those who write it beside a journal.
    pub fn trained_model(&self) -> Option<Arc<dyn Model>> {
        self.opened.clone().filter(|m| m.card().path.is_none())
    }
}

/// A path as text, whole; `None` where it is no UTF-8.
fn absolute(path: &Path) -> Option<String> {
    std::path::absolute(path).ok()?.to_str().map(str::to_owned)
}

/// What is known about the file of an opened session, the `count`th of this window.
fn kept_of(opened: &Opened, count: u64) -> Kept {
    let document = &opened.document;
    let origin = |file: Option<&FileRef>, copy: &Option<Arc<[u8]>>| Origin {
        sample: file.and_then(|f| super::samples::find(f.sample.as_deref()?)).map(|s| s.id),
        copy: copy.clone(),
    };
    let table = origin(document.table.as_ref().map(|t| &t.file), &opened.table_copy);
    let model = origin(document.model.as_ref().map(|m| &m.file), &opened.model_copy);
    Kept {
        file: opened.file.clone().or_else(|| document.file.clone().map(PathBuf::from)),
        restored: opened.file.is_none(),
        copies: document.table.as_ref().is_some_and(|t| t.file.copied),
        // A file that was saved without its answers goes on without them.
        keeps_answers: (opened.file.is_some() && document.explained && opened.held_answers == 0).then_some(false),
        table,
        model,
        view: (!opened.view.is_empty()).then(|| Arc::clone(&opened.view)),
        opened: count,
        answers: opened.answers.clone(),
        missing: Missing {
            table: document.table.clone().filter(|_| opened.data.is_none()),
            model: document.model.clone().filter(|_| opened.model.is_none()),
            answers: opened.stored.clone(),
            decisions: document.decisions.clone(),
        },
        ..Kept::default()
    }
}
