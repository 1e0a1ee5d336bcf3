//! A tree laid out for depth-first walks: one entry per edge in preorder, with everything about the path that does
//! not depend on the explained row.

use crate::base::Task;
use crate::model::{Node, Tree, TreeEnsemble};

use super::Stopped;

/// The edge from a split to one of its children.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    /// Input compared at the split.
    pub feature: u32,
    /// The split's node.
    pub split: u32,
    /// Whether this is the left branch.
    pub left: bool,
    /// Edges from the root, this one included.
    pub level: u32,
    /// Level of the nearest edge above with the same feature; 0 when there is none.
    pub above: u32,
    /// Share of the training cover kept by all edges of this feature down to this one.
    pub cover: f64,
    /// The same for the edge at `above`; 1 when there is none.
    pub cover_above: f64,
    /// First index into the leaf values, or [`Edge::INNER`].
    pub value: u32,
    /// How many edges end with this leaf, counted upwards; 0 for inner edges.
    pub closes: u32,
}

impl Edge {
    /// Marks an edge that leads to another split.
    pub const INNER: u32 = u32::MAX;
}

/// One tree, ready to be walked.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// All edges in preorder, left branch first.
    pub edges: Vec<Edge>,
    /// Length of the longest path.
    pub levels: usize,
    /// Most distinct features on a path.
    pub distinct: usize,
    /// Cover-weighted mean of the leaves, one per value of a leaf.
    pub mean: Vec<f64>,
    /// Whether a split had no training cover, so that both branches count half.
    pub without_cover: bool,
}

/// Lays out every tree. Refuses what is no tree: a child before its parent, a node with two parents, an index out of
/// range. Cost O(nodes).
pub(super) fn plans(ensemble: &TreeEnsemble, task: &Task) -> Result<Vec<Plan>, Stopped> {
    let mut latest = vec![0; ensemble.inputs];
    let lay = |(index, tree)| {
        task.check()?;
        plan(tree, ensemble.outputs(), &mut latest).ok_or(Stopped::NoTree(index))
    };
    ensemble.trees.iter().enumerate().map(lay).collect()
}

/// Shares of the cover that go left and right, and whether the split had any cover.
pub(super) fn shares(parent: &Node, left: &Node, right: &Node) -> (f64, f64, bool) {
    let children = left.cover > 0.0 || right.cover > 0.0;
    if parent.cover > 0.0 && children {
        (left.cover / parent.cover, right.cover / parent.cover, true)
    } else {
        (0.5, 0.5, false)
    }
}

/// A child that still has to be laid out.
struct Waiting {
    node: u32,
    split: u32,
    left: bool,
    level: u32,
    share: f64,
}

fn plan(tree: &Tree, outputs: usize, latest: &mut [u32]) -> Option<Plan> {
    let per_leaf = if tree.output.is_some() { 1 } else { outputs };
    if tree.output.is_some_and(|k| k as usize >= outputs) {
        return None;
    }
    let mut laid = Layout {
        tree,
        latest,
        path: Vec::new(),
        weights: vec![(1.0, 0)],
        plan: Plan { edges: Vec::new(), levels: 0, distinct: 0, mean: vec![0.0; per_leaf], without_cover: false },
    };
    let root = tree.nodes.first()?;
    if root.is_leaf() {
        let values = tree.leaf_values.get(root.left as usize..root.left as usize + per_leaf)?;
        laid.plan.mean.copy_from_slice(values);
        return Some(laid.plan);
    }
    let mut waiting = Vec::new();
    laid.open(0, 0, &mut waiting)?;
    while let Some(next) = waiting.pop() {
        if laid.plan.edges.len() >= tree.nodes.len() {
            laid.leave(0);
            return None;
        }
        let entered = laid.enter(&next, &mut waiting);
        let upper = waiting.last().map_or(0, |w| w.level - 1);
        if entered.is_none() {
            laid.leave(0);
            return None;
        }
        let level = laid.path.len() as u32;
        if let Some(edge) = laid.plan.edges.last_mut().filter(|e| e.value != Edge::INNER) {
            edge.closes = level - upper;
            laid.leave(upper as usize);
        }
    }
    Some(laid.plan)
}

/// The layout in progress.
struct Layout<'a> {
    tree: &'a Tree,
    /// Per feature, the level of its nearest edge on the current path.
    latest: &'a mut [u32],
    /// Edges of the current path.
    path: Vec<usize>,
    /// Share of the cover that reaches each level, and distinct features down to it.
    weights: Vec<(f64, usize)>,
    plan: Plan,
}

impl Layout<'_> {
    /// Queues both children of a split, the left one on top.
    fn open(&mut self, split: u32, level: u32, waiting: &mut Vec<Waiting>) -> Option<()> {
        let node = self.tree.nodes.get(split as usize)?;
        if node.left <= split || node.right <= split || node.feature as usize >= self.latest.len() {
            return None;
        }
        let left = self.tree.nodes.get(node.left as usize)?;
        let right = self.tree.nodes.get(node.right as usize)?;
        let (share_left, share_right, covered) = shares(node, left, right);
        self.plan.without_cover |= !covered;
        let level = level + 1;
        waiting.push(Waiting { node: node.right, split, left: false, level, share: share_right });
        waiting.push(Waiting { node: node.left, split, left: true, level, share: share_left });
        Some(())
    }

    /// Adds the edge to `next` and opens what lies below it.
    fn enter(&mut self, next: &Waiting, waiting: &mut Vec<Waiting>) -> Option<()> {
        let feature = self.tree.nodes.get(next.split as usize)?.feature;
        let above = *self.latest.get(feature as usize)?;
        let cover_above = match above {
            0 => 1.0,
            level => self.plan.edges.get(*self.path.get(level as usize - 1)?)?.cover,
        };
        let node = self.tree.nodes.get(next.node as usize)?;
        let value = if node.is_leaf() { node.left } else { Edge::INNER };
        self.path.push(self.plan.edges.len());
        let (weight, distinct) = self.weights.last().copied()?;
        self.weights.push((weight * next.share, distinct + usize::from(above == 0)));
        self.plan.edges.push(Edge {
            feature,
            split: next.split,
            left: next.left,
            level: next.level,
            above,
            cover: cover_above * next.share,
            cover_above,
            value,
            closes: 0,
        });
        *self.latest.get_mut(feature as usize)? = next.level;
        self.plan.levels = self.plan.levels.max(self.path.len());
        if node.is_leaf() { self.leaf(value) } else { self.open(next.node, next.level, waiting) }
    }

    /// Counts a leaf's values into the mean and its distinct features.
    fn leaf(&mut self, value: u32) -> Option<()> {
        let count = self.plan.mean.len();
        let values = self.tree.leaf_values.get(value as usize..value as usize + count)?;
        let (weight, distinct) = self.weights.last().copied()?;
        for (mean, leaf) in self.plan.mean.iter_mut().zip(values) {
            *mean += weight * leaf;
        }
        self.plan.distinct = self.plan.distinct.max(distinct);
        Some(())
    }

    /// Forgets the path below `level`.
    fn leave(&mut self, level: usize) {
        while self.path.len() > level {
            if let Some(edge) = self.path.pop().and_then(|e| self.plan.edges.get(e))
                && let Some(latest) = self.latest.get_mut(edge.feature as usize)
            {
                *latest = edge.above;
            }
            self.weights.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Missing;

    fn node(feature: u32, left: u32, right: u32, cover: f64) -> Node {
        Node { feature, left, right, set: Node::NUMERIC, threshold: 0.0, missing: Missing::Left, cover }
    }

    #[test]
    fn repeated_features_share_one_accumulated_cover() {
        let nodes = vec![
            node(0, 1, 2, 8.0),
            node(0, 3, 4, 4.0),
            node(Node::LEAF, 0, 0, 4.0),
            node(Node::LEAF, 1, 0, 1.0),
            node(Node::LEAF, 2, 0, 3.0),
        ];
        let tree = Tree { nodes, leaf_values: vec![8.0, 16.0, 32.0], output: Some(0), sets: Vec::new() };
        let plan = plan(&tree, 1, &mut [0]).expect("a proper tree");
        let covers: Vec<f64> = plan.edges.iter().map(|e| e.cover).collect();
        assert_eq!(covers, vec![0.5, 0.125, 0.375, 0.5]);
        assert_eq!(plan.edges.iter().map(|e| e.closes).collect::<Vec<_>>(), vec![0, 1, 2, 1]);
        assert_eq!((plan.distinct, plan.levels), (1, 2));
        assert_eq!(plan.mean, vec![18.0]);
    }

    #[test]
    fn a_node_with_two_parents_is_refused() {
        let nodes = vec![node(0, 1, 1, 2.0), node(0, 2, 2, 2.0), node(Node::LEAF, 0, 0, 1.0)];
        let tree = Tree { nodes, leaf_values: vec![1.0], output: Some(0), sets: Vec::new() };
        assert!(plan(&tree, 1, &mut [0]).is_none());
    }
}
