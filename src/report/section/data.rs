//! Which table this is: origin, columns, what is missing, how it was read.

use serde_json::{Value, json};

use crate::base::{Entry, text};
use crate::data::profile::ColumnProfile;

use super::super::document::{Block, Page, TableBlock};
use super::super::error::ReportError;
use super::super::evidence::Evidence;
use super::super::plan::ReportPlan;
use super::Section;

/// The table.
pub struct DataDescription;

impl Entry for DataDescription {
    fn id(&self) -> &'static str {
        "data"
    }
    fn title(&self) -> &'static str {
        "Data"
    }
    fn summary(&self) -> &'static str {
        "Origin, columns, roles and missing values of the table"
    }
}

impl Section for DataDescription {
    fn build(&self, evidence: &Evidence<'_>, _plan: &ReportPlan) -> Result<Page, ReportError> {
        let data = evidence.data;
        let source = data.source();
        let facts = vec![
            ("File".to_owned(), source.name.clone()),
            ("SHA-256".to_owned(), source.sha256.to_string()),
            ("File size".to_owned(), text::bytes(source.bytes)),
            ("Format".to_owned(), source.format.clone()),
            ("Rows".to_owned(), text::count(data.row_count())),
            ("Columns".to_owned(), text::count(data.columns().len())),
        ];
        let mut rows = Vec::new();
        let mut columns = Vec::new();
        for ((column, role), profile) in data.columns().iter().zip(data.roles()).zip(&evidence.profile.columns) {
            let kind = column.values.kind();
            rows.push(vec![
                column.name.to_string(),
                kind.title().to_owned(),
                role.title().to_owned(),
                text::count(profile.missing),
                content(profile),
            ]);
            columns.push(json!({ "name": column.name, "kind": kind, "role": role, "profile": column_twin(profile) }));
        }
        let table = TableBlock {
            caption: "Columns of the table; quantiles are at 5, 50 and 95 percent".to_owned(),
            header: ["Column", "Type", "Role", "#Missing", "Content"].map(str::to_owned).to_vec(),
            rows,
        };
        let mut blocks = vec![Block::Facts(facts), Block::Table(table)];
        let notes: Vec<String> = source.notes.iter().chain(&evidence.link.warnings).cloned().collect();
        if !notes.is_empty() {
            blocks.push(Block::Heading("Notes on reading and matching".to_owned()));
            blocks.push(Block::List(notes.clone()));
        }
        let twin = json!({
            "file": source.name,
            "sha256": source.sha256,
            "bytes": source.bytes,
            "format": source.format,
            "rows": data.row_count(),
            "columns": columns,
            "notes": notes,
        });
        Ok(Page { id: self.id(), title: self.title(), blocks, twin })
    }
}

fn content(profile: &ColumnProfile) -> String {
    if let Some(numbers) = &profile.numbers {
        let [_, low, _, middle, _, high, _] = numbers.quantiles;
        return format!(
            "{} to {}, quantiles {} / {} / {}",
            text::number(numbers.min),
            text::number(numbers.max),
            text::number(low),
            text::number(middle),
            text::number(high)
        );
    }
    let shown: Vec<String> =
        profile.levels.iter().take(6).map(|(level, count)| format!("{level} ({})", text::count(*count))).collect();
    let more = profile.distinct.map_or(0, |d| d.saturating_sub(shown.len()));
    let rest = if more > 0 { format!(", {} more", text::count(more)) } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

fn column_twin(profile: &ColumnProfile) -> Value {
    serde_json::to_value(profile).unwrap_or(Value::Null)
}
