//! The steps of a pipeline as the card shows them: names, settings and columns, nothing that computes.

use crate::model::{BranchCard, StepCard};

use super::super::pickle::At;
use super::part::Inputs;
use super::reading::Reading;
use super::transform;

/// Columns of a branch whose names are kept.
const NAMES: usize = 12;
/// Boxes inside boxes that are shown.
const DEPTH: usize = 6;
/// Settings that say what a step does.
const SETTINGS: [&str; 10] = [
    "strategy",
    "method",
    "norm",
    "encode",
    "n_bins",
    "degree",
    "n_components",
    "n_knots",
    "output_distribution",
    "handle_unknown",
];

/// The steps `front`, which see `inputs`. What cannot be told is left out; what is wrong is refused by the steps
/// themselves.
pub fn steps(reading: &Reading<'_>, front: &[At<'_>], inputs: &Inputs) -> Vec<StepCard> {
    Outline { reading, inputs }.chain(front, DEPTH)
}

struct Outline<'o> {
    reading: &'o Reading<'o>,
    /// The columns of the table.
    inputs: &'o Inputs,
}

impl Outline<'_> {
    fn chain(&self, all: &[At<'_>], depth: usize) -> Vec<StepCard> {
        all.iter().flat_map(|at| self.step(at, depth)).collect()
    }

    /// The boxes of one step: none for one that does nothing, those inside for a pipeline.
    fn step(&self, at: &At<'_>, depth: usize) -> Vec<StepCard> {
        let Some((_, class)) = at.class() else { return Vec::new() };
        let title: String = class.chars().take(60).collect();
        let spent = depth == 0 || self.reading.charge(title.len(), at).is_err();
        match class {
            _ if spent => Vec::new(),
            "Pipeline" => self.chain(&transform::steps(at).unwrap_or_default(), depth - 1),
            "ColumnTransformer" => vec![self.boxed(title, at, "transformers_", depth - 1)],
            "FeatureUnion" => vec![self.boxed(title, at, "transformer_list", depth - 1)],
            // What passes values on unchanged is no step.
            "FunctionTransformer" if at.optional("func").is_none() => Vec::new(),
            _ => vec![StepCard { title, settings: settings(at), branches: Vec::new() }],
        }
    }

    /// A step with parts, which `key` lists as tuples of name, step and, for a column transformer, columns.
    fn boxed(&self, title: String, at: &At<'_>, key: &str, depth: usize) -> StepCard {
        let parts = at.optional(key).and_then(|list| list.items().ok()).unwrap_or_default();
        let own = Inputs::read(at).ok().filter(|own| self.reading.charge(own.count(), at).is_ok());
        // Places behind another step are no columns of the table, unless that step keeps their number.
        let seen = match &own {
            Some(own) if own.named || own.count() != self.inputs.count() => own,
            _ => self.inputs,
        };
        let branches = parts.iter().filter_map(|part| self.branch(&part.items().ok()?, seen, depth)).collect();
        StepCard { title, settings: String::new(), branches }
    }

    fn branch(&self, part: &[At<'_>], seen: &Inputs, depth: usize) -> Option<BranchCard> {
        let (name, step) = (part.first()?.text().ok()?, part.get(1)?);
        if step.text().is_ok_and(|word| word == "drop") {
            return None;
        }
        let columns = match part.get(2) {
            None => None,
            Some(list) => {
                let places = transform::columns::chosen(list, seen).ok().filter(|places| !places.is_empty())?;
                let named = places.iter().take(NAMES).filter_map(|place| seen.all.get(*place));
                Some((named.map(|input| input.name.clone()).collect(), places.len()))
            }
        };
        let name = name.chars().take(40).collect();
        Some(BranchCard { name, columns, steps: self.step(step, depth) })
    }
}

/// The telling settings of a step that are texts or numbers, as words.
fn settings(at: &At<'_>) -> String {
    let mut told = Vec::new();
    for key in SETTINGS {
        let Some(value) = at.optional(key) else { continue };
        let text = value.text().map(str::to_owned).or_else(|_| value.integer().map(|number| number.to_string()));
        if let Ok(text) = text {
            told.push(format!("{} {}", key.replace('_', " "), text.chars().take(30).collect::<String>()));
        }
    }
    told.extend(at.optional("func").and_then(|function| Some(transform::function::ufunc(&function)?.to_owned())));
    told.join(", ")
}
