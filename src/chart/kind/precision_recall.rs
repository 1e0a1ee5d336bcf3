//! Precision against recall of two classes.

use crate::base::{Entry, Knobs, text};

use crate::chart::alt;
use crate::chart::quality;
use crate::chart::spec::{Chart, Legend, Mark, Role};

use super::{ChartError, Kind, Needs, PerformanceKind, Subject};

/// The chart.
pub struct PrecisionRecall;

impl Entry for PrecisionRecall {
    fn id(&self) -> &'static str {
        "precision-recall"
    }

    fn title(&self) -> &'static str {
        "Precision and recall"
    }

    fn summary(&self) -> &'static str {
        "Precision against recall over all thresholds, beside the share of positive rows"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Davis and Goadrich, The relationship between precision-recall and ROC curves, 2006"]
    }
}

impl Kind for PrecisionRecall {
    fn needs(&self) -> Needs {
        Needs { performance: Some(PerformanceKind::Binary), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, _knobs: &Knobs) -> Result<Chart, ChartError> {
        let (performance, detail) = quality::binary(subject)?;
        if detail.precision_recall.len() < 2 {
            return Err(ChartError::Missing("This curve needs rows of the positive class"));
        }
        let first = |sums: &[f64]| sums.first().copied().unwrap_or(0.0);
        let (positive, negative) = (first(&detail.positives_above), first(&detail.negatives_above));
        let share = positive / (positive + negative);
        let metric = quality::metric_words(performance, &["average-precision"]).join("; ");
        let mut notes = quality::notes(performance);
        if !metric.is_empty() {
            notes.insert(0, format!("{metric}."));
        }
        // Between two thresholds precision does not move on a straight line: the curve steps.
        let mut xy: Vec<[f64; 2]> = Vec::with_capacity(2 * detail.precision_recall.len());
        for pair in detail.precision_recall.windows(2) {
            xy.push([pair[0][0], pair[0][1]]);
            xy.push([pair[0][0], pair[1][1]]);
        }
        xy.extend(detail.precision_recall.last().map(|p| [p[0], p[1]]));
        Ok(Chart {
            kind: self.id(),
            title: format!("Precision and recall of “{}”", detail.classes[1]),
            x: super::share_axis("recall"),
            y: super::share_axis("precision"),
            marks: vec![
                Mark::Rule {
                    at: share,
                    upright: false,
                    role: Role::Reference,
                    label: format!("share of positive rows {}", text::percent(share)),
                },
                Mark::Line { xy: xy.into(), role: Role::Accent, width: 2.0, dashed: false, name: "model".to_owned() },
            ],
            notes,
            legend: vec![Legend::Key(Role::Accent, "model".to_owned())],
            sentence: sentence(detail, share),
            alt: format!(
                "Precision against recall of “{}” over {}. {} The share of positive rows is {}.",
                detail.classes[1],
                text::counted(performance.rows, "row"),
                if metric.is_empty() { String::new() } else { format!("{metric}.") },
                text::percent(share),
            ),
            table: alt::table(
                &["recall", "precision", "threshold"],
                detail.precision_recall.iter().map(|p| p.map(alt::number).to_vec()).collect(),
            ),
        })
    }
}

fn sentence(detail: &crate::model::performance::BinaryDetail, share: f64) -> String {
    // The fewest rows that hold half of the positives.
    let half = detail.precision_recall.iter().filter(|p| p[0] >= 0.5).min_by(|a, b| a[0].total_cmp(&b[0]));
    let precision = half.map_or(f64::NAN, |p| p[1]);
    format!(
        "Where half of all “{}” are found, {} of the rows called so are; among all rows it is {}",
        detail.classes[1],
        text::percent(precision),
        text::percent(share)
    )
}
