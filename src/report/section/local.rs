//! Single predictions, one by one, with every contribution.

use serde_json::{Value, json};

use crate::base::{Entry, text};
use crate::chart::Subject;

use super::super::document::{Block, Page, TableBlock, exact};
use super::super::error::ReportError;
use super::super::evidence::Evidence;
use super::super::plan::ReportPlan;
use super::shared::Chosen;
use super::{Section, shared};

/// Chosen rows with their waterfalls.
pub struct ChosenRows;

impl Entry for ChosenRows {
    fn id(&self) -> &'static str {
        "local"
    }
    fn title(&self) -> &'static str {
        "Single predictions"
    }
    fn summary(&self) -> &'static str {
        "Waterfalls and every contribution of chosen rows"
    }
}

impl Section for ChosenRows {
    fn build(&self, evidence: &Evidence<'_>, plan: &ReportPlan) -> Result<Page, ReportError> {
        let mut blocks = Vec::new();
        if plan.rows.is_empty() {
            blocks.push(Block::Paragraph(
                "The rows were chosen by rule, not by hand: the reason stands in each heading. Rows are counted from 0."
                    .to_owned(),
            ));
        }
        let mut rows = Vec::new();
        for chosen in shared::chosen_rows(evidence, plan)? {
            rows.push(row(evidence, &chosen, &mut blocks)?);
        }
        Ok(Page { id: self.id(), title: self.title(), blocks, twin: json!({ "unit": evidence.unit(), "rows": rows }) })
    }
}

fn row(evidence: &Evidence<'_>, chosen: &Chosen, blocks: &mut Vec<Block>) -> Result<Value, ReportError> {
    let output = evidence.leading_output(chosen.position);
    let outputs = evidence.card.outputs.len();
    let identifier = evidence.identifier(chosen.row);
    let named = identifier.as_ref().map_or_else(String::new, |id| format!(" ({id})"));
    blocks.push(Block::Heading(format!("Row {}{named}: {}", chosen.row, chosen.reason)));
    let subject = Subject { row: Some(chosen.row), ..evidence.subject(output) };
    let chart = shared::draw("waterfall", &subject)?;
    blocks.push(Block::Figure(chart));
    blocks.push(Block::Table(contribution_table(evidence, chosen, output)));
    let per_output: Vec<Value> = (0..outputs).map(|k| output_twin(evidence, chosen, k)).collect();
    let truth = evidence.truth.get(chosen.row.index()).copied().unwrap_or(f64::NAN);
    Ok(json!({
        "row": chosen.row,
        "identifier": identifier,
        "reason": chosen.reason,
        "truth": exact(truth),
        "outputs": per_output,
    }))
}

fn contribution_table(evidence: &Evidence<'_>, chosen: &Chosen, output: usize) -> TableBlock {
    let mut rows = Vec::new();
    if let Some(attribution) = evidence.attribution() {
        let values = attribution.row(output, chosen.position);
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[b].abs().total_cmp(&values[a].abs()).then(a.cmp(&b)));
        for j in order {
            rows.push(vec![
                evidence.card.inputs[j].name.clone(),
                shared::value_text(evidence, j, chosen.row),
                text::signed(values[j]),
            ]);
        }
    }
    TableBlock {
        caption: format!("Every contribution to “{}”, {}", evidence.card.outputs[output], evidence.unit()),
        header: ["Feature", "Value", "#Contribution"].map(str::to_owned).to_vec(),
        rows,
    }
}

fn output_twin(evidence: &Evidence<'_>, chosen: &Chosen, output: usize) -> Value {
    let Some(attribution) = evidence.attribution() else { return Value::Null };
    let errors = attribution.row_error(output, chosen.position);
    let contributions: Vec<Value> = attribution
        .row(output, chosen.position)
        .iter()
        .enumerate()
        .map(|(j, value)| {
            json!({
                "feature": evidence.card.inputs[j].name,
                "value": shared::value_text(evidence, j, chosen.row),
                "contribution": exact(*value),
                "std_error": errors.map(|e| exact(e[j])),
            })
        })
        .collect();
    let prediction = evidence.explanation.predictions[chosen.position * evidence.card.outputs.len() + output];
    json!({
        "output": evidence.card.outputs[output],
        "base": exact(attribution.base[output]),
        "prediction": exact(prediction),
        "contributions": contributions,
    })
}
