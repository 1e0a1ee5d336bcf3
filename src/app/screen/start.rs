//! The first screen: open a table, a model, a sample, or what was open lately.

mod recent;
mod recovery;

use std::path::PathBuf;

use eframe::egui;
use egui::{Button, Key, RichText, Sense, TextEdit, Ui, Vec2};

use crate::session::{Command, SAMPLES, Sample};

use super::{Screen, ScreenId, page};
use crate::app::desk::{Cx, Wish};
use crate::app::style::{self, GAP, STEP};
use crate::app::widget::card;

/// The screen.
pub(crate) struct Start;

/// What is half typed.
#[derive(Default)]
pub(crate) struct State {
    path: String,
    /// Which recent files are gone.
    gone: recent::Gone,
}

impl Screen for Start {
    fn id(&self) -> ScreenId {
        ScreenId::Start
    }

    fn name(&self) -> &'static str {
        "start"
    }

    fn title(&self) -> &'static str {
        "Start"
    }

    fn summary(&self) -> &'static str {
        "Open a table and a model, or a sample with both"
    }

    fn least(&self) -> Vec2 {
        // Its page scrolls by itself.
        egui::vec2(440.0, 0.0)
    }

    fn ui(&self, ui: &mut Ui, cx: &mut Cx<'_>) {
        page(ui, "start", |ui| {
            let wide = ui.available_width().min(1120.0);
            ui.set_max_width(wide);
            ui.add_space(STEP);
            ui.label(
                RichText::new("See why a model predicts what it predicts")
                    .font(egui::FontId::new(28.0, style::strong_family())),
            );
            let line = "Open a table and a trained model. Every number that explains them is computed on this machine, \
                        and carries its error and its origin.";
            ui.add(egui::Label::new(RichText::new(line).weak()).wrap());
            ui.add_space(GAP);
            recovery::cards(ui, cx);
            own_files(ui, cx);
            ui.add_space(GAP);
            samples(ui, cx);
            recent::ui(ui, cx);
        });
    }
}

fn own_files(ui: &mut Ui, cx: &mut Cx<'_>) {
    card::card(ui, |ui| {
        ui.label(style::title("Your own table and model"));
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            let table = cx.session.data().map(|d| d.source().name.clone());
            let model = cx.session.model().map(|m| m.card().name.clone());
            if card::primary(ui, "Open a table…").clicked() {
                cx.act("open-table");
            }
            if ui.add(Button::new("Open a model…").min_size(Vec2::new(0.0, 32.0))).clicked() {
                cx.act("open-model");
            }
            let state = match (table, model) {
                (Some(table), Some(model)) => format!("Open now: {table} and {model}"),
                (Some(table), None) => format!("Open now: {table}. A model is still missing; you can also train one."),
                (None, Some(model)) => format!("Open now: {model}. A table is still missing."),
                (None, None) => "or drop files anywhere in this window".to_owned(),
            };
            ui.label(RichText::new(state).weak());
        });
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 68.0).max(120.0);
            let edit = TextEdit::singleline(&mut cx.desk.start.path)
                .hint_text("Path of a table, model or session file")
                .desired_width(width)
                .margin(egui::Margin::symmetric(10, 6));
            let response = ui.add(edit);
            let entered = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            let path = cx.desk.start.path.trim().trim_matches('"').to_owned();
            let clicked = ui.add_enabled(!path.is_empty(), Button::new("Open")).clicked();
            if (entered || clicked) && !path.is_empty() {
                cx.wishes.push(Wish::OpenFile(PathBuf::from(path)));
                cx.desk.start.path.clear();
            }
        });
        crate::app::formats::ui(ui);
    });
}

fn samples(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.label(style::title("Samples"));
    ui.label(RichText::new("One click opens table and model and begins to explain.").weak());
    ui.add_space(4.0);
    let columns = if ui.available_width() > 900.0 { 4 } else { 2 };
    let width = (ui.available_width() - GAP * (columns as f32 - 1.0)) / columns as f32;
    for row in SAMPLES.chunks(columns) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            for sample in row {
                if sample_card(ui, sample, width).clicked() {
                    cx.wish(Command::OpenSample(sample.id.to_owned()));
                }
            }
        });
        ui.add_space(STEP);
    }
}

fn sample_card(ui: &mut Ui, sample: &Sample, width: f32) -> egui::Response {
    let skin = style::skin(ui);
    let (area, response) = ui.allocate_exact_size(Vec2::new(width, 132.0), Sense::click());
    let active = response.hovered() || response.has_focus();
    let fill = if active { skin.hover } else { skin.card };
    let line = if active { egui::Stroke::new(1.5, skin.accent) } else { egui::Stroke::new(1.0, skin.border) };
    ui.painter().rect(area, 10.0, fill, line, egui::StrokeKind::Inside);
    let layout = egui::Layout::top_down(egui::Align::Min);
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(area.shrink(GAP)).layout(layout));
    child.add(egui::Label::new(style::title(sample.title)).truncate().selectable(false));
    child.add(egui::Label::new(RichText::new(sample.sentence).weak()).wrap().selectable(false));
    let foot = egui::pos2(area.left() + GAP, area.bottom() - GAP);
    let font = egui::TextStyle::Small.resolve(ui.style());
    ui.painter().text(foot, egui::Align2::LEFT_BOTTOM, "Open and explain  →", font, skin.accent);
    let label = format!("Open and explain the sample {}", sample.title);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}
