//! Comparisons, truth values and the choice between two tensors.

use std::cmp::Ordering;

use crate::model::ModelError;

use super::super::broadcast::{common, places};
use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Tensor};
use super::arithmetic::zip;
use super::{Family, Operator, need};

/// The operators of this file.
pub static FAMILY: Family = Family {
    domain: "",
    names: &["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "And", "Or", "Xor", "Not", "Where"],
    build,
};

#[derive(Debug)]
enum Comparison {
    /// Whether the order of two elements is one of these.
    Order(&'static [Ordering]),
    /// The truth of two truths: both false, one true, both true.
    Truth([bool; 3]),
    Not,
    Where,
}

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    Ok(Box::new(match node.operator.as_str() {
        "Equal" => Comparison::Order(&[Ordering::Equal]),
        "Less" => Comparison::Order(&[Ordering::Less]),
        "LessOrEqual" => Comparison::Order(&[Ordering::Less, Ordering::Equal]),
        "Greater" => Comparison::Order(&[Ordering::Greater]),
        "GreaterOrEqual" => Comparison::Order(&[Ordering::Greater, Ordering::Equal]),
        "And" => Comparison::Truth([false, false, true]),
        "Or" => Comparison::Truth([false, true, true]),
        "Xor" => Comparison::Truth([false, true, false]),
        "Not" => Comparison::Not,
        _ => Comparison::Where,
    }))
}

impl Operator for Comparison {
    fn run(&self, inputs: &[Option<&Tensor>], _run: &Run) -> Result<Vec<Tensor>, String> {
        let a = need(inputs, 0)?;
        let data = match self {
            Self::Not => match &a.data {
                Data::Bool(v) => {
                    return Ok(vec![Tensor::new(a.shape.clone(), Data::Bool(v.iter().map(|x| !x).collect()))?]);
                }
                _ => return Err(a.odd()),
            },
            Self::Where => return Ok(vec![choose(a, need(inputs, 1)?, need(inputs, 2)?)?]),
            Self::Order(orders) => order(a, need(inputs, 1)?, orders)?,
            Self::Truth(table) => {
                let b = need(inputs, 1)?;
                let shape = common(&a.shape, &b.shape)?;
                match (&a.data, &b.data) {
                    (Data::Bool(x), Data::Bool(y)) => {
                        zip((x, a), (y, b), &shape, |x, y| table[usize::from(x) + usize::from(y)])
                    }
                    _ => return Err(a.odd()),
                }
            }
        };
        let shape = common(&a.shape, &need(inputs, 1)?.shape)?;
        Ok(vec![Tensor::new(shape, Data::Bool(data))?])
    }
}

fn order(a: &Tensor, b: &Tensor, orders: &[Ordering]) -> Result<Vec<bool>, String> {
    let shape = common(&a.shape, &b.shape)?;
    let among = |order: Option<Ordering>| order.is_some_and(|o| orders.contains(&o));
    Ok(match (&a.data, &b.data) {
        (Data::F32(x), Data::F32(y)) => zip((x, a), (y, b), &shape, |x, y| among(x.partial_cmp(&y))),
        (Data::F64(x), Data::F64(y)) => zip((x, a), (y, b), &shape, |x, y| among(x.partial_cmp(&y))),
        (Data::I64(x), Data::I64(y)) => zip((x, a), (y, b), &shape, |x, y| among(Some(x.cmp(&y)))),
        (Data::I32(x), Data::I32(y)) => zip((x, a), (y, b), &shape, |x, y| among(Some(x.cmp(&y)))),
        (Data::Bool(x), Data::Bool(y)) => zip((x, a), (y, b), &shape, |x, y| among(Some(x.cmp(&y)))),
        (Data::Text(x), Data::Text(y)) => {
            let places_of =
                |tensor: &Tensor| places(&tensor.shape, &shape).unwrap_or_else(|| (0..tensor.data.len()).collect());
            let pairs = places_of(a).into_iter().zip(places_of(b));
            pairs.map(|(p, q)| among(x.get(p).zip(y.get(q)).map(|(x, y)| x.cmp(y)))).collect()
        }
        _ if a.kind() == b.kind() => return Err(a.odd()),
        _ => return Err(format!("elements of types {:?} and {:?} cannot be compared", a.kind(), b.kind())),
    })
}

/// Elements of `yes` where `test` holds, else of `no`.
fn choose(test: &Tensor, yes: &Tensor, no: &Tensor) -> Result<Tensor, String> {
    let shape = common(&common(&test.shape, &yes.shape)?, &no.shape)?;
    let Data::Bool(truths) = &test.data else { return Err(test.odd()) };
    // Both possible sources behind each other, so that a choice is a place.
    let all = Data::joined(&[&yes.data, &no.data])?;
    let places_of = |tensor: &Tensor| places(&tensor.shape, &shape).unwrap_or_else(|| (0..tensor.data.len()).collect());
    let first_no = yes.data.len();
    let each = places_of(test).into_iter().zip(places_of(yes)).zip(places_of(no));
    let chosen: Vec<usize> =
        each.map(|((t, y), n)| if truths.get(t) == Some(&true) { y } else { first_no + n }).collect();
    Tensor::new(shape, all.pick(&chosen))
}
