//! The steps of a pipeline as a small diagram: boxes from the table down to the estimator, parts side by side inside.

use eframe::egui;
use egui::{Color32, CornerRadius, Frame, Label, Margin, RichText, Stroke, Ui, Vec2};

use crate::base::text;
use crate::model::{BranchCard, ModelCard, StepCard};

use crate::app::style::{self, HALF, STEP};

/// Height of an arrow between boxes.
const ARROW: f32 = 18.0;

/// Draws the steps of `card`, when it has any, from its columns to its estimator.
pub(crate) fn steps(ui: &mut Ui, card: &ModelCard) {
    let Some((steps, values)) = &card.steps else { return };
    ui.spacing_mut().item_spacing.y = 0.0;
    end(ui, &text::counted(card.inputs.len(), "column"));
    for step in steps {
        arrow(ui, "");
        boxed(ui, |ui| step_box(ui, step));
    }
    arrow(ui, &text::counted(*values, "value"));
    end(ui, &card.algorithm);
}

fn step_box(ui: &mut Ui, step: &StepCard) {
    name(ui, step);
    for branch in &step.branches {
        ui.add_space(HALF);
        branch_box(ui, branch);
    }
}

fn name(ui: &mut Ui, step: &StepCard) {
    ui.add(Label::new(style::strong(&step.title)).truncate().show_tooltip_when_elided(false))
        .on_hover_text(&step.title);
    if !step.settings.is_empty() {
        ui.add(Label::new(style::small(&step.settings)).wrap());
    }
}

fn branch_box(ui: &mut Ui, branch: &BranchCard) {
    boxed(ui, |ui| {
        let count =
            branch.columns.as_ref().map_or_else(|| "all columns".to_owned(), |(_, n)| text::counted(*n, "column"));
        let seen = branch.seen();
        ui.add(
            Label::new(style::small(format!("{} · {count}", branch.name))).truncate().show_tooltip_when_elided(false),
        )
        .on_hover_text(&seen);
        if branch.columns.is_some() {
            let words = RichText::new(text::shorten(&seen, 90)).text_style(egui::TextStyle::Small).weak();
            ui.add(Label::new(words).wrap()).on_hover_text(seen);
        }
        if branch.steps.is_empty() {
            ui.label(style::small("passed on unchanged"));
        }
        for (i, step) in branch.steps.iter().enumerate() {
            if i > 0 {
                arrow(ui, "");
            }
            step_box(ui, step);
        }
    });
}

/// The table or the estimator: a filled box.
fn end(ui: &mut Ui, words: &str) {
    let skin = style::skin(ui);
    framed(ui, skin.selected, skin.selected, |ui| {
        ui.add(Label::new(style::strong(words)).wrap());
    });
}

fn boxed(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let border = style::skin(ui).border;
    framed(ui, Color32::TRANSPARENT, border, content);
}

fn framed(ui: &mut Ui, fill: Color32, border: Color32, content: impl FnOnce(&mut Ui)) {
    let frame = Frame::new().fill(fill).stroke(Stroke::new(1.0, border)).corner_radius(CornerRadius::same(6));
    frame.inner_margin(Margin::symmetric(STEP as i8, HALF as i8)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        content(ui);
    });
}

/// An arrow down, with words beside it.
fn arrow(ui: &mut Ui, words: &str) {
    let skin = style::skin(ui);
    let (rect, _) = ui.allocate_exact_size(Vec2::new(ui.available_width(), ARROW), egui::Sense::hover());
    let x = rect.left() + 20.0;
    let (top, tip) = (egui::pos2(x, rect.top() + 2.0), egui::pos2(x, rect.bottom() - 2.0));
    let stroke = Stroke::new(1.5, skin.muted);
    let painter = ui.painter();
    painter.line_segment([top, tip], stroke);
    painter.line_segment([tip, tip + Vec2::new(-4.0, -5.0)], stroke);
    painter.line_segment([tip, tip + Vec2::new(4.0, -5.0)], stroke);
    if !words.is_empty() {
        let place = egui::Rect::from_min_max(egui::pos2(x + 10.0, rect.top()), rect.max);
        let layout = egui::Layout::left_to_right(egui::Align::Center);
        ui.scope_builder(egui::UiBuilder::new().max_rect(place).layout(layout), |ui| ui.label(style::small(words)));
    }
}
