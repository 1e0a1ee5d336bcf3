//! What every split of a tree says about sixty-four rows at a time: one bit a row, shared by all methods.

use crate::num::simd::Lanes;

use super::forest::Lean;
use super::rank::Block;

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
