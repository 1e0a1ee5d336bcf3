//! The tabs and options above a screen's tiles: they are those of the tile that was used last.

use eframe::egui;
use egui::{RichText, Ui};

use crate::chart::{KINDS, Kind, kind};
use crate::explain::Shape;
use crate::session::ChartRequest;

use super::{asked, fields};
use crate::app::desk::Cx;
use crate::app::style::HALF;
use crate::app::widget::{card, knob_form, passport};
use crate::app::workspace::{self, Layout};

/// A screen of tiles.
#[derive(Clone, Copy)]
pub(crate) struct Tiled {
    /// The screen's name.
    pub(crate) screen: &'static str,
    /// Whether a chart kind belongs there; the others can be shown as well.
    pub(crate) own: fn(&dyn Kind) -> bool,
    /// The arrangement that it begins with.
    pub(crate) usual: fn() -> Layout,
}

impl Tiled {
    /// The chart kinds that can be shown: the screen's own, then those of other screens whose needs are met.
    pub(super) fn kinds(&self, cx: &Cx<'_>) -> Vec<&'static dyn Kind> {
        let (own, other): (Vec<_>, Vec<_>) = KINDS.iter().copied().partition(|kind| (self.own)(*kind));
        let own = own.into_iter().filter(|kind| is_offered(cx, *kind));
        let scene = cx.session.scene();
        let request = ChartRequest { row: cx.session.row(), feature: cx.session.feature(), ..ChartRequest::default() };
        let subject = scene.subject(&request);
        own.chain(other.into_iter().filter(|kind| kind.needs().unmet(&subject).is_none())).collect()
    }
}

/// Whether the open model and what was made of its rows can fill a chart.
fn is_offered(cx: &Cx<'_>, kind: &dyn Kind) -> bool {
    asked::is_offered(cx, kind) && (!kind.needs().cohorts || !cx.session.cohorts().is_empty())
}

/// Draws the tabs and options.
pub(crate) fn ui(ui: &mut Ui, cx: &mut Cx<'_>, tiled: Tiled, layout: &mut Layout) {
    let kinds = tiled.kinds(cx);
    let Some(first) = kinds.first() else { return };
    let Some(pane) = layout.active() else { return };
    // A chart that the open model cannot fill gives way to one that it can.
    let chosen = kinds.iter().find(|kind| kind.id() == pane.kind).unwrap_or(first);
    let mut id = chosen.id();
    card::tabs(ui, &mut id, &card::kind_tabs(&kinds));
    id.clone_into(&mut pane.kind);
    let Some(kind) = kind::find(id) else { return };
    if let Some(explanation) = kind.needs().answer.and_then(|shape| cx.session.answer(shape)) {
        passport::line(ui, cx.session, explanation);
    }
    let ids: Vec<&str> = kinds.iter().map(|kind| kind.id()).collect();
    options(ui, cx, layout, (kind, tiled, &ids));
}

fn options(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    layout: &mut Layout,
    (kind, tiled, offered): (&'static dyn Kind, Tiled, &[&str]),
) {
    let needs = kind.needs();
    let features = fields::feature_names(cx);
    let open = cx.desk.global.knobs_open;
    let asked = asked::shape(kind);
    let has_options = !kind.knobs().is_empty() || asked.is_some();
    let shape = asked.unwrap_or(Shape::Attribution);
    let many_outputs = cx.session.model().map_or(0, |m| m.card().outputs.len()) > 1;
    ui.horizontal_wrapped(|ui| {
        if many_outputs && tiled.screen == "global" {
            fields::output(ui, cx);
        }
        if let Some(pane) = layout.active() {
            if needs.feature {
                fields::feature(ui, cx, pane, &features);
            }
            if let Some(label) = kind.second_feature() {
                fields::second_feature(ui, label, pane, &features);
            }
            if needs.divides() {
                fields::rows(ui, cx, pane);
            }
        }
        if tiled.screen == "global" {
            fields::reference(ui, cx);
        }
        if has_options {
            let button = egui::Button::new("Chart options").selected(open);
            if ui.add(button).clicked() {
                cx.desk.global.knobs_open = !open;
            }
        }
        workspace::tools(ui, layout, offered, tiled.usual);
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
