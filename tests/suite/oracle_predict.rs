//! Predictions against what the libraries themselves recorded: every case under `tests/oracle`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candor::base::Task;
use candor::data::Input;
use candor::model::load::native::{NativeBody, to_json};
use candor::model::load::{load, load_bytes};
use candor::model::{LinkFunction, Model, Scale, Structure, Tree};
use candor::num::Matrix;
use serde_json::Value;

use super::common::recorded::cell;

/// Exponentials differ between mathematics libraries by one or two units in the last place; a quotient of two of
/// them, and a sum, by a few more. Margins have no such excuse: XGBoost's must agree in every bit.
const LINK_F32: f64 = 4.0 * f32::EPSILON as f64;
const LINK_F64: f64 = 8.0 * f64::EPSILON;
/// LightGBM's margins: the order of additions is the same, so the rest is room for other compilers.
const MARGIN_F64: f64 = 1e-12;
/// Folders of XGBoost; the old binary format and pickles stand in all but the first.
const XGBOOST: [&str; 8] = [
    "xgboost",
    "xgboost-0.9",
    "xgboost-1.0",
    "xgboost-1.5",
    "xgboost-1.6",
    "xgboost-1.7",
    "xgboost-2.1",
    "xgboost-3.0",
];
/// Folders of LightGBM.
const LIGHTGBM: [&str; 3] = ["lightgbm", "lightgbm-3.3", "lightgbm-4.3"];
/// XGBoost up to 1.2 adds the base score behind the trees, not in front of them as all later versions do with the same
/// file: a few roundings of f32 apart, which a sum near zero shows larger.
const OTHER_ORDER: f64 = 16.0 * f32::EPSILON as f64;
/// Folders of EBMs.
const EBM: [&str; 2] = ["ebm", "ebm-0.6"];

struct Case {
    name: String,
    record: Value,
    model: Arc<dyn Model>,
    rows: Matrix,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle")
}

fn cases(part: &str) -> Vec<Case> {
    let folder = folder().join(part);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|p| p.to_string_lossy().ends_with(".json") && !p.to_string_lossy().ends_with(".model.json"))
        .collect();
    files.sort();
    files.iter().map(|file| case(&folder, file)).collect()
}

fn case(folder: &Path, file: &Path) -> Case {
    let text = std::fs::read(file).expect("the case can be read");
    let record: Value = serde_json::from_slice(&text).expect("the case is JSON");
    case_of(folder, file, (record, "model"))
}

/// The case with the model file that `field` of its record names.
fn case_of(folder: &Path, file: &Path, (record, field): (Value, &str)) -> Case {
    let name = file.display().to_string();
    let path = folder.join(record[field].as_str().expect("the case names its model"));
    let model = load(&path, &Task::silent()).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    let features: Vec<&str> = record["features"].as_array().expect("names").iter().filter_map(Value::as_str).collect();
    let inputs: Vec<&str> = model.card().inputs.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(features, inputs, "{name}");
    let rows = record["rows"].as_array().expect("rows");
    let rows: Vec<Vec<f64>> = rows.iter().map(|row| encode(row, &model.card().inputs)).collect();
    let rows = Matrix::from_rows(&rows).expect("rows of one length");
    Case { name, record, model, rows }
}

fn encode(row: &Value, inputs: &[Input]) -> Vec<f64> {
    let cells = row.as_array().expect("a row");
    cells.iter().zip(inputs).map(|(value, input)| cell(value, &input.kind)).collect()
}

fn recorded(table: &Value) -> Option<Vec<f64>> {
    Some(
        table
            .as_array()?
            .iter()
            .flat_map(|row| row.as_array().into_iter().flatten())
            .filter_map(Value::as_f64)
            .collect(),
    )
}

fn predicted(case: &Case, scale: Scale) -> Vec<f64> {
    let mut out = vec![0.0; case.rows.rows() * case.model.card().outputs.len()];
    case.model.predict(case.rows.view(), scale, &mut out);
    out
}

fn margin(case: &Case) -> Vec<f64> {
    predicted(case, Scale::Margin)
}

/// The scale `predict` of the library answers in.
fn answer_scale(case: &Case) -> Scale {
    *case.model.card().scales.iter().find(|s| **s != Scale::Margin).unwrap_or(&Scale::Margin)
}

fn compare(case: &Case, ours: &[f64], theirs: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len(), "{}", case.name);
    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
        let near = if tolerance == 0.0 { a.to_bits() == b.to_bits() } else { (a - b).abs() <= tolerance * b.abs() };
        assert!(near, "{}: value {i} is {a:e}, recorded {b:e}", case.name);
    }
}

fn check_prediction(case: &Case, tolerance: f64) {
    let objective = case.record["command"].as_str().unwrap_or("");
    let Some(theirs) = recorded(&case.record["probability"]).or_else(|| recorded(&case.record["prediction"])) else {
        panic!("{}: no prediction is recorded", case.name);
    };
    let mut ours = predicted(case, answer_scale(case));
    if objective.ends_with("multi_softmax") {
        let outputs = case.model.card().outputs.len();
        let best = |row: &[f64]| (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).map_or(-1.0, |k| k as f64);
        ours = ours.chunks(outputs).map(best).collect();
    }
    if objective.ends_with("binary_logitraw") {
        ours = margin(case);
    }
    compare(case, &ours, &theirs, tolerance);
}

/// Pickles of the versions that add in another order, which newer ones do not read.
fn is_old_pickle(case: &Case) -> bool {
    case.name.contains("pickled") && matches!(case.record["version"].as_str(), Some("0.90" | "1.0.2"))
}

#[test]
fn xgboost_margins_agree_in_every_bit() {
    let mut count = 0;
    for case in XGBOOST.into_iter().chain(["mlflow"]).flat_map(cases) {
        let theirs = recorded(&case.record["margin"]).expect("a margin");
        compare(&case, &margin(&case), &theirs, if is_old_pickle(&case) { OTHER_ORDER } else { 0.0 });
        if let Some(own) = recorded(&case.record["own_margin"]) {
            let near = margin(&case).iter().zip(&own).all(|(a, b)| (a - b).abs() <= OTHER_ORDER * (1.0 + b.abs()));
            assert!(near, "{}", case.name);
        }
        count += 1;
    }
    assert!(count >= 85, "only {count} cases were found");
}

#[test]
fn a_card_says_where_xgboost_sends_codes_never_seen() {
    for (part, said) in [("xgboost-1.6", true), ("xgboost-1.7", false), ("xgboost", false)] {
        for case in cases(part).iter().filter(|case| case.name.contains("category_codes")) {
            let rule = |note: &&String| note.contains("beyond those of a split, in the default direction");
            assert_eq!(case.model.card().notes.iter().filter(rule).count(), usize::from(said), "{}", case.name);
        }
    }
}

#[test]
fn xgboost_predictions_agree_to_the_rounding_of_the_link() {
    XGBOOST.into_iter().flat_map(cases).for_each(|c| {
        check_prediction(&c, if is_old_pickle(&c) { OTHER_ORDER } else { LINK_F32 });
    });
}

#[test]
fn lightgbm_margins_agree() {
    let mut count = 0;
    for case in LIGHTGBM.into_iter().flat_map(cases) {
        let mut theirs = recorded(&case.record["margin"]).expect("a margin");
        // The library's raw score of a random forest is the sum over rounds; the model here answers with the mean.
        if let (Structure::Trees(ensemble), true) = (case.model.structure(), case.name.contains("_rf")) {
            assert!(ensemble.divisor > 1.0, "{}", case.name);
            theirs.iter_mut().for_each(|v| *v /= ensemble.divisor);
        }
        compare(&case, &margin(&case), &theirs, MARGIN_F64);
        count += 1;
    }
    assert!(count >= 46, "only {count} cases were found");
}

/// Cases of CatBoost with each of their files: `.cbm` and, where there is one, `.json`.
fn catboost_cases() -> Vec<Case> {
    let mut all = Vec::new();
    for part in ["catboost", "catboost-1.0"] {
        let folder = folder().join(part);
        for case in cases(part) {
            if !case.record["also"].is_null() {
                let file = PathBuf::from(format!("{} (json)", case.name));
                all.push(case_of(&folder, &file, (case.record.clone(), "also")));
            }
            all.push(case);
        }
    }
    all
}

#[test]
fn catboost_margins_agree_in_every_bit() {
    let (mut count, mut combined) = (0, 0);
    for case in catboost_cases() {
        // A scale that is no power of two is multiplied there and divided here.
        let tolerance = if case.name.contains("rmse_scaled") { 2.0 * f64::EPSILON } else { 0.0 };
        compare(&case, &margin(&case), &recorded(&case.record["margin"]).expect("a margin"), tolerance);
        count += 1;
        combined += usize::from(matches!(case.model.structure(), Structure::Opaque));
    }
    assert!(count >= 80, "only {count} files were found");
    assert!(combined >= 6, "only {combined} models combine columns");
}

#[test]
fn catboost_predictions_agree_to_the_rounding_of_the_link() {
    catboost_cases().iter().for_each(|case| check_prediction(case, LINK_F64));
}

#[test]
fn pickled_catboost_estimators_are_the_models_of_their_files() {
    for case in ["binary_words", "multiclass", "depthwise", "multi_rmse"] {
        let path = |ending: &str| folder().join(format!("catboost/{case}.model.{ending}"));
        let open = |ending: &str| load(&path(ending), &Task::silent()).unwrap_or_else(|e| panic!("{case}: {e:?}"));
        let record = std::fs::read(folder().join(format!("catboost/{case}.json"))).expect("the record can be read");
        let record: Value = serde_json::from_slice(&record).expect("the record is JSON");
        let (file, pickle) = (open("cbm"), open("pkl"));
        assert_eq!(file.card().classes, pickle.card().classes, "{case}");
        assert!(matches!(pickle.structure(), Structure::Trees(_)), "{case}");
        let inputs = &pickle.card().inputs;
        let rows: Vec<Vec<f64>> =
            record["rows"].as_array().expect("rows").iter().map(|row| encode(row, inputs)).collect();
        let rows = Matrix::from_rows(&rows).expect("rows of one length");
        for &scale in &file.card().scales {
            let answer = |model: &dyn Model| {
                let mut out = vec![0.0; rows.rows() * model.card().outputs.len()];
                model.predict(rows.view(), scale, &mut out);
                out.into_iter().map(f64::to_bits).collect::<Vec<_>>()
            };
            assert_eq!(answer(&*file), answer(&*pickle), "{case}");
        }
    }
}

/// The intercept comes first, then the terms of the file, in f64: so interpret 0.7 adds, and so do the trees made of
/// them. Version 0.6 adds terms as it finishes reading their columns, and files do not tell the version.
#[test]
fn ebm_scores_agree_in_every_bit() {
    let mut count = 0;
    for case in EBM.into_iter().flat_map(cases) {
        let tolerance = if case.name.contains("ebm-0.6") { MARGIN_F64 } else { 0.0 };
        compare(&case, &margin(&case), &recorded(&case.record["margin"]).expect("a margin"), tolerance);
        check_prediction(&case, if tolerance == 0.0 { LINK_F64 } else { MARGIN_F64 });
        count += 1;
    }
    assert!(count >= 16, "only {count} cases were found");
}

/// Each term is one tree behind the intercept.
#[test]
fn the_trees_of_an_ebm_are_its_terms() {
    for case in cases("ebm").into_iter().filter(|c| !c.record["terms"].is_null()) {
        let Structure::Trees(ensemble) = case.model.structure() else { panic!("expected trees") };
        let outputs = ensemble.outputs();
        let theirs = recorded(&case.record["terms"]).expect("terms");
        let mut ours = Vec::new();
        for i in 0..case.rows.rows() {
            for tree in &ensemble.trees[1..] {
                let first = ensemble.leaf(tree, case.rows.view().row(i)).left as usize;
                ours.extend_from_slice(&tree.leaf_values[first..first + outputs]);
            }
        }
        compare(&case, &ours, &theirs, 0.0);
        // Every training row lies in one bin of every term.
        let total = |tree: &Tree| tree.nodes[0].cover;
        assert!(ensemble.trees[1..].iter().all(|t| total(t) == 300.0), "{}", case.name);
    }
}

#[test]
fn the_sample_models_agree_with_their_libraries() {
    let samples = cases("samples");
    assert!(samples.len() >= 6);
    for case in samples {
        let bits = case.record["tool"] == "xgboost";
        let (margins, link) = if bits { (0.0, LINK_F32) } else { (MARGIN_F64, LINK_F64) };
        compare(&case, &margin(&case), &recorded(&case.record["margin"]).expect("a margin"), margins);
        check_prediction(&case, link);
    }
}

#[test]
fn a_model_saved_by_candor_predicts_the_same() {
    for case in ["xgboost", "lightgbm", "catboost", "ebm"].into_iter().flat_map(cases) {
        let Structure::Trees(ensemble) = case.model.structure() else { continue };
        let body = NativeBody::Trees { ensemble: ensemble.clone(), link: LinkFunction::Identity };
        let bytes = to_json(case.model.card(), &body).expect("the model can be written");
        let again = load_bytes(&bytes, Path::new("again.json"), &Task::silent())
            .unwrap_or_else(|e| panic!("{}: {e:?}", case.name));
        let mut out = vec![0.0; case.rows.rows() * ensemble.outputs()];
        again.predict(case.rows.view(), Scale::Margin, &mut out);
        compare(&case, &out, &margin(&case), 0.0);
        assert_eq!(again.card().inputs, case.model.card().inputs);
    }
}

#[test]
fn lightgbm_predictions_agree_to_the_rounding_of_the_link() {
    LIGHTGBM.into_iter().flat_map(cases).for_each(|c| check_prediction(&c, LINK_F64));
}

#[test]
fn in_f64_the_same_function_is_computed() {
    for case in ["xgboost", "lightgbm", "ebm"].into_iter().flat_map(cases) {
        let mut exact = vec![0.0; case.rows.rows() * case.model.card().outputs.len()];
        case.model.predict_f64(case.rows.view(), Scale::Margin, &mut exact);
        for (a, b) in exact.iter().zip(margin(&case)) {
            assert!((a - b).abs() <= 2e-6 * (1.0 + b.abs()), "{}: {a} and {b}", case.name);
        }
    }
}

#[test]
fn a_wrong_shape_or_scale_is_answered_with_nan() {
    let case = cases("xgboost-2.1").into_iter().next().expect("a case");
    let mut out = vec![0.0; case.rows.rows()];
    case.model.predict(case.rows.view(), Scale::Target, &mut out);
    assert!(out.iter().all(|v| v.is_nan()));
    let narrow = Matrix::new(vec![0.0; 3], 1, 3).expect("three values");
    let mut out = vec![0.0; 1];
    case.model.predict(narrow.view(), Scale::Margin, &mut out);
    assert!(out[0].is_nan());
}
