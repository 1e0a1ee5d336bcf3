//! Quality metrics against scikit-learn (`tests/oracle/make_metrics.py`), and their edge cases.

use candor::base::{Fingerprint, RowId, Task};
use candor::model::measure::{Measured, measure};
use candor::model::metrics;
use candor::model::performance::{Detail, Performance};
use candor::model::{ModelCard, Scale, TaskKind};
use candor::num::MatrixView;
use serde_json::Value;

pub fn card(task: TaskKind, outputs: usize) -> ModelCard {
    let scale = if task.is_classification() { Scale::Probability } else { Scale::Target };
    ModelCard {
        name: "test".to_owned(),
        path: None,
        sha256: Fingerprint::default(),
        bytes: 0,
        format: String::new(),
        library: None,
        algorithm: String::new(),
        objective: None,
        task,
        inputs: Vec::new(),
        outputs: (0..outputs).map(|k| format!("class {k}")).collect(),
        classes: Vec::new(),
        native_scale: scale,
        log_odds: true,
        scales: vec![scale],
        steps: None,
        facts: Vec::new(),
        notes: Vec::new(),
    }
}

fn run(task: TaskKind, predicted: &[f64], truth: &[f64], weights: Option<&[f64]>) -> Performance {
    let outputs = predicted.len() / truth.len().max(1);
    let card = card(task, outputs);
    let rows: Vec<RowId> = (0..truth.len() as u32).map(RowId).collect();
    let predicted = MatrixView::new(predicted, truth.len(), outputs).expect("sound test input");
    let input = Measured { card: &card, predicted, truth, classes: &[], weights, rows: &rows };
    measure(&input, &Task::silent()).expect("sound test input")
}

fn value(performance: &Performance, id: &str) -> f64 {
    performance.metrics.iter().find(|m| m.id == id).unwrap_or_else(|| panic!("no metric {id}")).value
}

fn reals(value: &Value) -> Vec<f64> {
    value.as_array().expect("sound test input").iter().map(|v| v.as_f64().expect("sound test input")).collect()
}

/// Sums of 160 terms in another order: some units in the last place of numbers near 1.
const TOLERANCE: f64 = 1e-12;

#[test]
fn metrics_are_those_of_scikit_learn() {
    let oracle: Value = serde_json::from_str(include_str!("../oracle/metrics/metrics.json")).expect("sound test input");
    let cases = oracle["cases"].as_array().expect("sound test input");
    assert_eq!(cases.len(), 8);
    for case in cases {
        let task: TaskKind = serde_json::from_value(case["task"].clone()).expect("sound test input");
        let (truth, predicted) = (reals(&case["truth"]), reals(&case["predicted"]));
        let weights = (!case["weights"].is_null()).then(|| reals(&case["weights"]));
        let performance = run(task, &predicted, &truth, weights.as_deref());
        let view = MatrixView::new(&predicted, truth.len(), predicted.len() / truth.len()).expect("sound test input");
        for (id, expected) in case["values"].as_object().expect("sound test input") {
            let expected = expected.as_f64().expect("sound test input");
            let found = value(&performance, id);
            assert!(
                (found - expected).abs() < TOLERANCE * expected.abs().max(1.0),
                "{task:?} {id}: {found} {expected}"
            );
            if let Some(metric) = metrics::find(id).filter(|m| m.applies(task)) {
                let again = metric.value(&truth, view, weights.as_deref());
                assert!((again - expected).abs() < TOLERANCE * expected.abs().max(1.0), "{task:?} {id}: {again}");
            }
        }
        for metric in &performance.metrics {
            if let Some((low, high)) = metric.interval {
                assert!(low < metric.value && metric.value < high, "{} {low} {} {high}", metric.id, metric.value);
            }
        }
        if let Detail::Multiclass(detail) = &performance.detail {
            for (row, expected) in detail.confusion.iter().zip(case["confusion"].as_array().expect("sound test input"))
            {
                assert_eq!(*row, reals(expected));
            }
            for (area, expected) in detail.roc_area.iter().zip(reals(&case["areas"])) {
                assert!((area - expected).abs() < TOLERANCE);
            }
        }
    }
}

#[test]
fn curves_and_bins_agree_with_the_counts() {
    let truth = [0.0, 0.0, 1.0, 0.0, 1.0, 1.0];
    let predicted = [0.1, 0.4, 0.4, 0.6, 0.7, 0.9];
    let performance = run(TaskKind::Binary, &predicted, &truth, None);
    let Detail::Binary(detail) = &performance.detail else { panic!("two classes") };
    let at = detail.confusion_at(0.4);
    assert_eq!((at.true_positive, at.false_positive, at.true_negative, at.false_negative), (3.0, 2.0, 1.0, 0.0));
    let area: f64 = detail.roc.windows(2).map(|w| (w[1][0] - w[0][0]) * (w[1][1] + w[0][1]) / 2.0).sum();
    assert!((area - value(&performance, "auc")).abs() < 1e-12);
    assert_eq!(detail.calibration.iter().map(|b| b.rows).sum::<usize>(), 6);
}

#[test]
fn one_class_leaves_its_numbers_missing_and_says_why() {
    let performance = run(TaskKind::Binary, &[0.2, 0.8, 0.6], &[1.0, 1.0, 1.0], None);
    assert!(value(&performance, "auc").is_nan());
    assert!((value(&performance, "accuracy") - 2.0 / 3.0).abs() < 1e-15);
    assert!(performance.notes.iter().any(|n| n.contains("ROC AUC is not defined")), "{:?}", performance.notes);
}

#[test]
fn nothing_to_measure_is_said_and_not_invented() {
    for task in [TaskKind::Binary, TaskKind::Multiclass, TaskKind::Regression, TaskKind::Count, TaskKind::Ranking] {
        for (truth, weights) in [([f64::NAN; 2], None), ([1.0, 0.0], Some([0.0, 0.0]))] {
            let predicted: &[f64] = if task == TaskKind::Multiclass { &[0.2, 0.8, 0.5, 0.5] } else { &[0.5, 0.6] };
            let performance = run(task, predicted, &truth, weights.as_ref().map(|w| w.as_slice()));
            assert_eq!((performance.rows, performance.skipped), (0, 2));
            assert!(performance.metrics.iter().all(|m| m.value.is_nan()), "{task:?} {:?}", performance.metrics);
            assert!(performance.metrics.iter().all(|m| m.interval.is_none()), "{task:?} {:?}", performance.metrics);
            assert!(performance.notes.iter().any(|n| n.contains("nothing can be measured")));
        }
    }
}

#[test]
fn constant_predictions_rank_nothing() {
    let performance = run(TaskKind::Binary, &[0.5; 4], &[0.0, 1.0, 1.0, 0.0], None);
    assert!((value(&performance, "auc") - 0.5).abs() < 1e-15);
    let performance = run(TaskKind::Regression, &[1.0; 3], &[2.0; 3], None);
    assert!(value(&performance, "r2").is_nan());
    assert!(performance.notes.iter().any(|n| n.contains("R² is not defined")));
}

#[test]
fn reversed_classes_are_pointed_out() {
    let truth: Vec<f64> = (0..200).map(|i| f64::from(i % 2)).collect();
    let predicted: Vec<f64> =
        truth.iter().enumerate().map(|(i, y)| 0.5 - 0.3 * (y - 0.5) + i as f64 / 1000.0).collect();
    let performance = run(TaskKind::Binary, &predicted, &truth, None);
    assert!(performance.notes.iter().any(|n| n.contains("wrong way round")), "{:?}", performance.notes);
}

#[test]
fn intervals_cover_the_truth_about_as_often_as_they_say() {
    // 400 tables of 200 rows drawn from one law; the area under the law's ROC curve is Φ(1/√2).
    let expected = 0.760_249_938_906_524;
    let mut covered = 0;
    for repeat in 0..400 {
        let mut stream = candor::base::Seed(11).child("coverage", repeat);
        let truth: Vec<f64> = (0..200).map(|i| f64::from(i % 2)).collect();
        let scores: Vec<f64> = truth.iter().map(|y| 1.0 / (1.0 + (-(stream.normal() + y)).exp())).collect();
        let performance = run(TaskKind::Binary, &scores, &truth, None);
        let (low, high) = performance
            .metrics
            .iter()
            .find(|m| m.id == "auc")
            .expect("sound test input")
            .interval
            .expect("sound test input");
        covered += usize::from(low <= expected && expected <= high);
    }
    // 95 % of 400 with a binomial spread of 4.4: three spreads either way.
    assert!((367..=393).contains(&covered), "{covered} of 400");
}
