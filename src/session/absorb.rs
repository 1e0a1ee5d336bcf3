//! News becomes state. Stale news is dropped here and nowhere else.

use std::any::Any;
use std::sync::Arc;

use crate::base::RowId;
use crate::data::Dataset;
use crate::explain::{Answers, Explanation};
use crate::model::Model;

use super::challenger::Challenger;
use super::document::decisions::Owner;
use super::document::kept::{Missing, Origin};
use super::event::{Event, JobId, Outcome};
use super::job::Job;
use super::ledger::{Purpose, Ticket};
use super::state::Session;
use super::work;

/// Kept bytes, and rows of the table, from which on things are freed aside.
const LARGE: u64 = 32 << 20;
const LARGE_ROWS: usize = 50_000;

/// Where a model came from.
enum Kind {
    /// A file.
    Opened,
    /// A sample; an explanation follows.
    Sample,
    /// Training here, with the rows it has not seen.
    Trained(Arc<[RowId]>),
}

impl Session {
    /// News becomes state; stale news is dropped here only. Returns follow-up jobs (profile after a table, …).
    pub fn absorb(&mut self, event: Event) -> Vec<Job> {
        let Some(ticket) = self.ledger.tickets.get(&event.job).cloned() else { return Vec::new() };
        let wanted = self.is_wanted(event.job, &ticket);
        let (before, revision, beside) = (self.decided.clone(), self.ledger.revision, self.beside());
        let (key, file) = (self.ledger.attribution_key.clone(), self.kept.file.clone());
        if event.last {
            self.ledger.tickets.remove(&event.job);
            self.jobs.retain(|j| j.id != event.job);
            if event.outcome.is_err() {
                self.ledger.asked_options.remove(&event.job);
                self.kept.saving.remove(&event.job);
            }
            match &ticket.purpose {
                Purpose::Draw(key) => self.ledger.drawing.retain(|drawn| drawn != key),
                Purpose::DrawBeside(keys) => self.ledger.drawing.retain(|drawn| !keys.contains(drawn)),
                _ => {}
            }
        }
        let mut jobs = match event.outcome {
            Ok(outcome) if wanted => self.adopt(event.job, &ticket, outcome),
            Err(problem) if wanted => {
                self.note_refusal(&ticket.purpose, &problem);
                match &ticket.purpose {
                    Purpose::Draw(key) => {
                        self.ledger.chart_problems.insert(key.clone(), problem);
                    }
                    Purpose::DrawBeside(keys) => {
                        let of = |key: &String| (key.clone(), problem.clone());
                        self.ledger.chart_problems.extend(keys.iter().map(of));
                    }
                    _ => self.problems.push(problem),
                }
                Vec::new()
            }
            _ => {
                if event.last && ticket.purpose == Purpose::Link {
                    self.note_stopped_link();
                }
                Vec::new()
            }
        };
        jobs.extend(self.forget());
        self.restamp();
        if revision.data != self.ledger.revision.data {
            self.history.rebase(Owner::Table, &self.decided);
        }
        if revision.model != self.ledger.revision.model {
            self.history.rebase(Owner::Model, &self.decided);
        }
        let same = before.same(&self.decided) && beside == self.beside();
        let same = same && key == self.ledger.attribution_key && file == self.kept.file;
        self.ledger.changes += u64::from(!same);
        if ticket.purpose == Purpose::Select {
            self.remember(before);
        }
        jobs
    }

    /// Whether a job answers about the table and the model as they are.
    fn is_about_what_is_open(purpose: &Purpose) -> bool {
        matches!(
            purpose,
            Purpose::Link
                | Purpose::Explain(_)
                | Purpose::Ask(_)
                | Purpose::Draw(_)
                | Purpose::DrawBeside(_)
                | Purpose::Associate
        )
    }

    /// Whether news of this job still belongs to what is open.
    fn is_wanted(&self, job: JobId, ticket: &Ticket) -> bool {
        let cancelled = self.jobs.iter().any(|j| j.id == job && j.task.is_cancelled());
        let (then, now) = (ticket.revision, self.ledger.revision);
        let same_inputs = then.data == now.data && then.model == now.model;
        match &ticket.purpose {
            _ if cancelled => false,
            Purpose::Open | Purpose::Sample | Purpose::Export | Purpose::Forget => true,
            Purpose::Save | Purpose::Session => true,
            Purpose::Profile => then.data == now.data,
            Purpose::Select | Purpose::Cohorts => same_inputs,
            Purpose::Train => then.data == now.data,
            Purpose::Link => same_inputs && then.roles == now.roles,
            Purpose::Ask(shape) => same_inputs && (!shape.needs_truth() || then.roles == now.roles),
            Purpose::Explain(_) | Purpose::WhatIf(_) => same_inputs,
            // A chart of an older state is kept under that state's key; it does no harm and may be asked for again.
            Purpose::Draw(_) | Purpose::DrawBeside(_) => same_inputs,
            Purpose::Associate => same_inputs,
            Purpose::OpenChallenger => true,
            Purpose::Meet => same_inputs && then.roles == now.roles && then.challenger == now.challenger,
            Purpose::ExplainBoth(_) | Purpose::Differ => same_inputs && then.challenger == now.challenger,
        }
    }

    fn adopt(&mut self, job: JobId, ticket: &Ticket, outcome: Outcome) -> Vec<Job> {
        match (outcome, &ticket.purpose) {
            (Outcome::Trained(model, held_out), _) => self.adopt_model(job, model, Kind::Trained(held_out)),
            (Outcome::Data(data), purpose) => self.adopt_data(job, data, *purpose == Purpose::Sample),
            (Outcome::Model(model), purpose) => {
                let kind = if *purpose == Purpose::Sample { Kind::Sample } else { Kind::Opened };
                self.adopt_model(job, model, kind)
            }
            (Outcome::Profile(profile), _) => {
                self.profile = Some(profile);
                self.what_if_again(false)
            }
            (Outcome::Linked { model, link, predictions, performance }, _) => {
                self.model = Some(model);
                let mut answers = std::mem::take(&mut self.answers);
                answers.update(|known| self.with_class_names(Arc::clone(known)));
                self.answers = answers;
                self.link = Some(link);
                self.predictions = Some(predictions);
                self.performance = performance;
                self.adopt_kept_answers();
                let explain = std::mem::take(&mut self.ledger.explain_when_linked);
                let mut jobs = self.find_cohorts();
                if explain {
                    jobs.extend(self.explain());
                }
                jobs.extend(self.associate());
                jobs.extend(self.meet_jobs());
                jobs.extend(self.what_if_again(false));
                jobs
            }
            (Outcome::Answer(explanation, partial), Purpose::Explain(key)) => {
                self.adopt_attribution(key, explanation, partial);
                let mut jobs = self.challenge_jobs();
                if !partial {
                    jobs.extend(self.find_cohorts_by(&["contribution"]));
                }
                jobs
            }
            (Outcome::Answer(explanation, _), _) => {
                self.answers.keep(self.with_class_names(explanation));
                self.ledger.answered += 1;
                Vec::new()
            }
            (Outcome::Chart(request, chart), Purpose::Draw(key)) => {
                self.ledger.latest_charts.insert(request.id(), key.clone());
                self.ledger.gone.extend(self.memo.keep_chart(key.clone(), chart));
                Vec::new()
            }
            (Outcome::Cohorts(found), _) => {
                self.adopt_cohorts(found);
                self.challenge_jobs()
            }
            (Outcome::Rows(rows), _) => {
                self.choose_rows(rows);
                Vec::new()
            }
            (Outcome::Written(path), _) => {
                self.written.push(path);
                Vec::new()
            }
            (Outcome::Challenger(model), _) => self.take_challenger(Challenger::new(model, Origin::default(), None)),
            (Outcome::Met(meeting), _) => self.adopt_meeting(meeting),
            (Outcome::Differences(differences), _) => {
                self.challenger.iter_mut().for_each(|c| c.differences = Some(Arc::clone(&differences)));
                Vec::new()
            }
            (Outcome::Challenged(challenge), Purpose::ExplainBoth(key)) => {
                self.adopt_challenge(key, Some(challenge));
                Vec::new()
            }
            (Outcome::WhatIf(found), _) => self.adopt_what_if(found),
            (Outcome::Saved(path), _) => {
                self.adopt_saved(job, path);
                Vec::new()
            }
            (Outcome::Session(opened), _) => self.adopt_session(job, &opened),
            (Outcome::Associations(found), _) => {
                self.associations = Some(found);
                Vec::new()
            }
            (Outcome::Beside(charts), Purpose::DrawBeside(keys)) => {
                self.adopt_beside(keys, charts);
                Vec::new()
            }
            (Outcome::Nothing | Outcome::Chart(..) | Outcome::Challenged(_) | Outcome::Beside(_), _) => Vec::new(),
        }
    }

    fn adopt_attribution(&mut self, key: &str, explanation: Arc<Explanation>, partial: bool) {
        if !partial {
            self.ledger.gone.extend(self.memo.keep_explanation(key.to_owned(), Arc::clone(&explanation)));
        }
        self.let_go_of_attribution();
        self.answers.keep(self.with_class_names(explanation));
        self.attribution_is_partial = partial;
        key.clone_into(&mut self.ledger.attribution_key);
    }

    /// The attributions so far are about to be replaced.
    fn let_go_of_attribution(&mut self) {
        self.ledger.gone.extend(self.attribution().map(|old| Arc::clone(old) as Arc<dyn Any + Send + Sync>));
    }

    /// A job that frees what is no longer needed: handing back hundreds of megabytes takes longer than a frame.
    pub(super) fn forget(&mut self) -> Option<Job> {
        let gone = std::mem::take(&mut self.ledger.gone);
        let is_large = self.memory().0 > LARGE || self.data.as_ref().is_some_and(|d| d.row_count() > LARGE_ROWS);
        (is_large && !gone.is_empty())
            .then(|| self.issue(Purpose::Forget, "Freeing memory".to_owned(), work::forget::Forget(gone)))
    }

    /// The same answer with its outputs named as the shown model names them; cheap, the numbers are shared.
    pub(super) fn with_class_names(&self, explanation: Arc<Explanation>) -> Arc<Explanation> {
        let Some(names) = self.model.as_ref().map(|m| &m.card().outputs) else { return explanation };
        match explanation.body.outputs() {
            Some(outputs) if *outputs != **names => {
                let body = explanation.body.with_outputs(names);
                let (predictions, fidelity) = (Arc::clone(&explanation.predictions), explanation.fidelity.clone());
                Arc::new(Explanation { body, predictions, fidelity, provenance: explanation.provenance.clone() })
            }
            _ => explanation,
        }
    }

    fn adopt_data(&mut self, job: JobId, data: Arc<Dataset>, from_sample: bool) -> Vec<Job> {
        if self.ledger.data_from.is_some_and(|newer| newer > job) {
            return Vec::new();
        }
        if self.is_missing_table(&data.source().sha256)
            && let Some(path) = data.source().path.clone()
        {
            return self.relocate(path);
        }
        if self.data.as_ref().is_some_and(|open| open.source().sha256 != data.source().sha256) {
            // Another table is another document: saving it must not replace the file of this one.
            self.kept.file = None;
            self.kept.saved = None;
            self.kept.restored = false;
        }
        self.kept.missing = Missing::default();
        self.kept.answers.clear();
        self.kept.table = self.origin_of(job, from_sample);
        self.ledger.data_from = Some(job);
        self.ledger.read_options = self.ledger.asked_options.remove(&job).unwrap_or_default();
        self.ledger.revision.data += 1;
        self.ledger.explain_when_linked = false;
        self.ledger.held_out = None;
        self.forget_answers();
        self.forget_what_if();
        self.cancel_where(|p| matches!(p, Purpose::Profile | Purpose::Train));
        self.profile = None;
        self.decided.row = None;
        self.decided.selection = None;
        self.fit_plan(data.row_count());
        if from_sample {
            // The sample's own model follows; the old one would be compared with a table it has never seen.
            self.opened = None;
            self.model = None;
            self.ledger.revision.model += 1;
            self.close_challenger();
        }
        if let Some(old) = self.data.replace(Arc::clone(&data)) {
            self.ledger.gone.push(old);
        }
        let work = work::profile::Profile { data };
        let mut jobs = vec![self.issue(Purpose::Profile, "Looking at the columns".to_owned(), work)];
        jobs.extend(self.take_cohorts());
        jobs.extend(self.link_jobs());
        jobs
    }

    fn adopt_model(&mut self, job: JobId, model: Arc<dyn Model>, kind: Kind) -> Vec<Job> {
        if self.ledger.model_from.is_some_and(|newer| newer > job) {
            return Vec::new();
        }
        if self.is_missing_model(&model.card().sha256)
            && let Some(path) = model.card().path.clone()
        {
            return self.relocate(path);
        }
        self.kept.missing = Missing::default();
        self.kept.answers.clear();
        self.kept.model = self.origin_of(job, matches!(kind, Kind::Sample));
        self.ledger.model_from = Some(job);
        self.ledger.revision.model += 1;
        self.ledger.explain_when_linked = matches!(kind, Kind::Sample);
        self.forget_answers();
        self.ledger.held_out = match kind {
            Kind::Trained(rows) => Some(rows),
            Kind::Opened | Kind::Sample => None,
        };
        self.decided.output = 0;
        self.decided.feature = None;
        self.opened = Some(Arc::clone(&model));
        self.model = Some(model);
        self.link_jobs()
    }

    /// Where the table or model of this job came from.
    fn origin_of(&self, job: JobId, from_sample: bool) -> Origin {
        Origin { sample: self.kept.asked_samples.get(&job).copied().filter(|_| from_sample), copy: None }
    }

    /// Drops what was computed from the table and model before, and stops what is still computing from them.
    pub(super) fn forget_answers(&mut self) {
        self.cancel_where(Self::is_about_what_is_open);
        self.stop_comparing();
        self.challenger.iter_mut().for_each(Challenger::forget);
        self.forget_what_if_answers();
        self.link = None;
        self.associations = None;
        self.predictions = None;
        self.performance = None;
        self.let_go_of_attribution();
        self.answers = Answers::default();
        self.attribution_is_partial = false;
        self.ledger.attribution_key.clear();
        self.ledger.chart_problems.clear();
        self.ledger.latest_charts.clear();
    }
}
