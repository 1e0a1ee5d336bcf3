//! Coefficient of determination; NaN when the truth does not vary.

use crate::base::Entry;
use crate::num::MatrixView;

use super::super::card::TaskKind;
use super::{Metric, mean_loss};

/// Coefficient of determination; NaN when the truth does not vary.
pub struct R2;

impl Entry for R2 {
    fn id(&self) -> &'static str {
        "r2"
    }

    fn title(&self) -> &'static str {
        "R²"
    }

    fn summary(&self) -> &'static str {
        "Share of the variance of the truth that the predictions account for; negative when worse than the mean"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Coefficient of determination, 1 minus residual over total sum of squares"]
    }
}

impl Metric for R2 {
    fn applies(&self, task: TaskKind) -> bool {
        matches!(task, TaskKind::Regression | TaskKind::Count)
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    fn unit(&self) -> &'static str {
        "1 and below"
    }

    fn row_loss(&self, _truth: f64, _predicted: &[f64]) -> Option<f64> {
        None
    }

    fn value(&self, truth: &[f64], predicted: MatrixView<'_>, weights: Option<&[f64]>) -> f64 {
        let centre = mean_loss(truth, predicted, weights, |y, _| y);
        let total = mean_loss(truth, predicted, weights, |y, _| (y - centre) * (y - centre));
        let residual = mean_loss(truth, predicted, weights, |y, p| {
            let gap = p.first().copied().unwrap_or(f64::NAN) - y;
            gap * gap
        });
        if total > 0.0 { 1.0 - residual / total } else { f64::NAN }
    }
}
