//! Opening a session: its file or journal is read, what it refers to is found, compared and opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::{Fingerprint, Problem, Task};
use crate::data::read::{self, FileBytes};
use crate::data::{Dataset, Role};
use crate::model::Model;
use crate::model::load::{self, native};

use crate::session::document::answers::{Fits, restore};
use crate::session::document::format::{Document, FileRef, ModelRef, TableRef};
use crate::session::document::kept::Opened;
use crate::session::document::read as session_file;
use crate::session::document::write::Content;
use crate::session::event::Outcome;
use crate::session::job::Work;
use crate::session::keep::Place;
use crate::session::samples;

/// Opens a session.
pub struct OpenSession {
    /// Where it is.
    pub place: Place,
    /// Where a file that was not found is now.
    pub found: Option<PathBuf>,
    /// The open session, when it is opened once more: what is decided and edited in it takes the place of the file's.
    pub again: Option<Document>,
}

impl Work for OpenSession {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        task.begin("reading the session", 0);
        let Self { place, found, again } = *self;
        let (mut content, file) = match place {
            Place::File(path) => (session_file::read(&path, task)?, Some(path)),
            Place::Journal(document) => (from_journal(*document, task), None),
        };
        let is_again = again.is_some();
        if let Some(Document { decisions, what_if, .. }) = again {
            content.document = Document { decisions, what_if, ..content.document };
        }
        let opened = open(content, file.as_deref(), found.as_deref(), task)?;
        Ok(Outcome::Session(Arc::new(Opened { again: is_again, ..opened })))
    }
}

/// What a journal tells, with the copies and answers of the session file that it was about.
fn from_journal(mut document: Document, task: &Task) -> Content {
    let file = document.file.as_deref().map(Path::new).filter(|path| session_file::is_session(path));
    let held = file.and_then(|path| session_file::read(path, task).ok());
    let mut content = held.unwrap_or_default();
    let same = |a: &FileRef, b: &FileRef| a.sha256 == b.sha256;
    let then = &content.document;
    let pairs = [
        (document.table.as_mut().map(|t| &mut t.file), then.table.as_ref().map(|t| &t.file), &mut content.table),
        (document.model.as_mut().map(|m| &mut m.file), then.model.as_ref().map(|m| &m.file), &mut content.model),
        (
            document.challenger.as_mut().map(|m| &mut m.file),
            then.challenger.as_ref().map(|m| &m.file),
            &mut content.challenger,
        ),
    ];
    for (now, then, copy) in pairs {
        let Some(now) = now else {
            *copy = None;
            continue;
        };
        now.copied = then.is_some_and(|then| then.copied && same(now, then));
        copy.take_if(|_| !now.copied);
    }
    let tables = document.table.as_ref().zip(content.document.table.as_ref());
    let models = document.model.as_ref().zip(content.document.model.as_ref());
    // Answers are about a table and a model; those about others are not even looked at.
    if !tables.is_some_and(|(a, b)| same(&a.file, &b.file)) || !models.is_some_and(|(a, b)| same(&a.file, &b.file)) {
        content.answers.clear();
    }
    Content { document, ..content }
}

fn open(content: Content, file: Option<&Path>, found: Option<&Path>, task: &Task) -> Result<Opened, Problem> {
    let Content { mut document, view, table, model, challenger, answers } = content;
    let search = Search { folder: file.and_then(Path::parent), found };
    let mut problems = Vec::new();
    let data = document.table.as_ref().map(|of| search.table(of, table.as_deref(), task));
    let data = data.and_then(|found| found.map_err(|problem| problems.push(problem)).ok());
    let mut find = |of: Option<&ModelRef>, copy: Option<&[u8]>, what: &'static str| {
        let found = of.map(|of| search.model(of, copy, what, task));
        found.and_then(|found| found.map_err(|problem| problems.push(problem)).ok())
    };
    let opened = find(document.model.as_ref(), model.as_deref(), "model");
    let second = find(document.challenger.as_ref(), challenger.as_deref(), "challenger");
    task.check().map_err(|_cancelled| super::cancelled())?;
    if let (Some(data), Some(of)) = (&data, &document.table) {
        document.decisions.roles = roles(data, of, &document.decisions.roles).into();
        let (fitted, whole) = document.what_if.within(data);
        document.what_if = fitted;
        if !whole {
            problems.push(Problem::new(
                "Not every edited row of the session could be taken over",
                "some have other columns than the table has, or begin with a row that it has not",
                "Edit and pin them again; everything else is as it was",
            ));
        }
    }
    let held_answers = answers.len();
    let (mut fitting, mut stored) = (Vec::new(), Vec::new());
    match (&data, &opened) {
        (Some(data), Some(model)) => {
            let card = model.card();
            let fits = Fits {
                rows: data.row_count(),
                inputs: card.inputs.len(),
                outputs: card.outputs.len(),
                model: &card.sha256.0,
            };
            let known = answers.iter().filter_map(|answer| restore(answer, fits));
            fitting = known.map(|(key, answer)| (key, Arc::new(answer))).collect();
            if fitting.len() < answers.len() {
                problems.push(Problem::new(
                    "Not every answer of the session could be taken over",
                    "they are damaged or belong to another table or model",
                    "Explain again; everything else is as it was",
                ));
            }
        }
        _ => stored = answers,
    }
    Ok(Opened {
        document,
        again: false,
        file: file.map(Path::to_owned),
        data,
        model: opened,
        challenger: second,
        table_copy: table,
        model_copy: model,
        challenger_copy: challenger,
        answers: fitting,
        held_answers,
        stored,
        view: view.into(),
        problems,
    })
}

/// Where files are looked for.
struct Search<'s> {
    /// The session file's folder.
    folder: Option<&'s Path>,
    /// Where the user says that a file is.
    found: Option<&'s Path>,
}

impl Search<'_> {
    /// Places of a file, the likeliest first.
    fn places(&self, file: &FileRef) -> Vec<PathBuf> {
        let beside = file.beside.as_deref().and_then(|inside| Some(self.folder?.join(inside)));
        let same_name = file.path.as_deref().and_then(|p| Some(self.folder?.join(Path::new(p).file_name()?)));
        let path = file.path.as_deref().map(PathBuf::from);
        [self.found.map(Path::to_owned), beside, path, same_name].into_iter().flatten().collect()
    }

    fn table(&self, of: &TableRef, copy: Option<&[u8]>, task: &Task) -> Result<Arc<Dataset>, Problem> {
        let path = PathBuf::from(of.file.path.as_deref().unwrap_or(&of.file.name));
        if let Some(bytes) = copy {
            if Fingerprint::of(bytes) != of.file.sha256 {
                return Err(changed("table", &of.file, "the copy in the session file"));
            }
            let file = FileBytes { path, bytes: bytes.to_vec() };
            return Ok(Arc::new(read::read_bytes(&file, &of.options, task)?));
        }
        if let Some(sample) = of.file.sample.as_deref().and_then(samples::find) {
            let data = sample.with_roles(&read::read(&sample.place()?.table, &of.options, task)?);
            let same = data.source().sha256 == of.file.sha256;
            return if same { Ok(Arc::new(data)) } else { Err(changed("table", &of.file, "the bundled sample")) };
        }
        let mut refusal = lost("table", &of.file);
        for path in self.places(&of.file) {
            match std::fs::metadata(&path) {
                Ok(about) if about.is_file() && about.len() == of.file.bytes => {
                    let data = read::read(&path, &of.options, task)?;
                    if data.source().sha256 == of.file.sha256 {
                        return Ok(Arc::new(data));
                    }
                    refusal = changed("table", &of.file, &path.display().to_string());
                }
                Ok(_) => refusal = changed("table", &of.file, &path.display().to_string()),
                Err(_) => {}
            }
        }
        Err(refusal)
    }

    fn model(&self, of: &ModelRef, copy: Option<&[u8]>, what: &str, task: &Task) -> Result<Arc<dyn Model>, Problem> {
        if let Some(bytes) = copy {
            if Fingerprint::of(bytes) != of.file.sha256 {
                return Err(changed(what, &of.file, "the copy in the session file"));
            }
            if of.trained {
                return Ok(native::restore(bytes, task)?);
            }
            let path = PathBuf::from(of.file.path.as_deref().unwrap_or(&of.file.name));
            return Ok(load::load_bytes(bytes, &path, task)?);
        }
        let mut refusal = lost(what, &of.file);
        let sample = of.file.sample.as_deref().and_then(samples::find).map(|s| s.place()).transpose()?;
        let places = sample.as_ref().map_or_else(|| self.places(&of.file), |place| vec![place.model.clone()]);
        for path in places.iter().filter(|path| path.exists()) {
            // A model that was trained here lies beside the journal, and still has no file of its own.
            let model = match of.trained {
                true => std::fs::read(path).ok().and_then(|bytes| native::restore(&bytes, task).ok()),
                false => load::load(path, task).ok(),
            };
            match model.filter(|m| m.card().sha256 == of.file.sha256) {
                Some(model) => return Ok(model),
                None => refusal = changed(what, &of.file, &path.display().to_string()),
            }
        }
        Err(refusal)
    }
}

fn lost(what: &str, file: &FileRef) -> Problem {
    Problem::new(
        format!("The session’s {what} was not found"),
        format!("{}, SHA-256 {}", file.path.as_deref().unwrap_or(&file.name), file.sha256.short()),
        format!("Choose File › Locate a missing file…, or open another {what}; the rest of the session is open"),
    )
}

/// The refusal of a file that is not what the session says.
pub fn changed(what: &str, file: &FileRef, place: &str) -> Problem {
    Problem::new(
        format!("The session’s {what} has changed since the session was saved"),
        format!("{place}: expected SHA-256 {} of “{}”", file.sha256.short(), file.name),
        format!(
            "Choose File › Locate a missing file… for the unchanged one, or open the changed {what} by itself and \
             explain again"
        ),
    )
}

/// Kept roles, by column name where the columns are not the same.
fn roles(data: &Dataset, of: &TableRef, kept: &[Role]) -> Vec<Role> {
    let named = |name: &str| of.columns.iter().position(|n| n == name).and_then(|i| kept.get(i)).copied();
    data.columns().iter().zip(data.roles()).map(|(c, guess)| named(&c.name).unwrap_or(*guess)).collect()
}
