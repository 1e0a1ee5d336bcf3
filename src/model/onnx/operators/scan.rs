//! Scan: a graph run for every slice of its inputs, as nearest neighbours are exported.

use std::sync::Arc;

use crate::model::ModelError;

use super::super::broadcast::{around, picked};
use super::super::graph::{Graph, Run};
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Tensor, elements, wrapped};
use super::{Family, Operator, need};

/// The operators of this file.
pub static FAMILY: Family = Family { domain: "", names: &["Scan"], build };

/// Loops over the first inputs' slices along an axis.
#[derive(Debug)]
struct Scan {
    body: Graph,
    /// Values carried from one slice to the next.
    states: usize,
    /// Inputs that are cut into slices.
    scanned: usize,
    axes: Vec<i64>,
    backward: Vec<i64>,
}

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    if node.opset < 9 {
        return Err(node.unsupported("Scan before version 9"));
    }
    if node.ints("scan_output_axes")?.iter().chain(node.ints("scan_output_directions")?).any(|v| *v != 0) {
        return Err(node.unsupported("results of Scan along another axis or backward"));
    }
    let spec = node.graph("body")?;
    let scanned = usize::try_from(node.int("num_scan_inputs")?.unwrap_or(0)).unwrap_or(0);
    let states =
        node.inputs.len().checked_sub(scanned).filter(|_| scanned > 0 && node.inputs.len() == spec.inputs.len());
    let states = states.ok_or_else(|| node.refuse("the inputs do not fit those of its graph"))?;
    if spec.outputs.len() < states || spec.outputs.len() != node.outputs.len() {
        return Err(node.refuse("the outputs do not fit those of its graph"));
    }
    let outputs: Vec<String> = spec.outputs.iter().map(|v| v.name.clone()).collect();
    Ok(Box::new(Scan {
        body: Graph::build(spec, &outputs, &spec.free_names())?,
        states,
        scanned,
        axes: node.ints("scan_input_axes")?.to_vec(),
        backward: node.ints("scan_input_directions")?.to_vec(),
    }))
}

impl Operator for Scan {
    fn run(&self, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String> {
        let all = (0..inputs.len()).map(|i| need(inputs, i)).collect::<Result<Vec<&Tensor>, _>>()?;
        let (given, captured) = all.split_at((self.states + self.scanned).min(all.len()));
        let (start, cut) = given.split_at(self.states.min(given.len()));
        let mut states: Vec<Arc<Tensor>> = start.iter().map(|t| Arc::new((*t).clone())).collect();
        let around_it: Vec<Arc<Tensor>> = captured.iter().map(|t| Arc::new((*t).clone())).collect();
        let axis = |i: usize| wrapped(self.axes.get(i).copied().unwrap_or(0), cut[i].shape.len());
        let first = cut.first().ok_or("there is nothing to scan")?;
        let count = first.shape[axis(0)?];
        let mut rows: Vec<Vec<Arc<Tensor>>> = vec![Vec::new(); self.body.outputs.len().saturating_sub(self.states)];
        for step in 0..count {
            let mut values = states.clone();
            for (i, tensor) in cut.iter().enumerate() {
                let backward = self.backward.get(i) == Some(&1);
                values.push(Arc::new(part(tensor, axis(i)?, if backward { count - 1 - step } else { step })?));
            }
            values.extend(around_it.iter().cloned());
            let mut results = self.body.run(values, run)?;
            let new = results.split_off(self.states.min(results.len()));
            states = results;
            for (all, row) in rows.iter_mut().zip(new) {
                elements(&[count, row.data.len()])?;
                all.push(row);
            }
        }
        let stacked = rows.iter().map(|all| stacked(all)).collect::<Result<Vec<Tensor>, _>>()?;
        Ok(states.iter().map(|t| (**t).clone()).chain(stacked).collect())
    }
}

/// The slice at `place` along an axis.
fn part(tensor: &Tensor, axis: usize, place: usize) -> Result<Tensor, String> {
    let (before, length, apart) = around(&tensor.shape, axis);
    if place >= length {
        return Err("the inputs have different lengths".to_owned());
    }
    let from: Vec<usize> =
        (0..before).flat_map(|n| (n * length + place) * apart..(n * length + place + 1) * apart).collect();
    let mut shape = tensor.shape.clone();
    shape.remove(axis);
    picked(tensor, shape, &from)
}

/// Tensors of one shape on top of each other.
fn stacked(all: &[Arc<Tensor>]) -> Result<Tensor, String> {
    let first = all.first().ok_or("nothing was scanned, so the result has no shape")?;
    if all.iter().any(|t| t.shape != first.shape) {
        return Err("the slices of a result have different shapes".to_owned());
    }
    let shape = [&[all.len()], first.shape.as_slice()].concat();
    elements(&shape)?;
    Tensor::new(shape, Data::joined(&all.iter().map(|t| &t.data).collect::<Vec<_>>())?)
}
