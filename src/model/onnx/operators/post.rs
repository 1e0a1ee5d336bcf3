//! From the scores of one row to what a classifier or regressor answers, as onnxruntime computes it.

use crate::model::ModelError;

use super::super::spec::NodeSpec;

/// What is done with the scores of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Post {
    /// Nothing.
    Plain,
    /// `1 / (1 + exp(−x))`.
    Logistic,
    /// Exponentials divided by their sum.
    Softmax,
    /// The same for scores that are not 0.
    SoftmaxZero,
    /// The quantile of the normal distribution, approximated.
    Probit,
}

impl Post {
    /// The setting `post_transform` of a node.
    pub(super) fn of(node: &NodeSpec) -> Result<Self, ModelError> {
        Ok(match node.text("post_transform")? {
            "" | "NONE" => Self::Plain,
            "LOGISTIC" => Self::Logistic,
            "SOFTMAX" => Self::Softmax,
            "SOFTMAX_ZERO" => Self::SoftmaxZero,
            "PROBIT" => Self::Probit,
            _ => return Err(node.refuse("the post transform is not known")),
        })
    }

    /// Applies it to the scores of one row, in the precision of `round`.
    pub(super) fn apply(self, scores: &mut [f64], round: fn(f64) -> f64) {
        match self {
            Self::Plain => {}
            Self::Logistic => scores.iter_mut().for_each(|s| *s = logistic(*s, round)),
            Self::Probit => scores.iter_mut().for_each(|s| *s = f64::from(probit(*s as f32))),
            Self::Softmax => softmax(scores, round),
            Self::SoftmaxZero => softmax_zero(scores, round),
        }
    }
}

/// Two scores from the only one of a two-class model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Second {
    /// The score is a share: the other class has the rest. No transform is applied.
    Rest,
    /// The other class has the opposite score.
    Opposite,
}

impl Second {
    /// The scores of both classes.
    pub(super) fn widen(self, score: f64, post: Post, round: fn(f64) -> f64) -> [f64; 2] {
        match (self, post) {
            (Self::Rest, _) => [round(1.0 - score), score],
            (Self::Opposite, Post::Logistic) => [logistic(-score, round), logistic(score, round)],
            (Self::Opposite, _) => [-score, score],
        }
    }
}

/// Rounds to 32 bits.
pub(super) fn to_f32(x: f64) -> f64 {
    f64::from(x as f32)
}

/// Leaves a number as it is.
pub(super) fn to_f64(x: f64) -> f64 {
    x
}

/// Symmetric: both halves come from the exponential of a negative number.
pub(super) fn logistic(x: f64, round: fn(f64) -> f64) -> f64 {
    let half = round(1.0 / round(1.0 + round(libm::exp(-x.abs()))));
    if x < 0.0 { round(1.0 - half) } else { half }
}

fn softmax(scores: &mut [f64], round: fn(f64) -> f64) {
    let top = scores.iter().copied().fold(f64::from(f32::MIN), f64::max);
    scores.iter_mut().for_each(|s| *s = round(libm::exp(round(*s - top))));
    let sum = scores.iter().fold(0.0, |sum, s| round(sum + s));
    scores.iter_mut().for_each(|s| *s = round(*s / sum));
}

fn softmax_zero(scores: &mut [f64], round: fn(f64) -> f64) {
    let top = scores.iter().copied().fold(f64::from(f32::MIN), f64::max);
    let at_top = round(libm::exp(-top));
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        if score.abs() > 0.000_000_1 {
            *score = round(libm::exp(round(*score - top)));
            sum = round(sum + *score);
        } else {
            *score = round(*score * at_top);
        }
    }
    scores.iter_mut().for_each(|s| *s = round(*s / sum));
}

/// Winitzki's approximation of the inverse error function, in f32 as onnxruntime computes it.
fn probit(x: f32) -> f32 {
    let x = 2.0 * x - 1.0;
    let sign = if x < 0.0 { -1.0 } else { 1.0 };
    let log = libm::log(f64::from((1.0 - x) * (1.0 + x))) as f32;
    let v = 2.0 / (std::f32::consts::PI * 0.147) + 0.5 * log;
    let inner = -v + (v * v - 1.0 / 0.147 * log).sqrt();
    std::f32::consts::SQRT_2 * (sign * inner.sqrt())
}
