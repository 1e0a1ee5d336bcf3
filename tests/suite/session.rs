//! The whole program without window or thread: commands in, news and problems out.

use std::path::PathBuf;
use std::sync::Arc;

use candor::base::RowId;
use candor::data::Role;
use candor::explain::{Body, Shape};
use candor::session::{ChartRequest, Command, Job, Plan, RowChoice, Session};
use candor::worker::inline::{run_all, run_one};

pub fn sample(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sample_data").join(file)
}

fn carry_out(session: &mut Session, command: Command) {
    let jobs = session.apply(command);
    run_all(session, jobs, |_| ());
}

fn explained(id: &str) -> Session {
    let mut session = Session::new();
    carry_out(&mut session, Command::OpenSample(id.to_owned()));
    assert_eq!(session.problems(), [], "the sample opens without a problem");
    session
}

fn request(kind: &'static str, row: Option<RowId>) -> ChartRequest {
    ChartRequest { kind, row, ..ChartRequest::default() }
}

/// Absorbs what a job tells, without its follow-ups.
fn absorb_all(session: &mut Session, job: Job) -> Vec<Job> {
    run_one(job).into_iter().flat_map(|event| session.absorb(event)).collect()
}

#[test]
fn a_sample_opens_predicts_and_explains() {
    let session = explained("credit");
    let data = session.data().expect("the table is open");
    assert_eq!(data.row_count(), 1000);
    assert_eq!(data.column_with(Role::Target), data.find("default"));
    assert_eq!(data.column_with(Role::Protected), data.find("sex"));
    let predictions = session.predictions().expect("every row is predicted");
    assert_eq!(predictions.values.len(), 1000);
    assert!(
        predictions.order.windows(2).all(|w| { predictions.values[w[0].index()] <= predictions.values[w[1].index()] })
    );
    assert!(session.performance().is_some(), "the target is known");
    let explanation = session.attribution().expect("the sample explains itself");
    assert!(!session.attribution_is_partial());
    assert!(explanation.fidelity.exact);
    let gap = explanation.fidelity.gap.expect("contributions add up");
    assert!(gap < 1e-9, "200 trees of depth 4 in f64 add up to {gap}");
    assert!(session.jobs().is_empty(), "nothing is left under way");
    assert!(session.profile().is_some());
}

#[test]
fn parts_of_an_answer_arrive_before_the_whole() {
    let mut session = explained("credit");
    carry_out(
        &mut session,
        Command::SetPlan(Plan { rows: RowChoice::List((0..1000).rev().map(RowId).collect()), ..Plan::default() }),
    );
    let [job] = <[Job; 1]>::try_from(session.apply(Command::Explain)).expect("one job explains");
    let events = run_one(job);
    let mut sizes = Vec::new();
    for event in events {
        session.absorb(event);
        if let Some(Body::Attribution(a)) = session.attribution().map(|e| &e.body) {
            sizes.push((a.rows.len(), session.attribution_is_partial()));
        }
    }
    assert_eq!(sizes.last(), Some(&(1000, false)));
    assert!(sizes.windows(2).all(|w| w[0].0 <= w[1].0), "{sizes:?}");
}

#[test]
fn answers_of_every_shape_stand_beside_each_other() {
    let mut session = explained("credit");
    for shape in [Shape::Importance, Shape::Curves, Shape::Interactions, Shape::Strengths] {
        assert!(session.answer(shape).is_none());
        carry_out(&mut session, Command::ask(shape));
        assert_eq!(session.problems(), []);
        assert_eq!(session.answer(shape).expect("it was asked for").body.shape(), shape);
    }
    let known = Arc::clone(session.attribution().expect("attributions stay"));
    let names = session.model().expect("open").card().outputs.clone();
    let Body::Interactions(of) = &session.answer(Shape::Interactions).expect("known").body else { panic!("pairs") };
    assert_eq!(of.outputs[..], names[..], "outputs are called as the target calls them");
    // The plan may name such a method too; its answer does not take the place of the attributions.
    let plan = |method: &str, pairs: &str| Plan {
        method: method.to_owned(),
        knobs: vec![("pairs".to_owned(), pairs.to_owned())],
        ..Plan::default()
    };
    carry_out(&mut session, Command::SetPlan(plan("tree-interactions", "2")));
    carry_out(&mut session, Command::Explain);
    let Body::Interactions(of) = &session.answer(Shape::Interactions).expect("known").body else { panic!("pairs") };
    assert_eq!(of.pairs.iter().filter(|(a, b)| a != b).count(), 2);
    assert!(Arc::ptr_eq(&known, session.attribution().expect("attributions stay")));
    // Another target takes away what was compared with the old one, and nothing else.
    let age = session.data().and_then(|d| d.find("age")).expect("a column");
    carry_out(&mut session, Command::SetRole(age, Role::Target));
    assert!(session.answer(Shape::Importance).is_none() && session.answer(Shape::Strengths).is_some());
    let problems = session.problems().len();
    carry_out(&mut session, Command::Ask { method: "magic".to_owned(), knobs: Vec::new() });
    assert!(session.problems()[problems].hint.contains("tree-interactions"));
}

#[test]
fn a_new_answer_redraws_the_charts_that_show_it_and_no_others() {
    let mut session = explained("credit");
    let (bars, pairs) = (request("importance-bar", None), request("interaction-matrix", None));
    carry_out(&mut session, Command::Draw(bars.clone()));
    carry_out(&mut session, Command::ask(Shape::Interactions));
    carry_out(&mut session, Command::Draw(pairs.clone()));
    assert_eq!(session.problems(), []);
    assert!(session.chart(&bars).is_some() && session.chart(&pairs).is_some());
    let method = "tree-interactions".to_owned();
    let knobs = vec![("feature".to_owned(), "1".to_owned())];
    carry_out(&mut session, Command::Ask { method, knobs });
    assert!(session.chart(&bars).is_some(), "contributions did not change");
    assert!(session.chart(&pairs).is_none(), "the pairs did");
    carry_out(&mut session, Command::Draw(pairs.clone()));
    assert_eq!(session.chart(&pairs).expect("drawn again").table.rows.len(), 8);
}

#[test]
fn asking_the_same_twice_costs_nothing() {
    let mut session = explained("credit");
    let first = Arc::clone(session.attribution().expect("explained"));
    assert!(session.apply(Command::Explain).is_empty(), "the answer is known");
    let other = Plan { method: "tree-shap-interventional".to_owned(), background_rows: 20, ..Plan::default() };
    carry_out(&mut session, Command::SetPlan(other));
    carry_out(&mut session, Command::Explain);
    assert!(!Arc::ptr_eq(&first, session.attribution().expect("explained")));
    assert!(session.apply(Command::SetPlan(Plan { threads: Some(2), ..Plan::default() })).is_empty());
    assert!(session.apply(Command::Explain).is_empty(), "threads change no number, the answer is still known");
    assert!(Arc::ptr_eq(&first, session.attribution().expect("explained")));
    let (held, limit) = session.memory();
    assert!(0 < held && held <= limit);
}

#[test]
fn the_background_is_named_and_never_cut_silently() {
    let mut session = explained("credit");
    let rows = RowChoice::Range(0, 20);
    let plan = Plan { method: "tree-shap-interventional".to_owned(), background_rows: 50, rows, ..Plan::default() };
    carry_out(&mut session, Command::SetPlan(plan.clone()));
    carry_out(&mut session, Command::Explain);
    let text = |session: &Session| session.attribution().expect("explained").provenance.background_text.clone();
    assert!(text(&session).contains("50 of 1000 rows drawn with seed 42"), "{}", text(&session));
    carry_out(&mut session, Command::SetPlan(Plan { background_file: Some(sample("credit.csv")), ..plan }));
    carry_out(&mut session, Command::Explain);
    assert!(text(&session).contains("all 1000 rows of credit.csv"), "{}", text(&session));
}

#[test]
fn charts_are_drawn_once_and_say_why_they_cannot_be() {
    let mut session = explained("credit");
    let wanted = request("beeswarm", None);
    assert!(session.chart(&wanted).is_none() && !session.chart_is_pending(&wanted));
    let jobs = session.apply(Command::Draw(wanted.clone()));
    assert_eq!(jobs.len(), 1);
    assert!(session.chart_is_pending(&wanted));
    assert!(session.apply(Command::Draw(wanted.clone())).is_empty(), "it is being drawn");
    run_all(&mut session, jobs, |_| ());
    assert!(!session.chart_is_pending(&wanted));
    let drawn = session.chart(&wanted).expect("drawn");
    assert!(session.apply(Command::Draw(wanted.clone())).is_empty(), "it is known");

    carry_out(&mut session, Command::SetPlan(Plan { rows: RowChoice::Range(0, 10), ..Plan::default() }));
    carry_out(&mut session, Command::Explain);
    assert!(session.chart(&wanted).is_none(), "the chart shows another explanation");
    assert!(Arc::ptr_eq(&drawn, &session.latest_chart(&wanted).expect("the old one is there meanwhile")));

    let rowless = request("waterfall", None);
    carry_out(&mut session, Command::Draw(rowless.clone()));
    assert!(session.chart(&rowless).is_none());
    assert!(session.chart_problem(&rowless).is_some());
    assert!(session.chart_is_pending(&rowless), "asking again would be in vain");
    assert_eq!(session.problems(), [], "a chart's problem stands in its place, not in the list");
}

#[test]
fn stale_news_is_dropped() {
    let mut session = explained("credit");
    carry_out(&mut session, Command::SetPlan(Plan { rows: RowChoice::Range(0, 20), ..Plan::default() }));
    let [explain] = <[Job; 1]>::try_from(session.apply(Command::Explain)).expect("one job explains");
    // A job that finished just before it would have been cancelled: its news arrives late.
    let late = run_one(explain);
    carry_out(&mut session, Command::OpenData(sample("penguins.csv"), Default::default()));
    assert!(session.attribution().is_none(), "it belonged to another table");
    for event in late {
        session.absorb(event);
    }
    assert!(session.attribution().is_none(), "news about the old table is dropped");
    assert_eq!(session.data().expect("open").row_count(), 344);
}

#[test]
fn the_newest_wish_wins_whatever_ends_first() {
    let mut session = Session::new();
    let first = session.apply(Command::Open(sample("credit.csv")));
    let second = session.apply(Command::Open(sample("penguins.csv")));
    run_all(&mut session, second, |_| ());
    run_all(&mut session, first, |_| ());
    assert_eq!(session.data().expect("open").row_count(), 344);
}

#[test]
fn a_failed_open_keeps_what_is_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let damaged = folder.path().join("damaged.json");
    let whole = std::fs::read(sample("models/credit-xgboost.json")).expect("bundled");
    std::fs::write(&damaged, &whole[..whole.len() / 2]).expect("written");
    let mut session = explained("credit");
    for path in [folder.path().join("nowhere.csv"), damaged] {
        let before = session.problems().len();
        carry_out(&mut session, Command::Open(path));
        assert_eq!(session.problems().len(), before + 1);
        let problem = session.problems().last().expect("told").clone();
        assert!(!problem.what.is_empty() && !problem.hint.is_empty(), "{problem}");
        assert!(session.data().is_some() && session.model().is_some() && session.attribution().is_some());
    }
    assert!(session.apply(Command::Dismiss(0)).is_empty());
    assert_eq!(session.problems().len(), 1);
}

#[test]
fn a_table_that_does_not_fit_says_which_columns_are_missing() {
    let mut session = explained("credit");
    carry_out(&mut session, Command::OpenData(sample("penguins.csv"), Default::default()));
    let problem = session.problems().last().expect("told").to_string();
    assert!(problem.contains("credit_amount"), "{problem}");
    assert!(session.link().is_none() && session.predictions().is_none());
    carry_out(&mut session, Command::Explain);
    assert!(session.problems().last().expect("told").place.contains("not joined"));
}

#[test]
fn roles_and_plan_can_be_taken_back_by_name() {
    let mut session = explained("credit");
    let age = session.data().and_then(|d| d.find("age")).expect("credit has an age");
    let role = |session: &Session| session.data().expect("open").roles()[age];
    carry_out(&mut session, Command::SetRole(age, Role::Protected));
    assert_eq!(role(&session), Role::Protected);
    assert_eq!(session.undo_name(), Some("Role of “age”"));
    let plan = Plan { background_rows: 7, ..Plan::default() };
    carry_out(&mut session, Command::SetPlan(plan.clone()));
    assert_eq!(session.undo_name(), Some("How to explain"));
    carry_out(&mut session, Command::Undo);
    assert_eq!(session.plan(), &Plan::default());
    carry_out(&mut session, Command::Undo);
    assert_eq!(role(&session), Role::Feature);
    assert!(session.attribution().is_some(), "roles change no contribution");
    assert_eq!((session.undo_name(), session.redo_name()), (None, Some("Role of “age”")));
    carry_out(&mut session, Command::Redo);
    carry_out(&mut session, Command::Redo);
    assert_eq!((role(&session), session.plan()), (Role::Protected, &plan));
}

#[test]
fn moving_the_target_moves_the_role_and_the_performance() {
    let mut session = explained("credit");
    let data = Arc::clone(session.data().expect("open"));
    let (sex, default) = (data.find("sex").expect("there"), data.find("default").expect("there"));
    carry_out(&mut session, Command::SetRole(sex, Role::Target));
    assert_eq!(session.data().expect("open").roles()[default], Role::Feature, "there is one target");
    carry_out(&mut session, Command::Undo);
    assert_eq!(session.data().expect("open").roles()[default], Role::Target);
    assert!(session.performance().is_some());
}

#[test]
fn a_cancelled_job_ends_and_changes_nothing() {
    let mut session = explained("credit");
    carry_out(&mut session, Command::SetPlan(Plan { rows: RowChoice::Range(0, 500), ..Plan::default() }));
    let before = Arc::clone(session.attribution().expect("explained"));
    let jobs = session.apply(Command::Explain);
    let id = jobs[0].id;
    assert_eq!(session.jobs().len(), 1);
    session.apply(Command::Cancel(id));
    run_all(&mut session, jobs, |_| ());
    assert!(session.jobs().is_empty());
    assert!(Arc::ptr_eq(&before, session.attribution().expect("kept")));
    assert_eq!(session.problems(), [], "a cancelled job is no problem");
}

#[test]
fn kept_results_stay_below_the_limit() {
    // One beeswarm of 1000 rows and 8 features takes about 130 kB, the explanation under it 80 kB.
    let limit = 400_000;
    let mut session = Session::with_memory_limit(limit);
    carry_out(&mut session, Command::OpenSample("credit".to_owned()));
    for features in 1..=8 {
        let mut wanted = request("beeswarm", None);
        wanted.knobs.push(("features".to_owned(), features.to_string()));
        carry_out(&mut session, Command::Draw(wanted.clone()));
        assert!(session.chart(&wanted).is_some(), "the newest chart is kept");
        let (held, bound) = session.memory();
        assert_eq!(bound, limit);
        assert!(held <= limit, "{held} of {limit} bytes held");
    }
    let mut first = request("beeswarm", None);
    first.knobs.push(("features".to_owned(), "1".to_owned()));
    assert!(session.chart(&first).is_none(), "the oldest chart made room");
}

#[test]
fn choices_outside_the_table_are_not_taken() {
    let mut session = explained("penguins");
    carry_out(&mut session, Command::SelectRow(Some(RowId(5_000))));
    assert_eq!(session.row(), None);
    carry_out(&mut session, Command::SelectOutput(99));
    assert_eq!(session.output(), 2);
    carry_out(&mut session, Command::SetThreshold(f64::NAN));
    assert!((session.threshold() - 0.5).abs() < f64::EPSILON);
    carry_out(&mut session, Command::SetPlan(Plan { rows: RowChoice::Range(0, 345), ..Plan::default() }));
    carry_out(&mut session, Command::Explain);
    assert!(session.problems().last().expect("told").place.contains("row 344"));
}

#[test]
fn news_of_unknown_jobs_is_dropped() {
    let mut session = explained("credit");
    let mut other = Session::new();
    let jobs = other.apply(Command::Open(sample("penguins.csv")));
    for job in jobs {
        assert!(absorb_all(&mut session, job).is_empty());
    }
    assert_eq!(session.data().expect("open").row_count(), 1000);
}
