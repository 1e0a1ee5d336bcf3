//! The Candor model file: one JSON object that holds a card and parameters, and can do nothing.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::Fingerprint;

use super::super::card::ModelCard;
use super::super::error::ModelError;
use super::super::predict::Model;
use super::{Body, Learned};

/// Marks the file.
const FORMAT: &str = "candor-model";
/// Version of the layout.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Written<'a> {
    format: &'static str,
    version: u32,
    card: ModelCard,
    body: &'a serde_json::Value,
}

#[derive(Deserialize)]
struct Read {
    format: String,
    version: u32,
    card: ModelCard,
    body: Body,
}

/// The bytes of a Candor model file; refused for models that were not trained here. The same model gives the same
/// bytes: no path, size or hash of a file is written.
pub fn save(model: &dyn Model) -> Result<Vec<u8>, ModelError> {
    let body = model.portable().ok_or_else(|| ModelError::Unsupported {
        what: "only models that were trained here can be saved".to_owned(),
        hint: "Keep the model's own file; it opens as it is".to_owned(),
    })?;
    let mut card = model.card().clone();
    (card.path, card.sha256, card.bytes) = (None, Fingerprint::default(), 0);
    serde_json::to_vec(&Written { format: FORMAT, version: VERSION, card, body: &body })
        .map_err(|e| ModelError::malformed("model", format!("the model cannot be written: {e}")))
}

/// A model from the bytes of a Candor model file; `path` is kept for the card.
pub fn open(path: Option<&Path>, bytes: &[u8]) -> Result<Arc<dyn Model>, ModelError> {
    let read: Read = serde_json::from_slice(bytes).map_err(|e| {
        ModelError::malformed(
            format!("line {}, column {}", e.line(), e.column()),
            format!("the JSON does not fit: {e}"),
        )
    })?;
    if read.format != FORMAT {
        return Err(ModelError::malformed("format", format!("expected “{FORMAT}”, found “{}”", read.format)));
    }
    if read.version != VERSION {
        return Err(ModelError::Unsupported {
            what: format!("this file has version {}, known is {VERSION}", read.version),
            hint: "Open it with a newer Candor".to_owned(),
        });
    }
    let mut learned = Learned { card: read.card, body: read.body }.checked()?;
    learned.card.path = path.map(Path::to_path_buf);
    learned.card.sha256 = Fingerprint::of(bytes);
    learned.card.bytes = bytes.len() as u64;
    Ok(Arc::new(learned))
}
