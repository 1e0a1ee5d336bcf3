//! The fields of the options line: output, feature, colour, rows.

use eframe::egui;
use egui::{ComboBox, Ui};

use crate::base::text;
use crate::chart::Mark;
use crate::data::quoted;
use crate::explain::Body;
use crate::session::{ChartRequest, CohortBy, Command, Plan};

use crate::app::desk::Cx;
use crate::app::workspace::{Pane, Rows};

/// Names of the features that are explained.
pub(crate) fn feature_names(cx: &Cx<'_>) -> std::sync::Arc<[String]> {
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

/// Chooses the feature of a tile: the one that is selected everywhere, or one that stays.
pub(super) fn feature(ui: &mut Ui, cx: &mut Cx<'_>, pane: &mut Pane, features: &[String]) {
    match pane.pinned {
        None => selected_feature(ui, cx, features),
        Some(now) => {
            if let Some(picked) = feature_field(ui, features, Some(now)) {
                pane.pinned = Some(picked);
            }
        }
    }
    let mut pinned = pane.pinned.is_some();
    let hint = "Keep this feature here, whatever is selected elsewhere";
    if ui.toggle_value(&mut pinned, "Pin").on_hover_text(hint).changed() {
        pane.pinned = if pinned { cx.session.feature() } else { None };
    }
}

/// Chooses the feature that is selected everywhere.
pub(crate) fn selected_feature(ui: &mut Ui, cx: &mut Cx<'_>, features: &[String]) {
    let now = cx.session.feature();
    if now.is_none() && !features.is_empty() {
        // Computed with the explanation, not in a frame: the chart of importance names its first bar.
        cx.select_feature(strongest(cx).unwrap_or(0));
    }
    if let Some(picked) = feature_field(ui, features, now) {
        cx.select_feature(picked);
    }
}

fn feature_field(ui: &mut Ui, features: &[String], now: Option<usize>) -> Option<usize> {
    let label = ui.label("Feature");
    let shown = now.and_then(|f| features.get(f)).map_or("", |f| f);
    let combo = ComboBox::from_id_salt("feature").selected_text(text::shorten(shown, 28)).width(190.0);
    let response = combo.show_ui(ui, |ui| pick_feature(ui, features, now));
    response.response.labelled_by(label.id);
    response.inner.flatten()
}

/// The feature whose bar is the longest in the importance chart, when that was drawn.
fn strongest(cx: &Cx<'_>) -> Option<usize> {
    let request = ChartRequest { kind: "importance-bar", output: cx.session.output(), ..ChartRequest::default() };
    let chart = cx.session.chart(&request)?;
    chart.marks.iter().find_map(|mark| match mark {
        Mark::Bars { bars, .. } => {
            bars.iter().filter(|b| b.feature.is_some()).max_by(|a, b| a.to.total_cmp(&b.to)).and_then(|b| b.feature)
        }
        _ => None,
    })
}

/// Chooses the second feature of a chart: the one that colours, or the other axis.
pub(super) fn second_feature(ui: &mut Ui, label: &str, pane: &mut Pane, features: &[String]) {
    let now = pane.colour;
    let label = ui.label(label);
    let shown = now.and_then(|f| features.get(f)).map_or("Suggested", |f| f);
    let combo = ComboBox::from_id_salt("colour").selected_text(text::shorten(shown, 28)).width(150.0);
    let response = combo.show_ui(ui, |ui| {
        if ui.selectable_label(now.is_none(), "Suggested").clicked() {
            pane.colour = None;
        }
        if let Some(feature) = pick_feature(ui, features, now) {
            pane.colour = Some(feature);
        }
    });
    let hint = "The column that seems to interact most; the chart says when none is convincing";
    response.response.labelled_by(label.id).on_hover_text(hint);
}

/// Chooses the rows a tile is about, where there are cohorts to choose.
pub(super) fn rows(ui: &mut Ui, cx: &Cx<'_>, pane: &mut Pane) {
    if cx.session.cohorts().is_empty() && pane.rows == Rows::All {
        return;
    }
    let label = ui.label("Rows");
    let shown = match &pane.rows {
        Rows::All => "All rows".to_owned(),
        Rows::Cohort(name) => text::shorten(name, 22),
        Rows::Each => "Each cohort".to_owned(),
    };
    let combo = ComboBox::from_id_salt("rows").selected_text(shown).width(130.0);
    let response = combo.show_ui(ui, |ui| {
        let mut offer = |ui: &mut Ui, rows: Rows, title: &str| {
            if ui.selectable_label(pane.rows == rows, title).clicked() {
                pane.rows = rows;
            }
        };
        offer(ui, Rows::All, "All rows");
        offer(ui, Rows::Each, "Each cohort, side by side");
        for cohort in cx.session.cohorts() {
            let title = format!("{} ({})", text::shorten(&cohort.name, 30), text::counted(cohort.rows.len(), "row"));
            offer(ui, Rows::Cohort(cohort.name.clone()), &title);
        }
    });
    response.response.labelled_by(label.id).on_hover_text("The rows that this chart is about");
}

/// Chooses the reference set that contributions are measured against, and explains again at once.
pub(crate) fn reference(ui: &mut Ui, cx: &mut Cx<'_>) {
    let plan = cx.session.plan().clone();
    let choices = references(cx);
    let now = plan.background_where.as_ref();
    let shown = match now {
        None if plan.background_file.is_some() => "A table of its own",
        None => "Usual reference",
        Some(query) => choices.iter().find(|(_, q)| q.as_ref() == Some(query)).map_or(query.as_str(), |c| &c.0),
    };
    // In a bar that is filled from the right, the label comes after its field.
    let mirrored = ui.layout().prefer_right_to_left();
    let before = (!mirrored).then(|| ui.label("Against"));
    let combo = ComboBox::from_id_salt("reference").selected_text(text::shorten(shown, 24)).width(150.0);
    let mut chosen = None;
    let response = combo.show_ui(ui, |ui| {
        for (title, query) in &choices {
            if ui.selectable_label(now == query.as_ref(), text::shorten(title, 44)).clicked() {
                chosen = Some(query.clone());
            }
        }
    });
    let label = before.unwrap_or_else(|| ui.label("Against"));
    let hint = "The reference set: contributions are measured against the average prediction of these rows";
    response.response.labelled_by(label.id).on_hover_text(hint);
    if let Some(background_where) = chosen.filter(|query| *query != plan.background_where) {
        cx.wish(Command::SetPlan(Plan { background_where, ..plan }));
        cx.act("explain");
    }
}

/// Reference sets to choose from: title and query.
fn references(cx: &Cx<'_>) -> Vec<(String, Option<String>)> {
    let mut all = vec![("Usual reference".to_owned(), None), ("All rows".to_owned(), Some(String::new()))];
    let classes = cx.session.model().is_some_and(|m| m.card().task.is_classification());
    if classes && cx.session.model().is_some_and(|m| m.card().outputs.len() == 1) {
        let threshold = cx.session.threshold();
        let near = format!("prediction >= {:.3} and prediction < {:.3}", threshold - 0.1, threshold + 0.1);
        all.push(("Rows near the threshold".to_owned(), Some(near)));
        for name in cx.session.model().map_or(&[][..], |m| &m.card().classes) {
            let title = format!("Rows predicted {name}");
            all.push((title, Some(format!("\"predicted class\" = {}", quoted(name)))));
        }
    }
    if let Some(row) = cx.session.row() {
        all.push((format!("Row {row} alone"), Some(format!("row = {row}"))));
    }
    for cohort in cx.session.cohorts() {
        let query = match &cohort.by {
            CohortBy::Query(query) => query.clone(),
            CohortBy::Rows(_) => format!("{} = yes", quoted(&format!("cohort {}", cohort.name))),
        };
        all.push((cohort.name.clone(), Some(query)));
    }
    all
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
