//! One editor for each column that feeds the model: slider, number, level, text, yes or no, missing.

use eframe::egui;
use egui::{Align, CollapsingHeader, ComboBox, DragValue, Label, Layout, Rect, RichText, Slider, TextEdit, Ui, vec2};

use crate::base::text;
use crate::data::{ColumnKind, Value};
use crate::session::Edit;

use super::{cell, edit};
use crate::app::desk::Cx;
use crate::app::style::{self, GAP, HALF};
use crate::app::widget::card;

mod date;

/// Height of one editor.
const EDITOR: f32 = 92.0;
/// Columns from which on they can be searched.
const MANY: usize = 8;
/// What is said of a column that is not among the model’s inputs.
const UNREAD: &str = "not read by the model";
/// Height of a small histogram.
const BARS: f32 = 16.0;
/// Width of a number field.
const NUMBER: f32 = 84.0;

/// What is typed.
#[derive(Default)]
pub(crate) struct State {
    search: String,
    /// A text being typed, and its column.
    typed: Option<(usize, String)>,
    /// Dates being typed, and those that were refused.
    dates: Vec<date::Typed>,
}

/// What the part is for.
pub(super) const SUMMARY: &str = "The values of the row, each with an editor";

/// The card of editors.
pub(super) fn ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    card::card(ui, |ui| {
        ui.set_min_height(ui.available_height());
        let unread = cell::unread(cx);
        let mut columns: Vec<usize> = cell::columns(cx).into_iter().chain(unread.iter().copied()).collect();
        if columns.len() > MANY {
            let hint = TextEdit::singleline(&mut cx.desk.what_if.editors.search).hint_text("Find a column");
            let field = ui.add(hint.desired_width(f32::INFINITY));
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SearchInput, true, "Find a column"));
            let wanted = cx.desk.what_if.editors.search.trim().to_lowercase();
            columns.retain(|column| cell::name(cx, *column).to_lowercase().contains(&wanted));
        }
        if columns.is_empty() {
            ui.label(RichText::new("No column has this name").weak());
        }
        let area = egui::ScrollArea::vertical().auto_shrink(false).id_salt("editors");
        ui.spacing_mut().item_spacing.y = 0.0;
        area.show_rows(ui, EDITOR, columns.len(), |ui, range| {
            for column in columns.get(range).unwrap_or(&[]) {
                let (place, _) = ui.allocate_exact_size(vec2(ui.available_width(), EDITOR), egui::Sense::hover());
                let inner = Rect::from_min_max(place.min, place.max - vec2(HALF * 2.0, 0.0));
                let mut child = ui.new_child(egui::UiBuilder::new().max_rect(inner).id_salt(("editor", *column)));
                child.set_clip_rect(inner.expand(2.0).intersect(ui.clip_rect()));
                editor(&mut child, cx, *column, unread.binary_search(column).is_err());
            }
        });
    });
}

/// Name, control and remarks of a column, which the model may not read.
fn editor(ui: &mut Ui, cx: &mut Cx<'_>, column: usize, is_read: bool) {
    let Some(of) = cx.session.what_if() else { return };
    let Some(value) = of.values().get(column).cloned() else { return };
    let changed = of.is_changed(column);
    let original = of.original().get(column).map(cell::words).unwrap_or_default();
    let mark = of.variant().and_then(|v| v.marks.get(column)).filter(|m| !m.is_plain()).map(|m| m.words());
    ui.spacing_mut().item_spacing = vec2(HALF, 2.0);
    ui.spacing_mut().interact_size.y = 22.0;
    let name = cell::name(cx, column);
    let label = ui
        .horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                missing(ui, cx, (column, &name), &value);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let shown = if changed { style::strong(&name) } else { RichText::new(&name) };
                    ui.add(Label::new(shown).truncate().show_tooltip_when_elided(false)).on_hover_text(&name)
                })
                .inner
            })
            .inner
        })
        .inner;
    control(ui, cx, (column, label.id), &value);
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if changed {
                let reset = card::quiet(ui, RichText::new("Reset").small());
                reset.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Reset {name}")));
                if reset.on_hover_text(format!("Back to {original}")).clicked() {
                    date::forget(cx, column);
                    edit(cx, Edit::Reset(Some(column)));
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let was = if changed { format!("was {}", text::shorten(&original, 24)) } else { String::new() };
                let mark = date::refused(ui, cx, column).or(mark);
                remark(ui, (mark, was), is_read);
            });
        });
    });
}

/// What is unusual about a value, what it was, and that the model does not read it.
fn remark(ui: &mut Ui, (mark, was): (Option<String>, String), is_read: bool) {
    let unread = if is_read { "" } else { UNREAD };
    let all: Vec<&str> =
        [mark.as_deref().unwrap_or_default(), &was, unread].into_iter().filter(|w| !w.is_empty()).collect();
    let shown = match &mark {
        Some(mark) => RichText::new(mark).small().color(style::skin(ui).error),
        None => style::small(all.join("  ·  ")),
    };
    ui.add(Label::new(shown).truncate().show_tooltip_when_elided(false)).on_hover_text(all.join("\n"));
}

fn missing(ui: &mut Ui, cx: &mut Cx<'_>, (column, name): (usize, &str), value: &Value) {
    let mut on = value.is_missing();
    let toggle = ui.checkbox(&mut on, style::small(text::MISSING));
    toggle.widget_info(|| {
        egui::WidgetInfo::selected(egui::Role::CheckBox, true, value.is_missing(), format!("{name} is missing"))
    });
    if toggle.on_hover_text("Whether the row has no value here").changed() {
        let value = if on { Value::Missing } else { cell::usual(cx, column) };
        edit(cx, Edit::Set { column, value, moving: false });
    }
}

fn control(ui: &mut Ui, cx: &mut Cx<'_>, (column, label): (usize, egui::Id), value: &Value) {
    match cell::kind(cx, column) {
        ColumnKind::Number => number(ui, cx, (column, label), value),
        ColumnKind::Category => level(ui, cx, (column, label), value),
        ColumnKind::YesNo => {
            let mut chosen = if let Value::YesNo(yes) = value { Some(*yes) } else { None };
            if card::segments(ui, &mut chosen, &[(Some(false), "no"), (Some(true), "yes")])
                && let Some(yes) = chosen
            {
                edit(cx, Edit::Set { column, value: Value::YesNo(yes), moving: false });
            }
        }
        ColumnKind::Text => words(ui, cx, (column, label), value),
        ColumnKind::Date => date::ui(ui, cx, (column, label), value),
    }
}

fn number(ui: &mut Ui, cx: &mut Cx<'_>, (column, label): (usize, egui::Id), value: &Value) {
    let whole = cell::is_whole(cx, column);
    let Some((low, high)) = cell::range(cx, column) else {
        ui.label(RichText::new("The column holds no number").weak());
        return;
    };
    let now = if let Value::Number(v) = value { *v } else { f64::NAN };
    let mut moved = if now.is_nan() { low + (high - low) / 2.0 } else { now };
    let (mut moving, mut set) = (false, false);
    ui.horizontal(|ui| {
        let track = (ui.available_width() - NUMBER - HALF).max(60.0);
        ui.vertical(|ui| {
            ui.set_width(track);
            let bars = ui.allocate_exact_size(vec2(track, BARS), egui::Sense::hover()).0;
            ui.spacing_mut().slider_width = track;
            let mut slider = Slider::new(&mut moved, low..=high)
                .show_value(false)
                .clamping(egui::SliderClamping::Never)
                .trailing_fill(true);
            if whole {
                slider = slider.step_by(1.0);
            }
            let response = ui.add_enabled(!now.is_nan(), slider).labelled_by(label);
            // The slider’s ends lie half its handle inside.
            bars_of(ui, cx, column, bars.shrink2(vec2(response.rect.height() / 2.5, 0.0)));
            moving = response.dragged();
            set = response.changed() || response.drag_stopped();
        });
        let speed = ((high - low) / 300.0).max(f64::MIN_POSITIVE);
        let mut drag = DragValue::new(&mut moved).speed(speed).update_while_editing(false).max_decimals(6);
        if whole {
            drag = drag.speed(speed.max(0.1)).max_decimals(0);
        }
        let response = ui
            .add_enabled_ui(!now.is_nan(), |ui| ui.add_sized([NUMBER, 24.0], drag))
            .inner
            .labelled_by(label)
            .on_hover_text(format!("{} to {} in the table", text::significant(low, 6), text::significant(high, 6)));
        moving |= response.dragged();
        set |= response.changed() || response.drag_stopped();
    });
    if set && moved.is_finite() && !now.is_nan() {
        edit(cx, Edit::Set { column, value: Value::Number(moved), moving });
    }
}

/// The histogram of a column, with the place of the row in it left to the slider below.
fn bars_of(ui: &Ui, cx: &Cx<'_>, column: usize, area: Rect) {
    let Some((low, high)) = cell::range(cx, column) else { return };
    let known = cx.session.profile().and_then(|p| p.columns.get(column));
    let Some(histogram) = known.and_then(|known| known.histogram.as_ref()) else { return };
    bars(ui, area, (low, high), (histogram.low, histogram.high), &histogram.counts);
}

/// Bars of equal width from `from` to `to`, painted where they lie between `low` and `high`.
pub(super) fn bars(ui: &Ui, area: Rect, (low, high): (f64, f64), (from, to): (f64, f64), counts: &[usize]) {
    let most = counts.iter().copied().max().unwrap_or(0).max(1) as f32;
    let colour = style::skin(ui).axis.gamma_multiply(0.55);
    let width = (high - low).max(f64::MIN_POSITIVE);
    let at = |value: f64| area.left() + area.width() * ((value - low) / width) as f32;
    let step = (to - from) / counts.len().max(1) as f64;
    for (k, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let (left, right) = (at(from + step * k as f64), at(from + step * (k + 1) as f64));
        let (left, right) = (left.max(area.left()), right.min(area.right()));
        let height = (area.height() * *count as f32 / most).max(1.0);
        let bar = Rect::from_x_y_ranges(left..=(right - 0.5).max(left + 0.5), area.bottom() - height..=area.bottom());
        ui.painter().rect_filled(bar, 0.0, colour);
    }
}

fn level(ui: &mut Ui, cx: &mut Cx<'_>, (column, label): (usize, egui::Id), value: &Value) {
    let width = ui.available_width() - HALF;
    let combo = ComboBox::from_id_salt(("level", column)).selected_text(text::shorten(&cell::words(value), 34));
    ui.add_space(HALF);
    let response = combo.width(width).show_ui(ui, |ui| {
        for (name, count) in cell::levels(cx, column) {
            let on = matches!(value, Value::Text(text) if *text == name);
            let shown = format!("{}   {}", text::shorten(&name, 40), text::counted(count, "row"));
            if ui.selectable_label(on, shown).on_hover_text(&name).clicked() {
                edit(cx, Edit::Set { column, value: Value::Text(name), moving: false });
            }
        }
        ui.add_space(HALF);
        CollapsingHeader::new("Another level").id_salt("another").show(ui, |ui| words(ui, cx, (column, label), value));
    });
    response.response.labelled_by(label);
}

/// A text field whose text counts once it is entered.
fn words(ui: &mut Ui, cx: &mut Cx<'_>, (column, label): (usize, egui::Id), value: &Value) {
    let typed = &mut cx.desk.what_if.editors.typed;
    let mut shown = match (&*typed, value) {
        (Some((of, text)), _) if *of == column => text.clone(),
        (_, Value::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let field = TextEdit::singleline(&mut shown).desired_width(ui.available_width() - GAP);
    let response = ui.add(field).labelled_by(label);
    if response.changed() {
        *typed = Some((column, shown.clone()));
    }
    if response.lost_focus() && typed.take_if(|(of, _)| *of == column).is_some() {
        edit(cx, Edit::Set { column, value: Value::Text(shown), moving: false });
    }
}
