//! Writing the journal on a thread of its own: a frame hands over the newest document and never waits for a disk.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use crate::base::Fingerprint;
use crate::model::Model;
use crate::model::load::native;
use crate::session::write::write_file;
use crate::session::{Document, Session};

use super::line;
use super::recover::Recovered;

/// The journal of this process.
pub(crate) struct Journal {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// The session's count of changes that was handed over last.
    seen: u64,
}

#[derive(Default)]
struct Shared {
    slot: Mutex<Slot>,
    wake: Condvar,
}

#[derive(Default)]
struct Slot {
    newest: Option<(Document, Trained)>,
    /// Journals whose content stands in this one once the newest document is written.
    retired: Vec<Recovered>,
    end: Option<End>,
}

/// Champion and challenger, where they were trained here.
type Trained = [Option<Arc<dyn Model>>; 2];

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// A clean exit: nothing is left to recover.
    Clean,
    /// The window vanishes without a word.
    Abandoned,
}

impl Journal {
    /// A journal in `folder`; `None` where no thread can be had. Nothing is written before something is open.
    pub(crate) fn begin(folder: &Path) -> Option<Self> {
        let shared = Arc::<Shared>::default();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        let path = folder.join(format!("{since}-{}.jsonl", std::process::id()));
        let mut hand = Hand { shared: Arc::clone(&shared), path, file: None, before: Map::new() };
        let thread = std::thread::Builder::new().name("candor-journal".to_owned()).spawn(move || hand.work()).ok()?;
        Some(Self { shared, thread: Some(thread), seen: 0 })
    }

    /// Hands over what is open and decided, when that has changed. Called in every frame.
    pub(crate) fn note(&mut self, session: &Session) {
        if self.seen == session.changes() {
            return;
        }
        self.seen = session.changes();
        self.slot().newest = Some((session.document(), session.trained_models()));
        self.shared.wake.notify_one();
    }

    /// Removes a recovered journal once this one holds what it told.
    pub(crate) fn retire(&mut self, recovered: Recovered) {
        self.slot().retired.push(recovered);
        self.shared.wake.notify_one();
    }

    /// A clean exit: the journal is removed.
    pub(crate) fn finish(&mut self) {
        self.end(End::Clean);
    }

    fn end(&mut self, end: End) {
        self.slot().end.get_or_insert(end);
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Slot> {
        self.shared.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.end(End::Abandoned);
    }
}

/// The thread's part.
struct Hand {
    shared: Arc<Shared>,
    path: PathBuf,
    /// Open and locked from the first line on.
    file: Option<File>,
    before: Map<String, Value>,
}

impl Hand {
    fn work(&mut self) {
        loop {
            let mut slot = self.shared.slot.lock().unwrap_or_else(PoisonError::into_inner);
            while slot.newest.is_none() && slot.retired.is_empty() && slot.end.is_none() {
                slot = self.shared.wake.wait(slot).unwrap_or_else(PoisonError::into_inner);
            }
            let (newest, retired, end) = (slot.newest.take(), std::mem::take(&mut slot.retired), slot.end);
            drop(slot);
            if let Some((document, trained)) = newest {
                // A settings folder that cannot be written is no reason to disturb anyone.
                self.write(document, &trained).ok();
            }
            retired.into_iter().for_each(Recovered::discard);
            match end {
                Some(End::Clean) => {
                    self.file = None;
                    std::fs::remove_file(&self.path).ok();
                    models_beside(&self.path).iter().for_each(|model| drop(std::fs::remove_file(model)));
                    return;
                }
                Some(End::Abandoned) => return,
                None => {}
            }
        }
    }

    fn write(&mut self, mut document: Document, trained: &Trained) -> std::io::Result<()> {
        if self.file.is_none() && document.table.is_none() && document.model.is_none() {
            return Ok(());
        }
        let mut kept = Vec::new();
        for (model, of) in trained.iter().zip([&mut document.model, &mut document.challenger]) {
            let (Some(model), Some(of)) = (model, of) else { continue };
            let place = model_beside(&self.path, &of.file.sha256);
            if !place.exists() {
                let bytes = native::save(&**model).map_err(std::io::Error::other)?;
                std::fs::create_dir_all(self.path.parent().unwrap_or(Path::new(".")))?;
                write_file(&place, &bytes).map_err(std::io::Error::other)?;
            }
            of.file.path = place.to_str().map(str::to_owned);
            kept.push(place);
        }
        let after = line::flat(&document);
        let change = line::change(&self.before, &after);
        if change.is_empty() {
            return Ok(());
        }
        if self.file.is_none() {
            std::fs::create_dir_all(self.path.parent().unwrap_or(Path::new(".")))?;
            let file = File::options().append(true).create_new(true).open(&self.path)?;
            file.lock()?;
            self.file = Some(file);
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(format!("{}\n", Value::Object(change)).as_bytes())?;
        file.sync_data()?;
        self.before = after;
        // Only now that no line needs them any more.
        let gone = models_beside(&self.path).into_iter().filter(|model| !kept.contains(model));
        gone.for_each(|model| drop(std::fs::remove_file(model)));
        Ok(())
    }
}

/// What stands behind the names of models that were trained here.
const MODEL: &str = ".model.json";

/// Where a model trained here is kept beside its journal: under its content, so that one does not overwrite another before
/// the journal speaks of it.
fn model_beside(journal: &Path, content: &Fingerprint) -> PathBuf {
    journal.with_extension(format!("{}{MODEL}", content.short()))
}

/// The models that lie beside a journal.
pub(super) fn models_beside(journal: &Path) -> Vec<PathBuf> {
    let (Some(folder), Some(stem)) = (journal.parent(), journal.file_stem()) else { return Vec::new() };
    let prefix = format!("{}.", stem.to_string_lossy());
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with(&prefix) && name.ends_with(MODEL)
    });
    named.map(|entry| entry.path()).collect()
}
