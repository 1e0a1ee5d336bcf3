//! The document between evidence and writers: pages of blocks, each page with its numbers in full precision.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::base::Task;
use crate::chart::Chart;
use crate::data::dates::iso;

use super::error::ReportError;
use super::evidence::Evidence;
use super::plan::ReportPlan;
use super::section::{self, SECTIONS, Section};

/// Version of the JSON twin's layout; raised when a field changes its meaning.
pub const TWIN_VERSION: u32 = 1;

/// A report, ready for any writer.
#[derive(Clone, Debug)]
pub struct Document {
    /// Title.
    pub title: String,
    /// Who signs; may be empty.
    pub author: String,
    /// Date in words (UTC), when one is stated.
    pub date: Option<String>,
    /// The pages in order.
    pub pages: Vec<Page>,
    /// Every number, by section id: the JSON twin.
    pub twin: Value,
}

/// One section of a report.
#[derive(Clone, Debug)]
pub struct Page {
    /// Section id.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// What is on it.
    pub blocks: Vec<Block>,
    /// Its numbers in full precision.
    pub twin: Value,
}

/// A part of a page.
#[derive(Clone, Debug)]
pub enum Block {
    /// A heading below the section's.
    Heading(String),
    /// Running text.
    Paragraph(String),
    /// A list of sentences.
    List(Vec<String>),
    /// Names and values.
    Facts(Vec<(String, String)>),
    /// A table.
    Table(TableBlock),
    /// A chart.
    Figure(Arc<Chart>),
    /// Text to copy: a command line, a hash.
    Code(String),
}

/// A table of texts.
#[derive(Clone, Debug)]
pub struct TableBlock {
    /// What it shows.
    pub caption: String,
    /// Column heads; a head that starts with `#` marks a column of numbers (the mark is not shown).
    pub header: Vec<String>,
    /// Cells.
    pub rows: Vec<Vec<String>>,
}

/// Builds the document. Cost: that of drawing the charts. Cancels between sections.
pub fn build(evidence: &Evidence<'_>, plan: &ReportPlan, task: &Task) -> Result<Option<Document>, ReportError> {
    let sections = chosen(plan)?;
    let date = plan.created_at.map(utc_date);
    task.begin("writing the report", sections.len() as u64);
    let mut pages = Vec::with_capacity(sections.len());
    for section in sections {
        if section.applies(evidence) {
            pages.push(section.build(evidence, plan)?);
        }
        if task.advance(1).is_err() {
            return Ok(None);
        }
    }
    let twin = twin(evidence, plan, date.as_deref(), &pages);
    Ok(Some(Document { title: plan.title.clone(), author: plan.author.clone(), date, pages, twin }))
}

fn chosen(plan: &ReportPlan) -> Result<Vec<&'static dyn Section>, ReportError> {
    if plan.sections.is_empty() {
        return Ok(SECTIONS.to_vec());
    }
    plan.sections
        .iter()
        .map(|id| {
            section::find(id).ok_or_else(|| ReportError::UnknownSection {
                id: id.clone(),
                known: SECTIONS.iter().map(|s| s.id()).collect::<Vec<_>>().join(", "),
            })
        })
        .collect()
}

fn twin(evidence: &Evidence<'_>, plan: &ReportPlan, date: Option<&str>, pages: &[Page]) -> Value {
    let recipe = evidence.recipe;
    let sections: Map<String, Value> = pages.iter().map(|p| (p.id.to_owned(), p.twin.clone())).collect();
    let roles: Map<String, Value> = evidence
        .data
        .columns()
        .iter()
        .zip(evidence.data.roles())
        .map(|(column, role)| (column.name.to_string(), json!(role)))
        .collect();
    let mut twin = json!({
        "format": "candor-report",
        "version": TWIN_VERSION,
        "header": {
            "title": plan.title,
            "author": plan.author,
            "created_at": date,
            "program": evidence.explanation.provenance.program,
        },
        "reproduce": {
            "command_line": recipe.command_line,
            "data": { "path": recipe.data_path, "sha256": evidence.data.source().sha256 },
            "model": { "path": recipe.model_path, "sha256": evidence.card.sha256 },
            "read_options": recipe.read_options,
            "roles": roles,
            "threshold": evidence.threshold,
            "plan": recipe.plan,
            "report": plan,
            "environment": recipe.environment,
        },
        "sections": sections,
    });
    if let Some(second) = &evidence.second {
        twin["reproduce"]["challenger"] = json!({ "path": recipe.challenger_path, "sha256": second.view.card.sha256 });
    }
    twin
}

/// Seconds since 1970 as `2026-03-01 12:00 UTC`.
fn utc_date(seconds: u64) -> String {
    let whole_minutes = i64::try_from(seconds - seconds % 60).unwrap_or(0);
    let moment = iso(whole_minutes.saturating_mul(1000), false);
    format!("{} UTC", moment.strip_suffix(":00").unwrap_or(&moment))
}

/// A finite number as JSON; missing and infinite ones as text, because JSON has no word for them.
pub fn exact(value: f64) -> Value {
    match serde_json::Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => Value::Null,
        None => Value::String(if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()),
    }
}

/// A list of numbers as JSON.
pub fn exact_list(values: &[f64]) -> Value {
    Value::Array(values.iter().map(|v| exact(*v)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_the_calendar() {
        assert_eq!(utc_date(0), "1970-01-01 00:00 UTC");
        assert_eq!(utc_date(951_827_696), "2000-02-29 12:34 UTC");
        assert_eq!(utc_date(1_795_392_000), "2026-11-23 00:00 UTC");
    }
}
