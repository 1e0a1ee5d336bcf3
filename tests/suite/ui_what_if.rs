//! The what-if screen through its accessibility tree.

use candor::app::{RunOptions, ScreenId};
use candor::base::RowId;
use candor::data::Value;
use candor::session::{ChartRequest, Command, Edit, Start};
use eframe::egui;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use super::ui_tree::{Window, app, click, command, credit, press, shows, window};

fn set(harness: &mut Window, column: &str, value: Value) {
    let column = app(harness).session().data().and_then(|d| d.find(column)).expect("the column is there");
    command(harness, Command::WhatIf(Edit::Set { column, value, moving: false }));
}

fn value(harness: &Window, column: &str) -> Value {
    let session = app(harness).session();
    let column = session.data().and_then(|d| d.find(column)).expect("the column is there");
    session.what_if().expect("it has begun").values()[column].clone()
}

fn predicted(harness: &Window) -> f64 {
    app(harness).session().what_if().and_then(|of| of.variant()).expect("answered").predictions[0]
}

#[test]
fn the_screen_begins_by_itself_and_shows_prediction_chart_and_profiler() {
    let harness = credit(ScreenId::WhatIf);
    assert!(shows(&harness, "Typical row of 1000 rows"));
    assert!(shows(&harness, "Waterfall chart of typical row"), "the chart’s paragraph is in the tree");
    assert!(shows(&harness, "threshold 50.0"), "the decision is said");
    assert!(shows(&harness, "Profile of age = 33"), "the profiler has a crosshair for each column");
    assert!(shows(&harness, "mean over 200 of 1000 rows"), "a mean over fewer rows is said");
    let unnamed = harness.unnamed_widgets();
    assert!(unnamed.is_empty(), "{unnamed:#?}");
}

#[test]
fn the_selected_row_is_edited_reset_and_undone_by_its_buttons_and_keys() {
    let mut harness = credit(ScreenId::Local);
    command(&mut harness, Command::SelectRow(Some(RowId(1))));
    click(&mut harness, "What-if…");
    harness.run_steps(6);
    assert_eq!(app(&harness).view().screen, ScreenId::WhatIf);
    assert_eq!(app(&harness).session().what_if().and_then(|of| of.row()), Some(RowId(1)));
    let before = predicted(&harness);
    set(&mut harness, "age", Value::Number(60.0));
    assert!(shows(&harness, "was 22") && shows(&harness, "Row 1, 1 value changed"));
    assert_ne!(predicted(&harness), before);
    click(&mut harness, "Reset age");
    assert_eq!((value(&harness, "age"), predicted(&harness)), (Value::Number(22.0), before));
    click(&mut harness, "Undo edit");
    assert_eq!(value(&harness, "age"), Value::Number(60.0));
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(value(&harness, "age"), Value::Number(22.0), "the key takes back edits here");
    click(&mut harness, "age is missing");
    assert_eq!(value(&harness, "age"), Value::Missing);
    click(&mut harness, "age is missing");
    assert_eq!(value(&harness, "age"), Value::Number(22.0), "the start’s value comes back");
}

#[test]
fn values_outside_the_data_are_marked_on_screen() {
    let mut harness = credit(ScreenId::WhatIf);
    assert!(!shows(&harness, "the data, which"));
    set(&mut harness, "age", Value::Number(90.0));
    assert!(shows(&harness, "Above the data, which end at 75"));
    set(&mut harness, "job", Value::Text("astronaut".to_owned()));
    assert!(shows(&harness, "The model has never seen this level"));
}

#[test]
fn pinned_variants_stand_side_by_side_and_load_with_a_click() {
    let mut harness = credit(ScreenId::WhatIf);
    command(&mut harness, Command::WhatIf(Edit::Start(Start::Row(RowId(1)))));
    set(&mut harness, "age", Value::Number(60.0));
    let sixty = predicted(&harness);
    command(&mut harness, Command::WhatIf(Edit::Pin("sixty".to_owned())));
    set(&mut harness, "age", Value::Number(30.0));
    click(&mut harness, "Pinned (1)");
    click(&mut harness, "sixty");
    assert_eq!((value(&harness, "age"), predicted(&harness)), (Value::Number(60.0), sixty));
    click(&mut harness, "Forget variant sixty");
    assert!(app(&harness).session().what_if().is_some_and(|of| of.pins().is_empty()));
}

#[test]
fn dragging_a_crosshair_moves_the_value_as_one_step() {
    let mut harness = credit(ScreenId::WhatIf);
    command(&mut harness, Command::WhatIf(Edit::Start(Start::Row(RowId(1)))));
    let area = harness.get_by_label_contains("Profile of credit_amount").rect();
    let at = |share: f32| egui::pos2(area.left() + area.width() * share, area.center().y);
    let button = |pos: egui::Pos2, pressed: bool| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    harness.event(egui::Event::PointerMoved(at(0.3)));
    harness.event(button(at(0.3), true));
    harness.run_steps(2);
    let mut seen = Vec::new();
    for share in [0.4, 0.5, 0.6] {
        harness.event(egui::Event::PointerMoved(at(share)));
        harness.run_steps(2);
        seen.push(value(&harness, "credit_amount"));
    }
    harness.event(button(at(0.6), false));
    harness.run_steps(4);
    let numbers: Vec<f64> = seen.iter().map(|v| if let Value::Number(v) = v { *v } else { f64::NAN }).collect();
    assert!(numbers.windows(2).all(|w| w[0] < w[1]), "the value follows the pointer: {numbers:?}");
    click(&mut harness, "Undo edit");
    assert_eq!(value(&harness, "credit_amount"), Value::Number(5951.0), "one movement, one step");
}

#[test]
fn the_chart_on_screen_comes_with_the_answer() {
    let mut harness = credit(ScreenId::WhatIf);
    let column = app(&harness).session().data().and_then(|d| d.find("age")).expect("the column is there");
    let app = harness.state_mut().as_mut().expect("the window is there");
    // Without a frame in between, so that no face can ask for it.
    app.command(Command::WhatIf(Edit::Set { column, value: Value::Number(50.0), moving: true }));
    app.tick(&egui::Context::default());
    let session = app.session();
    let plain = ChartRequest::of_variant("waterfall", 0);
    let found = (1..=20).any(|bars: usize| {
        let knobs = vec![("features".to_owned(), bars.to_string())];
        session.chart(&ChartRequest { knobs, ..plain.clone() }).is_some()
    });
    assert!(found && session.chart(&plain).is_none());
}

/// The credit table with a day, a moment and a long name, which the model does not read.
fn dated() -> (tempfile::TempDir, Window) {
    let folder = tempfile::tempdir().expect("a folder for the table");
    let path = folder.path().join("dated.csv");
    let table = std::fs::read_to_string(super::session::sample("credit.csv")).expect("the sample is there");
    let mut lines = table.lines();
    let mut dated = format!("{},applied_on,seen_at\n", lines.next().expect("a line of names"));
    for (row, line) in lines.enumerate() {
        let day = if row % 10 == 9 { String::new() } else { format!("2024-{:02}-{:02}", row % 12 + 1, row % 28 + 1) };
        dated += &format!("{line},{day},2024-03-01 {:02}:{:02}:00\n", row % 24, row % 60);
    }
    std::fs::write(&path, dated).expect("the folder can be written");
    let mut harness = window(RunOptions { screen: Some(ScreenId::WhatIf), ..RunOptions::default() });
    command(&mut harness, Command::Open(path));
    command(&mut harness, Command::OpenModel(super::session::sample("models/credit-xgboost.json")));
    command(&mut harness, Command::WhatIf(Edit::Start(Start::Row(RowId(1)))));
    (folder, harness)
}

/// The editor of a column, brought into view by the search field.
fn find(harness: &mut Window, column: &str) {
    harness.get_by_label("Find a column").focus();
    harness.run_steps(2);
    press(harness, Modifiers::COMMAND, Key::A);
    harness.event(egui::Event::Text(column.to_owned()));
    harness.run_steps(4);
}

/// Types a date into the field of the only column in view.
fn type_date(harness: &mut Window, text: &str) {
    harness.get_by_role_and_label(Role::TextInput, "applied_on").focus();
    harness.run_steps(2);
    press(harness, Modifiers::COMMAND, Key::A);
    harness.event(egui::Event::Text(text.to_owned()));
    harness.run_steps(2);
    press(harness, Modifiers::NONE, Key::Enter);
}

#[test]
fn a_date_is_typed_refused_in_words_and_taken_back() {
    let (_folder, mut harness) = dated();
    find(&mut harness, "applied");
    assert!(shows(&harness, "not read by the model"));
    let day = |harness: &Window| match value(harness, "applied_on") {
        Value::Date(millis) => candor::data::dates::iso(millis, true),
        other => format!("{other:?}"),
    };
    assert_eq!(day(&harness), "2024-02-02");
    let before = predicted(&harness);
    for (text, why) in [
        ("2024-02-31", "There is no such day or time; write it as 2024-12-31"),
        ("02/03/2024", "This can mean two days; write 2024-02-03 or 2024-03-02"),
        ("2024-02-03 10:30", "The column holds whole days"),
        ("yesterday", "This is no date"),
    ] {
        type_date(&mut harness, text);
        assert!(shows(&harness, why), "“{text}” is refused with “{why}”");
        assert_eq!(day(&harness), "2024-02-02", "the value stays");
        let typed = harness.get_by_role_and_label(Role::TextInput, "applied_on").value();
        assert_eq!(typed.as_deref(), Some(text), "what was typed stays");
    }
    type_date(&mut harness, "24.12.2025");
    assert_eq!(day(&harness), "2025-12-24");
    assert!(shows(&harness, "After the data, which end at 2024-12-28"));
    assert_eq!(predicted(&harness), before, "the model does not read it");
    click(&mut harness, "applied_on is missing");
    assert_eq!(value(&harness, "applied_on"), Value::Missing);
    click(&mut harness, "Undo edit");
    click(&mut harness, "Reset applied_on");
    assert_eq!(day(&harness), "2024-02-02");
    assert!(harness.unnamed_widgets().is_empty(), "{:#?}", harness.unnamed_widgets());
}

#[test]
fn a_what_if_begins_with_the_typical_row_of_a_cohort() {
    let mut harness = credit(ScreenId::WhatIf);
    let young = candor::session::CohortBy::Query("age < 25".to_owned());
    command(&mut harness, Command::SetCohort("young".to_owned(), young));
    click(&mut harness, "Start from…");
    click(&mut harness, "Typical row of the cohort young");
    harness.run_steps(4);
    let session = app(&harness).session();
    let rows = session.cohorts()[0].rows.clone();
    assert!(shows(&harness, &format!("Typical row of “young” ({} rows)", rows.len())));
    let data = session.data().expect("open");
    let column = data.find("age").expect("the column is there");
    let number = |row: RowId| match data.columns()[column].values.value(row.index()) {
        Value::Number(v) => v,
        other => panic!("ages are numbers, not {other:?}"),
    };
    let mut ages: Vec<f64> = rows.iter().map(number).collect();
    ages.sort_by(f64::total_cmp);
    assert_eq!(value(&harness, "age"), Value::Number(ages[(ages.len() - 1) / 2]));
}
