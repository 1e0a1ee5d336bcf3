//! The window under random input: whatever is clicked, typed, dropped and resized, nothing panics, every widget has a
//! name, and the session that is left can be saved, reopened, undone and redone.
//!
//! `CANDOR_EVENTS=100000 CANDOR_SEEDS=20 cargo test --release --test suite -- ui_events` runs the long hunt;
//! `CANDOR_SEED=7` runs one seed.

mod hand;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use candor::app::ViewState;
use candor::session::{Command, Session};
use eframe::egui;
use egui::{Key, Modifiers};

use super::ui_robot::Robot;
use hand::Hand;
use world::World;

/// Events of the short hunt that runs with every test, and its seeds.
const EVENTS: u64 = 6_000;
const SEEDS: u64 = 4;

#[test]
fn random_input_leaves_no_panic_no_unnamed_widget_and_a_session_that_reopens() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (events, seeds) = (number("CANDOR_EVENTS").unwrap_or(EVENTS), number("CANDOR_SEEDS").unwrap_or(SEEDS));
    let chosen = match number("CANDOR_SEED") {
        Some(seed) => vec![seed],
        None => (0..seeds).collect(),
    };
    let world = World::new();
    let faults: Vec<String> = chosen.into_iter().filter_map(|seed| hunt(&world, seed, events / seeds).err()).collect();
    assert!(faults.is_empty(), "{} of {seeds} seeds failed\n\n{}", faults.len(), faults.join("\n\n"));
}

/// One seed: random input, then the end of the session as a person would see it.
fn hunt(world: &World, seed: u64, events: u64) -> Result<(), String> {
    let home = world.home(seed);
    let mut robot = Robot::new(&home, &[world.table.clone(), world.model.clone()]);
    let mut hand = Hand::new(seed);
    let ran = catch_unwind(AssertUnwindSafe(|| {
        while robot.events < events {
            hand.act(&mut robot, world);
        }
        hand.note("what follows the events".to_owned());
        leave(&mut robot, world, seed)
    }));
    let what = match ran {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(fault)) => fault,
        Err(payload) => {
            let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
            text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
        }
    };
    Err(format!("seed {seed}, event {}: {what}\nthe last events:\n{}", robot.events, hand.last()))
}

/// Saves, reopens in a fresh window, compares; then undoes everything and redoes it.
fn leave(robot: &mut Robot, world: &World, seed: u64) -> Result<(), String> {
    calm(robot)?;
    // A session that is opened is predicted; one in which that was stopped by hand is not.
    robot.command(Command::PredictAgain);
    robot.settle();
    for file in robot.written() {
        let inside = file.starts_with(world.folder());
        inside.then_some(()).ok_or_else(|| format!("{} was written outside the test's folder", file.display()))?;
    }
    let file = world.home(seed).join("left.candor");
    let view = robot.app().view().session_text();
    robot.command(Command::SaveSession { path: file.clone(), view, copies: false });
    robot.settle();
    if !file.is_file() {
        return Err(format!("the session was not saved: {:?}", robot.session().problems().last()));
    }
    let again = Robot::with(
        ViewState::in_folder(&world.home(seed)),
        &candor::app::RunOptions { files: vec![file], steady: true, ..Default::default() },
    );
    same_session(robot.session(), again.session())?;
    same_view(robot.app().view(), again.app().view())?;
    there_and_back(robot)
}

/// Lets go of everything and closes what lies in front.
fn calm(robot: &mut Robot) -> Result<(), String> {
    robot.focused = true;
    robot.event(egui::Event::PointerGone, usize::MAX);
    robot.settle();
    for _ in 0..12 {
        robot.key(Modifiers::NONE, Key::Escape);
        robot.settle();
    }
    let front = ["Discard", "Browse…", "Keep the cohort"].into_iter().find(|name| robot.find(name).is_some());
    front.map_or(Ok(()), |name| Err(format!("“{name}” is still in front after Escape")))
}

fn same_session(left: &Session, back: &Session) -> Result<(), String> {
    if !left.decisions().same(back.decisions()) {
        let part = left.decisions().change(back.decisions()).map(|part| part.id);
        return Err(format!("{part:?} came back otherwise: {:?} / {:?}", left.decisions(), back.decisions()));
    }
    let rows = |session: &Session| -> Vec<_> {
        session.cohorts().iter().map(|c| (c.name.clone(), c.rows.iter().collect::<Vec<_>>())).collect()
    };
    if rows(left) != rows(back) {
        return Err(format!("cohorts came back otherwise: {:?} / {:?}", rows(left), rows(back)));
    }
    // Answers that were not to be kept are not there; nothing else may be missing.
    let kept = left.keeps_answers();
    let open = |session: &Session| {
        let table = session.data().map(|d| d.source().sha256.clone());
        let model = session.opened().map(|m| m.card().sha256.clone());
        let explained = session.attribution().is_some() && !session.attribution_is_partial();
        let challenger = session.challenger().map(|c| c.opened().card().sha256.clone());
        // Without problems on screen, What-if begins by itself.
        let edited = session.document().what_if;
        let edited = Some(edited).filter(|_| left.what_if().is_some());
        (table, model, session.link().is_some(), explained && kept, challenger, edited)
    };
    if open(left) != open(back) {
        return Err(format!("another state came back: {:?} / {:?}", open(left), open(back)));
    }
    Ok(())
}

/// The parts of the view that a session and the settings folder keep. Arrangements that nobody changed follow the window,
/// where their screen shows them.
fn same_view(left: &ViewState, back: &ViewState) -> Result<(), String> {
    let parts = |view: &ViewState| {
        let kept: serde_json::Value = serde_json::from_str(&view.session_text()).unwrap_or_default();
        let own: Vec<_> = view.layouts.iter().filter(|(name, _)| kept["layouts"][name]["usual"].is_null()).collect();
        let mut rest = view.clone();
        rest.recent.clear();
        rest.layouts.clear();
        format!("{rest:?} {own:?}")
    };
    if parts(left) == parts(back) { Ok(()) } else { Err(format!("view {} / {}", parts(left), parts(back))) }
}

/// Undoes every step and redoes it; the end is the beginning.
fn there_and_back(robot: &mut Robot) -> Result<(), String> {
    let mut before = robot.session().decisions().clone();
    for (turn, command) in [Command::Redo, Command::Undo, Command::Redo].into_iter().enumerate() {
        let mut steps = 0;
        loop {
            let (undo, redo) = (robot.session().undo_name(), robot.session().redo_name());
            if (if matches!(command, Command::Undo) { undo } else { redo }).is_none() {
                break;
            }
            robot.command(command.clone());
            steps += 1;
            if steps % 16 == 0 {
                robot.settle();
            }
        }
        robot.settle();
        if turn == 0 {
            before = robot.session().decisions().clone();
        }
    }
    let after = robot.session().decisions();
    match before.change(after) {
        None => Ok(()),
        Some(part) => Err(format!("“{}” is another after undo and redo: {before:?} / {after:?}", part.id)),
    }
}
