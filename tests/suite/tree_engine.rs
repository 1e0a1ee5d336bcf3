//! The tree engine against the slow reference, on everything trees can contain, and its bits on any number of threads
//! and at every level of vector instructions.

use candor::base::{Seed, Stream, Task};
use candor::explain::tree::{Contributions, path_dependent, reference};
use candor::model::{CategorySet, Missing, Node, Structure, Tree, TreeEnsemble};
use candor::num::parallel::with_threads;
use candor::num::simd::{Level, limit};
use candor::num::{Matrix, MatrixView};
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, proptest};

use super::common::generate::{Shape, setting};

/// What is asked of the engine: the share of a row's largest value by which a value may be off.
const ALLOWED: f64 = 1e-10;

/// An ensemble and rows for it.
struct Case {
    ensemble: TreeEnsemble,
    rows: Matrix,
}

/// Bushy trees with categories, missing values, several outputs.
fn bushy(seed: u64, vector_leaves: bool) -> Case {
    let mut stream = Seed(seed).child("bushy", 0);
    let shape = Shape {
        inputs: 1 + stream.below(12),
        trees: 1 + stream.below(5),
        depth: 1 + stream.below(9),
        outputs: 1 + stream.below(3),
        vector_leaves,
        zero_covers: stream.below(2) == 0,
        full: stream.below(4) == 0,
        rows: 67,
        background: 1,
    };
    let setting = setting(seed, shape);
    let Structure::Trees(ensemble) = candor::model::Model::structure(&setting.model) else { panic!("expected trees") };
    Case { ensemble: ensemble.clone(), rows: setting.rows }
}

/// A tree whose longest path has `depth` splits, over many or few features, with small branches on the way.
fn spine(seed: u64, depth: usize, inputs: usize) -> Case {
    let mut stream = Seed(seed).child("spine", depth as u64);
    let mut tree = Tree { nodes: Vec::new(), leaf_values: Vec::new(), output: Some(0), sets: Vec::new() };
    grow(&mut tree, (depth, inputs), 1000.0, &mut stream);
    let ensemble = TreeEnsemble {
        trees: vec![tree],
        inputs,
        base: vec![0.25],
        compare: candor::model::Compare::LessEqualF64,
        accumulate: candor::model::Accumulate::F64,
        divisor: 1.0,
    };
    // Mostly values that stay on the spine, so that long paths matter.
    let value = |_| match stream.below(8) {
        0 => f64::NAN,
        1 => stream.below(9) as f64 - 4.0,
        _ => -1e3,
    };
    let values: Vec<f64> = (0..20 * inputs).map(value).collect();
    Case { ensemble, rows: Matrix::new(values, 20, inputs).expect("the right length") }
}

fn grow(tree: &mut Tree, (depth, inputs): (usize, usize), cover: f64, stream: &mut Stream) -> u32 {
    let place = tree.nodes.len();
    let mut node = Node {
        feature: Node::LEAF,
        left: tree.leaf_values.len() as u32,
        right: 0,
        set: Node::NUMERIC,
        threshold: stream.below(9) as f64 - 4.0,
        missing: [Missing::Left, Missing::Right, Missing::AsZero][stream.below(3)],
        cover,
    };
    if depth == 0 {
        tree.leaf_values.push(stream.normal());
        tree.nodes.push(node);
        return place as u32;
    }
    node.feature = stream.below(inputs) as u32;
    if stream.below(9) == 0 {
        node.set = tree.sets.len() as u32;
        tree.sets.push(CategorySet { words: vec![stream.bits()], matching_goes_left: false });
    }
    tree.nodes.push(node);
    // Nearly all cover stays on the spine, so that products over forty splits keep their size.
    let share = 0.9 + 0.1 * stream.unit();
    let side = if depth > 1 { stream.below(2) } else { 0 };
    let left = grow(tree, (depth - 1, inputs), cover * share, stream);
    let right = grow(tree, (side, inputs), cover * (1.0 - share), stream);
    (tree.nodes[place].left, tree.nodes[place].right) = (left, right);
    place as u32
}

/// Covers as a careless file holds them: they do not add up.
fn uneven(mut case: Case, seed: u64) -> Case {
    let mut stream = Seed(seed).child("uneven", 0);
    for tree in &mut case.ensemble.trees {
        tree.nodes.iter_mut().for_each(|node| node.cover *= 0.7 + 0.6 * stream.unit());
    }
    case
}

/// The largest difference in a row, as a share of the row's largest value.
fn largest_error(found: &Contributions, expected: &Contributions, width: usize) -> f64 {
    let mut largest = 0.0f64;
    for (a, b) in found.values.chunks_exact(width).zip(expected.values.chunks_exact(width)) {
        let scale = b.iter().fold(0.0f64, |s, v| s.max(v.abs()));
        let gap = a.iter().zip(b).fold(0.0f64, |g, (a, b)| g.max((a - b).abs()));
        largest = largest.max(if gap == 0.0 { 0.0 } else { gap / scale });
    }
    largest
}

fn compare(case: &Case) -> f64 {
    let (ensemble, rows) = (&case.ensemble, case.rows.view());
    let task = Task::silent();
    let found = path_dependent(ensemble, rows, &task).expect("proper trees");
    let expected = reference(ensemble, rows, &task).expect("proper trees");
    assert_eq!(found.values.len(), expected.values.len());
    for (a, b) in found.base.iter().zip(&expected.base) {
        assert!((a - b).abs() <= ALLOWED * b.abs().max(1.0), "base {a} and {b}");
    }
    additivity(&expected, ensemble, rows);
    largest_error(&found, &expected, ensemble.inputs)
}

/// Where covers add up, base and reference values add up to the model's own score.
fn additivity(expected: &Contributions, ensemble: &TreeEnsemble, rows: MatrixView<'_>) {
    let even = |tree: &Tree| {
        tree.nodes.iter().filter(|n| !n.is_leaf()).all(|n| {
            let sum = tree.nodes[n.left as usize].cover + tree.nodes[n.right as usize].cover;
            (sum - n.cover).abs() <= 1e-12 * n.cover
        })
    };
    if !ensemble.trees.iter().all(even) {
        return;
    }
    let mut score = vec![0.0; ensemble.outputs()];
    for i in 0..rows.rows() {
        ensemble.score_f64(rows.row(i), &mut score);
        for (k, score) in score.iter().enumerate() {
            let row = &expected.values[(k * rows.rows() + i) * ensemble.inputs..][..ensemble.inputs];
            let total = expected.base[k] + row.iter().sum::<f64>();
            let size = row.iter().fold(score.abs(), |s, v| s.max(v.abs()));
            assert!((total - score).abs() <= 1e-11 * size.max(1.0), "output {k} of row {i}: {total} and {score}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn bushy_trees_agree_with_the_reference(seed in any::<u64>(), vector in any::<bool>()) {
        let error = compare(&bushy(seed, vector));
        prop_assert!(error <= ALLOWED, "off by {error:e}");
    }

    #[test]
    fn covers_that_do_not_add_up_agree_with_the_reference(seed in any::<u64>(), vector in any::<bool>()) {
        let error = compare(&uneven(bushy(seed, vector), seed));
        prop_assert!(error <= ALLOWED, "off by {error:e}");
    }

    #[test]
    fn deep_trees_agree_with_the_reference(
        seed in any::<u64>(),
        depth in 10_usize..=40,
        inputs in prop::sample::select(vec![1_usize, 3, 12, 40, 60]),
        careless in any::<bool>(),
    ) {
        let case = spine(seed, depth, inputs);
        let case = if careless { uneven(case, seed) } else { case };
        let error = compare(&case);
        prop_assert!(error <= ALLOWED, "off by {error:e}");
    }
}

#[test]
fn threads_and_vector_levels_give_the_same_bits() {
    let task = Task::silent();
    let bits = |case: &Case| -> Vec<u64> {
        let found = path_dependent(&case.ensemble, case.rows.view(), &task).expect("proper trees");
        found.values.iter().chain(&found.base).map(|v| v.to_bits()).collect()
    };
    for case in [bushy(7, false), bushy(8, true), uneven(bushy(9, false), 9), spine(3, 40, 60), spine(4, 33, 3)] {
        let expected = bits(&case);
        for level in Level::ALL {
            limit(level);
            for threads in [1, 2, 3, 16] {
                let found = with_threads(Some(threads), || bits(&case));
                assert!(found == expected, "{} on {threads} threads", level.name());
            }
        }
        limit(Level::Avx512);
    }
}
