//! Two models on the same rows: metrics with their difference, charts of both, and the rows they decide differently.

use eframe::egui;
use egui::{RichText, Ui, Vec2};

use crate::base::text;
use crate::chart::{ChallengerNeed, Kind};
use crate::session::{Challenger, ChartRequest, Command, Export};

use super::global::bar::Tiled;
use super::global::tile::{no_row, slot};
use super::global::tiles;
use super::{Screen, ScreenId, full_page, missing_step};
use crate::app::desk::Cx;
use crate::app::style::{self, GAP, HALF};
use crate::app::widget::chart_frame::Place;
use crate::app::widget::{card, chart_frame, empty, knob_form};
use crate::app::workspace::{Arrangement, Pane, Part, Shows};

mod metrics;
mod rows;

/// The screen.
pub(crate) struct Compare;

/// What is chosen on this screen.
#[derive(Default)]
pub(crate) struct State {
    rows: rows::State,
    /// A chart kind to show in the next frame.
    wanted: Option<&'static str>,
}

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

    fn least(&self) -> Vec2 {
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
            let wanted = cx.desk.compare.wanted.take().map(Shows::chart);
            tiles(ui, cx, TILED, wanted);
        });
    }
}

/// What can be a tile beside charts.
const PARTS: &[Part] = &[
    Part { id: "metrics", title: |_| "Metrics".to_owned(), summary: metrics::SUMMARY, ui: metrics::ui },
    Part { id: "rows", title: |_| "Rows".to_owned(), summary: rows::SUMMARY, ui: rows::ui },
];

const TILED: Tiled = Tiled {
    screen: "compare",
    parts: PARTS,
    own: |kind| kind.needs().challenger.is_some(),
    lead: None,
    draw: Some(chart),
    usual,
};

/// Width from which on four charts stand in two columns.
const WIDE: f32 = 1_500.0;
/// Height from which on charts stand below each other.
const TALL: f32 = 860.0;

/// Metrics above the list of rows; at the right the charts, that of the selected row below the others where there is room.
fn usual(cx: &Cx<'_>, room: Vec2) -> Arrangement {
    let all: Vec<&str> = TILED.kinds(cx).into_iter().filter(|kind| (TILED.own)(*kind)).map(|kind| kind.id()).collect();
    let others: Vec<&str> = all.iter().copied().filter(|id| *id != ONE_ROW).collect();
    let (wide, tall) = (room.x >= WIDE, room.y >= TALL);
    let charts = match others.split_at(others.len().min(2)) {
        ([first, second], rest) if wide && tall => {
            let beside = |left, right| Arrangement::Beside(vec![(0.5, left), (0.5, right)]);
            let above = beside(Arrangement::chart(first), Arrangement::chart(second));
            let one = Arrangement::chart(ONE_ROW);
            let below = if rest.is_empty() { one } else { beside(Arrangement::charts(rest.iter().copied()), one) };
            Arrangement::Below(vec![(0.5, above), (0.5, below)])
        }
        _ if tall => Arrangement::Below(vec![(0.55, Arrangement::charts(others)), (0.45, Arrangement::chart(ONE_ROW))]),
        _ => Arrangement::charts(all),
    };
    let lists = Arrangement::Below(vec![(0.5, Arrangement::part("metrics")), (0.5, Arrangement::part("rows"))]);
    let side = if wide { 0.22 } else { 0.34 };
    Arrangement::Beside(vec![(side, lists), (1.0 - side, charts)])
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
    // Tabs have a button of this name, too.
    let name = |label: &'static str| if label == "Close" { "Close the challenger" } else { label };
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            for (action, label, hint) in [
                ("close-challenger", "Close", "Close the challenger"),
                ("open-challenger", "Open another…", "Open another model to compare with the champion"),
                ("swap-challenger", "Swap", "Let champion and challenger change places"),
            ] {
                let button = ui.button(label).on_hover_text(hint);
                button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name(label)));
                if button.clicked() {
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

/// A chart of two models.
fn chart(ui: &mut Ui, cx: &mut Cx<'_>, pane: &Pane, kind: &'static dyn Kind) {
    let Some(challenger) = cx.session.challenger().cloned() else { return };
    let needs = kind.needs();
    if needs.challenger.is_some_and(ChallengerNeed::explains) && challenger.challenge().is_none() {
        not_explained(ui, cx, &challenger);
        return;
    }
    if needs.row && cx.session.row().is_none() {
        no_row(ui);
        return;
    }
    let request = ChartRequest {
        kind: kind.id(),
        output: cx.session.output(),
        row: cx.session.row().filter(|_| needs.row),
        knobs: pane.knobs.get(kind.id()).map_or_else(Vec::new, knob_form::pairs),
        ..ChartRequest::default()
    };
    let height = (ui.available_height() - 2.0 * GAP - 4.0).max(160.0);
    chart_frame::show(ui, cx, &request, &Place { slot: &slot(TILED, pane), height, lines: None, group: None });
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
