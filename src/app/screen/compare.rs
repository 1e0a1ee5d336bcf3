//! Two models on the same rows: metrics with their difference, charts of both, and the rows they decide differently.

use eframe::egui;
use egui::{RichText, Ui};

use crate::base::text;
use crate::chart::{ChallengerNeed, KINDS, Kind};
use crate::session::{Challenger, ChartRequest, Command, Export};

use super::global::fields::output;
use super::{Screen, ScreenId, full_page, missing_step};
use crate::app::desk::Cx;
use crate::app::style::{self, GAP, HALF};
use crate::app::widget::chart_frame::Place;
use crate::app::widget::{card, chart_frame, empty, knob_form};

mod metrics;
mod rows;

/// The screen.
pub(crate) struct Compare;

/// What is chosen on this screen.
#[derive(Default)]
pub(crate) struct State {
    chart: Option<&'static str>,
    rows: rows::State,
    knobs: std::collections::BTreeMap<&'static str, knob_form::Values>,
    knobs_open: bool,
    /// Whether there is room for the selected row’s chart below the others.
    has_room: bool,
}

/// Height from which two charts stand below each other.
const ROOM_FOR_TWO: f32 = 860.0;
const BELONGS: &str =
    "Two models on the same rows, their metrics, their decisions and what carries the difference belong here.";
/// The chart of the selected row.
const ONE_ROW: &str = "difference-waterfall";

impl Screen for Compare {
    fn id(&self) -> ScreenId {
        ScreenId::Compare
    }

    fn name(&self) -> &'static str {
        "compare"
    }

    fn title(&self) -> &'static str {
        "Compare"
    }

    fn summary(&self) -> &'static str {
        "Two models on the same rows"
    }

    fn least(&self) -> egui::Vec2 {
        egui::vec2(860.0, 600.0)
    }

    fn ui(&self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if missing_step(ui, cx, BELONGS) || not_joined(ui, cx) {
            return;
        }
        let Some(challenger) = cx.session.challenger().cloned() else {
            no_challenger(ui, cx);
            return;
        };
        if challenger.meeting().is_none() {
            not_met(ui, cx, &challenger);
            return;
        }
        full_page(ui, |ui| {
            header(ui, cx, &challenger);
            ui.horizontal_top(|ui| {
                let room = ui.available_size();
                let side = (room.x * 0.34).clamp(356.0, 520.0);
                ui.allocate_ui_with_layout(egui::vec2(side, room.y), egui::Layout::top_down(egui::Align::Min), |ui| {
                    ui.set_width(side);
                    metrics::ui(ui, cx, &challenger);
                    ui.add_space(HALF);
                    rows::ui(ui, cx, &challenger);
                });
                ui.add_space(HALF);
                ui.vertical(|ui| charts(ui, cx, &challenger));
            });
        });
    }
}

/// What is under way at the moment, in words.
fn busy(cx: &Cx<'_>) -> Option<String> {
    cx.session.jobs().last().map(|job| job.title.clone())
}

/// Says that table and champion are not joined; `true` while they are not.
fn not_joined(ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
    if cx.session.link().is_some() {
        return false;
    }
    if let Some(title) = busy(cx) {
        empty::busy(ui, &title, ui.available_height());
        return true;
    }
    let (title, text, step, action) = super::not_joined(cx);
    if empty::empty(ui, title, text, step) {
        cx.act(action);
    }
    true
}

fn no_challenger(ui: &mut Ui, cx: &mut Cx<'_>) {
    let opening = cx.session.jobs().iter().find(|job| job.title.ends_with("to compare")).map(|job| job.title.clone());
    if let Some(title) = opening {
        empty::busy(ui, &title, ui.available_height());
        return;
    }
    let name = cx.session.model().map(|m| text::shorten(&m.card().name, 40)).unwrap_or_default();
    let words = format!(
        "{name} is the champion. Open a challenger that predicts the same target: both are measured, explained and \
         compared on the same rows."
    );
    if empty::empty(ui, "No model to compare with", &words, "Open a model to compare…") {
        cx.act("open-challenger");
    }
    ui.vertical_centered(|ui| {
        let hint = "The open model becomes the challenger; a model opened or trained next is compared with it";
        if ui.button("Compare the next model with this one").on_hover_text(hint).clicked() {
            cx.act("keep-as-challenger");
        }
    });
}

/// The challenger is open and not joined: either it is being worked on, or it was refused.
fn not_met(ui: &mut Ui, cx: &mut Cx<'_>, challenger: &Challenger) {
    let Some(problem) = challenger.problem() else {
        let title = busy(cx).unwrap_or_else(|| "Comparing two models".to_owned());
        empty::busy(ui, &title, ui.available_height());
        return;
    };
    let words = format!("{}. {}.", card::sentence(&problem.place), problem.hint);
    if empty::empty(ui, &problem.what, &words, "Open another model to compare…") {
        cx.act("open-challenger");
    }
    ui.vertical_centered(|ui| {
        if ui.button("Close the challenger").clicked() {
            cx.wish(Command::CloseChallenger);
        }
    });
}

fn header(ui: &mut Ui, cx: &mut Cx<'_>, challenger: &Challenger) {
    let own = cx.session.model().map(|m| m.card().name.clone()).unwrap_or_default();
    let other = challenger.opened().card().name.clone();
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            for (action, label, hint) in [
                ("close-challenger", "Close", "Close the challenger"),
                ("open-challenger", "Open another…", "Open another model to compare with the champion"),
                ("swap-challenger", "Swap", "Let champion and challenger change places"),
            ] {
                if ui.button(label).on_hover_text(hint).clicked() {
                    cx.act(action);
                }
            }
            if ui.button("Export comparison…").on_hover_text("Every row as CSV, Parquet or JSON").clicked() {
                cx.save("comparison.csv", Export::Comparison);
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let limit = if ui.available_width() < 560.0 { 18 } else { 36 };
                ui.label(style::heading(text::shorten(&own, limit))).on_hover_text(format!("Champion {own}"));
                ui.label(RichText::new("champion, against").weak());
                ui.label(style::heading(text::shorten(&other, limit))).on_hover_text(format!("Challenger {other}"));
                ui.label(RichText::new("challenger").weak());
            });
        });
    });
    ui.add_space(HALF);
}

/// The charts of two models that this pair of models can have.
fn kinds(cx: &Cx<'_>) -> Vec<&'static dyn Kind> {
    let decides = cx.session.model().is_some_and(|m| m.card().task.is_classification());
    let fits = |kind: &&dyn Kind| match kind.needs().challenger {
        None => false,
        Some(ChallengerNeed::Decisions | ChallengerNeed::DecisionsExplained) => decides,
        Some(ChallengerNeed::Predictions | ChallengerNeed::Attributions) => true,
    };
    KINDS.iter().copied().filter(fits).collect()
}

fn charts(ui: &mut Ui, cx: &mut Cx<'_>, challenger: &Challenger) {
    let kinds = kinds(cx);
    let Some(first) = kinds.first().map(|k| k.id()) else { return };
    let mut chosen = cx.desk.compare.chart.filter(|id| kinds.iter().any(|k| k.id() == *id)).unwrap_or(first);
    card::tabs(ui, &mut chosen, &card::kind_tabs(&kinds));
    cx.desk.compare.chart = Some(chosen);
    let Some(kind) = kinds.into_iter().find(|k| k.id() == chosen) else { return };
    options(ui, cx, kind);
    let needs = kind.needs();
    let reads = matches!(needs.challenger, Some(ChallengerNeed::Attributions | ChallengerNeed::DecisionsExplained));
    if reads && challenger.challenge().is_none() {
        not_explained(ui, cx, challenger);
        return;
    }
    let room = ui.available_height();
    cx.desk.compare.has_room = room > ROOM_FOR_TWO;
    let twofold = chosen != ONE_ROW && room > ROOM_FOR_TWO && challenger.challenge().is_some();
    let height = if twofold { (room - HALF) * 0.55 } else { room };
    chart(ui, cx, kind, height);
    if let Some(one_row) = KINDS.iter().copied().find(|k| twofold && k.id() == ONE_ROW) {
        ui.add_space(HALF);
        chart(ui, cx, one_row, ui.available_height());
    }
}

/// One chart in a card, `height` with its margins.
fn chart(ui: &mut Ui, cx: &mut Cx<'_>, kind: &'static dyn Kind, height: f32) {
    let needs = kind.needs();
    let height = (height - 2.0 * GAP).max(300.0);
    if needs.row && cx.session.row().is_none() {
        card::card(ui, |ui| {
            ui.set_min_height(height);
            ui.label(style::title("No row is selected"));
            ui.label(RichText::new("Choose a row in the list on the left.").weak());
        });
        return;
    }
    let request = ChartRequest {
        kind: kind.id(),
        output: cx.session.output(),
        row: cx.session.row().filter(|_| needs.row),
        feature: None,
        colour: None,
        knobs: cx.desk.compare.knobs.get(kind.id()).map_or_else(Vec::new, knob_form::pairs),
        within: None,
        what_if: false,
    };
    chart_frame::show(ui, cx, &request, &Place { slot: kind.id(), height, lines: None });
}

fn options(ui: &mut Ui, cx: &mut Cx<'_>, kind: &'static dyn Kind) {
    let open = cx.desk.compare.knobs_open;
    ui.horizontal(|ui| {
        if cx.session.model().map_or(0, |m| m.card().outputs.len()) > 1 {
            output(ui, cx);
        }
        if ui.add(egui::Button::new("Chart options").selected(open)).clicked() {
            cx.desk.compare.knobs_open = !open;
        }
        ui.add(egui::Label::new(RichText::new(kind.summary()).weak()).truncate()).on_hover_text(kind.summary());
    });
    if open {
        card::card(ui, |ui| {
            let values = cx.desk.compare.knobs.entry(kind.id()).or_default();
            knob_form::form(ui, kind.knobs(), values);
        });
    }
    ui.add_space(HALF);
}

/// Offers to explain, says that it is under way, or why it failed.
fn not_explained(ui: &mut Ui, cx: &mut Cx<'_>, challenger: &Challenger) {
    let under_way =
        cx.session.jobs().iter().find(|job| job.title.starts_with("Explaining")).map(|job| job.title.clone());
    if let Some(title) = under_way {
        empty::busy(ui, &title, ui.available_height());
    } else if let Some(problem) = challenger.problem() {
        let words = format!("{}. {}.", card::sentence(&problem.place), problem.hint);
        if empty::empty(ui, &problem.what, &words, "Open the settings") {
            cx.act("settings");
        }
    } else if empty::empty(
        ui,
        "Not explained yet",
        "Explaining shows which columns carry the difference; both models are explained on the same rows.",
        "Explain",
    ) {
        cx.act("explain");
    }
}
