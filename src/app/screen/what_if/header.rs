//! Where the what-if began, where it may begin instead, and what can be taken back.

use std::sync::Arc;

use eframe::egui;
use egui::{Align, Button, Key, Layout, RichText, TextEdit, Ui};

use crate::base::{RowId, text};
use crate::session::what_if::Variant;
use crate::session::{Edit, Session, Start};

use super::edit;
use crate::app::desk::Cx;
use crate::app::style::{self, HALF, STEP};
use crate::app::widget::passport;

/// What is typed.
#[derive(Default)]
pub(crate) struct State {
    row: String,
}

/// The line of the start, how the row was explained, and what can be done.
pub(super) fn ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(of) = cx.session.what_if() else { return };
    let title = of.title();
    let variant = of.variant().cloned();
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = HALF;
            start_menu(ui, cx);
            history(ui, cx);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let most = if ui.available_width() < 700.0 { 40 } else { 80 };
                ui.label(style::heading(text::shorten(&title, most))).on_hover_text(title);
                ui.add_space(STEP);
                explained(ui, cx.session, variant.as_deref());
            });
        });
    });
}

/// How the row was explained.
fn explained(ui: &mut Ui, session: &Session, variant: Option<&Variant>) {
    match variant.and_then(|variant| Some((variant, variant.explanation()?))) {
        Some((variant, _)) if !variant.stage.is_empty() => {
            let words = RichText::new(&variant.stage).small().color(style::skin(ui).accent);
            ui.add(egui::Label::new(words).truncate().show_tooltip_when_elided(false)).on_hover_text(&variant.stage);
        }
        Some((_, explanation)) => passport::line(ui, session, explanation),
        None => {
            let failed = variant.is_some_and(|variant| variant.problem.is_some());
            ui.label(style::small(if failed { "Not explained" } else { "Explaining the edited row" }));
        }
    }
}

/// Undo, redo, reset, pin; filled from the right.
fn history(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(of) = cx.session.what_if() else { return };
    let (undo, redo) = (of.undo_name().map(str::to_owned), of.redo_name().map(str::to_owned));
    let changed = !of.changed().is_empty();
    if ui.button("Pin").on_hover_text("Keep this variant beside others").clicked() {
        edit(cx, Edit::Pin(String::new()));
    }
    let button = |ui: &mut Ui, label: &str, enabled: bool, hint: String| {
        ui.add_enabled(enabled, Button::new(label))
            .on_hover_text(hint)
            .on_disabled_hover_text("Nothing to do")
            .clicked()
    };
    if button(ui, "Reset all", changed, "Give every value of the start back".to_owned()) {
        edit(cx, Edit::Reset(None));
    }
    if button(ui, "Redo edit", redo.is_some(), redo.unwrap_or_default()) {
        edit(cx, Edit::Redo);
    }
    if button(ui, "Undo edit", undo.is_some(), undo.unwrap_or_default()) {
        edit(cx, Edit::Undo);
    }
}

/// Ways to begin anew.
fn start_menu(ui: &mut Ui, cx: &mut Cx<'_>) {
    let menu = ui.menu_button("Start from…", |ui| {
        ui.set_min_width(240.0);
        let rows = cx.session.data().map_or(0, |data| data.row_count());
        if let Some(row) = cx.session.row()
            && ui.button(format!("Selected row {row}")).clicked()
        {
            edit(cx, Edit::Start(Start::Row(row)));
            ui.close();
        }
        if ui.button("Typical row of the table").on_hover_text("Medians and most frequent levels").clicked() {
            edit(cx, Edit::Start(Start::Typical(None)));
            ui.close();
        }
        if let Some(selection) = cx.session.selection().cloned() {
            let label = format!("Typical row of the {} selected", text::counted(selection.len(), "row"));
            if ui.button(label).on_hover_text("Medians and most frequent levels of the selected rows").clicked() {
                edit(cx, Edit::Start(Start::Typical(Some(Arc::clone(&selection)))));
                ui.close();
            }
        }
        cohorts(ui, cx);
        ui.separator();
        ui.horizontal(|ui| {
            let label = ui.label("Row number");
            let typed = &mut cx.desk.what_if.header.row;
            let field = ui.add(TextEdit::singleline(typed).desired_width(80.0)).labelled_by(label.id);
            let row = typed.trim().parse::<u32>().ok().filter(|row| (*row as usize) < rows);
            let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            let hint = format!("The table has {}, counted from 0", text::counted(rows, "row"));
            let start = ui.add_enabled(row.is_some(), Button::new("Start")).on_disabled_hover_text(hint);
            if let Some(row) = row.filter(|_| start.clicked() || entered) {
                cx.desk.what_if.header.row.clear();
                edit(cx, Edit::Start(Start::Row(RowId(row))));
                ui.close();
            }
        });
    });
    menu.response.on_hover_text("Begin with another row; pinned variants stay");
}

/// The typical rows of cohorts.
fn cohorts(ui: &mut Ui, cx: &mut Cx<'_>) {
    let all: Vec<(String, usize)> = cx.session.cohorts().iter().map(|c| (c.name.clone(), c.rows.len())).collect();
    if all.is_empty() {
        return;
    }
    ui.separator();
    ui.label(style::small("Typical row of a cohort"));
    egui::ScrollArea::vertical().max_height(240.0).id_salt("cohorts").show(ui, |ui| {
        for (name, rows) in all {
            let label = format!("{}   {}", text::shorten(&name, 36), text::counted(rows, "row"));
            let button = ui.add_enabled(rows > 0, Button::new(label)).on_disabled_hover_text("It has no rows");
            button.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Button, rows > 0, format!("Typical row of the cohort {name}"))
            });
            if button.on_hover_text(format!("Medians and most frequent levels of the rows of “{name}”")).clicked() {
                edit(cx, Edit::Start(Start::Cohort(name)));
                ui.close();
            }
        }
    });
}
