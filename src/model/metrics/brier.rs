//! Brier score: the mean squared distance of probabilities from what came true; summed over classes when there are several.

use crate::base::Entry;

use super::super::card::TaskKind;
use super::Metric;

/// Brier score: the mean squared distance of probabilities from what came true; summed over classes when there are several.
pub struct Brier;

impl Entry for Brier {
    fn id(&self) -> &'static str {
        "brier"
    }

    fn title(&self) -> &'static str {
        "Brier score"
    }

    fn summary(&self) -> &'static str {
        "Mean squared distance between predicted probabilities and what came true"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Brier 1950, Verification of forecasts expressed in terms of probability"]
    }
}

impl Metric for Brier {
    fn applies(&self, task: TaskKind) -> bool {
        task.is_classification()
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn unit(&self) -> &'static str {
        "0–1 for two classes, 0–2 for several"
    }

    fn row_loss(&self, truth: f64, predicted: &[f64]) -> Option<f64> {
        if let [p] = predicted {
            return Some((p - truth) * (p - truth));
        }
        let distance = |(k, p): (usize, &f64)| {
            let gap = p - f64::from(u8::from((k as f64 - truth).abs() < 0.5));
            gap * gap
        };
        Some(predicted.iter().enumerate().map(distance).sum())
    }
}
