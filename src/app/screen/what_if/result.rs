//! The prediction of the edited row, its waterfall, and the pinned variants.

use eframe::egui;
use egui::{RichText, Ui};

use crate::base::text;
use crate::chart::KINDS;
use crate::chart::kind::find;
use crate::model::{Scale, TaskKind};
use crate::session::ChartRequest;
use crate::session::what_if::{Variant, WATERFALL};

use super::{cell, pins};
use crate::app::desk::Cx;
use crate::app::screen::local::output_name;
use crate::app::style::{self, GAP, HALF, STEP};
use crate::app::widget::chart_frame::Place;
use crate::app::widget::{card, chart_frame, empty};

/// Height of the line of the prediction.
const LINE: f32 = 36.0;
/// Width from which on chart and pins stand side by side.
const WIDE: f32 = 1_000.0;

/// Height of one bar of a chart.
const BAR: f32 = 18.0;
/// The setting of charts that says how many features get a bar of their own.
const BARS: &str = "features";

/// What is shown.
#[derive(Default)]
pub(crate) struct State {
    shown: Shown,
}

/// What stands below the prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Chart(&'static str),
    Pins,
}

impl Default for Shown {
    fn default() -> Self {
        Self::Chart(WATERFALL)
    }
}

/// Prediction, chart and pins in `height` points.
pub(super) fn ui(ui: &mut Ui, cx: &mut Cx<'_>, height: f32) {
    let Some(variant) = cx.session.what_if().and_then(|of| of.variant().cloned()) else {
        empty::busy(ui, "Predicting the edited row", height);
        return;
    };
    let kinds: Vec<(Shown, String)> = KINDS
        .iter()
        .filter(|kind| kind.needs().row && !kind.needs().feature && kind.needs().answer.is_some())
        .map(|kind| (Shown::Chart(kind.id()), short(kind.title())))
        .collect();
    let pinned = cx.session.what_if().map_or(0, |of| of.pins().len());
    let beside = pinned > 0 && ui.available_width() >= WIDE;
    ui.horizontal(|ui| {
        ui.set_min_height(LINE);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let mut tabs = kinds.clone();
            if !beside {
                tabs.push((Shown::Pins, format!("Pinned ({pinned})")));
            }
            let mut shown = chosen(cx, &kinds, beside);
            if tabs.len() > 1 && card::segments(ui, &mut shown, &tabs) {
                cx.desk.what_if.result.shown = shown;
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| prediction(ui, cx, &variant));
        });
    });
    ui.add_space(HALF);
    let room = (height - LINE - STEP - HALF).max(160.0);
    match (chosen(cx, &kinds, beside), beside) {
        (Shown::Pins, false) => pins::ui(ui, cx, room),
        (shown, true) => {
            ui.horizontal_top(|ui| {
                let width = ui.available_width();
                let part = |ui: &mut Ui, width: f32, content: &mut dyn FnMut(&mut Ui)| {
                    let layout = egui::Layout::top_down(egui::Align::Min);
                    ui.allocate_ui_with_layout(egui::vec2(width, room), layout, |ui| {
                        ui.set_width(width);
                        content(ui);
                    });
                };
                part(ui, width * 0.6 - STEP, &mut |ui| chart(ui, cx, shown, room));
                part(ui, width * 0.4, &mut |ui| pins::ui(ui, cx, room));
            });
        }
        (shown, false) => chart(ui, cx, shown, room),
    }
}

fn short(title: &str) -> String {
    title.strip_suffix(" of one row").unwrap_or(title).to_owned()
}

/// What is shown: what was chosen where it is still offered.
fn chosen(cx: &Cx<'_>, kinds: &[(Shown, String)], beside: bool) -> Shown {
    match cx.desk.what_if.result.shown {
        // Chosen in a narrower window; the pins have a place of their own now.
        Shown::Pins if beside => Shown::default(),
        Shown::Chart(id) if !kinds.iter().any(|(kind, _)| *kind == Shown::Chart(id)) => Shown::Chart(WATERFALL),
        shown => shown,
    }
}

fn chart(ui: &mut Ui, cx: &mut Cx<'_>, shown: Shown, room: f32) {
    let Shown::Chart(kind) = shown else { return };
    let variant = cx.session.what_if().and_then(|of| of.variant());
    if let Some(problem) = variant.and_then(|variant| variant.problem.clone()) {
        card::card(ui, |ui| {
            ui.set_min_height((room - 2.0 * GAP).max(120.0));
            ui.label(style::title(&problem.what));
            ui.label(RichText::new(&problem.place).weak());
            ui.add(egui::Label::new(&problem.hint).wrap());
        });
        return;
    }
    if variant.and_then(|variant| variant.explanation()).is_none() {
        card::card(ui, |ui| empty::busy(ui, "Explaining the edited row", (room - 2.0 * GAP).max(120.0)));
        return;
    }
    let height = (room - 2.0 * GAP - HALF).max(150.0);
    let mut request = ChartRequest::of_variant(kind, cx.session.output());
    if find(kind).is_some_and(|kind| kind.knobs().iter().any(|knob| knob.id == BARS)) {
        // Title, axes, legend and notes take the rest.
        let fitting = ((height - 170.0) / BAR).clamp(3.0, 20.0) as usize;
        request.knobs.push((BARS.to_owned(), fitting.to_string()));
    }
    chart_frame::show(ui, cx, &request, &Place { slot: "what-if", height, lines: None, group: None });
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
        ui.add(egui::Label::new(style::strong(&line)).truncate()).on_hover_text(line);
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
