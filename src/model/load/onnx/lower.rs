//! The additive structure of a graph that ends in trees or a linear form, for the exact methods.

use crate::model::Scale;
use crate::model::linear::LinearForm;
use crate::model::link::LinkFunction;
use crate::model::onnx::{Aggregate, Bend, Branch, Data, Forest, Graph, Linear, Node, Pair, Post, Test, View};

use super::columns::{Column, Known, trace};
use super::composed::composed;
use super::interface::Port;
use super::lower_trees::{Weights, ensemble};
use super::predictor::Inner;

/// A structure, what its sum means, and the link to the output.
#[derive(Debug)]
pub struct Lowered {
    /// The structure.
    pub inner: Inner,
    /// The scale of its sum.
    pub native: Scale,
    /// From the sum to the output.
    pub link: LinkFunction,
    /// Inputs that take category codes.
    pub codes: Vec<usize>,
}

/// What is known of the output before its structure.
#[derive(Clone, Copy, Debug)]
pub struct Tail {
    /// Whether the output holds the scores of two classes, of which the second is kept.
    pub binary: bool,
    /// Whether the output holds the scores of classes at all.
    pub classes: bool,
    /// Whether the output was seen to hold probabilities.
    pub probable: bool,
    /// Whether rows are divided by their sum.
    pub shares: bool,
}

/// The operator that the output comes from, and what happens between the two.
struct Last<'g> {
    node: &'g Node,
    shares: bool,
    /// Whether the exponential is taken, and what is added to the sum before that.
    exponential: Option<f64>,
}

/// The structure of `graph`; `None` when it has none that exact methods know.
pub fn lower(graph: &Graph, ports: &[Port], tail: Tail) -> Option<Lowered> {
    let known = trace(graph, ports);
    let inputs = ports.last()?.columns.end;
    single(graph, &known, inputs, tail).or_else(|| composed(graph, &known, inputs, tail))
}

/// The structure of a graph that ends in one operator of trees or of a linear form on raw columns.
fn single(graph: &Graph, known: &Known<'_>, inputs: usize, tail: Tail) -> Option<Lowered> {
    let last = last(graph)?;
    let tail = Tail { shares: last.shares, ..tail };
    let columns = known.get(&(*last.node.inputs.first()?)?)?;
    let mut lowered = match last.node.operator.view() {
        View::Trees(forest) => trees(forest, columns, inputs, tail),
        View::Linear(linear) => self::linear(linear, columns, inputs, tail),
        _ => None,
    }?;
    if let Some(added) = last.exponential {
        if lowered.native != Scale::Target {
            return None;
        }
        (lowered.native, lowered.link) = (Scale::Margin, LinkFunction::Exp);
        match &mut lowered.inner {
            Inner::Trees(ensemble) => ensemble.base.iter_mut().for_each(|b| *b += added),
            Inner::Linear(form) => form.intercept.iter_mut().for_each(|b| *b += added),
            Inner::Additive(_) | Inner::Opaque => return None,
        }
    }
    Some(lowered)
}

fn last(graph: &Graph) -> Option<Last<'_>> {
    let mut slot = *graph.outputs.first()?;
    let (mut shares, mut factor, mut exponential) = (false, 1.0, None);
    // The nodes stand in the order of computation, so that every step goes back.
    for node in graph.nodes.iter().rev() {
        if !node.outputs.contains(&Some(slot)) {
            continue;
        }
        match node.operator.view() {
            View::Same | View::Round => {}
            View::Shares => shares = true,
            View::Pair(Pair::Mul) if exponential.is_none() => factor *= only_number(graph, *node.inputs.get(1)?)?,
            View::Bend(Bend::Exp) if exponential.is_none() && factor > 0.0 => exponential = Some(libm::log(factor)),
            // The scores are the last output, behind the labels of a classifier.
            View::Trees(_) | View::Linear(_) if exponential.is_some() || factor == 1.0 => {
                return (*node.outputs.last()? == Some(slot)).then_some(Last { node, shares, exponential });
            }
            _ => return None,
        }
        slot = (*node.inputs.first()?)?;
    }
    None
}

/// The only number of a stored tensor.
fn only_number(graph: &Graph, slot: Option<usize>) -> Option<f64> {
    match &graph.constants.get(&slot?)?.data {
        Data::F32(values) if values.len() == 1 => values.first().map(|v| f64::from(*v)),
        _ => None,
    }
}

/// The link of log-odds.
pub const SIGMOID: LinkFunction = LinkFunction::Sigmoid { slope: 1.0 };

fn trees(forest: &Forest, columns: &[Column<'_>], inputs: usize, tail: Tail) -> Option<Lowered> {
    let (weights, native, link) = if tail.binary { binary(forest, tail)? } else { many(forest, tail)? };
    let (ensemble, codes) = ensemble(forest, columns, inputs, &weights)?;
    Some(Lowered { inner: Inner::Trees(ensemble), native, link, codes })
}

/// Two classes, the second of which is kept.
fn binary(forest: &Forest, tail: Tail) -> Option<(Weights, Scale, LinkFunction)> {
    let base = |k: usize| forest.base.get(k).copied().unwrap_or(0.0);
    if let Some(only) = forest.only_class() {
        let weights = Weights { rows: vec![vec![(only, 1.0)]], base: vec![base(0)] };
        let (native, link) = match (forest.is_share(), forest.post) {
            // Scores of the second class alone follow other rules; no exporter writes them.
            _ if forest.base.len() > 1 || only != 0 => return None,
            (_, Post::Logistic) => (Scale::Margin, SIGMOID),
            (true, _) if tail.probable => (Scale::Probability, LinkFunction::Identity),
            (false, _) if !tail.shares => (Scale::Margin, LinkFunction::Identity),
            _ => return None,
        };
        return Some((weights, native, link));
    }
    if !forest.base.is_empty() || forest.targets != 2 || !always(forest, 1) {
        return None;
    }
    let second = Weights { rows: vec![vec![(1, 1.0)]], base: vec![0.0] };
    Some(match forest.post {
        Post::Plain if tail.probable => (shared(forest, second, tail)?, Scale::Probability, LinkFunction::Identity),
        Post::Plain if !tail.shares => (second, Scale::Margin, LinkFunction::Identity),
        Post::Logistic if !tail.shares => (second, Scale::Margin, SIGMOID),
        Post::Softmax => {
            let difference = Weights { rows: vec![vec![(1, 1.0), (0, -1.0)]], base: vec![0.0] };
            (difference, Scale::Margin, SIGMOID)
        }
        _ => return None,
    })
}

fn many(forest: &Forest, tail: Tail) -> Option<(Weights, Scale, LinkFunction)> {
    let targets = u32::try_from(forest.targets).ok()?;
    let base = |k: u32| forest.base.get(k as usize).copied().unwrap_or(0.0);
    let weights =
        Weights { rows: (0..targets).map(|k| vec![(k, 1.0)]).collect(), base: (0..targets).map(base).collect() };
    if forest.labels.is_none() {
        let plain = forest.post == Post::Plain || (targets == 1 && forest.post != Post::Probit);
        return (plain && !tail.shares && !tail.classes).then_some((weights, Scale::Target, LinkFunction::Identity));
    }
    Some(match forest.post {
        _ if !tail.classes => return None,
        Post::Plain if tail.probable => (shared(forest, weights, tail)?, Scale::Probability, LinkFunction::Identity),
        Post::Plain if !tail.shares => (weights, Scale::Margin, LinkFunction::Identity),
        Post::Logistic if !tail.shares => (weights, Scale::Margin, SIGMOID),
        Post::Softmax => (weights, Scale::Margin, LinkFunction::Softmax),
        _ => return None,
    })
}

/// Whether some tree gives every row a score of `target`.
pub fn always(forest: &Forest, target: u32) -> bool {
    let gives = |leaf: &&Branch| forest.weights_of(leaf).iter().any(|w| w.0 == target);
    forest.roots.iter().any(|root| leaves(forest, *root).iter().all(gives))
}

/// The leaves of a tree.
fn leaves(forest: &Forest, root: u32) -> Vec<&Branch> {
    forest.nodes_of(root).into_iter().filter(|node| node.test == Test::Leaf).collect()
}

/// Weights of which rows divided by their sum are shares: as they are when nothing is divided, else only when every
/// leaf's values add up to the same, so that the sum to divide by is nearly one number.
fn shared(forest: &Forest, weights: Weights, tail: Tail) -> Option<Weights> {
    if !tail.shares {
        return Some(weights);
    }
    let total = forest.base.iter().sum::<f64>() + steady(forest, &vec![1.0; forest.targets])?;
    let near_one = (total - 1.0).abs() < 1e-5 && forest.is_share();
    near_one.then_some(weights)
}

/// The sum of all trees and targets with these weights, when it is the same, but for rounding, for every row.
pub fn steady(forest: &Forest, weights: &[f64]) -> Option<f64> {
    let weight = |target: u32| weights.get(target as usize).copied().unwrap_or(0.0);
    let divisor = if forest.aggregate == Aggregate::Average { forest.roots.len() as f64 } else { 1.0 };
    let mut total = 0.0;
    for root in &forest.roots {
        let sum = |leaf: &&Branch| forest.weights_of(leaf).iter().map(|(k, value)| weight(*k) * value).sum();
        let sums: Vec<f64> = leaves(forest, *root).iter().map(sum).collect();
        let first = *sums.first()?;
        if sums.iter().any(|s| (s - first).abs() > 1e-6 * first.abs()) {
            return None;
        }
        total += first / divisor;
    }
    Some(total)
}

fn linear(linear: &Linear, columns: &[Column<'_>], inputs: usize, tail: Tail) -> Option<Lowered> {
    let width = linear.inputs();
    let rows: Vec<&[f32]> = linear.coefficients.chunks_exact(width.max(1)).collect();
    let (forms, native, link): (Vec<Vec<(usize, f64)>>, _, _) = match (&linear.labels, tail.binary, rows.as_slice()) {
        (None, false, _) => {
            let plain = linear.post == Post::Plain || (rows.len() == 1 && linear.post != Post::Probit);
            let plain = plain && !tail.shares && !tail.classes;
            plain.then_some((singles(rows.len()), Scale::Target, LinkFunction::Identity))?
        }
        (Some(_), true, [low, high]) => {
            let opposite = low.iter().zip(*high).all(|(a, b)| *a == -*b)
                && linear.intercepts.first().zip(linear.intercepts.get(1)).is_some_and(|(a, b)| *a == -*b);
            match linear.post {
                Post::Logistic if opposite || !tail.shares => (vec![vec![(1, 1.0)]], Scale::Margin, SIGMOID),
                Post::Softmax => (vec![vec![(1, 1.0), (0, -1.0)]], Scale::Margin, SIGMOID),
                Post::Plain if !tail.shares => (vec![vec![(1, 1.0)]], Scale::Margin, LinkFunction::Identity),
                _ => return None,
            }
        }
        (Some(_), false, _) if tail.classes && rows.len() > 2 => match linear.post {
            Post::Softmax => (singles(rows.len()), Scale::Margin, LinkFunction::Softmax),
            Post::Logistic if !tail.shares => (singles(rows.len()), Scale::Margin, SIGMOID),
            Post::Plain if !tail.shares => (singles(rows.len()), Scale::Margin, LinkFunction::Identity),
            _ => return None,
        },
        _ => return None,
    };
    let form = form(linear, columns, inputs, &forms)?;
    Some(Lowered { inner: Inner::Linear(form), native, link, codes: Vec::new() })
}

fn singles(count: usize) -> Vec<Vec<(usize, f64)>> {
    (0..count).map(|k| vec![(k, 1.0)]).collect()
}

/// Each output is a sum of rows of the operator; scalers on the way go into weights and intercepts.
fn form(linear: &Linear, columns: &[Column<'_>], inputs: usize, outputs: &[Vec<(usize, f64)>]) -> Option<LinearForm> {
    let width = linear.inputs();
    if columns.len() != width {
        return None;
    }
    let mut weights = vec![0.0; inputs.checked_mul(outputs.len())?];
    let mut intercept = vec![0.0; outputs.len()];
    for (k, parts) in outputs.iter().enumerate() {
        for (row, sign) in parts {
            intercept[k] += sign * f64::from(*linear.intercepts.get(*row)?);
            for (j, column) in columns.iter().enumerate() {
                let mut weight = sign * f64::from(*linear.coefficients.get(row * width + j)?);
                let (factor, added) = column.affine().filter(|_| column.filled().is_none())?;
                intercept[k] += weight * added;
                weight *= factor;
                *weights.get_mut(column.input * outputs.len() + k)? += weight;
            }
        }
    }
    let finite = weights.iter().chain(&intercept).all(|v| v.is_finite());
    finite.then_some(LinearForm { weights, intercept })
}
