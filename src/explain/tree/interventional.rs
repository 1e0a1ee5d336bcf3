//! Interventional contributions: a feature that is unknown takes its value from each reference row in turn.
//!
//! Trees are divided into groups of leaves with tables ([`super::groups`], [`super::line_tables`]), so that the cost is that of
//! the rows and that of the reference rows, one after the other and never multiplied. Tables are made and used in chunks
//! of a fixed size. Leaves with too many features for a table meet the reference rows themselves ([`super::deep_walk`]).
//! What decides is the tree and the number of reference rows alone, and sums are grouped by chunks alone, so that a row
//! has the same bits in any company.

use std::sync::{Mutex, PoisonError};

use crate::base::{Cancelled, Task};
use crate::model::TreeEnsemble;
use crate::num::MatrixView;
use crate::num::parallel::{self, Planes};
use crate::num::simd::{Eight, Job, Lanes, run};

use super::collapse::Collapse;
use super::deep_walk::{Deep, Rescale, Scales};
use super::forest::Forest;
use super::groups::{Division, divide};
use super::line_tables::{Column, Filled, Piece, VECTORS};
use super::outcomes::Outcomes;
use super::rank::{Block, ROWS};
use super::zeta::Factors;
use super::{Contributions, Stopped};

/// Eights in the tables of one chunk (96 MB).
const CHUNK: usize = (96 << 20) / 64;
/// Distinct features that always get a table.
const SHALLOW: usize = 10;
/// Most distinct features that ever get one: making a table takes four times as long for each pair of features more.
const DEEPEST: usize = 13;
/// Blocks of reference rows coded at a time.
const CODED: usize = 256;
/// Bytes of sums that one thread works on at a time.
const SUMS: usize = 1 << 20;
/// Most blocks of rows that one thread works on at a time.
const BLOCKS: usize = 32;
/// Pieces of work for the threads, where there are enough rows.
const PARTS: usize = 16;

/// Interventional Shapley values of every row: unknown features take their values from each row of `background` in turn,
/// with equal weight or with `weights` (one per background row, finite, not negative, not all zero). Exact in f64.
/// Cost O((rows + background) · groups of leaves + leaves · d² · 2ᵈ) for leaves with at most ten distinct features `d` (up to
/// thirteen where the background is large); of the others O(rows · background / 64 · leaves in reach).
pub fn interventional(
    ensemble: &TreeEnsemble,
    rows: MatrixView<'_>,
    background: MatrixView<'_>,
    weights: Option<&[f64]>,
    task: &Task,
) -> Result<Contributions, Stopped> {
    let forest = Forest::new(ensemble, task)?;
    if let Some(collapse) = Collapse::new(&forest, ensemble) {
        return Ok(collapse.interventional(rows, background, weights, task)?);
    }
    let limit = table_limit(background.rows());
    let divisions = parallel::map(forest.trees.len(), &Task::silent(), |k| divide(&forest.trees[k], limit))?;
    let equal = vec![1.0; if weights.is_none() { background.rows() } else { 0 }];
    let meeting = Meeting { forest: &forest, rows, background, weights: weights.unwrap_or(&equal) };
    let chunks = chunks(&forest, &divisions);
    let deep = Deep::new(&forest, divisions.iter().map(|d| d.deep.as_slice()));
    let work = chunks.iter().map(Vec::len).sum::<usize>() + deep.trees();
    task.begin("explaining against the background", rows.rows() as u64 * work as u64);

    let mut values = vec![0.0; forest.outputs * rows.rows() * forest.inputs];
    let mut base = vec![0.0; forest.outputs];
    for tree in forest.trees.iter().filter(|t| t.splits.is_empty()) {
        tree.mean.iter().zip(&mut base[tree.first_output..]).for_each(|(mean, base)| *base += mean);
    }
    let most = divisions.iter().flat_map(|d| &d.groups).flat_map(|g| &g.leaves).map(|l| l.distinct()).max();
    let factors: Vec<Factors> = (0..=most.unwrap_or(0)).map(Factors::new).collect();
    for chunk in &chunks {
        meeting.chunk(chunk, &factors, &mut values, &mut base, task)?;
    }
    if deep.trees() > 0 {
        let scales = Scales { weights: meeting.weights, total: meeting.total(), rescale: None };
        deep.add(rows, background, &scales, &mut values, &mut base, task)?;
    }
    let divisor = ensemble.divisor;
    values.iter_mut().for_each(|value| *value /= divisor);
    let base = base.iter().zip(&ensemble.base).map(|(sum, start)| sum / divisor + start).collect();
    Ok(Contributions { values, base, without_cover: false })
}

/// Interventional values turned into another scale reference row by reference row, as shap does for
/// `model_output="probability"`: the values against one reference row are multiplied by `(p(x) − p(b)) / (f(x) − f(b))`. They
/// add up to the difference of `p`, but are not the Shapley values of `p`. For ensembles with one output, whose margins
/// in `scale` include the base. Cost O(rows · background / 64 · leaves in reach).
pub fn rescaled(
    ensemble: &TreeEnsemble,
    rows: MatrixView<'_>,
    background: MatrixView<'_>,
    weights: Option<&[f64]>,
    scale: Rescale<'_>,
    task: &Task,
) -> Result<Contributions, Stopped> {
    let forest = Forest::new(ensemble, task)?;
    let equal = vec![1.0; if weights.is_none() { background.rows() } else { 0 }];
    let weights = weights.unwrap_or(&equal);
    let deep = Deep::whole(&forest);
    task.begin("explaining against the background", rows.rows() as u64 * deep.trees() as u64);
    let mut values = vec![0.0; forest.outputs * rows.rows() * forest.inputs];
    let mut margins = vec![0.0; forest.outputs];
    let total: f64 = weights.iter().sum();
    let scales = Scales { weights, total, rescale: Some(scale) };
    deep.add(rows, background, &scales, &mut values, &mut margins, task)?;
    values.iter_mut().for_each(|value| *value /= ensemble.divisor);
    let mean = scale.background.1.iter().zip(weights).map(|(p, w)| p * w).sum::<f64>() / total;
    Ok(Contributions { values, base: vec![mean; forest.outputs], without_cover: false })
}

/// Most distinct features of a leaf with a table. Making a table of 2ᵈ patterns pays when there are reference rows for
/// them.
fn table_limit(background: usize) -> usize {
    let wanted = (4 * background.max(1)).ilog2() as usize;
    wanted.clamp(SHALLOW, DEEPEST)
}

/// The groups of all trees in chunks whose tables fit in memory together.
fn chunks<'a>(forest: &'a Forest<'a>, divisions: &'a [Division]) -> Vec<Vec<Piece<'a>>> {
    let (mut chunks, mut chunk, mut size) = (Vec::new(), Vec::new(), 0);
    for (tree, division) in forest.trees.iter().zip(divisions) {
        let mut first = 0;
        for (place, group) in division.groups.iter().enumerate() {
            let own = group.patterns() * group.span() * tree.width;
            if size > 0 && size + own > CHUNK {
                push(&mut chunk, Piece { tree, groups: &division.groups[first..place] });
                chunks.push(std::mem::take(&mut chunk));
                (first, size) = (place, 0);
            }
            size += own;
        }
        push(&mut chunk, Piece { tree, groups: &division.groups[first..] });
    }
    chunks.push(chunk);
    chunks.retain(|chunk| !chunk.is_empty());
    chunks
}

fn push<'a>(chunk: &mut Vec<Piece<'a>>, piece: Piece<'a>) {
    if !piece.groups.is_empty() {
        chunk.push(piece);
    }
}

/// Rows that meet a background.
struct Meeting<'m> {
    forest: &'m Forest<'m>,
    rows: MatrixView<'m>,
    background: MatrixView<'m>,
    weights: &'m [f64],
}

impl Meeting<'_> {
    fn total(&self) -> f64 {
        self.weights.iter().sum()
    }

    /// Counts, fills and reads the tables of one chunk.
    fn chunk(
        &self,
        pieces: &[Piece<'_>],
        factors: &[Factors],
        values: &mut [f64],
        base: &mut [f64],
        task: &Task,
    ) -> Result<(), Cancelled> {
        let counts = self.counts(pieces, task)?;
        let total = self.total();
        let fill = |k: usize| pieces[k].fill(&counts[k], total, factors, task);
        let tables: Vec<Filled> =
            parallel::map(pieces.len(), &Task::silent(), fill)?.into_iter().collect::<Result<_, _>>()?;
        drop(counts);
        for (piece, filled) in pieces.iter().zip(&tables) {
            filled.mean.iter().zip(&mut base[piece.tree.first_output..]).for_each(|(mean, base)| *base += mean);
        }
        self.read(pieces, &tables, values, task)
    }

    /// The weight of every pattern of every group.
    fn counts(&self, pieces: &[Piece<'_>], task: &Task) -> Result<Vec<Vec<f64>>, Cancelled> {
        let counts: Vec<_> = pieces.iter().map(|p| Mutex::new(vec![0.0; p.counts()])).collect();
        let blocks = self.background.rows().div_ceil(ROWS);
        for first in (0..blocks).step_by(CODED) {
            let count = CODED.min(blocks - first);
            let coded = parallel::map(count, &Task::silent(), |k| code(self.forest, self.background, first + k))?;
            parallel::map(pieces.len(), &Task::silent(), |k| {
                task.check()?;
                let mut counts = counts[k].lock().unwrap_or_else(PoisonError::into_inner);
                let weights = &self.weights[first * ROWS..];
                run(CountJob { piece: &pieces[k], coded: &coded, weights, counts: &mut counts });
                Ok(())
            })?
            .into_iter()
            .collect::<Result<(), Cancelled>>()?;
        }
        Ok(counts.into_iter().map(|c| c.into_inner().unwrap_or_else(PoisonError::into_inner)).collect())
    }

    /// Adds to the values of every row what the tables say.
    fn read(&self, pieces: &[Piece<'_>], tables: &[Filled], values: &mut [f64], task: &Task) -> Result<(), Cancelled> {
        let Forest { inputs, outputs, .. } = *self.forest;
        let fits = SUMS / (size_of::<Column>() * inputs * outputs).max(1);
        let wanted = self.rows.rows().div_ceil(ROWS * PARTS);
        let blocks = wanted.min(fits).clamp(1, BLOCKS);
        let shape = Planes { rows: self.rows.rows(), width: inputs, block: blocks * ROWS };
        parallel::fill_planes(values, shape, |first, planes| {
            let rows = planes.first().map_or(0, |plane| plane.len() / inputs.max(1));
            let part = self.rows.slice(first, first + rows);
            let coded: Vec<Block> = (0..rows.div_ceil(ROWS)).map(|k| code(self.forest, part, k)).collect();
            let mut sums = vec![[Eight::splat(0.0); VECTORS]; coded.len() * inputs * outputs];
            for (piece, filled) in pieces.iter().zip(tables) {
                task.check()?;
                run(ReadJob { piece, lines: &filled.lines, coded: &coded, inputs, sums: &mut sums });
            }
            for (k, plane) in planes.iter_mut().enumerate() {
                for (i, row) in plane.chunks_exact_mut(inputs.max(1)).enumerate() {
                    let columns = &sums[(i / ROWS * outputs + k) * inputs..][..inputs];
                    for (value, column) in row.iter_mut().zip(columns) {
                        *value += column[i % ROWS / 8].0[i % 8];
                    }
                }
            }
            task.advance((rows * pieces.len()) as u64)
        })
    }
}

/// The codes of block `place` of `rows`.
pub(super) fn code(forest: &Forest<'_>, rows: MatrixView<'_>, place: usize) -> Block {
    let mut block = forest.coding.block();
    let first = place * ROWS;
    forest.coding.encode(rows, first, ROWS.min(rows.rows() - first), &mut block);
    block
}

/// Counts blocks of reference rows.
struct CountJob<'j> {
    piece: &'j Piece<'j>,
    coded: &'j [Block],
    /// From the first row of the first block on.
    weights: &'j [f64],
    counts: &'j mut [f64],
}

impl Job for CountJob<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let mut outcomes = Outcomes::default();
        for (block, weights) in self.coded.iter().zip(self.weights.chunks(ROWS)) {
            outcomes.fill(lanes, self.piece.tree, block);
            self.piece.count(lanes, &outcomes, weights, self.counts);
        }
    }
}

/// Reads the tables for blocks of rows.
struct ReadJob<'j> {
    piece: &'j Piece<'j>,
    lines: &'j [Eight],
    coded: &'j [Block],
    inputs: usize,
    /// Shape (blocks, outputs, inputs).
    sums: &'j mut [Column],
}

impl Job for ReadJob<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let mut outcomes = vec![Outcomes::default(); self.coded.len()];
        for (block, outcomes) in self.coded.iter().zip(&mut outcomes) {
            outcomes.fill(lanes, self.piece.tree, block);
        }
        self.piece.add(lanes, &outcomes, self.lines, self.inputs, self.sums);
    }
}
