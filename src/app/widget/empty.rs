//! What an empty screen says: what belongs here, and the one next step.

use eframe::egui;
use egui::{RichText, Ui};

use super::card;
use crate::app::style::{self, GAP, STEP};

/// Width of a text that is read in lines.
const READABLE: f32 = 560.0;

/// Says what belongs here and offers the next step; `true` when it was taken.
pub(crate) fn empty(ui: &mut Ui, title: &str, text: &str, step: &str) -> bool {
    let mut taken = false;
    // In the middle of what can be seen, where the screen is larger than the window.
    let seen = ui.available_rect_before_wrap().intersect(ui.clip_rect());
    ui.vertical(|ui| {
        ui.set_max_width(seen.width());
        ui.vertical_centered(|ui| {
            ui.add_space((seen.height() * 0.28 - 20.0).max(STEP));
            ui.label(style::heading(title));
            ui.add_space(4.0);
            let width = READABLE.min(seen.width() - GAP);
            ui.allocate_ui_with_layout(egui::vec2(width, 0.0), egui::Layout::top_down(egui::Align::Center), |ui| {
                ui.set_max_width(width);
                ui.add(egui::Label::new(RichText::new(text).weak()).wrap());
            });
            ui.add_space(GAP);
            taken = card::primary(ui, step).clicked();
        });
    });
    taken
}

/// Says that something is being worked out.
pub(crate) fn busy(ui: &mut Ui, text: &str, height: f32) {
    ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| {
        ui.vertical_centered(|ui| {
            ui.add_space((height * 0.42).max(GAP));
            ui.horizontal(|ui| {
                let width = 28.0 + 7.0 * text.len() as f32;
                ui.add_space(((ui.available_width() - width) / 2.0).max(0.0));
                let spinner = ui.add(egui::Spinner::new().size(16.0));
                spinner.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, text));
                ui.label(RichText::new(text).weak());
            });
        });
        ui.set_min_height(height);
    });
}
