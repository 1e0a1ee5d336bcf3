//! The bar at the top: menu, what is open, the field that finds everything, undo, and the one next step.

use eframe::egui;
use egui::{Align, Button, Layout, RichText, Ui, Vec2};

use crate::base::text;

use crate::app::action::{self, ACTIONS, Action};
use crate::app::desk::{Cx, Wish};
use crate::app::room;
use crate::app::screen::ScreenId;
use crate::app::style::{self, HALF};
use crate::app::widget::card;

/// Draws the bar.
pub(crate) fn ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.horizontal_centered(|ui| {
        menu(ui, cx);
        ui.add_space(HALF);
        if !room::is_narrow(ui.ctx()) {
            chips(ui, cx);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            next_step(ui, cx);
            find(ui, cx);
            history(ui, cx);
        });
    });
}

fn menu(ui: &mut Ui, cx: &mut Cx<'_>) {
    let title = RichText::new("Candor").font(egui::FontId::new(16.0, style::strong_family()));
    let response = ui.menu_button(title, |ui| {
        ui.set_min_width(220.0);
        let mut groups: Vec<&str> = Vec::new();
        for action in ACTIONS {
            if !groups.contains(&action.group) {
                groups.push(action.group);
            }
        }
        for group in groups {
            ui.menu_button(group, |ui| {
                room::menu(ui, |ui| {
                    ui.set_min_width(room::width(ui.ctx(), 280.0));
                    for action in ACTIONS.iter().filter(|a| a.group == group) {
                        item(ui, cx, action);
                    }
                    if group == "File" && !cx.view.recent.is_empty() {
                        ui.menu_button("Recent files", |ui| room::menu(ui, |ui| recent(ui, cx)));
                    }
                });
            });
        }
    });
    response.response.on_hover_text("Menu: every command");
}

fn item(ui: &mut Ui, cx: &mut Cx<'_>, action: &'static Action) {
    let enabled = (action.enabled)(cx);
    let button =
        Button::new(action.title_now(cx)).shortcut_text(action::key_text(ui.ctx(), action)).frame_when_inactive(false);
    if ui.add_enabled(enabled, button).clicked() {
        cx.act(action.id);
        ui.close();
    }
}

fn recent(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.set_min_width(260.0);
    for path in cx.view.recent.clone() {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let response = ui.add(Button::new(text::shorten(&name, 44)).frame_when_inactive(false));
        if response.on_hover_text(path.display().to_string()).clicked() {
            cx.wishes.push(Wish::OpenFile(path));
            ui.close();
        }
    }
}

fn chips(ui: &mut Ui, cx: &mut Cx<'_>) {
    let narrow = ui.available_width() < 900.0;
    let limit = if narrow { 16 } else { 26 };
    if let Some(data) = cx.session.data().cloned() {
        let name = &data.source().name;
        let size = format!("{} × {}", text::count(data.row_count()), text::count(data.columns().len()));
        let detail = if narrow { "" } else { &size };
        if card::chip(ui, &text::shorten(name, limit), detail, &format!("Table {name}, {size}")).clicked() {
            cx.go(ScreenId::Data);
        }
    }
    if let Some(model) = cx.session.model().cloned() {
        let model = model.card();
        let kind = model.library.clone().unwrap_or_else(|| model.algorithm.clone());
        let detail = if narrow { "" } else { &kind };
        let hint = format!("Model {}, {kind}", model.name);
        if card::chip(ui, &text::shorten(&model.name, limit), detail, &hint).clicked() {
            cx.go(ScreenId::Model);
        }
    }
}

fn history(ui: &mut Ui, cx: &mut Cx<'_>) {
    for (id, label) in [("redo", "Redo"), ("undo", "Undo")] {
        let Some(action) = action::find(id) else { continue };
        if !(action.enabled)(cx) {
            continue;
        }
        let name = if id == "undo" { cx.session.undo_name() } else { cx.session.redo_name() };
        let hint = format!("{label}: {}  {}", name.unwrap_or_default(), action::key_text(ui.ctx(), action));
        if card::quiet(ui, label).on_hover_text(hint).clicked() {
            cx.act(id);
        }
    }
}

fn find(ui: &mut Ui, cx: &mut Cx<'_>) {
    let skin = style::skin(ui);
    let keys = action::find("palette").map(|a| action::key_text(ui.ctx(), a)).unwrap_or_default();
    let short = ui.available_width() < 420.0;
    let text = RichText::new(if short { "Find…" } else { "Find a command, column or row" }).color(skin.muted);
    let button = Button::new(text).right_text(RichText::new(if short { "" } else { &keys }).small().color(skin.muted));
    let width = if short { 64.0 } else { (ui.available_width() * 0.6).clamp(120.0, 330.0) };
    let response = ui.add(button.min_size(Vec2::new(width, 32.0)));
    if response.on_hover_text("Find a command, column or row").clicked() {
        cx.act("palette");
    }
}

/// The button that leads on: explain when that is possible and not done, else nothing.
fn next_step(ui: &mut Ui, cx: &mut Cx<'_>) {
    let session = cx.session;
    let working = session.jobs().iter().any(|j| j.title.starts_with("Explaining"));
    if session.link().is_some() && !working {
        let label = if session.attribution().is_some() { "Explain again" } else { "Explain" };
        let hint = "Explain with the plan in Settings";
        let clicked = match session.attribution() {
            None => card::primary(ui, label).on_hover_text(hint).clicked(),
            Some(_) => ui.add(Button::new(label).min_size(Vec2::new(0.0, 32.0))).on_hover_text(hint).clicked(),
        };
        if clicked {
            cx.act("explain");
        }
    }
}
