//! Balanced accuracy: the mean recall of the classes that occur.

use crate::base::Entry;
use crate::num::MatrixView;
use crate::num::stats::mean;

use super::super::card::TaskKind;
use super::{Metric, called, counting};

/// Balanced accuracy: the mean recall of the classes that occur.
pub struct BalancedAccuracy;

impl Entry for BalancedAccuracy {
    fn id(&self) -> &'static str {
        "balanced-accuracy"
    }

    fn title(&self) -> &'static str {
        "Balanced accuracy"
    }

    fn summary(&self) -> &'static str {
        "Mean over classes of the share of their rows that is called right"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Brodersen et al. 2010, The balanced accuracy and its posterior distribution"]
    }
}

impl Metric for BalancedAccuracy {
    fn applies(&self, task: TaskKind) -> bool {
        task.is_classification()
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    fn unit(&self) -> &'static str {
        "0–1"
    }

    fn row_loss(&self, _truth: f64, _predicted: &[f64]) -> Option<f64> {
        None
    }

    fn value(&self, truth: &[f64], predicted: MatrixView<'_>, weights: Option<&[f64]>) -> f64 {
        let classes = predicted.cols().max(2);
        let (mut right, mut all) = (vec![0.0; classes], vec![0.0; classes]);
        for (i, y) in counting(truth, predicted, weights) {
            let class = y.max(0.0) as usize;
            let w = weights.map_or(1.0, |w| w[i]);
            if let (Some(all), Some(right)) = (all.get_mut(class), right.get_mut(class)) {
                *all += w;
                *right += if called(predicted.row(i)) == class { w } else { 0.0 };
            }
        }
        let recalls: Vec<f64> = right.iter().zip(&all).filter(|(_, all)| **all > 0.0).map(|(r, all)| r / all).collect();
        if recalls.is_empty() { f64::NAN } else { mean(&recalls) }
    }
}
