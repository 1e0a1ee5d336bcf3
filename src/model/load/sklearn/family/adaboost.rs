//! AdaBoost: a weighted vote of classifiers, kept as trees where the voters are trees; a weighted median of regressors.

use std::sync::Arc;

use crate::model::link::LinkFunction;
use crate::model::trees::Accumulate;
use crate::model::{ModelError, TaskKind, Tree, TreeEnsemble};

use super::super::super::pickle::At;
use super::super::formula::{Asked, Formula, OPAQUE, largest};
use super::super::part::{Answer, Core, Decision, Inputs, Part, classes, not_fitted};
use super::super::reading::Reading;
use super::gradient_boosting::release;
use super::{Family, tree_facts};

/// The family.
pub static FAMILY: Family =
    Family { classes: &[("sklearn.ensemble", "AdaBoostClassifier"), ("sklearn.ensemble", "AdaBoostRegressor")], read };

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let estimators = at.optional("estimators_").ok_or_else(|| not_fitted(at))?.items()?;
    let parts: Vec<Part> = estimators.iter().map(|e| reading.part(e)).collect::<Result<_, _>>()?;
    let weights = at.field("estimator_weights_")?.array()?.reals()?;
    if parts.is_empty() || weights.len() < parts.len() || parts.iter().any(|p| p.inputs.count() != inputs.count()) {
        return Err(at.refuse("the estimators do not fit their weights or inputs"));
    }
    if at.class().is_some_and(|(_, name)| name == "AdaBoostRegressor") {
        let asked = parts.into_iter().zip(&estimators).map(|(part, at)| Asked::new(part, reading, at));
        let median = Median { asked: asked.collect::<Result<_, _>>()?, weights };
        let answer = Answer::Numbers(TaskKind::Regression, 1);
        let part = Part::direct("AdaBoost", inputs, answer, Core::Formula(Arc::new(median)));
        return Ok(part.note(&format!("A weighted median of regressions {OPAQUE}")));
    }
    let answer = Answer::Classes(classes(at)?);
    if parts.iter().any(|p| p.answer.outputs() != answer.outputs()) {
        return Err(at.refuse("an estimator inside knows other classes than the whole"));
    }
    let real = at.optional("algorithm").and_then(|a| a.text().ok()) == Some("SAMME.R") && release(at) < (1, 6);
    let total: f64 = weights.iter().sum();
    if !(total > 0.0 && total.is_finite()) {
        return Err(at.refuse("the weights do not add up to a positive number"));
    }
    let vote = Vote { classes: answer.outputs().max(2), real, signed: release(at) >= (1, 3) };
    let link = if answer.outputs() == 1 { LinkFunction::Sigmoid { slope: 1.0 } } else { LinkFunction::Softmax };
    let core = match trees(&parts, &weights, vote) {
        Some(trees) => {
            let (Some(Core::Trees(first)), count) = (parts.first().map(|p| &p.core), inputs.count()) else {
                return Err(at.refuse("the estimators are no trees"));
            };
            let (compare, base) = (first.compare, vec![0.0; answer.outputs()]);
            Core::Trees(TreeEnsemble {
                trees,
                inputs: count,
                base,
                compare,
                accumulate: Accumulate::F64,
                divisor: total,
            })
        }
        None => {
            let asked = parts.into_iter().zip(&estimators).map(|(part, at)| Asked::new(part, reading, at));
            let asked: Vec<Asked> = asked.collect::<Result<_, _>>()?;
            Core::Formula(Arc::new(Votes { asked, weights, vote, total }))
        }
    };
    let opaque = matches!(core, Core::Formula(_));
    let part = tree_facts(Part::margins("AdaBoost", inputs, answer, core, link));
    let part = match vote.classes {
        2 => part,
        _ => part
            .deciding(Decision::Other)
            .note("The margin is the decision function divided by the number of classes less one"),
    };
    Ok(if opaque { part.note(&format!("A weighted vote {OPAQUE}")) } else { part })
}

/// How one estimator votes.
#[derive(Clone, Copy)]
struct Vote {
    classes: usize,
    /// SAMME.R: by log-probabilities.
    real: bool,
    /// Since 1.3 other classes lose what the chosen one does not have.
    signed: bool,
}

impl Vote {
    /// What one estimator with these class probabilities and weight adds to each output.
    fn of(self, probabilities: &[f64], weight: f64) -> Vec<f64> {
        let others = (self.classes as f64) - 1.0;
        let scores: Vec<f64> = if self.real {
            let logs: Vec<f64> = probabilities.iter().map(|p| libm::log(p.max(f64::EPSILON))).collect();
            let mean = (1.0 / self.classes as f64) * logs.iter().sum::<f64>();
            logs.iter().map(|log| others * (log - mean)).collect()
        } else {
            let best = largest(probabilities);
            let rest = if self.signed { -1.0 / others * weight } else { 0.0 };
            (0..self.classes).map(|k| if k == best { weight } else { rest }).collect()
        };
        match scores.as_slice() {
            [negative, positive] => vec![positive - negative],
            all => all.iter().map(|score| score / others).collect(),
        }
    }
}

/// The voters as trees whose leaves hold votes.
fn trees(parts: &[Part], weights: &[f64], vote: Vote) -> Option<Vec<Tree>> {
    let mut all = Vec::new();
    let mut compare = None;
    for (part, weight) in parts.iter().zip(weights) {
        let Core::Trees(ensemble) = &part.core else { return None };
        let [tree] = ensemble.trees.as_slice() else { return None };
        if compare.is_some_and(|c| c != ensemble.compare) {
            return None;
        }
        compare = Some(ensemble.compare);
        let width = ensemble.outputs();
        let votes = tree.leaf_values.chunks_exact(width).flat_map(|values| match values {
            [positive] => vote.of(&[1.0 - positive, *positive], *weight),
            values => vote.of(values, *weight),
        });
        all.push(Tree { leaf_values: votes.collect(), ..tree.clone() });
    }
    Some(all)
}

struct Votes {
    asked: Vec<Asked>,
    weights: Vec<f64>,
    vote: Vote,
    total: f64,
}

impl Formula for Votes {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (asked, weight) in self.asked.iter().zip(&self.weights) {
            let votes = match self.vote.real {
                true => self.vote.of(&asked.probabilities(row), *weight),
                false => {
                    let best = asked.class(row);
                    let chosen: Vec<f64> = (0..self.vote.classes).map(|k| f64::from(u8::from(k == best))).collect();
                    self.vote.of(&chosen, *weight)
                }
            };
            out.iter_mut().zip(votes).for_each(|(out, vote)| *out += vote);
        }
        out.iter_mut().for_each(|value| *value /= self.total);
    }
}

struct Median {
    asked: Vec<Asked>,
    weights: Vec<f64>,
}

impl Formula for Median {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let mut all: Vec<(f64, f64)> = self
            .asked
            .iter()
            .zip(&self.weights)
            .filter_map(|(a, w)| Some((a.numbers(row).first().copied()?, *w)))
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: f64 = all.iter().map(|(_, w)| w).sum();
        let mut sum = 0.0;
        let median = all.iter().find(|(_, weight)| {
            sum += weight;
            sum >= 0.5 * total
        });
        out.fill(median.or(all.last()).map_or(f64::NAN, |(value, _)| *value));
    }
}
