//! Axes made longer by one value at their ends, or shorter.

use crate::model::ModelError;

use super::super::broadcast::strides;
use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Kind, Tensor, elements, wrapped};
use super::conversion::cast;
use super::{Family, Operator, need, optional};

/// The operators of this file.
pub static FAMILY: Family = Family { domain: "", names: &["Pad"], build };

/// How much is added before and behind each axis, and what; newer versions give both as inputs.
#[derive(Debug)]
struct Pad {
    pads: Vec<i64>,
    value: f32,
}

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    match node.text("mode")? {
        "" | "constant" => {}
        _ => {
            return Err(
                node.unsupported("only ends filled with one value are computed, not reflected or repeated ones")
            );
        }
    }
    Ok(Box::new(Pad { pads: node.ints("pads")?.to_vec(), value: node.float("value")?.unwrap_or(0.0) }))
}

impl Operator for Pad {
    fn run(&self, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String> {
        let x = need(inputs, 0)?;
        let pads = optional(inputs, 1).map_or(Ok(self.pads.clone()), |t| t.ints().map(|v| v.into_owned()))?;
        let axes: Vec<i64> = match optional(inputs, 3) {
            Some(axes) => axes.ints()?.into_owned(),
            None => (0_i64..).take(x.shape.len()).collect(),
        };
        if pads.len() != 2 * axes.len() {
            return Err(format!("{} lengths do not fit {} axes", pads.len(), axes.len()));
        }
        let value = match optional(inputs, 2) {
            Some(value) => value.clone(),
            None if x.kind() == Kind::Text => return Err(x.odd()),
            None => cast(&Tensor::list(Data::F32(vec![self.value])), x.kind())?,
        };
        if value.data.len() != 1 {
            return Err("one value is expected at the ends".to_owned());
        }
        let mut before = vec![0_i64; x.shape.len()];
        let mut shape = x.shape.clone();
        for (i, axis) in axes.iter().enumerate() {
            let axis = wrapped(*axis, x.shape.len())?;
            before[axis] = pads[i];
            let added = pads[i].checked_add(pads[axes.len() + i]);
            let length = i64::try_from(x.shape[axis]).ok().zip(added).and_then(|(size, added)| size.checked_add(added));
            let length = length.and_then(|length| usize::try_from(length).ok());
            shape[axis] = length.ok_or_else(|| format!("{pads:?} at the ends do not fit {:?}", x.shape))?;
        }
        let count = elements(&shape)?;
        run.charge(count.saturating_mul(shape.len().max(1)))?;
        // The filling value stands behind all elements.
        let all = Data::joined(&[&x.data, &value.data])?;
        let own = strides(&x.shape);
        let result = strides(&shape);
        let place = |at: usize| {
            (0..shape.len()).try_fold(0_usize, |sum, axis| {
                let i = at / result[axis] % shape[axis].max(1);
                let i = i64::try_from(i).ok()?.checked_sub(before[axis])?;
                let i = usize::try_from(i).ok().filter(|i| *i < x.shape[axis])?;
                Some(sum + i * own[axis])
            })
        };
        let from: Vec<usize> = (0..count).map(|at| place(at).unwrap_or(x.data.len())).collect();
        Ok(vec![Tensor::new(shape, all.pick(&from))?])
    }
}
