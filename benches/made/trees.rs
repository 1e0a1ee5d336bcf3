//! Made-up tree models of any shape: as XGBoost writes them, and as ensembles in memory.

use std::fmt::Write as _;

use candor::base::{Seed, Stream};
use candor::model::{Accumulate, Compare, Missing, Node, Tree, TreeEnsemble};
use candor::num::Matrix;

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub trees: usize,
    /// Splits on the longest path.
    pub depth: usize,
    pub inputs: usize,
    /// Leaves of a tree: all of a full tree, or fewer, which makes trees uneven and deep.
    pub leaves: usize,
}

impl Shape {
    /// Full trees.
    pub fn full(trees: usize, depth: usize, inputs: usize) -> Self {
        Self { trees, depth, inputs, leaves: 1 << depth }
    }
}

/// An ensemble of one output whose covers add up; thresholds lie in (0, 1).
pub fn ensemble(shape: Shape) -> TreeEnsemble {
    let mut stream = Seed(5).child("trees", shape.depth as u64);
    TreeEnsemble {
        trees: (0..shape.trees).map(|_| tree(shape, &mut stream)).collect(),
        inputs: shape.inputs,
        base: vec![0.5],
        compare: Compare::LessF32,
        accumulate: Accumulate::F32,
        divisor: 1.0,
    }
}

fn tree(shape: Shape, stream: &mut Stream) -> Tree {
    let mut tree = Tree { nodes: Vec::new(), leaf_values: Vec::new(), output: Some(0), sets: Vec::new() };
    grow(&mut tree, (shape.depth, shape.leaves, shape.inputs), 4096.0, stream);
    tree
}

/// Grows a subtree of at most `leaves` leaves and `depth` levels; returns its root.
fn grow(tree: &mut Tree, (depth, leaves, inputs): (usize, usize, usize), cover: f64, stream: &mut Stream) -> u32 {
    let place = tree.nodes.len();
    let is_leaf = depth == 0 || leaves < 2;
    tree.nodes.push(Node {
        feature: if is_leaf { Node::LEAF } else { stream.below(inputs) as u32 },
        left: tree.leaf_values.len() as u32,
        right: 0,
        set: Node::NUMERIC,
        threshold: f64::from((0.05 + 0.9 * stream.unit()) as f32),
        missing: if stream.below(2) == 0 { Missing::Left } else { Missing::Right },
        cover,
    });
    if is_leaf {
        tree.leaf_values.push(f64::from((0.1 * stream.normal()) as f32));
        return place as u32;
    }
    let full = leaves >= 1 << depth.min(40);
    let share = if full { 0.5 } else { 0.1 + 0.8 * stream.unit() };
    let to_left = ((leaves as f64 * share) as usize).clamp(1, leaves - 1);
    // Covers in whole sixteenths, so that f32 holds them and they add up.
    let kept = (16.0 * cover * (0.2 + 0.6 * stream.unit())).floor() / 16.0;
    let left = grow(tree, (depth - 1, to_left, inputs), kept, stream);
    let right = grow(tree, (depth - 1, leaves - to_left, inputs), cover - kept, stream);
    (tree.nodes[place].left, tree.nodes[place].right) = (left, right);
    place as u32
}

/// Rows of numbers in (0, 1) that f32 holds; one in a hundred is missing.
pub fn rows(count: usize, inputs: usize, seed: u64) -> Matrix {
    let mut stream = Seed(seed).child("rows", inputs as u64);
    let mut value = || if stream.below(100) == 0 { f64::NAN } else { f64::from(stream.unit() as f32) };
    Matrix::new((0..count * inputs).map(|_| value()).collect(), count, inputs).expect("the right length")
}

/// The model as XGBoost writes it, its inputs called `x00`, `x01` …
pub fn xgboost(ensemble: &TreeEnsemble) -> String {
    let names: Vec<String> = (0..ensemble.inputs).map(|j| format!("\"x{j:02}\"")).collect();
    let trees: Vec<String> = ensemble.trees.iter().map(tree_json).collect();
    format!(
        r#"{{"learner":{{"attributes":{{}},"feature_names":[{}],"feature_types":[],"gradient_booster":{{"name":"gbtree","model":{{"tree_info":[{}],"trees":[{}]}}}},"learner_model_param":{{"base_score":"5E-1","num_class":"0","num_feature":"{}","num_target":"1"}},"objective":{{"name":"reg:squarederror"}}}},"version":[3,0,0]}}"#,
        names.join(","),
        vec!["0"; ensemble.trees.len()].join(","),
        trees.join(","),
        ensemble.inputs,
    )
}

fn tree_json(tree: &Tree) -> String {
    let list = |value: &dyn Fn(&Node) -> String| tree.nodes.iter().map(value).collect::<Vec<_>>().join(",");
    let child = |place: u32, leaf: bool| if leaf { "-1".to_owned() } else { place.to_string() };
    let mut out = String::new();
    let mut field =
        |name: &str, values: String| write!(out, "\"{name}\":[{values}],").expect("memory takes every text");
    field("left_children", list(&|n| child(n.left, n.is_leaf())));
    field("right_children", list(&|n| child(n.right, n.is_leaf())));
    field("split_indices", list(&|n| if n.is_leaf() { 0 } else { n.feature }.to_string()));
    field("default_left", list(&|n| u8::from(n.missing == Missing::Left).to_string()));
    let condition = |n: &Node| if n.is_leaf() { tree.leaf_values[n.left as usize] } else { n.threshold };
    field("split_conditions", list(&|n| condition(n).to_string()));
    field("sum_hessian", list(&|n| n.cover.to_string()));
    format!("{{{out}\"tree_param\":{{\"num_nodes\":\"{}\"}}}}", tree.nodes.len())
}
