//! The processor's part of a frame: the real window over a large explained table, laid out and tessellated without a
//! display. Jobs run between frames, so that what is measured is what a person would feel.
//!
//! `cargo bench --bench frames -- --rows 1000000 --trees 500`

#![expect(clippy::print_stdout, reason = "a measurement tells its numbers")]
#![allow(missing_docs, unused_crate_dependencies, dead_code, reason = "the shared part serves several measurements")]

mod made;

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use candor::app::{CandorApp, RunOptions, Runner, SCREENS, ViewState};
use candor::base::{RowId, RowSet};
use candor::data::Role;
use candor::session::{Command, Event, Job, Plan, RowChoice};
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
    picture: Picture,
}

/// Whether what is painted still changes.
#[derive(Default)]
struct Picture {
    watched: bool,
    sum: u64,
    /// When a frame last differed from the one before it.
    changed: Option<Instant>,
}

impl Picture {
    fn see(&mut self, output: &egui::FullOutput, primitives: &[egui::ClippedPrimitive]) {
        if !self.watched {
            return;
        }
        let mut hasher = DefaultHasher::new();
        for primitive in primitives {
            let egui::epaint::Primitive::Mesh(mesh) = &primitive.primitive else { continue };
            mesh.indices.hash(&mut hasher);
            for vertex in &mesh.vertices {
                let (at, colour) = (vertex.pos, vertex.color.to_array());
                (at.x.to_bits(), at.y.to_bits(), colour).hash(&mut hasher);
            }
        }
        let sum = hasher.finish();
        if sum != self.sum || !output.textures_delta.set.is_empty() {
            (self.sum, self.changed) = (sum, Some(Instant::now()));
        }
    }
}

impl Window {
    fn new(size: Vec2) -> Self {
        let ctx = egui::Context::default();
        let mut window = Self {
            ctx,
            app: None,
            aside: Aside::default(),
            size,
            time: 0.0,
            pointer: Pos2::ZERO,
            picture: Picture::default(),
        };
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
        let (begun, waited) = (Instant::now(), waited());
        let app = self.app.as_mut().expect("the window is open");
        let output = self.ctx.run_ui(input, |ui| {
            app.tick(ui.ctx());
            app.show(ui);
        });
        let primitives = self.ctx.tessellate(output.shapes.clone(), output.pixels_per_point);
        // What other threads and programs took from this one is no part of the frame's work; it is told apart.
        let (took, waited) = (begun.elapsed(), self::waited().saturating_sub(waited));
        WAITED.with_borrow_mut(|all| all.push(waited));
        let took = took.saturating_sub(waited);
        self.picture.see(&output, &primitives);
        drop(primitives);
        output.drop_without_applying_deltas();
        took
    }

    /// Frames and jobs in turn until nothing is left to do; the longest of these frames.
    fn settle(&mut self) -> Duration {
        let mut longest = Duration::ZERO;
        for _ in 0..40 {
            longest = longest.max(self.frame(Vec::new()));
            // What is computed beside jobs (densities, indexes, sort orders) has its time between frames, too.
            std::thread::sleep(Duration::from_millis(10));
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

    /// Frames while the pointer is dragged along `path`; with what follows from it in `after` frames.
    fn drag(&mut self, path: impl Iterator<Item = Pos2>, after: usize) -> Vec<Duration> {
        let mut path = path.peekable();
        let Some(start) = path.peek().copied() else { return Vec::new() };
        let button = |pos, pressed| egui::Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        let mut took = vec![self.point(start), self.frame(vec![button(start, true)])];
        took.extend(path.map(|at| self.point(at)).collect::<Vec<_>>());
        took.push(self.frame(vec![button(self.pointer, false)]));
        took.extend((0..after).map(|_| self.frame(Vec::new())));
        took
    }

    /// The session's selection, as a number of rows.
    fn selected(&self) -> usize {
        self.app.as_ref().and_then(|a| a.session().selection().map(|rows| rows.len())).unwrap_or(0)
    }

    /// What is on the screen, as screen readers are told.
    fn told(&mut self) -> Vec<(egui::accesskit::NodeId, egui::accesskit::Node)> {
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
        update.map_or_else(Vec::new, |update| update.nodes)
    }

    /// Where the widget with this label lies.
    fn find(&mut self, label: &str) -> Option<Pos2> {
        let nodes = self.told();
        let node = nodes.iter().find(|(_, n)| n.label() == Some(label))?;
        let area = node.1.bounds()?;
        Some(pos2(((area.x0 + area.x1) / 2.0) as f32, ((area.y0 + area.y1) / 2.0) as f32))
    }

    /// Whether a chart says that it shows a density instead of single dots.
    fn shows_density(&mut self) -> bool {
        let says = |text: Option<&str>| text.is_some_and(|text| text.contains("Density of"));
        self.told().iter().any(|(_, node)| says(node.label()) || says(node.value()))
    }
}

/// The keys of the screens, in the order of the rail.
const KEYS: [Key; 8] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8];

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
        let (what, begun) = (format!("{command:?}").chars().take(24).collect::<String>(), Instant::now());
        window.command(command);
        let frame = window.settle();
        longest = longest.max(frame);
        let [now, most] = memory();
        println!(
            "{what:<26} {:>7.1?}, longest frame {frame:>9.1?}, memory {now} MB, at most {most} MB",
            begun.elapsed()
        );
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
    during_a_job(&mut window, rows);
    report(TOTAL, ALL.with_borrow_mut(std::mem::take));
    report(WAITING, WAITED.with_borrow_mut(std::mem::take));
    let [now, most] = memory();
    println!("memory {now} MB, at most {most} MB");
}

const TOTAL: &str = "all frames";
const WAITING: &str = "beside: waiting for a processor";

/// Frames of every screen while an explanation runs on other threads.
fn during_a_job(window: &mut Window, rows: usize) {
    let plan = Plan { rows: RowChoice::Range(0, (rows / 10) as u32), ..Plan::default() };
    window.command(Command::SetPlan(plan));
    window.command(Command::Explain);
    let jobs = std::mem::take(&mut *window.aside.jobs.borrow_mut());
    let (sender, receiver) = sync_channel(1024);
    let work = move || {
        for job in jobs {
            job.run(&mut |event| drop(sender.send(event)));
        }
    };
    let work = std::thread::Builder::new().name("explaining".to_owned()).spawn(work).expect("a thread starts");
    let (mut took, mut k) = (Vec::new(), 0);
    while !work.is_finished() && k < 20_000 {
        window.aside.news.borrow_mut().extend(receiver.try_iter());
        took.push(match k % 50 {
            0 => window.key(KEYS[(k / 50) % KEYS.len()], Modifiers::COMMAND),
            _ => window.point(pos2(230.0 + (k * 37 % 700) as f32, 190.0 + (k * 23 % 520) as f32)),
        });
        window.settle_jobs();
        k += 1;
    }
    report("while a job runs, all screens", took);
    window.aside.news.borrow_mut().extend(receiver.try_iter());
    report("its answer arrives", vec![window.settle()]);
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
    on_chart(window, name);
    on_rows(window, name, rows);
}

/// Pans and zooms the chart in the middle of the screen, and draws a lasso in it.
fn on_chart(window: &mut Window, name: &str) {
    let Some(_) = window.find("Reset view") else { return };
    let middle = pos2(560.0, 480.0);
    let circle = |k: usize, r: f32| middle + r * Vec2::angled(k as f32 / 16.0);
    let panning = window.drag((0..150).map(|k| circle(k, 120.0)), 10);
    report(&format!("{name}: pan"), panning);
    let zoom = |k: usize| egui::Event::Zoom(if k < 60 { 1.06 } else { 1.0 / 1.06 });
    window.point(middle);
    let (mut dense, mut single) = (Vec::new(), Vec::new());
    for k in 0..120 {
        let took = window.frame(vec![zoom(k)]);
        if window.shows_density() { dense.push(took) } else { single.push(took) }
    }
    for (what, took) in [("zoom, density", dense), ("zoom", single)].into_iter().filter(|(_, took)| !took.is_empty()) {
        report(&format!("{name}: {what}"), took);
    }
    if let Some(at) = window.find("Reset view") {
        window.click(at);
    }
    window.settle();
    let Some(lasso) = window.find("Select by lasso") else { return };
    window.click(lasso);
    let drawing = window.drag((0..100).map(|k| circle(k, 150.0)), 0);
    report(&format!("{name}: draw a lasso"), drawing);
    let begun = Instant::now();
    while window.selected() == 0 && begun.elapsed() < Duration::from_secs(2) {
        window.frame(Vec::new());
    }
    println!("{name}: {} rows inside the lasso after {:?}", window.selected(), begun.elapsed());
    window.settle();
    if let Some(pan) = window.find("Pan") {
        window.click(pan);
    }
    window.command(Command::SelectRows(Arc::default()));
    window.settle();
}

/// Selects a tenth of all rows, several times over, and tells how long the picture goes on changing.
fn on_rows(window: &mut Window, name: &str, rows: usize) {
    let (mut took, mut shown) = (Vec::new(), Vec::new());
    window.picture.watched = true;
    for k in 0..10_u32 {
        let set = RowSet::that(rows, |row| row.0.wrapping_mul(2_654_435_761).wrapping_add(k) % 10 == 0);
        let (begun, set) = (Instant::now(), Arc::new(set));
        window.picture.changed = None;
        let apply = window.command(Command::SelectRows(set));
        took.push(apply + window.frame(Vec::new()));
        while begun.elapsed() < STILL + window.picture.changed.map_or(Duration::ZERO, |last| last - begun) {
            std::thread::sleep(Duration::from_millis(2));
            took.push(window.frame(Vec::new()));
        }
        shown.extend(window.picture.changed.map(|last| last - begun));
    }
    window.picture.watched = false;
    report(&format!("{name}: select a tenth"), took);
    if !shown.is_empty() {
        told(&format!("{name}: until a tenth is shown"), shown, 100.0);
    }
    window.command(Command::SelectRows(Arc::default()));
    window.settle();
}

/// A picture that has not changed for so long is finished.
const STILL: Duration = Duration::from_millis(150);

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

/// How long this thread has been ready and waited for a processor; zero where the system does not tell.
fn waited() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0))
}

thread_local! {
    /// What each frame waited for a processor.
    static WAITED: RefCell<Vec<Duration>> = const { RefCell::new(Vec::new()) };
    /// Every frame so far.
    static ALL: RefCell<Vec<Duration>> = const { RefCell::new(Vec::new()) };
}

fn report(what: &str, times: Vec<Duration>) {
    if what != TOTAL && what != WAITING {
        ALL.with_borrow_mut(|all| all.extend(&times));
    }
    told(what, times, 16.0);
}

fn told(what: &str, mut times: Vec<Duration>, limit: f64) {
    times.sort();
    let at = |share: f64| {
        let place = ((times.len() - 1) as f64 * share).ceil() as usize;
        times.get(place).map_or(0.0, |t| 1e3 * t.as_secs_f64())
    };
    let late = if at(1.0) > limit { format!("  above {limit} ms") } else { String::new() };
    println!("{what:<44} {:>8.2} {:>8.2} {:>8.2}{late}", at(0.5), at(0.99), at(1.0));
}
