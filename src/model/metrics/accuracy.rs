//! Accuracy: the share of rows whose class is called right.

use crate::base::Entry;
use crate::num::MatrixView;

use super::super::card::TaskKind;
use super::{Metric, called, mean_loss};

/// Accuracy: the share of rows whose class is called right.
pub struct Accuracy;

impl Entry for Accuracy {
    fn id(&self) -> &'static str {
        "accuracy"
    }

    fn title(&self) -> &'static str {
        "Accuracy"
    }

    fn summary(&self) -> &'static str {
        "Share of rows whose class is called right (two classes: at a probability of 0.5)"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Share of right calls"]
    }
}

impl Metric for Accuracy {
    fn applies(&self, task: TaskKind) -> bool {
        task.is_classification()
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    fn unit(&self) -> &'static str {
        "0–1"
    }

    fn row_loss(&self, truth: f64, predicted: &[f64]) -> Option<f64> {
        Some(if (called(predicted) as f64 - truth).abs() < 0.5 { 0.0 } else { 1.0 })
    }

    fn value(&self, truth: &[f64], predicted: MatrixView<'_>, weights: Option<&[f64]>) -> f64 {
        1.0 - mean_loss(truth, predicted, weights, |y, p| self.row_loss(y, p).unwrap_or(f64::NAN))
    }
}
