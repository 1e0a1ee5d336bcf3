//! What matters over all rows: importance, beeswarm, dependence, and the charts of what else can be asked, as tiles.

pub(crate) mod asked;
pub(crate) mod bar;
pub(crate) mod fields;
pub(crate) mod tile;

use eframe::egui;
use egui::Ui;

use crate::chart::KINDS;

use super::{Screen, ScreenId, full_page, missing_step};
use crate::app::desk::Cx;
use crate::app::widget::empty;
use crate::app::workspace::{self, Arrangement, Layout, Shows};

/// The screen.
pub(crate) struct Global;

/// What is open on this screen.
#[derive(Default)]
pub(crate) struct State {
    /// A chart kind to show in the next frame.
    pub(crate) wanted: Option<&'static str>,
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
            let wanted = cx.desk.global.wanted.take().map(Shows::chart);
            tiles(ui, cx, TILED, wanted);
        });
    }
}

const TILED: bar::Tiled = bar::Tiled {
    screen: "global",
    parts: &[],
    lead: None,
    draw: None,
    own: |kind| {
        let needs = kind.needs();
        (needs.answer.is_some() || needs.terms.is_some()) && needs.performance.is_none() && !needs.row
    },
    usual: |_, _| Arrangement::chart("importance-bar"),
};

/// The tabs, options and tiles of a screen; `wanted` is what to show now.
pub(crate) fn tiles(ui: &mut Ui, cx: &mut Cx<'_>, tiled: bar::Tiled, wanted: Option<Shows>) {
    let room = ui.available_size();
    let usual = (tiled.usual)(cx, room);
    let mut layout = match cx.view.layouts.remove(tiled.screen) {
        Some(layout) => layout.or_usual(tiled.screen, usual),
        None => Layout::of(tiled.screen, usual),
    };
    if let Some(what) = wanted {
        layout.bring(&what);
    }
    bar::ui(ui, cx, (tiled, &mut layout), room);
    workspace::show(ui, cx, (&mut layout, tiled.parts), &mut |ui, cx, pane| tile::ui(ui, cx, tiled, pane));
    cx.view.layouts.insert(tiled.screen.to_owned(), layout);
}

/// Whether the screen in view is made of tiles.
pub(crate) fn is_arranged(cx: &Cx<'_>) -> bool {
    cx.view.layouts.contains_key(super::get(cx.view.screen).name())
}

/// Gives the screen in view its usual arrangement.
pub(crate) fn reset_layout(cx: &mut Cx<'_>) {
    cx.view.layouts.remove(super::get(cx.view.screen).name());
}

/// Shows all rows in every tile again.
pub(crate) fn all_rows(cx: &mut Cx<'_>) {
    cx.view.layouts.values_mut().for_each(Layout::about_all_rows);
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
        super::not_joined(cx)
    } else {
        ("Not explained yet", belongs, "Explain", "explain")
    };
    if empty::empty(ui, title, text, step) {
        cx.act(action);
    }
    true
}

/// The chart of one feature.
pub(crate) fn dependence_kind() -> Option<&'static str> {
    KINDS.iter().find(|kind| (TILED.own)(**kind) && kind.needs().feature).map(|kind| kind.id())
}
