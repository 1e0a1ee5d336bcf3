//! The tabs and options above a screen's tiles: they are those of the tile that was used last.

use eframe::egui;
use egui::{ComboBox, RichText, Ui, Vec2};

use crate::base::text;
use crate::chart::{KINDS, Kind, kind};
use crate::explain::Shape;
use crate::session::ChartRequest;

use super::{asked, fields};
use crate::app::desk::Cx;
use crate::app::style::HALF;
use crate::app::widget::{card, knob_form, passport};
use crate::app::workspace::{self, Arrangement, Layout, Pane, Part, Shows};

/// Draws a chart in its tile.
pub(crate) type DrawChart = fn(&mut Ui, &mut Cx<'_>, &Pane, &'static dyn Kind);

/// A screen of tiles.
#[derive(Clone, Copy)]
pub(crate) struct Tiled {
    /// The screen's name.
    pub(crate) screen: &'static str,
    /// What can be a tile beside charts.
    pub(crate) parts: &'static [Part],
    /// Whether a chart kind belongs there; the others can be shown as well.
    pub(crate) own: fn(&dyn Kind) -> bool,
    /// What stands at the left of the options, where there are parts.
    pub(crate) lead: Option<fn(&mut Ui, &mut Cx<'_>)>,
    /// How the screen's own charts are drawn, where they are not of the table or its selected row.
    pub(crate) draw: Option<DrawChart>,
    /// The arrangement that it begins with, for a place of this size.
    pub(crate) usual: fn(&Cx<'_>, Vec2) -> Arrangement,
}

impl Tiled {
    /// The chart kinds that can be shown: the screen's own, then those of other screens whose needs are met.
    pub(crate) fn kinds(&self, cx: &Cx<'_>) -> Vec<&'static dyn Kind> {
        let (own, other): (Vec<_>, Vec<_>) = KINDS.iter().copied().partition(|kind| (self.own)(*kind));
        let own = own.into_iter().filter(|kind| is_offered(cx, *kind));
        let scene = cx.session.scene();
        let request = ChartRequest { row: cx.session.row(), feature: cx.session.feature(), ..ChartRequest::default() };
        let subject = scene.subject(&request);
        let met = |kind: &&dyn Kind| kind.needs().unmet(&subject).is_none() && has_column(cx, *kind);
        own.chain(other.into_iter().filter(met)).collect()
    }

    /// The part with this name.
    pub(super) fn part(&self, id: &str) -> Option<&'static Part> {
        self.parts.iter().find(|part| part.id == id)
    }
}

/// Whether the open model and what was made of its rows can fill a chart.
fn is_offered(cx: &Cx<'_>, kind: &dyn Kind) -> bool {
    let needs = kind.needs();
    let decides = || cx.session.model().is_some_and(|m| m.card().task.is_classification());
    asked::is_offered(cx, kind)
        && has_column(cx, kind)
        && (!needs.cohorts || !cx.session.cohorts().is_empty())
        && needs.challenger.is_none_or(|need| !need.decides() || decides())
}

/// Whether a column can be chosen for a chart of one: columns are chosen as features of the model.
fn has_column(cx: &Cx<'_>, kind: &dyn Kind) -> bool {
    !kind.needs().profile || cx.session.link().is_some()
}

/// Draws the tabs and options; `room` is what tabs, options and tiles have together.
pub(crate) fn ui(ui: &mut Ui, cx: &mut Cx<'_>, (tiled, layout): (Tiled, &mut Layout), room: Vec2) {
    let kinds = tiled.kinds(cx);
    let offered: Vec<Shows> = kinds.iter().map(|kind| Shows::chart(kind.id())).collect();
    if tiled.parts.is_empty() {
        let Some(kind) = kind_tabs(ui, layout, &kinds) else { return };
        if let Some(explanation) = kind.needs().answer.and_then(|shape| cx.session.answer(shape)) {
            passport::line(ui, cx.session, explanation);
        }
    }
    let parts = tiled.parts.iter().map(|part| Shows::part(part.id));
    let offered: Vec<Shows> = parts.chain(offered).collect();
    options(ui, cx, (tiled, layout), (&offered, room));
    ui.add_space(HALF);
}

/// The charts of the screen as tabs. A chart that the open model cannot fill gives way to one that it can.
fn kind_tabs(ui: &mut Ui, layout: &mut Layout, kinds: &[&'static dyn Kind]) -> Option<&'static dyn Kind> {
    let pane = layout.active()?;
    let chosen = kinds.iter().find(|kind| kind.id() == pane.kind).or(kinds.first())?;
    let mut id = chosen.id();
    card::tabs(ui, &mut id, &card::kind_tabs(kinds));
    pane.show(&Shows::chart(id));
    kind::find(id)
}

fn options(ui: &mut Ui, cx: &mut Cx<'_>, (tiled, layout): (Tiled, &mut Layout), (offered, room): (&[Shows], Vec2)) {
    ui.horizontal_wrapped(|ui| {
        if let Some(lead) = tiled.lead {
            lead(ui, cx);
        }
        if !tiled.parts.is_empty() {
            shows_field(ui, cx, (tiled, layout), offered);
        }
        let shown = layout.active().cloned().unwrap_or_default();
        let kind = kind::find(&shown.kind).filter(|_| shown.part.is_none());
        if cx.session.model().map_or(0, |m| m.card().outputs.len()) > 1 && tiled.screen != "local" {
            fields::output(ui, cx);
        }
        if let (Some(kind), Some(pane)) = (kind, layout.active()) {
            let before = pane.clone();
            of_chart(ui, cx, pane, (tiled, kind));
            if *pane != before {
                layout.keep();
            }
        }
        workspace::tools(ui, (tiled.screen, layout), offered, || (tiled.usual)(cx, room));
        if tiled.parts.is_empty() {
            let shape = kind.and_then(asked::shape).unwrap_or(Shape::Attribution);
            let label = format!("Export {}…", shape.noun());
            if ui.button(label).on_hover_text("All numbers as CSV, Parquet or JSON").clicked() {
                asked::save(cx, shape);
            }
        }
        let of_part = shown.part.and_then(|id| tiled.part(&id)).map(|part| part.summary);
        summary(ui, of_part.or_else(|| kind.map(|kind| kind.summary())).unwrap_or_default());
    });
    if let Some(pane) = layout.active() {
        let before = pane.clone();
        opened(ui, cx, pane);
        if *pane != before {
            layout.keep();
        }
    }
}

/// What the tile that was used last shows; what another tile shows already is shown there.
fn shows_field(ui: &mut Ui, cx: &Cx<'_>, (tiled, layout): (Tiled, &mut Layout), offered: &[Shows]) {
    let title = |what: &Shows| {
        let mut pane = Pane::default();
        pane.show(what);
        workspace::title(cx, tiled.parts, &pane)
    };
    let Some(now) = layout.active().map(|pane| pane.shows()) else { return };
    let label = ui.label("Tile");
    let combo =
        ComboBox::from_id_salt("tile").selected_text(text::shorten(&title(&now), 26)).width(176.0).height(420.0);
    let response = combo.show_ui(ui, |ui| {
        for what in offered {
            if ui.selectable_label(*what == now, title(what)).clicked() {
                if layout.is_shown(what) {
                    layout.bring(what);
                } else if let Some(pane) = layout.active() {
                    pane.show(what);
                    layout.keep();
                }
            }
        }
    });
    response.response.labelled_by(label.id).on_hover_text("What the marked tile shows");
}

/// The fields of a chart, and the button that opens its settings.
fn of_chart(ui: &mut Ui, cx: &mut Cx<'_>, pane: &mut Pane, (tiled, kind): (Tiled, &'static dyn Kind)) {
    let needs = kind.needs();
    let features = fields::feature_names(cx);
    if needs.feature {
        fields::feature(ui, cx, pane, &features);
    }
    if let Some(label) = kind.second_feature() {
        fields::second_feature(ui, label, pane, &features);
    }
    if needs.divides() && !(tiled.draw.is_some() && (tiled.own)(kind)) {
        fields::rows(ui, cx, pane);
    }
    if tiled.screen == "global" {
        fields::reference(ui, cx);
    }
    if has_options(kind) {
        let open = cx.desk.global.knobs_open;
        if ui.add(egui::Button::new("Chart options").selected(open)).clicked() {
            cx.desk.global.knobs_open = !open;
        }
    }
}

fn has_options(kind: &dyn Kind) -> bool {
    !kind.knobs().is_empty() || asked::shape(kind).is_some()
}

/// What the tile is for, as far as there is room.
fn summary(ui: &mut Ui, words: &str) {
    let left = ui.available_size_before_wrap().x;
    if left > 200.0 {
        let size = egui::vec2(left - HALF, ui.spacing().interact_size.y);
        ui.allocate_ui_with_layout(size, egui::Layout::left_to_right(egui::Align::Center), |ui| {
            ui.add(egui::Label::new(RichText::new(words).weak()).truncate().show_tooltip_when_elided(false))
                .on_hover_text(words);
        });
    }
}

/// The settings of a chart, while they are open.
fn opened(ui: &mut Ui, cx: &mut Cx<'_>, pane: &mut Pane) {
    let chart = kind::find(&pane.kind).filter(|kind| pane.part.is_none() && has_options(*kind));
    let Some(kind) = chart.filter(|_| cx.desk.global.knobs_open) else { return };
    card::card(ui, |ui| {
        let values = pane.knobs.entry(kind.id().to_owned()).or_default();
        knob_form::form(ui, kind.knobs(), values);
        if let Some(shape) = asked::shape(kind) {
            asked::settings_ui(ui, cx, shape);
        }
    });
}
