//! Pipelines: steps, then an estimator. The inputs are the columns in front of the first step.

use std::sync::Arc;

use crate::model::tree_model::fits;
use crate::model::{Model, ModelCard, ModelError, Scale};
use crate::num::{Matrix, MatrixView};

use super::super::super::pickle::At;
use super::super::part::{Core, Inputs, Part};
use super::super::reading::Reading;
use super::super::transform::{Chain, Step, lower, steps};
use super::{Family, decision_tree, linear};

/// The family.
pub static FAMILY: Family = Family { classes: &[("sklearn.pipeline", "Pipeline")], read };

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let all = steps(at)?;
    let Some((last, first)) = all.split_last() else { return Err(at.refuse("the pipeline has no steps")) };
    let part = reading.part(last)?;
    let front: Vec<At<'_>> = first
        .iter()
        .filter(|s| !s.is_nothing() && !s.text().is_ok_and(|word| word == "passthrough"))
        .cloned()
        .collect();
    let Some(foremost) = front.first() else { return Ok(part) };
    let mut inputs = Inputs::read(&innermost(foremost)?)?;
    let chain = Chain::read(reading, &front, inputs.count())?;
    if chain.width() != part.inputs.count() {
        let reason = format!("the steps make {} values, the estimator takes {}", chain.width(), part.inputs.count());
        return Err(at.refuse(reason));
    }
    for (input, kind) in inputs.all.iter_mut().zip(chain.kinds()) {
        input.kind = kind;
    }
    let names: Vec<String> = front.iter().map(|step| step.class().map_or("", |(_, name)| name).to_owned()).collect();
    let shown = (part.algorithm.clone(), part.objective.clone(), part.answer.clone(), part.link, part.scales.clone());
    let (facts, mut notes) = (part.facts.clone(), part.notes.clone());
    // What the steps fill in is never missing for the estimator.
    if (0..chain.width()).all(|value| !chain.one(value, f64::NAN).is_nan()) {
        notes.retain(|note| note != decision_tree::NO_MISSING && note != linear::NO_MISSING);
    }
    let (algorithm, objective, answer, link, scales) = shown;
    let kept = match &part.core {
        Core::Trees(ensemble) => {
            lower::trees(&chain, ensemble, |count| reading.charge(count, at).is_ok()).map(Core::Trees)
        }
        Core::Linear(form) => lower::linear(&chain, form).map(Core::Linear),
        _ => None,
    };
    if let Some(core) = kept {
        let part = Part { algorithm, objective, inputs, answer, core, link, scales, facts, notes };
        return Ok(part.fact("Steps in front", names.join(", ")).note(KEPT));
    }
    let model = part.into_model(reading.origin, "", last)?;
    let core = Core::Behind(Arc::new(Piped { chain, model }));
    let part = Part { algorithm, objective, inputs, answer, core, link, scales, facts, notes };
    Ok(part.fact("Steps in front", names.join(", ")).note(
        "Steps stand between the columns and the estimator, so only methods for any model apply; a value that the \
         steps refuse in scikit-learn is taken for an unknown one here",
    ))
}

/// Said where the estimator is explained over the columns of the table.
const KEPT: &str = "The steps in front of the estimator are worked into its thresholds or weights, so exact methods \
    explain the columns of the table";

/// The first transformer inside pipelines at the front.
fn innermost<'d>(at: &At<'d>) -> Result<At<'d>, ModelError> {
    let mut at = at.clone();
    for _depth in 0..16 {
        if !at.class().is_some_and(|(module, name)| module.starts_with("sklearn.pipeline") && name == "Pipeline") {
            return Ok(at);
        }
        at = steps(&at)?.into_iter().next().ok_or_else(|| at.refuse("the pipeline has no steps"))?;
    }
    Err(at.refuse("the pipelines are nested too deeply"))
}

/// A model behind steps.
struct Piped {
    chain: Chain,
    model: Arc<dyn Model>,
}

impl Model for Piped {
    fn card(&self) -> &ModelCard {
        self.model.card()
    }

    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        let (width, outputs) = (self.chain.kinds().len(), self.model.card().outputs.len());
        if !fits(width, outputs, rows, out) {
            return;
        }
        let mut values = Vec::new();
        for i in 0..rows.rows() {
            self.chain.apply(rows.row(i), &mut values);
        }
        match Matrix::new(values, rows.rows(), self.chain.width()) {
            Some(matrix) => self.model.predict(matrix.view(), scale, out),
            None => out.fill(f64::NAN),
        }
    }
}
