//! The one question before unsaved work would go: when the window is closed, and when another table, model or session
//! would take a place.

use std::path::Path;

use eframe::egui;
use egui::{Id, Modal, ViewportCommand};

use crate::session::{Command, Opens, Replacement, Session, told};

use super::desk::{Cx, Wish};
use super::keeper;
use super::style::{self, GAP, HALF, STEP};
use super::widget::card;

/// What waits for the answer to the question about unsaved work.
#[derive(Clone, Debug)]
pub(crate) enum Then {
    /// The window closes.
    Close,
    /// These are opened, in this order; files dropped together wait together.
    Open(Vec<Command>),
    /// A session that ended unexpectedly takes the place of this one.
    Restore(usize),
}

/// Where the question about unsaved work stands.
#[derive(Clone, Debug, Default)]
pub(crate) enum Leaving {
    /// Nobody leaves.
    #[default]
    No,
    /// The question is on screen.
    Asked(Then),
    /// It was answered with saving; what waits goes on once that is done.
    Saving(Then),
    /// The window may close.
    Granted,
}

/// Whether leaving must wait for an answer; asks the question where it must.
pub(crate) fn holds(session: &Session, leaving: &mut Leaving, then: Then) -> bool {
    let asks = session.is_changed() && !matches!(leaving, Leaving::Granted);
    if asks {
        *leaving = Leaving::Asked(then);
    }
    asks
}

/// Whether what is to be opened must wait for an answer; asks the question where it must.
pub(crate) fn holds_open(session: &Session, leaving: &mut Leaving, command: &Command) -> bool {
    let Some(to) = replacement(session, command) else { return false };
    match leaving {
        // What is dropped together is opened together, or not at all.
        Leaving::Asked(Then::Open(waiting)) => waiting.push(command.clone()),
        _ if session.would_lose(to) => *leaving = Leaving::Asked(Then::Open(vec![command.clone()])),
        _ => return false,
    }
    true
}

/// What the command would replace. A file that cannot be told replaces nothing: opening it will say why.
fn replacement(session: &Session, command: &Command) -> Option<Replacement> {
    match command {
        Command::OpenSample(_) => Some(Replacement::Session),
        Command::OpenModel(_) => Some(Replacement::Model),
        Command::OpenChallenger(_) | Command::KeepAsChallenger | Command::CloseChallenger => {
            Some(Replacement::Challenger)
        }
        Command::OpenData(path, _) => {
            // Reading the same file with other choices is a wish about this table.
            let again = session.data().is_some_and(|open| open.source().path.as_ref() == Some(path));
            (!again).then_some(Replacement::Table)
        }
        // Nobody looks into a file while nothing could go, and never into a pipe, which might make a frame wait.
        Command::Open(path) if session.is_changed() && (path.is_file() || path.is_dir()) => {
            Some(match told(path).ok()? {
                Opens::Session => Replacement::Session,
                Opens::Model => Replacement::Model,
                Opens::Table => Replacement::Table,
            })
        }
        _ => None,
    }
}

/// Shows the question while it is asked, and goes on once it was answered.
pub(crate) fn ui(ctx: &egui::Context, cx: &mut Cx<'_>) {
    match cx.desk.keeping.leaving.clone() {
        Leaving::Asked(then) => question(ctx, cx, then),
        Leaving::Saving(then) if !is_saving(cx) => {
            if cx.session.is_changed() {
                // The place was not given, or could not be written.
                cx.desk.keeping.leaving = Leaving::No;
            } else {
                go_on(cx, then);
            }
        }
        _ => {}
    }
}

/// Whether the place is still asked for, or the session about to be written or being written.
fn is_saving(cx: &Cx<'_>) -> bool {
    let wished = cx.wishes.iter().any(|wish| matches!(wish, Wish::Do(Command::SaveSession { .. })));
    wished || cx.session.is_saving() || cx.desk.prompt.is_some() || cx.desk.dialogs.is_waiting()
}

fn question(ctx: &egui::Context, cx: &mut Cx<'_>, then: Then) {
    let name = cx.session.file().and_then(Path::file_name).map(|n| n.to_string_lossy().into_owned());
    let modal = Modal::new(Id::unique("leaving")).frame(card::front(ctx)).show(ctx, |ui| {
        ui.set_width(super::room::width(ctx, 460.0));
        let title = name.map_or_else(|| "Save this session?".to_owned(), |name| format!("Save changes to “{name}”?"));
        ui.add(egui::Label::new(style::heading(title)).wrap());
        ui.add_space(HALF);
        ui.add(egui::Label::new(reason(cx.session, &then)).wrap());
        ui.add_space(GAP);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = STEP;
            let save = card::primary(ui, "Save");
            // Enter saves, Tab leads to the other two.
            if ui.memory(|m| m.focused().is_none()) {
                save.request_focus();
            }
            (save.clicked(), ui.button("Discard").clicked(), ui.button("Cancel").clicked())
        })
        .inner
    });
    let (saves, discards, cancels) = modal.inner;
    if saves {
        cx.desk.keeping.leaving = Leaving::Saving(then);
        keeper::save(cx);
    } else if discards {
        go_on(cx, then);
    } else if cancels || modal.should_close() {
        cx.desk.keeping.leaving = Leaving::No;
    }
}

/// What is unsaved, and why it matters now.
fn reason(session: &Session, then: &Then) -> &'static str {
    match then {
        Then::Close if session.holds_unsaved_model() => {
            "The model trained here is in no file yet. It goes when the window closes."
        }
        Then::Close => "Decisions or results of this session are in no file yet. They go when the window closes.",
        Then::Open(_) if session.holds_unsaved_model() => {
            "The model trained here is in no file yet. It goes when something else takes its place."
        }
        Then::Open(_) | Then::Restore(_) => {
            "Decisions or results of this session are in no file yet. They go when something else takes their place."
        }
    }
}

fn go_on(cx: &mut Cx<'_>, then: Then) {
    cx.desk.keeping.leaving = Leaving::No;
    match then {
        Then::Close => {
            cx.desk.keeping.leaving = Leaving::Granted;
            cx.ctx.send_viewport_cmd(ViewportCommand::Close);
        }
        Then::Open(commands) => cx.wishes.extend(commands.into_iter().map(Wish::Granted)),
        Then::Restore(index) => keeper::restore_now(cx, index),
    }
}
