//! Trees laid out for every kernel: inner splits in preorder, everything about paths that does not depend on a row, and
//! tests that compare small codes instead of numbers.

use crate::base::Task;
use crate::model::{Node, Tree, TreeEnsemble};
use crate::num::parallel;

use super::Stopped;
use super::rank::{Coding, Test};

/// Covers of two children that differ from their parent's by no more than this share of it are taken to add up: files
/// store covers as f32, whose sums are off by a few units of 2⁻²⁴.
const ROUNDED: f64 = 1.0 / (1 << 20) as f64;

/// What hangs below a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Child {
    /// Another split, by its place in [`Lean::splits`].
    Split(u32),
    /// A leaf, by its first place in [`Lean::values`].
    Leaf(u32),
}

/// A split above and the side a path takes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Above {
    /// Its place in [`Lean::splits`].
    pub split: u32,
    /// Whether the path goes left there.
    pub left: bool,
}

/// One inner split.
#[derive(Clone, Debug)]
pub(super) struct Split {
    /// Input compared.
    pub feature: u32,
    /// Where values go for which the test says yes.
    pub left: Child,
    /// Where all others go.
    pub right: Child,
    /// Splits above.
    pub level: u32,
    /// Nearest split above with the same feature.
    pub above: Option<Above>,
    /// Share of this split's cover that goes left and right. They add up to one unless `uneven`.
    pub shares: (f64, f64),
    /// Whether the file's covers do not add up, so that the shares are those of the file.
    pub uneven: bool,
    /// Share of the cover kept by the same feature's splits above; 1 when there is none.
    pub kept: f64,
    /// Distinct features of the splits above.
    pub distinct: u32,
}

impl Split {
    /// What hangs below, and whether it is on the left.
    pub fn children(&self) -> [(Child, bool); 2] {
        [(self.left, true), (self.right, false)]
    }

    /// The share of the cover that goes left, or right.
    pub fn share(&self, left: bool) -> f64 {
        if left { self.shares.0 } else { self.shares.1 }
    }
}

/// One tree.
#[derive(Clone, Debug)]
pub(super) struct Lean<'a> {
    /// Splits in preorder, left branch first; empty when the tree is one leaf.
    pub splits: Vec<Split>,
    /// The comparison of each split, on codes.
    pub tests: Vec<Test>,
    /// The splits with another of the same feature above, in preorder.
    pub repeats: Vec<u32>,
    /// Values of the leaves, `width` each.
    pub values: &'a [f64],
    /// Values per leaf.
    pub width: usize,
    /// The output of the first value of a leaf.
    pub first_output: usize,
    /// Splits on the longest path.
    pub levels: usize,
    /// Most distinct features on a path.
    pub distinct: usize,
    /// Cover-weighted mean of the leaves, one per value.
    pub mean: Vec<f64>,
}

impl Lean<'_> {
    /// For every split, the one right above it and the side on which it hangs there. Cost O(splits).
    pub fn parents(&self) -> Vec<Option<Above>> {
        let mut parents = vec![None; self.splits.len()];
        for (split, place) in self.splits.iter().zip(0..) {
            for (child, left) in split.children() {
                if let Child::Split(below) = child {
                    parents[below as usize] = Some(Above { split: place, left });
                }
            }
        }
        parents
    }
}

/// A whole ensemble.
#[derive(Clone, Debug)]
pub(super) struct Forest<'a> {
    pub trees: Vec<Lean<'a>>,
    pub coding: Coding,
    pub inputs: usize,
    pub outputs: usize,
    /// Whether a split had no training cover, so that both its branches count half.
    pub without_cover: bool,
}

impl<'a> Forest<'a> {
    /// Lays out every tree. Refuses what is no tree: a child before its parent, a node with two parents, an index out of
    /// range. Cost O(nodes · log nodes).
    pub fn new(ensemble: &'a TreeEnsemble, task: &Task) -> Result<Self, Stopped> {
        let coding = Coding::new(ensemble);
        let lay = |index: usize| {
            let layout = Layout {
                tree: &ensemble.trees[index],
                ensemble,
                coding: &coding,
                latest: vec![None; ensemble.inputs],
                without_cover: false,
            };
            layout.lay().ok_or(Stopped::NoTree(index))
        };
        let laid = parallel::map(ensemble.trees.len(), &Task::silent(), lay)?;
        task.check()?;
        let mut forest = Self {
            trees: Vec::new(),
            coding,
            inputs: ensemble.inputs,
            outputs: ensemble.outputs(),
            without_cover: false,
        };
        for tree in laid {
            let (lean, without_cover) = tree?;
            forest.without_cover |= without_cover;
            forest.trees.push(lean);
        }
        Ok(forest)
    }

    /// The expected score per output when no feature is known, before division and base.
    pub fn mean(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.outputs];
        for tree in &self.trees {
            for (sum, mean) in sums.iter_mut().skip(tree.first_output).zip(&tree.mean) {
                *sum += mean;
            }
        }
        sums
    }
}

/// Shares of the cover that go left and right; whether the split had any cover; whether the shares do not add up.
fn shares(parent: f64, left: f64, right: f64) -> ((f64, f64), bool, bool) {
    let sum = left + right;
    if !(parent > 0.0 && sum > 0.0) {
        return ((0.5, 0.5), false, false);
    }
    if (sum - parent).abs() <= ROUNDED * parent {
        let share = left / sum;
        return ((share, 1.0 - share), true, false);
    }
    ((left / parent, right / parent), true, true)
}

/// A node that still has to be laid out.
struct Waiting {
    node: u32,
    /// Its parent split and whether it is the left child; `None` for the root.
    parent: Option<Above>,
    /// Share of all cover that arrives here.
    reach: f64,
}

/// The layout of one tree in progress.
struct Layout<'l, 'a> {
    tree: &'a Tree,
    ensemble: &'a TreeEnsemble,
    coding: &'l Coding,
    /// Per feature, the nearest split on the current path.
    latest: Vec<Option<Above>>,
    without_cover: bool,
}

impl<'a> Layout<'_, 'a> {
    /// The tree, and whether a split had no training cover.
    fn lay(mut self) -> Option<(Lean<'a>, bool)> {
        let outputs = self.ensemble.outputs();
        let (width, first_output) = self.tree.output.map_or((outputs, 0), |k| (1, k as usize));
        let mut lean = Lean {
            splits: Vec::with_capacity(self.tree.nodes.len() / 2),
            tests: Vec::with_capacity(self.tree.nodes.len() / 2),
            repeats: Vec::new(),
            values: &self.tree.leaf_values,
            width,
            first_output,
            levels: 0,
            distinct: 0,
            mean: vec![0.0; width],
        };
        if first_output + width > outputs {
            return None;
        }
        let mut path: Vec<(u32, Option<Above>)> = Vec::new();
        let mut waiting = vec![Waiting { node: 0, parent: None, reach: 1.0 }];
        while let Some(next) = waiting.pop() {
            let level = next.parent.map_or(0, |p| lean.splits[p.split as usize].level as usize + 1);
            self.leave(&mut path, level, &lean);
            if let Some(parent) = next.parent {
                let feature = lean.splits[parent.split as usize].feature as usize;
                path.push((parent.split, self.latest[feature].replace(parent)));
            }
            self.node(&next, &mut lean, &mut waiting)?;
        }
        Some((lean, self.without_cover))
    }

    /// Takes the splits from `level` on off the current path: a node at `level` has as many splits above.
    fn leave(&mut self, path: &mut Vec<(u32, Option<Above>)>, level: usize, lean: &Lean<'_>) {
        while path.len() > level.saturating_sub(1) {
            if let Some((split, before)) = path.pop() {
                self.latest[lean.splits[split as usize].feature as usize] = before;
            }
        }
    }

    fn node(&mut self, next: &Waiting, lean: &mut Lean<'a>, waiting: &mut Vec<Waiting>) -> Option<()> {
        let node = self.tree.nodes.get(next.node as usize)?;
        let child = if node.is_leaf() { Child::Leaf(node.left) } else { Child::Split(lean.splits.len() as u32) };
        let mut distinct = 0;
        if let Some(parent) = next.parent {
            let parent_split = &mut lean.splits[parent.split as usize];
            *(if parent.left { &mut parent_split.left } else { &mut parent_split.right }) = child;
            distinct = parent_split.distinct + u32::from(parent_split.above.is_none());
        }
        if node.is_leaf() {
            let values = lean.values.get(node.left as usize..node.left as usize + lean.width)?;
            for (mean, value) in lean.mean.iter_mut().zip(values) {
                *mean += next.reach * value;
            }
            lean.distinct = lean.distinct.max(distinct as usize);
            return Some(());
        }
        if lean.splits.len() * 2 >= self.tree.nodes.len() {
            return None;
        }
        let (share, level) = self.split(next, node, distinct, lean)?;
        let split = lean.splits.len() as u32 - 1;
        lean.levels = lean.levels.max(level as usize + 1);
        let below =
            |node, left, share| Waiting { node, parent: Some(Above { split, left }), reach: next.reach * share };
        waiting.push(below(node.right, false, share.1));
        waiting.push(below(node.left, true, share.0));
        Some(())
    }

    /// Adds a split; gives its shares and level.
    fn split(&mut self, next: &Waiting, node: &Node, distinct: u32, lean: &mut Lean<'a>) -> Option<((f64, f64), u32)> {
        let level = next.parent.map_or(0, |p| lean.splits[p.split as usize].level + 1);
        if node.left <= next.node || node.right <= next.node {
            return None;
        }
        let above = *self.latest.get(node.feature as usize)?;
        let kept = above.map_or(1.0, |a| {
            let split = &lean.splits[a.split as usize];
            split.kept * split.share(a.left)
        });
        let (left, right) = (self.tree.nodes.get(node.left as usize)?, self.tree.nodes.get(node.right as usize)?);
        let (shares, covered, uneven) = shares(node.cover, left.cover, right.cover);
        self.without_cover |= !covered;
        lean.tests.push(self.coding.test(self.ensemble, self.tree, node)?);
        let (left, right) = (Child::Leaf(0), Child::Leaf(0));
        let feature = node.feature;
        if above.is_some() {
            lean.repeats.push(lean.splits.len() as u32);
        }
        lean.splits.push(Split { feature, left, right, level, above, shares, uneven, kept, distinct });
        Some((shares, level))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Accumulate, Compare, Missing};

    fn node(feature: u32, left: u32, right: u32, cover: f64) -> Node {
        Node { feature, left, right, set: Node::NUMERIC, threshold: 0.0, missing: Missing::Left, cover }
    }

    fn ensemble(nodes: Vec<Node>, leaf_values: Vec<f64>) -> TreeEnsemble {
        let tree = Tree { nodes, leaf_values, output: Some(0), sets: Vec::new() };
        TreeEnsemble {
            trees: vec![tree],
            inputs: 2,
            base: vec![0.0],
            compare: Compare::LessF32,
            accumulate: Accumulate::F64,
            divisor: 1.0,
        }
    }

    #[test]
    fn repeated_features_share_one_accumulated_cover() {
        let model = ensemble(
            vec![
                node(0, 1, 2, 8.0),
                node(0, 3, 4, 4.0),
                node(Node::LEAF, 0, 0, 4.0),
                node(1, 5, 6, 1.0),
                node(Node::LEAF, 1, 0, 3.0),
                node(Node::LEAF, 2, 0, 0.25),
                node(Node::LEAF, 3, 0, 0.75),
            ],
            vec![8.0, 32.0, 16.0, 16.0],
        );
        let forest = Forest::new(&model, &Task::silent()).expect("a proper tree");
        let tree = &forest.trees[0];
        let kept: Vec<f64> = tree.splits.iter().map(|s| s.kept).collect();
        assert_eq!(kept, vec![1.0, 0.5, 1.0]);
        assert_eq!(tree.splits[1].above, Some(Above { split: 0, left: true }));
        assert_eq!((tree.splits[1].left, tree.splits[0].right), (Child::Split(2), Child::Leaf(0)));
        assert_eq!((tree.distinct, tree.levels), (2, 3));
        assert_eq!(tree.mean, vec![0.5 * 8.0 + 0.125 * 16.0 + 0.375 * 32.0]);
    }

    #[test]
    fn a_node_with_two_parents_is_refused() {
        let model = ensemble(vec![node(0, 1, 1, 2.0), node(0, 2, 2, 2.0), node(Node::LEAF, 0, 0, 1.0)], vec![1.0]);
        assert_eq!(Forest::new(&model, &Task::silent()).err(), Some(Stopped::NoTree(0)));
    }

    #[test]
    fn covers_rounded_to_f32_add_up_and_others_are_kept() {
        assert_eq!(shares(3.0 + 1e-7, 1.0, 2.0), ((1.0 / 3.0, 1.0 - 1.0 / 3.0), true, false));
        assert_eq!(shares(4.0, 1.0, 2.0), ((0.25, 0.5), true, true));
        assert_eq!(shares(0.0, 0.0, 0.0), ((0.5, 0.5), false, false));
    }
}
