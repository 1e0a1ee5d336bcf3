//! Ensembles whose paths ask at most two features, which tables answer, against the slow definitions of both games.

use candor::base::{Seed, Stream, Task};
use candor::explain::tree::{interventional, pairwise, path_dependent, reference};
use candor::model::{Accumulate, CategorySet, Compare, Missing, Node, Tree, TreeEnsemble};
use candor::num::Matrix;
use candor::num::parallel::with_threads;
use candor::num::simd::{Level, limit};
use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};

use super::common::generate::node;

/// The share of a row's largest value by which a value may be off: the slow definitions add up a thousand leaves in f64.
const ALLOWED: f64 = 1e-12;

/// How every split on an input reads it.
#[derive(Clone, Copy)]
enum Kind {
    Number,
    NumberWithoutZero,
    Category,
}

/// What to generate.
struct Shape {
    inputs: usize,
    trees: usize,
    /// Most splits on a path.
    depth: usize,
    outputs: usize,
    vector_leaves: bool,
    zero_covers: bool,
}

fn shape(stream: &mut Stream) -> Shape {
    let deep = stream.below(3) == 0;
    Shape {
        inputs: 1 + stream.below(7),
        trees: if deep { 40 + stream.below(60) } else { 100 + stream.below(200) },
        depth: if deep { 3 + stream.below(6) } else { 1 + stream.below(2) },
        outputs: 1 + stream.below(3),
        vector_leaves: stream.below(2) == 0,
        zero_covers: stream.below(2) == 0,
    }
}

fn ensemble(shape: &Shape, stream: &mut Stream) -> TreeEnsemble {
    let kinds: Vec<Kind> =
        (0..shape.inputs).map(|_| [Kind::Number, Kind::NumberWithoutZero, Kind::Category][stream.below(3)]).collect();
    let tree = |k: usize, stream: &mut Stream| {
        let output = (!shape.vector_leaves).then_some((k % shape.outputs) as u32);
        let mut tree = Tree { nodes: Vec::new(), leaf_values: Vec::new(), output, sets: Vec::new() };
        // One tree in sixteen is a leaf.
        let depth = if stream.below(16) == 0 { 0 } else { shape.depth };
        Grower { shape, kinds: &kinds, tree: &mut tree, stream }.grow(&mut Vec::new(), depth, 40.0);
        tree
    };
    TreeEnsemble {
        trees: (0..shape.trees).map(|k| tree(k, stream)).collect(),
        inputs: shape.inputs,
        base: (0..shape.outputs).map(|_| stream.normal()).collect(),
        compare: [Compare::LessF32, Compare::LessF64, Compare::LessEqualF64, Compare::LessEqualRounded]
            [stream.below(4)],
        accumulate: Accumulate::F64,
        divisor: [1.0, 3.0][stream.below(2)],
    }
}

struct Grower<'g> {
    shape: &'g Shape,
    kinds: &'g [Kind],
    tree: &'g mut Tree,
    stream: &'g mut Stream,
}

impl Grower<'_> {
    /// Grows a subtree below splits on the features of `path` and returns its root.
    fn grow(&mut self, path: &mut Vec<u32>, depth: usize, cover: f64) -> u32 {
        let place = self.tree.nodes.len();
        if depth == 0 || (depth < self.shape.depth && self.stream.below(4) == 0) {
            let count = if self.tree.output.is_some() { 1 } else { self.shape.outputs };
            self.tree.nodes.push(Node { left: self.tree.leaf_values.len() as u32, ..node(Node::LEAF, cover) });
            self.tree.leaf_values.extend((0..count).map(|_| self.stream.normal()));
            return place as u32;
        }
        let mut distinct = path.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let feature = match distinct.len() {
            2 => distinct[self.stream.below(2)],
            _ => self.stream.below(self.shape.inputs) as u32,
        };
        let split = self.split(feature, cover);
        self.tree.nodes.push(split);
        let whole = self.shape.zero_covers && self.stream.below(4) == 0;
        let share = if whole { [0.0, 1.0][self.stream.below(2)] } else { self.stream.unit() };
        path.push(feature);
        let left = self.grow(path, depth - 1, cover * share);
        let right = self.grow(path, depth - 1, cover * (1.0 - share));
        path.pop();
        (self.tree.nodes[place].left, self.tree.nodes[place].right) = (left, right);
        place as u32
    }

    fn split(&mut self, feature: u32, cover: f64) -> Node {
        let mut split = node(feature, cover);
        split.threshold = (self.stream.below(25) as f64 - 8.0) / 2.0;
        let ways: &[Missing] = match self.kinds[feature as usize] {
            Kind::NumberWithoutZero => &[Missing::ZeroLeft, Missing::ZeroRight],
            Kind::Number | Kind::Category => &[Missing::Left, Missing::Right, Missing::AsZero],
        };
        split.missing = ways[self.stream.below(ways.len())];
        if matches!(self.kinds[feature as usize], Kind::Category) {
            split.set = self.tree.sets.len() as u32;
            let words = vec![self.stream.bits() & self.stream.bits(); 1 + self.stream.below(2)];
            self.tree.sets.push(CategorySet { words, matching_goes_left: self.stream.below(2) == 0 });
        }
        split
    }
}

/// Values that meet thresholds and categories; some missing, some zero.
fn table(rows: usize, inputs: usize, stream: &mut Stream) -> Matrix {
    let value = |_| match stream.below(10) {
        0 => f64::NAN,
        1 => 0.0,
        2 => stream.below(140) as f64,
        _ => (stream.below(25) as f64 - 8.0) / 2.0,
    };
    Matrix::new((0..rows * inputs).map(value).collect(), rows, inputs).expect("the right length")
}

/// Covers as a careless file holds them: they do not add up.
fn careless(ensemble: &mut TreeEnsemble, stream: &mut Stream) {
    let nodes = ensemble.trees.iter_mut().flat_map(|tree| &mut tree.nodes);
    nodes.for_each(|node| node.cover *= 0.7 + 0.6 * stream.unit());
}

/// The largest difference in a row, as a share of the row's largest value; rows are those of one output.
fn largest_error(found: &[f64], expected: &[f64], inputs: usize) -> f64 {
    assert_eq!(found.len(), expected.len());
    let mut largest = 0.0f64;
    for (a, b) in found.chunks_exact(inputs).zip(expected.chunks_exact(inputs)) {
        let size = b.iter().fold(0.0f64, |s, v| s.max(v.abs()));
        let gap = a.iter().zip(b).fold(0.0f64, |g, (a, b)| g.max((a - b).abs()));
        assert!(!gap.is_nan() && !size.is_nan());
        // Where everything cancels, twofold sums leave 1e-30 of the leaves and plain ones 1e-16.
        largest = largest.max(gap / size.max(1e-15));
    }
    largest
}

fn close(found: &[f64], expected: &[f64]) -> bool {
    found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs().max(1.0))
}

/// The error of the path-dependent values.
fn path_error(ensemble: &TreeEnsemble, rows: &Matrix) -> f64 {
    let task = Task::silent();
    let found = path_dependent(ensemble, rows.view(), &task).expect("proper trees");
    let expected = reference(ensemble, rows.view(), &task).expect("proper trees");
    assert!(close(&found.base, &expected.base));
    assert_eq!(found.without_cover, expected.without_cover);
    largest_error(&found.values, &expected.values, ensemble.inputs)
}

/// The error of the interventional values; base and values must add up to the model's own score.
fn background_error(ensemble: &TreeEnsemble, rows: &Matrix, background: &Matrix, weights: Option<&[f64]>) -> f64 {
    let found = interventional(ensemble, rows.view(), background.view(), weights, &Task::silent());
    let found = found.expect("proper trees");
    let mut score = vec![0.0; ensemble.outputs()];
    for i in 0..rows.rows() {
        ensemble.score_f64(rows.row(i), &mut score);
        for (k, score) in score.iter().enumerate() {
            let row = &found.values[(k * rows.rows() + i) * ensemble.inputs..][..ensemble.inputs];
            let total = found.base[k] + row.iter().sum::<f64>();
            assert!((total - score).abs() <= 1e-11 * score.abs().max(1.0), "row {i}: {total} and {score}");
        }
    }
    let expected = pairwise(ensemble, rows.view(), background.view(), weights);
    largest_error(&found.values, &expected, ensemble.inputs)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn path_dependent_tables_agree_with_the_reference(seed in any::<u64>(), uneven in any::<bool>()) {
        let mut stream = Seed(seed).child("paths", 0);
        let shape = shape(&mut stream);
        let mut ensemble = ensemble(&shape, &mut stream);
        if uneven {
            careless(&mut ensemble, &mut stream);
        }
        let error = path_error(&ensemble, &table(67, shape.inputs, &mut stream));
        prop_assert!(error <= ALLOWED, "off by {error:e}");
    }

    #[test]
    fn background_tables_agree_with_every_pair_of_rows(seed in any::<u64>(), weighted in any::<bool>()) {
        let mut stream = Seed(seed).child("background", 0);
        let shape = shape(&mut stream);
        let ensemble = ensemble(&shape, &mut stream);
        let references = 1 + stream.below(150);
        let (rows, background) =
            (table(9, shape.inputs, &mut stream), table(references, shape.inputs, &mut stream));
        let weights: Vec<f64> =
            (0..references).map(|i| if i % 5 == 3 { 0.0 } else { 0.25 + (i * 7 % 11) as f64 }).collect();
        let error = background_error(&ensemble, &rows, &background, weighted.then_some(&weights));
        prop_assert!(error <= ALLOWED, "off by {error:e}");
    }
}

/// Stumps on one feature, one for each of many thresholds.
fn stumps(count: usize) -> TreeEnsemble {
    let mut stream = Seed(4).child("stumps", count as u64);
    let tree = |k: usize| {
        let split = Node { left: 1, right: 2, threshold: k as f64, ..node(0, 8.0) };
        let nodes = vec![split, node(Node::LEAF, 3.0), Node { left: 1, ..node(Node::LEAF, 5.0) }];
        Tree { nodes, leaf_values: vec![stream.normal(), stream.normal()], output: Some(0), sets: Vec::new() }
    };
    TreeEnsemble {
        trees: (0..count).map(tree).collect(),
        inputs: 1,
        base: vec![0.5],
        compare: Compare::LessEqualF64,
        accumulate: Accumulate::F64,
        divisor: 1.0,
    }
}

#[test]
fn seventy_thousand_thresholds_need_wide_codes_and_lose_nothing() {
    let model = stumps(70_000);
    let rows = Matrix::new(vec![-1.0, 34.5, 65_536.0, 69_999.5, 69_998.5, f64::NAN], 6, 1).expect("the right length");
    let error = path_error(&model, &rows);
    assert!(error <= ALLOWED, "off by {error:e}");
    let error = background_error(&model, &rows, &rows, None);
    assert!(error <= ALLOWED, "off by {error:e}");
}

#[test]
fn threads_vector_levels_and_company_leave_the_bits_alone() {
    for seed in 0..6 {
        let mut stream = Seed(seed).child("bits", 0);
        let shape = shape(&mut stream);
        let ensemble = ensemble(&shape, &mut stream);
        let (rows, background) = (table(203, shape.inputs, &mut stream), table(170, shape.inputs, &mut stream));
        let weights: Vec<f64> = (0..170).map(|_| stream.unit()).collect();
        let both = |rows: &Matrix| {
            let task = Task::silent();
            let paths = path_dependent(&ensemble, rows.view(), &task).expect("proper trees");
            let against = interventional(&ensemble, rows.view(), background.view(), Some(&weights), &task);
            [paths, against.expect("proper trees")]
        };
        let bits = |rows: &Matrix| -> Vec<u64> {
            both(rows).iter().flat_map(|found| found.values.iter().chain(&found.base)).map(|v| v.to_bits()).collect()
        };
        let expected = bits(&rows);
        for level in Level::ALL {
            limit(level);
            for threads in [1, 2, 3, 16] {
                let found = with_threads(Some(threads), || bits(&rows));
                assert!(found == expected, "seed {seed}: {} on {threads} threads", level.name());
            }
        }
        limit(Level::Avx512);
        let whole = both(&rows);
        for position in [0, 63, 64, 202] {
            for (alone, whole) in both(&rows.take(&[position])).iter().zip(&whole) {
                assert_eq!(alone.base, whole.base);
                for k in 0..shape.outputs {
                    let row = &whole.values[(k * 203 + position) * shape.inputs..][..shape.inputs];
                    assert_eq!(&alone.values[k * shape.inputs..][..shape.inputs], row, "seed {seed}, row {position}");
                }
            }
        }
    }
}
