//! Actual against predicted values of a regression.

use crate::base::{Entry, Knob, Knobs, text};
use crate::model::performance::RegressionDetail;
use crate::num::stats;

use crate::chart::ChartTable;
use crate::chart::alt;
use crate::chart::quality;
use crate::chart::scale;
use crate::chart::spec::{Chart, Legend, Role};
use crate::chart::swarm;

use super::residuals::{dots, linear};
use super::{ChartError, Kind, Needs, PerformanceKind, Subject};

/// The chart.
pub struct PredictedActual;

impl Entry for PredictedActual {
    fn id(&self) -> &'static str {
        "predicted-actual"
    }

    fn title(&self) -> &'static str {
        "Predicted and actual values"
    }

    fn summary(&self) -> &'static str {
        "Actual against predicted value of every row, beside the line where both agree"
    }
}

impl Kind for PredictedActual {
    fn knobs(&self) -> &'static [Knob] {
        const { &[swarm::DOTS] }
    }

    fn needs(&self) -> Needs {
        Needs { performance: Some(PerformanceKind::Regression), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let (performance, detail) = quality::regression(subject)?;
        let x =
            scale::extent(detail.predicted.iter().copied()).ok_or(ChartError::Missing("No prediction is a number"))?;
        let y = scale::extent(detail.actual.iter().copied()).ok_or(ChartError::Missing("No target is a number"))?;
        let both = (x.0.max(y.0), x.1.min(y.1));
        let (points, note) = dots(detail, &detail.actual, knobs.count(swarm::DOTS.id));
        let mut marks = vec![points];
        if both.1 > both.0 {
            marks.push(super::diagonal(both, "prediction and actual value agree"));
        }
        let mut notes = vec![note];
        notes.extend(quality::metric_words(performance, &["r2", "rmse", "mae"]).into_iter().map(|m| m + "."));
        notes.extend(quality::notes(performance));
        let correlation = stats::correlation(&detail.predicted, &detail.actual);
        Ok(Chart {
            kind: self.id(),
            title: "Predicted and actual values".to_owned(),
            x: linear("predicted value (target units)", scale::padded(x, 0.04)),
            y: linear("actual value (target units)", scale::padded(y, 0.04)),
            marks,
            notes,
            legend: vec![
                Legend::Key(Role::Accent, "row".to_owned()),
                Legend::Key(Role::Muted, "both agree (dashed)".to_owned()),
            ],
            sentence: format!(
                "Predictions run from {} to {}, actual values from {} to {}; their correlation is {}",
                text::number(x.0),
                text::number(x.1),
                text::number(y.0),
                text::number(y.1),
                text::number(correlation)
            ),
            alt: format!(
                "Scatter chart of actual against predicted values of {}. Correlation {}. Predictions run from {} to {}, \
                 actual values from {} to {}.",
                text::counted(detail.rows.len(), "row"),
                text::number(correlation),
                text::number(x.0),
                text::number(x.1),
                text::number(y.0),
                text::number(y.1)
            ),
            table: table(detail),
        })
    }
}

/// Row, predicted, actual, residual.
pub(super) fn table(detail: &RegressionDetail) -> ChartTable {
    let rows = detail.rows.iter().zip(detail.predicted.iter().zip(detail.actual.iter()));
    let rows = rows.map(|(row, (p, a))| [f64::from(row.0), *p, *a, a - p].map(alt::number).to_vec()).collect();
    alt::table(&["row", "predicted", "actual", "residual"], rows)
}
