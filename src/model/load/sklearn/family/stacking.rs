//! Stacking: an estimator over the answers of others.

use std::sync::Arc;

use crate::model::{ModelError, Scale};

use super::super::super::pickle::At;
use super::super::formula::{Asked, Formula, OPAQUE};
use super::super::part::{Answer, Core, Decision, Part, classes, not_fitted};
use super::super::reading::{Reading, unsupported};
use super::super::weighted::{Term, affordable, weighted};
use super::voting::inputs;
use super::{Family, decision_tree, linear, tree_facts};

/// The family.
pub static FAMILY: Family =
    Family { classes: &[("sklearn.ensemble", "StackingClassifier"), ("sklearn.ensemble", "StackingRegressor")], read };

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let stored = at.optional("estimators_").ok_or_else(|| not_fitted(at))?.items()?;
    let parts: Vec<Part> = stored.iter().map(|e| reading.part(e)).collect::<Result<_, _>>()?;
    let inputs = inputs(at, &parts)?;
    if parts.iter().any(|p| p.inputs.count() != inputs.count()) {
        return Err(at.refuse("an estimator inside has other inputs than the whole"));
    }
    let methods = at.field("stack_method_")?.items()?;
    if methods.len() != parts.len() {
        return Err(at.refuse(format!("{} methods for {} estimators", methods.len(), parts.len())));
    }
    let mut kept = parts.clone();
    let mut members = Vec::new();
    for ((part, method), at) in parts.into_iter().zip(&methods).zip(&stored) {
        let asked = Asked::new(part, reading, at)?;
        let question = match (method.text()?, &asked.answer) {
            ("predict_proba", Answer::Classes(_)) => Question::Probabilities,
            ("decision_function", Answer::Classes(_)) if asked.decides() => Question::Margins,
            ("predict", Answer::Numbers(..)) => Question::Numbers,
            (other, _) => {
                return Err(unsupported(
                    at,
                    &format!("its answers to “{other}” are stacked"),
                    "Use stack_method=\"predict_proba\"",
                ));
            }
        };
        members.push((asked, question));
    }
    let last = at.optional("final_estimator_").ok_or_else(|| not_fitted(at))?;
    let inner = reading.part(&last)?;
    let decides = inner.asked.1 != Decision::Missing;
    let final_ = inner.clone();
    let last = Asked::new(inner, reading, &last)?;
    let passthrough = at.optional("passthrough").map_or(Ok(false), |p| p.flag())?;
    let own = if passthrough { inputs.count() } else { 0 };
    let width = members.iter().map(|(asked, _)| asked.answer.outputs()).sum::<usize>().saturating_add(own);
    if last.inputs() != width {
        return Err(at.refuse(format!("the last estimator wants {} inputs and is given {width}", last.inputs())));
    }
    let answer = match at.optional("classes_") {
        Some(_) if matches!(last.answer, Answer::Classes(_)) => Answer::Classes(classes(at)?),
        _ => last.answer.clone(),
    };
    if answer.outputs() != last.answer.outputs() {
        return Err(at.refuse("the last estimator has other classes than the whole"));
    }
    let questions: Vec<Question> = members.iter().map(|(_, question)| *question).collect();
    let affordable = affordable((reading, at), kept.iter(), (inputs.count(), answer.outputs()));
    if affordable && let Some(core) = worked_in(&kept, &questions, &final_, (inputs.count(), passthrough)) {
        let part = Part { inputs, answer, core, algorithm: "stacking".to_owned(), ..final_ };
        let note = if matches!(part.core, Core::Linear(_)) { linear::NO_MISSING } else { decision_tree::NO_MISSING };
        kept.retain(|part| !part.notes.iter().any(|own| own == note));
        let part = Part { notes: Vec::new(), facts: Vec::new(), ..part };
        let part = if kept.is_empty() { part.note(note) } else { part };
        return Ok(tree_facts(part).note(WORKED_IN));
    }
    let scale = if matches!(answer, Answer::Classes(_)) { Scale::Probability } else { Scale::Target };
    let formula = Stack { members, passthrough, last, scale };
    let part = Part::direct("stacking", inputs, answer, Core::Formula(Arc::new(formula)));
    let part = if decides { part.deciding(Decision::Other) } else { part };
    Ok(part.note(&format!("A stack of estimators {OPAQUE}")))
}

/// Said of stacks whose last estimator is linear.
const WORKED_IN: &str =
    "The weights of the last estimator are worked into those below it, so exact methods explain the stack";

/// The stack as one core, where the last estimator is linear and those below it are all trees or all linear.
fn worked_in(
    parts: &[Part],
    questions: &[Question],
    last: &Part,
    (inputs, passthrough): (usize, bool),
) -> Option<Core> {
    let Core::Linear(form) = &last.core else { return None };
    let outputs = form.outputs();
    let mut weights = form.weights.chunks(outputs.max(1));
    let mut terms = Vec::new();
    for (part, question) in parts.iter().zip(questions) {
        let scale = match question {
            Question::Probabilities => Scale::Probability,
            Question::Margins => Scale::Margin,
            Question::Numbers => Scale::Target,
        };
        let weights = weights.by_ref().take(part.answer.outputs()).flatten().copied().collect();
        terms.push(Term { part, columns: None, scale, weights });
    }
    let mut core = weighted(&terms, inputs, &form.intercept)?;
    match &mut core {
        _ if !passthrough => {}
        Core::Linear(sum) => {
            sum.weights.iter_mut().zip(weights.flatten()).for_each(|(sum, own)| *sum += own);
        }
        _ => return None,
    }
    Some(core)
}

#[derive(Clone, Copy)]
enum Question {
    Probabilities,
    Margins,
    Numbers,
}

struct Stack {
    members: Vec<(Asked, Question)>,
    passthrough: bool,
    last: Asked,
    scale: Scale,
}

impl Formula for Stack {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let answers = self.members.iter().flat_map(|(asked, question)| match question {
            Question::Probabilities => asked.outputs(row, Scale::Probability),
            Question::Margins => asked.scores(row),
            Question::Numbers => asked.numbers(row),
        });
        let own = if self.passthrough { row } else { &[] };
        let answers: Vec<f64> = answers.chain(own.iter().copied()).collect();
        out.iter_mut().zip(self.last.outputs(&answers, self.scale)).for_each(|(out, value)| *out = value);
    }
}
