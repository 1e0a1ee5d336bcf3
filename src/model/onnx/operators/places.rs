//! Elements taken from their places: every operator here says for each element of its result where it comes from.

use crate::model::ModelError;

use super::super::broadcast::{around, common, picked, places, strides, walk};
use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Tensor, elements, wrapped};
use super::{Family, Operator, View, need, optional};

/// The operators of this file.
pub static FAMILY: Family = Family {
    domain: "",
    names: &["Gather", "GatherElements", "GatherND", "Slice", "Concat", "Split", "Tile", "Expand", "Transpose"],
    build,
};

#[derive(Debug)]
enum Places {
    Gather(i64),
    GatherElements(i64),
    GatherNd,
    /// Settings of old versions; newer ones give them as inputs.
    Slice {
        starts: Vec<i64>,
        ends: Vec<i64>,
        axes: Vec<i64>,
    },
    Concat(i64),
    Split {
        axis: i64,
        sizes: Vec<i64>,
        parts: usize,
    },
    Tile,
    Expand,
    Transpose(Vec<i64>),
}

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    let axis = node.int("axis")?;
    let list = |name: &str| Ok::<Vec<i64>, ModelError>(node.ints(name)?.to_vec());
    Ok(Box::new(match node.operator.as_str() {
        "Gather" => Places::Gather(axis.unwrap_or(0)),
        "GatherElements" => Places::GatherElements(axis.unwrap_or(0)),
        "GatherND" if node.int("batch_dims")?.unwrap_or(0) != 0 => return Err(node.unsupported("batch dimensions")),
        "GatherND" => Places::GatherNd,
        "Slice" => Places::Slice { starts: list("starts")?, ends: list("ends")?, axes: list("axes")? },
        "Concat" => Places::Concat(axis.unwrap_or(1)),
        "Split" => Places::Split { axis: axis.unwrap_or(0), sizes: list("split")?, parts: node.outputs.len() },
        "Tile" => Places::Tile,
        "Expand" => Places::Expand,
        _ => Places::Transpose(list("perm")?),
    }))
}

impl Operator for Places {
    fn run(&self, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String> {
        let x = need(inputs, 0)?;
        let result = match self {
            Self::Gather(axis) => gather(x, need(inputs, 1)?, *axis)?,
            Self::GatherElements(axis) => gather_elements(x, need(inputs, 1)?, *axis)?,
            Self::GatherNd => gather_nd(x, need(inputs, 1)?)?,
            Self::Slice { starts, ends, axes } => {
                let given = |place: usize, stored: &[i64]| match optional(inputs, place) {
                    Some(tensor) => tensor.ints().map(|v| v.into_owned()),
                    None => Ok(stored.to_vec()),
                };
                slice(x, [&given(1, starts)?, &given(2, ends)?, &given(3, axes)?, &given(4, &[])?])?
            }
            Self::Concat(axis) => concat(inputs, *axis, run)?,
            Self::Split { axis, sizes, parts } => {
                let sizes = match optional(inputs, 1) {
                    Some(tensor) => tensor.ints()?.into_owned(),
                    None => sizes.clone(),
                };
                return split(x, *axis, &sizes, *parts);
            }
            Self::Tile => tile(x, &need(inputs, 1)?.ints()?)?,
            Self::Expand => {
                let wanted: Option<Vec<usize>> =
                    need(inputs, 1)?.ints()?.iter().map(|d| usize::try_from(*d).ok()).collect();
                let shape = common(&x.shape, &wanted.ok_or("a size is negative")?)?;
                match places(&x.shape, &shape) {
                    Some(from) => picked(x, shape, &from)?,
                    None => x.clone(),
                }
            }
            Self::Transpose(order) => transpose(x, order)?,
        };
        Ok(vec![result])
    }

    fn view(&self) -> View<'_> {
        match self {
            Self::Concat(1 | 2 | -1) => View::Side,
            Self::Concat(0) => View::Stack,
            Self::Gather(_) | Self::Slice { .. } | Self::Split { .. } => View::Places,
            _ => View::Opaque,
        }
    }
}

fn gather(x: &Tensor, wanted: &Tensor, axis: i64) -> Result<Tensor, String> {
    let axis = wrapped(axis, x.shape.len())?;
    let (before, length, apart) = around(&x.shape, axis);
    let wanted_places = wanted.ints()?;
    let chosen = wanted_places.iter().map(|i| wrapped(*i, length)).collect::<Result<Vec<usize>, _>>()?;
    let shape = [&x.shape[..axis], &wanted.shape[..], &x.shape[axis + 1..]].concat();
    let mut from = Vec::with_capacity(elements(&shape)?);
    for start in 0..before {
        for place in &chosen {
            let first = (start * length + place) * apart;
            from.extend(first..first + apart);
        }
    }
    picked(x, shape, &from)
}

fn gather_elements(x: &Tensor, wanted: &Tensor, axis: i64) -> Result<Tensor, String> {
    let axis = wrapped(axis, x.shape.len())?;
    let fits = wanted.shape.len() == x.shape.len()
        && wanted.shape.iter().zip(&x.shape).enumerate().all(|(i, (a, b))| i == axis || a <= b);
    if !fits {
        return Err(format!("the shapes {:?} and {:?} do not fit each other", x.shape, wanted.shape));
    }
    let mut steps = strides(&x.shape);
    let step = std::mem::take(&mut steps[axis]);
    let starts = walk(&wanted.shape, &steps, 0);
    let chosen = wanted.ints()?;
    let from = starts.iter().zip(chosen.iter());
    let from =
        from.map(|(start, i)| Ok(start + wrapped(*i, x.shape[axis])? * step)).collect::<Result<Vec<_>, String>>()?;
    picked(x, wanted.shape.clone(), &from)
}

fn gather_nd(x: &Tensor, wanted: &Tensor) -> Result<Tensor, String> {
    let depth = wanted.shape.last().copied().filter(|d| *d > 0 && *d <= x.shape.len());
    let depth = depth.ok_or_else(|| format!("places of shape {:?} do not fit {:?}", wanted.shape, x.shape))?;
    let (outer, inner) = x.shape.split_at(depth);
    let size: usize = inner.iter().product();
    let shape = [&wanted.shape[..wanted.shape.len() - 1], inner].concat();
    let mut from = Vec::with_capacity(elements(&shape)?);
    for index in wanted.ints()?.chunks_exact(depth) {
        let mut place = 0;
        for (i, length) in index.iter().zip(outer) {
            place = place * length + wrapped(*i, *length)?;
        }
        from.extend(place * size..(place + 1) * size);
    }
    picked(x, shape, &from)
}

/// `parts` are starts, ends, axes and steps.
fn slice(x: &Tensor, parts: [&[i64]; 4]) -> Result<Tensor, String> {
    let [starts, ends, axes, steps] = parts;
    let mut shape = x.shape.clone();
    let mut walked: Vec<(i64, i64)> = vec![(0, 1); shape.len()];
    for (n, (start, end)) in starts.iter().zip(ends).enumerate() {
        let axis = wrapped(axes.get(n).copied().unwrap_or(n as i64), shape.len())?;
        let step = steps.get(n).copied().unwrap_or(1);
        let length = i64::try_from(x.shape[axis]).unwrap_or(i64::MAX);
        let from_end = |v: i64| if v < 0 { v.saturating_add(length) } else { v };
        let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
        let (first, last) = (from_end(*start).clamp(low.max(0), high.max(0)), from_end(*end).clamp(low, high.max(low)));
        let count = match step {
            0 => return Err("a step of 0".to_owned()),
            _ if length == 0 => 0,
            1.. => (last - first).saturating_add(step - 1).div_euclid(step),
            _ => (first - last).saturating_add(step.saturating_neg() - 1).div_euclid(step.saturating_neg()),
        };
        shape[axis] = usize::try_from(count).unwrap_or(0);
        walked[axis] = (first, step);
    }
    let own = strides(&x.shape);
    let mut from = vec![0_i64];
    for (axis, (first, step)) in walked.iter().enumerate() {
        let along = (0..shape[axis] as i64).map(|i| (first + i * step) * own[axis] as i64);
        let along: Vec<i64> = along.collect();
        elements(&[from.len(), along.len()])?;
        from = from.iter().flat_map(|start| along.iter().map(move |a| start + a)).collect();
    }
    let from: Vec<usize> = from.into_iter().filter_map(|p| usize::try_from(p).ok()).collect();
    picked(x, shape, &from)
}

fn concat(inputs: &[Option<&Tensor>], axis: i64, run: &Run) -> Result<Tensor, String> {
    let parts = (0..inputs.len()).map(|i| need(inputs, i)).collect::<Result<Vec<&Tensor>, _>>()?;
    let first = need(inputs, 0)?;
    let axis = wrapped(axis, first.shape.len())?;
    let mut shape = first.shape.clone();
    shape[axis] = 0;
    for part in &parts {
        let same = part.shape.len() == shape.len()
            && part.shape.iter().zip(&first.shape).enumerate().all(|(i, (a, b))| i == axis || a == b);
        if !same {
            return Err(format!("the shapes {:?} and {:?} do not fit each other", first.shape, part.shape));
        }
        shape[axis] += part.shape[axis];
    }
    run.charge(elements(&shape)?)?;
    let (before, ..) = around(&shape, axis);
    let lines: Vec<(&Data, usize)> = parts.iter().map(|part| (&part.data, part.data.len() / before.max(1))).collect();
    Tensor::new(shape, Data::beside(&lines, before)?)
}

fn split(x: &Tensor, axis: i64, sizes: &[i64], parts: usize) -> Result<Vec<Tensor>, String> {
    let axis = wrapped(axis, x.shape.len())?;
    let (before, length, apart) = around(&x.shape, axis);
    let sizes: Vec<usize> = if sizes.is_empty() {
        let size = length.div_ceil(parts.max(1));
        (0..parts).map(|i| size.min(length.saturating_sub(i * size))).collect()
    } else {
        sizes.iter().filter_map(|s| usize::try_from(*s).ok()).collect()
    };
    let total = sizes.iter().try_fold(0_usize, |sum, size| sum.checked_add(*size));
    if total != Some(length) || sizes.len() != parts {
        return Err(format!("parts of sizes {sizes:?} do not make up {length}"));
    }
    let mut first = 0;
    let mut all = Vec::new();
    for size in sizes {
        let line = |n: usize| (n * length + first) * apart..(n * length + first + size) * apart;
        let from: Vec<usize> = (0..before).flat_map(line).collect();
        let mut shape = x.shape.clone();
        shape[axis] = size;
        all.push(picked(x, shape, &from)?);
        first += size;
    }
    Ok(all)
}

fn tile(x: &Tensor, repeats: &[i64]) -> Result<Tensor, String> {
    let counts: Option<Vec<usize>> = repeats.iter().map(|r| usize::try_from(*r).ok()).collect();
    let counts = counts.filter(|c| c.len() == x.shape.len()).ok_or("the repeats do not fit the shape")?;
    let mut doubled = Vec::new();
    let mut steps = Vec::new();
    for ((size, count), step) in x.shape.iter().zip(&counts).zip(strides(&x.shape)) {
        doubled.extend([*count, *size]);
        steps.extend([0, step]);
    }
    elements(&doubled)?;
    let shape = x.shape.iter().zip(&counts).map(|(size, count)| size * count).collect();
    picked(x, shape, &walk(&doubled, &steps, 0))
}

fn transpose(x: &Tensor, order: &[i64]) -> Result<Tensor, String> {
    let rank = x.shape.len();
    let order: Vec<usize> = match order {
        [] => (0..rank).rev().collect(),
        _ => order.iter().map(|axis| wrapped(*axis, rank)).collect::<Result<_, _>>()?,
    };
    let mut seen = vec![false; rank];
    order.iter().for_each(|axis| seen[*axis] = true);
    if order.len() != rank || seen.contains(&false) {
        return Err(format!("{order:?} is no order of {rank} axes"));
    }
    let own = strides(&x.shape);
    let (shape, steps): (Vec<usize>, Vec<usize>) = order.iter().map(|axis| (x.shape[*axis], own[*axis])).unzip();
    let from = walk(&shape, &steps, 0);
    picked(x, shape, &from)
}
