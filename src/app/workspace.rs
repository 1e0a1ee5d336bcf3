//! Screens as arrangements of tiles: charts side by side, below each other or behind tabs, moved with the mouse and kept
//! between starts. What a tile draws is the screen's business.

use std::collections::BTreeMap;

use eframe::egui;
use egui::{Rect, Stroke, StrokeKind, Ui, WidgetText};
use egui_tiles::{Behavior, Container, LinearDir, SimplificationOptions, Tile, TileId, Tiles, Tree, UiResponse};
use serde::{Deserialize, Serialize};

use crate::base::text;
use crate::chart::kind;

use super::desk::Cx;
use super::style;
use super::widget::{card, knob_form};

/// Most tiles of a screen: more are too small to read.
const MOST: usize = 16;

/// What a tile shows, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pane {
    /// Told apart from the other tiles of the screen.
    pub id: u64,
    /// Chart kind.
    pub kind: String,
    /// The feature that stays, whatever is selected.
    pub pinned: Option<usize>,
    /// The feature that colours; `None` takes the suggested one.
    pub colour: Option<usize>,
    /// Settings by chart kind.
    pub knobs: BTreeMap<String, knob_form::Values>,
    /// The rows it is about.
    pub rows: Rows,
}

/// The rows a tile is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rows {
    /// All of them.
    #[default]
    All,
    /// Those of one cohort.
    Cohort(String),
    /// Every cohort, side by side.
    Each,
}

/// The tiles of a screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    tree: Tree<Pane>,
    #[serde(default)]
    active: Option<TileId>,
    #[serde(default)]
    next: u64,
}

impl Layout {
    /// One tile that shows `kind`.
    pub(crate) fn single(screen: &str, kind: &str) -> Self {
        let pane = Pane { kind: kind.to_owned(), ..Pane::default() };
        Self { tree: Tree::new_tabs(egui::Id::unique(("tiles", screen.to_owned())), vec![pane]), active: None, next: 1 }
    }

    /// How many tiles there are.
    pub(crate) fn count(&self) -> usize {
        self.tree.tiles.tiles().filter(|t| matches!(t, Tile::Pane(_))).count()
    }

    /// The tile that was used last; the first one where that is gone.
    fn active_id(&self) -> Option<TileId> {
        let is_pane = |id: &TileId| self.tree.tiles.get_pane(id).is_some();
        let mut all: Vec<(u64, TileId)> = self
            .tree
            .tiles
            .iter()
            .filter_map(|(id, tile)| if let Tile::Pane(p) = tile { Some((p.id, *id)) } else { None })
            .collect();
        all.sort_unstable_by_key(|(order, _)| *order);
        self.active.filter(is_pane).or_else(|| all.first().map(|(_, id)| *id))
    }

    /// What the tile that was used last shows.
    pub(crate) fn active(&mut self) -> Option<&mut Pane> {
        let id = self.active_id()?;
        match self.tree.tiles.get_mut(id) {
            Some(Tile::Pane(pane)) => Some(pane),
            _ => None,
        }
    }

    /// Shows a chart kind: in the tile that shows it already, else in the one that was used last.
    pub(crate) fn show_kind(&mut self, kind: &str) {
        let known = self.tree.tiles.iter().find(|(_, tile)| matches!(tile, Tile::Pane(p) if p.kind == kind));
        if let Some(id) = known.map(|(id, _)| *id) {
            self.active = Some(id);
            self.tree.make_active(|tile, _| tile == id);
        } else if let Some(pane) = self.active() {
            kind.clone_into(&mut pane.kind);
        }
    }

    /// Whether another tile fits.
    pub(crate) fn can_grow(&self) -> bool {
        self.count() < MOST
    }

    /// Puts another tile beside or below the one that was used last; it shows the first of `kinds` that no tile shows, with
    /// the same rows.
    pub(crate) fn split(&mut self, beside: bool, kinds: &[&str]) {
        let Some(mut pane) = self.active().cloned().filter(|_| self.can_grow()) else { return };
        let Some(old) = self.active_id() else { return };
        pane.id = self.next;
        let shown = |kind: &&&str| self.tree.tiles.tiles().any(|t| matches!(t, Tile::Pane(p) if p.kind == **kind));
        if let Some(kind) = kinds.iter().find(|kind| !shown(kind)) {
            pane.kind = (*kind).to_owned();
        }
        self.next += 1;
        let tiles = &mut self.tree.tiles;
        let new = tiles.insert_pane(pane);
        let framed = tiles.insert_tab_tile(vec![new]);
        // Tiles stand in frames with tabs; what is split is the frame.
        let frame = tiles.parent_of(old).filter(|id| matches!(tiles.get_container(*id), Some(Container::Tabs(_))));
        let frame = frame.unwrap_or(old);
        let above = tiles.parent_of(frame);
        let dir = if beside { LinearDir::Horizontal } else { LinearDir::Vertical };
        let both = tiles.insert_new(Tile::Container(egui_tiles::Linear::new(dir, vec![frame, framed]).into()));
        match above.and_then(|id| tiles.get_mut(id)) {
            Some(Tile::Container(Container::Linear(linear))) => {
                linear.children.iter_mut().filter(|id| **id == frame).for_each(|id| *id = both);
            }
            Some(Tile::Container(Container::Tabs(tabs))) => {
                tabs.children.iter_mut().filter(|id| **id == frame).for_each(|id| *id = both);
                tabs.active = Some(both);
            }
            _ => self.tree.root = Some(both),
        }
        self.active = Some(new);
    }

    /// Every tile is about all rows again.
    pub(crate) fn about_all_rows(&mut self) {
        for tile in self.tree.tiles.tiles_mut() {
            if let Tile::Pane(pane) = tile {
                pane.rows = Rows::All;
            }
        }
    }

    /// Takes the tile that was used last away, unless it is the only one.
    pub(crate) fn close(&mut self) {
        if self.count() > 1
            && let Some(id) = self.active_id()
        {
            self.tree.remove_recursively(id);
            self.active = None;
        }
    }
}

/// Draws the tiles of a layout; `draw` fills each.
pub(crate) fn show(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    layout: &mut Layout,
    draw: &mut dyn FnMut(&mut Ui, &mut Cx<'_>, &Pane),
) {
    let many = layout.count() > 1;
    let active = layout.active_id();
    let mut frame = Frame { cx, draw, many, active, touched: None };
    layout.tree.ui(&mut frame, ui);
    if let Some(touched) = frame.touched {
        layout.active = Some(touched);
    }
}

struct Frame<'f, 'c> {
    cx: &'f mut Cx<'c>,
    draw: &'f mut dyn FnMut(&mut Ui, &mut Cx<'_>, &Pane),
    /// Whether there are several tiles.
    many: bool,
    active: Option<TileId>,
    /// The tile that was pressed in this frame.
    touched: Option<TileId>,
}

/// The title of a tile's tab.
fn title(pane: &Pane) -> String {
    let known = kind::find(&pane.kind).map(|kind| card::kind_tabs(&[kind]));
    let name = known.and_then(|tabs| tabs.into_iter().next()).map_or_else(|| pane.kind.clone(), |tab| tab.1);
    match &pane.rows {
        Rows::All => name,
        Rows::Cohort(cohort) => format!("{name} · {}", text::shorten(cohort, 18)),
        Rows::Each => format!("{name} · by cohort"),
    }
}

impl Behavior<Pane> for Frame<'_, '_> {
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
        title(pane).into()
    }

    fn is_tab_closable(&self, tiles: &Tiles<Pane>, id: TileId) -> bool {
        self.many && tiles.get_pane(&id).is_some()
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

    fn tab_bar_color(&self, visuals: &egui::Visuals) -> egui::Color32 {
        visuals.panel_fill
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..SimplificationOptions::default() }
    }

    fn paint_on_top_of_tile(&self, painter: &egui::Painter, style: &egui::Style, id: TileId, area: Rect) {
        if self.many && self.active == Some(id) {
            let stroke = Stroke::new(1.5, style.visuals.selection.stroke.color.gamma_multiply(0.6));
            painter.rect_stroke(area.shrink(1.0), 8.0, stroke, StrokeKind::Inside);
        }
    }
}

/// A layout from a settings file; one that cannot be read is no reason to lose the other settings.
pub(crate) fn lenient<'de, D: serde::Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Layout>, D::Error> {
    let found = BTreeMap::<String, serde_json::Value>::deserialize(from)?;
    let read = |(name, value)| serde_json::from_value(value).ok().map(|layout: Layout| (name, layout));
    Ok(found.into_iter().filter_map(read).filter(|(_, layout)| layout.count() > 0).collect())
}

/// The buttons that change the arrangement.
pub(crate) fn tools(ui: &mut Ui, layout: &mut Layout, kinds: &[&str], usual: impl FnOnce() -> Layout) {
    let skin = style::skin(ui);
    let menu = ui.menu_button("Tiles", |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        let grows = layout.can_grow();
        for (text, beside) in [("Split to the right", true), ("Split below", false)] {
            if ui.add_enabled(grows, egui::Button::new(text)).clicked() {
                layout.split(beside, kinds);
                ui.close();
            }
        }
        if ui.add_enabled(layout.count() > 1, egui::Button::new("Close this tile")).clicked() {
            layout.close();
            ui.close();
        }
        if ui.button("Usual arrangement").clicked() {
            *layout = usual();
            ui.close();
        }
        ui.label(egui::RichText::new("Drag a tab to move its tile").small().color(skin.muted));
    });
    menu.response.on_hover_text("Show several charts side by side");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_split_closed_and_come_back_from_a_file() {
        let mut layout = Layout::single("global", "importance-bar");
        layout.split(true, &[]);
        layout.split(false, &["importance-bar", "dependence"]);
        assert_eq!(layout.count(), 3);
        layout.active().expect("there is a tile").kind = "beeswarm".to_owned();
        let text = serde_json::to_string(&layout).unwrap();
        let again: Layout = serde_json::from_str(&text).unwrap();
        assert_eq!(again, layout);
        layout.close();
        layout.close();
        layout.close();
        assert_eq!(layout.count(), 1, "the last tile stays");
        assert_eq!(layout.active().map(|p| p.kind.clone()).as_deref(), Some("importance-bar"));
    }

    #[test]
    fn a_kind_is_shown_where_it_is_already() {
        let mut layout = Layout::single("global", "importance-bar");
        layout.split(true, &[]);
        layout.show_kind("dependence");
        layout.show_kind("importance-bar");
        layout.show_kind("dependence");
        let mut kinds: Vec<String> = layout
            .tree
            .tiles
            .tiles()
            .filter_map(|t| if let Tile::Pane(p) = t { Some(p.kind.clone()) } else { None })
            .collect();
        kinds.sort();
        assert_eq!(kinds, ["dependence", "importance-bar"]);
    }

    #[test]
    fn tiles_have_a_limit_and_a_damaged_layout_is_forgotten() {
        let mut layout = Layout::single("global", "importance-bar");
        (0..40).for_each(|k| layout.split(k % 2 == 0, &[]));
        assert_eq!(layout.count(), MOST);
        let good = serde_json::to_value(&layout).unwrap();
        let mixed = serde_json::json!({ "global": good, "local": 7 });
        let read = lenient(mixed).unwrap();
        assert_eq!(read.keys().collect::<Vec<_>>(), ["global"]);
    }
}
