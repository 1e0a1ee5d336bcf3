//! The trait of screens and the list of all of them, in the order of the rail.

pub(crate) mod compare;
pub(crate) mod data;
pub(crate) mod global;
pub(crate) mod local;
pub(crate) mod model;
pub(crate) mod report;
pub(crate) mod start;
pub(crate) mod train;
pub(crate) mod what_if;

use eframe::egui;

use super::desk::Cx;

/// Every screen, in the order of the rail and of Ctrl+1 …
pub static SCREENS: &[&dyn Screen] = &[
    &start::Start,
    &data::Data,
    &model::ModelScreen,
    &global::Global,
    &local::Local,
    &what_if::WhatIf,
    &compare::Compare,
    &report::Report,
];

/// Which screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScreenId {
    /// Opening things.
    #[default]
    Start,
    /// The table.
    Data,
    /// The model and how well it predicts.
    Model,
    /// What matters over all rows.
    Global,
    /// One row.
    Local,
    /// Exporting.
    Report,
    /// Two models on the same rows.
    Compare,
    /// One row, edited.
    WhatIf,
}

/// A screen of the window.
pub trait Screen: Sync {
    /// Which one.
    fn id(&self) -> ScreenId;
    /// Stable name for the command line.
    fn name(&self) -> &'static str;
    /// The label of the rail.
    fn title(&self) -> &'static str;
    /// What belongs there, in one sentence without full stop.
    fn summary(&self) -> &'static str;
    /// The room it needs, in points; with less, the window scrolls it.
    fn least(&self) -> egui::Vec2 {
        egui::vec2(720.0, 540.0)
    }
    /// Draws; wishes go into `cx`.
    #[expect(private_interfaces, reason = "only the window draws screens; the list is public for tests")]
    fn ui(&self, ui: &mut egui::Ui, cx: &mut Cx<'_>);
}

impl ScreenId {
    /// The screen with this name, as the command line spells it.
    pub fn find(name: &str) -> Option<Self> {
        SCREENS.iter().find(|s| s.name() == name).map(|s| s.id())
    }
}

/// The screen with this id.
pub(crate) fn get(id: ScreenId) -> &'static dyn Screen {
    SCREENS.iter().copied().find(|s| s.id() == id).unwrap_or(&start::Start)
}

/// A page: margins, and scrolling where the content is longer than the window.
pub(crate) fn page(ui: &mut egui::Ui, id: &str, content: impl FnOnce(&mut egui::Ui)) {
    egui::ScrollArea::vertical().id_salt(id).auto_shrink(false).show(ui, |ui| {
        let margin = egui::Margin::same(super::style::PAGE as i8);
        egui::Frame::new().inner_margin(margin).show(ui, |ui| {
            ui.set_width(ui.available_width());
            content(ui);
        });
    });
}

/// A page that fills the window and scrolls only inside.
pub(crate) fn full_page(ui: &mut egui::Ui, content: impl FnOnce(&mut egui::Ui)) {
    let (x, y) = (super::style::PAGE as i8, super::style::GAP as i8);
    egui::Frame::new().inner_margin(egui::Margin::symmetric(x, y)).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        content(ui);
    });
}

/// Title, text, step and action where table and model are open but not joined.
pub(crate) fn not_joined(cx: &Cx<'_>) -> (&'static str, &'static str, &'static str, &'static str) {
    if cx.session.is_prediction_stopped() {
        let text = "The model’s predictions of this table belong to everything here.";
        ("Predicting was stopped", text, "Predict again", "predict-again")
    } else {
        let text = "The problems panel says which columns are missing.";
        ("Table and model do not fit", text, "Show problems", "problems")
    }
}

/// Offers the step that is missing before anything can be explained; `true` when something was missing.
pub(crate) fn missing_step(ui: &mut egui::Ui, cx: &mut Cx<'_>, belongs: &str) -> bool {
    use super::widget::empty::empty;
    let session = cx.session;
    let (title, text, step, action) = if session.data().is_none() && session.model().is_none() {
        ("Nothing is open yet", "Open a table and a model, or start with a sample.", "Choose a sample…", "go-start")
    } else if session.data().is_none() {
        ("No table is open", "Open the table whose rows the model is to predict.", "Open a table…", "open-table")
    } else if session.data().is_some_and(|data| data.row_count() == 0) {
        ("The table has no rows", "Open a table with at least one data row.", "Open a table…", "open-table")
    } else if session.model().is_none() {
        ("No model is open", "Open a model file, or train a model on this table.", "Open a model…", "open-model")
    } else {
        return false;
    };
    let text = format!("{belongs} {text}");
    if empty(ui, title, &text, step) {
        cx.act(action);
    }
    true
}
