//! How a model that was trained here turns raw inputs into the columns its arithmetic needs.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// One raw input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CodedInput {
    /// What stands for a missing value: the median, or the most frequent level, of the training rows.
    pub fill: f64,
    /// Number of levels, one column each; 0 for a number, which has one column.
    pub levels: usize,
    /// Taken from a number before it is divided by `scale`.
    pub centre: f64,
    /// Positive.
    pub scale: f64,
}

impl CodedInput {
    /// Its coded columns.
    fn width(&self) -> usize {
        self.levels.max(1)
    }

    /// Which of them is not zero when the value is `x`, and its number. Levels that it does not have lie beyond.
    fn column(&self, x: f64) -> (usize, f64) {
        let x = if x.is_nan() { self.fill } else { x };
        if self.levels == 0 { (0, (x - self.centre) / self.scale) } else { (x.max(0.0) as usize, 1.0) }
    }
}

/// Raw inputs to coded columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coding {
    /// One per raw input.
    pub inputs: Vec<CodedInput>,
}

impl Coding {
    /// Coded columns.
    pub fn width(&self) -> usize {
        self.inputs.iter().map(CodedInput::width).sum()
    }

    /// The coded columns of input `input`. Cost O(inputs).
    pub fn columns(&self, input: usize) -> Range<usize> {
        let first: usize = self.inputs.iter().take(input).map(CodedInput::width).sum();
        first..first + self.inputs.get(input).map_or(0, CodedInput::width)
    }

    /// The only coded column that is not zero because of input `input`, and its number, when its value is `x`; `None` for a
    /// level that has none. Cost O(inputs).
    pub fn one(&self, input: usize, x: f64) -> Option<(usize, f64)> {
        let first: usize = self.inputs.iter().take(input).map(CodedInput::width).sum();
        let coded = self.inputs.get(input)?;
        let (place, value) = coded.column(x);
        (place < coded.width()).then_some((first + place, value))
    }

    /// Codes one row; `raw` has one value per input, `out` one place per coded column.
    pub fn code(&self, raw: &[f64], out: &mut [f64]) {
        let mut rest = out;
        for (input, &x) in self.inputs.iter().zip(raw) {
            let (part, next) = rest.split_at_mut(input.width().min(rest.len()));
            part.fill(0.0);
            let (place, value) = input.column(x);
            if let Some(place) = part.get_mut(place) {
                *place = value;
            }
            rest = next;
        }
    }

    /// Whether every number can be used.
    pub fn is_sound(&self, inputs: usize) -> bool {
        let sound = |i: &CodedInput| {
            i.fill.is_finite() && i.centre.is_finite() && i.scale.is_finite() && i.scale > 0.0 && i.levels <= 1 << 20
        };
        self.inputs.len() == inputs && self.inputs.iter().all(sound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_scaled_levels_get_a_column_each_and_missing_is_filled() {
        let number = CodedInput { fill: 3.0, levels: 0, centre: 1.0, scale: 2.0 };
        let level = CodedInput { fill: 2.0, levels: 3, centre: 0.0, scale: 1.0 };
        let coding = Coding { inputs: vec![number, level] };
        let mut out = vec![9.0; coding.width()];
        coding.code(&[f64::NAN, 1.0], &mut out);
        assert_eq!(out, [1.0, 0.0, 1.0, 0.0]);
        coding.code(&[1.0, f64::NAN], &mut out);
        assert_eq!(out, [0.0, 0.0, 0.0, 1.0]);
    }
}
