//! Small subtrees: a split whose children are leaves or splits above two leaves. Where no path has met their features
//! before, they behave in at most eight ways, told apart by three bits of a row; what they are worth and what they give to
//! their features is tabulated, so that a row looks it up instead of computing it. The others are computed as they are:
//! their tables would be so large that fetching them takes longer.

use crate::num::simd::Eight;

use super::forest::{Child, Lean};
use super::outcomes::Bit;

/// A split above two leaves: its place and feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bottom {
    pub split: u32,
    pub feature: u32,
}

/// Tables of a fresh split whose children are leaves or bottoms, by its outcome and theirs: place
/// `split + 2 · left bottom + 4 · right bottom`, yes meaning left. All that such a subtree gives is linear in two moments
/// of what arrives: its sum and its lean, the sum weighed with how far the nodes lie off the middle. Of nodes that lie
/// symmetric the lean needs half the products; its scale is that of [`lean_scale`].
#[derive(Clone, Debug)]
pub(super) struct Twig<const Q: usize> {
    /// The number of its question.
    pub ask: u32,
    pub feature: u32,
    pub ends: [Option<Bottom>; 2],
    /// Value of the subtree at each node.
    pub value: [Eight; Q],
    /// Contribution of the split per unit of the sum and of the lean.
    pub root: [Eight; 2],
    /// The same of the left bottom.
    pub left: [Eight; 2],
    /// The same of the right bottom.
    pub right: [Eight; 2],
}

/// How far the innermost nodes off the middle lie off it, the unit of a lean; 1 where all lie in the middle.
fn lean_scale(nodes: &[f64]) -> f64 {
    nodes.get(nodes.len().div_ceil(2)).map_or(1.0, |node| node - 0.5)
}

/// How much more the outer ones of four nodes lie off the middle than the inner ones; 0 for fewer nodes.
pub(super) fn outer(nodes: &[f64]) -> f64 {
    nodes.get(3).map_or(0.0, |node| (node - 0.5) / lean_scale(nodes))
}

/// What a computed subtree has below one of its branches.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tip {
    /// A leaf: its first value.
    Leaf(u32),
    /// A split above two leaves, and the first values of the left and the right one.
    Bottom { at: Computed, left: u32, right: u32 },
}

/// A split of a [`Fork`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Computed {
    pub split: u32,
    pub feature: u32,
    /// Its constants, [`super::steps::Program::repeat`], whether it is fresh or not.
    pub constants: u32,
}

/// A split whose children are leaves or splits above two leaves, without tables.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fork {
    pub root: Computed,
    pub tips: [Tip; 2],
}

/// What can tell a small subtree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// [`Twig`], by these bits: all splits are fresh.
    Twig([Bit; 3]),
    /// [`Fork`].
    Fork,
}

/// The tables of a tree's subtrees at the nodes of a rule.
pub(super) struct Twigs<'p, 'a, const Q: usize> {
    pub tree: &'p Lean<'a>,
    pub nodes: [f64; Q],
}

impl<const Q: usize> Twigs<'_, '_, Q> {
    /// What can tell the subtree of a split; `None` when it is larger, or when its covers do not add up.
    pub fn shape(&self, place: u32) -> Option<Shape> {
        let split = &self.tree.splits[place as usize];
        let ends = [split.left, split.right].map(|child| match child {
            Child::Leaf(_) => Some(None),
            Child::Split(below) => {
                let lower = &self.tree.splits[below as usize];
                let leaves = matches!((lower.left, lower.right), (Child::Leaf(_), Child::Leaf(_)));
                (leaves && !lower.uneven).then_some(Some(below))
            }
        });
        let [Some(left), Some(right)] = ends else { return None };
        if split.uneven {
            return None;
        }
        let fresh = |place: u32| self.tree.splits[place as usize].above.is_none();
        if !fresh(place) || ![left, right].into_iter().flatten().all(fresh) {
            return Some(Shape::Fork);
        }
        // A bit that no table depends on takes the place of a split that is not there.
        Some(Shape::Twig([place, left.unwrap_or(place), right.unwrap_or(place)].map(Bit::left)))
    }

    /// The splits below a split.
    fn ends(&self, place: u32) -> [Option<Bottom>; 2] {
        let split = &self.tree.splits[place as usize];
        [split.left, split.right].map(|child| match child {
            Child::Leaf(_) => None,
            Child::Split(below) => Some(Bottom { split: below, feature: self.tree.splits[below as usize].feature }),
        })
    }

    /// The tables of one value of the leaves.
    pub fn twig(&self, place: u32, ask: u32, k: usize) -> Twig<Q> {
        let split = &self.tree.splits[place as usize];
        // A subtree of one fresh split is worth `at_rest · (1 − t) + at_node · t`; a leaf is worth the same at both.
        let worth = |child: Child, goes_left: f64| match child {
            Child::Leaf(value) => (self.tree.values[value as usize + k], self.tree.values[value as usize + k], 0.0),
            Child::Split(below) => {
                let below = &self.tree.splits[below as usize];
                let value = |child: Child| match child {
                    Child::Leaf(value) => self.tree.values[value as usize + k],
                    Child::Split(_) => 0.0,
                };
                let (right, apart) = (value(below.right), value(below.left) - value(below.right));
                let cover = below.shares.0;
                (cover.mul_add(apart, right), goes_left.mul_add(apart, right), (goes_left - cover) * apart)
            }
        };
        let cover = split.shares.0;
        let zero = [Eight::default(); 2];
        let (feature, ends) = (split.feature, self.ends(place));
        let value = [Eight::default(); Q];
        let mut twig = Twig { ask, feature, ends, value, root: zero, left: zero, right: zero };
        let scale = lean_scale(&self.nodes);
        for place in 0..8 {
            let bit = |shift: usize| if place >> shift & 1 == 1 { 1.0 } else { 0.0 };
            let on = bit(0);
            let (left, right) = (worth(split.left, bit(1)), worth(split.right, bit(2)));
            let pull = on - cover;
            // What arrives at `1 − t` is half the sum less the lean, what arrives at `t` half the sum and the lean.
            let put = |table: &mut [Eight; 2], at_rest: f64, at_node: f64| {
                table[0].0[place] = 0.5 * (at_rest + at_node);
                table[1].0[place] = scale * (at_node - at_rest);
            };
            put(&mut twig.root, pull * (left.0 - right.0), pull * (left.1 - right.1));
            put(&mut twig.left, cover * left.2, on * left.2);
            put(&mut twig.right, (1.0 - cover) * right.2, (1.0 - on) * right.2);
            for (value, t) in twig.value.iter_mut().zip(self.nodes) {
                let (left, right) = (left.0 * (1.0 - t) + left.1 * t, right.0 * (1.0 - t) + right.1 * t);
                let share = cover.mul_add(1.0 - t, on * t);
                value.0[place] = share.mul_add(left - right, right);
            }
        }
        twig
    }
}
