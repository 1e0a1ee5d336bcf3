//! News from finished work.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::{Problem, RowId, RowSet};
use crate::chart::Chart;
use crate::data::{Associations, Dataset, Link, TableProfile};
use crate::explain::{Challenge, Explanation};
use crate::model::{Model, Performance, Scale};

use super::beside::Drawn;
use super::challenger::{Differences, Meeting};
use super::cohort::Found;
use super::command::ChartRequest;
use super::document::kept::Opened;
use super::work::what_if::Found as WhatIfFound;

/// Identity of a job within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// News of a job. A job may send several; `last` marks the end.
#[derive(Clone, Debug)]
pub struct Event {
    /// The job.
    pub job: JobId,
    /// Whether the job has ended.
    pub last: bool,
    /// What came out.
    pub outcome: Result<Outcome, Problem>,
}

/// What came out.
#[derive(Clone)]
pub enum Outcome {
    /// A table with guessed roles.
    Data(Arc<Dataset>),
    /// A table's profile.
    Profile(Arc<TableProfile>),
    /// A model.
    Model(Arc<dyn Model>),
    /// A model trained on the open table, and the rows it has not seen.
    Trained(Arc<dyn Model>, Arc<[RowId]>),
    /// Table and model joined, with predictions and (where a target is known) performance.
    Linked {
        /// The model, its classes named by the target where its file holds no names.
        model: Arc<dyn Model>,
        /// Which column feeds which input.
        link: Arc<Link>,
        /// Predictions of every row.
        predictions: Arc<Predictions>,
        /// Performance, where a target is known.
        performance: Option<Arc<Performance>>,
    },
    /// An answer; `true` while more rows of it are to come.
    Answer(Arc<Explanation>, bool),
    /// A chart.
    Chart(ChartRequest, Arc<Chart>),
    /// Rows that a query found.
    Rows(Arc<RowSet>),
    /// Rows of cohorts, by name.
    Cohorts(Vec<(String, Found)>),
    /// A file that was written.
    Written(PathBuf),
    /// A session file that was written.
    Saved(PathBuf),
    /// A session that was opened, with its table and model as far as they were found.
    Session(Arc<Opened>),
    /// Nothing to tell (the job was cancelled).
    Nothing,
    /// A model to compare with the open one.
    Challenger(Arc<dyn Model>),
    /// Champion and challenger on the open table.
    Met(Arc<Meeting>),
    /// Rows on which they differ.
    Differences(Arc<Differences>),
    /// Attributions of both.
    Challenged(Arc<Challenge>),
    /// News of the what-if.
    WhatIf(WhatIfFound),
    /// Pairs of columns that go together.
    Associations(Arc<Associations>),
    /// The charts of several cohorts on the same axes, each with its request.
    Beside(Vec<Drawn>),
}

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Data(_) => "Data",
            Self::Profile(_) => "Profile",
            Self::Model(_) => "Model",
            Self::Trained(..) => "Trained",
            Self::Linked { .. } => "Linked",
            Self::Answer(..) => "Answer",
            Self::Chart(..) => "Chart",
            Self::Rows(_) => "Rows",
            Self::Cohorts(_) => "Cohorts",
            Self::Written(_) => "Written",
            Self::Saved(_) => "Saved",
            Self::Session(_) => "Session",
            Self::Nothing => "Nothing",
            Self::Challenger(_) => "Challenger",
            Self::Met(_) => "Met",
            Self::Differences(_) => "Differences",
            Self::Challenged(_) => "Challenged",
            Self::WhatIf(_) => "WhatIf",
            Self::Associations(_) => "Associations",
            Self::Beside(_) => "Beside",
        })
    }
}

/// Predictions of every row of the table.
#[derive(Clone, Debug)]
pub struct Predictions {
    /// The default scale's values (probability for classifiers, target units for regressors, else margin),
    /// shape (rows, outputs).
    pub values: Arc<[f64]>,
    /// Their unit.
    pub scale: Scale,
    /// Number of outputs.
    pub outputs: usize,
    /// Rows in order of the first output, ascending: neighbours in score.
    pub order: Arc<[RowId]>,
    /// True value of each row (class index or number; NaN unknown); empty without a target column.
    pub truth: Arc<[f64]>,
    /// Rows whose prediction is far from the truth, furthest first, at most [`Predictions::MOST_SURPRISING`]: wrongly
    /// classified rows by the confidence of the wrong answer, numbers by their distance. Empty without a target column.
    pub surprising: Arc<[RowId]>,
}

impl Predictions {
    /// How many surprising rows are kept.
    pub const MOST_SURPRISING: usize = 1_000;
}
