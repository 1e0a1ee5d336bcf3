//! The metrics of both models with the interval of their difference and a verdict in words.

use eframe::egui;
use egui::{Align, Label, Layout, RichText, Ui, vec2};

use crate::base::text;
use crate::model::measure::{MetricDifference, Verdict};

use crate::app::desk::Cx;
use crate::app::style::{self, HALF};
use crate::app::widget::card;

/// Height of the line below the metrics.
const FOOT: f32 = 30.0;
/// What the part is for.
pub(super) const SUMMARY: &str = "Every metric of both models, with the interval of their difference";

/// The card of metrics, or how to get them.
pub(super) fn ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let comparison = cx.session.challenger().and_then(|c| c.meeting()).and_then(|m| m.comparison.clone());
    let Some(comparison) = comparison else {
        card::card(ui, |ui| {
            ui.set_min_height(ui.available_height());
            let words = "No column is known to hold the true values. Give one column the role Target.";
            ui.add(Label::new(RichText::new(words).weak()).wrap());
            ui.add_space(HALF);
            if card::primary(ui, "Choose the target column").clicked() {
                cx.act("choose-target");
            }
        });
        return;
    };
    card::card(ui, |ui| {
        ui.set_min_height(ui.available_height());
        let rows = text::counted(comparison.rows, "row");
        let weighted = if comparison.weighted { ", weighted" } else { "" };
        ui.add(Label::new(style::small(format!("On the same {rows}{weighted}"))).truncate())
            .on_hover_text("A model looks better on the rows it was trained on than on new ones");
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.spacing_mut().interact_size.y = 18.0;
        line(ui, [small("metric"), small("champion"), small("challenger")]);
        let height = (ui.available_height() - FOOT).max(40.0);
        egui::ScrollArea::vertical().auto_shrink([false, true]).id_salt("metrics").max_height(height).show(ui, |ui| {
            comparison.metrics.iter().for_each(|metric| one(ui, metric));
        });
        let notes = comparison.notes.join(". ");
        ui.add_space(HALF);
        ui.add(Label::new(style::small("Intervals cover 95 % of the difference")).truncate())
            .on_hover_text(notes + ".");
    });
}

fn small(words: &str) -> RichText {
    style::small(words)
}

/// Name and two numbers, the numbers at the right.
fn line(ui: &mut Ui, [name, own, other]: [RichText; 3]) {
    let width = ui.available_width();
    let number = (width * 0.24).clamp(76.0, 110.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let left = vec2(width - 2.0 * number, 18.0);
        ui.allocate_ui_with_layout(left, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(left.x);
            ui.add(Label::new(name).truncate());
        });
        for text in [own, other] {
            ui.allocate_ui_with_layout(vec2(number, 18.0), Layout::right_to_left(Align::Center), |ui| {
                ui.set_min_width(number);
                ui.add(Label::new(text).truncate());
            });
        }
    });
}

fn one(ui: &mut Ui, metric: &MetricDifference) {
    let skin = style::skin(ui);
    let verdict = metric.verdict();
    let decimals = decimals(metric);
    let shown = |value: f64| style::strong(text::fixed(value, decimals));
    let response = ui.scope(|ui| {
        line(ui, [RichText::new(metric.title), shown(metric.champion), shown(metric.challenger)]);
        let interval = metric.interval.map_or_else(String::new, |(low, high)| {
            format!(" ({} to {})", sign(low, decimals + 1), sign(high, decimals + 1))
        });
        let change = format!("{}{interval}", sign(metric.difference(), decimals + 1));
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = HALF;
            ui.label(style::small(change));
            let words = RichText::new(verdict.words()).text_style(egui::TextStyle::Small);
            let colour = match verdict {
                Verdict::ChallengerBetter | Verdict::ChampionBetter | Verdict::Differ => skin.accent,
                Verdict::CannotBeToldApart | Verdict::Unknown => skin.muted,
            };
            ui.add(Label::new(words.color(colour)).truncate());
        });
        ui.add_space(HALF);
    });
    let better = match metric.good.title() {
        "" => String::new(),
        good => format!(", {good} is better"),
    };
    response.response.on_hover_text(format!(
        "{}, {}{better}\nchampion {}\nchallenger {}\nchallenger minus champion {}",
        metric.title,
        metric.unit,
        text::exact(metric.champion),
        text::exact(metric.challenger),
        text::exact(metric.difference()),
    ));
}

/// Decimals that show a metric and its difference: three for shares, fewer for large numbers.
fn decimals(metric: &MetricDifference) -> usize {
    match metric.champion.abs().max(metric.challenger.abs()) {
        v if v < 0.1 => 4,
        v if v < 10.0 => 3,
        v if v < 1_000.0 => 1,
        _ => 0,
    }
}

/// A fixed number with its sign, zero without.
fn sign(value: f64, decimals: usize) -> String {
    let shown = text::fixed(value, decimals);
    if value > 0.0 && shown.chars().any(|c| ('1'..='9').contains(&c)) { format!("+{shown}") } else { shown }
}
