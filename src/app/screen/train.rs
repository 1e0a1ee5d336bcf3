//! Training a learner when there is only a table.

use eframe::egui;
use egui::{ComboBox, DragValue, RichText, Ui};

use crate::base::{Seed, text};
use crate::data::{Dataset, Role};
use crate::model::learn::{LEARNERS, Learner};
use crate::session::Command;

use super::model::back;
use crate::app::desk::Cx;
use crate::app::style::{self, HALF, STEP};
use crate::app::widget::{card, empty, knob_form};

/// What is filled in.
#[derive(Default)]
pub(crate) struct State {
    learner: usize,
    target: Option<usize>,
    knobs: knob_form::Values,
    seed: Option<u64>,
}

/// The form.
pub(crate) fn ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    if back(ui, "Model") {
        cx.desk.model.training = false;
    }
    let Some(data) = cx.session.data().cloned() else {
        let text = "A model is trained on the rows of a table.";
        if empty::empty(ui, "No table is open", text, "Open a table…") {
            cx.act("open-table");
        }
        return;
    };
    ui.label(style::heading("Train a model"));
    let line =
        "For tables without a model. A part of the rows is held out to measure it; every draw derives from the seed.";
    ui.add(egui::Label::new(RichText::new(line).weak()).wrap());
    ui.add_space(STEP);
    let width = ui.available_width().min(720.0);
    ui.allocate_ui(egui::vec2(width, 0.0), |ui| card::card(ui, |ui| form(ui, cx, &data)));
}

fn form(ui: &mut Ui, cx: &mut Cx<'_>, data: &Dataset) {
    let known = data.column_with(Role::Target);
    let state = &mut cx.desk.train;
    let target = state.target.or(known).filter(|t| *t < data.columns().len());
    ui.horizontal(|ui| {
        let label = card::field_label(ui, 190.0, "Column to predict");
        let shown = target.and_then(|t| data.columns().get(t)).map_or("Choose a column", |c| &*c.name).to_owned();
        let combo = ComboBox::from_id_salt("target").selected_text(text::shorten(&shown, 36)).width(260.0);
        let response = combo.show_ui(ui, |ui| {
            let count = data.columns().len();
            egui::ScrollArea::vertical().max_height(300.0).show_rows(ui, 26.0, count, |ui, range| {
                for (index, column) in data.columns().iter().enumerate().skip(range.start).take(range.len()) {
                    if ui.selectable_label(target == Some(index), &*column.name).clicked() {
                        state.target = Some(index);
                        ui.close();
                    }
                }
            });
        });
        response.response.labelled_by(label.id);
    });
    learner(ui, state);
    let Some(learner) = LEARNERS.get(state.learner).copied() else { return };
    knob_form::form(ui, learner.knobs(), &mut state.knobs);
    ui.horizontal(|ui| {
        let label = card::field_label(ui, 190.0, "Seed");
        let mut seed = state.seed.unwrap_or(Seed::default().0);
        if ui.add_sized([120.0, 26.0], DragValue::new(&mut seed)).labelled_by(label.id).changed() {
            state.seed = Some(seed);
        }
    });
    let features =
        data.roles().iter().enumerate().filter(|(i, role)| **role == Role::Feature && Some(*i) != target).count();
    ui.add_space(HALF);
    ui.label(style::small(format!(
        "{} with the role Feature become inputs; change roles in Data.",
        text::counted(features, "column")
    )));
    ui.add_space(STEP);
    let busy = cx.session.jobs().iter().any(|j| j.title.starts_with("Training"));
    let ready = target.is_some() && features > 0 && !busy;
    let label = if busy { "Training…" } else { "Train" };
    let knobs = knob_form::pairs(&cx.desk.train.knobs);
    let seed = Seed(cx.desk.train.seed.unwrap_or(Seed::default().0));
    if card::primary_enabled(ui, label, ready).on_disabled_hover_text("Choose the column to predict").clicked()
        && let Some(target) = target
    {
        cx.wish(Command::Train { learner: learner.id().to_owned(), target, knobs, seed });
        cx.desk.model.training = false;
    }
}

fn learner(ui: &mut Ui, state: &mut State) {
    ui.horizontal(|ui| {
        let label = card::field_label(ui, 190.0, "Learner");
        let now = LEARNERS.get(state.learner).map_or("", |l: &&dyn Learner| l.title());
        let combo = ComboBox::from_id_salt("learner").selected_text(now).width(260.0);
        let response = combo.show_ui(ui, |ui| {
            for (index, learner) in LEARNERS.iter().enumerate() {
                let line = ui.selectable_label(index == state.learner, learner.title());
                if line.on_hover_text(learner.summary()).clicked() && index != state.learner {
                    state.learner = index;
                    state.knobs.clear();
                }
            }
        });
        response.response.labelled_by(label.id);
    });
    if let Some(learner) = LEARNERS.get(state.learner) {
        ui.label(style::small(learner.summary()));
    }
    ui.add_space(HALF);
}
