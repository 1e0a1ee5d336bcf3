//! The editor of a date: a slider over the column's range, and a field for a typed one. What is typed and no date stays in
//! the field, beside the reason, until it is one or is given up.

use eframe::egui;
use egui::{Key, Label, RichText, Slider, SliderClamping, TextEdit, Ui, vec2};

use crate::data::dates::{self, DAY_MILLIS};
use crate::data::{Value, Values};
use crate::session::Edit;

use super::super::{cell, edit};
use super::{BARS, bars_of};
use crate::app::desk::Cx;
use crate::app::style::{self, HALF};

/// Width of the field of a day, and of a moment.
const WIDTHS: (f32, f32) = (104.0, 166.0);

/// Room at both sides of the text in the field.
const MARGIN: f32 = 7.0;

/// A text that is being typed or was refused.
pub(super) struct Typed {
    column: usize,
    text: String,
    /// The cell beside which it was typed; beside another one it is forgotten.
    beside: Value,
}

/// Why the text typed for a column was refused; `None` while it is being typed, or where there is none.
pub(super) fn refused(ui: &Ui, cx: &Cx<'_>, column: usize) -> Option<String> {
    let typed = cx.desk.what_if.editors.dates.iter().find(|typed| typed.column == column)?;
    if ui.memory(|memory| memory.has_focus(field_id(column))) {
        return None;
    }
    dates::typed(&typed.text, only_days(cx, column)).err()
}

/// Forgets what was typed for a column.
pub(super) fn forget(cx: &mut Cx<'_>, column: usize) {
    cx.desk.what_if.editors.dates.retain(|typed| typed.column != column);
}

fn field_id(column: usize) -> egui::Id {
    egui::Id::unique(("date of the edited row", column))
}

/// Whether a column holds whole days only.
fn only_days(cx: &Cx<'_>, column: usize) -> bool {
    let column = cx.session.data().and_then(|data| data.columns().get(column));
    matches!(column.map(|c| &c.values), Some(Values::Date { day: true, .. }))
}

/// Slider and field.
pub(super) fn ui(ui: &mut Ui, cx: &mut Cx<'_>, (column, label): (usize, egui::Id), value: &Value) {
    let days = only_days(cx, column);
    ui.horizontal(|ui| {
        let width = if days { WIDTHS.0 } else { WIDTHS.1 };
        let track = (ui.available_width() - width - HALF).max(40.0);
        ui.vertical(|ui| {
            ui.set_width(track);
            slider(ui, cx, (column, label), (value, days));
        });
        field(ui, cx, (column, label), (value, width));
    });
}

fn slider(ui: &mut Ui, cx: &mut Cx<'_>, (column, label): (usize, egui::Id), (value, days): (&Value, bool)) {
    let track = ui.available_width();
    let Some((low, high)) = cell::range(cx, column) else {
        ui.add(Label::new(RichText::new("The column holds no date").weak()).truncate());
        return;
    };
    let bars = ui.allocate_exact_size(vec2(track, BARS), egui::Sense::hover()).0;
    let now = if let Value::Date(millis) = value { Some(*millis as f64) } else { None };
    let mut moved = now.unwrap_or(low + (high - low) / 2.0);
    ui.spacing_mut().slider_width = track;
    let mut slider =
        Slider::new(&mut moved, low..=high).show_value(false).clamping(SliderClamping::Never).trailing_fill(true);
    if days {
        slider = slider.step_by(DAY_MILLIS as f64);
    }
    let response = ui.add_enabled(now.is_some(), slider).labelled_by(label);
    bars_of(ui, cx, column, bars.shrink2(vec2(response.rect.height() / 2.5, 0.0)));
    if now.is_some() && (response.changed() || response.drag_stopped()) {
        let moment = moved.round() as i64;
        let moment = if days { moment.div_euclid(DAY_MILLIS) * DAY_MILLIS } else { moment / 1_000 * 1_000 };
        forget(cx, column);
        edit(cx, Edit::Set { column, value: Value::Date(moment), moving: response.dragged() });
    }
}

fn field(ui: &mut Ui, cx: &mut Cx<'_>, (column, label): (usize, egui::Id), (value, width): (&Value, f32)) {
    cx.desk.what_if.editors.dates.retain(|typed| typed.column != column || typed.beside == *value);
    let known = cx.desk.what_if.editors.dates.iter().find(|typed| typed.column == column);
    let held = if value.is_missing() { String::new() } else { cell::words(value) };
    let mut shown = known.map_or_else(|| held.clone(), |typed| typed.text.clone());
    let wrong = refused(ui, cx, column);
    let edit_field = TextEdit::singleline(&mut shown)
        .id(field_id(column))
        .desired_width(width)
        .margin(egui::Margin::symmetric(MARGIN as i8, 3));
    let edit_field = if wrong.is_some() { edit_field.text_color(style::skin(ui).error) } else { edit_field };
    let response = ui.add(edit_field.hint_text("2024-12-31")).labelled_by(label);
    if let Some((low, high)) = cell::range(cx, column) {
        let words = |millis: f64| cell::words(&Value::Date(millis as i64));
        response.clone().on_hover_text(format!("{} to {} in the table", words(low), words(high)));
    }
    if response.changed() {
        forget(cx, column);
        cx.desk.what_if.editors.dates.push(Typed { column, text: shown.clone(), beside: value.clone() });
    }
    if !response.lost_focus() {
        return;
    }
    if ui.input(|i| i.key_pressed(Key::Escape)) || shown == held {
        forget(cx, column);
    } else if let Ok(moment) = dates::typed(&shown, only_days(cx, column)) {
        forget(cx, column);
        edit(cx, Edit::Set { column, value: Value::Date(moment), moving: false });
    }
}
