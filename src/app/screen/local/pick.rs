//! Finding a row: by number, filter, next, random, “wrong and confident”, or among neighbours in score.

use std::sync::Arc;

use eframe::egui;
use egui::{RichText, Ui};

use crate::base::{RowId, Seed, text};
use crate::session::Predictions;
use crate::session::ordering::{self, Shown};

use super::{prediction, search, truth_text, unit_text};
use crate::app::aside::Aside;
use crate::app::desk::Cx;
use crate::app::style::{self, HALF, STEP};
use crate::app::widget::card;

/// Rows, or why the search could not be understood.
type Rows = Result<Arc<[RowId]>, String>;

/// Rows that the search has found.
#[derive(Default)]
pub(crate) struct Found {
    rows: Aside<(String, String), Rows>,
}

impl Found {
    /// The first match.
    pub(super) fn first(&self) -> Option<RowId> {
        self.rows.last().and_then(|r| r.as_ref().ok()).and_then(|r| r.first().copied())
    }
}

/// The column of ways to a row.
pub(super) fn ui(ui: &mut Ui, cx: &mut Cx<'_>, row: RowId) {
    card::card(ui, |ui| {
        ui.label(style::title("Pick a row"));
        search(ui, cx);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(HALF, HALF);
            for (action, label) in [("previous-row", "Previous"), ("next-row", "Next"), ("random-row", "Random")] {
                if ui.button(label).clicked() {
                    cx.act(action);
                }
            }
            let known = cx.session.predictions().is_some_and(|p| !p.surprising.is_empty());
            let button = egui::Button::new("Wrong and confident");
            let hint = "The next row whose prediction is furthest from its true value";
            let why = "Needs true values: give one column the role Target";
            if ui.add_enabled(known, button).on_hover_text(hint).on_disabled_hover_text(why).clicked() {
                cx.act("surprising-row");
            }
        });
    });
    ui.add_space(HALF);
    card::card(ui, |ui| {
        ui.set_min_height(ui.available_height());
        ui.spacing_mut().item_spacing.y = 0.0;
        let text = cx.desk.local.search.trim().to_owned();
        if text.is_empty() || text.parse::<u32>().is_ok() {
            neighbours(ui, cx, row);
        } else {
            matches(ui, cx, row, text);
        }
    });
}

fn neighbours(ui: &mut Ui, cx: &mut Cx<'_>, row: RowId) {
    ui.label(style::title("Neighbours in score"));
    ui.label(style::small("actual and predicted value"));
    ui.add_space(HALF);
    let Some(predictions) = cx.session.predictions().cloned() else {
        ui.label(RichText::new("Predicting every row of the table.").weak());
        return;
    };
    let Some(at) = place(&predictions, row) else { return };
    let fit = (((ui.available_height() - STEP) / style::ROW) as usize).clamp(3, 40);
    let from = at.saturating_sub(fit / 2).min(predictions.order.len().saturating_sub(fit));
    for &other in predictions.order.iter().skip(from).take(fit) {
        entry(ui, cx, &predictions, (other, other == row));
    }
}

/// Where a row stands in the order of scores: a binary search by score, then the few rows that share it.
pub(crate) fn place(predictions: &Predictions, row: RowId) -> Option<usize> {
    let score = |r: &RowId| prediction(predictions, *r, 0).unwrap_or(f64::NAN);
    let own = score(&row);
    let from = predictions.order.partition_point(|r| score(r).total_cmp(&own).is_lt());
    let tied = predictions.order.get(from..)?;
    tied.iter().take(5_000).position(|r| *r == row).map(|k| from + k)
}

fn matches(ui: &mut Ui, cx: &mut Cx<'_>, row: RowId, filter: String) {
    let scene = cx.session.scene();
    let shown = Shown { output: cx.session.output(), query: filter.clone(), ..Shown::default() };
    let find = move || ordering::ordered(&scene, &shown).map(Arc::from).map_err(|p| format!("{}. {}", p.place, p.hint));
    let found = cx.desk.local.found.rows.ask(ui.ctx(), (cx.session.stamp(), filter), find).cloned();
    match found.as_deref() {
        None => {
            ui.label(RichText::new("Searching…").weak());
        }
        Some(Err(problem)) => {
            ui.label(RichText::new(problem).color(style::skin(ui).error));
        }
        Some(Ok(rows)) => {
            ui.label(style::title(format!("{} found", text::counted(rows.len(), "row"))));
            ui.add_space(HALF);
            let predictions = cx.session.predictions().cloned();
            egui::ScrollArea::vertical().auto_shrink([false, true]).show_rows(
                ui,
                style::ROW,
                rows.len(),
                |ui, range| {
                    for &other in rows.get(range).unwrap_or(&[]) {
                        if let Some(predictions) = &predictions {
                            entry(ui, cx, predictions, (other, other == row));
                        }
                    }
                },
            );
        }
    }
}

fn entry(ui: &mut Ui, cx: &mut Cx<'_>, predictions: &Predictions, (row, selected): (RowId, bool)) {
    let value = prediction(predictions, row, cx.session.output()).unwrap_or(f64::NAN);
    let shown = unit_text(value, predictions.scale);
    let truth = truth_text(cx, row);
    let label = match &truth {
        Some(truth) => format!("Row {row}, predicted {shown}, actual {truth}"),
        None => format!("Row {row}, predicted {shown}"),
    };
    let response = card::line(ui, selected, &label, |ui| {
        ui.label(format!("Row {row}"));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(style::strong(&shown));
            if let Some(truth) = &truth {
                ui.add(egui::Label::new(style::small(text::shorten(truth, 12))).truncate());
            }
        });
    });
    if response.on_hover_text(label).clicked() {
        cx.select_row(row);
    }
}

/// The row after or before the selected one, among those of the current search or of the whole table.
pub(crate) fn step(cx: &Cx<'_>, forward: bool) -> Option<RowId> {
    let count = cx.session.data()?.row_count();
    let now = cx.session.row();
    let text = cx.desk.local.search.trim();
    let searching = !text.is_empty() && text.parse::<u32>().is_err();
    let found = cx.desk.local.found.rows.last().and_then(|r| r.as_ref().ok()).filter(|r| searching && !r.is_empty());
    if let Some(rows) = found {
        let at = now.and_then(|row| rows.binary_search(&row).ok());
        let next = match (at, forward) {
            (None, _) => 0,
            (Some(i), true) => (i + 1).min(rows.len() - 1),
            (Some(i), false) => i.saturating_sub(1),
        };
        return rows.get(next).copied();
    }
    let last = count.checked_sub(1)? as u32;
    Some(match (now, forward) {
        (None, _) => RowId(0),
        (Some(row), true) => RowId((row.0 + 1).min(last)),
        (Some(row), false) => RowId(row.0.saturating_sub(1)),
    })
}

/// Another row, drawn with the plan's seed.
pub(crate) fn random(cx: &mut Cx<'_>) -> Option<RowId> {
    let count = cx.session.data()?.row_count() as u64;
    let seed: Seed = cx.session.plan().seed;
    cx.desk.local.draws += 1;
    (count > 0).then(|| RowId((seed.child("look at a row", cx.desk.local.draws).bits() % count) as u32))
}

/// The next row among those that surprise most; the first when another row is selected.
pub(crate) fn surprising(cx: &Cx<'_>) -> Option<RowId> {
    let rows = &cx.session.predictions()?.surprising;
    let at = cx.session.row().and_then(|row| rows.iter().take(1_000).position(|r| *r == row));
    rows.get(at.map_or(0, |i| i + 1)).or_else(|| rows.first()).copied()
}
