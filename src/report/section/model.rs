//! Which model this is: identity, inputs, outputs.

use serde_json::json;

use crate::base::{Entry, text};
use crate::data::InputKind;
use crate::model::StepCard;

use super::super::document::{Block, Page, TableBlock};
use super::super::error::ReportError;
use super::super::evidence::Evidence;
use super::super::plan::ReportPlan;
use super::Section;

/// The model's identity.
pub struct ModelIdentity;

impl Entry for ModelIdentity {
    fn id(&self) -> &'static str {
        "model"
    }
    fn title(&self) -> &'static str {
        "Model"
    }
    fn summary(&self) -> &'static str {
        "Identity, algorithm, inputs and outputs of the model"
    }
}

impl Section for ModelIdentity {
    fn build(&self, evidence: &Evidence<'_>, _plan: &ReportPlan) -> Result<Page, ReportError> {
        let card = evidence.card;
        let mut facts = vec![
            ("Name".to_owned(), card.name.clone()),
            ("File size".to_owned(), text::bytes(card.bytes)),
            ("SHA-256".to_owned(), card.sha256.to_string()),
            ("Format".to_owned(), card.format.clone()),
            ("Trained with".to_owned(), card.library.clone().unwrap_or_else(|| "not stored in the file".to_owned())),
            ("Algorithm".to_owned(), card.algorithm.clone()),
            ("Objective".to_owned(), card.objective.clone().unwrap_or_else(|| "not stored in the file".to_owned())),
            ("Task".to_owned(), card.task.title().to_owned()),
            ("Outputs".to_owned(), card.outputs.join(", ")),
        ];
        facts.extend(card.facts.iter().cloned());
        let rows = card.inputs.iter().map(|input| {
            let kind = match &input.kind {
                InputKind::Levels(levels) | InputKind::OpenLevels(levels) => {
                    format!("levels: {}", text::shorten(&levels.join(", "), 160))
                }
                other => other.words(),
            };
            vec![input.name.clone(), kind]
        });
        let table = TableBlock {
            caption: "Inputs in the model's own order".to_owned(),
            header: vec!["Input".to_owned(), "Values".to_owned()],
            rows: rows.collect(),
        };
        let mut blocks = vec![Block::Facts(facts), Block::Table(table)];
        if let Some((steps, values)) = &card.steps {
            let lines = StepCard::outline(steps);
            let indented = |(depth, line): &(usize, String)| format!("{}{line}", "– ".repeat(*depth));
            blocks.push(Block::Heading(format!("Steps that make {} of the columns", text::counted(*values, "value"))));
            blocks.push(Block::List(lines.iter().map(indented).collect()));
        }
        if !card.notes.is_empty() {
            blocks.push(Block::Heading("What to know about this file".to_owned()));
            blocks.push(Block::List(card.notes.clone()));
        }
        let mut twin = json!(card);
        if let Some(object) = twin.as_object_mut() {
            object.remove("path");
        }
        Ok(Page { id: self.id(), title: self.title(), blocks, twin })
    }
}
