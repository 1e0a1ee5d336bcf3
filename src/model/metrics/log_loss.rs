//! Log loss: the mean negative logarithm of the probability given to what came true.

use crate::base::Entry;

use super::super::card::TaskKind;
use super::{Metric, probability_of};

/// Log loss: the mean negative logarithm of the probability given to what came true.
pub struct LogLoss;

impl Entry for LogLoss {
    fn id(&self) -> &'static str {
        "log-loss"
    }

    fn title(&self) -> &'static str {
        "Log loss"
    }

    fn summary(&self) -> &'static str {
        "Mean negative logarithm of the probability given to the class that came true"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Good 1952, Rational decisions; probabilities are limited to 2.2e-16 from 0 and 1, as scikit-learn does"]
    }
}

impl Metric for LogLoss {
    fn applies(&self, task: TaskKind) -> bool {
        task.is_classification()
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn unit(&self) -> &'static str {
        "0 and up, natural logarithm"
    }

    fn row_loss(&self, truth: f64, predicted: &[f64]) -> Option<f64> {
        Some(-libm::log(probability_of(truth, predicted).clamp(f64::EPSILON, 1.0 - f64::EPSILON)))
    }
}
