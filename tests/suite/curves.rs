//! Curves by counting against the definition: set the column, predict every row, take the mean.

use proptest::prelude::{ProptestConfig, any, proptest};

use candor::base::{Knobs, Seed, Task};
use candor::explain::tree::friedman::{overall_interactions, pair_dependence, pair_interactions};
use candor::explain::tree::tree_permutation::{dealt, expected_losses};
use candor::explain::tree::{Axes, individual, partial_dependence};
use candor::explain::{Body, Curves, FeatureImportance, Place, Request, Truth};
use candor::model::{Model, ModelCard, Scale, TreeEnsemble};
use candor::num::simd::{self, Level};
use candor::num::{Matrix, MatrixView, parallel};

use super::common::generate::{Shape, setting, small};
use super::common::toy::{Setting, Toy, method};
use super::pair_answers::strengths;

/// A small forest and rows enough for several words.
fn some(seed: u64, rows: usize) -> Setting {
    setting(seed, Shape { rows, ..small(&mut Seed(seed).child("shape", 0)) })
}

/// Predictions of all rows with some columns set to a value; shape (rows, outputs).
fn predicted(ensemble: &TreeEnsemble, rows: &Matrix, set: &[(usize, f64)]) -> Vec<f64> {
    let mut values = rows.values().to_vec();
    for row in values.chunks_exact_mut(rows.cols()) {
        for (feature, value) in set {
            row[*feature] = *value;
        }
    }
    let mut out = vec![0.0; rows.rows() * ensemble.outputs()];
    let view = MatrixView::new(&values, rows.rows(), rows.cols()).expect("the right length");
    ensemble.score_rows_f64(view, &mut out);
    out
}

fn mean(predicted: &[f64], outputs: usize, output: usize) -> f64 {
    let count = predicted.len() / outputs;
    predicted.iter().skip(output).step_by(outputs).sum::<f64>() / count as f64
}

/// Every value that occurs in the column, and some that do not.
fn values_of(rows: &Matrix, feature: usize) -> Vec<f64> {
    let mut values: Vec<f64> = rows.view().column(feature).collect();
    values.extend([f64::NAN, 0.0, -0.0, 1e-36, -1e-36, -0.5, 1e9, -1e9, 63.0, 64.0, 130.0, 0.25]);
    values
}

/// The largest difference between the counted curve and the mean of the model's predictions.
fn worst(setting: &Setting, lie: f64) -> f64 {
    let ensemble = setting.model.ensemble();
    let found = partial_dependence(ensemble, setting.rows.view(), &Task::silent()).expect("a proper forest");
    let outputs = ensemble.outputs();
    let mut worst = 0.0f64;
    for feature in 0..ensemble.inputs {
        for value in values_of(&setting.rows, feature) {
            let truth = predicted(ensemble, &setting.rows, &[(feature, value)]);
            for output in 0..outputs {
                let counted = match found.axes.place(feature) {
                    Some(place) => {
                        let pieces = found.axes.all()[place].pieces.len();
                        found.values[place][output * pieces + found.axes.piece(place, value)]
                    }
                    None => found.mean[output],
                };
                worst = worst.max((counted + lie - mean(&truth, outputs, output)).abs());
            }
        }
    }
    worst
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn partial_dependence_is_the_mean_prediction_with_the_column_set(seed in any::<u64>()) {
        let worst = worst(&some(seed, 1 + (seed % 90) as usize), 0.0);
        assert!(worst < 1e-12, "seed {seed}: {worst:e}");
    }
}

#[test]
fn the_comparison_of_curves_notices_a_wrong_value() {
    assert!(worst(&some(3, 40), 1e-9) > 1e-10);
}

#[test]
fn a_value_inside_a_piece_belongs_to_it() {
    for seed in 0..60 {
        let setting = some(seed, 5);
        let found = partial_dependence(setting.model.ensemble(), setting.rows.view(), &Task::silent());
        let axes: Axes = found.expect("a proper forest").axes;
        for (place, axis) in axes.all().iter().enumerate() {
            for piece in 0..axis.pieces.len() {
                if let Some(value) = axes.inside(place, piece) {
                    assert_eq!(axes.piece(place, value), piece, "seed {seed}, {:?}", axis.pieces[piece]);
                }
            }
        }
    }
}

#[test]
fn curves_have_the_same_bits_on_any_number_of_threads_and_every_level() {
    let shape =
        Shape { depth: 6, trees: 4, full: true, outputs: 2, vector_leaves: false, ..small(&mut Seed(1).child("s", 0)) };
    let setting = setting(8, Shape { rows: 9_001, inputs: 6, ..shape });
    let bits = || {
        let found = partial_dependence(setting.model.ensemble(), setting.rows.view(), &Task::silent());
        let found = found.expect("a proper forest");
        found.values.iter().flatten().chain(&found.mean).map(|v| v.to_bits()).collect::<Vec<u64>>()
    };
    let alone = parallel::with_threads(Some(1), bits);
    for threads in [2, 3, 16] {
        assert_eq!(parallel::with_threads(Some(threads), bits), alone, "{threads} threads");
    }
    for level in Level::ALL {
        simd::limit(level);
        assert_eq!(bits(), alone, "{}", level.name());
    }
    simd::limit(Level::Avx512);
}

#[test]
fn individual_curves_are_the_predictions_of_the_changed_row() {
    for seed in 0..80 {
        let setting = some(seed, 1 + (seed % 70) as usize);
        let ensemble = setting.model.ensemble();
        let found = individual(ensemble, setting.rows.view(), &|feature| feature % 3 != 1, &Task::silent());
        let found = found.expect("a proper forest");
        let outputs = ensemble.outputs();
        for (place, axis) in found.axes.all().iter().enumerate() {
            if axis.feature % 3 == 1 {
                assert!(found.values[place].is_empty());
                continue;
            }
            for value in values_of(&setting.rows, axis.feature) {
                let truth = predicted(ensemble, &setting.rows, &[(axis.feature, value)]);
                let piece = found.axes.piece(place, value);
                for (k, truth) in truth.iter().enumerate() {
                    let curve = found.values[place][k * axis.pieces.len() + piece];
                    assert!((curve - truth).abs() < 1e-12, "seed {seed}, row {}: {curve} {truth}", k / outputs);
                }
            }
        }
    }
}

#[test]
fn the_dependence_on_a_pair_is_the_mean_prediction_with_both_columns_set() {
    let mut asked = 0;
    for seed in 0..60 {
        let setting = some(seed, 40);
        let ensemble = setting.model.ensemble();
        for pair in [[0, 1], [2, 0], [3, 5]].into_iter().filter(|p| p.iter().all(|f| *f < ensemble.inputs)) {
            let found = pair_dependence(ensemble, setting.rows.view(), pair, &Task::silent()).expect("a proper forest");
            let Some((axes, found)) = found else { continue };
            let cols = axes.all()[found.axes[1]].pieces.len();
            let rows = axes.all()[found.axes[0]].pieces.len();
            for (a, b) in
                values_of(&setting.rows, pair[0]).into_iter().zip(values_of(&setting.rows, pair[1]).into_iter().rev())
            {
                let truth = predicted(ensemble, &setting.rows, &[(pair[0], a), (pair[1], b)]);
                for output in 0..ensemble.outputs() {
                    let row = output * rows + axes.piece(found.axes[0], a);
                    let counted = found.values[row * cols + axes.piece(found.axes[1], b)];
                    assert!((counted - mean(&truth, ensemble.outputs(), output)).abs() < 1e-12, "seed {seed}");
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 1000, "{asked}");
}

/// Partial dependence at every row's own values of `features`, centred over the rows.
fn centred(ensemble: &TreeEnsemble, rows: &Matrix, features: &[usize], output: usize) -> Vec<f64> {
    let at = |i: usize| {
        let set: Vec<(usize, f64)> = features.iter().map(|f| (*f, rows.row(i)[*f])).collect();
        mean(&predicted(ensemble, rows, &set), ensemble.outputs(), output)
    };
    let values: Vec<f64> = (0..rows.rows()).map(at).collect();
    let centre = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|v| v - centre).collect()
}

/// Friedman and Popescu's share by their definition, for `one` set of inputs, another, and both together.
fn share(ensemble: &TreeEnsemble, rows: &Matrix, one: &[usize], other: &[usize], output: usize) -> (f64, f64) {
    let both: Vec<usize> = one.iter().chain(other).copied().collect();
    let [a, b, both] = [one, other, &both].map(|features| centred(ensemble, rows, features, output));
    let rest: f64 = both.iter().zip(a.iter().zip(&b)).map(|(f, (a, b))| (f - a - b).powi(2)).sum();
    (rest, both.iter().map(|f| f * f).sum())
}

#[test]
fn interaction_strengths_are_those_of_friedman_and_popescu() {
    let mut pairs = 0;
    for seed in 0..40 {
        let setting = some(seed, 25);
        let ensemble = setting.model.ensemble();
        let rows = &setting.rows;
        let count = rows.rows() as f64;
        let found = pair_interactions(ensemble, rows.view(), None, &Task::silent()).expect("a proper forest");
        for pair in &found {
            for (output, strength) in pair.strengths.iter().enumerate() {
                let (rest, both) = share(ensemble, rows, &pair.features[..1], &pair.features[1..], output);
                assert!((strength.size - (rest / count).sqrt()).abs() < 1e-9, "seed {seed}");
                if both > 1e-9 {
                    assert!((strength.share.expect("a curve that varies") - rest / both).abs() < 1e-9, "seed {seed}");
                }
                pairs += 1;
            }
        }
        let overall = overall_interactions(ensemble, rows.view(), None, &Task::silent()).expect("a proper forest");
        for (feature, strengths) in overall.iter().enumerate() {
            let others: Vec<usize> = (0..ensemble.inputs).filter(|f| *f != feature).collect();
            for (output, strength) in strengths.iter().flatten().enumerate() {
                let (rest, all) = share(ensemble, rows, &[feature], &others, output);
                assert!((strength.size - (rest / count).sqrt()).abs() < 1e-9, "seed {seed}");
                if all > 1e-9 {
                    assert!((strength.share.expect("predictions that vary") - rest / all).abs() < 1e-9, "seed {seed}");
                }
            }
        }
    }
    assert!(pairs > 50, "{pairs}");
}

#[test]
fn the_method_gives_the_strengths_of_the_definition() {
    let mut compared = 0;
    for seed in 0..12 {
        let setting = some(seed, 25);
        let (ensemble, rows) = (setting.model.ensemble(), &setting.rows);
        let all = strengths(&setting, &[]);
        let single = all.entries.iter().filter(|e| e.second.is_none()).map(|e| e.first);
        assert!(single.eq(0..ensemble.inputs), "every feature stands once with all others");
        for entry in &all.entries {
            let others: Vec<usize> = match entry.second {
                Some(second) => vec![second],
                None => (0..ensemble.inputs).filter(|f| *f != entry.first).collect(),
            };
            for output in 0..ensemble.outputs() {
                let (rest, whole) = share(ensemble, rows, &[entry.first], &others, output);
                assert!((entry.size[output] - (rest / 25.0).sqrt()).abs() < 1e-9, "seed {seed}: {entry:?}");
                if whole > 1e-9 {
                    assert!((entry.h_squared[output] - rest / whole).abs() < 1e-9, "seed {seed}: {entry:?}");
                    compared += 1;
                }
            }
        }
        for feature in 0..ensemble.inputs {
            let one = strengths(&setting, &[("feature", &(feature + 1).to_string())]);
            let of = |e: &&candor::explain::Strength| e.first == feature || e.second == Some(feature);
            let expected: Vec<_> = all.entries.iter().filter(of).collect();
            assert_eq!(format!("{:?}", one.entries), format!("{expected:?}"), "feature {feature}");
        }
    }
    assert!(compared > 50, "{compared}");
}

/// Every order of `count` things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let shorter = orders(last);
    let with = |order: &Vec<usize>, place: usize| {
        let mut order = order.clone();
        order.insert(place, last);
        order
    };
    (0..count).flat_map(|place| shorter.iter().map(move |order| with(order, place))).collect()
}

#[test]
fn dealt_columns_give_the_predictions_of_the_dealt_table() {
    for seed in 0..40 {
        let setting = some(seed, 5);
        let (ensemble, rows) = (setting.model.ensemble(), &setting.rows);
        let own = predicted(ensemble, rows, &[]);
        let orders = orders(5);
        let mut squares = vec![vec![0.0; 5]; ensemble.inputs];
        dealt(ensemble, (rows.view(), &own), &orders, &Task::silent(), |feature, scores| {
            for (order, scores) in orders.iter().zip(scores) {
                for (i, from) in order.iter().enumerate() {
                    let value = rows.row(*from)[feature];
                    let truth = predicted(ensemble, &rows.take(&[i]), &[(feature, value)]);
                    let found = &scores[i * truth.len()..(i + 1) * truth.len()];
                    assert!(found.iter().zip(&truth).all(|(a, b)| (a - b).abs() < 1e-12), "seed {seed}");
                    squares[feature][i] += (truth[0] - 0.5).powi(2) / orders.len() as f64;
                }
            }
            Ok(())
        })
        .expect("a proper forest");
        let loss = |_: usize, row: &mut [f64]| (row[0] - 0.5).powi(2);
        let expected = expected_losses(ensemble, (rows.view(), &own), &Task::silent(), loss).expect("a proper forest");
        for (feature, expected) in expected.iter().enumerate() {
            let Some(expected) = expected else { continue };
            for (found, truth) in expected.iter().zip(&squares[feature]) {
                assert!((found - truth).abs() < 1e-10, "seed {seed}: all {} orders: {found} {truth}", orders.len());
            }
        }
    }
}

/// A model that hides its trees.
struct Hidden<'a>(&'a Toy);

impl Model for Hidden<'_> {
    fn card(&self) -> &ModelCard {
        self.0.card()
    }

    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        self.0.predict(rows, scale, out);
    }
}

fn importances(setting: &Setting, model: &dyn Model, settings: &[(&str, &str)]) -> Vec<FeatureImportance> {
    let method = method("permutation-importance");
    let knobs = Knobs::check(method.knobs(), settings.iter().copied()).expect("known settings");
    let value = |i: usize| setting.prediction(i)[0] + (i % 7) as f64 * 0.2;
    let truth = Truth { values: (0..setting.rows.rows()).map(value).collect(), weights: None };
    let request = Request { model, truth: Some(&truth), ..setting.request(&knobs) };
    match method.explain(&request, &Task::silent()).expect("an answer").body {
        Body::Importance(importance) => importance.entries,
        _ => panic!("importance was asked for"),
    }
}

#[test]
fn importances_of_trees_are_those_of_the_model_that_hides_them() {
    for seed in 0..10 {
        let setting = some(seed, 60);
        for metric in ["rmse", "mae", "r2"] {
            let settings = [("metric", metric), ("repeats", "4"), ("draws", "50")];
            let fast = importances(&setting, &setting.model, &settings);
            let slow = importances(&setting, &Hidden(&setting.model), &settings);
            for (a, b) in fast.iter().zip(&slow) {
                assert_eq!(a.feature, b.feature);
                for (a, b) in [(a.value, b.value), (a.over_rows.0, b.over_rows.0), (a.over_repeats.1, b.over_repeats.1)]
                {
                    assert!((a - b).abs() < 1e-11 * b.abs().max(1.0), "seed {seed}, {metric}: {a} {b}");
                }
            }
        }
    }
}

#[test]
fn many_shuffles_come_near_the_expectation_over_all() {
    let setting = some(12, 60);
    let exact = importances(&setting, &setting.model, &[("metric", "mae"), ("exact", "on")]);
    let drawn = importances(&setting, &setting.model, &[("metric", "mae"), ("repeats", "1000"), ("draws", "50")]);
    for (exact, drawn) in exact.iter().zip(&drawn) {
        assert!(exact.std_error == 0.0);
        assert!((exact.value - drawn.value).abs() <= 5.0 * drawn.std_error + 1e-12, "{exact:?} {drawn:?}");
    }
}

fn curves(setting: &Setting, model: &dyn Model, settings: &[(&str, &str)]) -> Curves {
    let method = method("partial-dependence");
    let knobs = Knobs::check(method.knobs(), settings.iter().copied()).expect("known settings");
    let request = Request { model, ..setting.request(&knobs) };
    match method.explain(&request, &Task::silent()).expect("an answer").body {
        Body::Curves(curves) => curves,
        _ => panic!("curves were asked for"),
    }
}

#[test]
fn counted_curves_pass_through_what_the_model_says_when_asked() {
    let mut met = 0;
    for seed in 0..30 {
        let setting = some(seed, 30);
        let asked = curves(&setting, &Hidden(&setting.model), &[("points", "1000"), ("curves", "7")]);
        let counted = curves(&setting, &setting.model, &[("curves", "7")]);
        assert_eq!((asked.individual.len(), &asked.individual), (7, &counted.individual));
        for (asked, counted) in asked.features.iter().zip(&counted.features) {
            assert_eq!(asked.counts.iter().sum::<u64>(), 30);
            let sizes = [asked.places.len(), counted.places.len()];
            for (k, place) in asked.places.iter().enumerate() {
                let value = match place {
                    Place::At(value) => *value,
                    _ => f64::NAN,
                };
                let low_belongs = !setting.model.ensemble().compare.equal_goes_left();
                let holds = |place: &Place| match place {
                    Place::Missing => value.is_nan(),
                    Place::Between(low, high) if low_belongs => *low <= value && (value < *high || low >= high),
                    Place::Between(low, high) => *low < value && value <= *high || low >= high && value == *low,
                    _ => false,
                };
                // Inputs read in several ways have pieces of single values and categories; they are tested above.
                let whole = counted.places.iter().all(|p| !matches!(p, Place::Category(_)));
                let Some(at) = counted.places.iter().position(holds).filter(|_| whole) else { continue };
                // The model may read 0 as missing.
                if counted.counts[at] == 0 || value == 0.0 {
                    continue;
                }
                for (lines, others) in [(&asked.mean, &counted.mean), (&asked.individual, &counted.individual)] {
                    for (line, other) in lines.chunks_exact(sizes[0]).zip(others.chunks_exact(sizes[1])) {
                        assert!((line[k] - other[at]).abs() < 1e-12, "seed {seed}, {} at {value}", asked.name);
                        met += 1;
                    }
                }
            }
        }
        let centred = curves(&setting, &setting.model, &[("centre", "on")]);
        for curve in &centred.features {
            let first = curve.places.iter().position(|p| *p != Place::Missing).unwrap_or(0);
            assert!(curve.individual.chunks_exact(curve.places.len()).all(|line| line[first] == 0.0));
        }
    }
    assert!(met > 1000, "{met}");
}
