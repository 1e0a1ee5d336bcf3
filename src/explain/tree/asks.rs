//! What tables ask of a row: up to four bits, of sixty-four rows at once.

use crate::num::simd::{Lanes, Nibbles};

use super::outcomes::{Bit, Outcomes};

/// Most bits of a place in a table.
pub(super) const BITS: usize = 4;

/// The questions of a program, one place each.
#[derive(Clone, Debug, Default)]
pub(super) struct Asks {
    bits: Vec<Bit>,
    /// The end of each question in `bits`.
    ends: Vec<u32>,
}

impl Asks {
    /// Adds a question of at most four bits, the lowest first; tells its number.
    pub fn add(&mut self, bits: &[Bit]) -> u32 {
        self.bits.extend(bits.iter().take(BITS));
        self.ends.push(self.bits.len() as u32);
        self.ends.len() as u32 - 1
    }

    /// Asks everything of the rows of a block. Cost a few instructions a bit, for all rows together.
    #[inline(always)]
    pub fn answer<L: Lanes>(&self, lanes: L, outcomes: &Outcomes, places: &mut Vec<Nibbles>) {
        places.resize(self.ends.len(), Nibbles([0; 64]));
        let mut rest = self.bits.iter();
        let mut start = 0;
        for (end, places) in self.ends.iter().zip(places) {
            let mut words = [0; BITS];
            for (word, bit) in words.iter_mut().zip(rest.by_ref().take((end - start) as usize)) {
                *word = bit.word(outcomes);
            }
            start = *end;
            lanes.nibbles(&words, places);
        }
    }
}
