//! Saving and opening the session as a whole: which jobs it takes, and what their news changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::{Problem, RowId};
use crate::explain::{Answers, Explanation, Shape};
use crate::model::Model;

use super::challenger::Challenger;
use super::document::decisions::Decisions;
use super::document::format::{FileRef, ModelRef, TableRef};
use super::document::kept::{Kept, Missing, Opened, Origin, Written};
use super::document::rows::runs;
use super::document::{Document, Edited};
use super::event::JobId;
use super::job::Job;
use super::ledger::Purpose;
use super::memo::explanation_bytes;
use super::state::Session;
use super::work;
use super::work::save::Held;

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
            challenger: self.challenger_ref().or_else(|| missing.challenger.clone()),
            what_if: self.edited().unwrap_or_else(|| missing.what_if.clone()),
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

    /// Whether any file of the opened session was not found.
    pub fn misses_a_file(&self) -> bool {
        !self.kept.missing.is_nothing()
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
                let pinned = self.what_if.as_ref().is_some_and(|of| !of.pins().is_empty());
                pinned || self.history.has_weight() || self.trained_models().iter().any(Option::is_some)
            }
        }
    }

    pub(super) fn written_now(&self) -> Written {
        let revision = self.ledger.revision;
        let key = if self.attribution_is_partial { String::new() } else { self.ledger.attribution_key.clone() };
        Written {
            inputs: (revision.data, revision.model),
            beside: (revision.challenger, self.ledger.pinned),
            answers: (key, self.ledger.answered),
        }
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
            model: Held { model: self.opened.clone(), held: self.kept.model.copy.clone() },
            challenger: self.challenger.as_ref().map_or_else(Held::default, |c| Held {
                model: Some(Arc::clone(&c.opened)),
                held: c.origin.copy.clone(),
            }),
            table_copy: self.kept.table.copy.clone(),
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
        if !self.misses_a_file() {
            let hint = "Open the file by its name; nothing of the open session is missing";
            self.problems.push(Problem::new("There is nothing to locate", found.display().to_string(), hint));
            return Vec::new();
        }
        if let (true, Some(of)) = (!self.is_incomplete(), &self.kept.missing.challenger) {
            let wanted = of.file.clone();
            return self.open_challenger(found, Some(wanted));
        }
        let document = self.document();
        let title = "Opening the session again".to_owned();
        let place = match self.kept.file.clone().filter(|_| !self.kept.restored) {
            Some(file) => Place::File(file),
            None => Place::Journal(Box::new(document.clone())),
        };
        let work = work::session::OpenSession { place, found: Some(found), again: Some(document) };
        vec![self.issue(Purpose::Session, title, work)]
    }

    /// A job that opens what a journal tells.
    pub(super) fn restore(&mut self, document: Box<Document>) -> Vec<Job> {
        let work = work::session::OpenSession { place: Place::Journal(document), found: None, again: None };
        vec![self.issue(Purpose::Session, "Restoring the session".to_owned(), work)]
    }

    /// Another session takes the place of this one.
    pub(super) fn adopt_session(&mut self, job: JobId, opened: &Opened) -> Vec<Job> {
        self.forget_answers();
        self.forget_what_if();
        self.cancel_where(|p| matches!(p, Purpose::Profile | Purpose::Train | Purpose::Select));
        self.profile = None;
        self.ledger.data_from = Some(job);
        self.ledger.model_from = Some(job);
        self.ledger.revision.data += 1;
        self.ledger.revision.model += 1;
        let document = &opened.document;
        self.ledger.read_options = document.table.as_ref().map(|t| t.options.clone()).unwrap_or_default();
        let total = opened.data.as_ref().map_or(0, |d| d.row_count());
        self.ledger.held_out = opened.model.as_ref().and(document.model.as_ref()).and_then(|m| m.held_out(total));
        self.ledger.explain_when_linked =
            document.explained && opened.file.is_none() && opened.answers.is_empty() && opened.stored.is_empty();
        self.data = opened.data.clone();
        self.opened = opened.model.clone();
        self.model = opened.model.clone();
        self.kept = kept_of(opened, self.kept.opened + 1);
        self.adopt_kept_challenger(opened);
        self.take_edited(&document.what_if);
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

    /// Takes over the challenger of an opened session. One that is open while the rest of its session is looked for stays.
    fn adopt_kept_challenger(&mut self, opened: &Opened) {
        if opened.again && self.challenger.is_some() {
            self.challenger.iter_mut().for_each(Challenger::forget);
            return;
        }
        self.cancel_where(|p| *p == Purpose::OpenChallenger);
        self.ledger.revision.challenger += 1;
        let of = opened.document.challenger.as_ref();
        self.challenger = opened.challenger.clone().filter(|_| !self.is_about_one).map(|model| {
            let total = opened.data.as_ref().map_or(0, |d| d.row_count());
            let held_out = of.and_then(|of| of.held_out(total));
            Challenger::new(model, origin(of.map(|m| &m.file), &opened.challenger_copy), held_out)
        });
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
        Some(model_ref(self.opened.as_ref()?, &self.kept.model, self.ledger.held_out.as_deref()))
    }

    fn challenger_ref(&self) -> Option<ModelRef> {
        let challenger = self.challenger.as_ref()?;
        Some(model_ref(&challenger.opened, &challenger.origin, challenger.held_out.as_deref()))
    }

    /// Champion and challenger exactly as their files give them, each where it was trained here and has no file of its own:
    /// for those who write it beside a journal.
    pub fn trained_models(&self) -> [Option<Arc<dyn Model>>; 2] {
        let both = [self.opened.as_ref(), self.challenger.as_ref().map(|c| &c.opened)];
        both.map(|model| model.filter(|m| m.card().path.is_none()).cloned())
    }
}

fn model_ref(model: &Arc<dyn Model>, origin: &Origin, held_out: Option<&[RowId]>) -> ModelRef {
    let card = model.card();
    let file = FileRef {
        name: card.name.clone(),
        path: card.path.as_deref().and_then(absolute).filter(|_| origin.sample.is_none()),
        beside: None,
        sha256: card.sha256.clone(),
        bytes: card.bytes,
        sample: origin.sample.map(str::to_owned),
        copied: false,
    };
    let held_out = held_out.map(|rows| runs(rows.iter().copied()));
    ModelRef { file, trained: card.path.is_none(), held_out }
}

/// A path as text, whole; `None` where it is no UTF-8.
fn absolute(path: &Path) -> Option<String> {
    std::path::absolute(path).ok()?.to_str().map(str::to_owned)
}

/// What is known about the file of an opened session, the `count`th of this window.
fn kept_of(opened: &Opened, count: u64) -> Kept {
    let document = &opened.document;
    let waits = opened.data.is_none() || opened.model.is_none();
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
            challenger: document.challenger.clone().filter(|_| opened.challenger.is_none()),
            what_if: if waits { document.what_if.clone() } else { Edited::default() },
            answers: opened.stored.clone(),
            decisions: document.decisions.clone(),
        },
        ..Kept::default()
    }
}

/// Where a file of an opened session came from.
fn origin(file: Option<&FileRef>, copy: &Option<Arc<[u8]>>) -> Origin {
    let sample = file.and_then(|f| super::samples::find(f.sample.as_deref()?)).map(|s| s.id);
    Origin { sample, copy: copy.clone() }
}
