//! The processor's part of a frame: the real window over a large explained table, laid out and tessellated without a
//! display. Jobs run between frames, so that what is measured is what a person would feel.
//!
//! `cargo bench --bench frames -- --rows 100000 --trees 100`

#![expect(clippy::print_stdout, reason = "a measurement tells its numbers")]
#![allow(missing_docs, unused_crate_dependencies, dead_code, reason = "the shared part serves several measurements")]

mod made;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use candor::app::{CandorApp, RunOptions, Runner, SCREENS, ViewState};
use candor::base::RowId;
use candor::data::Role;
use candor::session::{Command, Event, Job};
use eframe::egui;
use egui::{Key, Modifiers, PointerButton, Pos2, Vec2, pos2, vec2};
use made::{FEATURES, Made, argument, memory};

/// Jobs wait here until the measurement runs them, between frames.
#[derive(Clone, Default)]
struct Aside {
    jobs: Rc<RefCell<Vec<Job>>>,
    news: Rc<RefCell<Vec<Event>>>,
}

impl Runner for Aside {
    fn submit(&mut self, jobs: Vec<Job>) {
        self.jobs.borrow_mut().extend(jobs);
    }

    fn drain(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.news.borrow_mut())
    }
}

struct Window {
    ctx: egui::Context,
    app: Option<CandorApp>,
    aside: Aside,
    size: Vec2,
    time: f64,
    pointer: Pos2,
}

impl Window {
    fn new(size: Vec2) -> Self {
        let ctx = egui::Context::default();
        let mut window = Self { ctx, app: None, aside: Aside::default(), size, time: 0.0, pointer: Pos2::ZERO };
        let begun = Instant::now();
        let runner = Box::new(window.aside.clone());
        window.app = Some(CandorApp::new(&window.ctx, runner, ViewState::default(), &RunOptions::default()));
        let first = window.frame(Vec::new());
        println!("first frame {first:?}, {:?} after the window began", begun.elapsed());
        window
    }

    /// One frame with these events: absorbing, layout, tessellation.
    fn frame(&mut self, events: Vec<egui::Event>) -> Duration {
        self.time += 1.0 / 60.0;
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(Pos2::ZERO, self.size)),
            time: Some(self.time),
            events,
            ..Default::default()
        };
        let begun = Instant::now();
        let app = self.app.as_mut().expect("the window is open");
        let output = self.ctx.run_ui(input, |ui| {
            app.tick(ui.ctx());
            app.show(ui);
        });
        let primitives = self.ctx.tessellate(output.shapes.clone(), output.pixels_per_point);
        let took = begun.elapsed();
        drop(primitives);
        output.drop_without_applying_deltas();
        took
    }

    /// Frames and jobs in turn until nothing is left to do; the longest of these frames.
    fn settle(&mut self) -> Duration {
        let mut longest = Duration::ZERO;
        for _ in 0..40 {
            longest = longest.max(self.frame(Vec::new()));
            let jobs = std::mem::take(&mut *self.aside.jobs.borrow_mut());
            for job in jobs {
                let news = Rc::clone(&self.aside.news);
                let mut told = Vec::new();
                job.run(&mut |event| told.push(event));
                news.borrow_mut().extend(told);
            }
        }
        longest
    }

    fn command(&mut self, command: Command) -> Duration {
        let begun = Instant::now();
        self.app.as_mut().expect("the window is open").command(command);
        begun.elapsed()
    }

    fn key(&mut self, key: Key, modifiers: Modifiers) -> Duration {
        let event = |pressed| egui::Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
        self.frame(vec![
            egui::Event::ModifiersChanged(modifiers),
            event(true),
            event(false),
            egui::Event::ModifiersChanged(Modifiers::NONE),
        ])
    }

    fn point(&mut self, to: Pos2) -> Duration {
        self.pointer = to;
        self.frame(vec![egui::Event::PointerMoved(to)])
    }

    fn click(&mut self, at: Pos2) -> [Duration; 3] {
        let button = |pressed| egui::Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        [self.point(at), self.frame(vec![button(true)]), self.frame(vec![button(false)])]
    }

    fn scroll(&mut self, delta: Vec2) -> Duration {
        self.frame(vec![egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta,
            phase: egui::TouchPhase::Move,
            modifiers: Modifiers::NONE,
            source: egui::MouseWheelSource::Wheel,
        }])
    }

    /// Where the widget with this label lies.
    fn find(&mut self, label: &str) -> Option<Pos2> {
        self.ctx.enable_accesskit();
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(Pos2::ZERO, self.size)),
            ..Default::default()
        };
        let app = self.app.as_mut().expect("the window is open");
        let output = self.ctx.run_ui(input, |ui| app.show(ui));
        self.ctx.disable_accesskit();
        let update = output.platform_output.accesskit_update.clone();
        output.drop_without_applying_deltas();
        let nodes = update?.nodes;
        let node = nodes.iter().find(|(_, n)| n.label() == Some(label))?;
        let area = node.1.bounds()?;
        Some(pos2(((area.x0 + area.x1) / 2.0) as f32, ((area.y0 + area.y1) / 2.0) as f32))
    }
}

/// The keys of the screens, in the order of the rail.
const KEYS: [Key; 7] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7];

fn main() {
    let (rows, trees) = (argument("--rows", 100_000), argument("--trees", 100));
    let made = Made::new(rows, trees);
    let mut window = Window::new(vec2(1280.0, 800.0));
    window.settle();
    let mut longest = Duration::ZERO;
    let target = Command::SetRole(FEATURES + 1, Role::Target);
    let open = Command::OpenData(made.table(), Default::default());
    for command in [
        open,
        target,
        Command::OpenModel(made.model()),
        Command::Explain,
        Command::ask(candor::explain::Shape::Importance),
    ] {
        window.command(command);
        longest = longest.max(window.settle());
    }
    println!("{rows} rows × {} columns, {trees} trees; longest frame while all was computed {longest:?}", FEATURES + 2);
    println!("{:<34} {:>9} {:>9} {:>9}", "milliseconds of a frame", "median", "99 %", "longest");
    for (number, screen) in SCREENS.iter().enumerate() {
        let key = KEYS[number];
        let first = window.key(key, Modifiers::COMMAND);
        report(&format!("{}: first frame", screen.title()), vec![first]);
        let settled = window.settle();
        report(&format!("{}: charts arriving", screen.title()), vec![settled]);
        on_screen(&mut window, screen.title());
        for tab in tabs(screen.title()) {
            let Some(at) = window.find(tab) else { continue };
            let clicked = window.click(at);
            report(&format!("{}: to “{tab}”", screen.title()), clicked.to_vec());
            report(&format!("{}, {tab}: charts arriving", screen.title()), vec![window.settle()]);
            on_screen(&mut window, &format!("{}, {tab}", screen.title()));
        }
    }
    let switching = (0..300).map(|k| {
        let key = KEYS[k % KEYS.len()];
        window.key(key, Modifiers::COMMAND)
    });
    let switching = switching.collect();
    report("switching screens", switching);
    let [now, most] = memory();
    println!("memory {now} MB, at most {most} MB");
}

fn tabs(screen: &str) -> &'static [&'static str] {
    match screen {
        "Data" => &["Columns"],
        "Global" => &["Beeswarm", "Beeswarm", "Dependence of a feature", "Dependence", "Permutation importance"],
        _ => &[],
    }
}

/// Rests, scrolls, hovers, selects rows.
fn on_screen(window: &mut Window, name: &str) {
    let rest = (0..100).map(|_| window.frame(Vec::new())).collect();
    report(&format!("{name}: at rest"), rest);
    let path = |k: usize| pos2(230.0 + (k * 37 % 700) as f32, 190.0 + (k * 23 % 520) as f32);
    let hover = (0..200).map(|k| window.point(path(k))).collect();
    report(&format!("{name}: hover"), hover);
    window.point(pos2(560.0, 500.0));
    let scroll = (0..200).map(|k| window.scroll(vec2(0.0, if k < 150 { -90.0 } else { 60.0 }))).collect();
    report(&format!("{name}: scroll"), scroll);
    let rows = window.app.as_ref().and_then(|a| a.session().data().map(|d| d.row_count())).unwrap_or(1);
    let mut selected = Vec::new();
    for k in 0..60 {
        let row = RowId((k * 7919 % rows) as u32);
        let apply = window.command(Command::SelectRow(Some(row)));
        selected.push(apply + window.frame(Vec::new()));
        window.settle_jobs();
        selected.push(window.frame(Vec::new()));
    }
    report(&format!("{name}: select a row"), selected);
    window.settle();
}

impl Window {
    /// Runs what waits, without frames.
    fn settle_jobs(&mut self) {
        let jobs = std::mem::take(&mut *self.aside.jobs.borrow_mut());
        for job in jobs {
            let mut told = Vec::new();
            job.run(&mut |event| told.push(event));
            self.aside.news.borrow_mut().extend(told);
        }
    }
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| {
        let place = ((times.len() - 1) as f64 * share).ceil() as usize;
        times.get(place).map_or(0.0, |t| 1e3 * t.as_secs_f64())
    };
    let late = if at(1.0) > 16.0 { "  above 16 ms" } else { "" };
    println!("{what:<44} {:>8.2} {:>8.2} {:>8.2}{late}", at(0.5), at(0.99), at(1.0));
}
