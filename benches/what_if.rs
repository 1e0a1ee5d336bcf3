//! From an edit of one row to its new waterfall, and to the first answer of a sampled method.
//!
//! `cargo bench --bench what_if -- --rows 20000 --trees 500`

#![expect(clippy::print_stdout, reason = "a measurement tells its numbers")]
#![allow(missing_docs, unused_crate_dependencies, dead_code, reason = "the shared part serves several measurements")]

mod made;
#[path = "made/trees.rs"]
mod trees;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use candor::base::{RowId, Seed};
use candor::data::{Role, Value};
use candor::session::{ChartRequest, Command, Edit, Job, Plan, Session, Start};
use candor::worker::inline::run_all;
use made::{FEATURES, Made, argument, memory};

/// A session with a made table and a model.
struct Open {
    session: Session,
}

impl Open {
    fn carry_out(&mut self, command: Command) {
        let jobs = self.session.apply(command);
        run_all(&mut self.session, jobs, |_| ());
        assert!(self.session.problems().is_empty(), "{:?}", self.session.problems());
    }

    /// Applies an edit and runs its jobs as far as the first waterfall; the rest is done after the clock has stopped.
    fn edit(&mut self, column: usize, value: f64) -> Duration {
        let request = ChartRequest::of_variant("waterfall", 0);
        let begun = Instant::now();
        let edit = Edit::Set { column, value: Value::Number(value), moving: true };
        let mut waiting: VecDeque<Job> = self.session.apply(Command::WhatIf(edit)).into();
        let mut took = None;
        while let Some(job) = waiting.pop_front() {
            let (session, took) = (&mut self.session, &mut took);
            let mut follow = Vec::new();
            job.run(&mut |event| {
                follow.extend(session.absorb(event));
                if took.is_none() && session.chart(&request).is_some() {
                    *took = Some(begun.elapsed());
                }
            });
            waiting.extend(follow);
        }
        took.expect("every edit ends with a waterfall")
    }
}

fn main() {
    let (rows, count) = (argument("--rows", 20_000), argument("--trees", 500));
    let made = Made::new(rows, 1);
    let folder = tempfile::tempdir().expect("a folder for the model");
    let model = folder.path().join("model.json");
    let ensemble = trees::ensemble(trees::Shape::full(count, 6, FEATURES));
    std::fs::write(&model, trees::xgboost(&ensemble)).expect("the model is written");
    println!("{rows} rows, {count} full trees of depth 6, {FEATURES} columns; milliseconds");
    println!("{:<52} {:>9} {:>9} {:>9}", "from edit to new waterfall", "median", "99 %", "longest");
    for method in ["tree-shap", "tree-shap-interventional"] {
        let plan = Plan { method: method.to_owned(), ..Plan::default() };
        let mut open = opened(&made, Command::OpenModel(model.clone()), plan);
        let begun = Instant::now();
        open.carry_out(Command::WhatIf(Edit::Start(Start::Row(RowId(7)))));
        println!("{method}: started with its tables in {:?}", begun.elapsed());
        measure(&mut open, method, 300);
        let begun = Instant::now();
        open.carry_out(Command::WhatIf(Edit::Profile(true)));
        println!("{method}: all curves of the profiler in {:?}", begun.elapsed());
        measure(&mut open, &format!("{method}, profiler on"), 100);
    }
    let train = Command::Train {
        learner: "nearest-neighbours".to_owned(),
        target: FEATURES + 1,
        knobs: Vec::new(),
        seed: Seed(1),
    };
    let plan = Plan { method: "permutation-shap".to_owned(), ..Plan::default() };
    let small = Made::new(argument("--small", 1_000), 1);
    let mut open = opened(&small, train, plan);
    open.carry_out(Command::WhatIf(Edit::Start(Start::Row(RowId(7)))));
    measure(&mut open, "permutation-shap on nearest neighbours, first answer", 3);
    let [now, most] = memory();
    println!("memory {now} MB, at most {most} MB");
}

fn opened(made: &Made, model: Command, plan: Plan) -> Open {
    let mut open = Open { session: Session::new() };
    open.carry_out(Command::OpenData(made.table(), Default::default()));
    // Several neighbours vote on classes; the trees are made up and predict no column.
    let role = if matches!(model, Command::Train { .. }) { Role::Target } else { Role::Ignored };
    open.carry_out(Command::SetRole(FEATURES + 1, role));
    open.carry_out(model);
    open.carry_out(Command::SetPlan(plan));
    open
}

fn measure(open: &mut Open, what: &str, edits: usize) {
    let columns = open.session.link().expect("the model fits").columns.clone();
    let mut times: Vec<Duration> =
        (0..edits).map(|k| open.edit(columns[k / 50 % columns.len()], 0.001 + 0.99 * (k % 50) as f64 / 50.0)).collect();
    times.sort();
    let at = |share: f64| {
        let place = ((times.len() - 1) as f64 * share).ceil() as usize;
        times.get(place).map_or(0.0, |t| 1e3 * t.as_secs_f64())
    };
    println!("{what:<52} {:>9.2} {:>9.2} {:>9.2}", at(0.5), at(0.99), at(1.0));
}
