//! Link functions: from the additive score to probabilities and target units, in the source library's arithmetic.

use serde::{Deserialize, Serialize};

use super::card::TaskKind;
use super::predict::Scale;
use super::trees::Accumulate;

/// What turns the margin of one row into the prediction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkFunction {
    /// The margin is the prediction.
    Identity,
    /// `1 / (1 + exp(−slope · margin))` for every output by itself.
    Sigmoid {
        /// Steepness; 1 unless the training settings say otherwise.
        slope: f64,
    },
    /// A line from 0 at −1 to 1 at 1 (the modified Huber loss of scikit-learn).
    Ramp,
    /// The same for every output, divided by their sum.
    RampShares,
    /// Exponentials divided by their sum.
    Softmax,
    /// Sigmoids divided by their sum (one-vs-rest classifiers of scikit-learn).
    SigmoidShares,
    /// `exp(margin)`.
    Exp,
    /// `sign(margin) · margin²` (LightGBM's `sqrt` objective).
    SignedSquare,
    /// `ln(1 + exp(margin))` (LightGBM's `cross_entropy_lambda`).
    SoftPlus,
    /// 1 above 0, else 0 (XGBoost's hinge).
    Step,
    /// 1 for the largest margin, the first of equal ones, else 0 (classifiers that only choose).
    Largest,
    /// 1 for the largest whole number next to the margins, the first of equal ones, else 0 (votes of pairs of classes);
    /// one margin counts the votes of the second of two classes.
    MostVotes,
}

impl LinkFunction {
    /// Whether it makes probabilities of log-odds.
    pub fn is_log_odds(self) -> bool {
        match self {
            Self::Sigmoid { slope } => slope == 1.0,
            Self::Softmax => true,
            _ => false,
        }
    }

    /// Replaces the margins of one row by predictions, in the arithmetic of the source library.
    pub fn apply(self, arithmetic: Accumulate, row: &mut [f64]) {
        match (arithmetic, self) {
            (_, Self::Identity) => {}
            (_, Self::Step) => row.iter_mut().for_each(|v| *v = f64::from(u8::from(*v > 0.0))),
            (Accumulate::F64 | Accumulate::F64FromBase, Self::Softmax) => softmax(row),
            (Accumulate::F32, Self::Softmax) => softmax_f32(row),
            (_, Self::SigmoidShares | Self::RampShares) => shares(self, row),
            (_, Self::Largest) => largest(row),
            (_, Self::Ramp) => row.iter_mut().for_each(|v| *v = self.of(*v)),
            (_, Self::MostVotes) => {
                row.iter_mut().for_each(|v| *v = v.round());
                match row {
                    [votes] => *votes = f64::from(u8::from(*votes > 0.0)),
                    _ => largest(row),
                }
            }
            (Accumulate::F64 | Accumulate::F64FromBase, _) => row.iter_mut().for_each(|v| *v = self.of(*v)),
            (Accumulate::F32, Self::Sigmoid { slope }) => {
                row.iter_mut().for_each(|v| *v = f64::from(sigmoid_f32((*v * slope) as f32)));
            }
            (Accumulate::F32, Self::Exp) => row.iter_mut().for_each(|v| *v = f64::from(exp_f32(*v as f32))),
            (Accumulate::F32, Self::SignedSquare | Self::SoftPlus) => {
                row.iter_mut().for_each(|v| *v = f64::from(self.of(*v) as f32));
            }
        }
    }

    /// One value in f64; what needs its neighbours is left undone here.
    fn of(self, margin: f64) -> f64 {
        match self {
            Self::Identity | Self::Softmax | Self::Largest | Self::MostVotes => margin,
            Self::SigmoidShares => 1.0 / (1.0 + libm::exp(-margin)),
            Self::Sigmoid { slope } => 1.0 / (1.0 + libm::exp(-slope * margin)),
            Self::Ramp | Self::RampShares => (margin.clamp(-1.0, 1.0) + 1.0) / 2.0,
            Self::Exp => libm::exp(margin),
            Self::SignedSquare => margin * margin.abs(),
            Self::SoftPlus => libm::log1p(libm::exp(margin)),
            Self::Step => f64::from(u8::from(margin > 0.0)),
        }
    }

    /// Whether every number in it can be used.
    pub fn is_sound(self) -> bool {
        match self {
            Self::Sigmoid { slope } => slope.is_finite() && slope > 0.0,
            _ => true,
        }
    }
}

/// The native scale of a model that adds up margins, and the scales it answers in, the default first.
pub fn scales(task: TaskKind, link: LinkFunction) -> (Scale, Vec<Scale>) {
    match (task, link) {
        (TaskKind::Binary | TaskKind::Multiclass, _) => (Scale::Margin, vec![Scale::Margin, Scale::Probability]),
        (TaskKind::Ranking, _) => (Scale::Margin, vec![Scale::Margin]),
        (_, LinkFunction::Identity) => (Scale::Target, vec![Scale::Target, Scale::Margin]),
        _ => (Scale::Margin, vec![Scale::Margin, Scale::Target]),
    }
}

fn softmax(row: &mut [f64]) {
    let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    row.iter_mut().for_each(|v| *v = libm::exp(*v - top));
    let sum: f64 = row.iter().sum();
    row.iter_mut().for_each(|v| *v /= sum);
}

fn largest(row: &mut [f64]) {
    let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let best = row.iter().position(|v| *v == top);
    row.iter_mut().enumerate().for_each(|(k, v)| *v = f64::from(u8::from(best == Some(k))));
}

/// Equal shares where every value is 0.
fn shares(link: LinkFunction, row: &mut [f64]) {
    row.iter_mut().for_each(|v| *v = link.of(*v));
    let sum: f64 = row.iter().sum();
    let equal = 1.0 / row.len().max(1) as f64;
    row.iter_mut().for_each(|v| *v = if sum > 0.0 { *v / sum } else { equal });
}

fn softmax_f32(row: &mut [f64]) {
    let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max) as f32;
    row.iter_mut().for_each(|v| *v = f64::from(exp_f32(*v as f32 - top)));
    // XGBoost sums the f32 exponentials in f64 and divides by the rounded sum.
    let sum = row.iter().sum::<f64>() as f32;
    row.iter_mut().for_each(|v| *v = f64::from(*v as f32 / sum));
}

fn sigmoid_f32(x: f32) -> f32 {
    // The cap keeps the exponential finite, as in XGBoost.
    1.0 / (exp_f32((-x).min(88.7)) + 1.0)
}

/// The exponential of an f32, correctly rounded in all but rarest cases because it is computed in f64.
fn exp_f32(x: f32) -> f32 {
    libm::exp(f64::from(x)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_of_one_row_sum_to_one() {
        let mut row = [1000.0, -1000.0, 999.0];
        LinkFunction::Softmax.apply(Accumulate::F64, &mut row);
        assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert!(row[0] > row[2] && row[2] > row[1]);
    }

    #[test]
    fn extreme_margins_stay_probabilities() {
        for arithmetic in [Accumulate::F32, Accumulate::F64] {
            let mut row = [-1e30, 0.0, 1e30];
            LinkFunction::Sigmoid { slope: 1.0 }.apply(arithmetic, &mut row);
            assert!(row[0] >= 0.0 && row[0] < 1e-37, "{row:?}");
            assert_eq!(row[1..], [0.5, 1.0]);
        }
    }
}
