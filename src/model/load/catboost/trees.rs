//! CatBoost's trees as trees of the engine.

use crate::base::Task;
use crate::model::tree_check::{TreeRules, arrange};
use crate::model::trees::{Accumulate, Compare};
use crate::model::{ModelError, Node, Tree, TreeEnsemble};

use super::asks::{Ask, Asks};
use super::parts::{Parts, RawNode, RawTree};

/// All trees, with `asks` for their splits about `inputs` columns.
pub fn ensemble(parts: &Parts, asks: &Asks, inputs: usize, task: &Task) -> Result<TreeEnsemble, ModelError> {
    let base = match parts.bias.as_slice() {
        [one] => vec![*one; parts.outputs],
        many if many.len() == parts.outputs => many.to_vec(),
        many => {
            let reason = format!("{} biases are stored for {} outputs", many.len(), parts.outputs);
            return Err(ModelError::malformed("bias", reason));
        }
    };
    if base.iter().any(|bias| !bias.is_finite()) || !(parts.scale.is_finite() && parts.scale != 0.0) {
        return Err(ModelError::malformed("scale and bias", "they must be finite, and the scale not 0"));
    }
    let rules = TreeRules { inputs, outputs: parts.outputs, unreached: 0 };
    task.begin("building the trees", parts.trees.len() as u64);
    let mut trees = Vec::with_capacity(parts.trees.len());
    for (t, tree) in parts.trees.iter().enumerate() {
        trees.push(build(tree, asks, rules, (parts.scale < 0.0, &format!("tree {t}")))?);
        task.advance(1)?;
    }
    Ok(TreeEnsemble {
        trees,
        inputs,
        base,
        compare: Compare::LessEqualRounded,
        accumulate: Accumulate::F64,
        // CatBoost multiplies the sum; a quotient is the same to the last bit for powers of two, and for 1 above all.
        divisor: 1.0 / parts.scale.abs(),
    })
}

fn build(raw: &RawTree, asks: &Asks, rules: TreeRules, (negate, place): (bool, &str)) -> Result<Tree, ModelError> {
    let mut sets = Vec::new();
    let mut set_of = std::collections::HashMap::new();
    let index = |value: usize| {
        u32::try_from(value).map_err(|_error| ModelError::malformed(place, "the tree has too many nodes or leaves"))
    };
    let mut nodes = Vec::with_capacity(raw.nodes.len());
    for node in &raw.nodes {
        nodes.push(match *node {
            RawNode::Leaf { first, weight } => Node { left: index(first)?, cover: weight, ..Node::BARE_LEAF },
            RawNode::Split { split, left, right } => {
                let ask = asks.get(split).and_then(Option::as_ref);
                let Ask { feature, threshold, missing, set } =
                    ask.ok_or_else(|| ModelError::malformed(place, format!("the model has no split {split}")))?;
                let set = set.as_ref().map_or(Node::NUMERIC, |set| {
                    *set_of.entry(split).or_insert_with(|| {
                        sets.push(set.clone());
                        sets.len() as u32 - 1
                    })
                });
                let (feature, threshold, missing) = (*feature, *threshold, *missing);
                Node { feature, left: index(left)?, right: index(right)?, set, threshold, missing, cover: 0.0 }
            }
        });
    }
    let leaf_values = raw.values.iter().map(|value| if negate { -value } else { *value }).collect();
    let output = (rules.outputs == 1).then_some(0);
    let mut tree = arrange(Tree { nodes, leaf_values, output, sets }, rules, place)?;
    cover(&mut tree.nodes);
    Ok(tree)
}

/// The cover of a split is that of its leaves. Children come after their parents.
fn cover(nodes: &mut [Node]) {
    for i in (0..nodes.len()).rev() {
        let Some(node) = nodes.get(i).copied().filter(|node| !node.is_leaf()) else { continue };
        let below = [node.left, node.right].map(|child| nodes.get(child as usize).map_or(0.0, |child| child.cover));
        if let Some(node) = nodes.get_mut(i) {
            node.cover = below.iter().sum();
        }
    }
}
