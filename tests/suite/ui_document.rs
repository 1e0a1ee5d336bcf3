//! Keeping the document in the window: saving, the question before closing, history, and recovery after a crash.

use std::path::Path;

use candor::app::{CandorApp, RunOptions, ScreenId, ViewState};
use candor::session::{Command, Edit, Start};
use eframe::egui;
use egui::{Key, Modifiers, ViewportEvent, ViewportId};
use egui_kittest::kittest::Queryable as _;

use super::ui_tree::{Window, window_with};

/// A window whose settings folder is `home`.
fn window(home: &Path, sample: Option<&str>) -> Window {
    let options = RunOptions { sample: sample.map(str::to_owned), ..RunOptions::default() };
    let mut harness = window_with(options, ViewState::in_folder(home));
    harness.run_steps(2);
    harness
}

fn app(harness: &Window) -> &CandorApp {
    harness.state().as_ref().expect("the window is there")
}

fn command(harness: &mut Window, command: Command) {
    harness.state_mut().as_mut().expect("the window is there").command(command);
    harness.run_steps(6);
}

fn click(harness: &mut Window, label: &str) {
    harness.get_by_label(label).click();
    harness.run_steps(6);
}

fn shows(harness: &Window, text: &str) -> bool {
    harness.query_all_by_label_contains(text).next().is_some()
}

/// Files in the journal's folder.
fn journals(home: &Path) -> usize {
    std::fs::read_dir(home.join("journal")).map_or(0, |entries| entries.flatten().count())
}

/// Types a path into the open question and confirms it.
fn answer(harness: &mut Window, path: &Path) {
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run_steps(2);
    harness.event(egui::Event::Text(path.display().to_string()));
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(6);
}

pub fn wish_to_close(harness: &mut Window) {
    let viewport = harness.input_mut().viewports.entry(ViewportId::ROOT).or_default();
    viewport.events.push(ViewportEvent::Close);
    harness.step();
    if let Some(viewport) = harness.input_mut().viewports.get_mut(&ViewportId::ROOT) {
        viewport.events.clear();
    }
    harness.run_steps(4);
}

#[test]
fn what_a_crash_interrupted_is_offered_and_restored() {
    let home = tempfile::tempdir().expect("a folder");
    let mut before = window(home.path(), Some("penguins"));
    command(&mut before, Command::SelectOutput(2));
    command(&mut before, Command::SetThreshold(0.75));
    let decided = app(&before).session().decisions().clone();
    // As after a crash: nothing says goodbye.
    drop(before);
    assert_eq!(journals(home.path()), 1);
    let mut after = window(home.path(), None);
    assert!(shows(&after, "Candor ended unexpectedly"));
    assert!(app(&after).session().data().is_none(), "nothing is restored by itself");
    let other = window(home.path(), None);
    assert!(!shows(&other, "Candor ended unexpectedly"), "two windows do not offer the same");
    drop(other);
    click(&mut after, "Restore penguins.csv and penguins-xgboost");
    let session = app(&after).session();
    assert_eq!(session.problems(), []);
    assert!(session.decisions().same(&decided), "{:?}", session.decisions());
    assert!(session.attribution().is_some(), "what had been explained is explained again");
    assert!(session.is_changed(), "it is in no file");
    assert!(!shows(&after, "Candor ended unexpectedly"));
    eframe::App::on_exit(after.state_mut().as_mut().expect("the window is there"), None);
    assert_eq!(journals(home.path()), 0, "a clean exit leaves nothing to recover");
}

#[test]
fn a_recovered_session_that_is_not_wanted_is_forgotten() {
    let home = tempfile::tempdir().expect("a folder");
    drop(window(home.path(), Some("penguins")));
    let mut after = window(home.path(), None);
    click(&mut after, "Discard penguins.csv and penguins-xgboost");
    assert!(!shows(&after, "Candor ended unexpectedly"));
    drop(after);
    assert!(!shows(&window(home.path(), None), "Candor ended unexpectedly"));
}

#[test]
fn a_model_trained_before_a_crash_comes_back() {
    let home = tempfile::tempdir().expect("a folder");
    let mut before = window(home.path(), Some("penguins"));
    let target = app(&before).session().data().and_then(|d| d.find("species")).expect("a target");
    let (learner, seed) = ("decision-tree".to_owned(), candor::base::Seed(1));
    command(&mut before, Command::Train { learner, target, knobs: Vec::new(), seed });
    let sha256 = app(&before).session().model().expect("trained").card().sha256.clone();
    drop(before);
    let mut after = window(home.path(), None);
    after.get_by_label_contains("Restore penguins.csv").click();
    after.run_steps(6);
    let card = app(&after).session().model().expect("restored").card();
    assert_eq!((&card.sha256, &card.path), (&sha256, &None));
}

#[test]
fn a_comparison_and_pins_before_a_crash_come_back() {
    let home = tempfile::tempdir().expect("a folder");
    let mut before = window(home.path(), Some("penguins"));
    let target = app(&before).session().data().and_then(|d| d.find("species")).expect("a target");
    let seed = candor::base::Seed(1);
    for learner in ["decision-tree", "random-forest"] {
        command(&mut before, Command::Train { learner: learner.to_owned(), target, knobs: Vec::new(), seed });
        // The first one stays as challenger; the one in its place before that was written, too, and is no longer needed.
        if learner == "decision-tree" {
            command(&mut before, Command::KeepAsChallenger);
        }
    }
    command(&mut before, Command::WhatIf(Edit::Start(Start::Row(candor::base::RowId(3)))));
    command(&mut before, Command::WhatIf(Edit::Pin("kept".to_owned())));
    let both = |window: &Window| {
        let session = app(window).session();
        [session.model(), session.challenger().map(|c| c.opened())].map(|m| m.map(|m| m.card().sha256.clone()))
    };
    let models = both(&before);
    assert!(models.iter().all(Option::is_some) && models[0] != models[1]);
    drop(before);
    assert_eq!(journals(home.path()), 3, "a journal and the two models that were trained");
    let mut after = window(home.path(), None);
    after.get_by_label_contains("Restore penguins.csv").click();
    after.run_steps(6);
    assert_eq!(app(&after).session().problems(), []);
    assert_eq!(both(&after), models);
    let of = app(&after).session().what_if().expect("a row was edited");
    assert_eq!((of.name(), of.pins().len(), &*of.pins()[0].name), ("Row 3", 1, "kept"));
    assert!(of.pins()[0].predictions.is_some());
    eframe::App::on_exit(after.state_mut().as_mut().expect("the window is there"), None);
    assert_eq!(journals(home.path()), 0);
}

#[test]
fn after_two_failed_starts_the_look_is_the_usual_one() {
    let home = tempfile::tempdir().expect("a folder");
    std::fs::write(home.path().join("view.json"), r#"{"zoom":3.0,"inspector":false,"author":"Ada"}"#).expect("written");
    std::fs::create_dir_all(home.path().join("starts")).expect("a folder");
    for start in ["1.start", "2.start"] {
        std::fs::write(home.path().join("starts").join(start), "").expect("written");
    }
    let mut careful = window(home.path(), None);
    assert!(shows(&careful, "Candor ended twice while starting"));
    let view = app(&careful).view();
    assert!((view.zoom - 1.0).abs() < f32::EPSILON && view.inspector);
    assert_eq!(view.author, "Ada", "what was typed is no look");
    click(&mut careful, "Understood");
    assert!(!shows(&careful, "Candor ended twice while starting"));
    drop(careful);
    assert!(!shows(&window(home.path(), None), "Candor ended twice while starting"), "it started well");
}

#[test]
fn closing_asks_once_when_something_would_be_lost() {
    let home = tempfile::tempdir().expect("a folder");
    let mut harness = window(home.path(), Some("penguins"));
    wish_to_close(&mut harness);
    assert!(!shows(&harness, "Discard"), "nothing was decided");
    command(&mut harness, Command::SetThreshold(0.75));
    wish_to_close(&mut harness);
    assert!(shows(&harness, "Save this session?"));
    click(&mut harness, "Cancel");
    assert!(!shows(&harness, "Discard"));
    wish_to_close(&mut harness);
    let file = home.path().join("penguins.candor");
    click(&mut harness, "Save");
    answer(&mut harness, &file);
    assert!(file.is_file(), "it was saved before leaving");
    assert!(!app(&harness).session().is_changed());
    wish_to_close(&mut harness);
    assert!(!shows(&harness, "Discard"), "it is saved");
}

#[test]
fn a_session_saved_with_keys_opens_as_it_was() {
    let home = tempfile::tempdir().expect("a folder");
    let mut harness = window(home.path(), Some("penguins"));
    command(&mut harness, Command::SelectOutput(1));
    click(&mut harness, "Local");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    harness.run_steps(4);
    assert!(shows(&harness, "Copy table and model into the file"));
    let file = home.path().join("work");
    answer(&mut harness, &file);
    let file = file.with_extension("candor");
    assert_eq!(app(&harness).session().file(), Some(&*file));
    command(&mut harness, Command::SelectOutput(2));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    harness.run_steps(4);
    assert!(!app(&harness).session().is_changed(), "the second time nothing is asked");
    let options = RunOptions { files: vec![file], ..RunOptions::default() };
    let mut again = super::ui_tree::window(options);
    again.run_steps(10);
    assert_eq!(app(&again).session().output(), 2);
    assert_eq!(app(&again).view().screen, ScreenId::Local);
    assert!(app(&again).session().attribution().is_some());
}

#[test]
fn a_step_is_chosen_in_the_list_of_steps() {
    let home = tempfile::tempdir().expect("a folder");
    let mut harness = window(home.path(), Some("penguins"));
    command(&mut harness, Command::SelectOutput(1));
    command(&mut harness, Command::SetThreshold(0.75));
    command(&mut harness, Command::SelectOutput(2));
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::H);
    harness.run_steps(4);
    click(&mut harness, "Go to Decision threshold 0.75");
    assert_eq!((app(&harness).session().output(), app(&harness).session().redo_name().is_some()), (1, true));
    click(&mut harness, "Go to At the beginning");
    assert_eq!(app(&harness).session().output(), 0);
    let unnamed = harness.unnamed_widgets();
    assert!(unnamed.is_empty(), "{unnamed:#?}");
}
