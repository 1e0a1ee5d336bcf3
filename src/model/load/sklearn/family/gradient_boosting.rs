//! Gradient boosting: a start, then the learning rate times each tree.

use std::sync::Arc;

use crate::model::link::LinkFunction;
use crate::model::trees::{Accumulate, Compare};
use crate::model::{ModelError, Scale, TaskKind, Tree, TreeEnsemble};

use super::super::super::pickle::At;
use super::super::formula::{Asked, Formula, OPAQUE};
use super::super::part::{Answer, Core, Inputs, Part, classes, not_fitted, version};
use super::super::reading::{Reading, unsupported};
use super::super::tree::{Leaf, LeafRules, read as read_tree};
use super::Family;
use super::decision_tree::{NO_MISSING, described};

/// The family.
pub static FAMILY: Family = Family {
    classes: &[("sklearn.ensemble", "GradientBoostingClassifier"), ("sklearn.ensemble", "GradientBoostingRegressor")],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let regression = at.class().is_some_and(|(_, name)| name.ends_with("Regressor"));
    let answer = if regression { Answer::Numbers(TaskKind::Regression, 1) } else { Answer::Classes(classes(at)?) };
    let loss = at.field("loss")?;
    let loss = loss.text()?;
    let link = match (loss, &answer) {
        (_, Answer::Numbers(..)) => LinkFunction::Identity,
        ("log_loss" | "deviance", _) if answer.outputs() == 1 => LinkFunction::Sigmoid { slope: 1.0 },
        ("log_loss" | "deviance", _) => LinkFunction::Softmax,
        ("exponential", _) => LinkFunction::Sigmoid { slope: 2.0 },
        _ => return Err(unsupported(at, &format!("the loss “{loss}” is not known"), "Train with loss=\"log_loss\"")),
    };
    let outputs = answer.outputs();
    let init = at.field("init_")?;
    let foreign = !init.is_nothing() && init.class().is_some_and(|(module, _)| !module.starts_with("sklearn.dummy"));
    let base = if foreign { vec![0.0; outputs] } else { base(at, &answer, link)? };
    let rate = at.field("learning_rate")?.real()?;
    let stages = at.optional("estimators_").ok_or_else(|| not_fitted(at))?.items()?;
    if stages.is_empty() || !stages.len().is_multiple_of(outputs) {
        return Err(at.refuse(format!("{} trees do not fit {outputs} outputs", stages.len())));
    }
    let one = Answer::Numbers(TaskKind::Regression, 1);
    let rules = LeafRules { answer: &one, inputs: inputs.count(), leaf: Leaf::Values, missing: false };
    let mut trees = Vec::with_capacity(stages.len());
    reading.task.begin("reading the trees", stages.len() as u64);
    for (t, stage) in stages.iter().enumerate() {
        let tree = read_tree(reading, &stage.field("tree_")?, &rules)?.tree;
        let leaf_values = tree.leaf_values.iter().map(|value| rate * value).collect();
        trees.push(Tree { leaf_values, output: u32::try_from(t % outputs).ok(), ..tree });
        reading.task.advance(1)?;
    }
    let rounds = trees.len() / outputs;
    let ensemble = TreeEnsemble {
        trees,
        inputs: inputs.count(),
        base,
        compare: Compare::LessEqualRounded,
        accumulate: Accumulate::F64FromBase,
        divisor: 1.0,
    };
    let part = Part::margins("gradient-boosted trees", inputs, answer, Core::Trees(ensemble), link);
    let mut part = described(part, true).note(NO_MISSING);
    if foreign {
        part = started(part, (reading, at), &init)?;
    }
    let part = part.fact("Boosting rounds", rounds).fact("Learning rate", rate);
    Ok(Part { objective: Some(loss.to_owned()), ..part })
}

/// The trees of `part` on top of what the estimator `init` answers.
fn started(part: Part, (reading, at): (&Reading<'_>, &At<'_>), init: &At<'_>) -> Result<Part, ModelError> {
    let first = reading.part(init)?;
    let exact = match &first.core {
        Core::Trees(_) => true,
        Core::Linear(_) => init.field("coef_")?.array()?.dtype.size == size_of::<f64>(),
        _ => false,
    };
    if !exact {
        let what = format!("it starts from {}, which the library asks in f32", init.described());
        return Err(unsupported(at, &what, "Train with init=None, or with an init made of trees"));
    }
    let alike = first.answer.outputs() == part.answer.outputs() && first.answer.task() == part.answer.task();
    if !alike || first.inputs.count() != part.inputs.count() {
        return Err(init.refuse("the estimator at the start has other inputs or answers"));
    }
    let trees = Part { answer: Answer::Numbers(TaskKind::Regression, part.answer.outputs()), ..part.clone() };
    let trees = Part { link: LinkFunction::Identity, scales: (Scale::Target, vec![Scale::Target]), ..trees };
    let first = Asked::new(first, reading, init)?;
    if matches!(part.answer, Answer::Classes(_)) && !first.has_probabilities() {
        return Err(init.refuse("the estimator at the start has no probabilities"));
    }
    let trees = Asked::new(trees, reading, at)?;
    let start = Start { first, trees, link: part.link, release: release(at) };
    let part = Part { core: Core::Formula(Arc::new(start)), ..part };
    Ok(part.note(&format!("The boosting starts from another estimator and {OPAQUE}")))
}

/// Trees on top of an estimator.
struct Start {
    first: Asked,
    trees: Asked,
    link: LinkFunction,
    release: (u32, u32),
}

impl Formula for Start {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        // The library asks the first estimator with rows in f32, too.
        let rounded: Vec<f64> = row.iter().map(|x| f64::from(*x as f32)).collect();
        let start = match self.first.answer {
            Answer::Classes(_) => margins(&self.first.probabilities(&rounded), self.link, self.release),
            _ => self.first.numbers(&rounded),
        };
        let trees = self.trees.numbers(row);
        out.iter_mut().zip(start.iter().zip(&trees)).for_each(|(out, (start, trees))| *out = start + trees);
    }
}

/// The margin before the first tree, per output.
fn base(at: &At<'_>, answer: &Answer, link: LinkFunction) -> Result<Vec<f64>, ModelError> {
    let init = at.field("init_")?;
    if init.is_nothing() || init.text().is_ok_and(|word| word == "zero") {
        return Ok(vec![0.0; answer.outputs()]);
    }
    let foreign = || {
        let what = format!("the boosting starts from {}, which is not constant", init.described());
        unsupported(at, &what, "Train with init=None or init=\"zero\"")
    };
    let Answer::Classes(names) = answer else {
        let constant = init.optional("constant_").ok_or_else(foreign)?.array()?.reals()?;
        return if constant.len() == 1 { Ok(constant) } else { Err(foreign()) };
    };
    let strategy = init.optional("strategy");
    if !strategy.is_some_and(|s| s.text().is_ok_and(|s| s == "prior")) {
        return Err(foreign());
    }
    let priors = init.optional("class_prior_").ok_or_else(foreign)?.array()?.reals()?;
    if priors.len() != names.len() {
        return Err(init.refuse(format!("{} shares for {} classes", priors.len(), names.len())));
    }
    Ok(margins(&priors, link, release(at)))
}

/// The margins of these shares of the classes.
fn margins(priors: &[f64], link: LinkFunction, release: (u32, u32)) -> Vec<f64> {
    // Up to 1.7 the f32 epsilon keeps the shares away from 0 and 1.
    let epsilon = if release < (1, 8) { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let shares: Vec<f64> = priors.iter().map(|p| p.clamp(epsilon, 1.0 - epsilon)).collect();
    if let &[_, positive] = shares.as_slice() {
        let log_odds = libm::log(positive / (1.0 - positive));
        return vec![if link == (LinkFunction::Sigmoid { slope: 2.0 }) { 0.5 * log_odds } else { log_odds }];
    }
    let logs: Vec<f64> = shares.iter().map(|p| libm::log(*p)).collect();
    if release < (1, 4) {
        return logs;
    }
    // Since 1.4 shares are measured against their geometric mean.
    let mean = libm::exp(logs.iter().sum::<f64>() / logs.len() as f64);
    shares.iter().map(|p| libm::log(p / mean)).collect()
}

/// Major and minor version of the library that wrote the estimator; the newest when it does not say.
pub fn release(at: &At<'_>) -> (u32, u32) {
    let version = version(at).unwrap_or_default();
    let mut numbers = version.split('.').map_while(|part| part.parse().ok());
    numbers.next().zip(numbers.next()).unwrap_or((u32::MAX, 0))
}
