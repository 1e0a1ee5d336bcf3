//! One tile: its chart, the charts of all cohorts side by side, or how to get the answer that it reads.

use std::sync::Arc;

use eframe::egui;
use egui::{RichText, Ui};

use crate::base::RowId;
use crate::chart::{AxisKind, Chart, Kind, kind};
use crate::explain::Shape;
use crate::session::ChartRequest;

use super::bar::Tiled;
use super::{asked, fields};
use crate::app::desk::Cx;
use crate::app::style::{self, STEP};
use crate::app::widget::chart_frame::Place;
use crate::app::widget::{card, chart_frame, empty, knob_form, number};
use crate::app::workspace::{Pane, Rows};

/// Cohorts drawn side by side.
const MOST: usize = 6;
/// Narrowest chart that can be read.
const NARROW: f32 = 300.0;

/// Draws a tile of a screen.
pub(crate) fn ui(ui: &mut Ui, cx: &mut Cx<'_>, tiled: Tiled, pane: &Pane) {
    if let Some(id) = &pane.part {
        match tiled.part(id) {
            Some(part) => (part.ui)(ui, cx),
            None => drop(ui.label(RichText::new("This part of the screen is no longer known").weak())),
        }
        return;
    }
    let Some(kind) = kind::find(&pane.kind) else {
        ui.label(RichText::new("This chart is no longer known").weak());
        return;
    };
    if let Some(draw) = tiled.draw.filter(|_| (tiled.own)(kind)) {
        draw(ui, cx, pane, kind);
        return;
    }
    if kind.needs().answer == Some(Shape::Attribution)
        && super::missing_or_running(ui, cx, "Charts of the table’s explanation belong here.")
    {
        return;
    }
    if let Some(shape) = asked::shape(kind).filter(|shape| cx.session.answer(*shape).is_none()) {
        asked::missing_ui(ui, cx, shape);
        return;
    }
    let Some(request) = request(cx, pane, kind) else { return unchosen(ui, cx, kind) };
    let slot = slot(tiled, pane);
    match &pane.rows {
        Rows::Each if kind.needs().divides() => each(ui, cx, &slot, &request),
        Rows::Cohort(name) if kind.needs().divides() => {
            let request = ChartRequest { within: Some(name.clone()), ..request };
            chart(ui, cx, (&slot, None), &request);
        }
        _ => chart(ui, cx, (&slot, None), &request),
    }
}

/// The name under which the view of a tile’s chart is kept.
pub(crate) fn slot(tiled: Tiled, pane: &Pane) -> String {
    format!("{}-{}-{}", tiled.screen, pane.id, pane.kind)
}

/// In place of a chart whose row or feature is not chosen.
fn unchosen(ui: &mut Ui, cx: &mut Cx<'_>, kind: &dyn Kind) {
    let inputs = cx.session.model().map_or(0, |model| model.card().inputs.len());
    if kind.needs().row && cx.session.row().is_none() {
        no_row(ui);
        return;
    }
    if cx.session.feature().is_none() && inputs > 0 {
        cx.select_feature(0);
    }
    empty::busy(ui, "Choosing", ui.available_height());
}

/// In place of a chart of one row, while none is selected.
pub(crate) fn no_row(ui: &mut Ui) {
    card::card(ui, |ui| {
        ui.set_min_height(ui.available_height());
        ui.label(style::title("No row is selected"));
        ui.add(egui::Label::new(RichText::new("Choose a row in a list, in a chart or in the table.").weak()).wrap());
    });
}

/// What a tile asks for; `None` while the row or feature it needs is not chosen.
fn request(cx: &Cx<'_>, pane: &Pane, kind: &'static dyn Kind) -> Option<ChartRequest> {
    let needs = kind.needs();
    let mut request = ChartRequest { kind: kind.id(), output: cx.session.output(), ..ChartRequest::default() };
    if needs.feature || needs.profile {
        request.feature = pane.pinned.or(cx.session.feature());
    }
    if needs.row {
        request.row = cx.session.row();
    }
    if kind.second_feature().is_some() {
        request.colour = pane.colour;
    }
    if let Some(values) = pane.knobs.get(kind.id()) {
        request.knobs = knob_form::pairs(values);
    }
    let threshold = |knob: &crate::base::Knob| knob.id == "threshold";
    if kind.knobs().iter().any(threshold) && !request.knobs.iter().any(|(name, _)| name == "threshold") {
        request.knobs.push(("threshold".to_owned(), format!("{:.3}", cx.session.threshold())));
    }
    let unmet = needs.row && request.row.is_none() || needs.feature && request.feature.is_none();
    (!unmet).then_some(request)
}

/// The chart of every cohort, side by side or in two lines.
fn each(ui: &mut Ui, cx: &mut Cx<'_>, slot: &str, request: &ChartRequest) {
    let names: Vec<String> = cx.session.cohorts().iter().map(|c| c.name.clone()).take(MOST).collect();
    if names.is_empty() {
        let text = "Select rows in a chart or in the table, then keep them as a cohort in the panel at the right.";
        if empty::empty(ui, "There are no cohorts yet", text, "Show all rows") {
            cx.act("all-rows");
        }
        return;
    }
    let room = ui.available_size();
    let fitting = ((room.x / NARROW) as usize).clamp(1, names.len());
    let lines = names.len().div_ceil(fitting);
    let request = &ChartRequest { beside: names.clone(), ..request.clone() };
    let height = ((room.y - STEP * (lines as f32 - 1.0)) / lines as f32).max(220.0);
    for line in names.chunks(fitting) {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = STEP;
            let width = (room.x - STEP * (fitting as f32 - 1.0)) / fitting as f32;
            for name in line {
                let size = egui::vec2(width, height);
                ui.allocate_ui_with_layout(size, egui::Layout::top_down(egui::Align::Min), |ui| {
                    ui.set_width(width);
                    let request = ChartRequest { within: Some(name.clone()), ..request.clone() };
                    chart(ui, cx, (&format!("{slot}-{name}"), Some(slot)), &request);
                });
            }
        });
    }
}

/// One chart; those of a `group` move together.
fn chart(ui: &mut Ui, cx: &mut Cx<'_>, (slot, group): (&str, Option<&str>), request: &ChartRequest) {
    let data = cx.session.data().cloned();
    let link = cx.session.link().cloned();
    let chart = cx.session.chart(request);
    let features = fields::feature_names(cx);
    let feature = request.feature;
    // A dot's lane names its feature; the tooltip adds that feature's value in the row.
    let lines = move |row: RowId, height: f64| {
        let lane = || chart.as_ref().and_then(|c| lane_name(c, height));
        let feature = feature.or_else(|| lane().and_then(|name| features.iter().position(|f| *f == name)));
        let column = feature.and_then(|f| link.as_ref().and_then(|l| l.columns.get(f).copied()));
        let values = column.and_then(|c| data.as_ref().and_then(|d| d.columns().get(c)));
        values.map(|c| format!("{} = {}", c.name, number::value_or_missing(c, row.index()))).into_iter().collect()
    };
    let height = (ui.available_height() - 2.0 * style::GAP - 4.0).max(160.0);
    chart_frame::show(ui, cx, request, &Place { slot, height, lines: Some(&lines), group });
}

fn lane_name(chart: &Arc<Chart>, height: f64) -> Option<String> {
    let AxisKind::Names(names) = &chart.y.kind else { return None };
    names.iter().min_by(|a, b| (a.0 - height).abs().total_cmp(&(b.0 - height).abs())).map(|n| n.1.clone())
}
