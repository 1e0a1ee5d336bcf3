//! Which sums of columns and trees the tensors of a graph hold.

use std::collections::HashMap;

use crate::model::onnx::{Aggregate, Bend, Data, Forest, Gemm, Graph, Linear, Node, Pair, Post, Tensor, View};

use super::columns::{Content, Known, places};
use super::sums::{Bent, Budget, Sum, Value};

/// Terms that may be touched while sums are found.
const WORK: usize = 1 << 21;

/// What was found.
pub struct Scores<'g> {
    graph: &'g Graph,
    known: &'g Known<'g>,
    /// Sums by slot.
    values: HashMap<usize, Value>,
    /// Tensors of one more axis in front, as the tensors that lie on top of each other.
    stacks: HashMap<usize, Vec<Value>>,
    /// Forests, and the slots of the columns that they read.
    pub forests: Vec<(&'g Forest, usize)>,
    budget: Budget,
}

impl<'g> Scores<'g> {
    /// Goes through a graph once, in the order of computation.
    pub fn find(graph: &'g Graph, known: &'g Known<'g>) -> Self {
        let (values, stacks) = (HashMap::new(), HashMap::new());
        let mut scores = Self { graph, known, values, stacks, forests: Vec::new(), budget: Budget::new(WORK) };
        for node in &graph.nodes {
            scores.pass(node);
        }
        scores
    }

    /// The sums of a tensor.
    pub fn of(&self, slot: usize) -> Option<&Value> {
        self.values.get(&slot)
    }

    fn pass(&mut self, node: &'g Node) {
        if let Some(stack) = self.stack(node) {
            self.stacks.extend(node.outputs.first().copied().flatten().map(|slot| (slot, stack)));
            return;
        }
        if let View::Places = node.operator.view() {
            let Some(value) = self.input(node, 0) else { return };
            let picked = places(node, self.graph, value.sums.len()).unwrap_or_default();
            let widest = value.sums.iter().map(|sum| 1 + sum.columns.len() + sum.trees.len()).max().unwrap_or(1);
            for (slot, picked) in node.outputs.iter().zip(picked) {
                let some = self.budget.take(picked.len().saturating_mul(widest));
                self.values.extend(slot.zip(some.and_then(|()| value.picked(&picked))));
            }
            return;
        }
        // The scores are the last output, behind the labels of a classifier.
        let slot = match node.operator.view() {
            View::Trees(_) | View::Linear(_) => node.outputs.last(),
            _ => node.outputs.first(),
        };
        if let Some(slot) = slot.copied().flatten() {
            let value = self.value(node);
            self.values.extend(value.map(|value| (slot, value)));
        }
    }

    /// The sums that a node reads; numbers and levels of columns are sums of one term.
    fn input(&self, node: &Node, place: usize) -> Option<Value> {
        let slot = (*node.inputs.get(place)?)?;
        if let Some(value) = self.values.get(&slot) {
            return self.budget.take(value.size()).map(|()| value.clone());
        }
        let columns = self.known.get(&slot)?;
        self.budget.take(columns.len())?;
        if columns.iter().any(|column| matches!(column.content, Content::Text)) {
            return None;
        }
        let single = |place| Sum { columns: [((slot, place), 1.0)].into(), ..Sum::default() };
        Some(Value::plain((0..columns.len()).map(single).collect()))
    }

    fn stored(&self, node: &Node, place: usize) -> Option<&'g Tensor> {
        self.graph.constants.get(&(*node.inputs.get(place)?)?).map(|tensor| &**tensor)
    }

    fn value(&mut self, node: &'g Node) -> Option<Value> {
        match node.operator.view() {
            View::Trees(forest) => return self.trees(forest, (*node.inputs.first()?)?),
            View::Linear(linear) => return classified(linear, &self.input(node, 0)?, &self.budget),
            View::Total { mean, axes } => return self.total(node, mean, axes),
            _ => {}
        }
        match node.operator.view() {
            View::Same | View::Round | View::Widen => self.input(node, 0),
            View::Affine(affine) => {
                let value = self.input(node, 0)?;
                let scale = |k| f64::from(affine.entries(k).1);
                value.moved(scale, |k| -scale(k) * f64::from(affine.entries(k).0), &self.budget)
            }
            View::Product(form) => self.product(node, form),
            View::Pair(pair) => self.pair(node, pair),
            View::Side => {
                Value::beside((0..node.inputs.len()).map(|place| self.input(node, place)).collect::<Option<_>>()?)
            }
            View::Bend(bend) => bent(&self.input(node, 0)?, bend, &self.budget),
            View::Shares => self.shares(self.input(node, 0)?),
            _ => None,
        }
    }

    fn trees(&mut self, forest: &'g Forest, slot: usize) -> Option<Value> {
        let targets = u32::try_from(forest.targets).ok()?;
        self.known.get(&slot)?;
        if matches!(forest.aggregate, Aggregate::Min | Aggregate::Max) || targets > 1 << 16 {
            return None;
        }
        let index = self.forests.len();
        let one = |k: u32| {
            let base = forest.base.get(k as usize).copied().unwrap_or(0.0);
            Sum { base, trees: [((index, k), 1.0)].into(), ..Sum::default() }
        };
        let value = match (&forest.labels, forest.only_class(), targets) {
            (None, _, 1) if forest.post != Post::Probit => Value::plain(vec![one(0)]),
            (Some(_), Some(0), 2) if forest.base.len() < 2 => {
                let share = forest.is_share() && forest.post != Post::Logistic;
                let mut first = Sum::number(if share { 1.0 } else { 0.0 });
                first.add(&one(0), -1.0, &self.budget)?;
                let both = Value::plain(vec![first, one(0)]);
                if forest.post == Post::Logistic { both.bend(Bent::Sigmoid)? } else { both }
            }
            (Some(_), None, 2) if !forest.base.is_empty() || !super::lower::always(forest, 1) => return None,
            (Some(_), Some(_), _) => return None,
            _ => posted(Value::plain((0..targets).map(one).collect()), forest.post)?,
        };
        self.forests.push((forest, slot));
        Some(value)
    }

    fn product(&self, node: &Node, form: &Gemm) -> Option<Value> {
        let matrix = self.stored(node, 1)?;
        let (rows, columns) = match *matrix.shape.as_slice() {
            [rows, columns] => (rows, columns),
            [rows] => (rows, 1),
            _ => return None,
        };
        let stored = matrix.f64s().ok().filter(|_| matrix.kind().is_real() && !form.flip[0])?;
        let weight = |i: usize, k: usize| {
            form.alpha * if form.flip[1] { stored[k * columns + i] } else { stored[i * columns + k] }
        };
        let (from, to) = if form.flip[1] { (columns, rows) } else { (rows, columns) };
        let weights: Vec<f64> =
            (0..from).flat_map(|i| (0..to).map(move |k| (i, k))).map(|(i, k)| weight(i, k)).collect();
        let product = self.input(node, 0)?.times(&weights, to, &self.budget)?;
        match node.inputs.get(2).copied().flatten() {
            None => Some(product),
            Some(_) => {
                let added = line(self.stored(node, 2)?, to)?;
                product.moved(|_| 1.0, |k| form.beta * added[k], &self.budget)
            }
        }
    }

    fn pair(&self, node: &Node, pair: Pair) -> Option<Value> {
        if node.inputs.len() != 2 {
            // Sums of many.
            let mut all = self.input(node, 0)?;
            for place in 1..node.inputs.len() {
                all = all.plus(&self.input(node, place)?, 1.0, &self.budget)?;
            }
            return (pair == Pair::Add).then_some(all);
        }
        match (self.input(node, 0), self.input(node, 1), pair) {
            (Some(a), Some(b), Pair::Add) => a.plus(&b, 1.0, &self.budget),
            (Some(a), Some(b), Pair::Sub) => a.plus(&b, -1.0, &self.budget),
            (Some(a), None, _) => {
                let b = line(self.stored(node, 1)?, a.sums.len())?;
                let one = pair == Pair::Add && b.iter().all(|b| *b == 1.0);
                match pair {
                    Pair::Add if one && a.bent == Bent::Exp => Some(Value { bent: Bent::OneAndExp, ..a }),
                    Pair::Add => a.moved(|_| 1.0, |k| b[k], &self.budget),
                    Pair::Sub => a.moved(|_| 1.0, |k| -b[k], &self.budget),
                    Pair::Mul if a.bent == Bent::Exp && b.iter().all(|b| *b > 0.0) => {
                        // A factor of an exponential is a summand before it.
                        let straight = Value { bent: Bent::Not, ..a };
                        straight.moved(|_| 1.0, |k| libm::log(b[k]), &self.budget)?.bend(Bent::Exp)
                    }
                    Pair::Mul | Pair::Div if b.iter().all(|b| *b == 1.0) => Some(a),
                    Pair::Mul => a.moved(|k| b[k], |_| 0.0, &self.budget),
                    Pair::Div => a.moved(|k| 1.0 / b[k], |_| 0.0, &self.budget),
                }
            }
            (None, Some(b), _) => {
                let a = line(self.stored(node, 0)?, b.sums.len())?;
                let ones = a.iter().all(|a| *a == 1.0);
                match pair {
                    Pair::Add if ones && b.bent == Bent::Exp => Some(Value { bent: Bent::OneAndExp, ..b }),
                    Pair::Add => b.moved(|_| 1.0, |k| a[k], &self.budget),
                    // The rest of a share has the opposite score.
                    Pair::Sub if ones && b.bent == Bent::Sigmoid => opposite(&b, &self.budget),
                    Pair::Sub => b.moved(|_| -1.0, |k| a[k], &self.budget),
                    Pair::Mul => b.moved(|k| a[k], |_| 0.0, &self.budget),
                    Pair::Div if ones => bent(&b, Bend::Reciprocal, &self.budget),
                    Pair::Div => None,
                }
            }
            _ => None,
        }
    }

    /// Rows divided by the sum of their absolute values.
    fn shares(&self, value: Value) -> Option<Value> {
        match value.bent {
            Bent::Softmax | Bent::SigmoidShares => Some(value),
            // The shares of two opposite scores add up to one already.
            Bent::Sigmoid if opposites(&value.sums) => Some(value),
            Bent::Sigmoid if value.sums.len() > 2 => Some(Value { bent: Bent::SigmoidShares, ..value }),
            Bent::Not => {
                let mut total = Sum::default();
                value.sums.iter().try_for_each(|sum| total.add(sum, 1.0, &self.budget))?;
                let mut all = total.base;
                for (index, (forest, _)) in self.forests.iter().enumerate() {
                    let weights: Vec<f64> = (0..forest.targets)
                        .map(|k| total.trees.get(&(index, k as u32)).copied().unwrap_or(0.0))
                        .collect();
                    if weights.iter().any(|weight| *weight != 0.0) {
                        all += super::lower::steady(forest, &weights)?;
                    }
                }
                // Negative values would be shares by another rule.
                let positive = value.sums.iter().all(|sum| sum.base >= 0.0 && sum.trees.values().all(|w| *w >= 0.0));
                let positive = positive && self.forests.iter().all(|(forest, _)| forest.is_share());
                let columns = total.columns.values().any(|weight| *weight != 0.0);
                (!columns && positive && (all - 1.0).abs() < 1e-5).then_some(value)
            }
            _ => None,
        }
    }

    /// A tensor with one more axis in front.
    fn stack(&self, node: &Node) -> Option<Vec<Value>> {
        match node.operator.view() {
            View::Places => {
                let value = self.input(node, 0)?;
                let width = value.sums.len();
                let rows = Tensor::new(vec![2, width], Data::I64((0_i64..).take(2 * width).collect())).ok()?;
                let shape = self.stored(node, 1);
                let given: Vec<Option<&Tensor>> = [Some(&rows)].into_iter().chain(shape.map(Some)).collect();
                let result = node.operator.run(&given, &crate::model::onnx::Run::new(1 << 22)).ok()?.pop()?;
                (result.shape == [1, 2, width] && result.data == rows.data).then_some(vec![value])
            }
            View::Stack => {
                let part = |slot: &Option<usize>| {
                    let stack = slot.and_then(|slot| self.stacks.get(&slot))?;
                    self.budget.take(stack.iter().map(Value::size).sum()).map(|()| stack.clone())
                };
                Some(node.inputs.iter().map(part).collect::<Option<Vec<_>>>()?.concat())
            }
            _ => None,
        }
    }

    /// The sum or mean of tensors on top of each other.
    fn total(&self, node: &Node, mean: bool, axes: &[i64]) -> Option<Value> {
        let stack = self.stacks.get(&(*node.inputs.first()?)?)?;
        let first = match node.inputs.get(1).copied().flatten() {
            Some(_) => matches!(self.stored(node, 1)?.ints().ok()?.as_ref(), [0 | -3]),
            None => matches!(axes, [0 | -3]),
        };
        self.budget.take(stack.iter().map(Value::size).sum())?;
        let (start, rest) = stack.split_first().filter(|_| first)?;
        let all = rest.iter().try_fold(start.clone(), |sum, value| sum.plus(value, 1.0, &self.budget))?;
        let factor = if mean { 1.0 / stack.len() as f64 } else { 1.0 };
        all.moved(|_| factor, |_| 0.0, &self.budget)
    }
}

/// A stored row of `width` numbers, or one number for all.
fn line(tensor: &Tensor, width: usize) -> Option<Vec<f64>> {
    let values = tensor.f64s().ok().filter(|_| tensor.kind().is_real())?;
    match values.len() {
        1 => Some(vec![*values.first()?; width]),
        count if count == width && tensor.shape.last() == Some(&width) => Some(values.into_owned()),
        _ => None,
    }
}

fn posted(value: Value, post: Post) -> Option<Value> {
    match post {
        Post::Plain => Some(value),
        Post::Logistic => value.bend(Bent::Sigmoid),
        Post::Softmax => value.bend(Bent::Softmax),
        Post::SoftmaxZero | Post::Probit => None,
    }
}

/// The scores of a linear regressor or classifier.
fn classified(linear: &Linear, value: &Value, budget: &Budget) -> Option<Value> {
    let (inputs, outputs) = (linear.inputs(), linear.intercepts.len());
    let weight = |i: usize, k: usize| linear.coefficients.get(k * inputs + i).map(|w| f64::from(*w));
    let weights = (0..inputs).flat_map(|i| (0..outputs).map(move |k| (i, k))).map(|(i, k)| weight(i, k));
    let product = value.times(&weights.collect::<Option<Vec<f64>>>()?, outputs, budget)?;
    let scores = product.moved(|_| 1.0, |k| f64::from(linear.intercepts[k]), budget)?;
    match &linear.labels {
        // A single score of two classes is a share, whatever the transform.
        Some(labels) if outputs == 1 && labels.len() == 2 => {
            let rest = scores.moved(|_| -1.0, |_| 1.0, budget)?;
            Value::beside(vec![rest, scores])
        }
        _ if outputs == 1 && linear.post != Post::Probit => Some(scores),
        _ => posted(scores, linear.post),
    }
}

/// Whether there are two sums, one the opposite of the other.
fn opposites(sums: &[Sum]) -> bool {
    let [a, b] = sums else { return false };
    let negated = a.columns.len() == b.columns.len()
        && a.columns.iter().zip(&b.columns).all(|((k, v), (l, w))| k == l && *v == -*w)
        && a.trees.len() == b.trees.len()
        && a.trees.iter().zip(&b.trees).all(|((k, v), (l, w))| k == l && *v == -*w);
    negated && a.base == -b.base
}

fn opposite(value: &Value, budget: &Budget) -> Option<Value> {
    let straight = Value::plain(value.sums.clone());
    straight.moved(|_| -1.0, |_| 0.0, budget)?.bend(value.bent)
}

fn bent(value: &Value, bend: Bend, budget: &Budget) -> Option<Value> {
    match (bend, value.bent) {
        (Bend::Exp, _) => value.bend(Bent::Exp),
        (Bend::Sigmoid, _) => value.bend(Bent::Sigmoid),
        (Bend::Softmax, _) => value.bend(Bent::Softmax),
        (Bend::Negative, _) => value.moved(|_| -1.0, |_| 0.0, budget),
        (Bend::Reciprocal, Bent::OneAndExp) => Value { bent: Bent::Sigmoid, ..opposite(value, budget)? }.into(),
        (Bend::Reciprocal, _) => None,
    }
}
