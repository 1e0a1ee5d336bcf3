//! Rows over the tables of many trees: tables are made and used in chunks of a fixed size, cut by the model alone, so that
//! a row has the same bits in any company.

use std::iter::Zip;
use std::ops::RangeFrom;
use std::slice::Iter;
use std::sync::{Mutex, PoisonError};

use crate::base::{Cancelled, Task};
use crate::num::MatrixView;
use crate::num::parallel::{self, Planes};
use crate::num::simd::{Eight, Job, Lanes, run};

use super::forest::{Forest, Lean};
use super::groups::{Division, Size, divide};
use super::line_tables::{Column, Filled, Piece, VECTORS};
use super::outcomes::Outcomes;
use super::rank::{Block, ROWS};
use super::zeta::Factors;

/// Eights in the tables of one chunk (96 MB).
const CHUNK: usize = (96 << 20) / 64;
/// Bytes of sums that one thread works on at a time.
const SUMS: usize = 4 << 20;
/// Most blocks of rows that one thread works on at a time. A table is fetched once for all of them, which counts for more
/// than that their sums stay near: these come and go in order.
const BLOCKS: usize = 256;
/// Blocks of reference rows coded at a time.
const CODED: usize = 256;
/// Pieces of work for each thread, where there are enough rows.
const PARTS: usize = 2;

/// Trees divided into groups of leaves with tables.
pub(super) struct Tabling<'a> {
    trees: Vec<&'a Lean<'a>>,
    divisions: Vec<Division>,
    /// The constants for the leaves of all groups, by their number of features.
    pub factors: Vec<Factors>,
}

impl<'a> Tabling<'a> {
    /// Divides trees; leaves with more than `limit` distinct features get no table. Cost O(splits · levels).
    pub fn new(trees: Vec<&'a Lean<'a>>, limit: usize, size: Size) -> Result<Self, Cancelled> {
        let divisions = parallel::map(trees.len(), &Task::silent(), |k| divide(trees[k], limit, size))?;
        let most = divisions.iter().flat_map(|d| &d.groups).flat_map(|g| &g.leaves).map(|l| l.distinct()).max();
        let factors = (0..=most.unwrap_or(0)).map(Factors::new).collect();
        Ok(Self { trees, divisions, factors })
    }

    /// Per tree, the first values of the leaves without a table.
    pub fn deep(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        self.divisions.iter().map(|d| d.deep.as_slice())
    }

    /// Eights in all tables.
    pub fn size(&self) -> usize {
        let pieces = self.trees.iter().zip(&self.divisions);
        pieces.map(|(tree, division)| Piece { tree, groups: &division.groups }.lines()).sum()
    }

    /// All groups in chunks whose tables fit in memory together.
    pub fn chunks(&self) -> Vec<Vec<Piece<'_>>> {
        let (mut chunks, mut chunk, mut size) = (Vec::new(), Vec::new(), 0);
        for (tree, division) in self.trees.iter().zip(&self.divisions) {
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
}

fn push<'a>(chunk: &mut Vec<Piece<'a>>, piece: Piece<'a>) {
    if !piece.groups.is_empty() {
        chunk.push(piece);
    }
}

/// The codes of block `place` of `rows`.
pub(super) fn code(forest: &Forest<'_>, rows: MatrixView<'_>, place: usize) -> Block {
    let mut block = forest.coding.block();
    let first = place * ROWS;
    forest.coding.encode(rows, first, ROWS.min(rows.rows() - first), &mut block);
    block
}

/// Coded blocks of rows, with their numbers.
pub(super) type Coded<'b> = Zip<RangeFrom<usize>, Iter<'b, Block>>;

/// Counts of rows in several tables of these sizes: `add` adds blocks of `background` to the counts of one table. Tables
/// are counted side by side, each in the order of the rows. Cost O(rows · tables).
pub(super) fn count(
    forest: &Forest<'_>,
    background: MatrixView<'_>,
    sizes: impl Iterator<Item = usize>,
    task: &Task,
    add: impl Fn(usize, Coded<'_>, &mut [f64]) + Sync,
) -> Result<Vec<Vec<f64>>, Cancelled> {
    let counts: Vec<_> = sizes.map(|size| Mutex::new(vec![0.0; size])).collect();
    let blocks = background.rows().div_ceil(ROWS);
    for first in (0..blocks).step_by(CODED) {
        let number = CODED.min(blocks - first);
        let coded = parallel::map(number, &Task::silent(), |k| code(forest, background, first + k))?;
        parallel::map(counts.len(), &Task::silent(), |k| {
            task.check()?;
            let mut counts = counts[k].lock().unwrap_or_else(PoisonError::into_inner);
            add(k, (first..).zip(&coded), &mut counts);
            Ok(())
        })?
        .into_iter()
        .collect::<Result<(), Cancelled>>()?;
    }
    Ok(counts.into_iter().map(|c| c.into_inner().unwrap_or_else(PoisonError::into_inner)).collect())
}

/// Adds to the values of every row, shape (outputs, rows, inputs), what the tables say. Cost O(rows · groups).
pub(super) fn read(
    forest: &Forest<'_>,
    rows: MatrixView<'_>,
    (pieces, tables): (&[Piece<'_>], &[Filled]),
    values: &mut [f64],
    task: &Task,
) -> Result<(), Cancelled> {
    let Forest { inputs, outputs, .. } = *forest;
    let fits = SUMS / (size_of::<Column>() * inputs * outputs).max(1);
    let wanted = rows.rows().div_ceil(ROWS * PARTS * parallel::threads());
    let blocks = wanted.min(fits).clamp(1, BLOCKS);
    let shape = Planes { rows: rows.rows(), width: inputs, block: blocks * ROWS };
    parallel::fill_planes(values, shape, |first, planes| {
        let count = planes.first().map_or(0, |plane| plane.len() / inputs.max(1));
        let part = rows.slice(first, first + count);
        let coded: Vec<Block> = (0..count.div_ceil(ROWS)).map(|k| code(forest, part, k)).collect();
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
        task.advance((count * pieces.len()) as u64)
    })
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

/// Divides all values by an ensemble's divisor. Cost O(values) where it is not 1.
pub(super) fn divided(values: &mut [f64], divisor: f64) {
    if divisor.to_bits() != 1.0_f64.to_bits() {
        values.iter_mut().for_each(|value| *value /= divisor);
    }
}
