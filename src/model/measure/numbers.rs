//! Numbers, counts, and scores of which only the order counts.

use crate::base::text::counted;
use crate::base::{Cancelled, Task};
use crate::num::stats::{correlation, ranks};

use super::super::card::TaskKind;
use super::super::performance::{Detail, Good, MetricValue, RegressionDetail};
use super::interval::{Z, standard_error, symmetric};
use super::{Measured, Sample, Shape, mean_metric};

const RMSE: Shape = Shape::falling("rmse", "RMSE", "target units");
const MAE: Shape = Shape::falling("mae", "Mean absolute error", "target units");
const MEDIAN: Shape = Shape::falling("median-absolute-error", "Median absolute error", "target units");
const R2: Shape = Shape::rising("r2", "R²", "1 and below");
const BIAS: Shape =
    Shape { good: Good::Zero, ..Shape::falling("bias", "Bias, mean of prediction − truth", "target units") };
const MAPE: Shape = Shape::falling("mape", "Mean absolute percentage error", "share of the truth");
const DEVIANCE: Shape = Shape::falling("poisson-deviance", "Poisson deviance", "0 and up");
const RANK: Shape = Shape::rising("rank-correlation", "Rank correlation", "−1 to 1");

pub(super) fn measure(
    input: &Measured<'_>,
    sample: &Sample,
    notes: &mut Vec<String>,
    task: &Task,
) -> Result<(Vec<MetricValue>, Detail), Cancelled> {
    if input.predicted.cols() > 1 {
        notes.push("The model has several outputs; the first is measured".to_owned());
    }
    let predicted: Vec<f64> = sample.index.iter().map(|&i| input.predicted.row(i)[0]).collect();
    let gaps: Vec<f64> = predicted.iter().zip(&sample.truth).map(|(p, y)| p - y).collect();
    task.advance(1)?;
    let metrics = match input.card.task {
        TaskKind::Ranking | TaskKind::Survival => {
            notes.push(order_only(input.card.task).to_owned());
            vec![rank_correlation(sample, &predicted)]
        }
        kind => {
            let mut metrics = errors(sample, &gaps, notes);
            task.advance(1)?;
            if kind == TaskKind::Count {
                metrics.insert(0, deviance(sample, &predicted, notes));
            }
            metrics
        }
    };
    let detail = RegressionDetail {
        rows: sample.index.iter().filter_map(|&i| input.rows.get(i).copied()).collect(),
        predicted: predicted.into(),
        actual: sample.truth.clone().into(),
    };
    task.advance(1)?;
    Ok((metrics, Detail::Regression(detail)))
}

fn order_only(kind: TaskKind) -> &'static str {
    if kind == TaskKind::Survival {
        "Survival times are compared by rank over all rows; censoring is not known here and not taken into account"
    } else {
        "A ranking model is compared by rank over all rows; query groups are not known here, so rows of different \
         queries are mixed"
    }
}

fn errors(sample: &Sample, gaps: &[f64], notes: &mut Vec<String>) -> Vec<MetricValue> {
    let absolute: Vec<f64> = gaps.iter().map(|g| g.abs()).collect();
    let squares: Vec<f64> = gaps.iter().map(|g| g * g).collect();
    let (mean_square, square_error) = sample.mean_and_error(&squares);
    let root = mean_square.sqrt();
    let (bias, bias_error) = sample.mean_and_error(gaps);
    vec![
        RMSE.value(root, symmetric(root, square_error / (2.0 * root), (0.0, f64::INFINITY))),
        mean_metric(&MAE, sample, &absolute, 0.0),
        median(sample, &absolute),
        r2(sample, &squares, mean_square, notes),
        BIAS.value(bias, symmetric(bias, bias_error, (f64::NEG_INFINITY, f64::INFINITY))),
        percentage(sample, &absolute, notes),
    ]
}

fn r2(sample: &Sample, squares: &[f64], mean_square: f64, notes: &mut Vec<String>) -> MetricValue {
    let centre = sample.mean(&sample.truth);
    let spread: Vec<f64> = sample.truth.iter().map(|y| (y - centre) * (y - centre)).collect();
    let total = sample.mean(&spread);
    if total.is_nan() || total <= 0.0 {
        if !sample.index.is_empty() {
            notes.push("The target does not vary over the measured rows, so R² is not defined".to_owned());
        }
        return R2.value(f64::NAN, None);
    }
    let ratio = mean_square / total;
    // R² is one minus a ratio of means: the influence of a row is (residual² − ratio · spread²) / mean spread².
    let influence = squares.iter().zip(&spread).map(|(r, s)| (r - ratio * s) / total);
    let error = standard_error(influence, &sample.weights);
    R2.value(1.0 - ratio, symmetric(1.0 - ratio, error, (f64::NEG_INFINITY, 1.0)))
}

/// Only rows with a truth other than 0 have a percentage.
fn percentage(sample: &Sample, absolute: &[f64], notes: &mut Vec<String>) -> MetricValue {
    let mut part = Sample { index: Vec::new(), truth: Vec::new(), weights: Vec::new(), effective: 0.0 };
    let mut shares = Vec::new();
    for ((gap, y), w) in absolute.iter().zip(&sample.truth).zip(&sample.weights) {
        if y.abs() > 0.0 {
            shares.push(gap / y.abs());
            part.weights.push(*w);
        }
    }
    let zeros = absolute.len() - shares.len();
    if zeros > 0 {
        notes
            .push(format!("The mean absolute percentage error leaves out {} whose target is 0", counted(zeros, "row")));
    }
    mean_metric(&MAPE, &part, &shares, 0.0)
}

/// Weighted median with the interval of its order statistics (the ranks of a share of one half).
fn median(sample: &Sample, absolute: &[f64]) -> MetricValue {
    let mut order: Vec<(f64, f64)> = absolute.iter().copied().zip(sample.weights.iter().copied()).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let total: f64 = order.iter().map(|(_, w)| w).sum();
    // The mean of the smallest values whose weight at or below reaches, and exceeds, the level.
    let at = |level: f64| {
        let goal = level * total;
        let (mut sum, mut reached) = (0.0, f64::NAN);
        for (value, w) in &order {
            sum += w;
            if reached.is_nan() && sum >= goal * (1.0 - 1e-12) {
                reached = *value;
            }
            if sum > goal * (1.0 + 1e-12) {
                return (reached + value) / 2.0;
            }
        }
        reached
    };
    let half = Z / (2.0 * sample.effective.sqrt());
    let interval = (half < 0.5).then(|| (at(0.5 - half), at(0.5 + half)));
    MEDIAN.value(at(0.5), interval)
}

fn deviance(sample: &Sample, predicted: &[f64], notes: &mut Vec<String>) -> MetricValue {
    if sample.truth.iter().any(|y| *y < 0.0) {
        notes.push("Some targets are negative, so the Poisson deviance is not defined".to_owned());
        return DEVIANCE.value(f64::NAN, None);
    }
    if predicted.iter().any(|p| *p <= 0.0) {
        notes.push("Some predictions are not positive, so the Poisson deviance is not defined".to_owned());
        return DEVIANCE.value(f64::NAN, None);
    }
    let each = |(mean, y): (&f64, &f64)| {
        let surprise = if *y > 0.0 { y * libm::log(y / mean) } else { 0.0 };
        2.0 * (surprise - y + mean)
    };
    let values: Vec<f64> = predicted.iter().zip(&sample.truth).map(each).collect();
    mean_metric(&DEVIANCE, sample, &values, 0.0)
}

/// Spearman's correlation with Fisher's z and the variance of Bonett and Wright 2000.
fn rank_correlation(sample: &Sample, predicted: &[f64]) -> MetricValue {
    let constant = |v: &[f64]| v.iter().all(|x| Some(x) == v.first());
    if constant(predicted) || constant(&sample.truth) {
        return RANK.value(f64::NAN, None);
    }
    let value = correlation(&ranks(&sample.truth), &ranks(predicted));
    let free = sample.truth.len() as f64 - 3.0;
    let error = ((1.0 + value * value / 2.0) / free).sqrt();
    let interval = (free > 0.0 && value.abs() < 1.0).then(|| {
        let z = libm::atanh(value);
        (libm::tanh(z - Z * error), libm::tanh(z + Z * error))
    });
    RANK.value(value, interval)
}
