//! Values that change their places only: those that a selector keeps, and columns that steps read, put back among those
//! that they leave out.

use crate::data::InputKind;

use super::{Chain, Step};

/// The steps of `chain` over the columns `read` alone; the others do not matter to it.
pub fn over(chain: &Chain, read: &[usize]) -> Chain {
    let all = chain.kinds();
    let mut places = vec![None; all.len()];
    for (place, column) in read.iter().enumerate() {
        if let Some(slot) = places.get_mut(*column) {
            *slot = Some(place);
        }
    }
    let kinds = read.iter().map(|column| all.get(*column).cloned().unwrap_or(InputKind::Number)).collect();
    chain.behind(Spread { places, kinds })
}

/// A step that moves values and leaves them as they are.
pub struct Spread {
    /// For each value that it makes, the place that it comes from; `None` for one that nothing reads.
    pub places: Vec<Option<usize>>,
    /// What values it is given.
    pub kinds: Vec<InputKind>,
}

impl Step for Spread {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        out.extend(self.places.iter().map(|place| place.and_then(|place| row.get(place).copied()).unwrap_or(f64::NAN)));
    }

    fn source(&self, output: usize) -> Option<usize> {
        self.places.get(output).copied().flatten()
    }

    fn one(&self, _output: usize, value: f64) -> f64 {
        value
    }

    fn rises(&self, _output: usize) -> bool {
        true
    }

    fn line(&self, _output: usize) -> Option<(f64, f64)> {
        Some((1.0, 0.0))
    }

    fn width(&self) -> usize {
        self.places.len()
    }

    fn kinds(&self) -> Vec<InputKind> {
        self.kinds.clone()
    }
}
