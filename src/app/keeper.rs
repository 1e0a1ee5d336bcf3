//! Keeping the document: journal and recovery, the window's title, and the list of steps.

use std::path::{Path, PathBuf};

use eframe::egui;
use egui::{Id, Modal, ViewportCommand};

use crate::session::{Command, Session};

use super::desk::Cx;
use super::dialogs;
use super::journal::{Journal, Recovered, Starts, dead};
use super::leaving::{self, Leaving, Then, holds};
use super::room;
use super::style::{self, HALF};
use super::view::ViewState;
use super::widget::card;

/// Frames without a job after which a start has succeeded.
const QUIET: u32 = 4;

/// What the window shows about keeping; part of the desk.
#[derive(Default)]
pub(crate) struct State {
    /// Sessions that ended unexpectedly.
    pub(crate) offers: Vec<Recovered>,
    /// Whether the start was careful, because the ones before it failed.
    pub(crate) careful: bool,
    /// An offer being restored, and how many sessions had been opened before.
    restoring: Option<(usize, u64)>,
    pub(crate) leaving: Leaving,
    /// Whether the list of steps is open.
    pub(crate) history_open: bool,
    /// How many opened sessions have had their say about the view.
    seen_view: u64,
    title: String,
}

impl State {
    /// The first session that is opened does not change how the window looks.
    pub(crate) fn keep_view(&mut self) {
        self.seen_view = 1;
    }
}

/// The journal of this window and the note about its start; nothing without a settings folder.
#[derive(Default)]
pub(crate) struct Keeper {
    journal: Option<Journal>,
    starts: Option<Starts>,
    quiet: u32,
}

impl Keeper {
    /// Looks for what earlier windows left; a careful start resets how the window looks.
    pub(crate) fn begin(view: &mut ViewState, state: &mut State) -> Self {
        let Some(home) = view.home().map(Path::to_owned) else { return Self::default() };
        let starts = Starts::begin(&home.join("starts"));
        state.careful = starts.is_careful();
        if state.careful {
            view.reset_look();
        }
        let folder = home.join("journal");
        state.offers = dead(&folder);
        Self { journal: Journal::begin(&folder), starts: Some(starts), quiet: 0 }
    }

    /// Called before every frame, after news was taken in.
    pub(crate) fn tick(&mut self, ctx: &egui::Context, session: &Session, state: &mut State) {
        if let Some(journal) = &mut self.journal {
            journal.note(session);
        }
        if let Some((index, before)) = state.restoring {
            let running = session.is_opening();
            let restored = session.opened_count() > before;
            if restored && !session.is_incomplete() && index < state.offers.len() {
                let offer = state.offers.remove(index);
                match &mut self.journal {
                    Some(journal) => journal.retire(offer),
                    None => offer.discard(),
                }
            }
            if restored || !running {
                state.restoring = None;
            }
        }
        let title = title(session);
        if title != state.title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            state.title = title;
        }
        self.quiet = if session.jobs().is_empty() { self.quiet + 1 } else { 0 };
        if self.quiet < QUIET && self.starts.is_some() {
            ctx.request_repaint();
        } else if let Some(mut starts) = self.starts.take() {
            starts.succeeded();
        }
    }

    /// A clean exit.
    pub(crate) fn finish(&mut self) {
        if let Some(journal) = &mut self.journal {
            journal.finish();
        }
        if let Some(mut starts) = self.starts.take() {
            starts.succeeded();
        }
    }
}

/// The window's title: a mark for unsaved changes, the session's name or what is open.
fn title(session: &Session) -> String {
    let file = session.file().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let open = || {
        let table = session.data().map(|d| d.source().name.clone());
        let model = session.model().map(|m| m.card().name.clone());
        table.into_iter().chain(model).collect::<Vec<_>>().join(" and ")
    };
    let name = file.unwrap_or_else(open);
    let mark = if session.is_changed() { "● " } else { "" };
    if name.is_empty() { "Candor".to_owned() } else { format!("{mark}{name} – Candor") }
}

/// Saves where the session is, or asks for a place.
pub(crate) fn save(cx: &mut Cx<'_>) {
    match cx.session.file().map(Path::to_owned) {
        Some(path) => {
            let copies = cx.session.has_copies();
            save_to(cx, path, copies);
        }
        None => dialogs::save_session(cx),
    }
}

/// Saves to this place; a name without an ending becomes a session's.
pub(crate) fn save_to(cx: &mut Cx<'_>, mut path: PathBuf, copies: bool) {
    if path.extension().is_none() {
        path.set_extension("candor");
    }
    cx.view.remember(&path);
    let view = cx.view.session_text();
    cx.wish(Command::SaveSession { path, view, copies });
}

/// Restores an offer, unless unsaved work would go.
pub(crate) fn restore(cx: &mut Cx<'_>, index: usize) {
    if holds(cx.session, &mut cx.desk.keeping.leaving, Then::Restore(index)) {
        return;
    }
    restore_now(cx, index);
}

/// Restores an offer, whatever goes.
pub(crate) fn restore_now(cx: &mut Cx<'_>, index: usize) {
    let Some(offer) = cx.desk.keeping.offers.get(index) else { return };
    let document = Box::new(offer.document.clone());
    cx.desk.keeping.restoring = Some((index, cx.session.opened_count()));
    cx.wish(Command::Restore(document));
}

/// The question, the list of steps, and what follows from an opened session.
pub(crate) fn ui(ctx: &egui::Context, cx: &mut Cx<'_>) {
    if cx.desk.keeping.seen_view < cx.session.opened_count() {
        cx.desk.keeping.seen_view = cx.session.opened_count();
        let shown = cx.session.opened_view().cloned();
        cx.view.take_session_text(shown.as_deref().unwrap_or_default());
    }
    leaving::ui(ctx, cx);
    history(ctx, cx);
}

/// All steps, oldest first; a click goes there.
fn history(ctx: &egui::Context, cx: &mut Cx<'_>) {
    if !cx.desk.keeping.history_open {
        return;
    }
    let modal = Modal::new(Id::unique("history")).frame(card::front(ctx)).show(ctx, |ui| {
        ui.set_width(room::width(ctx, 440.0));
        ui.label(style::heading("History"));
        ui.label(style::small("Choose a step to go back or forward to it."));
        ui.add_space(HALF);
        let (done, all) = (cx.session.history().done_count(), cx.session.history().len());
        let mut chosen = None;
        let height = ui.spacing().interact_size.y + 8.0;
        let area =
            egui::ScrollArea::vertical().max_height(room::height(ctx, 190.0).min(420.0)).auto_shrink([false, true]);
        area.show_rows(ui, height, all + 1, |ui, shown| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for steps in shown {
                let name = steps.checked_sub(1).and_then(|i| cx.session.history().name(i));
                let name = name.unwrap_or("At the beginning").to_owned();
                let response = card::line(ui, steps == done, &format!("Go to {name}"), |ui| {
                    let text = egui::RichText::new(crate::base::text::shorten(&name, 52));
                    ui.label(if steps > done { text.weak() } else { text });
                    if steps == done {
                        ui.label(style::small("now"));
                    }
                });
                if response.clicked() {
                    chosen = Some(steps);
                }
            }
        });
        ui.add_space(HALF);
        (chosen, ui.button("Close").clicked())
    });
    let (chosen, closed) = modal.inner;
    if let Some(steps) = chosen {
        cx.wish(Command::Revisit(steps));
    }
    if closed || modal.should_close() {
        cx.desk.keeping.history_open = false;
    }
}
