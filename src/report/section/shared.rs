//! What several sections do alike: drawing a chart, telling its numbers, choosing rows.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::base::{Fingerprint, Knobs, RowId, text};
use crate::chart::{self, Cell, Chart, ChartError, ChartTable, Subject};
use crate::model::{Scale, TaskKind};

use super::super::document::exact;
use super::super::error::ReportError;
use super::super::evidence::Evidence;
use super::super::plan::ReportPlan;

/// Dots in a chart on paper: more cannot be told apart there and make the file heavy.
const PAPER_DOTS: &str = "4000";
/// Tables of charts up to this many cells are written out in the twin; larger ones by their hash.
const TWIN_CELLS: usize = 40_000;

/// Draws the chart kind `id` with its default settings.
pub fn draw(id: &'static str, subject: &Subject<'_>) -> Result<Arc<Chart>, ReportError> {
    draw_with(id, subject, &[])
}

/// Draws the chart kind `id` with some settings given.
pub fn draw_with(id: &'static str, subject: &Subject<'_>, given: &[(&str, &str)]) -> Result<Arc<Chart>, ReportError> {
    let kind = chart::kind::find(id).ok_or(ChartError::Missing("this kind of chart is not known"))?;
    let fewer = kind.knobs().iter().any(|k| k.id == "dots").then_some(("dots", PAPER_DOTS));
    let given = given.iter().copied().chain(fewer);
    let knobs = Knobs::check(kind.knobs(), given).unwrap_or_else(|_| Knobs::defaults(kind.knobs()));
    Ok(Arc::new(kind.draw(subject, &knobs)?))
}

/// A chart's numbers for the twin.
pub fn figure_twin(chart: &Chart) -> Value {
    let table = &chart.table;
    let cells = table.header.len() * table.rows.len();
    let mut twin = json!({ "kind": chart.kind, "title": chart.title, "notes": chart.notes, "header": table.header });
    if cells <= TWIN_CELLS {
        twin["rows"] = Value::Array(table.rows.iter().map(|row| row.iter().map(cell).collect()).collect());
    } else {
        twin["row_count"] = json!(table.rows.len());
        twin["sha256_of_rows"] = json!(table_hash(table));
    }
    twin
}

fn cell(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) => Value::String(text.clone()),
        Cell::Number(number) => exact(*number),
    }
}

fn table_hash(table: &ChartTable) -> Fingerprint {
    let mut builder = Fingerprint::builder();
    for cell in table.rows.iter().flatten() {
        builder = match cell {
            Cell::Text(text) => builder.text(text),
            Cell::Number(number) => builder.reals(&[*number]),
        };
    }
    builder.finish()
}

/// Input indices by falling mean absolute contribution to `output`, with those means.
pub fn ranking(evidence: &Evidence<'_>, output: usize) -> Vec<(usize, f64)> {
    let means = evidence.attribution().map(|a| a.mean_absolute(output)).unwrap_or_default();
    let mut ranked: Vec<(usize, f64)> = means.into_iter().enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked
}

/// A row with the reason why it is shown.
pub struct Chosen {
    /// The row.
    pub row: RowId,
    /// Its position among the explained rows.
    pub position: usize,
    /// Why.
    pub reason: String,
}

/// The rows of the plan, or a deterministic choice: highest, lowest and middle prediction, the one nearest to the
/// threshold, and the most confident mistake.
pub fn chosen_rows(evidence: &Evidence<'_>, plan: &ReportPlan) -> Result<Vec<Chosen>, ReportError> {
    let Some(attribution) = evidence.attribution() else { return Ok(Vec::new()) };
    if !plan.rows.is_empty() {
        return plan
            .rows
            .iter()
            .map(|row| {
                let position = attribution.position(*row).ok_or(ReportError::UnknownRow { row: row.0 })?;
                Ok(Chosen { row: *row, position, reason: "chosen by the author".to_owned() })
            })
            .collect();
    }
    let mut chosen: Vec<Chosen> = Vec::new();
    for (position, reason) in telling_positions(evidence, attribution.rows.len()) {
        if chosen.iter().all(|c| c.position != position) {
            chosen.push(Chosen { row: attribution.rows[position], position, reason });
        }
    }
    Ok(chosen)
}

fn telling_positions(evidence: &Evidence<'_>, count: usize) -> Vec<(usize, String)> {
    let outputs = evidence.card.outputs.len().max(1);
    let score = |position: usize| evidence.explanation.predictions[position * outputs];
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| score(a).total_cmp(&score(b)).then(a.cmp(&b)));
    let Some((&lowest, &highest)) = order.first().zip(order.last()) else { return Vec::new() };
    let name = evidence.card.outputs.first().map_or("", String::as_str);
    let mut picked = vec![
        (highest, format!("highest prediction of “{name}”")),
        (lowest, format!("lowest prediction of “{name}”")),
        (order[count / 2], format!("middle prediction of “{name}”")),
    ];
    if let Some(cut) = cutoff(evidence) {
        let nearest = order
            .iter()
            .copied()
            .min_by(|&a, &b| (score(a) - cut).abs().total_cmp(&(score(b) - cut).abs()).then(a.cmp(&b)));
        picked.extend(nearest.map(|p| (p, format!("nearest to the threshold {}", text::number(evidence.threshold)))));
        picked.extend(worst_mistake(evidence, count, cut).map(|p| (p, "most confident mistake".to_owned())));
    }
    picked
}

/// The decision threshold in the unit of the attributions, for two-class models.
fn cutoff(evidence: &Evidence<'_>) -> Option<f64> {
    if evidence.card.task != TaskKind::Binary {
        return None;
    }
    let p = evidence.threshold;
    match evidence.explanation.provenance.scale {
        Scale::Probability => Some(p),
        Scale::Margin if p > 0.0 && p < 1.0 => Some(libm::log(p / (1.0 - p))),
        Scale::Margin | Scale::Target => None,
    }
}

fn worst_mistake(evidence: &Evidence<'_>, count: usize, cut: f64) -> Option<usize> {
    let attribution = evidence.attribution()?;
    let mistake = |position: usize| {
        let truth = *evidence.truth.get(attribution.rows[position].index())?;
        let distance = evidence.explanation.predictions[position] - cut;
        let wrong = (truth > 0.5) != (distance >= 0.0);
        (wrong && !truth.is_nan()).then_some(distance.abs())
    };
    (0..count)
        .filter_map(|p| mistake(p).map(|size| (p, size)))
        .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
        .map(|(p, _)| p)
}

/// The table column's value of an input for a row, as people read it.
pub fn value_text(evidence: &Evidence<'_>, input: usize, row: RowId) -> String {
    match evidence.link.columns.get(input).and_then(|c| evidence.data.columns().get(*c)) {
        Some(column) => column.values.text(row.index()),
        None => text::MISSING.to_owned(),
    }
}
