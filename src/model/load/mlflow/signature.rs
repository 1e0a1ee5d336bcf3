//! What an MLflow folder tells about the inputs beside the model file: the signature, else the example.

use std::path::Path;

use crate::model::ModelError;

use super::super::document::{At, Value};

/// One column that the caller of the model brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as MLflow names it: `double`, `string`; empty when only the example tells the name.
    pub kind: String,
}

/// The named columns; empty when there are none, as for models of plain arrays.
pub fn columns(root: &At<'_>, folder: &Path) -> Result<Vec<Column>, ModelError> {
    if let Some(inputs) = root.optional("signature").and_then(|s| s.optional("inputs")) {
        let document = Value::from_json(inputs.text()?.as_bytes()).map_err(|error| below("signature.inputs", error))?;
        let list = At { value: &document, place: inputs.place };
        let columns: Option<Vec<Column>> = list.items()?.map(|at| column(&at)).collect::<Result<_, _>>()?;
        return Ok(columns.unwrap_or_default());
    }
    let Some(example) = root.optional("saved_input_example_info") else { return Ok(Vec::new()) };
    let is_frame = example.optional("type").is_some_and(|t| matches!(t.text(), Ok("dataframe")));
    let (Some(path), true) = (example.optional("artifact_path"), is_frame) else { return Ok(Vec::new()) };
    let bytes = super::super::read(&super::inside(folder, &path)?)?;
    let document = Value::from_json(&bytes).map_err(|error| below("saved_input_example_info", error))?;
    // The example may be split into columns and rows or be one record per row, which old versions wrote.
    match At::root(&document).optional("columns").map(|c| c.texts()) {
        Some(Ok(names)) => {
            Ok(names.into_iter().map(|name| Column { name: name.to_owned(), kind: String::new() }).collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// `None` for a tensor, which has no columns.
fn column(at: &At<'_>) -> Result<Option<Column>, ModelError> {
    let kind = at.field("type")?.text()?.to_owned();
    let Some(name) = at.optional("name") else { return Ok(None) };
    Ok(Some(Column { name: name.text()?.to_owned(), kind }))
}

fn below(place: &str, error: ModelError) -> ModelError {
    match error {
        ModelError::Malformed { place: inner, reason } => ModelError::malformed(format!("{place}, {inner}"), reason),
        other => other,
    }
}
