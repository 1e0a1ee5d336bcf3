//! A chart in its card: asks for it, keeps the last one in view meanwhile, and offers save, copy and “show as table”.

use eframe::egui;
use egui::{Align, Layout, Rect, RichText, Sense, Ui, vec2};

use crate::chart::{Chart, Legend};
use crate::session::{ChartRequest, Command, Export};

use super::{card, chart_table, empty};
use crate::app::desk::Cx;
use crate::app::plot::{Picked, RowLines, Selected, View};
use crate::app::style::{self, HALF, STEP};

/// Where and how a chart is shown.
pub(crate) struct Place<'a> {
    /// Name of the place; its view and its last chart are kept under it.
    pub(crate) slot: &'static str,
    /// Height of the whole card's content.
    pub(crate) height: f32,
    /// Further lines for tooltips of rows.
    pub(crate) lines: Option<RowLines<'a>>,
}

/// Asks for the chart when it is not there, shows it, and turns clicks into selections.
pub(crate) fn show(ui: &mut Ui, cx: &mut Cx<'_>, request: &ChartRequest, place: &Place<'_>) {
    let newest = cx.session.chart(request);
    let pending = cx.session.chart_is_pending(request);
    let problem = cx.session.chart_problem(request).cloned();
    if newest.is_none() && !pending && problem.is_none() {
        cx.wish(Command::Draw(request.clone()));
    }
    let slot = cx.desk.plots.slot(place.slot);
    if let Some(chart) = &newest {
        slot.chart = Some(std::sync::Arc::clone(chart));
    }
    // A chart of another kind would be misread while the asked one is being drawn.
    if slot.chart.as_ref().is_some_and(|c| c.kind != request.kind) {
        slot.chart = None;
    }
    let shown = slot.chart.clone();
    card::card(ui, |ui| match (shown, problem) {
        (_, Some(problem)) => {
            ui.set_min_height(place.height);
            ui.label(style::title(&problem.what));
            ui.label(RichText::new(&problem.place).weak());
            ui.add(egui::Label::new(&problem.hint).wrap());
        }
        (Some(chart), None) => {
            let top = ui.cursor().top();
            header(ui, cx, &chart, request, place.slot);
            if newest.is_none() {
                ui.ctx().request_repaint_after(std::time::Duration::from_millis(100));
            }
            let used = ui.cursor().top() - top + footer_height(ui, &chart);
            body(ui, cx, &chart, place, (place.height - used).max(120.0));
            footer(ui, &chart);
        }
        (None, None) => empty::busy(ui, "Drawing the chart", place.height),
    });
}

fn header(ui: &mut Ui, cx: &mut Cx<'_>, chart: &Chart, request: &ChartRequest, slot: &'static str) {
    ui.horizontal(|ui| {
        let room = (ui.available_width() - 290.0).max(80.0);
        ui.scope(|ui| {
            ui.set_max_width(room);
            ui.add(egui::Label::new(style::title(&chart.title)).truncate());
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = HALF;
            save_menu(ui, cx, chart, request);
            copy_menu(ui, cx, chart);
            let place = cx.desk.plots.slot(slot);
            let (text, hint) = if place.as_table {
                ("Show as chart", "Show the drawing again")
            } else {
                ("Show as table", "Show the numbers behind the drawing")
            };
            if card::quiet(ui, text).on_hover_text(hint).clicked() {
                place.as_table = !place.as_table;
            }
            if !place.as_table
                && card::quiet(ui, "Reset view")
                    .on_hover_text("Show everything again; a double click does the same")
                    .clicked()
            {
                place.reset = true;
            }
        });
    });
    ui.add_space(HALF);
}

fn save_menu(ui: &mut Ui, cx: &mut Cx<'_>, chart: &Chart, request: &ChartRequest) {
    let menu = ui.menu_button("Save…", |ui| {
        for (ending, title) in [("svg", "As SVG drawing…"), ("png", "As PNG picture…"), ("csv", "As CSV table…")]
        {
            if ui.button(title).clicked() {
                cx.save(file_name(chart, ending), Export::Chart(Box::new(request.clone())));
                ui.close();
            }
        }
    });
    menu.response.on_hover_text("Save this chart as SVG, PNG or CSV");
}

fn copy_menu(ui: &mut Ui, cx: &mut Cx<'_>, chart: &Chart) {
    let menu = ui.menu_button("Copy", |ui| {
        if ui.button("Numbers").on_hover_text("Tab-separated, full precision").clicked() {
            cx.ctx.copy_text(chart_table::as_text(&chart.table));
            cx.say("Copied the numbers of the chart");
            ui.close();
        }
        if ui.button("Description").on_hover_text("The chart as a paragraph").clicked() {
            cx.ctx.copy_text(chart.alt.clone());
            cx.say("Copied the description of the chart");
            ui.close();
        }
    });
    menu.response.on_hover_text("Copy this chart’s numbers or description");
}

/// `bar-importance.svg` from the chart's kind and title.
fn file_name(chart: &Chart, ending: &str) -> String {
    let words: String =
        chart.title.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let words: Vec<&str> = words.split('-').filter(|w| !w.is_empty()).take(6).collect();
    let stem = if words.is_empty() { chart.kind.to_owned() } else { words.join("-") };
    format!("{stem}.{ending}")
}

fn body(ui: &mut Ui, cx: &mut Cx<'_>, chart: &Chart, place: &Place<'_>, height: f32) {
    if cx.desk.plots.slot(place.slot).as_table {
        chart_table::show(ui, place.slot, &chart.table, height);
        return;
    }
    let selected = Selected { row: cx.session.row(), feature: cx.session.feature() };
    let view = View { size: vec2(ui.available_width(), height), selected, lines: place.lines };
    match cx.desk.plots.show(ui, place.slot, &view) {
        Some(Picked::Row(row)) => cx.select_row(row),
        Some(Picked::Feature(feature)) => cx.select_feature(feature),
        None => {}
    }
}

fn footer_height(ui: &Ui, chart: &Chart) -> f32 {
    let legend = if chart.legend.is_empty() { 0.0 } else { 24.0 };
    let line = ui.text_style_height(&egui::TextStyle::Small) + HALF;
    legend + line * chart.notes.len() as f32 + STEP
}

fn footer(ui: &mut Ui, chart: &Chart) {
    if !chart.legend.is_empty() {
        ui.horizontal(|ui| {
            for entry in &chart.legend {
                legend(ui, entry);
            }
        });
    }
    ui.spacing_mut().item_spacing.y = HALF;
    for note in &chart.notes {
        ui.add(egui::Label::new(style::small(note)).truncate());
    }
}

fn legend(ui: &mut Ui, entry: &Legend) {
    let skin = style::skin(ui);
    match entry {
        Legend::Key(role, text) => {
            let (area, _) = ui.allocate_exact_size(vec2(12.0, 12.0), Sense::hover());
            if matches!(role, crate::chart::Role::Missing) {
                ui.painter().circle_stroke(area.center(), 4.5, egui::Stroke::new(1.5, skin.role(*role)));
            } else {
                ui.painter().rect_filled(area, 3.0, skin.role(*role));
            }
            ui.label(style::small(text));
            ui.add_space(STEP);
        }
        Legend::Ramp(label, low, high) => {
            ui.label(style::small(format!("{label}   {low}")));
            let (area, _) = ui.allocate_exact_size(vec2(96.0, 10.0), Sense::hover());
            for i in 0..24 {
                let (a, b) = (i as f32 / 24.0, (i + 1) as f32 / 24.0);
                let part = Rect::from_x_y_ranges(
                    egui::lerp(area.x_range(), a)..=egui::lerp(area.x_range(), b),
                    area.y_range(),
                );
                ui.painter().rect_filled(part, 0.0, skin.ramp((a + b) / 2.0));
            }
            ui.label(style::small(high));
            ui.add_space(STEP);
        }
    }
}
