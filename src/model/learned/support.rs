//! Support vector machines with a Gaussian kernel.

use serde::{Deserialize, Serialize};

use crate::model::products::Products;

use super::coding::Coding;

/// One decision function: `bias + Σ weight · exp(−gamma · distance²)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Support vectors, shape (vectors, coded columns), row-major.
    pub vectors: Vec<f64>,
    /// One per support vector.
    pub weights: Vec<f64>,
    /// Added to the sum.
    pub bias: f64,
    /// Multiplies the decision value: Platt's slope for classes, the scale of the target for numbers.
    pub slope: f64,
    /// Added after `slope`.
    pub offset: f64,
}

/// One machine for numbers and for two classes, one per class against the rest for several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Support {
    /// Raw inputs to coded columns.
    pub coding: Coding,
    /// Kernel width, positive.
    pub gamma: f64,
    /// The decision functions.
    pub machines: Vec<Machine>,
    /// Whether answers are probabilities (logistic in the decision value) or numbers.
    pub probabilities: bool,
}

impl Machine {
    /// The decision value of one coded row. Cost O(vectors · columns).
    pub fn decide(&self, coded: &[f64], gamma: f64) -> f64 {
        let mut sum = self.bias;
        for (vector, weight) in self.vectors.chunks_exact(coded.len().max(1)).zip(&self.weights) {
            let squared: f64 = vector.iter().zip(coded).map(|(a, b)| (a - b) * (a - b)).sum();
            sum += weight * libm::exp(-gamma * squared);
        }
        sum
    }
}

impl Support {
    /// The answer for one raw row.
    pub fn answer(&self, raw: &[f64], out: &mut [f64]) {
        let mut coded = vec![0.0; self.coding.width()];
        self.coding.code(raw, &mut coded);
        for (machine, place) in self.machines.iter().zip(out.iter_mut()) {
            let line = machine.slope * machine.decide(&coded, self.gamma) + machine.offset;
            *place = if self.probabilities { 1.0 / (1.0 + libm::exp(-line)) } else { line };
        }
        if self.probabilities && out.len() > 1 {
            // Far from every class all shares vanish; then nothing is known.
            let sum: f64 = out.iter().sum();
            let even = 1.0 / out.len() as f64;
            out.iter_mut().for_each(|p| *p = if sum > 0.0 { *p / sum } else { even });
        }
    }

    /// Whether shapes fit and every number can be used.
    pub fn is_sound(&self, inputs: usize, outputs: usize) -> bool {
        let width = self.coding.width();
        let sound = |m: &Machine| {
            m.weights.len().checked_mul(width) == Some(m.vectors.len())
                && m.vectors.iter().chain(&m.weights).chain([&m.bias, &m.slope, &m.offset]).all(|v| v.is_finite())
        };
        self.coding.is_sound(inputs)
            && self.gamma.is_finite()
            && self.gamma > 0.0
            && self.machines.len() == outputs
            && self.machines.iter().all(sound)
    }
}

impl Support {
    /// Whether the answer is the sum of one machine, and not a share of several.
    pub fn is_sum(&self) -> bool {
        !self.probabilities && self.machines.len() == 1
    }
}

/// One machine: a distance is a sum over the inputs, so its exponential is a product over them.
impl Products for Support {
    fn outputs(&self) -> usize {
        self.machines.len()
    }

    fn count(&self) -> usize {
        self.machines.first().map_or(0, |machine| machine.weights.len())
    }

    fn intercept(&self, output: usize) -> f64 {
        self.machines.get(output).map_or(0.0, |m| m.slope * m.bias + m.offset)
    }

    fn weights(&self, output: usize, first: usize, out: &mut [f64]) {
        let Some(machine) = self.machines.get(output) else { return };
        out.iter_mut().zip(machine.weights.iter().skip(first)).for_each(|(out, weight)| *out = machine.slope * weight);
    }

    fn factors(&self, input: usize, x: f64, first: usize, out: &mut [f64]) {
        let Some(machine) = self.machines.first() else { return };
        let columns = self.coding.columns(input);
        let mut coded = vec![0.0; columns.len()];
        if let Some(place) = self.coding.one(input, x) {
            coded[place.0 - columns.start] = place.1;
        }
        let vectors = machine.vectors.chunks_exact(self.coding.width().max(1)).skip(first);
        for (out, vector) in out.iter_mut().zip(vectors) {
            let own = vector.get(columns.clone()).unwrap_or_default();
            let squared: f64 = own.iter().zip(&coded).map(|(a, b)| (a - b) * (a - b)).sum();
            *out = libm::exp(-self.gamma * squared);
        }
    }
}
