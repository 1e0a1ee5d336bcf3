//! What an estimator becomes: inputs, an answer and a core that predicts it.

use std::fmt::Display;
use std::sync::Arc;

use crate::data::{Input, InputKind};
use crate::model::linear::LinearModel;
use crate::model::link::{LinkFunction, scales};
use crate::model::named::{with_behind, with_card};
use crate::model::tree_check::check_ensemble;
use crate::model::tree_model::TreeModel;
use crate::model::trees::Accumulate;
use crate::model::{Behind, LinearForm, Model, ModelCard, ModelError, Scale, StepCard, TaskKind, TreeEnsemble};

use super::super::pickle::At;
use super::super::{OUTPUT_LIMIT, Origin, output_names};
use super::formula::{AdditiveModel, Formula, FormulaModel, Terms};
use super::reading::unsupported;

/// Inputs a model without names may have.
const NAMELESS_LIMIT: usize = 100_000;
/// What kind of answer an estimator gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// One of these classes. Two classes have one output, the second of them.
    Classes(Vec<String>),
    /// A class for each of several targets.
    Several(Vec<Vec<String>>),
    /// One or several numbers.
    Numbers(TaskKind, usize),
}

impl Answer {
    /// What kind of answer, as the card says it. Classes of several targets are probabilities side by side.
    pub fn task(&self) -> TaskKind {
        match self {
            Self::Classes(classes) if classes.len() == 2 => TaskKind::Binary,
            Self::Classes(_) => TaskKind::Multiclass,
            Self::Several(_) => TaskKind::Regression,
            Self::Numbers(task, _) => *task,
        }
    }

    /// Which target and class each output stands for.
    pub fn columns(&self) -> Vec<(usize, usize)> {
        let of = |target: usize, classes: usize| {
            let first = usize::from(classes == 2);
            (first..classes).map(move |class| (target, class))
        };
        match self {
            Self::Classes(classes) => of(0, classes.len()).collect(),
            Self::Several(targets) => targets.iter().enumerate().flat_map(|(t, c)| of(t, c.len())).collect(),
            Self::Numbers(_, count) => (0..*count).map(|target| (target, 0)).collect(),
        }
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.columns().len()
    }

    fn output_names(&self) -> Vec<String> {
        let columns = self.columns();
        match self {
            Self::Classes(classes) => columns.iter().filter_map(|(_, class)| classes.get(*class).cloned()).collect(),
            Self::Several(targets) => {
                let name = |(target, class): &(usize, usize)| {
                    Some(format!("target {target}: {}", targets.get(*target)?.get(*class)?))
                };
                columns.iter().filter_map(name).collect()
            }
            Self::Numbers(task, count) => output_names(*task, *count),
        }
    }
}

/// How the class that `predict` gives follows from the scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Choice {
    /// The largest score; of two classes the second above its middle.
    Largest,
    /// The class with most votes; the margins are votes with less than a third added or taken away.
    Votes,
    /// One of two classes where its score reaches a threshold.
    From {
        /// Which score.
        scale: Scale,
        /// The threshold.
        threshold: f64,
        /// Whether it is the first class that is chosen.
        first: bool,
    },
}

/// What `decision_function` of the estimator gives: what other estimators are fitted on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    /// The margin.
    Margin,
    /// There is none: probabilities are asked instead.
    Missing,
    /// Something that this part cannot answer.
    Other,
}

/// What predicts.
#[derive(Clone)]
pub enum Core {
    /// Trees, checked.
    Trees(TreeEnsemble),
    /// A linear form.
    Linear(LinearForm),
    /// One term for each input.
    Additive(Arc<dyn Terms>),
    /// A formula: predictions only.
    Formula(Arc<dyn Formula>),
    /// A model behind steps.
    Behind(Arc<dyn Model>),
    /// A model that another loader read; its card is taken over.
    Whole(Arc<dyn Model>),
}

/// What an estimator becomes.
#[derive(Clone)]
pub struct Part {
    /// Kind of model in words.
    pub algorithm: String,
    /// The training objective as the library names it.
    pub objective: Option<String>,
    /// The inputs, and whether the file names them.
    pub inputs: Inputs,
    /// What kind of answer.
    pub answer: Answer,
    /// What predicts.
    pub core: Core,
    /// From the margin to predictions.
    pub link: LinkFunction,
    /// The scale in which the core adds up, and all scales.
    pub scales: (Scale, Vec<Scale>),
    /// Steps in front of the estimator and the values that reach it.
    pub steps: Option<(Vec<StepCard>, usize)>,
    /// The estimator behind them, where every value that it sees is made of one column.
    pub behind: Option<Arc<dyn Behind>>,
    /// How it chooses a class, and what its `decision_function` gives.
    pub asked: (Choice, Decision),
    /// Facts for the card.
    pub facts: Vec<(String, String)>,
    /// What should be known before trusting a result.
    pub notes: Vec<String>,
}

/// Inputs of an estimator.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// The inputs in the model's order.
    pub all: Vec<Input>,
    /// Whether the file names them.
    pub named: bool,
}

impl Inputs {
    /// The inputs of an estimator: `feature_names_in_`, or `x0`, `x1` … for `n_features_in_` of them.
    pub fn read(at: &At<'_>) -> Result<Self, ModelError> {
        let count = match at.optional("n_features_in_").or_else(|| at.optional("n_features_")) {
            Some(count) => Some(count.count()?),
            None => None,
        };
        if let Some(names) = at.optional("feature_names_in_") {
            let labels = names.array()?.labels()?;
            if count.is_some_and(|count| count != labels.len()) {
                return Err(names.refuse(format!("{} names for {} inputs", labels.len(), count.unwrap_or(0))));
            }
            return Ok(Self { all: labels.into_iter().map(number).collect(), named: true });
        }
        let count = count.ok_or_else(|| not_fitted(at))?;
        Self::nameless(count).ok_or_else(|| at.refuse(format!("{count} inputs without names are too many")))
    }

    /// `count` inputs without names.
    pub fn nameless(count: usize) -> Option<Self> {
        let all = (count <= NAMELESS_LIMIT).then(|| (0..count).map(|i| number(format!("x{i}"))).collect())?;
        Some(Self { all, named: false })
    }

    /// Number of inputs.
    pub fn count(&self) -> usize {
        self.all.len()
    }
}

fn number(name: String) -> Input {
    Input { name, kind: InputKind::Number }
}

/// The refusal of an estimator that lacks what fitting gives.
pub fn not_fitted(at: &At<'_>) -> ModelError {
    unsupported(at, "the estimator is not fitted", "Call fit before saving it")
}

/// The version of scikit-learn that wrote the estimator.
pub fn version(at: &At<'_>) -> Option<String> {
    at.optional("_sklearn_version").and_then(|v| v.text().ok().map(|v| v.chars().take(40).collect()))
}

/// Names of the classes in `classes_`.
pub fn classes(at: &At<'_>) -> Result<Vec<String>, ModelError> {
    let stored = at.optional("classes_").ok_or_else(|| not_fitted(at))?;
    let classes = stored.array()?.labels()?;
    match classes.len() {
        0 => Err(stored.refuse("the estimator has no classes")),
        count if count > OUTPUT_LIMIT => Err(stored.refuse(format!("{count} classes are too many"))),
        _ => Ok(classes),
    }
}

impl Part {
    /// A part whose core adds up margins that `link` turns into predictions.
    pub fn margins(algorithm: &str, inputs: Inputs, answer: Answer, core: Core, link: LinkFunction) -> Self {
        let scales = scales(answer.task(), link);
        Self::new(algorithm, (inputs, answer), core, (link, scales)).deciding(Decision::Margin)
    }

    /// A part whose core gives probabilities as they are, or numbers in target units.
    pub fn direct(algorithm: &str, inputs: Inputs, answer: Answer, core: Core) -> Self {
        let own = match answer {
            Answer::Classes(_) | Answer::Several(_) => (Scale::Probability, vec![Scale::Probability]),
            Answer::Numbers(task, _) => scales(task, LinkFunction::Identity),
        };
        Self::new(algorithm, (inputs, answer), core, (LinkFunction::Identity, own))
    }

    /// A part that another loader read; `classes` are the class names, as far as the estimator knows them.
    pub fn whole(model: Arc<dyn Model>, classes: Vec<String>) -> Self {
        let mut card = model.card().clone();
        let wanted = if card.task == TaskKind::Binary { 2 } else { card.outputs.len() };
        let answer = match card.task {
            TaskKind::Binary | TaskKind::Multiclass if classes.len() == wanted => {
                card.notes.retain(|note| note != "The file holds no class names");
                Answer::Classes(classes)
            }
            TaskKind::Binary => Answer::Classes(vec!["class 0".to_owned(), "class 1".to_owned()]),
            TaskKind::Multiclass => Answer::Classes(card.outputs),
            task => Answer::Numbers(task, card.outputs.len()),
        };
        Self {
            algorithm: card.algorithm,
            objective: card.objective,
            inputs: Inputs { all: card.inputs, named: true },
            answer,
            core: Core::Whole(model),
            link: LinkFunction::Identity,
            scales: (card.native_scale, card.scales),
            steps: None,
            behind: None,
            asked: (Choice::Largest, Decision::Missing),
            facts: card.facts,
            notes: card.notes,
        }
    }

    fn new(
        algorithm: &str,
        (inputs, answer): (Inputs, Answer),
        core: Core,
        (link, scales): (LinkFunction, (Scale, Vec<Scale>)),
    ) -> Self {
        let (algorithm, asked) = (algorithm.to_owned(), (Choice::Largest, Decision::Missing));
        let (facts, notes) = (Vec::new(), Vec::new());
        Self {
            algorithm,
            objective: None,
            inputs,
            answer,
            core,
            link,
            scales,
            steps: None,
            behind: None,
            asked,
            facts,
            notes,
        }
    }

    /// The same part with another `decision_function`.
    pub fn deciding(mut self, decision: Decision) -> Self {
        self.asked.1 = decision;
        self
    }

    /// The same part with another way to choose a class.
    pub fn choosing(mut self, choice: Choice) -> Self {
        self.asked.0 = choice;
        self
    }

    /// Adds a sentence to the card.
    pub fn note(mut self, note: &str) -> Self {
        self.notes.push(note.to_owned());
        self
    }

    /// Adds a fact to the card.
    pub fn fact(mut self, name: &str, value: impl Display) -> Self {
        self.facts.push((name.to_owned(), value.to_string()));
        self
    }

    /// The model, with its card. `at` is the outermost estimator.
    pub fn into_model(self, origin: &Origin<'_>, format: &str, at: &At<'_>) -> Result<Arc<dyn Model>, ModelError> {
        let task = self.answer.task();
        let card = ModelCard {
            library: Some(version(at).map_or_else(|| "scikit-learn".to_owned(), |v| format!("scikit-learn {v}"))),
            algorithm: self.algorithm,
            objective: self.objective,
            outputs: self.answer.output_names(),
            classes: if let Answer::Classes(classes) = &self.answer { classes.clone() } else { Vec::new() },
            inputs: self.inputs.all,
            native_scale: self.scales.0,
            scales: self.scales.1,
            steps: self.steps,
            facts: self.facts,
            notes: self.notes,
            ..origin.card(format, task, self.link)
        };
        let card = if self.inputs.named { card } else { nameless(card) };
        let outputs = card.outputs.len();
        let behind = self.behind.filter(|_| matches!(self.core, Core::Trees(_) | Core::Behind(_)));
        let model: Arc<dyn Model> = match self.core {
            Core::Trees(ensemble) => {
                if outputs != ensemble.outputs() {
                    return Err(at.refuse(format!("{} outputs of trees have {outputs} names", ensemble.outputs())));
                }
                // What was scaled or combined after reading must still be finite.
                let ensemble = check_ensemble(ensemble)?;
                Arc::new(TreeModel { card, ensemble, link: self.link })
            }
            Core::Linear(form) => {
                if card.inputs.len().checked_mul(outputs) != Some(form.weights.len()) || outputs != form.outputs() {
                    return Err(at.refuse("there must be one weight per input and output"));
                }
                if form.weights.iter().chain(&form.intercept).any(|w| !w.is_finite()) {
                    return Err(at.refuse("every weight must be a finite number"));
                }
                Arc::new(LinearModel { card, form, link: self.link, arithmetic: Accumulate::F64 })
            }
            Core::Additive(terms) => Arc::new(AdditiveModel { card, terms, link: self.link }),
            Core::Formula(formula) => Arc::new(FormulaModel { card, formula, link: self.link }),
            Core::Behind(model) => with_card(model, card),
            Core::Whole(model) => {
                let inner = model.card().clone();
                let card = ModelCard { library: inner.library, format: inner.format, ..card };
                with_card(model, card)
            }
        };
        Ok(match behind {
            Some(behind) => with_behind(model, behind),
            None => model,
        })
    }
}

fn nameless(mut card: ModelCard) -> ModelCard {
    card.notes.push("The file holds no input names; columns are matched to x0, x1 and so on".to_owned());
    card
}
