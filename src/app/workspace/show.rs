//! Drawing of tiles: frames with tabs, the one that was used last marked.

use eframe::egui;
use egui::{Color32, Id, Rect, Stroke, StrokeKind, Ui, Visuals, WidgetText};
use egui_tiles::{Behavior, EditAction, SimplificationOptions, TabState, TileId, Tiles, UiResponse};

use crate::base::text;
use crate::chart::kind;

use super::{Layout, Pane, Part, Rows};
use crate::app::desk::Cx;
use crate::app::widget::card;

/// Fills a tile.
type Draw<'d> = &'d mut dyn FnMut(&mut Ui, &mut Cx<'_>, &Pane);

/// Draws the tiles of a layout; `draw` fills each.
pub(crate) fn show(ui: &mut Ui, cx: &mut Cx<'_>, (layout, parts): (&mut Layout, &'static [Part]), draw: Draw<'_>) {
    let many = layout.count() > 1;
    let in_view = layout.tree.active_tiles().into_iter().filter(|id| layout.tree.tiles.get_pane(id).is_some());
    // What is alone needs no mark.
    let active = layout.active_id().filter(|_| in_view.count() > 1);
    let mut frame = Frame { cx, draw, parts, many, active, touched: None, changed: false };
    layout.tree.ui(&mut frame, ui);
    let Frame { touched, changed, .. } = frame;
    if touched.is_some() {
        layout.active = touched;
    }
    if changed {
        layout.keep();
    }
}

struct Frame<'f, 'c, 'd> {
    cx: &'f mut Cx<'c>,
    draw: Draw<'d>,
    /// Parts of the screen that can be tiles.
    parts: &'static [Part],
    /// Whether there are several tiles.
    many: bool,
    /// The tile that is marked.
    active: Option<TileId>,
    /// The tile that was pressed in this frame.
    touched: Option<TileId>,
    /// Whether a person moved, resized or closed a tile in this frame.
    changed: bool,
}

/// The title of a tile's tab.
pub(crate) fn title(cx: &Cx<'_>, parts: &[Part], pane: &Pane) -> String {
    if let Some(id) = &pane.part {
        return parts.iter().find(|part| part.id == id).map_or_else(|| id.clone(), |part| (part.title)(cx));
    }
    let Some(kind) = kind::find(&pane.kind) else { return pane.kind.clone() };
    let name = card::kind_tabs(&[kind]).into_iter().next().map_or_else(String::new, |tab| tab.1);
    // Which row it is stands in the chart; two models have one chart of a row among others.
    let short = name.strip_suffix(" of one row").filter(|_| kind.needs().challenger.is_none());
    let name = short.map_or_else(|| name.clone(), str::to_owned);
    match &pane.rows {
        Rows::All => name,
        Rows::Cohort(cohort) => format!("{name} · {}", text::shorten(cohort, 18)),
        Rows::Each => format!("{name} · by cohort"),
    }
}

impl Behavior<Pane> for Frame<'_, '_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, id: TileId, pane: &mut Pane) -> UiResponse {
        let area = ui.max_rect();
        if self.many && ui.rect_contains_pointer(area) && ui.input(|i| i.pointer.any_pressed()) {
            self.touched = Some(id);
        }
        let inner = if self.many { area.shrink(4.0) } else { area };
        let mut child = ui.new_child(egui::UiBuilder::new().max_rect(inner).id_salt(("tile", pane.id)));
        (self.draw)(&mut child, self.cx, pane);
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        title(self.cx, self.parts, pane).into()
    }

    fn is_tab_closable(&self, tiles: &Tiles<Pane>, id: TileId) -> bool {
        self.many && tiles.get_pane(&id).is_some()
    }

    fn tab_ui(&mut self, tiles: &mut Tiles<Pane>, ui: &mut Ui, id: Id, tile: TileId, tab: &TabState) -> egui::Response {
        let title = self.tab_title_for_tile(tiles, tile).text().to_owned();
        let frame = tiles.parent_of(tile).and_then(|frame| tiles.get_container(frame));
        let one_of_several = frame.is_some_and(|frame| frame.num_children() > 1);
        let visuals = ui.visuals();
        let ink = if tab.active { visuals.strong_text_color() } else { visuals.weak_text_color() };
        let ground =
            if tab.active && one_of_several { visuals.widgets.hovered.weak_bg_fill } else { Color32::TRANSPARENT };
        let (response, closes) = super::tab::show(ui, id, &title, tab, &super::tab::Look { ink, ground });
        if closes {
            self.changed = true;
            tiles.remove(tile);
        }
        if (response.clicked() || response.drag_started()) && tiles.get_pane(&tile).is_some() {
            self.touched = Some(tile);
        }
        response
    }

    fn on_edit(&mut self, action: EditAction) {
        self.changed |= matches!(action, EditAction::TileResized | EditAction::TileDropped);
    }

    fn is_tab_bar_visible(&self, _: TileId, _: &egui_tiles::Tabs) -> bool {
        self.many
    }

    fn tab_bar_height(&self, _: &egui::Style) -> f32 {
        30.0
    }

    fn gap_width(&self, _: &egui::Style) -> f32 {
        6.0
    }

    fn min_size(&self) -> f32 {
        160.0
    }

    fn tab_bar_color(&self, visuals: &Visuals) -> Color32 {
        visuals.panel_fill
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..SimplificationOptions::default() }
    }

    fn paint_on_top_of_tile(&self, painter: &egui::Painter, style: &egui::Style, id: TileId, area: Rect) {
        if self.active == Some(id) {
            let stroke = Stroke::new(1.5, style.visuals.selection.stroke.color.gamma_multiply(0.6));
            painter.rect_stroke(area.shrink(1.0), 8.0, stroke, StrokeKind::Inside);
        }
    }
}
