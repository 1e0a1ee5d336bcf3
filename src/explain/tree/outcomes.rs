//! What every split of a tree says about sixty-four rows at a time: one bit a row, shared by all methods.

use crate::num::simd::Lanes;

use super::forest::{Above, Lean};
use super::rank::Block;

/// One bit of a row: `(left ^ flip) & (open | any)` of the outcomes of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bit {
    split: u32,
    flip: u64,
    any: u64,
}

/// What a bit tells; the order in which the bits of a pattern stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// The row goes left, and satisfies the splits above with the same feature.
    SatisfiedLeft,
    /// It goes right, and satisfies them.
    SatisfiedRight,
    /// It goes left.
    Left,
}

impl Bit {
    /// The row goes left at a split.
    pub fn left(split: u32) -> Self {
        Self { split, flip: 0, any: u64::MAX }
    }

    /// The row satisfies a split and those above with the same feature.
    pub fn satisfied(by: Above) -> Self {
        Self { split: by.split, flip: if by.left { 0 } else { u64::MAX }, any: 0 }
    }

    /// What it tells, and of which split.
    pub fn told(self) -> (Way, u32) {
        let way = match (self.any, self.flip) {
            (0, 0) => Way::SatisfiedLeft,
            (0, _) => Way::SatisfiedRight,
            _ => Way::Left,
        };
        (way, self.split)
    }

    /// The bits of a block's rows.
    #[inline(always)]
    pub fn word(self, outcomes: &Outcomes) -> u64 {
        let place = self.split as usize;
        (outcomes.left[place] ^ self.flip) & (outcomes.open[place] | self.any)
    }
}

/// The outcomes of one tree for one block of rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcomes {
    /// Per split, the rows that go left.
    pub left: Vec<u64>,
    /// Per split, the rows that satisfy all splits above with the same feature; all ones without such splits.
    pub open: Vec<u64>,
}

impl Outcomes {
    /// Asks every split of `tree`. Cost a few instructions a split.
    #[inline(always)]
    pub fn fill<L: Lanes>(&mut self, lanes: L, tree: &Lean<'_>, block: &Block) {
        self.left.clear();
        self.left.resize(tree.splits.len(), 0);
        self.open.clear();
        self.open.resize(tree.splits.len(), u64::MAX);
        match block {
            Block::Narrow(columns) => {
                for (test, left) in tree.tests.iter().zip(&mut self.left) {
                    *left = test.narrow(lanes, columns);
                }
            }
            Block::Wide(columns) => {
                for (test, left) in tree.tests.iter().zip(&mut self.left) {
                    *left = test.wide(lanes, columns);
                }
            }
        }
        for &place in &tree.repeats {
            if let Some(above) = tree.splits[place as usize].above {
                let (split, left) = (above.split as usize, self.left[above.split as usize]);
                self.open[place as usize] = self.open[split] & if above.left { left } else { !left };
            }
        }
    }
}
