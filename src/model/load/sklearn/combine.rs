//! Weighted means of estimators: of trees they are trees again, of linear forms linear forms, of others a formula.

use std::sync::Arc;

use crate::model::trees::{Accumulate, Compare};
use crate::model::{ModelError, Scale, Tree, TreeEnsemble};

use super::super::pickle::At;
use super::formula::{Asked, Formula, OPAQUE, write_probabilities};
use super::part::{Answer, Core, Inputs, Part};
use super::reading::Reading;
use super::weighted::{Term, affordable, diagonal, weighted};

/// One estimator of a mean.
pub struct Member {
    /// The estimator.
    pub part: Part,
    /// Its weight.
    pub weight: f64,
    /// The inputs of the mean that it sees; all of them when there is no list.
    pub columns: Option<Vec<usize>>,
}

/// The mean of `members`, of probabilities or of numbers. All must answer as `answer` does.
pub fn mean(
    name: &str,
    members: Vec<Member>,
    (inputs, answer): (Inputs, Answer),
    (reading, at): (&Reading<'_>, &At<'_>),
) -> Result<Part, ModelError> {
    let total: f64 = members.iter().map(|m| m.weight).sum();
    if members.is_empty() || !(total.is_finite() && total > 0.0) {
        return Err(at.refuse("there are no estimators to take the mean of, or their weights are not positive"));
    }
    for member in &members {
        let count = member.columns.as_ref().map_or(inputs.count(), Vec::len);
        let alike = member.part.answer.outputs() == answer.outputs() && member.part.answer.task() == answer.task();
        if !alike || member.part.inputs.count() != count {
            return Err(at.refuse("an estimator inside has other inputs or classes than the whole"));
        }
    }
    if let Some(ensemble) = trees(&members, (&inputs, &answer), total) {
        reading.charge(ensemble.trees.iter().map(|t| t.nodes.len().saturating_mul(8)).sum(), at)?;
        let part = Part::direct(name, inputs, answer, Core::Trees(ensemble));
        return Ok(super::family::tree_facts(part));
    }
    let shape = (inputs.count(), answer.outputs());
    let linear = members.iter().all(|m| matches!(m.part.core, Core::Linear(_)));
    if linear
        && matches!(answer, Answer::Numbers(..))
        && affordable((reading, at), members.iter().map(|m| &m.part), shape)
    {
        let of = |m: &'_ Member| diagonal(answer.outputs(), |_| m.weight / total);
        let terms = members.iter().map(|m| Term {
            part: &m.part,
            columns: m.columns.as_deref(),
            scale: Scale::Target,
            weights: of(m),
        });
        let terms: Vec<Term<'_>> = terms.collect();
        if let Some(Core::Linear(form)) = weighted(&terms, inputs.count(), &vec![0.0; answer.outputs()]) {
            return Ok(Part::direct(name, inputs, answer, Core::Linear(form)).note(super::family::NO_MISSING));
        }
    }
    let asked = members.into_iter().map(|m| Ok((Asked::new(m.part, reading, at)?.seeing(m.columns), m.weight)));
    let asked: Vec<(Asked, f64)> = asked.collect::<Result<_, ModelError>>()?;
    if matches!(answer, Answer::Classes(_)) && !asked.iter().all(|(asked, _)| asked.has_probabilities()) {
        return Err(at.refuse("an estimator inside has no probabilities"));
    }
    let classes = !matches!(answer, Answer::Numbers(..));
    let formula = Mean { asked, total, classes };
    Ok(Part::direct(name, inputs, answer, Core::Formula(Arc::new(formula)))
        .note(&format!("A {name} of these estimators {OPAQUE}")))
}

/// The mean as one ensemble, when every member is trees that compare alike and add up in the scale of the answer.
fn trees(members: &[Member], (inputs, answer): (&Inputs, &Answer), total: f64) -> Option<TreeEnsemble> {
    let native = if matches!(answer, Answer::Numbers(..)) { Scale::Target } else { Scale::Probability };
    let mut all = Vec::new();
    let (mut base, mut compare) = (vec![0.0; answer.outputs()], None::<Compare>);
    for member in members {
        let Core::Trees(ensemble) = &member.part.core else { return None };
        if member.part.scales.0 != native || compare.is_some_and(|c| c != ensemble.compare) {
            return None;
        }
        compare = Some(ensemble.compare);
        base.iter_mut().zip(&ensemble.base).for_each(|(sum, b)| *sum += b * member.weight / total);
        let factor = member.weight / ensemble.divisor;
        for tree in &ensemble.trees {
            let leaf_values = tree.leaf_values.iter().map(|v| v * factor).collect();
            let mut tree = Tree { leaf_values, ..tree.clone() };
            if let Some(columns) = &member.columns {
                for node in tree.nodes.iter_mut().filter(|n| !n.is_leaf()) {
                    node.feature = u32::try_from(*columns.get(node.feature as usize)?).ok()?;
                }
            }
            all.push(tree);
        }
    }
    let accumulate = Accumulate::F64;
    Some(TreeEnsemble { trees: all, inputs: inputs.count(), base, compare: compare?, accumulate, divisor: total })
}

struct Mean {
    asked: Vec<(Asked, f64)>,
    total: f64,
    classes: bool,
}

impl Formula for Mean {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let mut sum = vec![0.0; out.len().max(2)];
        for (asked, weight) in &self.asked {
            let values = if self.classes { asked.probabilities(row) } else { asked.numbers(row) };
            sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
        }
        sum.iter_mut().for_each(|value| *value /= self.total);
        match self.classes {
            true => write_probabilities(&sum, out),
            false => out.iter_mut().zip(&sum).for_each(|(out, value)| *out = *value),
        }
    }
}
