//! What matters over all rows: importance, beeswarm, dependence, and the charts of what else can be asked, as tiles.

pub(crate) mod asked;
pub(crate) mod fields;
pub(crate) mod tile;

use eframe::egui;
use egui::{RichText, Ui};

use crate::chart::{KINDS, Kind, kind};
use crate::explain::Shape;

use super::{Screen, ScreenId, full_page, missing_step};
use crate::app::desk::Cx;
use crate::app::style::HALF;
use crate::app::widget::{card, empty, knob_form, passport};
use crate::app::workspace::{self, Layout};

/// The screen.
pub(crate) struct Global;

/// What is open on this screen.
#[derive(Default)]
pub(crate) struct State {
    /// A chart kind to show in the next frame.
    pub(crate) wanted: Option<&'static str>,
    knobs_open: bool,
    /// Settings of the answers beside the attributions.
    asked: asked::Settings,
}

impl Screen for Global {
    fn id(&self) -> ScreenId {
        ScreenId::Global
    }

    fn name(&self) -> &'static str {
        "global"
    }

    fn title(&self) -> &'static str {
        "Global"
    }

    fn summary(&self) -> &'static str {
        "What matters to the model over all rows"
    }

    fn ui(&self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if missing_or_running(ui, cx, "Importance, beeswarm and dependence of every feature belong here.") {
            return;
        }
        full_page(ui, |ui| {
            let mut layout = cx.view.layouts.remove(self.name()).unwrap_or_else(usual);
            if let Some(kind) = cx.desk.global.wanted.take() {
                layout.show_kind(kind);
            }
            bar(ui, cx, &mut layout);
            let name = self.name();
            workspace::show(ui, cx, &mut layout, &mut |ui, cx, pane| tile::ui(ui, cx, name, pane));
            cx.view.layouts.insert(name.to_owned(), layout);
        });
    }
}

/// One tile with the chart of importance.
fn usual() -> Layout {
    Layout::single("global", "importance-bar")
}

/// Shows all rows in every tile again.
pub(crate) fn all_rows(cx: &mut Cx<'_>) {
    if let Some(layout) = cx.view.layouts.get_mut("global") {
        layout.about_all_rows();
    }
}

/// The tabs and options of the tile that was used last.
fn bar(ui: &mut Ui, cx: &mut Cx<'_>, layout: &mut Layout) {
    let kinds: Vec<_> = kinds().into_iter().filter(|kind| is_offered(cx, *kind)).collect();
    let Some(first) = kinds.first() else { return };
    let Some(pane) = layout.active() else { return };
    // A chart that the open model cannot fill gives way to one that it can.
    let chosen = kind::find(&pane.kind).filter(|kind| is_offered(cx, *kind)).unwrap_or(*first);
    let mut id = chosen.id();
    card::tabs(ui, &mut id, &card::kind_tabs(&kinds));
    id.clone_into(&mut pane.kind);
    let Some(kind) = kind::find(id) else { return };
    if let Some(explanation) = kind.needs().answer.and_then(|shape| cx.session.answer(shape)) {
        passport::line(ui, explanation);
    }
    options(ui, cx, layout, kind);
}
/// Shows what is missing, or that explaining is under way; `true` while there is nothing to show.
pub(super) fn missing_or_running(ui: &mut Ui, cx: &mut Cx<'_>, belongs: &str) -> bool {
    let opening = cx.session.attribution().is_none() && !cx.session.jobs().is_empty();
    if opening {
        let job = cx.session.jobs().last();
        let title = job.map_or_else(|| "Working".to_owned(), |j| j.title.clone());
        empty::busy(ui, &title, ui.available_height());
        return true;
    }
    if missing_step(ui, cx, belongs) {
        return true;
    }
    if cx.session.attribution().is_some() {
        return false;
    }
    let (title, text, step, action) = if cx.session.link().is_none() {
        (
            "Table and model do not fit",
            "The problems panel says which columns are missing.",
            "Show problems",
            "problems",
        )
    } else {
        ("Not explained yet", belongs, "Explain", "explain")
    };
    if empty::empty(ui, title, text, step) {
        cx.act(action);
    }
    true
}

/// Chart kinds about all rows.
fn kinds() -> Vec<&'static dyn Kind> {
    let about_all = |k: &&dyn Kind| {
        let needs = k.needs();
        (needs.answer.is_some() || needs.terms.is_some()) && needs.performance.is_none() && !needs.row
    };
    KINDS.iter().copied().filter(about_all).collect()
}

/// Whether the open model and what was made of its rows can fill a chart.
fn is_offered(cx: &Cx<'_>, kind: &dyn Kind) -> bool {
    asked::is_offered(cx, kind) && (!kind.needs().cohorts || !cx.session.cohorts().is_empty())
}

/// The chart of one feature.
pub(crate) fn dependence_kind() -> Option<&'static str> {
    kinds().into_iter().find(|k| k.needs().feature).map(|k| k.id())
}

fn options(ui: &mut Ui, cx: &mut Cx<'_>, layout: &mut Layout, kind: &'static dyn Kind) {
    let needs = kind.needs();
    let features = fields::feature_names(cx);
    let open = cx.desk.global.knobs_open;
    let asked = asked::shape(kind);
    let has_options = !kind.knobs().is_empty() || asked.is_some();
    let shape = asked.unwrap_or(Shape::Attribution);
    let many_outputs = cx.session.model().map_or(0, |m| m.card().outputs.len()) > 1;
    ui.horizontal_wrapped(|ui| {
        if many_outputs {
            fields::output(ui, cx);
        }
        if let Some(pane) = layout.active() {
            if needs.feature {
                fields::feature(ui, cx, pane, &features);
            }
            if kind.is_coloured() {
                fields::colour(ui, pane, &features);
            }
            if !needs.cohorts {
                fields::rows(ui, cx, pane);
            }
        }
        fields::reference(ui, cx);
        if has_options {
            let button = egui::Button::new("Chart options").selected(open);
            if ui.add(button).clicked() {
                cx.desk.global.knobs_open = !open;
            }
        }
        let offered: Vec<&str> = kinds().into_iter().filter(|kind| is_offered(cx, *kind)).map(|k| k.id()).collect();
        workspace::tools(ui, layout, &offered, usual);
        let label = format!("Export {}…", shape.noun());
        if ui.button(label).on_hover_text("All numbers as CSV, Parquet or JSON").clicked() {
            asked::save(cx, shape);
        }
        let left = ui.available_size_before_wrap().x;
        if left > 200.0 {
            let size = egui::vec2(left - HALF, ui.spacing().interact_size.y);
            ui.allocate_ui_with_layout(size, egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add(egui::Label::new(RichText::new(kind.summary()).weak()).truncate()).on_hover_text(kind.summary());
            });
        }
    });
    if open
        && has_options
        && let Some(pane) = layout.active()
    {
        card::card(ui, |ui| {
            let values = pane.knobs.entry(kind.id().to_owned()).or_default();
            knob_form::form(ui, kind.knobs(), values);
            if let Some(shape) = asked {
                asked::settings_ui(ui, cx, shape);
            }
        });
    }
    ui.add_space(HALF);
}
