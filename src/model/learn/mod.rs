//! The trait of learners, the list of all of them, and the way from a table to a measured model.
//!
//! smartcore's fitting calls cannot be interrupted, so learners bound the rows they hand over (and say so on the
//! card); everything between such calls stops within a tenth of a second.

use std::sync::Arc;

use crate::base::text::{count, counted, percent};
use crate::base::{Entry, Fingerprint, Kind, Knob, Knobs, RowId, Seed, Task};
use crate::data::{Dataset, Input, InputKind, Role};
use crate::num::parallel;

use super::card::{ModelCard, TaskKind};
use super::error::ModelError;
use super::link::LinkFunction;
use super::load::native::{NativeBody, save};
use super::measure::{Measured, measure};
use super::metrics;
use super::performance::Performance;
use super::predict::{Model, Scale};
use super::training::{set, split};

mod decision_tree;
mod gradient_boosting;
mod linear_regression;
mod logistic_regression;
mod nearest_neighbours;
mod random_forest;
mod support_vectors;

pub use super::training::set::TrainingSet;

/// Every learner, in menu order.
pub static LEARNERS: &[&dyn Learner] = &[
    &gradient_boosting::GradientBoosting,
    &random_forest::RandomForest,
    &decision_tree::DecisionTree,
    &linear_regression::LinearRegression,
    &logistic_regression::LogisticRegression,
    &nearest_neighbours::NearestNeighbours,
    &support_vectors::SupportVectors,
];

/// Share of the rows that is held out to measure the model; every learner declares it.
pub const HELD_OUT: Knob = Knob {
    id: "held-out",
    label: "Held-out share",
    help: "Share of the rows that the model does not see and is measured on",
    kind: Kind::Real { default: 0.2, min: 0.05, max: 0.5 },
};

/// A way to train a model.
pub trait Learner: Entry {
    /// Its settings; [`HELD_OUT`] is one of them.
    fn knobs(&self) -> &'static [Knob];

    /// Kinds of task it can learn.
    fn tasks(&self) -> &'static [TaskKind];

    /// Learns from all rows of `set`. Same set, settings and seed, same bits.
    fn train(&self, set: &TrainingSet, knobs: &Knobs, seed: Seed, task: &Task) -> Result<Fitted, ModelError>;
}

/// What a learner gives back.
pub struct Fitted {
    /// The parameters.
    pub body: NativeBody,
    /// The scale in which the parameters add up.
    pub native_scale: Scale,
    /// Name and value for the card.
    pub facts: Vec<(String, String)>,
    /// What should be known, one sentence each.
    pub notes: Vec<String>,
}

/// A trained model, measured on rows it has not seen.
pub struct Trained {
    /// The model.
    pub model: Arc<dyn Model>,
    /// Quality on the held-out rows.
    pub performance: Performance,
    /// The held-out rows, ascending.
    pub held_out: Vec<RowId>,
    /// What was decided on the way, one sentence each; also on the model's card.
    pub notes: Vec<String>,
}

/// The learner with this id.
pub fn find(id: &str) -> Option<&'static dyn Learner> {
    LEARNERS.iter().copied().find(|l| l.id() == id)
}

/// Trains on part of `data` and measures on the rest. Refused with a sentence when the target does not vary, has
/// fewer than 10 known rows, or no column can be an input. Cost: the learner's.
pub fn train(
    learner: &dyn Learner,
    (data, target): (&Dataset, usize),
    knobs: &Knobs,
    seed: Seed,
    task: &Task,
) -> Result<Trained, ModelError> {
    task.check()?;
    let mut notes = Vec::new();
    let goal = set::target(data, target, &mut notes)?;
    if !learner.tasks().contains(&goal.kind) {
        let can: Vec<&str> = learner.tasks().iter().map(|t| t.title()).collect();
        return Err(ModelError::Training {
            reason: format!(
                "{} learns {}, but this target asks for {}",
                learner.title(),
                can.join(", "),
                goal.kind.title()
            ),
            hint: "Choose another learner or another target".to_owned(),
        });
    }
    let inputs = set::inputs(data, target, &mut notes)?;
    let share = if knobs.real(HELD_OUT.id) > 0.0 { knobs.real(HELD_OUT.id) } else { 0.2 };
    let (train_rows, held_out) = split::split(&goal, share, seed);
    task.check()?;
    let raw = set::raw(data, &inputs, &train_rows)?;
    let set = TrainingSet::new(inputs, &raw, &goal, &train_rows);
    drop(raw);
    task.check()?;
    say_missing(&set, &mut notes);
    notes.push(format!(
        "Learned from {}; {} ({}) were held out to measure the model",
        counted(set.rows(), "row"),
        count(held_out.len()),
        percent(held_out.len() as f64 / (held_out.len() + set.rows()) as f64)
    ));
    let fitted = learner.train(&set, knobs, seed, task)?;
    notes.extend(fitted.notes);
    let mut card = card(learner, &set, fitted.native_scale, &notes);
    card.facts = fitted.facts;
    describe(&mut card, data, target, (knobs, seed));
    // Built once to be checked, saved to know its bytes, and built again with their hash: what a file of it would have.
    let draft = fitted.body.into_model(card.clone())?;
    let bytes = save(&*draft)?;
    card.sha256 = Fingerprint::of(&bytes);
    let body = draft.portable().expect("a learner's model has a form in a model file");
    let model = body.into_model(card)?;
    let performance = evaluate(&*model, data, (&goal, &held_out), task)?;
    Ok(Trained { model, performance, held_out, notes })
}

fn say_missing(set: &TrainingSet, notes: &mut Vec<String>) {
    if set.has_missing {
        notes.push(
            "Missing inputs are read as the median (numbers) or the most frequent level (categories) of the training \
             rows"
                .to_owned(),
        );
    }
    if set.inputs.iter().any(|i| matches!(i.kind, InputKind::Levels(_))) {
        notes.push("A level that the training table does not have is read as missing".to_owned());
    }
}

fn card(learner: &dyn Learner, set: &TrainingSet, native_scale: Scale, notes: &[String]) -> ModelCard {
    let outputs = match set.kind {
        TaskKind::Multiclass => set.classes.clone(),
        TaskKind::Binary => set.classes.get(1).cloned().into_iter().collect(),
        _ => vec!["prediction".to_owned()],
    };
    let scales = match native_scale {
        Scale::Margin => vec![Scale::Margin, Scale::Probability],
        other => vec![other],
    };
    ModelCard {
        name: learner.title().to_owned(),
        path: None,
        sha256: Fingerprint::default(),
        bytes: 0,
        format: "Candor model".to_owned(),
        library: Some("smartcore 0.7".to_owned()),
        algorithm: learner.title().to_lowercase(),
        objective: None,
        task: set.kind,
        inputs: set.inputs.clone(),
        outputs,
        classes: set.classes.clone(),
        native_scale,
        log_odds: true,
        scales,
        steps: None,
        facts: Vec::new(),
        notes: notes.to_vec(),
    }
}

fn describe(card: &mut ModelCard, data: &Dataset, target: usize, (knobs, seed): (&Knobs, Seed)) {
    if let Some(column) = data.columns().get(target) {
        card.name = format!("{} of “{}”", card.name, column.name);
        card.facts.push(("target".to_owned(), column.name.to_string()));
    }
    card.facts.push(("training table".to_owned(), data.source().name.clone()));
    card.facts.push(("training table SHA-256".to_owned(), data.source().sha256.0.clone()));
    card.facts.extend(knobs.iter().map(|(name, value)| (name.to_owned(), value.to_string())));
    card.facts.push(("seed".to_owned(), seed.0.to_string()));
    if data.column_with(Role::Weight).is_some() {
        card.notes.push("Row weights were not used in training".to_owned());
    }
}

fn evaluate(
    model: &dyn Model,
    data: &Dataset,
    (goal, rows): (&set::Target, &[RowId]),
    task: &Task,
) -> Result<Performance, ModelError> {
    let raw = set::raw(data, &model.card().inputs, rows)?;
    let width = model.card().outputs.len();
    let scale = metrics::scale_for(model.card());
    let mut predicted = vec![0.0; rows.len() * width];
    task.begin("predicting the held-out rows", rows.len() as u64);
    parallel::fill_rows(&mut predicted, width, task, |first, part| {
        let last = first + part.len() / width;
        model.predict(raw.view().slice(first, last), scale, part);
    })?;
    let truth: Vec<f64> = rows.iter().filter_map(|r| goal.values.get(r.index()).copied()).collect();
    let view = crate::num::MatrixView::new(&predicted, rows.len(), width).expect("the buffer was sized for this shape");
    let input =
        Measured { card: model.card(), predicted: view, truth: &truth, classes: &goal.classes, weights: None, rows };
    Ok(measure(&input, task)?)
}

/// Whether any of `inputs` is a category.
fn has_levels(inputs: &[Input]) -> bool {
    inputs.iter().any(|i| matches!(i.kind, InputKind::Levels(_)))
}

/// A note for trees that split level codes.
fn say_level_codes(set: &TrainingSet, notes: &mut Vec<String>) {
    if has_levels(&set.inputs) {
        notes.push(
            "Categories enter as the position of their level, so a split separates earlier from later levels"
                .to_owned(),
        );
    }
}

/// From the margin to predictions of a model for `kind`.
fn link_of(kind: TaskKind) -> LinkFunction {
    match kind {
        TaskKind::Binary => LinkFunction::Sigmoid { slope: 1.0 },
        TaskKind::Multiclass => LinkFunction::Softmax,
        _ => LinkFunction::Identity,
    }
}
