//! Model files, read as inert data: opening a model never runs code.
//!
//! A loader is one file (or folder) here and one line in `LOADERS`. What no loader recognises is named by `foreign`
//! with the way to export a form that opens.

pub mod catboost;
pub mod document;
pub mod ebm;
pub mod foreign;
pub mod lightgbm;
pub mod mlflow;
pub mod native;
pub mod onnx;
pub mod pickle;
pub mod sklearn;
pub mod skops;
pub mod xgboost;

use std::borrow::Cow;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::base::{Entry, Fingerprint, Task};
use crate::model::link::{LinkFunction, scales};
use crate::model::{Model, ModelCard, ModelError, TaskKind};
use crate::num::parallel::both;

/// Where a model comes from.
#[derive(Debug)]
pub struct Origin<'f> {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    content: &'f [u8],
    sha256: OnceLock<Fingerprint>,
}

/// A model file format.
pub trait Loader: Entry {
    /// Usual endings of file names, without the dot, the most usual first: for file dialogs and help. Files are told by
    /// their content alone. Empty where the model is a folder.
    fn endings(&self) -> &'static [&'static str];

    /// Whether the content is of this format; `head` holds the first `HEAD` bytes at most.
    fn recognises(&self, head: &[u8], path: &Path) -> bool;

    /// Reads the model. Refuses what breaks the rules of the format, with the place.
    fn load(&self, bytes: &[u8], origin: &Origin<'_>, task: &Task) -> Result<Arc<dyn Model>, ModelError>;
}

/// Every format, in the order of the file dialog.
pub static LOADERS: &[&dyn Loader] = &[
    &xgboost::Xgboost,
    &lightgbm::LightGbm,
    &catboost::CatBoost,
    &sklearn::Sklearn,
    &skops::Skops,
    &ebm::Ebm,
    &mlflow::Mlflow,
    &native::Native,
    &onnx::Onnx,
];

/// Bytes a loader may look at to recognise its format.
pub const HEAD: usize = 4096;
/// Most outputs of a model: what is named once for each of them must not be named by a number in a file alone.
const OUTPUT_LIMIT: usize = 1 << 16;
/// Trees that are read side by side: so many are in memory twice at most.
const BATCH: usize = 256;
/// Larger files are refused.
const SIZE_LIMIT: u64 = 8 << 30;

/// Opens a model file, or the folder of an MLflow model. Cost O(file).
pub fn load(path: &Path, task: &Task) -> Result<Arc<dyn Model>, ModelError> {
    task.begin("reading the model", 0);
    let path = file_of(path);
    let bytes = read(&path)?;
    task.check()?;
    load_bytes(&bytes, &path, task)
}

/// The file to open for `path`: that path, or the `MLmodel` file of a folder that has one.
pub fn file_of(path: &Path) -> Cow<'_, Path> {
    let inside = path.join(mlflow::FILE);
    if path.is_dir() && inside.is_file() { Cow::Owned(inside) } else { Cow::Borrowed(path) }
}

/// Opens a model from the bytes of the file `path`, which gzip may have packed.
pub fn load_bytes(bytes: &[u8], path: &Path, task: &Task) -> Result<Arc<dyn Model>, ModelError> {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let origin = Origin::new(path, bytes);
    if let Some(loader) = loader_of(head, path) {
        return origin.beside(|| loader.load(bytes, &origin, task));
    }
    let Some(inside) = inside_gzip(head) else { return Err(foreign::refuse(head, path)) };
    let Some(loader) = loader_of(&inside, path) else { return Err(foreign::refuse(&inside, path)) };
    let content = pickle::unpack(bytes)?;
    task.check()?;
    origin.beside(|| loader.load(&content, &origin, task))
}

fn loader_of(head: &[u8], path: &Path) -> Option<&'static dyn Loader> {
    LOADERS.iter().find(|l| l.recognises(head, path)).copied()
}

/// The first bytes of what gzip packed, unless it is packed once more.
fn inside_gzip(head: &[u8]) -> Option<Vec<u8>> {
    let packing = pickle::Packing::of(head).filter(|packing| *packing == pickle::Packing::Gzip)?;
    Some(packing.peek(head)).filter(|inside| pickle::Packing::of(inside).is_none())
}

/// Whether the first bytes of a file are those of a model, also of one that cannot be opened.
pub fn looks_like_model(head: &[u8]) -> bool {
    let head = head.get(..HEAD).unwrap_or(head);
    let known = |head: &[u8]| loader_of(head, Path::new("")).is_some() || foreign::find(head).is_some();
    known(head) || inside_gzip(head).is_some_and(|inside| known(&inside))
}

fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    let unreadable = |reason: String| ModelError::Unreadable { path: path.to_owned(), reason };
    let about = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if about.is_dir() && path.join("metadata").is_dir() {
        return Err(foreign::spark(path));
    }
    if about.is_dir() {
        return Err(unreadable(format!("it is a folder without a file “{}”, so no MLflow model", mlflow::FILE)));
    }
    if !about.is_file() {
        return Err(unreadable("it is no regular file".to_owned()));
    }
    if about.len() > SIZE_LIMIT {
        return Err(unreadable("it is larger than 8 GiB".to_owned()));
    }
    let mut bytes = Vec::new();
    let size = usize::try_from(about.len()).unwrap_or(usize::MAX);
    bytes.try_reserve_exact(size.saturating_add(1)).map_err(|error| unreadable(error.to_string()))?;
    let file = std::fs::File::open(path).map_err(|error| unreadable(error.to_string()))?;
    file.take(SIZE_LIMIT).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    Ok(bytes)
}

impl<'f> Origin<'f> {
    /// The file `path` with these bytes; nothing is read or computed yet.
    pub fn new(path: impl Into<PathBuf>, content: &'f [u8]) -> Self {
        Self { path: path.into(), bytes: content.len() as u64, content, sha256: OnceLock::new() }
    }

    /// SHA-256 of its bytes. Cost O(bytes) for who asks first; others wait.
    pub fn sha256(&self) -> Fingerprint {
        self.sha256.get_or_init(|| Fingerprint::of(self.content)).clone()
    }

    /// Runs `read` and computes the hash beside it, which takes as long as reading some models.
    fn beside<T: Send>(&self, read: impl FnOnce() -> T + Send) -> T {
        both(read, || self.sha256()).0
    }

    /// A card with what is known before the content is read; the loader fills in the rest.
    pub(super) fn card(&self, format: &str, task: TaskKind, link: LinkFunction) -> ModelCard {
        let (native_scale, scales) = scales(task, link);
        ModelCard {
            name: self.path.file_stem().map_or_else(|| "model".to_owned(), |stem| stem.to_string_lossy().into_owned()),
            path: Some(self.path.clone()),
            sha256: self.sha256(),
            bytes: self.bytes,
            format: format.to_owned(),
            library: None,
            algorithm: String::new(),
            objective: None,
            task,
            inputs: Vec::new(),
            outputs: Vec::new(),
            classes: Vec::new(),
            native_scale,
            log_odds: link.is_log_odds(),
            scales,
            steps: None,
            facts: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// Names for outputs whose names the file does not hold.
fn output_names(task: TaskKind, count: usize) -> Vec<String> {
    match (task, count) {
        (TaskKind::Binary, 1) => vec!["class 1".to_owned()],
        (TaskKind::Binary | TaskKind::Multiclass, _) => (0..count).map(|k| format!("class {k}")).collect(),
        (_, 1) => vec!["prediction".to_owned()],
        _ => (0..count).map(|k| format!("target {k}")).collect(),
    }
}
