//! Trees that are none, in every format: a cycle, a child out of range, a threshold that is no number, a negative cover.
//! Each is refused when the model is opened, and the refusal names tree and node.

use std::path::Path;

use candor::base::Task;
use candor::model::load::load_bytes;
use candor::model::load::native::{NativeBody, to_json};
use candor::model::{LinkFunction, ModelError, Structure};
use serde_json::{Value, json};

fn read(file: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(file);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// Opens bytes that must be refused; the refusal's place and reason.
fn refused(bytes: &[u8], what: &str) -> String {
    match load_bytes(bytes, Path::new("bad"), &Task::silent()) {
        Err(ModelError::Malformed { place, reason }) => format!("{place}: {reason}"),
        Err(other) => panic!("{what}: {other:?}"),
        Ok(_) => panic!("{what}: the model opened"),
    }
}

/// The refusal names tree 1 in the format's own way, and node 2.
fn names_the_place(bytes: &[u8], (tree, word): (&str, &str), what: &str) {
    names(&refused(bytes, what), (tree, "node 2", word), what);
}

fn names(text: &str, (tree, node, word): (&str, &str, &str), what: &str) {
    assert!(text.contains(tree), "{what}: the tree is not named: {text}");
    assert!(text.contains(node), "{what}: the node is not named: {text}");
    assert!(text.contains(word), "{what}: {text}");
}

#[test]
fn xgboost_json() {
    // In this order of fields the file is a tree of JSON values with bare numbers only.
    let model: Value = serde_json::from_slice(&read("xgboost/binary_nameless.model.json")).expect("plain JSON");
    let damaged = |key: &str, node: usize, value: Value| {
        let mut model = model.clone();
        let tree = &mut model["learner"]["gradient_booster"]["model"]["trees"][1];
        assert!(tree["left_children"][2] != json!(-1), "node 2 is a split");
        tree[key][node] = value;
        // The marker stands for what JSON has no word for.
        model.to_string().replace("\"not a number\"", "NaN").into_bytes()
    };
    let tree = |bytes: Vec<u8>, word: &str, what: &str| names_the_place(&bytes, ("trees", word), what);
    tree(damaged("left_children", 2, json!(2)), "reached twice", "a cycle of one");
    tree(damaged("right_children", 2, json!(1)), "reached twice", "two parents");
    tree(damaged("left_children", 2, json!(4000)), "4000", "a child out of range");
    tree(damaged("left_children", 2, json!(-7)), "-7", "a negative child");
    tree(damaged("split_conditions", 2, json!("not a number")), "not a number", "no threshold");
    tree(damaged("sum_hessian", 2, json!(-5.0)), "cover", "a negative cover");
    tree(damaged("sum_hessian", 2, json!("not a number")), "cover", "a cover that is no number");
}

#[test]
fn xgboost_ubjson() {
    let bytes = read("xgboost/binary_logistic_ubj.model.ubj");
    let damaged = |key: &str, value: [u8; 4]| {
        // Arrays of four-byte numbers: key, `[$d#L` or `[$l#L`, a count in eight bytes, the numbers. The second tree's.
        let places: Vec<usize> =
            bytes.windows(key.len()).enumerate().filter(|(_, w)| *w == key.as_bytes()).map(|w| w.0).collect();
        let start = places[1] + key.len() + 5 + 8 + 4 * 2;
        let mut bytes = bytes.clone();
        bytes[start..start + 4].copy_from_slice(&value);
        bytes
    };
    let tree = |bytes: Vec<u8>, word: &str, what: &str| names_the_place(&bytes, ("trees", word), what);
    tree(damaged("left_children", 2_i32.to_be_bytes()), "reached twice", "a cycle of one");
    tree(damaged("left_children", 4000_i32.to_be_bytes()), "4000", "a child out of range");
    tree(damaged("split_conditions", f32::NAN.to_be_bytes()), "not a number", "no threshold");
    tree(damaged("sum_hessian", (-5.0_f32).to_be_bytes()), "cover", "a negative cover");
}

#[test]
fn lightgbm_text() {
    let text = String::from_utf8(read("lightgbm/binary.model.txt")).expect("text");
    let damaged = |key: &str, value: &str| {
        let at = text.find("Tree=1").expect("a second tree");
        let line =
            at + text.get(at..).expect("ASCII text").find(&format!("\n{key}=")).expect("the key") + key.len() + 2;
        let end = line + text.get(line..).expect("ASCII text").find('\n').expect("a line");
        let mut values: Vec<&str> = text.get(line..end).expect("ASCII text").split(' ').collect();
        values[2] = value;
        let (before, after) = (text.get(..line).expect("ASCII text"), text.get(end..).expect("ASCII text"));
        format!("{before}{}{after}", values.join(" ")).into_bytes()
    };
    let tree = |bytes: Vec<u8>, word: &str, what: &str| names_the_place(&bytes, ("1", word), what);
    tree(damaged("left_child", "2"), "reached twice", "a cycle of one");
    tree(damaged("right_child", "0"), "reached twice", "a way back to the root");
    tree(damaged("left_child", "4000"), "4000", "a child out of range");
    tree(damaged("left_child", "-4000"), "-4000", "a leaf out of range");
    tree(damaged("threshold", "nan"), "not a number", "no threshold");
    tree(damaged("internal_count", "-5"), "cover", "a negative cover");
}

#[test]
fn own_models() {
    let model = load_bytes(&read("lightgbm/binary.model.txt"), Path::new("good"), &Task::silent()).expect("it opens");
    let Structure::Trees(ensemble) = model.structure() else { panic!("expected trees") };
    let body = NativeBody::Trees { ensemble: ensemble.clone(), link: LinkFunction::Sigmoid { slope: 1.0 } };
    let good: Value = serde_json::from_slice(&to_json(model.card(), &body).expect("written")).expect("plain JSON");
    let damaged = |key: &str, value: Value| {
        let mut model = good.clone();
        let node = &mut model["body"]["trees"]["ensemble"]["trees"][1]["nodes"][1];
        assert!(node["feature"] != json!(u32::MAX), "node 1 is a split");
        node[key] = value;
        model.to_string().into_bytes()
    };
    let tree = |bytes: Vec<u8>, word: &str, what: &str| names(&refused(&bytes, what), ("tree 1", "node 1", word), what);
    tree(damaged("left", json!(1)), "reached twice", "a cycle of one");
    tree(damaged("left", json!(0)), "reached twice", "a way back to the root");
    tree(damaged("right", json!(4000)), "4000", "a child out of range");
    tree(damaged("cover", json!(-5.0)), "cover", "a negative cover");
    // A threshold that is no number cannot even be written: the reader of the document refuses it, by its own place.
    let text = refused(&damaged("threshold", json!("NaN")), "no threshold");
    assert!(text.contains("threshold"), "{text}");
}
