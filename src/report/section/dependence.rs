//! How the contribution of the leading features changes with their value.

use serde_json::json;

use crate::base::Entry;
use crate::chart::Subject;

use super::super::document::{Block, Page};
use super::super::error::ReportError;
use super::super::evidence::Evidence;
use super::super::plan::ReportPlan;
use super::{Section, shared};

/// Dependence of the top features.
pub struct Dependence;

impl Entry for Dependence {
    fn id(&self) -> &'static str {
        "dependence"
    }
    fn title(&self) -> &'static str {
        "How contributions depend on values"
    }
    fn summary(&self) -> &'static str {
        "Contribution against value for the leading features"
    }
}

impl Section for Dependence {
    fn applies(&self, evidence: &Evidence<'_>) -> bool {
        evidence.attribution().is_some_and(|a| a.rows.len() > 1)
    }

    fn build(&self, evidence: &Evidence<'_>, plan: &ReportPlan) -> Result<Page, ReportError> {
        let mut blocks = vec![Block::Paragraph(
            "Each dot is one row: its value of the feature and the contribution of that value. Vertical spread at one \
             value comes from the other features the model combines it with."
                .to_owned(),
        )];
        let mut figures = Vec::new();
        let outputs = if evidence.card.outputs.len() > 3 { 0..1 } else { evidence.outputs_shown() };
        for output in outputs {
            let name = &evidence.card.outputs[output];
            if evidence.card.outputs.len() > 1 {
                blocks.push(Block::Heading(format!("Output “{name}”")));
            }
            for (feature, _) in shared::ranking(evidence, output).iter().take(plan.top_features) {
                let subject = Subject { feature: Some(*feature), ..evidence.subject(output) };
                let chart = shared::draw("dependence", &subject)?;
                figures.push(json!({
                    "output": name,
                    "feature": evidence.card.inputs[*feature].name,
                    "figure": shared::figure_twin(&chart),
                }));
                blocks.push(Block::Figure(chart));
            }
        }
        Ok(Page { id: self.id(), title: self.title(), blocks, twin: json!({ "figures": figures }) })
    }
}
