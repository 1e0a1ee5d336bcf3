//! Every command with its keys, and the words the screens use.

use eframe::egui;
use egui::{Id, Modal, RichText};

use super::action::{ACTIONS, key_text};
use super::desk::Cx;
use super::room;
use super::style::{self, GAP, HALF};
use super::widget::card;

const WORDS: [(&str, &str); 6] = [
    (
        "Contribution",
        "How far a feature moves a prediction away from the expected prediction; all contributions and the expected prediction add up to the prediction.",
    ),
    (
        "Additivity gap",
        "The largest difference between that sum and the model’s own prediction, measured on every explained row.",
    ),
    ("Background", "The rows that stand for “not known”; contributions are measured against them."),
    ("Exact", "The numbers are computed, not sampled. Sampled numbers carry their standard error."),
    (
        "Log-odds",
        "The scale in which many classifiers add up; the axis above a waterfall reads the same place as a probability.",
    ),
    ("Wrong and confident", "Rows whose prediction is furthest from their true value."),
];

/// Shows the help while it is open.
pub(crate) fn ui(ctx: &egui::Context, cx: &mut Cx<'_>) {
    if !cx.desk.help_open {
        return;
    }
    let modal = Modal::new(Id::unique("help")).frame(card::front(ctx)).show(ctx, |ui| {
        ui.set_width(room::width(ui.ctx(), 720.0));
        ui.label(style::heading("Keys and commands"));
        ui.add_space(HALF);
        let height = room::height(ui.ctx(), 180.0);
        egui::ScrollArea::vertical().max_height(height).min_scrolled_height(height).auto_shrink([false, true]).show(ui, |ui| {
            let mut group = "";
            for action in ACTIONS {
                if action.group != group {
                    group = action.group;
                    ui.add_space(HALF);
                    ui.label(style::title(group));
                }
                ui.horizontal(|ui| {
                    card::field_label(ui, 360.0, action.title);
                    let keys: Vec<String> = action.keys.iter().map(|k| ctx.format_shortcut(k)).collect();
                    let shown = if keys.is_empty() { key_text(ctx, action) } else { keys.join("  or  ") };
                    ui.label(RichText::new(shown).weak());
                });
            }
            ui.add_space(GAP);
            ui.label(style::title("Words"));
            for (word, meaning) in WORDS {
                ui.label(style::strong(word));
                ui.add(egui::Label::new(RichText::new(meaning).weak()).wrap());
            }
            ui.add_space(HALF);
            let charts = "Charts: drag to move, Ctrl and wheel to zoom, drag with the right button to zoom into a part, double click to see everything again.";
            ui.add(egui::Label::new(charts).wrap());
        });
        ui.add_space(HALF);
        ui.button("Close").clicked()
    });
    if modal.inner || modal.should_close() {
        cx.desk.help_open = false;
    }
}
