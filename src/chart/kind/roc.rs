//! The ROC curve of two classes.

use crate::base::{Entry, Knobs, text};

use crate::chart::alt;
use crate::chart::quality;
use crate::chart::spec::{Chart, Legend, Mark, Role};

use super::{ChartError, Kind, Needs, PerformanceKind, Subject};

/// The chart.
pub struct Roc;

impl Entry for Roc {
    fn id(&self) -> &'static str {
        "roc"
    }

    fn title(&self) -> &'static str {
        "ROC curve"
    }

    fn summary(&self) -> &'static str {
        "True positive rate against false positive rate over all thresholds"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Fawcett, An introduction to ROC analysis, 2006"]
    }
}

impl Kind for Roc {
    fn needs(&self) -> Needs {
        Needs { performance: Some(PerformanceKind::Binary), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, _knobs: &Knobs) -> Result<Chart, ChartError> {
        let (performance, detail) = quality::binary(subject)?;
        if detail.roc.len() < 2 {
            return Err(ChartError::Missing("A ROC curve needs rows of both classes"));
        }
        let metric = quality::metric_words(performance, &["auc"]).join("; ");
        let half = detail.confusion_at(0.5);
        let rate = |part: f64, rest: f64| if part + rest > 0.0 { part / (part + rest) } else { f64::NAN };
        let at_half = (rate(half.false_positive, half.true_negative), rate(half.true_positive, half.false_negative));
        let mut notes = quality::notes(performance);
        if !metric.is_empty() {
            notes.insert(0, format!("{metric}."));
        }
        let mut marks = vec![
            super::diagonal((0.0, 1.0), "no better than chance"),
            Mark::Line {
                xy: detail.roc.iter().map(|p| [p[0], p[1]]).collect(),
                role: Role::Accent,
                width: 2.0,
                dashed: false,
                name: "model".to_owned(),
            },
        ];
        let mut legend = vec![
            Legend::Key(Role::Accent, "model".to_owned()),
            Legend::Key(Role::Muted, "no better than chance".to_owned()),
        ];
        if at_half.0.is_finite() && at_half.1.is_finite() {
            marks.push(super::single_dot(at_half, Role::Ink, 4.0));
            legend.push(Legend::Key(Role::Ink, "threshold 0.5".to_owned()));
        }
        let positive = &detail.classes[1];
        Ok(Chart {
            kind: self.id(),
            title: format!("ROC curve of “{positive}”"),
            x: super::share_axis("false positive rate"),
            y: super::share_axis("true positive rate"),
            marks,
            notes,
            legend,
            sentence: format!(
                "At threshold 0.5 the model finds {} of all “{positive}” and calls {} of the others so as well{}",
                text::percent(at_half.1),
                text::percent(at_half.0),
                if metric.is_empty() { String::new() } else { format!("; {metric}") }
            ),
            alt: format!(
                "ROC curve of “{positive}” over {}. {} At threshold 0.5 the true positive rate is {} and the false \
                 positive rate {}.",
                text::counted(performance.rows, "row"),
                if metric.is_empty() { String::new() } else { format!("{metric}.") },
                text::percent(at_half.1),
                text::percent(at_half.0),
            ),
            table: alt::table(
                &["false positive rate", "true positive rate", "threshold"],
                detail.roc.iter().map(|p| p.map(alt::number).to_vec()).collect(),
            ),
        })
    }
}
