//! Answers beside the attributions: which of them charts read, how a person asks for them, and where they are saved.

use std::collections::BTreeMap;

use eframe::egui;
use egui::Ui;

use crate::chart::{KINDS, Kind};
use crate::data::Role;
use crate::explain::method::answering;
use crate::explain::{Shape, Support};
use crate::session::{Command, Export};

use crate::app::desk::Cx;
use crate::app::widget::{card, empty, knob_form};

/// What a person has set, by the shape of the answer.
pub(super) type Settings = BTreeMap<Shape, knob_form::Values>;

/// The answer that a chart reads, unless it reads the attributions.
pub(super) fn shape(kind: &dyn Kind) -> Option<Shape> {
    kind.needs().answer.filter(|shape| *shape != Shape::Attribution)
}

/// Whether the open model can give what a chart reads.
pub(super) fn is_offered(cx: &Cx<'_>, kind: &dyn Kind) -> bool {
    let terms = cx.session.model().and_then(|model| model.terms());
    shape(kind).is_none_or(|shape| is_possible(cx, shape)) && kind.needs().has_terms(terms)
}

fn is_possible(cx: &Cx<'_>, shape: Shape) -> bool {
    let refused = |m: &dyn crate::model::Model| matches!(answering(shape).supports(m), Support::No(_));
    cx.session.model().is_none_or(|model| !refused(&**model))
}

/// The shapes beside the attributions that charts read and the open model can give.
pub(crate) fn shapes(cx: &Cx<'_>) -> Vec<Shape> {
    let mut shapes: Vec<Shape> = KINDS.iter().filter_map(|kind| shape(*kind)).collect();
    shapes.sort_unstable();
    shapes.dedup();
    shapes.retain(|shape| is_possible(cx, *shape));
    shapes
}

/// Whether an answer can be asked for now.
pub(crate) fn is_ready(cx: &Cx<'_>, shape: Shape) -> bool {
    cx.session.link().is_some() && is_possible(cx, shape) && (!shape.needs_truth() || has_target(cx))
}

fn has_target(cx: &Cx<'_>) -> bool {
    cx.session.data().is_some_and(|data| data.column_with(Role::Target).is_some())
}

/// Asks for an answer with the settings a person has made, and shows its chart.
pub(crate) fn ask(cx: &mut Cx<'_>, shape: Shape) {
    let knobs = cx.desk.global.asked.get(&shape).map_or_else(Vec::new, knob_form::pairs);
    cx.wish(Command::Ask { method: answering(shape).id().to_owned(), knobs });
    cx.desk.global.wanted = KINDS.iter().find(|kind| kind.needs().answer == Some(shape)).map(|kind| kind.id());
}

/// In place of a chart whose answer is not there: how to get it, or that it is on its way.
pub(super) fn missing_ui(ui: &mut Ui, cx: &mut Cx<'_>, shape: Shape) {
    if cx.session.is_asking(shape) {
        empty::busy(ui, &format!("Computing {}", shape.noun()), ui.available_height());
        return;
    }
    let method = answering(shape);
    let title = format!("{}: not computed yet", method.title());
    if shape.needs_truth() && !has_target(cx) {
        let text = "It compares predictions with true values; give one column the role Target.";
        if empty::empty(ui, &title, text, "Choose the target column") {
            cx.act("choose-target");
        }
        return;
    }
    if empty::empty(ui, &title, &format!("{}.", method.summary()), &format!("Compute {}", shape.noun())) {
        ask(cx, shape);
    }
}

/// The settings of the method behind an answer, and the button that asks again.
pub(super) fn settings_ui(ui: &mut Ui, cx: &mut Cx<'_>, shape: Shape) {
    let method = answering(shape);
    let values = cx.desk.global.asked.entry(shape).or_default();
    knob_form::form(ui, method.knobs(), values);
    let busy = cx.session.is_asking(shape);
    if card::primary_enabled(ui, "Compute again", !busy).clicked() {
        ask(cx, shape);
    }
}

/// Asks for a place and saves the answer of a shape there.
pub(crate) fn save(cx: &mut Cx<'_>, shape: Shape) {
    let what = match shape {
        Shape::Attribution => Export::Attributions,
        _ => Export::Answer(shape, None),
    };
    cx.save(format!("{}.csv", shape.noun().replace(' ', "-")), what);
}
