//! From predictions and truth to `Performance`: metrics with 95 % intervals, and the curves behind the charts.
//!
//! Intervals are closed forms (`interval`), so that a million rows take well under two seconds and equal input gives
//! equal bits. No model is called here.

mod binary;
pub mod flips;
pub mod interval;
mod multiclass;
mod numbers;
pub mod paired;
mod ranked;

pub use flips::{Flip, Right, TwoPredictions, decision};
pub use paired::{Comparison, MetricDifference, Paired, Verdict, compare};
pub use ranked::{Ranked, Scored};

use crate::base::text::counted;
use crate::base::{Cancelled, RowId, Task};
use crate::num::MatrixView;

use super::card::{ModelCard, TaskKind};
use super::performance::{Good, MetricValue, Performance};

/// What is measured. All slices have one entry per row.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// The model's card.
    pub card: &'a ModelCard,
    /// Predictions in the scale of `metrics::scale_for`, shape (rows, outputs).
    pub predicted: MatrixView<'a>,
    /// Index of the class, or the number; NaN when unknown.
    pub truth: &'a [f64],
    /// Class names for display, in the order of the indices (two classes: negative first); may be empty.
    pub classes: &'a [String],
    /// Weight of each row; rows of weight 0 are left out.
    pub weights: Option<&'a [f64]>,
    /// The table row of each.
    pub rows: &'a [RowId],
}

/// Measures the rows whose truth, prediction and weight are usable; says in `notes` what was left out and which
/// numbers are not defined (they are NaN). Cost O(rows · log rows) for each output.
pub fn measure(input: &Measured<'_>, task: &Task) -> Result<Performance, Cancelled> {
    task.begin("measuring the predictions", 4);
    let mut notes = Vec::new();
    let sample = Sample::gather(input, &mut notes);
    task.advance(1)?;
    if sample.index.is_empty() {
        notes.push(
            "No row has a known target, a prediction and a positive weight, so nothing can be measured".to_owned(),
        );
    }
    let (metrics, detail) = match input.card.task {
        TaskKind::Binary => binary::measure(input, &sample, &mut notes, task)?,
        TaskKind::Multiclass => multiclass::measure(input, &sample, &mut notes, task)?,
        TaskKind::Regression | TaskKind::Count | TaskKind::Ranking | TaskKind::Survival => {
            numbers::measure(input, &sample, &mut notes, task)?
        }
    };
    if !sample.index.is_empty() && metrics.iter().any(|m| m.interval.is_some()) {
        notes.push(
            "Intervals cover 95 % and treat rows as independent draws; they are closed forms, not resampling"
                .to_owned(),
        );
    }
    Ok(Performance {
        rows: sample.index.len(),
        skipped: input.truth.len() - sample.index.len(),
        weighted: input.weights.is_some(),
        metrics,
        detail,
        notes,
    })
}

/// The rows that can be measured.
struct Sample {
    /// Position of each in the input.
    index: Vec<usize>,
    /// Truth of each.
    truth: Vec<f64>,
    /// Weight of each, positive.
    weights: Vec<f64>,
    /// Kish's effective number of rows.
    effective: f64,
}

impl Sample {
    fn gather(input: &Measured<'_>, notes: &mut Vec<String>) -> Self {
        let classes = match input.card.task {
            TaskKind::Binary => Some(2),
            TaskKind::Multiclass => Some(input.predicted.cols()),
            _ => None,
        };
        let mut sample = Self { index: Vec::new(), truth: Vec::new(), weights: Vec::new(), effective: 0.0 };
        let (mut unknown, mut foreign, mut unweighted, mut unpredicted) = (0, 0, 0, 0);
        for (i, &y) in input.truth.iter().enumerate().take(input.predicted.rows()) {
            let weight = input.weights.map_or(1.0, |w| w.get(i).copied().unwrap_or(f64::NAN));
            let known_class = classes.is_none_or(|k| y >= 0.0 && y < k as f64 && y.fract() == 0.0);
            if y.is_nan() {
                unknown += 1;
            } else if !known_class || y.is_infinite() {
                foreign += 1;
            } else if weight.is_nan() || weight <= 0.0 || weight.is_infinite() {
                unweighted += 1;
            } else if input.predicted.cols() == 0 || input.predicted.row(i).iter().any(|p| !p.is_finite()) {
                unpredicted += 1;
            } else {
                sample.index.push(i);
                sample.truth.push(y);
                sample.weights.push(weight);
            }
        }
        let reasons = [
            (unknown, "have no known target"),
            (foreign, "have a target the model does not know"),
            (unweighted, "have no positive weight"),
            (unpredicted, "have no finite prediction"),
        ];
        for (count, reason) in reasons {
            if count > 0 {
                notes.push(format!("Left out: {} that {reason}", counted(count, "row")));
            }
        }
        sample.effective = interval::effective_rows(&sample.weights);
        sample
    }

    /// Weighted mean of one value per row; NaN without rows.
    fn mean(&self, values: &[f64]) -> f64 {
        let products: Vec<f64> = values.iter().zip(&self.weights).map(|(v, w)| v * w).collect();
        let total = crate::num::stats::sum(&self.weights);
        if total > 0.0 { crate::num::stats::sum(&products) / total } else { f64::NAN }
    }

    /// Weighted mean with its standard error.
    fn mean_and_error(&self, values: &[f64]) -> (f64, f64) {
        let mean = self.mean(values);
        (mean, interval::standard_error(values.iter().map(|v| v - mean), &self.weights))
    }
}

/// A mean loss as a metric; the interval stays at or above `floor`.
fn mean_metric(shape: &Shape, sample: &Sample, values: &[f64], floor: f64) -> MetricValue {
    let (mean, error) = sample.mean_and_error(values);
    shape.value(mean, interval::symmetric(mean, error, (floor, f64::INFINITY)))
}

/// A share as a metric, with Wilson's interval over `rows` effective rows.
fn share_metric(shape: &Shape, share: f64, rows: f64) -> MetricValue {
    let interval = (share.is_finite() && rows > 0.0).then(|| interval::wilson(share, rows));
    shape.value(share, interval)
}

/// What is fixed about a metric.
struct Shape {
    id: &'static str,
    title: &'static str,
    good: Good,
    unit: &'static str,
}

impl Shape {
    const fn rising(id: &'static str, title: &'static str, unit: &'static str) -> Self {
        Self { id, title, good: Good::High, unit }
    }

    const fn falling(id: &'static str, title: &'static str, unit: &'static str) -> Self {
        Self { id, title, good: Good::Low, unit }
    }

    fn value(&self, value: f64, interval: Option<(f64, f64)>) -> MetricValue {
        let Self { id, title, good, unit } = *self;
        MetricValue { id, title, value, interval, good, unit }
    }
}
