//! Everything a person can do, in one table: menus, palette, shortcuts and help read it.

use std::sync::Arc;

use eframe::egui;
use egui::{Key, KeyboardShortcut, Modifiers};

use crate::explain::Shape;
use crate::session::{Command, Edit, Export, WhatIf};

use super::desk::{Cx, Drawer};
use super::dialogs;
use super::keeper;
use super::panel::cohorts;
use super::screen::global;
use super::screen::global::asked;
use super::screen::{ScreenId, data, local, report, what_if};
use super::view::Look;

/// One thing that can be done.
pub struct Action {
    /// Stable kebab-case name.
    pub id: &'static str,
    /// What it does, a verb first; with an ellipsis when it asks more.
    pub title: &'static str,
    /// The menu it stands in.
    pub group: &'static str,
    /// Keys that do it; the first is shown.
    pub keys: &'static [KeyboardShortcut],
    pub(crate) enabled: fn(&Cx<'_>) -> bool,
    pub(crate) run: fn(&mut Cx<'_>),
}

impl Action {
    /// The title, with what would be undone or repeated now.
    pub(crate) fn title_now(&self, cx: &Cx<'_>) -> String {
        let step = match self.id {
            "undo" => cx.session.undo_name(),
            "redo" => cx.session.redo_name(),
            _ => None,
        };
        step.map_or_else(|| self.title.to_owned(), |step| format!("{}: {step}", self.title))
    }
}

const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
const PLAIN: Modifiers = Modifiers::NONE;

const fn key(modifiers: Modifiers, key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(modifiers, key)
}

const fn action(
    id: &'static str,
    (group, title): (&'static str, &'static str),
    keys: &'static [KeyboardShortcut],
    enabled: fn(&Cx<'_>) -> bool,
    run: fn(&mut Cx<'_>),
) -> Action {
    Action { id, title, group, keys, enabled, run }
}

fn always(_: &Cx<'_>) -> bool {
    true
}

fn linked(cx: &Cx<'_>) -> bool {
    cx.session.link().is_some()
}

fn explained(cx: &Cx<'_>) -> bool {
    cx.session.attribution().is_some() && !cx.session.attribution_is_partial()
}

fn compared(cx: &Cx<'_>) -> bool {
    cx.session.challenger().is_some()
}

fn met(cx: &Cx<'_>) -> bool {
    cx.session.challenger().is_some_and(|c| c.meeting().is_some())
}

fn has_table(cx: &Cx<'_>) -> bool {
    cx.session.data().is_some()
}

fn selected(cx: &Cx<'_>) -> bool {
    cx.session.selection().is_some()
}

fn anything(cx: &Cx<'_>) -> bool {
    cx.session.data().is_some() || cx.session.model().is_some() || cx.session.is_incomplete()
}

fn surprises(cx: &Cx<'_>) -> bool {
    cx.session.predictions().is_some_and(|p| !p.surprising.is_empty())
}

/// Whether the edited row is on screen and `holds` of it: there, undo and redo are about edits.
fn edits(cx: &Cx<'_>, holds: impl Fn(&WhatIf) -> bool) -> bool {
    cx.view.screen == ScreenId::WhatIf && cx.session.what_if().is_some_and(holds)
}

fn has_what_if(cx: &Cx<'_>) -> bool {
    cx.session.what_if().is_some()
}

/// Every action, in menu order.
pub static ACTIONS: &[Action] = &[
    action("open-table", ("File", "Open a table…"), &[key(CTRL, Key::O)], always, |cx| {
        dialogs::open(cx, dialogs::What::Table)
    }),
    action("open-model", ("File", "Open a model…"), &[key(CTRL_SHIFT, Key::O)], always, |cx| {
        dialogs::open(cx, dialogs::What::Model)
    }),
    action("open-challenger", ("File", "Open a model to compare…"), &[], linked, |cx| {
        cx.go(ScreenId::Compare);
        dialogs::open(cx, dialogs::What::Challenger);
    }),
    action("keep-as-challenger", ("File", "Compare the next model with this one"), &[], linked, |cx| {
        cx.wish(Command::KeepAsChallenger);
        cx.say("The next model is compared with this one");
    }),
    action("swap-challenger", ("File", "Swap champion and challenger"), &[], compared, |cx| {
        cx.wish(Command::SwapChallenger)
    }),
    action("close-challenger", ("File", "Close the challenger"), &[], compared, |cx| cx.wish(Command::CloseChallenger)),
    action("export-comparison", ("File", "Export comparison…"), &[], met, |cx| {
        cx.save("comparison.csv", Export::Comparison)
    }),
    action("open-session", ("File", "Open a session…"), &[], always, |cx| dialogs::open(cx, dialogs::What::Session)),
    action("save-session", ("File", "Save session"), &[key(CTRL, Key::S)], anything, keeper::save),
    action(
        "save-session-as",
        ("File", "Save session as…"),
        &[key(CTRL_SHIFT, Key::S)],
        anything,
        dialogs::save_session,
    ),
    action(
        "locate",
        ("File", "Locate a missing file…"),
        &[],
        |cx| cx.session.misses_a_file(),
        |cx| dialogs::open(cx, dialogs::What::Missing),
    ),
    action("export-attributions", ("File", "Export attributions…"), &[], explained, |cx| {
        cx.save("attributions.csv", Export::Attributions)
    }),
    action("export-predictions", ("File", "Export predictions…"), &[], linked, |cx| {
        if let Some(scale) = report::prediction_scale(cx) {
            cx.save("predictions.csv", Export::Predictions(scale));
        }
    }),
    action(
        "save-model",
        ("File", "Save the trained model…"),
        &[],
        |cx| cx.session.model().is_some_and(|m| m.card().path.is_none()),
        |cx| cx.save("model.json", Export::Model),
    ),
    action("report", ("File", "Make a report…"), &[key(CTRL, Key::R)], always, |cx| cx.go(ScreenId::Report)),
    action("quit", ("File", "Quit"), &[key(CTRL, Key::Q)], always, |cx| {
        cx.ctx.send_viewport_cmd(egui::ViewportCommand::Close)
    }),
    action(
        "undo",
        ("Edit", "Undo"),
        &[key(CTRL, Key::Z)],
        |cx| edits(cx, |of| of.undo_name().is_some()) || cx.session.undo_name().is_some(),
        |cx| match edits(cx, |of| of.undo_name().is_some()) {
            true => what_if::edit(cx, Edit::Undo),
            false => cx.wish(Command::Undo),
        },
    ),
    action(
        "redo",
        ("Edit", "Redo"),
        &[key(CTRL_SHIFT, Key::Z), key(CTRL, Key::Y)],
        |cx| edits(cx, |of| of.redo_name().is_some()) || cx.session.redo_name().is_some(),
        |cx| match edits(cx, |of| of.redo_name().is_some()) {
            true => what_if::edit(cx, Edit::Redo),
            false => cx.wish(Command::Redo),
        },
    ),
    action(
        "history",
        ("Edit", "History…"),
        &[key(CTRL_SHIFT, Key::H)],
        |cx| !cx.session.history().is_empty(),
        |cx| cx.desk.keeping.history_open = true,
    ),
    action("filter", ("Edit", "Filter rows"), &[key(PLAIN, Key::Slash)], has_table, |cx| match cx.view.screen {
        ScreenId::Local => cx.desk.local.focus_search = true,
        _ => {
            cx.go(ScreenId::Data);
            cx.desk.data.wanted = Some(data::ROWS);
            cx.desk.data.focus_filter = true;
        }
    }),
    action("explain", ("Explain", "Explain"), &[key(CTRL, Key::E)], linked, |cx| {
        cx.wish(Command::Explain);
        if !matches!(cx.view.screen, ScreenId::Local | ScreenId::Report | ScreenId::Compare) {
            cx.go(ScreenId::Global);
        }
    }),
    action(
        "measure-importance",
        ("Explain", "Measure permutation importance"),
        &[key(CTRL, Key::I)],
        |cx| asked::is_ready(cx, Shape::Importance),
        |cx| ask(cx, Shape::Importance),
    ),
    action(
        "compute-partial-dependence",
        ("Explain", "Compute partial dependence"),
        &[],
        |cx| asked::is_ready(cx, Shape::Curves),
        |cx| ask(cx, Shape::Curves),
    ),
    action(
        "compute-interactions",
        ("Explain", "Compute interaction values"),
        &[],
        |cx| asked::is_ready(cx, Shape::Interactions),
        |cx| ask(cx, Shape::Interactions),
    ),
    action(
        "predict-again",
        ("Explain", "Predict again"),
        &[],
        |cx| cx.session.is_prediction_stopped(),
        |cx| cx.wish(Command::PredictAgain),
    ),
    action("all-rows", ("View", "Show all rows in every tile"), &[], always, global::all_rows),
    action("reset-layout", ("View", "Reset the layout of this screen"), &[], global::is_arranged, global::reset_layout),
    action("train", ("Explain", "Train a model…"), &[key(CTRL, Key::T)], has_table, |cx| {
        cx.desk.model.training = true;
        cx.go(ScreenId::Model);
    }),
    action("choose-target", ("Explain", "Choose the target column…"), &[], has_table, |cx| {
        cx.desk.data.wanted = Some(data::COLUMNS);
        cx.go(ScreenId::Data);
    }),
    action("previous-row", ("Row", "Previous row"), &[key(Modifiers::ALT, Key::ArrowLeft)], has_table, |cx| {
        pick(cx, local::pick::step(cx, false))
    }),
    action("next-row", ("Row", "Next row"), &[key(Modifiers::ALT, Key::ArrowRight)], has_table, |cx| {
        pick(cx, local::pick::step(cx, true))
    }),
    action("random-row", ("Row", "Random row"), &[key(Modifiers::ALT, Key::ArrowDown)], has_table, |cx| {
        let row = local::pick::random(cx);
        pick(cx, row);
    }),
    action(
        "surprising-row",
        ("Row", "Next wrong and confident row"),
        &[key(Modifiers::ALT, Key::ArrowUp)],
        surprises,
        |cx| pick(cx, local::pick::surprising(cx)),
    ),
    action("copy-rows", ("Edit", "Copy the selected rows"), &[key(CTRL_SHIFT, Key::C)], has_table, data::copy_rows),
    action(
        "keep-cohort",
        ("Row", "Keep the selected rows as a cohort…"),
        &[key(CTRL, Key::G)],
        selected,
        cohorts::keep,
    ),
    action("invert-selection", ("Row", "Select the other rows instead"), &[], selected, |cx| {
        if let Some(rows) = cx.session.selection() {
            cx.wish(Command::SelectRows(Arc::new(rows.complement())));
        }
    }),
    action("select-all-rows", ("Row", "Select all rows"), &[], has_table, |cx| {
        let total = cx.session.data().map_or(0, |d| d.row_count());
        cx.wish(Command::SelectRows(Arc::new(crate::base::RowSet::full(total))));
    }),
    action(
        "start-what-if",
        ("Row", "Start what-if from the selected row"),
        &[key(CTRL_SHIFT, Key::W)],
        |cx| linked(cx) && cx.session.row().is_some(),
        |cx| {
            if let Some(row) = cx.session.row() {
                what_if::start_from(cx, row);
            }
        },
    ),
    action("pin-variant", ("Edit", "Pin this variant"), &[], has_what_if, |cx| {
        what_if::edit(cx, Edit::Pin(String::new()));
    }),
    action(
        "undo-edit",
        ("Edit", "Undo edit"),
        &[],
        |cx| cx.session.what_if().is_some_and(|of| of.undo_name().is_some()),
        |cx| what_if::edit(cx, Edit::Undo),
    ),
    action(
        "redo-edit",
        ("Edit", "Redo edit"),
        &[],
        |cx| cx.session.what_if().is_some_and(|of| of.redo_name().is_some()),
        |cx| what_if::edit(cx, Edit::Redo),
    ),
    action(
        "clear-selection",
        ("Row", "Select nothing"),
        &[],
        |cx| cx.session.row().is_some() || cx.session.feature().is_some() || selected(cx),
        |cx| {
            let total = cx.session.data().map_or(0, |d| d.row_count());
            cx.wish(Command::SelectRows(Arc::new(crate::base::RowSet::empty(total))));
            cx.wish(Command::SelectRow(None));
            cx.wish(Command::SelectFeature(None));
        },
    ),
    action("go-start", ("Go", "Go to Start"), &[key(CTRL, Key::Num1)], always, |cx| cx.go(ScreenId::Start)),
    action("go-data", ("Go", "Go to Data"), &[key(CTRL, Key::Num2)], always, |cx| cx.go(ScreenId::Data)),
    action("go-model", ("Go", "Go to Model"), &[key(CTRL, Key::Num3)], always, |cx| cx.go(ScreenId::Model)),
    action("go-global", ("Go", "Go to Global"), &[key(CTRL, Key::Num4)], always, |cx| cx.go(ScreenId::Global)),
    action("go-local", ("Go", "Go to Local"), &[key(CTRL, Key::Num5)], always, |cx| cx.go(ScreenId::Local)),
    action("go-what-if", ("Go", "Go to What-if"), &[key(CTRL, Key::Num6)], always, |cx| cx.go(ScreenId::WhatIf)),
    action("go-compare", ("Go", "Go to Compare"), &[key(CTRL, Key::Num7)], always, |cx| cx.go(ScreenId::Compare)),
    action("go-report", ("Go", "Go to Report"), &[key(CTRL, Key::Num8)], always, |cx| cx.go(ScreenId::Report)),
    action(
        "palette",
        ("View", "Find a command, column or row…"),
        &[key(CTRL, Key::P), key(CTRL_SHIFT, Key::P), key(CTRL, Key::K)],
        always,
        |cx| cx.desk.palette.open(),
    ),
    action("inspector", ("View", "Show or hide the inspector"), &[key(CTRL, Key::B)], always, |cx| {
        match crate::app::room::is_narrow(&cx.ctx) {
            true => cx.desk.inspector_over = !cx.desk.inspector_over,
            false => cx.view.inspector = !cx.view.inspector,
        }
    }),
    action("jobs", ("View", "Show or hide jobs"), &[key(CTRL, Key::J)], always, |cx| toggle(cx, Drawer::Jobs)),
    action("problems", ("View", "Show or hide problems"), &[key(CTRL_SHIFT, Key::M)], always, |cx| {
        toggle(cx, Drawer::Problems)
    }),
    action("settings", ("View", "Settings…"), &[key(CTRL, Key::Comma)], always, |cx| cx.desk.settings.open = true),
    action("look-light", ("View", "Light look"), &[], always, |cx| cx.view.look = Look::Light),
    action("look-dark", ("View", "Dark look"), &[], always, |cx| cx.view.look = Look::Dark),
    action("look-system", ("View", "Look of the system"), &[], always, |cx| cx.view.look = Look::System),
    action("switch-look", ("View", "Switch between light and dark"), &[key(CTRL_SHIFT, Key::L)], always, |cx| {
        cx.view.look = if cx.ctx.theme() == egui::Theme::Dark { Look::Light } else { Look::Dark };
    }),
    action("zoom-in", ("View", "Larger"), &[key(CTRL, Key::Plus), key(CTRL, Key::Equals)], always, |cx| {
        cx.view.set_zoom(cx.view.zoom + 0.1)
    }),
    action("zoom-out", ("View", "Smaller"), &[key(CTRL, Key::Minus)], always, |cx| {
        cx.view.set_zoom(cx.view.zoom - 0.1)
    }),
    action("zoom-reset", ("View", "Usual size"), &[key(CTRL, Key::Num0)], always, |cx| cx.view.set_zoom(1.0)),
    action("help", ("Help", "Keys and commands"), &[key(PLAIN, Key::F1)], always, |cx| {
        cx.desk.help_open = !cx.desk.help_open
    }),
    action("cancel", ("Help", "Cancel the front-most thing"), &[key(PLAIN, Key::Escape)], always, cancel),
];

/// The action with this id.
pub(crate) fn find(id: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|a| a.id == id)
}

/// The first key of an action as text for menus.
pub(crate) fn key_text(ctx: &egui::Context, action: &Action) -> String {
    action.keys.first().map(|k| ctx.format_shortcut(k)).unwrap_or_default()
}

/// Actions whose keys were pressed in this frame. Keys without Ctrl or Alt wait while a text is being typed.
pub(crate) fn pressed(ctx: &egui::Context) -> Vec<&'static Action> {
    let typing = ctx.text_edit_focused();
    let mut found = Vec::new();
    ctx.input_mut(|input| {
        // Keys with more modifiers first: Ctrl+Shift+O must not count as Ctrl+O.
        for shift in [true, false] {
            for action in ACTIONS {
                for shortcut in action.keys.iter().filter(|k| k.modifiers.shift == shift) {
                    let bare = shortcut.modifiers == PLAIN && shortcut.logical_key == Key::Slash;
                    let editing = matches!(shortcut.logical_key, Key::Z | Key::Y) && typing;
                    let arrows = shortcut.modifiers == Modifiers::ALT && typing;
                    let escape = shortcut.logical_key == Key::Escape && typing;
                    if (bare && typing) || editing || arrows || escape {
                        continue;
                    }
                    if input.consume_shortcut(shortcut) {
                        found.push(action);
                    }
                }
            }
        }
    });
    found
}

fn pick(cx: &mut Cx<'_>, row: Option<crate::base::RowId>) {
    if let Some(row) = row {
        cx.select_row(row);
    }
}

/// Asks for an answer beside the attributions and goes where its chart is.
fn ask(cx: &mut Cx<'_>, shape: Shape) {
    asked::ask(cx, shape);
    cx.go(ScreenId::Global);
}

fn toggle(cx: &mut Cx<'_>, drawer: Drawer) {
    cx.desk.drawer = if cx.desk.drawer == Some(drawer) { None } else { Some(drawer) };
}

/// Escape: gives up a lasso, closes what lies in front, selects no rows; with nothing of it, cancels the newest job.
fn cancel(cx: &mut Cx<'_>) {
    if cx.desk.plots.give_up() {
        // What was drawn so far is gone; rows selected before stay.
    } else if cx.desk.palette.is_open() {
        cx.desk.palette.close();
    } else if cx.desk.prompt.is_some() {
        cx.desk.prompt = None;
    } else if cx.desk.keeping.history_open {
        cx.desk.keeping.history_open = false;
    } else if cx.desk.help_open || cx.desk.settings.open {
        cx.desk.help_open = false;
        cx.desk.settings.open = false;
    } else if cx.desk.cohorts.give_up() {
        // The rows that were to become a cohort stay selected.
    } else if cx.session.selection().is_some() {
        cx.wish(Command::SelectRows(Arc::default()));
    } else if let Some(job) = cx.session.jobs().last().map(|j| j.id) {
        cx.wish(Command::Cancel(job));
    } else {
        cx.desk.drawer = None;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_action_has_its_own_id_title_and_keys() {
        let mut seen = BTreeSet::new();
        let mut keys = BTreeSet::new();
        for action in ACTIONS {
            assert!(seen.insert(action.id), "{} is listed twice", action.id);
            assert!(action.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", action.id);
            assert!(!action.title.ends_with('.') && action.title.starts_with(char::is_uppercase), "{}", action.title);
            for key in action.keys {
                assert!(keys.insert(format!("{key:?}")), "{key:?} of {} is taken", action.id);
            }
        }
    }
}
