//! Several classes.

use crate::base::{Cancelled, Task};
use crate::num::parallel;

use super::super::metrics::{called, probability_of};
use super::super::performance::{Detail, MetricValue, MulticlassDetail};
use super::interval::{effective_rows, symmetric};
use super::ranked::{Ranked, Scored};
use super::{Measured, Sample, Shape, mean_metric, share_metric};

const ACCURACY: Shape = Shape::rising("accuracy", "Accuracy", "0–1");
const BALANCED: Shape = Shape::rising("balanced-accuracy", "Balanced accuracy", "0–1");
const LOG_LOSS: Shape = Shape::falling("log-loss", "Log loss", "0 and up, natural logarithm");
const AUC: Shape = Shape::rising("auc", "ROC AUC, mean of one class against the rest", "0–1");

pub(super) fn measure(
    input: &Measured<'_>,
    sample: &Sample,
    notes: &mut Vec<String>,
    task: &Task,
) -> Result<(Vec<MetricValue>, Detail), Cancelled> {
    let classes = input.predicted.cols();
    let mut confusion = vec![vec![0.0; classes]; classes];
    let mut right = Vec::with_capacity(sample.index.len());
    let mut losses = Vec::with_capacity(sample.index.len());
    let mut outside = false;
    for ((&i, &y), &w) in sample.index.iter().zip(&sample.truth).zip(&sample.weights) {
        let row = input.predicted.row(i);
        let called = called(row);
        confusion[y as usize][called] += w;
        right.push(f64::from(u8::from(called == y as usize)));
        losses.push(-libm::log(probability_of(y, row).clamp(f64::EPSILON, 1.0 - f64::EPSILON)));
        outside |= row.iter().any(|p| !(0.0..=1.0).contains(p));
    }
    task.advance(1)?;
    let curves = one_against_rest(input, sample, task)?;
    let mut metrics = vec![
        share_metric(&ACCURACY, sample.mean(&right), sample.effective),
        balanced(sample, &confusion, &right),
        if outside { LOG_LOSS.value(f64::NAN, None) } else { mean_metric(&LOG_LOSS, sample, &losses, 0.0) },
    ];
    metrics.push(mean_area(&curves));
    if outside {
        notes.push("Some predictions are outside 0–1, so log loss is not defined".to_owned());
    }
    let absent: Vec<String> =
        (0..classes).filter(|k| confusion[*k].iter().all(|w| *w <= 0.0)).map(|k| name(input, k)).collect();
    if !absent.is_empty() && !sample.index.is_empty() {
        notes.push(format!(
            "No measured row is of class {}; balanced accuracy and mean ROC AUC leave such classes out",
            absent.join(", ")
        ));
    }
    let detail = MulticlassDetail {
        classes: (0..classes).map(|k| name(input, k)).collect(),
        confusion,
        roc_area: curves.iter().map(|c| c.area).collect(),
        roc: curves.into_iter().map(|c| c.roc).collect(),
    };
    Ok((metrics, Detail::Multiclass(detail)))
}

fn name(input: &Measured<'_>, class: usize) -> String {
    let known = input.classes.get(class).or_else(|| input.card.classes.get(class));
    known.or_else(|| input.card.outputs.get(class)).cloned().unwrap_or_else(|| class.to_string())
}

struct Curve {
    area: f64,
    error: f64,
    roc: Vec<[f64; 3]>,
}

fn one_against_rest(input: &Measured<'_>, sample: &Sample, task: &Task) -> Result<Vec<Curve>, Cancelled> {
    let classes = input.predicted.cols();
    task.begin("measuring each class against the rest", classes as u64);
    parallel::map(classes, task, |k| {
        let rows = sample.index.iter().zip(&sample.truth).zip(&sample.weights);
        let scored = rows.map(|((&i, &y), &weight)| Scored {
            score: input.predicted.row(i)[k],
            positive: y as usize == k,
            weight,
        });
        let ranked = Ranked::new(scored.collect());
        let area = ranked.area();
        Curve { area, error: ranked.area_error(area), roc: ranked.roc() }
    })
}

/// Mean recall. The classes are disjoint rows, so the variances of their recalls add up.
fn balanced(sample: &Sample, confusion: &[Vec<f64>], right: &[f64]) -> MetricValue {
    let (mut sum, mut variance, mut present) = (0.0, 0.0, 0.0);
    for (k, row) in confusion.iter().enumerate() {
        let total: f64 = row.iter().sum();
        if total <= 0.0 {
            continue;
        }
        let recall = row[k] / total;
        let of_class = sample.truth.iter().zip(&sample.weights).filter(|(y, _)| **y as usize == k);
        let rows = effective_rows(&of_class.map(|(_, w)| *w).collect::<Vec<_>>());
        sum += recall;
        variance += recall * (1.0 - recall) / rows;
        present += 1.0;
    }
    let value = if right.is_empty() { f64::NAN } else { sum / present };
    BALANCED.value(value, symmetric(value, variance.sqrt() / present, (0.0, 1.0)))
}

/// The plain mean over classes; the interval adds the errors as if classes moved together, so it is not too narrow.
fn mean_area(curves: &[Curve]) -> MetricValue {
    let defined: Vec<&Curve> = curves.iter().filter(|c| !c.area.is_nan()).collect();
    let count = defined.len() as f64;
    let area = if defined.is_empty() { f64::NAN } else { defined.iter().map(|c| c.area).sum::<f64>() / count };
    let error = defined.iter().map(|c| c.error).sum::<f64>() / count;
    AUC.value(area, symmetric(area, error, (0.0, 1.0)))
}
