//! The values of a step times a number.

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::{Mix, Step};

/// `step` times the weight that the composition at `at` gives to its part `name`.
pub fn weighted(at: &At<'_>, name: &str, step: Box<dyn Step>) -> Result<Box<dyn Step>, ModelError> {
    let Some(stored) = at.optional("transformer_weights").and_then(|weights| weights.optional(name)) else {
        return Ok(step);
    };
    let weight = stored.real()?;
    if !weight.is_finite() {
        return Err(stored.wrong("a finite number"));
    }
    Ok(Box::new(Weighted { step, weight }))
}

struct Weighted {
    step: Box<dyn Step>,
    weight: f64,
}

impl Step for Weighted {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        let start = out.len();
        self.step.apply(row, out);
        out.iter_mut().skip(start).for_each(|value| *value *= self.weight);
    }

    fn source(&self, output: usize) -> Option<usize> {
        self.step.source(output)
    }

    fn one(&self, output: usize, value: f64) -> f64 {
        self.step.one(output, value) * self.weight
    }

    fn rises(&self, output: usize) -> bool {
        self.weight > 0.0 && self.step.rises(output)
    }

    fn line(&self, output: usize) -> Option<(f64, f64)> {
        self.step.line(output).map(|(slope, start)| (slope * self.weight, start * self.weight))
    }

    fn mix(&self, output: usize) -> Option<Mix> {
        let mix = self.step.mix(output)?;
        let weights = mix.weights.into_iter().map(|(input, weight)| (input, weight * self.weight)).collect();
        Some(Mix { weights, start: mix.start * self.weight })
    }

    fn mixes(&self) -> Option<&str> {
        self.step.mixes()
    }

    fn width(&self) -> usize {
        self.step.width()
    }

    fn kinds(&self) -> Vec<InputKind> {
        self.step.kinds()
    }

    fn fill(&mut self, levels: &[String]) -> bool {
        self.step.fill(levels)
    }
}
