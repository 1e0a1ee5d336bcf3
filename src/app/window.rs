//! The window itself: starts, draws screens and panels, fulfils wishes after drawing, absorbs news before.

use std::path::PathBuf;
use std::time::Instant;

use eframe::egui;
use egui::{CentralPanel, Frame, Margin, Panel, Ui, Vec2};

use crate::session::{Command, Job, Session};

use super::action;
use super::desk::{Cx, Desk, Drawer, Wish};
use super::keeper::{self, Keeper};
use super::leaving::{self, Then};
use super::panel::{inspector, jobs, problems, rail, settings, status_bar, top_bar};
use super::runner::{Runner, ThreadRunner};
use super::shot::{Shot, ShotOptions};
use super::style::{self, GAP, HALF, STEP};
use super::view::{Look, ViewState};
use super::widget::card;
use super::{aside, dialogs, help, palette, room, screen};

/// How the window starts.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Files to open, told apart by their content.
    pub files: Vec<PathBuf>,
    /// A second model to compare with the first.
    pub challenger: Option<PathBuf>,
    /// A sample to open by id.
    pub sample: Option<String>,
    /// The renderer; `None` tries wgpu, then glow.
    pub renderer: Option<RendererChoice>,
    /// Light or dark for this start only.
    pub look: Option<Look>,
    /// The screen shown first.
    pub screen: Option<screen::ScreenId>,
    /// Width and height of the window in points.
    pub size: Option<(f32, f32)>,
    /// A picture to take instead of staying open.
    pub screenshot: Option<ShotOptions>,
    /// Whether the same events always give the same frames: places of files are typed, never asked by the system's
    /// dialogs, and what is computed aside is waited for.
    pub steady: bool,
}

/// What draws the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RendererChoice {
    /// Vulkan, Metal, DirectX 12.
    Wgpu,
    /// OpenGL.
    Glow,
}

/// The window could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// There is no display.
    #[error("there is no display to open a window on")]
    NoDisplay,
    /// No renderer works here.
    #[error("no window could be opened: {0}")]
    Renderer(String),
}

/// Opens the window and stays until it is closed. Must be called on the main thread.
pub fn run(options: &RunOptions) -> Result<(), AppError> {
    if !has_display() {
        return Err(AppError::NoDisplay);
    }
    let order = match options.renderer {
        Some(RendererChoice::Wgpu) => vec![eframe::Renderer::Wgpu],
        Some(RendererChoice::Glow) => vec![eframe::Renderer::Glow],
        None => vec![eframe::Renderer::Wgpu, eframe::Renderer::Glow],
    };
    let mut reasons = Vec::new();
    for renderer in order {
        match start(options, renderer) {
            Ok(()) => return Ok(()),
            Err(error) => reasons.push(format!("{renderer}: {error}")),
        }
    }
    Err(AppError::Renderer(reasons.join("; ")))
}

fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    !cfg!(all(unix, not(target_os = "macos"))) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

fn start(options: &RunOptions, renderer: eframe::Renderer) -> eframe::Result {
    let size = options.size.unwrap_or((1280.0, 800.0));
    let viewport = egui::ViewportBuilder::default()
        .with_title("Candor")
        .with_app_id("candor")
        .with_inner_size(Vec2::from(size))
        .with_min_inner_size([760.0, 480.0])
        .with_drag_and_drop(true);
    let native = eframe::NativeOptions { viewport, renderer, centered: true, ..Default::default() };
    let options = options.clone();
    eframe::run_native(
        "Candor",
        native,
        Box::new(move |cc| {
            let runner = ThreadRunner::new(&cc.egui_ctx);
            Ok(Box::new(CandorApp::new(&cc.egui_ctx, Box::new(runner), ViewState::load(), &options)))
        }),
    )
}

/// The whole window: one session, one runner, what is remembered and what lies open.
pub struct CandorApp {
    session: Session,
    runner: Box<dyn Runner>,
    view: ViewState,
    saved: ViewState,
    desk: Desk,
    keeper: Keeper,
    shot: Option<Shot>,
    look_now: Option<Look>,
    /// A model to compare with, until there is one that it can be compared with.
    challenger: Option<PathBuf>,
}

impl CandorApp {
    /// A window over an empty session; `options` say what to open first.
    pub fn new(ctx: &egui::Context, runner: Box<dyn Runner>, view: ViewState, options: &RunOptions) -> Self {
        style::install(ctx);
        let (mut view, mut desk) = (view, Desk::default());
        if options.steady {
            aside::wait_always(ctx);
            desk.dialogs = dialogs::Dialogs::typed();
        }
        let keeper = Keeper::begin(&mut view, &mut desk.keeping);
        let mut app = Self {
            session: Session::new(),
            runner,
            saved: view.clone(),
            view,
            desk,
            keeper,
            shot: options.screenshot.as_ref().map(Shot::new),
            look_now: options.look,
            challenger: options.challenger.clone(),
        };
        if let Some(sample) = &options.sample {
            app.view.screen = screen::ScreenId::Global;
            app.command(Command::OpenSample(sample.clone()));
        }
        for file in &options.files {
            app.view.remember(file);
            app.command(Command::Open(file.clone()));
        }
        if let Some(screen) = options.screen {
            // What was asked for counts more than how a session looked when it was saved.
            app.desk.keeping.keep_view();
            app.view.screen = screen;
        }
        app
    }

    /// The document, for those who only look.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What the window remembers.
    pub fn view(&self) -> &ViewState {
        &self.view
    }

    /// Gives the session a wish and its jobs to the runner.
    pub fn command(&mut self, command: Command) {
        let jobs = self.session.apply(command);
        self.submit(jobs);
    }

    fn submit(&mut self, jobs: Vec<Job>) {
        if !jobs.is_empty() {
            self.runner.submit(jobs);
        }
    }

    /// Takes in what has arrived; called before every frame.
    pub fn tick(&mut self, ctx: &egui::Context) {
        for _ in 0..64 {
            let news = self.runner.drain();
            if news.is_empty() {
                break;
            }
            for event in news {
                let jobs = self.session.absorb(event);
                self.submit(jobs);
            }
        }
        if self.session.model().is_some()
            && let Some(file) = self.challenger.take()
        {
            self.command(Command::OpenChallenger(file));
        }
        self.notice();
        self.keeper.tick(ctx, &self.session, &mut self.desk.keeping);
        self.closing(ctx);
        self.dress(ctx);
        let busy = !self.session.jobs().is_empty() || self.desk.plots.is_busy();
        if let Some(shot) = &mut self.shot {
            shot.tick(ctx, busy);
        }
    }

    /// A window with unsaved work closes after its question was answered.
    fn closing(&mut self, ctx: &egui::Context) {
        let wished = ctx.input(|i| i.viewport().close_requested()) && self.shot.is_none();
        if wished && leaving::holds(&self.session, &mut self.desk.keeping.leaving, Then::Close) {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
        }
    }

    /// Draws one frame and fulfils what was wished in it.
    pub fn show(&mut self, ui: &mut Ui) {
        let mut wishes = Vec::new();
        let ctx = ui.ctx().clone();
        let mut cx = Cx {
            session: &self.session,
            view: &mut self.view,
            desk: &mut self.desk,
            wishes: &mut wishes,
            ctx: ctx.clone(),
        };
        dialogs::poll(&mut cx);
        dialogs::dropped(&mut cx);
        // Windows in front take Escape and Enter before the shortcuts do.
        palette::ui(&ctx, &mut cx);
        dialogs::ui(&ctx, &mut cx);
        help::ui(&ctx, &mut cx);
        settings::ui(&ctx, &mut cx);
        keeper::ui(&ctx, &mut cx);
        for action in action::pressed(&ctx) {
            cx.act(action.id);
        }
        frame(ui, &mut cx);
        dialogs::hover_ui(ui);
        self.fulfil(wishes, &ctx);
        if self.view != self.saved {
            self.view.save();
            self.saved = self.view.clone();
            // Axes find their widths a frame after a tile has moved.
            ctx.request_repaint();
        }
    }

    fn fulfil(&mut self, wishes: Vec<Wish>, ctx: &egui::Context) {
        if !wishes.is_empty() {
            ctx.request_repaint();
        }
        for wish in wishes {
            match wish {
                Wish::Do(command) => self.unless_held(command),
                Wish::OpenFile(path) => self.unless_held(Command::Open(path)),
                Wish::Granted(command) => self.carry_out(command),
                Wish::Act(_) | Wish::Save(..) => self.act(wish, ctx),
            }
        }
    }

    /// Carries a wish out, unless unsaved work would go with it; then it waits for the answer.
    fn unless_held(&mut self, command: Command) {
        if !leaving::holds_open(&self.session, &mut self.desk.keeping.leaving, &command) {
            self.carry_out(command);
        }
    }

    fn carry_out(&mut self, command: Command) {
        match &command {
            Command::Open(path)
            | Command::OpenData(path, _)
            | Command::OpenModel(path)
            | Command::OpenChallenger(path) => self.view.remember(path),
            Command::OpenSample(_) => self.view.screen = screen::ScreenId::Global,
            _ => {}
        }
        self.command(command);
    }

    fn act(&mut self, wish: Wish, ctx: &egui::Context) {
        let mut wishes = Vec::new();
        let mut cx = Cx {
            session: &self.session,
            view: &mut self.view,
            desk: &mut self.desk,
            wishes: &mut wishes,
            ctx: ctx.clone(),
        };
        match wish {
            Wish::Act(id) => {
                if let Some(action) = action::find(id).filter(|a| (a.enabled)(&cx)) {
                    (action.run)(&mut cx);
                }
            }
            Wish::Save(name, what) => dialogs::save(&mut cx, &name, what),
            Wish::Do(_) | Wish::Granted(_) | Wish::OpenFile(_) => {}
        }
        // Actions wish commands and files, never other actions, so this ends.
        let more: Vec<Wish> = wishes.into_iter().filter(|w| !matches!(w, Wish::Act(_))).collect();
        if !more.is_empty() {
            self.fulfil(more, ctx);
        }
    }

    /// What a person should notice: new problems open their panel, written files are named.
    fn notice(&mut self) {
        let problems = self.session.problems().len();
        if problems > self.desk.problems_seen {
            self.desk.drawer = Some(Drawer::Problems);
        }
        self.desk.problems_seen = problems;
        let written = self.session.written();
        if written.len() > self.desk.written_seen
            && let Some(path) = written.last()
        {
            self.desk.said = Some((format!("Wrote {}", path.display()), Instant::now()));
        }
        self.desk.written_seen = written.len();
        let table = self.session.data();
        let same = match (table, &self.desk.table) {
            (Some(a), Some(b)) => a.source().sha256 == b.source().sha256,
            (None, None) => true,
            _ => false,
        };
        if !same {
            self.desk.table = table.cloned();
            self.desk.plots.clear();
            self.desk.data.grid.clear();
            self.desk.data.filter.clear();
            self.desk.local = screen::local::State::default();
            self.desk.compare = screen::compare::State::default();
            self.desk.train = screen::train::State::default();
            self.desk.what_if = screen::what_if::State::default();
        }
    }

    fn dress(&self, ctx: &egui::Context) {
        let theme = match self.look_now.filter(|_| self.view.look == self.saved.look).unwrap_or(self.view.look) {
            Look::System => egui::ThemePreference::System,
            Look::Light => egui::ThemePreference::Light,
            Look::Dark => egui::ThemePreference::Dark,
        };
        ctx.set_theme(theme);
        style::set_pair(ctx, self.view.pair);
        style::set_motion(ctx, self.view.motion);
        if (ctx.zoom_factor() - self.view.zoom).abs() > 1e-3 {
            ctx.set_zoom_factor(self.view.zoom);
        }
    }
}

impl eframe::App for CandorApp {
    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        self.tick(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.show(ui);
    }

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        self.view.save();
        self.keeper.finish();
        for job in self.session.jobs() {
            job.task.cancel();
        }
    }
}

fn bar(ui: &Ui, x: i8, y: i8) -> Frame {
    Frame::new().fill(style::skin(ui).bar).inner_margin(Margin::symmetric(x, y))
}

/// The panels around, the screen in the middle.
fn frame(ui: &mut Ui, cx: &mut Cx<'_>) {
    let skin = style::skin(ui);
    Panel::top("top bar").exact_size(56.0).frame(bar(ui, GAP as i8, STEP as i8)).show(ui, |ui| top_bar::ui(ui, cx));
    Panel::bottom("status bar")
        .exact_size(32.0)
        .frame(bar(ui, GAP as i8, HALF as i8 / 2))
        .show(ui, |ui| status_bar::ui(ui, cx));
    let narrow = room::is_narrow(ui.ctx());
    Panel::left("rail")
        .exact_size(if narrow { 60.0 } else { 148.0 })
        .resizable(false)
        .frame(bar(ui, STEP as i8, HALF as i8))
        .show(ui, |ui| rail::ui(ui, cx));
    let about_rows = match cx.view.screen {
        screen::ScreenId::Data | screen::ScreenId::Global => true,
        // This screen shows the row itself; the panel only helps where there is room for both.
        screen::ScreenId::Local => ui.available_width() > 1_400.0,
        _ => false,
    };
    let inspects = about_rows && cx.session.data().is_some();
    if cx.view.inspector && inspects && !narrow {
        let width = if ui.available_width() < 1_200.0 { 236.0 } else { 288.0 };
        let right = Panel::right("inspector").default_size(width).size_range(220.0..=460.0);
        right.frame(bar(ui, GAP as i8, GAP as i8 - 4)).show(ui, |ui| inspector::ui(ui, cx));
    }
    if cx.desk.drawer.is_some() {
        let bottom = Panel::bottom("drawer").default_size(190.0).size_range(100.0..=480.0).resizable(true);
        bottom.frame(bar(ui, GAP as i8, STEP as i8)).show(ui, |ui| drawer(ui, cx));
    }
    let screen = screen::get(cx.view.screen);
    let over = narrow && inspects && cx.desk.inspector_over;
    let middle = CentralPanel::default().frame(if over {
        bar(ui, GAP as i8, GAP as i8 - 4)
    } else {
        Frame::new().fill(skin.window)
    });
    middle.show(ui, |ui| match over {
        // With room for one column, the inspector lies where the screen is until it is hidden.
        true => inspector::ui(ui, cx),
        false => room::clipped(ui, |ui| {
            room::at_least(ui, screen.name(), screen.least(), |ui| screen.ui(ui, cx));
        }),
    });
}

fn drawer(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(mut open) = cx.desk.drawer else { return };
    let mut close = false;
    ui.horizontal(|ui| {
        card::segments(ui, &mut open, &[(Drawer::Problems, "Problems"), (Drawer::Jobs, "Jobs and files")]);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            close = card::quiet(ui, "Close").on_hover_text("Close this panel").clicked();
        });
    });
    egui::ScrollArea::vertical().auto_shrink(false).id_salt("drawer").show(ui, |ui| match open {
        Drawer::Jobs => jobs::ui(ui, cx),
        Drawer::Problems => problems::ui(ui, cx),
    });
    cx.desk.drawer = if close { None } else { Some(open) };
}
