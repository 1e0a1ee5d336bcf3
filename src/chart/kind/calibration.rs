//! Predicted against observed probability.

use crate::base::{Entry, Knobs, text};

use crate::chart::alt;
use crate::chart::quality;
use crate::chart::spec::{Axis, AxisKind, Chart, Legend, Mark, Paint, Role};

use super::{ChartError, Kind, Needs, PerformanceKind, Subject};

/// The chart.
pub struct Calibration;

impl Entry for Calibration {
    fn id(&self) -> &'static str {
        "calibration"
    }

    fn title(&self) -> &'static str {
        "Calibration"
    }

    fn summary(&self) -> &'static str {
        "Observed share against mean predicted probability, with Wilson intervals and row counts"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Wilson, Probable inference, the law of succession, and statistical inference, 1927"]
    }
}

impl Kind for Calibration {
    fn needs(&self) -> Needs {
        Needs { performance: Some(PerformanceKind::Binary), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, _knobs: &Knobs) -> Result<Chart, ChartError> {
        let (performance, detail) = quality::binary(subject)?;
        let bins = &detail.calibration;
        let most = bins.iter().map(|b| b.rows).max().unwrap_or(0);
        if most == 0 {
            return Err(ChartError::Missing("There are no rows to compare with their predictions"));
        }
        let low = -0.14;
        let mut marks = vec![super::diagonal((0.0, 1.0), "perfect calibration")];
        for bin in bins {
            let x = bin.predicted;
            let line = |xy: Vec<[f64; 2]>, role, width| Mark::Line {
                xy: xy.into(),
                role,
                width,
                dashed: false,
                name: String::new(),
            };
            marks.push(line(vec![[x, bin.interval.0], [x, bin.interval.1]], Role::Ink, 1.2));
            for end in [bin.interval.0, bin.interval.1] {
                marks.push(line(vec![[x - 0.008, end], [x + 0.008, end]], Role::Ink, 1.2));
            }
            // How many rows stand behind a dot: a stem along the bottom.
            let stem = low + 0.11 * bin.rows as f64 / most as f64;
            marks.push(line(vec![[x, low], [x, stem]], Role::Muted, 5.0));
        }
        let outside = bins.iter().filter(|b| b.predicted < b.interval.0 || b.predicted > b.interval.1).count();
        marks.push(Mark::Points {
            xy: bins.iter().map(|b| [b.predicted as f32, b.observed as f32]).collect(),
            paint: Paint::Role(Role::Accent),
            rows: [].into(),
            radius: 4.0,
        });
        let mut notes = vec![
            format!(
                "Whiskers: 95 % Wilson intervals. Grey stems: rows per dot, {} at most.",
                text::counted(most, "row")
            ),
            format!("For {} of {} dots the interval does not hold the predicted probability.", outside, bins.len()),
        ];
        notes.extend(
            quality::metric_words(performance, &["brier", "calibration-error", "ece"]).into_iter().map(|m| m + "."),
        );
        notes.extend(quality::notes(performance));
        let alt = format!(
            "Calibration chart of “{}” over {} in {} bins. For {outside} bins the 95 % interval of the observed share does \
             not hold the predicted probability. {}",
            detail.classes[1],
            text::counted(performance.rows, "row"),
            bins.len(),
            ends(bins)
        );
        let numbers = |b: &crate::model::performance::CalibrationBin| {
            [b.predicted, b.observed, b.interval.0, b.interval.1, b.rows as f64].map(alt::number).to_vec()
        };
        Ok(Chart {
            kind: self.id(),
            title: format!("Calibration of “{}”", detail.classes[1]),
            x: super::share_axis("mean predicted probability"),
            y: Axis {
                label: "observed share".to_owned(),
                range: (low, 1.04),
                kind: AxisKind::Names(share_names()),
                second: None,
            },
            marks,
            notes,
            legend: vec![
                Legend::Key(Role::Accent, "rows of similar prediction".to_owned()),
                Legend::Key(Role::Muted, "perfect calibration (dashed)".to_owned()),
            ],
            sentence: sentence(bins, outside),
            alt,
            table: alt::table(
                &["predicted", "observed", "ci_low", "ci_high", "rows"],
                bins.iter().map(numbers).collect(),
            ),
        })
    }
}

/// Shares as fixed ticks: below zero there is room for the row counts, which is no share.
fn share_names() -> Vec<(f64, String)> {
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0].map(|s| (s, if s > 0.0 { text::fixed(s, 1) } else { "0".to_owned() })).to_vec()
}

fn ends(bins: &[crate::model::performance::CalibrationBin]) -> String {
    match (bins.first(), bins.last()) {
        (Some(first), Some(last)) => format!(
            "Lowest bin: predicted {}, observed {}; highest bin: predicted {}, observed {}.",
            text::percent(first.predicted),
            text::percent(first.observed),
            text::percent(last.predicted),
            text::percent(last.observed)
        ),
        _ => String::new(),
    }
}

fn sentence(bins: &[crate::model::performance::CalibrationBin], outside: usize) -> String {
    let gap = |b: &crate::model::performance::CalibrationBin| (b.predicted - b.observed).abs();
    let Some(worst) = bins.iter().max_by(|a, b| gap(a).total_cmp(&gap(b))) else { return String::new() };
    format!(
        "In {} of {} predicted and observed shares agree within the interval; furthest apart they are at {} predicted, \
         {} observed",
        text::count(bins.len() - outside),
        text::counted(bins.len(), "bin"),
        text::percent(worst.predicted),
        text::percent(worst.observed)
    )
}
