//! Values of a table as text, and numbers in tables.

use eframe::egui;
use egui::{Align, Label, Layout, RichText, Ui};

use crate::base::text;
use crate::data::{Column, Values};

use crate::app::style;

/// The value of row `i` of a column as people read it; `None` when missing.
pub(crate) fn value(column: &Column, i: usize) -> Option<String> {
    (!column.values.is_missing(i)).then(|| column.values.text(i))
}

/// The value with “missing” in words.
pub(crate) fn value_or_missing(column: &Column, i: usize) -> String {
    value(column, i).unwrap_or_else(|| text::MISSING.to_owned())
}

/// Whether values of this column stand at the right of their cell.
pub(crate) fn is_numeric(column: &Column) -> bool {
    matches!(column.values, Values::Number { .. })
}

/// Decimals that show a column of numbers to `digits` significant digits of its spread, so that points align.
pub(crate) fn decimals(column: &Column, spread: f64, digits: i32) -> usize {
    match &column.values {
        Values::Number { whole: true, .. } => 0,
        _ if spread > 0.0 && spread.is_finite() => (digits - 1 - spread.log10().floor() as i32).clamp(0, 6) as usize,
        _ => 3,
    }
}

/// A text in a cell, cut with an ellipsis; hover shows all of it.
pub(crate) fn cell(ui: &mut Ui, text: Option<&str>, right: bool) {
    let skin = style::skin(ui);
    let rich = match text {
        Some(text) => RichText::new(text),
        None => RichText::new(text::MISSING).italics().color(skin.missing),
    };
    let layout = if right { Layout::right_to_left(Align::Center) } else { Layout::left_to_right(Align::Center) };
    ui.with_layout(layout, |ui| {
        ui.add(Label::new(rich).truncate());
    });
}

/// A name shortened in its middle to `limit` characters; hover shows the whole.
pub(crate) fn name(ui: &mut Ui, text: &str, limit: usize) -> egui::Response {
    let short = text::shorten(text, limit);
    let response = ui.add(Label::new(&short).truncate().show_tooltip_when_elided(short == text));
    if short == text { response } else { response.on_hover_text(text) }
}
