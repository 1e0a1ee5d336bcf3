//! “Copy command line”: the copied words draw the same chart again, for every kind that offers them.

use std::process::Command as Process;

use candor::base::{RowId, Seed};
use candor::chart::KINDS;
use candor::data::Role;
use candor::explain::{Body, Shape};
use candor::session::{ChartRequest, CohortBy, Command, Export, Plan, RowChoice, Session};
use candor::worker::inline;

use super::cli::Desk;
use super::session::sample;

fn run(session: &mut Session, command: Command) {
    let jobs = session.apply(command);
    inline::run_all(session, jobs, |_| ());
    assert_eq!(session.problems(), []);
}

/// Table and model from their files, explained on rows drawn by a seed of its own.
fn opened(table: &str, model: &str, rows: usize) -> Session {
    let mut session = Session::headless();
    run(&mut session, Command::Open(sample(table)));
    run(&mut session, Command::Open(sample(model)));
    let plan = Plan { rows: RowChoice::Draw(rows), seed: Seed(5), ..Plan::default() };
    run(&mut session, Command::SetPlan(plan));
    session
}

fn give(session: &mut Session, column: &str, role: Role) {
    let column = session.data().and_then(|d| d.find(column)).expect("the column is there");
    run(session, Command::SetRole(column, role));
}

fn first_explained(session: &Session) -> RowId {
    match &session.attribution().expect("explained").body {
        Body::Attribution(attribution) => attribution.rows[0],
        _ => unreachable!("only attributions are explained"),
    }
}

/// Every chart that can be drawn now, drawn here and by its command line; answers the kinds that were compared. Of cohorts
/// it is the chart of the first one, on the axes of all.
fn compared(session: &mut Session, desk: &Desk, only: &[&str], cohorts: &[&str]) -> Vec<&'static str> {
    let mut done = Vec::new();
    let chosen = KINDS.iter().filter(|kind| only.is_empty() || only.contains(&kind.id()));
    for kind in chosen {
        let needs = kind.needs();
        let mut request = ChartRequest {
            kind: kind.id(),
            output: session.model().map_or(0, |m| m.card().outputs.len() - 1),
            within: cohorts.first().map(|name| (*name).to_owned()),
            beside: cohorts.iter().skip_while(|_| cohorts.len() < 2).map(|name| (*name).to_owned()).collect(),
            ..ChartRequest::default()
        };
        let possible = needs.unmet(&session.scene().subject(&request)).is_none() || needs.row || needs.feature;
        if needs.row {
            request.row = Some(first_explained(session));
        }
        if needs.feature || needs.profile {
            request.feature = Some(1);
        }
        if kind.second_feature().is_some() {
            request.colour = Some(2);
        }
        if !possible || needs.unmet(&session.scene().subject(&request)).is_some() {
            continue;
        }
        let Some(line) = session.chart_command(&request) else { continue };
        let (own, told) = (desk.path("own.csv"), format!("{}.svg", kind.id()));
        run(session, Command::Export(Export::Chart(Box::new(request)), own.clone()));
        let line = line.replacen("candor", env!("CARGO_BIN_EXE_candor"), 1).replace(&told, "told.csv");
        let ended = Process::new("sh").args(["-c", &line]).current_dir(desk.path(".")).output().expect("a shell");
        assert!(ended.status.success(), "{line}: {}", String::from_utf8_lossy(&ended.stderr));
        let read = |name: &str| std::fs::read_to_string(desk.path(name)).expect("the chart was written");
        assert_eq!(read("own.csv"), read("told.csv"), "{line}");
        done.push(kind.id());
    }
    done
}

#[test]
fn the_copied_words_draw_every_chart_of_two_classes_again() {
    let desk = Desk::new();
    let mut session = opened("credit.csv", "models/credit-xgboost.json", 60);
    give(&mut session, "default", Role::Target);
    give(&mut session, "sex", Role::Ignored);
    run(&mut session, Command::SetThreshold(0.3));
    run(&mut session, Command::SetCohort("it's young".to_owned(), CohortBy::Query("age < 30".to_owned())));
    run(&mut session, Command::SetCohort("owners".to_owned(), CohortBy::Query("housing = own".to_owned())));
    run(&mut session, Command::OpenChallenger(sample("models/credit-lightgbm.txt")));
    run(&mut session, Command::Explain);
    for shape in [Shape::Importance, Shape::Curves, Shape::Interactions, Shape::Strengths] {
        run(&mut session, Command::ask(shape));
    }
    // What is decided afterwards does not change what is shown.
    let later = Plan { seed: Seed(6), method: "kernel-shap".to_owned(), ..session.plan().clone() };
    run(&mut session, Command::SetPlan(later));
    let done = compared(&mut session, &desk, &[], &[]);
    let missing: Vec<&str> = KINDS.iter().map(|kind| kind.id()).filter(|id| !done.contains(id)).collect();
    assert_eq!(missing, ["term-curve", "term-surface", "class-roc", "residuals", "predicted-actual"]);
    for cohorts in [&["it's young"][..], &["owners", "it's young"]] {
        let within = compared(&mut session, &desk, &["beeswarm", "roc", "dependence"], cohorts);
        assert_eq!(within, ["beeswarm", "dependence", "roc"]);
    }
}

#[test]
fn the_copied_words_draw_charts_of_several_classes_and_of_numbers_again() {
    let desk = Desk::new();
    let mut session = opened("penguins.csv", "models/penguins-xgboost.json", 60);
    give(&mut session, "species", Role::Target);
    run(&mut session, Command::Explain);
    let kinds = ["importance-bar", "waterfall", "class-roc", "confusion"];
    assert_eq!(compared(&mut session, &desk, &kinds, &[]), ["importance-bar", "waterfall", "confusion", "class-roc"]);
    let mut session = opened("diamonds.csv", "models/diamonds-lightgbm.txt", 20);
    give(&mut session, "price", Role::Target);
    assert_eq!(compared(&mut session, &desk, &["residuals"], &[]), ["residuals"]);
}

#[test]
fn nothing_is_offered_where_words_cannot_say_it() {
    let mut session = opened("credit.csv", "models/credit-xgboost.json", 60);
    run(&mut session, Command::Explain);
    let rows = std::sync::Arc::new(candor::base::RowSet::of(1000, [RowId(3), RowId(9)]));
    run(&mut session, Command::SetCohort("by hand".to_owned(), CohortBy::Rows(rows)));
    let request = |what_if, within: Option<&str>| ChartRequest {
        kind: "importance-bar",
        within: within.map(str::to_owned),
        what_if,
        ..ChartRequest::default()
    };
    assert!(session.chart_command(&request(false, None)).is_some());
    assert_eq!(session.chart_command(&request(false, Some("by hand"))), None);
    assert_eq!(session.chart_command(&request(true, None)), None, "an edited row is in no file");
}
