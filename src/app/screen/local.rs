//! One row: its waterfall, its values, its neighbours in score, and ways to find a row worth reading.

use eframe::egui;
use egui::{Key, RichText, TextEdit, Ui};

use crate::base::{RowId, text};
use crate::explain::Body;
use crate::model::Scale;
use crate::session::{Command, Predictions};

use super::global::bar::Tiled;
use super::global::fields::{output, reference};
use super::global::{missing_or_running, tiles};
use super::{Screen, ScreenId, full_page};
use crate::app::desk::{Cx, Wish};
use crate::app::style::{self, GAP, HALF, STEP};
use crate::app::widget::{card, empty};
use crate::app::workspace::Arrangement;

pub(crate) mod pick;
mod values;

/// The screen.
pub(crate) struct Local;

/// What is typed and chosen.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) search: String,
    /// The search field takes the keyboard in the next frame.
    pub(crate) focus_search: bool,
    values: values::State,
    /// Whether the list of values is open, where that was decided.
    values_open: Option<bool>,
    found: pick::Found,
    /// How many rows were drawn at random, so that each draw is another one.
    draws: u64,
}

impl Screen for Local {
    fn id(&self) -> ScreenId {
        ScreenId::Local
    }

    fn name(&self) -> &'static str {
        "local"
    }

    fn title(&self) -> &'static str {
        "Local"
    }

    fn summary(&self) -> &'static str {
        "One row’s prediction, step by step"
    }

    fn least(&self) -> egui::Vec2 {
        egui::vec2(860.0, 640.0)
    }

    fn ui(&self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if missing_or_running(ui, cx, "One row’s prediction, explained step by step, belongs here.") {
            return;
        }
        let Some(row) = cx.session.row() else {
            // Something to read at once: the first explained row, until another is chosen.
            let chosen = cx.wishes.iter().any(|w| matches!(w, Wish::Do(Command::SelectRow(Some(_)))));
            match first_row(cx) {
                Some(row) if !chosen => cx.select_row(row),
                Some(_) => {}
                None => empty::busy(ui, "Choosing a row", ui.available_height()),
            }
            return;
        };
        full_page(ui, |ui| {
            header(ui, cx, row);
            ui.horizontal_top(|ui| {
                let room = ui.available_size();
                let side = (room.x * 0.25).clamp(252.0, 310.0);
                ui.allocate_ui_with_layout(egui::vec2(side, room.y), egui::Layout::top_down(egui::Align::Min), |ui| {
                    ui.set_width(side);
                    pick::ui(ui, cx, row);
                });
                ui.add_space(HALF);
                ui.vertical(|ui| main(ui, cx, row));
            });
        });
    }
}

fn first_row(cx: &Cx<'_>) -> Option<RowId> {
    let Body::Attribution(attribution) = &cx.session.attribution()?.body else { return None };
    attribution.rows.first().copied()
}

fn header(ui: &mut Ui, cx: &mut Cx<'_>, row: RowId) {
    ui.horizontal(|ui| {
        ui.label(style::heading(format!("Row {row}")));
        if let Some(name) = identifier(cx, row) {
            ui.label(RichText::new(text::shorten(&name, 40)).weak()).on_hover_text(name);
        }
        if let Some(line) = prediction_line(cx, row) {
            ui.label(RichText::new(line).weak());
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if cx.session.model().map_or(0, |m| m.card().outputs.len()) > 1 {
                output(ui, cx);
            }
            reference(ui, cx);
            if ui.button("What-if…").on_hover_text("Edit the values of this row and see what follows").clicked() {
                cx.act("start-what-if");
            }
        });
    });
    ui.add_space(HALF);
}

/// The row's own name, where the table has a column for it.
fn identifier(cx: &Cx<'_>, row: RowId) -> Option<String> {
    let data = cx.session.data()?;
    let column = data.columns().get(data.column_with(crate::data::Role::Identifier)?)?;
    Some(format!("{} {}", column.name, crate::app::widget::number::value_or_missing(column, row.index())))
}

fn prediction_line(cx: &Cx<'_>, row: RowId) -> Option<String> {
    let predictions = cx.session.predictions()?;
    let model = cx.session.model()?;
    let value = prediction(predictions, row, cx.session.output())?;
    let names = &model.card().outputs;
    let name = output_name(cx, cx.session.output());
    let name = name.or_else(|| names.get(cx.session.output()).cloned()).unwrap_or_default();
    let shown = format!("predicted {name} {}", unit_text(value, predictions.scale));
    let actual = truth_text(cx, row).map(|t| format!("  ·  actual {t}")).unwrap_or_default();
    Some(format!("{shown}{actual}"))
}

/// The class that an output of a two-class model is about, in the words of the table's target.
pub(crate) fn output_name(cx: &Cx<'_>, output: usize) -> Option<String> {
    match &cx.session.performance()?.detail {
        crate::model::performance::Detail::Binary(detail) => Some(format!("“{}”", detail.classes[1])),
        crate::model::performance::Detail::Multiclass(detail) => detail.classes.get(output).map(|c| format!("“{c}”")),
        crate::model::performance::Detail::Regression(_) => None,
    }
}

/// The true value in words: the class name, or the number.
pub(super) fn truth_text(cx: &Cx<'_>, row: RowId) -> Option<String> {
    let data = cx.session.data()?;
    let column = data.columns().get(data.column_with(crate::data::Role::Target)?)?;
    crate::app::widget::number::value(column, row.index())
}

/// A row's prediction of one output.
pub(super) fn prediction(predictions: &Predictions, row: RowId, output: usize) -> Option<f64> {
    predictions.values.get(row.index() * predictions.outputs + output).copied()
}

/// A prediction with its unit.
pub(crate) fn unit_text(value: f64, scale: Scale) -> String {
    match scale {
        Scale::Probability => text::percent(value),
        Scale::Margin | Scale::Target => text::significant(value, 4),
    }
}

const TILED: Tiled = Tiled {
    screen: "local",
    parts: &[],
    own: |kind| kind.needs().row,
    lead: None,
    draw: None,
    usual: |_, _| Arrangement::chart("waterfall"),
};

fn main(ui: &mut Ui, cx: &mut Cx<'_>, row: RowId) {
    let explained = match cx.session.attribution().map(|e| &e.body) {
        Some(Body::Attribution(attribution)) => attribution.position(row).is_some(),
        _ => false,
    };
    if !explained {
        not_explained(ui, cx, row);
        return;
    }
    let room = ui.available_size();
    // Where there is little height, the values are one line until they are asked for.
    let open = cx.desk.local.values_open.unwrap_or(room.y > 800.0);
    let table = if open { (room.y - 480.0).clamp(112.0, 300.0) } else { values::CLOSED };
    let size = egui::vec2(room.x, (room.y - table - GAP - STEP).max(260.0));
    ui.allocate_ui_with_layout(size, egui::Layout::top_down(egui::Align::Min), |ui| {
        ui.set_width(size.x);
        tiles(ui, cx, TILED, None);
    });
    ui.add_space(HALF);
    values::ui(ui, cx, row, open);
}

fn not_explained(ui: &mut Ui, cx: &mut Cx<'_>, row: RowId) {
    if cx.session.attribution_is_partial() {
        empty::busy(ui, "This row is being explained", ui.available_height());
        return;
    }
    let text = "The current plan explains other rows only. Explain all rows to read this one.";
    if empty::empty(ui, &format!("Row {row} is not explained"), text, "Explain all rows") {
        let plan = crate::session::Plan { rows: crate::session::RowChoice::All, ..cx.session.plan().clone() };
        cx.wish(Command::SetPlan(plan));
        cx.act("explain");
    }
}

/// The row search: a number selects at once, anything else filters.
fn search(ui: &mut Ui, cx: &mut Cx<'_>) {
    let state = &mut cx.desk.local;
    let edit = TextEdit::singleline(&mut state.search)
        .hint_text("Row number, or age > 60")
        .desired_width(f32::INFINITY)
        .margin(egui::Margin::symmetric(10, 5));
    let response = card::named(ui.add(edit), "Find a row").on_hover_text(crate::app::widget::complete::HELP);
    if std::mem::take(&mut state.focus_search) {
        response.request_focus();
    }
    let number = state.search.trim().parse::<u32>().ok();
    let rows = cx.session.data().map_or(0, |d| d.row_count());
    if response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
        if let Some(row) = number.filter(|r| (*r as usize) < rows) {
            cx.desk.local.search.clear();
            cx.select_row(RowId(row));
        } else if let Some(row) = cx.desk.local.found.first() {
            cx.select_row(row);
        }
    }
}
