//! The arrangement that a screen begins with, in words of the screen: what stands beside, below, behind what.

use eframe::egui;
use egui_tiles::{Container, Linear, LinearDir, Tile, TileId, Tiles, Tree};
use serde::{Deserialize, Serialize};

use super::{Layout, Pane, Shows};

/// An arrangement of tiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Arrangement {
    /// Behind tabs, the first in front.
    Tabs(Vec<Shows>),
    /// Side by side, with shares of the width.
    Beside(Vec<(f32, Self)>),
    /// Below each other, with shares of the height.
    Below(Vec<(f32, Self)>),
}

impl Arrangement {
    /// One chart.
    pub(crate) fn chart(kind: &str) -> Self {
        Self::Tabs(vec![Shows::chart(kind)])
    }

    /// One part of the screen.
    pub(crate) fn part(id: &str) -> Self {
        Self::Tabs(vec![Shows::part(id)])
    }

    /// Charts behind tabs.
    pub(crate) fn charts<'k>(kinds: impl IntoIterator<Item = &'k str>) -> Self {
        Self::Tabs(kinds.into_iter().map(Shows::chart).collect())
    }

    /// Makes the tiles, numbered in the order of reading.
    fn build(&self, tiles: &mut Tiles<Pane>, next: &mut u64) -> TileId {
        let mut linear = |dir, parts: &[(f32, Self)]| {
            let children: Vec<TileId> = parts.iter().map(|(_, part)| part.build(tiles, next)).collect();
            let mut linear = Linear::new(dir, children.clone());
            children.iter().zip(parts).for_each(|(child, (share, _))| linear.shares.set_share(*child, *share));
            tiles.insert_new(Tile::Container(Container::Linear(linear)))
        };
        match self {
            Self::Beside(parts) => linear(LinearDir::Horizontal, parts),
            Self::Below(parts) => linear(LinearDir::Vertical, parts),
            Self::Tabs(all) => {
                let pane = |what: &Shows| {
                    let mut pane = Pane { id: *next, ..Pane::default() };
                    pane.show(what);
                    *next += 1;
                    tiles.insert_pane(pane)
                };
                let children = all.iter().map(pane).collect();
                tiles.insert_tab_tile(children)
            }
        }
    }
}

impl Layout {
    /// The tiles of an arrangement.
    pub(crate) fn of(screen: &str, usual: Arrangement) -> Self {
        let (mut tiles, mut next) = (Tiles::default(), 0);
        let root = usual.build(&mut tiles, &mut next);
        let tree = Tree::new(Self::tree_id(screen), root, tiles);
        Self { tree, active: None, next, usual: Some(usual) }
    }

    /// The name of a screen's tree of tiles.
    pub(super) fn tree_id(screen: &str) -> egui::Id {
        egui::Id::unique(("tiles", screen.to_owned()))
    }
}
