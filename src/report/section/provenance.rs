//! Everything needed to compute the report again.

use serde_json::json;

use crate::base::Entry;

use super::super::document::{Block, Page};
use super::super::error::ReportError;
use super::super::evidence::Evidence;
use super::super::plan::ReportPlan;
use super::Section;

/// Provenance and reproduction.
pub struct ProvenanceRecord;

impl Entry for ProvenanceRecord {
    fn id(&self) -> &'static str {
        "provenance"
    }
    fn title(&self) -> &'static str {
        "Provenance"
    }
    fn summary(&self) -> &'static str {
        "Fingerprints, settings and the command line that computes this report again"
    }
}

impl Section for ProvenanceRecord {
    fn build(&self, evidence: &Evidence<'_>, _plan: &ReportPlan) -> Result<Page, ReportError> {
        let provenance = &evidence.explanation.provenance;
        let recipe = evidence.recipe;
        let facts = vec![
            ("Program".to_owned(), provenance.program.clone()),
            ("Environment".to_owned(), recipe.environment.clone()),
            ("Model SHA-256".to_owned(), provenance.model.to_string()),
            ("Table SHA-256".to_owned(), evidence.data.source().sha256.to_string()),
            ("Explained inputs SHA-256".to_owned(), provenance.data.to_string()),
            (
                "Reference set SHA-256".to_owned(),
                provenance.background.as_ref().map_or_else(|| "no reference set".to_owned(), ToString::to_string),
            ),
            ("Seed".to_owned(), provenance.seed.0.to_string()),
        ];
        let blocks = vec![
            Block::Facts(facts),
            Block::Paragraph(
                "This command writes the same report again; “candor verify” with the JSON twin computes every number \
                 afresh and says PASS or FAIL with the largest deviation."
                    .to_owned(),
            ),
            Block::Code(recipe.command_line.clone()),
        ];
        let twin = json!({
            "model_sha256": provenance.model,
            "data_sha256": evidence.data.source().sha256,
            "inputs_sha256": provenance.data,
            "background_sha256": provenance.background,
            "seed": provenance.seed,
        });
        Ok(Page { id: self.id(), title: self.title(), blocks, twin })
    }
}
