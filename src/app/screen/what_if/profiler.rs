//! The profiler: one small chart for each column, all with the same vertical axis, each with a crosshair to drag.

use std::sync::Arc;

use eframe::egui;
use egui::{Align, Layout, Pos2, Rect, RichText, Sense, Ui, pos2, vec2};

use crate::chart::{Axis, AxisKind, ticks};
use crate::model::Scale;
use crate::session::Edit;
use crate::session::what_if::{Curve, Curves};

use super::{cell, edit};
use crate::app::desk::Cx;
use crate::app::style::{self, GAP, HALF, STEP};
use crate::app::widget::{card, empty};

mod lane;

use lane::Lane;

/// Least height of header and charts.
const LEAST: f32 = 150.0;
/// Least and most width of one chart.
const CELL: (f32, f32) = (172.0, 300.0);
/// Width of the axis.
const AXIS: f32 = 44.0;
/// Height above a plot: the column’s name.
const ABOVE: f32 = 20.0;
/// Height below a plot: histogram and value.
const BELOW: f32 = 40.0;

/// What is chosen.
#[derive(Default)]
pub(crate) struct State {
    order: Order,
    /// The vertical axis of this start and output: it only grows, so that a dragged curve does not move the others.
    range: Option<(String, usize, (f64, f64))>,
}

/// Which column comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Order {
    /// The one whose mean curve spans most.
    #[default]
    Span,
    /// As the model takes them.
    Table,
}

/// What all charts of the strip share.
pub(super) struct Shared<'s> {
    /// Mean curves, as far as they are known.
    pub(super) means: Option<&'s Curves>,
    /// The output shown.
    pub(super) output: usize,
    /// Lowest and highest prediction of the axis.
    pub(super) range: (f64, f64),
    /// The present prediction.
    pub(super) prediction: f64,
    /// The decision threshold, for probabilities of two classes.
    pub(super) threshold: Option<f64>,
    /// Unit of the predictions.
    pub(super) scale: Scale,
}

/// What the part is for.
pub(super) const SUMMARY: &str = "The prediction as one column after the other takes other values";

/// The strip; where its tile is too low for it, it scrolls.
pub(super) fn ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let of = cx.session.what_if();
    if of.is_some_and(|of| !of.profiles()) {
        // Curves are computed once the strip is in view.
        edit(cx, Edit::Profile(true));
    }
    let curves = of.and_then(|of| of.curves().cloned());
    let means = of.and_then(|of| of.dependence().cloned());
    let height = ui.available_height() - 2.0 * GAP - 4.0;
    egui::ScrollArea::vertical().id_salt("profiler").auto_shrink(false).show(ui, |ui| {
        card::card(ui, |ui| {
            let height = height.max(LEAST);
            ui.set_min_height(height);
            let top = ui.cursor().top();
            header(ui, cx, means.as_ref());
            let room = height - (ui.cursor().top() - top);
            match curves {
                Some(curves) => strip(ui, cx, (&curves, means.as_deref()), room),
                None => empty::busy(ui, "Following the columns", room),
            }
        });
    });
}

fn header(ui: &mut Ui, cx: &mut Cx<'_>, means: Option<&Arc<Curves>>) {
    ui.horizontal(|ui| {
        ui.set_min_height(28.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let mut order = cx.desk.what_if.profiler.order;
            if card::segments(
                ui,
                &mut order,
                &[(Order::Span, "Widest mean curve first"), (Order::Table, "Table order")],
            ) {
                cx.desk.what_if.profiler.order = order;
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let words = match means {
                    Some(means) if means.complete => format!("Line: this row. Dashed: {}", means.words()),
                    Some(means) => format!("Line: this row. Dashed: {}, being computed", means.words()),
                    None => "Line: this row. Mean curves are being computed".to_owned(),
                };
                let hint = "The prediction as one column takes other values and all others stay. \
                            Shaded: outside the data. Features that belong together are moved one at a time, \
                            so some of the rows may be impossible ones";
                ui.add(egui::Label::new(style::small(words)).truncate().show_tooltip_when_elided(false))
                    .on_hover_text(hint);
            });
        });
    });
}

fn strip(ui: &mut Ui, cx: &mut Cx<'_>, (curves, means): (&Curves, Option<&Curves>), room: f32) {
    let Some(of) = cx.session.what_if() else { return };
    let (Some(variant), name) = (of.variant().cloned(), of.name().to_owned()) else { return };
    let output = cx.session.output().min(variant.predictions.len().saturating_sub(1));
    let binary = variant.predictions.len() == 1 && curves.scale == Scale::Probability;
    let range = range(cx, (curves, means), (&name, output));
    let shared = Shared {
        means,
        output,
        range,
        prediction: variant.predictions.get(output).copied().unwrap_or(f64::NAN),
        threshold: binary.then(|| cx.session.threshold()),
        scale: curves.scale,
    };
    let order = order(cx.desk.what_if.profiler.order, (curves, means), output);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let (area, _) = ui.allocate_exact_size(vec2(AXIS, room), Sense::hover());
        axis(ui, area, &shared);
        let fair = ui.available_width() / order.len().max(1) as f32 - STEP;
        let wide = fair.clamp(CELL.0, CELL.1);
        let content = vec2(order.len() as f32 * (wide + STEP), room - STEP);
        egui::ScrollArea::horizontal().auto_shrink(false).id_salt("profiler").show_viewport(ui, |ui, view| {
            ui.set_min_size(content);
            let corner = ui.max_rect().min;
            let first = (view.min.x / (wide + STEP)).floor().max(0.0) as usize;
            let count = (view.width() / (wide + STEP)).ceil() as usize + 1;
            for (place, column) in order.iter().enumerate().skip(first).take(count) {
                let left = corner.x + place as f32 * (wide + STEP);
                let area = Rect::from_min_size(pos2(left, corner.y), vec2(wide, content.y));
                if let Some(curve) = curves.of_column(*column) {
                    chart(ui, cx, area, (curve, &shared));
                }
            }
        });
    });
}

/// The columns in the chosen order.
fn order(by: Order, (curves, means): (&Curves, Option<&Curves>), output: usize) -> Vec<usize> {
    let mut columns: Vec<usize> = curves.curves.iter().map(|curve| curve.column).collect();
    if let (Order::Span, Some(means)) = (by, means.filter(|means| means.complete)) {
        let span = |column: &usize| means.of_column(*column).map_or(0.0, |curve| curve.span(output));
        let mut spans: Vec<(f64, usize)> = columns.iter().map(|column| (span(column), *column)).collect();
        spans.sort_by(|a, b| b.0.total_cmp(&a.0));
        columns = spans.into_iter().map(|(_, column)| column).collect();
    }
    columns
}

/// The common axis: all that was seen of this start and output.
fn range(cx: &mut Cx<'_>, (curves, means): (&Curves, Option<&Curves>), (name, output): (&str, usize)) -> (f64, f64) {
    let all = curves.curves.iter().chain(means.iter().flat_map(|means| &means.curves));
    let values = all.flat_map(|curve| curve.of_output(output)).copied().filter(|v| v.is_finite());
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let state = &mut cx.desk.what_if.profiler.range;
    let (low, high) = match state {
        Some((of, at, known)) if of == name && *at == output => (known.0.min(low), known.1.max(high)),
        _ => (low, high),
    };
    if low > high {
        return (0.0, 1.0);
    }
    *state = Some((name.to_owned(), output, (low, high)));
    let room = ((high - low) * 0.06).max(1e-9 * high.abs().max(1.0));
    (low - room, high + room)
}

/// Least distance between numbers of the axis.
const TICK: f32 = 18.0;

fn axis(ui: &Ui, area: Rect, shared: &Shared<'_>) {
    let skin = style::skin(ui);
    let plot = Rect::from_min_max(area.min + vec2(0.0, ABOVE), area.max - vec2(0.0, BELOW + STEP));
    let of = Axis { label: String::new(), range: shared.range, kind: AxisKind::Linear, second: None };
    let font = egui::TextStyle::Small.resolve(ui.style());
    let wanted = (plot.height() / TICK).clamp(1.0, 6.0) as usize;
    for (value, words) in ticks(&of, wanted) {
        let at = pos2(area.right() - HALF - 2.0, height_of(plot, shared.range, value));
        ui.painter().text(at, egui::Align2::RIGHT_CENTER, words, font.clone(), skin.muted);
    }
}

/// Where a prediction lies in a plot.
fn height_of(plot: Rect, (low, high): (f64, f64), value: f64) -> f32 {
    plot.bottom() - plot.height() * ((value - low) / (high - low).max(f64::MIN_POSITIVE)) as f32
}

fn chart(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, (curve, shared): (&Curve, &Shared<'_>)) {
    let Some(value) = cx.session.what_if().and_then(|of| of.values().get(curve.column).cloned()) else { return };
    let plot = Rect::from_min_max(area.min + vec2(0.0, ABOVE), area.max - vec2(0.0, BELOW));
    let lane = Lane::new(cx, plot, curve, &value);
    let name = cell::name(cx, curve.column);
    let shown = cell::prediction(shared.prediction, shared.scale);
    let words = format!("{name} = {}", cell::words(&value));
    let id = ui.scope_id().with(("profile", curve.column));
    let response = ui.interact(Rect::from_min_max(plot.min, area.max), id, Sense::click_and_drag());
    lane::paint(ui, cx, (&lane, curve), shared, &value);
    let skin = style::skin(ui);
    let strong = style::strong_style().resolve(ui.style());
    let small = egui::TextStyle::Small.resolve(ui.style());
    write(ui, area.left_top() + vec2(0.0, 1.0), area.width(), (&name, strong, skin.text));
    write(ui, pos2(area.left(), area.bottom() - 17.0), area.width(), (&words, small, skin.accent));
    response.widget_info(|| {
        let label = format!("Profile of {words}, prediction {shown}; drag to change the value");
        egui::WidgetInfo::labeled(egui::Role::Slider, true, label)
    });
    let response = response.on_hover_cursor(egui::CursorIcon::ResizeHorizontal);
    let pointer = response.interact_pointer_pos();
    if let Some(pointer) = pointer.filter(|_| response.dragged() || response.clicked()) {
        let value = lane.value_at(pointer.x);
        edit(cx, Edit::Set { column: curve.column, value, moving: response.dragged() });
    } else if response.drag_stopped() {
        edit(cx, Edit::Set { column: curve.column, value, moving: false });
    }
    if let Some(pointer) = response.hover_pos().filter(|_| !response.dragged()) {
        hint(&response, &lane, (curve, shared), pointer);
    }
}

/// What the curves say under the pointer.
fn hint(response: &egui::Response, lane: &Lane, (curve, shared): (&Curve, &Shared<'_>), pointer: Pos2) {
    let Some(spot) = lane.nearest(pointer.x) else { return };
    let Some(value) = curve.spots.get(spot) else { return };
    let words = |v: Option<&f64>| v.map_or_else(String::new, |v| cell::prediction(*v, shared.scale));
    let mean = shared.means.and_then(|means| {
        let curve = means.of_column(curve.column)?;
        let place = curve.spots.iter().position(|other| other.is_same(value))?;
        curve.of_output(shared.output).get(place).copied()
    });
    response.clone().on_hover_ui_at_pointer(|ui| {
        ui.label(style::strong(cell::words(value)));
        ui.label(format!("this row {}", words(curve.of_output(shared.output).get(spot))));
        if let Some(mean) = mean {
            ui.label(RichText::new(format!("mean {}", words(Some(&mean)))).weak());
        }
    });
}

/// A text of one line, cut at `width`.
fn write(ui: &Ui, at: Pos2, width: f32, (text, font, colour): (&str, egui::FontId, egui::Color32)) {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width);
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(at, galley, colour);
}
