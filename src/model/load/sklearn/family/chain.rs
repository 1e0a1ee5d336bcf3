//! Chains: one estimator for each target, each of which also sees what those before it answered.

use std::sync::Arc;

use crate::model::{ModelError, Scale, TaskKind};

use super::super::super::pickle::At;
use super::super::formula::{Asked, Formula, OPAQUE};
use super::super::part::{Answer, Core, Inputs, Part, not_fitted};
use super::super::reading::{Reading, unsupported};
use super::Family;

/// The family.
pub static FAMILY: Family =
    Family { classes: &[("sklearn.multioutput", "RegressorChain"), ("sklearn.multioutput", "ClassifierChain")], read };

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let stored = at.optional("estimators_").ok_or_else(|| not_fitted(at))?.items()?;
    let order = at.field("order_")?;
    let order = order.array().and_then(|all| all.integers()).or_else(|_error| {
        order.counts().map(|all| all.into_iter().filter_map(|target| i64::try_from(target).ok()).collect())
    })?;
    // `chain_method_` came with 1.5; before, the chain was made of predictions.
    let method = at.optional("chain_method_").and_then(|m| m.text().ok()).unwrap_or("predict");
    let mut links: Vec<Option<Link>> = stored.iter().map(|_| None).collect();
    for (step, (estimator, target)) in stored.iter().zip(&order).enumerate() {
        let part = reading.part(estimator)?;
        if part.inputs.count() != inputs.count() + step || part.answer.outputs() != 1 {
            return Err(estimator.refuse(format!("link {step} of the chain has other inputs or answers")));
        }
        let passes = Passes::read(method, &part.answer, estimator)?;
        let asked = Asked::scoring(part, reading, estimator)?;
        if passes == Passes::Score && !asked.decides() {
            return Err(unsupported(estimator, "its decision function is not known", "Use chain_method=\"predict\""));
        }
        let slot = usize::try_from(*target).ok().and_then(|target| links.get_mut(target));
        match slot {
            Some(slot) if slot.is_none() => *slot = Some(Link { step, asked, passes }),
            _ => return Err(at.refuse("the order of the chain does not name every target once")),
        }
    }
    let links: Vec<Link> = links.into_iter().flatten().collect();
    if links.is_empty() || links.len() != stored.len() {
        return Err(at.refuse("the order of the chain does not name every target once"));
    }
    let names =
        links.iter().map(|l| if let Answer::Classes(names) = &l.asked.answer { Some(names.clone()) } else { None });
    let answer = match names.collect::<Option<Vec<_>>>() {
        Some(lists) => Answer::Several(lists),
        None => Answer::Numbers(TaskKind::Regression, links.len()),
    };
    let scale = if matches!(answer, Answer::Several(_)) { Scale::Probability } else { Scale::Target };
    let core = Core::Formula(Arc::new(Chain { links, scale }));
    let part = Part::direct("chain of estimators", inputs, answer, core);
    Ok(part.note(&format!("A chain of estimators {OPAQUE}")))
}

/// What a link hands on to those behind it.
#[derive(Clone, Debug, PartialEq)]
enum Passes {
    Number,
    /// The class, which must be a number.
    Class(Vec<f64>),
    Probability,
    LogProbability,
    Score,
}

impl Passes {
    fn read(method: &str, answer: &Answer, at: &At<'_>) -> Result<Self, ModelError> {
        match (method, answer) {
            ("predict", Answer::Numbers(..)) => Ok(Self::Number),
            ("predict", Answer::Classes(names)) => {
                let numbers: Option<Vec<f64>> = names.iter().map(|name| name.parse().ok()).collect();
                let words = || unsupported(at, "its classes are no numbers", "Number the classes before fitting");
                numbers.map(Self::Class).ok_or_else(words)
            }
            ("predict_proba", Answer::Classes(_)) => Ok(Self::Probability),
            ("predict_log_proba", Answer::Classes(_)) => Ok(Self::LogProbability),
            ("decision_function", Answer::Classes(_)) => Ok(Self::Score),
            _ => Err(at.refuse(format!("the chain asks for {method}"))),
        }
    }
}

struct Link {
    step: usize,
    asked: Asked,
    passes: Passes,
}

/// Links by target.
struct Chain {
    links: Vec<Link>,
    scale: Scale,
}

impl Link {
    fn passed(&self, row: &[f64]) -> f64 {
        let first = |values: Vec<f64>| values.first().copied().unwrap_or(f64::NAN);
        match &self.passes {
            Passes::Number => first(self.asked.numbers(row)),
            Passes::Class(numbers) => numbers.get(self.asked.class(row)).copied().unwrap_or(f64::NAN),
            Passes::Probability => first(self.asked.outputs(row, Scale::Probability)),
            Passes::LogProbability => libm::log(first(self.asked.outputs(row, Scale::Probability))),
            Passes::Score => first(self.asked.scores(row)),
        }
    }
}

impl Formula for Chain {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let mut order: Vec<(usize, &Link)> = self.links.iter().enumerate().collect();
        order.sort_by_key(|(_, link)| link.step);
        let mut seen = row.to_vec();
        for (target, link) in order {
            let value = link.asked.outputs(&seen, self.scale).first().copied();
            if let Some(out) = out.get_mut(target) {
                *out = value.unwrap_or(f64::NAN);
            }
            seen.push(link.passed(&seen));
        }
    }
}
