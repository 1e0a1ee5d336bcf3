//! Mean absolute error.

use crate::base::Entry;

use super::super::card::TaskKind;
use super::Metric;

/// Mean absolute error.
pub struct Mae;

impl Entry for Mae {
    fn id(&self) -> &'static str {
        "mae"
    }

    fn title(&self) -> &'static str {
        "Mean absolute error"
    }

    fn summary(&self) -> &'static str {
        "Mean absolute difference between prediction and truth"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Mean absolute error"]
    }
}

impl Metric for Mae {
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
        Some(gap.abs())
    }
}
