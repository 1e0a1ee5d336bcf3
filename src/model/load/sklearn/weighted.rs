//! Weighted sums of estimators that keep their structure: of linear forms a linear form, of trees trees.

use crate::model::{Accumulate, Compare, LinearForm, Node, Scale, Tree, TreeEnsemble};

use super::super::pickle::At;
use super::part::{Core, Part};
use super::reading::Reading;

/// One estimator of a weighted sum.
pub struct Term<'p> {
    /// The estimator.
    pub part: &'p Part,
    /// The inputs of the sum that it sees; all of them when there is no list.
    pub columns: Option<&'p [usize]>,
    /// The scale of its answers that is added up.
    pub scale: Scale,
    /// Shape (outputs of the estimator, outputs of the sum).
    pub weights: Vec<f64>,
}

/// Whether the sum of `parts` with so many outputs may be made: a small file can ask for a large one.
pub fn affordable<'p>(
    (reading, at): (&Reading<'_>, &At<'_>),
    parts: impl Iterator<Item = &'p Part>,
    (inputs, outputs): (usize, usize),
) -> bool {
    let of = |part: &Part| {
        let leaves = match &part.core {
            Core::Trees(ensemble) => ensemble.trees.iter().map(|tree| tree.nodes.len()).sum(),
            _ => 0_usize,
        };
        leaves.saturating_add(part.answer.outputs()).saturating_mul(outputs.saturating_add(8))
    };
    let count = parts.map(of).fold(inputs.saturating_mul(outputs), usize::saturating_add);
    reading.charge(count, at).is_ok()
}

/// `start` plus the weighted answers, where all terms are linear forms or all are trees that add up in the scale
/// asked for. Weights are worked into the weights and leaves, so that the last bits may differ from the library's.
pub fn weighted(terms: &[Term<'_>], inputs: usize, start: &[f64]) -> Option<Core> {
    if terms.is_empty() || terms.iter().any(|term| term.part.scales.0 != term.scale) {
        return None;
    }
    linear(terms, inputs, start).map(Core::Linear).or_else(|| trees(terms, inputs, start).map(Core::Trees))
}

fn linear(terms: &[Term<'_>], inputs: usize, start: &[f64]) -> Option<LinearForm> {
    let outputs = start.len();
    let mut sum = LinearForm { weights: vec![0.0; inputs.checked_mul(outputs)?], intercept: start.to_vec() };
    for term in terms {
        let Core::Linear(form) = &term.part.core else { return None };
        add(&mut sum.intercept, &form.intercept, term);
        for (j, weights) in form.weights.chunks(form.outputs().max(1)).enumerate() {
            let column = term.columns.map_or(Some(j), |columns| columns.get(j).copied())?;
            add(sum.weights.get_mut(column * outputs..(column + 1) * outputs)?, weights, term);
        }
    }
    Some(sum)
}

/// Adds the weighted answers `values` of a term to `sum`.
fn add(sum: &mut [f64], values: &[f64], term: &Term<'_>) {
    for (value, weights) in values.iter().zip(term.weights.chunks(sum.len().max(1))) {
        sum.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += value * weight);
    }
}

fn trees(terms: &[Term<'_>], inputs: usize, start: &[f64]) -> Option<TreeEnsemble> {
    let (mut all, mut base, mut compare) = (Vec::new(), start.to_vec(), None::<Compare>);
    for term in terms {
        let Core::Trees(ensemble) = &term.part.core else { return None };
        if compare.is_some_and(|c| c != ensemble.compare) || ensemble.accumulate == Accumulate::F32 {
            return None;
        }
        compare = Some(ensemble.compare);
        add(&mut base, &ensemble.base, term);
        for tree in &ensemble.trees {
            all.push(reweighted(tree, ensemble, term, start.len())?);
        }
    }
    let accumulate = Accumulate::F64FromBase;
    Some(TreeEnsemble { trees: all, inputs, base, compare: compare?, accumulate, divisor: 1.0 })
}

/// The tree with what it adds to each output of the sum in its leaves.
fn reweighted(tree: &Tree, ensemble: &TreeEnsemble, term: &Term<'_>, outputs: usize) -> Option<Tree> {
    let width = ensemble.outputs();
    let mut leaf_values = Vec::new();
    let mut nodes = tree.nodes.clone();
    for node in &mut nodes {
        if !node.is_leaf() {
            node.feature = column(node, term.columns)?;
            continue;
        }
        let mut values = vec![0.0; width];
        let first = node.left as usize;
        match tree.output {
            Some(output) => *values.get_mut(output as usize)? = *tree.leaf_values.get(first)?,
            None => values.copy_from_slice(tree.leaf_values.get(first..first.checked_add(width)?)?),
        }
        values.iter_mut().for_each(|value| *value /= ensemble.divisor);
        node.left = u32::try_from(leaf_values.len()).ok()?;
        let mut sums = vec![0.0; outputs];
        add(&mut sums, &values, term);
        leaf_values.extend(sums);
    }
    let output = (outputs == 1).then_some(0);
    Some(Tree { nodes, leaf_values, output, sets: tree.sets.clone() })
}

fn column(node: &Node, columns: Option<&[usize]>) -> Option<u32> {
    match columns {
        Some(columns) => u32::try_from(*columns.get(node.feature as usize)?).ok(),
        None => Some(node.feature),
    }
}

/// The weights of `count` outputs that stay apart, output k times `factor(k)`.
pub fn diagonal(count: usize, factor: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..count)
        .flat_map(|i| (0..count).map(move |j| (i, j)))
        .map(|(i, j)| if i == j { factor(i) } else { 0.0 })
        .collect()
}
