//! Spearman rank correlation: only the order of predictions counts.

use crate::base::Entry;
use crate::num::MatrixView;
use crate::num::stats::{correlation, ranks};

use super::super::card::TaskKind;
use super::{Metric, counting};

/// Spearman rank correlation: only the order of predictions counts.
pub struct RankCorrelation;

impl Entry for RankCorrelation {
    fn id(&self) -> &'static str {
        "rank-correlation"
    }

    fn title(&self) -> &'static str {
        "Rank correlation"
    }

    fn summary(&self) -> &'static str {
        "Spearman correlation of prediction and truth over all rows: only the order counts"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Spearman 1904; weights only leave out rows of weight 0"]
    }
}

impl Metric for RankCorrelation {
    fn applies(&self, task: TaskKind) -> bool {
        !task.is_classification()
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    fn unit(&self) -> &'static str {
        "−1 to 1"
    }

    fn row_loss(&self, _truth: f64, _predicted: &[f64]) -> Option<f64> {
        None
    }

    fn value(&self, truth: &[f64], predicted: MatrixView<'_>, weights: Option<&[f64]>) -> f64 {
        let pairs = counting(truth, predicted, weights).filter_map(|(i, y)| Some((y, *predicted.row(i).first()?)));
        let (actual, scores): (Vec<f64>, Vec<f64>) = pairs.unzip();
        let constant = |v: &[f64]| v.iter().all(|x| Some(x) == v.first());
        if constant(&actual) || constant(&scores) {
            return f64::NAN;
        }
        correlation(&ranks(&actual), &ranks(&scores))
    }
}
