//! Screens as arrangements of tiles: charts and parts of the screen side by side, below each other or behind tabs, moved
//! with the mouse and kept between starts. What a tile draws is the screen's business.

use std::collections::BTreeMap;

use eframe::egui;
use egui::Ui;
use egui_tiles::{Container, LinearDir, Tile, TileId, Tree};
use serde::{Deserialize, Serialize};

use super::desk::Cx;
use super::widget::knob_form;

pub(crate) mod arrangement;
mod show;
mod sound;
mod tab;
mod tools;

pub(crate) use arrangement::Arrangement;
pub(crate) use show::{show, title};
pub(crate) use sound::lenient;
pub(crate) use tools::tools;

/// Most tiles of a screen: more are too small to read.
const MOST: usize = 16;

/// A part of a screen that is a tile as charts are.
pub(crate) struct Part {
    /// Stable kebab-case name, told apart from the other parts of the screen.
    pub(crate) id: &'static str,
    /// What stands on its tab now.
    pub(crate) title: fn(&Cx<'_>) -> String,
    /// What it is for, in one sentence without full stop.
    pub(crate) summary: &'static str,
    /// Fills its tile.
    pub(crate) ui: fn(&mut Ui, &mut Cx<'_>),
}

/// What a tile shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Shows {
    /// A chart of this kind.
    Chart(String),
    /// A part of the screen.
    Part(String),
}

impl Shows {
    /// A chart of this kind.
    pub(crate) fn chart(kind: &str) -> Self {
        Self::Chart(kind.to_owned())
    }

    /// A part of the screen.
    pub(crate) fn part(id: &str) -> Self {
        Self::Part(id.to_owned())
    }
}

/// What a tile shows, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pane {
    /// Told apart from the other tiles of the screen.
    pub id: u64,
    /// The part of the screen that it shows; `None` shows a chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
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

impl Pane {
    /// What it shows.
    pub(crate) fn shows(&self) -> Shows {
        self.part.clone().map_or_else(|| Shows::Chart(self.kind.clone()), Shows::Part)
    }

    /// Shows something else.
    pub(crate) fn show(&mut self, what: &Shows) {
        match what {
            Shows::Chart(kind) => (self.part, self.kind) = (None, kind.clone()),
            Shows::Part(id) => self.part = Some(id.clone()),
        }
    }
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
    /// The usual arrangement that it still is; `None` once a person has changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    usual: Option<Arrangement>,
}

impl Layout {
    /// The usual arrangement `now`, unless a person has made another one.
    #[must_use]
    pub(crate) fn or_usual(self, screen: &str, now: Arrangement) -> Self {
        if self.usual.as_ref().is_some_and(|usual| *usual != now) { Self::of(screen, now) } else { self }
    }

    /// How many tiles there are.
    pub(crate) fn count(&self) -> usize {
        self.tree.tiles.tiles().filter(|t| matches!(t, Tile::Pane(_))).count()
    }

    /// The tile that was used last; the first chart where that is gone.
    fn active_id(&self) -> Option<TileId> {
        let is_pane = |id: &TileId| self.tree.tiles.get_pane(id).is_some();
        self.active.filter(is_pane).or_else(|| self.first(|pane| pane.part.is_none())).or_else(|| self.first(|_| true))
    }

    /// The first tile, in the order in which they were made, that is as wished.
    fn first(&self, wished: impl Fn(&Pane) -> bool) -> Option<TileId> {
        let panes = self.tree.tiles.iter().filter_map(|(id, tile)| match tile {
            Tile::Pane(pane) if wished(pane) => Some((pane.id, *id)),
            _ => None,
        });
        panes.min_by_key(|(order, _)| *order).map(|(_, id)| id)
    }

    /// What the tile that was used last shows.
    pub(crate) fn active(&mut self) -> Option<&mut Pane> {
        let id = self.active_id()?;
        match self.tree.tiles.get_mut(id) {
            Some(Tile::Pane(pane)) => Some(pane),
            _ => None,
        }
    }

    /// A person has changed it: from now on it stays as it is.
    pub(crate) fn keep(&mut self) {
        self.usual = None;
    }

    /// Whether some tile shows this.
    pub(crate) fn is_shown(&self, what: &Shows) -> bool {
        self.first(|pane| pane.shows() == *what).is_some()
    }

    /// Shows something: in the tile that shows it already, else in the chart that was used last, else behind a tab of its own.
    pub(crate) fn bring(&mut self, what: &Shows) {
        let chart = matches!(what, Shows::Chart(_));
        if let Some(id) = self.first(|pane| pane.shows() == *what) {
            self.active = Some(id);
            self.tree.make_active(|tile, _| tile == id);
        } else if let Some(pane) = self.active().filter(|pane| chart && pane.part.is_none()) {
            pane.show(what);
            self.keep();
        } else {
            self.active = self.first(|pane| pane.part.is_none() == chart).or(self.active);
            self.add(what);
        }
    }

    /// Whether another tile fits.
    pub(crate) fn can_grow(&self) -> bool {
        self.count() < MOST
    }

    /// The frame of a tile: tiles stand in frames with tabs, and what is split is the frame.
    fn frame_of(&self, tile: TileId) -> TileId {
        let tiles = &self.tree.tiles;
        let frame = tiles.parent_of(tile).filter(|id| matches!(tiles.get_container(*id), Some(Container::Tabs(_))));
        frame.unwrap_or(tile)
    }

    /// A tile like the one that was used last, which shows something else.
    fn another(&mut self, what: Option<&Shows>) -> Option<TileId> {
        let mut pane = self.active().cloned().filter(|_| self.can_grow())?;
        if what.is_none() && pane.part.is_some() {
            // A part stands once.
            return None;
        }
        pane.id = self.next;
        what.iter().for_each(|what| pane.show(what));
        self.next += 1;
        self.keep();
        Some(self.tree.tiles.insert_pane(pane))
    }

    /// Puts another tile behind a tab of the frame that was used last.
    pub(crate) fn add(&mut self, what: &Shows) {
        let Some(frame) = self.active_id().map(|id| self.frame_of(id)) else { return };
        let Some(new) = self.another(Some(what)) else { return };
        match self.tree.tiles.get_mut(frame) {
            Some(Tile::Container(Container::Tabs(tabs))) => {
                tabs.children.push(new);
                tabs.active = Some(new);
            }
            _ => self.put_beside(frame, new, true),
        }
        self.active = Some(new);
    }

    /// Puts another tile beside or below the one that was used last; it shows the first that is offered and that no tile
    /// shows, with the same rows.
    pub(crate) fn split(&mut self, beside: bool, offered: &[Shows]) {
        let Some(frame) = self.active_id().map(|id| self.frame_of(id)) else { return };
        let what = self.unseen(offered).cloned();
        let Some(new) = self.another(what.as_ref()) else { return };
        self.put_beside(frame, new, beside);
        self.active = Some(new);
    }

    /// The first that is offered and that no tile shows; where all are shown, the first chart.
    pub(crate) fn unseen<'o>(&self, offered: &'o [Shows]) -> Option<&'o Shows> {
        let new = offered.iter().find(|what| !self.is_shown(what));
        new.or_else(|| offered.iter().find(|what| matches!(what, Shows::Chart(_))))
    }

    /// Puts a tile that stands nowhere beside or below a frame.
    fn put_beside(&mut self, frame: TileId, new: TileId, beside: bool) {
        let tiles = &mut self.tree.tiles;
        let framed = tiles.insert_tab_tile(vec![new]);
        let above = tiles.parent_of(frame);
        let dir = if beside { LinearDir::Horizontal } else { LinearDir::Vertical };
        let both = tiles.insert_new(Tile::Container(egui_tiles::Linear::new(dir, vec![frame, framed]).into()));
        match above.and_then(|id| tiles.get_mut(id)) {
            Some(Tile::Container(Container::Linear(linear))) => {
                linear.children.iter_mut().filter(|id| **id == frame).for_each(|id| *id = both);
                linear.shares.replace_with(frame, both);
            }
            Some(Tile::Container(Container::Tabs(tabs))) => {
                tabs.children.iter_mut().filter(|id| **id == frame).for_each(|id| *id = both);
                tabs.active = Some(both);
            }
            _ => self.tree.root = Some(both),
        }
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
            self.keep();
        }
    }
}

#[cfg(test)]
mod tests;
