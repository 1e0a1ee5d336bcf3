//! Voting: the weighted mean of several estimators, or the majority of their votes.

use std::sync::Arc;

use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::combine::{Member, mean};
use super::super::formula::{Asked, Formula, OPAQUE, largest, write_probabilities};
use super::super::part::{Core, Inputs, Part, not_fitted};
use super::super::reading::Reading;
use super::Family;
use super::decision_tree::answer;

/// The family.
pub static FAMILY: Family =
    Family { classes: &[("sklearn.ensemble", "VotingClassifier"), ("sklearn.ensemble", "VotingRegressor")], read };

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let estimators = at.optional("estimators_").ok_or_else(|| not_fitted(at))?.items()?;
    let parts: Vec<Part> = estimators.iter().map(|e| reading.part(e)).collect::<Result<_, _>>()?;
    let inputs = inputs(at, &parts)?;
    let weights = weights(at, parts.len())?;
    let answer = answer(at)?;
    let hard = at.optional("voting").and_then(|v| v.text().ok()).is_some_and(|v| v == "hard");
    if !hard {
        let member = |(part, weight)| Member { part, weight, columns: None };
        let members = parts.into_iter().zip(weights).map(member).collect();
        return mean("weighted mean", members, (inputs, answer), (reading, at));
    }
    let asked = parts.into_iter().zip(&estimators).map(|(part, at)| Asked::new(part, reading, at));
    let asked: Vec<Asked> = asked.collect::<Result<_, _>>()?;
    if asked.iter().any(|a| a.answer.outputs() != answer.outputs() || a.inputs() != inputs.count()) {
        return Err(at.refuse("an estimator inside has other inputs or classes than the whole"));
    }
    let classes = answer.outputs().max(2);
    let core = Core::Formula(Arc::new(Votes { asked, weights, classes }));
    let part = Part::direct("majority vote", inputs, answer, core);
    Ok(part.note(&format!("A vote {OPAQUE}")).note("The class with most votes has probability 1, the others 0"))
}

/// The inputs of an estimator made of others: its own, or those of the first of them.
pub fn inputs(at: &At<'_>, parts: &[Part]) -> Result<Inputs, ModelError> {
    match (Inputs::read(at), parts.first()) {
        (Ok(inputs), _) => Ok(inputs),
        (Err(_), Some(first)) => Ok(first.inputs.clone()),
        (Err(error), None) => Err(error),
    }
}

fn weights(at: &At<'_>, count: usize) -> Result<Vec<f64>, ModelError> {
    let Some(stored) = at.optional("weights") else { return Ok(vec![1.0; count]) };
    let all = match stored.array() {
        Ok(array) => array.reals()?,
        Err(_) => stored.items()?.iter().map(At::real).collect::<Result<_, _>>()?,
    };
    // Weights belong to the estimators as they were given; those that were dropped have none behind them.
    let given = at.field("estimators")?.items()?;
    let mut kept = Vec::new();
    for (pair, weight) in given.iter().zip(&all) {
        let dropped = pair.items()?.get(1).is_some_and(|e| e.text().is_ok_and(|word| word == "drop"));
        kept.extend((!dropped).then_some(*weight));
    }
    match kept.len() == count && kept.iter().all(|w| w.is_finite() && *w >= 0.0) {
        true => Ok(kept),
        false => Err(stored.refuse(format!("expected {count} weights that are not negative"))),
    }
}

struct Votes {
    asked: Vec<Asked>,
    weights: Vec<f64>,
    classes: usize,
}

impl Formula for Votes {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let mut votes = vec![0.0; self.classes];
        for (asked, weight) in self.asked.iter().zip(&self.weights) {
            if let Some(vote) = votes.get_mut(asked.class(row)) {
                *vote += weight;
            }
        }
        let best = largest(&votes);
        let chosen: Vec<f64> = (0..self.classes).map(|k| f64::from(u8::from(k == best))).collect();
        write_probabilities(&chosen, out);
    }
}
