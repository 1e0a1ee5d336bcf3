//! One classifier for each class against all others; linear ones stay linear.

use std::sync::Arc;

use crate::model::link::LinkFunction;
use crate::model::{LinearForm, ModelError, Scale};

use super::super::super::pickle::At;
use super::super::formula::{Asked, Formula, OPAQUE};
use super::super::part::{Answer, Core, Decision, Part, classes, not_fitted};
use super::super::reading::{Reading, unsupported};
use super::linear_classifier::{CHOSEN, chosen};
use super::logistic::SHARES;
use super::voting::inputs;
use super::{Family, linear};

/// The family.
pub static FAMILY: Family = Family { classes: &[("sklearn.multiclass", "OneVsRestClassifier")], read };

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let stored = at.optional("estimators_").ok_or_else(|| not_fitted(at))?.items()?;
    let binarizer = at.field("label_binarizer_")?;
    let kind = binarizer.optional("y_type_").and_then(|t| t.text().ok());
    if kind.is_some_and(|kind| kind.starts_with("multilabel")) {
        return Err(unsupported(at, "several labels are classified at once", "Fit one model for each label"));
    }
    let answer = Answer::Classes(classes(&binarizer)?);
    let parts: Vec<Part> = stored.iter().map(|e| reading.part(e)).collect::<Result<_, _>>()?;
    let inputs = inputs(at, &parts)?;
    let fits = |p: &Part| p.answer.outputs() == 1 && p.inputs.count() == inputs.count();
    if parts.len() != answer.outputs() || !parts.iter().all(fits) {
        return Err(at.refuse(format!("{} estimators do not fit {} outputs", parts.len(), answer.outputs())));
    }
    let single = answer.outputs() == 1;
    if let Some((form, link)) = stacked(&parts) {
        let link = match link {
            LinkFunction::Step => chosen(single),
            sigmoid if single => sigmoid,
            _ => LinkFunction::SigmoidShares,
        };
        let part = Part::margins("one against the rest", inputs, answer, Core::Linear(form), link);
        let part = if link == LinkFunction::SigmoidShares { part.note(SHARES) } else { part };
        let part = if matches!(link, LinkFunction::Step | LinkFunction::Largest) { part.note(CHOSEN) } else { part };
        return Ok(part.note(linear::NO_MISSING));
    }
    let decides = parts.iter().any(|p| p.asked.1 != Decision::Missing);
    let asked = parts.into_iter().zip(&stored).map(|(part, at)| Asked::new(part, reading, at));
    let asked: Vec<Asked> = asked.collect::<Result<_, _>>()?;
    if asked.iter().any(|a| !a.has_probabilities()) {
        return Err(unsupported(at, "an estimator inside has no probabilities", "Use one that has predict_proba"));
    }
    let part = Part::direct("one against the rest", inputs, answer, Core::Formula(Arc::new(Rest { asked })));
    let part = if decides { part.deciding(Decision::Other) } else { part };
    Ok(part.note(&format!("One classifier for each class {OPAQUE}")))
}

/// Linear forms with one link side by side.
fn stacked(parts: &[Part]) -> Option<(LinearForm, LinkFunction)> {
    let forms: Option<Vec<&LinearForm>> = parts
        .iter()
        .map(|part| match &part.core {
            Core::Linear(form) => Some(form),
            _ => None,
        })
        .collect();
    let (forms, link) = (forms?, parts.first()?.link);
    let sigmoid = LinkFunction::Sigmoid { slope: 1.0 };
    if parts.iter().any(|p| p.link != link) || (link != sigmoid && link != LinkFunction::Step) {
        return None;
    }
    Some((side_by_side(&forms), link))
}

/// One form with the outputs of several forms over the same inputs.
pub fn side_by_side(forms: &[&LinearForm]) -> LinearForm {
    let inputs = forms.first().map_or(0, |form| form.weights.len() / form.outputs().max(1));
    let of = |j: usize| {
        forms.iter().flat_map(move |form| {
            let outputs = form.outputs();
            form.weights.get(j * outputs..(j + 1) * outputs).unwrap_or_default().iter().copied()
        })
    };
    let weights = (0..inputs).flat_map(of).collect();
    LinearForm { weights, intercept: forms.iter().flat_map(|form| form.intercept.iter().copied()).collect() }
}

struct Rest {
    asked: Vec<Asked>,
}

impl Formula for Rest {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let positive = |asked: &Asked| asked.outputs(row, Scale::Probability).first().copied().unwrap_or(f64::NAN);
        let all: Vec<f64> = self.asked.iter().map(positive).collect();
        let sum: f64 = if all.len() == 1 { 1.0 } else { all.iter().sum() };
        out.iter_mut().zip(all).for_each(|(out, value)| *out = if sum == 0.0 { value } else { value / sum });
    }
}
