//! A subject's performance as charts read it.

use crate::base::text;
use crate::model::Performance;
use crate::model::performance::{BinaryDetail, Detail, MulticlassDetail, RegressionDetail};

use super::kind::{ChartError, Subject};
use super::spec::{Legend, Mark, Role};

/// The performance, whatever its kind.
pub fn any<'a>(subject: &Subject<'a>) -> Result<&'a Performance, ChartError> {
    let performance =
        subject.performance.ok_or(ChartError::Missing("Measure the performance first; it needs a target column"))?;
    if performance.rows == 0 {
        return Err(ChartError::Missing("No row has a known target, so there is nothing to compare"));
    }
    Ok(performance)
}

/// Performance of two classes.
pub fn binary<'a>(subject: &Subject<'a>) -> Result<(&'a Performance, &'a BinaryDetail), ChartError> {
    let performance = any(subject)?;
    match &performance.detail {
        Detail::Binary(detail) => Ok((performance, detail)),
        _ => Err(ChartError::Missing("This chart needs a model of two classes")),
    }
}

/// Performance of several classes.
pub fn multiclass<'a>(subject: &Subject<'a>) -> Result<(&'a Performance, &'a MulticlassDetail), ChartError> {
    let performance = any(subject)?;
    match &performance.detail {
        Detail::Multiclass(detail) => Ok((performance, detail)),
        _ => Err(ChartError::Missing("This chart needs a model of several classes")),
    }
}

/// Performance of a regression.
pub fn regression<'a>(subject: &Subject<'a>) -> Result<(&'a Performance, &'a RegressionDetail), ChartError> {
    let performance = any(subject)?;
    match &performance.detail {
        Detail::Regression(detail) => Ok((performance, detail)),
        _ => Err(ChartError::Missing("This chart needs a model that predicts numbers")),
    }
}

/// A metric with its interval in words: `ROC AUC 0.81 (95 % interval 0.78–0.84)`.
pub fn metric_words(performance: &Performance, ids: &[&str]) -> Vec<String> {
    let found = performance.metrics.iter().filter(|m| ids.contains(&m.id));
    found
        .map(|m| match m.interval {
            Some((low, high)) => {
                format!("{} {} (95 % interval {})", m.title, text::number(m.value), text::interval(low, high))
            }
            None => format!("{} {}", m.title, text::number(m.value)),
        })
        .collect()
}

/// How many rows were measured, skipped and weighted, and what the measurement itself notes.
pub fn notes(performance: &Performance) -> Vec<String> {
    let mut first = format!("{} measured", text::counted(performance.rows, "row"));
    if performance.skipped > 0 {
        first.push_str(&format!(", {} without a usable target left out", text::count(performance.skipped)));
    }
    first.push_str(if performance.weighted { ", weighted by the weight column." } else { "." });
    let mut notes = vec![first];
    notes.extend(performance.notes.iter().cloned());
    notes
}

/// At most `limit` points of a curve, ends kept.
pub fn thinned(points: &[[f64; 3]], limit: usize) -> Vec<[f64; 3]> {
    if points.len() <= limit || limit < 2 {
        return points.to_vec();
    }
    (0..limit).map(|i| points[i * (points.len() - 1) / (limit - 1)]).collect()
}

/// One step of taking rows by falling probability of the positive class; rows of equal probability go together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Taken {
    /// Share of all rows taken.
    pub rows: f64,
    /// Share of all positives among them.
    pub positives: f64,
    /// Probability of the last ones taken.
    pub from: f64,
}

/// The steps from no row to all rows, and the share of positives; by weight where rows are weighted.
pub fn taken(detail: &BinaryDetail) -> Result<(Vec<Taken>, f64), ChartError> {
    let total = |above: &[f64]| above.first().copied().unwrap_or(0.0);
    let (positives, negatives) = (total(&detail.positives_above), total(&detail.negatives_above));
    if positives <= 0.0 || negatives <= 0.0 {
        return Err(ChartError::Missing("This curve needs rows of both classes"));
    }
    let mut steps = vec![Taken { rows: 0.0, positives: 0.0, from: f64::INFINITY }];
    for i in (0..detail.scores.len()).rev() {
        let is_first_of_equals = i == 0 || detail.scores[i - 1] < detail.scores[i];
        if is_first_of_equals {
            let (yes, no) = (detail.positives_above[i], detail.negatives_above[i]);
            let rows = (yes + no) / (positives + negatives);
            steps.push(Taken { rows, positives: yes / positives, from: detail.scores[i] });
        }
    }
    Ok((steps, positives / (positives + negatives)))
}

/// Share of the positives among the `share` of rows with the highest scores, between steps in proportion.
pub fn captured(steps: &[Taken], share: f64) -> f64 {
    let after = steps.partition_point(|s| s.rows < share).min(steps.len() - 1);
    let (a, b) = (steps[after.saturating_sub(1)], steps[after]);
    let span = b.rows - a.rows;
    if span > 0.0 { a.positives + (b.positives - a.positives) * (share - a.rows) / span } else { b.positives }
}
/// Points of the curve at most, where rows are taken by falling probability.
const TAKEN: usize = 400;

/// The curve of a measure over the share of rows taken, in few enough points to draw.
pub fn taking_curve(points: &[[f64; 3]]) -> Vec<[f64; 2]> {
    thinned(points, TAKEN).into_iter().map(|p| [p[0], p[1]]).collect()
}

/// A line of a chart about taking rows; muted ones are dashed.
pub fn taking_line(xy: Vec<[f64; 2]>, role: Role, width: f32, name: &str) -> Mark {
    Mark::Line { xy: xy.into(), role, width, dashed: role == Role::Muted, name: name.to_owned() }
}

/// What the lines of such a chart are.
pub fn taking_legend() -> Vec<Legend> {
    let keys = [(Role::Accent, "model"), (Role::Group(2), "perfect"), (Role::Muted, "random")];
    keys.map(|(role, name)| Legend::Key(role, name.to_owned())).to_vec()
}
