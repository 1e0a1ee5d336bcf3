//! What failed: what, where, and what to do now.

use eframe::egui;
use egui::{RichText, Ui};

use crate::session::Command;

use crate::app::desk::Cx;
use crate::app::style::{self, HALF};
use crate::app::widget::card;

/// Draws the panel.
pub(crate) fn ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let problems = cx.session.problems().to_vec();
    if problems.is_empty() {
        ui.label(RichText::new("Nothing has failed. What fails is shown here with its place and what to do.").weak());
        return;
    }
    let skin = style::skin(ui);
    for (position, problem) in problems.iter().enumerate().rev() {
        card::card(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(RichText::new(&problem.what).text_style(style::strong_style()).color(skin.error));
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if ui.small_button("Dismiss").clicked() {
                        cx.wish(Command::Dismiss(position));
                    }
                    if ui.small_button("Copy").on_hover_text("Copy this problem as text").clicked() {
                        cx.ctx.copy_text(problem.to_string());
                        cx.say("Copied the problem");
                    }
                });
            });
            if !problem.place.is_empty() {
                ui.add(egui::Label::new(RichText::new(&problem.place).weak()).wrap().selectable(true));
            }
            if !problem.hint.is_empty() {
                ui.add(egui::Label::new(&problem.hint).wrap().selectable(true));
            }
        });
        ui.add_space(HALF);
    }
}
