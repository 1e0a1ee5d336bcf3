//! What is known now, read by faces; changed only through `apply` and `absorb`.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::{Problem, RowId, RowSet, Task};
use crate::chart::{Chart, CohortRows, kind};
use crate::data::{Associations, Dataset, Link, TableProfile};
use crate::explain::{Answers, Explanation, Shape};
use crate::model::{Model, Performance};

use super::challenger::Challenger;
use super::cohort::Cohort;
use super::command::{ChartRequest, Plan};
use super::document::Decisions;
use super::document::kept::Kept;
use super::event::{JobId, Predictions};
use super::history::History;
use super::ledger::{Ledger, Purpose};
use super::memo::Memo;
use super::scene::Scene;
use super::what_if::{Part, WhatIf};
use super::work::Joined;

/// The document: read through the accessors below, changed only by `apply` and `absorb`.
#[derive(Default)]
pub struct Session {
    pub(super) data: Option<Arc<Dataset>>,
    pub(super) profile: Option<Arc<TableProfile>>,
    /// As its file gives it.
    pub(super) opened: Option<Arc<dyn Model>>,
    /// As it is shown: classes named by the target.
    pub(super) model: Option<Arc<dyn Model>>,
    pub(super) link: Option<Arc<Link>>,
    pub(super) predictions: Option<Arc<Predictions>>,
    pub(super) performance: Option<Arc<Performance>>,
    pub(super) answers: Answers,
    pub(super) attribution_is_partial: bool,
    pub(super) decided: Decisions,
    pub(super) cohorts: Vec<Cohort>,
    pub(super) problems: Vec<Problem>,
    pub(super) written: Vec<PathBuf>,
    pub(super) jobs: Vec<JobState>,
    pub(super) ledger: Ledger,
    pub(super) memo: Memo,
    pub(super) history: History,
    pub(super) kept: Kept,
    pub(super) answers_once: bool,
    pub(super) is_about_one: bool,
    pub(super) challenger: Option<Challenger>,
    pub(super) what_if: Option<Box<WhatIf>>,
    pub(super) associations: Option<Arc<Associations>>,
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
        Self::default()
    }

    /// An empty session that keeps at most `bytes` of finished charts and explanations.
    pub fn with_memory_limit(bytes: u64) -> Self {
        Self { memo: Memo::with_limit(bytes), ..Self::default() }
    }

    /// An empty session that waits for whole answers: nobody looks at the parts.
    pub fn headless() -> Self {
        Self { answers_once: true, ..Self::default() }
    }

    /// The same session, which leaves the second model of a session file closed: nothing is computed about it.
    #[must_use]
    pub fn about_one_model(self) -> Self {
        Self { is_about_one: true, ..self }
    }

    /// The opened table.
    pub fn data(&self) -> Option<&Arc<Dataset>> {
        self.data.as_ref()
    }

    /// The table's profile, once computed.
    pub fn profile(&self) -> Option<&Arc<TableProfile>> {
        self.profile.as_ref()
    }

    /// The opened model, its classes named by the table's target where its file holds no names.
    pub fn model(&self) -> Option<&Arc<dyn Model>> {
        self.model.as_ref()
    }

    /// The model exactly as its file gives it.
    pub fn opened(&self) -> Option<&Arc<dyn Model>> {
        self.opened.as_ref()
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

    /// Pairs of the model's columns that go together, once they were compared.
    pub fn associations(&self) -> Option<&Arc<Associations>> {
        self.associations.as_ref()
    }

    /// The newest attributions.
    pub fn attribution(&self) -> Option<&Arc<Explanation>> {
        self.answers.get(Shape::Attribution)
    }

    /// Whether more rows of the attributions are still being computed.
    pub fn attribution_is_partial(&self) -> bool {
        self.attribution_is_partial
    }

    /// The newest answer of a shape.
    pub fn answer(&self, shape: Shape) -> Option<&Arc<Explanation>> {
        self.answers.get(shape)
    }

    /// Whether an answer of a shape beside the attributions is being computed.
    pub fn is_asking(&self, shape: Shape) -> bool {
        self.is_under_way(&Purpose::Ask(shape))
    }

    /// How explanations are computed.
    pub fn plan(&self) -> &Plan {
        &self.decided.plan
    }

    /// The selected row.
    pub fn row(&self) -> Option<RowId> {
        self.decided.row
    }

    /// Cohorts, in the order in which they were made.
    pub fn cohorts(&self) -> &[Cohort] {
        &self.cohorts
    }

    /// The cohort of this name.
    pub fn cohort(&self, name: &str) -> Option<&Cohort> {
        self.cohorts.iter().find(|c| c.name == name)
    }

    /// The selected rows; `None` while nothing but perhaps a single row is selected.
    pub fn selection(&self) -> Option<&Arc<RowSet>> {
        self.decided.selection.as_ref()
    }

    /// The selected feature, by input index.
    pub fn feature(&self) -> Option<usize> {
        self.decided.feature
    }

    /// The output that charts show.
    pub fn output(&self) -> usize {
        self.decided.output
    }

    /// The decision threshold of two-class models, a probability.
    pub fn threshold(&self) -> f64 {
        self.decided.threshold
    }

    /// What failed and was not dismissed, newest last.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Jobs that have not ended, oldest first.
    pub fn jobs(&self) -> &[JobState] {
        &self.jobs
    }

    /// A finished chart of what is known now; `None` until `Command::Draw` of the same request was absorbed.
    pub fn chart(&self, request: &ChartRequest) -> Option<Arc<Chart>> {
        self.memo.chart(&self.chart_key(request))
    }

    /// The newest chart drawn for `request`, even where the explanation under it has changed since: something to show
    /// while the current one is being drawn.
    pub fn latest_chart(&self, request: &ChartRequest) -> Option<Arc<Chart>> {
        self.chart(request).or_else(|| self.memo.chart(self.ledger.latest_charts.get(&request.id())?))
    }

    /// Whether a chart is being drawn or could not be drawn; asking again would be in vain.
    pub fn chart_is_pending(&self, request: &ChartRequest) -> bool {
        let key = self.chart_key(request);
        self.ledger.drawing.contains(&key) || self.ledger.chart_problems.contains_key(&key)
    }

    /// Why a chart could not be drawn from what is known now.
    pub fn chart_problem(&self, request: &ChartRequest) -> Option<&Problem> {
        self.ledger.chart_problems.get(&self.chart_key(request))
    }

    /// Files written so far, newest last.
    pub fn written(&self) -> &[PathBuf] {
        &self.written
    }

    /// Changes whenever something changes that computed columns depend on.
    pub fn stamp(&self) -> String {
        let ledger = &self.ledger;
        format!("{}|{}|{}|{}", ledger.stamp, ledger.cohorts, self.decided.threshold, self.decided.output)
    }

    /// Bytes held by kept results and by the tables of the what-if, and the limit of the former.
    pub fn memory(&self) -> (u64, u64) {
        let (held, limit) = self.memo.memory();
        (held + self.what_if.as_ref().map_or(0, |of| of.bytes()), limit)
    }

    /// Everything the user decided, taken at this moment.
    pub fn decisions(&self) -> &Decisions {
        &self.decided
    }

    /// What was decided step by step.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The name of the change that undo would take back.
    pub fn undo_name(&self) -> Option<&str> {
        self.history.undo_name()
    }

    /// The name of the change that redo would repeat.
    pub fn redo_name(&self) -> Option<&str> {
        self.history.redo_name()
    }

    /// The edited row; `None` until one was started.
    pub fn what_if(&self) -> Option<&WhatIf> {
        self.what_if.as_deref()
    }

    /// Whether a what-if is about to start.
    pub fn what_if_is_starting(&self) -> bool {
        self.is_under_way(&Purpose::WhatIf(Part::Start))
    }

    /// Table and model, once they are joined.
    pub(super) fn joined(&self) -> Option<Joined> {
        let (data, model, link) = (self.data.clone()?, self.model.clone()?, self.link.clone()?);
        Some(Joined { data, model, link })
    }

    /// Everything that belongs together now, as shared pointers for a job.
    pub fn scene(&self) -> Scene {
        Scene {
            data: self.data.clone(),
            profile: self.profile.clone(),
            model: self.model.clone(),
            opened: self.opened.clone(),
            link: self.link.clone(),
            predictions: self.predictions.clone(),
            performance: self.performance.clone(),
            answers: self.answers.clone(),
            threshold: self.decided.threshold,
            read_options: self.ledger.read_options.clone(),
            cohorts: self
                .cohorts
                .iter()
                .map(|c| CohortRows { name: c.name.clone(), rows: Arc::clone(&c.rows) })
                .collect(),
            challenger: self.challenger.clone(),
            what_if: self.what_if.as_ref().and_then(|of| of.variant().cloned()),
            associations: self.associations.clone(),
            whole: None,
        }
    }

    /// What a chart depends on, as text.
    pub(super) fn chart_key(&self, request: &ChartRequest) -> String {
        let needs = kind::find(request.kind).map(|kind| kind.needs()).unwrap_or_default();
        let reads = needs.answer;
        // The stamp names the attributions; what else was answered matters to whoever shows it.
        let answered = if reads.is_none_or(|shape| shape == Shape::Attribution) { 0 } else { self.ledger.answered };
        let of_one = request.within.as_ref().map(|name| self.cohort(name).map_or(0, |cohort| cohort.serial));
        let cohorts = if needs.cohorts || !request.beside.is_empty() { Some(self.ledger.cohorts) } else { of_one };
        let compared = needs.challenger.map(|_| self.challenger_stamp()).unwrap_or_default();
        let edits = self.what_if.as_ref().filter(|_| request.what_if).map_or(0, |of| of.answered);
        let noted = u8::from(reads.is_some() && self.associations.is_some());
        format!("{}|{}|{answered}|{cohorts:?}{compared}|{edits}|{noted}", request.id(), self.ledger.stamp)
    }
}
