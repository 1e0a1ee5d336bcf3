//! The second model, the edited row and its pins in session files.

use std::path::{Path, PathBuf};

use candor::base::{Fingerprint, RowId, Seed};
use candor::data::{ReadOptions, Value};
use candor::explain::Body;
use candor::session::{Command, Edit, Session, Start};

use super::challenger::{challenge, comparison, meeting};
use super::cli::Desk;
use super::document::{carry_out, open, save};
use super::session::sample;

/// Copies of table and both models in a folder.
fn files(folder: &Path) -> [PathBuf; 3] {
    let pairs = [
        ("credit.csv", "credit.csv"),
        ("model.json", "models/credit-xgboost.json"),
        ("other.txt", "models/credit-lightgbm.txt"),
    ];
    pairs.map(|(name, from)| {
        let to = folder.join(name);
        std::fs::copy(sample(from), &to).expect("copied");
        to
    })
}

fn edit(session: &mut Session, edit: Edit) {
    carry_out(session, Command::WhatIf(edit));
}

/// Two models on a table, both explained; row 12 edited, with two pinned variants.
fn credit(folder: &Path) -> Session {
    let [table, model, other] = files(folder);
    let mut session = Session::new();
    carry_out(&mut session, Command::OpenData(table, ReadOptions::default()));
    carry_out(&mut session, Command::OpenModel(model));
    carry_out(&mut session, Command::Explain);
    carry_out(&mut session, Command::OpenChallenger(other));
    edit(&mut session, Edit::Start(Start::Row(RowId(12))));
    let [age, savings] = ["age", "savings"].map(|name| session.data().and_then(|d| d.find(name)).expect("a column"));
    edit(&mut session, Edit::Pin("as it is".to_owned()));
    edit(&mut session, Edit::Set { column: age, value: Value::Number(33.5), moving: false });
    edit(&mut session, Edit::Pin("older".to_owned()));
    edit(&mut session, Edit::Set { column: savings, value: Value::Missing, moving: false });
    assert_eq!(session.problems(), []);
    session
}

/// Everything that is known of the edited row and the second model, numbers to the bit. The row is answered once more:
/// with kept tables, sums are made in another order than without, and nobody says which answer came first.
fn known(session: &mut Session) -> Vec<String> {
    edit(session, Edit::Undo);
    edit(session, Edit::Redo);
    let of = session.what_if().expect("a row is edited");
    assert!(of.is_current(), "it is answered");
    let variant = of.variant().expect("answered");
    let Body::Attribution(a) = &variant.explanation().expect("explained").body else { panic!("attributions") };
    let (own, other) = challenge(session).both();
    let bits = |name: &str, values: &[f64]| format!("{name} {}", Fingerprint::builder().reals(values).finish());
    let pins = of.pins().iter().map(|pin| format!("{} {:?} {:?}", pin.name, pin.values, pin.predictions));
    let numbers = [
        bits("edited contributions", &a.values),
        bits("edited prediction", &variant.predictions),
        bits("challenger's predictions", &meeting(session).predictions),
        bits("champion's contributions", &own.values),
        bits("challenger's contributions", &other.values),
    ];
    numbers.into_iter().chain([format!("{} {:?}", of.title(), of.original())]).chain(pins).collect()
}

#[test]
fn the_challenger_the_edited_row_and_its_pins_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("work.candor");
    let mut session = credit(folder.path());
    save(&mut session, &file, false);
    assert!(!session.is_changed());
    let mut again = open(&file);
    assert_eq!(again.problems(), []);
    assert_eq!(known(&mut again), known(&mut session));
    assert_eq!(format!("{:?}", comparison(&again).metrics), format!("{:?}", comparison(&session).metrics));
    assert!(again.jobs().is_empty() && !again.is_changed());
    // Saved again, it is the same file.
    let twin = folder.path().join("twin.candor");
    save(&mut again, &twin, false);
    assert_eq!(std::fs::read(file).expect("written"), std::fs::read(twin).expect("written"));
    // Its edits are one step.
    edit(&mut again, Edit::Undo);
    let of = again.what_if().expect("a row is edited");
    assert!(of.changed().is_empty() && of.is_current());
}

#[test]
fn a_change_of_either_is_worth_saving() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("work.candor");
    let mut session = credit(folder.path());
    let mut changes = session.changes();
    let mut is_counted = |session: &Session| std::mem::replace(&mut changes, session.changes()) < session.changes();
    let wishes = [
        Command::WhatIf(Edit::Pin("another".to_owned())),
        Command::WhatIf(Edit::Unpin(0)),
        Command::CloseChallenger,
        Command::KeepAsChallenger,
    ];
    for wish in wishes {
        save(&mut session, &file, false);
        assert!(!session.is_changed());
        carry_out(&mut session, wish.clone());
        assert!(session.is_changed(), "{wish:?}");
        assert!(is_counted(&session), "{wish:?}: the journal follows");
    }
    save(&mut session, &file, false);
    edit(&mut session, Edit::Undo);
    assert!(!session.is_changed(), "a value that was tried and not pinned is no work");
    assert!(is_counted(&session), "the journal follows it all the same");
}

#[test]
fn copies_of_all_three_files_open_elsewhere() {
    let (here, there) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let file = there.path().join("work.candor");
    let mut session = credit(here.path());
    save(&mut session, &file, true);
    drop(here);
    let mut again = open(&file);
    assert_eq!(again.problems(), []);
    assert_eq!(known(&mut again), known(&mut session));
    // The only copies there are stay, whatever is asked for.
    save(&mut again, &file, false);
    assert_eq!(known(&mut open(&file)), known(&mut session));
    // After a crash, the copies in the file serve its recovery.
    let mut restored = Session::new();
    carry_out(&mut restored, Command::Restore(Box::new(again.document())));
    assert_eq!(restored.problems(), []);
    assert_eq!(known(&mut restored), known(&mut session));
    // Champion and challenger change places, and so do their copies.
    carry_out(&mut again, Command::SwapChallenger);
    save(&mut again, &file, false);
    let swapped = open(&file);
    assert_eq!(swapped.problems(), []);
    let names =
        |s: &Session| [s.model(), s.challenger().map(|c| c.opened())].map(|m| m.expect("open").card().name.clone());
    assert_eq!(names(&swapped), names(&again));
    assert_ne!(names(&swapped), names(&session));
}

#[test]
fn a_challenger_that_is_gone_is_told_kept_and_located() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("work.candor");
    let mut session = credit(folder.path());
    save(&mut session, &file, false);
    let [_, model, other] = ["credit.csv", "model.json", "other.txt"].map(|name| folder.path().join(name));
    let elsewhere = folder.path().join("moved.txt");
    std::fs::rename(other, &elsewhere).expect("moved");
    let mut again = open(&file);
    let [problem] = again.problems() else { panic!("{:?}", again.problems()) };
    assert!(problem.what.contains("challenger was not found"), "{problem}");
    assert!(problem.hint.contains("Locate a missing file"), "{problem}");
    assert!(again.attribution().is_some() && again.challenger().is_none(), "everything else is open");
    assert!(again.misses_a_file() && !again.is_incomplete());
    let view = String::new();
    carry_out(&mut again, Command::SaveSession { path: file.clone(), view, copies: false });
    let mut again = open(&file);
    let explained = again.attribution().cloned().expect("kept");
    carry_out(&mut again, Command::Relocate(model));
    let told = again.problems().last().expect("refused");
    assert!(told.what.contains("challenger has changed"), "{told}");
    assert!(again.challenger().is_none());
    carry_out(&mut again, Command::Relocate(elsewhere));
    assert_eq!(known(&mut again), known(&mut session));
    assert!(
        std::sync::Arc::ptr_eq(&explained, again.attribution().expect("explained")),
        "nothing else was opened anew"
    );
    assert!(!again.misses_a_file());
}

#[test]
fn edits_wait_for_a_missing_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("work.candor");
    let mut session = credit(folder.path());
    save(&mut session, &file, false);
    let elsewhere = folder.path().join("moved.csv");
    std::fs::rename(folder.path().join("credit.csv"), &elsewhere).expect("moved");
    let mut again = open(&file);
    assert!(again.is_incomplete() && again.what_if().is_none());
    let view = String::new();
    carry_out(&mut again, Command::SaveSession { path: file.clone(), view, copies: false });
    let mut again = open(&file);
    // What was opened to compare since then stays.
    carry_out(&mut again, Command::OpenChallenger(sample("models/credit-xgboost.json")));
    carry_out(&mut again, Command::Relocate(elsewhere));
    let of = again.what_if().expect("it was kept");
    assert_eq!((of.is_current(), of.pins().len(), of.changed().len()), (true, 2, 2));
    assert_eq!(again.challenger().map(|c| c.opened().card().name.as_str()), Some("credit-xgboost"));
    assert!(again.challenger().is_some_and(|c| c.meeting().is_some()));
}

#[test]
fn a_challenger_trained_here_is_kept_with_its_held_out_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("work.candor");
    let mut session = Session::new();
    carry_out(&mut session, Command::Open(sample("penguins.csv")));
    let target = session.data().and_then(|d| d.find("species")).expect("a target");
    // Other seeds hold other rows out.
    let train = |learner: &str, seed| Command::Train {
        learner: learner.to_owned(),
        target,
        knobs: Vec::new(),
        seed: Seed(seed),
    };
    carry_out(&mut session, train("decision-tree", 1));
    carry_out(&mut session, Command::KeepAsChallenger);
    carry_out(&mut session, train("random-forest", 2));
    carry_out(&mut session, Command::Explain);
    assert!(session.is_changed());
    save(&mut session, &file, false);
    let again = open(&file);
    assert_eq!(again.problems(), []);
    let told = |s: &Session| format!("{:?}", comparison(s).metrics);
    assert_eq!(told(&again), told(&session), "measured on the rows that neither has seen");
    assert!(comparison(&again).rows < again.data().expect("open").row_count());
    assert!(again.challenger().is_some_and(|c| c.opened().card().path.is_none()), "it can still be saved as a file");
}

#[test]
fn a_session_of_two_models_stands_for_both_on_the_command_line() {
    let desk = Desk::new();
    files(&desk.path(""));
    let all = ["--data", "credit.csv", "--model", "model.json", "--with", "other.txt"];
    desk.done(&[&["save"][..], &all, &["--explain", "--out", "two.candor"]].concat());
    desk.done(&[&["save"][..], &all[..4], &["--out", "one.candor"]].concat());
    let told = desk.done(&["inspect", "two.candor"]).out;
    assert!(told.contains("challenger") && told.contains("other.txt"), "{told}");
    let bytes = |name: &str| std::fs::read(desk.path(name)).expect("written");
    desk.done(&["compare", "two.candor", "--out", "session.csv"]);
    desk.done(&[&["compare"][..], &all, &["--out", "words.csv"]].concat());
    assert_eq!(bytes("session.csv"), bytes("words.csv"));
    desk.done(&["chart", "two.candor", "--kind", "decision-flips", "--out", "session.svg"]);
    desk.done(&[&["chart", "--kind", "decision-flips"][..], &all, &["--out", "words.svg"]].concat());
    assert_eq!(bytes("session.svg"), bytes("words.svg"));
    desk.done(&["report", "two.candor", "--template", "two-models", "--out", "two.json"]);
    for verb in [&["compare"][..], &["chart", "--kind", "decision-flips"], &["report", "--template", "two-models"]] {
        let line = desk.refused(2, &[verb, &["one.candor", "--out", "x.json"]].concat());
        assert!(line.contains("--with"), "{line}");
        let line = desk.refused(2, &[verb, &all[..4], &["--out", "x.json"]].concat());
        assert!(line.contains("--with"), "{line}");
    }
    // Whoever asks about one model is not kept waiting for the other.
    std::fs::remove_file(desk.path("other.txt")).expect("removed");
    desk.done(&["explain", "two.candor", "--out", "a.csv"]);
}
