//! The table: its rows, and what each column is for.

use eframe::egui;
use egui::{Key, RichText, Ui};

use crate::base::text;
use crate::data::Dataset;
use crate::data::read::ReadOptions;
use crate::session::Command;

use super::global::bar::Tiled;
use super::global::tiles;
use super::{Screen, ScreenId, full_page};
use crate::app::desk::Cx;
use crate::app::style::{self, HALF, STEP};
use crate::app::widget::{card, complete, empty, grid};
use crate::app::workspace::{Arrangement, Part, Shows};

mod columns;
mod options;

/// The screen.
pub(crate) struct Data;

/// What is half typed and how the table is sorted.
#[derive(Default)]
pub(crate) struct State {
    /// A part to show in the next frame.
    pub(crate) wanted: Option<&'static str>,
    pub(crate) filter: String,
    pub(crate) grid: grid::State,
    column_filter: String,
    options: Option<options::Form>,
    /// The filter field takes the keyboard in the next frame.
    pub(crate) focus_filter: bool,
}

impl Screen for Data {
    fn id(&self) -> ScreenId {
        ScreenId::Data
    }

    fn name(&self) -> &'static str {
        "data"
    }

    fn title(&self) -> &'static str {
        "Data"
    }

    fn summary(&self) -> &'static str {
        "The table, its columns and their roles"
    }

    fn ui(&self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(data) = cx.session.data().cloned() else {
            let text = "The rows that the model is to predict belong here: CSV, Parquet, Arrow or JSON lines.";
            if empty::empty(ui, "No table is open", text, "Open a table…") {
                cx.act("open-table");
            }
            return;
        };
        full_page(ui, |ui| {
            header(ui, cx, &data);
            let options = cx.desk.data.options.is_some();
            if options {
                options::ui(ui, cx, &data);
                ui.add_space(STEP);
            }
            let wanted = cx.desk.data.wanted.take().map(Shows::part);
            tiles(ui, cx, TILED, wanted);
        });
    }
}

/// The part with the rows.
pub(crate) const ROWS: &str = "rows";
/// The part with the columns.
pub(crate) const COLUMNS: &str = "columns";

/// What can be a tile beside charts.
const PARTS: &[Part] = &[
    Part { id: ROWS, title: |_| "Rows".to_owned(), summary: "Every row of the table", ui: rows },
    Part { id: COLUMNS, title: |_| "Columns and roles".to_owned(), summary: columns::SUMMARY, ui: columns::ui },
];

const TILED: Tiled = Tiled {
    screen: "data",
    parts: PARTS,
    own: |kind| kind.needs().profile,
    lead: Some(size),
    draw: None,
    usual: |_, _| Arrangement::Tabs(vec![Shows::part(ROWS), Shows::part(COLUMNS)]),
};

fn header(ui: &mut Ui, cx: &mut Cx<'_>, data: &Dataset) {
    let source = data.source();
    ui.horizontal(|ui| {
        ui.label(style::heading(text::shorten(&source.name, 40))).on_hover_text(&source.name);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let readable = source.path.is_some();
            let button = egui::Button::new("Reading options…").selected(cx.desk.data.options.is_some());
            let response =
                ui.add_enabled(readable, button).on_disabled_hover_text("This table did not come from a file");
            if response.on_hover_text("Separator, encoding, decimal comma, marks of missing values").clicked() {
                cx.desk.data.options = match cx.desk.data.options.take() {
                    Some(_) => None,
                    None => Some(options::Form::default()),
                };
            }
        });
    });
    ui.add_space(HALF);
}

/// How large the table is and how it was read, in a place of its own.
fn size(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(data) = cx.session.data().cloned() else { return };
    let source = data.source();
    let size = format!(
        "{} × {}  ·  {}  ·  {}",
        text::counted(data.row_count(), "row"),
        text::counted(data.columns().len(), "column"),
        source.format,
        text::bytes(source.bytes),
    );
    let notes = source.notes.join(" ");
    let line = if notes.is_empty() { size } else { format!("{size}  ·  {notes}") };
    let place = egui::vec2(ui.available_width() * 0.5, ui.spacing().interact_size.y);
    ui.allocate_ui_with_layout(place, egui::Layout::left_to_right(egui::Align::Center), |ui| {
        ui.set_min_size(place);
        let response = ui.add(egui::Label::new(style::small(&line)).truncate());
        if !notes.is_empty() {
            response.on_hover_text(source.notes.join("\n"));
        }
    });
}

fn rows(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(data) = cx.session.data().cloned() else { return };
    ui.add_space(HALF);
    ui.horizontal_wrapped(|ui| {
        filter(ui, cx);
        grid::menu::rows_ui(ui, cx.session, &mut cx.desk.data.grid);
        grid::menu::columns_ui(ui, cx.session, &mut cx.view.table);
        let state = &mut cx.desk.data;
        let shown = state.grid.shown(data.row_count());
        if shown < data.row_count() {
            let count = format!("{} of {} match", text::count(shown), text::counted(data.row_count(), "row"));
            ui.label(RichText::new(count).weak());
        }
        if let Some(problem) = state.grid.problem() {
            ui.label(RichText::new(problem).color(style::skin(ui).error));
        } else if state.grid.is_busy() {
            ui.spinner().widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, "Sorting and filtering")
            });
        }
    });
    card::sheet(ui, |ui| {
        ui.set_min_size(ui.available_size());
        let filter = cx.desk.data.filter.clone();
        let picked = grid::show(ui, &mut cx.desk.data.grid, &mut cx.view.table, &filter, cx.session);
        match picked {
            Some(grid::Picked::Row(row)) => cx.select_row(row),
            Some(grid::Picked::Rows(rows)) => cx.wish(Command::SelectRows(rows)),
            Some(grid::Picked::Column(column)) => {
                let input = cx.session.link().and_then(|l| l.columns.iter().position(|c| *c == column));
                if let Some(input) = input {
                    cx.select_feature(input);
                }
            }
            None => {}
        }
    });
}

/// The field that filters rows, and what can be done with what it finds.
fn filter(ui: &mut Ui, cx: &mut Cx<'_>) {
    let mut typed = std::mem::take(&mut cx.desk.data.filter);
    let size = egui::vec2(300.0, ui.spacing().interact_size.y);
    ui.allocate_ui_with_layout(size, egui::Layout::left_to_right(egui::Align::Center), |ui| {
        let (response, _) = complete::field(ui, cx.session, &mut typed, "Filter rows: a word, or age > 30");
        if std::mem::take(&mut cx.desk.data.focus_filter) {
            response.request_focus();
        }
        if response.has_focus() && ui.input(|i| i.key_pressed(Key::Escape)) {
            typed.clear();
        }
    });
    if !typed.is_empty() && ui.button("Clear filter").clicked() {
        typed.clear();
    }
    if !typed.trim().is_empty() {
        let hint = "Select every row that the filter finds, in all charts";
        if ui.button("Select these").on_hover_text(hint).clicked() {
            cx.wish(Command::SelectWhere(typed.trim().to_owned()));
        }
    }
    cx.desk.data.filter = typed;
}

/// Copies the selected rows as the table shows them.
pub(crate) fn copy_rows(cx: &mut Cx<'_>) {
    match grid::copied(&cx.desk.data.grid, &cx.view.table, cx.session) {
        Ok((text, rows)) => {
            cx.ctx.copy_text(text);
            cx.say(format!("Copied {}, tab-separated", text::counted(rows, "row")));
        }
        Err(why) => cx.say(why),
    }
}

/// Reads the table again with other choices.
fn read_again(cx: &mut Cx<'_>, data: &Dataset, options: ReadOptions) {
    if let Some(path) = &data.source().path {
        cx.wish(Command::OpenData(path.clone(), options));
    }
}
