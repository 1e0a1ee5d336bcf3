//! Damaged and hostile ONNX files: refused with a place or opened, never a panic, a hang or much memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use candor::base::{Problem, Task};
use candor::model::load::{load_bytes, looks_like_model};
use candor::model::{Model, ModelError};
use proptest::prelude::{ProptestConfig, any, proptest};

use super::common::strange::predict_strange_rows;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/onnx")
}

fn read(case: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{case}.model.onnx"))).unwrap_or_else(|e| panic!("{case}: {e}"))
}

fn open(bytes: &[u8]) -> Result<Arc<dyn Model>, ModelError> {
    load_bytes(bytes, Path::new("damaged.onnx"), &Task::silent())
}

/// Opens; a model must then answer strange rows, a refusal must say where. Returns whether it opened.
fn survives(bytes: &[u8], what: &str) -> bool {
    match open(bytes) {
        Ok(model) => {
            answer_strange_rows(&*model);
            true
        }
        Err(ModelError::Malformed { place, reason }) => {
            assert!(!place.is_empty() && !reason.is_empty(), "{what}: refused without a place");
            false
        }
        Err(ModelError::Unsupported { what: part, hint }) => {
            assert!(!part.is_empty() && !hint.is_empty(), "{what}");
            false
        }
        Err(ModelError::UnknownFormat { .. }) => false,
        Err(other) => panic!("{what}: {other:?}"),
    }
}

fn answer_strange_rows(model: &dyn Model) {
    if model.card().inputs.len() <= 10_000 {
        predict_strange_rows(model);
    }
}

/// What a refusal says, all parts in one line.
fn refusal(bytes: &[u8]) -> String {
    match open(bytes) {
        Ok(_) => panic!("a hostile file opened"),
        Err(error) => format!("{:?}", Problem::from(error)),
    }
}

// A writer of protocol buffers, as small as the test needs -------------------------------------------

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn number(field: u64, value: i64) -> Vec<u8> {
    [varint(field << 3), varint(value.cast_unsigned())].concat()
}

fn bytes(field: u64, content: &[u8]) -> Vec<u8> {
    [varint(field << 3 | 2), varint(content.len() as u64), content.to_vec()].concat()
}

fn text(field: u64, content: &str) -> Vec<u8> {
    bytes(field, content.as_bytes())
}

fn ints(name: &str, values: &[i64]) -> Vec<u8> {
    let all = values.iter().flat_map(|v| number(8, *v)).collect::<Vec<u8>>();
    bytes(5, &[text(1, name), all, number(20, 7)].concat())
}

fn floats(name: &str, values: &[f32]) -> Vec<u8> {
    let all = values.iter().flat_map(|v| [varint(7 << 3 | 5), v.to_le_bytes().to_vec()].concat()).collect::<Vec<u8>>();
    bytes(5, &[text(1, name), all, number(20, 6)].concat())
}

fn texts(name: &str, values: &[&str]) -> Vec<u8> {
    let all = values.iter().flat_map(|v| text(9, v)).collect::<Vec<u8>>();
    bytes(5, &[text(1, name), all, number(20, 8)].concat())
}

fn int(name: &str, value: i64) -> Vec<u8> {
    bytes(5, &[text(1, name), number(3, value), number(20, 2)].concat())
}

fn node(domain: &str, operator: &str, inputs: &[&str], outputs: &[&str], attributes: &[Vec<u8>]) -> Vec<u8> {
    let inputs = inputs.iter().flat_map(|name| text(1, name)).collect::<Vec<u8>>();
    let outputs = outputs.iter().flat_map(|name| text(2, name)).collect::<Vec<u8>>();
    bytes(1, &[inputs, outputs, text(4, operator), attributes.concat(), text(7, domain)].concat())
}

fn tensor(name: &str, dims: &[i64], whole: &[i64]) -> Vec<u8> {
    let dims = dims.iter().flat_map(|d| number(1, *d)).collect::<Vec<u8>>();
    let values = whole.iter().flat_map(|v| number(7, *v)).collect::<Vec<u8>>();
    bytes(5, &[dims, number(2, 7), values, text(8, name)].concat())
}

fn value(field: u64, name: &str, width: i64) -> Vec<u8> {
    let dims = [bytes(1, &text(2, "N")), bytes(1, &number(1, width))].concat();
    let kind = bytes(1, &[number(1, 1), bytes(2, &dims)].concat());
    bytes(field, &[text(1, name), bytes(2, &kind)].concat())
}

/// A model with the input X of two columns and the output Y.
fn model(parts: &[Vec<u8>]) -> Vec<u8> {
    let graph = [parts.concat(), value(11, "X", 2), value(12, "Y", 2)].concat();
    let opset = |domain: &str, version| bytes(8, &[text(1, domain), number(2, version)].concat());
    [number(1, 8), text(2, "test"), bytes(7, &graph), opset("", 18), opset("ai.onnx.ml", 3)].concat()
}

#[test]
fn the_writer_of_this_test_writes_models_that_open() {
    let add = node("", "Add", &["X", "X"], &["Y"], &[]);
    assert!(survives(&model(&[add]), "X + X"));
}

// Damage -------------------------------------------------------------------------------------------

#[test]
fn a_changed_byte_is_no_danger() {
    for (case, step) in [
        ("mode_leq", 1),
        ("two_sparse_mixed", 1),
        ("version_5", 1),
        ("neighbours", 7),
        ("text_one_hot", 5),
        ("svc", 11),
    ] {
        let whole = read(case);
        for at in (0..whole.len()).step_by(step) {
            for new in [0, 1, 0x7f, 0x80, 0xff, whole[at] ^ 1, whole[at] ^ 8] {
                let mut hurt = whole.clone();
                hurt[at] = new;
                survives(&hurt, &format!("{case}, byte {at} set to {new}"));
            }
        }
    }
}

#[test]
fn a_shortened_onnx_file_never_opens() {
    for case in ["mode_leq", "linear", "neighbours", "text_ordinal", "xgboost_multi", "mlp_binary"] {
        let whole = read(case);
        assert!(survives(&whole, case));
        // The graph is followed by the versions of the operators only.
        let graph = whole.len() - 64;
        for cut in (0..64).map(|i| graph * i / 64) {
            assert!(!survives(&whole[..cut], case), "{case}: opened with {cut} of {} bytes", whole.len());
        }
    }
}

#[test]
fn counts_far_beyond_the_file_are_refused() {
    for case in ["mode_leq", "linear", "neighbours", "text_one_hot"] {
        let whole = read(case);
        for at in (0..whole.len()).step_by(3) {
            let huge = [&whole[..at], &[0xff, 0xff, 0xff, 0xff, 0x7f], &whole[(at + 1).min(whole.len())..]].concat();
            survives(&huge, &format!("{case}, byte {at} made huge"));
        }
    }
}

// Hostile graphs -----------------------------------------------------------------------------------

#[test]
fn a_graph_that_runs_in_a_circle_is_refused() {
    let circle = [
        node("", "Add", &["X", "B"], &["A"], &[]),
        node("", "Neg", &["A"], &["B"], &[]),
        node("", "Neg", &["B"], &["Y"], &[]),
    ];
    assert!(refusal(&model(&circle)).contains("circle"));
}

#[test]
fn a_value_that_nothing_gives_is_named() {
    let said = refusal(&model(&[node("", "Add", &["X", "nowhere"], &["Y"], &[])]));
    assert!(said.contains("nowhere") && said.contains("node 0"), "{said}");
}

#[test]
fn a_value_given_twice_is_refused() {
    let said = refusal(&model(&[node("", "Neg", &["X"], &["Y"], &[]), node("", "Abs", &["X"], &["Y"], &[])]));
    assert!(said.contains("twice"), "{said}");
}

#[test]
fn all_operators_that_are_missing_are_listed() {
    let texts = refusal(&model(&[node("", "TfIdfVectorizer", &["X"], &["Y"], &[])]));
    assert!(texts.contains("TfIdfVectorizer (node 0)") && texts.contains("features"), "{texts}");
    let said = refusal(&model(&[
        node("ai.onnx.ml", "DictVectorizer", &["X"], &["A"], &[]),
        node("", "TfIdfVectorizer", &["A"], &["B"], &[]),
        node("com.example", "Own", &["B"], &["Y"], &[]),
    ]));
    for name in ["DictVectorizer", "TfIdfVectorizer", "Own of com.example"] {
        assert!(said.contains(name), "{said}");
    }
    let functions = [model(&[node("", "Neg", &["X"], &["Y"], &[])]), bytes(25, &text(1, "Mine"))].concat();
    assert!(refusal(&functions).contains("Mine (a function of the file)"));
}

#[test]
fn data_in_other_files_is_never_opened() {
    let entry = [text(1, "location"), text(2, "/etc/passwd")].concat();
    // Either field alone says so.
    for place in [bytes(13, &entry), number(14, 1)] {
        let outside = bytes(5, &[number(1, 2), number(2, 1), text(8, "W"), place].concat());
        let said = refusal(&model(&[outside, node("", "Add", &["X", "W"], &["Y"], &[])]));
        assert!(said.contains("“W”") && said.contains("another file"), "{said}");
    }
}

#[test]
fn shapes_far_beyond_their_data_are_refused() {
    for dims in [&[1_i64 << 40][..], &[-1], &[3], &[1 << 33, 1 << 33], &[0, i64::MAX]] {
        let said = refusal(&model(&[tensor("W", dims, &[1, 2]), node("", "Add", &["X", "W"], &["Y"], &[])]));
        assert!(said.contains("“W”"), "{said}");
    }
}

#[test]
fn operators_that_ask_for_huge_tensors_are_refused() {
    let started = Instant::now();
    let big = tensor("S", &[2], &[1 << 20, 1 << 20]);
    let line = tensor("L", &[1], &[1 << 22]);
    for (name, parts) in [
        ("ConstantOfShape", vec![big.clone(), node("", "ConstantOfShape", &["S"], &["Y"], &[])]),
        ("Expand", vec![big.clone(), node("", "Expand", &["X", "S"], &["Y"], &[])]),
        ("Tile", vec![big.clone(), node("", "Tile", &["X", "S"], &["Y"], &[])]),
        ("Reshape", vec![big, node("", "Reshape", &["X", "S"], &["Y"], &[])]),
        ("TopK", vec![line.clone(), node("", "TopK", &["X", "L"], &["Y", "I"], &[])]),
        (
            "Mul",
            vec![
                line,
                tensor("C", &[2], &[1 << 22, 1]),
                node("", "ConstantOfShape", &["L"], &["A"], &[]),
                node("", "ConstantOfShape", &["C"], &["B"], &[]),
                node("", "Mul", &["A", "B"], &["Y"], &[]),
            ],
        ),
    ] {
        let said = refusal(&model(&parts));
        assert!(said.contains(name), "{name}: {said}");
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn lengths_that_overflow_are_refused() {
    let started = Instant::now();
    let (least, most) = (i64::MIN, i64::MAX);
    let normal = |name: &str, settings: &[Vec<u8>]| node("", name, &["X", "S", "S", "S", "S"], &["Y"], settings);
    for (name, parts) in [
        ("Pad", vec![tensor("S", &[4], &[0, 0, 1 << 40, 0]), node("", "Pad", &["X", "S"], &["Y"], &[])]),
        ("Pad", vec![tensor("S", &[4], &[most, most, most, most]), node("", "Pad", &["X", "S"], &["Y"], &[])]),
        ("Pad", vec![tensor("S", &[4], &[least, 0, 0, -3]), node("", "Pad", &["X", "S"], &["Y"], &[])]),
        ("Pad", vec![tensor("S", &[3], &[0, 0, 0]), node("", "Pad", &["X", "S"], &["Y"], &[])]),
        ("Pad", vec![node("", "Pad", &["X"], &["Y"], &[ints("pads", &[0, 1 << 20, 0, 1 << 30])])]),
        (
            "Range",
            vec![
                tensor("A", &[], &[0]),
                tensor("B", &[], &[most]),
                tensor("C", &[], &[1]),
                node("", "Range", &["A", "B", "C"], &["Y"], &[]),
            ],
        ),
        (
            "Range",
            vec![tensor("A", &[], &[0]), tensor("C", &[], &[0]), node("", "Range", &["A", "A", "C"], &["Y"], &[])],
        ),
        ("Tile", vec![tensor("S", &[2], &[most, most]), node("", "Tile", &["X", "S"], &["Y"], &[])]),
        ("Expand", vec![tensor("S", &[3], &[most, 2, 2]), node("", "Expand", &["X", "S"], &["Y"], &[])]),
        ("Expand", vec![tensor("S", &[2], &[-1, 2]), node("", "Expand", &["X", "S"], &["Y"], &[])]),
        ("Gather", vec![tensor("S", &[1], &[least]), node("", "Gather", &["X", "S"], &["Y"], &[int("axis", 1)])]),
        ("Split", vec![node("", "Split", &["X"], &["Y"], &[int("axis", 1), ints("split", &[most, most])])]),
        ("BatchNormalization", vec![tensor("S", &[3], &[1, 1, 1]), normal("BatchNormalization", &[])]),
        ("LayerNormalization", vec![tensor("S", &[3], &[1, 1, 1]), normal("LayerNormalization", &[int("axis", most)])]),
        ("LayerNormalization", vec![tensor("S", &[3], &[1, 1, 1]), normal("LayerNormalization", &[])]),
        ("Gemm", vec![tensor("S", &[1], &[1]), node("", "Gemm", &["X", "S"], &["Y"], &[int("transB", 1)])]),
        ("MatMul", vec![tensor("S", &[2, 0], &[]), node("", "MatMul", &["X", "S"], &["Y"], &[])]),
    ] {
        let said = refusal(&model(&parts));
        assert!(said.contains(name), "{name}: {said}");
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

/// A square of ones as a stored float tensor.
fn ones(name: &str, size: usize) -> Vec<u8> {
    let raw = 1.0_f32.to_le_bytes().repeat(size * size);
    bytes(5, &[number(1, size as i64), number(1, size as i64), number(2, 1), text(8, name), bytes(9, &raw)].concat())
}

#[test]
fn graphs_that_repeat_columns_or_sums_without_end_open_soon_or_are_refused() {
    let started = Instant::now();
    let name = |i: usize| if i == 0 { "X".to_owned() } else { format!("T{i}") };
    let chain = |operator: &'static str, length: usize, settings: &[Vec<u8>], twice: bool| {
        let step = |i: usize| {
            let from = name(i);
            let inputs = if twice { vec![from.as_str(), from.as_str()] } else { vec![from.as_str()] };
            node("", operator, &inputs, &[name(i + 1).as_str()], settings)
        };
        let mut parts: Vec<Vec<u8>> = (0..length).map(step).collect();
        parts.push(node("", "Identity", &[name(length).as_str()], &["Y"], &[]));
        parts
    };
    // Columns that double with every node; sums that double; and copies of a wide product.
    survives(&model(&chain("Concat", 22, &[int("axis", 1)], true)), "doubled columns");
    survives(&model(&chain("Add", 3000, &[], true)), "doubled sums");
    survives(&model(&chain("Concat", 3000, &[int("axis", 0)], false)), "stacks");
    let wide = |parts: Vec<Vec<u8>>| {
        let graph = [parts.concat(), value(11, "X", 600), value(12, "Y", 600)].concat();
        let opset = bytes(8, &[text(1, ""), number(2, 18)].concat());
        [number(1, 8), text(2, "test"), bytes(7, &graph), opset].concat()
    };
    let mut copies = vec![ones("W", 600), node("", "MatMul", &["X", "W"], &["T1"], &[])];
    copies.extend((1..2000).map(|i| node("", "Identity", &[name(i).as_str()], &[name(i + 1).as_str()], &[])));
    copies.push(node("", "Identity", &[name(2000).as_str()], &["Y"], &[]));
    assert!(survives(&wide(copies), "copies of a product"));
    let mut steps = vec![ones("W", 1)];
    steps.extend((0..2000).map(|i| node("", "Mul", &[name(i).as_str(), "W"], &[name(i + 1).as_str()], &[])));
    steps.push(node("", "Identity", &[name(2000).as_str()], &["Y"], &[]));
    assert!(survives(&wide(steps), "many steps of many columns"));
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

#[test]
fn inputs_like_images_are_refused_in_one_sentence() {
    let dims = (0..4).map(|_| bytes(1, &number(1, 3))).collect::<Vec<_>>().concat();
    let kind = bytes(1, &[number(1, 1), bytes(2, &dims)].concat());
    let image = bytes(11, &[text(1, "pixels"), bytes(2, &kind)].concat());
    let graph = [node("", "Conv", &["pixels"], &["Y"], &[]), image, value(12, "Y", 2)].concat();
    let said = refusal(&[number(1, 8), text(2, "test"), bytes(7, &graph), bytes(8, &number(2, 18))].concat());
    assert!(said.contains("“pixels” has 4 axes") && said.contains("tables"), "{said}");
}

#[test]
fn arithmetic_in_sixteen_bits_is_refused_with_a_recipe() {
    for kind in [10, 16] {
        let parts = [
            node("", "Cast", &["X"], &["H"], &[int("to", kind)]),
            node("", "Mul", &["H", "H"], &["S"], &[]),
            node("", "Cast", &["S"], &["Y"], &[int("to", 1)]),
        ];
        let said = refusal(&model(&parts));
        assert!(said.contains("node 1 (Mul)") && said.contains("processor; export the model in float32"), "{said}");
    }
}

#[test]
fn many_large_tensors_are_refused_together() {
    let mut parts = vec![tensor("S", &[1], &[1 << 24])];
    let names: Vec<String> = (0..64).map(|i| format!("T{i}")).collect();
    parts.extend(names.iter().map(|name| node("", "ConstantOfShape", &["S"], &[name.as_str()], &[])));
    let all: Vec<&str> = std::iter::once("X").chain(names.iter().map(String::as_str)).collect();
    parts.push(node("", "Concat", &all, &["Y"], &[int("axis", 0)]));
    assert!(refusal(&model(&parts)).contains("memory"));
}

#[test]
fn graphs_inside_graphs_end() {
    let mut graph = node("", "Identity", &["X"], &["Z"], &[]);
    for _level in 0..5000 {
        let body = bytes(5, &[text(1, "body"), bytes(6, &graph), number(20, 5)].concat());
        graph = node("", "Scan", &["X"], &["Z"], &[body]);
    }
    let said = refusal(&model(&[graph]));
    assert!(said.contains("deep inside"), "{said}");
}

/// A tree whose nodes share what lies below them: two to the power of `depth` paths.
fn shared_tree(depth: i64) -> Vec<u8> {
    let ids: Vec<i64> = (0..=depth).collect();
    let next: Vec<i64> = ids.iter().map(|i| (i + 1).min(depth)).collect();
    let modes: Vec<&str> = ids.iter().map(|i| if *i == depth { "LEAF" } else { "BRANCH_LEQ" }).collect();
    let zeros = vec![0; ids.len()];
    node(
        "ai.onnx.ml",
        "TreeEnsembleRegressor",
        &["X"],
        &["Y"],
        &[
            ints("nodes_treeids", &zeros),
            ints("nodes_nodeids", &ids),
            ints("nodes_featureids", &zeros),
            texts("nodes_modes", &modes),
            ints("nodes_truenodeids", &next),
            ints("nodes_falsenodeids", &next),
            floats("nodes_values", &vec![0.5; ids.len()]),
            ints("target_treeids", &[0]),
            ints("target_nodeids", &[depth]),
            ints("target_ids", &[0]),
            floats("target_weights", &[1.5]),
            int("n_targets", 1),
        ],
    )
}

#[test]
fn a_tree_with_more_paths_than_atoms_answers_at_once() {
    let started = Instant::now();
    assert!(survives(&model(&[shared_tree(5000)]), "shared tree"));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn a_tree_that_runs_in_a_circle_is_refused() {
    let nodes = |name: &str, values: &[i64]| ints(name, values);
    let said = refusal(&model(&[node(
        "ai.onnx.ml",
        "TreeEnsembleRegressor",
        &["X"],
        &["Y"],
        &[
            nodes("nodes_treeids", &[0, 0, 0]),
            nodes("nodes_nodeids", &[0, 1, 2]),
            nodes("nodes_featureids", &[0, 0, 0]),
            texts("nodes_modes", &["BRANCH_LEQ", "BRANCH_LEQ", "LEAF"]),
            nodes("nodes_truenodeids", &[1, 0, 0]),
            nodes("nodes_falsenodeids", &[2, 2, 0]),
            floats("nodes_values", &[0.0; 3]),
            nodes("target_treeids", &[0]),
            nodes("target_nodeids", &[2]),
            nodes("target_ids", &[0]),
            floats("target_weights", &[1.0]),
            int("n_targets", 1),
        ],
    )]));
    assert!(said.contains("circle"), "{said}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn arbitrary_fields_are_no_danger(start in 0_usize..3, rest in proptest::collection::vec(any::<u8>(), 0..400)) {
        let start: &[u8] = [&b"\x08\x08"[..], b"\x08\x08\x12\x04test\x3a", b"\x08\x08\x3a\x80\x02\x0a"][start];
        let all = [start, &rest].concat();
        survives(&all, "arbitrary fields");
        looks_like_model(&all);
    }
}
