//! MLflow model folders: the `MLmodel` file tells which file holds the model, and what its columns are called.
//!
//! The file is opened by the loader that recognises its bytes, so every format that opens by itself opens from a folder.
//! Nothing outside the folder is read.

mod signature;
mod yaml;

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::base::text::counted;
use crate::base::{Entry, Task};
use crate::model::named::with_card;
use crate::model::{Model, ModelCard, ModelError};

use self::signature::Column;
use super::document::{At, shown};
use super::{HEAD, Loader, Origin};

/// The file that makes a folder an MLflow model.
pub const FILE: &str = "MLmodel";

/// The loader of MLflow folders.
pub struct Mlflow;

impl Entry for Mlflow {
    fn id(&self) -> &'static str {
        "mlflow"
    }

    fn title(&self) -> &'static str {
        "MLflow model"
    }

    fn summary(&self) -> &'static str {
        "A folder written by MLflow, or the MLmodel file in it"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["MLflow documentation, MLflow Models, Storage Format"]
    }
}

impl Loader for Mlflow {
    fn endings(&self) -> &'static [&'static str] {
        &[]
    }

    fn recognises(&self, head: &[u8], _path: &Path) -> bool {
        let lines: Vec<&[u8]> = head.split(|b| *b == b'\n').collect();
        lines
            .windows(2)
            .any(|pair| matches!(pair, [key, below] if key.trim_ascii_end() == b"flavors:" && below.starts_with(b" ")))
    }

    fn load(&self, bytes: &[u8], origin: &Origin<'_>, task: &Task) -> Result<Arc<dyn Model>, ModelError> {
        let document = yaml::parse(bytes)?;
        let root = At::root(&document);
        let folder = origin.path.parent().unwrap_or(Path::new(""));
        let found = model_file(&root, folder)?;
        let content = super::read(&found.path)?;
        if self.recognises(content.get(..HEAD).unwrap_or(&content), &found.path) {
            return Err(found.place.refuse("the model file is an MLmodel file again"));
        }
        let model = super::load_bytes(&content, &found.path, task)?;
        let columns = signature::columns(&root, folder)?;
        let card = card(model.card(), &found, &columns, (&root, origin));
        Ok(with_card(model, card))
    }
}

/// The file that holds the model.
struct Found<'d> {
    flavour: &'d str,
    path: PathBuf,
    place: At<'d>,
}

/// The fields in which flavours name their file.
const FIELDS: [&str; 3] = ["data", "pickled_model", "model_path"];
/// Any flavour may be called as a Python function, so this one says least and comes last.
const FUNCTION: &str = "python_function";

fn model_file<'d>(root: &At<'d>, folder: &Path) -> Result<Found<'d>, ModelError> {
    let flavours = root.field("flavors")?;
    let mut names: Vec<&str> = flavours.entries().map(|(name, _)| name).collect();
    names.sort_by_key(|name| *name == FUNCTION);
    let mut kept_in_a_folder = None;
    for flavour in names {
        let at = flavours.field(flavour)?;
        let Some(place) = FIELDS.iter().find_map(|field| at.optional(field)) else { continue };
        let path = inside(folder, &place)?;
        if path.is_dir() {
            kept_in_a_folder.get_or_insert(flavour);
            continue;
        }
        return Ok(Found { flavour, path, place });
    }
    Err(match kept_in_a_folder {
        Some(flavour) => ModelError::Unsupported {
            what: format!("the MLflow flavour “{}” keeps its model in a folder, which does not open", shown(flavour)),
            hint: "Save the model in a form that is one file, for instance with mlflow.xgboost.save_model, \
                mlflow.sklearn.save_model or mlflow.onnx.save_model"
                .to_owned(),
        },
        None => ModelError::Unsupported {
            what: "the MLflow folder holds a Python function only, which Candor never runs".to_owned(),
            hint: "Save the model inside the function by its own flavour, for instance \
                mlflow.xgboost.save_model(model, \"folder\")"
                .to_owned(),
        },
    })
}

/// A path that the file names, inside `folder`: no absolute path, no `..`, no link that leads outside.
fn inside(folder: &Path, at: &At<'_>) -> Result<PathBuf, ModelError> {
    let relative = Path::new(at.text()?);
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !plain || relative.as_os_str().is_empty() {
        return Err(at.refuse("the path leads outside the folder"));
    }
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let joined = here.join(relative);
    let real = |path: &Path| {
        path.canonicalize().map_err(|error| ModelError::Unreadable { path: path.to_owned(), reason: error.to_string() })
    };
    let (root, target) = (real(here)?, real(&joined)?);
    if !target.starts_with(&root) {
        return Err(at.refuse("the path is a link that leads outside the folder"));
    }
    Ok(target)
}

/// The card of the model file, with what the folder adds.
fn card(inner: &ModelCard, found: &Found<'_>, columns: &[Column], (root, origin): (&At<'_>, &Origin<'_>)) -> ModelCard {
    let mut card = inner.clone();
    card.format = format!("MLflow folder with {}", inner.format);
    card.path = Some(origin.path.clone());
    if let Some(name) = origin.path.parent().and_then(Path::file_name).filter(|_| origin.path.ends_with(FILE)) {
        card.name = name.to_string_lossy().into_owned();
    }
    let file = found.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    card.facts.push(("Model file".to_owned(), file));
    card.facts.push(("MLflow flavour".to_owned(), shown(found.flavour)));
    if let Some(Ok(version)) = root.optional("mlflow_version").map(|v| v.text()) {
        card.facts.push(("MLflow".to_owned(), shown(version)));
    }
    name_inputs(&mut card, columns);
    card
}

/// Gives the inputs the names of the columns where the model file has none of its own.
fn name_inputs(card: &mut ModelCard, columns: &[Column]) {
    if columns.is_empty() {
        return;
    }
    if columns.len() != card.inputs.len() {
        card.notes.push(format!(
            "The signature of the folder has {}, the model {}: something stands before the model",
            counted(columns.len(), "column"),
            counted(card.inputs.len(), "input")
        ));
    } else if card.inputs.iter().enumerate().all(|(k, input)| is_nameless(k, &input.name)) {
        for (input, column) in card.inputs.iter_mut().zip(columns) {
            input.name.clone_from(&column.name);
        }
        card.notes.retain(|note| !note.contains("no input names"));
        card.notes.push("The names of the inputs are those of the folder's signature".to_owned());
    }
    let texts = columns.iter().filter(|c| c.kind == "string").count();
    let numbers = card.inputs.iter().filter(|i| i.kind == crate::data::InputKind::Number).count();
    if texts > 0 && numbers == card.inputs.len() {
        let columns = counted(texts, "column");
        card.notes.push(format!(
            "The signature has {columns} of text, but all inputs are numbers: bring the codes the model was trained with"
        ));
    }
}

/// Whether a name says only which input it is: `f3`, `x3`, `Column_3`, `3`.
fn is_nameless(place: usize, name: &str) -> bool {
    let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
    let prefix = name.strip_suffix(digits).unwrap_or_default();
    matches!(prefix, "" | "f" | "x" | "Column_" | "feature_" | "input_") && digits.parse() == Ok(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbered_names_are_no_names() {
        assert!(["f3", "x3", "Column_3", "3"].iter().all(|name| is_nameless(3, name)));
        assert!(["f4", "age", "", "f", "x33", "a3"].iter().all(|name| !is_nameless(3, name)));
    }

    #[test]
    fn a_table_is_no_folder() {
        let head = b"artifact_path: model\nflavors:\n  xgboost:\n";
        assert!(Mlflow.recognises(head, Path::new("")));
        for table in [&b"flavors:\nsweet\n"[..], b"a,flavors:\n 1,2\n", b"{\"flavors\":\n  1}"] {
            assert!(!Mlflow.recognises(table, Path::new("")));
        }
    }
}
