//! What the leaves of an ensemble ask of a row, gathered by the features they ask.

use std::collections::BTreeMap;

use crate::model::TreeEnsemble;

use super::super::axis::{Axes, Reach};
use super::super::forest::{Child, Forest, Lean, Split};
use super::super::rank::{Coding, Test};

/// What a leaf asks of one feature.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    /// The codes that satisfy all its splits on the feature.
    pub reach: Reach,
    /// Share of the cover that does: the product over those splits.
    pub cover: f64,
}

/// One leaf.
#[derive(Clone, Debug)]
pub(super) struct Leaf<'a> {
    pub first: Condition,
    /// `None` for a leaf that asks one feature.
    pub second: Option<Condition>,
    pub values: &'a [f64],
}

/// What leaves have in common that add up in one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub first: u32,
    /// Greater than `first`.
    pub second: Option<u32>,
    pub first_output: usize,
    pub width: usize,
}

/// Where the codes of a feature stand and how many there are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Coded {
    pub column: u32,
    pub codes: usize,
}

/// All leaves of an ensemble but those that ask nothing.
pub(super) struct Groups<'a> {
    pub all: BTreeMap<Key, Vec<Leaf<'a>>>,
    /// Per input.
    pub columns: Vec<Coded>,
}

/// Gathers the leaves in the order of their trees; `None` where a path asks more than two features or trees read one
/// input in several ways. Cost O(leaves · levels).
pub(super) fn gather<'a>(forest: &Forest<'a>, ensemble: &TreeEnsemble) -> Option<Groups<'a>> {
    if forest.trees.iter().any(|tree| tree.distinct > 2) || !read_in_one_way(&forest.coding, forest.inputs) {
        return None;
    }
    let axes = Axes::new(&forest.coding, ensemble);
    let mut groups = Groups { all: BTreeMap::new(), columns: vec![Coded::default(); forest.inputs] };
    for column in 0..forest.coding.columns() as u32 {
        let feature = forest.coding.feature(column) as usize;
        let codes = axes.place(feature).map_or(1, |place| axes.all()[place].pieces.len());
        groups.columns[feature] = Coded { column, codes };
    }
    for tree in &forest.trees {
        groups.add(tree, &axes)?;
    }
    Some(groups)
}

/// Whether every input has one coded column at most.
fn read_in_one_way(coding: &Coding, inputs: usize) -> bool {
    let mut seen = vec![false; inputs];
    (0..coding.columns() as u32).all(|column| !std::mem::replace(&mut seen[coding.feature(column) as usize], true))
}

/// The features of a path so far, in the order in which it met them.
type Path = [Option<(u32, Condition)>; 2];

impl<'a> Groups<'a> {
    fn add(&mut self, tree: &Lean<'a>, axes: &Axes) -> Option<()> {
        let mut waiting: Vec<(Child, Path)> = Vec::new();
        if !tree.splits.is_empty() {
            waiting.push((Child::Split(0), [None, None]));
        }
        while let Some((child, path)) = waiting.pop() {
            match child {
                Child::Leaf(value) => self.leaf(tree, &tree.values[value as usize..][..tree.width], path)?,
                Child::Split(place) => {
                    let (split, test) = (&tree.splits[place as usize], &tree.tests[place as usize]);
                    waiting.push((split.right, narrowed(&path, axes, (split, test), false)?));
                    waiting.push((split.left, narrowed(&path, axes, (split, test), true)?));
                }
            }
        }
        Some(())
    }

    fn leaf(&mut self, tree: &Lean<'a>, values: &'a [f64], path: Path) -> Option<()> {
        let [Some(one), other] = path else { return None };
        let (one, other) = match other {
            Some(other) if other.0 < one.0 => (other, Some(one)),
            other => (one, other),
        };
        let key = Key {
            first: one.0,
            second: other.as_ref().map(|(feature, _)| *feature),
            first_output: tree.first_output,
            width: tree.width,
        };
        let leaf = Leaf { first: one.1, second: other.map(|(_, condition)| condition), values };
        self.all.entry(key).or_default().push(leaf);
        Some(())
    }
}

/// The path with one more split; `None` when that is on a third feature.
fn narrowed(path: &Path, axes: &Axes, (split, test): (&Split, &Test), left: bool) -> Option<Path> {
    let mut path = path.clone();
    let axis = &axes.all()[axes.place(split.feature as usize)?];
    let place = path.iter().position(|known| known.as_ref().is_none_or(|(feature, _)| *feature == split.feature))?;
    let share = split.share(left);
    let above = path[place].take().map(|(_, condition)| condition);
    let (reach, cover) = match &above {
        Some(above) => (axis.narrow(&above.reach, test, left), above.cover * share),
        None => (axis.narrow(&axis.whole(), test, left), share),
    };
    path[place] = Some((split.feature, Condition { reach, cover }));
    Some(path)
}
