//! Asking for files without ever blocking: the system's dialog on its own thread, and a field to type a path where no
//! dialog is available.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use eframe::egui;
use egui::{Id, Key, Modal, RichText, TextEdit};

use crate::base::text;
use crate::data::read::READERS;
use crate::model::load::LOADERS;
use crate::session::{Command, Export, is_session};

use super::desk::{Cx, Wish};
use super::keeper;
use super::room;
use super::style::{self, HALF, STEP};
use super::widget::card;

/// A dialog that answers sooner than a person can had no way to show itself.
const NO_DIALOG: Duration = Duration::from_millis(400);

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A table to read.
    Table,
    /// A model to read.
    Model,
    /// A model to compare with the open one.
    Challenger,
    /// A session to open, or any other file.
    Session,
    /// A file that the open session misses.
    Missing,
}

impl What {
    fn title(self) -> &'static str {
        match self {
            Self::Table => "Open a table",
            Self::Model => "Open a model",
            Self::Challenger => "Open a model to compare",
            Self::Session => "Open a session",
            Self::Missing => "Locate a missing file",
        }
    }

    /// Usual endings of the files, each once, a session's last.
    fn endings(self) -> Vec<&'static str> {
        let mut all: Vec<&'static str> = match self {
            Self::Table => READERS.iter().flat_map(|reader| reader.endings()).copied().collect(),
            Self::Model | Self::Challenger => LOADERS.iter().flat_map(|loader| loader.endings()).copied().collect(),
            Self::Session | Self::Missing => Vec::new(),
        };
        let mut seen = BTreeSet::new();
        all.retain(|ending| seen.insert(*ending));
        all.push("candor");
        all
    }
}

/// A dialog that is open in the system.
#[derive(Default)]
pub(crate) struct Dialogs {
    waiting: Option<(Receiver<Option<PathBuf>>, Instant, Goal)>,
    /// Whether places are typed in the window only.
    typed: bool,
}

impl Dialogs {
    /// No dialogs of the system: places are typed.
    pub(crate) fn typed() -> Self {
        Self { typed: true, ..Self::default() }
    }

    /// Whether the system's dialog is open.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }
}

enum Goal {
    Open(What),
    Save(Box<Export>, String),
    /// The session; whether table and model are copied into the file.
    Session(bool),
}

/// A question for a path, answered in the window.
pub(crate) struct PathPrompt {
    goal: Goal,
    text: String,
    note: &'static str,
    fresh: bool,
}

/// Asks for a file to open.
pub(crate) fn open(cx: &mut Cx<'_>, what: What) {
    if cx.desk.dialogs.waiting.is_some() {
        return;
    }
    if cx.desk.dialogs.typed {
        type_instead(cx, Goal::Open(what));
        return;
    }
    let dialog = rfd::AsyncFileDialog::new().set_directory(cx.view.start_folder());
    let dialog = match what {
        What::Table => dialog.set_title(what.title()).add_filter("Tables and sessions", &what.endings()),
        What::Model | What::Challenger => dialog.set_title(what.title()).add_filter("Models", &what.endings()),
        What::Session => dialog.set_title("Open a session").add_filter("Sessions", &["candor"]),
        What::Missing => dialog.set_title("Locate a missing file"),
    };
    let answer = dialog.add_filter("All files", &["*"]).pick_file();
    wait(cx, async move { answer.await.map(|f| f.path().to_owned()) }, Goal::Open(what));
}

/// Asks where to write; the field is in the window, the system's dialog one click away.
pub(crate) fn save(cx: &mut Cx<'_>, name: &str, what: Box<Export>) {
    let place = cx.view.start_folder().join(name);
    let note = "The ending of the file chooses the format.";
    let text = place.display().to_string();
    cx.desk.prompt = Some(PathPrompt { goal: Goal::Save(what, name.to_owned()), text, note, fresh: true });
}

/// Asks where to save the session.
pub(crate) fn save_session(cx: &mut Cx<'_>) {
    let note = "Table, model, decisions and results stay together in one file.";
    let (goal, text) = (Goal::Session(cx.session.has_copies()), session_place(cx));
    cx.desk.prompt = Some(PathPrompt { goal, text, note, fresh: true });
}

/// Where the session is, or where it would be called after its table.
fn session_place(cx: &Cx<'_>) -> String {
    let name = cx.session.data().map_or("session", |d| d.source().name.as_str());
    let name = Path::new(name).with_extension("candor");
    let place = cx.session.file().map_or_else(|| cx.view.start_folder().join(name), Path::to_owned);
    place.display().to_string()
}

fn wait(cx: &mut Cx<'_>, answer: impl Future<Output = Option<PathBuf>> + Send + 'static, goal: Goal) {
    let (sender, receiver) = sync_channel(1);
    let ctx = cx.ctx.clone();
    let work = move || {
        if sender.send(block_on(answer)).is_ok() {
            ctx.request_repaint();
        }
    };
    if std::thread::Builder::new().name("candor-dialog".to_owned()).spawn(work).is_ok() {
        cx.desk.dialogs.waiting = Some((receiver, Instant::now(), goal));
    }
}

/// Takes the answer of a dialog, when there is one.
pub(crate) fn poll(cx: &mut Cx<'_>) {
    let Some((receiver, asked, goal)) = cx.desk.dialogs.waiting.take() else { return };
    match receiver.try_recv() {
        Err(TryRecvError::Empty) => cx.desk.dialogs.waiting = Some((receiver, asked, goal)),
        Ok(Some(path)) => answer(cx, goal, path),
        Ok(None) | Err(TryRecvError::Disconnected) => {
            let unseen = asked.elapsed() < NO_DIALOG;
            if unseen {
                type_instead(cx, goal);
            }
        }
    }
}

fn type_instead(cx: &mut Cx<'_>, goal: Goal) {
    let note = "No file dialog is available here. Type a path, or drop a file into the window.";
    let text = match &goal {
        Goal::Open(_) => String::new(),
        Goal::Session(_) => session_place(cx),
        Goal::Save(_, name) => cx.view.start_folder().join(name).display().to_string(),
    };
    cx.desk.prompt = Some(PathPrompt { goal, text, note, fresh: true });
}

fn answer(cx: &mut Cx<'_>, goal: Goal, path: PathBuf) {
    match goal {
        Goal::Open(What::Missing) => cx.wish(Command::Relocate(path)),
        // Whatever its name says, a session is a session.
        Goal::Open(_) if is_session(&path) => cx.wishes.push(Wish::OpenFile(path)),
        Goal::Open(What::Session) => cx.wishes.push(Wish::OpenFile(path)),
        Goal::Session(copies) => {
            cx.view.folder = path.parent().map(Path::to_owned);
            keeper::save_to(cx, path, copies);
        }
        Goal::Open(What::Table) => {
            cx.wish(Command::OpenData(path, crate::data::read::ReadOptions::default()));
        }
        Goal::Open(What::Model) => {
            cx.wish(Command::OpenModel(path));
        }
        Goal::Open(What::Challenger) => {
            cx.wish(Command::OpenChallenger(path));
        }
        Goal::Save(what, _) => {
            cx.view.folder = path.parent().map(Path::to_owned);
            cx.wish(Command::Export(*what, path));
        }
    }
}

/// Shows the question for a path while there is one.
pub(crate) fn ui(ctx: &egui::Context, cx: &mut Cx<'_>) {
    let Some(mut prompt) = cx.desk.prompt.take() else { return };
    let (title, button) = match &prompt.goal {
        Goal::Open(what) => (what.title(), "Open"),
        Goal::Session(_) => ("Save the session", "Save"),
        Goal::Save(..) => ("Save", "Save"),
    };
    let mut done = Done::No;
    // Where the program was started from is no place that anybody thinks of.
    let folder = cx.view.start_folder();
    let modal = Modal::new(Id::unique("path prompt")).frame(card::front(ctx)).show(ctx, |ui| {
        ui.set_width(room::width(ui.ctx(), 620.0));
        ui.label(style::heading(title));
        ui.add(egui::Label::new(RichText::new(prompt.note).weak()).wrap());
        ui.add_space(HALF);
        let edit = TextEdit::singleline(&mut prompt.text)
            .hint_text("Path of the file")
            .desired_width(f32::INFINITY)
            .margin(egui::Margin::symmetric(10, 7));
        let response = ui.add(edit);
        if std::mem::take(&mut prompt.fresh) {
            response.request_focus();
        }
        let entered = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        exists_note(ui, &prompt.goal, &folder.join(prompt.text.trim()));
        if let Goal::Session(copies) = &mut prompt.goal {
            let hint = "The file then opens on another machine; without copies it refers to the files where they are";
            ui.checkbox(copies, "Copy table and model into the file").on_hover_text(hint);
            results(ui, cx);
        }
        ui.add_space(STEP);
        ui.horizontal(|ui| {
            let ready = !prompt.text.trim().is_empty();
            if (card::primary_enabled(ui, button, ready).clicked() || entered) && ready {
                done = Done::Yes;
            }
            if ui.button("Browse…").clicked() {
                done = Done::Browse;
            }
            if ui.button("Cancel").clicked() {
                done = Done::Cancelled;
            }
        });
    });
    if modal.should_close() {
        done = Done::Cancelled;
    }
    match done {
        Done::No => cx.desk.prompt = Some(prompt),
        Done::Cancelled => {}
        Done::Yes => answer(cx, prompt.goal, folder.join(prompt.text.trim())),
        Done::Browse => browse(cx, prompt),
    }
}

/// Whether the file keeps the results, where there are some.
fn results(ui: &mut egui::Ui, cx: &mut Cx<'_>) {
    let bytes = cx.session.answers_bytes();
    if bytes == 0 {
        return;
    }
    let mut keeps = cx.session.keeps_answers();
    let label = format!("Keep the results in the file (about {})", text::bytes(bytes));
    let hint = "They then need not be computed again when the session is opened";
    if ui.checkbox(&mut keeps, label).on_hover_text(hint).changed() {
        cx.wish(Command::KeepAnswers(keeps));
    }
}

enum Done {
    No,
    Yes,
    Browse,
    Cancelled,
}

fn exists_note(ui: &mut egui::Ui, goal: &Goal, path: &Path) {
    let known = path.parent().is_none_or(|p| p.as_os_str().is_empty() || p.is_dir());
    let text = match goal {
        Goal::Save(..) | Goal::Session(_) if !known => "This folder does not exist yet",
        Goal::Save(..) | Goal::Session(_) if path.is_file() => "The file is there already and will be replaced",
        _ => " ",
    };
    ui.label(style::small(text));
}

fn browse(cx: &mut Cx<'_>, prompt: PathPrompt) {
    match prompt.goal {
        goal if cx.desk.dialogs.typed => type_instead(cx, goal),
        Goal::Open(what) => open(cx, what),
        Goal::Session(copies) => {
            let place = session_place(cx);
            let name = Path::new(&place).file_name().unwrap_or_default().to_string_lossy();
            let dialog = rfd::AsyncFileDialog::new().set_title("Save the session").set_file_name(name);
            let picked = dialog.add_filter("Sessions", &["candor"]).set_directory(cx.view.start_folder()).save_file();
            wait(cx, async move { picked.await.map(|f| f.path().to_owned()) }, Goal::Session(copies));
        }
        Goal::Save(what, name) => {
            let dialog = rfd::AsyncFileDialog::new().set_title("Save").set_file_name(&name);
            let picked = dialog.set_directory(cx.view.start_folder()).save_file();
            wait(cx, async move { picked.await.map(|f| f.path().to_owned()) }, Goal::Save(what, name));
        }
    }
}

/// Files dropped into the window are opened by their content.
pub(crate) fn dropped(cx: &mut Cx<'_>) {
    let files = cx.ctx.input(|i| i.raw.dropped_files.clone());
    for path in files.into_iter().map(|f| f.path().to_owned()) {
        cx.wishes.push(Wish::OpenFile(path));
    }
}

/// Shows that files may be let go here.
pub(crate) fn hover_ui(ui: &egui::Ui) {
    if ui.input(|i| i.raw.hovered_files.is_empty()) {
        return;
    }
    let skin = style::skin(ui);
    let area = ui.ctx().content_rect();
    let painter = ui.ctx().layer_painter(egui::LayerId::new(egui::Order::Foreground, Id::unique("drop")));
    painter.rect_filled(area, 0.0, skin.window.gamma_multiply(0.85));
    painter.rect_stroke(area.shrink(12.0), 12.0, egui::Stroke::new(2.0, skin.accent), egui::StrokeKind::Inside);
    let font = egui::FontId::new(22.0, style::strong_family());
    painter.text(area.center(), egui::Align2::CENTER_CENTER, "Drop a table, a model or a session", font, skin.text);
}

/// Waits for a future on the calling thread.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_a_future_that_is_woken_from_elsewhere_ends() {
        let mut calls = 0;
        let value = block_on(std::future::poll_fn(move |cx| {
            calls += 1;
            if calls < 3 {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(calls)
        }));
        assert_eq!(value, 3);
    }
}
