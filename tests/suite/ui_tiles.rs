//! Arrangements of tiles through the accessibility tree: split, behind tabs, closed, reset, kept between starts.

use std::path::Path;

use candor::app::{RunOptions, ScreenId, ViewState};
use candor::base::RowId;
use candor::session::{Command, Edit};
use eframe::egui;
use egui::accesskit::Role;
use egui::{Event, Modifiers, Pos2};
use egui_kittest::kittest::Queryable as _;

use super::ui_tree::{Window, app, click, command, credit, shows, window_with};

/// What the alternative texts of charts begin with.
const WATERFALL: &str = "Waterfall chart of ";
const BAR: &str = "Bar chart of the mean absolute contribution of 8 features";

fn is_there(harness: &Window, label: &str) -> bool {
    harness.query_all_by_label(label).next().is_some()
}

/// Lets the marked tile show something, by its name in the list.
fn choose(harness: &mut Window, name: &str) {
    harness.get_by_role_and_label(Role::ComboBox, "Tile").click();
    harness.run_steps(4);
    let entry = harness.query_all_by_label(name).last().expect("the list has it");
    entry.click();
    harness.run_steps(6);
}

fn arrange(harness: &mut Window, how: &str) {
    click(harness, "Tiles");
    click(harness, how);
    harness.run_steps(4);
}

fn unnamed(harness: &Window) {
    let unnamed = harness.unnamed_widgets();
    assert!(unnamed.is_empty(), "{unnamed:#?}");
}

/// A window that keeps its preferences in `home`.
fn at(home: &Path, screen: ScreenId) -> Window {
    let options = RunOptions { sample: Some("credit".to_owned()), screen: Some(screen), ..RunOptions::default() };
    window_with(options, ViewState::in_folder(home))
}

#[test]
fn the_what_if_screen_is_split_tabbed_and_reset() {
    let mut harness = credit(ScreenId::WhatIf);
    for tab in ["Values", "Waterfall", "Force strip", "Pinned (0)", "Profiler"] {
        assert!(is_there(&harness, tab), "{tab}");
    }
    assert!(shows(&harness, WATERFALL) && !shows(&harness, BAR));
    click(&mut harness, "Force strip");
    assert!(!shows(&harness, WATERFALL) && shows(&harness, "Force strip of typical row"), "the other tab is in front");
    arrange(&mut harness, "Split below");
    assert!(shows(&harness, BAR), "the first chart that no tile showed");
    assert!(shows(&harness, "Force strip of typical row"), "beside the one that was there");
    arrange(&mut harness, "Add a tab");
    assert!(!shows(&harness, BAR), "another tab is before it");
    choose(&mut harness, "Profiler");
    assert!(shows(&harness, "How the") || shows(&harness, "The prediction as one column after the other"));
    unnamed(&harness);
    arrange(&mut harness, "Reset layout");
    assert!(shows(&harness, WATERFALL) && !shows(&harness, BAR) && is_there(&harness, "Pinned (0)"));
    assert!(shows(&harness, "Profile of age"));
}

#[test]
fn charts_of_the_table_stand_beside_the_edited_row() {
    let mut harness = credit(ScreenId::WhatIf);
    arrange(&mut harness, "Split to the right");
    choose(&mut harness, "Beeswarm");
    harness.run_steps(6);
    assert!(shows(&harness, "Beeswarm chart of the contributions") && shows(&harness, WATERFALL));
    let age = app(&harness).session().data().and_then(|d| d.find("age")).expect("the column is there");
    let value = candor::data::Value::Number(60.0);
    command(&mut harness, Command::WhatIf(Edit::Set { column: age, value, moving: false }));
    assert!(shows(&harness, "age = 60"), "the row’s chart follows");
    arrange(&mut harness, "Close this tile");
    assert!(!shows(&harness, "Beeswarm chart of the contributions"));
    // The cross of a tab says which one it closes.
    assert!(is_there(&harness, "Close tile Values") && !is_there(&harness, "Close"));
    click(&mut harness, "Close tile Force strip");
    harness.run_steps(4);
    assert!(!is_there(&harness, "Force strip") && !is_there(&harness, "Close tile Force strip"));
    assert!(shows(&harness, WATERFALL) && is_there(&harness, "Close tile Values"));
}

#[test]
fn every_tile_that_is_offered_fills_its_place() {
    for screen in [ScreenId::WhatIf, ScreenId::Compare] {
        let mut harness = credit(screen);
        command(&mut harness, Command::OpenChallenger(super::session::sample("models/credit-lightgbm.txt")));
        harness.run_steps(6);
        arrange(&mut harness, "Split to the right");
        for name in ["Beeswarm", "ROC curve", "Calibration", "Importance compared"] {
            choose(&mut harness, name);
            unnamed(&harness);
        }
    }
}

#[test]
fn an_arrangement_outlives_the_window() {
    let home = tempfile::tempdir().expect("a folder for the settings");
    let mut harness = at(home.path(), ScreenId::WhatIf);
    arrange(&mut harness, "Split to the right");
    assert!(shows(&harness, BAR));
    drop(harness);
    let mut again = at(home.path(), ScreenId::WhatIf);
    assert!(shows(&again, BAR) && shows(&again, WATERFALL), "the tiles are where they were");
    arrange(&mut again, "Reset layout");
    drop(again);
    let last = at(home.path(), ScreenId::WhatIf);
    assert!(!shows(&last, BAR) && shows(&last, WATERFALL));
}

#[test]
fn a_session_brings_its_arrangement_to_another_machine() {
    let home = tempfile::tempdir().expect("a folder for the settings");
    let mut harness = at(home.path(), ScreenId::Global);
    arrange(&mut harness, "Split to the right");
    let (path, view) = (home.path().join("split.candor"), app(&harness).view().clone());
    assert!(!view.layouts.is_empty());
    command(&mut harness, Command::SaveSession { path: path.clone(), view: view.session_text(), copies: true });
    harness.run_steps(4);
    let other = tempfile::tempdir().expect("a folder for other settings");
    let options = RunOptions { files: vec![path], ..RunOptions::default() };
    let mut again = window_with(options, ViewState::in_folder(other.path()));
    again.run_steps(4);
    assert_eq!(app(&again).view().screen, ScreenId::Global);
    assert_eq!(app(&again).view().layouts["global"], view.layouts["global"]);
}

#[test]
fn settings_from_before_and_damaged_ones_open_the_usual_arrangement() {
    let home = tempfile::tempdir().expect("a folder for the settings");
    let mut harness = at(home.path(), ScreenId::WhatIf);
    arrange(&mut harness, "Split to the right");
    drop(harness);
    let path = home.path().join("view.json");
    let kept = std::fs::read_to_string(&path).expect("the settings were written");
    let mut value: serde_json::Value = serde_json::from_str(&kept).expect("they are JSON");
    value["layouts"]["what-if"] = serde_json::json!({ "tree": 3 });
    value["layouts"]["compare"] = serde_json::json!([]);
    std::fs::write(&path, value.to_string()).expect("the folder can be written");
    let harness = at(home.path(), ScreenId::WhatIf);
    assert!(!shows(&harness, BAR) && shows(&harness, WATERFALL) && is_there(&harness, "Values"));
    drop(harness);
    std::fs::write(&path, kept.replace("\"values\"", "\"from-the-future\"")).expect("the folder can be written");
    let harness = at(home.path(), ScreenId::WhatIf);
    assert!(shows(&harness, "This part of the screen is no longer known") && shows(&harness, BAR));
    assert!(app(&harness).session().problems().is_empty());
}

#[test]
fn two_models_are_arranged_and_a_row_brings_its_chart() {
    let mut harness = credit(ScreenId::Compare);
    command(&mut harness, Command::OpenChallenger(super::session::sample("models/credit-lightgbm.txt")));
    harness.run_steps(6);
    assert!(is_there(&harness, "Metrics") && is_there(&harness, "Rows"));
    let flips = app(&harness).session().challenger().and_then(|c| c.differences()).expect("compared").flips.clone();
    let row: RowId = flips.expect("classes are decided")[0].row;
    harness.query_all_by_label_contains(&format!("Row {row}, ")).next().expect("the first of the list").click();
    harness.run_steps(6);
    assert!(shows(&harness, &format!("Waterfall chart of row {row}. The champion predicts")));
    arrange(&mut harness, "Split to the right");
    assert!(shows(&harness, &format!("Waterfall chart of row {row}. The champion predicts")));
    let more = harness.query_all_by_label("More for this chart").count();
    assert!(more >= 1, "a narrow chart has a menu");
    arrange(&mut harness, "Reset layout");
    assert!(shows(&harness, "Bar chart of the mean absolute contribution of 8 features in two models"));
    unnamed(&harness);
}

#[test]
fn charts_stand_beside_the_table() {
    let mut harness = credit(ScreenId::Data);
    assert!(shows(&harness, "Order of rows"), "the rows are in front");
    click(&mut harness, "Columns and roles");
    assert!(shows(&harness, "Column checking_account") && !shows(&harness, "Order of rows"));
    arrange(&mut harness, "Split to the right");
    choose(&mut harness, "Beeswarm");
    harness.run_steps(6);
    assert!(shows(&harness, "Column checking_account") && shows(&harness, "Beeswarm chart of the contributions"));
    harness.key_press(egui::Key::Slash);
    harness.run_steps(6);
    assert!(shows(&harness, "Order of rows") && shows(&harness, "Beeswarm chart of the contributions"));
    unnamed(&harness);
    arrange(&mut harness, "Reset layout");
    assert!(shows(&harness, "Order of rows") && !shows(&harness, "Beeswarm chart of the contributions"));
}

/// A drag of the primary button.
fn drag(harness: &mut Window, from: Pos2, to: Pos2) {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    for event in [
        Event::PointerMoved(from),
        button(from, true),
        Event::PointerMoved(from.lerp(to, 0.3)),
        Event::PointerMoved(from.lerp(to, 0.7)),
        Event::PointerMoved(to),
        button(to, false),
    ] {
        harness.event(event);
        harness.run_steps(2);
    }
    harness.run_steps(4);
}

#[test]
fn a_tile_is_moved_by_its_tab_and_resized_by_its_edge() {
    let home = tempfile::tempdir().expect("a folder for the settings");
    let mut harness = at(home.path(), ScreenId::WhatIf);
    let tab = harness.get_by_label("Force strip").rect().center();
    let profiler = harness.get_by_label("Profiler").rect();
    drag(&mut harness, tab, Pos2::new(profiler.left() + 300.0, profiler.bottom() + 90.0));
    assert!(shows(&harness, WATERFALL) && shows(&harness, "Force strip of typical row"), "both are in view");
    let values = |harness: &Window| harness.get_by_label("Waterfall").rect().left();
    let before = values(&harness);
    // The gap between tiles is six points wide.
    let edge = Pos2::new(before - 3.0, 300.0);
    drag(&mut harness, edge, edge + egui::vec2(90.0, 0.0));
    let after = values(&harness);
    assert!((60.0..=120.0).contains(&(after - before)), "from {before} to {after}");
    drop(harness);
    let again = at(home.path(), ScreenId::WhatIf);
    assert!(shows(&again, "Force strip of typical row") && (values(&again) - after).abs() < 1.0);
}
