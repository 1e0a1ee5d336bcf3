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
        self.open.clear();
        for split in &tree.splits {
            let left = block.goes_left(lanes, &split.test);
            let open = match split.above {
                None => u64::MAX,
                Some(above) => {
                    let place = above.split as usize;
                    self.open[place] & if above.left { self.left[place] } else { !self.left[place] }
                }
            };
            self.left.push(left);
            self.open.push(open);
        }
    }
}
