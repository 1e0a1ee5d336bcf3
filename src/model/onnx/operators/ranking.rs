//! Largest and smallest: their places, and the first k of them.

use std::cmp::Ordering;

use crate::model::ModelError;

use super::super::broadcast::around;
use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Tensor, elements, wrapped};
use super::{Family, Operator, need, optional};

/// The operators of this file.
pub static FAMILY: Family = Family { domain: "", names: &["ArgMax", "ArgMin", "TopK"], build };

#[derive(Debug)]
enum Ranking {
    /// The place of the best; of equals the first, or the last.
    Arg { axis: i64, keep: bool, largest: bool, last: bool },
    /// The best `k`, of equals the first first.
    Top { k: Option<i64>, axis: i64, largest: bool },
}

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    Ok(Box::new(match node.operator.as_str() {
        "TopK" => Ranking::Top {
            k: node.int("k")?,
            axis: node.int("axis")?.unwrap_or(-1),
            largest: node.int("largest")? != Some(0),
        },
        name => Ranking::Arg {
            axis: node.int("axis")?.unwrap_or(0),
            keep: node.int("keepdims")? != Some(0),
            largest: name == "ArgMax",
            last: node.int("select_last_index")? == Some(1),
        },
    }))
}

impl Operator for Ranking {
    fn run(&self, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String> {
        let x = need(inputs, 0)?;
        let (Self::Arg { axis, largest, .. } | Self::Top { axis, largest, .. }) = self;
        let axis = wrapped(*axis, x.shape.len())?;
        let length = x.shape[axis];
        // Ranks in f64 are exact for f32 and for the whole numbers that exports rank.
        let values = x.f64s()?;
        run.charge(values.len().saturating_mul(8))?;
        let sign = if *largest { 1.0 } else { -1.0 };
        // A total order, else sorting could panic: missing values come last, both zeros are one.
        let better = |a: f64, b: f64| match (a.is_nan(), b.is_nan()) {
            (false, false) => (sign * b).partial_cmp(&(sign * a)).unwrap_or(Ordering::Equal),
            (a, b) => a.cmp(&b),
        };
        match self {
            Self::Arg { keep, last, .. } => {
                if length == 0 {
                    return Err("an empty axis has no largest element".to_owned());
                }
                let best = lines(&x.shape, axis).map(|line| {
                    let larger = |best: usize, i: usize| {
                        let order = better(values[line(i)], values[line(best)]);
                        if order == Ordering::Less || (*last && order == Ordering::Equal) { i } else { best }
                    };
                    (1..length).fold(0, larger) as i64
                });
                let mut shape = x.shape.clone();
                if *keep {
                    shape[axis] = 1;
                } else {
                    shape.remove(axis);
                }
                let best = best.collect();
                Ok(vec![Tensor::new(shape, Data::I64(best))?])
            }
            Self::Top { k, .. } => {
                let asked = match optional(inputs, 1) {
                    Some(tensor) => tensor.ints()?.first().copied(),
                    None => *k,
                };
                let k = asked.and_then(|k| usize::try_from(k).ok()).filter(|k| *k <= length);
                let k = k.ok_or_else(|| format!("the best {asked:?} of {length} are asked for"))?;
                top(x, axis, k, |a, b| better(values[a], values[b]))
            }
        }
    }
}

fn top(x: &Tensor, axis: usize, k: usize, better: impl Fn(usize, usize) -> Ordering) -> Result<Vec<Tensor>, String> {
    let mut shape = x.shape.clone();
    let length = shape[axis];
    shape[axis] = k;
    let size = elements(&shape)?;
    let (_, _, apart) = around(&shape, axis);
    let mut places = vec![0; size];
    let mut ranks = vec![0_i64; size];
    for (number, line) in lines(&x.shape, axis).enumerate() {
        let mut order: Vec<usize> = (0..length).collect();
        order.sort_by(|a, b| better(line(*a), line(*b)).then(a.cmp(b)));
        let start = number / apart.max(1) * k * apart + number % apart.max(1);
        for (rank, from) in order.into_iter().take(k).enumerate() {
            let to = start + rank * apart;
            places[to] = line(from);
            ranks[to] = from as i64;
        }
    }
    Ok(vec![Tensor::new(shape.clone(), x.data.pick(&places))?, Tensor::new(shape, Data::I64(ranks))?])
}

/// For every line along an axis the places of its elements.
pub(super) fn lines(shape: &[usize], axis: usize) -> impl Iterator<Item = impl Fn(usize) -> usize> {
    let (before, length, apart) = around(shape, axis);
    (0..before * apart).map(move |n| {
        let start = n / apart.max(1) * length * apart + n % apart.max(1);
        move |i: usize| start + i * apart
    })
}
