//! What matters over all rows: importance, beeswarm, dependence, and the charts of what else can be asked.

pub(crate) mod asked;

use eframe::egui;
use egui::{ComboBox, RichText, Ui};

use crate::base::text;
use crate::chart::{KINDS, Kind};
use crate::explain::{Body, Shape};
use crate::session::{ChartRequest, Command};

use super::{Screen, ScreenId, full_page, missing_step};
use crate::app::desk::Cx;
use crate::app::style::{self, HALF};
use crate::app::widget::chart_frame::Place;
use crate::app::widget::{card, chart_frame, empty, knob_form, number, passport};

/// The screen.
pub(crate) struct Global;

/// What is chosen on this screen.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) chart: Option<&'static str>,
    colour: Option<usize>,
    knobs: std::collections::BTreeMap<&'static str, knob_form::Values>,
    knobs_open: bool,
    /// Settings of the answers beside the attributions.
    asked: asked::Settings,
}

impl Screen for Global {
    fn id(&self) -> ScreenId {
        ScreenId::Global
    }

    fn name(&self) -> &'static str {
        "global"
    }

    fn title(&self) -> &'static str {
        "Global"
    }

    fn summary(&self) -> &'static str {
        "What matters to the model over all rows"
    }

    fn ui(&self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if missing_or_running(ui, cx, "Importance, beeswarm and dependence of every feature belong here.") {
            return;
        }
        full_page(ui, |ui| {
            let kinds: Vec<_> = kinds().into_iter().filter(|kind| asked::is_offered(cx, *kind)).collect();
            let Some(chosen) = choose(ui, cx, &kinds) else { return };
            if let Some(shape) = asked::shape(chosen).filter(|shape| cx.session.answer(*shape).is_none()) {
                asked::missing_ui(ui, cx, shape);
                return;
            }
            options(ui, cx, chosen);
            let request = request(cx, chosen);
            if chosen.needs().feature && request.feature.is_none() {
                empty::busy(ui, "Choosing a feature", ui.available_height());
                return;
            }
            chart(ui, cx, &request, chosen);
        });
    }
}

/// Shows what is missing, or that explaining is under way; `true` while there is nothing to show.
pub(super) fn missing_or_running(ui: &mut Ui, cx: &mut Cx<'_>, belongs: &str) -> bool {
    let opening = cx.session.attribution().is_none() && !cx.session.jobs().is_empty();
    if opening {
        let job = cx.session.jobs().last();
        let title = job.map_or_else(|| "Working".to_owned(), |j| j.title.clone());
        empty::busy(ui, &title, ui.available_height());
        return true;
    }
    if missing_step(ui, cx, belongs) {
        return true;
    }
    if cx.session.attribution().is_some() {
        return false;
    }
    let (title, text, step, action) = if cx.session.link().is_none() {
        (
            "Table and model do not fit",
            "The problems panel says which columns are missing.",
            "Show problems",
            "problems",
        )
    } else {
        ("Not explained yet", belongs, "Explain", "explain")
    };
    if empty::empty(ui, title, text, step) {
        cx.act(action);
    }
    true
}

/// Chart kinds about all rows.
fn kinds() -> Vec<&'static dyn Kind> {
    let about_all = |k: &&dyn Kind| {
        let needs = k.needs();
        (needs.answer.is_some() || needs.terms.is_some()) && needs.performance.is_none() && !needs.row
    };
    KINDS.iter().copied().filter(about_all).collect()
}

/// The chart of one feature.
pub(crate) fn dependence_kind() -> Option<&'static str> {
    kinds().into_iter().find(|k| k.needs().feature).map(|k| k.id())
}

fn choose(ui: &mut Ui, cx: &mut Cx<'_>, kinds: &[&'static dyn Kind]) -> Option<&'static dyn Kind> {
    let first = kinds.first()?.id();
    let known = |id: &&str| kinds.iter().any(|k| k.id() == *id);
    let mut chosen = cx.desk.global.chart.filter(known).unwrap_or(first);
    card::tabs(ui, &mut chosen, &card::kind_tabs(kinds));
    cx.desk.global.chart = Some(chosen);
    let kind = kinds.iter().copied().find(|k| k.id() == chosen)?;
    if let Some(explanation) = kind.needs().answer.and_then(|shape| cx.session.answer(shape)) {
        passport::line(ui, explanation);
    }
    Some(kind)
}

fn options(ui: &mut Ui, cx: &mut Cx<'_>, kind: &'static dyn Kind) {
    let needs = kind.needs();
    let features = feature_names(cx);
    let open = cx.desk.global.knobs_open;
    let asked = asked::shape(kind);
    let has_options = !kind.knobs().is_empty() || asked.is_some();
    let shape = asked.unwrap_or(Shape::Attribution);
    let many_outputs = cx.session.model().map_or(0, |m| m.card().outputs.len()) > 1;
    ui.horizontal(|ui| {
        if many_outputs {
            output(ui, cx);
        }
        if needs.feature {
            feature(ui, cx, &features);
        }
        if kind.is_coloured() {
            colour(ui, cx, &features);
        }
        if has_options {
            let button = egui::Button::new("Chart options").selected(open);
            if ui.add(button).clicked() {
                cx.desk.global.knobs_open = !open;
            }
        }
        let label = format!("Export {}…", shape.noun());
        if ui.button(label).on_hover_text("All numbers as CSV, Parquet or JSON").clicked() {
            asked::save(cx, shape);
        }
        if ui.available_width() > 200.0 {
            ui.add(egui::Label::new(RichText::new(kind.summary()).weak()).truncate()).on_hover_text(kind.summary());
        }
    });
    if open && has_options {
        card::card(ui, |ui| {
            let values = cx.desk.global.knobs.entry(kind.id()).or_default();
            knob_form::form(ui, kind.knobs(), values);
            if let Some(shape) = asked {
                asked::settings_ui(ui, cx, shape);
            }
        });
    }
    ui.add_space(HALF);
}

/// Names of the features that are explained.
pub(super) fn feature_names(cx: &Cx<'_>) -> std::sync::Arc<[String]> {
    match cx.session.attribution().map(|e| &e.body) {
        Some(Body::Attribution(attribution)) => std::sync::Arc::clone(&attribution.features),
        _ => std::sync::Arc::from([]),
    }
}

/// Chooses the output that charts show.
pub(crate) fn output(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(model) = cx.session.model().cloned() else { return };
    let outputs = &model.card().outputs;
    let now = cx.session.output();
    // In a bar that is filled from the right, the label comes after its field.
    let mirrored = ui.layout().prefer_right_to_left();
    let before = (!mirrored).then(|| ui.label("Output"));
    let shown = outputs.get(now).map_or("", |o| o);
    let combo = ComboBox::from_id_salt("output").selected_text(text::shorten(shown, 24)).width(140.0);
    let response = combo.show_ui(ui, |ui| {
        for (i, name) in outputs.iter().enumerate() {
            if ui.selectable_label(i == now, name).clicked() {
                cx.wish(Command::SelectOutput(i));
            }
        }
    });
    let label = before.unwrap_or_else(|| ui.label("Output"));
    response.response.labelled_by(label.id);
}

fn feature(ui: &mut Ui, cx: &mut Cx<'_>, features: &[String]) {
    let now = cx.session.feature();
    if now.is_none() && !features.is_empty() {
        // Computed with the explanation, not in a frame: the chart of importance names its first bar.
        cx.select_feature(strongest(cx).unwrap_or(0));
    }
    let label = ui.label("Feature");
    let shown = now.and_then(|f| features.get(f)).map_or("", |f| f);
    let combo = ComboBox::from_id_salt("feature").selected_text(text::shorten(shown, 28)).width(190.0);
    let response = combo.show_ui(ui, |ui| {
        pick_feature(ui, features, now).inspect(|f| cx.select_feature(*f));
    });
    response.response.labelled_by(label.id);
}

/// The feature whose bar is the longest in the importance chart, when that was drawn.
fn strongest(cx: &Cx<'_>) -> Option<usize> {
    let chart = cx.session.chart(&plain_request(cx, "importance-bar"))?;
    chart.marks.iter().find_map(|mark| match mark {
        crate::chart::Mark::Bars { bars, .. } => {
            bars.iter().filter(|b| b.feature.is_some()).max_by(|a, b| a.to.total_cmp(&b.to)).and_then(|b| b.feature)
        }
        _ => None,
    })
}

fn colour(ui: &mut Ui, cx: &mut Cx<'_>, features: &[String]) {
    let now = cx.desk.global.colour;
    let label = ui.label("Colour");
    let shown = now.and_then(|f| features.get(f)).map_or("Suggested", |f| f);
    let combo = ComboBox::from_id_salt("colour").selected_text(text::shorten(shown, 28)).width(170.0);
    let response = combo.show_ui(ui, |ui| {
        if ui.selectable_label(now.is_none(), "Suggested").clicked() {
            cx.desk.global.colour = None;
        }
        if let Some(feature) = pick_feature(ui, features, now) {
            cx.desk.global.colour = Some(feature);
        }
    });
    let hint = "The column that seems to interact most; the chart says when none is convincing";
    response.response.labelled_by(label.id).on_hover_text(hint);
}

/// A list of features that stays quick with thousands of them.
fn pick_feature(ui: &mut Ui, features: &[String], now: Option<usize>) -> Option<usize> {
    let mut picked = None;
    ui.set_min_width(240.0);
    egui::ScrollArea::vertical().max_height(300.0).show_rows(ui, 26.0, features.len(), |ui, range| {
        for index in range {
            let Some(name) = features.get(index) else { continue };
            if ui.selectable_label(now == Some(index), text::shorten(name, 44)).clicked() {
                picked = Some(index);
                ui.close();
            }
        }
    });
    picked
}

fn plain_request(cx: &Cx<'_>, kind: &'static str) -> ChartRequest {
    ChartRequest {
        kind,
        output: cx.session.output(),
        row: None,
        feature: None,
        colour: None,
        knobs: Vec::new(),
        what_if: false,
    }
}

fn request(cx: &Cx<'_>, kind: &'static dyn Kind) -> ChartRequest {
    let needs = kind.needs();
    let mut request = plain_request(cx, kind.id());
    if needs.feature {
        request.feature = cx.session.feature();
    }
    if kind.is_coloured() {
        request.colour = cx.desk.global.colour;
    }
    if let Some(values) = cx.desk.global.knobs.get(kind.id()) {
        request.knobs = knob_form::pairs(values);
    }
    request
}

fn chart(ui: &mut Ui, cx: &mut Cx<'_>, request: &ChartRequest, kind: &'static dyn Kind) {
    let data = cx.session.data().cloned();
    let link = cx.session.link().cloned();
    let chart = cx.session.chart(request);
    let features = feature_names(cx);
    let feature = request.feature;
    // A dot's lane names its feature; the tooltip adds that feature's value in the row.
    let lines = move |row: crate::base::RowId, height: f64| {
        let lane = || chart.as_ref().and_then(|c| lane_name(c, height));
        let feature = feature.or_else(|| lane().and_then(|name| features.iter().position(|f| *f == name)));
        let column = feature.and_then(|f| link.as_ref().and_then(|l| l.columns.get(f).copied()));
        let values = column.and_then(|c| data.as_ref().and_then(|d| d.columns().get(c)));
        values.map(|c| format!("{} = {}", c.name, number::value_or_missing(c, row.index()))).into_iter().collect()
    };
    let height = (ui.available_height() - 2.0 * style::GAP).max(300.0);
    chart_frame::show(ui, cx, request, &Place { slot: kind.id(), height, lines: Some(&lines) });
}

fn lane_name(chart: &crate::chart::Chart, height: f64) -> Option<String> {
    let crate::chart::AxisKind::Names(names) = &chart.y.kind else { return None };
    names.iter().min_by(|a, b| (a.0 - height).abs().total_cmp(&(b.0 - height).abs())).map(|n| n.1.clone())
}
