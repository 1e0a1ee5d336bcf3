//! The sides of a table: codes that no leaf of the table tells apart are one piece.

use crate::num::simd::{Job, Lanes};

use super::super::axis::Reach;
use super::super::groups::MOST_BITS;
use super::super::rank::{Block, Codes, ROWS, Test};
use super::conditions::{Coded, Key, Leaf};

/// Beginnings of pieces up to which rows are compared with each of them, 64 rows at a time, and not looked up one by
/// one: with more, comparing costs as much.
const COMPARED: usize = 48;

/// One side of a table.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub feature: u32,
    /// The code with which each piece begins.
    pub starts: Vec<u32>,
    column: u32,
    /// The piece of every code, and the number of pieces after the last.
    pieces: Vec<u32>,
    /// Whether a row lies in a piece beyond the first, beyond the second …
    beyond: Vec<Test>,
}

impl Side {
    fn new<'r>(feature: u32, coded: Coded, reaches: impl Iterator<Item = &'r Reach>) -> Self {
        let mut pieces = vec![0; coded.codes + 1];
        for reach in reaches {
            reach.each_run(|start, end| (pieces[start as usize], pieces[end as usize]) = (1, 1));
        }
        // Whatever begins at code 0 is the first piece, and the last one ends after all codes.
        (pieces[0], pieces[coded.codes]) = (0, 1);
        let (mut piece, mut starts) = (0, vec![0]);
        for (code, cut) in pieces.iter_mut().enumerate() {
            if *cut == 1 {
                piece += 1;
                starts.push(code as u32);
            }
            *cut = piece;
        }
        starts.pop();
        let test =
            |start: &u32| Test { column: coded.column, left: Codes::Within { from: *start, span: u32::MAX - start } };
        let beyond = starts[1..].iter().map(test).collect();
        Self { feature, starts, column: coded.column, pieces, beyond }
    }

    /// Number of pieces.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Calls `see(start, end)` for every run of pieces in `reach`, the end excluded.
    pub fn each_run(&self, reach: &Reach, mut see: impl FnMut(usize, usize)) {
        reach.each_run(|start, end| see(self.pieces[start as usize] as usize, self.pieces[end as usize] as usize));
    }

    /// Bits of the number of a piece.
    fn bits(&self) -> usize {
        self.starts.len().next_power_of_two().ilog2() as usize
    }

    /// The pieces of a block's rows: bit `i` of word `b` is bit `b` of the piece of row `i`.
    #[inline(always)]
    fn compared<L: Lanes>(&self, lanes: L, block: &Block, words: &mut [u64]) {
        for (count, test) in (1u32..).zip(&self.beyond) {
            let beyond = block.goes_left(lanes, test);
            // Counting on from `count - 1` turns the lowest bit of `count` that is one, and all below.
            for word in words.iter_mut().take(count.trailing_zeros() as usize + 1) {
                *word ^= beyond;
            }
        }
    }

    /// The pieces of a block's rows.
    #[inline(always)]
    fn looked_up(&self, block: &Block) -> [u32; ROWS] {
        match block {
            Block::Narrow(columns) => columns[self.column as usize].0.map(|code| self.pieces[usize::from(code)]),
            Block::Wide(columns) => columns[self.column as usize].0.map(|code| self.pieces[code as usize]),
        }
    }
}

/// The layout of one table.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    pub first: Side,
    /// `None` where the leaves ask one feature.
    pub second: Option<Side>,
    pub first_output: usize,
    /// Outputs of a cell.
    pub width: usize,
}

impl Grid {
    /// The layout that tells apart what `leaves` do. Cost O(codes + leaves).
    pub fn new(key: &Key, columns: &[Coded], leaves: &[Leaf<'_>]) -> Self {
        let coded = |feature: u32| columns[feature as usize];
        let first = Side::new(key.first, coded(key.first), leaves.iter().map(|leaf| &leaf.first.reach));
        let second = key.second.map(|feature| {
            let reaches = leaves.iter().filter_map(|leaf| leaf.second.as_ref()).map(|condition| &condition.reach);
            Side::new(feature, coded(feature), reaches)
        });
        Self { first, second, first_output: key.first_output, width: key.width }
    }

    /// Pieces of both sides; one where there is no second feature.
    pub fn shape(&self) -> (usize, usize) {
        (self.first.len(), self.second.as_ref().map_or(1, Side::len))
    }

    /// Length of a line of cells, a power of two.
    pub fn line(&self) -> usize {
        1 << self.second.as_ref().map_or(0, Side::bits)
    }

    /// Number of cells, each with one number per output. Cell `i` of a line is that of piece `i` of the second feature.
    pub fn cells(&self) -> usize {
        self.first.len().saturating_mul(self.line())
    }

    /// Memory of the table and its sides.
    pub fn bytes(&self) -> usize {
        let codes = self.first.pieces.len() + self.second.as_ref().map_or(0, |side| side.pieces.len());
        let cell = self.width * size_of::<f64>();
        self.cells().saturating_mul(cell).saturating_add(codes * size_of::<u32>())
    }

    /// Whether rows are compared with the beginnings of pieces.
    pub fn compares(&self) -> bool {
        let beginnings = self.first.len() + self.second.as_ref().map_or(0, Side::len);
        beginnings <= COMPARED && self.first.bits() + self.line().ilog2() as usize <= MOST_BITS
    }

    /// The cells of a block's rows. Cost a few instructions for each beginning of a piece, or two look-ups a row.
    #[inline(always)]
    pub fn cells_of<L: Lanes>(&self, lanes: L, block: &Block) -> [u32; ROWS] {
        let line = self.line().ilog2() as usize;
        if self.compares() {
            let (mut words, mut cells) = ([0u64; MOST_BITS], [0u16; ROWS]);
            let bits = line + self.first.bits();
            if let Some(second) = &self.second {
                second.compared(lanes, block, &mut words[..line]);
            }
            self.first.compared(lanes, block, &mut words[line..bits]);
            lanes.patterns(&words[..bits], &mut cells);
            return cells.map(u32::from);
        }
        let mut cells = self.first.looked_up(block);
        if let Some(second) = &self.second {
            cells.iter_mut().zip(second.looked_up(block)).for_each(|(cell, piece)| *cell = *cell << line | piece);
        }
        cells
    }
}

/// [`Grid::cells_of`] with the processor's best instructions.
pub(super) struct CellsJob<'j> {
    pub grid: &'j Grid,
    pub block: &'j Block,
}

impl Job for CellsJob<'_> {
    type Output = [u32; ROWS];

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> [u32; ROWS] {
        self.grid.cells_of(lanes, self.block)
    }
}
