//! A random hand: aimed at real widgets of the accessibility tree for depth, blind for what nobody thinks of.

use std::collections::VecDeque;

use candor::app::ACTIONS;
use candor::base::{Seed, Stream};
use eframe::egui;
use egui::{Event, Key, Modifiers, MouseWheelUnit, PointerButton, Pos2, Vec2, accesskit, pos2, vec2};

use super::super::ui_robot::{Robot, Spot};
use super::world::World;

/// Events kept for the report of a fault.
const KEPT: usize = 30;

/// Texts that fields are fed with.
const TEXTS: [&str; 24] = [
    "a",
    "age > 30",
    "age > 30 and housing = \"own\"",
    "housing = \"",
    "not (",
    "0",
    "1",
    "-1",
    "17",
    "3.5",
    "1e308",
    "1e999",
    "NaN",
    "999999999999999999999",
    "row 3",
    "age",
    "income",
    "é",
    "漢字テスト",
    "🙂👩‍👩‍👧‍👦",
    "\u{202e}rtl \u{200f}שלום",
    "a\nb\tc",
    "=1+1",
    "…",
];

const MODIFIERS: [Modifiers; 8] = [
    Modifiers::NONE,
    Modifiers::NONE,
    Modifiers::NONE,
    Modifiers::NONE,
    Modifiers::SHIFT,
    Modifiers::COMMAND,
    Modifiers::ALT,
    Modifiers::COMMAND.plus(Modifiers::SHIFT),
];

/// Keys that move and edit.
const EDITING: [Key; 16] = [
    Key::Tab,
    Key::Tab,
    Key::Enter,
    Key::Escape,
    Key::ArrowUp,
    Key::ArrowDown,
    Key::ArrowLeft,
    Key::ArrowRight,
    Key::Home,
    Key::End,
    Key::PageUp,
    Key::PageDown,
    Key::Delete,
    Key::Backspace,
    Key::Space,
    Key::F1,
];

/// Letters with a meaning somewhere, and some without.
const LETTERS: [(Key, &str); 12] = [
    (Key::A, "a"),
    (Key::P, "p"),
    (Key::R, "r"),
    (Key::L, "l"),
    (Key::X, "x"),
    (Key::Num0, "0"),
    (Key::Num1, "1"),
    (Key::Num9, "9"),
    (Key::Minus, "-"),
    (Key::Period, "."),
    (Key::Quote, "\""),
    (Key::Equals, "="),
];

/// Where a window may end up.
const SIZES: [Vec2; 8] = [
    vec2(300.0, 200.0),
    vec2(760.0, 480.0),
    vec2(900.0, 1400.0),
    vec2(1280.0, 800.0),
    vec2(1280.0, 800.0),
    vec2(1920.0, 1080.0),
    vec2(2560.0, 1440.0),
    vec2(2560.0, 300.0),
];

/// The random hand of one seed.
pub struct Hand {
    stream: Stream,
    log: VecDeque<String>,
    modifiers: Modifiers,
}

impl Hand {
    pub fn new(seed: u64) -> Self {
        Self { stream: Seed(seed).child("hand", 0), log: VecDeque::new(), modifiers: Modifiers::NONE }
    }

    /// Remembers a line for the report.
    pub fn note(&mut self, line: String) {
        self.log.push_back(line);
        if self.log.len() > KEPT {
            self.log.pop_front();
        }
    }

    /// The last events as text.
    pub fn last(&self) -> String {
        self.log.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.stream.below(from.len())].clone()
    }

    /// One thing a person might do: several events.
    pub fn act(&mut self, robot: &mut Robot, world: &World) {
        let asked = robot.spots().iter().any(|spot| spot.name == "Path of the file");
        match self.stream.below(100) {
            0..40 => self.aim(robot),
            40..48 => self.type_into(robot, asked),
            48..56 => self.click_blind(robot),
            56..61 => self.drag(robot),
            61..67 => self.wheel(robot),
            67..76 => self.shortcut(robot, asked),
            76..88 => self.edit(robot, asked),
            88..91 => self.answer(robot, asked),
            91..93 => self.around(robot),
            93..94 => self.let_go(robot, world),
            94..97 => self.put_right(robot, world),
            _ => self.wander(robot),
        }
        // Jobs run late, in any order, or not for a while.
        for _ in 0..self.stream.below(4) {
            let waiting = robot.waiting();
            if waiting > 0 {
                robot.run_job(self.stream.below(waiting));
            }
        }
        if self.stream.below(12) == 0 {
            robot.settle();
        }
    }

    /// One event, one frame, and what must hold after each.
    fn send(&mut self, robot: &mut Robot, event: Event, about: &str) {
        let mut said = format!("{}: {event:?} {about}", robot.events);
        if said.len() > 240 {
            said = said.chars().take(240).collect();
        }
        self.note(said);
        let news = if self.stream.below(3) == 0 { 1 } else { usize::MAX };
        robot.event(event, news);
        assert!(robot.unnamed().is_empty(), "widgets without a name: {:?}", robot.unnamed());
        assert!(robot.clashes.is_empty(), "widgets of one identity: {:?}", robot.clashes);
        let odd = robot.texts().iter().find(|text| is_odd(text));
        assert!(odd.is_none(), "a text that says nothing to people: {odd:?}");
    }

    fn at(&mut self, robot: &Robot) -> Pos2 {
        let room = robot.room();
        // Sometimes a little outside.
        let part = |stream: &mut Stream, long: f32| (stream.unit() as f32 * 1.04 - 0.02) * long;
        pos2(part(&mut self.stream, room.x), part(&mut self.stream, room.y))
    }

    fn spot(&mut self, robot: &Robot, wanted: impl Fn(&Spot) -> bool) -> Option<Spot> {
        // A sample of 50 000 rows is no small table.
        let fits = |spot: &&Spot| wanted(spot) && !spot.name.contains("Diamond");
        let spots: Vec<&Spot> = robot.spots().iter().filter(fits).collect();
        (!spots.is_empty()).then(|| (*self.pick(&spots)).clone())
    }

    fn press(&mut self, robot: &mut Robot, at: Pos2, (button, times): (PointerButton, usize), about: &str) {
        self.send(robot, Event::PointerMoved(at), about);
        let modifiers = self.modifiers;
        for _ in 0..times {
            for pressed in [true, false] {
                self.send(robot, Event::PointerButton { pos: at, button, pressed, modifiers }, about);
            }
        }
    }

    fn button(&mut self) -> (PointerButton, usize) {
        match self.stream.below(12) {
            0 => (PointerButton::Secondary, 1),
            1 => (PointerButton::Middle, 1),
            2 => (PointerButton::Primary, 2),
            3 => (PointerButton::Primary, 3),
            _ => (PointerButton::Primary, 1),
        }
    }

    fn aim(&mut self, robot: &mut Robot) {
        let Some(spot) = self.spot(robot, |_| true) else { return };
        let button = self.button();
        let held = if self.stream.below(6) == 0 { self.pick(&MODIFIERS) } else { Modifiers::NONE };
        self.hold(robot, held);
        self.press(robot, spot.area.center(), button, &spot.name);
        self.hold(robot, Modifiers::NONE);
    }

    fn click_blind(&mut self, robot: &mut Robot) {
        let (at, button) = (self.at(robot), self.button());
        let held = self.pick(&MODIFIERS);
        self.hold(robot, held);
        self.press(robot, at, button, "");
        self.hold(robot, Modifiers::NONE);
    }

    fn hold(&mut self, robot: &mut Robot, modifiers: Modifiers) {
        if self.modifiers != modifiers {
            self.modifiers = modifiers;
            self.send(robot, Event::ModifiersChanged(modifiers), "");
        }
    }

    fn drag(&mut self, robot: &mut Robot) {
        let spot = self.spot(robot, |_| true).filter(|_| self.stream.below(2) == 0);
        let from = spot.as_ref().map_or_else(|| self.at(robot), |spot| spot.area.center());
        let about = spot.map_or_else(String::new, |spot| spot.name);
        let button = if self.stream.below(6) == 0 { PointerButton::Secondary } else { PointerButton::Primary };
        let held = self.pick(&MODIFIERS);
        self.hold(robot, held);
        let modifiers = self.modifiers;
        self.send(robot, Event::PointerMoved(from), &about);
        self.send(robot, Event::PointerButton { pos: from, button, pressed: true, modifiers }, &about);
        let mut at = from;
        for _ in 0..2 + self.stream.below(6) {
            at = if self.stream.below(4) == 0 { self.at(robot) } else { at + self.step() };
            self.send(robot, Event::PointerMoved(at), "");
        }
        if self.stream.below(8) == 0 {
            self.send(robot, Event::PointerGone, "");
        }
        self.send(robot, Event::PointerButton { pos: at, button, pressed: false, modifiers }, "");
        self.hold(robot, Modifiers::NONE);
    }

    fn step(&mut self) -> Vec2 {
        80.0 * vec2(self.stream.unit() as f32 - 0.5, self.stream.unit() as f32 - 0.5)
    }

    fn wander(&mut self, robot: &mut Robot) {
        for _ in 0..1 + self.stream.below(4) {
            let at = self.at(robot);
            self.send(robot, Event::PointerMoved(at), "");
        }
    }

    fn wheel(&mut self, robot: &mut Robot) {
        let at = self.at(robot);
        self.send(robot, Event::PointerMoved(at), "");
        let modifiers = self.pick(&MODIFIERS);
        for _ in 0..1 + self.stream.below(4) {
            let event = match self.stream.below(5) {
                0 => Event::Zoom(self.stream.unit() as f32 * 1.5 + 0.4),
                _ => {
                    let unit = self.pick(&[MouseWheelUnit::Point, MouseWheelUnit::Line, MouseWheelUnit::Page]);
                    let delta = self.step();
                    let source = egui::MouseWheelSource::Unknown;
                    Event::MouseWheel { unit, delta, phase: egui::TouchPhase::Move, modifiers, source }
                }
            };
            self.send(robot, event, "");
        }
    }

    fn tap(&mut self, robot: &mut Robot, key: Key, modifiers: Modifiers) {
        for pressed in [true, false] {
            let event = Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
            self.send(robot, event, "");
        }
    }

    fn shortcut(&mut self, robot: &mut Robot, asked: bool) {
        if asked {
            return;
        }
        let all: Vec<egui::KeyboardShortcut> = ACTIONS.iter().flat_map(|a| a.keys.iter().copied()).collect();
        let chosen = self.pick(&all);
        self.tap(robot, chosen.logical_key, chosen.modifiers);
    }

    /// Keys of moving and editing; where a place for a file is asked for, only those that do not change it.
    fn edit(&mut self, robot: &mut Robot, asked: bool) {
        for _ in 0..1 + self.stream.below(5) {
            match self.stream.below(8) {
                0..3 if !asked => {
                    let (key, text) = self.pick(&LETTERS);
                    self.tap(robot, key, Modifiers::NONE);
                    self.send(robot, Event::Text(text.to_owned()), "");
                }
                3 if !asked => {
                    let event = self.pick(&[
                        Event::Copy,
                        Event::Cut,
                        Event::Ime(egui::ImeEvent::Preedit { text: "かな".to_owned(), active_range_chars: None }),
                        Event::Ime(egui::ImeEvent::Commit("仮名".to_owned())),
                    ]);
                    self.send(robot, event, "");
                }
                _ => {
                    let key = self.pick(&EDITING);
                    if asked && matches!(key, Key::Delete | Key::Backspace | Key::Space) {
                        continue;
                    }
                    let modifiers = self.pick(&MODIFIERS);
                    self.tap(robot, key, modifiers);
                }
            }
        }
    }

    fn type_into(&mut self, robot: &mut Robot, asked: bool) {
        use accesskit::Role::{MultilineTextInput, SpinButton, TextInput};
        let Some(spot) = self.spot(robot, |s| matches!(s.role, TextInput | MultilineTextInput | SpinButton)) else {
            return;
        };
        if asked {
            return;
        }
        let times = if spot.role == SpinButton { 2 } else { 1 };
        self.press(robot, spot.area.center(), (PointerButton::Primary, times), &spot.name);
        if self.stream.below(2) == 0 {
            self.tap(robot, Key::A, Modifiers::COMMAND);
        }
        let text = match self.stream.below(30) {
            0 => "long ".repeat(3_000),
            1 => "\u{1F600}".repeat(400),
            _ => self.pick(&TEXTS).to_owned(),
        };
        let event = if self.stream.below(3) == 0 { Event::Paste(text) } else { Event::Text(text) };
        self.send(robot, event, "");
        if self.stream.below(3) > 0 {
            self.tap(robot, Key::Enter, Modifiers::NONE);
        }
    }

    /// Answers the question for a place, where it is asked.
    fn answer(&mut self, robot: &mut Robot, asked: bool) {
        if !asked {
            return;
        }
        let Some(field) = self.spot(robot, |s| s.name == "Path of the file") else { return };
        self.press(robot, field.area.center(), (PointerButton::Primary, 1), &field.name);
        self.tap(robot, Key::A, Modifiers::COMMAND);
        let name =
            self.pick(&["a.csv", "b.json", "c.html", "d.candor", "e", "f.parquet", "no.such.ending", "g.svg", "h.png"]);
        self.send(robot, Event::Paste(name.to_owned()), "");
        self.tap(robot, Key::Enter, Modifiers::NONE);
    }

    /// The window itself: its size, its focus, the look of the system.
    fn around(&mut self, robot: &mut Robot) {
        match self.stream.below(4) {
            0 => robot.dark = !robot.dark,
            1 => {
                robot.focused = !robot.focused;
                self.send(robot, Event::WindowFocused(robot.focused), "");
            }
            2 => self.send(robot, Event::PointerGone, ""),
            _ => {
                robot.size = self.pick(&SIZES);
                self.note(format!("the window becomes {}", robot.size));
            }
        }
    }

    /// What a person does when nothing is there to be looked at: opens what is missing, and explains.
    fn put_right(&mut self, robot: &mut Robot, world: &World) {
        let file = match (robot.session().link(), robot.session().attribution()) {
            (Some(_), Some(_)) => return,
            (Some(_), None) => return self.tap(robot, Key::E, Modifiers::COMMAND),
            (None, _) => {
                let table = robot.session().data().is_none_or(|d| d.find("paid back").is_none());
                if table { &world.table } else { &world.model }
            }
        };
        self.note(format!("{}: {} is dropped", robot.events, file.display()));
        robot.drop_file(file);
    }

    fn let_go(&mut self, robot: &mut Robot, world: &World) {
        let file = self.pick(&world.files);
        self.note(format!("{}: {} is dropped", robot.events, file.display()));
        robot.drop_file(&file);
    }
}

/// Texts that only a programmer understands.
fn is_odd(text: &str) -> bool {
    ["Some(", "None)", "Err(", "Ok(", "use of widget ID", "{:?}", "unwrap"].iter().any(|odd| text.contains(odd))
}
