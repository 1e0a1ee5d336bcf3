//! Permutation importance against what can be worked out by hand.

use candor::base::{Knobs, Task};
use candor::explain::{Body, Importance, Request, Truth};
use candor::model::Scale;
use candor::num::Matrix;

use super::common::toy::{Inside, Setting, Toy, method};

/// Reads inputs 0 and 1, never 2.
fn sum(x: &[f64]) -> f64 {
    3.0 * x[0] + x[1]
}

fn setting(rows: usize) -> Setting {
    let mut stream = candor::base::Seed(9).child("importance", 0);
    let values = (0..rows * 3).map(|_| stream.normal()).collect();
    let rows = Matrix::new(values, rows, 3).expect("proper test data");
    Setting::new(Toy::new(Inside::Function(sum), 3), rows.clone(), rows)
}

fn importance(setting: &Setting, truth: &Truth, given: &[(&str, &str)]) -> Importance {
    let method = method("permutation-importance");
    let knobs = Knobs::check(method.knobs(), given.iter().copied()).expect("proper test data");
    let request = Request { truth: Some(truth), scale: Scale::Margin, ..setting.request(&knobs) };
    match method.explain(&request, &Task::silent()).expect("an answer").body {
        Body::Importance(importance) => importance,
        _ => panic!("importance was asked for"),
    }
}

fn noisy(setting: &Setting) -> Truth {
    let mut stream = candor::base::Seed(4).child("noise", 0);
    let values = (0..setting.rows.rows()).map(|i| setting.prediction(i)[0] + 0.5 * stream.normal()).collect();
    Truth { values, weights: None }
}

#[test]
fn unread_columns_get_exactly_nothing_and_the_others_their_order() {
    let setting = setting(400);
    let truth = noisy(&setting);
    for metric in ["rmse", "mae", "r2", "rank-correlation"] {
        let found = importance(&setting, &truth, &[("metric", metric)]);
        let values: Vec<f64> = found.entries.iter().map(|e| e.value).collect();
        assert!(values[0] > values[1] && values[1] > 0.0, "{metric}: {values:?}");
        let unread = &found.entries[2];
        assert!(unread.value == 0.0 && unread.over_repeats == (0.0, 0.0), "{metric}: {unread:?}");
        assert!(unread.over_rows.0.abs() < 1e-12 && unread.over_rows.1.abs() < 1e-12, "{metric}: {unread:?}");
        for entry in &found.entries[..2] {
            assert!(entry.over_rows.0 < entry.value && entry.value < entry.over_rows.1, "{metric}: {entry:?}");
            assert!(entry.over_repeats.0 < entry.value && entry.value < entry.over_repeats.1, "{metric}: {entry:?}");
        }
    }
}

#[test]
fn intervals_hold_what_perfect_predictions_make_hard() {
    let setting = setting(300);
    let values = (0..300).map(|i| setting.prediction(i)[0]).collect();
    let found = importance(&setting, &Truth { values, weights: None }, &[("metric", "rmse")]);
    assert!(found.baseline.abs() < 1e-12);
    let first = &found.entries[0];
    // Shuffling x gives errors 3 (x − x′), of variance 18 when x has variance 1.
    assert!((first.value - 18f64.sqrt()).abs() < 0.5, "{first:?}");
    assert!(first.over_rows.0 > 0.0 && first.over_rows.0 < first.over_rows.1, "{first:?}");
}

#[test]
fn rows_without_truth_or_weight_do_not_count() {
    let setting = setting(100);
    let full = noisy(&setting);
    let mut values = full.values.to_vec();
    let mut weights = vec![2.0; 100];
    values[3] = f64::NAN;
    weights[4] = 0.0;
    let truth = Truth { values: values.into(), weights: Some(weights.into()) };
    let found = importance(&setting, &truth, &[("metric", "mae")]);
    assert_eq!(found.rows, 98);
    let nothing = Truth { values: vec![f64::NAN; 100].into(), weights: None };
    let method = method("permutation-importance");
    let knobs = Knobs::defaults(method.knobs());
    let request = Request { truth: Some(&nothing), ..setting.request(&knobs) };
    assert!(method.explain(&request, &Task::silent()).is_err());
}

/// Inputs 0 and 1 matter alike, input 2 less.
fn alike(x: &[f64]) -> f64 {
    2.0 * x[0] + 2.0 * x[1] + x[2]
}

#[test]
fn gaps_are_those_of_a_paired_comparison_of_neighbours() {
    for (rows, metric) in [(300, "mae"), (300, "rmse"), (300, "rank-correlation"), (25_000, "mae")] {
        let base = setting(rows);
        let setting = Setting::new(Toy::new(Inside::Function(alike), 3), base.rows.clone(), base.rows.clone());
        let truth = noisy(&setting);
        let found = importance(&setting, &truth, &[("metric", metric), ("repeats", "20")]);
        let order = found.order();
        assert_eq!((order[2], found.gaps.len()), (2, 2), "{metric}: {order:?}");
        for (place, (low, high)) in found.gaps.iter().enumerate() {
            let gap = found.entries[order[place]].value - found.entries[order[place + 1]].value;
            assert!(*low <= gap && gap <= *high, "{metric}: {gap} outside {low} to {high}");
        }
        assert!(found.gaps[0].0 <= 0.0, "{rows} {metric}: inputs 0 and 1 matter alike, {:?}", found.gaps);
        assert!(found.gaps[1].0 > 0.0, "{rows} {metric}: input 2 matters less, {:?}", found.gaps);
    }
}
