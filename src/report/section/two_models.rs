//! Champion and challenger on the same rows: metrics with paired intervals, what matters to each, decisions that flip and
//! the columns that carry them.

use serde_json::{Value, json};

use crate::base::{Entry, text};
use crate::chart::Subject;
use crate::explain::{Challenge, ColumnImportance};
use crate::model::ModelCard;
use crate::model::measure::{Comparison, Flip, MetricDifference, Right};

use super::super::document::{Block, Page, TableBlock, exact};
use super::super::error::ReportError;
use super::super::evidence::{Evidence, Second};
use super::super::plan::ReportPlan;
use super::{Section, shared};

/// Columns listed by name; the twin has all.
const COLUMNS: usize = 30;
/// Flipped rows listed one by one; the twin has as many, and the count of all.
const FLIPS: usize = 20;
/// Columns named for what carries a row's change.
const CARRIERS: usize = 3;

/// Two models.
pub struct TwoModels;

impl Entry for TwoModels {
    fn id(&self) -> &'static str {
        "two-models"
    }
    fn title(&self) -> &'static str {
        "Champion and challenger"
    }
    fn summary(&self) -> &'static str {
        "Metrics with paired intervals, importance side by side, and decisions that flip, where a second model is open"
    }
}

impl Section for TwoModels {
    fn needs_challenger(&self) -> bool {
        true
    }

    fn applies(&self, evidence: &Evidence<'_>) -> bool {
        evidence.second.is_some()
    }

    fn build(&self, evidence: &Evidence<'_>, _plan: &ReportPlan) -> Result<Page, ReportError> {
        let (mut blocks, mut twin) = (Vec::new(), json!({}));
        if let Some(second) = &evidence.second {
            blocks.extend(who(evidence, second));
            twin["challenger_sha256"] = json!(second.view.card.sha256);
            twin["metrics"] = metrics(second, &mut blocks);
            twin["predictions"] = predictions(evidence, second, &mut blocks)?;
            twin["importance"] = importance(evidence, second, &mut blocks)?;
            twin["flips"] = flips(evidence, second, &mut blocks)?;
        }
        Ok(Page { id: self.id(), title: self.title(), blocks, twin })
    }
}

/// What charts of two models read.
fn subject<'a>(evidence: &Evidence<'a>, second: &Second<'a>, output: usize) -> Subject<'a> {
    Subject {
        challenger: Some(second.view),
        predictions: Some(second.predictions),
        threshold: Some(evidence.threshold),
        ..evidence.subject(output)
    }
}

fn who(evidence: &Evidence<'_>, second: &Second<'_>) -> Vec<Block> {
    let facts = |name: &str, card: &ModelCard| {
        (name.to_owned(), format!("{} · {} · SHA-256 {}", card.name, card.algorithm, card.sha256))
    };
    vec![
        Block::Facts(vec![facts("Champion", evidence.card), facts("Challenger", second.view.card)]),
        Block::Paragraph(
            "Both models predict the same rows of the same table. Differences are the challenger’s value minus the \
             champion’s. A model looks better on the rows it was trained on than on new ones; whether these rows are \
             new to either model is not known to this report."
                .to_owned(),
        ),
    ]
}

fn metrics(second: &Second<'_>, blocks: &mut Vec<Block>) -> Value {
    blocks.push(Block::Heading("Metrics".to_owned()));
    let Some(comparison) = second.comparison else {
        let words = "No column is known to hold the true values, so that neither model could be measured.";
        blocks.push(Block::Paragraph(words.to_owned()));
        return Value::Null;
    };
    let weighted = if comparison.weighted { ", weighted" } else { "" };
    let header = ["Metric", "#Champion", "#Challenger", "#Difference", "#95 % interval", "Verdict"];
    blocks.push(Block::Table(TableBlock {
        caption: format!("Metrics on the same {}{weighted}", text::counted(comparison.rows, "row")),
        header: header.map(str::to_owned).to_vec(),
        rows: comparison.metrics.iter().map(metric_row).collect(),
    }));
    if !comparison.notes.is_empty() {
        blocks.push(Block::List(comparison.notes.clone()));
    }
    metrics_twin(comparison)
}

fn metric_row(metric: &MetricDifference) -> Vec<String> {
    vec![
        metric.title.to_owned(),
        text::number(metric.champion),
        text::number(metric.challenger),
        text::signed(metric.difference()),
        span(metric.interval),
        metric.verdict().words().to_owned(),
    ]
}

/// The interval of a difference, each end with its sign, as the Compare screen writes it; empty where none is known.
fn span(interval: Option<(f64, f64)>) -> String {
    interval.map_or_else(String::new, |(low, high)| format!("{} to {}", text::signed(low), text::signed(high)))
}

fn metrics_twin(comparison: &Comparison) -> Value {
    let one = |metric: &MetricDifference| {
        json!({
            "id": metric.id,
            "champion": exact(metric.champion),
            "challenger": exact(metric.challenger),
            "difference": exact(metric.difference()),
            "ci_low": metric.interval.map(|i| exact(i.0)),
            "ci_high": metric.interval.map(|i| exact(i.1)),
            "verdict": metric.verdict().words(),
        })
    };
    json!({
        "rows": comparison.rows,
        "skipped": comparison.skipped,
        "weighted": comparison.weighted,
        "values": comparison.metrics.iter().map(one).collect::<Vec<_>>(),
        "notes": comparison.notes,
    })
}

fn predictions(evidence: &Evidence<'_>, second: &Second<'_>, blocks: &mut Vec<Block>) -> Result<Value, ReportError> {
    blocks.push(Block::Heading("Predictions of the same rows".to_owned()));
    let mut figures = Vec::new();
    for output in evidence.outputs_shown() {
        let chart = shared::draw("predictions-compared", &subject(evidence, second, output))?;
        figures.push(shared::figure_twin(&chart));
        blocks.push(Block::Figure(chart));
    }
    Ok(json!({ "figures": figures }))
}

fn importance(evidence: &Evidence<'_>, second: &Second<'_>, blocks: &mut Vec<Block>) -> Result<Value, ReportError> {
    blocks.push(Block::Heading("What matters to each model".to_owned()));
    let Some(challenge) = second.view.challenge else {
        let words = "The two models could not be explained by one rule against the same reference set.";
        blocks.push(Block::Paragraph(words.to_owned()));
        return Ok(Value::Null);
    };
    let unit = evidence.card.unit(challenge.scale());
    let mut outputs = Vec::new();
    for output in evidence.outputs_shown().take(challenge.outputs()) {
        let chart = shared::draw("importance-compared", &subject(evidence, second, output))?;
        let figure = shared::figure_twin(&chart);
        blocks.push(Block::Figure(chart));
        let mut columns = challenge.importance(output);
        columns.sort_by(|a, b| larger(b).total_cmp(&larger(a)).then(a.column.cmp(&b.column)));
        blocks.push(Block::Table(importance_table((evidence, challenge), &columns, (output, unit))));
        outputs.push(json!({
            "output": evidence.card.outputs.get(output),
            "columns": columns.iter().map(|c| importance_twin(challenge, c)).collect::<Vec<_>>(),
            "figure": figure,
        }));
    }
    let methods = [challenge.champion(), challenge.challenger()].map(|e| e.provenance.method.clone());
    Ok(json!({ "unit": unit, "methods": methods, "outputs": outputs }))
}

fn larger(column: &ColumnImportance) -> f64 {
    column.champion.max(column.challenger)
}

fn importance_table(
    (evidence, challenge): (&Evidence<'_>, &Challenge),
    columns: &[ColumnImportance],
    (output, unit): (usize, &str),
) -> TableBlock {
    let of = match evidence.card.outputs.get(output) {
        Some(name) if evidence.card.outputs.len() > 1 => format!(" to “{name}”"),
        _ => String::new(),
    };
    let header = ["Feature", "#Champion", "#Challenger", "#Difference", "#95 % interval", "#Mean change in a row"];
    TableBlock {
        caption: format!("Mean absolute contribution{of}, {unit}"),
        header: header.map(str::to_owned).to_vec(),
        rows: columns
            .iter()
            .take(COLUMNS)
            .map(|c| {
                vec![
                    challenge.columns()[c.column].name.clone(),
                    text::number(c.champion),
                    text::number(c.challenger),
                    text::signed(c.challenger - c.champion),
                    span(c.interval),
                    text::number(c.moved),
                ]
            })
            .collect(),
    }
}

fn importance_twin(challenge: &Challenge, column: &ColumnImportance) -> Value {
    json!({
        "feature": challenge.columns()[column.column].name,
        "champion": exact(column.champion),
        "challenger": exact(column.challenger),
        "ci_low": column.interval.map(|i| exact(i.0)),
        "ci_high": column.interval.map(|i| exact(i.1)),
        "moved": exact(column.moved),
    })
}

fn flips(evidence: &Evidence<'_>, second: &Second<'_>, blocks: &mut Vec<Block>) -> Result<Value, ReportError> {
    let Some(flips) = second.flips else { return Ok(Value::Null) };
    blocks.push(Block::Heading("Decisions that flip".to_owned()));
    blocks.push(Block::Paragraph(flips_in_words(evidence, flips)));
    let mut figures = Vec::new();
    if second.view.challenge.is_some() && !flips.is_empty() {
        for output in evidence.outputs_shown() {
            let chart = shared::draw("decision-flips", &subject(evidence, second, output))?;
            figures.push(shared::figure_twin(&chart));
            blocks.push(Block::Figure(chart));
        }
    }
    let shown = &flips[..flips.len().min(FLIPS)];
    let carriers: Vec<Vec<(String, f64)>> = shown.iter().map(|flip| carriers(evidence, second, flip)).collect();
    if !shown.is_empty() {
        blocks.push(Block::Table(flips_table(evidence, shown, (&carriers, flips.len()))));
    }
    let one = |(flip, carriers): (&Flip, &Vec<(String, f64)>)| {
        json!({
            "row": flip.row.0,
            "from": flip.from,
            "to": flip.to,
            "difference": exact(flip.difference),
            "right": flip.right().words(),
            "carried_by": carriers.iter().map(|(name, by)| json!([name, exact(*by)])).collect::<Vec<_>>(),
        })
    };
    Ok(json!({
        "count": flips.len(),
        "threshold": evidence.threshold,
        "largest": shown.iter().zip(&carriers).map(one).collect::<Vec<_>>(),
        "figures": figures,
    }))
}

fn flips_in_words(evidence: &Evidence<'_>, flips: &[Flip]) -> String {
    let right = |wanted| flips.iter().filter(|f| f.right() == wanted).count();
    let known = flips.len() - right(Right::Unknown);
    let at = match evidence.card.outputs.len() {
        1 => format!(" at the threshold {}", text::number(evidence.threshold)),
        _ => String::new(),
    };
    let who = match known {
        0 => String::new(),
        _ => format!(
            " Of those with a known outcome, the champion is right in {}, the challenger in {}.",
            text::count(right(Right::Champion)),
            text::count(right(Right::Challenger)),
        ),
    };
    format!("{} of the table are decided differently by the two models{at}.{who}", text::counted(flips.len(), "row"))
}

/// The columns that carry a flipped row's change, largest first, to the class that the challenger calls it; empty where
/// the row was not explained.
fn carriers(evidence: &Evidence<'_>, second: &Second<'_>, flip: &Flip) -> Vec<(String, f64)> {
    let Some(challenge) = second.view.challenge else { return Vec::new() };
    let Some(position) = challenge.both().0.position(flip.row) else { return Vec::new() };
    let output = if evidence.card.outputs.len() > 1 { flip.to } else { 0 };
    let named = |(column, by): (usize, f64)| (challenge.columns()[column].name.clone(), by);
    challenge.carriers(output, position).into_iter().take(CARRIERS).map(named).collect()
}

fn flips_table(evidence: &Evidence<'_>, flips: &[Flip], (carriers, all): (&[Vec<(String, f64)>], usize)) -> TableBlock {
    let class = |class: usize| evidence.card.classes.get(class).cloned().unwrap_or_else(|| class.to_string());
    let row = |(flip, carriers): (&Flip, &Vec<(String, f64)>)| {
        let name = evidence.identifier(flip.row).map_or_else(String::new, |id| format!(" ({id})"));
        let by = carriers.iter().map(|(name, by)| format!("{} {}", text::shorten(name, 32), text::signed(*by)));
        vec![
            format!("{}{name}", flip.row),
            class(flip.from),
            class(flip.to),
            text::signed(flip.difference),
            flip.right().words().to_owned(),
            by.collect::<Vec<_>>().join(", "),
        ]
    };
    let header = ["Row", "Champion", "Challenger", "#Change of probability", "Right", "Carried by"];
    TableBlock {
        caption: format!("The {} with the largest change of {}", text::counted(flips.len(), "row"), text::count(all)),
        header: header.map(str::to_owned).to_vec(),
        rows: flips.iter().zip(carriers).map(row).collect(),
    }
}
