//! Shapes: asked for, changed, and filled.

use crate::model::ModelError;

use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Kind, Tensor, elements, wrapped};
use super::conversion::cast;
use super::{Family, Operator, View, need, optional};

/// The operators of this file.
pub static FAMILY: Family = Family {
    domain: "",
    names: &["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Shape", "Size", "ConstantOfShape", "Range", "OneHot"],
    build,
};

#[derive(Debug)]
enum Shaping {
    /// Whether 0 means 0, not “as before”; the shape of old versions.
    Reshape {
        zeros: bool,
        stored: Vec<i64>,
    },
    Flatten(i64),
    Squeeze(Vec<i64>),
    Unsqueeze(Vec<i64>),
    Shape {
        start: i64,
        end: i64,
    },
    Size,
    Filled(Tensor),
    Range,
    OneHot(i64),
}

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    let axes = || Ok::<Vec<i64>, ModelError>(node.ints("axes")?.to_vec());
    Ok(Box::new(match node.operator.as_str() {
        "Reshape" => {
            Shaping::Reshape { zeros: node.int("allowzero")? == Some(1), stored: node.ints("shape")?.to_vec() }
        }
        "Flatten" => Shaping::Flatten(node.int("axis")?.unwrap_or(1)),
        "Squeeze" => Shaping::Squeeze(axes()?),
        "Unsqueeze" => Shaping::Unsqueeze(axes()?),
        "Shape" => Shaping::Shape { start: node.int("start")?.unwrap_or(0), end: node.int("end")?.unwrap_or(i64::MAX) },
        "Size" => Shaping::Size,
        "ConstantOfShape" => {
            let value = node.tensor("value")?.cloned().unwrap_or_else(|| Tensor::list(Data::F32(vec![0.0])));
            match value.data.len() {
                1 => Shaping::Filled(value),
                count => return Err(node.refuse(format!("it is filled with {count} values, expected one"))),
            }
        }
        "Range" => Shaping::Range,
        _ => Shaping::OneHot(node.int("axis")?.unwrap_or(-1)),
    }))
}

impl Operator for Shaping {
    fn run(&self, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String> {
        let x = need(inputs, 0)?;
        let axes = |stored: &[i64]| match optional(inputs, 1) {
            Some(tensor) => tensor.ints().map(|v| v.into_owned()),
            None => Ok(stored.to_vec()),
        };
        let shape = match self {
            Self::Reshape { zeros, stored } => reshaped(x, &axes(stored)?, *zeros)?,
            Self::Flatten(axis) => {
                let place = i64::try_from(x.shape.len()).unwrap_or(i64::MAX);
                let axis = if *axis == place { x.shape.len() } else { wrapped(*axis, x.shape.len())? };
                let (before, behind) = x.shape.split_at(axis);
                vec![before.iter().product(), behind.iter().product()]
            }
            Self::Squeeze(stored) => squeezed(x, &axes(stored)?)?,
            Self::Unsqueeze(stored) => unsqueezed(x, &axes(stored)?)?,
            Self::Shape { start, end } => return Ok(vec![part_of_shape(x, *start, *end)]),
            Self::Size => {
                return Ok(vec![Tensor { shape: Vec::new(), data: Data::I64(vec![x.data.len() as i64]) }]);
            }
            Self::Filled(value) => {
                let shape: Option<Vec<usize>> = x.ints()?.iter().map(|d| usize::try_from(*d).ok()).collect();
                let shape = shape.ok_or("a size is negative")?;
                let count = elements(&shape)?;
                run.charge(count)?;
                return Ok(vec![Tensor::new(shape, value.data.pick(&vec![0; count]))?]);
            }
            Self::Range => return Ok(vec![range(x, need(inputs, 1)?, need(inputs, 2)?, run)?]),
            Self::OneHot(axis) => return Ok(vec![one_hot(x, need(inputs, 1)?, need(inputs, 2)?, *axis)?]),
        };
        Ok(vec![Tensor::new(shape, x.data.clone())?])
    }

    fn view(&self) -> View<'_> {
        match self {
            Self::Reshape { .. } | Self::Flatten(_) | Self::Squeeze(_) | Self::Unsqueeze(_) => View::Places,
            _ => View::Opaque,
        }
    }
}

fn reshaped(x: &Tensor, wanted: &[i64], zeros: bool) -> Result<Vec<usize>, String> {
    let mut shape = Vec::with_capacity(wanted.len());
    let mut open = None;
    for (axis, size) in wanted.iter().enumerate() {
        shape.push(match size {
            -1 if open.is_none() => {
                open = Some(axis);
                1
            }
            0 if !zeros => *x.shape.get(axis).ok_or("a size is copied from an axis that is not there")?,
            _ => usize::try_from(*size).map_err(|_error| format!("{wanted:?} is no shape"))?,
        });
    }
    if let Some(axis) = open {
        let rest = elements(&shape)?;
        let size = x.data.len().checked_div(rest).unwrap_or(0);
        shape[axis] = size;
    }
    Ok(shape)
}

fn squeezed(x: &Tensor, axes: &[i64]) -> Result<Vec<usize>, String> {
    let rank = x.shape.len();
    let gone = axes.iter().map(|axis| wrapped(*axis, rank)).collect::<Result<Vec<usize>, _>>()?;
    if gone.iter().any(|axis| x.shape[*axis] != 1) {
        return Err("an axis is taken out that is not of length 1".to_owned());
    }
    let kept = |axis: usize| if gone.is_empty() { x.shape[axis] != 1 } else { !gone.contains(&axis) };
    Ok((0..rank).filter(|axis| kept(*axis)).map(|axis| x.shape[axis]).collect())
}

fn unsqueezed(x: &Tensor, axes: &[i64]) -> Result<Vec<usize>, String> {
    let rank = x.shape.len() + axes.len();
    let new = axes.iter().map(|axis| wrapped(*axis, rank)).collect::<Result<Vec<usize>, _>>()?;
    let mut old = x.shape.iter();
    Ok((0..rank).map(|axis| if new.contains(&axis) { 1 } else { old.next().copied().unwrap_or(1) }).collect())
}

fn part_of_shape(x: &Tensor, start: i64, end: i64) -> Tensor {
    let rank = i64::try_from(x.shape.len()).unwrap_or(i64::MAX);
    let place = |v: i64| usize::try_from(if v < 0 { v.saturating_add(rank) } else { v }.clamp(0, rank)).unwrap_or(0);
    let part = x.shape.get(place(start)..place(end)).unwrap_or_default();
    Tensor::list(Data::I64(part.iter().map(|size| *size as i64).collect()))
}

fn range(start: &Tensor, limit: &Tensor, step: &Tensor, run: &Run) -> Result<Tensor, String> {
    let number = |t: &Tensor| t.f64s()?.first().copied().ok_or_else(|| "a number is missing".to_owned());
    let (first, last, by) = (number(start)?, number(limit)?, number(step)?);
    let count = ((last - first) / by).ceil().max(0.0);
    if by == 0.0 || !(count.is_finite() && count < 1e9) {
        return Err("the range has no end".to_owned());
    }
    let count = elements(&[count as usize])?;
    run.charge(count)?;
    let values: Vec<f64> = (0..count).map(|i| first + i as f64 * by).collect();
    cast(&Tensor::list(Data::F64(values)), start.kind())
}

fn one_hot(places: &Tensor, depth: &Tensor, values: &Tensor, axis: i64) -> Result<Tensor, String> {
    let depth = cast(depth, Kind::I64)?.ints()?.first().copied().and_then(|d| usize::try_from(d).ok());
    let depth = depth.ok_or("the depth is missing")?;
    let axis = wrapped(axis, places.shape.len() + 1)?;
    let mut shape = places.shape.clone();
    shape.insert(axis, depth);
    let size = elements(&shape)?;
    if values.data.len() != 2 {
        return Err("two values are expected: off and on".to_owned());
    }
    let chosen = cast(places, Kind::I64)?;
    let chosen = chosen.ints()?;
    let inner: usize = places.shape[axis..].iter().product::<usize>().max(1);
    let hot = |place: usize| {
        let (outer, rest) = (place / (depth * inner).max(1), place % (depth * inner).max(1));
        let wanted = chosen.get(outer * inner + rest % inner).map(|i| wrapped(*i, depth));
        usize::from(wanted == Some(Ok(rest / inner)))
    };
    Tensor::new(shape, values.data.pick(&(0..size).map(hot).collect::<Vec<_>>()))
}
