//! How well the model predicts the table, where a target is known.

use serde_json::{Value, json};

use crate::base::{Entry, text};
use crate::model::performance::{Detail, MetricValue};

use super::super::document::{Block, Page, TableBlock, exact};
use super::super::error::ReportError;
use super::super::evidence::Evidence;
use super::super::plan::ReportPlan;
use super::{Section, shared};

/// Performance on the table.
pub struct PerformanceOnTable;

impl Entry for PerformanceOnTable {
    fn id(&self) -> &'static str {
        "performance"
    }
    fn title(&self) -> &'static str {
        "Performance"
    }
    fn summary(&self) -> &'static str {
        "Metrics with intervals and the curves behind them, where a target is known"
    }
}

impl Section for PerformanceOnTable {
    fn applies(&self, evidence: &Evidence<'_>) -> bool {
        evidence.performance.is_some_and(|p| p.rows > 0)
    }

    fn build(&self, evidence: &Evidence<'_>, _plan: &ReportPlan) -> Result<Page, ReportError> {
        let Some(performance) = evidence.performance else {
            return Ok(Page { id: self.id(), title: self.title(), blocks: Vec::new(), twin: Value::Null });
        };
        let weighted = if performance.weighted { ", weighted" } else { "" };
        let mut blocks = vec![Block::Paragraph(format!(
            "Measured on {} with a known target{weighted}; {} left out. Whether the model was trained on these rows \
             is not known to this report.",
            text::counted(performance.rows, "row"),
            text::counted(performance.skipped, "row"),
        ))];
        blocks.push(Block::Table(TableBlock {
            caption: "Metrics with 95 % intervals over rows".to_owned(),
            header: ["Metric", "#Value", "#Interval", "Unit", "Better"].map(str::to_owned).to_vec(),
            rows: performance.metrics.iter().map(metric_row).collect(),
        }));
        let threshold = evidence.threshold.to_string();
        let kinds: &[(&'static str, &[(&str, &str)])] = match &performance.detail {
            Detail::Binary(_) => &[
                ("roc", &[]),
                ("precision-recall", &[]),
                ("calibration", &[]),
                ("confusion", &[("threshold", &threshold)]),
            ],
            Detail::Multiclass(_) => &[("class-roc", &[]), ("confusion", &[])],
            Detail::Regression(_) => &[("predicted-actual", &[]), ("residuals", &[])],
        };
        let mut figures = Vec::new();
        for (kind, knobs) in kinds {
            let chart = shared::draw_with(kind, &evidence.subject(0), knobs)?;
            figures.push(shared::figure_twin(&chart));
            blocks.push(Block::Figure(chart));
        }
        if !performance.notes.is_empty() {
            blocks.push(Block::List(performance.notes.clone()));
        }
        let twin = json!({
            "rows": performance.rows,
            "skipped": performance.skipped,
            "weighted": performance.weighted,
            "threshold": evidence.threshold,
            "metrics": performance.metrics.iter().map(metric_twin).collect::<Vec<_>>(),
            "figures": figures,
            "notes": performance.notes,
        });
        Ok(Page { id: self.id(), title: self.title(), blocks, twin })
    }
}

fn metric_row(metric: &MetricValue) -> Vec<String> {
    vec![
        metric.title.to_owned(),
        text::number(metric.value),
        metric.interval.map_or_else(String::new, |(low, high)| text::interval(low, high)),
        metric.unit.to_owned(),
        metric.good.title().to_owned(),
    ]
}

fn metric_twin(metric: &MetricValue) -> Value {
    json!({
        "id": metric.id,
        "value": exact(metric.value),
        "ci_low": metric.interval.map(|i| exact(i.0)),
        "ci_high": metric.interval.map(|i| exact(i.1)),
    })
}
