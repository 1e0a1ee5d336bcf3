//! What lies open on the desk right now: half-typed texts, open panels, the last chart of each place. Nothing of it
//! is saved. Screens receive a [`Cx`] and leave wishes in it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use eframe::egui;

use crate::base::RowId;
use crate::session::{Command, Export, JobId, Session};

use super::dialogs::{Dialogs, PathPrompt};
use super::palette::PaletteState;
use super::plot::PlotStore;
use super::screen::{ScreenId, compare, data, global, local, model, report, start, train, what_if};
use super::view::ViewState;

/// What a screen, panel or action may read and wish.
pub(crate) struct Cx<'a> {
    /// The document, read only.
    pub(crate) session: &'a Session,
    /// Preferences.
    pub(crate) view: &'a mut ViewState,
    /// Transient state.
    pub(crate) desk: &'a mut Desk,
    /// What is wished in this frame, fulfilled after drawing.
    pub(crate) wishes: &'a mut Vec<Wish>,
    /// For repaints and the clipboard.
    pub(crate) ctx: egui::Context,
}

/// A wish of this frame.
pub(crate) enum Wish {
    /// To the session.
    Do(Command),
    /// An action by its id.
    Act(&'static str),
    /// To the session, without asking about unsaved work: that was answered.
    Granted(Command),
    /// A file to read, whatever it is.
    OpenFile(PathBuf),
    /// Asks for a place and writes there: file name proposed, what is written.
    Save(String, Box<Export>),
}

impl Cx<'_> {
    /// Wishes a change of the document.
    pub(crate) fn wish(&mut self, command: Command) {
        self.wishes.push(Wish::Do(command));
    }

    /// Wishes an action of the table.
    pub(crate) fn act(&mut self, id: &'static str) {
        self.wishes.push(Wish::Act(id));
    }

    /// Shows another screen.
    pub(crate) fn go(&mut self, screen: ScreenId) {
        self.view.screen = screen;
    }

    /// Selects a row everywhere.
    pub(crate) fn select_row(&mut self, row: RowId) {
        self.wish(Command::SelectRow(Some(row)));
    }

    /// Selects a feature everywhere.
    pub(crate) fn select_feature(&mut self, feature: usize) {
        self.wish(Command::SelectFeature(Some(feature)));
    }

    /// Asks for a place and writes there.
    pub(crate) fn save(&mut self, name: impl Into<String>, what: Export) {
        self.wishes.push(Wish::Save(name.into(), Box::new(what)));
    }

    /// Says something in the status bar.
    pub(crate) fn say(&mut self, text: impl Into<String>) {
        self.desk.said = Some((text.into(), Instant::now()));
    }
}

/// The panel at the foot of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drawer {
    /// Running jobs and written files.
    Jobs,
    /// What failed.
    Problems,
}

/// Transient state of the window.
#[derive(Default)]
pub(crate) struct Desk {
    pub(crate) palette: PaletteState,
    pub(crate) help_open: bool,
    pub(crate) settings: super::panel::settings::State,
    pub(crate) cohorts: super::panel::cohorts::State,
    pub(crate) drawer: Option<Drawer>,
    /// Whether the inspector lies over the screen, where there is no room for both.
    pub(crate) inspector_over: bool,
    /// A question for a path, answered by typing or by the system's dialog.
    pub(crate) prompt: Option<PathPrompt>,
    pub(crate) dialogs: Dialogs,
    pub(crate) plots: PlotStore,
    pub(crate) keeping: super::keeper::State,
    pub(crate) start: start::State,
    pub(crate) data: data::State,
    pub(crate) model: model::State,
    pub(crate) train: train::State,
    pub(crate) global: global::State,
    pub(crate) local: local::State,
    pub(crate) report: report::State,
    pub(crate) compare: compare::State,
    pub(crate) what_if: what_if::State,
    /// When each job's present stage began, for the time left.
    pub(crate) stages: BTreeMap<JobId, (&'static str, Instant)>,
    /// What was said last, and when.
    pub(crate) said: Option<(String, Instant)>,
    /// How many problems and written files have been noticed.
    pub(crate) problems_seen: usize,
    pub(crate) written_seen: usize,
    /// The table the state above belongs to.
    pub(crate) table: Option<Arc<crate::data::Dataset>>,
}
