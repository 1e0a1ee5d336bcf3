//! What is known now, read by faces; changed only through `apply` and `absorb`.

use std::sync::Arc;

use crate::base::{Problem, RowId, Task};
use crate::chart::Chart;
use crate::data::{Dataset, Link, TableProfile};
use crate::explain::Explanation;
use crate::model::{Model, Performance};

use super::command::{ChartRequest, Command, Plan};
use super::event::{Event, JobId, Predictions};
use super::job::Job;
use super::memo::Memo;

/// The document. Fields are read freely; only `apply` and `absorb` change them.
pub struct Session {
    pub(super) data: Option<Arc<Dataset>>,
    pub(super) profile: Option<Arc<TableProfile>>,
    pub(super) model: Option<Arc<dyn Model>>,
    pub(super) link: Option<Arc<Link>>,
    pub(super) predictions: Option<Arc<Predictions>>,
    pub(super) performance: Option<Arc<Performance>>,
    pub(super) attribution: Option<Arc<Explanation>>,
    pub(super) attribution_is_partial: bool,
    pub(super) importance: Option<Arc<Explanation>>,
    pub(super) plan: Plan,
    pub(super) row: Option<RowId>,
    pub(super) feature: Option<usize>,
    pub(super) output: usize,
    pub(super) threshold: f64,
    pub(super) problems: Vec<Problem>,
    pub(super) jobs: Vec<JobState>,
    pub(super) memo: Memo,
    pub(super) next_job: u64,
}

/// A job that has not ended.
#[derive(Clone, Debug)]
pub struct JobState {
    /// Its identity.
    pub id: JobId,
    /// What it does, for the jobs panel: `Explaining 1 000 rows`.
    pub title: String,
    /// Progress, pause, cancel.
    pub task: Task,
}

impl Session {
    /// An empty session.
    pub fn new() -> Self {
        Self {
            data: None,
            profile: None,
            model: None,
            link: None,
            predictions: None,
            performance: None,
            attribution: None,
            attribution_is_partial: false,
            importance: None,
            plan: Plan::default(),
            row: None,
            feature: None,
            output: 0,
            threshold: 0.5,
            problems: Vec::new(),
            jobs: Vec::new(),
            memo: Memo::default(),
            next_job: 0,
        }
    }

    /// The opened table.
    pub fn data(&self) -> Option<&Arc<Dataset>> {
        self.data.as_ref()
    }

    /// The table's profile, once computed.
    pub fn profile(&self) -> Option<&Arc<TableProfile>> {
        self.profile.as_ref()
    }

    /// The opened model.
    pub fn model(&self) -> Option<&Arc<dyn Model>> {
        self.model.as_ref()
    }

    /// How table and model are joined; `None` while they are not or do not fit.
    pub fn link(&self) -> Option<&Arc<Link>> {
        self.link.as_ref()
    }

    /// Predictions of every row.
    pub fn predictions(&self) -> Option<&Arc<Predictions>> {
        self.predictions.as_ref()
    }

    /// Performance on the table.
    pub fn performance(&self) -> Option<&Arc<Performance>> {
        self.performance.as_ref()
    }

    /// The newest attributions.
    pub fn attribution(&self) -> Option<&Arc<Explanation>> {
        self.attribution.as_ref()
    }

    /// Whether more rows of the attributions are still being computed.
    pub fn attribution_is_partial(&self) -> bool {
        self.attribution_is_partial
    }

    /// Permutation importance, once measured.
    pub fn importance(&self) -> Option<&Arc<Explanation>> {
        self.importance.as_ref()
    }

    /// How explanations are computed.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The selected row.
    pub fn row(&self) -> Option<RowId> {
        self.row
    }

    /// The selected feature, by input index.
    pub fn feature(&self) -> Option<usize> {
        self.feature
    }

    /// The output that charts show.
    pub fn output(&self) -> usize {
        self.output
    }

    /// The decision threshold of two-class models, a probability.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// What failed and was not dismissed, newest last.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Jobs that have not ended, oldest first.
    pub fn jobs(&self) -> &[JobState] {
        &self.jobs
    }

    /// A finished chart; `None` until `Command::Draw` of the same request was absorbed.
    pub fn chart(&self, request: &ChartRequest) -> Option<Arc<Chart>> {
        self.memo.charts.get(&format!("{request:?}")).cloned()
    }

    /// Whether a chart is being drawn or could not be drawn; asking again would be in vain.
    pub fn chart_is_pending(&self, _request: &ChartRequest) -> bool {
        false
    }

    /// Why a chart could not be drawn.
    pub fn chart_problem(&self, _request: &ChartRequest) -> Option<&Problem> {
        None
    }

    /// Files written so far, newest last.
    pub fn written(&self) -> &[std::path::PathBuf] {
        &[]
    }

    /// Bytes held by kept results, and the limit.
    pub fn memory(&self) -> (u64, u64) {
        (0, 0)
    }

    /// The name of the change that undo would take back.
    pub fn undo_name(&self) -> Option<&str> {
        None
    }

    /// The name of the change that redo would repeat.
    pub fn redo_name(&self) -> Option<&str> {
        None
    }

    /// A wish becomes work: changes what can be changed at once, returns jobs for the rest. No thread, no disk.
    pub fn apply(&mut self, _command: Command) -> Vec<Job> {
        Vec::new()
    }

    /// News becomes state; stale news is dropped here only. Returns follow-up jobs (profile after a table, …).
    pub fn absorb(&mut self, _event: Event) -> Vec<Job> {
        Vec::new()
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}
