//! The row's values with what each contributes, sorted by size.

use eframe::egui;
use egui::{Rect, RichText, Ui, vec2};

use crate::base::{RowId, text};
use crate::explain::{Attribution, Body, Explanation};

use crate::app::desk::Cx;
use crate::app::style::{self, GAP, HALF, ROW};
use crate::app::widget::{card, number};

/// The order of the features, worked out once per row and explanation.
#[derive(Default)]
pub(crate) struct State {
    key: Option<(usize, RowId, usize)>,
    order: Vec<usize>,
}

/// Height of the card without its table.
pub(super) const CLOSED: f32 = 2.0 * GAP + ROW;

/// The table of values and contributions; its head alone while it is closed.
pub(super) fn ui(ui: &mut Ui, cx: &mut Cx<'_>, row: RowId, open: bool) {
    let Some(explanation) = cx.session.attribution().cloned() else { return };
    let Body::Attribution(attribution) = &explanation.body else { return };
    let Some(position) = attribution.position(row) else { return };
    let output = cx.session.output().min(attribution.outputs.len().saturating_sub(1));
    sort(&mut cx.desk.local.values, &explanation, attribution, (row, position, output));
    let order = std::mem::take(&mut cx.desk.local.values.order);
    let contributions = attribution.row(output, position);
    let errors = attribution.row_error(output, position);
    let largest = order.first().and_then(|f| contributions.get(*f)).map_or(1.0, |v| v.abs()).max(1e-300);
    card::card(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(style::title("Values of this row"));
            if open {
                ui.label(style::small("click a line to select the feature everywhere"));
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let (text, hint) = if open {
                    ("Hide", "Leave the height to the chart")
                } else {
                    ("Show", "Every value with what it contributes")
                };
                let name = if open { "Hide the values" } else { "Show the values" };
                if card::named(card::quiet(ui, text), name).on_hover_text(hint).clicked() {
                    cx.desk.local.values_open = Some(!open);
                }
            });
        });
        if !open {
            return;
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        egui::ScrollArea::vertical().auto_shrink(false).id_salt("values").show_rows(
            ui,
            ROW,
            order.len(),
            |ui, range| {
                for &feature in order.get(range).unwrap_or(&[]) {
                    let value = contributions.get(feature).copied().unwrap_or(f64::NAN);
                    let error = errors.and_then(|e| e.get(feature)).copied();
                    let name = attribution.features.get(feature).map_or("", |f| f);
                    line(ui, cx, (row, feature, name), (value, error, value / largest));
                }
            },
        );
    });
    cx.desk.local.values.order = order;
}

fn sort(
    state: &mut State,
    explanation: &std::sync::Arc<Explanation>,
    attribution: &Attribution,
    (row, position, output): (RowId, usize, usize),
) {
    let key = (std::sync::Arc::as_ptr(explanation) as usize, row, output);
    if state.key == Some(key) {
        return;
    }
    let values = attribution.row(output, position);
    state.order = (0..values.len()).collect();
    state.order.sort_by(|a, b| values[*b].abs().total_cmp(&values[*a].abs()));
    state.key = Some(key);
}

fn line(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    (row, feature, name): (RowId, usize, &str),
    (value, error, share): (f64, Option<f64>, f64),
) {
    let column = cx.session.link().and_then(|l| l.columns.get(feature)).copied();
    let column = column.and_then(|c| cx.session.data().and_then(|d| d.columns().get(c)));
    let shown = column.and_then(|c| number::value(c, row.index()));
    let selected = cx.session.feature() == Some(feature);
    let words = shown.clone().unwrap_or_else(|| text::MISSING.to_owned());
    let signed = text::signed(value);
    let label = format!("{name} = {words}, contribution {signed}");
    let response = card::line(ui, selected, &label, |ui| {
        let full = ui.available_width();
        let part = |ui: &mut Ui, width: f32, right: bool, text: Option<&str>| {
            ui.allocate_ui(vec2(width, ROW), |ui| {
                ui.set_width(width);
                number::cell(ui, text, right);
            });
        };
        part(ui, full * 0.32, false, Some(&text::shorten(name, 40)));
        part(ui, full * 0.24, true, shown.as_deref());
        part(ui, full * 0.14, true, Some(&signed));
        bar(ui, (full * 0.24).max(40.0), share);
        if let Some(error) = error {
            ui.label(RichText::new(format!("±{}", text::significant(error, 2))).small().weak());
        }
    });
    let hint = format!("{name} = {words}\ncontribution {}", text::exact(value));
    if response.on_hover_text(hint).clicked() {
        cx.select_feature(feature);
    }
}

/// A small bar to the right for what raises, to the left for what lowers.
fn bar(ui: &mut Ui, width: f32, share: f64) {
    let skin = style::skin(ui);
    let (area, _) = ui.allocate_exact_size(vec2(width, ROW), egui::Sense::hover());
    let middle = area.center().x;
    let reach = (width / 2.0 - HALF) * share.abs().min(1.0) as f32;
    let (from, to, colour) =
        if share >= 0.0 { (middle, middle + reach, skin.raises) } else { (middle - reach, middle, skin.lowers) };
    let bar = Rect::from_x_y_ranges(from..=to, area.center().y - 5.0..=area.center().y + 5.0);
    ui.painter().rect_filled(bar, 1.0, colour);
    let line = egui::Stroke::new(1.0, skin.border);
    ui.painter().vline(middle, area.shrink2(vec2(0.0, 4.0)).y_range(), line);
}
