//! Layouts from files: settings are ours, but a session may come from anybody. What is no tree of tiles is not laid out.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use egui_tiles::{Container, Tile, TileId, Tree};
use serde::Deserialize as _;

use super::Layout;

/// Most tiles and frames of a layout, far more than anyone arranges.
const MOST_TILES: usize = 128;
/// Numbers of tiles end here, so that new ones can be counted on.
const LAST_NUMBER: u64 = 1 << 52;

impl Layout {
    /// The layout, fit for being laid out on `screen`; `None` where its tiles are no tree, are too many, or share their
    /// room by what is no share.
    pub(super) fn sound(mut self, screen: &str) -> Option<Self> {
        let (root, mut tiles) = (self.tree.root?, std::mem::take(&mut self.tree.tiles));
        let mut waiting = vec![root];
        let (mut seen, mut panes) = (HashSet::new(), BTreeSet::new());
        while let Some(id) = waiting.pop() {
            let fits = seen.len() < MOST_TILES && id.0 < LAST_NUMBER && seen.insert(id);
            match tiles.get(id).filter(|_| fits)? {
                Tile::Pane(pane) => (pane.id < LAST_NUMBER && panes.insert(pane.id)).then_some(())?,
                Tile::Container(container) => {
                    has_fair_shares(container).then_some(())?;
                    waiting.extend(container.children().copied());
                }
            }
        }
        let all: HashSet<TileId> = tiles.tile_ids().collect();
        (all == seen).then_some(())?;
        self.next = self.next.min(LAST_NUMBER).max(panes.last()? + 1);
        tiles.recompute_next_tile_id();
        // Names of trees are hashes that may differ between machines.
        self.tree = Tree::new(Self::tree_id(screen), root, tiles);
        Some(self)
    }
}

fn has_fair_shares(container: &Container) -> bool {
    let fair = |share: &f32| share.is_finite() && (0.0..=1e6).contains(share);
    match container {
        Container::Tabs(_) => true,
        Container::Linear(linear) => linear.shares.iter().all(|(_, share)| fair(share)),
        Container::Grid(grid) => grid.col_shares.iter().chain(&grid.row_shares).all(fair),
    }
}

/// Layouts by screen from a file; one that cannot be read or laid out is no reason to lose what else the file says.
pub(crate) fn lenient<'de, D: serde::Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Layout>, D::Error> {
    let found = BTreeMap::<String, serde_json::Value>::deserialize(from)?;
    let read = |(name, value): (String, _)| {
        let layout = serde_json::from_value(value).ok().and_then(|layout: Layout| layout.sound(&name))?;
        Some((name, layout))
    };
    Ok(found.into_iter().filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Arrangement, Layout, Shows};
    use super::lenient;

    fn layouts() -> Value {
        let mut layout = Layout::of("global", Arrangement::chart("beeswarm"));
        layout.split(true, &[Shows::chart("dependence")]);
        layout.split(false, &[Shows::chart("importance-bar")]);
        json!({ "global": layout })
    }

    fn count(value: Value) -> usize {
        lenient(value).expect("a table of layouts").values().map(Layout::count).sum()
    }

    /// Every number at any depth, set to each of some hostile values in turn.
    fn mutated(value: &Value, hostile: &Value, place: &mut usize) -> Value {
        match value {
            Value::Number(_) | Value::Null => {
                *place = place.wrapping_sub(1);
                if *place == 0 { hostile.clone() } else { value.clone() }
            }
            Value::Array(items) => items.iter().map(|item| mutated(item, hostile, place)).collect(),
            Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), mutated(v, hostile, place))).collect(),
            other => other.clone(),
        }
    }

    #[test]
    fn a_layout_comes_back_from_its_text() {
        let text = layouts().to_string();
        assert_eq!(count(serde_json::from_str(&text).expect("JSON")), 3);
    }

    #[test]
    fn what_is_no_tree_of_tiles_is_left_out() {
        let whole = layouts();
        let root = whole["global"]["tree"]["root"].clone();
        let tiles = whole["global"]["tree"]["tiles"]["tiles"].as_object().expect("tiles by number").clone();
        for (number, tile) in &tiles {
            let mut lost = whole.clone();
            lost["global"]["tree"]["tiles"]["tiles"].as_object_mut().expect("tiles").remove(number);
            assert_eq!(count(lost), 0, "tile {number} is gone");
            let mut looped = whole.clone();
            let text = tile.to_string();
            if text.contains("children") {
                let children = &mut looped["global"]["tree"]["tiles"]["tiles"][number]["Container"];
                let kind = children.as_object().and_then(|c| c.keys().next().cloned()).expect("a kind");
                if let Some(list) = children[&kind]["children"].as_array_mut() {
                    list.push(root.clone());
                }
                assert_eq!(count(looped), 0, "tile {number} holds the root");
            }
        }
    }

    #[test]
    fn hostile_numbers_are_laid_out_or_left_out() {
        let whole = layouts();
        for hostile in [json!(0), json!(-1), json!(1e39), json!(u64::MAX), json!(1), json!(null), json!("x")] {
            let mut place = 1;
            loop {
                let mut left = place;
                let changed = mutated(&whole, &hostile, &mut left);
                if left > 0 && left <= place {
                    break;
                }
                let found = lenient(changed).expect("a table of layouts");
                for layout in found.into_values() {
                    lay_out(layout);
                }
                place += 1;
            }
            assert!(place > 10, "numbers were changed");
        }
    }

    fn lay_out(mut layout: Layout) {
        layout.split(true, &[Shows::chart("waterfall")]);
        layout.close();
        assert!(layout.count() > 0);
    }
}
