//! Exact contributions of tree ensembles. Two functions are the whole interface, so that kernels can be replaced
//! without touching a method.
//!
//! No names, no settings, no charts: matrices in, contributions out.

mod axis;
mod counting;
mod curves;
mod deep_walk;
mod engine;
mod forest;
pub mod friedman;
mod groups;
mod interactions;
mod interventional;
mod lane_quadrature;
mod leaves;
mod line_tables;
mod outcomes;
mod pair_weights;
mod pairs;
mod path_dependent;
mod plan;
mod quadrature;
mod rank;
mod reference;
mod steps;
mod sweep;
pub mod tree_permutation;
mod twofold;
mod zeta;

use crate::base::{Cancelled, Task};
use crate::model::TreeEnsemble;
use crate::num::MatrixView;
use crate::num::parallel;
use crate::num::parallel::Planes;

pub use axis::{Axes, Axis, Piece};
pub use curves::{Dependence, PairDependence, partial_dependence};
pub use interactions::{InteractionMatrices, Interactions, Visit, Wanted};
pub use interactions::{interaction_matrices, interaction_rows, interactions};
pub use sweep::{Individual, individual};

use path_dependent::Engine;

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
    /// The table of a pair of inputs would need more than 512 MB.
    TooLarge,
    /// More pairs of features meet on paths than fit in memory.
    TooManyPairs,
    /// The work was cancelled.
    Cancelled,
}

impl From<Cancelled> for Stopped {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

/// Path-dependent Shapley values of every row: unknown features follow the training cover. Exact in f64 for any depth,
/// for repeated features, categories, missing values, zero covers and leaves with a value per output.
/// Cost O(rows · leaves · distinct features of a path).
pub fn path_dependent(ensemble: &TreeEnsemble, rows: MatrixView<'_>, task: &Task) -> Result<Contributions, Stopped> {
    let plans = plan::plans(ensemble, task)?;
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

/// Times.
pub fn bench(ensemble: &TreeEnsemble, rows: MatrixView<'_>, clock: fn() -> f64) -> [f64; 2] {
    let task = Task::silent();
    let forest = forest::Forest::new(ensemble, &task).unwrap();
    let engine = engine::Engine::new(&forest, &task).unwrap();
    if std::env::var("CENSUS").is_ok() { engine.census(); }
    let mut scratch = engine.scratch();
    let mut out = vec![0.0; 512 * ensemble.inputs];
    let t = clock();
    for first in (0..rows.rows()).step_by(512) {
        engine.explain(rows, first, 1.0, &mut [&mut out], &mut scratch, &task).unwrap();
    }
    let all = clock() - t;
    let t = clock();
    for first in (0..rows.rows()).step_by(512) {
        engine.encode_only(rows, first, &mut scratch);
    }
    [clock() - t, all]
}

/// New.
pub fn path_dependent2(ensemble: &TreeEnsemble, rows: MatrixView<'_>, task: &Task) -> Result<Contributions, Stopped> {
    let t0 = std::time::Instant::now();
    let forest = forest::Forest::new(ensemble, task)?;
    let t1 = std::time::Instant::now();
    let engine = engine::Engine::new(&forest, task)?;
    let t2 = std::time::Instant::now();
    let mut values = vec![0.0; ensemble.outputs() * rows.rows() * ensemble.inputs];
    let shape = Planes { rows: rows.rows(), width: ensemble.inputs, block: 512 };
    parallel::fill_planes(&mut values, shape, |first, out| {
        engine.explain(rows, first, ensemble.divisor, out, &mut engine.scratch(), task)
    })?;
    let t3 = std::time::Instant::now();
    if std::env::var("TIMES").is_ok() { println!("forest {:?} engine {:?} rows {:?}", t1 - t0, t2 - t1, t3 - t2); }
    let base = forest.mean().iter().zip(&ensemble.base).map(|(sum, start)| sum / ensemble.divisor + start).collect();
    Ok(Contributions { values, base, without_cover: forest.without_cover })
}

/// Path-dependent values as in [`path_dependent`], computed slowly and obviously, for comparison only.
/// Cost O(rows · leaves · features of a path cubed).
pub fn reference(ensemble: &TreeEnsemble, rows: MatrixView<'_>, task: &Task) -> Result<Contributions, Stopped> {
    let forest = forest::Forest::new(ensemble, task)?;
    task.begin("explaining slowly for comparison", rows.rows() as u64);
    let mut values = reference::values(&forest, rows, task)?;
    values.iter_mut().for_each(|value| *value /= ensemble.divisor);
    let base = forest.mean().iter().zip(&ensemble.base).map(|(sum, start)| sum / ensemble.divisor + start).collect();
    Ok(Contributions { values, base, without_cover: forest.without_cover })
}

pub use deep_walk::Rescale;
pub use interventional::{interventional, rescaled};
pub use pairs::pairwise;
