//! What was open lately. Whether the files are still there is found out aside: a folder on a network may take its time.

use std::collections::BTreeSet;
use std::path::PathBuf;

use eframe::egui;
use egui::{RichText, Ui};

use crate::base::text;

use crate::app::aside::Aside;
use crate::app::desk::{Cx, Wish};
use crate::app::style::{self, STEP};
use crate::app::widget::card;

/// Files shown at most.
const SHOWN: usize = 8;

/// Which of the files are gone, looked up anew when the list changes and when the window is turned to again.
#[derive(Default)]
pub(crate) struct Gone(Aside<(Vec<PathBuf>, bool), BTreeSet<PathBuf>>);

/// Draws the list, when there is one.
pub(super) fn ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    if cx.view.recent.is_empty() {
        return;
    }
    ui.add_space(STEP);
    ui.horizontal(|ui| {
        ui.label(style::title("Recent files"));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if card::quiet(ui, RichText::new("Forget all").weak()).clicked() {
                cx.view.recent.clear();
            }
        });
    });
    let files: Vec<PathBuf> = cx.view.recent.iter().take(SHOWN).cloned().collect();
    let key = (files.clone(), ui.input(|i| i.focused));
    let asked = files.clone();
    let gone = move || asked.into_iter().filter(|path| !path.exists()).collect();
    let gone = cx.desk.start.gone.0.ask(ui.ctx(), key, gone).cloned();
    card::card(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for path in files {
            let is_gone = gone.as_ref().is_some_and(|gone| gone.contains(&path));
            line(ui, cx, path, is_gone);
        }
    });
}

fn line(ui: &mut Ui, cx: &mut Cx<'_>, path: PathBuf, is_gone: bool) {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().map(|p| p.display().to_string()).unwrap_or_default();
    let label = if is_gone { format!("Open {name}, not found") } else { format!("Open {name}") };
    let mut forgets = false;
    let response = card::line(ui, false, &label, |ui| {
        let title = text::shorten(&name, 48);
        ui.label(if is_gone { RichText::new(title).weak() } else { style::strong(title) });
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if is_gone {
                let forget = card::quiet(ui, RichText::new("Forget").weak());
                forget.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Forget {name}")));
                forgets = forget.clicked();
                ui.label(style::small("not found"));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                // About seven points a letter; what is left out stands in the middle, so that the last folder is seen.
                let letters = (ui.available_width() / 7.0).max(8.0) as usize;
                ui.add(egui::Label::new(style::small(text::shorten(&folder, letters))).truncate());
            });
        });
    });
    if forgets {
        cx.view.recent.retain(|known| *known != path);
    } else if response.on_hover_text(path.display().to_string()).clicked() {
        cx.wishes.push(Wish::OpenFile(path));
    }
}
