//! Everything a report may quote, borrowed from the session.

use serde_json::Value;

use crate::base::{RowId, Task};
use crate::chart::{ChallengerView, PredictionView, Subject};
use crate::data::{Associations, Dataset, Link, Role, TableProfile};
use crate::explain::{Answers, Attribution, Body, Explanation};
use crate::model::measure::{Comparison, Flip};
use crate::model::{ModelCard, Performance, TaskKind};

/// Facts gathered before the report is built. All of it belongs together.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// The table.
    pub data: &'a Dataset,
    /// Its profile.
    pub profile: &'a TableProfile,
    /// The model's card.
    pub card: &'a ModelCard,
    /// Which column feeds which input.
    pub link: &'a Link,
    /// Attributions.
    pub explanation: &'a Explanation,
    /// Pairs of the model's columns that go together, where they were compared.
    pub associations: Option<&'a Associations>,
    /// The newest answer of every shape, the attributions among them.
    pub answers: &'a Answers,
    /// Performance, when a target is known.
    pub performance: Option<&'a Performance>,
    /// True value of each table row (class index or number, NaN unknown); empty without a target.
    pub truth: &'a [f64],
    /// Decision threshold of two-class models, a probability.
    pub threshold: f64,
    /// A second model on the same rows, where one is compared.
    pub second: Option<Second<'a>>,
    /// How to compute all of it again.
    pub recipe: &'a Recipe,
    /// The work this report is part of; cancelling it ends the drawing of its charts.
    pub task: &'a Task,
}

/// A second model beside the first, the challenger beside the champion.
#[derive(Clone, Copy)]
pub struct Second<'a> {
    /// The second model as charts see it.
    pub view: ChallengerView<'a>,
    /// The first model's predictions of the whole table.
    pub predictions: PredictionView<'a>,
    /// Metrics of both on the same rows, where a target is known.
    pub comparison: Option<&'a Comparison>,
    /// Rows whose decision changes, the largest change first; `None` where nothing is decided.
    pub flips: Option<&'a [Flip]>,
}

/// What is needed to compute the evidence again.
#[derive(Clone, Debug, Default)]
pub struct Recipe {
    /// The command line that writes this report.
    pub command_line: String,
    /// The table file as given.
    pub data_path: String,
    /// The model file as given.
    pub model_path: String,
    /// The second model's file as given; empty without one.
    pub challenger_path: String,
    /// The explanation plan, as the session stores it.
    pub plan: Value,
    /// The reading choices of the table.
    pub read_options: Value,
    /// Operating system and processor kind.
    pub environment: String,
}

impl<'a> Evidence<'a> {
    /// The attributions; an empty answer is impossible because only attributions are reported.
    pub fn attribution(&self) -> Option<&'a Attribution> {
        match &self.explanation.body {
            Body::Attribution(attribution) => Some(attribution),
            _ => None,
        }
    }

    /// What charts read, for one output.
    pub fn subject(&self, output: usize) -> Subject<'a> {
        Subject {
            data: Some(self.data),
            profile: Some(self.profile),
            card: Some(self.card),
            link: Some(self.link),
            answers: Some(self.answers),
            performance: self.performance,
            output,
            task: Some(self.task),
            associations: self.associations,
            ..Subject::default()
        }
    }

    /// The identifier of a row, when the table has one.
    pub fn identifier(&self, row: RowId) -> Option<String> {
        let column = self.data.column_with(Role::Identifier)?;
        let values = &self.data.columns()[column].values;
        (!values.is_missing(row.index())).then(|| values.text(row.index()))
    }

    /// The unit of the attributions in words.
    pub fn unit(&self) -> &'static str {
        self.card.unit(self.explanation.provenance.scale)
    }

    /// Outputs worth a page each: all of them up to six.
    pub fn outputs_shown(&self) -> std::ops::Range<usize> {
        0..self.card.outputs.len().min(6)
    }

    /// The output a row is about: the only one, or the class with the largest prediction.
    pub fn leading_output(&self, position: usize) -> usize {
        let outputs = self.card.outputs.len();
        let start = position * outputs;
        let row = self.explanation.predictions.get(start..start + outputs).unwrap_or(&[]);
        match self.card.task {
            TaskKind::Multiclass => {
                row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0))).map_or(0, |(k, _)| k)
            }
            _ => 0,
        }
    }
}
