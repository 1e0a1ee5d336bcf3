//! The settings of tree ensembles, versions 1, 3 and 5, as one structure.

use std::collections::HashMap;

use crate::model::ModelError;

use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Kind};
use super::linear::labels;
use super::post::Post;
use super::trees::{Aggregate, Branch, Forest, Test};
use super::{Family, ML, Operator};

/// The operators of this file.
pub static FAMILY: Family =
    Family { domain: ML, names: &["TreeEnsembleClassifier", "TreeEnsembleRegressor", "TreeEnsemble"], build };

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    let forest = match node.operator.as_str() {
        "TreeEnsemble" => version_5(node)?,
        name => version_1(node, name == "TreeEnsembleClassifier")?,
    };
    Ok(Box::new(forest.checked(node)?))
}

/// Numbers that are stored as a list, or as a tensor of doubles since version 3.
fn numbers(node: &NodeSpec, name: &str) -> Result<Vec<f64>, ModelError> {
    match node.tensor(&format!("{name}_as_tensor"))? {
        Some(tensor) => Ok(tensor.f64s().map_err(|reason| node.refuse(format!("{name}: {reason}")))?.into_owned()),
        None => Ok(node.floats(name)?.iter().map(|v| f64::from(*v)).collect()),
    }
}

fn small(node: &NodeSpec, value: i64, what: &str) -> Result<u32, ModelError> {
    u32::try_from(value).map_err(|_error| node.refuse(format!("{what} is {value}")))
}

fn same_length(node: &NodeSpec, lists: &[(&str, usize)]) -> Result<usize, ModelError> {
    let expected = lists.first().map_or(0, |list| list.1);
    match lists.iter().find(|list| list.1 != expected) {
        Some((name, length)) => Err(node.refuse(format!("{name} has {length} entries, {expected} are expected"))),
        None => Ok(expected),
    }
}

fn version_1(node: &NodeSpec, classes: bool) -> Result<Forest, ModelError> {
    let head = if classes { "class" } else { "target" };
    let labels = if classes { Some(labels(node, "classlabels_int64s")?) } else { None };
    let targets = match &labels {
        Some(labels) => labels.len(),
        None => usize::try_from(node.int("n_targets")?.unwrap_or(0)).unwrap_or(0),
    };
    if targets == 0 || (classes && targets < 2) {
        return Err(node.unsupported("fewer than two classes, or no target"));
    }
    let aggregate = match node.text("aggregate_function")? {
        "" | "SUM" => Aggregate::Sum,
        "AVERAGE" => Aggregate::Average,
        "MIN" => Aggregate::Min,
        "MAX" => Aggregate::Max,
        _ => return Err(node.refuse("the aggregate function is not known")),
    };
    let (mut nodes, roots, place_of) = branches(node)?;
    let weights = leaf_weights(node, head, &mut nodes, &place_of)?;
    // Nothing asks for more targets than leaves have, apart from classes that never occur.
    if targets > weights.len().saturating_add(1 << 16) {
        return Err(node.refuse(format!("{targets} targets for {} leaf values", weights.len())));
    }
    let forest = Forest {
        nodes,
        roots,
        weights,
        sets: Vec::new(),
        targets,
        base: numbers(node, "base_values")?,
        aggregate,
        post: Post::of(node)?,
        labels,
        keeps_type: false,
    };
    if forest.post == Post::Probit && forest.only_class().is_some() {
        return Err(
            node.unsupported("PROBIT with the score of one class, where onnxruntime leaves the other unwritten")
        );
    }
    Ok(forest)
}

type Places = HashMap<(i64, i64), u32>;

/// The nodes, the roots, and where a node of a tree stands.
fn branches(node: &NodeSpec) -> Result<(Vec<Branch>, Vec<u32>, Places), ModelError> {
    let (trees, ids) = (node.ints("nodes_treeids")?, node.ints("nodes_nodeids")?);
    let (features, modes) = (node.ints("nodes_featureids")?, node.texts("nodes_modes")?);
    let (yes, no) = (node.ints("nodes_truenodeids")?, node.ints("nodes_falsenodeids")?);
    let values = numbers(node, "nodes_values")?;
    let missing = node.ints("nodes_missing_value_tracks_true")?;
    let count = same_length(
        node,
        &[
            ("nodes_treeids", trees.len()),
            ("nodes_nodeids", ids.len()),
            ("nodes_featureids", features.len()),
            ("nodes_modes", modes.len()),
            ("nodes_truenodeids", yes.len()),
            ("nodes_falsenodeids", no.len()),
            ("nodes_values", values.len()),
        ],
    )?;
    small(node, i64::try_from(count).unwrap_or(i64::MAX), "the count of nodes")?;
    let mut place_of = Places::with_capacity(count);
    let mut roots = Vec::new();
    for (i, (tree, id)) in trees.iter().zip(ids).enumerate() {
        if place_of.insert((*tree, *id), i as u32).is_some() {
            return Err(node.refuse(format!("tree {tree} has two nodes {id}")));
        }
        // The first node of a tree is its root.
        if i == 0 || trees[i - 1] != *tree {
            roots.push(i as u32);
        }
    }
    let child = |i: usize, id: i64| {
        let found = place_of.get(&(trees[i], id)).copied();
        found.ok_or_else(|| node.refuse(format!("tree {}, node {}: the child {id} is not there", trees[i], ids[i])))
    };
    let mut nodes = Vec::with_capacity(count);
    for i in 0..count {
        let test = match modes[i].as_str() {
            "BRANCH_LEQ" => Test::LessEqual,
            "BRANCH_LT" => Test::Less,
            "BRANCH_GTE" => Test::GreaterEqual,
            "BRANCH_GT" => Test::Greater,
            "BRANCH_EQ" => Test::Equal,
            "BRANCH_NEQ" => Test::NotEqual,
            "LEAF" => Test::Leaf,
            _ => return Err(node.refuse(format!("tree {}, node {}: the mode is not known", trees[i], ids[i]))),
        };
        let leaf = test == Test::Leaf;
        nodes.push(Branch {
            test,
            feature: if leaf { 0 } else { small(node, features[i], "a feature")? },
            value: values[i],
            missing_is_yes: missing.get(i) == Some(&1),
            yes: if leaf { 0 } else { child(i, yes[i])? },
            no: if leaf { 0 } else { child(i, no[i])? },
            first: 0,
            count: 0,
        });
    }
    Ok((nodes, roots, place_of))
}

/// The weights, sorted by node; every node learns where its own begin.
fn leaf_weights(
    node: &NodeSpec,
    head: &str,
    nodes: &mut [Branch],
    place_of: &Places,
) -> Result<Vec<(u32, f64)>, ModelError> {
    let list = |part: &str| node.ints(&format!("{head}_{part}"));
    let (trees, ids, targets) = (list("treeids")?, list("nodeids")?, list("ids")?);
    let values = numbers(node, &format!("{head}_weights"))?;
    same_length(
        node,
        &[
            ("the weights", values.len()),
            ("their trees", trees.len()),
            ("their nodes", ids.len()),
            ("their targets", targets.len()),
        ],
    )?;
    let mut all = Vec::with_capacity(values.len());
    for (i, value) in values.iter().enumerate() {
        let place = place_of.get(&(trees[i], ids[i])).copied();
        let place = place.ok_or_else(|| {
            node.refuse(format!("a weight belongs to node {} of tree {}, which is not there", ids[i], trees[i]))
        })?;
        if !value.is_finite() {
            return Err(node.refuse(format!("tree {}, node {}: the leaf value is {value}", trees[i], ids[i])));
        }
        all.push((place, (small(node, targets[i], "a target")?, *value)));
    }
    // Stable, so that weights of one leaf keep their order.
    all.sort_by_key(|(place, _)| *place);
    for (i, (place, _)) in all.iter().enumerate() {
        if let Some(branch) = nodes.get_mut(*place as usize) {
            if branch.count == 0 {
                branch.first = i as u32;
            }
            branch.count += 1;
        }
    }
    Ok(all.into_iter().map(|(_, weight)| weight).collect())
}

fn version_5(node: &NodeSpec) -> Result<Forest, ModelError> {
    let (aggregate, post) = codes(node)?;
    let tensor = |name: &str| -> Result<Vec<f64>, ModelError> {
        let Some(tensor) = node.tensor(name)? else { return Ok(Vec::new()) };
        Ok(tensor.f64s().map_err(|reason| node.refuse(format!("{name}: {reason}")))?.into_owned())
    };
    let modes = match node.tensor("nodes_modes")?.map(|t| (&t.data, t.kind())) {
        Some((Data::U8(modes), Kind::U8)) => modes.clone(),
        _ => return Err(node.refuse("nodes_modes must hold bytes")),
    };
    let (leaf_targets, leaf_values) = (node.ints("leaf_targetids")?, tensor("leaf_weights")?);
    same_length(node, &[("leaf_targetids", leaf_targets.len()), ("leaf_weights", leaf_values.len())])?;
    let mut weights = Vec::new();
    for (target, value) in leaf_targets.iter().zip(&leaf_values) {
        if !value.is_finite() {
            return Err(node.refuse(format!("a leaf value is {value}")));
        }
        weights.push((small(node, *target, "a target")?, *value));
    }
    let (nodes, sets) = Five { node, modes: &modes, leaves: weights.len() }
        .branches(&tensor("nodes_splits")?, &tensor("membership_values")?)?;
    let roots = node.ints("tree_roots")?.iter().map(|r| small(node, *r, "a root")).collect::<Result<Vec<u32>, _>>()?;
    if roots.iter().any(|root| *root as usize >= modes.len()) {
        return Err(node.refuse("a root is no node"));
    }
    let targets = usize::try_from(node.int("n_targets")?.unwrap_or(0)).unwrap_or(0);
    if targets == 0 || targets > weights.len().saturating_add(1 << 16) {
        return Err(node.refuse(format!("{targets} targets for {} leaf values", weights.len())));
    }
    let base = Vec::new();
    Ok(Forest { nodes, roots, weights, sets, targets, base, aggregate, post, labels: None, keeps_type: true })
}

fn codes(node: &NodeSpec) -> Result<(Aggregate, Post), ModelError> {
    let aggregate = match node.int("aggregate_function")?.unwrap_or(1) {
        0 => Aggregate::Average,
        1 => Aggregate::Sum,
        2 => Aggregate::Min,
        3 => Aggregate::Max,
        other => return Err(node.refuse(format!("the aggregate function {other} is not known"))),
    };
    let post = match node.int("post_transform")?.unwrap_or(0) {
        0 => Post::Plain,
        1 => Post::Softmax,
        2 => Post::Logistic,
        3 => Post::SoftmaxZero,
        4 => Post::Probit,
        other => return Err(node.refuse(format!("the post transform {other} is not known"))),
    };
    Ok((aggregate, post))
}

/// Version 5, where leaves stand in lists of their own.
struct Five<'n> {
    node: &'n NodeSpec,
    modes: &'n [u8],
    leaves: usize,
}

impl Five<'_> {
    fn branches(&self, splits: &[f64], members: &[f64]) -> Result<(Vec<Branch>, Vec<Vec<f64>>), ModelError> {
        let node = self.node;
        let (yes, no) = (node.ints("nodes_truenodeids")?, node.ints("nodes_falsenodeids")?);
        let (yes_leaf, no_leaf) = (node.ints("nodes_trueleafs")?, node.ints("nodes_falseleafs")?);
        let (features, missing) = (node.ints("nodes_featureids")?, node.ints("nodes_missing_value_tracks_true")?);
        let count = same_length(
            node,
            &[
                ("nodes_modes", self.modes.len()),
                ("nodes_splits", splits.len()),
                ("nodes_featureids", features.len()),
                ("nodes_truenodeids", yes.len()),
                ("nodes_falsenodeids", no.len()),
                ("nodes_trueleafs", yes_leaf.len()),
                ("nodes_falseleafs", no_leaf.len()),
            ],
        )?;
        small(node, i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(3), "the count of nodes")?;
        let mut sets: Vec<Vec<f64>> = Vec::new();
        let mut lists = members.split(|v| v.is_nan());
        let (mut all, mut leaves) = (Vec::new(), Vec::new());
        for i in 0..count {
            let test = match self.modes[i] {
                0 => Test::LessEqual,
                1 => Test::Less,
                2 => Test::GreaterEqual,
                3 => Test::Greater,
                4 => Test::Equal,
                5 => Test::NotEqual,
                6 => {
                    let list = lists.next().ok_or_else(|| node.refuse("a set of members is missing"))?;
                    sets.push(list.to_vec());
                    Test::Member(sets.len() as u32 - 1)
                }
                other => return Err(node.refuse(format!("the mode {other} is not known"))),
            };
            // A leaf is single: exports of trees without a split point both ways at it, a yes is never asked for.
            let (yes, no) = (
                self.child(yes[i], yes_leaf[i], count, &mut leaves)?,
                self.child(no[i], no_leaf[i], count, &mut leaves)?,
            );
            all.push(Branch {
                test,
                feature: small(node, features[i], "a feature")?,
                value: splits[i],
                missing_is_yes: missing.get(i) == Some(&1),
                yes,
                no,
                first: 0,
                count: 0,
            });
        }
        all.extend(leaves);
        Ok((all, sets))
    }

    /// The place of a child; a leaf gets a node of its own behind all others.
    fn child(&self, id: i64, is_leaf: i64, count: usize, leaves: &mut Vec<Branch>) -> Result<u32, ModelError> {
        let id = small(self.node, id, "a child")?;
        if is_leaf == 0 {
            return match (id as usize) < count {
                true => Ok(id),
                false => Err(self.node.refuse(format!("a node {id} is referred to, there are {count}"))),
            };
        }
        if id as usize >= self.leaves {
            return Err(self.node.refuse(format!("a leaf {id} is referred to, there are {}", self.leaves)));
        }
        let place = (count + leaves.len()) as u32;
        leaves.push(Branch {
            test: Test::Leaf,
            feature: 0,
            value: 0.0,
            missing_is_yes: false,
            yes: 0,
            no: 0,
            first: id,
            count: 1,
        });
        Ok(place)
    }
}
