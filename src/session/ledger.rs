//! The session's books: which jobs are under way, on which revision, and which charts were asked for.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::{Fingerprint, Problem, RowId, Task};
use crate::data::Dataset;
use crate::data::read::ReadOptions;
use crate::explain::Shape;

use super::command::{ChartRequest, Plan};
use super::event::JobId;
use super::job::{Job, Lane, Revision, Work};
use super::state::{JobState, Session};
use super::what_if::Part;

/// Why a job was made, and what its news may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A table, a model, or whatever the file is.
    Open,
    /// A bundled sample: table and model at once, then an explanation.
    Sample,
    /// A profile of the table.
    Profile,
    /// Predictions and performance.
    Link,
    /// Attributions, under their memo key.
    Explain(String),
    /// An answer of this shape beside the attributions.
    Ask(Shape),
    /// A chart, under its memo key.
    Draw(String),
    /// A file to write.
    Export,
    /// A model to train.
    Train,
    /// Rows to select.
    Select,
    /// The rows of cohorts.
    Cohorts,
    /// What is no longer needed, freed aside.
    Forget,
    /// A model to compare with the open one.
    OpenChallenger,
    /// Champion and challenger on the open table.
    Meet,
    /// Rows on which they differ.
    Differ,
    /// Attributions of both, under the memo key of the champion's.
    ExplainBoth(String),
    /// A part of the what-if.
    WhatIf(Part),
    /// The session to write.
    Save,
    /// A session to open again, or from a journal.
    Session,
    /// Pairs of columns that go together.
    Associate,
    /// The charts of several cohorts on the same axes, under their memo keys.
    DrawBeside(Vec<String>),
}

/// A job's entry in the books.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    pub purpose: Purpose,
    pub revision: Revision,
}

/// The books.
#[derive(Default)]
pub(super) struct Ledger {
    pub next_job: u64,
    pub revision: Revision,
    pub tickets: BTreeMap<JobId, Ticket>,
    /// The job whose table is open; older ones come too late.
    pub data_from: Option<JobId>,
    /// How the open table was read.
    pub read_options: ReadOptions,
    /// Reading choices of tables that are being opened.
    pub asked_options: BTreeMap<JobId, ReadOptions>,
    /// The job whose model is open.
    pub model_from: Option<JobId>,
    /// Rows that the open model has not seen, when it was trained here: performance is measured on them alone.
    pub held_out: Option<Arc<[RowId]>>,
    /// What was open when table and model were last found not to fit.
    pub refused_link: Option<Revision>,
    /// Whether linking is to be followed by an explanation.
    pub explain_when_linked: bool,
    /// Memo key of the attributions shown; empty without any.
    pub attribution_key: String,
    /// How the newest attributions were asked for, with their memo key.
    pub explained_with: Option<(String, Plan)>,
    /// Counts changes of what is open and decided.
    pub changes: u64,
    /// Counts changes of the edited row, and of the pinned variants.
    pub edited: u64,
    pub pinned: u64,
    /// Counts adopted answers beside the attributions.
    pub answered: u64,
    /// Counts changes of cohorts.
    pub cohorts: u64,
    /// What charts depend on now.
    pub stamp: String,
    /// Keys of charts being drawn.
    pub drawing: BTreeSet<String>,
    /// Charts that could not be drawn, by key.
    pub chart_problems: BTreeMap<String, Problem>,
    /// The newest key drawn for each request.
    pub latest_charts: BTreeMap<String, String>,
    /// What is no longer needed and too large to be freed within a frame.
    pub gone: Vec<Arc<dyn Any + Send + Sync>>,
}

impl ChartRequest {
    /// The request as text: equal texts, equal requests.
    pub fn id(&self) -> String {
        format!("{self:?}")
    }
}

impl Session {
    /// Changes with whatever is open or edited beside the decisions.
    pub(super) fn beside(&self) -> (Revision, u64, u64) {
        (self.ledger.revision, self.ledger.edited, self.ledger.pinned)
    }

    /// Writes a new job into the books.
    pub(super) fn issue(&mut self, purpose: Purpose, title: String, work: impl Work + 'static) -> Job {
        let id = JobId(self.ledger.next_job);
        self.ledger.next_job += 1;
        let task = Task::silent();
        let revision = self.ledger.revision;
        let lane = match purpose {
            Purpose::WhatIf(Part::Answer) => Lane::Live,
            Purpose::Draw(_)
            | Purpose::DrawBeside(_)
            | Purpose::Select
            | Purpose::Cohorts
            | Purpose::Forget
            | Purpose::Differ
            | Purpose::WhatIf(Part::Start | Part::Curves) => Lane::Short,
            _ => Lane::Long,
        };
        self.ledger.tickets.insert(id, Ticket { purpose, revision });
        self.jobs.push(JobState { id, title: title.clone(), task: task.clone() });
        Job { id, title, task, revision, lane, work: Box::new(work) }
    }

    /// Asks every running job whose purpose `stops` to stop; its news is dropped by `absorb`.
    pub(super) fn cancel_where(&mut self, stops: impl Fn(&Purpose) -> bool) {
        for state in &self.jobs {
            if self.ledger.tickets.get(&state.id).is_some_and(|t| stops(&t.purpose)) {
                state.task.cancel();
            }
        }
    }

    /// Whether a job with this purpose is under way and was not cancelled.
    pub(super) fn is_under_way(&self, purpose: &Purpose) -> bool {
        self.jobs.iter().any(|state| {
            !state.task.is_cancelled() && self.ledger.tickets.get(&state.id).is_some_and(|t| t.purpose == *purpose)
        })
    }

    /// Writes down anew what charts depend on, and which roles the columns have; called at the end of every change.
    pub(super) fn restamp(&mut self) {
        let roles = self.data.as_ref().map_or(&[][..], |data| data.roles());
        if *self.decided.roles != *roles {
            self.decided.roles = roles.into();
        }
        let part = if self.attribution_is_partial { "part" } else { "whole" };
        let revision = self.ledger.revision;
        self.ledger.stamp = format!(
            "{}.{}.{}|{}|{part}|{}{}{}",
            revision.data,
            revision.roles,
            revision.model,
            self.ledger.attribution_key,
            u8::from(self.profile.is_some()),
            u8::from(self.link.is_some()),
            u8::from(self.performance.is_some()),
        );
    }

    /// The memo key of the explanation that `plan` asks for; `None` when it depends on a file that may change.
    pub(super) fn explanation_key(&self, plan: &Plan) -> Option<String> {
        let (data, model) = (self.data.as_ref()?, self.model.as_ref()?);
        if plan.background_file.is_some() {
            return None;
        }
        // The same numbers come out for any number of threads.
        let plan = Plan { threads: None, ..plan.clone() };
        let mut key = content(data).text(&model.card().sha256.0).text(&model.card().name).text(&format!("{plan:?}"));
        if plan.background_where.is_some() {
            // A query may ask for cohorts and for what was computed: all of it by content, so that the key is the same in a
            // session that was saved and opened again.
            key = key.reals(&[self.decided.threshold, self.decided.output as f64]).text(&format!("{:?}", data.roles()));
            for cohort in &self.cohorts {
                key = key.text(&cohort.name).number(cohort.rows.total() as u64);
                key = cohort.rows.words().iter().fold(key, |key, word| key.number(*word));
            }
        }
        Some(key.finish().0)
    }
}

/// Identity of a table's content, without roles: they do not change what a model sees.
fn content(data: &Dataset) -> crate::base::fingerprint::Builder {
    let source = data.source();
    let mut key = Fingerprint::builder().text(&source.sha256.0).text(&source.format).number(data.row_count() as u64);
    for column in data.columns() {
        key = key.text(&column.name).text(column.values.kind().title());
    }
    key
}
