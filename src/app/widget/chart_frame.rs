//! A chart in its card: asks for it, keeps the last one in view meanwhile, and offers save, copy and “show as table”.

use std::sync::Arc;

use eframe::egui;
use egui::{Align, Layout, Rect, RichText, Sense, Ui, vec2};

use crate::chart::font::{self, Weight};
use crate::chart::{Chart, Legend};
use crate::session::{ChartRequest, Command, Export};

use super::{card, chart_table, empty, picture};
use crate::app::desk::Cx;
use crate::app::plot::{self, Picked, RowLines, Selected, View};
use crate::app::style::{self, HALF, STEP};

/// Where and how a chart is shown.
pub(crate) struct Place<'a> {
    /// Name of the place; its view and its last chart are kept under it.
    pub(crate) slot: &'a str,
    /// Height of the whole card's content.
    pub(crate) height: f32,
    /// Further lines for tooltips of rows.
    pub(crate) lines: Option<RowLines<'a>>,
    /// Charts of one group share their axes: panning or zooming one moves all.
    pub(crate) group: Option<&'a str>,
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
        slot.chart = Some(Arc::clone(chart));
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
            let status = cx.desk.plots.status(place.slot, cx.session.selection().map(|rows| &**rows));
            let foot = Foot { chart: &chart, status: &status, low: place.height < LOW };
            let used = ui.cursor().top() - top + foot.height(ui);
            body(ui, cx, &chart, place, (place.height - used).max(120.0));
            foot.ui(ui);
        }
        (None, None) => empty::busy(ui, "Drawing the chart", place.height),
    });
}

/// Below this height, notes have one line, beside the legend where it leaves room.
const LOW: f32 = 420.0;

/// Below this width, what can be done with a chart is in one menu, so that its title can be read.
const NARROW: f32 = 560.0;

fn header(ui: &mut Ui, cx: &mut Cx<'_>, chart: &Arc<Chart>, request: &ChartRequest, slot: &str) {
    let narrow = ui.available_width() < NARROW;
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = HALF;
            if narrow {
                let menu = ui.menu_button("…", |ui| {
                    view_buttons(ui, cx, slot);
                    copy_menu(ui, cx, chart, request);
                    save_menu(ui, cx, chart, request);
                });
                menu.response
                    .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "More for this chart"));
            } else {
                save_menu(ui, cx, chart, request);
                copy_menu(ui, cx, chart, request);
                view_buttons(ui, cx, slot);
            }
            if !cx.desk.plots.slot(slot).as_table && plot::shows_rows(chart) {
                plot::switch(ui, &mut cx.desk.plots.tool);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(egui::Label::new(style::title(&chart.title)).truncate().show_tooltip_when_elided(false))
                    .on_hover_text(&chart.title);
            });
        });
    });
    ui.add_space(HALF);
}

fn view_buttons(ui: &mut Ui, cx: &mut Cx<'_>, slot: &str) {
    let place = cx.desk.plots.slot(slot);
    let (text, hint) = if place.as_table {
        ("Show as chart", "Show the drawing again")
    } else {
        ("Show as table", "Show the numbers behind the drawing")
    };
    if card::quiet(ui, text).on_hover_text(hint).clicked() {
        place.as_table = !place.as_table;
    }
    let hint = "Show everything again; a double click does the same";
    if !place.as_table && card::quiet(ui, "Reset view").on_hover_text(hint).clicked() {
        place.reset = true;
    }
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

fn copy_menu(ui: &mut Ui, cx: &mut Cx<'_>, chart: &Arc<Chart>, request: &ChartRequest) {
    let menu = ui.menu_button("Copy", |ui| {
        if ui.button("Picture").on_hover_text("As reports show it").clicked() {
            if picture::copy(&cx.ctx, chart) {
                cx.say("Copied the chart as a picture");
            }
            ui.close();
        }
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
        let command = cx.session.chart_command(request);
        let button = ui.add_enabled(command.is_some(), egui::Button::new("Command line"));
        let hint = "The words that draw this chart again in a terminal";
        let why = "Table or model came from no file, or the rows were selected by hand";
        if let (true, Some(command)) = (button.on_hover_text(hint).on_disabled_hover_text(why).clicked(), command) {
            cx.ctx.copy_text(command);
            cx.say("Copied the command line of the chart");
            ui.close();
        }
    });
    menu.response.on_hover_text("Copy this chart as picture, numbers, description or command line");
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
    let rows = cx.session.selection().cloned();
    let selected = Selected { row: cx.session.row(), feature: cx.session.feature(), rows };
    let total = cx.session.data().map_or(0, |d| d.row_count());
    let view =
        View { size: vec2(ui.available_width(), height), selected, lines: place.lines, total, group: place.group };
    if let Some(picked) = cx.desk.plots.show(ui, place.slot, &view) {
        select(cx, picked);
    }
}

/// What was clicked or drawn around is selected everywhere.
fn select(cx: &mut Cx<'_>, picked: Picked) {
    match picked {
        Picked::Row(row) => cx.select_row(row),
        Picked::Feature(feature) => cx.select_feature(feature),
        Picked::Where(query) => cx.wish(Command::SelectWhere(query)),
        Picked::Rows(rows, how) => {
            let rows = how.apply(cx.session.selection(), rows);
            cx.wish(Command::SelectRows(rows));
        }
        Picked::Nothing => cx.wish(Command::SelectRows(Arc::default())),
    }
}

/// What stands below a chart: its sentence, its legend, and how it is shown and its notes.
struct Foot<'a> {
    chart: &'a Chart,
    status: &'a [String],
    /// Whether there is little height for it.
    low: bool,
}

impl Foot<'_> {
    fn height(&self, ui: &Ui) -> f32 {
        let lines = legend_lines(self.chart, ui.available_width()).0.len() as f32;
        let notes = if self.shares_line(ui) { 0.0 } else { self.notes(ui).map_or(0.0, |g| g.size().y) };
        let sentence = if self.chart.sentence.is_empty() { 0.0 } else { SENTENCE };
        let all = LEGEND_LINE * lines + notes + sentence;
        if all > 0.0 { ui.spacing().item_spacing.y + all } else { 0.0 }
    }

    /// Whether the notes stand behind the legend.
    fn shares_line(&self, ui: &Ui) -> bool {
        let (lines, used) = legend_lines(self.chart, ui.available_width());
        self.low && lines.len() == 1 && ui.available_width() - used > NOTES
    }

    /// How the chart is shown, then its notes, in at most two lines; `None` when there are none.
    fn notes(&self, ui: &Ui) -> Option<Arc<egui::Galley>> {
        let notes = notes(self.chart);
        if notes.is_empty() && self.status.is_empty() {
            return None;
        }
        let font = egui::TextStyle::Small.resolve(ui.style());
        let colour = style::skin(ui).muted;
        let mut job = egui::text::LayoutJob::default();
        for words in self.status {
            job.append(&format!("{words}.  "), 0.0, egui::TextFormat::simple(font.clone(), style::skin(ui).text));
        }
        job.append(&notes.join(" "), 0.0, egui::TextFormat::simple(font, colour));
        job.wrap.max_width = ui.available_width();
        job.wrap.max_rows = if self.low { 1 } else { 2 };
        Some(ui.painter().layout_job(job))
    }

    fn ui(&self, ui: &mut Ui) {
        let chart = self.chart;
        if !chart.sentence.is_empty() {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.spacing_mut().interact_size.y = SENTENCE;
            ui.horizontal(|ui| {
                let sentence = egui::Label::new(RichText::new(&chart.sentence).strong()).truncate();
                let sentence = sentence.show_tooltip_when_elided(false);
                ui.add(sentence).on_hover_text(&chart.sentence);
            });
        }
        let shares = self.shares_line(ui);
        ui.spacing_mut().item_spacing.y = 0.0;
        for line in legend_lines(chart, ui.available_width()).0 {
            ui.spacing_mut().interact_size.y = LEGEND_LINE;
            ui.horizontal(|ui| {
                line.into_iter().for_each(|entry| legend(ui, chart, entry));
                if shares {
                    self.notes_ui(ui);
                }
            });
        }
        if !shares {
            self.notes_ui(ui);
        }
    }

    fn notes_ui(&self, ui: &mut Ui) {
        if let Some(galley) = self.notes(ui) {
            let all: Vec<&str> = self.status.iter().map(String::as_str).chain(notes(self.chart)).collect();
            ui.add(egui::Label::new(galley).show_tooltip_when_elided(false)).on_hover_text(all.join("\n"));
        }
    }
}

/// Height of the line that says what the chart shows.
const SENTENCE: f32 = 22.0;
/// Least width of notes behind a legend.
const NOTES: f32 = 200.0;
/// Height of one line of the legend.
const LEGEND_LINE: f32 = 20.0;

/// The legend broken into lines of at most `width` points, a key never apart from its text; the width of the last line.
fn legend_lines(chart: &Chart, width: f32) -> (Vec<Vec<&Legend>>, f32) {
    let mut lines: Vec<Vec<&Legend>> = Vec::new();
    let mut used = f32::INFINITY;
    for entry in &chart.legend {
        let room = |text: &str| font::width(text, 12.0, Weight::Regular) as f32;
        let wanted = match entry {
            Legend::Key(_, text) => room(text) + 44.0,
            Legend::Ramp(label, low, high) => room(label) + room(low) + room(high) + 160.0,
        };
        if used + wanted > width {
            lines.push(Vec::new());
            used = 0.0;
        }
        used += wanted;
        if let Some(line) = lines.last_mut() {
            line.push(entry);
        }
    }
    (lines, used)
}

/// The notes of a chart but its passport, which the screen shows once for all charts.
fn notes(chart: &Chart) -> Vec<&str> {
    chart.notes.iter().map(String::as_str).filter(|n| !n.starts_with("Method:")).collect()
}

fn legend(ui: &mut Ui, chart: &Chart, entry: &Legend) {
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
            let filled = chart.filled_by_sign();
            for i in 0..24 {
                let (a, b) = (i as f32 / 24.0, (i + 1) as f32 / 24.0);
                let part = Rect::from_x_y_ranges(
                    egui::lerp(area.x_range(), a)..=egui::lerp(area.x_range(), b),
                    area.y_range(),
                );
                ui.painter().rect_filled(
                    part,
                    0.0,
                    filled.map_or_else(|| skin.ramp((a + b) / 2.0), |signed| skin.cell((a + b) / 2.0, signed)),
                );
            }
            ui.label(style::small(high));
            ui.add_space(STEP);
        }
    }
}
