//! Contributions against those the training libraries and shap computed themselves, within these peers' own rounding.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use candor::base::{Knobs, RowId, Seed, Task};
use candor::explain::{Attribution, Background, Body, Request, ask};
use candor::model::{Model, Scale, Structure, TreeEnsemble, load};
use candor::num::Matrix;

use super::common::recorded::cell;
use super::common::toy::method;

fn oracle() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle")
}

/// One recorded case and its model.
struct Case {
    name: String,
    record: Value,
    model: Arc<dyn Model>,
}

/// The cases of some folders that have a tree model and the wanted field.
fn cases(folders: &[&str], field: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for folder in folders.iter().map(|f| oracle().join(f)) {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(&folder).expect("oracle folder").map(|e| e.expect("an entry").path()).collect();
        files.sort();
        for file in files.iter().filter(|f| !f.to_string_lossy().contains(".model.")) {
            let text = std::fs::read_to_string(file).expect("a text file");
            let record: Value = serde_json::from_str(&text).expect("proper JSON");
            let (Some(path), true) = (record["model"].as_str(), !record[field].is_null()) else { continue };
            let name = file.strip_prefix(oracle()).expect("inside").display().to_string();
            let model = load::load(&folder.join(path), &Task::silent());
            let model = model.unwrap_or_else(|e| panic!("{name}: {e}"));
            cases.push(Case { name, record, model });
        }
    }
    cases
}

/// Recorded rows as the model's inputs.
fn inputs(model: &dyn Model, rows: &Value) -> Matrix {
    let kinds = &model.card().inputs;
    let row = |row: &Value| -> Vec<f64> {
        row.as_array().expect("a row").iter().zip(kinds).map(|(v, input)| cell(v, &input.kind)).collect()
    };
    let rows: Vec<Vec<f64>> = rows.as_array().expect("rows").iter().map(row).collect();
    Matrix::from_rows(&rows).expect("rows of one length")
}

fn explain(case: &Case, id: &str, rows: &Matrix, background: Matrix) -> Attribution {
    explain_on(case.model.card().native_scale, case, id, rows, background)
}

fn explain_on(scale: Scale, case: &Case, id: &str, rows: &Matrix, background: Matrix) -> Attribution {
    let ids: Vec<RowId> = (0..rows.rows() as u32).map(RowId).collect();
    let background =
        Background { name: "recorded".to_owned(), matrix: background, rows: Vec::new().into(), weights: None };
    let knobs = Knobs::default();
    let request = Request {
        model: case.model.as_ref(),
        features: rows.view(),
        rows: &ids,
        background: &background,
        truth: None,
        scale,
        knobs: &knobs,
        seed: Seed(1),
    };
    let explained = ask(method(id), &request, &Task::silent()).unwrap_or_else(|e| panic!("{}: {e}", case.name));
    let gap = explained.fidelity.relative_gap.expect("a gap");
    assert!(gap < 1e-10, "{}: gap {gap:e}", case.name);
    match explained.body {
        Body::Attribution(attribution) => attribution,
        _ => panic!("contributions were asked for"),
    }
}

/// An upper bound of the rounding in a peer that works with unit roundoff `unit`: a path weight takes at most `2 D²`
/// operations in paths of `D` splits, and the trees' values are added one by one, each sum at most as large as the
/// largest leaves together.
fn rounding(ensemble: &TreeEnsemble, unit: f64) -> f64 {
    let (mut size, mut depth) = (ensemble.base.iter().fold(0.0f64, |m, b| m.max(b.abs())), 1usize);
    for tree in &ensemble.trees {
        size += tree.leaf_values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let mut level = vec![1usize; tree.nodes.len()];
        for (place, node) in tree.nodes.iter().enumerate().filter(|(_, node)| !node.is_leaf()) {
            for child in [node.left, node.right] {
                level[child as usize] = level[place] + 1;
                depth = depth.max(level[place]);
            }
        }
    }
    unit * (2 * depth * depth + ensemble.trees.len()) as f64 * size
}

fn unit(case: &Case) -> f64 {
    // LightGBM and CatBoost work in f64, XGBoost in f32.
    if !case.model.card().format.contains("XGBoost") { f64::EPSILON / 2.0 } else { f64::from(f32::EPSILON) / 2.0 }
}

/// The largest distance from recorded values, as a multiple of `allowed`. LightGBM's averaged forests record sums over
/// trees, hence `times`.
fn worst(found: &Attribution, recorded: &Value, base: Option<&Value>, (times, allowed): (f64, f64)) -> f64 {
    let mut worst = 0.0f64;
    for output in 0..found.outputs.len() {
        for position in 0..found.rows.len() {
            let truth = recorded[position][output].as_array().expect("one value per feature");
            for (value, truth) in found.row(output, position).iter().zip(truth) {
                worst = worst.max((value * times - truth.as_f64().expect("a number")).abs());
            }
            let own = found.base[output] * times;
            let truth = match base {
                Some(base) => base[output].as_f64(),
                None => truth.get(found.features.len()).and_then(Value::as_f64),
            };
            worst = worst.max(truth.map_or(0.0, |truth| (own - truth).abs()));
        }
    }
    worst / allowed
}

const LIBRARIES: &[&str] =
    &["xgboost", "xgboost-1.7", "xgboost-2.1", "lightgbm", "lightgbm-3.3", "samples", "catboost", "catboost-1.0"];

#[test]
fn path_dependent_contributions_are_those_of_the_libraries() {
    let mut compared = 0;
    for case in cases(LIBRARIES, "contributions") {
        let Structure::Trees(ensemble) = case.model.structure() else { continue };
        let count = case.record["contributions"].as_array().map_or(0, Vec::len);
        let rows = inputs(case.model.as_ref(), &case.record["rows"]).take(&(0..count).collect::<Vec<_>>());
        let nothing = Matrix::new(Vec::new(), 0, rows.cols()).expect("empty");
        let found = explain(&case, "tree-shap", &rows, nothing);
        let allowed = rounding(ensemble, unit(&case));
        let share = worst(&found, &case.record["contributions"], None, (ensemble.divisor, allowed));
        assert!(share < 1.0, "{}: {share} of the peer's rounding {allowed:e}", case.name);
        compared += 1;
    }
    assert!(compared >= 60, "only {compared} cases were compared");
}

#[test]
fn linear_boosters_have_the_recorded_terms() {
    let mut compared = 0;
    for case in cases(LIBRARIES, "contributions") {
        let Structure::Linear(form) = case.model.structure() else { continue };
        let rows = inputs(case.model.as_ref(), &case.record["rows"]);
        // Against a row of which nothing is known, a term is weight times value, as XGBoost records it.
        let unknown = Matrix::new(vec![f64::NAN; rows.cols()], 1, rows.cols()).expect("one row");
        let found = explain(&case, "linear-shap", &rows, unknown);
        let largest = |values: &[f64]| values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let size = largest(&form.weights) * largest(&rows.values().iter().map(|v| v.max(0.0)).collect::<Vec<_>>());
        let allowed = unit(&case) * 8.0 * size.max(largest(&form.intercept)).max(1.0);
        let share = worst(&found, &case.record["contributions"], None, (1.0, allowed));
        assert!(share < 1.0, "{}: {share} of the peer's rounding {allowed:e}", case.name);
        compared += 1;
    }
    assert!(compared >= 2, "only {compared} cases were compared");
}

#[test]
fn background_contributions_are_those_of_all_coalitions_of_the_library() {
    let folders: Vec<&str> = LIBRARIES.iter().chain(&["shap"]).copied().collect();
    let mut compared = 0;
    for case in cases(&folders, "exact_interventional") {
        let Structure::Trees(ensemble) = case.model.structure() else { continue };
        let record = &case.record["exact_interventional"];
        let count = record["values"].as_array().map_or(0, Vec::len);
        let rows = inputs(case.model.as_ref(), &case.record["rows"]).take(&(0..count).collect::<Vec<_>>());
        let background = inputs(case.model.as_ref(), &record["background"]);
        let found = explain(&case, "tree-shap-interventional", &rows, background);
        // Every value is a weighted mean of differences of two margins.
        let allowed = 2.0 * rounding(ensemble, unit(&case));
        let share = worst(&found, &record["values"], Some(&record["base"]), (ensemble.divisor, allowed));
        assert!(share < 1.0, "{}: {share} of the peer's rounding {allowed:e}", case.name);
        compared += 1;
    }
    assert!(compared >= 15, "only {compared} cases were compared");
}

#[test]
fn the_second_implementation_of_shap_agrees() {
    let mut compared = 0;
    for case in cases(&["shap"], "shap_own_path_dependent") {
        let Structure::Trees(ensemble) = case.model.structure() else { continue };
        let rows = inputs(case.model.as_ref(), &case.record["rows"]);
        let nothing = Matrix::new(Vec::new(), 0, rows.cols()).expect("empty");
        let found = explain(&case, "tree-shap", &rows, nothing);
        let allowed = rounding(ensemble, unit(&case));
        let record = &case.record["shap_own_path_dependent"]["values"];
        let share = worst(&found, record, None, (ensemble.divisor, allowed));
        assert!(share < 1.0, "{}: {share} of the peer's rounding {allowed:e}", case.name);
        compared += 1;
    }
    assert!(compared >= 4, "only {compared} cases were compared");
}

#[test]
fn probabilities_are_rescaled_as_shap_does() {
    let mut compared = 0;
    for case in cases(&["shap"], "shap_probability") {
        let Structure::Trees(ensemble) = case.model.structure() else { continue };
        let record = &case.record["shap_probability"];
        let rows = inputs(case.model.as_ref(), &case.record["rows"]);
        let background = inputs(case.model.as_ref(), &record["background"]);
        let found = explain_on(Scale::Probability, &case, "tree-shap-interventional", &rows, background);
        // shap works in f32 here for every library; a probability moves by at most a quarter of the margin.
        let allowed = rounding(ensemble, f64::from(f32::EPSILON) / 2.0) / 2.0;
        let share = worst(&found, &record["values"], Some(&record["base"]), (1.0, allowed));
        assert!(share < 1.0, "{}: {share} of the peer's rounding {allowed:e}", case.name);
        compared += 1;
    }
    assert!(compared >= 2, "only {compared} cases were compared");
}
