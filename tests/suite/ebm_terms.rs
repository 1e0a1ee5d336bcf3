//! The terms of explainable boosting machines against what interpret's `explain_global` draws.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candor::base::Task;
use candor::model::load::load;
use candor::model::named::with_card;
use candor::model::{Axis, Bins, Model, Structure, Term};
use candor::num::Matrix;
use serde_json::Value;

use super::common::recorded::cell;

const FOLDERS: [&str; 2] = ["ebm", "ebm-0.6"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle")
}

/// Every recorded EBM: its name, the record and the model.
fn cases() -> Vec<(String, Value, Arc<dyn Model>)> {
    let mut all = Vec::new();
    for part in FOLDERS {
        for entry in std::fs::read_dir(folder().join(part)).expect("the folder can be read") {
            let path = entry.expect("an entry").path();
            let name = path.display().to_string();
            if !name.ends_with(".json") || name.ends_with(".model.json") {
                continue;
            }
            let record: Value =
                serde_json::from_slice(&std::fs::read(&path).expect("the record can be read")).expect("JSON");
            let file = path.with_file_name(record["model"].as_str().expect("a model"));
            let model = load(&file, &Task::silent()).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            all.push((name, record, model));
        }
    }
    all
}

fn flat(value: &Value, out: &mut Vec<f64>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| flat(item, out)),
        other => out.extend(other.as_f64()),
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    let mut out = Vec::new();
    flat(value, &mut out);
    out
}

fn same(ours: &[f64], theirs: &[f64], what: &str) {
    let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(ours), bits(theirs), "{what}: {ours:?} and {theirs:?}");
}

/// The cells that a plot shows, row-major: without missing and unseen.
fn drawn(term: &Term) -> Vec<usize> {
    let inner = |axis: &Axis| 1..axis.bins.count() - 1;
    let chosen: Vec<Vec<usize>> = match term.axes.as_slice() {
        [one] => inner(one).map(|bin| vec![bin]).collect(),
        [first, second] => inner(first).flat_map(|a| inner(second).map(move |b| vec![a, b])).collect(),
        _ => panic!("interpret draws no larger terms"),
    };
    chosen.iter().map(|bins| term.cell(bins).expect("a cell")).collect()
}

/// interpret writes the edges of numbers from the smallest to the largest value, and the names of categories.
fn check_axis(axis: &Axis, model: &dyn Model, theirs: &Value, what: &str) {
    match &*axis.bins {
        Bins::Cuts(cuts) => {
            let (low, high) = axis.range.expect("a range");
            same(&[&[low], cuts.as_slice(), &[high]].concat(), &numbers(theirs), what);
        }
        Bins::Groups(groups) => {
            let input = &model.card().inputs[axis.input];
            let titles: Vec<String> = (1..=groups.len()).map(|bin| axis.bins.title(bin, input)).collect();
            assert_eq!(serde_json::json!(titles), *theirs, "{what}");
        }
    }
}

#[test]
fn terms_are_what_interpret_draws() {
    let (mut models, mut pairs) = (0, 0);
    for (name, record, model) in cases() {
        let plots = &record["plots"];
        if plots.is_null() {
            continue;
        }
        models += 1;
        let terms = model.terms().expect("an EBM has terms");
        let names: Vec<String> = terms.iter().map(|term| term.name(&model.card().inputs)).collect();
        assert_eq!(serde_json::json!(names), plots["names"], "{name}");
        let importances = numbers(&plots["importances"]);
        for ((term, part), importance) in terms.iter().zip(plots["parts"].as_array().expect("parts")).zip(importances) {
            let what = format!("{name}, {}", term.name(&model.card().inputs));
            // The order of the additions is numpy's.
            let ours = term.importance().expect("the file holds weights");
            assert!((ours - importance).abs() <= 1e-14 * importance, "{what}: {ours} and {importance}");
            match term.axes.as_slice() {
                [one] => check_axis(one, &*model, &part["names"], &what),
                [left, right] => {
                    check_axis(left, &*model, &part["left_names"], &what);
                    check_axis(right, &*model, &part["right_names"], &what);
                    pairs += 1;
                }
                _ => panic!("{what}"),
            }
            let cells = drawn(term);
            let scores: Vec<f64> = cells.iter().flat_map(|c| term.scores_of(*c).expect("scores")).copied().collect();
            same(&scores, &numbers(&part["scores"]), &what);
            let deviations: Vec<f64> =
                cells.iter().flat_map(|c| term.deviations_of(*c).expect("deviations")).copied().collect();
            if term.axes.len() == 1 {
                let bound = |sign: f64| scores.iter().zip(&deviations).map(|(s, d)| s + sign * d).collect::<Vec<_>>();
                same(&bound(1.0), &numbers(&part["upper_bounds"]), &what);
                same(&bound(-1.0), &numbers(&part["lower_bounds"]), &what);
            }
        }
    }
    assert!(models >= 10 && pairs >= 5, "{models} models with {pairs} pairs");
}

#[test]
fn a_rows_terms_are_the_leaves_it_reaches() {
    for (name, record, model) in cases() {
        let Structure::Trees(ensemble) = model.structure() else { panic!("{name}: expected trees") };
        let Some(terms) = model.terms() else {
            // Behind steps the bins are not those of the columns.
            assert!(name.contains("piped"), "{name}");
            continue;
        };
        assert_eq!(terms.len() + 1, ensemble.trees.len());
        for row in record["rows"].as_array().expect("rows") {
            let cells = row.as_array().expect("a row").iter().zip(&model.card().inputs);
            let row: Vec<f64> = cells.map(|(value, input)| cell(value, &input.kind)).collect();
            for (term, tree) in terms.iter().zip(&ensemble.trees[1..]) {
                let first = ensemble.leaf(tree, &row).left as usize;
                let leaf = &tree.leaf_values[first..first + ensemble.outputs()];
                same(term.scores_at(&row).expect("a bin"), leaf, &format!("{name}, {row:?}"));
            }
            assert!(terms.iter().all(|term| term.scores_at(&[]).is_none()));
        }
    }
}

#[test]
fn pickled_estimators_are_the_models_of_their_files() {
    let mut count = 0;
    for part in FOLDERS {
        for entry in std::fs::read_dir(folder().join(part)).expect("the folder can be read") {
            let path = entry.expect("an entry").path();
            let name = path.display().to_string();
            let Some((case, _)) = name.split_once(".model.") else { continue };
            if name.ends_with(".json") || case.ends_with("piped") {
                continue;
            }
            let open = |path: &Path| load(path, &Task::silent()).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            let (pickle, file) = (open(&path), open(Path::new(&format!("{case}.model.json"))));
            assert_eq!(pickle.terms(), file.terms(), "{name}");
            let card = |model: &dyn Model| {
                let card = model.card().clone();
                (card.inputs, card.outputs, card.classes, card.task, card.scales, card.facts, card.algorithm)
            };
            assert_eq!(card(&*pickle), card(&*file), "{name}");
            let record: Value =
                serde_json::from_slice(&std::fs::read(format!("{case}.json")).expect("a record")).expect("JSON");
            let rows = record["rows"].as_array().expect("rows").iter().map(|row| {
                let cells = row.as_array().expect("a row").iter().zip(&file.card().inputs);
                cells.map(|(value, input)| cell(value, &input.kind)).collect::<Vec<f64>>()
            });
            let rows = Matrix::from_rows(&rows.collect::<Vec<_>>()).expect("rows of one length");
            for scale in &file.card().scales {
                let answer = |model: &dyn Model| {
                    let mut out = vec![0.0; rows.rows() * model.card().outputs.len()];
                    model.predict(rows.view(), *scale, &mut out);
                    out
                };
                same(&answer(&*pickle), &answer(&*file), &name);
            }
            count += 1;
        }
    }
    assert!(count >= 11, "only {count} pickles were found");
}

#[test]
fn a_file_without_details_has_terms_without_them() {
    let open = |file: &str| load(&folder().join(file), &Task::silent()).expect("the model opens");
    let model = open("ebm/binary_minimal.model.json");
    for term in model.terms().expect("terms") {
        assert!(term.weights.is_none() && term.deviations.is_none() && term.importance().is_none());
        assert!(term.axes.iter().all(|axis| axis.range.is_none()));
    }
    let again = with_card(Arc::clone(&model), model.card().clone());
    assert_eq!(again.terms().map(<[Term]>::len), model.terms().map(<[Term]>::len));
    assert!(open("xgboost/binary_stump.model.json").terms().is_none());
}

#[test]
fn truth_values_are_named_as_python_prints_them() {
    for part in FOLDERS {
        let model = load(&folder().join(part).join("flags.model.json"), &Task::silent()).expect("the model opens");
        assert_eq!(model.card().classes, ["False", "True"]);
        assert_eq!(model.card().outputs, ["True"]);
    }
}
