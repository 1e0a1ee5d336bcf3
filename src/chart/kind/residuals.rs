//! Errors of a regression against its predictions.

use crate::base::{Entry, Knob, Knobs, Task, text};
use crate::model::performance::RegressionDetail;
use crate::num::stats;

use crate::chart::quality;
use crate::chart::scale;
use crate::chart::spec::{Axis, AxisKind, Chart, Legend, Mark, Paint, Role};
use crate::chart::swarm;

use super::{ChartError, Kind, Needs, PerformanceKind, Subject};

/// The chart.
pub struct Residuals;

impl Entry for Residuals {
    fn id(&self) -> &'static str {
        "residuals"
    }

    fn title(&self) -> &'static str {
        "Residuals"
    }

    fn summary(&self) -> &'static str {
        "Actual minus predicted value against the prediction, with a running median"
    }
}

impl Kind for Residuals {
    fn knobs(&self) -> &'static [Knob] {
        const { &[swarm::DOTS] }
    }

    fn needs(&self) -> Needs {
        Needs { performance: Some(PerformanceKind::Regression), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let (performance, detail) = quality::regression(subject)?;
        let residuals: Vec<f64> = detail.actual.iter().zip(detail.predicted.iter()).map(|(a, p)| a - p).collect();
        let x =
            scale::extent(detail.predicted.iter().copied()).ok_or(ChartError::Missing("No prediction is a number"))?;
        let y = scale::extent(residuals.iter().copied().chain([0.0])).unwrap_or((-1.0, 1.0));
        let (points, note) = dots(detail, &residuals, knobs.count(swarm::DOTS.id));
        let median = running_median(&detail.predicted, &residuals);
        let mut marks =
            vec![points, Mark::Rule { at: 0.0, upright: false, role: Role::Reference, label: String::new() }];
        let mut legend = vec![Legend::Key(Role::Accent, "row".to_owned())];
        if median.len() > 1 {
            marks.push(Mark::Line {
                xy: median.into(),
                role: Role::Raises,
                width: 2.2,
                dashed: false,
                name: "running median".to_owned(),
            });
            legend.push(Legend::Key(Role::Raises, "running median, smoothed".to_owned()));
        }
        let mut notes = vec![note, "Above zero the actual value is larger than predicted.".to_owned()];
        notes.extend(quality::metric_words(performance, &["rmse", "mae"]).into_iter().map(|m| m + "."));
        notes.extend(quality::notes(performance));
        let sorted = stats::sorted_present(residuals.iter().copied());
        let at = |q| text::number(stats::quantile_sorted(&sorted, q));
        Ok(Chart {
            kind: self.id(),
            title: "Residuals against predictions".to_owned(),
            x: linear("predicted value (target units)", scale::padded(x, 0.04)),
            y: linear("actual minus predicted (target units)", scale::padded(y, 0.06)),
            marks,
            notes,
            legend,
            sentence: format!(
                "Half of all rows lie between {} and {} off their prediction, nine of ten between {} and {}; the median is {}",
                at(0.25),
                at(0.75),
                at(0.05),
                at(0.95),
                at(0.5)
            ),
            alt: format!(
                "Scatter chart of residuals against predictions of {}. Median residual {}; 90 % lie between {} and {}.",
                text::counted(residuals.len(), "row"),
                at(0.5),
                at(0.05),
                at(0.95)
            ),
            table: super::predicted_actual::table(detail),
        })
    }
}

/// A linear axis.
pub(super) fn linear(label: &str, range: (f64, f64)) -> Axis {
    Axis { label: label.to_owned(), range, kind: AxisKind::Linear, second: None }
}

/// One dot per row at prediction and `heights`, and the note on how many are shown.
pub(super) fn dots(detail: &RegressionDetail, heights: &[f64], most: u64) -> (Mark, String) {
    let residuals: Vec<f64> = detail.actual.iter().zip(detail.predicted.iter()).map(|(a, p)| a - p).collect();
    let kept = swarm::subset(&[&residuals], &detail.predicted, most as usize, &Task::silent())
        .expect("nobody can cancel a silent task");
    let note = if kept.len() == heights.len() {
        swarm::all_shown(kept.len())
    } else {
        format!(
            "{} of {} rows are shown: a fixed subset spread evenly over the prediction that keeps the largest errors.",
            text::count(kept.len()),
            text::count(heights.len())
        )
    };
    let points = Mark::Points {
        xy: kept.iter().map(|&i| [detail.predicted[i] as f32, heights[i] as f32]).collect(),
        paint: Paint::Role(Role::Accent),
        rows: swarm::ids(&detail.rows, &kept).into(),
        radius: if kept.len() > 2_000 { 1.6 } else { 2.4 },
    };
    (points, note)
}

/// Medians of windows of equal row count along x, smoothed with weights 1-2-1. Empty below 20 rows.
fn running_median(x: &[f64], y: &[f64]) -> Vec<[f64; 2]> {
    let mut order: Vec<usize> = (0..x.len()).filter(|&i| x[i].is_finite() && y[i].is_finite()).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]).then(a.cmp(&b)));
    let count = (order.len() / 20).min(40);
    let median = |i: &[usize], of: &[f64]| {
        let sorted = stats::sorted_present(i.iter().map(|&k| of[k]));
        stats::quantile_sorted(&sorted, 0.5)
    };
    let raw: Vec<[f64; 2]> = (0..count)
        .map(|w| {
            let window = &order[w * order.len() / count..(w + 1) * order.len() / count];
            [median(window, x), median(window, y)]
        })
        .collect();
    (0..raw.len())
        .map(|i| {
            let (before, after) = (raw[i.saturating_sub(1)][1], raw[(i + 1).min(raw.len() - 1)][1]);
            [raw[i][0], 0.25 * before + 0.5 * raw[i][1] + 0.25 * after]
        })
        .collect()
}
