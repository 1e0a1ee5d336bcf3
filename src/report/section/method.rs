//! How contributions were computed, against what, and how far they can be trusted.

use serde_json::{Value, json};

use crate::base::{Entry, text};
use crate::chart::together::{self, Reading};
use crate::data::Association;
use crate::data::association::STRONG;
use crate::explain::method;

use super::super::document::{Block, Page, exact, exact_list};
use super::super::error::ReportError;
use super::super::evidence::Evidence;
use super::super::plan::ReportPlan;
use super::Section;

/// Method, reference set, seed, fidelity.
pub struct MethodAndFidelity;

impl Entry for MethodAndFidelity {
    fn id(&self) -> &'static str {
        "method"
    }
    fn title(&self) -> &'static str {
        "Method and fidelity"
    }
    fn summary(&self) -> &'static str {
        "Method, unit, reference set, seed, settings and the measured additivity gap"
    }
}

impl Section for MethodAndFidelity {
    fn build(&self, evidence: &Evidence<'_>, _plan: &ReportPlan) -> Result<Page, ReportError> {
        let provenance = &evidence.explanation.provenance;
        let fidelity = &evidence.explanation.fidelity;
        let unit = evidence.unit();
        let base = evidence.attribution().map(|a| a.base.clone()).unwrap_or_default();
        let mut blocks = Vec::new();
        let entry = method::find(&provenance.method);
        if let Some(entry) = entry {
            blocks.push(Block::Paragraph(format!("{}: {}.", entry.title(), entry.summary())));
        }
        let mut facts = vec![
            ("Method".to_owned(), format!("{} ({})", provenance.method_title, provenance.method)),
            ("Unit of contributions".to_owned(), unit.to_owned()),
            ("Reference set".to_owned(), provenance.background_text.clone()),
            ("Seed".to_owned(), provenance.seed.0.to_string()),
        ];
        facts.extend(provenance.knobs.iter().map(|(name, value)| (format!("Setting {name}"), value.to_string())));
        for (name, value) in evidence.card.outputs.iter().zip(&base) {
            facts.push((format!("Base value of “{name}”"), format!("{} {unit}", text::significant(*value, 6))));
        }
        blocks.push(Block::Facts(facts));
        blocks.push(Block::Heading("Fidelity, measured by asking the model".to_owned()));
        blocks.push(Block::Facts(fidelity_facts(evidence)));
        if !provenance.notes.is_empty() {
            blocks.push(Block::List(provenance.notes.clone()));
        }
        let together = together::facts(&evidence.subject(0), Reading::of(evidence.explanation));
        if !together.is_empty() {
            blocks.push(Block::Heading("Columns that go together".to_owned()));
            blocks.push(Block::List(together.clone()));
        }
        let sources: Vec<String> =
            entry.map(|e| e.sources().iter().map(|s| (*s).to_owned()).collect()).unwrap_or_default();
        if !sources.is_empty() {
            blocks.push(Block::Heading("Sources".to_owned()));
            blocks.push(Block::List(sources));
        }
        let twin = json!({
            "method": provenance.method,
            "unit": unit,
            "scale": provenance.scale,
            "reference_set": { "text": provenance.background_text, "sha256": provenance.background },
            "seed": provenance.seed,
            "settings": provenance.knobs,
            "base": exact_list(&base),
            "fidelity": {
                "gap": fidelity.gap.map(exact),
                "relative_gap": fidelity.relative_gap.map(exact),
                "source_rounding": exact(fidelity.source_rounding),
                "exact": fidelity.exact,
                "largest_std_error": fidelity.largest_error.map(exact),
                "converged": fidelity.converged,
                "evaluations": fidelity.evaluations,
            },
            "notes": provenance.notes,
            "columns_together": pairs(evidence),
        });
        Ok(Page { id: self.id(), title: self.title(), blocks, twin })
    }
}

/// Every strong pair with its measure; null where the columns were not compared.
fn pairs(evidence: &Evidence<'_>) -> Value {
    let Some(found) = evidence.associations else { return Value::Null };
    let name = |column: usize| evidence.data.columns().get(column).map(|c| c.name.to_string());
    let pair = |a: &Association| {
        json!({
            "first": name(a.first),
            "second": name(a.second),
            "measure": a.measure.title(),
            "value": exact(a.value),
            "rows": a.rows,
        })
    };
    json!({
        "pairs": found.strong.iter().map(pair).collect::<Vec<Value>>(),
        "from": exact(STRONG),
        "columns_compared": found.compared,
        "columns_left_out": found.left_out,
        "rows_looked_at": found.rows,
    })
}

fn fidelity_facts(evidence: &Evidence<'_>) -> Vec<(String, String)> {
    let fidelity = &evidence.explanation.fidelity;
    let unit = evidence.unit();
    let mut facts = vec![(
        "Exactness".to_owned(),
        if fidelity.exact { "exact for the stated game".to_owned() } else { "sampled".to_owned() },
    )];
    if let Some(gap) = fidelity.gap {
        facts.push(("Largest |base + contributions − prediction|".to_owned(), format!("{} {unit}", text::number(gap))));
    }
    facts.push((
        "Largest difference between the training library's rounding and ours".to_owned(),
        format!("{} {unit}", text::number(fidelity.source_rounding)),
    ));
    if let Some(error) = fidelity.largest_error {
        facts.push(("Largest standard error".to_owned(), format!("{} {unit}", text::number(error))));
    }
    if let Some(converged) = fidelity.converged {
        let words = if converged { "yes" } else { "no: the budget ended first" };
        facts.push(("Converged".to_owned(), words.to_owned()));
    }
    facts.push(("Model evaluations".to_owned(), text::count(fidelity.evaluations as usize)));
    facts
}
