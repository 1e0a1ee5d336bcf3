//! The rows that are selected and the cohorts that were made of rows: by a query, by drawing, by clicking.

use std::sync::Arc;

use eframe::egui;
use egui::{Key, RichText, TextEdit, Ui};

use crate::base::text;
use crate::session::{Cohort, CohortBy, Command};

use crate::app::desk::Cx;
use crate::app::style::{self, HALF, STEP};
use crate::app::widget::{card, complete};

/// What is being typed.
#[derive(Default)]
pub(crate) struct State {
    query: String,
    /// The name of the cohort that is being made, while its field is open.
    naming: Option<Naming>,
}

impl State {
    /// Gives up the cohort that is being made; `false` where none is.
    pub(crate) fn give_up(&mut self) -> bool {
        self.naming.take().is_some()
    }
}

/// A cohort that is being made or changed.
struct Naming {
    name: String,
    by: CohortBy,
    /// The field takes the keyboard in the next frame.
    focus: bool,
    /// The cohort that this one replaces.
    old: Option<String>,
}

/// Begins to name a cohort of the rows that are selected.
pub(crate) fn keep(cx: &mut Cx<'_>) {
    let Some(rows) = cx.session.selection().cloned() else { return };
    let typed = cx.desk.cohorts.query.trim().to_owned();
    let name = if typed.is_empty() { format!("Cohort {}", cx.session.cohorts().len() + 1) } else { typed };
    cx.view.inspector = true;
    cx.desk.inspector_over = true;
    cx.desk.cohorts.naming = Some(Naming { name, by: CohortBy::Rows(rows), focus: true, old: None });
}

/// Draws the section.
pub(crate) fn ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    if cx.session.data().is_none() {
        return;
    }
    ui.label(style::strong("Rows"));
    query(ui, cx);
    selection(ui, cx);
    naming(ui, cx);
    let cohorts: Vec<Cohort> = cx.session.cohorts().to_vec();
    for cohort in &cohorts {
        line(ui, cx, cohort);
    }
}

/// The field that selects rows by a query.
fn query(ui: &mut Ui, cx: &mut Cx<'_>) {
    let mut typed = std::mem::take(&mut cx.desk.cohorts.query);
    let (_, entered) = complete::field(ui, cx.session, &mut typed, "Select rows: age > 30 and job = clerk");
    if entered && !typed.trim().is_empty() {
        cx.wish(Command::SelectWhere(typed.clone()));
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = HALF;
        let ready = !typed.trim().is_empty();
        if ui.add_enabled(ready, egui::Button::new("Select")).clicked() {
            cx.wish(Command::SelectWhere(typed.clone()));
        }
        let hint = "A cohort by this query: its rows are found again whenever something changes";
        if ui.add_enabled(ready, egui::Button::new("Make a cohort")).on_hover_text(hint).clicked() {
            let by = CohortBy::Query(typed.trim().to_owned());
            let name = text::shorten(typed.trim(), 60);
            cx.desk.cohorts.naming = Some(Naming { name, by, focus: true, old: None });
        }
    });
    cx.desk.cohorts.query = typed;
}

/// How many rows are selected, and what can be done with them.
fn selection(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(rows) = cx.session.selection().cloned() else { return };
    let words = format!("{} of {} selected", text::count(rows.len()), text::counted(rows.total(), "row"));
    ui.label(RichText::new(words).color(style::skin(ui).accent));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = HALF;
        for (id, label) in [("keep-cohort", "Keep…"), ("invert-selection", "Invert"), ("clear-selection", "Clear")] {
            if ui.button(label).clicked() {
                cx.act(id);
            }
        }
    });
}

/// The name of a cohort that is being made.
fn naming(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(mut open) = cx.desk.cohorts.naming.take() else { return };
    let label = ui.label("Name of the cohort");
    let edit = TextEdit::singleline(&mut open.name).desired_width(f32::INFINITY).margin(egui::Margin::symmetric(8, 4));
    let response = ui.add(edit).labelled_by(label.id);
    if std::mem::take(&mut open.focus) {
        response.request_focus();
    }
    let mut left = response.lost_focus();
    if let CohortBy::Query(query) = &mut open.by {
        let label = ui.label("Its rows are those with");
        let edit = TextEdit::singleline(query).desired_width(f32::INFINITY).margin(egui::Margin::symmetric(8, 4));
        left |= ui.add(edit).labelled_by(label.id).on_hover_text(complete::HELP).lost_focus();
    }
    let entered = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    let mut gone = left && ui.input(|i| i.key_pressed(Key::Escape));
    ui.horizontal(|ui| {
        let named = !open.name.trim().is_empty();
        if ui.add_enabled(named, egui::Button::new("Keep the cohort")).clicked() || (entered && named) {
            if let Some(old) = open.old.take().filter(|old| *old != open.name.trim()) {
                cx.wish(Command::RemoveCohort(old));
            }
            cx.wish(Command::SetCohort(open.name.trim().to_owned(), open.by.clone()));
            gone = true;
        }
        gone |= ui.button("Cancel").clicked();
    });
    if !gone {
        cx.desk.cohorts.naming = Some(open);
    }
}

/// One cohort: a click selects its rows.
fn line(ui: &mut Ui, cx: &mut Cx<'_>, cohort: &Cohort) {
    let on = cx.session.selection().is_some_and(|rows| *rows == cohort.rows);
    let count = match &cohort.problem {
        Some(_) => "no rows".to_owned(),
        None => text::counted(cohort.rows.len(), "row"),
    };
    let label = format!("Select the cohort {}, {count}", cohort.name);
    let response = card::line(ui, on, &label, |ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(style::small(&count));
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add(egui::Label::new(&cohort.name).truncate().selectable(false));
            });
        });
    });
    let why = match (&cohort.problem, &cohort.by) {
        (Some(problem), _) => problem.clone(),
        (None, CohortBy::Query(query)) => format!("Rows with {query}"),
        (None, CohortBy::Rows(_)) => "Rows that were selected by hand".to_owned(),
    };
    let response = response.on_hover_text(format!("{}\n{why}\nRight click for more", cohort.name));
    if response.clicked() {
        cx.wish(Command::SelectRows(Arc::clone(&cohort.rows)));
    }
    response.context_menu(|ui| {
        ui.spacing_mut().item_spacing.y = STEP / 4.0;
        if ui.button("Change…").clicked() {
            let (name, by) = (cohort.name.clone(), cohort.by.clone());
            cx.desk.cohorts.naming = Some(Naming { old: Some(name.clone()), name, by, focus: true });
            ui.close();
        }
        if ui.button("Remove").clicked() {
            cx.wish(Command::RemoveCohort(cohort.name.clone()));
            ui.close();
        }
    });
    if let Some(problem) = &cohort.problem {
        ui.add(egui::Label::new(RichText::new(problem).small().color(style::skin(ui).error)).wrap());
    }
}
