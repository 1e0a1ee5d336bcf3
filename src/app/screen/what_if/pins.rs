//! Pinned variants side by side: what differs from the start, what is predicted. A click loads one.

use eframe::egui;
use egui::{Align, Button, Label, Layout, RichText, TextEdit, Ui, vec2};

use crate::base::text;
use crate::session::Edit;
use crate::session::what_if::Pin;

use super::{cell, edit};
use crate::app::desk::Cx;
use crate::app::style::{self, GAP, HALF, ROW, STEP};
use crate::app::widget::card;

/// Width of one variant.
const WIDTH: f32 = 150.0;
/// Width of the names of columns.
const NAMES: f32 = 140.0;

/// What is typed.
#[derive(Default)]
pub(crate) struct State {
    name: String,
}

/// What the part is for.
pub(super) const SUMMARY: &str = "Variants that were kept, side by side with the start and the present one";

/// What stands on its tab.
pub(super) fn title(cx: &Cx<'_>) -> String {
    let count = cx.session.what_if().map_or(0, |of| of.pins().len());
    format!("Pinned ({})", text::count(count))
}

/// The card of pinned variants.
pub(super) fn ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let height = (ui.available_height() - 2.0 * GAP).max(80.0);
    card::card(ui, |ui| {
        ui.set_min_height(height);
        ui.set_max_height(height);
        let pins = cx.session.what_if().map_or_else(Vec::new, |of| of.pins().to_vec());
        pin_line(ui, cx, pins.len());
        if pins.is_empty() {
            let hint = "Pin a variant to keep it here beside others; edits go on from the present one.";
            ui.add(Label::new(RichText::new(hint).weak()).wrap());
            return;
        }
        egui::ScrollArea::both().auto_shrink(false).id_salt("pins").show(ui, |ui| table(ui, cx, &pins));
    });
}

/// A name and the button that pins under it.
fn pin_line(ui: &mut Ui, cx: &mut Cx<'_>, count: usize) {
    let mut name = std::mem::take(&mut cx.desk.what_if.pins.name);
    ui.horizontal(|ui| {
        let field = ui.add(TextEdit::singleline(&mut name).hint_text("Name").desired_width(170.0));
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Name of the variant"));
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        if ui.button("Pin this variant").clicked() || entered {
            edit(cx, Edit::Pin(std::mem::take(&mut name)));
        }
        if count > 0 {
            ui.label(style::small("click a name to load the variant"));
        }
    });
    cx.desk.what_if.pins.name = name;
}

fn table(ui: &mut Ui, cx: &mut Cx<'_>, pins: &[Pin]) {
    let Some(of) = cx.session.what_if() else { return };
    let original = std::sync::Arc::clone(of.original());
    let (now, variant) = (std::sync::Arc::clone(of.values()), of.variant().cloned());
    let output = cx.session.output();
    let differs = |column: &usize| {
        let cells = pins.iter().map(|pin| &pin.values).chain([&now]);
        cells.filter_map(|cells| Some((cells.get(*column)?, original.get(*column)?))).any(|(a, b)| !a.is_same(b))
    };
    let columns: Vec<usize> = cell::columns(cx).into_iter().filter(differs).collect();
    ui.spacing_mut().item_spacing = vec2(STEP, 0.0);
    heads(ui, cx, pins);
    let scale = variant.as_ref().map(|v| v.scale);
    let value = |predictions: Option<&Vec<f64>>| predictions.and_then(|p| p.get(output)).copied();
    let start = value(variant.as_ref().map(|v| &v.start));
    let own = value(variant.as_ref().map(|v| &v.predictions));
    let all: Vec<Option<f64>> =
        [start, own].into_iter().chain(pins.iter().map(|p| value(p.predictions.as_ref()))).collect();
    let shown = |v: &Option<f64>| v.zip(scale).map_or_else(|| "…".to_owned(), |(v, scale)| cell::prediction(v, scale));
    line(ui, "Prediction", &all.iter().map(|v| (shown(v), true)).collect::<Vec<_>>());
    let change = |v: &Option<f64>| {
        let of = v.zip(start).zip(scale);
        of.map_or_else(String::new, |((v, start), scale)| cell::difference(v - start, scale))
    };
    line(ui, "Difference", &all.iter().map(|v| (change(v), false)).collect::<Vec<_>>());
    for column in columns {
        let cells = [&original, &now].into_iter().chain(pins.iter().map(|p| &p.values));
        let texts: Vec<(String, bool)> = cells
            .map(|cells| match (cells.get(column), original.get(column)) {
                (Some(value), Some(first)) => (cell::words(value), !value.is_same(first)),
                _ => (String::new(), false),
            })
            .collect();
        line(ui, &cell::name(cx, column), &texts);
    }
}

/// Names of the variants, each with its button to forget it.
fn heads(ui: &mut Ui, cx: &mut Cx<'_>, pins: &[Pin]) {
    ui.horizontal(|ui| {
        part(ui, NAMES, |_| ());
        part(ui, WIDTH, |ui| ui.label(RichText::new("Start").weak()));
        part(ui, WIDTH, |ui| ui.label(style::strong("Now")));
        for (place, pin) in pins.iter().enumerate() {
            part(ui, WIDTH, |ui| {
                // Names stand above their values.
                ui.spacing_mut().button_padding.x = 0.0;
                let load = ui.add(Button::new(style::strong(text::shorten(&pin.name, 14))).frame_when_inactive(false));
                if load.on_hover_text(format!("Load “{}”", pin.name)).clicked() {
                    edit(cx, Edit::Load(place));
                }
                let gone = card::quiet(ui, "×").on_hover_text("Forget this variant");
                gone.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Forget variant {}", pin.name))
                });
                if gone.clicked() {
                    edit(cx, Edit::Unpin(place));
                }
            });
        }
    });
}

fn line(ui: &mut Ui, name: &str, texts: &[(String, bool)]) {
    ui.horizontal(|ui| {
        part(ui, NAMES, |ui| {
            ui.add(Label::new(RichText::new(name).weak()).truncate().show_tooltip_when_elided(false))
                .on_hover_text(name)
        });
        for (text, strong) in texts {
            let shown = if *strong { style::strong(text) } else { RichText::new(text) };
            part(ui, WIDTH, |ui| {
                ui.add(Label::new(shown).truncate().show_tooltip_when_elided(false)).on_hover_text(text)
            });
        }
    });
}

fn part<R>(ui: &mut Ui, width: f32, content: impl FnOnce(&mut Ui) -> R) {
    let layout = Layout::left_to_right(Align::Center);
    ui.allocate_ui_with_layout(vec2(width, ROW), layout, |ui| {
        ui.set_width(width - HALF);
        ui.set_min_height(ROW);
        content(ui);
    });
}
