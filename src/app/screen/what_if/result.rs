//! The prediction of the edited row and its charts.

use eframe::egui;
use egui::{Align, Layout, RichText, Ui, vec2};

use crate::base::text;
use crate::chart::Kind;
use crate::model::{Scale, TaskKind};
use crate::session::ChartRequest;
use crate::session::what_if::Variant;

use super::cell;
use crate::app::desk::Cx;
use crate::app::screen::global::tile::slot;
use crate::app::screen::local::output_name;
use crate::app::style::{self, GAP};
use crate::app::widget::chart_frame::Place;
use crate::app::widget::{card, chart_frame, empty, knob_form};
use crate::app::workspace::Pane;

/// Height of the line of the prediction, and its greatest width.
const LINE: f32 = 34.0;
const WIDEST: f32 = 720.0;
/// Height of one bar of a chart.
const BAR: f32 = 18.0;
/// The setting of charts that says how many features get a bar of their own.
const BARS: &str = "features";

/// A chart of the edited row.
pub(super) fn chart(ui: &mut Ui, cx: &mut Cx<'_>, pane: &Pane, kind: &'static dyn Kind) {
    let room = (ui.available_height() - 2.0 * GAP).max(120.0);
    let variant = cx.session.what_if().and_then(|of| of.variant());
    if let Some(problem) = variant.and_then(|variant| variant.problem.clone()) {
        card::card(ui, |ui| {
            ui.set_min_height(room);
            ui.label(style::title(&problem.what));
            ui.label(RichText::new(&problem.place).weak());
            ui.add(egui::Label::new(&problem.hint).wrap());
        });
        return;
    }
    if variant.and_then(|variant| variant.explanation()).is_none() {
        card::card(ui, |ui| empty::busy(ui, "Explaining the edited row", room));
        return;
    }
    let height = (room - 4.0).max(150.0);
    let mut request = ChartRequest::of_variant(kind.id(), cx.session.output());
    request.knobs = pane.knobs.get(kind.id()).map_or_else(Vec::new, knob_form::pairs);
    let chosen = request.knobs.iter().any(|(name, _)| name == BARS);
    if !chosen && kind.knobs().iter().any(|knob| knob.id == BARS) {
        // Title, axes, legend and notes take the rest.
        let fitting = ((height - 170.0) / BAR).clamp(3.0, 20.0) as usize;
        request.knobs.push((BARS.to_owned(), fitting.to_string()));
    }
    chart_frame::show(ui, cx, &request, &Place { slot: &slot(super::TILED, pane), height, lines: None, group: None });
}

/// The prediction, in a place of its own, so that what follows does not move with its digits.
pub(super) fn line(ui: &mut Ui, cx: &mut Cx<'_>) {
    let size = vec2((ui.available_width() * 0.54).min(WIDEST), LINE);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(size);
        match cx.session.what_if().and_then(|of| of.variant().cloned()) {
            Some(variant) => prediction(ui, cx, &variant),
            None => drop(ui.label(RichText::new("Predicting the edited row").weak())),
        }
    });
}

/// `31 % → 56 %`, the change, and whether it crosses the threshold.
fn prediction(ui: &mut Ui, cx: &Cx<'_>, variant: &Variant) {
    let skin = style::skin(ui);
    let output = cx.session.output().min(variant.predictions.len().saturating_sub(1));
    let (Some(&now), Some(&before)) = (variant.predictions.get(output), variant.start.get(output)) else { return };
    let words = |value: f64| cell::prediction(value, variant.scale);
    let named = cx.session.model().and_then(|model| model.card().outputs.get(output).cloned());
    let name = output_name(cx, output).or(named).unwrap_or_default();
    ui.label(RichText::new(format!("Predicted {name}")).weak());
    if (now - before).abs() > 0.0 {
        ui.label(RichText::new(words(before)).text_style(egui::TextStyle::Heading).color(skin.muted));
        ui.label(RichText::new("→").text_style(egui::TextStyle::Heading).color(skin.muted));
    }
    ui.label(style::heading(words(now)));
    if (now - before).abs() > 0.0 {
        let colour = if now > before { skin.raises } else { skin.lowers };
        ui.label(RichText::new(cell::difference(now - before, variant.scale)).color(colour));
    }
    if let Some(line) = crossing(cx, variant, (before, now)) {
        ui.add(egui::Label::new(style::strong(&line)).truncate().show_tooltip_when_elided(false)).on_hover_text(line);
    }
}

/// What happens to the decision: of two classes by the threshold, of several by the largest probability.
fn crossing(cx: &Cx<'_>, variant: &Variant, (before, now): (f64, f64)) -> Option<String> {
    let model = cx.session.model()?;
    if variant.scale != Scale::Probability {
        return None;
    }
    match model.card().task {
        TaskKind::Binary if variant.predictions.len() == 1 => {
            let threshold = cx.session.threshold();
            let shown = text::percent(threshold);
            match (before >= threshold, now >= threshold) {
                (false, true) => Some(format!("crosses the threshold {shown} upwards")),
                (true, false) => Some(format!("crosses the threshold {shown} downwards")),
                (true, true) => Some(format!("above the threshold {shown}")),
                (false, false) => Some(format!("below the threshold {shown}")),
            }
        }
        TaskKind::Multiclass => {
            let best = |values: &[f64]| {
                let best = values.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
                best.and_then(|(k, _)| model.card().outputs.get(k).cloned())
            };
            let (then, now) = (best(&variant.start)?, best(&variant.predictions)?);
            Some(if then == now {
                format!("most likely stays “{now}”")
            } else {
                format!("most likely “{then}” → “{now}”")
            })
        }
        _ => None,
    }
}
