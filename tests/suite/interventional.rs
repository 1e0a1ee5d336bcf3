//! Interventional contributions of trees: tables, deep leaves, weighted backgrounds and probabilities against the slow
//! definitions.

use candor::base::{Knobs, Seed, Task};
use candor::explain::{Explainer, ask};
use candor::model::TreeEnsemble;
use candor::num::Matrix;
use candor::num::parallel::with_threads;
use candor::num::simd::{Level, limit};

use candor::explain::tree::{interventional, pairwise};

use super::common::generate::{Shape, chain, setting, small};
use super::common::toy::{Setting, Toy, difference, method};

fn table(rows: usize, inputs: usize, seed: u64) -> Matrix {
    let mut stream = Seed(seed).child("table", 0);
    let value = |_| if stream.below(12) == 0 { f64::NAN } else { (stream.below(25) as f64 - 8.0) / 2.0 };
    Matrix::new((0..rows * inputs).map(value).collect(), rows, inputs).expect("the right length")
}

fn weights(rows: usize) -> Vec<f64> {
    (0..rows).map(|i| if i % 5 == 3 { 0.0 } else { 0.25 + (i * 7 % 11) as f64 }).collect()
}

fn fast(ensemble: &TreeEnsemble, rows: &Matrix, background: &Matrix, weights: Option<&[f64]>) -> Vec<f64> {
    let found = interventional(ensemble, rows.view(), background.view(), weights, &Task::silent());
    found.expect("proper trees").values
}

/// The largest difference of the fast values from the pairwise ones.
fn gap(ensemble: &TreeEnsemble, rows: &Matrix, background: &Matrix, weights: Option<&[f64]>) -> f64 {
    let slow = pairwise(ensemble, rows.view(), background.view(), weights);
    difference(&fast(ensemble, rows, background, weights), &slow)
}

fn forest(seed: u64, shape: Shape) -> TreeEnsemble {
    setting(seed, shape).model.ensemble().clone()
}

const MIXED: Shape = Shape {
    inputs: 9,
    trees: 7,
    depth: 6,
    outputs: 2,
    vector_leaves: false,
    zero_covers: false,
    full: false,
    rows: 1,
    background: 1,
};

#[test]
fn tables_agree_with_every_pair_of_rows() {
    for (seed, depth, inputs, vector_leaves) in
        [(1, 6, 9, false), (2, 6, 30, true), (3, 8, 30, false), (4, 3, 4, false), (5, 1, 2, true), (6, 9, 20, false)]
    {
        let shape = Shape { depth, inputs, vector_leaves, full: seed % 2 == 0, ..MIXED };
        let model = forest(seed, shape);
        for (rows, background) in [(1, 1), (70, 65), (5, 300)] {
            let (rows, background) = (table(rows, inputs, seed), table(background, inputs, seed + 100));
            let own = weights(background.rows());
            let worst = gap(&model, &rows, &background, None).max(gap(&model, &rows, &background, Some(&own)));
            assert!(worst < 1e-12, "seed {seed}, {} references: {worst:e}", background.rows());
        }
    }
}

#[test]
fn weighted_backgrounds_are_the_shapley_value_of_the_weighted_game() {
    let mut moved = 0;
    for seed in 0..40u64 {
        let mut given = setting(seed, small(&mut Seed(seed).child("shape", 0)));
        let own: Vec<f64> = (0..given.background.matrix.rows()).map(|i| 0.5 + (i * 3 % 4) as f64).collect();
        given.background.weights = Some(own.into());
        let truth = given.attribution(method("exact-shapley"), &[]);
        let found = given.attribution(method("tree-shap-interventional"), &[]);
        let worst = difference(&found.values, &truth.values).max(difference(&found.base, &truth.base));
        assert!(worst < 1e-9, "seed {seed}: {worst:e}");
        given.background.weights = None;
        let equal = given.attribution(method("tree-shap-interventional"), &[]);
        moved += usize::from(equal.base != found.base);
    }
    assert!(moved > 20, "weights moved only {moved} bases");
}

/// Shapley values by their definition, from weighted means over the background.
fn enumerated(ensemble: &TreeEnsemble, row: &[f64], background: &Matrix, weights: &[f64]) -> Vec<f64> {
    let features = row.len();
    let total: f64 = weights.iter().sum();
    let worth = |known: usize| -> f64 {
        let score = |i: usize| {
            let hybrid: Vec<f64> =
                (0..features).map(|j| if known >> j & 1 == 1 { row[j] } else { background.row(i)[j] }).collect();
            let mut out = [0.0];
            ensemble.score_f64(&hybrid, &mut out);
            weights[i] * out[0]
        };
        (0..background.rows()).map(score).sum::<f64>() / total
    };
    let worth: Vec<f64> = (0..1usize << features).map(worth).collect();
    let factorial = |k: usize| (1..=k).map(|i| i as f64).product::<f64>();
    let value = |i: usize| -> f64 {
        let without = (0..1usize << features).filter(|s| s >> i & 1 == 0);
        let term = |s: usize| {
            let size = s.count_ones() as usize;
            factorial(size) * factorial(features - 1 - size) / factorial(features) * (worth[s | 1 << i] - worth[s])
        };
        without.map(term).sum()
    };
    (0..features).map(value).collect()
}

#[test]
fn weighted_values_agree_with_all_coalitions() {
    for (model, inputs) in [(chain(13, 8), 8), (forest(8, Shape { inputs: 8, outputs: 1, depth: 7, ..MIXED }), 8)] {
        let (rows, background) = (table(3, inputs, 5), table(9, inputs, 6));
        let own = weights(9);
        let found = fast(&model, &rows, &background, Some(&own));
        for i in 0..3 {
            let truth = enumerated(&model, rows.row(i), &background, &own);
            let worst = difference(&found[i * inputs..(i + 1) * inputs], &truth);
            assert!(worst < 1e-11, "row {i}: {worst:e}");
        }
    }
}

#[test]
fn a_row_of_weight_zero_is_as_if_it_were_not_there() {
    let model = forest(11, MIXED);
    let (rows, background) = (table(20, 9, 1), table(30, 9, 2));
    let own: Vec<f64> = (0..30).map(|i| if i < 20 { 3.0 } else { 0.0 }).collect();
    let fewer = background.take(&(0..20).collect::<Vec<_>>());
    let worst = difference(&fast(&model, &rows, &background, Some(&own)), &fast(&model, &rows, &fewer, None));
    assert!(worst < 1e-13, "{worst:e}");
}

#[test]
fn long_chains_agree_with_every_pair_of_rows() {
    // With few references the leaves beyond ten features meet them one by one; with many, those up to the limit have
    // tables, and the others see several slabs.
    for (length, inputs, references) in
        [(13, 13, 3), (13, 13, 4200), (18, 18, 70), (18, 18, 4200), (30, 30, 130), (30, 30, 4200), (40, 7, 100)]
    {
        let model = chain(length, inputs);
        let (rows, background) = (table(6, inputs, 3), table(references, inputs, 4));
        let own = weights(references);
        let worst = gap(&model, &rows, &background, None).max(gap(&model, &rows, &background, Some(&own)));
        assert!(worst < 1e-12, "{length} splits, {references} references: {worst:e}");
    }
}

#[test]
fn bushy_trees_with_deep_leaves_agree_with_every_pair_of_rows() {
    let model = forest(21, Shape { inputs: 25, depth: 14, trees: 1, outputs: 1, ..MIXED });
    for references in [1, 90, 900] {
        let (rows, background) = (table(9, 25, 3), table(references, 25, 4));
        let worst = gap(&model, &rows, &background, None);
        assert!(worst < 1e-12, "{references} references: {worst:e}");
    }
}

#[test]
fn every_level_and_number_of_threads_gives_the_same_bits() {
    let bits = |model: &TreeEnsemble, rows: &Matrix, background: &Matrix, own: &[f64]| -> Vec<u64> {
        fast(model, rows, background, Some(own)).iter().map(|v| v.to_bits()).collect()
    };
    for (model, inputs) in [(forest(31, Shape { trees: 12, ..MIXED }), 9), (chain(17, 17), 17), (chain(12, 12), 12)] {
        let (rows, background) = (table(203, inputs, 3), table(170, inputs, 4));
        let own = weights(170);
        let one = with_threads(Some(1), || bits(&model, &rows, &background, &own));
        for threads in [2, 3, 16] {
            assert!(one == with_threads(Some(threads), || bits(&model, &rows, &background, &own)), "{threads} threads");
        }
        for level in Level::ALL.into_iter().filter(|l| l.is_here()) {
            limit(level);
            let found = bits(&model, &rows, &background, &own);
            limit(Level::Avx512);
            assert!(one == found, "{}", level.name());
        }
        let alone = rows.take(&[130]);
        let found = fast(&model, &alone, &background, Some(&own));
        let whole = fast(&model, &rows, &background, Some(&own));
        for k in 0..model.outputs() {
            assert_eq!(found[k * inputs..(k + 1) * inputs], whole[(k * 203 + 130) * inputs..][..inputs]);
        }
    }
}

#[test]
fn faulty_weights_are_refused() {
    let given = setting(3, Shape { background: 3, ..MIXED });
    let knobs = Knobs::default();
    for faulty in [vec![1.0, 2.0], vec![1.0, -1.0, 2.0], vec![0.0; 3], vec![1.0, f64::NAN, 1.0], vec![f64::INFINITY; 3]]
    {
        let mut background = given.background.clone();
        background.weights = Some(faulty.into());
        let request = candor::explain::Request { background: &background, ..given.request(&knobs) };
        let asked: &dyn Explainer = method("tree-shap-interventional");
        assert!(ask(asked, &request, &Task::silent()).is_err());
    }
}

#[test]
fn weighted_values_add_up() {
    let model = chain(300, 40);
    let mut given = Setting::new(Toy::trees(model), table(5, 40, 1), table(80, 40, 2));
    given.background.weights = Some(weights(80).into());
    let knobs = Knobs::default();
    for id in ["tree-shap-interventional", "permutation-shap"] {
        let explained = ask(method(id), &given.request(&knobs), &Task::silent()).expect("an answer");
        let gap = explained.fidelity.gap.expect("a gap");
        assert!(gap < 1e-10, "{id}: {gap:e}");
    }
}
