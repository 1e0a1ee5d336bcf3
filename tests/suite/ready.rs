//! Tables that are kept for single rows, and trees that ask the same at all splits of a level.

use candor::base::{Seed, Task};
use candor::explain::tree::{Ready, Room, interventional, pairwise, path_dependent, reference};
use candor::model::{Model as _, Structure, TreeEnsemble};
use candor::num::Matrix;
use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};

use super::common::generate::{Shape, setting};

/// Tables and kernels add the same numbers in another order.
const ALLOWED: f64 = 1e-12;

/// Trees of everything that occurs, rows, and reference rows with weights.
struct Case {
    ensemble: TreeEnsemble,
    rows: Matrix,
    background: Matrix,
    weights: Vec<f64>,
}

fn case(seed: u64, depth: usize) -> Case {
    let mut stream = Seed(seed).child("ready", 0);
    let shape = Shape {
        inputs: 1 + stream.below(12),
        trees: 1 + stream.below(5),
        depth,
        outputs: 1 + stream.below(3),
        vector_leaves: stream.below(2) == 0,
        zero_covers: stream.below(2) == 0,
        full: stream.below(3) == 0,
        rows: 9,
        background: 30,
    };
    let setting = setting(seed, shape);
    let Structure::Trees(ensemble) = setting.model.structure() else { panic!("expected trees") };
    let weights = (0..30).map(|i| if i % 7 == 2 { 0.0 } else { 0.5 + stream.unit() }).collect();
    Case {
        ensemble: ensemble.clone(),
        rows: setting.rows.clone(),
        background: setting.background.matrix.clone(),
        weights,
    }
}

/// The largest difference of the kept tables from `values`, shape (outputs, rows, inputs), as a share of the largest
/// value of the row and output.
fn gap(ready: &Ready, case: &Case, values: &[f64]) -> f64 {
    let (inputs, count) = (case.ensemble.inputs, case.rows.rows());
    let (mut room, mut out) = (Room::default(), vec![0.0; case.ensemble.outputs() * inputs]);
    let mut largest = 0.0f64;
    for i in 0..count {
        ready.explain(case.rows.row(i), &mut room, &mut out);
        for (k, found) in out.chunks_exact(inputs).enumerate() {
            let expected = &values[(k * count + i) * inputs..][..inputs];
            let size = expected.iter().fold(1e-300f64, |s, v| s.max(v.abs()));
            let gap = found.iter().zip(expected).fold(0.0f64, |g, (a, b)| g.max((a - b).abs()));
            largest = largest.max(gap / size);
        }
    }
    largest
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn kept_tables_answer_as_the_table_of_rows(seed in any::<u64>(), depth in 1_usize..=9) {
        let (case, task) = (case(seed, depth), Task::silent());
        let ready = Ready::path_dependent(&case.ensemble, &task).expect("trees").expect("few features");
        let whole = path_dependent(&case.ensemble, case.rows.view(), &task).expect("trees");
        prop_assert!(gap(&ready, &case, &whole.values) <= ALLOWED);
        for (a, b) in ready.base().iter().zip(&whole.base) {
            prop_assert!((a - b).abs() <= ALLOWED * b.abs().max(1.0));
        }
        let (background, weights) = (case.background.view(), Some(&case.weights[..]));
        let ready = Ready::interventional(&case.ensemble, background, weights, &task).expect("trees").expect("few features");
        let whole = interventional(&case.ensemble, case.rows.view(), background, weights, &task).expect("trees");
        prop_assert!(gap(&ready, &case, &whole.values) <= ALLOWED);
        for (a, b) in ready.base().iter().zip(&whole.base) {
            prop_assert!((a - b).abs() <= ALLOWED * b.abs().max(1.0));
        }
    }

    #[test]
    fn oblivious_trees_agree_with_the_slow_definitions(seed in any::<u64>(), depth in 1_usize..=8) {
        let (mut case, task) = (case(seed, depth), Task::silent());
        level(&mut case.ensemble);
        let ready = Ready::path_dependent(&case.ensemble, &task).expect("trees").expect("few features");
        let slow = reference(&case.ensemble, case.rows.view(), &task).expect("trees");
        prop_assert!(gap(&ready, &case, &slow.values) <= 1e-11);
        let whole = path_dependent(&case.ensemble, case.rows.view(), &task).expect("trees");
        prop_assert!(gap(&ready, &case, &whole.values) <= ALLOWED);
        let (background, weights) = (case.background.view(), Some(&case.weights[..]));
        let ready = Ready::interventional(&case.ensemble, background, weights, &task).expect("trees").expect("few features");
        let slow = pairwise(&case.ensemble, case.rows.view(), background, weights);
        prop_assert!(gap(&ready, &case, &slow) <= 1e-10);
    }
}

/// Lets all splits of a level ask what the first one of the level asks.
fn level(ensemble: &mut TreeEnsemble) {
    for tree in &mut ensemble.trees {
        let mut asks: Vec<Option<candor::model::Node>> = vec![None; 64];
        let mut rest = vec![(0usize, 0usize)];
        while let Some((place, depth)) = rest.pop() {
            let node = &mut tree.nodes[place];
            if node.is_leaf() {
                continue;
            }
            let first = *asks[depth].get_or_insert(*node);
            (node.feature, node.set, node.threshold, node.missing) =
                (first.feature, first.set, first.threshold, first.missing);
            rest.extend([(node.right as usize, depth + 1), (node.left as usize, depth + 1)]);
        }
    }
}

#[test]
fn paths_of_many_features_have_no_kept_tables() {
    let ensemble = super::common::generate::chain(30, 30);
    assert!(Ready::path_dependent(&ensemble, &Task::silent()).expect("trees").is_none());
}
