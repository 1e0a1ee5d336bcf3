//! scikit-learn's `Tree`: an array of nodes and an array of values, the same under every tree, forest and booster.

use crate::model::tree_check::{TreeRules, arrange};
use crate::model::{Missing, ModelError, Node, Tree};
use crate::num::parallel;

use super::super::BATCH;
use super::super::pickle::{Array, At};
use super::part::Answer;
use super::reading::Reading;

/// How the values of leaves are read.
pub struct LeafRules<'a> {
    /// What the leaves answer.
    pub answer: &'a Answer,
    /// Inputs of the model.
    pub inputs: usize,
    /// What a leaf holds.
    pub leaf: Leaf,
    /// Whether missing values follow the stored direction (since 1.3); else they go right, as a comparison would.
    pub missing: bool,
}

/// What a leaf of a tree holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// What the tree answers there.
    Values,
    /// The number of training rows that ended there.
    Samples,
}

/// A tree, and whether it stores where missing values go.
pub struct ReadTree {
    /// The tree, checked.
    pub tree: Tree,
    /// Whether it stores where missing values go.
    pub has_missing: bool,
}

/// Reads the tree at `at`, the attribute `tree_` of an estimator. Leaves hold one value per output of the answer:
/// class fractions or target means, as `predict_proba` or `predict` of the tree gives them.
pub fn read(reading: &Reading<'_>, at: &At<'_>, rules: &LeafRules<'_>) -> Result<ReadTree, ModelError> {
    let form = Form::new(rules);
    built(&found(reading, at.clone(), &form)?, rules, &form)
}

/// Reads the trees of all `estimators`, side by side.
pub fn read_all(
    reading: &Reading<'_>,
    estimators: &[At<'_>],
    rules: &LeafRules<'_>,
) -> Result<Vec<ReadTree>, ModelError> {
    let form = Form::new(rules);
    let mut trees = Vec::new();
    reading.task.begin("reading the trees", estimators.len() as u64);
    for batch in estimators.chunks(BATCH) {
        // What may still be made is counted in the order of the file.
        let batch = batch.iter().map(|estimator| found(reading, estimator.field("tree_")?, &form));
        let batch = batch.collect::<Result<Vec<_>, _>>()?;
        for tree in parallel::map_items(batch, reading.task, |found| built(&found, rules, &form))? {
            trees.push(tree?);
        }
    }
    Ok(trees)
}

/// What all trees of an estimator have in common.
struct Form {
    /// Which target and class each output stands for.
    columns: Vec<(usize, usize)>,
    /// Values of each target that count: one for a number.
    per_target: Vec<usize>,
}

impl Form {
    fn new(rules: &LeafRules<'_>) -> Self {
        Self { columns: rules.answer.columns(), per_target: class_counts(rules.answer) }
    }
}

/// A tree that has been found in the file: its arrays, and their shape as far as it was checked.
struct Found<'d> {
    at: At<'d>,
    nodes: Array<'d>,
    values: Array<'d>,
    /// Targets and values of each.
    shape: (usize, usize),
}

fn found<'d>(reading: &Reading<'_>, at: At<'d>, form: &Form) -> Result<Found<'d>, ModelError> {
    let nodes = at.field("nodes")?.array()?;
    let values = at.field("values")?.array()?;
    let (targets, width) = value_shape(&at, &values.shape, nodes.count(), &form.per_target)?;
    let numbers = form.columns.len().saturating_add(targets.saturating_mul(width)).saturating_add(8);
    reading.charge(nodes.count().saturating_mul(numbers), &at)?;
    Ok(Found { at, nodes, values, shape: (targets, width) })
}

fn built(found: &Found<'_>, rules: &LeafRules<'_>, form: &Form) -> Result<ReadTree, ModelError> {
    let Found { at, nodes, values, shape: (targets, width) } = found;
    let (count, columns, per_target) = (nodes.count(), &form.columns, &form.per_target);
    let (targets, width) = (*targets, *width);
    let stored = match rules.leaf {
        Leaf::Values => values.reals()?,
        Leaf::Samples => nodes.real_field("n_node_samples")?,
    };
    let fractions = matches!(rules.answer, Answer::Numbers(..)) || are_fractions(&stored, (targets, width), per_target);
    let has_missing = nodes.has_field("missing_go_to_left");
    let left = nodes.integer_field("left_child")?;
    let right = nodes.integer_field("right_child")?;
    let feature = nodes.integer_field("feature")?;
    let threshold = nodes.real_field("threshold")?;
    let cover = nodes.real_field("weighted_n_node_samples")?;
    let directions = match has_missing && rules.missing {
        true => nodes.integer_field("missing_go_to_left")?,
        false => vec![0; count],
    };
    let mut leaf_values = Vec::with_capacity(count.div_ceil(2).saturating_mul(columns.len()));
    let mut built = Vec::with_capacity(count);
    let rest = feature.iter().zip(&threshold).zip(&cover).zip(&directions);
    let cells = targets.saturating_mul(width).max(1);
    for (((left, right), (((feature, threshold), cover), direction)), row) in
        left.iter().zip(&right).zip(rest).zip(stored.chunks_exact(cells))
    {
        let missing = if *direction != 0 { Missing::Left } else { Missing::Right };
        if *left == -1 {
            let first = u32::try_from(leaf_values.len()).map_err(|_error| at.refuse("the tree is too large"))?;
            push_leaf(&mut leaf_values, row, width, (columns, per_target, fractions));
            let node = Node {
                feature: Node::LEAF,
                left: first,
                right: 0,
                set: Node::NUMERIC,
                threshold: 0.0,
                missing,
                cover: *cover,
            };
            built.push(node);
            continue;
        }
        let node = built.len();
        let index = |name: &str, value: i64| {
            let index = u32::try_from(value).ok().filter(|v| *v != Node::LEAF);
            index.ok_or_else(|| at.refuse(format!("node {node}: its {name} is {value}")))
        };
        let (left, right) = (index("left child", *left)?, index("right child", *right)?);
        let feature = index("feature", *feature)?;
        built.push(Node { feature, left, right, set: Node::NUMERIC, threshold: *threshold, missing, cover: *cover });
    }
    let tree = Tree { nodes: built, leaf_values, output: None, sets: Vec::new() };
    let rules = TreeRules { inputs: rules.inputs, outputs: columns.len(), unreached: 0 };
    Ok(ReadTree { tree: arrange(tree, rules, at.place())?, has_missing })
}

/// Targets and values of each in an array of shape (nodes, targets, values).
fn value_shape(at: &At<'_>, shape: &[usize], nodes: usize, per_target: &[usize]) -> Result<(usize, usize), ModelError> {
    let &[rows, targets, width] = shape else {
        return Err(at.refuse("values must have three axes"));
    };
    if rows != nodes || nodes == 0 || u32::try_from(nodes).is_err() {
        return Err(at.refuse(format!("{rows} rows of values for {nodes} nodes")));
    }
    if per_target.len() != targets || per_target.iter().any(|classes| *classes > width) {
        return Err(at.refuse(format!("values for {targets} targets of {width} classes do not fit the estimator")));
    }
    Ok((targets, width))
}

/// Values of each target that count: one for a number.
fn class_counts(answer: &Answer) -> Vec<usize> {
    match answer {
        Answer::Classes(classes) => vec![classes.len()],
        Answer::Several(targets) => targets.iter().map(Vec::len).collect(),
        Answer::Numbers(_, count) => vec![1; *count],
    }
}

/// Whether every node already holds fractions. Older versions store weighted counts, which the tree divides by their
/// sum; dividing fractions once more would change the last bit.
fn are_fractions(stored: &[f64], (targets, width): (usize, usize), per_target: &[usize]) -> bool {
    stored.chunks_exact(targets.saturating_mul(width).max(1)).all(|row| {
        row.chunks_exact(width.max(1))
            .zip(per_target)
            .all(|(values, classes)| (values.iter().take(*classes).sum::<f64>() - 1.0).abs() < 1e-9)
    })
}

fn push_leaf(
    leaf_values: &mut Vec<f64>,
    row: &[f64],
    width: usize,
    (columns, per_target, fractions): (&[(usize, usize)], &[usize], bool),
) {
    for (target, class) in columns {
        let values = row.get(target * width..(target + 1) * width).unwrap_or_default();
        let value = values.get(*class).copied().unwrap_or(f64::NAN);
        let sum: f64 = values.iter().take(per_target.get(*target).copied().unwrap_or(0)).sum();
        leaf_values.push(if fractions || sum == 0.0 { value } else { value / sum });
    }
}
