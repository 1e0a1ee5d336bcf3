//! Opening tables, models and samples.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::{Problem, Task};
use crate::data::Dataset;
use crate::data::read::{self, ReadOptions};
use crate::model::Model;
use crate::model::load;

use crate::session::document::read::is_session;
use crate::session::event::Outcome;
use crate::session::job::Work;
use crate::session::keep::Place;
use crate::session::samples::Sample;

use super::session::OpenSession;

/// Opens whatever the file is, told by its content.
pub struct OpenAny {
    /// The file.
    pub path: PathBuf,
}

/// Opens a table.
pub struct OpenTable {
    /// The file.
    pub path: PathBuf,
    /// Reading choices.
    pub options: ReadOptions,
}

/// Opens a model.
pub struct OpenModel {
    /// The file.
    pub path: PathBuf,
}

/// Opens a bundled sample: both files or neither.
pub struct OpenSample {
    /// The sample.
    pub sample: &'static Sample,
}

impl Work for OpenAny {
    fn run(self: Box<Self>, task: &Task, tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        match told(&self.path)? {
            Opens::Session => {
                let open = OpenSession { place: Place::File(self.path), found: None, again: None };
                Box::new(open).run(task, tell)
            }
            Opens::Model => open_model(&self.path, task).map(Outcome::Model),
            Opens::Table => {
                open_table(&self.path, &ReadOptions::default(), task).map(|data| Outcome::Data(Arc::new(data)))
            }
        }
    }
}

impl Work for OpenTable {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        open_table(&self.path, &self.options, task).map(|data| Outcome::Data(Arc::new(data)))
    }
}

impl Work for OpenModel {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        open_model(&self.path, task).map(Outcome::Model)
    }
}

impl Work for OpenSample {
    fn run(self: Box<Self>, task: &Task, tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let place = self.sample.place()?;
        let data = self.sample.with_roles(&open_table(&place.table, &ReadOptions::default(), task)?);
        let model = open_model(&place.model, task)?;
        tell(Outcome::Data(Arc::new(data)));
        Ok(Outcome::Model(model))
    }
}

/// Bytes from a file's start by which its kind is told.
const HEAD: u64 = 64 * 1024;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// A saved session.
    Session,
    /// A model, also one that no loader reads.
    Model,
    /// Anything else: it is read as a table.
    Table,
}

/// What a file is, told by its first 64 kB; a [`Problem`] where it cannot be read.
pub fn told(path: &Path) -> Result<Opens, Problem> {
    if is_session(path) {
        return Ok(Opens::Session);
    }
    Ok(if is_model(path)? { Opens::Model } else { Opens::Table })
}

/// Whether a file is a model (otherwise it is read as a table). Reads the first 64 kB only.
pub fn is_model(path: &Path) -> Result<bool, Problem> {
    use std::io::Read as _;
    let unreadable = |error: std::io::Error| {
        Problem::new(
            "Could not open the file",
            path.display().to_string(),
            format!("{error}; check that the file exists and may be read"),
        )
    };
    let file = load::file_of(path);
    if file.is_dir() {
        // No table is a folder; opening it as a model says what it lacks.
        return Ok(true);
    }
    let mut head = Vec::new();
    std::fs::File::open(file).and_then(|file| file.take(HEAD).read_to_end(&mut head)).map_err(unreadable)?;
    Ok(load::looks_like_model(&head) && !read::looks_like_table(&head))
}

fn open_table(path: &Path, options: &ReadOptions, task: &Task) -> Result<Dataset, Problem> {
    task.begin("reading the table", 0);
    Ok(read::read(path, options, task)?)
}

/// Opens a model.
pub fn open_model(path: &Path, task: &Task) -> Result<Arc<dyn Model>, Problem> {
    task.begin("reading the model", 0);
    Ok(load::load(path, task)?)
}
