//! Rows through all tables.

use crate::base::{Cancelled, Task};
use crate::num::MatrixView;
use crate::num::parallel::{self, Planes};
use crate::num::simd::{Eight, Job, Lanes, run};

use super::super::engine::rows_together;
use super::super::forest::Forest;
use super::super::rank::{Block, ROWS};
use super::super::tables::code;
use super::super::twofold::Twofold;
use super::pieces::Grid;

/// One number for each row of a block.
type Column = [Eight; ROWS / 8];

/// The single effect of one feature on one output.
pub(super) struct Main {
    /// Its place among (outputs, inputs).
    place: usize,
    column: u32,
    /// One number a code.
    values: Vec<f64>,
}

impl Main {
    /// From the steps from code to code.
    pub fn new(place: usize, column: u32, steps: &[Twofold]) -> Self {
        let mut sum = Twofold::default();
        let next = |step: &Twofold| {
            sum += *step;
            sum.rounded()
        };
        Self { place, column, values: steps.iter().map(next).collect() }
    }
}

/// All tables of an ensemble.
pub(super) struct Reading<'r> {
    pub forest: &'r Forest<'r>,
    pub mains: Vec<Main>,
    /// The tables of pairs, with half of the joint effect in every cell; shape (outputs, cells).
    pub pairs: Vec<(&'r Grid, &'r [f64])>,
    pub divisor: f64,
}

impl Reading<'_> {
    /// What the tables give to every row, shape (outputs, rows, inputs). Cost O(rows · tables · outputs of each).
    pub fn read(&self, rows: MatrixView<'_>, task: &Task) -> Result<Vec<f64>, Cancelled> {
        let Forest { inputs, outputs, .. } = *self.forest;
        let mut values = vec![0.0; outputs * rows.rows() * inputs];
        let size = (outputs * inputs).max(1);
        let block = rows_together(rows.rows(), size);
        parallel::fill_planes(&mut values, Planes { rows: rows.rows(), width: inputs, block }, |first, planes| {
            task.check()?;
            let count = planes.first().map_or(0, |plane| plane.len() / inputs.max(1));
            let part = rows.slice(first, first + count);
            let coded: Vec<Block> = (0..count.div_ceil(ROWS)).map(|k| code(self.forest, part, k)).collect();
            let mut sums: Vec<Column> = vec![[Eight::splat(0.0); ROWS / 8]; coded.len() * size];
            run(ReadJob { reading: self, coded: &coded, sums: &mut sums });
            for (k, sums) in sums.chunks_exact(size).enumerate() {
                self.turn(sums, k, planes);
            }
            task.advance(count as u64)
        })?;
        Ok(values)
    }

    /// Writes the columns of block `k` as rows.
    fn turn(&self, sums: &[Column], k: usize, planes: &mut [&mut [f64]]) {
        let inputs = self.forest.inputs;
        for (plane, columns) in planes.iter_mut().zip(sums.chunks_exact(inputs)) {
            let rows = plane[k * ROWS * inputs..].chunks_exact_mut(inputs).take(ROWS);
            for (i, row) in rows.enumerate() {
                for (value, column) in row.iter_mut().zip(columns) {
                    *value = column[i / 8].0[i % 8] / self.divisor;
                }
            }
        }
    }
}

/// Adds what all tables give to blocks of rows.
struct ReadJob<'j> {
    reading: &'j Reading<'j>,
    coded: &'j [Block],
    /// Shape (blocks, outputs, inputs).
    sums: &'j mut [Column],
}

impl Job for ReadJob<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Reading { forest, mains, pairs, .. } = self.reading;
        let size = forest.outputs * forest.inputs;
        for (block, sums) in self.coded.iter().zip(self.sums.chunks_exact_mut(size)) {
            for main in mains {
                main.set(block, &mut sums[main.place]);
            }
        }
        for (grid, cells) in pairs {
            for (block, sums) in self.coded.iter().zip(self.sums.chunks_exact_mut(size)) {
                let places = grid.cells_of(lanes, block);
                for (output, cells) in cells.chunks_exact(grid.cells()).enumerate() {
                    let columns = &mut sums[(grid.first_output + output) * forest.inputs..][..forest.inputs];
                    add(lanes, grid, (cells, &places), columns);
                }
            }
        }
    }
}

impl Main {
    #[inline(always)]
    fn set(&self, block: &Block, sums: &mut Column) {
        match block {
            Block::Narrow(columns) => spread(&self.values, &columns[self.column as usize].0, sums),
            Block::Wide(columns) => spread(&self.values, &columns[self.column as usize].0, sums),
        }
    }
}

#[inline(always)]
fn spread<C: Copy + Into<u32>>(values: &[f64], codes: &[C; ROWS], sums: &mut [Eight]) {
    for (sums, codes) in sums.iter_mut().zip(codes.as_chunks::<8>().0) {
        *sums = Eight(codes.map(|code| values[code.into() as usize]));
    }
}

/// Adds the joint effect of a pair to the columns of both of its features.
#[inline(always)]
fn add<L: Lanes>(lanes: L, grid: &Grid, (cells, places): (&[f64], &[u32; ROWS]), columns: &mut [Column]) {
    let Some(second) = &grid.second else { return };
    let features = [grid.first.feature as usize, second.feature as usize];
    let [one, other] = columns.get_disjoint_mut(features).expect("the features of a pair are two");
    for ((places, one), other) in places.as_chunks::<8>().0.iter().zip(one).zip(other) {
        let given = lanes.load(&Eight(places.map(|place| cells[place as usize])));
        lanes.store(one, lanes.add(lanes.load(one), given));
        lanes.store(other, lanes.add(lanes.load(other), given));
    }
}
