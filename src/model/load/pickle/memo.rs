//! What a pickle keeps to refer to it again: slots that are numbered one after the other, which is how Python numbers
//! them, and any others that a file may name.

use std::collections::HashMap;

use super::value::Id;

/// Values by their slot.
#[derive(Debug, Default)]
pub struct Memo {
    /// Slots from 0 on.
    dense: Vec<Id>,
    /// Slots behind a gap; none of them is below `dense.len()`.
    sparse: HashMap<usize, Id>,
}

impl Memo {
    /// Number of slots in use, which is the next slot of an opcode that names none.
    pub fn len(&self) -> usize {
        self.dense.len() + self.sparse.len()
    }

    /// Keeps `id` in `slot`; what was there is forgotten.
    pub fn keep(&mut self, slot: usize, id: Id) {
        let end = self.dense.len();
        match self.dense.get_mut(slot) {
            Some(kept) => *kept = id,
            None if slot == end => {
                self.dense.push(id);
                if !self.sparse.is_empty() {
                    self.close_gap();
                }
            }
            None => drop(self.sparse.insert(slot, id)),
        }
    }

    /// What is kept in `slot`.
    pub fn get(&self, slot: usize) -> Option<Id> {
        self.dense.get(slot).or_else(|| self.sparse.get(&slot)).copied()
    }

    fn close_gap(&mut self) {
        // The slot that was just filled may have been kept behind the gap, as those after it.
        self.sparse.remove(&(self.dense.len() - 1));
        while let Some(next) = self.sparse.remove(&self.dense.len()) {
            self.dense.push(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_in_any_order_are_kept_as_in_a_dictionary() {
        let mut state = 7_u32;
        let mut next = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % below
        };
        for slots in [1, 3, 20, 1_000_000_000] {
            let (mut memo, mut plain) = (Memo::default(), HashMap::new());
            for step in 0..300 {
                let slot = if next(3) == 0 { memo.len() } else { next(slots) as usize };
                memo.keep(slot, Id(step));
                plain.insert(slot, Id(step));
                assert_eq!(memo.len(), plain.len(), "slot {slot} of {slots}");
                assert!(plain.iter().all(|(slot, id)| memo.get(*slot) == Some(*id)), "slot {slot} of {slots}");
                assert!((0..50).all(|slot| memo.get(slot) == plain.get(&slot).copied()));
            }
        }
    }
}
