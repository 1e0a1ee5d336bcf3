//! Exact contributions of tree ensembles. Two functions are the whole interface, so that kernels can be replaced
//! without touching a method.
//!
//! No names, no settings, no charts: matrices in, contributions out.

mod interventional;
mod path_dependent;
mod plan;
mod quadrature;

use crate::base::{Cancelled, Task};
use crate::model::TreeEnsemble;
use crate::num::MatrixView;
use crate::num::parallel;
use crate::num::parallel::Planes;

use interventional::{Pairs, Scratch, Weights};
use path_dependent::Engine;

/// Explained rows per block of the interventional walk, small because every row meets the whole background.
const PAIR_BLOCK: usize = 4;

/// Contributions and what they are measured from, in the ensemble's native unit.
#[derive(Clone, Debug)]
pub struct Contributions {
    /// Shape (outputs, rows, inputs), row-major.
    pub values: Vec<f64>,
    /// Expected value per output.
    pub base: Vec<f64>,
    /// Whether a split had no training cover, so that both its branches count half.
    pub without_cover: bool,
}

/// Why trees could not be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The nodes of this tree are not connected as a tree.
    NoTree(usize),
    /// The work was cancelled.
    Cancelled,
}

impl From<Cancelled> for Stopped {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl From<plan::NoTree> for Stopped {
    fn from(fault: plan::NoTree) -> Self {
        Self::NoTree(fault.tree)
    }
}

/// Path-dependent Shapley values of every row: unknown features follow the training cover. Exact in f64 for any depth,
/// for repeated features, categories, missing values, zero covers and leaves with a value per output.
/// Cost O(rows · leaves · distinct features of a path).
pub fn path_dependent(ensemble: &TreeEnsemble, rows: MatrixView<'_>, task: &Task) -> Result<Contributions, Stopped> {
    let plans = plan::plans(ensemble)?;
    let engine = Engine::new(ensemble, &plans);
    let mut values = vec![0.0; ensemble.outputs() * rows.rows() * ensemble.inputs];
    task.begin("explaining with tree paths", rows.rows() as u64 * ensemble.trees.len() as u64);
    let shape = Planes { rows: rows.rows(), width: ensemble.inputs, block: parallel::BLOCK };
    parallel::fill_planes(&mut values, shape, |first, out| {
        engine.add_block(rows, first, out, task)?;
        for value in out.iter_mut().flat_map(|plane| plane.iter_mut()) {
            *value /= ensemble.divisor;
        }
        Ok(())
    })?;
    let mut base = vec![0.0; ensemble.outputs()];
    for (tree, plan) in ensemble.trees.iter().zip(&plans) {
        let first = tree.output.unwrap_or(0) as usize;
        for (sum, mean) in base.iter_mut().skip(first).zip(&plan.mean) {
            *sum += mean;
        }
    }
    for (sum, start) in base.iter_mut().zip(&ensemble.base) {
        *sum = *sum / ensemble.divisor + start;
    }
    Ok(Contributions { values, base, without_cover: plans.iter().any(|p| p.without_cover) })
}

/// Interventional Shapley values of every row: unknown features take their values from each row of `background` in
/// turn, all with equal weight. Exact in f64.
/// Cost O(rows · background · trees · nodes that either row reaches).
pub fn interventional(
    ensemble: &TreeEnsemble,
    rows: MatrixView<'_>,
    background: MatrixView<'_>,
    task: &Task,
) -> Result<Contributions, Stopped> {
    let plans = plan::plans(ensemble)?;
    let weights = Weights::new(plans.iter().map(|p| p.distinct).max().unwrap_or(0));
    let (inputs, outputs) = (ensemble.inputs, ensemble.outputs());
    let divisor = ensemble.divisor * background.rows() as f64;
    let mut values = vec![0.0; outputs * rows.rows() * inputs];
    task.begin("explaining against the background", rows.rows() as u64 * ensemble.trees.len() as u64);
    let shape = Planes { rows: rows.rows(), width: inputs, block: PAIR_BLOCK };
    parallel::fill_planes(&mut values, shape, |first, out| {
        let mut scratch = Scratch::new(inputs);
        let mut sums = vec![0.0; outputs * inputs];
        let count = out.first().map_or(0, |plane| plane.len() / inputs.max(1));
        for position in 0..count {
            sums.fill(0.0);
            for tree in &ensemble.trees {
                let pairs = Pairs { ensemble, tree, weights: &weights, task };
                pairs.add(rows.row(first + position), background, &mut scratch, &mut sums)?;
                task.advance(1)?;
            }
            for (plane, sums) in out.iter_mut().zip(sums.chunks_exact(inputs)) {
                for (value, sum) in plane[position * inputs..].iter_mut().zip(sums) {
                    *value = sum / divisor;
                }
            }
        }
        Ok(())
    })?;
    let base = mean_score(ensemble, background, task)?;
    Ok(Contributions { values, base, without_cover: false })
}

/// The mean native score over `background`, per output.
fn mean_score(ensemble: &TreeEnsemble, background: MatrixView<'_>, task: &Task) -> Result<Vec<f64>, Cancelled> {
    let outputs = ensemble.outputs();
    let mut scores = vec![0.0; background.rows() * outputs];
    parallel::fill_rows(&mut scores, outputs, &Task::silent(), |first, part| {
        for (k, out) in part.chunks_exact_mut(outputs).enumerate() {
            if task.check().is_ok() {
                ensemble.score_f64(background.row(first + k), out);
            }
        }
    })?;
    task.check()?;
    let mean = |k: usize| {
        let column: Vec<f64> = scores.iter().skip(k).step_by(outputs).copied().collect();
        crate::num::stats::mean(&column)
    };
    Ok((0..outputs).map(mean).collect())
}
