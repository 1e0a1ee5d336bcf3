//! The trait of quality metrics and the list of all of them.
//!
//! One number per metric. Intervals and curves are in `model::measure`.

use crate::base::Entry;
use crate::num::MatrixView;

use super::card::{ModelCard, TaskKind};
use super::predict::Scale;

mod accuracy;
mod auc;
mod balanced_accuracy;
mod brier;
mod log_loss;
mod mae;
mod poisson_deviance;
mod r2;
mod rank_correlation;
mod rmse;

pub use super::measure::{Measured, measure};

/// Every metric, in menu order; the first that applies to a kind of task is its default.
pub static METRICS: &[&dyn Metric] = &[
    &log_loss::LogLoss,
    &auc::Auc,
    &brier::Brier,
    &accuracy::Accuracy,
    &balanced_accuracy::BalancedAccuracy,
    &poisson_deviance::PoissonDeviance,
    &rmse::Rmse,
    &mae::Mae,
    &r2::R2,
    &rank_correlation::RankCorrelation,
];

/// A number that says how far predictions are from the truth.
///
/// Predictions have one column (the probability of the positive class) for two classes, one per class for several,
/// one for numbers. Truth is the index of the class or the number. Rows whose truth is NaN do not count.
pub trait Metric: Entry {
    /// Whether the metric says anything about this kind of task.
    fn applies(&self, task: TaskKind) -> bool;

    /// Whether larger is better.
    fn higher_is_better(&self) -> bool;

    /// Unit or range in words: `0–1`, `target units`.
    fn unit(&self) -> &'static str;

    /// The loss of one row, lower is better; `None` when the metric is no mean over rows.
    /// `predicted` has one value per output.
    fn row_loss(&self, truth: f64, predicted: &[f64]) -> Option<f64>;

    /// The metric over all rows whose truth is known and whose weight is positive; NaN when there are none or the
    /// metric is not defined for them. `predicted` has shape (rows, outputs), `weights` one per row.
    /// Cost O(rows), O(rows · log rows) where it ranks.
    fn value(&self, truth: &[f64], predicted: MatrixView<'_>, weights: Option<&[f64]>) -> f64 {
        mean_loss(truth, predicted, weights, |y, p| self.row_loss(y, p).unwrap_or(f64::NAN))
    }
}

/// The metric with this id.
pub fn find(id: &str) -> Option<&'static dyn Metric> {
    METRICS.iter().copied().find(|m| m.id() == id)
}

/// The metric a question about `task` uses when none is chosen.
pub fn default_for(task: TaskKind) -> &'static dyn Metric {
    METRICS.iter().copied().find(|m| m.applies(task)).unwrap_or(&rmse::Rmse)
}

/// The scale predictions must have to be compared with the truth: probabilities for classes, else target units; the
/// model's first scale when it has neither.
pub fn scale_for(card: &ModelCard) -> Scale {
    let wanted = if card.task.is_classification() { Scale::Probability } else { Scale::Target };
    if card.scales.contains(&wanted) { wanted } else { card.scales.first().copied().unwrap_or(wanted) }
}

/// Weighted mean of `loss` over the rows that count; NaN when there are none. Neumaier's compensated sum.
pub(super) fn mean_loss(
    truth: &[f64],
    predicted: MatrixView<'_>,
    weights: Option<&[f64]>,
    loss: impl Fn(f64, &[f64]) -> f64,
) -> f64 {
    let (mut sum, mut lost, mut total) = (0.0, 0.0, 0.0);
    for (i, y) in counting(truth, predicted, weights) {
        let w = weights.map_or(1.0, |w| w[i]);
        let term = w * loss(y, predicted.row(i));
        let next: f64 = sum + term;
        lost += if f64::abs(sum) >= term.abs() { (sum - next) + term } else { (term - next) + sum };
        sum = next;
        total += w;
    }
    let whole = if lost.is_finite() { sum + lost } else { sum };
    if total > 0.0 { whole / total } else { f64::NAN }
}

/// The rows that count, as index and truth: truth known, weight (when given) positive.
pub(super) fn counting<'a>(
    truth: &'a [f64],
    predicted: MatrixView<'a>,
    weights: Option<&'a [f64]>,
) -> impl Iterator<Item = (usize, f64)> + 'a {
    let rows = predicted.rows().min(weights.map_or(usize::MAX, <[f64]>::len));
    truth
        .iter()
        .take(rows)
        .copied()
        .enumerate()
        .filter(move |(i, y)| !y.is_nan() && weights.is_none_or(|w| w[*i] > 0.0))
}

/// The class a row is called: the positive one at a probability of 0.5 or more, the first largest of several.
pub(super) fn called(predicted: &[f64]) -> usize {
    if let [p] = predicted {
        return usize::from(*p >= 0.5);
    }
    let mut best = 0;
    for (k, p) in predicted.iter().enumerate() {
        if *p > predicted[best] {
            best = k;
        }
    }
    best
}

/// The probability given to class `class`; NaN when there is no such class.
pub(super) fn probability_of(class: f64, predicted: &[f64]) -> f64 {
    match predicted {
        [p] if class > 0.5 => *p,
        [p] => 1.0 - *p,
        several if class >= 0.0 => several.get(class as usize).copied().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_task_has_a_default_that_applies() {
        let kinds = [
            (TaskKind::Binary, "log-loss"),
            (TaskKind::Multiclass, "log-loss"),
            (TaskKind::Regression, "rmse"),
            (TaskKind::Count, "poisson-deviance"),
            (TaskKind::Ranking, "rank-correlation"),
            (TaskKind::Survival, "rank-correlation"),
        ];
        for (kind, id) in kinds {
            assert_eq!(default_for(kind).id(), id);
            assert!(default_for(kind).applies(kind));
        }
    }

    #[test]
    fn ids_are_unique_and_found() {
        for metric in METRICS {
            assert_eq!(METRICS.iter().filter(|m| m.id() == metric.id()).count(), 1);
            assert!(find(metric.id()).is_some());
        }
        assert!(find("no-such-metric").is_none());
    }

    #[test]
    fn rows_without_truth_or_weight_do_not_count() {
        let values = [0.9, 0.1, 0.2, 0.4];
        let predicted = MatrixView::new(&values, 4, 1).expect("four rows");
        let truth = [1.0, f64::NAN, 1.0, 0.0];
        let accuracy = find("accuracy").expect("registered");
        assert!((accuracy.value(&truth, predicted, None) - 2.0 / 3.0).abs() < 1e-15);
        assert!((accuracy.value(&truth, predicted, Some(&[1.0, 5.0, 0.0, 2.0])) - 1.0).abs() < 1e-15);
        assert!(accuracy.value(&truth, predicted, Some(&[0.0; 4])).is_nan());
    }
}
