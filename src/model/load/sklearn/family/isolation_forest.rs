//! Isolation forests: the mean depth at which trees isolate a row, as a sum of trees with an exponential behind it.

use crate::model::link::LinkFunction;
use crate::model::trees::{Accumulate, Compare};
use crate::model::{ModelError, TaskKind, Tree, TreeEnsemble};

use super::super::super::pickle::At;
use super::super::part::{Answer, Core, Inputs, Part, not_fitted};
use super::super::reading::Reading;
use super::super::tree::{Leaf, LeafRules, read as read_tree};
use super::Family;
use super::decision_tree::described;

/// The family.
pub static FAMILY: Family = Family { classes: &[("sklearn.ensemble", "IsolationForest")], read };

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let estimators = at.optional("estimators_").ok_or_else(|| not_fitted(at))?.items()?;
    let seen = at.field("estimators_features_")?.items()?;
    if estimators.is_empty() || seen.len() != estimators.len() {
        return Err(at.refuse(format!("{} lists of inputs for {} trees", seen.len(), estimators.len())));
    }
    let samples = at.optional("_max_samples").or_else(|| at.optional("max_samples_")).ok_or_else(|| not_fitted(at))?;
    let expected = estimators.len() as f64 * path_length(samples.real()?);
    if !(expected > 0.0 && expected.is_finite()) {
        return Err(at.refuse("each tree saw one row only, so every score is the same"));
    }
    let answer = Answer::Numbers(TaskKind::Regression, 1);
    let (mut trees, mut has_missing) = (Vec::new(), true);
    for (estimator, seen) in estimators.iter().zip(&seen) {
        let columns: Vec<i64> = seen.array()?.integers()?;
        let rules = LeafRules { answer: &answer, inputs: columns.len(), leaf: Leaf::Samples, missing: true };
        let read = read_tree(reading, &estimator.field("tree_")?, &rules)?;
        has_missing &= read.has_missing;
        let tree = scored(read.tree, expected);
        trees.push(
            tree.and_then(|t| remapped(t, &columns, inputs.count()))
                .ok_or_else(|| seen.refuse("an input is out of range"))?,
        );
    }
    let ensemble = TreeEnsemble {
        trees,
        inputs: inputs.count(),
        base: vec![0.0],
        compare: Compare::LessEqualRounded,
        accumulate: Accumulate::F64,
        divisor: 1.0,
    };
    let offset = at.field("offset_")?.real()?;
    let part = Part::margins("isolation forest", inputs, answer, Core::Trees(ensemble), LinkFunction::Exp);
    let part = described(part, has_missing).fact("Offset", offset);
    Ok(part.note(
        "The prediction is the anomaly score between 0 and 1, the negative of score_samples; rows whose score is above \
         the negative offset are outliers. The score before the link is its logarithm",
    ))
}

/// The tree with depths in its leaves, scaled so that the exponential of the sum is the anomaly score.
fn scored(tree: Tree, expected: f64) -> Option<Tree> {
    let mut depth = vec![0_u32; tree.nodes.len()];
    let mut leaf_values = Vec::new();
    let mut nodes = tree.nodes;
    for i in 0..nodes.len() {
        let node = *nodes.get(i)?;
        let below = *depth.get(i)?;
        if node.is_leaf() {
            nodes.get_mut(i)?.left = u32::try_from(leaf_values.len()).ok()?;
            let length = f64::from(below) + path_length(*tree.leaf_values.get(node.left as usize)?);
            leaf_values.push(-std::f64::consts::LN_2 * length / expected);
        } else {
            *depth.get_mut(node.left as usize)? = below + 1;
            *depth.get_mut(node.right as usize)? = below + 1;
        }
    }
    Some(Tree { nodes, leaf_values, output: Some(0), sets: Vec::new() })
}

/// The tree in the inputs of the forest.
fn remapped(mut tree: Tree, columns: &[i64], inputs: usize) -> Option<Tree> {
    for node in tree.nodes.iter_mut().filter(|n| !n.is_leaf()) {
        let column = *columns.get(node.feature as usize)?;
        node.feature = u32::try_from(column).ok().filter(|c| (*c as usize) < inputs)?;
    }
    Some(tree)
}

/// Mean depth of an unsuccessful search in a binary tree of this many rows.
/// Source: Liu, Ting and Zhou 2008, equation 1.
fn path_length(rows: f64) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    if rows <= 1.0 {
        0.0
    } else if rows == 2.0 {
        1.0
    } else {
        2.0 * (libm::log(rows - 1.0) + EULER) - 2.0 * (rows - 1.0) / rows
    }
}
