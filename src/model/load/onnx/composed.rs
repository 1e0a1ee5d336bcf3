//! The structure of a graph that puts trees or linear forms together: means, votes of shares, one against the rest, weights
//! behind encoders, layers without a function between them.

use std::collections::BTreeMap;

use crate::model::linear::LinearForm;
use crate::model::link::LinkFunction;
use crate::model::onnx::Graph;
use crate::model::{Accumulate, Scale, TreeEnsemble};

use super::columns::{Column, Content, Known};
use super::lower::{Lowered, SIGMOID, Tail};
use super::lower_trees::{Weights, ensemble};
use super::predictor::Inner;
use super::scores::Scores;
use super::sums::{Bent, Sum, Value};
use super::terms::Terms;

/// The structure of `graph` over `inputs` inputs; `None` when it is no such graph.
pub fn composed(graph: &Graph, known: &Known<'_>, inputs: usize, tail: Tail) -> Option<Lowered> {
    let scores = Scores::find(graph, known);
    let (sums, native, link) = ended(scores.of(*graph.outputs.first()?)?, tail)?;
    let trees = sums.iter().any(|sum| sum.trees.values().any(|weight| *weight != 0.0));
    let columns = sums.iter().any(|sum| sum.columns.values().any(|weight| *weight != 0.0));
    let (inner, codes) = match (trees, columns) {
        (true, false) => joined(&scores, known, &sums, inputs)?,
        (false, true) => weighted(known, &sums, inputs)?,
        _ => return None,
    };
    Some(Lowered { inner, native, link, codes })
}

/// The sums of the model's outputs, what they mean, and the link to the answer.
fn ended(value: &Value, tail: Tail) -> Option<(Vec<Sum>, Scale, LinkFunction)> {
    let plain = match (tail.classes, tail.probable) {
        (false, _) => Scale::Target,
        (true, true) => Scale::Probability,
        (true, false) => Scale::Margin,
    };
    if tail.binary {
        let last = value.sums.last()?.clone();
        return Some(match (value.sums.as_slice(), value.bent) {
            (_, Bent::Not) => (vec![last], plain, LinkFunction::Identity),
            (_, Bent::Sigmoid) => (vec![last], Scale::Margin, SIGMOID),
            ([first, _], Bent::Softmax) => {
                let opposite = Value::plain(vec![first.clone()]);
                let budget = super::sums::Budget::new(1 << 20);
                let difference = Value::plain(vec![last]).plus(&opposite, -1.0, &budget)?;
                (difference.sums, Scale::Margin, SIGMOID)
            }
            _ => return None,
        });
    }
    let (native, link) = match (value.bent, tail.classes) {
        (Bent::Not, _) => (plain, LinkFunction::Identity),
        (Bent::Sigmoid, _) => (Scale::Margin, SIGMOID),
        (Bent::Softmax, true) => (Scale::Margin, LinkFunction::Softmax),
        (Bent::SigmoidShares, true) => (Scale::Margin, LinkFunction::SigmoidShares),
        (Bent::Exp, false) => (Scale::Margin, LinkFunction::Exp),
        _ => return None,
    };
    Some((value.sums.clone(), native, link))
}

/// All forests as one ensemble, their weights inside the leaves.
fn joined(scores: &Scores<'_>, known: &Known<'_>, sums: &[Sum], inputs: usize) -> Option<(Inner, Vec<usize>)> {
    let base: Vec<f64> = sums.iter().map(|sum| sum.base).collect();
    let mut all: Option<(TreeEnsemble, Vec<usize>)> = None;
    for (index, (forest, slot)) in scores.forests.iter().enumerate() {
        let row = |sum: &Sum| {
            let own = sum.trees.range((index, 0)..(index + 1, 0)).filter(|(_, weight)| **weight != 0.0);
            own.map(|((_, target), weight)| (*target, *weight)).collect()
        };
        let rows: Vec<Vec<(u32, f64)>> = sums.iter().map(row).collect();
        if rows.iter().all(Vec::is_empty) {
            continue;
        }
        let weights = Weights { rows, base: vec![0.0; sums.len()] };
        let (mut part, codes) = ensemble(forest, known.get(slot)?, inputs, &weights)?;
        let divisor = std::mem::replace(&mut part.divisor, 1.0);
        part.trees.iter_mut().flat_map(|tree| &mut tree.leaf_values).for_each(|value| *value /= divisor);
        match &mut all {
            None => all = Some((part, codes)),
            // What one forest takes for codes, another may compare as numbers.
            Some((whole, taken)) if whole.compare == part.compare && *taken == codes => whole.trees.extend(part.trees),
            Some(_) => return None,
        }
    }
    let (whole, codes) = all?;
    let finite = base.iter().all(|b| b.is_finite());
    finite.then_some((Inner::Trees(TreeEnsemble { base, accumulate: Accumulate::F64, ..whole }), codes))
}

/// Weights of columns: a linear form, or one term for each input.
fn weighted(known: &Known<'_>, sums: &[Sum], inputs: usize) -> Option<(Inner, Vec<usize>)> {
    let mut parts: BTreeMap<(usize, usize), Vec<f64>> = BTreeMap::new();
    for (k, sum) in sums.iter().enumerate() {
        for (key, weight) in &sum.columns {
            *parts.entry(*key).or_insert_with(|| vec![0.0; sums.len()]).get_mut(k)? += weight;
        }
    }
    let column = |(slot, place): (usize, usize)| known.get(&slot)?.get(place);
    let parts: Vec<(&Column<'_>, Vec<f64>)> =
        parts.into_iter().map(|(key, weights)| Some((column(key)?, weights))).collect::<Option<_>>()?;
    let intercept: Vec<f64> = sums.iter().map(|sum| sum.base).collect();
    if let Some(form) = line(&parts, intercept.clone(), inputs) {
        return Some((Inner::Linear(form), Vec::new()));
    }
    let coded = |(column, _): &(&Column<'_>, Vec<f64>)| match &column.content {
        Content::Coded { codes, .. } => codes.iter().all(|code| *code >= 0),
        _ => false,
    };
    let numbers: Vec<usize> = parts.iter().filter(|part| !coded(part)).map(|(column, _)| column.input).collect();
    let mut codes: Vec<usize> = parts.iter().filter(|part| coded(part)).map(|(column, _)| column.input).collect();
    codes.retain(|input| !numbers.contains(input));
    codes.dedup();
    Some((Inner::Additive(Terms::new(intercept, inputs, parts)?), codes))
}

/// Weights of numbers that are at most moved and scaled.
fn line(parts: &[(&Column<'_>, Vec<f64>)], mut intercept: Vec<f64>, inputs: usize) -> Option<LinearForm> {
    let outputs = intercept.len();
    let mut weights = vec![0.0; inputs.checked_mul(outputs)?];
    for (column, own) in parts {
        let (factor, added) = column.affine().filter(|_| column.filled().is_none())?;
        for (k, weight) in own.iter().enumerate() {
            intercept[k] += weight * added;
            *weights.get_mut(column.input * outputs + k)? += weight * factor;
        }
    }
    let finite = weights.iter().chain(&intercept).all(|v| v.is_finite());
    finite.then_some(LinearForm { weights, intercept })
}
