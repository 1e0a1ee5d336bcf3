//! One structure for every tree format. Arithmetic policy lives in the ensemble, not in the walker.

use serde::{Deserialize, Serialize};

/// Where a missing value goes at a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// NaN goes left.
    Left,
    /// NaN goes right.
    Right,
    /// NaN is read as 0 and then compared.
    AsZero,
    /// NaN and values within ±1e-35 of 0 go left.
    ZeroLeft,
    /// NaN and values within ±1e-35 of 0 go right.
    ZeroRight,
}

/// How a value is compared with a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compare {
    /// Left when `(x as f32) < (threshold as f32)` (XGBoost).
    LessF32,
    /// Left when `x <= threshold` in f64 (LightGBM, smartcore).
    LessEqualF64,
}

/// How contributions of trees are summed by the source library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accumulate {
    /// f32, starting from the base, trees in file order.
    F32,
    /// f64, starting from 0, trees in file order, the base added first.
    F64,
}

/// A set of category codes at a split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategorySet {
    /// Bit `c` is set when code `c` matches.
    pub words: Vec<u64>,
    /// Whether matching codes go left (else right); codes not in the set, negative or too large go the other way.
    pub matching_goes_left: bool,
}

impl CategorySet {
    /// Whether a present value (truncated towards zero) is in the set.
    pub fn contains(&self, value: f64) -> bool {
        if value <= -1.0 || value >= self.words.len() as f64 * 64.0 {
            return false;
        }
        let code = value as usize;
        self.words.get(code / 64).is_some_and(|w| w >> (code % 64) & 1 == 1)
    }
}

/// One node. A leaf has `feature == Node::LEAF`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Input compared here, or [`Node::LEAF`].
    pub feature: u32,
    /// Left child; for a leaf, the index of its first value in `Tree::leaf_values`.
    pub left: u32,
    /// Right child.
    pub right: u32,
    /// Index into `Tree::sets`, or [`Node::NUMERIC`].
    pub set: u32,
    /// Threshold of a numeric split.
    pub threshold: f64,
    /// Where a missing value goes.
    pub missing: Missing,
    /// How much training data passed here (count or summed hessian, as the library stores it); never negative.
    pub cover: f64,
}

impl Node {
    /// Marks a leaf.
    pub const LEAF: u32 = u32::MAX;
    /// Marks a numeric split.
    pub const NUMERIC: u32 = u32::MAX;

    /// Whether the node has no children.
    pub fn is_leaf(&self) -> bool {
        self.feature == Self::LEAF
    }
}

/// One tree; node 0 is the root and children come after their parent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// The nodes; a child's index is greater than its parent's.
    pub nodes: Vec<Node>,
    /// Values of the leaves: one each, or `outputs` each when `output` is `None`. Shrinkage and DART weights are
    /// already in, rounded as the source library rounds them.
    pub leaf_values: Vec<f64>,
    /// The output this tree adds to; `None` when its leaves hold a value per output.
    pub output: Option<u32>,
    /// Category sets of the splits.
    pub sets: Vec<CategorySet>,
}

/// A sum of trees per output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TreeEnsemble {
    /// The trees, in file order.
    pub trees: Vec<Tree>,
    /// Number of inputs.
    pub inputs: usize,
    /// Added to the sum, per output, in native units.
    pub base: Vec<f64>,
    /// Comparison of values and thresholds.
    pub compare: Compare,
    /// Summation of the source library.
    pub accumulate: Accumulate,
    /// The sum of trees is divided by this (1 for boosters, the number of trees for averaged forests).
    pub divisor: f64,
}

impl TreeEnsemble {
    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.base.len()
    }

    /// Whether `x` goes left at `node` of `tree`.
    #[inline]
    pub fn goes_left(&self, tree: &Tree, node: &Node, x: f64) -> bool {
        let mut x = x;
        if node.set != Node::NUMERIC {
            return goes_left_category(&tree.sets[node.set as usize], node.missing, x);
        }
        match node.missing {
            Missing::Left if x.is_nan() => return true,
            Missing::Right if x.is_nan() => return false,
            Missing::ZeroLeft if x.is_nan() || x.abs() <= ZERO => return true,
            Missing::ZeroRight if x.is_nan() || x.abs() <= ZERO => return false,
            _ if x.is_nan() => x = 0.0,
            _ => {}
        }
        match self.compare {
            Compare::LessF32 => (x as f32) < (node.threshold as f32),
            Compare::LessEqualF64 => x <= node.threshold,
        }
    }

    /// The leaf that `row` reaches in `tree`.
    #[inline]
    pub fn leaf<'t>(&self, tree: &'t Tree, row: &[f64]) -> &'t Node {
        let mut node = &tree.nodes[0];
        while !node.is_leaf() {
            let left = self.goes_left(tree, node, row[node.feature as usize]);
            node = &tree.nodes[if left { node.left } else { node.right } as usize];
        }
        node
    }

    /// The native score of one row as the source library computes it; `out` has one place per output.
    pub fn score(&self, row: &[f64], out: &mut [f64]) {
        match self.accumulate {
            Accumulate::F64 => self.score_f64(row, out),
            Accumulate::F32 => {
                out.copy_from_slice(&self.base);
                self.each_value(row, |output, value| {
                    out[output] = f64::from(out[output] as f32 + value as f32);
                });
            }
        }
    }

    /// The native score of one row in f64 throughout.
    pub fn score_f64(&self, row: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        self.each_value(row, |output, value| out[output] += value);
        for (value, base) in out.iter_mut().zip(&self.base) {
            *value = *value / self.divisor + base;
        }
    }

    fn each_value(&self, row: &[f64], mut add: impl FnMut(usize, f64)) {
        for tree in &self.trees {
            let first = self.leaf(tree, row).left as usize;
            match tree.output {
                Some(output) => add(output as usize, tree.leaf_values[first]),
                None => (0..self.outputs()).for_each(|k| add(k, tree.leaf_values[first + k])),
            }
        }
    }
}

/// LightGBM's zero: the f32 constant 1e-35 widened.
const ZERO: f64 = 1e-35_f32 as f64;

fn goes_left_category(set: &CategorySet, missing: Missing, x: f64) -> bool {
    if x.is_nan() {
        match missing {
            Missing::Left | Missing::ZeroLeft => return true,
            Missing::Right | Missing::ZeroRight => return false,
            Missing::AsZero => return set.contains(0.0) == set.matching_goes_left,
        }
    }
    set.contains(x) == set.matching_goes_left
}
