//! What matters over all explained rows.

use serde_json::{Value, json};

use crate::base::{Entry, Fingerprint, text};
use crate::chart::{ranks, view};
use crate::explain::{Body, Shape};

use super::super::document::{Block, Page, TableBlock, exact};
use super::super::error::ReportError;
use super::super::evidence::Evidence;
use super::super::plan::ReportPlan;
use super::{Section, shared};

/// Global behaviour.
pub struct GlobalBehaviour;

impl Entry for GlobalBehaviour {
    fn id(&self) -> &'static str {
        "global"
    }
    fn title(&self) -> &'static str {
        "What matters overall"
    }
    fn summary(&self) -> &'static str {
        "Mean absolute contributions and their spread over the explained rows"
    }
}

impl Section for GlobalBehaviour {
    fn build(&self, evidence: &Evidence<'_>, _plan: &ReportPlan) -> Result<Page, ReportError> {
        let mut blocks = vec![Block::Paragraph(format!(
            "The mean absolute contribution of a feature says how far it moves predictions away from the base value, \
             in {}, over the explained rows. A large value does not say that changing the feature in the world would \
             change the outcome.",
            evidence.unit()
        ))];
        let mut outputs = Vec::new();
        for output in evidence.outputs_shown() {
            let name = &evidence.card.outputs[output];
            if evidence.card.outputs.len() > 1 {
                blocks.push(Block::Heading(format!("Output “{name}”")));
            }
            let mut figures = Vec::new();
            for kind in ["importance-bar", "beeswarm"] {
                let chart = shared::draw(kind, &evidence.subject(output))?;
                figures.push(shared::figure_twin(&chart));
                blocks.push(Block::Figure(chart));
            }
            blocks.push(Block::Table(importance_table(evidence, output)));
            outputs.push(json!({
                "output": name,
                "importance": importance_twin(evidence, output),
                "figures": figures,
            }));
        }
        if evidence.outputs_shown().end < evidence.card.outputs.len() {
            blocks.push(Block::Paragraph(format!(
                "{} of {} outputs are shown.",
                evidence.outputs_shown().end,
                evidence.card.outputs.len()
            )));
        }
        let permutation = permutation(evidence, &mut blocks)?;
        let twin = json!({
            "unit": evidence.unit(),
            "outputs": outputs,
            "permutation_importance": permutation,
            "sha256_of_contributions": contributions_hash(evidence),
        });
        Ok(Page { id: self.id(), title: self.title(), blocks, twin })
    }
}

/// Whether the order of each ranked feature and the next is certain, in words; empty where it cannot be said.
fn against_next(evidence: &Evidence<'_>, output: usize, ranked: &[(usize, f64)]) -> Vec<&'static str> {
    let subject = evidence.subject(output);
    let Ok(view) = view::attribution(&subject) else { return Vec::new() };
    let Some(ranks) = ranks::of_contributions(&view, ranked, ranked.len()) else { return Vec::new() };
    let words = |uncertain: bool| if uncertain { "uncertain" } else { "larger at 95 %" };
    ranks.uncertain().iter().map(|uncertain| words(*uncertain)).collect()
}

fn importance_table(evidence: &Evidence<'_>, output: usize) -> TableBlock {
    let ranked = shared::ranking(evidence, output);
    let next = against_next(evidence, output, &ranked);
    TableBlock {
        caption: format!("Mean absolute contribution, {}", evidence.unit()),
        header: ["#Rank", "Feature", "#Mean absolute contribution", "Against the next"].map(str::to_owned).to_vec(),
        rows: ranked
            .iter()
            .take(30)
            .enumerate()
            .map(|(rank, (j, mean))| {
                vec![
                    (rank + 1).to_string(),
                    evidence.card.inputs[*j].name.clone(),
                    text::number(*mean),
                    next.get(rank).copied().unwrap_or_default().to_owned(),
                ]
            })
            .collect(),
    }
}

fn importance_twin(evidence: &Evidence<'_>, output: usize) -> Value {
    let ranked = shared::ranking(evidence, output);
    let next = against_next(evidence, output, &ranked);
    let entry = |(rank, (j, mean)): (usize, &(usize, f64))| {
        json!({
            "feature": evidence.card.inputs[*j].name,
            "mean_absolute": exact(*mean),
            "against_next": next.get(rank),
        })
    };
    ranked.iter().enumerate().map(entry).collect()
}

fn permutation(evidence: &Evidence<'_>, blocks: &mut Vec<Block>) -> Result<Value, ReportError> {
    let Some(explanation) = evidence.answers.get(Shape::Importance) else { return Ok(Value::Null) };
    let Body::Importance(importance) = &explanation.body else { return Ok(Value::Null) };
    blocks.push(Block::Heading("Permutation importance".to_owned()));
    let chart = shared::draw("permutation-importance", &evidence.subject(0))?;
    blocks.push(Block::Figure(chart));
    let entries: Vec<Value> = importance
        .entries
        .iter()
        .map(|e| {
            let (low, high) = e.interval();
            json!({
                "feature": e.feature,
                "importance": exact(e.value),
                "std_error": exact(e.std_error),
                "ci_low": exact(low),
                "ci_high": exact(high),
            })
        })
        .collect();
    Ok(json!({
        "measure": importance.measure,
        "baseline": exact(importance.baseline),
        "rows": importance.rows,
        "settings": explanation.provenance.knobs,
        "seed": explanation.provenance.seed,
        "entries": entries,
    }))
}

/// Identity of every contribution, bit by bit.
fn contributions_hash(evidence: &Evidence<'_>) -> Option<Fingerprint> {
    evidence.attribution().map(|a| Fingerprint::builder().reals(&a.values).reals(&a.base).finish())
}
