//! Files that are something else: each is named in one sentence, with the way to export a form that opens.

use std::path::Path;

use crate::model::ModelError;

const SKLEARN: &str = "A pickle can run code, so it is not opened; save the booster inside it: \
    model.get_booster().save_model(\"model.json\") for XGBoost, model.booster_.save_model(\"model.txt\") for LightGBM";

/// What the first bytes of a foreign model file say it is, and how to export a form that opens.
pub fn find(head: &[u8]) -> Option<(&'static str, &'static str)> {
    binary(head).or_else(|| zipped(head)).or_else(|| textual(head))
}

/// The refusal of a file that no loader recognises.
pub(super) fn refuse(head: &[u8], path: &Path) -> ModelError {
    let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    let (found, hint) = match (find(head), ending.as_deref()) {
        (Some(known), _) => known,
        (None, _) if head.is_empty() => ("the file is empty", "Save the model again from the training library"),
        (None, Some("onnx")) => ONNX,
        (None, Some("joblib")) => ("this is a joblib file of scikit-learn", SKLEARN),
        (None, Some("model" | "bin")) => LEGACY,
        (None, Some("json")) => ("this JSON file is no model Candor knows", KNOWN),
        _ => ("the content is no model Candor knows", KNOWN),
    };
    ModelError::UnknownFormat { path: path.to_owned(), found: found.to_owned(), hint: hint.to_owned() }
}

const KNOWN: &str = "Open an XGBoost .json or .ubj, a LightGBM .txt, an .onnx or a model saved by Candor";
const ONNX: (&str, &str) = (
    "the file ends in .onnx, but its content is no ONNX model",
    "Save the model again: open(\"model.onnx\", \"wb\").write(onnx_model.SerializeToString())",
);
const LEGACY: (&str, &str) = (
    "this is an XGBoost model in the old binary format",
    "Load it with XGBoost 3.0 or older and save it as JSON: booster.save_model(\"model.json\")",
);
const CATBOOST_HINT: &str =
    "CatBoost models do not open yet; explain an XGBoost or LightGBM model, or train a model on the table in Candor";

fn binary(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let has = |text: &str| contains(head, text.as_bytes());
    if matches!(head, [0x80, 2..=5, ..]) {
        return Some(("this is a Python pickle or joblib file", SKLEARN));
    }
    if head.starts_with(b"CBM1") {
        return Some(("this is a CatBoost .cbm model", CATBOOST_HINT));
    }
    if head.starts_with(b"\x89HDF\r\n\x1a\n") {
        return Some((
            "this is an HDF5 file, as Keras writes it",
            "Neural networks do not open; explain a tree model instead",
        ));
    }
    if head.starts_with(b"binf") || head.starts_with(b"bs64") {
        return Some(LEGACY);
    }
    if head.get(8) == Some(&b'{') && has("\"dtype\"") {
        return Some(("this is a safetensors file", "It holds weights without a model; explain a tree model instead"));
    }
    let legacy =
        ["gbtree", "gblinear", "dart"].into_iter().any(has) && head.contains(&0) && head.first() != Some(&b'{');
    legacy.then_some(LEGACY)
}

fn zipped(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let has = |text: &str| contains(head, text.as_bytes());
    if !head.starts_with(b"PK\x03\x04") {
        return None;
    }
    if has("data.pkl") || has("constants.pkl") {
        return Some(("this is a PyTorch file", "Neural networks do not open; explain a tree model instead"));
    }
    if has("schema.json") {
        return Some((
            "this is a skops file of scikit-learn",
            "Save the booster inside it with save_model(\"model.json\")",
        ));
    }
    has("model.weights.h5")
        .then_some(("this is a Keras file", "Neural networks do not open; explain a tree model instead"))
}

fn textual(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let has = |text: &str| contains(head, text.as_bytes());
    let start = head.trim_ascii_start();
    if (start.starts_with(b"<?xml") || start.starts_with(b"<PMML")) && has("<PMML") {
        return Some(("this is a PMML model", "Save the model in the training library's own format"));
    }
    if start.starts_with(b"booster[0]") || (start.starts_with(b"[") && has("\"nodeid\"")) {
        let found = "this is a dump of XGBoost trees, which lacks the base score";
        return Some((found, "Save the whole model: booster.save_model(\"model.json\")"));
    }
    if !start.starts_with(b"{") {
        return None;
    }
    if has("\"tree_info\"") && has("\"version\"") {
        let found = "this is a LightGBM model dumped as JSON, which lacks digits";
        return Some((found, "Save it as text: booster.save_model(\"model.txt\")"));
    }
    if has("\"oblivious_trees\"") || has("\"ctr_data\"") || has("\"model_info\"") || has("\"features_info\"") {
        return Some(("this is a CatBoost model in JSON", CATBOOST_HINT));
    }
    None
}

/// Whether `part` occurs in `all`.
pub(super) fn contains(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|w| w == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_models_are_named() {
        for (head, word) in [
            (&b"\x80\x04\x95\x10"[..], "pickle"),
            (b"CBM1\0\0", "CatBoost"),
            (b"\x89HDF\r\n\x1a\n", "HDF5"),
            (b"binf\0\0", "old binary"),
            (b"PK\x03\x04....archive/data.pkl", "PyTorch"),
            (b"<?xml version=\"1.0\"?><PMML>", "PMML"),
            (b"\x40\0\0\0\0\0\0\0{\"w\":{\"dtype\":\"F32\"", "safetensors"),
            (b"{\"name\":\"tree\",\"version\":\"v4\",\"tree_info\":[]}", "LightGBM"),
        ] {
            assert!(find(head).is_some_and(|(found, _)| found.contains(word)), "{word}");
        }
        for table in
            [&b"a,b,c\n1,2,3\n"[..], b"PAR1", b"ARROW1", b"{\"a\":1}\n{\"a\":2}\n", b"PK\x03\x04xl/workbook.xml"]
        {
            assert!(find(table).is_none());
        }
    }
}
