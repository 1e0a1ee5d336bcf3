//! Edits become jobs, their news becomes state. The newest edit wins: jobs about older ones are cancelled.

use std::sync::Arc;

use crate::base::{Problem, RowId};
use crate::data::Value;

use crate::session::command::{ChartRequest, Plan};
use crate::session::job::Job;
use crate::session::ledger::Purpose;
use crate::session::state::Session;
use crate::session::work::what_if::Found;
use crate::session::work::what_if::answer::Answer;
use crate::session::work::what_if::curves::{OfRow, OfRows};
use crate::session::work::what_if::pins::PredictPins;
use crate::session::work::what_if::prepare::Prepare;
use crate::session::work::what_if::typical::Typical;

use super::{Edit, Pin, Start, WhatIf};

/// Which part of the what-if a job is about; of each part only the newest job counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The typical row to start from.
    Start,
    /// What answers need.
    Prepare,
    /// The answer about the edited row.
    Answer,
    /// Curves of the edited row.
    Curves,
    /// Mean curves.
    Dependence,
    /// Predictions of pinned variants.
    Pins,
}

/// The chart kind drawn with every answer.
pub const WATERFALL: &str = "waterfall";

impl ChartRequest {
    /// A chart of the what-if variant.
    pub fn of_variant(kind: &'static str, output: usize) -> Self {
        Self { kind, output, row: Some(RowId(0)), what_if: true, ..Self::default() }
    }
}

impl Session {
    /// Carries out an edit; jobs bring what follows from it.
    pub(in crate::session) fn edit(&mut self, edit: Edit) -> Vec<Job> {
        if let Edit::Start(start) = edit {
            return self.start_what_if(start);
        }
        let names: Vec<Arc<str>> = match (&self.data, &edit) {
            (Some(data), Edit::Set { .. } | Edit::Reset(_)) => {
                data.columns().iter().map(|c| Arc::clone(&c.name)).collect()
            }
            _ => Vec::new(),
        };
        let name = |column: usize| names.get(column).map_or("", |name| name);
        let Some(of) = &mut self.what_if else { return Vec::new() };
        let changed = match edit {
            Edit::Set { column, value, moving } => of.edits.set((column, name(column)), value, moving),
            Edit::Reset(None) => {
                let original = Arc::clone(of.original());
                of.edits.take("Reset of all values", original)
            }
            Edit::Reset(Some(column)) => {
                let then = of.original().get(column).cloned().unwrap_or(Value::Missing);
                of.edits.set((column, name(column)), then, false)
            }
            Edit::Undo => of.edits.undo(),
            Edit::Redo => of.edits.redo(),
            Edit::Load(place) => match of.pins.get(place).map(|pin| (pin.name.clone(), Arc::clone(&pin.values))) {
                Some((name, values)) => of.edits.take(&format!("Variant “{name}”"), values),
                None => false,
            },
            Edit::Pin(name) => {
                of.pin(&name);
                self.ledger.pinned += 1;
                return self.pin_job().into_iter().collect();
            }
            Edit::Unpin(place) => {
                if place < of.pins.len() {
                    of.pins.remove(place);
                    self.ledger.pinned += 1;
                }
                false
            }
            Edit::Profile(on) => {
                let begins = on && !of.profiles;
                of.profiles = on;
                return if begins { self.profile_jobs() } else { Vec::new() };
            }
            Edit::Start(_) => false,
        };
        self.ledger.edited += u64::from(changed);
        if changed { self.answer_jobs() } else { Vec::new() }
    }

    fn start_what_if(&mut self, start: Start) -> Vec<Job> {
        let Some(joined) = self.require_joined("Could not start a what-if") else { return Vec::new() };
        self.cancel_where(|p| *p == Purpose::WhatIf(Part::Start));
        match start {
            Start::Row(row) if row.index() < joined.data.row_count() => {
                let values = joined.data.row_values(row.index()).into();
                self.begin_what_if(format!("Row {row}"), Some(row), values)
            }
            Start::Row(row) => {
                let rows = joined.data.row_count();
                self.problems.push(Problem::new(
                    "Could not start a what-if",
                    format!("row {row}"),
                    format!("The table has {rows} rows, counted from 0; choose a row below {rows}"),
                ));
                Vec::new()
            }
            Start::Typical(rows) => {
                let rows = rows.filter(|rows| rows.total() == joined.data.row_count());
                let work = Typical { data: joined.data, rows, of: None };
                vec![self.issue(Purpose::WhatIf(Part::Start), "Finding the typical row".to_owned(), work)]
            }
            Start::Cohort(name) => {
                let Some(rows) = self.cohorts.iter().find(|c| c.name == name).map(|c| Arc::clone(&c.rows)) else {
                    let place = format!("there is no cohort “{name}”");
                    self.problems.push(Problem::new("Could not start a what-if", place, "Choose another cohort"));
                    return Vec::new();
                };
                let work = Typical { data: joined.data, rows: Some(rows), of: Some(name) };
                vec![self.issue(Purpose::WhatIf(Part::Start), "Finding the typical row".to_owned(), work)]
            }
        }
    }

    /// Adopts a start. What was made for the model and the plan is kept, and so are the pins.
    fn begin_what_if(&mut self, name: String, row: Option<RowId>, values: Arc<[Value]>) -> Vec<Job> {
        let mut fresh = WhatIf::new(name, row, values);
        if let Some(old) = self.what_if.take() {
            fresh.pins = old.pins;
            fresh.answered = old.answered + 1;
            fresh.prepared = old.prepared;
            fresh.dependence = old.dependence;
            fresh.profiles = old.profiles;
            fresh.chart = old.chart;
        }
        self.what_if = Some(Box::new(fresh));
        self.ledger.edited += 1;
        let mut jobs = self.answer_jobs();
        jobs.extend(self.prepare_job());
        jobs
    }

    /// A job that makes what answers need, unless that is there or under way.
    fn prepare_job(&mut self) -> Option<Job> {
        let purpose = Purpose::WhatIf(Part::Prepare);
        let lacks = self.what_if.as_ref().is_some_and(|of| of.prepared.is_none()) && !self.is_under_way(&purpose);
        let joined = self.joined().filter(|_| lacks)?;
        let work =
            Prepare { joined, scene: self.scene(), output: self.decided.output, plan: Plan::clone(&self.decided.plan) };
        Some(self.issue(purpose, "Making what-if answers fast".to_owned(), work))
    }

    /// Jobs that answer about the edited row as it is now.
    pub(in crate::session) fn answer_jobs(&mut self) -> Vec<Job> {
        let (Some(joined), Some(of)) = (self.joined(), &self.what_if) else { return Vec::new() };
        let work = Answer {
            scene: self.scene(),
            joined,
            plan: Plan::clone(&self.decided.plan),
            prepared: of.prepared.clone(),
            name: of.title(),
            values: Arc::clone(of.values()),
            start: Arc::clone(of.original()),
            chart: of.chart.clone().unwrap_or_else(|| ChartRequest::of_variant(WATERFALL, self.decided.output)),
        };
        self.cancel_where(|p| matches!(p, Purpose::WhatIf(Part::Answer | Part::Curves)));
        vec![self.issue(Purpose::WhatIf(Part::Answer), "Explaining the edited row".to_owned(), work)]
    }

    /// A job that predicts the pinned variants whose prediction is not known.
    fn pin_job(&mut self) -> Option<Job> {
        let (joined, of) = (self.joined()?, self.what_if.as_ref()?);
        let waiting = of.pins.iter().filter(|pin| pin.predictions.is_none());
        let variants: Vec<Arc<[Value]>> = waiting.map(|pin| Arc::clone(&pin.values)).collect();
        let purpose = Purpose::WhatIf(Part::Pins);
        if variants.is_empty() {
            return None;
        }
        self.cancel_where(|p| *p == purpose);
        Some(self.issue(purpose, "Predicting pinned variants".to_owned(), PredictPins { joined, variants }))
    }

    /// Jobs that bring the curves the profiler lacks.
    fn profile_jobs(&mut self) -> Vec<Job> {
        let mut jobs: Vec<Job> = self.curve_job().into_iter().collect();
        let (Some(joined), Some(profile), Some(of)) = (self.joined(), self.profile.clone(), &self.what_if) else {
            return jobs;
        };
        let purpose = Purpose::WhatIf(Part::Dependence);
        if of.profiles && of.dependence.is_none() && !self.is_under_way(&purpose) {
            let work = OfRows { joined, profile, seed: self.decided.plan.seed, threads: self.decided.plan.threads };
            jobs.push(self.issue(purpose, "Computing mean curves".to_owned(), work));
        }
        jobs
    }

    fn curve_job(&mut self) -> Option<Job> {
        let (joined, profile, of) = (self.joined()?, self.profile.clone()?, self.what_if.as_ref()?);
        let variant = of.variant.clone().filter(|_| of.profiles)?;
        let purpose = Purpose::WhatIf(Part::Curves);
        self.cancel_where(|p| *p == purpose);
        let (values, inputs) = (Arc::clone(&variant.values), Arc::clone(&variant.inputs));
        let work = OfRow { joined, profile, values, inputs, threads: self.decided.plan.threads };
        Some(self.issue(purpose, "Following the columns".to_owned(), work))
    }

    /// News of a job of the what-if.
    pub(in crate::session) fn adopt_what_if(&mut self, found: Found) -> Vec<Job> {
        if let Found::Typical(values, name) = found {
            return self.begin_what_if(name, None, values);
        }
        let Some(of) = &mut self.what_if else { return Vec::new() };
        match found {
            Found::Typical(..) => {}
            Found::Prepared(prepared) => of.prepared = Some(prepared),
            Found::Curves(curves) => of.curves = Some(curves),
            Found::Dependence(curves) => of.dependence = Some(curves),
            Found::Pins(known) => known.iter().for_each(|(values, predictions)| of.remember(values, predictions)),
            Found::Answer(variant, chart) => {
                let first = of.variant.as_ref().is_none_or(|known| !Arc::ptr_eq(&known.values, &variant.values));
                let mut variant = variant;
                if let (None, None, Some(known)) =
                    (variant.explanation(), &variant.problem, of.variant.as_ref().filter(|_| !first))
                {
                    // A prediction again brings nothing new beside an explanation of the same row.
                    variant = Arc::clone(known);
                }
                of.answered += 1;
                of.remember(&variant.values, &variant.predictions);
                of.variant = Some(variant);
                if let Some((request, chart)) = chart {
                    let key = self.chart_key(&request);
                    self.ledger.latest_charts.insert(request.id(), key.clone());
                    self.memo.keep_chart(key, chart);
                }
                return if first { self.profile_jobs() } else { Vec::new() };
            }
        }
        Vec::new()
    }

    /// Answers anew what the plan, the profile or the roles change.
    pub(in crate::session) fn what_if_again(&mut self, plan_changed: bool) -> Vec<Job> {
        let Some(of) = &mut self.what_if else { return Vec::new() };
        if plan_changed {
            of.prepared = None;
            self.cancel_where(|p| *p == Purpose::WhatIf(Part::Prepare));
        }
        let mut jobs = self.answer_jobs();
        jobs.extend(self.profile_jobs());
        jobs.extend(self.prepare_job());
        jobs.extend(self.pin_job());
        jobs
    }

    /// Drops what a model that is no longer open said of the edited row and the pins; they are rows of the table and stay.
    pub(in crate::session) fn forget_what_if_answers(&mut self) {
        self.cancel_where(|p| matches!(p, Purpose::WhatIf(_)));
        if let Some(of) = &mut self.what_if {
            (of.variant, of.prepared, of.curves, of.dependence) = (None, None, None, None);
            of.pins.iter_mut().for_each(|pin| pin.predictions = None);
            of.answered += 1;
        }
    }

    /// Forgets the what-if: it belongs to a table that is no longer open.
    pub(in crate::session) fn forget_what_if(&mut self) {
        self.cancel_where(|p| matches!(p, Purpose::WhatIf(_)));
        if let Some(gone) = self.what_if.take() {
            self.ledger.edited += 1;
            self.ledger.pinned += u64::from(!gone.pins.is_empty());
        }
    }
}

impl WhatIf {
    /// Keeps the variant under a name.
    fn pin(&mut self, name: &str) {
        let name = if name.trim().is_empty() { self.title() } else { name.trim().to_owned() };
        let taken = |name: &str| self.pins.iter().any(|pin| pin.name == name);
        let free = (2..).map(|k| format!("{name} ({k})")).find(|other| !taken(other));
        let name = if taken(&name) { free.unwrap_or(name) } else { name };
        let predictions = self.variant.as_ref().filter(|_| self.is_current()).map(|v| v.predictions.clone());
        self.pins.push(Pin { name, values: Arc::clone(self.values()), predictions });
    }

    /// Notes the prediction of pins that had to wait for it.
    fn remember(&mut self, values: &Arc<[Value]>, predictions: &[f64]) {
        for pin in self.pins.iter_mut().filter(|pin| pin.predictions.is_none() && Arc::ptr_eq(&pin.values, values)) {
            pin.predictions = Some(predictions.to_vec());
        }
    }
}
