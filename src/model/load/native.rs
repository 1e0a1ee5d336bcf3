//! Candor's own model file: JSON with a card and a body. Learners add their forms to `NativeBody`.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{Entry, Fingerprint, Task};
use crate::data::{Input, InputKind};
use crate::model::learned::{Body, Learned};
use crate::model::linear::LinearModel;
use crate::model::link::LinkFunction;
use crate::model::tree_check::check_ensemble;
use crate::model::tree_model::TreeModel;
use crate::model::trees::Accumulate;
use crate::model::{LinearForm, Model, ModelCard, ModelError, TreeEnsemble};

use super::foreign::contains;
use super::{Loader, Origin};

/// The format's name inside the file.
const FORMAT: &str = "candor-model";
/// The only version so far.
const VERSION: u32 = 1;

/// The file as it is stored.
#[derive(Serialize, Deserialize)]
pub struct NativeFile<Card, Body> {
    /// Always `candor-model`.
    pub format: String,
    /// Version of the layout.
    pub version: u32,
    /// What the model says about itself.
    pub card: Card,
    /// The model.
    pub body: Body,
}

/// The forms a stored model can have.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NativeBody {
    /// Trees with a link.
    Trees {
        /// The trees.
        ensemble: TreeEnsemble,
        /// From the margin to predictions.
        link: LinkFunction,
    },
    /// A linear form with a link, computed in f64.
    Linear {
        /// The form.
        form: LinearForm,
        /// From the margin to predictions.
        link: LinkFunction,
    },
    /// A model that learners here make and that is neither.
    Learned(Body),
}

impl NativeBody {
    /// Checks every field and joins body and card into a model.
    pub fn into_model(self, card: ModelCard) -> Result<Arc<dyn Model>, ModelError> {
        check_card(&card)?;
        match self {
            Self::Trees { ensemble, link } => {
                check_shape(&card, ensemble.inputs, ensemble.outputs(), link)?;
                let ensemble = check_ensemble(ensemble)?;
                Ok(Arc::new(TreeModel { card, ensemble, link }))
            }
            Self::Linear { form, link } => {
                check_shape(&card, card.inputs.len(), form.outputs(), link)?;
                if card.inputs.len().checked_mul(form.outputs()) != Some(form.weights.len()) {
                    return Err(ModelError::malformed(
                        "body.linear.form.weights",
                        "there must be one weight per input and output",
                    ));
                }
                if form.weights.iter().chain(&form.intercept).any(|w| !w.is_finite()) {
                    return Err(ModelError::malformed("body.linear.form", "every weight must be a finite number"));
                }
                Ok(Arc::new(LinearModel { card, form, link, arithmetic: Accumulate::F64 }))
            }
            Self::Learned(body) => Ok(Arc::new(Learned::checked(card, body)?)),
        }
    }
}

/// The content of a model file for `card` and `body`.
pub fn to_json(card: &ModelCard, body: &NativeBody) -> Result<Vec<u8>, ModelError> {
    let file = NativeFile { format: FORMAT.to_owned(), version: VERSION, card, body };
    serde_json::to_vec(&file).map_err(|error| ModelError::malformed("model file", error.to_string()))
}

/// The bytes of a Candor model file for `model`. The same model gives the same bytes: neither path, size nor hash of a
/// file is written.
pub fn save(model: &dyn Model) -> Result<Vec<u8>, ModelError> {
    let body = model.portable().ok_or_else(|| ModelError::Unsupported {
        what: "this kind of model has no form in a Candor model file".to_owned(),
        hint: "Keep the model's own file; it opens as it is".to_owned(),
    })?;
    let card = ModelCard { path: None, sha256: Fingerprint::default(), bytes: 0, ..model.card().clone() };
    to_json(&card, &body)
}

/// A model trained here from the bytes that [`save`] gave: as it was, without a file.
pub fn restore(bytes: &[u8], task: &Task) -> Result<Arc<dyn Model>, ModelError> {
    let file = parse(bytes, task)?;
    let card = ModelCard { path: None, sha256: Fingerprint::of(bytes), bytes: 0, ..file.card };
    file.body.into_model(card)
}

fn parse(bytes: &[u8], task: &Task) -> Result<NativeFile<ModelCard, NativeBody>, ModelError> {
    let file: NativeFile<ModelCard, NativeBody> = serde_json::from_slice(bytes).map_err(|error| {
        ModelError::malformed(format!("line {}, character {}", error.line(), error.column()), error.to_string())
    })?;
    task.check()?;
    if file.format != FORMAT {
        return Err(ModelError::malformed("format", "this is no Candor model"));
    }
    if file.version != VERSION {
        return Err(ModelError::Unsupported {
            what: format!("the file has version {} of the model format", file.version),
            hint: "Open it with the version of Candor that wrote it, or a newer one".to_owned(),
        });
    }
    Ok(file)
}

/// The loader of Candor's own files.
pub struct Native;

impl Entry for Native {
    fn id(&self) -> &'static str {
        "candor-model"
    }

    fn title(&self) -> &'static str {
        "Candor model"
    }

    fn summary(&self) -> &'static str {
        "A model trained in Candor and saved by it"
    }
}

impl Loader for Native {
    fn endings(&self) -> &'static [&'static str] {
        &["json"]
    }

    fn recognises(&self, head: &[u8], _path: &Path) -> bool {
        head.trim_ascii_start().starts_with(b"{") && contains(head, b"\"candor-model\"")
    }

    fn load(&self, bytes: &[u8], origin: &Origin<'_>, task: &Task) -> Result<Arc<dyn Model>, ModelError> {
        let file = parse(bytes, task)?;
        let card =
            ModelCard { path: Some(origin.path.clone()), sha256: origin.sha256(), bytes: origin.bytes, ..file.card };
        file.body.into_model(card)
    }
}

fn check_card(card: &ModelCard) -> Result<(), ModelError> {
    if !card.scales.contains(&card.native_scale) {
        return Err(ModelError::malformed("card.scales", "the native scale is not among the scales"));
    }
    let empty = |input: &Input| matches!(&input.kind, InputKind::Levels(levels) if levels.is_empty());
    match card.inputs.iter().find(|i| i.name.is_empty() || empty(i)) {
        Some(input) => Err(ModelError::malformed("card.inputs", format!("“{}” lacks a name or levels", input.name))),
        None => Ok(()),
    }
}

fn check_shape(card: &ModelCard, inputs: usize, outputs: usize, link: LinkFunction) -> Result<(), ModelError> {
    if inputs != card.inputs.len() {
        return Err(ModelError::malformed(
            "card.inputs",
            format!("{} are named, the model takes {inputs}", card.inputs.len()),
        ));
    }
    if outputs != card.outputs.len() || outputs == 0 {
        return Err(ModelError::malformed(
            "card.outputs",
            format!("{} are named, the model gives {outputs}", card.outputs.len()),
        ));
    }
    if !link.is_sound() {
        return Err(ModelError::malformed("body.link", "the slope must be a positive number"));
    }
    Ok(())
}
