//! Exporting: a report with title, author, sections and rows; and the numbers behind it.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use eframe::egui;
use egui::{DragValue, RichText, TextEdit, Ui};

use crate::base::{RowId, text};
use crate::model::Scale;
use crate::report::section::SECTIONS;
use crate::session::{Challenger, Export, ReportPlan, Session};

use super::global::{asked, missing_or_running};
use super::{Screen, ScreenId, page};
use crate::app::desk::Cx;
use crate::app::style::{self, GAP, HALF, STEP};
use crate::app::widget::{card, passport};

/// The screen.
pub(crate) struct Report;

/// What is filled in.
pub(crate) struct State {
    title: String,
    left_out: BTreeSet<&'static str>,
    rows: String,
    top_features: usize,
    dated: bool,
}

impl Default for State {
    fn default() -> Self {
        let plan = ReportPlan::default();
        Self {
            title: plan.title,
            left_out: BTreeSet::new(),
            rows: String::new(),
            top_features: plan.top_features,
            dated: false,
        }
    }
}

impl Screen for Report {
    fn id(&self) -> ScreenId {
        ScreenId::Report
    }

    fn name(&self) -> &'static str {
        "report"
    }

    fn title(&self) -> &'static str {
        "Report"
    }

    fn summary(&self) -> &'static str {
        "A document that can be signed and verified, and the numbers behind it"
    }

    fn least(&self) -> egui::Vec2 {
        // Its page scrolls by itself.
        egui::vec2(520.0, 0.0)
    }

    fn ui(&self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if missing_or_running(ui, cx, "A report of performance, global and local explanations belongs here.") {
            return;
        }
        page(ui, "report", |ui| {
            ui.label(style::heading("Report"));
            let line =
                "The same inputs give the same bytes. “candor verify” recomputes a report and says PASS or FAIL.";
            ui.add(egui::Label::new(RichText::new(line).weak()).wrap());
            ui.add_space(STEP);
            if ui.available_width() > 760.0 {
                ui.horizontal_top(|ui| {
                    let left = (ui.available_width() * 0.6).min(680.0);
                    ui.vertical(|ui| {
                        ui.set_width(left);
                        form(ui, cx);
                    });
                    ui.add_space(STEP);
                    ui.vertical(|ui| {
                        ui.set_max_width(ui.available_width().min(460.0));
                        beside(ui, cx);
                    });
                });
            } else {
                form(ui, cx);
                ui.add_space(STEP);
                beside(ui, cx);
            }
        });
    }
}

fn form(ui: &mut Ui, cx: &mut Cx<'_>) {
    card::card(ui, |ui| {
        let state = &mut cx.desk.report;
        field(ui, "Title", &mut state.title, "Explanation report");
        field(ui, "Author", &mut cx.view.author, "Who signs; may stay empty");
        field(ui, "Rows one by one", &mut state.rows, "3, 17, 40-45; empty lets the report choose");
        let problem = rows_of(&state.rows, cx.session.data().map_or(0, |d| d.row_count())).err();
        if let Some(problem) = &problem {
            ui.label(RichText::new(problem).color(style::skin(ui).error));
        }
        ui.horizontal(|ui| {
            let label = card::field_label(ui, 140.0, "Dependence charts");
            let drag = DragValue::new(&mut state.top_features).range(0..=30);
            ui.add_sized([64.0, 26.0], drag).labelled_by(label.id);
            ui.label(RichText::new("of the most important features").weak());
        });
        ui.checkbox(&mut state.dated, "State today’s date (the bytes then change from day to day)");
        ui.add_space(STEP);
        ui.label(style::title("Sections"));
        ui.spacing_mut().item_spacing.y = 2.0;
        let compares = compares(cx.session);
        for section in SECTIONS {
            let possible = compares || !section.needs_challenger();
            let mut on = possible && !state.left_out.contains(section.id());
            let tick = ui.add_enabled(possible, egui::Checkbox::new(&mut on, section.title()));
            let tick = tick.on_disabled_hover_text("Open a model to compare first, in Compare");
            if tick.on_hover_text(section.summary()).changed() {
                match on {
                    true => state.left_out.remove(section.id()),
                    false => state.left_out.insert(section.id()),
                };
            }
        }
        ui.add_space(GAP);
        let some = sections(state, compares).next().is_some();
        let whole = !cx.session.attribution_is_partial() && !is_comparing(cx.session);
        let ready = problem.is_none() && some && whole;
        ui.horizontal(|ui| {
            let hint = "Choose at least one section and rows that exist; wait until all rows are explained";
            let button = card::primary_enabled(ui, "Export report…", ready).on_disabled_hover_text(hint);
            if button.clicked() {
                let plan = plan(cx);
                cx.save("report.html", Export::Report(plan));
            }
            ui.label(style::small("HTML, Markdown or JSON, by the file’s ending"));
        });
    });
}

/// Whether a second model is joined with the table.
fn compares(session: &Session) -> bool {
    session.challenger().is_some_and(|c| c.meeting().is_some())
}

/// Whether the second model is still being explained: a report would miss it, and could not be verified.
fn is_comparing(session: &Session) -> bool {
    let unknown = |c: &Challenger| c.problem().is_none() && (c.challenge().is_none() || c.differences().is_none());
    session.challenger().is_some_and(unknown)
}

/// The sections that were chosen and can be written.
fn sections(state: &State, compares: bool) -> impl Iterator<Item = &'static str> {
    let possible = SECTIONS.iter().filter(move |section| compares || !section.needs_challenger());
    possible.map(|section| section.id()).filter(|id| !state.left_out.contains(id))
}

fn field(ui: &mut Ui, name: &str, value: &mut String, hint: &str) {
    ui.horizontal(|ui| {
        let label = card::field_label(ui, 140.0, name);
        let width = (ui.available_width() - 24.0).max(120.0);
        let edit = TextEdit::singleline(value).hint_text(hint.to_owned()).desired_width(width);
        ui.add(edit.margin(egui::Margin::symmetric(10, 5))).labelled_by(label.id);
    });
}

/// The plan as filled in.
fn plan(cx: &Cx<'_>) -> ReportPlan {
    let state = &cx.desk.report;
    let rows = rows_of(&state.rows, cx.session.data().map_or(0, |d| d.row_count())).unwrap_or_default();
    let sections = if state.left_out.is_empty() {
        Vec::new()
    } else {
        sections(state, compares(cx.session)).map(str::to_owned).collect()
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|d| d.as_secs());
    ReportPlan {
        title: state.title.trim().to_owned(),
        author: cx.view.author.trim().to_owned(),
        sections,
        rows,
        top_features: state.top_features,
        created_at: now.filter(|_| state.dated),
    }
}

/// `3, 17, 40-45` as rows, or why not.
fn rows_of(text: &str, count: usize) -> Result<Vec<RowId>, String> {
    let mut rows = Vec::new();
    for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let (from, to) = part.split_once(['-', '–']).unwrap_or((part, part));
        let number = |t: &str| t.trim().parse::<u32>().map_err(|_ignored| format!("“{part}” is no row number"));
        let (from, to) = (number(from)?, number(to)?);
        if to as usize >= count {
            return Err(format!("The table has rows 0 to {}", count.saturating_sub(1)));
        }
        if from > to || to - from >= 1_000 {
            return Err(format!("“{part}” is no range of at most 1 000 rows"));
        }
        rows.extend((from..=to).map(RowId));
    }
    Ok(rows)
}

fn beside(ui: &mut Ui, cx: &mut Cx<'_>) {
    if let Some(explanation) = cx.session.attribution().cloned() {
        card::card(ui, |ui| {
            ui.label(style::title("What the report states"));
            ui.add(egui::Label::new(RichText::new(passport::summary(&explanation)).weak()).wrap());
        });
        ui.add_space(STEP);
    }
    card::card(ui, |ui| {
        ui.label(style::title("The numbers"));
        ui.label(style::small("CSV, Parquet or JSON, by the file’s ending, full precision"));
        ui.add_space(HALF);
        ui.horizontal_wrapped(|ui| {
            if ui.button("Attributions…").clicked() {
                cx.act("export-attributions");
            }
            if ui.button("Predictions…").clicked() {
                cx.act("export-predictions");
            }
            for shape in asked::shapes(cx) {
                let known = cx.session.answer(shape).is_some();
                let button = egui::Button::new(format!("{}…", card::sentence(shape.noun())));
                let button = ui.add_enabled(known, button);
                if button.on_disabled_hover_text(format!("{}, in Global", shape.missing())).clicked() {
                    asked::save(cx, shape);
                }
            }
        });
    });
    ui.add_space(STEP);
    written(ui, cx);
}

/// The files written so far, with their places.
pub(crate) fn written(ui: &mut Ui, cx: &mut Cx<'_>) {
    let files: Vec<_> = cx.session.written().iter().rev().take(8).cloned().collect();
    if files.is_empty() {
        return;
    }
    card::card(ui, |ui| {
        ui.label(style::title("Written"));
        for path in files {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            ui.horizontal(|ui| {
                ui.add(egui::Label::new(text::shorten(&name, 34))).on_hover_text(path.display().to_string());
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if ui.small_button("Copy path").clicked() {
                        cx.ctx.copy_text(path.display().to_string());
                        cx.say("Copied the path");
                    }
                    if ui.small_button("Open folder").clicked() {
                        open_folder(cx, &path);
                    }
                });
            });
        }
    });
}

/// Shows the folder of a written file in the system's file manager.
pub(crate) fn open_folder(cx: &Cx<'_>, path: &std::path::Path) {
    let folder = std::path::absolute(path).ok().and_then(|p| p.parent().map(std::path::Path::to_owned));
    if let Some(folder) = folder {
        cx.ctx.open_url(egui::OpenUrl::new_tab(format!("file://{}", folder.display())));
    }
}

/// The scale of exported predictions: the model's default.
pub(crate) fn prediction_scale(cx: &Cx<'_>) -> Option<Scale> {
    cx.session.model().and_then(|m| m.card().scales.first().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_lists_and_ranges() {
        let ids = |text| rows_of(text, 100).unwrap().iter().map(|r| r.0).collect::<Vec<_>>();
        assert_eq!(ids("3, 7-9 ,50"), [3, 7, 8, 9, 50]);
        assert!(ids("").is_empty());
        assert!(rows_of("7-3", 100).is_err());
        assert!(rows_of("100", 100).unwrap_err().contains("0 to 99"));
        assert!(rows_of("x", 100).unwrap_err().contains("“x”"));
    }
}
