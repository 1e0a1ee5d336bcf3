//! One estimator for each target; trees and linear forms stay what they are.

use std::sync::Arc;

use crate::model::{ModelError, Scale, TaskKind, Tree, TreeEnsemble};

use super::super::super::OUTPUT_LIMIT;
use super::super::super::pickle::At;
use super::super::formula::{Asked, Formula, OPAQUE};
use super::super::part::{Answer, Core, Part, not_fitted};
use super::super::reading::{Reading, unsupported};
use super::one_vs_rest::side_by_side;
use super::voting::inputs;
use super::{Family, linear};

/// The family.
pub static FAMILY: Family = Family {
    classes: &[("sklearn.multioutput", "MultiOutputRegressor"), ("sklearn.multioutput", "MultiOutputClassifier")],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let stored = at.optional("estimators_").ok_or_else(|| not_fitted(at))?.items()?;
    let parts: Vec<Part> = stored.iter().map(|e| reading.part(e)).collect::<Result<_, _>>()?;
    let inputs = inputs(at, &parts)?;
    if parts.is_empty() || parts.len() > OUTPUT_LIMIT || parts.iter().any(|p| p.inputs.count() != inputs.count()) {
        return Err(at.refuse("the estimators inside have other inputs than the whole"));
    }
    let numbers = parts.iter().all(|p| p.answer == Answer::Numbers(TaskKind::Regression, 1));
    let lists = parts.iter().map(|p| if let Answer::Classes(names) = &p.answer { Some(names.clone()) } else { None });
    let answer = match (numbers, lists.collect::<Option<Vec<_>>>()) {
        (true, _) => Answer::Numbers(TaskKind::Regression, parts.len()),
        (false, Some(lists)) => Answer::Several(lists),
        (false, None) => {
            return Err(unsupported(at, "the targets are of several kinds", "Fit one model for each target"));
        }
    };
    if numbers && let Some(core) = kept(&parts) {
        let missing = matches!(core, Core::Linear(_));
        let part = Part::direct("one model for each target", inputs, answer, core);
        return Ok(if missing { part.note(linear::NO_MISSING) } else { super::tree_facts(part) });
    }
    let asked = parts.into_iter().zip(&stored).map(|(part, at)| Asked::new(part, reading, at));
    let formula = Core::Formula(Arc::new(Targets { asked: asked.collect::<Result<_, _>>()?, numbers }));
    let part = Part::direct("one model for each target", inputs, answer, formula);
    Ok(part.note(&format!("One model for each target {OPAQUE}")))
}

/// Several regressions as one set of trees or one linear form.
fn kept(parts: &[Part]) -> Option<Core> {
    let forms: Vec<_> =
        parts.iter().filter_map(|p| if let Core::Linear(form) = &p.core { Some(form) } else { None }).collect();
    if forms.len() == parts.len() {
        return parts.iter().all(|p| p.scales.0 == Scale::Target).then(|| Core::Linear(side_by_side(&forms)));
    }
    let all: Vec<_> =
        parts.iter().filter_map(|p| if let Core::Trees(trees) = &p.core { Some(trees) } else { None }).collect();
    let first = *all.first().filter(|_| all.len() == parts.len())?;
    let alike = |e: &&TreeEnsemble| {
        (e.compare, e.accumulate, e.divisor, e.outputs()) == (first.compare, first.accumulate, first.divisor, 1)
    };
    if !all.iter().all(alike) || parts.iter().any(|p| p.scales.0 != Scale::Target) {
        return None;
    }
    let of = |(k, ensemble): (usize, &&TreeEnsemble)| {
        let output = u32::try_from(k).ok();
        ensemble.trees.iter().map(move |tree| Tree { output, ..tree.clone() }).collect::<Vec<_>>()
    };
    let trees = all.iter().enumerate().flat_map(of).collect();
    let base = all.iter().flat_map(|ensemble| ensemble.base.iter().copied()).collect();
    Some(Core::Trees(TreeEnsemble { trees, base, ..first.clone() }))
}

struct Targets {
    asked: Vec<Asked>,
    numbers: bool,
}

impl Formula for Targets {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let scale = if self.numbers { Scale::Target } else { Scale::Probability };
        let all = self.asked.iter().flat_map(|asked| asked.outputs(row, scale));
        out.iter_mut().zip(all).for_each(|(out, value)| *out = value);
    }
}
