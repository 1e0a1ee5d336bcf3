//! Mean Poisson deviance of non-negative amounts; infinite where an amount was given no chance, NaN for negative amounts.

use crate::base::Entry;

use super::super::card::TaskKind;
use super::Metric;

/// Mean Poisson deviance of non-negative amounts; infinite where an amount was given no chance, NaN for negative amounts.
pub struct PoissonDeviance;

impl Entry for PoissonDeviance {
    fn id(&self) -> &'static str {
        "poisson-deviance"
    }

    fn title(&self) -> &'static str {
        "Poisson deviance"
    }

    fn summary(&self) -> &'static str {
        "Mean Poisson deviance: how surprising the truth is when the prediction is the expected count"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["McCullagh and Nelder 1989, Generalized linear models, section 2.3"]
    }
}

impl Metric for PoissonDeviance {
    fn applies(&self, task: TaskKind) -> bool {
        task == TaskKind::Count
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn unit(&self) -> &'static str {
        "0 and up"
    }

    fn row_loss(&self, truth: f64, predicted: &[f64]) -> Option<f64> {
        let mean = predicted.first().copied().unwrap_or(f64::NAN);
        if truth < 0.0 || mean.is_nan() || mean < 0.0 {
            return Some(f64::NAN);
        }
        if truth <= 0.0 {
            return Some(2.0 * mean);
        }
        Some(2.0 * (truth * libm::log(truth / mean) - truth + mean))
    }
}
