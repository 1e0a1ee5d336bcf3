//! Session files: what is saved comes back bit by bit, wherever table and model are now.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candor::base::{RowId, RowSet, Seed};
use candor::data::Role;
use candor::explain::{Body, Shape};
use candor::session::{Command, Plan, Session};
use candor::worker::inline::run_all;

use super::session::sample;

pub fn carry_out(session: &mut Session, command: Command) {
    let jobs = session.apply(command);
    run_all(session, jobs, |_| ());
}

pub fn save(session: &mut Session, path: &Path, copies: bool) {
    let view = r#"{"screen":"local"}"#.to_owned();
    carry_out(session, Command::SaveSession { path: path.to_owned(), view, copies });
    assert_eq!(session.problems(), [], "the session is saved");
}

pub fn open(path: &Path) -> Session {
    let mut session = Session::new();
    carry_out(&mut session, Command::Open(path.to_owned()));
    session
}

/// Table and model in a folder of their own, explained, with a decision of every kind.
fn credit(folder: &Path) -> Session {
    let [table, model] = files(folder);
    let mut session = Session::new();
    carry_out(&mut session, Command::OpenData(table, candor::data::ReadOptions::default()));
    carry_out(&mut session, Command::OpenModel(model));
    decide(&mut session);
    carry_out(&mut session, Command::Explain);
    assert_eq!(session.problems(), []);
    session
}

fn files(folder: &Path) -> [PathBuf; 2] {
    let (table, model) = (folder.join("credit.csv"), folder.join("model.json"));
    std::fs::copy(sample("credit.csv"), &table).expect("copied");
    std::fs::copy(sample("models/credit-xgboost.json"), &model).expect("copied");
    [table, model]
}

fn decide(session: &mut Session) {
    let age = session.data().and_then(|d| d.find("age")).expect("credit has an age");
    carry_out(session, Command::SetRole(age, Role::Protected));
    carry_out(session, Command::SetPlan(Plan { seed: Seed(7), ..Plan::default() }));
    carry_out(session, Command::SetThreshold(0.1 + 0.2));
    carry_out(session, Command::SelectRow(Some(RowId(17))));
    carry_out(session, Command::SelectFeature(Some(3)));
    carry_out(session, Command::SelectRows(Arc::new(RowSet::of(1000, (3..9).map(RowId)))));
}

/// Every number of the attributions, as bits.
fn bits(session: &Session) -> Vec<u64> {
    let explanation = session.attribution().expect("explained");
    let Body::Attribution(a) = &explanation.body else { panic!("attributions") };
    a.values.iter().chain(&a.base).chain(explanation.predictions.iter()).map(|x| x.to_bits()).collect()
}

#[test]
fn a_saved_session_comes_back_with_decisions_answers_and_view() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("work.candor");
    let mut session = credit(folder.path());
    for shape in [Shape::Importance, Shape::Curves, Shape::Interactions, Shape::Strengths] {
        carry_out(&mut session, Command::ask(shape));
    }
    save(&mut session, &file, false);
    assert!(!session.is_changed());
    let mut again = open(&file);
    assert_eq!(again.problems(), []);
    assert!(again.decisions().same(session.decisions()), "{:?} {:?}", again.decisions(), session.decisions());
    assert_eq!(bits(&again), bits(&session));
    for shape in [Shape::Importance, Shape::Curves, Shape::Interactions, Shape::Strengths] {
        let (a, b) = (session.answer(shape).expect("known"), again.answer(shape).expect("kept"));
        assert_eq!(format!("{:?}", a.body), format!("{:?}", b.body), "{shape:?}");
        assert_eq!(format!("{:?}", a.provenance), format!("{:?}", b.provenance), "{shape:?}");
    }
    assert_eq!(again.opened_view().map(|v| &**v), Some(r#"{"screen":"local"}"#));
    assert_eq!(again.file(), Some(&*file));
    assert!(!again.is_changed(), "nothing was decided since");
    assert!(again.apply(Command::Explain).is_empty(), "the kept answer is the answer");
    carry_out(&mut again, Command::SelectRow(Some(RowId(1))));
    assert!(!again.is_changed(), "looking at a row is no change");
    carry_out(&mut again, Command::SetThreshold(0.9));
    assert!(again.is_changed());
    carry_out(&mut again, Command::Undo);
    assert!(!again.is_changed(), "it is as it was saved");
}

#[test]
fn equal_sessions_are_equal_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let [a, b] = ["a.candor", "b.candor"].map(|name| folder.path().join(name));
    save(&mut credit(folder.path()), &a, true);
    let mut second = open(&a);
    save(&mut second, &b, true);
    assert_eq!(std::fs::read(a).expect("written"), std::fs::read(b).expect("written"));
}

#[test]
fn a_session_with_copies_opens_where_its_files_are_not() {
    let (here, there) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let file = there.path().join("work.candor");
    let mut session = credit(here.path());
    save(&mut session, &file, true);
    drop(here);
    let mut again = open(&file);
    assert_eq!(again.problems(), []);
    assert_eq!(bits(&again), bits(&session));
    // Saved once more without copies, the only copies there are stay.
    save(&mut again, &file, false);
    assert_eq!(bits(&open(&file)), bits(&session));
}

#[test]
fn files_that_moved_with_the_session_are_found_beside_it() {
    let (old, new) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let mut session = credit(old.path());
    save(&mut session, &old.path().join("work.candor"), false);
    for name in ["work.candor", "credit.csv", "model.json"] {
        std::fs::copy(old.path().join(name), new.path().join(name)).expect("copied");
    }
    drop(old);
    let again = open(&new.path().join("work.candor"));
    assert_eq!(again.problems(), []);
    assert_eq!(bits(&again), bits(&session));
}

#[test]
fn a_changed_table_is_named_and_its_answers_are_not_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("work.candor");
    save(&mut credit(folder.path()), &file, false);
    let table = folder.path().join("credit.csv");
    let text = std::fs::read_to_string(&table).expect("there");
    // As long as before, so that only the content tells.
    std::fs::write(&table, text.replacen("67", "76", 1)).expect("changed");
    let again = open(&file);
    let [problem] = again.problems() else { panic!("{:?}", again.problems()) };
    assert!(problem.what.contains("table has changed"), "{problem}");
    assert!(problem.place.contains("credit.csv") && problem.place.contains("2acc20ba35ba"), "{problem}");
    assert!(problem.hint.contains("Locate a missing file"), "{problem}");
    assert!(again.data().is_none() && again.attribution().is_none() && again.model().is_some());
    assert!(again.is_incomplete());
}

#[test]
fn a_missing_table_is_located_and_nothing_was_lost_by_saving_in_between() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("work.candor");
    let mut session = credit(folder.path());
    save(&mut session, &file, false);
    let (table, elsewhere) = (folder.path().join("credit.csv"), folder.path().join("moved.csv"));
    std::fs::rename(table, &elsewhere).expect("moved");
    let mut again = open(&file);
    assert!(again.problems()[0].what.contains("table was not found"), "{:?}", again.problems());
    carry_out(&mut again, Command::SetThreshold(0.75));
    let view = String::new();
    carry_out(&mut again, Command::SaveSession { path: file.clone(), view, copies: false });
    let mut again = open(&file);
    assert!(again.is_incomplete());
    let problems = again.problems().len();
    carry_out(&mut again, Command::Relocate(elsewhere.clone()));
    assert_eq!(again.problems().len(), problems);
    assert_eq!(bits(&again), bits(&session));
    assert_eq!(again.selection().map(|s| s.len()), Some(6));
    assert!((again.threshold() - 0.75).abs() < f64::EPSILON);
    // Opening it by hand is as good.
    let mut by_hand = open(&file);
    carry_out(&mut by_hand, Command::Open(elsewhere));
    assert_eq!(bits(&by_hand), bits(&session));
}

#[test]
fn a_model_trained_here_is_kept_with_its_held_out_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("work.candor");
    let mut session = Session::new();
    carry_out(&mut session, Command::Open(sample("penguins.csv")));
    let target = session.data().and_then(|d| d.find("species")).expect("a target");
    let learner = "decision-tree".to_owned();
    carry_out(&mut session, Command::Train { learner, target, knobs: Vec::new(), seed: Seed(1) });
    carry_out(&mut session, Command::Explain);
    assert!(session.is_changed(), "the model is nowhere else");
    save(&mut session, &file, false);
    assert!(!session.is_changed());
    let again = open(&file);
    assert_eq!(again.problems(), []);
    assert_eq!(bits(&again), bits(&session));
    let measured = |s: &Session| format!("{:?}", s.performance().expect("measured"));
    assert_eq!(measured(&again), measured(&session), "measured on the rows it has not seen");
    assert!(again.model().expect("open").card().path.is_none(), "it can still be saved as a file");
}

#[test]
fn a_sample_is_kept_by_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("work.candor");
    let mut session = Session::new();
    carry_out(&mut session, Command::OpenSample("penguins".to_owned()));
    save(&mut session, &file, false);
    let document = open(&file).document();
    assert_eq!(document.table.and_then(|t| t.file.sample).as_deref(), Some("penguins"));
    assert_eq!(bits(&open(&file)), bits(&session));
}

#[test]
fn steps_can_be_visited_in_any_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut session = credit(folder.path());
    let names: Vec<String> =
        (0..session.history().len()).filter_map(|i| session.history().name(i)).map(str::to_owned).collect();
    assert_eq!(names[..3], ["Role of “age”", "How to explain", "Decision threshold 0.3"]);
    assert_eq!(names[3..], ["Row 17", "Feature “savings”", "Selection of 6 rows"]);
    let end = session.decisions().clone();
    carry_out(&mut session, Command::Revisit(1));
    assert_eq!((session.plan(), session.row(), session.undo_name()), (&Plan::default(), None, Some(&*names[0])));
    carry_out(&mut session, Command::Revisit(6));
    assert!(session.decisions().same(&end));
    carry_out(&mut session, Command::Revisit(0));
    assert!(session.data().expect("open").column_with(Role::Protected) != session.data().and_then(|d| d.find("age")));
    assert_eq!(session.history().len(), 6, "visiting forgets nothing");
}

#[test]
fn another_table_is_another_document() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("work.candor");
    let mut session = credit(folder.path());
    save(&mut session, &file, false);
    let table = folder.path().join("credit.csv");
    carry_out(&mut session, Command::Open(table));
    assert_eq!(session.file(), Some(&*file), "the same table read once more is the same document");
    carry_out(&mut session, Command::Open(sample("penguins.csv")));
    assert_eq!(session.file(), None, "saving asks for a place instead of replacing the file");
}
