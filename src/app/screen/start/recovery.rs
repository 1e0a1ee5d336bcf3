//! What earlier windows left: sessions that ended unexpectedly, and starts that failed.

use egui::{RichText, Ui};

use crate::base::text;

use crate::app::desk::Cx;
use crate::app::keeper;
use crate::app::style::{self, GAP, STEP};
use crate::app::widget::card;

use eframe::egui;

/// Draws the cards, when there is something to say.
pub(super) fn cards(ui: &mut Ui, cx: &mut Cx<'_>) {
    if cx.desk.keeping.careful {
        card::card(ui, |ui| {
            ui.label(style::title("Candor ended twice while starting"));
            let text = "So it started with its usual look, and restored nothing by itself. Files and saved sessions are as they were.";
            ui.add(egui::Label::new(RichText::new(text).weak()).wrap());
            ui.add_space(STEP);
            if ui.button("Understood").clicked() {
                cx.desk.keeping.careful = false;
            }
        });
        ui.add_space(GAP);
    }
    let mut wished = None;
    for (index, offer) in cx.desk.keeping.offers.iter().enumerate() {
        let title = text::shorten(&offer.title(), 64);
        card::card(ui, |ui| {
            ui.label(style::title("Candor ended unexpectedly"));
            let line = format!(
                "Last open: {title}. All decisions can be restored; results that are in no file are computed again."
            );
            ui.add(egui::Label::new(RichText::new(line).weak()).wrap());
            ui.add_space(STEP);
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = STEP;
                let restore = card::primary(ui, "Restore");
                restore.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Restore {title}")));
                if restore.clicked() {
                    wished = Some((index, true));
                }
                let discard = ui.button("Discard");
                discard.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Discard {title}")));
                if discard.clicked() {
                    wished = Some((index, false));
                }
            });
        });
        ui.add_space(GAP);
    }
    match wished {
        Some((index, true)) => keeper::restore(cx, index),
        Some((index, false)) => cx.desk.keeping.offers.remove(index).discard(),
        None => {}
    }
}
