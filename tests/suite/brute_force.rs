//! The fast methods against the definition: every coalition, written to be read.

use proptest::prelude::{ProptestConfig, any, proptest};

use candor::base::{Knobs, Seed, Task};
use candor::explain::ask;
use candor::model::{Model, Scale, Tree, TreeEnsemble};
use candor::num::{Matrix, MatrixView};

use super::common::generate::{Shape, chain, setting, small};
use super::common::toy::{Inside, Setting, Toy, difference, method};

/// Shapley values by their definition from the worth of every coalition (a bit mask of features).
fn shapley(features: usize, worth: impl Fn(usize) -> f64) -> Vec<f64> {
    let worth: Vec<f64> = (0..1 << features).map(worth).collect();
    let factorial = |k: usize| (1..=k).map(|i| i as f64).product::<f64>();
    let value = |i: usize| {
        let others = (0..1usize << features).filter(|s| s & (1 << i) == 0);
        let term = |s: usize| {
            let size = s.count_ones() as usize;
            let weight = factorial(size) * factorial(features - 1 - size) / factorial(features);
            weight * (worth[s | 1 << i] - worth[s])
        };
        others.map(term).sum()
    };
    (0..features).map(value).collect()
}

/// The value a tree is expected to give when only the features in `known` are known: at a split on another feature
/// both branches count, in proportion to the training cover.
fn expected((ensemble, output): (&TreeEnsemble, usize), tree: &Tree, place: u32, row: &[f64], known: usize) -> f64 {
    let node = &tree.nodes[place as usize];
    if node.is_leaf() {
        return match tree.output {
            Some(k) if k as usize != output => 0.0,
            Some(_) => tree.leaf_values[node.left as usize],
            None => tree.leaf_values[node.left as usize + output],
        };
    }
    let below = |child: u32| expected((ensemble, output), tree, child, row, known);
    if known & (1 << node.feature) != 0 {
        let left = ensemble.goes_left(tree, node, row[node.feature as usize]);
        return below(if left { node.left } else { node.right });
    }
    let (left, right) = (tree.nodes[node.left as usize].cover, tree.nodes[node.right as usize].cover);
    if node.cover == 0.0 || left + right == 0.0 {
        return (below(node.left) + below(node.right)) / 2.0;
    }
    left / node.cover * below(node.left) + right / node.cover * below(node.right)
}

fn path_dependent_truth(ensemble: &TreeEnsemble, row: &[f64], output: usize) -> (f64, Vec<f64>) {
    let worth = |known: usize| {
        let sum: f64 = ensemble.trees.iter().map(|tree| expected((ensemble, output), tree, 0, row, known)).sum();
        sum / ensemble.divisor + ensemble.base[output]
    };
    (worth(0), shapley(ensemble.inputs, worth))
}

/// The mean prediction when the features in `known` are the row's and the others a background row's.
fn hybrid_truth(model: &dyn Model, row: &[f64], background: &Matrix, output: usize) -> (f64, Vec<f64>) {
    let outputs = model.card().outputs.len();
    let worth = |known: usize| {
        let mut sum = 0.0;
        for i in 0..background.rows() {
            let mut hybrid = background.row(i).to_vec();
            for j in (0..row.len()).filter(|j| known & (1 << j) != 0) {
                hybrid[j] = row[j];
            }
            let mut out = vec![0.0; outputs];
            model.predict(MatrixView::new(&hybrid, 1, row.len()).expect("proper test data"), Scale::Margin, &mut out);
            sum += out[output];
        }
        sum / background.rows() as f64
    };
    (worth(0), shapley(row.len(), worth))
}

type Truth = fn(&Setting, usize, usize) -> (f64, Vec<f64>);

/// The largest relative difference of a method from the truth over all rows and outputs.
fn worst(setting: &Setting, id: &str, truth: Truth) -> f64 {
    let found = setting.attribution(method(id), &[]);
    let mut worst = 0.0f64;
    for output in 0..found.outputs.len() {
        for position in 0..setting.rows.rows() {
            let (base, values) = truth(setting, position, output);
            worst = worst.max(difference(found.row(output, position), &values));
            worst = worst.max((found.base[output] - base).abs() / base.abs().max(1.0));
        }
    }
    worst
}

fn by_cover(setting: &Setting, position: usize, output: usize) -> (f64, Vec<f64>) {
    path_dependent_truth(setting.model.ensemble(), setting.rows.row(position), output)
}

fn by_background(setting: &Setting, position: usize, output: usize) -> (f64, Vec<f64>) {
    hybrid_truth(&setting.model, setting.rows.row(position), &setting.background.matrix, output)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tree_shap_is_the_shapley_value_of_the_cover_game(seed in any::<u64>()) {
        let setting = setting(seed, small(&mut Seed(seed).child("shape", 0)));
        let worst = worst(&setting, "tree-shap", by_cover);
        assert!(worst < 1e-9, "seed {seed}: {worst:e}");
    }

    #[test]
    fn interventional_tree_shap_is_the_shapley_value_of_the_background_game(seed in any::<u64>()) {
        let setting = setting(seed, small(&mut Seed(seed).child("shape", 0)));
        let worst = worst(&setting, "tree-shap-interventional", by_background);
        assert!(worst < 1e-9, "seed {seed}: {worst:e}");
    }

    #[test]
    fn enumerated_values_are_the_shapley_value_of_the_background_game(seed in any::<u64>()) {
        let setting = setting(seed, small(&mut Seed(seed).child("shape", 0)));
        let worst = worst(&setting, "exact-shapley", by_background);
        assert!(worst < 1e-9, "seed {seed}: {worst:e}");
    }
}

#[test]
fn ten_features_and_long_paths_agree_with_enumeration() {
    for seed in 0..6 {
        let shape = Shape {
            inputs: 10,
            trees: 2,
            depth: 9,
            outputs: 1,
            vector_leaves: false,
            zero_covers: seed % 2 == 0,
            full: false,
            rows: 2,
            background: 3,
        };
        let setting = setting(seed, shape);
        assert!(worst(&setting, "tree-shap", by_cover) < 1e-9);
        assert!(worst(&setting, "tree-shap-interventional", by_background) < 1e-9);
    }
}

#[test]
fn paths_too_long_for_tables_agree_with_enumeration() {
    for (length, seed) in [(13, 1u64), (26, 2), (31, 3)] {
        let other = setting(seed, Shape { inputs: 13, ..small(&mut Seed(seed).child("shape", 0)) });
        let setting = Setting::new(Toy::trees(chain(length, 13)), other.rows, other.background.matrix);
        assert!(worst(&setting, "tree-shap", by_cover) < 1e-9);
        assert!(worst(&setting, "tree-shap-interventional", by_background) < 1e-9);
    }
}

#[test]
fn the_comparison_notices_a_wrong_value() {
    let setting = setting(5, Shape { rows: 3, background: 2, ..small(&mut Seed(5).child("shape", 0)) });
    let other: Truth = |setting, position, output| {
        let (base, mut values) = by_cover(setting, position, output);
        values[0] += 1e-6;
        (base, values)
    };
    assert!(worst(&setting, "tree-shap", by_cover) < 1e-9);
    assert!(worst(&setting, "tree-shap", other) > 1e-8);
}

#[test]
fn linear_values_agree_with_enumeration() {
    let form = candor::model::LinearForm { weights: vec![1.5, -2.0, 0.25, 4.0, -0.5, 1.0], intercept: vec![0.5, -1.0] };
    let nan = f64::NAN;
    let rows = Matrix::from_rows(&[[1.0, 2.0, 3.0], [nan, 0.0, -4.0], [0.5, nan, nan]]).expect("proper test data");
    let background =
        Matrix::from_rows(&[[0.0, 1.0, nan], [2.0, nan, 1.0], [nan, 5.0, -1.0]]).expect("proper test data");
    let setting = Setting::new(Toy::new(Inside::Linear(form), 3), rows, background);
    assert!(worst(&setting, "linear-shap", by_background) < 1e-12);
    assert!(worst(&setting, "exact-shapley", by_background) < 1e-12);
}

#[test]
fn chains_of_ten_thousand_splits_add_up() {
    for (length, inputs) in [(10_000, 30), (600, 600), (10_000, 10_000)] {
        let rows = (0..2 * inputs).map(|k| if k < inputs { 5.0 } else { (k % 13) as f64 - 20.0 }).collect();
        let background = Matrix::new(vec![-20.0; inputs], 1, inputs).expect("proper test data");
        let toy = Toy::trees(chain(length, inputs));
        let setting = Setting::new(toy, Matrix::new(rows, 2, inputs).expect("proper test data"), background);
        for id in ["tree-shap", "tree-shap-interventional"] {
            let knobs = Knobs::default();
            let explained = ask(method(id), &setting.request(&knobs), &Task::silent()).expect("an answer");
            let gap = explained.fidelity.gap.expect("a gap");
            assert!(gap < 1e-10, "{id}, {length} splits, {inputs} inputs: {gap:e}");
        }
    }
}

#[test]
fn sampled_errors_cover_the_truth_as_often_as_they_promise() {
    let shape = Shape {
        inputs: 6,
        trees: 12,
        depth: 6,
        outputs: 1,
        vector_leaves: false,
        zero_covers: false,
        full: true,
        rows: 120,
        background: 3,
    };
    let setting = setting(11, shape);
    let truth = setting.attribution(method("exact-shapley"), &[]);
    for budget in ["240", "600"] {
        let found = setting.attribution(method("permutation-shap"), &[("budget", budget), ("tolerance", "0")]);
        let errors = found.std_error.as_ref().expect("errors");
        let (mut inside, mut asked) = (0usize, 0usize);
        for ((value, truth), error) in found.values.iter().zip(truth.values.iter()).zip(errors.iter()) {
            if *error > 1e-12 {
                asked += 1;
                inside += usize::from((value - truth).abs() <= 1.96 * error);
            } else {
                assert!((value - truth).abs() < 1e-9, "no error was promised");
            }
        }
        let share = inside as f64 / asked as f64;
        assert!(asked > 300 && (0.90..=0.99).contains(&share), "budget {budget}: {inside} of {asked}");
    }
}
