//! Exact contributions of tree ensembles. Two functions are the whole interface, so that kernels can be replaced
//! without touching a method.
//!
//! No names, no settings, no charts: matrices in, contributions out.

mod axis;
mod counting;
mod curves;
mod engine;
mod forest;
pub mod friedman;
mod interactions;
mod interventional;
mod lane_quadrature;
mod leaves;
mod outcomes;
mod path_dependent;
mod plan;
mod quadrature;
mod rank;
mod reference;
mod steps;
mod sweep;
mod tables;
pub mod tree_permutation;
mod twofold;

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

use interventional::{Pairs, Scratch, Weights};
use path_dependent::Engine;
use plan::Plan;
use tables::{Outline, Shallow};

/// Explained rows per block of the interventional walk, small because every row meets the whole background.
const PAIR_BLOCK: usize = 4;
/// Numbers in the tables that are held at one time (256 MB).
const TABLES: usize = 32 << 20;

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
pub fn bench(ensemble: &TreeEnsemble, rows: MatrixView<'_>) -> [f64; 2] {
    let task = Task::silent();
    let forest = forest::Forest::new(ensemble, &task).unwrap();
    let engine = engine::Engine::new(&forest, &task).unwrap();
    let mut scratch = engine.scratch();
    let mut out = vec![0.0; 64 * ensemble.inputs];
    let t = std::time::Instant::now();
    for first in (0..rows.rows()).step_by(64) {
        engine.outcomes(rows, first, &mut scratch);
    }
    let a = t.elapsed().as_secs_f64();
    let t = std::time::Instant::now();
    for first in (0..rows.rows()).step_by(64) {
        engine.explain(rows, first, 1.0, &mut [&mut out], &mut scratch, &task).unwrap();
    }
    [a, t.elapsed().as_secs_f64()]
}

/// New.
pub fn path_dependent2(ensemble: &TreeEnsemble, rows: MatrixView<'_>, task: &Task) -> Result<Contributions, Stopped> {
    let t0 = std::time::Instant::now();
    let forest = forest::Forest::new(ensemble, task)?;
    let t1 = std::time::Instant::now();
    let engine = engine::Engine::new(&forest, task)?;
    let t2 = std::time::Instant::now();
    let mut values = vec![0.0; ensemble.outputs() * rows.rows() * ensemble.inputs];
    let shape = Planes { rows: rows.rows(), width: ensemble.inputs, block: parallel::BLOCK };
    parallel::fill_planes(&mut values, shape, |first, out| {
        engine.explain(rows, first, ensemble.divisor, out, &mut engine.scratch(), task)
    })?;
    let t3 = std::time::Instant::now();
    println!("forest {:?} engine {:?} rows {:?}", t1 - t0, t2 - t1, t3 - t2);
    let base = forest.mean().iter().zip(&ensemble.base).map(|(sum, start)| sum / ensemble.divisor + start).collect();
    Ok(Contributions { values, base, without_cover: forest.without_cover })
}

/// Interventional Shapley values of every row: unknown features take their values from each row of `background` in
/// turn, all with equal weight. Exact in f64.
/// Cost of trees with at most ten features on a path O((rows + background) · nodes + leaves · 3^features); of the
/// others O(rows · background · nodes that either row reaches). Which of the two is used depends on the tree alone, so
/// a row's bits do not depend on its neighbours.
pub fn interventional(
    ensemble: &TreeEnsemble,
    rows: MatrixView<'_>,
    background: MatrixView<'_>,
    task: &Task,
) -> Result<Contributions, Stopped> {
    let plans = plan::plans(ensemble, task)?;
    let mut values = vec![0.0; ensemble.outputs() * rows.rows() * ensemble.inputs];
    let meeting = Meeting {
        ensemble,
        plans: &plans,
        outlines: plans.iter().map(Outline::new).collect(),
        weights: Weights::new(plans.iter().map(|p| p.distinct).max().unwrap_or(0)),
        rows,
        background,
    };
    task.begin("explaining against the background", rows.rows() as u64 * ensemble.trees.len() as u64);
    meeting.add_shallow(&mut values, task)?;
    meeting.add_deep(&mut values, task)?;
    let divisor = ensemble.divisor * background.rows() as f64;
    values.iter_mut().for_each(|value| *value /= divisor);
    let base = mean_score(ensemble, background, task)?;
    Ok(Contributions { values, base, without_cover: false })
}

/// Rows that meet a background.
struct Meeting<'a> {
    ensemble: &'a TreeEnsemble,
    plans: &'a [Plan],
    /// Per tree, the outline of its tables; `None` for deep trees.
    outlines: Vec<Option<Outline>>,
    weights: Weights,
    rows: MatrixView<'a>,
    background: MatrixView<'a>,
}

impl Meeting<'_> {
    /// Adds the contributions of all shallow trees by tables, as many trees at a time as fit in memory.
    fn add_shallow(&self, values: &mut [f64], task: &Task) -> Result<(), Cancelled> {
        let shallow: Vec<Shallow<'_>> = (self.ensemble.trees.iter().zip(self.plans).zip(&self.outlines))
            .filter_map(|((tree, plan), outline)| {
                let outline = outline.as_ref()?;
                Some(Shallow { ensemble: self.ensemble, tree, plan, outline })
            })
            .collect();
        let mut first = 0;
        while first < shallow.len() {
            let mut size = 0;
            let fits = |tree: &&Shallow<'_>| {
                size += tree.outline.size;
                size <= TABLES
            };
            let count = shallow[first..].iter().take_while(fits).count().max(1);
            let group = &shallow[first..first + count];
            let fill = |k: usize| group[k].fill(self.background, &self.weights, task);
            let tables = parallel::map(count, &Task::silent(), fill)?.into_iter().collect::<Result<Vec<_>, _>>()?;
            self.each_row(values, parallel::BLOCK, |row, sums, patterns| {
                task.check()?;
                for (tree, table) in group.iter().zip(&tables) {
                    tree.add(row, table, patterns, sums);
                }
                task.advance(count as u64)
            })?;
            first += count;
        }
        Ok(())
    }

    /// Adds the contributions of all deep trees, background row by background row.
    fn add_deep(&self, values: &mut [f64], task: &Task) -> Result<(), Cancelled> {
        let deep: Vec<_> = self.ensemble.trees.iter().zip(&self.outlines).filter(|(_, o)| o.is_none()).collect();
        if deep.is_empty() {
            return Ok(());
        }
        self.each_row(values, PAIR_BLOCK, |row, sums, _| {
            let mut scratch = Scratch::new(self.ensemble.inputs);
            for (tree, _) in &deep {
                let pairs = Pairs { ensemble: self.ensemble, tree, weights: &self.weights, task };
                pairs.add(row, self.background, &mut scratch, sums)?;
                task.advance(1)?;
            }
            Ok(())
        })
    }

    /// Calls `add(row, sums, patterns)` for every row in parallel and adds its sums of shape (outputs, inputs) to
    /// `values`.
    fn each_row<F>(&self, values: &mut [f64], block: usize, add: F) -> Result<(), Cancelled>
    where
        F: Fn(&[f64], &mut [f64], &mut Vec<usize>) -> Result<(), Cancelled> + Sync,
    {
        let inputs = self.ensemble.inputs;
        let shape = Planes { rows: self.rows.rows(), width: inputs, block };
        parallel::fill_planes(values, shape, |first, planes| {
            let (mut sums, mut patterns) = (vec![0.0; planes.len() * inputs], Vec::new());
            let count = planes.first().map_or(0, |plane| plane.len() / inputs.max(1));
            for position in 0..count {
                sums.fill(0.0);
                add(self.rows.row(first + position), &mut sums, &mut patterns)?;
                for (plane, sums) in planes.iter_mut().zip(sums.chunks_exact(inputs)) {
                    for (value, sum) in plane[position * inputs..].iter_mut().zip(sums) {
                        *value += sum;
                    }
                }
            }
            Ok(())
        })
    }
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
