//! Root mean squared error; the loss of a row is its squared error.

use crate::base::Entry;
use crate::num::MatrixView;

use super::super::card::TaskKind;
use super::{Metric, mean_loss};

/// Root mean squared error; the loss of a row is its squared error.
pub struct Rmse;

impl Entry for Rmse {
    fn id(&self) -> &'static str {
        "rmse"
    }

    fn title(&self) -> &'static str {
        "RMSE"
    }

    fn summary(&self) -> &'static str {
        "Root of the mean squared difference between prediction and truth"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Root mean squared error"]
    }
}

impl Metric for Rmse {
    fn applies(&self, task: TaskKind) -> bool {
        matches!(task, TaskKind::Regression | TaskKind::Count)
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn unit(&self) -> &'static str {
        "target units"
    }

    fn row_loss(&self, truth: f64, predicted: &[f64]) -> Option<f64> {
        let gap = predicted.first().copied().unwrap_or(f64::NAN) - truth;
        Some(gap * gap)
    }

    fn value(&self, truth: &[f64], predicted: MatrixView<'_>, weights: Option<&[f64]>) -> f64 {
        mean_loss(truth, predicted, weights, |y, p| self.row_loss(y, p).unwrap_or(f64::NAN)).sqrt()
    }
}
