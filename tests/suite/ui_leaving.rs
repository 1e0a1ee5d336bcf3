//! The question before unsaved work would go: what asks, what does not, and what each answer does.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candor::app::{CandorApp, RunOptions, ScreenId, ViewState};
use candor::base::{RowId, RowSet, Seed};
use candor::session::{Command, Replacement, Session};
use eframe::egui;
use egui::{Key, Modifiers, ViewportCommand, ViewportId};
use egui_kittest::kittest::Queryable as _;

use super::ui_document::wish_to_close;
use super::ui_robot::Dropped;
use super::ui_tree::{Window, window_of};

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data").join(name)
}

/// A window with the penguins whose list of recent files offers another table and another model.
fn window(home: &Path) -> Window {
    let recent = [sample("credit.csv"), sample("models/credit-xgboost.json"), home.join("work.candor")];
    let view = serde_json::json!({ "recent": recent });
    std::fs::write(home.join("view.json"), view.to_string()).expect("written");
    std::fs::write(home.join("work.candor"), "").expect("written");
    let options = RunOptions { sample: Some("penguins".to_owned()), ..RunOptions::default() };
    let mut harness = window_of([1280.0, 1200.0], options, ViewState::in_folder(home));
    harness.run_steps(10);
    click(&mut harness, "Start");
    harness
}

fn app(harness: &Window) -> &CandorApp {
    harness.state().as_ref().expect("the window is there")
}

fn session(harness: &Window) -> &Session {
    app(harness).session()
}

fn table(harness: &Window) -> String {
    session(harness).data().map(|d| d.source().name.clone()).unwrap_or_default()
}

fn command(harness: &mut Window, command: Command) {
    harness.state_mut().as_mut().expect("the window is there").command(command);
    harness.run_steps(6);
}

fn click(harness: &mut Window, label: &str) {
    harness.get_by_label(label).click();
    harness.run_steps(6);
}

fn press(harness: &mut Window, key: Key) {
    harness.key_press(key);
    harness.run_steps(6);
}

fn asks(harness: &Window) -> bool {
    harness.query_all_by_label_contains("Save this session?").next().is_some()
        || harness.query_all_by_label_contains("Save changes to").next().is_some()
}

/// Where somebody looks without deciding anything.
fn look_around(harness: &mut Window) {
    let rows = session(harness).data().map_or(0, |d| d.row_count());
    command(harness, Command::SelectRow(Some(RowId(3))));
    command(harness, Command::SelectOutput(2));
    command(harness, Command::SelectFeature(Some(1)));
    command(harness, Command::SelectRows(Arc::new(RowSet::full(rows))));
}

fn train(harness: &mut Window) {
    let target = session(harness).data().and_then(|d| d.find("species")).expect("a target");
    let (learner, seed) = ("decision-tree".to_owned(), Seed(1));
    command(harness, Command::Train { learner, target, knobs: Vec::new(), seed });
    assert!(session(harness).model().is_some_and(|m| m.card().path.is_none()), "a model was trained");
}

/// Types a path into the open question and confirms it in the frame that follows.
fn type_place(harness: &mut Window, place: &Path) {
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run_steps(2);
    harness.event(egui::Event::Text(place.display().to_string()));
    harness.run_steps(2);
    harness.key_press(Key::Enter);
}

/// Whether the window was told to close within the next frames.
fn closes(harness: &mut Window) -> bool {
    (0..8).any(|_| {
        harness.step();
        let root = harness.output().viewport_output.get(&ViewportId::ROOT);
        root.is_some_and(|root| root.commands.contains(&ViewportCommand::Close))
    })
}

#[test]
fn the_window_closes_once_the_session_is_saved_or_discarded() {
    for answer in ["Save", "Discard", "Cancel"] {
        let home = tempfile::tempdir().expect("a folder");
        let mut harness = window(home.path());
        command(&mut harness, Command::SetThreshold(0.75));
        wish_to_close(&mut harness);
        assert!(asks(&harness));
        harness.get_by_label(answer).click();
        if answer == "Save" {
            assert!(!closes(&mut harness), "the place is asked for first");
            type_place(&mut harness, &home.path().join("penguins.candor"));
        }
        assert_eq!(closes(&mut harness), answer != "Cancel", "{answer}");
        assert_eq!(home.path().join("penguins.candor").is_file(), answer == "Save", "{answer}");
    }
}

#[test]
fn looking_around_is_no_work_and_nothing_is_asked() {
    let home = tempfile::tempdir().expect("a folder");
    let mut harness = window(home.path());
    look_around(&mut harness);
    click(&mut harness, "Open credit.csv");
    assert!(!asks(&harness) && table(&harness) == "credit.csv");
    click(&mut harness, "Start");
    click(&mut harness, "Open and explain the sample Penguins");
    assert!(!asks(&harness) && table(&harness) == "penguins.csv");
    assert_eq!(app(&harness).view().screen, ScreenId::Global);
}

#[test]
fn what_was_taken_back_is_no_work_either() {
    let home = tempfile::tempdir().expect("a folder");
    let mut harness = window(home.path());
    command(&mut harness, Command::SetThreshold(0.75));
    command(&mut harness, Command::SelectOutput(1));
    command(&mut harness, Command::SetThreshold(0.5));
    assert!(!session(&harness).is_changed(), "everything stands as at the beginning");
    command(&mut harness, Command::SelectOutput(0));
    command(&mut harness, Command::SetThreshold(0.25));
    assert!(session(&harness).is_changed());
    command(&mut harness, Command::Undo);
    assert!(!session(&harness).is_changed());
}

#[test]
fn another_table_asks_and_cancel_and_escape_keep_everything() {
    let home = tempfile::tempdir().expect("a folder");
    let mut harness = window(home.path());
    command(&mut harness, Command::SetThreshold(0.75));
    look_around(&mut harness);
    let decided = session(&harness).decisions().clone();
    for leave in ["Cancel", "Escape"] {
        click(&mut harness, "Open credit.csv");
        assert!(asks(&harness), "{leave}");
        let unnamed = harness.unnamed_widgets();
        assert!(unnamed.is_empty(), "{unnamed:#?}");
        match leave {
            "Cancel" => click(&mut harness, "Cancel"),
            _ => press(&mut harness, Key::Escape),
        }
        assert!(!asks(&harness) && table(&harness) == "penguins.csv", "{leave}");
        assert!(session(&harness).decisions().same(&decided), "{leave} takes nothing away");
    }
    click(&mut harness, "Open credit.csv");
    click(&mut harness, "Discard");
    assert!(!asks(&harness) && table(&harness) == "credit.csv");
}

#[test]
fn a_sample_asks_and_shows_itself_only_after_the_answer() {
    let home = tempfile::tempdir().expect("a folder");
    let mut harness = window(home.path());
    command(&mut harness, Command::SetThreshold(0.75));
    click(&mut harness, "Open and explain the sample Credit applications");
    assert!(asks(&harness));
    assert_eq!((app(&harness).view().screen, &*table(&harness)), (ScreenId::Start, "penguins.csv"));
    click(&mut harness, "Discard");
    assert_eq!((app(&harness).view().screen, &*table(&harness)), (ScreenId::Global, "credit.csv"));
    assert!(session(&harness).attribution().is_some());
}

#[test]
fn another_model_stays_in_the_document_and_asks_only_about_one_trained_here() {
    let home = tempfile::tempdir().expect("a folder");
    let mut harness = window(home.path());
    command(&mut harness, Command::SetThreshold(0.75));
    click(&mut harness, "Open credit-xgboost.json");
    assert!(!asks(&harness) && session(&harness).threshold() > 0.7, "decisions stay");
    train(&mut harness);
    click(&mut harness, "Open credit-xgboost.json");
    assert!(asks(&harness));
    // Enter is “Save”.
    press(&mut harness, Key::Enter);
    let file = home.path().join("kept.candor");
    type_place(&mut harness, &file);
    harness.run_steps(6);
    assert!(file.is_file(), "the trained model is in the session");
    assert!(session(&harness).model().is_some_and(|m| m.card().path.is_some()), "then the other model was opened");
    assert!(!asks(&harness));
}

#[test]
fn a_model_trained_here_is_asked_about_once_no_place_holds_it() {
    let home = tempfile::tempdir().expect("a folder");
    let mut harness = window(home.path());
    train(&mut harness);
    assert!(session(&harness).would_lose(Replacement::Model));
    command(&mut harness, Command::KeepAsChallenger);
    assert!(!session(&harness).would_lose(Replacement::Model), "it is still the challenger");
    command(&mut harness, Command::OpenModel(sample("models/penguins-xgboost.json")));
    let has_challenger = |harness: &Window| session(harness).challenger().is_some();
    click(&mut harness, "Compare");
    click(&mut harness, "Close the challenger");
    assert!(asks(&harness) && has_challenger(&harness));
    press(&mut harness, Key::Escape);
    assert!(!asks(&harness) && has_challenger(&harness));
    click(&mut harness, "Close the challenger");
    click(&mut harness, "Discard");
    assert!(!has_challenger(&harness));
    // What is a file goes without a question.
    command(&mut harness, Command::KeepAsChallenger);
    click(&mut harness, "Close the challenger");
    assert!(!asks(&harness) && !has_challenger(&harness));
}

#[test]
fn saving_that_is_given_up_opens_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let mut harness = window(home.path());
    command(&mut harness, Command::SetThreshold(0.75));
    click(&mut harness, "Open credit.csv");
    click(&mut harness, "Save");
    assert!(!asks(&harness));
    press(&mut harness, Key::Escape);
    assert!(!asks(&harness) && table(&harness) == "penguins.csv");
    assert!(session(&harness).is_changed());
    click(&mut harness, "Open credit.csv");
    assert!(asks(&harness), "the next time it is asked again");
}

#[test]
fn files_dropped_together_wait_together() {
    let home = tempfile::tempdir().expect("a folder");
    let mut harness = window(home.path());
    command(&mut harness, Command::SetThreshold(0.75));
    for name in ["credit.csv", "models/credit-xgboost.json"] {
        harness.input_mut().dropped_files.push(Arc::new(Dropped(sample(name))));
    }
    harness.run_steps(6);
    assert!(asks(&harness) && table(&harness) == "penguins.csv");
    click(&mut harness, "Discard");
    assert_eq!(table(&harness), "credit.csv");
    assert!(session(&harness).model().is_some_and(|m| m.card().name.contains("credit")));
    assert!(!asks(&harness) && session(&harness).problems().is_empty());
}

#[test]
fn a_saved_session_is_named_in_the_question() {
    let home = tempfile::tempdir().expect("a folder");
    let mut harness = window(home.path());
    let path = home.path().join("work.candor");
    command(&mut harness, Command::SaveSession { path, view: String::new(), copies: false });
    click(&mut harness, "Open credit.csv");
    assert!(!asks(&harness), "all of it is saved");
    click(&mut harness, "Start");
    click(&mut harness, "Open work.candor");
    command(&mut harness, Command::SetThreshold(0.75));
    click(&mut harness, "Start");
    click(&mut harness, "Open credit.csv");
    assert!(harness.query_by_label_contains("Save changes to “work.candor”?").is_some());
    // The place is known: saving asks no more.
    click(&mut harness, "Save");
    assert_eq!(table(&harness), "credit.csv");
    assert_eq!(session(&harness).file(), None, "another table is another document");
}
