//! A wish becomes work: what can be changed at once is changed, the rest becomes jobs. No thread, no clock, no disk.

use std::path::Path;
use std::sync::Arc;

use crate::base::{Problem, RowSet, text};
use crate::data::Role;
use crate::explain::Shape;
use crate::explain::method::{self, Explainer};

use super::command::{ChartRequest, Command, Export, Plan, RowChoice};
use super::event::JobId;
use super::job::Job;
use super::ledger::Purpose;
use super::samples;
use super::state::Session;
use super::work;

/// Rows of the first, coarse answer to a question about many: enough for a picture.
const FIRST_ROWS: usize = 500;

impl Session {
    /// A wish becomes work: changes what can be changed at once, returns jobs for the rest. No thread, no disk.
    pub fn apply(&mut self, command: Command) -> Vec<Job> {
        let (before, beside) = (self.decided.clone(), self.beside());
        let travels = matches!(command, Command::Undo | Command::Redo | Command::Revisit(_));
        let jobs = self.carry_out(command);
        self.restamp();
        self.ledger.changes += u64::from(!before.same(&self.decided) || beside != self.beside());
        if !travels {
            self.remember(before);
        }
        jobs
    }

    fn carry_out(&mut self, command: Command) -> Vec<Job> {
        match command {
            Command::Open(path) => {
                let title = format!("Opening {}", file_name(&path));
                vec![self.issue(Purpose::Open, title, work::open::OpenAny { path })]
            }
            Command::OpenData(path, options) => {
                let title = format!("Opening {}", file_name(&path));
                let job = self.issue(Purpose::Open, title, work::open::OpenTable { path, options: options.clone() });
                self.ledger.asked_options.insert(job.id, options);
                vec![job]
            }
            Command::OpenModel(path) => {
                let title = format!("Opening {}", file_name(&path));
                vec![self.issue(Purpose::Open, title, work::open::OpenModel { path })]
            }
            Command::OpenSample(id) => self.open_sample(&id),
            Command::SetRole(column, role) => self.set_role(column, role),
            Command::SetPlan(plan) => {
                let changed = plan != *self.decided.plan;
                self.decided.plan = Arc::new(plan);
                if changed { self.what_if_again(true) } else { Vec::new() }
            }
            Command::Explain => self.explain(),
            Command::Ask { method, knobs } => self.ask_aside(method, knobs),
            Command::Draw(request) => self.draw(request),
            Command::Train { learner, target, knobs, seed } => {
                let Some(data) = self.require_data("Could not train a model") else { return Vec::new() };
                let title = "Training a model".to_owned();
                let threads = self.decided.plan.threads;
                let work = work::train::Train { data, learner, target, knobs, seed, threads };
                vec![self.issue(Purpose::Train, title, work)]
            }
            Command::Export(export, path) => self.export(export, &path),
            Command::SelectWhere(query) => {
                let scene = self.scene();
                self.cancel_where(|p| *p == Purpose::Select);
                let work = work::select::Select { scene, output: self.decided.output, query };
                vec![self.issue(Purpose::Select, "Selecting rows".to_owned(), work)]
            }
            Command::SetCohort(name, by) => self.set_cohort(&name, by),
            Command::RemoveCohort(name) => self.remove_cohort(&name),
            Command::Undo => self.undo(),
            Command::Redo => self.redo(),
            Command::OpenChallenger(path) => self.open_challenger(path, None),
            Command::KeepAsChallenger => self.keep_as_challenger(),
            Command::SwapChallenger => self.swap_challenger(),
            Command::CloseChallenger => {
                self.close_challenger();
                Vec::new()
            }
            Command::SetThreshold(_) | Command::SelectOutput(_) => {
                self.choose(&command);
                let mut jobs =
                    self.find_cohorts_by(&["class", "prediction", "error", "wrong", "contribution", "flips"]);
                if matches!(command, Command::SetThreshold(_)) {
                    jobs.extend(self.differ_jobs());
                }
                jobs
            }
            Command::WhatIf(edit) => self.edit(edit),
            Command::Revisit(steps) => self.revisit(steps),
            Command::SaveSession { path, view, copies } => self.save(path, view, copies),
            Command::Relocate(found) => self.relocate(found),
            Command::Restore(document) => self.restore(document),
            Command::PredictAgain => self.predict_again(),
            Command::KeepAnswers(keeps) => {
                self.kept.keeps_answers = Some(keeps);
                Vec::new()
            }
            other => {
                self.choose(&other);
                Vec::new()
            }
        }
    }

    /// Choices and wishes about jobs: nothing to compute.
    fn choose(&mut self, command: &Command) {
        match *command {
            Command::SelectRows(ref rows) => {
                self.choose_rows(Arc::clone(rows));
            }
            Command::SelectRow(row) => {
                let rows = self.data.as_ref().map_or(0, |d| d.row_count());
                self.decided.row = row.filter(|r| r.index() < rows);
            }
            Command::SelectFeature(feature) => {
                let inputs = self.model.as_ref().map_or(0, |m| m.card().inputs.len());
                self.decided.feature = feature.filter(|f| *f < inputs);
            }
            Command::SelectOutput(output) => {
                let outputs = self.model.as_ref().map_or(0, |m| m.card().outputs.len());
                self.decided.output = output.min(outputs.saturating_sub(1));
            }
            Command::SetThreshold(threshold) if (0.0..=1.0).contains(&threshold) => self.decided.threshold = threshold,
            Command::Cancel(id) => self.with_job(id, |state| state.task.cancel()),
            Command::Pause(id, paused) => self.with_job(id, |state| state.task.set_paused(paused)),
            Command::Dismiss(position) if position < self.problems.len() => {
                self.problems.remove(position);
            }
            _ => {}
        }
    }

    /// Selects rows of the open table.
    pub(super) fn choose_rows(&mut self, rows: Arc<RowSet>) {
        let fits = self.data.as_ref().is_some_and(|d| d.row_count() == rows.total());
        if rows.is_empty() {
            self.decided.selection = None;
        } else if fits {
            self.decided.selection = Some(rows);
        }
    }

    fn with_job(&self, id: JobId, act: impl Fn(&super::state::JobState)) {
        self.jobs.iter().filter(|j| j.id == id).for_each(act);
    }

    fn open_sample(&mut self, id: &str) -> Vec<Job> {
        let Some(sample) = samples::find(id) else {
            let known: Vec<&str> = samples::SAMPLES.iter().map(|s| s.id).collect();
            self.problems.push(Problem::new(
                format!("There is no sample “{id}”"),
                "",
                format!("Known samples: {}", known.join(", ")),
            ));
            return Vec::new();
        };
        let title = format!("Opening {}", sample.title);
        let job = self.issue(Purpose::Sample, title, work::open::OpenSample { sample });
        self.kept.asked_samples.insert(job.id, sample.id);
        vec![job]
    }

    fn set_role(&mut self, column: usize, role: Role) -> Vec<Job> {
        let Some(data) = self.data.clone() else { return Vec::new() };
        if column >= data.columns().len() || data.roles().get(column) == Some(&role) {
            return Vec::new();
        }
        let before = data.roles().to_vec();
        let mut changed = data.with_role(column, role);
        // One target, one identifier, one weight: the role moves, so that nobody has to wonder which of two counts.
        if matches!(role, Role::Target | Role::Identifier | Role::Weight) {
            let others: Vec<usize> =
                (0..before.len()).filter(|i| *i != column && before.get(*i) == Some(&role)).collect();
            changed = others.into_iter().fold(changed, |data, other| data.with_role(other, Role::Feature));
        }
        let after = changed.roles().to_vec();
        self.take_roles(after)
    }

    /// Adopts roles; what depends on the target is measured anew.
    pub(super) fn take_roles(&mut self, roles: Vec<Role>) -> Vec<Job> {
        let Some(data) = self.data.take() else { return Vec::new() };
        let old_target = data.column_with(Role::Target);
        let old_weight = data.column_with(Role::Weight);
        let data = Arc::new(data.with_roles(roles));
        let moved = data.column_with(Role::Target) != old_target || data.column_with(Role::Weight) != old_weight;
        self.data = Some(data);
        self.ledger.revision.roles += 1;
        if moved {
            self.answers.retain(|shape| !shape.needs_truth());
            self.ledger.answered += 1;
            self.cancel_where(|p| matches!(p, Purpose::Ask(shape) if shape.needs_truth()));
        }
        self.link_jobs()
    }

    /// Explains with the current plan; costs nothing when attributions are known or on their way.
    pub(super) fn explain(&mut self) -> Vec<Job> {
        let Some(joined) = self.require_joined("Could not explain the model") else { return Vec::new() };
        if let Some(method) = method::find(&self.decided.plan.method).filter(|m| m.answers() != Shape::Attribution) {
            return self.ask(joined, method, Plan::clone(&self.decided.plan));
        }
        let key = self.explanation_key(&self.decided.plan);
        if let Some(known) = key.as_ref().and_then(|k| self.memo.explanation(k)) {
            self.cancel_where(|p| matches!(p, Purpose::Explain(_)));
            self.answers.keep(self.with_class_names(known));
            self.attribution_is_partial = false;
            self.ledger.attribution_key = key.unwrap_or_default();
            self.ledger.explained_with = Some((self.ledger.attribution_key.clone(), Plan::clone(&self.decided.plan)));
            return self.challenge_jobs();
        }
        let key = key.unwrap_or_else(|| format!("once-{}", self.ledger.next_job));
        if self.is_under_way(&Purpose::Explain(key.clone())) {
            return Vec::new();
        }
        self.cancel_where(|p| matches!(p, Purpose::Explain(_)));
        let rows = chosen_count(&self.decided.plan.rows, joined.data.row_count());
        let title = format!("Explaining {}", text::counted(rows, "row"));
        let work = work::explain::Explain {
            joined,
            scene: self.scene(),
            output: self.decided.output,
            plan: Plan::clone(&self.decided.plan),
            first_rows: (!self.answers_once).then_some(FIRST_ROWS),
        };
        self.ledger.explained_with = Some((key.clone(), Plan::clone(&self.decided.plan)));
        vec![self.issue(Purpose::Explain(key), title, work)]
    }

    /// Asks with the current plan, but another method; its usual scale where the plan's is not one of its own.
    fn ask_aside(&mut self, id: String, knobs: Vec<(String, String)>) -> Vec<Job> {
        let Some(joined) = self.require_joined("Could not explain the model") else { return Vec::new() };
        let method = match work::explain::find_method(&id) {
            Ok(method) => method,
            Err(problem) => {
                self.problems.push(problem);
                return Vec::new();
            }
        };
        let scale = self.decided.plan.scale.filter(|scale| method.scales(&*joined.model).contains(scale));
        let plan = Plan { method: id, knobs, scale, ..Plan::clone(&self.decided.plan) };
        self.ask(joined, method, plan)
    }

    fn ask(&mut self, joined: work::Joined, method: &dyn Explainer, plan: Plan) -> Vec<Job> {
        let purpose = Purpose::Ask(method.answers());
        self.cancel_where(|p| *p == purpose);
        let title = format!("Computing {}", method.answers().noun());
        vec![self.issue(
            purpose,
            title,
            work::explain::Explain { joined, scene: self.scene(), output: self.decided.output, plan, first_rows: None },
        )]
    }

    fn draw(&mut self, request: ChartRequest) -> Vec<Job> {
        let key = self.chart_key(&request);
        if self.ledger.drawing.contains(&key) || self.memo.chart(&key).is_some() {
            return Vec::new();
        }
        if !request.beside.is_empty() {
            return vec![self.draw_beside(request)];
        }
        if let Some(of) = self.what_if.as_mut().filter(|_| request.what_if) {
            of.chart = Some(request.clone());
        }
        self.ledger.chart_problems.remove(&key);
        self.ledger.drawing.insert(key.clone());
        let scene = self.scene();
        vec![self.issue(Purpose::Draw(key), "Drawing a chart".to_owned(), work::draw::Draw { scene, request })]
    }

    fn export(&mut self, export: Export, path: &Path) -> Vec<Job> {
        let title = format!("Writing {}", file_name(path));
        let known = match &export {
            Export::Chart(request) => self.chart(request),
            _ => None,
        };
        let work = work::export::WriteFile {
            scene: self.scene(),
            plan: Plan::clone(&self.decided.plan),
            known,
            export,
            path: path.to_owned(),
        };
        vec![self.issue(Purpose::Export, title, work)]
    }

    /// Jobs that join table and model anew, when both are there.
    pub(super) fn link_jobs(&mut self) -> Vec<Job> {
        let (Some(data), Some(model)) = (self.data.clone(), self.opened.clone()) else { return Vec::new() };
        self.cancel_where(|p| *p == Purpose::Link);
        let title = format!("Predicting {}", text::counted(data.row_count(), "row"));
        let threads = self.decided.plan.threads;
        vec![self.issue(
            Purpose::Link,
            title,
            work::link::Join { data, model, threads, held_out: self.ledger.held_out.clone() },
        )]
    }

    /// A job that compares the model's columns with each other, unless that was done.
    pub(super) fn associate(&mut self) -> Option<Job> {
        let (data, link) = (self.data.clone()?, self.link.clone()?);
        let is_wanted = self.associations.is_none() && !self.is_under_way(&Purpose::Associate);
        is_wanted.then(|| {
            let work = work::associate::Associate { data, link };
            self.issue(Purpose::Associate, "Comparing columns".to_owned(), work)
        })
    }

    fn require_data(&mut self, what: &str) -> Option<Arc<crate::data::Dataset>> {
        if self.data.is_none() {
            self.problems.push(Problem::new(what, "no table is open", "Open a table first"));
        }
        self.data.clone()
    }

    pub(super) fn require_joined(&mut self, what: &str) -> Option<work::Joined> {
        let joined = self.joined();
        if joined.is_none() {
            let (place, hint) = match (&self.data, &self.model) {
                (None, _) => ("no table is open", "Open a table first"),
                (_, None) => ("no model is open", "Open a model, or train one on the table"),
                _ => {
                    ("table and model are not joined", "Wait for the predictions, or open a table that fits the model")
                }
            };
            self.problems.push(Problem::new(what, place, hint));
        }
        joined
    }
}

/// How many rows a choice takes out of `total`.
fn chosen_count(rows: &RowChoice, total: usize) -> usize {
    match rows {
        RowChoice::All => total,
        RowChoice::Range(start, end) => end.saturating_sub(*start) as usize,
        RowChoice::List(list) => list.len(),
        RowChoice::Draw(count) => (*count).min(total),
    }
}

/// A file's name without folders, for titles.
fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}
