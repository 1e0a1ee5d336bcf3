//! Axes reduced to one number: sums, means, extremes. Real numbers are added in f64 and rounded once.

use crate::model::ModelError;

use super::super::broadcast::{strides, walk};
use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Tensor, wrapped};
use super::{Family, Operator, View, need, optional};

/// The operators of this file.
pub static FAMILY: Family = Family {
    domain: "",
    names: &[
        "ReduceSum",
        "ReduceMean",
        "ReduceMax",
        "ReduceMin",
        "ReduceProd",
        "ReduceSumSquare",
        "ReduceL1",
        "ReduceL2",
        "ReduceLogSum",
        "ReduceLogSumExp",
    ],
    build,
};

#[derive(Debug)]
struct Reduction {
    of: fn(&[f64]) -> f64,
    whole: Option<fn(&[i64]) -> i64>,
    axes: Vec<i64>,
    keep: bool,
    /// Whether an empty list of axes means none, not all.
    none: bool,
    /// For sums and means, whether it is the mean.
    total: Option<bool>,
}

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    let mut whole: Option<fn(&[i64]) -> i64> = None;
    let of: fn(&[f64]) -> f64 = match node.operator.as_str() {
        "ReduceSum" => {
            whole = Some(|v| v.iter().fold(0, |sum, x| sum.wrapping_add(*x)));
            |v| v.iter().sum()
        }
        "ReduceMax" => {
            whole = Some(|v| v.iter().copied().max().unwrap_or(i64::MIN));
            |v| extreme(v, f64::NEG_INFINITY, f64::max)
        }
        "ReduceMin" => {
            whole = Some(|v| v.iter().copied().min().unwrap_or(i64::MAX));
            |v| extreme(v, f64::INFINITY, f64::min)
        }
        "ReduceProd" => {
            whole = Some(|v| v.iter().fold(1, |product, x| product.wrapping_mul(*x)));
            |v| v.iter().product()
        }
        "ReduceMean" => |v| v.iter().sum::<f64>() / v.len() as f64,
        "ReduceSumSquare" => |v| v.iter().map(|x| x * x).sum(),
        "ReduceL1" => |v| v.iter().map(|x| x.abs()).sum(),
        "ReduceL2" => |v| v.iter().map(|x| x * x).sum::<f64>().sqrt(),
        "ReduceLogSum" => |v| libm::log(v.iter().sum()),
        _ => log_sum_exp,
    };
    let (axes, keep) = (node.ints("axes")?.to_vec(), node.int("keepdims")? != Some(0));
    let total = match node.operator.as_str() {
        "ReduceSum" => Some(false),
        "ReduceMean" => Some(true),
        _ => None,
    };
    Ok(Box::new(Reduction { of, whole, axes, keep, none: node.int("noop_with_empty_axes")? == Some(1), total }))
}

/// The largest or smallest; a missing value stays missing.
fn extreme(values: &[f64], start: f64, pick: fn(f64, f64) -> f64) -> f64 {
    values.iter().fold(start, |best, v| if best.is_nan() || v.is_nan() { f64::NAN } else { pick(best, *v) })
}

fn log_sum_exp(values: &[f64]) -> f64 {
    let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top.is_infinite() {
        return top;
    }
    top + libm::log(values.iter().map(|v| libm::exp(v - top)).sum())
}

impl Operator for Reduction {
    fn run(&self, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String> {
        let x = need(inputs, 0)?;
        let mut axes = match optional(inputs, 1) {
            Some(tensor) => tensor.ints()?.into_owned(),
            None => self.axes.clone(),
        };
        if axes.is_empty() {
            if self.none {
                return Ok(vec![x.clone()]);
            }
            axes = (0_i64..).take(x.shape.len()).collect();
        }
        let mut reduced = vec![false; x.shape.len()];
        for axis in axes {
            reduced[wrapped(axis, x.shape.len())?] = true;
        }
        run.charge(x.data.len())?;
        let (groups, members) = self.layout(x, &reduced);
        let data = match (&x.data, self.whole) {
            (Data::F32(v), _) => {
                Data::F32(each(v, &groups, &members, |x| f64::from(*x), self.of).map(|v| v as f32).collect())
            }
            (Data::F64(v), _) => Data::F64(each(v, &groups, &members, |x| *x, self.of).collect()),
            (Data::I64(v), Some(of)) => Data::I64(each(v, &groups, &members, |x| *x, of).collect()),
            (Data::I32(v), Some(of)) => {
                Data::I32(each(v, &groups, &members, |x| i64::from(*x), of).map(|v| v as i32).collect())
            }
            _ => return Err(x.odd()),
        };
        let kept = |(axis, size): (usize, &usize)| match (reduced[axis], self.keep) {
            (true, true) => Some(1),
            (true, false) => None,
            (false, _) => Some(*size),
        };
        Ok(vec![Tensor::new(x.shape.iter().enumerate().filter_map(kept).collect(), data)?])
    }

    fn view(&self) -> View<'_> {
        match self.total {
            Some(mean) if !self.keep => View::Total { mean, axes: &self.axes },
            _ => View::Opaque,
        }
    }
}

impl Reduction {
    /// Where each result begins, and how far from there its members lie.
    fn layout(&self, x: &Tensor, reduced: &[bool]) -> (Vec<usize>, Vec<usize>) {
        let steps = strides(&x.shape);
        let part = |wanted: bool| {
            let chosen = (0..x.shape.len()).filter(|axis| reduced[*axis] == wanted);
            let (sizes, steps): (Vec<usize>, Vec<usize>) = chosen.map(|axis| (x.shape[axis], steps[axis])).unzip();
            walk(&sizes, &steps, 0)
        };
        (part(false), part(true))
    }
}

fn each<'v, T, N>(
    values: &'v [T],
    groups: &'v [usize],
    members: &'v [usize],
    number: impl Fn(&T) -> N + 'v,
    of: fn(&[N]) -> N,
) -> impl Iterator<Item = N> + 'v
where
    N: 'v,
{
    groups.iter().map(move |start| {
        let all: Vec<N> = members.iter().filter_map(|step| values.get(start + step).map(&number)).collect();
        of(&all)
    })
}
