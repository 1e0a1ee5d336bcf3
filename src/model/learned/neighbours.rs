//! k nearest neighbours: the coded training rows, searched one by one.

use serde::{Deserialize, Serialize};

use super::coding::Coding;

/// The stored rows and how they vote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neighbours {
    /// Raw inputs to coded columns.
    pub coding: Coding,
    /// Shape (rows, coded columns), row-major.
    pub rows: Vec<f64>,
    /// Index of the class, or the number, of each row.
    pub targets: Vec<f64>,
    /// Neighbours that vote.
    pub k: usize,
    /// Whether votes weigh by one over the distance; neighbours at distance 0 then vote alone.
    pub by_distance: bool,
    /// Number of classes; 0 for numbers.
    pub classes: usize,
}

impl Neighbours {
    /// The answer for one raw row: class shares (the second alone for two classes) or the mean. Among equally near
    /// rows the first stored count. Cost O(rows · columns).
    pub fn answer(&self, raw: &[f64], out: &mut [f64]) {
        let width = self.coding.width();
        let mut coded = vec![0.0; width];
        self.coding.code(raw, &mut coded);
        let near = self.nearest(&coded);
        let exact = self.by_distance && near.iter().any(|(d, _)| *d <= 0.0);
        let weight = |squared: f64| match (self.by_distance, exact) {
            (false, _) => 1.0,
            (true, true) => f64::from(u8::from(squared <= 0.0)),
            (true, false) => 1.0 / squared.sqrt(),
        };
        let total: f64 = near.iter().map(|(d, _)| weight(*d)).sum();
        out.fill(0.0);
        for (squared, row) in near {
            let (share, target) = (weight(squared) / total, self.targets[row]);
            match (self.classes, out.len()) {
                (0, _) => out[0] += share * target,
                (_, 1) => out[0] += if target > 0.5 { share } else { 0.0 },
                _ => {
                    if let Some(place) = out.get_mut(target as usize) {
                        *place += share;
                    }
                }
            }
        }
    }

    /// The `k` nearest as squared distance and row, nearest first.
    fn nearest(&self, coded: &[f64]) -> Vec<(f64, usize)> {
        let mut best: Vec<(f64, usize)> = Vec::with_capacity(self.k + 1);
        for (i, row) in self.rows.chunks_exact(coded.len().max(1)).enumerate() {
            let squared: f64 = row.iter().zip(coded).map(|(a, b)| (a - b) * (a - b)).sum();
            let full = best.len() == self.k;
            if full && best.last().is_some_and(|(worst, _)| squared >= *worst) {
                continue;
            }
            let place = best.partition_point(|(d, _)| *d <= squared);
            best.insert(place, (squared, i));
            best.truncate(self.k);
        }
        best
    }

    /// Whether shapes fit and every number can be used.
    pub fn is_sound(&self, inputs: usize) -> bool {
        let width = self.coding.width();
        let whole = |t: &f64| self.classes == 0 || (*t >= 0.0 && *t < self.classes as f64 && t.fract() == 0.0);
        self.coding.is_sound(inputs)
            && self.k > 0
            && self.k <= self.targets.len()
            && self.targets.len().checked_mul(width) == Some(self.rows.len())
            && self.rows.iter().chain(&self.targets).all(|v| v.is_finite())
            && self.targets.iter().all(whole)
    }
}
