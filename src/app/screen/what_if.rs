//! What-if: one row edited by hand; prediction, waterfall and profiler follow.

use eframe::egui;
use egui::Ui;

use crate::base::RowId;
use crate::session::{Command, Edit, Start};

use super::{Screen, ScreenId, full_page, missing_step};
use crate::app::desk::{Cx, Wish};
use crate::app::style::{GAP, HALF};
use crate::app::widget::empty;

mod cell;
mod editors;
mod header;
mod pins;
mod profiler;
mod result;

/// What the screen is for.
const BELONGS: &str = "A row whose values you change, and what the model makes of it, belongs here.";

/// The screen.
pub(crate) struct WhatIf;

/// What is typed and chosen.
#[derive(Default)]
pub(crate) struct State {
    editors: editors::State,
    profiler: profiler::State,
    header: header::State,
    pins: pins::State,
    result: result::State,
}

impl Screen for WhatIf {
    fn id(&self) -> ScreenId {
        ScreenId::WhatIf
    }

    fn name(&self) -> &'static str {
        "what-if"
    }

    fn title(&self) -> &'static str {
        "What-if"
    }

    fn summary(&self) -> &'static str {
        "One row edited, with the prediction and its explanation following"
    }

    fn least(&self) -> egui::Vec2 {
        egui::vec2(920.0, 700.0)
    }

    fn ui(&self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if missing_step(ui, cx, BELONGS) {
            return;
        }
        if cx.session.link().is_none() {
            not_joined(ui, cx);
            return;
        }
        let Some(of) = cx.session.what_if() else {
            // Something to try at once: the selected row, or the typical one.
            let start = cx.session.row().map_or(Start::Typical(None), Start::Row);
            if !is_starting(cx) {
                // After a problem, a person says when to try again.
                let taken = cx.session.problems().is_empty()
                    || empty::empty(ui, "No what-if has begun", BELONGS, "Start a what-if");
                if taken {
                    edit(cx, Edit::Start(start));
                }
                return;
            }
            empty::busy(ui, "Starting a what-if", ui.available_height());
            return;
        };
        if !of.profiles() {
            edit(cx, Edit::Profile(true));
        }
        full_page(ui, |ui| {
            header::ui(ui, cx);
            ui.horizontal_top(|ui| {
                let room = ui.available_size();
                let side = (room.x * 0.28).clamp(268.0, 380.0);
                ui.allocate_ui_with_layout(egui::vec2(side, room.y), egui::Layout::top_down(egui::Align::Min), |ui| {
                    ui.set_width(side);
                    editors::ui(ui, cx);
                });
                ui.add_space(HALF);
                ui.vertical(|ui| right(ui, cx));
            });
        });
    }
}

/// Whether a start is on its way.
fn is_starting(cx: &Cx<'_>) -> bool {
    let wished = cx.wishes.iter().any(|wish| matches!(wish, Wish::Do(Command::WhatIf(Edit::Start(_)))));
    wished || cx.session.what_if_is_starting()
}

fn not_joined(ui: &mut Ui, cx: &mut Cx<'_>) {
    if let Some(job) = cx.session.jobs().last() {
        let title = job.title.clone();
        empty::busy(ui, &title, ui.available_height());
        return;
    }
    let (title, text, step, action) = super::not_joined(cx);
    if empty::empty(ui, title, text, step) {
        cx.act(action);
    }
}

/// The result above, the profiler below.
fn right(ui: &mut Ui, cx: &mut Cx<'_>) {
    let room = ui.available_height();
    let strip = (room * 0.36).clamp(profiler::LEAST, 360.0);
    result::ui(ui, cx, (room - strip - GAP).max(200.0));
    ui.add_space(HALF);
    profiler::ui(ui, cx, strip);
}

/// Wishes an edit.
pub(crate) fn edit(cx: &mut Cx<'_>, edit: Edit) {
    cx.wish(Command::WhatIf(edit));
}

/// Begins with the selected row and shows the screen.
pub(crate) fn start_from(cx: &mut Cx<'_>, row: RowId) {
    edit(cx, Edit::Start(Start::Row(row)));
    cx.go(ScreenId::WhatIf);
}
