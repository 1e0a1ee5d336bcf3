//! Groups of leaves that one look-up serves.
//!
//! A group is a split `r`, a few connected splits `M` from `r` downwards, and the leaves that hang off `M`. All that
//! these leaves ask of a row is whether it satisfies each feature of the path from the root to `r` (one bit a feature) and
//! what it answers to each test of `M` (one bit a test; splits that ask the same share it). So `2^bits` patterns decide
//! everything, and one line of a table can hold what all leaves of the group give to all features, added up. A greedy
//! planner joins splits from the bottom of the tree upwards as long as that saves look-ups. One leaf by itself is the
//! special case of fast tree explainers with a table per leaf (Nadel and Wettenstein 2026); an oblivious tree, which asks
//! the same at all splits of a level, is one group.

use std::collections::HashMap;

use super::forest::{Above, Child, Lean};
use super::outcomes::Bit;
use super::rank::Test;

/// Features of one line.
pub(super) const LINE: usize = 8;
/// Most bits of a pattern.
pub(super) const MOST_BITS: usize = 16;

/// What a leaf asks at a split of `M`.
#[derive(Clone, Copy, Debug)]
struct Asked {
    /// Place of its test among those of `M`.
    place: u32,
    left: bool,
    /// Place of its feature among those of the leaf.
    feature: u32,
}

/// One leaf of a group.
#[derive(Clone, Debug)]
pub(super) struct GroupLeaf {
    /// Its first value in [`Lean::values`].
    pub value: u32,
    /// For each feature of the leaf, its slot in the group's lines; the first ones are those of the path.
    pub slots: Vec<u8>,
    /// For each feature of the leaf, the share of the training cover that its splits keep.
    pub kept: Vec<f64>,
    asked: Vec<Asked>,
}

impl GroupLeaf {
    /// Distinct features above the leaf.
    pub fn distinct(&self) -> usize {
        self.slots.len()
    }

    /// The features a row satisfies, from its pattern of the path and of `M`: `path & keep | extra`.
    pub fn satisfied(&self, path: usize, ways: usize) -> (usize, usize) {
        let mut missed = 0usize;
        for asked in &self.asked {
            if (ways >> asked.place & 1 == 1) != asked.left {
                missed |= 1 << asked.feature;
            }
        }
        let below = (1usize << path) - 1;
        let all = (1usize << self.slots.len()) - 1;
        (below & !missed, all & !below & !missed)
    }
}

/// Leaves that one look-up serves.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Path features first, then the tests of `M`; each sorted by what they tell and by split.
    pub bits: Vec<Bit>,
    /// How many of the bits are path features.
    pub path: usize,
    /// The input of every slot.
    pub features: Vec<u32>,
    pub leaves: Vec<GroupLeaf>,
}

impl Group {
    /// Eights in one line, a power of two.
    pub fn span(&self) -> usize {
        self.features.len().div_ceil(LINE).next_power_of_two()
    }

    /// Patterns.
    pub fn patterns(&self) -> usize {
        1 << self.bits.len()
    }
}

/// How a tree is divided.
#[derive(Clone, Debug, Default)]
pub(super) struct Division {
    pub groups: Vec<Group>,
    /// First values of the leaves with too many features for a table.
    pub deep: Vec<u32>,
}

/// What is known about a split while groups grow.
struct Planner<'p, 'a> {
    tree: &'p Lean<'a>,
    parents: Vec<Option<Above>>,
    /// Per split, the first one with the same test.
    asks: Vec<u32>,
    marks: Marks,
    /// Bits a group of several splits may have.
    cap: usize,
    /// Most distinct features of a leaf with a table.
    limit: usize,
    /// Per split, the splits of the group that may still grow upwards from it.
    open: Vec<Vec<u32>>,
    division: Division,
}

/// What a set of splits would cost.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    /// Eights read for each row.
    reads: usize,
    /// Eights in the tables.
    memory: usize,
}

impl Cost {
    fn add(&mut self, bits: usize, features: usize) {
        let span = features.div_ceil(LINE);
        self.reads += span;
        self.memory += span << bits;
    }
}

/// Whether the feature of `split`, at or above a group, is met above `top` too.
fn leaves_group(tree: &Lean<'_>, split: u32, top: u32) -> bool {
    let mut split = split;
    loop {
        if split < top {
            return true;
        }
        match tree.splits[split as usize].above {
            Some(above) => split = above.split,
            None => return false,
        }
    }
}

/// Which tests and features were met in one count, without clearing between counts.
struct Marks {
    count: u32,
    tests: Vec<u32>,
    features: Vec<u32>,
}

impl Marks {
    /// Whether `test` is met for the first time in this count.
    fn test(&mut self, test: u32) -> bool {
        std::mem::replace(&mut self.tests[test as usize], self.count) != self.count
    }

    fn feature(&mut self, feature: u32) -> bool {
        std::mem::replace(&mut self.features[feature as usize], self.count) != self.count
    }
}

/// How large groups of several splits may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// So that tables stay near the processor while many rows read them.
    Usual,
    /// So that a single row reads few lines: its lines come from memory anyway.
    Large,
}

/// Divides a tree into groups with at most `limit` distinct features a leaf; leaves with more are listed apart.
/// Cost O(splits · levels).
pub(super) fn divide(tree: &Lean<'_>, limit: usize, size: Size) -> Division {
    let inputs = tree.splits.iter().map(|s| s.feature as usize + 1).max().unwrap_or(0);
    let mut first: HashMap<&Test, u32> = HashMap::new();
    let mut planner = Planner {
        tree,
        parents: tree.parents(),
        asks: tree.tests.iter().zip(0..).map(|(test, place)| *first.entry(test).or_insert(place)).collect(),
        marks: Marks { count: 0, tests: vec![0; tree.splits.len()], features: vec![0; inputs] },
        cap: match size {
            Size::Usual => (tree.levels + 1).clamp(7, 9),
            Size::Large => 10,
        },
        limit: limit.min(MOST_BITS - 1),
        open: vec![Vec::new(); tree.splits.len()],
        division: Division::default(),
    };
    for split in (0..tree.splits.len() as u32).rev() {
        planner.grow(split);
    }
    if !tree.splits.is_empty() {
        planner.close(0);
    }
    planner.division
}

impl Planner<'_, '_> {
    /// Decides which open groups below `split` it joins.
    fn grow(&mut self, split: u32) {
        let own = &self.tree.splits[split as usize];
        let children = [own.left, own.right];
        let has_leaf = children.iter().any(|c| matches!(c, Child::Leaf(_)));
        let deep = own.distinct as usize + usize::from(own.above.is_none()) > self.limit;
        let below: Vec<u32> = children
            .iter()
            .filter_map(|c| if let Child::Split(s) = c { Some(*s) } else { None })
            .filter(|s| !self.open[*s as usize].is_empty())
            .collect();
        if has_leaf && deep {
            for child in children {
                if let Child::Leaf(value) = child {
                    self.division.deep.push(value);
                }
            }
            below.iter().for_each(|s| self.close(*s));
            return;
        }
        // Join none, the first, the second, both of what is open below; the cheapest wins, the later of equals.
        let mut best: Option<(Cost, usize)> = None;
        for chosen in 0..1usize << below.len() {
            if let Some(cost) = self.price(split, has_leaf, &below, chosen)
                && best.is_none_or(|(least, _)| cost <= least)
            {
                best = Some((cost, chosen));
            }
        }
        let chosen = best.map_or(0, |(_, chosen)| chosen);
        let mut joined = if has_leaf || chosen != 0 { vec![split] } else { Vec::new() };
        for (k, s) in below.iter().enumerate() {
            if chosen >> k & 1 == 1 {
                joined.append(&mut self.open[*s as usize]);
            } else {
                self.close(*s);
            }
        }
        self.open[split as usize] = joined;
    }

    /// The price of joining the `chosen` ones of `below` with `split` and closing the others; `None` when the joint group
    /// would be too large.
    fn price(&mut self, split: u32, has_leaf: bool, below: &[u32], chosen: usize) -> Option<Cost> {
        let mut cost = Cost { reads: 0, memory: 0 };
        let mut joined = if has_leaf || chosen != 0 { vec![split] } else { Vec::new() };
        let mut largest = 0;
        for (k, s) in below.iter().enumerate() {
            let (bits, features) = self.size(*s, None);
            if chosen >> k & 1 == 1 {
                joined.extend(&self.open[*s as usize]);
                largest = largest.max(bits);
            } else {
                cost.add(bits, features);
            }
        }
        let (bits, features) = self.size(split, Some(&joined));
        if chosen != 0 && bits > self.cap.max(largest) {
            return None;
        }
        if !joined.is_empty() {
            cost.add(bits, features);
        }
        Some(cost)
    }

    /// Bits and features of the group of `splits` below `top`, or else of what is open there.
    fn size(&mut self, top: u32, splits: Option<&[u32]>) -> (usize, usize) {
        let path = self.tree.splits[top as usize].distinct as usize;
        self.marks.count += 1;
        let (mut bits, mut features) = (path, path);
        for &place in splits.unwrap_or(&self.open[top as usize]) {
            let split = &self.tree.splits[place as usize];
            bits += usize::from(self.marks.test(self.asks[place as usize]));
            let on_path = split.above.is_some_and(|a| leaves_group(self.tree, a.split, top));
            features += usize::from(!on_path && self.marks.feature(split.feature));
        }
        (bits, features)
    }

    /// Makes the open group at `top` final.
    fn close(&mut self, top: u32) {
        let mut splits = std::mem::take(&mut self.open[top as usize]);
        if splits.is_empty() {
            return;
        }
        splits.sort_unstable();
        let (mut bits, mut features) = self.path(top);
        let path = bits.len();
        let mut leaves = Vec::new();
        let mut places = HashMap::new();
        for &place in &splits {
            let (split, ask) = (&self.tree.splits[place as usize], self.asks[place as usize]);
            places.entry(ask).or_insert_with(|| {
                bits.push(Bit::left(place));
                (bits.len() - 1 - path) as u32
            });
            if !features.contains(&split.feature) {
                features.push(split.feature);
            }
        }
        for &place in &splits {
            let split = &self.tree.splits[place as usize];
            for (child, left) in split.children() {
                if let Child::Leaf(value) = child {
                    leaves.push(self.leaf(value, (place, left), top, (&places, path, &features)));
                }
            }
        }
        self.division.groups.push(Group { bits, path, features, leaves });
    }

    /// The bits and features of the path from the root to `top`.
    fn path(&self, top: u32) -> (Vec<Bit>, Vec<u32>) {
        let mut found: Vec<(Bit, u32)> = Vec::new();
        let mut at = self.parents[top as usize];
        // The lowest split of a feature carries those above.
        while let Some(above) = at {
            let feature = self.tree.splits[above.split as usize].feature;
            if found.iter().all(|(_, known)| *known != feature) {
                found.push((Bit::satisfied(above), feature));
            }
            at = self.parents[above.split as usize];
        }
        found.sort_unstable_by_key(|(bit, _)| bit.told());
        found.into_iter().unzip()
    }

    /// A leaf at the end of the edge `last` in the group below `top`, with the places of the group's tests.
    fn leaf(
        &self,
        value: u32,
        last: (u32, bool),
        top: u32,
        (places, path, features): (&HashMap<u32, u32>, usize, &[u32]),
    ) -> GroupLeaf {
        let (mut steps, mut above) = (Vec::new(), Vec::new());
        let mut at = Some(last);
        while let Some((place, left)) = at {
            if place < top { &mut above } else { &mut steps }.push((place, left));
            at = self.parents[place as usize].map(|above| (above.split, above.left));
        }
        let mut slots: Vec<u8> = (0..path as u8).collect();
        let mut kept = vec![1.0; path];
        let mut asked = Vec::with_capacity(steps.len());
        for (place, left) in steps.into_iter().chain(above).rev() {
            let split = &self.tree.splits[place as usize];
            let slot = features.iter().position(|f| *f == split.feature).unwrap_or(0) as u8;
            let own = slots.iter().position(|s| *s == slot).unwrap_or_else(|| {
                slots.push(slot);
                kept.push(1.0);
                slots.len() - 1
            });
            kept[own] *= split.share(left);
            if place >= top {
                let place = places.get(&self.asks[place as usize]).copied().unwrap_or(0);
                asked.push(Asked { place, left, feature: own as u32 });
            }
        }
        GroupLeaf { value, slots, kept, asked }
    }
}
