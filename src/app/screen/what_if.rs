//! What-if: one row edited by hand; prediction, waterfall and profiler follow.

use eframe::egui;
use egui::{Ui, Vec2};

use crate::base::RowId;
use crate::chart::KINDS;
use crate::session::what_if::WATERFALL;
use crate::session::{Command, Edit, Start};

use super::global::bar::Tiled;
use super::global::tiles;
use super::{Screen, ScreenId, full_page, missing_step};
use crate::app::desk::{Cx, Wish};
use crate::app::widget::empty;
use crate::app::workspace::{Arrangement, Part, Shows};

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

    fn least(&self) -> Vec2 {
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
        if cx.session.what_if().is_none() {
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
        }
        full_page(ui, |ui| {
            header::ui(ui, cx);
            tiles(ui, cx, TILED, None);
        });
    }
}

/// What can be a tile beside charts.
const PARTS: &[Part] = &[
    Part { id: "values", title: |_| "Values".to_owned(), summary: editors::SUMMARY, ui: editors::ui },
    Part { id: "profiler", title: |_| "Profiler".to_owned(), summary: profiler::SUMMARY, ui: profiler::ui },
    Part { id: "pins", title: pins::title, summary: pins::SUMMARY, ui: pins::ui },
];

const TILED: Tiled = Tiled {
    screen: "what-if",
    parts: PARTS,
    own: |kind| kind.needs().row && !kind.needs().feature && kind.needs().answer.is_some(),
    lead: Some(result::line),
    draw: Some(result::chart),
    usual,
};

/// Width from which on the pins have a place beside the chart.
const WIDE: f32 = 1_500.0;
/// Height from which on the profiler takes a smaller share.
const TALL: f32 = 860.0;

/// Editors at the left; the charts of the row above the profiler, and beside them the pins as soon as there are some.
fn usual(cx: &Cx<'_>, room: Vec2) -> Arrangement {
    let charts = KINDS.iter().filter(|kind| (TILED.own)(**kind)).map(|kind| Shows::chart(kind.id()));
    let mut charts: Vec<Shows> = charts.collect();
    charts.sort_by_key(|shows| *shows != Shows::chart(WATERFALL));
    let wide = room.x >= WIDE;
    let above = if wide && cx.session.what_if().is_some_and(|of| !of.pins().is_empty()) {
        let rest = charts.split_off(1.min(charts.len()));
        let beside = std::iter::once(Shows::part("pins")).chain(rest).collect();
        Arrangement::Beside(vec![(0.6, Arrangement::Tabs(charts)), (0.4, Arrangement::Tabs(beside))])
    } else {
        charts.push(Shows::part("pins"));
        Arrangement::Tabs(charts)
    };
    let profiler = if room.y >= TALL { 0.3 } else { 0.4 };
    let results = Arrangement::Below(vec![(1.0 - profiler, above), (profiler, Arrangement::part("profiler"))]);
    let values = if wide { 0.17 } else { 0.28 };
    Arrangement::Beside(vec![(values, Arrangement::part("values")), (1.0 - values, results)])
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

/// Wishes an edit.
pub(crate) fn edit(cx: &mut Cx<'_>, edit: Edit) {
    cx.wish(Command::WhatIf(edit));
}

/// Begins with the selected row and shows the screen.
pub(crate) fn start_from(cx: &mut Cx<'_>, row: RowId) {
    edit(cx, Edit::Start(Start::Row(row)));
    cx.go(ScreenId::WhatIf);
}
