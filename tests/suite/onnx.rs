//! ONNX models against what onnxruntime recorded for them, and the structure behind them against the graph.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candor::base::Task;
use candor::data::{Input, InputKind};
use candor::model::load::load;
use candor::model::{Model, Node, Scale, Structure, TaskKind, TreeEnsemble};
use candor::num::Matrix;
use serde_json::Value;

/// Both compute in f32; sums of products are added in an order of onnxruntime's own, here in f64 and rounded once.
const GRAPH_F32: f64 = 1e-6;
/// A sum of trees in f32 and the same in f64.
const SUM_F32: f64 = 4e-7;

/// Beginnings of the names of cases that are made of comparisons, additions in file order and links only: nothing in
/// them is computed in an order that is not known.
const IN_ORDER: [&str; 24] = [
    "aggregate_",
    "boosting_",
    "catboost_",
    "extra_trees",
    "first_",
    "forest_",
    "imputed_trees",
    "isolation",
    "lightgbm_binary",
    "lightgbm_codes",
    "lightgbm_multi",
    "lightgbm_value",
    "mode_",
    "scaled_trees",
    "text_filled",
    "text_ordinal",
    "three_none",
    "three_logistic",
    "three_softmax",
    "tree_",
    "two_",
    "value_logistic",
    "version_5",
    "whole_one_hot",
];

struct Case {
    name: String,
    model: Arc<dyn Model>,
    rows: Matrix,
    recorded: Vec<f64>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle")
}

fn cases() -> Vec<Case> {
    let mut files = Vec::new();
    for part in ["onnx", "onnx-skl1.14", "onnx-torch"] {
        let folder = folder().join(part);
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        files.extend(entries.map(|entry| entry.expect("an entry").path()));
    }
    files.retain(|p| p.extension().is_some_and(|e| e == "json"));
    files.sort();
    files.iter().map(|file| case(file)).collect()
}

fn case(file: &Path) -> Case {
    let record: Value = serde_json::from_slice(&std::fs::read(file).expect("a case")).expect("JSON");
    let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
    let path = file.with_file_name(record["model"].as_str().expect("the case names its model"));
    let model = load(&path, &Task::silent()).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    let features: Vec<&str> = record["features"].as_array().expect("names").iter().filter_map(Value::as_str).collect();
    let inputs: Vec<&str> = model.card().inputs.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(features, inputs, "{name}");
    let rows = record["rows"].as_array().expect("rows").iter().map(|row| encode(row, &model.card().inputs));
    let rows = Matrix::from_rows(&rows.collect::<Vec<_>>()).expect("rows of one length");
    let table = if record["probability"].is_null() { &record["prediction"] } else { &record["probability"] };
    // Of two classes only the second is an output of the model.
    let binary = model.card().task == TaskKind::Binary;
    let answers = table.as_array().expect("answers").iter().map(|row| row.as_array().expect("a row"));
    let recorded = answers.flat_map(|row| row[if binary { row.len() - 1 } else { 0 }..].iter());
    let recorded = recorded.map(|v| v.as_f64().unwrap_or(f64::NAN)).collect();
    Case { name, model, rows, recorded }
}

fn encode(row: &Value, inputs: &[Input]) -> Vec<f64> {
    let cell = |(cell, input): (&Value, &Input)| match (cell, &input.kind) {
        (Value::Null, _) => f64::NAN,
        (Value::String(text), InputKind::Levels(levels)) => {
            levels.iter().position(|l| l == text).map_or(f64::NAN, |k| k as f64)
        }
        (cell, _) => cell.as_f64().unwrap_or_else(|| panic!("“{}” is given {cell}", input.name)),
    };
    row.as_array().expect("a row").iter().zip(inputs).map(cell).collect()
}

/// The scale of the graph's own output.
fn answer_scale(model: &dyn Model) -> Scale {
    let scales = &model.card().scales;
    *scales.iter().find(|s| **s != Scale::Margin).unwrap_or(&Scale::Margin)
}

fn answers(case: &Case, predict: impl Fn(&dyn Model, &mut [f64])) -> Vec<f64> {
    let mut out = vec![0.0; case.rows.rows() * case.model.card().outputs.len()];
    predict(&*case.model, &mut out);
    out
}

fn predicted(case: &Case) -> Vec<f64> {
    answers(case, |model, out| model.predict(case.rows.view(), answer_scale(model), out))
}

fn near(a: f64, b: f64, tolerance: f64) -> bool {
    (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * b.abs().max(1.0)
}

fn named(name: &str) -> Case {
    case(&folder().join("onnx").join(format!("{name}.json")))
}

#[test]
fn predictions_agree_with_onnxruntime() {
    let all = cases();
    assert!(all.len() >= 151, "only {} cases were found", all.len());
    for case in all {
        let ours = predicted(&case);
        assert_eq!(ours.len(), case.recorded.len(), "{}", case.name);
        for (i, (a, b)) in ours.iter().zip(&case.recorded).enumerate() {
            assert!(near(*a, *b, GRAPH_F32), "{}: value {i} is {a:e}, recorded {b:e}", case.name);
        }
    }
}

#[test]
fn trees_agree_in_every_bit() {
    let mut count = 0;
    for case in cases().into_iter().filter(|c| IN_ORDER.iter().any(|start| c.name.starts_with(start))) {
        for (i, (a, b)) in predicted(&case).iter().zip(&case.recorded).enumerate() {
            let same = a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
            assert!(same, "{}: value {i} is {a:e}, recorded {b:e}", case.name);
        }
        count += 1;
    }
    assert!(count >= 73, "only {count} cases were found");
}

#[test]
fn rows_do_not_depend_on_their_neighbours() {
    for case in cases() {
        let together = predicted(&case);
        let outputs = case.model.card().outputs.len();
        for (i, all) in together.chunks(outputs).enumerate() {
            let mut alone = vec![0.0; outputs];
            case.model.predict(case.rows.view().slice(i, i + 1), answer_scale(&*case.model), &mut alone);
            let same = all.iter().zip(&alone).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()));
            assert!(same, "{}: row {i} is {all:?} among others and {alone:?} alone", case.name);
        }
    }
}

#[test]
fn the_structure_is_the_function_of_the_graph() {
    let (mut trees, mut linear, mut additive) = (0, 0, 0);
    for case in cases() {
        match case.model.structure() {
            Structure::Trees(_) => trees += 1,
            Structure::Linear(_) => linear += 1,
            Structure::Additive(_) => additive += 1,
            Structure::Products(_) | Structure::Opaque => continue,
        }
        let exact = answers(&case, |model, out| model.predict_f64(case.rows.view(), answer_scale(model), out));
        // A code is a whole number; the graph compares others, too, but they mean nothing.
        let inputs = &case.model.card().inputs;
        let whole = |row: &[f64]| row.iter().zip(inputs).all(|(x, i)| i.kind != InputKind::Codes || x.fract() == 0.0);
        let outputs = case.model.card().outputs.len();
        for (i, (a, b)) in exact.iter().zip(predicted(&case)).enumerate() {
            if !whole(case.rows.row(i / outputs)) {
                continue;
            }
            assert!(near(*a, b, SUM_F32), "{}: value {i} is {a:e} by the structure, {b:e} by the graph", case.name);
        }
        // Whatever the card offers must be answered.
        for scale in &case.model.card().scales {
            let some = answers(&case, |model, out| model.predict(case.rows.view(), *scale, out));
            assert!(some.iter().any(|v| v.is_finite()), "{}: no answer in {scale:?}", case.name);
        }
    }
    assert!(
        trees >= 60 && linear >= 18 && additive >= 4,
        "{trees} trees, {linear} linear forms, {additive} additive ones"
    );
}

/// Rows that differ from one row in one feature, which lies on a threshold of the structure or one f32 beside it.
fn rows_on_thresholds(ensemble: &TreeEnsemble, row: &[f64]) -> Vec<Vec<f64>> {
    let splits = ensemble.trees.iter().flat_map(|tree| &tree.nodes).filter(|n| !n.is_leaf() && n.set == Node::NUMERIC);
    let near = |threshold: f64| {
        let narrow = threshold as f32;
        [threshold, f64::from(narrow), f64::from(narrow.next_up()), f64::from(narrow.next_down())]
    };
    let moved = |feature: u32, x: f64| {
        let mut row = row.to_vec();
        row[feature as usize] = x;
        row
    };
    splits.take(60).flat_map(|n| near(n.threshold).map(|x| moved(n.feature, x))).collect()
}

#[test]
fn values_on_thresholds_of_the_structure_go_the_way_of_the_graph() {
    for case in cases() {
        let Structure::Trees(ensemble) = case.model.structure() else { continue };
        let rows = rows_on_thresholds(ensemble, case.rows.row(0));
        if rows.is_empty() {
            continue;
        }
        let rows = Matrix::from_rows(&rows).expect("rows of one length");
        let scale = answer_scale(&*case.model);
        let outputs = case.model.card().outputs.len();
        let (mut graph, mut exact) = (vec![0.0; rows.rows() * outputs], vec![0.0; rows.rows() * outputs]);
        case.model.predict(rows.view(), scale, &mut graph);
        case.model.predict_f64(rows.view(), scale, &mut exact);
        for (i, (a, b)) in exact.iter().zip(&graph).enumerate() {
            let row = rows.row(i / outputs);
            assert!(near(*a, *b, SUM_F32), "{}: {row:?} is {a:e} by the structure, {b:e} by the graph", case.name);
        }
    }
}

#[test]
fn exporters_models_offer_their_structure() {
    for name in [
        "tree_regression",
        "tree_binary",
        "forest_regression",
        "forest_binary",
        "forest_words",
        "boosting_binary",
        "boosting_multi",
        "scaled_trees",
        "imputed_trees",
        "text_ordinal",
        "lightgbm_count",
        "xgboost_binary",
        "xgboost_multi",
        "lightgbm_binary",
        "lightgbm_codes",
        "catboost_binary",
        "catboost_multi",
        "mode_gt",
        "mode_double",
        "bagging",
        "bagging_value",
        "voting_trees",
        "voting_value",
        "rest_trees",
        "codes_trees",
        "scaled_double",
    ] {
        assert!(matches!(named(name).model.structure(), Structure::Trees(_)), "{name}");
    }
    for name in [
        "linear",
        "linear_targets",
        "logistic",
        "logistic_words",
        "components",
        "discriminant",
        "one_against_rest",
        "calibrated",
        "poisson",
    ] {
        assert!(matches!(named(name).model.structure(), Structure::Linear(_)), "{name}");
    }
    for name in ["text_one_hot", "codes_linear", "imputed_linear"] {
        assert!(matches!(named(name).model.structure(), Structure::Additive(_)), "{name}");
    }
    for name in ["neighbours", "svc", "mlp_binary", "aggregate_max", "two_softmax_mixed", "three_softmax_zero"] {
        assert!(matches!(named(name).model.structure(), Structure::Opaque), "{name}");
    }
}

fn torch(name: &str) -> Case {
    case(&folder().join("onnx-torch").join(format!("{name}.json")))
}

#[test]
fn layers_without_a_function_between_them_are_linear_forms() {
    for (name, scales) in [
        ("linear", [Scale::Target, Scale::Margin]),
        ("linear_layers", [Scale::Target, Scale::Margin]),
        ("logistic", [Scale::Margin, Scale::Target]),
        ("softmax", [Scale::Margin, Scale::Probability]),
    ] {
        let case = torch(name);
        assert!(matches!(case.model.structure(), Structure::Linear(_)), "{name}");
        assert_eq!(case.model.card().scales, scales, "{name}");
    }
    for name in ["layers", "attention", "embeddings", "machine", "bird_gemm"] {
        assert!(matches!(torch(name).model.structure(), Structure::Opaque), "{name}");
    }
}

#[test]
fn terms_of_columns_add_up_to_the_sum() {
    let mut count = 0;
    for case in cases() {
        let Structure::Additive(terms) = case.model.structure() else { continue };
        let outputs = terms.intercept().len();
        let sums = answers(&case, |model, out| model.predict_f64(case.rows.view(), model.card().native_scale, out));
        for (i, sum) in sums.chunks(outputs).enumerate() {
            let mut all = terms.intercept().to_vec();
            for (input, x) in case.rows.row(i).iter().enumerate() {
                let mut term = vec![f64::NAN; outputs];
                terms.term(input, *x, &mut term);
                all.iter_mut().zip(term).for_each(|(all, term)| *all += term);
            }
            assert!(all.iter().zip(sum).all(|(a, b)| near(*a, *b, 1e-12)), "{}: row {i}, {all:?}, {sum:?}", case.name);
        }
        count += 1;
    }
    assert!(count >= 4, "only {count} cases were found");
}

#[test]
fn the_card_tells_classes_units_and_texts() {
    let words = named("forest_words");
    let card = words.model.card();
    assert_eq!((card.task, &card.scales[..]), (TaskKind::Multiclass, &[Scale::Probability][..]));
    assert_eq!(card.outputs, ["high", "low", "middle"]);
    let binary = named("text_one_hot");
    let card = binary.model.card();
    assert_eq!(
        (card.task, &card.outputs[..], &card.classes[..]),
        (TaskKind::Binary, &["yes".to_owned()][..], &["no".to_owned(), "yes".to_owned()][..])
    );
    let InputKind::Levels(colours) = &card.inputs[0].kind else { panic!("colours are texts") };
    assert_eq!(&colours[..], ["blue", "green", "red"]);
    assert_eq!(card.inputs[2].kind, InputKind::Number);
    let boosted = named("xgboost_binary");
    let card = boosted.model.card();
    assert_eq!((card.native_scale, card.scales.len()), (Scale::Margin, 2));
    // Without covers, a method that needs them must not be chosen: the card says so, the trees know it.
    assert!(card.notes.iter().any(|n| n.contains("no row counts")), "{:?}", card.notes);
    let Structure::Trees(trees) = boosted.model.structure() else { panic!("boosted trees") };
    assert!(!trees.knows_cover());
    assert_eq!(named("codes_trees").model.card().inputs[0].kind, InputKind::Codes);
    assert_eq!(named("lightgbm_codes").model.card().inputs[3].kind, InputKind::Codes);
    assert_eq!(named("svc_decision").model.card().scales, [Scale::Margin]);
    assert_eq!(named("tree_regression").model.card().task, TaskKind::Regression);
    assert_eq!(named("svc_decision_multi").model.card().task, TaskKind::Multiclass);
    let pairs = named("svc_pairs");
    let card = pairs.model.card();
    assert!(card.task == TaskKind::Regression && card.notes.iter().any(|n| n.contains("pair of classes")), "{card:?}");
}

#[test]
fn a_missing_whole_number_is_answered_with_nan_and_leaves_its_neighbours_alone() {
    let case = named("whole_one_hot");
    let rows = Matrix::from_rows(&[vec![1.0, 0.5], vec![f64::NAN, 0.5], vec![3.0, 0.5]]).expect("rows");
    let mut out = vec![0.0; 3];
    case.model.predict(rows.view(), Scale::Probability, &mut out);
    assert!(out[0].is_finite() && out[1].is_nan() && out[2].is_finite(), "{out:?}");
}

#[test]
fn unknown_texts_are_one_level_that_no_operator_knows() {
    let case = named("text_ordinal");
    let rows = Matrix::from_rows(&[vec![f64::NAN, 0.0, 0.5, 1.0], vec![99.0, 0.0, 0.5, 1.0]]).expect("rows");
    let mut out = vec![0.0; 2];
    case.model.predict(rows.view(), Scale::Probability, &mut out);
    assert_eq!(out[0].to_bits(), out[1].to_bits());
}
