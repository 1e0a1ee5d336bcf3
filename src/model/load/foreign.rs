//! Files that are something else: each is named in one sentence, with the way to export a form that opens.

use std::path::Path;

use crate::model::ModelError;

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
        (None, Some("pkl" | "pickle" | "joblib")) => {
            ("the file is named like a pickle and is none", "Save it again: joblib.dump(model, \"model.joblib\")")
        }
        (None, Some("json")) => ("this JSON file is no model Candor knows", KNOWN),
        _ => ("the content is no model Candor knows", KNOWN),
    };
    ModelError::UnknownFormat { path: path.to_owned(), found: found.to_owned(), hint: hint.to_owned() }
}

const KNOWN: &str = "Open an XGBoost .json or .ubj, a LightGBM .txt, a CatBoost .cbm or .json, a scikit-learn .pkl, \
    .joblib or .skops, an .onnx, an EBM .json (ebm.to_json), an MLflow folder or a model saved by Candor";
const ONNX: (&str, &str) = (
    "the file ends in .onnx, but its content is no ONNX model",
    "Save the model again: open(\"model.onnx\", \"wb\").write(onnx_model.SerializeToString())",
);
/// The refusal of a folder that Spark wrote.
pub(super) fn spark(path: &Path) -> ModelError {
    ModelError::UnknownFormat {
        path: path.to_owned(),
        found: "this is the folder of a Spark model".to_owned(),
        hint: "Save the model inside it: model.get_booster().save_model(\"model.json\") for XGBoost, \
            model.saveNativeModel(\"folder\") for LightGBM (SynapseML), or export the pipeline as ONNX"
            .to_owned(),
    }
}

const R_OBJECT: (&str, &str) = (
    "this is an object of R (.rds or .RData)",
    "In R, save the model in its own format: xgb.save(model, \"model.json\") or lgb.save(model, \"model.txt\")",
);
const BASE64: (&str, &str) = (
    "this is an XGBoost model in an old text form (base64)",
    "Load it with the XGBoost that wrote it and save it as JSON: booster.save_model(\"model.json\")",
);

const KERAS: &str =
    "Export a network on columns of a table as ONNX: tf2onnx.convert.from_keras(model, output_path=\"model.onnx\")";

fn binary(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let has = |text: &str| contains(head, text.as_bytes());
    if head.starts_with(b"\x89HDF\r\n\x1a\n") {
        return Some(("this is an HDF5 file, as Keras writes it", KERAS));
    }
    let r_object = [&b"X\n\0\0\0"[..], b"RDX2\n", b"RDX3\n"];
    if r_object.into_iter().any(|start| head.starts_with(start)) {
        return Some(R_OBJECT);
    }
    if head.starts_with(b"bs64") {
        return Some(BASE64);
    }
    if head.get(8) == Some(&b'{') && has("\"dtype\"") {
        return Some((
            "this is a safetensors file",
            "It holds weights without a model; export the model as ONNX: torch.onnx.export",
        ));
    }
    None
}

fn zipped(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let has = |text: &str| contains(head, text.as_bytes());
    if !head.starts_with(b"PK\x03\x04") {
        return None;
    }
    if has("data.pkl") || has("constants.pkl") {
        let hint = "Export a network on columns of a table as ONNX: torch.onnx.export(model, example, \"model.onnx\", \
                    input_names=[\"x\"], dynamic_axes={\"x\": {0: \"n\"}})";
        return Some(("this is a PyTorch file", hint));
    }
    has("model.weights.h5").then_some(("this is a Keras file", KERAS))
}

fn textual(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let has = |text: &str| contains(head, text.as_bytes());
    let start = head.trim_ascii_start();
    if (start.starts_with(b"<?xml") || start.starts_with(b"<PMML")) && has("<PMML") {
        return Some(("this is a PMML model", "Save the model in the training library's own format"));
    }
    let nodes = start.starts_with(b"0:[") && has("yes=") && has("missing=");
    let list = start.starts_with(b"[") || start.starts_with(b"{ \"nodeid\"");
    if start.starts_with(b"booster[0]") || nodes || (list && has("\"nodeid\"")) {
        let found = "this is a dump of XGBoost trees, which lacks the base score";
        return Some((found, "Save the whole model: booster.save_model(\"model.json\")"));
    }
    if (start.starts_with(b"{") || start.starts_with(b"\"")) && has("\"tree\\nversion=") {
        let found = "this is the text of a LightGBM model inside JSON";
        return Some((found, "Write the text itself: booster.save_model(\"model.txt\")"));
    }
    if !start.starts_with(b"{") {
        return None;
    }
    if has("\"tree_info\"") && has("\"version\"") {
        let found = "this is a LightGBM model dumped as JSON, which lacks digits";
        return Some((found, "Save it as text: booster.save_model(\"model.txt\")"));
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
            (&b"\x89HDF\r\n\x1a\n"[..], "HDF5"),
            (b"bs64AAAA", "base64"),
            (b"X\n\0\0\0\x02\0\x04", "of R"),
            (b"RDX3\nX\n", "of R"),
            (b"booster[0]:\n0:[a<4] yes=1,no=2,missing=2\n", "dump of XGBoost"),
            (b"0:[a<4] yes=1,no=2,missing=2\n\t1:leaf=-0.5\n", "dump of XGBoost"),
            (b"[\n  { \"nodeid\": 0, \"depth\": 0,", "dump of XGBoost"),
            (b"  { \"nodeid\": 0, \"depth\": 0,", "dump of XGBoost"),
            (b"{\"model\": \"tree\\nversion=v4\\nnum_class=1", "inside JSON"),
            (b"\"tree\\nversion=v4\\nnum_class=1", "inside JSON"),
            (b"PK\x03\x04....archive/data.pkl", "PyTorch"),
            (b"<?xml version=\"1.0\"?><PMML>", "PMML"),
            (b"\x40\0\0\0\0\0\0\0{\"w\":{\"dtype\":\"F32\"", "safetensors"),
            (b"{\"name\":\"tree\",\"version\":\"v4\",\"tree_info\":[]}", "LightGBM"),
        ] {
            assert!(find(head).is_some_and(|(found, _)| found.contains(word)), "{word}");
        }
        for table in [
            &b"a,b,c\n1,2,3\n"[..],
            b"X\n1\n2\n",
            b"A\n2\n5\n",
            b"PAR1",
            b"ARROW1",
            b"{\"a\":1}\n{\"a\":2}\n",
            b"PK\x03\x04xl/workbook.xml",
        ] {
            assert!(find(table).is_none());
        }
    }
}
