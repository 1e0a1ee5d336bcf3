//! Saved sessions on the command line: they stand for table, model and decisions, and words beside them count more.

use std::sync::Arc;

use candor::base::{RowId, RowSet, Seed};
use candor::session::{CohortBy, Command, Plan, RowChoice, Session};
use candor::worker::inline;

use super::cli::{Desk, credit, text};

const SESSION: &str = "work.candor";

fn run(session: &mut Session, command: Command) {
    let jobs = session.apply(command);
    inline::run_all(session, jobs, |_| ());
    assert_eq!(session.problems(), []);
}

/// A session about copies of the credit sample in the desk's folder, with decisions of every kind.
fn decided(desk: &Desk) -> Session {
    let [model, data] = credit();
    std::fs::copy(data, desk.path("credit.csv")).expect("copied");
    std::fs::copy(model, desk.path("model.json")).expect("copied");
    let mut session = Session::headless();
    run(&mut session, Command::Open(desk.path("credit.csv")));
    run(&mut session, Command::Open(desk.path("model.json")));
    let young = CohortBy::Query("age < 30".to_owned());
    run(&mut session, Command::SetCohort("young".to_owned(), young));
    let rows = Arc::new(RowSet::of(1000, (0..40).map(RowId)));
    run(&mut session, Command::SetCohort("first".to_owned(), CohortBy::Rows(rows)));
    run(
        &mut session,
        Command::SetPlan(Plan {
            method: "tree-shap-interventional".to_owned(),
            rows: RowChoice::Range(10, 60),
            background_where: Some("age > 40".to_owned()),
            seed: Seed(7),
            ..Plan::default()
        }),
    );
    run(&mut session, Command::SelectRow(Some(RowId(21))));
    session
}

fn save(desk: &Desk, session: &mut Session) {
    let path = desk.path(SESSION);
    run(session, Command::SaveSession { path, view: String::new(), copies: false });
}

fn bytes(desk: &Desk, name: &str) -> Vec<u8> {
    std::fs::read(desk.path(name)).expect("the file was written")
}

/// The words that say what [`decided`] decided.
const WORDS: [&str; 12] = [
    "--data",
    "credit.csv",
    "--model",
    "model.json",
    "--method",
    "tree-shap-interventional",
    "--background-where",
    "age > 40",
    "--seed",
    "7",
    "--rows",
    "10..60",
];

fn with<'w>(verb: &'w str, first: &[&'w str], more: &[&'w str]) -> Vec<&'w str> {
    [&[verb], first, more].concat()
}

#[test]
fn a_session_is_explained_as_its_decisions_say() {
    let desk = Desk::new();
    let mut session = decided(&desk);
    save(&desk, &mut session);
    desk.done(&["explain", SESSION, "--out", "session.csv"]);
    desk.done(&with("explain", &WORDS, &["--out", "words.csv"]));
    assert_eq!(desk.rows("session.csv").len(), 51);
    assert_eq!(bytes(&desk, "session.csv"), bytes(&desk, "words.csv"));
    // Words count more than the session.
    desk.done(&["explain", SESSION, "--rows", "0..5", "--background-where", "age < 30", "--out", "own.csv"]);
    assert_eq!(desk.rows("own.csv").len(), 6);
    let words = ["--rows", "0..5", "--background-where", "age < 30", "--method", "tree-shap-interventional"];
    let files = ["--data", "credit.csv", "--model", "model.json"];
    desk.done(&with("explain", &[words.as_slice(), &files].concat(), &["--out", "words.csv"]));
    assert_eq!(bytes(&desk, "own.csv"), bytes(&desk, "words.csv"));
    desk.done(&["explain", SESSION, "--method", "permutation-importance", "--out", "importance.csv"]);
    let header = desk.rows("importance.csv");
    assert_eq!(header.first().and_then(|row| row.first()).map(String::as_str), Some("feature"));
}

#[test]
fn charts_of_a_session_know_its_row_and_its_cohorts() {
    let desk = Desk::new();
    let mut session = decided(&desk);
    run(&mut session, Command::Explain);
    save(&desk, &mut session);
    desk.done(&["chart", SESSION, "--kind", "waterfall", "--out", "session.csv"]);
    desk.done(&with("chart", &WORDS, &["--kind", "waterfall", "--row", "21", "--out", "words.csv"]));
    assert_eq!(bytes(&desk, "session.csv"), bytes(&desk, "words.csv"));
    desk.done(&["chart", SESSION, "--kind", "importance-bar", "--where", "young", "--out", "session.csv"]);
    desk.done(&with("chart", &WORDS, &["--kind", "importance-bar", "--where", "age < 30", "--out", "words.csv"]));
    assert_eq!(bytes(&desk, "session.csv"), bytes(&desk, "words.csv"));
    // A cohort that was selected by hand has no query: only the session knows it.
    desk.done(&["chart", SESSION, "--kind", "importance-bar", "--where", "first", "--out", "first.csv"]);
    assert_ne!(bytes(&desk, "first.csv"), bytes(&desk, "session.csv"));
    desk.done(&["chart", SESSION, "--kind", "partial-dependence", "--feature", "age", "--out", "curve.svg"]);
}

#[test]
fn a_report_of_a_session_verifies() {
    let desk = Desk::new();
    let mut session = decided(&desk);
    let target = session.data().and_then(|d| d.find("default")).expect("a target");
    run(&mut session, Command::SetRole(target, candor::data::Role::Target));
    run(&mut session, Command::SetThreshold(0.3));
    save(&desk, &mut session);
    desk.done(&["report", SESSION, "--out", "report.json"]);
    let twin: serde_json::Value = serde_json::from_slice(&bytes(&desk, "report.json")).expect("JSON");
    assert_eq!(twin["reproduce"]["plan"]["seed"], 7);
    assert_eq!(twin["sections"]["performance"]["threshold"], 0.3);
    let said = desk.done(&["verify", "report.json"]);
    assert!(said.out.starts_with("PASS"), "{}", said.out);
}

#[test]
fn what_has_changed_is_refused_until_the_unchanged_file_is_named() {
    let desk = Desk::new();
    let mut session = decided(&desk);
    save(&desk, &mut session);
    let table = bytes(&desk, "credit.csv");
    std::fs::rename(desk.path("credit.csv"), desk.path("moved.csv")).expect("moved");
    let line = desk.refused(1, &["explain", SESSION, "--out", "a.csv"]);
    assert!(line.contains("was not found") && line.contains("--data"), "{line}");
    let mut other = table.clone();
    *other.last_mut().expect("a table") = b' ';
    desk.write("credit.csv", &other);
    let line = desk.refused(1, &["report", SESSION, "--out", "a.html"]);
    assert!(line.contains("has changed") && line.contains("--data"), "{line}");
    let line = desk.refused(1, &["chart", SESSION, "--kind", "beeswarm", "--data", "credit.csv", "--out", "a.svg"]);
    assert!(line.contains("has changed"), "{line}");
    assert!(!desk.path("a.csv").exists() && !desk.path("a.html").exists() && !desk.path("a.svg").exists());
    desk.done(&["explain", SESSION, "--data", "moved.csv", "--out", "a.csv"]);
    assert_eq!(desk.rows("a.csv").len(), 51);
}

#[test]
fn a_file_that_is_no_session_is_told_before_anything_is_read() {
    let desk = Desk::new();
    let [model, data] = credit();
    let line = desk.refused(2, &["explain", &data, "--out", "a.csv"]);
    assert!(line.contains("no saved session") && line.contains("--data"), "{line}");
    let line = desk.refused(1, &["explain", "nowhere.candor", "--out", "a.csv"]);
    assert!(line.contains("nowhere.candor"), "{line}");
    let line = desk.refused(2, &["explain", "--data", &data, "--out", "a.csv"]);
    assert!(line.contains("--model"), "{line}");
    desk.done(&["save", "--data", &data, "--model", &model, "--out", SESSION]);
    let mut torn = bytes(&desk, SESSION);
    torn.truncate(torn.len() / 2);
    desk.write("torn.candor", torn);
    let line = desk.refused(1, &["explain", "torn.candor", "--out", "a.csv"]);
    assert!(line.contains("torn.candor") && !desk.path("a.csv").exists(), "{line}");
}

#[test]
fn a_session_is_described_with_its_cohorts_and_its_reference_set() {
    let desk = Desk::new();
    let mut session = decided(&desk);
    save(&desk, &mut session);
    let said = desk.done(&["inspect", &text(&desk.path(SESSION))]).out;
    for part in ["young · age < 30", "first · 40 rows", "age > 40", "tree-shap-interventional", "credit.csv"] {
        assert!(said.contains(part), "{part} is missing in {said}");
    }
}
