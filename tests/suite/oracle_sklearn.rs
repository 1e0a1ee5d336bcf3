//! Estimators read from pickles and joblib files against what they predicted themselves: `tests/oracle/sklearn-*`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candor::base::Task;
use candor::data::{Input, InputKind};
use candor::model::load::load;
use candor::model::{Accumulate, Model, ModelError, Scale, Structure};
use candor::num::Matrix;
use serde_json::Value;

/// Exponentials differ between mathematics libraries in the last places, dot products in the order of their sums.
const FORMULA: f64 = 1e-12;

const FOLDERS: [&str; 3] = ["sklearn-1.2", "sklearn-1.5", "sklearn-1.9"];

pub fn folder(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(part)
}

struct Case {
    name: String,
    record: Value,
    model: Arc<dyn Model>,
    rows: Matrix,
}

/// Every file of every case of one version; those that do not open are named together.
fn cases(part: &str) -> Vec<Case> {
    let folder = folder(part);
    let record = |file: &str| -> Value {
        let text = std::fs::read(folder.join(file)).unwrap_or_else(|e| panic!("{part}: {e}"));
        serde_json::from_slice(&text).expect("the record is JSON")
    };
    let records = ["record.json", "estimators.json"].map(record);
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    for case in records.iter().flat_map(|record| record["cases"].as_object().expect("cases").values()) {
        for file in case["files"].as_array().expect("files").iter().filter_map(Value::as_str) {
            let name = format!("{part}/{file}");
            if let Some(words) = case["refused"].as_str() {
                faults.extend(opened_or_refused_otherwise(&folder.join(file), words));
                continue;
            }
            match load(&folder.join(file), &Task::silent()) {
                Ok(model) => all.push(opened(name, case, model)),
                Err(error) => faults.push(format!("{name}: {error:?}")),
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    all
}

/// What is wrong with the refusal of a file that must stay closed; `None` when it says these words and what to do.
fn opened_or_refused_otherwise(file: &Path, words: &str) -> Option<String> {
    match load(file, &Task::silent()) {
        Err(ModelError::Unsupported { what, hint }) if what.contains(words) && !hint.is_empty() => None,
        Err(other) => Some(format!("{}: {other:?}", file.display())),
        Ok(_) => Some(format!("{}: opened", file.display())),
    }
}

fn opened(name: String, case: &Value, model: Arc<dyn Model>) -> Case {
    let inputs = &model.card().inputs;
    let names: Vec<&str> = inputs.iter().map(|i| i.name.as_str()).collect();
    let wanted: Vec<&str> = case["features"].as_array().expect("names").iter().filter_map(Value::as_str).collect();
    // Columns that steps leave out are not asked for, and only those.
    let places: Vec<usize> = names.iter().filter_map(|n| wanted.iter().position(|w| w == n)).collect();
    let left_out = inputs.len() < wanted.len();
    assert!(places.len() == inputs.len() && places.is_sorted(), "{name}: {names:?} of {wanted:?}");
    assert!(left_out || !name.contains("left_out"), "{name}: a column that nothing reads is asked for");
    assert_eq!(left_out, model.card().notes.iter().any(|n| n.contains("leave columns out")), "{name}");
    let rows: Vec<Vec<f64>> =
        case["rows"].as_array().expect("rows").iter().map(|r| encode(r, inputs, &places)).collect();
    let rows = Matrix::from_rows(&rows).expect("rows of one length");
    Case { name, record: case.clone(), model, rows }
}

fn encode(row: &Value, inputs: &[Input], places: &[usize]) -> Vec<f64> {
    let cell = |(cell, input): (&Value, &Input)| match (cell, &input.kind) {
        (Value::String(level), InputKind::Levels(levels)) => {
            levels.iter().position(|l| l == level).map_or(f64::NAN, |k| k as f64)
        }
        (Value::String(level), InputKind::OpenLevels(levels)) => {
            levels.iter().position(|l| l == level).unwrap_or(levels.len()) as f64
        }
        (Value::Null, _) => f64::NAN,
        (cell, _) => cell.as_f64().unwrap_or_else(|| panic!("“{}” is given {cell}", input.name)),
    };
    let row = row.as_array().expect("a row");
    places.iter().filter_map(|place| row.get(*place)).zip(inputs).map(cell).collect()
}

fn recorded(table: &Value) -> Option<Vec<f64>> {
    let rows = table.as_array()?.iter().flat_map(|row| row.as_array().into_iter().flatten());
    Some(rows.map(|v| v.as_f64().unwrap_or(f64::NAN)).collect())
}

/// The scale of each recorded table; the model must have it.
fn scale_of(case: &Case, key: &str) -> Scale {
    let scale = match key {
        "margin" => Scale::Margin,
        "probability" | "choice" => Scale::Probability,
        _ => Scale::Target,
    };
    assert!(case.model.card().scales.contains(&scale), "{}: has no scale {scale:?}", case.name);
    scale
}

/// Whether a recorded table agrees; `None` when there is none, and what differs when something does.
fn compared(case: &Case, key: &str, exact: bool) -> Option<Result<(), String>> {
    let theirs = recorded(&case.record[key])?;
    let mut ours = vec![0.0; case.rows.rows() * case.model.card().outputs.len()];
    case.model.predict(case.rows.view(), scale_of(case, key), &mut ours);
    let about = format!("{}, {key}", case.name);
    if ours.len() != theirs.len() {
        return Some(Err(format!("{about}: {} values, {} are recorded", ours.len(), theirs.len())));
    }
    let allowed = if exact { 0.0 } else { link_tolerance(case) };
    for (i, (a, b)) in ours.iter().zip(&theirs).enumerate() {
        let gap = if a == b { 0.0 } else { (a - b).abs() / b.abs() };
        let near = case.name.contains("/process_classes") && (a - b).abs() <= integral_tolerance();
        // NaN is never near.
        if gap.is_nan() || (gap > allowed && !near) || (exact && a.to_bits() != b.to_bits()) {
            return Some(Err(format!("{about}, value {i}: {a:e}, recorded {b:e}, gap {gap:e}")));
        }
    }
    Some(Ok(()))
}

/// Five error functions of Gaussian processes, each within two units of the last place, times factors of thousands
/// whose sum is below 1.
fn integral_tolerance() -> f64 {
    4.0 * f64::EPSILON * (1854.8 + 3516.9 + 221.3 + 128.1 + 2010.5)
}

/// XGBoost's links are computed in f32.
fn link_tolerance(case: &Case) -> f64 {
    match case.model.structure() {
        Structure::Trees(ensemble) if ensemble.accumulate == Accumulate::F32 => 4.0 * f64::from(f32::EPSILON),
        Structure::Opaque if case.name.contains("/stand_in") => 4.0 * f64::from(f32::EPSILON),
        _ => FORMULA,
    }
}

/// Whether Candor adds what the library adds in the same order, so that every bit must agree.
fn adds_trees(case: &Case, key: &str) -> bool {
    let Structure::Trees(ensemble) = case.model.structure() else { return false };
    // Weights of an outer estimator in the leaves are added in another order than the library adds answers.
    let outer = ["worked into the classifier", "worked into those below"];
    let worked_in = case.model.card().notes.iter().any(|note| outer.iter().any(|words| note.contains(words)));
    !worked_in && ensemble.outputs() > 0 && scale_of(case, key) == case.model.card().native_scale
}

#[test]
fn estimators_predict_what_scikit_learn_predicts() {
    let (mut exact, mut formulas, mut faults) = (0, 0, Vec::new());
    for case in FOLDERS.into_iter().flat_map(cases) {
        let mut count = 0;
        for key in ["margin", "probability", "choice", "prediction"] {
            let bits = !case.record[key].is_null() && adds_trees(&case, key);
            let Some(result) = compared(&case, key, bits) else { continue };
            count += 1;
            if bits {
                exact += 1
            } else {
                formulas += 1
            }
            faults.extend(result.err());
        }
        assert!(count > 0, "{}: nothing was compared", case.name);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(exact >= 190 && formulas >= 650, "{exact} exact comparisons and {formulas} others");
}

#[test]
fn structure_is_kept_where_it_is_exact() {
    let trees = [
        "tree",
        "forest",
        "extra",
        "boosting",
        "histogram",
        "adaboost_two",
        "adaboost_three",
        "adaboost_real",
        "isolation",
        "bagging_trees",
        "voting_soft",
        "outputs_trees",
        "search",
        "steps_filled",
        "steps_ordinal",
        "steps_texts",
        "steps_xgboost",
        "steps_lightgbm",
        "select_percentile",
        "select_discovery",
        "select_weights",
        "select_forest",
        "select_recursive.",
        "bins_number",
        "function_trees",
        "function_identity",
        "union_trees",
        "xgboost",
        "lightgbm",
        "training_tree",
        "threshold_tuned",
        "frozen_calibrated",
        "calibrated_one_forest",
        "calibrated_one_boosting",
        "stacked_trees",
        "stacked_boosting",
    ];
    let linear = [
        "linear",
        "logistic",
        "bayes_multinomial",
        "bayes_complement",
        "discriminant_linear",
        "rest_linear",
        "rest_svm",
        "outputs_linear",
        "ridge",
        "perceptron",
        "svm_linear",
        "svm_kernel_linear",
        "steps_scaled",
        "steps_plain",
        "steps_searched",
        "select_best",
        "select_rate",
        "select_family",
        "select_tree",
        "select_lasso",
        "select_variance",
        "select_recursive_scored",
        "sgd",
        "outliers_linear",
        "threshold_fixed",
        "consensus",
        "kernel_ridge_linear",
        "least_squares",
        "calibrated_one_svm",
        "calibrated_temperature_svm",
        "stacked_linear",
        "stacked_numbers",
        "mean",
        "bagging_linear",
    ];
    let products = [
        "svm_two",
        "svm_nu_number",
        "svm_probability_two",
        "outliers_svm",
        "process_gauss",
        "process_plain",
        "kernel_ridge_rbf",
    ];
    for case in FOLDERS.into_iter().flat_map(cases) {
        let name = case.name.split_once('/').map_or("", |(_, file)| file);
        let found = match case.model.structure() {
            Structure::Trees(_) => "trees",
            Structure::Linear(_) => "linear",
            Structure::Additive(_) => "additive",
            Structure::Products(_) => "products",
            Structure::Opaque => "opaque",
        };
        let starts = |names: &[&str]| names.iter().any(|start| name.starts_with(start));
        // The newer cases say it themselves.
        let last = name.split('.').next().and_then(|stem| stem.strip_prefix("front_")?.rsplit('_').next());
        let additive = ["steps_columns", "steps_missing", "bins_each", "function", "union_best", "bayes"];
        let wanted = if let Some(word) = last {
            match word {
                "trees" => "trees",
                "weights" => "linear",
                "terms" => "additive",
                "only" => "opaque",
                _ => panic!("{}: the name does not say what is kept", case.name),
            }
        } else if starts(&trees) {
            "trees"
        } else if starts(&products) {
            "products"
        } else if starts(&linear) {
            "linear"
        } else if starts(&additive) {
            "additive"
        } else {
            "opaque"
        };
        assert_eq!(found, wanted, "{}", case.name);
        let said = case.model.card().notes.iter().any(|note| note.contains("only methods for any model apply"));
        assert_eq!(said || name.starts_with("dummy"), wanted == "opaque" || name.starts_with("dummy"), "{}", case.name);
    }
}

/// Weights behind encoders are terms of the columns: with the intercept they are the score.
#[test]
fn terms_of_columns_add_up_to_the_score() {
    let mut count = 0;
    for case in FOLDERS.into_iter().flat_map(cases) {
        let Structure::Additive(terms) = case.model.structure() else { continue };
        let card = case.model.card();
        let outputs = card.outputs.len();
        let mut scores = vec![0.0; case.rows.rows() * outputs];
        case.model.predict_f64(case.rows.view(), card.native_scale, &mut scores);
        let mut own = vec![0.0; outputs];
        for (i, scores) in scores.chunks_exact(outputs).enumerate() {
            let mut sums = terms.intercept().to_vec();
            for (j, x) in case.rows.row(i).iter().enumerate() {
                terms.term(j, *x, &mut own);
                sums.iter_mut().zip(&own).for_each(|(sum, term)| *sum += term);
            }
            for (sum, score) in sums.iter().zip(scores) {
                assert!((sum - score).abs() <= FORMULA * (1.0 + score.abs()), "{}: row {i}: {sum} {score}", case.name);
            }
        }
        count += 1;
    }
    assert!(count >= 3, "only {count} files have terms");
}

#[test]
fn cards_name_library_version_and_classes() {
    for part in FOLDERS {
        let version = part.trim_start_matches("sklearn-");
        for case in cases(part) {
            let card = case.model.card();
            let library = card.library.as_deref().unwrap_or("");
            let own = library.starts_with(&format!("scikit-learn {version}."));
            assert!(own || library.starts_with("XGBoost ") || library == "LightGBM", "{}: {library}", case.name);
            if let Some(classes) = case.record["classes"].as_array() {
                let classes: Vec<&str> = classes.iter().filter_map(Value::as_str).collect();
                assert_eq!(card.classes, classes, "{}", case.name);
            }
        }
    }
}
