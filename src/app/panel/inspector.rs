//! The panel at the right: the selected row and the selected feature, wherever they were selected.

use eframe::egui;
use egui::{RichText, Ui};

use crate::base::{RowId, text};
use crate::chart::font::{self, Weight};
use crate::data::profile::ColumnProfile;
use crate::explain::Body;

use crate::app::desk::Cx;
use crate::app::screen::ScreenId;
use crate::app::style::{self, GAP, HALF, STEP};
use crate::app::widget::{card, number};

/// Draws the panel.
pub(crate) fn ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.horizontal(|ui| {
        ui.label(style::title("Selected"));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if card::quiet(ui, style::small("Hide")).on_hover_text("Hide the inspector").clicked() {
                cx.act("inspector");
            }
        });
    });
    egui::ScrollArea::vertical().id_salt("inspector").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.spacing_mut().interact_size.y = 22.0;
        super::cohorts::ui(ui, cx);
        ui.add_space(GAP);
        match cx.session.row() {
            Some(row) => row_ui(ui, cx, row),
            None => hint(ui, "Row", "Click a row of the table or a dot of a chart; it is then marked everywhere."),
        }
        ui.add_space(GAP);
        match cx.session.feature() {
            Some(feature) => feature_ui(ui, cx, feature),
            None => hint(ui, "Feature", "Click a bar or a value; the feature is then marked everywhere."),
        }
    });
}

fn hint(ui: &mut Ui, title: &str, text: &str) {
    ui.label(style::strong(title));
    ui.add(egui::Label::new(RichText::new(text).weak()).wrap());
}

fn row_ui(ui: &mut Ui, cx: &mut Cx<'_>, row: RowId) {
    let Some(data) = cx.session.data().cloned() else { return };
    ui.horizontal(|ui| {
        ui.label(style::strong(format!("Row {row}")));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let explained = cx.session.attribution().is_some();
            if explained && cx.view.screen != ScreenId::Local && small(ui, "Explain this row") {
                cx.go(ScreenId::Local);
            }
        });
    });
    if let Some(predictions) = cx.session.predictions().cloned() {
        let names = cx.session.model().map(|m| m.card().outputs.clone()).unwrap_or_default();
        for (output, name) in names.iter().enumerate().take(6) {
            if let Some(value) = predictions.values.get(row.index() * predictions.outputs + output) {
                let shown = match predictions.scale {
                    crate::model::Scale::Probability => text::percent(*value),
                    _ => text::significant(*value, 5),
                };
                let name = crate::app::screen::local::output_name(cx, output).unwrap_or_else(|| name.clone());
                pair(ui, &format!("predicted {name}"), Some(&shown), true);
            }
        }
    }
    ui.add_space(HALF);
    let count = data.columns().len().min(60);
    for column in data.columns().iter().take(count) {
        pair(ui, &column.name, number::value(column, row.index()).as_deref(), false);
    }
    if data.columns().len() > count {
        let more = data.columns().len() - count;
        ui.label(style::small(format!("and {}; Data shows all", text::counted(more, "more column"))));
    }
}

/// A button that fits beside a line of text.
fn small(ui: &mut Ui, text: &str) -> bool {
    ui.spacing_mut().button_padding = egui::vec2(STEP, 2.0);
    ui.add(egui::Button::new(style::small(text).strong()).min_size(egui::vec2(0.0, 24.0))).clicked()
}

/// A name at the left, its value at the right.
fn pair(ui: &mut Ui, name: &str, value: Option<&str>, strong: bool) {
    let skin = style::skin(ui);
    let width = ui.available_width();
    ui.horizontal(|ui| {
        ui.set_min_height(20.0);
        ui.spacing_mut().item_spacing.x = STEP;
        // The value gets what it needs, up to two thirds; the name what is left.
        let weight = if strong { Weight::SemiBold } else { Weight::Regular };
        let wanted = font::width(value.unwrap_or(text::MISSING), 14.0, weight) as f32;
        let left = f64::from(width - wanted.min(width * 0.66) - STEP - 4.0).max(40.0);
        let short = font::fit(name, 14.0, Weight::Regular, left);
        let label = ui.label(RichText::new(&short).color(skin.muted));
        if short != name {
            label.on_hover_text(name);
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let rich = match value {
                Some(value) if strong => style::strong(value),
                Some(value) => RichText::new(value),
                None => RichText::new(text::MISSING).italics().color(skin.missing),
            };
            ui.add(egui::Label::new(rich).truncate());
        });
    });
}

fn feature_ui(ui: &mut Ui, cx: &mut Cx<'_>, feature: usize) {
    let Some(model) = cx.session.model().cloned() else { return };
    let Some(input) = model.card().inputs.get(feature) else { return };
    ui.horizontal(|ui| {
        let short = font::fit(&input.name, 14.0, Weight::SemiBold, f64::from(ui.available_width() - 120.0).max(60.0));
        ui.label(style::strong(short)).on_hover_text(&input.name);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if cx.session.attribution().is_some() && small(ui, "Dependence") {
                cx.desk.global.wanted = crate::app::screen::global::dependence_kind();
                cx.go(ScreenId::Global);
            }
        });
    });
    contribution(ui, cx, feature);
    let column = cx.session.link().and_then(|l| l.columns.get(feature)).copied();
    if let Some(profile) = column.and_then(|c| cx.session.profile().and_then(|p| p.columns.get(c))) {
        profile_ui(ui, profile);
    }
}

fn contribution(ui: &mut Ui, cx: &Cx<'_>, feature: usize) {
    let (Some(row), Some(explanation)) = (cx.session.row(), cx.session.attribution()) else { return };
    let Body::Attribution(attribution) = &explanation.body else { return };
    let Some(position) = attribution.position(row) else { return };
    let output = cx.session.output().min(attribution.outputs.len().saturating_sub(1));
    if let Some(value) = attribution.row(output, position).get(feature) {
        pair(ui, "contribution", Some(&text::signed(*value)), true);
    }
}

fn profile_ui(ui: &mut Ui, profile: &ColumnProfile) {
    if let Some(n) = &profile.numbers {
        let lines = [
            ("smallest", n.min),
            ("median", n.quantiles[3]),
            ("mean", n.mean),
            ("largest", n.max),
            ("standard deviation", n.deviation),
        ];
        for (name, value) in lines {
            pair(ui, name, Some(&text::number(value)), false);
        }
    }
    for (level, count) in profile.levels.iter().take(8) {
        pair(ui, level, Some(&text::count(*count)), false);
    }
    if profile.missing > 0 {
        pair(ui, "rows without value", Some(&text::count(profile.missing)), false);
    }
}
