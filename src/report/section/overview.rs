//! First page: what was explained, how well it adds up, what matters most.

use serde_json::json;

use crate::base::{Entry, text};

use super::super::document::{Block, Page, exact};
use super::super::error::ReportError;
use super::super::evidence::Evidence;
use super::super::plan::ReportPlan;
use super::{Section, shared};

/// The overview.
pub struct Overview;

impl Entry for Overview {
    fn id(&self) -> &'static str {
        "overview"
    }
    fn title(&self) -> &'static str {
        "Overview"
    }
    fn summary(&self) -> &'static str {
        "What was explained, how exactly, and what matters most"
    }
}

impl Section for Overview {
    fn build(&self, evidence: &Evidence<'_>, _plan: &ReportPlan) -> Result<Page, ReportError> {
        let explanation = evidence.explanation;
        let rows = evidence.attribution().map_or(0, |a| a.rows.len());
        let mut blocks = vec![Block::Paragraph(format!(
            "This report describes how the model “{}” ({}) arrives at its predictions on {} of the table “{}”, \
             with the method {}. It describes the model, not the world.",
            evidence.card.name,
            evidence.card.algorithm,
            text::counted(rows, "row"),
            evidence.data.source().name,
            explanation.provenance.method_title,
        ))];
        blocks.push(Block::Facts(facts(evidence)));
        let mut leading = Vec::new();
        for output in evidence.outputs_shown() {
            let ranked = shared::ranking(evidence, output);
            let names: Vec<String> = ranked
                .iter()
                .take(3)
                .map(|(j, mean)| format!("“{}” ({})", evidence.card.inputs[*j].name, text::number(*mean)))
                .collect();
            let name = &evidence.card.outputs[output];
            blocks.push(Block::Paragraph(format!(
                "For “{name}”, the features with the largest mean absolute contribution, in {}, are {}.",
                evidence.unit(),
                names.join(", ")
            )));
            let listed: Vec<_> = ranked
                .iter()
                .take(3)
                .map(|(j, mean)| json!({ "feature": evidence.card.inputs[*j].name, "mean_absolute": exact(*mean) }))
                .collect();
            leading.push(json!({ "output": name, "features": listed }));
        }
        let twin = json!({ "rows_explained": rows, "unit": evidence.unit(), "leading": leading });
        Ok(Page { id: self.id(), title: self.title(), blocks, twin })
    }
}

fn facts(evidence: &Evidence<'_>) -> Vec<(String, String)> {
    let fidelity = &evidence.explanation.fidelity;
    let mut facts = vec![
        ("Model file".to_owned(), format!("SHA-256 {}", evidence.card.sha256)),
        ("Table file".to_owned(), format!("SHA-256 {}", evidence.data.source().sha256)),
        (
            "Exactness".to_owned(),
            if fidelity.exact { "exact".to_owned() } else { "sampled, with standard errors".to_owned() },
        ),
    ];
    if let Some(gap) = fidelity.gap {
        facts.push(("Largest additivity gap".to_owned(), format!("{} {}", text::number(gap), evidence.unit())));
    }
    if let Some(metric) = evidence.performance.and_then(|p| p.metrics.first()) {
        facts.push((metric.title.to_owned(), text::number(metric.value)));
    }
    facts
}
