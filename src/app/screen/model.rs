//! The model: its card, and how well it predicts this table.

use eframe::egui;
use egui::{Button, RichText, Slider, Ui, Vec2};

use crate::base::text;
use crate::chart::{KINDS, Kind, PerformanceKind};
use crate::model::performance::{Confusion, Detail, MetricValue};
use crate::model::{ModelCard, Performance};
use crate::session::{ChartRequest, Command, Export};

use super::{Screen, ScreenId, page, train};
use crate::app::desk::Cx;
use crate::app::formats;
use crate::app::style::{self, GAP, HALF, STEP};
use crate::app::widget::chart_frame::Place;
use crate::app::widget::{card, chart_frame, empty, steps};

/// Width of one metric.
const TILE: f32 = 124.0;
/// Height of what stands above the cards.
const HEADER: f32 = 92.0;

/// The screen.
pub(crate) struct ModelScreen;

/// What is open on this screen.
#[derive(Default)]
pub(crate) struct State {
    /// Whether the form for training is shown.
    pub(crate) training: bool,
    chart: Option<&'static str>,
    /// The threshold under the pointer, before it is let go.
    dragging: Option<f64>,
}

impl Screen for ModelScreen {
    fn id(&self) -> ScreenId {
        ScreenId::Model
    }

    fn name(&self) -> &'static str {
        "model"
    }

    fn title(&self) -> &'static str {
        "Model"
    }

    fn summary(&self) -> &'static str {
        "The model’s card and its performance on the table"
    }

    fn least(&self) -> Vec2 {
        // Its page scrolls by itself.
        egui::vec2(520.0, 0.0)
    }

    fn ui(&self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if cx.desk.model.training {
            page(ui, "train", |ui| train::ui(ui, cx));
            return;
        }
        let Some(model) = cx.session.model().cloned() else {
            nothing_open(ui, cx);
            return;
        };
        page(ui, "model", |ui| {
            header(ui, cx, model.card());
            let wide = ui.available_width() > 820.0;
            if wide {
                ui.horizontal_top(|ui| {
                    let left = (ui.available_width() * 0.32).clamp(300.0, 420.0);
                    ui.vertical(|ui| {
                        ui.set_width(left);
                        about(ui, model.card());
                    });
                    ui.add_space(STEP);
                    ui.vertical(|ui| {
                        ui.set_max_width(ui.available_width());
                        performance(ui, cx);
                    });
                });
            } else {
                performance(ui, cx);
                ui.add_space(STEP);
                about(ui, model.card());
            }
        });
    }
}

fn nothing_open(ui: &mut Ui, cx: &mut Cx<'_>) {
    let text = format!(
        "A trained model belongs here: {}, or one trained on your table. Opening a file never runs code.",
        formats::models()
    );
    if cx.session.data().is_some() {
        if empty::empty(ui, "No model is open", &text, "Open a model…") {
            cx.act("open-model");
        }
        ui.vertical_centered(|ui| {
            if ui.button("Train a model on this table…").clicked() {
                cx.desk.model.training = true;
            }
        });
    } else if empty::empty(ui, "No model is open", &text, "Open a model…") {
        cx.act("open-model");
    }
}

fn header(ui: &mut Ui, cx: &mut Cx<'_>, card: &ModelCard) {
    ui.horizontal(|ui| {
        ui.label(style::heading(text::shorten(&card.name, 40))).on_hover_text(&card.name);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if cx.session.data().is_some() && ui.button("Train a model…").clicked() {
                cx.desk.model.training = true;
            }
            if card.path.is_none() && ui.button("Save the model…").clicked() {
                cx.save(format!("{}.json", card.name), Export::Model);
            }
            if ui.button("Open a model…").clicked() {
                cx.act("open-model");
            }
        });
    });
    let library = card.library.clone().unwrap_or_else(|| card.format.clone());
    let line = format!(
        "{}  ·  {library}  ·  {}  ·  {}",
        card.algorithm,
        text::counted(card.inputs.len(), "input"),
        card.task.title()
    );
    ui.label(style::small(line));
    ui.add_space(STEP);
}

fn about(ui: &mut Ui, model: &ModelCard) {
    card::card(ui, |ui| {
        ui.label(style::title("Model card"));
        ui.add_space(HALF);
        ui.spacing_mut().item_spacing.y = 2.0;
        card::fact(ui, "Algorithm", &model.algorithm);
        card::fact(ui, "Format", &model.format);
        if let Some(library) = &model.library {
            card::fact(ui, "Trained with", library);
        }
        if let Some(objective) = &model.objective {
            card::fact(ui, "Objective", objective);
        }
        card::fact(ui, "Predicts", &predicts(model));
        for (name, value) in &model.facts {
            card::fact(ui, name, value);
        }
        if model.bytes > 0 {
            card::fact(ui, "File", &text::bytes(model.bytes));
        }
        card::fact(ui, "SHA-256", model.sha256.short());
        for note in &model.notes {
            ui.add_space(HALF);
            ui.add(egui::Label::new(RichText::new(note).weak()).wrap());
        }
    });
    ui.add_space(STEP);
    if model.steps.is_some() {
        card::card(ui, |ui| {
            ui.label(style::title("From column to prediction"));
            ui.add_space(STEP);
            steps::steps(ui, model);
        });
        ui.add_space(STEP);
    }
    card::card(ui, |ui| {
        ui.label(style::title(text::counted(model.inputs.len(), "input")));
        let height = (ui.available_height() - GAP).clamp(140.0, 320.0);
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.spacing_mut().interact_size.y = 20.0;
        egui::ScrollArea::vertical().auto_shrink([false, true]).id_salt("inputs").max_height(height).show_rows(
            ui,
            22.0,
            model.inputs.len(),
            |ui, range| {
                for input in model.inputs.get(range).unwrap_or(&[]) {
                    ui.horizontal(|ui| {
                        crate::app::widget::number::name(ui, &input.name, 30);
                        ui.label(style::small(input.kind.words()));
                    });
                }
            },
        );
    });
}

fn predicts(model: &ModelCard) -> String {
    match model.outputs.as_slice() {
        [one] if model.classes.len() == 2 => format!("probability of “{one}” ({})", model.classes.join(" or ")),
        [one] => one.clone(),
        many => format!("{} classes: {}", text::count(many.len()), text::shorten(&many.join(", "), 80)),
    }
}

fn performance(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(performance) = cx.session.performance().cloned() else {
        card::card(ui, |ui| {
            ui.label(style::title("Performance on this table"));
            ui.add_space(HALF);
            let (text, step) = why_no_performance(cx);
            ui.add(egui::Label::new(RichText::new(text).weak()).wrap());
            if let Some((label, action)) = step {
                ui.add_space(STEP);
                if card::primary(ui, label).clicked() {
                    cx.act(action);
                }
            }
        });
        return;
    };
    tiles(ui, &performance);
    ui.add_space(STEP);
    if matches!(performance.detail, Detail::Binary(_)) {
        threshold(ui, cx, &performance);
        ui.add_space(STEP);
    }
    charts(ui, cx, &performance);
}

fn why_no_performance(cx: &Cx<'_>) -> (&'static str, Option<(&'static str, &'static str)>) {
    let session = cx.session;
    if session.data().is_none() {
        ("Open a table with the true values of what the model predicts.", Some(("Open a table…", "open-table")))
    } else if session.is_prediction_stopped() {
        ("Predicting was stopped.", Some(("Predict again", "predict-again")))
    } else if session.link().is_none() && session.jobs().is_empty() {
        (
            "The open table does not fit this model; the problems panel says which columns are missing.",
            Some(("Show problems", "problems")),
        )
    } else if session.jobs().is_empty() {
        (
            "No column is known to hold the true values. Give one column the role Target.",
            Some(("Choose the target column", "choose-target")),
        )
    } else {
        ("Predicting every row of the table.", None)
    }
}

fn tiles(ui: &mut Ui, performance: &Performance) {
    let rows = if performance.weighted { "weighted rows" } else { "rows" };
    let line = if performance.skipped > 0 {
        format!(
            "Measured on {} {rows}; {} without a usable target were left out.",
            text::count(performance.rows),
            text::count(performance.skipped)
        )
    } else {
        format!("Measured on {} {rows} of this table.", text::count(performance.rows))
    };
    card::card(ui, |ui| {
        ui.spacing_mut().interact_size.y = 20.0;
        ui.horizontal(|ui| {
            ui.label(style::title("Performance on this table"));
            ui.add(egui::Label::new(style::small(line)).truncate())
                .on_hover_text("A model looks better on the rows it was trained on than on new ones");
        });
        ui.add_space(HALF);
        let metrics: Vec<_> = performance.metrics.iter().take(10).collect();
        // As few lines as fit, each equally full.
        let fit = ((ui.available_width() / TILE) as usize).max(1);
        let columns = metrics.len().div_ceil(metrics.len().div_ceil(fit).max(1)).max(1);
        let width = (ui.available_width() / columns as f32).min(1.6 * TILE);
        for line in metrics.chunks(columns) {
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                line.iter().for_each(|metric| tile(ui, metric, width));
            });
        }
        for note in &performance.notes {
            ui.add(egui::Label::new(style::small(note)).wrap());
        }
    });
}

/// Decimals that show a metric and its interval to the same place: three for shares, fewer for large numbers.
fn decimals(value: f64) -> usize {
    match value.abs() {
        v if v < 0.1 => 4,
        v if v < 10.0 => 3,
        v if v < 1_000.0 => 1,
        _ => 0,
    }
}

/// One metric with its interval.
fn tile(ui: &mut Ui, metric: &MetricValue, width: f32) {
    let layout = egui::Layout::top_down(egui::Align::Min);
    let decimals = decimals(metric.value);
    ui.allocate_ui_with_layout(Vec2::new(width, 56.0), layout, |ui| {
        ui.set_width(width - STEP);
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.add(egui::Label::new(style::small(metric.title)).truncate().show_tooltip_when_elided(false))
            .on_hover_text(metric.title);
        let font = egui::FontId::new(20.0, style::strong_family());
        let value = ui.label(RichText::new(text::fixed(metric.value, decimals)).font(font));
        let better = match metric.good.title() {
            "" => String::new(),
            good => format!(", {good} is better"),
        };
        value.on_hover_text(format!("{}\n{}{better}", text::exact(metric.value), metric.unit));
        let ends = |(low, high)| format!("{}–{}", text::fixed(low, decimals), text::fixed(high, decimals));
        let interval = metric.interval.map_or_else(|| " ".to_owned(), ends);
        ui.add(egui::Label::new(style::small(interval)).truncate().show_tooltip_when_elided(false))
            .on_hover_text("95 % interval over rows");
    });
}

fn threshold(ui: &mut Ui, cx: &mut Cx<'_>, performance: &Performance) {
    let Detail::Binary(detail) = &performance.detail else { return };
    let mut value = cx.desk.model.dragging.unwrap_or_else(|| cx.session.threshold());
    card::card(ui, |ui| {
        ui.horizontal(|ui| {
            let label = ui.label(style::title("Decision threshold"));
            let slider = Slider::new(&mut value, 0.0..=1.0).fixed_decimals(3).step_by(0.001);
            let response = ui.add(slider).labelled_by(label.id);
            let hint = "Rows whose probability is at or above the threshold count as the positive class";
            let response = response.on_hover_text(hint);
            if response.changed() {
                cx.desk.model.dragging = Some(value);
            }
            let settled = !response.dragged() && !response.has_focus();
            if let Some(dragged) = cx.desk.model.dragging
                && (settled || response.drag_stopped() || (dragged - cx.session.threshold()).abs() > 0.004)
            {
                cx.wish(Command::SetThreshold(dragged));
                if settled || response.drag_stopped() {
                    cx.desk.model.dragging = None;
                }
            }
            ui.label(RichText::new(format!("“{}” from here on", detail.classes[1])).weak());
        });
        let Confusion { true_positive: tp, false_positive: fp, true_negative: tn, false_negative: miss } =
            detail.confusion_at(value);
        let share = |part: f64, whole: f64| text::percent(if whole > 0.0 { part / whole } else { f64::NAN });
        let words = [
            ("Accuracy", share(tp + tn, tp + tn + fp + miss)),
            ("Precision", share(tp, tp + fp)),
            ("Recall", share(tp, tp + miss)),
            ("False positive rate", share(fp, fp + tn)),
            ("Called positive", share(tp + fp, tp + tn + fp + miss)),
        ];
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 12.0;
            for (name, value) in words {
                ui.add(egui::Label::new(RichText::new(format!("{name}\u{a0}{value}").replace(' ', "\u{a0}")).weak()));
            }
        });
    });
}

/// The chart kinds that read this performance.
fn kinds(performance: &Performance) -> Vec<&'static dyn Kind> {
    let fits = |wanted| match (wanted, &performance.detail) {
        (PerformanceKind::Binary | PerformanceKind::Classes, Detail::Binary(_))
        | (PerformanceKind::Multiclass | PerformanceKind::Classes, Detail::Multiclass(_))
        | (PerformanceKind::Regression, Detail::Regression(_)) => true,
        (PerformanceKind::Binary, _) | (PerformanceKind::Multiclass, _) => false,
        (PerformanceKind::Classes, _) | (PerformanceKind::Regression, _) => false,
    };
    let alone = |k: &&dyn Kind| k.needs().challenger.is_none();
    let about = |k: &&dyn Kind| alone(k) && k.needs().performance.map_or(k.needs().predictions, fits);
    let mut kinds: Vec<&'static dyn Kind> = KINDS.iter().copied().filter(about).collect();
    // What is measured comes before what is merely counted.
    kinds.sort_by_key(|k| k.needs().performance.is_none());
    kinds
}

fn charts(ui: &mut Ui, cx: &mut Cx<'_>, performance: &Performance) {
    let kinds = kinds(performance);
    let Some(first) = kinds.first().map(|k| k.id()) else { return };
    let mut chosen = cx.desk.model.chart.filter(|id| kinds.iter().any(|k| k.id() == *id)).unwrap_or(first);
    card::tabs(ui, &mut chosen, &card::kind_tabs(&kinds));
    cx.desk.model.chart = Some(chosen);
    ui.add_space(HALF);
    let needs_feature = kinds.iter().any(|k| k.id() == chosen && k.needs().feature);
    if needs_feature {
        choose_column(ui, cx);
    }
    let request = ChartRequest {
        kind: chosen,
        output: cx.session.output(),
        row: None,
        feature: cx.session.feature().filter(|_| needs_feature),
        colour: None,
        knobs: threshold_knob(cx, chosen),
        within: None,
        beside: Vec::new(),
        what_if: false,
    };
    // As much as is in view below what stands above, whatever part of the page is scrolled to.
    let above = ui.cursor().top() - ui.min_rect().top() + HEADER;
    let height = (ui.clip_rect().height() - above - style::PAGE - 2.0 * GAP).clamp(360.0, 640.0);
    let lines = |_, _| Vec::new();
    chart_frame::show(ui, cx, &request, &Place { slot: "performance", height, lines: Some(&lines), group: None });
}

/// Chooses the column over whose values errors are shown.
fn choose_column(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(model) = cx.session.model().cloned() else { return };
    let names: Vec<String> = model.card().inputs.iter().map(|input| input.name.clone()).collect();
    ui.horizontal(|ui| super::global::fields::selected_feature(ui, cx, &names));
}

/// The threshold under the pointer, for charts that read one.
fn threshold_knob(cx: &Cx<'_>, kind: &str) -> Vec<(String, String)> {
    let reads = KINDS.iter().any(|k| k.id() == kind && k.knobs().iter().any(|knob| knob.id == "threshold"));
    let value = cx.desk.model.dragging.unwrap_or_else(|| cx.session.threshold());
    if reads { vec![("threshold".to_owned(), format!("{value:.3}"))] } else { Vec::new() }
}

/// An unframed button for places that lead back.
pub(super) fn back(ui: &mut Ui, text: &str) -> bool {
    ui.add(Button::new(RichText::new(format!("←  {text}")).weak()).frame_when_inactive(false)).clicked()
}
