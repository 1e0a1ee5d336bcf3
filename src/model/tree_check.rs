//! The one place where trees from files are checked, and put into depth-first order.
//!
//! After `arrange` every walker may follow children without a check: indices are in range, a child comes after its
//! parent, every node is reached exactly once.

use super::error::ModelError;
use super::trees::{Accumulate, CategorySet, Node, Tree, TreeEnsemble};

/// Codes a category set can hold: XGBoost's own limit.
pub const CATEGORY_LIMIT: usize = 1 << 24;

/// What a tree must fit into.
#[derive(Clone, Copy, Debug)]
pub struct TreeRules {
    /// Inputs of the model.
    pub inputs: usize,
    /// Outputs of the model.
    pub outputs: usize,
    /// Nodes that may be out of reach of the root (XGBoost keeps deleted nodes in its arrays); they are dropped.
    pub unreached: usize,
}

/// Checks one tree whose nodes come in any order (node 0 is the root) and puts them into depth-first order. `place`
/// names the tree in refusals. Cost O(nodes), no recursion.
pub fn arrange(tree: Tree, rules: TreeRules, place: &str) -> Result<Tree, ModelError> {
    let at = |node: u32| format!("{place}, node {node}");
    if tree.output.is_some_and(|k| k as usize >= rules.outputs) {
        return Err(ModelError::malformed(
            place,
            format!("the tree adds to an output the model lacks ({})", rules.outputs),
        ));
    }
    check_sets(&tree.sets, place)?;
    if is_arranged(&tree.nodes) && tree.nodes.iter().all(|node| check_node(node, &tree, rules).is_ok()) {
        return Ok(tree);
    }
    let mut place_of = vec![u32::MAX; tree.nodes.len()];
    let mut order = Vec::with_capacity(tree.nodes.len());
    // Every node waits with the parent that refers to it.
    let mut waiting = vec![(0_u32, None)];
    while let Some((old, parent)) = waiting.pop() {
        let Some((node, new)) = tree.nodes.get(old as usize).zip(place_of.get_mut(old as usize)) else {
            let place = parent.map_or_else(|| place.to_owned(), at);
            return Err(ModelError::malformed(
                place,
                format!("a node {old} is referred to, the tree has {}", tree.nodes.len()),
            ));
        };
        if *new != u32::MAX {
            let from = parent.map_or_else(String::new, |parent| format!(", the second time from node {parent}"));
            let reason = format!("the node is reached twice{from}, so this is no tree");
            return Err(ModelError::malformed(at(old), reason));
        }
        *new = order.len() as u32;
        order.push(old);
        check_node(node, &tree, rules).map_err(|reason| ModelError::malformed(at(old), reason))?;
        if !node.is_leaf() {
            waiting.extend([(node.right, Some(old)), (node.left, Some(old))]);
        }
    }
    if order.len().saturating_add(rules.unreached) < tree.nodes.len() {
        let lost = place_of.iter().position(|p| *p == u32::MAX).unwrap_or(0);
        return Err(ModelError::malformed(at(lost as u32), "no path leads from the root to this node"));
    }
    let moved = |child: u32| place_of.get(child as usize).copied().unwrap_or(0);
    let nodes = order.iter().filter_map(|old| tree.nodes.get(*old as usize)).map(|node| match node.is_leaf() {
        true => *node,
        false => Node { left: moved(node.left), right: moved(node.right), ..*node },
    });
    Ok(Tree { nodes: nodes.collect(), ..tree })
}

/// Whether the nodes stand in depth-first order, each reached exactly once: scikit-learn writes them so.
fn is_arranged(nodes: &[Node]) -> bool {
    // Right children whose turn comes behind the subtree to their left.
    let mut waiting = Vec::new();
    let mut next = Some(0);
    for (i, node) in nodes.iter().enumerate() {
        if next != Some(i) {
            return false;
        }
        next = if node.is_leaf() {
            waiting.pop()
        } else {
            waiting.push(node.right as usize);
            Some(node.left as usize)
        };
    }
    next.is_none() && waiting.is_empty() && !nodes.is_empty()
}

/// Checks an ensemble that was stored as such; its trees are put into depth-first order.
pub fn check_ensemble(ensemble: TreeEnsemble) -> Result<TreeEnsemble, ModelError> {
    let rules = TreeRules { inputs: ensemble.inputs, outputs: ensemble.outputs(), unreached: 0 };
    if !(ensemble.divisor.is_finite() && ensemble.divisor > 0.0) {
        return Err(ModelError::malformed("divisor", "the divisor must be a positive number"));
    }
    if ensemble.accumulate == Accumulate::F64FromBase && ensemble.divisor != 1.0 {
        return Err(ModelError::malformed("divisor", "a sum that starts from its base is not divided"));
    }
    if ensemble.base.is_empty() || ensemble.base.iter().any(|b| !b.is_finite()) {
        return Err(ModelError::malformed("base", "the base must hold one finite number per output"));
    }
    let trees = ensemble.trees.into_iter().enumerate();
    let trees = trees.map(|(t, tree)| arrange(tree, rules, &format!("tree {t}"))).collect::<Result<_, _>>()?;
    Ok(TreeEnsemble { trees, ..ensemble })
}

fn check_sets(sets: &[CategorySet], place: &str) -> Result<(), ModelError> {
    match sets.iter().position(|s| s.words.len() > CATEGORY_LIMIT / 64) {
        Some(s) => Err(ModelError::malformed(format!("{place}, category set {s}"), "category codes end at 2^24")),
        None => Ok(()),
    }
}

fn check_node(node: &Node, tree: &Tree, rules: TreeRules) -> Result<(), String> {
    if !(node.cover.is_finite() && node.cover >= 0.0) {
        return Err(format!("the cover is {}, expected a finite number that is not negative", node.cover));
    }
    if node.is_leaf() {
        let width = if tree.output.is_some() { 1 } else { rules.outputs };
        let first = node.left as usize;
        let Some(values) = tree.leaf_values.get(first..first.saturating_add(width)) else {
            return Err("the leaf has no value".to_owned());
        };
        return match values.iter().find(|v| !v.is_finite()) {
            Some(value) => Err(format!("the leaf value is {value}, expected a finite number")),
            None => Ok(()),
        };
    }
    if node.feature as usize >= rules.inputs {
        return Err(format!("the split uses input {}, the model has {}", node.feature, rules.inputs));
    }
    if node.set == Node::NUMERIC && node.threshold.is_nan() {
        return Err("the threshold is not a number".to_owned());
    }
    if node.set != Node::NUMERIC && node.set as usize >= tree.sets.len() {
        return Err("the split has no category set".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::trees::Missing;
    use super::*;

    const RULES: TreeRules = TreeRules { inputs: 1, outputs: 1, unreached: 0 };

    fn tree(children: &[Option<(u32, u32)>]) -> Tree {
        let node = |(i, pair): (usize, &Option<(u32, u32)>)| Node {
            feature: if pair.is_some() { 0 } else { Node::LEAF },
            left: pair.map_or(i as u32, |p| p.0),
            right: pair.map_or(0, |p| p.1),
            set: Node::NUMERIC,
            threshold: 0.0,
            missing: Missing::Left,
            cover: 1.0,
        };
        let nodes: Vec<Node> = children.iter().enumerate().map(node).collect();
        Tree { leaf_values: vec![0.0; nodes.len()], nodes, output: Some(0), sets: Vec::new() }
    }

    #[test]
    fn children_come_after_their_parents() {
        let arranged = arrange(tree(&[Some((3, 1)), Some((2, 4)), None, None, None]), RULES, "tree 0").unwrap();
        for (i, node) in arranged.nodes.iter().enumerate().filter(|(_, n)| !n.is_leaf()) {
            assert!(node.left as usize > i && node.right as usize > i);
        }
        assert_eq!(arranged.nodes.iter().filter(|n| n.is_leaf()).map(|n| n.left).collect::<Vec<_>>(), [3, 2, 4]);
    }

    #[test]
    fn what_is_no_tree_is_refused_with_its_node() {
        for (children, place) in [
            (vec![Some((0, 1)), None], "tree 7, node 0"),
            (vec![Some((1, 1)), None], "tree 7, node 1"),
            (vec![Some((1, 2)), Some((0, 2)), None], "tree 7, node 0"),
            (vec![Some((1, 9)), None], "tree 7, node 0"),
            (vec![None, None], "tree 7, node 1"),
            (vec![], "tree 7"),
        ] {
            match arrange(tree(&children), RULES, "tree 7") {
                Err(ModelError::Malformed { place: found, .. }) => assert_eq!(found, place),
                other => panic!("expected a refusal, got {other:?}"),
            }
        }
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_splits_is_no_problem() {
        let depth = 100_000_u32;
        let mut children: Vec<Option<(u32, u32)>> = (0..depth).map(|i| Some((i + 1, depth + 1 + i))).collect();
        children.extend((0..=depth).map(|_| None));
        let arranged = arrange(tree(&children), RULES, "tree 0").unwrap();
        assert_eq!(arranged.deepest_path(), depth as usize);
    }
}
