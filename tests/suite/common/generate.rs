//! Trees, forests and tables made from a seed, with everything real models contain: repeated features, missing
//! values, categories, zero covers, several outputs, leaves with a value per output, averages.

use candor::base::{Seed, Stream};
use candor::model::trees::{Accumulate, CategorySet, Compare};
use candor::model::{Missing, Node, Tree, TreeEnsemble};
use candor::num::Matrix;

use super::toy::{Setting, Toy};

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub inputs: usize,
    pub trees: usize,
    pub depth: usize,
    pub outputs: usize,
    /// Leaves hold one value per output.
    pub vector_leaves: bool,
    /// Nodes may have no cover.
    pub zero_covers: bool,
    /// Every branch reaches `depth`.
    pub full: bool,
    pub rows: usize,
    pub background: usize,
}

/// Small forests for comparison with enumeration.
pub fn small(stream: &mut Stream) -> Shape {
    Shape {
        inputs: 1 + stream.below(8),
        trees: 1 + stream.below(4),
        depth: 1 + stream.below(6),
        outputs: 1 + stream.below(3),
        vector_leaves: stream.below(3) == 0,
        zero_covers: stream.below(2) == 0,
        full: false,
        rows: 3,
        background: 1 + stream.below(5),
    }
}

/// A forest with rows and background.
pub fn setting(seed: u64, shape: Shape) -> Setting {
    let mut stream = Seed(seed).child("setting", 0);
    let ensemble = ensemble(shape, &mut stream);
    let rows = table(shape.rows, shape.inputs, &mut stream);
    let background = table(shape.background, shape.inputs, &mut stream);
    Setting::new(Toy::trees(ensemble), rows, background)
}

/// Values on a coarse grid around 0, so that they meet thresholds; some missing, some category codes out of range.
fn table(rows: usize, inputs: usize, stream: &mut Stream) -> Matrix {
    let value = |_| match stream.below(10) {
        0 => f64::NAN,
        1 => 0.0,
        _ => (stream.below(25) as f64 - 8.0) / 2.0,
    };
    Matrix::new((0..rows * inputs).map(value).collect(), rows, inputs).expect("the right length")
}

fn ensemble(shape: Shape, stream: &mut Stream) -> TreeEnsemble {
    let vector = shape.vector_leaves;
    let trees = (0..shape.trees)
        .map(|k| {
            let output = if vector { None } else { Some((k % shape.outputs) as u32) };
            let mut tree = Tree { nodes: Vec::new(), leaf_values: Vec::new(), output, sets: Vec::new() };
            grow(&mut tree, shape, shape.depth, 40.0, stream);
            tree
        })
        .collect();
    TreeEnsemble {
        trees,
        inputs: shape.inputs,
        base: (0..shape.outputs).map(|_| stream.normal()).collect(),
        compare: [Compare::LessF32, Compare::LessF64, Compare::LessEqualF64, Compare::LessEqualRounded]
            [stream.below(4)],
        accumulate: Accumulate::F64,
        divisor: [1.0, shape.trees as f64, 3.0][stream.below(3)],
    }
}

/// Grows a subtree and returns its node.
fn grow(tree: &mut Tree, shape: Shape, depth: usize, cover: f64, stream: &mut Stream) -> u32 {
    let place = tree.nodes.len();
    if depth == 0 || (!shape.full && depth < shape.depth && stream.below(4) == 0) {
        let count = if tree.output.is_some() { 1 } else { shape.outputs };
        tree.nodes.push(node(Node::LEAF, cover));
        tree.nodes[place].left = tree.leaf_values.len() as u32;
        tree.leaf_values.extend((0..count).map(|_| stream.normal()));
        return place as u32;
    }
    let mut split = node(stream.below(shape.inputs) as u32, cover);
    split.threshold = (stream.below(25) as f64 - 8.0) / 2.0;
    let ways = [Missing::Left, Missing::Right, Missing::AsZero, Missing::ZeroLeft, Missing::ZeroRight];
    split.missing = ways[stream.below(ways.len())];
    if stream.below(4) == 0 {
        split.set = tree.sets.len() as u32;
        let words = vec![stream.bits() & stream.bits(); 1 + stream.below(2)];
        tree.sets.push(CategorySet { words, matching_goes_left: stream.below(2) == 0 });
    }
    tree.nodes.push(split);
    let share = if shape.zero_covers && stream.below(4) == 0 { [0.0, 1.0][stream.below(2)] } else { stream.unit() };
    let left = grow(tree, shape, depth - 1, cover * share, stream);
    let right = grow(tree, shape, depth - 1, cover * (1.0 - share), stream);
    tree.nodes[place].left = left;
    tree.nodes[place].right = right;
    place as u32
}

/// A node without children.
pub fn node(feature: u32, cover: f64) -> Node {
    Node { feature, left: 0, right: 0, set: Node::NUMERIC, threshold: 0.0, missing: Missing::Left, cover }
}

/// A chain of `length` splits: each sends one side to a leaf, over `inputs` features in turn.
pub fn chain(length: usize, inputs: usize) -> TreeEnsemble {
    let mut tree = Tree { nodes: Vec::new(), leaf_values: Vec::new(), output: Some(0), sets: Vec::new() };
    let mut stream = Seed(3).child("chain", length as u64);
    for k in 0..length {
        let place = tree.nodes.len() as u32;
        let mut split = node((k % inputs) as u32, (2 * (length - k)) as f64);
        split.threshold = -3.0 + 0.5 * (k % 7) as f64 - 1e-3 * k as f64;
        (split.left, split.right) = (place + 1, place + 2);
        tree.nodes.push(split);
        tree.nodes.push(Node { left: tree.leaf_values.len() as u32, ..node(Node::LEAF, 2.0) });
        tree.leaf_values.push(stream.normal());
    }
    tree.nodes.push(Node { left: length as u32, ..node(Node::LEAF, 2.0) });
    tree.leaf_values.push(1.0);
    TreeEnsemble {
        trees: vec![tree],
        inputs,
        base: vec![0.25],
        compare: Compare::LessEqualF64,
        accumulate: Accumulate::F64,
        divisor: 1.0,
    }
}
