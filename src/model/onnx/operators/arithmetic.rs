//! Sums, differences, products and the like of two or more tensors, with axes of length one repeated.

use crate::model::ModelError;

use super::super::broadcast::{common, places};
use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Tensor};
use super::{Family, Operator, View, need};

/// The operators of this file.
pub static FAMILY: Family = Family {
    domain: "",
    names: &["Add", "Sub", "Mul", "Div", "Pow", "Mod", "Max", "Min", "Sum", "Mean", "PRelu"],
    build,
};

/// What exact methods know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    /// The sum.
    Add,
    /// The difference.
    Sub,
    /// The product.
    Mul,
    /// The quotient.
    Div,
}

/// What is done with two numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    /// The remainder with the sign of the divisor, or of the dividend when `true`.
    Mod(bool),
    Max,
    Min,
    Mean,
    PRelu,
}

#[derive(Debug)]
struct Arithmetic(What);

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    if node.opset < 7 {
        return Err(node.unsupported("operators before version 7 repeat axes by other rules"));
    }
    Ok(Box::new(Arithmetic(match node.operator.as_str() {
        "Add" | "Sum" => What::Add,
        "Sub" => What::Sub,
        "Mul" => What::Mul,
        "Div" => What::Div,
        "Pow" => What::Pow,
        "Mod" => What::Mod(node.int("fmod")? == Some(1)),
        "Max" => What::Max,
        "Min" => What::Min,
        "PRelu" => What::PRelu,
        _ => What::Mean,
    })))
}

impl Operator for Arithmetic {
    fn run(&self, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String> {
        let first = need(inputs, 0)?;
        let mut all = match inputs.len() {
            1 => first.clone(),
            _ => self.pair(first, need(inputs, 1)?)?,
        };
        for place in 2..inputs.len() {
            run.charge(all.data.len())?;
            all = self.pair(&all, need(inputs, place)?)?;
        }
        if self.0 == What::Mean {
            let count = inputs.len();
            match &mut all.data {
                Data::F32(v) => v.iter_mut().for_each(|x| *x /= count as f32),
                Data::F64(v) => v.iter_mut().for_each(|x| *x /= count as f64),
                _ => return Err(all.odd()),
            }
        }
        Ok(vec![all])
    }

    fn view(&self) -> View<'_> {
        match self.0 {
            What::Add => View::Pair(Pair::Add),
            What::Sub => View::Pair(Pair::Sub),
            What::Mul => View::Pair(Pair::Mul),
            What::Div => View::Pair(Pair::Div),
            _ => View::Opaque,
        }
    }
}

impl Arithmetic {
    fn pair(&self, a: &Tensor, b: &Tensor) -> Result<Tensor, String> {
        let shape = common(&a.shape, &b.shape)?;
        let data = match (&a.data, &b.data) {
            // A closure of its own for each, so that the loop holds no choice.
            (Data::F32(x), Data::F32(y)) => Data::F32(match self.0 {
                What::Add | What::Mean => zip((x, a), (y, b), &shape, |x, y| x + y),
                What::Sub => zip((x, a), (y, b), &shape, |x, y| x - y),
                What::Mul => zip((x, a), (y, b), &shape, |x, y| x * y),
                What::Div => zip((x, a), (y, b), &shape, |x, y| x / y),
                // Computed in f64 and rounded once.
                _ => zip((x, a), (y, b), &shape, |x, y| self.f64(f64::from(x), f64::from(y)) as f32),
            }),
            (Data::F64(x), Data::F64(y)) => Data::F64(zip((x, a), (y, b), &shape, |x, y| self.f64(x, y))),
            (Data::I64(x), Data::I64(y)) => {
                let results = zip((x, a), (y, b), &shape, |x, y| self.i64(x, y));
                Data::I64(results.into_iter().collect::<Option<_>>().ok_or("a whole number is divided by zero")?)
            }
            (Data::I32(x), Data::I32(y)) => {
                let wide = |x: i32, y: i32| self.i64(i64::from(x), i64::from(y)).map(|v| v as i32);
                let results = zip((x, a), (y, b), &shape, wide);
                Data::I32(results.into_iter().collect::<Option<_>>().ok_or("a whole number is divided by zero")?)
            }
            // Only the exponent of a power may have a type of its own.
            (Data::F32(x), Data::F64(_) | Data::I64(_) | Data::I32(_)) if self.0 == What::Pow => {
                let y = b.f64s()?;
                Data::F32(zip((x, a), (&y, b), &shape, |x, y| libm::pow(f64::from(x), y) as f32))
            }
            (Data::F64(x), Data::F32(_) | Data::I64(_) | Data::I32(_)) if self.0 == What::Pow => {
                let y = b.f64s()?;
                Data::F64(zip((x, a), (&y, b), &shape, libm::pow))
            }
            (Data::I64(x), Data::F32(_) | Data::F64(_)) if self.0 == What::Pow => {
                let y = b.f64s()?;
                Data::I64(zip((x, a), (&y, b), &shape, |x, y| libm::pow(x as f64, y) as i64))
            }
            _ if a.kind() == b.kind() => return Err(a.odd()),
            _ => return Err(format!("elements of types {:?} and {:?} do not go together", a.kind(), b.kind())),
        };
        Tensor::new(shape, data)
    }

    fn f64(&self, x: f64, y: f64) -> f64 {
        match self.0 {
            What::Add | What::Mean => x + y,
            What::Sub => x - y,
            What::Mul => x * y,
            What::Div => x / y,
            What::Pow => libm::pow(x, y),
            What::Mod(_) => x % y,
            // A missing value stays missing.
            What::Max if x.is_nan() || y.is_nan() => f64::NAN,
            What::Min if x.is_nan() || y.is_nan() => f64::NAN,
            What::Max => x.max(y),
            What::Min => x.min(y),
            What::PRelu if x < 0.0 => x * y,
            What::PRelu => x,
        }
    }

    fn i64(&self, x: i64, y: i64) -> Option<i64> {
        Some(match self.0 {
            What::Add | What::Mean => x.wrapping_add(y),
            What::Sub => x.wrapping_sub(y),
            What::Mul => x.wrapping_mul(y),
            What::Div if y == 0 => return None,
            What::Div => x.wrapping_div(y),
            What::Pow => u32::try_from(y).map_or(0, |y| x.wrapping_pow(y)),
            What::Mod(_) if y == 0 => return None,
            What::Mod(true) => x.wrapping_rem(y),
            What::Mod(false) => {
                let rest = x.wrapping_rem(y);
                if rest != 0 && (rest < 0) != (y < 0) { rest + y } else { rest }
            }
            What::Max => x.max(y),
            What::Min => x.min(y),
            What::PRelu if x < 0 => x.wrapping_mul(y),
            What::PRelu => x,
        })
    }
}

/// `join` of the elements that meet in `shape`. Each operand comes with the tensor that tells its shape.
pub(super) fn zip<A: Copy, B: Copy, R>(
    (x, a): (&[A], &Tensor),
    (y, b): (&[B], &Tensor),
    shape: &[usize],
    join: impl Fn(A, B) -> R,
) -> Vec<R> {
    // A number for all, and a line for every row, are what graphs have most.
    let lined =
        |own: &Tensor, other: &Tensor| other.shape == shape && shape.ends_with(&own.shape) && !own.data.is_empty();
    if a.shape == b.shape {
        return x.iter().zip(y).map(|(x, y)| join(*x, *y)).collect();
    }
    match (x, y) {
        (x, &[y]) if a.shape == shape => return x.iter().map(|x| join(*x, y)).collect(),
        (&[x], y) if b.shape == shape => return y.iter().map(|y| join(x, *y)).collect(),
        (x, y) if lined(b, a) => {
            let mut all = Vec::with_capacity(x.len());
            x.chunks_exact(y.len()).for_each(|row| all.extend(row.iter().zip(y).map(|(x, y)| join(*x, *y))));
            return all;
        }
        (x, y) if lined(a, b) => {
            let mut all = Vec::with_capacity(y.len());
            y.chunks_exact(x.len()).for_each(|row| all.extend(x.iter().zip(row).map(|(x, y)| join(*x, *y))));
            return all;
        }
        _ => {}
    }
    let (from_a, from_b) = (places(&a.shape, shape), places(&b.shape, shape));
    match (from_a, from_b) {
        (None, None) => x.iter().zip(y).map(|(x, y)| join(*x, *y)).collect(),
        (Some(p), None) => p.iter().zip(y).filter_map(|(p, y)| x.get(*p).map(|x| join(*x, *y))).collect(),
        (None, Some(p)) => x.iter().zip(&p).filter_map(|(x, p)| y.get(*p).map(|y| join(*x, *y))).collect(),
        (Some(p), Some(q)) => p.iter().zip(&q).filter_map(|(p, q)| Some(join(*x.get(*p)?, *y.get(*q)?))).collect(),
    }
}
