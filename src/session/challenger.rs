//! The second model: opened beside the first, predicted on the same rows, explained by the same rule. The first is called
//! champion, the second challenger, as the field does.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::{Problem, RowId};
use crate::data::Link;
use crate::explain::{Challenge, Shape, SharedColumn};
use crate::model::Model;
use crate::model::measure::{Comparison, Flip};

use super::command::Plan;
use super::document::format::FileRef;
use super::document::kept::Origin;
use super::job::Job;
use super::ledger::Purpose;
use super::state::Session;
use super::work;

/// A second model and what is known of it beside the champion.
#[derive(Clone)]
pub struct Challenger {
    pub(super) opened: Arc<dyn Model>,
    /// Where it came from.
    pub(super) origin: Origin,
    /// Rows that it has not seen, when it was trained here.
    pub(super) held_out: Option<Arc<[RowId]>>,
    pub(super) meeting: Option<Arc<Meeting>>,
    pub(super) differences: Option<Arc<Differences>>,
    pub(super) challenge: Option<Arc<Challenge>>,
    /// The champion's attributions that `challenge` was made for, by memo key.
    pub(super) explained: String,
    pub(super) problem: Option<Problem>,
}

/// Both models on the open table.
pub struct Meeting {
    /// The challenger, its classes named as the champion's where its file holds no names.
    pub model: Arc<dyn Model>,
    /// Which column feeds which of its inputs.
    pub link: Arc<Link>,
    /// For each output of the champion, the challenger's output that means the same.
    pub outputs: Vec<usize>,
    /// The columns that at least one of the two reads.
    pub columns: Arc<[SharedColumn]>,
    /// The challenger's predictions in the unit of the champion's, outputs in the champion's order, shape (rows, outputs).
    pub predictions: Arc<[f64]>,
    /// Metrics of both on the same rows, where a target is known.
    pub comparison: Option<Arc<Comparison>>,
}

/// Rows on which the two differ.
pub struct Differences {
    /// Rows whose decision changes, the largest change first; `None` where nothing is decided.
    pub flips: Option<Arc<[Flip]>>,
    /// Every row, the largest difference of predictions first.
    pub rows: Arc<[RowId]>,
}

impl Challenger {
    pub(super) fn new(opened: Arc<dyn Model>, origin: Origin, held_out: Option<Arc<[RowId]>>) -> Self {
        let (meeting, differences, challenge) = (None, None, None);
        Self { opened, origin, held_out, meeting, differences, challenge, explained: String::new(), problem: None }
    }

    /// The model as its file gives it.
    pub fn opened(&self) -> &Arc<dyn Model> {
        &self.opened
    }

    /// Both models on the open table; `None` until they were joined.
    pub fn meeting(&self) -> Option<&Arc<Meeting>> {
        self.meeting.as_ref()
    }

    /// Rows on which they differ, at the current threshold.
    pub fn differences(&self) -> Option<&Arc<Differences>> {
        self.differences.as_ref()
    }

    /// Attributions of both; `None` until the champion is explained and the challenger after it.
    pub fn challenge(&self) -> Option<&Arc<Challenge>> {
        self.challenge.as_ref()
    }

    /// Why the two could not be compared or explained.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// Drops what was computed with a table or champion that is no longer open.
    pub(super) fn forget(&mut self) {
        *self = Self::new(Arc::clone(&self.opened), std::mem::take(&mut self.origin), self.held_out.take());
    }
}

impl Session {
    /// The second model.
    pub fn challenger(&self) -> Option<&Challenger> {
        self.challenger.as_ref()
    }

    /// A job that opens a challenger, which must be the `wanted` one where that is known.
    pub(super) fn open_challenger(&mut self, path: PathBuf, wanted: Option<FileRef>) -> Vec<Job> {
        let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
        self.cancel_where(|p| *p == Purpose::OpenChallenger);
        let title = format!("Opening {name} to compare");
        vec![self.issue(Purpose::OpenChallenger, title, work::challenge::OpenChallenger { path, wanted })]
    }

    /// The open model itself becomes the challenger, so that the next one is compared with it.
    pub(super) fn keep_as_challenger(&mut self) -> Vec<Job> {
        match self.opened.clone() {
            Some(model) => {
                let held_out = self.ledger.held_out.clone();
                self.take_challenger(Challenger::new(model, self.kept.model.clone(), held_out))
            }
            None => Vec::new(),
        }
    }

    pub(super) fn close_challenger(&mut self) {
        self.stop_comparing();
        self.cancel_where(|p| *p == Purpose::OpenChallenger);
        self.ledger.revision.challenger += 1;
        self.kept.missing.challenger = None;
        self.challenger = None;
    }

    /// Champion and challenger change places; what was known of the champion is computed anew.
    pub(super) fn swap_challenger(&mut self) -> Vec<Job> {
        let (Some(challenger), Some(own)) = (self.challenger.take(), self.opened.take()) else { return Vec::new() };
        let explained = self.answers.get(Shape::Attribution).is_some();
        let held_out = std::mem::replace(&mut self.ledger.held_out, challenger.held_out);
        let origin = std::mem::replace(&mut self.kept.model, challenger.origin);
        self.challenger = Some(Challenger::new(own, origin, held_out));
        self.ledger.revision.model += 1;
        self.ledger.revision.challenger += 1;
        self.forget_answers();
        self.ledger.explain_when_linked = explained;
        self.decided.output = 0;
        self.decided.feature = None;
        self.model = Some(Arc::clone(&challenger.opened));
        self.opened = Some(challenger.opened);
        self.link_jobs()
    }

    pub(super) fn take_challenger(&mut self, challenger: Challenger) -> Vec<Job> {
        self.ledger.revision.challenger += 1;
        self.kept.missing.challenger = None;
        self.challenger = Some(challenger);
        self.meet_jobs()
    }

    /// Stops what is being computed about the challenger.
    pub(super) fn stop_comparing(&mut self) {
        self.cancel_where(|p| matches!(p, Purpose::Meet | Purpose::ExplainBoth(_) | Purpose::Differ));
    }

    /// Joins the challenger with the open table anew, when the champion is.
    pub(super) fn meet_jobs(&mut self) -> Vec<Job> {
        let Some(challenger) = self.challenger.clone() else { return Vec::new() };
        let (Some(champion), Some(predictions)) = (self.joined(), self.predictions.clone()) else { return Vec::new() };
        self.stop_comparing();
        let held_out = [self.ledger.held_out.clone(), challenger.held_out].into_iter().flatten().collect();
        let threads = self.decided.plan.threads;
        let work = work::challenge::Meet { champion, predictions, challenger: challenger.opened, held_out, threads };
        vec![self.issue(Purpose::Meet, "Comparing two models".to_owned(), work)]
    }

    pub(super) fn adopt_meeting(&mut self, meeting: Arc<Meeting>) -> Vec<Job> {
        let Some(challenger) = &mut self.challenger else { return Vec::new() };
        challenger.meeting = Some(meeting);
        challenger.problem = None;
        let mut jobs = self.differ_jobs();
        jobs.extend(self.challenge_jobs());
        jobs
    }

    /// Finds the rows whose decision changes, at the current threshold.
    pub(super) fn differ_jobs(&mut self) -> Vec<Job> {
        let meeting = self.challenger.as_ref().and_then(|c| c.meeting.clone());
        let (Some(meeting), Some(predictions), Some(model)) = (meeting, self.predictions.clone(), &self.model) else {
            return Vec::new();
        };
        let decides = model.card().task.is_classification();
        let threshold = decides.then_some(self.decided.threshold);
        self.cancel_where(|p| *p == Purpose::Differ);
        let work = work::challenge::Differ { predictions, meeting, threshold };
        vec![self.issue(Purpose::Differ, "Comparing decisions".to_owned(), work)]
    }

    /// Explains the challenger as the champion was, unless that is known or under way.
    pub(super) fn challenge_jobs(&mut self) -> Vec<Job> {
        let key = self.ledger.attribution_key.clone();
        let Some(challenger) = self.challenger.as_ref().filter(|c| c.explained != key) else { return Vec::new() };
        let (Some(meeting), Some(champion)) = (challenger.meeting.clone(), self.joined()) else { return Vec::new() };
        let known = self.answers.get(Shape::Attribution).filter(|_| !self.attribution_is_partial).cloned();
        let asked = self.ledger.explained_with.as_ref().filter(|(of, _)| *of == key).map(|(_, plan)| plan.clone());
        // Answers of an opened session were asked for as it says, where that still gives the same key.
        let plan = asked.or_else(|| {
            let plan = &self.decided.plan;
            (self.explanation_key(plan).as_ref() == Some(&key)).then(|| Plan::clone(plan))
        });
        let (Some(known), Some(plan)) = (known, plan) else { return Vec::new() };
        let purpose = Purpose::ExplainBoth(key);
        if self.is_under_way(&purpose) {
            return Vec::new();
        }
        self.cancel_where(|p| matches!(p, Purpose::ExplainBoth(_)));
        let work = work::challenge::ExplainBoth {
            champion,
            known,
            plan,
            meeting,
            scene: self.scene(),
            output: self.decided.output,
        };
        vec![self.issue(purpose, "Explaining the challenger".to_owned(), work)]
    }

    /// Keeps attributions of both, or that there are none for the champion's with this memo key.
    pub(super) fn adopt_challenge(&mut self, key: &str, challenge: Option<Arc<Challenge>>) {
        if let Some(challenger) = &mut self.challenger {
            challenger.challenge = challenge;
            key.clone_into(&mut challenger.explained);
        }
    }

    /// Remembers that table and model do not fit, or why a comparison failed, for the screen that would show it.
    pub(super) fn note_refusal(&mut self, purpose: &Purpose, problem: &Problem) {
        if *purpose == Purpose::Link {
            self.ledger.refused_link = Some(self.ledger.revision);
        }
        if let Purpose::ExplainBoth(key) = purpose {
            self.adopt_challenge(key, None);
        }
        if matches!(purpose, Purpose::Meet | Purpose::ExplainBoth(_)) {
            self.challenger.iter_mut().for_each(|c| c.problem = Some(problem.clone()));
        }
    }

    /// What charts of two models depend on beside the champion.
    pub(super) fn challenger_stamp(&self) -> String {
        let (known, revision) = (self.challenger.as_ref(), self.ledger.revision);
        let met = known.is_some_and(|c| c.meeting.is_some());
        let explained = known.filter(|c| c.challenge.is_some()).map_or("", |c| &c.explained);
        format!("{}{}{explained}@{}", revision.challenger, u8::from(met), self.decided.threshold)
    }
}
