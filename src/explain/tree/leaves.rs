//! The leaves of a tree in the order of their counters, each with the pieces of its inputs that lead to it.

use super::axis::{Axes, Reach};
use super::counting::Freed;
use super::forest::{Child, Lean};
use super::rank::Test;

/// What is known of a leaf after counting.
pub(super) struct Arrival<'l> {
    /// Its values.
    pub values: &'l [f64],
    /// The output of the first of them.
    pub first_output: usize,
    /// The wanted inputs asked above it and the pieces that lead to it.
    pub reaches: &'l [(u32, Reach)],
    /// What its counters free.
    pub freed: &'l [Freed],
    /// Its counters.
    pub counts: &'l [u64],
}

impl Arrival<'_> {
    /// Rows that reach the leaf when the features of `set` are freed; 0 for a set that was not counted.
    pub fn count(&self, set: Freed) -> f64 {
        let place = self.freed.iter().position(|freed| *freed == set);
        place.map_or(0.0, |place| self.counts[place] as f64)
    }

    /// Calls `see(output, value)` for each of its values.
    pub fn each_value(&self, mut see: impl FnMut(usize, f64)) {
        for (k, value) in self.values.iter().enumerate() {
            see(self.first_output + k, *value);
        }
    }
}

/// Calls `see(leaf, reaches)` for every leaf; only features that are `wanted` have reaches.
/// Cost O(splits · wanted features on a path).
pub(super) fn each_leaf(
    tree: &Lean<'_>,
    axes: &Axes,
    wanted: &dyn Fn(u32) -> bool,
    mut see: impl FnMut(usize, &[(u32, Reach)]),
) {
    if tree.splits.is_empty() {
        see(0, &[]);
    }
    let mut leaf = 0;
    let mut levels: Vec<Vec<(u32, Reach)>> = Vec::new();
    let mut path: Vec<u32> = Vec::new();
    for (place, split) in tree.splits.iter().enumerate() {
        path.truncate(split.level as usize);
        levels.truncate(split.level as usize);
        let here = match path.last().zip(levels.last()) {
            Some((&parent, above)) => {
                let (split, test) = (&tree.splits[parent as usize], &tree.tests[parent as usize]);
                narrowed(above, axes, wanted, (split.feature, test), split.left == Child::Split(place as u32))
            }
            None => Vec::new(),
        };
        for (child, left) in [(split.left, true), (split.right, false)] {
            if matches!(child, Child::Leaf(_)) {
                see(leaf, &narrowed(&here, axes, wanted, (split.feature, &tree.tests[place]), left));
                leaf += 1;
            }
        }
        levels.push(here);
        path.push(place as u32);
    }
}

fn narrowed(
    above: &[(u32, Reach)],
    axes: &Axes,
    wanted: &dyn Fn(u32) -> bool,
    (feature, test): (u32, &Test),
    left: bool,
) -> Vec<(u32, Reach)> {
    let mut reaches = above.to_vec();
    let Some(axis) = axes.place(feature as usize).map(|place| &axes.all()[place]) else { return reaches };
    if !wanted(feature) {
        return reaches;
    }
    match reaches.iter_mut().find(|(known, _)| *known == feature) {
        Some((_, reach)) => *reach = axis.narrow(reach, test, left),
        None => reaches.push((feature, axis.narrow(&axis.whole(), test, left))),
    }
    reaches
}
