//! The window by keyboard alone: Tab, arrows, Enter and shortcuts reach what every screen is for.

use candor::base::RowId;
use candor::session::Command;
use eframe::egui;
use egui::{Event, Key, Modifiers, PointerButton};

use super::ui_robot::Robot;

fn window() -> (Robot, tempfile::TempDir) {
    let home = tempfile::tempdir().expect("a folder");
    (Robot::new(home.path(), &[]), home)
}

fn credit() -> (Robot, tempfile::TempDir) {
    let (mut robot, home) = window();
    robot.command(Command::OpenSample("credit".to_owned()));
    robot.settle();
    (robot, home)
}

fn enter(robot: &mut Robot) {
    robot.key(Modifiers::NONE, Key::Enter);
    robot.settle();
}

#[test]
fn a_sample_is_opened_and_explained_by_keyboard() {
    let (mut robot, _home) = window();
    robot.tab_to("Open and explain the sample Credit applications");
    enter(&mut robot);
    assert!(robot.session().attribution().is_some());
    assert!(robot.shows("Bar chart of the mean absolute contribution of 8 features"));
}

#[test]
fn a_row_is_chosen_and_its_waterfall_read_by_keyboard() {
    let (mut robot, _home) = credit();
    robot.tab_to("Local");
    enter(&mut robot);
    robot.tab_to("Find a row");
    robot.text("17");
    enter(&mut robot);
    assert_eq!(robot.session().row(), Some(RowId(17)));
    assert!(robot.shows("Waterfall chart of row 17"));
    robot.tab_to("Next");
    enter(&mut robot);
    assert_eq!(robot.session().row(), Some(RowId(18)));
    assert!(robot.shows("Waterfall chart of row 18"));
}

#[test]
fn a_cohort_is_made_of_a_query_by_keyboard() {
    let (mut robot, _home) = credit();
    robot.key(Modifiers::COMMAND, Key::Num4);
    robot.tab_to("Select rows: age > 30 and job = clerk");
    robot.text("age < 30");
    robot.tab_to("Make a cohort");
    enter(&mut robot);
    assert_eq!(robot.focus(), Some("Name of the cohort"), "the keyboard goes on where something is asked");
    enter(&mut robot);
    let cohort = robot.session().cohort("age < 30").expect("it was kept");
    assert_eq!(cohort.rows.len(), 371);
}

#[test]
fn with_large_letters_tab_still_leads_to_every_screen_and_to_the_inspector() {
    let (mut robot, _home) = credit();
    for _ in 0..20 {
        robot.key(Modifiers::COMMAND, Key::Plus);
    }
    assert!((robot.app().view().zoom - 3.0).abs() < 1e-3, "three hundred percent");
    for screen in candor::app::SCREENS {
        robot.tab_to(screen.title());
        enter(&mut robot);
        assert_eq!(robot.app().view().screen, screen.id());
        let rail = robot.find(screen.title()).expect("the rail is there").area;
        assert!(rail.max.y <= robot.room().y - 32.0 && rail.max.x <= robot.room().x, "{rail:?} is out of reach");
        assert!(robot.clashes.is_empty() && robot.unnamed().is_empty(), "{:?} {:?}", robot.clashes, robot.unnamed());
    }
    robot.key(Modifiers::COMMAND, Key::Num4);
    assert!(robot.find("Hide").is_none(), "there is no room beside the screen");
    robot.key(Modifiers::COMMAND, Key::B);
    robot.click("Hide");
    assert!(robot.find("Hide").is_none() && robot.find("Feature importance").is_some());
}

#[test]
fn keys_choose_what_dragging_in_a_chart_does() {
    let (mut robot, _home) = credit();
    robot.key(Modifiers::COMMAND, Key::Num4);
    robot.settle();
    robot.click("Beeswarm");
    robot.settle();
    let area = robot.area("Beeswarm chart of the contributions").expect("the chart has its paragraph").shrink(3.0);
    // Only the rectangle and the lasso select; panning moves the view.
    for (key, selects) in [(Key::P, false), (Key::R, true), (Key::P, false), (Key::L, true)] {
        robot.key(Modifiers::NONE, Key::Escape);
        robot.event(Event::PointerMoved(area.center()), usize::MAX);
        robot.frames(2);
        robot.key(Modifiers::NONE, key);
        let corners = [area.left_top(), area.right_top(), area.right_bottom(), area.left_bottom(), area.left_center()];
        // A rectangle ends at the opposite corner, a lasso where it began.
        let way: &[egui::Pos2] = if key == Key::L { &corners } else { &corners[..3] };
        let press = |robot: &mut Robot, at, pressed| {
            let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
            robot.event(Event::PointerButton { pos: at, button, pressed, modifiers }, usize::MAX);
        };
        robot.event(Event::PointerMoved(way[0]), usize::MAX);
        press(&mut robot, way[0], true);
        way.iter().for_each(|to| robot.event(Event::PointerMoved(*to), usize::MAX));
        press(&mut robot, way[way.len() - 1], false);
        robot.settle();
        assert_eq!(robot.session().selection().is_some(), selects, "after {key:?}");
        robot.click("Reset view");
    }
}
