//! Several classes from estimators of two: one for each pair of classes, or one for each bit of a code.

use std::sync::Arc;

use crate::model::ModelError;
use crate::model::link::LinkFunction;

use super::super::super::pickle::At;
use super::super::formula::{Asked, Formula, OPAQUE};
use super::super::part::{Answer, Choice, Core, Part, classes, not_fitted};
use super::super::reading::Reading;
use super::Family;
use super::linear_classifier::CHOSEN;
use super::voting::inputs;

/// The family.
pub static FAMILY: Family = Family {
    classes: &[("sklearn.multiclass", "OneVsOneClassifier"), ("sklearn.multiclass", "OutputCodeClassifier")],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let stored = at.optional("estimators_").ok_or_else(|| not_fitted(at))?.items()?;
    let answer = Answer::Classes(classes(at)?);
    let count = answer.outputs().max(2);
    let parts: Vec<Part> = stored.iter().map(|e| reading.part(e)).collect::<Result<_, _>>()?;
    let inputs = inputs(at, &parts)?;
    if parts.is_empty() || parts.iter().any(|p| p.answer.outputs() != 1 || p.inputs.count() != inputs.count()) {
        return Err(at.refuse("the estimators inside have other inputs or more than two classes"));
    }
    let asked = parts.into_iter().zip(&stored).map(|(part, at)| Asked::scoring(part, reading, at));
    let asked: Vec<Asked> = asked.collect::<Result<_, _>>()?;
    if at.class().is_some_and(|(_, name)| name == "OutputCodeClassifier") {
        let book = at.field("code_book_")?;
        let codes = book.array()?;
        if codes.shape != [count, asked.len()] {
            return Err(book.refuse(format!("codes of shape {:?} for {count} classes", codes.shape)));
        }
        reading.charge(codes.count(), &book)?;
        let core = Core::Formula(Arc::new(Codes { asked, codes: codes.reals()? }));
        let part = Part::direct("output codes", inputs, answer, core);
        return Ok(part.note(&format!("A classifier by output codes {OPAQUE}")).note(NEAREST));
    }
    if asked.len() != count * (count - 1) / 2 {
        return Err(at.refuse(format!("{} estimators for the pairs of {count} classes", asked.len())));
    }
    let (link, choice) = match count {
        2 => (LinkFunction::MostVotes, Choice::Votes),
        _ => (LinkFunction::Largest, Choice::Largest),
    };
    let core = Core::Formula(Arc::new(Pairs { asked, classes: count }));
    let part = Part::margins("one against one", inputs, answer, core, link).choosing(choice);
    Ok(part.note(&format!("One classifier for each pair of classes {OPAQUE}")).note(CHOSEN))
}

/// Said of codes.
const NEAREST: &str = "The class whose code is nearest has probability 1, the others 0";

/// What the estimator gives for its second class: a number, a decision or a probability.
fn confidence(asked: &Asked, row: &[f64]) -> f64 {
    let values = if matches!(asked.answer, Answer::Classes(_)) { asked.scores(row) } else { asked.numbers(row) };
    values.first().copied().unwrap_or(f64::NAN)
}

struct Pairs {
    asked: Vec<Asked>,
    classes: usize,
}

impl Formula for Pairs {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let (mut votes, mut sums) = (vec![0.0; self.classes], vec![0.0; self.classes]);
        let pairs = (0..self.classes).flat_map(|i| (i + 1..self.classes).map(move |j| (i, j)));
        for (asked, (i, j)) in self.asked.iter().zip(pairs) {
            let confidence = confidence(asked, row);
            sums[i] -= confidence;
            sums[j] += confidence;
            let chosen = match asked.answer {
                Answer::Classes(_) => asked.class(row) as f64,
                _ => confidence,
            };
            // A regression votes only where it gives exactly one of the two numbers it was fitted on.
            if chosen == 0.0 {
                votes[i] += 1.0;
            } else if chosen == 1.0 {
                votes[j] += 1.0;
            }
        }
        // Confidences, squeezed into a third, tell equal votes apart.
        let margins = votes.iter().zip(&sums).map(|(votes, sum)| votes + sum / (3.0 * (f64::abs(*sum) + 1.0)));
        let first = self.classes - out.len().min(self.classes);
        out.iter_mut().zip(margins.skip(first)).for_each(|(out, margin)| *out = margin);
    }
}

struct Codes {
    asked: Vec<Asked>,
    /// Shape (classes, estimators).
    codes: Vec<f64>,
}

impl Formula for Codes {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let values: Vec<f64> = self.asked.iter().map(|asked| confidence(asked, row)).collect();
        let gap = |code: &[f64]| code.iter().zip(&values).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
        let mut best = (f64::INFINITY, 0);
        for (class, code) in self.codes.chunks(values.len().max(1)).enumerate() {
            let gap = gap(code);
            if gap < best.0 {
                best = (gap, class);
            }
        }
        let first = if out.len() == 1 { 1 } else { 0 };
        out.iter_mut().enumerate().for_each(|(k, out)| *out = f64::from(u8::from(k + first == best.1)));
    }
}
