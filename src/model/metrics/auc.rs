//! Area under the ROC curve; the plain mean over classes against the rest when there are several.

use crate::base::Entry;
use crate::num::MatrixView;
use crate::num::stats::mean;

use super::super::card::TaskKind;
use super::super::measure::{Ranked, Scored};
use super::{Metric, counting};

/// Area under the ROC curve; the plain mean over classes against the rest when there are several.
pub struct Auc;

impl Entry for Auc {
    fn id(&self) -> &'static str {
        "auc"
    }

    fn title(&self) -> &'static str {
        "ROC AUC"
    }

    fn summary(&self) -> &'static str {
        "Chance that a random row of the class gets a higher probability than a random row of the rest; ties count half"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Hanley and McNeil 1982; mean over classes against the rest: Provost and Domingos 2000"]
    }
}

impl Metric for Auc {
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
        let classes = predicted.cols();
        let area = |column: usize, class: f64| {
            let rows = counting(truth, predicted, weights).map(|(i, y)| Scored {
                score: predicted.row(i)[column],
                positive: (y - class).abs() < 0.5,
                weight: weights.map_or(1.0, |w| w[i]),
            });
            Ranked::new(rows.collect()).area()
        };
        if classes <= 1 {
            return if classes == 1 { area(0, 1.0) } else { f64::NAN };
        }
        let areas: Vec<f64> = (0..classes).map(|k| area(k, k as f64)).filter(|a| !a.is_nan()).collect();
        if areas.is_empty() { f64::NAN } else { mean(&areas) }
    }
}
