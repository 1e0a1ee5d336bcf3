//! Where sums stand: one cell for each feature of a split, one for each pair of features that meet on a path.

use std::collections::HashMap;

/// Inputs up to which places are found in a square table.
const SQUARE: usize = 2048;

/// The cells of an ensemble, numbered in the order in which its paths meet them.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    /// The features of every cell, the smaller first; both alike for a feature on its own.
    pub pairs: Vec<(u32, u32)>,
    places: Places,
}

#[derive(Clone, Debug)]
enum Places {
    /// One place (plus one; 0 for none) for each pair of inputs.
    Square {
        inputs: usize,
        places: Vec<u32>,
    },
    Sparse(HashMap<(u32, u32), u32>),
}

impl Cells {
    /// No cells yet, for an ensemble with `inputs` inputs.
    pub fn new(inputs: usize) -> Self {
        let places = match inputs {
            ..=SQUARE => Places::Square { inputs, places: vec![0; inputs * inputs] },
            _ => Places::Sparse(HashMap::new()),
        };
        Self { pairs: Vec::new(), places }
    }

    /// The cell of one feature on its own.
    pub fn own(&self, feature: u32) -> Option<u32> {
        match &self.places {
            Places::Square { inputs, places } => places.get(feature as usize * (inputs + 1))?.checked_sub(1),
            Places::Sparse(places) => places.get(&(feature, feature)).copied(),
        }
    }

    /// The cell of two features in either order, or of one feature given twice; a new one where there was none.
    pub fn of(&mut self, a: u32, b: u32) -> u32 {
        let (low, high) = (a.min(b), a.max(b));
        let next = self.pairs.len() as u32;
        let place = match &mut self.places {
            Places::Square { inputs, places } => {
                let place = &mut places[low as usize * *inputs + high as usize];
                if *place == 0 {
                    *place = next + 1;
                }
                *place - 1
            }
            Places::Sparse(places) => *places.entry((low, high)).or_insert(next),
        };
        if place == next {
            self.pairs.push((low, high));
        }
        place
    }
}
