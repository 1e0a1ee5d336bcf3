//! Interaction values against the definition, and the laws they obey.

use proptest::prelude::{ProptestConfig, any, proptest};

use candor::base::{Seed, Task};
use candor::explain::tree::{Wanted, interaction_matrices, interaction_rows, interactions, path_dependent};
use candor::model::{Tree, TreeEnsemble};
use candor::num::Matrix;
use candor::num::parallel::with_threads;
use candor::num::simd::{Level, limit};

use super::common::generate::{Shape, chain, setting, small};
use super::common::toy::{Setting, difference};

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

fn factorial(k: usize) -> f64 {
    (1..=k).map(|i| i as f64).product()
}

/// The matrix of one row by the definition: half the Shapley interaction index of every pair, from the worth of every
/// coalition; the diagonal is what is left of the contribution.
fn matrix(features: usize, worth: impl Fn(usize) -> f64) -> Vec<f64> {
    let worth: Vec<f64> = (0..1usize << features).map(worth).collect();
    let mut matrix = vec![0.0; features * features];
    for i in 0..features {
        let without = |s: usize, j: usize| s & (1 << i | 1 << j) == 0;
        let mut rest = 0.0;
        for s in (0..1usize << features).filter(|&s| without(s, i)) {
            let size = s.count_ones() as usize;
            let weight = factorial(size) * factorial(features - 1 - size) / factorial(features);
            rest += weight * (worth[s | 1 << i] - worth[s]);
        }
        for j in (0..features).filter(|&j| j != i) {
            let mut index = 0.0;
            for s in (0..1usize << features).filter(|&s| without(s, j)) {
                let size = s.count_ones() as usize;
                let weight = factorial(size) * factorial(features - 2 - size) / factorial(features - 1);
                index += weight * (worth[s | 1 << i | 1 << j] - worth[s | 1 << i] - worth[s | 1 << j] + worth[s]);
            }
            matrix[i * features + j] = index / 2.0;
            rest -= index / 2.0;
        }
        matrix[i * features + i] = rest;
    }
    matrix
}

/// The largest relative difference of the matrices from the definition over all rows and outputs.
fn worst(setting: &Setting) -> f64 {
    let (ensemble, size) = (setting.model.ensemble(), setting.rows.cols() * setting.rows.cols());
    let found = interaction_matrices(ensemble, setting.rows.view(), &Task::silent()).expect("matrices");
    let mut worst = 0.0f64;
    for (place, found) in found.values.chunks_exact(size).enumerate() {
        let (output, row) = (place / setting.rows.rows(), setting.rows.row(place % setting.rows.rows()));
        let worth = |known: usize| {
            let each = |tree| expected((ensemble, output), tree, 0, row, known);
            ensemble.trees.iter().map(each).sum::<f64>() / ensemble.divisor
        };
        worst = worst.max(difference(found, &matrix(setting.rows.cols(), worth)));
    }
    worst
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn interaction_values_are_half_the_interaction_index_of_the_cover_game(seed in any::<u64>()) {
        let setting = setting(seed, small(&mut Seed(seed).child("shape", 0)));
        let worst = worst(&setting);
        assert!(worst < 1e-9, "seed {seed}: {worst:e}");
    }
}

#[test]
fn nine_features_and_long_paths_agree_with_enumeration() {
    for seed in 0..4 {
        let shape = Shape { inputs: 9, trees: 2, depth: 9, rows: 2, ..large(seed % 2 == 0) };
        let worst = worst(&setting(seed, shape));
        assert!(worst < 1e-9, "seed {seed}: {worst:e}");
    }
    for (length, seed) in [(13, 1u64), (31, 3)] {
        let other = setting(seed, Shape { inputs: 9, ..small(&mut Seed(seed).child("shape", 0)) });
        let chain = super::common::toy::Toy::trees(chain(length, 9));
        let worst = worst(&Setting::new(chain, other.rows, other.background.matrix));
        assert!(worst < 1e-9, "chain of {length}: {worst:e}");
    }
}

/// A forest over eleven features with everything in it.
fn large(zero_covers: bool) -> Shape {
    Shape {
        inputs: 11,
        trees: 40,
        depth: 7,
        outputs: 2,
        vector_leaves: zero_covers,
        zero_covers,
        full: false,
        rows: 203,
        background: 1,
    }
}

#[test]
fn every_line_sums_to_the_contribution_and_the_matrix_is_symmetric() {
    for zero_covers in [false, true] {
        let setting = setting(5, large(zero_covers));
        let (ensemble, inputs) = (setting.model.ensemble(), setting.rows.cols());
        let found = interaction_matrices(ensemble, setting.rows.view(), &Task::silent()).expect("matrices");
        let values = path_dependent(ensemble, setting.rows.view(), &Task::silent()).expect("contributions");
        let sums: Vec<f64> = found.values.chunks_exact(inputs).map(|line| line.iter().sum()).collect();
        assert!(difference(&sums, &values.values) < 1e-12);
        assert!(difference(&found.base, &values.base) < 1e-12);
        for matrix in found.values.chunks_exact(inputs * inputs) {
            for (i, j) in (0..inputs).flat_map(|i| (0..i).map(move |j| (i, j))) {
                assert_eq!(matrix[i * inputs + j].to_bits(), matrix[j * inputs + i].to_bits());
            }
        }
    }
}

#[test]
fn chains_of_ten_thousand_splits_add_up() {
    for (length, inputs) in [(10_000, 30), (600, 600)] {
        let rows = (0..2 * inputs).map(|k| if k < inputs { 5.0 } else { (k % 13) as f64 - 20.0 }).collect();
        let rows = Matrix::new(rows, 2, inputs).expect("proper test data");
        let model = chain(length, inputs);
        let found = interaction_matrices(&model, rows.view(), &Task::silent()).expect("matrices");
        let values = path_dependent(&model, rows.view(), &Task::silent()).expect("contributions");
        let sums: Vec<f64> = found.values.chunks_exact(inputs).map(|line| line.iter().sum()).collect();
        let worst = difference(&sums, &values.values);
        assert!(worst < 1e-10, "{length} splits: {worst:e}");
    }
}

#[test]
fn more_pairs_than_fit_in_memory_are_refused_and_one_feature_is_not() {
    let model = chain(10_000, 10_000);
    let rows = Matrix::new(vec![5.0; 10_000], 1, 10_000).expect("proper test data");
    let refused = interactions(&model, rows.view(), Wanted::default(), &Task::silent());
    assert_eq!(refused.err(), Some(candor::explain::tree::Stopped::TooManyPairs));
    let wanted = Wanted { with: Some(0), keep: 1 };
    let found = interactions(&model, rows.view(), wanted, &Task::silent()).expect("one feature");
    assert_eq!(found.pairs.len(), 10_000);
}

#[test]
fn one_feature_against_all_has_the_numbers_of_the_whole() {
    let setting = setting(9, large(false));
    let (ensemble, task) = (setting.model.ensemble(), Task::silent());
    let all = Wanted { with: None, keep: 203 };
    let all = interactions(ensemble, setting.rows.view(), all, &task).expect("all pairs");
    for feature in 0..setting.rows.cols() {
        let wanted = Wanted { with: Some(feature), keep: 203 };
        let found = interactions(ensemble, setting.rows.view(), wanted, &task).expect("one feature");
        for (place, pair) in found.pairs.iter().enumerate() {
            assert!(pair.0 as usize == feature || pair.1 as usize == feature);
            let other = all.pairs.binary_search(pair).expect("a pair of the whole");
            let column = |i: &candor::explain::tree::Interactions, place| -> Vec<f64> {
                i.values.iter().skip(place).step_by(i.pairs.len()).copied().collect()
            };
            assert!(difference(&column(&found, place), &column(&all, other)) < 1e-12);
        }
    }
}

#[test]
fn means_and_streamed_rows_are_those_of_the_matrices() {
    let setting = setting(11, large(true));
    let (ensemble, inputs, task) = (setting.model.ensemble(), setting.rows.cols(), Task::silent());
    let matrices = interaction_matrices(ensemble, setting.rows.view(), &task).expect("matrices");
    let brief = interactions(ensemble, setting.rows.view(), Wanted { with: None, keep: 70 }, &task).expect("means");
    let (mut pairs, mut seen) = (Vec::new(), 0);
    let value = |output: usize, row: usize, (a, b): (u32, u32)| {
        matrices.values[((output * 203 + row) * inputs + a as usize) * inputs + b as usize]
    };
    let mut check = |found: &[(u32, u32)], first: usize, values: &[f64]| {
        pairs = found.to_vec();
        let count = values.len() / (2 * brief.pairs.len());
        for (place, found) in values.iter().enumerate() {
            let (row, pair) = (place / brief.pairs.len(), brief.pairs[place % brief.pairs.len()]);
            assert_eq!(found.to_bits(), value(row / count, first + row % count, pair).to_bits());
        }
        seen += count;
        Ok(())
    };
    interaction_rows(ensemble, setting.rows.view(), None, &task, &mut check).expect("rows");
    assert_eq!((&pairs, seen), (&brief.pairs, 203));
    for (place, pair) in brief.pairs.iter().enumerate() {
        for output in 0..2 {
            let at = output * brief.pairs.len() + place;
            let sum = |f: fn(f64) -> f64| (0..203).map(|row| f(value(output, row, *pair))).sum::<f64>() / 203.0;
            assert!((sum(f64::abs) - brief.mean_absolute[at]).abs() < 1e-12);
            assert!((sum(|x| x) - brief.mean[at]).abs() < 1e-12);
            let kept = brief.values[(output * 70 + 69) * brief.pairs.len() + place];
            assert_eq!(kept.to_bits(), value(output, 69, *pair).to_bits());
        }
    }
}

#[test]
fn threads_levels_and_neighbours_do_not_change_a_bit() {
    let setting = setting(13, large(true));
    let (ensemble, task) = (setting.model.ensemble(), Task::silent());
    let bits = |rows| {
        let found = interaction_matrices(ensemble, rows, &task).expect("matrices");
        found.values.iter().map(|v| v.to_bits()).collect::<Vec<_>>()
    };
    let brief = || {
        let found = interactions(ensemble, setting.rows.view(), Wanted::default(), &task).expect("means");
        found.mean_absolute.iter().chain(&found.mean).map(|v| v.to_bits()).collect::<Vec<_>>()
    };
    let (whole, means) = (bits(setting.rows.view()), brief());
    for threads in [1, 2, 3, 16] {
        assert!(with_threads(Some(threads), || bits(setting.rows.view())) == whole, "{threads} threads");
        assert!(with_threads(Some(threads), brief) == means, "{threads} threads");
    }
    for level in Level::ALL {
        limit(level);
        assert!(bits(setting.rows.view()) == whole && brief() == means, "{}", level.name());
    }
    let size = setting.rows.cols() * setting.rows.cols();
    for row in [0usize, 63, 64, 202] {
        let alone = bits(setting.rows.view().slice(row, row + 1));
        for output in 0..2 {
            let start = (output * 203 + row) * size;
            assert!(alone[output * size..(output + 1) * size] == whole[start..start + size], "row {row}");
        }
    }
}

/// An upper bound of the rounding in a peer that works with unit roundoff `unit`: a value is half the difference of two
/// contributions, a path weight takes at most `2 D²` operations in paths of `D` splits, and the trees' values are added
/// one by one, each sum at most as large as the largest leaves together.
pub fn rounding(ensemble: &TreeEnsemble, unit: f64) -> f64 {
    let largest = |tree: &Tree| tree.leaf_values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let size: f64 = ensemble.trees.iter().map(largest).sum();
    let depth = ensemble.deepest_path();
    unit * (2 * depth * depth + ensemble.trees.len()) as f64 * size
}

/// What libraries recorded.
pub const RECORDS: [&str; 3] = ["xgboost_binary", "xgboost_multiclass", "lightgbm_regression"];

/// One record: matrices of shape (rows, outputs, inputs, inputs) under the name of each library.
pub struct Record {
    pub record: serde_json::Value,
    pub model: std::sync::Arc<dyn candor::model::Model>,
    pub rows: Matrix,
}

impl Record {
    pub fn read(name: &str) -> Self {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/interactions");
        let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("a text file");
        let record: serde_json::Value = serde_json::from_str(&text).expect("proper JSON");
        let path = folder.join(record["model"].as_str().expect("a path"));
        let model = candor::model::load::load(&path, &Task::silent()).expect("a model");
        let list = |v: &serde_json::Value| v.as_array().expect("a list").clone();
        let number = |v: &serde_json::Value| v.as_f64().unwrap_or(f64::NAN);
        let rows: Vec<Vec<f64>> = list(&record["rows"]).iter().map(|r| list(r).iter().map(number).collect()).collect();
        Self { record, model, rows: Matrix::from_rows(&rows).expect("rows of one length") }
    }
}

#[test]
fn interaction_values_are_those_that_xgboost_and_shap_recorded() {
    let mut compared = 0;
    for name in RECORDS {
        let Record { record, model, rows } = Record::read(name);
        let candor::model::Structure::Trees(ensemble) = model.structure() else { panic!("trees") };
        let list = |v: &serde_json::Value| v.as_array().expect("a list").clone();
        let number = |v: &serde_json::Value| v.as_f64().unwrap_or(f64::NAN);
        let inputs = ensemble.inputs;
        let found = interaction_matrices(ensemble, rows.view(), &Task::silent()).expect("matrices");
        for (peer, unit) in [("xgboost", f32::EPSILON), ("shap", f32::EPSILON)] {
            let allowed = rounding(ensemble, f64::from(unit) / 2.0);
            for (row, outputs) in record[peer].as_array().into_iter().flatten().enumerate() {
                for (output, matrix) in list(outputs).iter().enumerate() {
                    let truth: Vec<f64> = list(matrix).iter().flat_map(&list).map(|v| number(&v)).collect();
                    let start = (output * rows.rows() + row) * inputs * inputs;
                    for (found, truth) in found.values[start..start + inputs * inputs].iter().zip(&truth) {
                        let gap = (found - truth).abs();
                        assert!(gap <= allowed, "{name}, {peer}, row {row}: {gap:e} of {allowed:e}");
                        compared += 1;
                    }
                }
            }
        }
    }
    assert_eq!(compared, 16 * 5 * (1 + 1 + 3 + 3 + 1));
}
