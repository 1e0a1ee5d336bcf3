//! One structure for every tree format. Arithmetic policy lives in the ensemble, not in the walker.

use serde::{Deserialize, Serialize};

use crate::num::MatrixView;

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
    /// Left when `x < threshold` in f64 (the cuts of EBMs).
    LessF64,
    /// Left when `x <= threshold` in f64 (LightGBM, smartcore).
    LessEqualF64,
    /// Left when `(x as f32) as f64 <= threshold` (scikit-learn's trees and forests, CatBoost).
    LessEqualRounded,
}

impl Compare {
    /// The value as the comparison sees it.
    #[inline]
    pub fn seen(self, x: f64) -> f64 {
        match self {
            Self::LessF32 | Self::LessEqualRounded => f64::from(x as f32),
            Self::LessF64 | Self::LessEqualF64 => x,
        }
    }

    /// The threshold as the comparison sees it.
    #[inline]
    pub fn seen_threshold(self, threshold: f64) -> f64 {
        match self {
            Self::LessF32 => f64::from(threshold as f32),
            Self::LessF64 | Self::LessEqualF64 | Self::LessEqualRounded => threshold,
        }
    }

    /// Whether a value that equals the threshold goes left.
    #[inline]
    pub fn equal_goes_left(self) -> bool {
        !matches!(self, Self::LessF32 | Self::LessF64)
    }
}

/// How contributions of trees are summed by the source library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accumulate {
    /// f32, starting from the base, trees in file order.
    F32,
    /// f64, starting from 0, trees in file order; divided by the divisor, then the base is added.
    F64,
    /// f64, starting from the base, trees in file order (scikit-learn's boosters); the divisor is 1.
    F64FromBase,
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
    /// Whether a value (truncated towards zero) is in the set; a missing value never is.
    pub fn contains(&self, value: f64) -> bool {
        // Written so that NaN fails both comparisons: a cast would turn it into code 0.
        if !(value > -1.0 && value < self.words.len() as f64 * 64.0) {
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
    /// Threshold of a numeric split; infinite where a split tells missing values from all others.
    #[serde(with = "endless")]
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
    /// A leaf without cover, whose values are the first ones.
    pub const BARE_LEAF: Self = Self {
        feature: Self::LEAF,
        left: 0,
        right: 0,
        set: Self::NUMERIC,
        threshold: 0.0,
        missing: Missing::Left,
        cover: 0.0,
    };

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
        if node.set != Node::NUMERIC {
            return self.goes_left_category(&tree.sets[node.set as usize], node.missing, x);
        }
        if x.is_nan() {
            return match node.missing {
                Missing::Left | Missing::ZeroLeft => true,
                Missing::Right | Missing::ZeroRight => false,
                Missing::AsZero => self.is_below(0.0, node.threshold),
            };
        }
        match node.missing {
            Missing::ZeroLeft if x.abs() <= ZERO => true,
            Missing::ZeroRight if x.abs() <= ZERO => false,
            _ => self.is_below(x, node.threshold),
        }
    }

    #[inline]
    fn is_below(&self, x: f64, threshold: f64) -> bool {
        match self.compare {
            Compare::LessF32 => (x as f32) < (threshold as f32),
            Compare::LessF64 => x < threshold,
            Compare::LessEqualF64 => x <= threshold,
            Compare::LessEqualRounded => f64::from(x as f32) <= threshold,
        }
    }

    fn goes_left_category(&self, set: &CategorySet, missing: Missing, x: f64) -> bool {
        if x.is_nan() {
            match missing {
                Missing::Left | Missing::ZeroLeft => return true,
                Missing::Right | Missing::ZeroRight => return false,
                Missing::AsZero => {}
            }
        }
        let code = if x.is_nan() { 0.0 } else { x };
        let matches = match self.compare {
            // XGBoost takes every negative value as no category; LightGBM truncates −0.5 to category 0.
            Compare::LessF32 => code >= 0.0 && set.contains(f64::from(code as f32)),
            Compare::LessF64 | Compare::LessEqualF64 | Compare::LessEqualRounded => set.contains(code),
        };
        matches == set.matching_goes_left
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

    /// The native scores of many rows as the source library computes them; `out` has shape (rows, outputs).
    /// Every row must have `inputs` values. Cost O(rows · trees · depth), no allocation.
    pub fn score_rows(&self, rows: MatrixView<'_>, out: &mut [f64]) {
        self.each_block(rows, out, |ensemble, rows, out| match ensemble.accumulate {
            Accumulate::F32 => {
                out.chunks_exact_mut(ensemble.outputs()).for_each(|row| row.copy_from_slice(&ensemble.base));
                ensemble.add_trees(rows, out, |sum, value| f64::from(sum as f32 + value as f32));
            }
            Accumulate::F64 => ensemble.sum_f64(rows, out),
            Accumulate::F64FromBase => {
                out.chunks_exact_mut(ensemble.outputs()).for_each(|row| row.copy_from_slice(&ensemble.base));
                ensemble.add_trees(rows, out, |sum, value| sum + value);
            }
        });
    }

    /// The native scores of many rows in f64 throughout; shapes and cost as `score_rows`.
    pub fn score_rows_f64(&self, rows: MatrixView<'_>, out: &mut [f64]) {
        self.each_block(rows, out, Self::sum_f64);
    }

    /// The native score of one row as the source library computes it; `out` has one place per output.
    pub fn score(&self, row: &[f64], out: &mut [f64]) {
        if let Some(view) = MatrixView::new(row, 1, row.len()) {
            self.score_rows(view, out);
        }
    }

    /// The native score of one row in f64 throughout.
    pub fn score_f64(&self, row: &[f64], out: &mut [f64]) {
        if let Some(view) = MatrixView::new(row, 1, row.len()) {
            self.score_rows_f64(view, out);
        }
    }

    /// Leaves of all trees. Cost O(nodes).
    pub fn leaf_count(&self) -> usize {
        self.trees.iter().map(|t| t.nodes.iter().filter(|n| n.is_leaf()).count()).sum()
    }

    /// Whether every split tells how much training data went to each side. Cost O(nodes).
    pub fn knows_cover(&self) -> bool {
        self.trees.iter().all(|tree| {
            let cover = |child: u32| tree.nodes.get(child as usize).map_or(0.0, |node| node.cover);
            tree.nodes.iter().all(|node| node.is_leaf() || cover(node.left) + cover(node.right) > 0.0)
        })
    }

    /// Splits on the longest path from a root to a leaf. Cost O(nodes).
    pub fn deepest_path(&self) -> usize {
        self.trees.iter().map(Tree::deepest_path).max().unwrap_or(0)
    }

    fn sum_f64(&self, rows: MatrixView<'_>, out: &mut [f64]) {
        out.fill(0.0);
        self.add_trees(rows, out, |sum, value| sum + value);
        for row in out.chunks_exact_mut(self.outputs()) {
            for (value, base) in row.iter_mut().zip(&self.base) {
                *value = *value / self.divisor + base;
            }
        }
    }

    /// Rows in small blocks, so that a tree stays in the first-level cache while a block runs through it.
    fn each_block(&self, rows: MatrixView<'_>, out: &mut [f64], score: impl Fn(&Self, MatrixView<'_>, &mut [f64])) {
        if self.outputs() == 0 {
            return;
        }
        for (block, part) in out.chunks_mut(ROWS_AT_ONCE * self.outputs()).enumerate() {
            let start = block * ROWS_AT_ONCE;
            let end = (start + ROWS_AT_ONCE).min(rows.rows());
            if start < end {
                score(self, rows.slice(start, end), part);
            }
        }
    }

    #[inline]
    fn add_trees(&self, rows: MatrixView<'_>, out: &mut [f64], add: impl Fn(f64, f64) -> f64) {
        let outputs = self.outputs();
        for tree in &self.trees {
            for (i, target) in out.chunks_exact_mut(outputs).enumerate() {
                let first = self.leaf(tree, rows.row(i)).left as usize;
                match tree.output {
                    Some(k) => target[k as usize] = add(target[k as usize], tree.leaf_values[first]),
                    None => {
                        for (sum, value) in target.iter_mut().zip(&tree.leaf_values[first..first + outputs]) {
                            *sum = add(*sum, *value);
                        }
                    }
                }
            }
        }
    }
}

impl Tree {
    /// Splits on the longest path from the root to a leaf. Cost O(nodes).
    pub fn deepest_path(&self) -> usize {
        let mut depth = vec![0_usize; self.nodes.len()];
        for (i, node) in self.nodes.iter().enumerate().filter(|(_, n)| !n.is_leaf()) {
            depth[node.left as usize] = depth[i] + 1;
            depth[node.right as usize] = depth[i] + 1;
        }
        depth.into_iter().max().unwrap_or(0)
    }
}

/// Infinite numbers as words, because JSON has no way to write them.
mod endless {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(f64),
        Word(String),
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this signature")]
    pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        let word = if value.is_nan() {
            "NaN"
        } else if *value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        match value.is_finite() {
            true => Written::Number(*value),
            false => Written::Word(word.to_owned()),
        }
        .serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Number(value) => Ok(value),
            Written::Word(word) => match word.as_str() {
                "Infinity" => Ok(f64::INFINITY),
                "-Infinity" => Ok(f64::NEG_INFINITY),
                _ => Err(D::Error::custom("a threshold must be a number")),
            },
        }
    }
}

/// LightGBM's zero: the f32 constant 1e-35 widened.
const ZERO: f64 = 1e-35_f32 as f64;
/// Rows that run through one tree before the next tree is touched.
const ROWS_AT_ONCE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn split(missing: Missing, set: u32) -> Node {
        Node { feature: 0, left: 1, right: 2, set, threshold: 0.5, missing, cover: 2.0 }
    }

    fn ensemble(compare: Compare, node: Node) -> TreeEnsemble {
        let leaf = |first| Node { feature: Node::LEAF, left: first, set: Node::NUMERIC, ..node };
        let sets = vec![CategorySet { words: vec![0b101], matching_goes_left: true }];
        let tree = Tree { nodes: vec![node, leaf(0), leaf(1)], leaf_values: vec![-1.0, 1.0], output: Some(0), sets };
        TreeEnsemble {
            trees: vec![tree],
            inputs: 1,
            base: vec![0.0],
            compare,
            accumulate: Accumulate::F64,
            divisor: 1.0,
        }
    }

    fn goes_left(ensemble: &TreeEnsemble, x: f64) -> bool {
        let tree = &ensemble.trees[0];
        ensemble.goes_left(tree, &tree.nodes[0], x)
    }

    #[test]
    fn a_missing_value_follows_the_rule_of_the_split() {
        for (missing, expected) in [
            (Missing::Left, true),
            (Missing::Right, false),
            (Missing::AsZero, true),
            (Missing::ZeroLeft, true),
            (Missing::ZeroRight, false),
        ] {
            let model = ensemble(Compare::LessEqualF64, split(missing, Node::NUMERIC));
            assert_eq!(goes_left(&model, f64::NAN), expected, "{missing:?}");
        }
        let model = ensemble(Compare::LessEqualF64, split(Missing::ZeroRight, Node::NUMERIC));
        assert!(!goes_left(&model, -1e-36));
        assert!(goes_left(&model, 1e-34));
    }

    #[test]
    fn splits_without_rows_below_them_know_no_cover() {
        let mut model = ensemble(Compare::LessEqualF64, split(Missing::Left, Node::NUMERIC));
        assert!(model.knows_cover());
        model.trees[0].nodes[1].cover = 0.0;
        assert!(model.knows_cover());
        model.trees[0].nodes[2].cover = 0.0;
        assert!(!model.knows_cover());
    }

    #[test]
    fn a_value_is_rounded_to_f32_before_an_f32_comparison() {
        let model = ensemble(Compare::LessF32, split(Missing::Left, Node::NUMERIC));
        assert!(!goes_left(&model, 0.5 - 1e-12));
        let model = ensemble(Compare::LessEqualRounded, split(Missing::Left, Node::NUMERIC));
        assert!(goes_left(&model, 0.5 + 1e-12) && !goes_left(&model, 0.5 + 1e-7));
        let model = ensemble(Compare::LessEqualF64, split(Missing::Left, Node::NUMERIC));
        assert!(goes_left(&model, 0.5) && !goes_left(&model, 0.5 + 1e-12));
        let model = ensemble(Compare::LessF64, split(Missing::Left, Node::NUMERIC));
        assert!(!goes_left(&model, 0.5) && goes_left(&model, 0.5_f64.next_down()));
    }

    #[test]
    fn a_fraction_below_zero_is_category_zero_for_lightgbm_only() {
        assert!(goes_left(&ensemble(Compare::LessEqualF64, split(Missing::Right, 0)), -0.5));
        assert!(!goes_left(&ensemble(Compare::LessF32, split(Missing::Right, 0)), -0.5));
        for code in [-1.0, 1.0, 64.0, 1e300, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(!goes_left(&ensemble(Compare::LessEqualF64, split(Missing::Right, 0)), code));
        }
    }
}
