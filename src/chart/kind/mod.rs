//! The trait of chart kinds and the list of all of them.

mod beeswarm;
mod calibration;
mod class_roc;
mod cohort_bars;
mod column_histogram;
mod confusion;
mod decision;
mod decision_flips;
mod dependence;
mod difference_waterfall;
mod error_by_column;
mod explanation_heatmap;
mod feature_scatter;
mod force;
mod gain;
mod importance_bar;
mod importance_compared;
mod interaction_matrix;
mod interaction_strength;
mod lift;
mod pair_surface;
mod partial_dependence;
mod permutation_importance;
mod precision_recall;
mod predicted_actual;
mod prediction_distribution;
mod predictions_compared;
mod residuals;
mod roc;
mod term_curve;
mod term_surface;
mod violin;
mod waterfall;

use std::sync::Arc;

use crate::base::{Cancelled, Entry, Knob, Knobs, RowId, RowSet, Task, text};
use crate::data::{Associations, Dataset, Link, TableProfile};
use crate::explain::{Answers, Challenge, Explanation, Shape};
use crate::model::performance::Detail;
use crate::model::{ModelCard, Performance, Scale, Term};

use super::spec::{Axis, AxisKind, Chart, Mark, Paint, Role};

/// Every chart kind, in menu order.
pub static KINDS: &[&dyn Kind] = &[
    &importance_bar::ImportanceBar,
    &beeswarm::Beeswarm,
    &waterfall::Waterfall,
    &force::Force,
    &dependence::Dependence,
    &partial_dependence::PartialDependence,
    &cohort_bars::CohortBars,
    &decision::Decision,
    &explanation_heatmap::ExplanationHeatmap,
    &violin::Violin,
    &feature_scatter::FeatureScatter,
    &pair_surface::PairSurface,
    &interaction_matrix::InteractionMatrix,
    &interaction_strength::InteractionStrength,
    &term_curve::TermCurve,
    &term_surface::TermSurface,
    &permutation_importance::PermutationImportance,
    &prediction_distribution::PredictionDistribution,
    &roc::Roc,
    &precision_recall::PrecisionRecall,
    &gain::Gain,
    &lift::Lift,
    &calibration::Calibration,
    &confusion::Confusion,
    &class_roc::ClassRoc,
    &residuals::Residuals,
    &predicted_actual::PredictedActual,
    &error_by_column::ErrorByColumn,
    &column_histogram::ColumnHistogram,
    &importance_compared::ImportanceCompared,
    &predictions_compared::PredictionsCompared,
    &decision_flips::DecisionFlips,
    &difference_waterfall::DifferenceWaterfall,
];

/// What a chart needs before it can be drawn; a face offers it only when all of it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The answer it reads.
    pub answer: Option<Shape>,
    /// Performance of two classes, several classes or numbers.
    pub performance: Option<PerformanceKind>,
    /// A chosen row.
    pub row: bool,
    /// A chosen feature.
    pub feature: bool,
    /// Predictions of the whole table.
    pub predictions: bool,
    /// The table with its profile, and a chosen column or feature.
    pub profile: bool,
    /// A model that offers terms of so many features.
    pub terms: Option<usize>,
    /// Cohorts of rows, at least one.
    pub cohorts: bool,
    /// A second model, compared with the first.
    pub challenger: Option<ChallengerNeed>,
}

impl Needs {
    /// Whether it can be drawn of some rows of the table alone: what is one number about the whole table, and what the model
    /// file holds, cannot be divided by rows; charts of two models show all rows.
    pub fn divides(&self) -> bool {
        !self.cohorts
            && self.challenger.is_none()
            && self.terms.is_none()
            && self.answer.is_none_or(|shape| shape == Shape::Attribution)
    }

    /// Whether the terms that a model offers are enough.
    pub fn has_terms(&self, offered: Option<&[Term]>) -> bool {
        let found = |features| offered.is_some_and(|terms| terms.iter().any(|term| term.axes.len() == features));
        self.terms.is_none_or(found)
    }

    /// What is not there yet, in words; `None` when the chart can be offered.
    pub fn unmet(&self, subject: &Subject<'_>) -> Option<&'static str> {
        let performance = subject.performance.map(|p| &p.detail);
        let met = match (self.performance, performance) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(PerformanceKind::Binary), Some(detail)) => matches!(detail, Detail::Binary(_)),
            (Some(PerformanceKind::Multiclass), Some(detail)) => matches!(detail, Detail::Multiclass(_)),
            (Some(PerformanceKind::Regression), Some(detail)) => matches!(detail, Detail::Regression(_)),
            (Some(PerformanceKind::Classes), Some(detail)) => !matches!(detail, Detail::Regression(_)),
        };
        let unanswered = self.answer.filter(|shape| subject.answer(*shape).is_none());
        if let Some(shape) = unanswered {
            Some(shape.missing())
        } else if !met {
            Some("Needs the performance of another kind of model, or a target column")
        } else if self.row && subject.row.is_none() {
            Some("Choose a row first")
        } else if self.feature && subject.feature.is_none() {
            Some("Choose a feature first")
        } else if self.predictions && subject.predictions.is_none() {
            Some("Predict the table first")
        } else if self.profile && (subject.profile.is_none() || subject.data.is_none()) {
            Some("Open a table first")
        } else if self.cohorts && subject.cohorts.is_empty() {
            Some("Make a cohort first")
        } else if !self.has_terms(subject.terms) {
            Some(NO_TERMS)
        } else if let Some(need) = self.challenger {
            need.unmet(subject)
        } else {
            None
        }
    }
}

/// Why charts of terms cannot be drawn.
pub(super) const NO_TERMS: &str = "The model offers no such terms; explainable boosting machines do";

/// Predictions of the whole table, as a face knows them.
#[derive(Clone, Copy, Debug)]
pub struct PredictionView<'a> {
    /// One value per row and output, shape (rows, outputs), row-major.
    pub values: &'a [f64],
    /// Number of outputs.
    pub outputs: usize,
    /// Unit of the values.
    pub scale: Scale,
    /// Class index or number of each row, NaN unknown; empty without a target column.
    pub truth: &'a [f64],
}

/// What a chart of two models reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengerNeed {
    /// Predictions of both.
    Predictions,
    /// Predictions of both, and classes to decide between.
    Decisions,
    /// Attributions of both.
    Attributions,
    /// Attributions of both, and classes to decide between.
    DecisionsExplained,
}

impl ChallengerNeed {
    /// Whether it is about decisions between classes.
    pub fn decides(self) -> bool {
        matches!(self, Self::Decisions | Self::DecisionsExplained)
    }

    /// Whether attributions of both models are read.
    pub fn explains(self) -> bool {
        matches!(self, Self::Attributions | Self::DecisionsExplained)
    }

    fn unmet(self, subject: &Subject<'_>) -> Option<&'static str> {
        let (explained, decides) = (self.explains(), self.decides());
        match subject.challenger {
            None => Some("Open a model to compare first"),
            Some(_) if decides && !subject.card.is_some_and(|card| card.task.is_classification()) => {
                Some("Only models of classes decide")
            }
            Some(_) if !explained && subject.predictions.is_none() => Some("Predict the table first"),
            Some(view) if explained && view.challenge.is_none() => Some("Explain both models first"),
            Some(_) => None,
        }
    }
}

/// A second model on the same rows, as a face knows it.
#[derive(Clone, Copy, Debug)]
pub struct ChallengerView<'a> {
    /// Its card.
    pub card: &'a ModelCard,
    /// Its predictions of the whole table, in the unit and order of outputs of the first model's.
    pub predictions: &'a [f64],
    /// Attributions of both.
    pub challenge: Option<&'a Challenge>,
    /// The decision threshold of two classes.
    pub threshold: f64,
}

/// The kind of performance a chart reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerformanceKind {
    /// Two classes.
    Binary,
    /// Several classes.
    Multiclass,
    /// Two or several classes.
    Classes,
    /// Numbers.
    Regression,
}

/// Everything a chart may read. All of it belongs together: the link joins this table and this model.
#[derive(Clone, Copy, Default)]
pub struct Subject<'a> {
    /// The table.
    pub data: Option<&'a Dataset>,
    /// Its profile.
    pub profile: Option<&'a TableProfile>,
    /// The model's card.
    pub card: Option<&'a ModelCard>,
    /// The model's terms, when it offers them.
    pub terms: Option<&'a [Term]>,
    /// Which column feeds which input.
    pub link: Option<&'a Link>,
    /// The newest answer of every shape.
    pub answers: Option<&'a Answers>,
    /// Performance on the table.
    pub performance: Option<&'a Performance>,
    /// Predictions of the whole table.
    pub predictions: Option<PredictionView<'a>>,
    /// The chosen column of the table, by column index; without one, the chosen feature's column.
    pub column: Option<usize>,
    /// The chosen output.
    pub output: usize,
    /// The decision threshold of two classes, a probability; 0.5 without one.
    pub threshold: Option<f64>,
    /// The chosen row.
    pub row: Option<RowId>,
    /// The chosen feature, by input index.
    pub feature: Option<usize>,
    /// The second feature, which colours or is the other axis, by input index; `None` lets the chart suggest one.
    pub colour: Option<usize>,
    /// Named groups of rows.
    pub cohorts: &'a [CohortRows],
    /// The work this drawing is part of; cancelling it ends the drawing.
    pub task: Option<&'a Task>,
    /// A second model, compared with the first.
    pub challenger: Option<ChallengerView<'a>>,
    /// What the chosen row is called, where it is no row of an opened table.
    pub name: Option<&'a str>,
    /// Pairs of the model's columns that go together, once they were compared.
    pub associations: Option<&'a Associations>,
    /// The answers of all rows, where `answers` are of a cohort whose chart stands beside those of others: they give the
    /// order of features and the places of axes, so that the charts can be compared.
    pub whole: Option<&'a Answers>,
}

/// A named group of rows.
#[derive(Clone, Debug)]
pub struct CohortRows {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: Arc<RowSet>,
}

impl<'a> Subject<'a> {
    /// The answer of a shape.
    pub fn answer(&self, shape: Shape) -> Option<&'a Explanation> {
        self.answers?.get(shape).map(|answer| &**answer)
    }

    /// What a row is called: `Row 12`, or the name of an edited one.
    pub fn row_name(&self, row: RowId) -> String {
        self.name.map_or_else(|| format!("Row {}", text::count(row.index())), str::to_owned)
    }

    /// The work this drawing is part of; one that nobody watches where there is none.
    pub fn task(&self) -> Task {
        self.task.cloned().unwrap_or_default()
    }
}

/// A kind of chart.
pub trait Kind: Entry {
    /// Its settings.
    fn knobs(&self) -> &'static [Knob] {
        &[]
    }

    /// What must be there.
    fn needs(&self) -> Needs;

    /// What a second feature does in it, as the label of its field: `Colour`; `None` where there is none.
    fn second_feature(&self) -> Option<&'static str> {
        None
    }

    /// Draws. No randomness but what derives from fixed seeds; same subject, same chart.
    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError>;
}

/// A chart could not be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// Something is not there yet.
    #[error("{0}")]
    Missing(&'static str),
    /// The owner of the drawing's task asked to stop.
    #[error("{0}")]
    Cancelled(#[from] Cancelled),
}

/// The kind with this id.
pub fn find(id: &str) -> Option<&'static dyn Kind> {
    KINDS.iter().copied().find(|k| k.id() == id)
}

/// How many of `count` entries are named when at most `limit` lanes may be: a single left-over is named as well.
fn split(count: usize, limit: u64) -> usize {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX).max(1);
    if count <= limit + 1 { count } else { limit }
}

/// A vertical axis of named lanes, the first name on top.
fn lanes(names: impl ExactSizeIterator<Item = String>) -> Axis {
    let count = names.len();
    let names: Vec<(f64, String)> = names.enumerate().map(|(i, name)| ((count - 1 - i) as f64, name)).collect();
    Axis {
        label: String::new(),
        range: (-0.6, count as f64 - 0.4),
        kind: AxisKind::Names(names.into_iter().rev().collect()),
        second: None,
    }
}

/// The output in a sentence: `the output “default”`, or `the prediction`.
fn output_words(name: &str) -> String {
    if name.is_empty() { "the prediction".to_owned() } else { format!("the output “{name}”") }
}

/// A dashed line where both axes agree.
fn diagonal((low, high): (f64, f64), name: &str) -> Mark {
    Mark::Line {
        xy: vec![[low, low], [high, high]].into(),
        role: Role::Muted,
        width: 1.2,
        dashed: true,
        name: name.to_owned(),
    }
}

/// One dot that is no row.
fn single_dot((x, y): (f64, f64), role: Role, radius: f32) -> Mark {
    Mark::Points { xy: vec![[x as f32, y as f32]].into(), paint: Paint::Role(role), rows: [].into(), radius }
}

/// An axis of shares from 0 to 1 with a little room, so that curves along the edge stay visible.
fn share_axis(label: &str) -> Axis {
    Axis { label: label.to_owned(), range: (-0.02, 1.03), kind: AxisKind::Linear, second: None }
}
