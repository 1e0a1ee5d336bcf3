//! Probabilities of several classes from the margins of their pairs: each margin becomes the share of the first class of
//! its pair, and the shares are coupled, those of two classes, too, by the iteration that scikit-learn's LIBSVM stops early,
//! which is repeated here step by step.
//! Source: Wu, Lin and Weng 2004, Probability estimates for multi-class classification by pairwise coupling, method 2.

use crate::model::ModelError;

use super::super::pickle::At;

/// Shares nearer to 0 or 1 are moved away from it.
const LEAST: f64 = 1e-7;
/// The iteration ends where no class is farther off than this share of a class.
const ENOUGH: f64 = 0.005;
/// Most rounds, when there are no more classes.
const ROUNDS: usize = 100;

/// Two numbers for each pair of classes.
pub struct Coupled {
    slopes: Vec<f64>,
    starts: Vec<f64>,
}

impl Coupled {
    /// Those of a machine with so many pairs; `None` where it was fitted without probabilities.
    pub fn read(at: &At<'_>, pairs: usize) -> Result<Option<Self>, ModelError> {
        let (Some(slopes), Some(starts)) = (at.optional("_probA"), at.optional("_probB")) else { return Ok(None) };
        let read = Self { slopes: slopes.array()?.reals()?, starts: starts.array()?.reals()? };
        if read.slopes.is_empty() {
            return Ok(None);
        }
        if read.slopes.len() != pairs || read.starts.len() != pairs {
            return Err(slopes.refuse(format!("{} slopes for {pairs} pairs of classes", read.slopes.len())));
        }
        Ok(Some(read))
    }

    /// The probabilities of all classes, from one margin for each pair, positive for the first of it.
    pub fn probabilities(&self, margins: &[f64], classes: usize) -> Vec<f64> {
        let mut shares = vec![0.0; classes * classes];
        let pairs = (0..classes).flat_map(|i| (i + 1..classes).map(move |j| (i, j)));
        for ((i, j), (margin, (slope, start))) in pairs.zip(margins.iter().zip(self.slopes.iter().zip(&self.starts))) {
            let share = falling(margin * slope + start).clamp(LEAST, 1.0 - LEAST);
            (shares[i * classes + j], shares[j * classes + i]) = (share, 1.0 - share);
        }
        coupled(&shares, classes)
    }
}

/// `1 / (1 + exp(x))`, without overflow.
fn falling(x: f64) -> f64 {
    if x >= 0.0 { libm::exp(-x) / (1.0 + libm::exp(-x)) } else { 1.0 / (1.0 + libm::exp(x)) }
}

fn coupled(shares: &[f64], classes: usize) -> Vec<f64> {
    let share = |i: usize, j: usize| shares[i * classes + j];
    let mut matrix = vec![0.0; classes * classes];
    for i in 0..classes {
        for j in (0..classes).filter(|j| *j != i) {
            matrix[i * classes + i] += share(j, i) * share(j, i);
            matrix[i * classes + j] = -share(j, i) * share(i, j);
        }
    }
    let mut found = vec![1.0 / classes as f64; classes];
    for _round in 0..ROUNDS.max(classes) {
        let mut products: Vec<f64> = matrix
            .chunks_exact(classes)
            .map(|row| row.iter().zip(&found).fold(0.0, |sum, (q, p)| sum + q * p))
            .collect();
        let mut whole = products.iter().zip(&found).fold(0.0, |sum, (product, p)| sum + p * product);
        if products.iter().all(|product| (product - whole).abs() < ENOUGH / classes as f64) {
            break;
        }
        for i in 0..classes {
            let own = matrix[i * classes + i];
            let step = (whole - products[i]) / own;
            found[i] += step;
            whole = (whole + step * (step * own + 2.0 * products[i])) / (1.0 + step) / (1.0 + step);
            for j in 0..classes {
                products[j] = (products[j] + step * matrix[i * classes + j]) / (1.0 + step);
                found[j] /= 1.0 + step;
            }
        }
    }
    found
}
