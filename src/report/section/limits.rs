//! What this report does not say.

use serde_json::json;

use crate::base::{Entry, text};
use crate::explain::Shape;

use super::super::document::{Block, Page};
use super::super::error::ReportError;
use super::super::evidence::Evidence;
use super::super::plan::ReportPlan;
use super::Section;

/// Limits of the report.
pub struct Limits;

impl Entry for Limits {
    fn id(&self) -> &'static str {
        "limits"
    }
    fn title(&self) -> &'static str {
        "Limits"
    }
    fn summary(&self) -> &'static str {
        "What the numbers do not say, and what was not examined"
    }
}

impl Section for Limits {
    fn build(&self, evidence: &Evidence<'_>, _plan: &ReportPlan) -> Result<Page, ReportError> {
        let limits = limits(evidence);
        let twin = json!({ "limits": limits });
        Ok(Page { id: self.id(), title: self.title(), blocks: vec![Block::List(limits)], twin })
    }
}

fn limits(evidence: &Evidence<'_>) -> Vec<String> {
    let explanation = evidence.explanation;
    let mut limits = vec![
        "Contributions describe the model, not the world: they do not say what would happen if a value were changed \
         in reality."
            .to_owned(),
        "Correlated features share or exchange contributions; how they do so depends on the method and the reference \
         set stated above."
            .to_owned(),
    ];
    limits.push(match explanation.provenance.method.as_str() {
        "tree-shap" => "Path-dependent values weigh branches by the training cover stored in the model; a feature can \
                        receive a contribution because it is correlated with one the model uses."
            .to_owned(),
        _ => "Marginal reference values combine inputs that may never occur together in the data.".to_owned(),
    });
    if !explanation.fidelity.exact {
        limits.push(
            "Sampled contributions carry the standard errors shown; close ranks may be in another order.".to_owned(),
        );
    }
    if explanation.fidelity.converged == Some(false) {
        limits.push("The sampling budget ended before the stopping rule was met.".to_owned());
    }
    let explained = evidence.attribution().map_or(0, |a| a.rows.len());
    if explained < evidence.data.row_count() {
        limits.push(format!(
            "{} of {} rows were explained; means and charts describe these rows.",
            text::count(explained),
            text::count(evidence.data.row_count())
        ));
    }
    if evidence.performance.is_none() {
        limits.push("No target column was known, so the quality of the predictions was not measured.".to_owned());
    }
    if evidence.answers.get(Shape::Importance).is_none() {
        limits.push("Permutation importance was not measured.".to_owned());
    }
    limits.push("Differences between groups of people were not examined in this report.".to_owned());
    limits.push("Stability over time was not examined in this report.".to_owned());
    limits.extend(evidence.card.notes.iter().cloned());
    limits
}
