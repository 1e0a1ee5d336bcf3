//! Models behind the steps of pipelines: products over the columns, and columns as sums of encoded values.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candor::base::{Knobs, RowId, Seed, Task};
use candor::explain::{Attribution, Background, Body, Explainer, METHODS, Request, Shape, Support, ask};
use candor::model::load::load;
use candor::model::{Model, Scale, Structure};
use candor::num::{Matrix, MatrixView};
use serde_json::Value;

use super::common::hills::sum_of;
use super::common::recorded::cell;
use super::common::toy::{difference, method};

/// A recorded model with its rows, without those that hold huge values or have no answer.
struct Case {
    name: String,
    model: Arc<dyn Model>,
    rows: Matrix,
}

fn folder(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/oracle/sklearn-{version}"))
}

/// The first file of every recorded case whose name begins so.
fn cases(starts: &[&str]) -> Vec<Case> {
    let mut all = Vec::new();
    for version in ["1.2", "1.5", "1.9"] {
        let record = |file: &str| -> Value {
            let text = std::fs::read(folder(version).join(file)).expect("the record can be read");
            serde_json::from_slice(&text).expect("the record is JSON")
        };
        let records = ["record.json", "estimators.json"].map(record);
        for (name, case) in records.iter().flat_map(|record| record["cases"].as_object().expect("cases")) {
            if starts.iter().any(|start| name.starts_with(start)) && case["refused"].is_null() {
                let file = case["files"][0].as_str().expect("a file");
                let path = folder(version).join(file);
                let model = load(&path, &Task::silent()).unwrap_or_else(|e| panic!("{}: {e:?}", path.display()));
                let rows = rows(case, &*model);
                assert!(rows.rows() > 0, "{version}/{name}: no row is left");
                all.push(Case { name: format!("{version}/{name}"), rows, model });
            }
        }
    }
    all
}

fn rows(case: &Value, model: &dyn Model) -> Matrix {
    let features: Vec<&str> = case["features"].as_array().expect("names").iter().filter_map(Value::as_str).collect();
    let place = |name: &str| features.iter().position(|feature| *feature == name).expect("the input is recorded");
    let inputs = &model.card().inputs;
    let encode = |row: &Value| -> Vec<f64> { inputs.iter().map(|i| cell(&row[place(&i.name)], &i.kind)).collect() };
    let all = case["rows"].as_array().expect("rows").iter().map(encode);
    let is_plain = |row: &Vec<f64>| {
        let mut answer = vec![0.0; model.card().outputs.len()];
        let view = MatrixView::new(row, 1, row.len()).expect("one row");
        model.predict_f64(view, model.card().native_scale, &mut answer);
        !row.iter().any(|x| x.abs() >= 1e6) && answer.iter().all(|x| x.is_finite())
    };
    Matrix::from_rows(&all.filter(is_plain).collect::<Vec<_>>()).expect("rows of one length")
}

fn attribution(id: &str, model: &dyn Model, rows: &Matrix, settings: &[(&str, &str)]) -> (Attribution, f64) {
    answered(method(id), model, (rows, model.card().native_scale), settings)
}

/// The contributions of the rows, measured against themselves, and the additivity gap.
fn answered(
    method: &dyn Explainer,
    model: &dyn Model,
    (rows, scale): (&Matrix, Scale),
    settings: &[(&str, &str)],
) -> (Attribution, f64) {
    let id = method.id();
    let ids: Vec<RowId> = (0..rows.rows() as u32).map(RowId).collect();
    let background = Background { name: "rows".to_owned(), matrix: rows.clone(), rows: Arc::from([]), weights: None };
    let knobs = Knobs::check(method.knobs(), settings.iter().copied()).expect("known settings");
    let request = Request {
        model,
        features: rows.view(),
        rows: &ids,
        background: &background,
        truth: None,
        scale,
        knobs: &knobs,
        seed: Seed(1),
    };
    let explained = ask(method, &request, &Task::silent())
        .unwrap_or_else(|e| panic!("{}, {id} {settings:?}: {e:?}", model.card().name));
    let Body::Attribution(found) = explained.body else { panic!("{id} does not attribute") };
    (found, explained.fidelity.gap.expect("a gap"))
}

#[test]
fn radial_kernels_are_products_also_behind_steps() {
    let mut behind = 0;
    for Case { name, model, rows } in cases(&["svm", "svr", "steps_between", "kernel", "process"]) {
        let Structure::Products(products) = model.structure() else { continue };
        let (outputs, scale) = (model.card().outputs.len(), model.card().native_scale);
        let mut scores = vec![0.0; rows.rows() * outputs];
        model.predict_f64(rows.view(), scale, &mut scores);
        for (i, score) in scores.iter().enumerate() {
            let sum = sum_of(products, rows.row(i / outputs), i % outputs);
            assert!((sum - score).abs() <= 1e-11 * (1.0 + score.abs()), "{name}: {sum} and {score}");
        }
        let (ours, gap) = attribution("product-shap", &*model, &rows, &[]);
        let (all, _) = attribution("exact-shapley", &*model, &rows, &[]);
        let apart = difference(&ours.values, &all.values);
        assert!(apart < 1e-10 && gap < 1e-10, "{name}: {apart:e} from all coalitions, gap {gap:e}");
        behind += 1;
    }
    assert!(behind >= 3, "only {behind} models are products");
}

/// Whatever a method says it can do with a real model, it does, on every scale it offers.
#[test]
fn methods_answer_every_model_they_support() {
    let mut count = 0;
    for Case { name, model, rows } in cases(&[""]) {
        let few: Vec<Vec<f64>> = (0..rows.rows().min(3)).map(|i| rows.row(i).to_vec()).collect();
        let few = Matrix::from_rows(&few).expect("rows of one length");
        for method in METHODS.iter().filter(|m| m.answers() == Shape::Attribution) {
            if method.supports(&*model) != Support::Exact || model.card().inputs.len() > 12 {
                continue;
            }
            for scale in method.scales(&*model) {
                let (found, gap) = answered(*method, &*model, (&few, scale), &[]);
                let size = found.values.iter().fold(1.0f64, |most, value| most.max(value.abs()));
                assert!(gap <= 1e-9 * size, "{name}: {} misses by {gap:e} on {scale:?}", method.id());
                count += 1;
            }
        }
    }
    assert!(count >= 900, "only {count} answers");
}

/// Every coalition of the encoded values, added up by column.
#[test]
fn a_column_may_be_the_sum_of_its_encoded_values() {
    let (mut count, mut other) = (0, 0);
    for Case { name, model, rows } in cases(&["steps_", "bins_", "union_"]) {
        let (Structure::Trees(_), Some(behind)) = (model.structure(), model.behind()) else { continue };
        if behind.sources().len() > 12 {
            continue;
        }
        let mut values = Vec::new();
        (0..rows.rows()).for_each(|i| behind.encode(rows.row(i), &mut values));
        let encoded = Matrix::new(values, rows.rows(), behind.sources().len()).expect("rows of one length");
        let (truth, _) = attribution("exact-shapley", behind.inside(), &encoded, &[]);
        let inputs = model.card().inputs.len();
        let mut sums = vec![0.0; truth.values.len() / encoded.cols() * inputs];
        for (own, sums) in truth.values.chunks_exact(encoded.cols()).zip(sums.chunks_exact_mut(inputs)) {
            own.iter().zip(behind.sources()).for_each(|(value, source)| sums[*source] += value);
        }
        let trees = "tree-shap-interventional";
        let (summed, gap) = attribution(trees, &*model, &rows, &[("columns", "sum")]);
        let apart = difference(&summed.values, &sums);
        assert!(apart < 1e-10 && gap < 1e-6, "{name}: {apart:e}, gap {gap:e}");
        assert_eq!(summed.features.len(), inputs, "{name}");
        let (players, _) = attribution(trees, &*model, &rows, &[("columns", "player")]);
        other += usize::from(difference(&players.values, &sums) > 1e-6);
        count += 1;
        // Against the training data, too, they add up.
        let (_, gap) = attribution("tree-shap", &*model, &rows, &[("columns", "sum")]);
        assert!(gap < 1e-6, "{name}: path-dependent gap {gap:e}");
    }
    assert!(count >= 5, "only {count} pipelines were asked");
    assert!(other >= 1, "players and sums never differ");
}
