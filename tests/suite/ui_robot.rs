//! A window that is driven by raw input, frame by frame, and read through its accessibility tree. Its jobs run between
//! frames, when the test wishes, so that the same events always give the same frames.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use candor::app::{CandorApp, RunOptions, Runner, ViewState};
use candor::base::Task;
use candor::session::{Command, Event, Job, Outcome, Session};
use eframe::egui;
use egui::accessibility::is_input;
use egui::accesskit;
use egui::{Key, Modifiers, PointerButton, Pos2, Rect, Vec2, pos2, vec2};

/// Something in the accessibility tree that can be acted on.
#[derive(Clone, Debug)]
pub struct Spot {
    /// Where it lies, in points.
    pub area: Rect,
    /// What it is.
    pub role: accesskit::Role,
    /// What it is called.
    pub name: String,
    /// Whether it can be used now.
    pub enabled: bool,
}

/// Jobs and their news, until the robot hands them on.
#[derive(Default)]
struct Desk {
    jobs: VecDeque<Job>,
    news: VecDeque<Event>,
    /// How many pieces of news the window may still take in this frame.
    allowed: usize,
    written: Vec<PathBuf>,
}

#[derive(Clone, Default)]
struct Later(Rc<RefCell<Desk>>);

impl Runner for Later {
    fn submit(&mut self, jobs: Vec<Job>) {
        self.0.borrow_mut().jobs.extend(jobs);
    }

    fn drain(&mut self) -> Vec<Event> {
        let mut desk = self.0.borrow_mut();
        let count = desk.allowed.min(desk.news.len());
        desk.allowed -= count;
        desk.news.drain(..count).collect()
    }
}

/// Cancels a job that takes longer than anybody would wait.
struct Patience(SyncSender<Option<Task>>);

impl Patience {
    fn new(longest: Duration) -> Self {
        let (sender, receiver) = sync_channel(1);
        let watch = move || watch(&receiver, longest);
        std::thread::Builder::new().name("patience".to_owned()).spawn(watch).expect("a thread starts");
        Self(sender)
    }
}

fn watch(receiver: &Receiver<Option<Task>>, longest: Duration) {
    while let Ok(begun) = receiver.recv() {
        let Some(task) = begun else { continue };
        if matches!(receiver.recv_timeout(longest), Err(RecvTimeoutError::Timeout)) {
            task.cancel();
        }
    }
}

/// A file let go over the window.
#[derive(Debug)]
pub struct Dropped(pub PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

/// The window and the hand that moves it.
pub struct Robot {
    ctx: egui::Context,
    app: CandorApp,
    desk: Later,
    patience: Patience,
    /// In pixels.
    pub size: Vec2,
    pub dark: bool,
    pub focused: bool,
    time: f64,
    spots: Vec<Spot>,
    /// Every text of the tree, and where what has a name lies.
    texts: Vec<String>,
    areas: Vec<(String, Rect)>,
    unnamed: Vec<String>,
    focus: Option<String>,
    /// Widgets that egui takes for one another.
    pub clashes: Vec<String>,
    pub copied: Option<String>,
    /// Input events so far.
    pub events: u64,
}

impl Robot {
    /// A window of 1280 × 800 pixels with settings in `home`.
    pub fn new(home: &Path, files: &[PathBuf]) -> Self {
        let mut view = ViewState::in_folder(home);
        view.folder = Some(home.join("out"));
        Self::with(view, &RunOptions { files: files.to_vec(), steady: true, ..RunOptions::default() })
    }

    pub fn with(view: ViewState, options: &RunOptions) -> Self {
        let ctx = egui::Context::default();
        ctx.enable_accesskit();
        // Two widgets with one name inside egui would take each other's clicks.
        ctx.options_mut(|options| options.warn_on_id_clash = true);
        let desk = Later::default();
        let app = CandorApp::new(&ctx, Box::new(desk.clone()), view, options);
        let mut robot = Self {
            ctx,
            app,
            desk,
            patience: Patience::new(Duration::from_secs(4)),
            size: vec2(1280.0, 800.0),
            dark: false,
            focused: true,
            time: 0.0,
            spots: Vec::new(),
            texts: Vec::new(),
            areas: Vec::new(),
            unnamed: Vec::new(),
            focus: None,
            clashes: Vec::new(),
            copied: None,
            events: 0,
        };
        robot.settle();
        robot
    }

    pub fn app(&self) -> &CandorApp {
        &self.app
    }

    pub fn session(&self) -> &Session {
        self.app.session()
    }

    /// What can be acted on now.
    pub fn spots(&self) -> &[Spot] {
        &self.spots
    }

    /// Widgets that can be acted on and have no name.
    pub fn unnamed(&self) -> &[String] {
        &self.unnamed
    }

    /// Every text in the tree.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Whether a text of the tree contains these words.
    pub fn shows(&self, words: &str) -> bool {
        self.texts.iter().any(|text| text.contains(words))
    }

    /// Files that were written, oldest first, since the last call.
    pub fn written(&mut self) -> Vec<PathBuf> {
        std::mem::take(&mut self.desk.0.borrow_mut().written)
    }

    /// The window's size in points.
    pub fn room(&self) -> Vec2 {
        self.size / self.ctx.zoom_factor()
    }

    /// One frame with these events; of what jobs have told, `news` pieces are taken in.
    fn draw(&mut self, events: Vec<egui::Event>, news: usize, dropped: Vec<egui::DroppedFileHandle>) {
        self.time += 1.0 / 30.0;
        self.desk.0.borrow_mut().allowed = news;
        let input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, self.room())),
            time: Some(self.time),
            events,
            dropped_files: dropped,
            focused: self.focused,
            system_theme: Some(if self.dark { egui::Theme::Dark } else { egui::Theme::Light }),
            ..Default::default()
        };
        let app = &mut self.app;
        let mut output = self.ctx.run_ui(input, |ui| {
            app.tick(ui.ctx());
            app.show(ui);
        });
        let shapes = std::mem::take(&mut output.shapes);
        self.clashes.extend(shapes.iter().filter_map(|clipped| clash(&clipped.shape)));
        drop(self.ctx.tessellate(shapes, output.pixels_per_point));
        for command in &output.platform_output.commands {
            if let egui::OutputCommand::CopyText(text) = command {
                self.copied = Some(text.clone());
            }
        }
        if let Some(update) = output.platform_output.accesskit_update.take() {
            self.read(&update);
        }
        output.drop_without_applying_deltas();
    }

    fn read(&mut self, update: &accesskit::TreeUpdate) {
        self.spots.clear();
        self.texts.clear();
        self.areas.clear();
        self.unnamed.clear();
        self.focus = None;
        for (id, node) in update.nodes.iter().filter(|(_, node)| !node.is_hidden()) {
            let label = node.label().filter(|l| !l.trim().is_empty());
            let beside = || node.labelled_by().iter().find_map(|id| told(update, *id));
            let name = label.or_else(beside).or_else(|| node.placeholder()).filter(|l| !l.trim().is_empty());
            self.texts.extend(label.map(str::to_owned));
            self.areas.extend(label.map(str::to_owned).zip(node.bounds().map(rect)));
            self.texts.extend(node.value().map(str::to_owned));
            if !is_input(node.role()) || node.is_read_only() {
                continue;
            }
            let Some(name) = name else {
                self.unnamed.push(format!("{:?} at {:?}", node.role(), node.bounds()));
                continue;
            };
            if *id == update.focus {
                self.focus = Some(name.to_owned());
            }
            if let Some(area) = node.bounds().map(rect) {
                let (role, enabled) = (node.role(), !node.is_disabled());
                self.spots.push(Spot { area, role, name: name.to_owned(), enabled });
            }
        }
    }

    /// One input event in a frame of its own.
    pub fn event(&mut self, event: egui::Event, news: usize) {
        self.events += 1;
        self.draw(vec![event], news, Vec::new());
    }

    /// Frames without input.
    pub fn frames(&mut self, count: usize) {
        (0..count).for_each(|_| self.draw(Vec::new(), usize::MAX, Vec::new()));
    }

    /// Lets a file go over the window.
    pub fn drop_file(&mut self, path: &Path) {
        self.events += 1;
        let file: egui::DroppedFileHandle = std::sync::Arc::new(Dropped(path.to_owned()));
        self.draw(Vec::new(), usize::MAX, vec![file]);
    }

    /// Gives the session a command, as a wish of the window would.
    pub fn command(&mut self, command: Command) {
        self.app.command(command);
    }

    /// How many jobs wait; paused ones among them.
    pub fn waiting(&self) -> usize {
        self.desk.0.borrow().jobs.len()
    }

    /// Runs the job at this place of the queue; a paused one goes on waiting.
    pub fn run_job(&mut self, place: usize) {
        let job = {
            let mut desk = self.desk.0.borrow_mut();
            let paused = |job: &Job| job.task.is_paused() && !job.task.is_cancelled();
            if desk.jobs.get(place).is_none_or(paused) {
                return;
            }
            desk.jobs.remove(place).expect("it was just there")
        };
        self.patience.0.send(Some(job.task.clone())).expect("the watch lives as long as the robot");
        let mut told = Vec::new();
        job.run(&mut |event| told.push(event));
        self.patience.0.send(None).expect("the watch lives as long as the robot");
        let mut desk = self.desk.0.borrow_mut();
        for event in &told {
            if let Ok(Outcome::Written(path) | Outcome::Saved(path)) = &event.outcome {
                desk.written.push(path.clone());
            }
        }
        desk.news.extend(told);
    }

    /// Frames and jobs in turn until nothing is left to do; paused jobs go on.
    pub fn settle(&mut self) {
        for round in 0..400 {
            for job in self.session().jobs() {
                job.task.set_paused(false);
            }
            while self.waiting() > 0 {
                self.run_job(0);
            }
            self.frames(2);
            let quiet = self.waiting() == 0 && self.desk.0.borrow().news.is_empty();
            if quiet && round > 2 {
                assert_eq!(self.session().jobs().len(), 0, "a job was forgotten: {:?}", self.session().jobs());
                return;
            }
        }
        panic!("the window never comes to rest: {:?}", self.session().jobs());
    }

    /// Presses and releases a key.
    pub fn key(&mut self, modifiers: Modifiers, key: Key) {
        for pressed in [true, false] {
            self.event(egui::Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }, usize::MAX);
        }
        self.frames(2);
    }

    /// Types a text into whatever has the keyboard.
    pub fn text(&mut self, text: &str) {
        self.event(egui::Event::Text(text.to_owned()), usize::MAX);
        self.frames(2);
    }

    /// Clicks on a point of the window.
    pub fn click_at(&mut self, at: Pos2) {
        self.event(egui::Event::PointerMoved(at), usize::MAX);
        for pressed in [true, false] {
            let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
            self.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers }, usize::MAX);
        }
        self.frames(2);
    }

    /// The first usable widget whose name is `name`.
    pub fn find(&self, name: &str) -> Option<Spot> {
        self.spots.iter().find(|spot| spot.enabled && spot.name == name).cloned()
    }

    /// Clicks on the widget of this name and waits for what follows.
    pub fn click(&mut self, name: &str) {
        let spot = self.find(name).unwrap_or_else(|| panic!("“{name}” is not there: {:#?}", self.names()));
        self.click_at(spot.area.center());
        self.settle();
    }

    /// Where the first thing lies whose name contains these words.
    pub fn area(&self, words: &str) -> Option<Rect> {
        self.areas.iter().find(|(name, _)| name.contains(words)).map(|(_, area)| *area)
    }

    /// What has the keyboard.
    pub fn focus(&self) -> Option<&str> {
        self.focus.as_deref()
    }

    /// Moves the keyboard to the widget of this name by Tab alone.
    pub fn tab_to(&mut self, name: &str) {
        let mut met = Vec::new();
        for _ in 0..200 {
            if self.focus() == Some(name) {
                return;
            }
            self.key(Modifiers::NONE, Key::Tab);
            met.push(self.focus().unwrap_or("nothing").to_owned());
        }
        panic!("Tab does not lead to “{name}”: {met:#?}");
    }

    /// The names of all widgets.
    pub fn names(&self) -> Vec<&str> {
        self.spots.iter().map(|spot| spot.name.as_str()).collect()
    }
}

fn rect(area: accesskit::Rect) -> Rect {
    let corner = |x: f64, y: f64| pos2(x as f32, y as f32);
    Rect::from_min_max(corner(area.x0, area.y0), corner(area.x1, area.y1))
}

/// The text of the node that labels another.
fn told(update: &accesskit::TreeUpdate, id: accesskit::NodeId) -> Option<&str> {
    let (_, node) = update.nodes.iter().find(|(other, _)| *other == id)?;
    node.label().or_else(|| node.value()).filter(|text| !text.trim().is_empty())
}

/// What egui writes over two widgets with one identity.
fn clash(shape: &egui::Shape) -> Option<String> {
    match shape {
        egui::Shape::Text(text) if text.galley.text().contains(" use of ") => Some(text.galley.text().to_owned()),
        egui::Shape::Vec(shapes) => shapes.iter().find_map(clash),
        _ => None,
    }
}
