//! Interaction values of pairs of features, path-dependent: unknown features follow the training cover.
//!
//! The matrix of a row holds half the Shapley interaction index in both places of a pair, and on the diagonal what is
//! left of the feature's contribution, so that every line sums to it (the convention of shap and xgboost). Only pairs
//! that meet on a path of some tree are computed and kept: all others are exactly 0.

mod cells;
mod constants;
mod engine;
mod program;
mod shares;
mod walk;

use crate::base::{Cancelled, Task};
use crate::model::TreeEnsemble;
use crate::num::MatrixView;
use crate::num::parallel::{self, Planes};

use super::forest::Forest;
use super::{Stopped, base_of};
use engine::{Engine, Scratch};

/// Parts of a summary: rows are summed within a part first, so that the sum depends on their number alone.
const PARTS: usize = 256;
/// Blocks that wait for their turn when rows are handed over in order.
const WAVE: usize = 32;

/// Matrices of rows and what they are measured from, in the ensemble's native unit.
#[derive(Clone, Debug)]
pub struct InteractionMatrices {
    /// Shape (outputs, rows, inputs, inputs), row-major, symmetric in the last two.
    pub values: Vec<f64>,
    /// Expected value per output.
    pub base: Vec<f64>,
    /// Whether a split had no training cover, so that both its branches count half.
    pub without_cover: bool,
}

/// Interaction values of all rows in brief, and of some rows in full.
#[derive(Clone, Debug)]
pub struct Interactions {
    /// The features of each pair, the smaller first, in ascending order; both alike for a feature on its own.
    pub pairs: Vec<(u32, u32)>,
    /// Mean absolute value over all rows, shape (outputs, pairs).
    pub mean_absolute: Vec<f64>,
    /// Mean value over all rows, shape (outputs, pairs).
    pub mean: Vec<f64>,
    /// Values of the first `kept` rows, shape (outputs, kept, pairs).
    pub values: Vec<f64>,
    /// Rows in `values`.
    pub kept: usize,
    /// Expected value per output.
    pub base: Vec<f64>,
    /// Whether a split had no training cover, so that both its branches count half.
    pub without_cover: bool,
}

/// What is asked about pairs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Only pairs with this input; subtrees that cannot add to them are left out, so that one input against all costs
    /// a fraction of all pairs.
    pub with: Option<usize>,
    /// Rows whose values are kept, from the first on.
    pub keep: usize,
}

/// The matrices of every row, all in memory: 8 · outputs · rows · inputs² bytes.
/// Cost O(rows · splits · features above · nodes), plus the writing of the matrices.
pub fn interaction_matrices(
    ensemble: &TreeEnsemble,
    rows: MatrixView<'_>,
    task: &Task,
) -> Result<InteractionMatrices, Stopped> {
    let forest = Forest::new(ensemble, task)?;
    let engine = Engine::new(&forest, ensemble.divisor, None, task)?;
    let (inputs, outputs) = (ensemble.inputs, ensemble.outputs());
    let mut values = vec![0.0; outputs * rows.rows() * inputs * inputs];
    begin(rows, ensemble, task);
    let shape = Planes { rows: rows.rows(), width: inputs * inputs, block: engine.rows_at_once() };
    parallel::fill_planes(&mut values, shape, |first, planes| {
        let count = planes.first().map_or(0, |plane| plane.len() / (inputs * inputs).max(1));
        let mut scratch = engine.scratch();
        engine.explain(rows, (first, count), &mut scratch, task)?;
        for (output, plane) in planes.iter_mut().enumerate() {
            for (place, &(a, b)) in engine.cells.pairs.iter().enumerate() {
                let (there, back) = (a as usize * inputs + b as usize, b as usize * inputs + a as usize);
                let place = output * engine.cells.pairs.len() + place;
                for (row, matrix) in plane.chunks_exact_mut(inputs * inputs).enumerate() {
                    let value = engine.value(&scratch.sums, row, place);
                    matrix[there] = value;
                    matrix[back] = value;
                }
            }
        }
        Ok(())
    })?;
    Ok(InteractionMatrices { values, base: base_of(&forest.mean(), ensemble), without_cover: forest.without_cover })
}

/// The pairs whose values [`interactions`] gives, in its order. Cost O(splits · (levels + nodes)), whatever the rows.
pub fn interaction_pairs(
    ensemble: &TreeEnsemble,
    with: Option<usize>,
    task: &Task,
) -> Result<Vec<(u32, u32)>, Stopped> {
    let forest = Forest::new(ensemble, task)?;
    let engine = Engine::new(&forest, ensemble.divisor, with.map(|f| f as u32), task)?;
    Ok(Order::new(&engine, with).pairs)
}

/// The mean of every pair over all rows, and the values of as many rows as asked. Memory: that of the kept rows and of
/// the pairs, whatever the number of rows. Cost O(rows · splits · features above · nodes).
pub fn interactions(
    ensemble: &TreeEnsemble,
    rows: MatrixView<'_>,
    wanted: Wanted,
    task: &Task,
) -> Result<Interactions, Stopped> {
    let forest = Forest::new(ensemble, task)?;
    let engine = Engine::new(&forest, ensemble.divisor, wanted.with.map(|f| f as u32), task)?;
    let order = Order::new(&engine, wanted.with);
    let width = order.places.len();
    begin(rows, ensemble, task);
    let kept = wanted.keep.min(rows.rows());
    let mut values = vec![0.0; ensemble.outputs() * kept * width];
    // Kept rows and the others are cut in the same blocks, so that the means do not depend on how many are kept.
    let block = engine.rows_at_once();
    let blocks = rows.rows().div_ceil(block);
    let parts = blocks.div_ceil(blocks.div_ceil(PARTS).max(1));
    let size = blocks.div_ceil(parts.max(1));
    let sums = parallel::map(parts, &Task::silent(), |part| {
        let mut sums = vec![[0.0; 2]; engine.width()];
        let mut pieces = Vec::new();
        let mut scratch = engine.scratch();
        for at in part * size..((part + 1) * size).min(blocks) {
            let (first, count) = (at * block, block.min(rows.rows() - at * block));
            engine.explain(rows, (first, count), &mut scratch, task)?;
            add(&engine, &scratch, count, &mut sums);
            if first < kept {
                pieces.push((first, order.rows(&engine, &scratch, count.min(kept - first))));
            }
        }
        Ok((sums, pieces))
    })?;
    let mut total = vec![[0.0; 2]; engine.width()];
    for part in sums {
        let (sums, pieces) = part.map_err(|Cancelled| Stopped::Cancelled)?;
        for (total, sum) in total.iter_mut().zip(&sums) {
            *total = [total[0] + sum[0], total[1] + sum[1]];
        }
        for (first, piece) in pieces {
            place(&piece, &mut values, ensemble.outputs(), (first * width, kept * width));
        }
    }
    let mean =
        |which: usize| order.each(&engine).map(|place| total[place][which] / rows.rows().max(1) as f64).collect();
    Ok(Interactions {
        mean_absolute: mean(0),
        mean: mean(1),
        pairs: order.pairs,
        values,
        kept,
        base: base_of(&forest.mean(), ensemble),
        without_cover: forest.without_cover,
    })
}

/// Takes the values of a block of rows: `visit(pairs, first row, values)`, pairs as in [`Interactions::pairs`], values of
/// shape (outputs, rows of the block, pairs).
pub type Visit<'v> = dyn FnMut(&[(u32, u32)], usize, &[f64]) -> Result<(), Cancelled> + 'v;

/// Hands the values of all rows over in order, block by block. Memory: that of a few blocks.
pub fn interaction_rows(
    ensemble: &TreeEnsemble,
    rows: MatrixView<'_>,
    with: Option<usize>,
    task: &Task,
    visit: &mut Visit<'_>,
) -> Result<(), Stopped> {
    let forest = Forest::new(ensemble, task)?;
    let engine = Engine::new(&forest, ensemble.divisor, with.map(|f| f as u32), task)?;
    let order = Order::new(&engine, with);
    begin(rows, ensemble, task);
    let block = engine.rows_at_once();
    let blocks = rows.rows().div_ceil(block);
    for wave in (0..blocks).step_by(WAVE) {
        let done = parallel::map(WAVE.min(blocks - wave), &Task::silent(), |at| {
            let first = (wave + at) * block;
            let count = block.min(rows.rows() - first);
            let mut scratch = engine.scratch();
            engine.explain(rows, (first, count), &mut scratch, task)?;
            Ok((first, order.rows(&engine, &scratch, count)))
        })?;
        for block in done {
            let (first, values) = block.map_err(|Cancelled| Stopped::Cancelled)?;
            visit(&order.pairs, first, &values)?;
        }
    }
    Ok(())
}

/// Adds the absolute value and the value of a block's first `count` rows to the sums of every cell.
fn add(engine: &Engine<'_>, scratch: &Scratch, count: usize, sums: &mut [[f64; 2]]) {
    for (place, sum) in sums.iter_mut().enumerate() {
        for row in 0..count {
            let value = engine.value(&scratch.sums, row, place);
            *sum = [sum[0] + value.abs(), sum[1] + value];
        }
    }
}

/// Writes a piece of shape (outputs, rows, pairs) into all kept values, `start` behind the beginning of each output's
/// `plane` numbers.
fn place(piece: &[f64], values: &mut [f64], outputs: usize, (start, plane): (usize, usize)) {
    let length = piece.len() / outputs.max(1);
    for (output, piece) in piece.chunks_exact(length.max(1)).enumerate() {
        values[output * plane + start..output * plane + start + length].copy_from_slice(piece);
    }
}

/// The asked cells in ascending order of their features.
struct Order {
    pairs: Vec<(u32, u32)>,
    /// The cell of each.
    places: Vec<usize>,
}

impl Order {
    fn new(engine: &Engine<'_>, with: Option<usize>) -> Self {
        let asked = |&(a, b): &(u32, u32)| with.is_none_or(|f| a as usize == f || b as usize == f);
        let mut found: Vec<((u32, u32), usize)> =
            engine.cells.pairs.iter().copied().zip(0..).filter(|(pair, _)| asked(pair)).collect();
        found.sort_unstable();
        Self { pairs: found.iter().map(|f| f.0).collect(), places: found.iter().map(|f| f.1).collect() }
    }

    /// Places of all outputs in a block's sums.
    fn each(&self, engine: &Engine<'_>) -> impl Iterator<Item = usize> {
        let cells = engine.cells.pairs.len();
        let outputs = engine.width().checked_div(cells).unwrap_or(0);
        (0..outputs).flat_map(move |output| self.places.iter().map(move |place| output * cells + place))
    }

    /// Values of the first `count` rows of a block, shape (outputs, rows, pairs).
    fn rows(&self, engine: &Engine<'_>, scratch: &Scratch, count: usize) -> Vec<f64> {
        let width = self.places.len();
        let places: Vec<usize> = self.each(engine).collect();
        let mut values = Vec::with_capacity(places.len() * count);
        for places in places.chunks_exact(width.max(1)) {
            for row in 0..count {
                values.extend(places.iter().map(|place| engine.value(&scratch.sums, row, *place)));
            }
        }
        values
    }
}

fn begin(rows: MatrixView<'_>, ensemble: &TreeEnsemble, task: &Task) {
    task.begin("explaining pairs of features", rows.rows() as u64 * ensemble.trees.len() as u64);
}
