//! The table of a term as a tree: balanced, asking one feature after the other.

use crate::model::term::Bins;
use crate::model::tree_check::{TreeRules, arrange};
use crate::model::{ModelError, Node, Tree};

use super::parts::{Table, reachable, set, threshold};

/// Makes trees of tables; category sets may take `spare_words` in all.
pub struct TreeMaker {
    /// Inputs and outputs of the model.
    pub rules: TreeRules,
    /// Words of category sets that may still be made.
    pub spare_words: usize,
}

impl TreeMaker {
    /// The tree of a term whose features have `bins`, the place of each first. Cost O(bins), no recursion.
    pub fn tree(&mut self, bins: &[(u32, &Bins)], table: &Table) -> Result<Tree, ModelError> {
        let scores = table.scores.clone();
        let mut tree = Tree { nodes: vec![Node::BARE_LEAF], leaf_values: scores, output: None, sets: Vec::new() };
        let first = bins.first().map_or(0, |(_, bins)| reachable(bins));
        let mut waiting = vec![Part { node: 0, depth: 0, start: 0, end: first, cell: 0 }];
        while let Some(mut part) = waiting.pop() {
            // One bin is left of this feature: the next feature is asked, or the scores are reached.
            while let Some((_, bins_here)) = bins.get(part.depth).filter(|_| part.end - part.start == 1) {
                part.cell = part.cell * bins_here.count() + part.start;
                part.depth += 1;
                part.start = 0;
                part.end = bins.get(part.depth).map_or(0, |(_, next)| reachable(next));
            }
            let children = tree.nodes.len();
            let Some(node) = tree.nodes.get_mut(part.node) else { continue };
            let Some((feature, bins_here)) = bins.get(part.depth) else {
                node.left = index(part.cell.saturating_mul(self.rules.outputs), table)?;
                node.cover = table.weights.as_ref().and_then(|w| w.get(part.cell)).copied().unwrap_or(0.0);
                continue;
            };
            let middle = part.start + (part.end - part.start) / 2;
            node.feature = *feature;
            node.left = index(children, table)?;
            node.right = index(children + 1, table)?;
            match bins_here {
                Bins::Cuts(cuts) => node.threshold = threshold(cuts, middle),
                Bins::Groups(groups) => {
                    let inside = set(groups, part.start, middle, &mut self.spare_words);
                    node.set = index(tree.sets.len(), table)?;
                    tree.sets
                        .push(inside.ok_or_else(|| refuse(table, "the categories are too many for the file's size"))?);
                }
            }
            // The missing value stands before all others, so it goes left at every split, as a bare leaf says.
            tree.nodes.extend([Node::BARE_LEAF, Node::BARE_LEAF]);
            waiting.push(Part { node: children, end: middle, ..part });
            waiting.push(Part { node: children + 1, start: middle, ..part });
        }
        add_covers(&mut tree.nodes);
        arrange(tree, self.rules, &table.place)
    }
}

/// A node that waits for its split: bins `start` to `end` of the feature at `depth`, behind the cell chosen above.
#[derive(Clone, Copy)]
struct Part {
    node: usize,
    depth: usize,
    start: usize,
    end: usize,
    cell: usize,
}

fn index(value: usize, table: &Table) -> Result<u32, ModelError> {
    u32::try_from(value).map_err(|_error| refuse(table, "the term has too many bins"))
}

fn refuse(table: &Table, reason: &str) -> ModelError {
    ModelError::malformed(&table.place, reason)
}

/// Covers of splits from those of leaves; a child has a larger index than its parent.
fn add_covers(nodes: &mut [Node]) {
    for i in (0..nodes.len()).rev() {
        let cover = |child: u32| nodes.get(child as usize).map_or(0.0, |n| n.cover);
        let sum = nodes.get(i).filter(|n| !n.is_leaf()).map(|n| cover(n.left) + cover(n.right));
        if let (Some(sum), Some(node)) = (sum, nodes.get_mut(i)) {
            node.cover = sum;
        }
    }
}
