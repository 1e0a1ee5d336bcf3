//! Every column with its role, type and profile; thousands of columns cost what is in view.

use eframe::egui;
use egui::{ComboBox, Rect, RichText, Sense, TextEdit, Ui, Vec2, vec2};

use crate::base::text;
use crate::chart::font::{self, Weight};
use crate::chart::scale;
use crate::data::profile::ColumnProfile;
use crate::data::{ColumnKind, Dataset, Role};
use crate::session::Command;

use crate::app::desk::Cx;
use crate::app::style::{self, HALF, ROW};
use crate::app::widget::card;

/// Least widths: name, role, type, missing, distinct, range, distribution.
const WIDTHS: [f32; 7] = [150.0, 124.0, 76.0, 84.0, 76.0, 140.0, 120.0];
const TITLES: [&str; 7] = ["Column", "Role", "Type", "Missing", "Distinct", "Typical values", "Distribution"];

/// Widths that fill `room`: what is left goes to names, typical values and distributions.
fn widths(room: f32) -> [f32; 7] {
    let spare = (room - 12.0 - WIDTHS.iter().sum::<f32>()).max(0.0);
    let mut widths = WIDTHS;
    for (column, share, most) in [(0, 0.45, 260.0), (5, 0.35, 160.0), (6, 0.2, 60.0)] {
        widths[column] += (spare * share).min(most);
    }
    widths
}

/// What the part is for.
pub(super) const SUMMARY: &str = "Every column with its role, type and profile";

/// The list of columns.
pub(super) fn ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(data) = cx.session.data().cloned() else { return };
    let state = &mut cx.desk.data;
    ui.add_space(HALF);
    ui.horizontal(|ui| {
        let edit = TextEdit::singleline(&mut state.column_filter)
            .hint_text("Find a column")
            .desired_width(240.0)
            .margin(egui::Margin::symmetric(10, 5));
        ui.add(edit);
        let line =
            "Columns with the role Feature may become inputs when training; the target is compared with predictions.";
        ui.add(egui::Label::new(RichText::new(line).weak()).truncate().show_tooltip_when_elided(false))
            .on_hover_text(line);
    });
    let wanted = state.column_filter.to_lowercase();
    let shown: Vec<usize> = data
        .columns()
        .iter()
        .enumerate()
        .filter(|(_, c)| wanted.is_empty() || c.name.to_lowercase().contains(&wanted))
        .map(|(i, _)| i)
        .collect();
    card::sheet(ui, |ui| {
        ui.set_min_size(ui.available_size());
        ui.spacing_mut().item_spacing = Vec2::ZERO;
        head(ui);
        let area = egui::ScrollArea::both().auto_shrink(false).id_salt("columns");
        area.show_rows(ui, ROW + 6.0, shown.len(), |ui, range| {
            for &column in shown.get(range).unwrap_or(&[]) {
                row(ui, cx, &data, column);
            }
        });
    });
}

fn head(ui: &mut Ui) {
    let skin = style::skin(ui);
    let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    ui.painter().rect_filled(area, 0.0, skin.hover);
    let font = style::strong_style().resolve(ui.style());
    let mut x = area.left() + 12.0;
    for (title, width) in TITLES.iter().zip(widths(area.width())) {
        let place = egui::pos2(x, area.center().y);
        ui.painter().text(place, egui::Align2::LEFT_CENTER, title, font.clone(), skin.text);
        x += width;
    }
}

fn row(ui: &mut Ui, cx: &mut Cx<'_>, data: &Dataset, column: usize) {
    let Some(values) = data.columns().get(column) else { return };
    let profile = cx.session.profile().and_then(|p| p.columns.get(column)).cloned();
    let input = cx.session.link().and_then(|l| l.columns.iter().position(|c| *c == column));
    let selected = input.is_some() && input == cx.session.feature();
    let height = ROW + 6.0;
    let widths = widths(ui.available_width());
    let wide = widths.iter().sum::<f32>().max(ui.available_width());
    let (area, response) = ui.allocate_exact_size(vec2(wide, height), Sense::click());
    let skin = style::skin(ui);
    if selected || response.hovered() {
        ui.painter().rect_filled(area, 0.0, if selected { skin.selected } else { skin.hover });
    }
    ui.painter().hline(area.x_range(), area.bottom(), egui::Stroke::new(1.0, skin.border.gamma_multiply(0.6)));
    let name = values.name.to_string();
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, selected, format!("Column {name}")));
    if let (true, Some(input)) = (response.clicked(), input) {
        cx.select_feature(input);
    }
    let mut x = area.left() + 12.0;
    for (k, width) in widths.iter().enumerate() {
        let cell = Rect::from_min_size(egui::pos2(x, area.top()), vec2(width - 12.0, height));
        x += width;
        let layout = egui::Layout::left_to_right(egui::Align::Center);
        let mut child = ui.new_child(egui::UiBuilder::new().max_rect(cell).layout(layout).id_salt((column, k)));
        fill(&mut child, cx, (data, column), (k, profile.as_ref()));
    }
}

fn fill(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    (data, column): (&Dataset, usize),
    (cell, profile): (usize, Option<&ColumnProfile>),
) {
    let Some(values) = data.columns().get(column) else { return };
    let kind = values.values.kind();
    match (cell, profile) {
        (0, _) => {
            let room = f64::from(ui.available_width()).max(40.0);
            let short = font::fit(&values.name, 14.0, Weight::Regular, room);
            ui.label(&short).on_hover_text(&*values.name);
        }
        (1, _) => role(ui, cx, data, column),
        (2, _) => {
            ui.label(RichText::new(kind.title()).weak());
        }
        (_, None) => {
            ui.label(RichText::new("…").weak());
        }
        (3, Some(p)) => {
            let total = (p.present + p.missing).max(1);
            if p.missing == 0 {
                ui.label(RichText::new("none").weak());
            } else {
                let share = text::percent(p.missing as f64 / total as f64);
                ui.label(share).on_hover_text(text::counted(p.missing, "row"));
            }
        }
        (4, Some(p)) => {
            ui.label(p.distinct.map_or_else(|| "many".to_owned(), text::count));
        }
        (5, Some(p)) => {
            ui.add(egui::Label::new(typical(p, kind)).truncate());
        }
        (_, Some(p)) => distribution(ui, p),
    }
}

fn role(ui: &mut Ui, cx: &mut Cx<'_>, data: &Dataset, column: usize) {
    let Some(now) = data.roles().get(column).copied() else { return };
    let name = data.columns().get(column).map_or("", |c| &*c.name).to_owned();
    let combo = ComboBox::from_id_salt(("role", column)).selected_text(now.title()).width(104.0);
    let response = combo.show_ui(ui, |ui| {
        for role in Role::ALL {
            if ui.selectable_label(role == now, role.title()).clicked() && role != now {
                cx.wish(Command::SetRole(column, role));
            }
        }
    });
    response.response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::ComboBox, true, format!("Role of {name}: {}", now.title()))
    });
}

/// Median and range of numbers, most frequent levels of the rest.
fn typical(profile: &ColumnProfile, kind: ColumnKind) -> String {
    if let Some(n) = &profile.numbers {
        let show = |v: f64| if kind == ColumnKind::Date { scale::date(v) } else { text::number(v) };
        return format!("{} … {} … {}", show(n.min), show(n.quantiles[3]), show(n.max));
    }
    let levels: Vec<&str> = profile.levels.iter().take(4).map(|l| l.0.as_str()).collect();
    if levels.is_empty() { "—".to_owned() } else { levels.join(", ") }
}

/// A small histogram, or the shares of the most frequent levels.
fn distribution(ui: &mut Ui, profile: &ColumnProfile) {
    let skin = style::skin(ui);
    let counts: Vec<usize> = match &profile.histogram {
        Some(h) => h.counts.clone(),
        None => profile.levels.iter().take(20).map(|l| l.1).collect(),
    };
    let (area, response) = ui.allocate_exact_size(vec2(108.0, 22.0), Sense::hover());
    let most = counts.iter().copied().max().unwrap_or(0).max(1) as f32;
    let width = (area.width() / counts.len().max(1) as f32).min(14.0);
    for (i, count) in counts.iter().enumerate() {
        let height = (*count as f32 / most * area.height()).max(if *count > 0 { 1.0 } else { 0.0 });
        let left = area.left() + width * i as f32;
        let bar = Rect::from_min_max(
            egui::pos2(left, area.bottom() - height),
            egui::pos2(left + (width - 1.0).max(0.6), area.bottom()),
        );
        ui.painter().rect_filled(bar, 0.0, skin.accent.gamma_multiply(0.65));
    }
    if !profile.levels.is_empty() {
        let lines: Vec<String> = profile
            .levels
            .iter()
            .take(12)
            .map(|(l, n)| format!("{}  {}", text::shorten(l, 40), text::count(*n)))
            .collect();
        response.on_hover_text(lines.join("\n"));
    } else if let Some(n) = &profile.numbers {
        response.on_hover_text(format!(
            "mean {}, standard deviation {}",
            text::number(n.mean),
            text::number(n.deviation)
        ));
    }
}
