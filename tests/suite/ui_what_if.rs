//! The what-if screen through its accessibility tree.

use candor::app::ScreenId;
use candor::base::RowId;
use candor::data::Value;
use candor::session::{ChartRequest, Command, Edit, Start};
use eframe::egui;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use super::ui_tree::{Window, app, click, command, credit, press, shows};

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
