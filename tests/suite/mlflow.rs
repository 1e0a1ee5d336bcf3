//! MLflow folders: what opens, what is refused, and that nothing outside the folder is read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candor::base::Task;
use candor::model::load::{load, looks_like_model};
use candor::model::{Model, ModelError};
use tempfile::TempDir;

fn recorded(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/mlflow").join(case)
}

fn open(path: &Path) -> Result<Arc<dyn Model>, ModelError> {
    load(path, &Task::silent())
}

/// A folder with the recorded booster and an `MLmodel` that names `data`.
fn folder(data: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy(recorded("named/model.ubj"), folder.path().join("model.ubj")).expect("a copy");
    write(folder.path(), &format!("flavors:\n  xgboost:\n    data: {data}\n"));
    folder
}

fn write(folder: &Path, text: &str) {
    std::fs::write(folder.join("MLmodel"), text).expect("the folder can be written");
}

/// Place and reason of a refusal.
fn refusal(path: &Path) -> (String, String) {
    match open(path).err().expect("a refusal") {
        ModelError::Malformed { place, reason } => (place, reason),
        ModelError::Unsupported { what, hint } => (hint, what),
        ModelError::UnknownFormat { path, found, .. } => (path.display().to_string(), found),
        ModelError::Unreadable { path, reason } => (path.display().to_string(), reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_folder_and_its_file_open_alike() {
    let by_folder = open(&recorded("named")).expect("the folder opens");
    let by_file = open(&recorded("named/MLmodel")).expect("the file opens");
    let [a, b] = [by_folder.card(), by_file.card()];
    assert_eq!((&a.inputs, &a.sha256, &a.name, &a.path), (&b.inputs, &b.sha256, &b.name, &b.path));
    assert_eq!(a.name, "named");
    assert!(a.format.contains("XGBoost UBJSON"), "{}", a.format);
    let alone = open(&recorded("named/model.ubj")).expect("the model opens");
    assert_eq!(alone.card().sha256, a.sha256);
    assert!(looks_like_model(&std::fs::read(recorded("named/MLmodel")).expect("a file")));
}

#[test]
fn names_come_from_the_signature_where_the_model_has_none() {
    let alone = open(&recorded("arrays/model.ubj")).expect("the model opens");
    assert_eq!(alone.card().inputs[0].name, "f0");
    for case in ["arrays", "example"] {
        let card = open(&recorded(case)).expect("the folder opens").card().clone();
        assert_eq!(card.inputs[0].name, "a long name", "{case}");
        assert!(card.notes.iter().any(|n| n.contains("signature")), "{case}");
        assert!(!card.notes.iter().any(|n| n.contains("no input names")), "{case}");
    }
    let folder = folder("model.ubj");
    write(
        folder.path(),
        "flavors:\n  xgboost:\n    data: model.ubj\nsignature:\n  inputs: '[{\"type\": \"string\", \"name\": \"only\"}]'\n",
    );
    let card = open(folder.path()).expect("the folder opens").card().clone();
    assert_eq!(card.inputs[1].name, "b");
    assert!(card.notes.iter().any(|n| n.contains("1 column") && n.contains("4 inputs")), "{:?}", card.notes);
}

#[test]
fn what_cannot_open_is_refused_in_one_sentence() {
    let (hint, what) = refusal(&recorded("function"));
    assert!(what.contains("pickle") || what.contains("Python function"), "{what}");
    assert!(!hint.is_empty());
    let empty = tempfile::tempdir().expect("a folder");
    assert!(refusal(empty.path()).1.contains("without a file “MLmodel”"));
    write(empty.path(), "flavors:\n  python_function:\n    loader_module: mlflow.pyfunc.model\n");
    assert!(refusal(empty.path()).1.contains("Python function"));
    std::fs::create_dir(empty.path().join("data")).expect("a folder");
    write(empty.path(), "flavors:\n  pytorch:\n    model_data: data\n    data: data\n");
    assert!(refusal(empty.path()).1.contains("“pytorch” keeps its model in a folder"));
    write(empty.path(), "flavors:\n  xgboost:\n    data: gone.ubj\n");
    assert!(refusal(empty.path()).0.contains("gone.ubj"));
    write(empty.path(), "flavors:\n  xgboost:\n    data: MLmodel\n");
    assert!(refusal(empty.path()).1.contains("MLmodel file again"));
    write(empty.path(), "flavors:\n  xgboost: &a\n    data: model.ubj\n");
    assert!(refusal(empty.path()).1.contains("anchors"));
}

#[test]
fn nothing_outside_the_folder_is_read() {
    let outer = folder("model.ubj");
    let inner = outer.path().join("inner");
    std::fs::create_dir(&inner).expect("a folder");
    let absolute = outer.path().join("model.ubj").display().to_string();
    for path in ["../model.ubj", "a/../../model.ubj", "./../model.ubj", absolute.as_str(), "''"] {
        for flavour in ["xgboost", "python_function"] {
            write(&inner, &format!("flavors:\n  {flavour}:\n    data: {path}\n"));
            let (place, reason) = refusal(&inner);
            assert!(reason.contains("outside the folder"), "{path}: {reason}");
            assert_eq!(place, format!("flavors.{flavour}.data"));
        }
    }
    std::fs::copy(outer.path().join("model.ubj"), inner.join("model.ubj")).expect("a copy");
    let example = |path: &str| {
        format!(
            "flavors:\n  xgboost:\n    data: model.ubj\nsaved_input_example_info:\n  artifact_path: {path}\n  type: dataframe\n"
        )
    };
    write(&inner, &example("../secret.json"));
    assert!(refusal(&inner).1.contains("outside the folder"));
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_outside_is_not_followed() {
    use std::os::unix::fs::symlink;
    let outer = folder("model.ubj");
    let inner = outer.path().join("inner");
    std::fs::create_dir(&inner).expect("a folder");
    symlink(outer.path().join("model.ubj"), inner.join("model.ubj")).expect("a link");
    symlink(outer.path(), inner.join("up")).expect("a link");
    for path in ["model.ubj", "up/model.ubj"] {
        write(&inner, &format!("flavors:\n  xgboost:\n    data: {path}\n"));
        assert!(refusal(&inner).1.contains("a link that leads outside"), "{path}");
    }
    // A link to a neighbour inside the folder, and a link to the folder itself, are harmless.
    symlink("model.ubj", outer.path().join("same.ubj")).expect("a link");
    write(outer.path(), "flavors:\n  xgboost:\n    data: same.ubj\n");
    assert!(open(outer.path()).is_ok());
    let elsewhere = tempfile::tempdir().expect("a folder");
    symlink(outer.path(), elsewhere.path().join("link")).expect("a link");
    assert!(open(&elsewhere.path().join("link")).is_ok());
}
