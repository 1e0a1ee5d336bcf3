//! Every line along an axis made into another of the same length: shares, norms, running sums.

use crate::model::ModelError;

use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Tensor, wrapped};
use super::ranking::lines;
use super::{Bend, Family, Operator, View, need, optional};

/// The operators of this file.
pub static FAMILY: Family =
    Family { domain: "", names: &["Softmax", "LogSoftmax", "LpNormalization", "CumSum"], build };

#[derive(Debug)]
enum What {
    Softmax,
    LogSoftmax,
    /// Divided by the sum of absolute values, or by the root of the sum of squares.
    Norm {
        squares: bool,
    },
    /// From the other end; without the element itself.
    CumSum {
        reverse: bool,
        exclusive: bool,
    },
}

#[derive(Debug)]
struct Along {
    what: What,
    axis: i64,
    /// Before version 13, all axes from `axis` on are one line.
    flat: bool,
}

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    let old = node.opset < 13;
    let on = |name: &str| Ok::<bool, ModelError>(node.int(name)? == Some(1));
    let axis = node.int("axis")?;
    Ok(Box::new(match node.operator.as_str() {
        "Softmax" => Along { what: What::Softmax, axis: axis.unwrap_or(if old { 1 } else { -1 }), flat: old },
        "LogSoftmax" => Along { what: What::LogSoftmax, axis: axis.unwrap_or(if old { 1 } else { -1 }), flat: old },
        "LpNormalization" => {
            let what = What::Norm { squares: node.int("p")? != Some(1) };
            Along { what, axis: axis.unwrap_or(-1), flat: false }
        }
        _ => {
            let what = What::CumSum { reverse: on("reverse")?, exclusive: on("exclusive")? };
            Along { what, axis: 0, flat: false }
        }
    }))
}

impl Operator for Along {
    fn run(&self, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String> {
        let x = need(inputs, 0)?;
        let axis = match (&self.what, optional(inputs, 1)) {
            (What::CumSum { .. }, Some(axis)) => axis.ints()?.first().copied().unwrap_or(0),
            _ => self.axis,
        };
        let axis = wrapped(axis, x.shape.len())?;
        let shape = match self.flat {
            true => vec![x.shape[..axis].iter().product(), x.shape[axis..].iter().product()],
            false => x.shape.clone(),
        };
        let axis = if self.flat { 1 } else { axis };
        run.charge(x.data.len())?;
        let mut values = x.f64s()?.into_owned();
        for line in lines(&shape, axis) {
            let mut own: Vec<f64> = (0..shape[axis]).map(|i| values[line(i)]).collect();
            self.change(&mut own);
            own.into_iter().enumerate().for_each(|(i, v)| values[line(i)] = v);
        }
        let data = match &x.data {
            Data::F32(_) => Data::F32(values.iter().map(|v| *v as f32).collect()),
            Data::F64(_) => Data::F64(values),
            Data::I64(_) if matches!(self.what, What::CumSum { .. }) => {
                Data::I64(values.iter().map(|v| *v as i64).collect())
            }
            _ => return Err(x.odd()),
        };
        Ok(vec![Tensor::new(x.shape.clone(), data)?])
    }

    fn view(&self) -> View<'_> {
        match self.what {
            What::Softmax if self.axis == -1 || self.axis == 1 => View::Bend(Bend::Softmax),
            What::Norm { squares: false } if self.axis == -1 || self.axis == 1 => View::Shares,
            _ => View::Opaque,
        }
    }
}

impl Along {
    fn change(&self, line: &mut [f64]) {
        match self.what {
            What::Softmax | What::LogSoftmax => {
                let top = line.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = line.iter().map(|v| libm::exp(v - top)).sum();
                let log = matches!(self.what, What::LogSoftmax);
                let share = |v: f64| if log { v - top - libm::log(sum) } else { libm::exp(v - top) / sum };
                line.iter_mut().for_each(|v| *v = share(*v));
            }
            What::Norm { squares } => {
                let size = match squares {
                    true => line.iter().map(|v| v * v).sum::<f64>().sqrt(),
                    false => line.iter().map(|v| v.abs()).sum(),
                };
                if size != 0.0 {
                    line.iter_mut().for_each(|v| *v /= size);
                }
            }
            What::CumSum { reverse, exclusive } => {
                let mut sum = 0.0;
                let mut add = |v: &mut f64| {
                    let before = sum;
                    sum += *v;
                    *v = if exclusive { before } else { sum };
                };
                match reverse {
                    true => line.iter_mut().rev().for_each(&mut add),
                    false => line.iter_mut().for_each(&mut add),
                }
            }
        }
    }
}
