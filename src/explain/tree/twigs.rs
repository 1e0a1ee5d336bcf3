//! Small subtrees as tables: a split whose children are leaves or splits above two leaves behaves in at most sixteen ways,
//! told apart by at most four bits of a row. What it is worth and what it gives to its features at every node is tabulated,
//! so that a row looks it up instead of computing it.

use crate::num::simd::Eight;

use super::forest::{Child, Lean};
use super::steps::repeat;

/// A split above two leaves: its place and feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bottom {
    pub split: u32,
    pub feature: u32,
}

/// Tables of a fresh split whose children are leaves or bottoms, by its outcome and theirs: place
/// `split + 2 · left bottom + 4 · right bottom`, yes meaning left. All that such a subtree does is linear in what arrives
/// at `t` and at `1 − t`.
#[derive(Clone, Debug)]
pub(super) struct Twig<const Q: usize> {
    pub ends: [Option<Bottom>; 2],
    /// Value of the subtree at each node.
    pub value: [Eight; Q],
    /// Contribution of the split per unit arriving at `1 − t` and at `t`.
    pub root: [Eight; 2],
    /// The same of the left bottom.
    pub left: [Eight; 2],
    /// The same of the right bottom.
    pub right: [Eight; 2],
}

/// A bit of a place in the tables of a [`Mixed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bit {
    None,
    /// The row goes left at this split.
    Left(u32),
    /// The row satisfies the splits above with this one's feature.
    Open(u32),
}

/// Tables of a split whose children are leaves or splits above two leaves, whatever their features: four bits tell all.
#[derive(Clone, Debug)]
pub(super) struct Mixed<const Q: usize> {
    pub bits: [Bit; 4],
    pub ends: [Option<Bottom>; 2],
    /// Value of the subtree at each node, by the four bits.
    pub value: [[Eight; 2]; Q],
    /// Contribution per unit that arrives at each node: of the split, of the one on its left, of the one on its right.
    pub gain: [[[Eight; 2]; Q]; 3],
}

/// Which tables tell a subtree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// [`Twig`]: all splits are fresh.
    Fresh,
    /// [`Mixed`], by these bits.
    Mixed([Bit; 4]),
}

/// The tables of a tree's subtrees at the nodes of a rule.
pub(super) struct Twigs<'p, 'a, const Q: usize> {
    pub tree: &'p Lean<'a>,
    pub nodes: [f64; Q],
}

impl<const Q: usize> Twigs<'_, '_, Q> {
    /// The tables that can tell the subtree of a split; `None` when none can, or when they would save nothing.
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
        let below = || [left, right].into_iter().flatten();
        let fresh = |place: u32| self.tree.splits[place as usize].above.is_none();
        // Two leaves below a fresh split are as quick without tables.
        if split.uneven || below().next().is_none() && fresh(place) {
            return None;
        }
        if fresh(place) && below().all(fresh) {
            return Some(Shape::Fresh);
        }
        let mut wanted = vec![Bit::Left(place)];
        wanted.extend(split.above.map(|_| Bit::Open(place)));
        for below in below() {
            wanted.push(Bit::Left(below));
            let outside = self.tree.splits[below as usize].above.is_some_and(|above| above.split != place);
            wanted.extend(outside.then_some(Bit::Open(below)));
        }
        let mut bits = [Bit::None; 4];
        bits.get_mut(..wanted.len())?.copy_from_slice(&wanted);
        Some(Shape::Mixed(bits))
    }

    /// The splits below a split.
    fn ends(&self, place: u32) -> [Option<Bottom>; 2] {
        let split = &self.tree.splits[place as usize];
        [split.left, split.right].map(|child| match child {
            Child::Leaf(_) => None,
            Child::Split(below) => Some(Bottom { split: below, feature: self.tree.splits[below as usize].feature }),
        })
    }

    /// The tables of one value of the leaves, for all states of the bits.
    pub fn mixed(&self, place: u32, bits: [Bit; 4], k: usize) -> Mixed<Q> {
        let root = &self.tree.splits[place as usize];
        let own = self.states(place);
        let ends = [root.left, root.right].map(|child| self.end(child, k));
        let zero = [[Eight::default(); 2]; Q];
        let mut mixed = Mixed { bits, ends: self.ends(place), value: zero, gain: [zero; 3] };
        let count = bits.iter().filter(|b| **b != Bit::None).count();
        for state in 0..1usize << count {
            let bit = |wanted: Bit| bits.iter().position(|b| *b == wanted).map(|i| state >> i & 1 == 1);
            let on = |split: u32| bit(Bit::Left(split)).unwrap_or(false);
            let open = bit(Bit::Open(place)).unwrap_or(true);
            let root_state = which(open, on(place));
            let ends_state = [0, 1].map(|side| {
                let End { split: Some(split), .. } = ends[side] else { return 0 };
                let open = match self.tree.splits[split as usize].above {
                    Some(above) if above.split == place => open && on(place) == above.left,
                    _ => bit(Bit::Open(split)).unwrap_or(true),
                };
                which(open, on(split))
            });
            for q in 0..Q {
                let (share, pull) = own[q][root_state];
                let [left, right] = [0, 1].map(|side| ends[side].worth[q][ends_state[side]]);
                let apart = left.0 - right.0;
                let put = |table: &mut [[Eight; 2]; Q], x: f64| table[q][state / 8].0[state % 8] = x;
                put(&mut mixed.value, share.mul_add(apart, right.0));
                put(&mut mixed.gain[0], pull * apart);
                put(&mut mixed.gain[1], share * left.1);
                put(&mut mixed.gain[2], (1.0 - share) * right.1);
            }
        }
        mixed
    }

    /// Share of the left child and pull of an even split at every node: closed, off, on.
    fn states(&self, place: u32) -> [[(f64, f64); 3]; Q] {
        let split = &self.tree.splits[place as usize];
        let numbers = repeat(split, split.share.0, &self.nodes, 1.0);
        std::array::from_fn(|q| {
            let ([off, on], [pull_off, pull_on]) = (numbers.share[q], numbers.pull[q]);
            [(numbers.closed, 0.0), (off, pull_off), (on, pull_on)]
        })
    }

    /// What a branch that ends in a leaf or in a split above two leaves is worth.
    fn end(&self, child: Child, k: usize) -> End<Q> {
        let leaf = |child: Child| match child {
            Child::Leaf(value) => self.tree.values[value as usize + k],
            Child::Split(_) => 0.0,
        };
        let Child::Split(place) = child else {
            return End { split: None, worth: [[(leaf(child), 0.0); 3]; Q] };
        };
        let split = &self.tree.splits[place as usize];
        let (right, apart) = (leaf(split.right), leaf(split.left) - leaf(split.right));
        let worth = |(share, pull): (f64, f64)| (share.mul_add(apart, right), pull * apart);
        End { split: Some(place), worth: self.states(place).map(|states| states.map(worth)) }
    }

    /// The tables of one value of the leaves.
    pub fn twig(&self, place: u32, k: usize) -> Twig<Q> {
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
                let cover = below.share.0;
                (cover.mul_add(apart, right), goes_left.mul_add(apart, right), (goes_left - cover) * apart)
            }
        };
        let cover = split.share.0;
        let zero = [Eight::default(); 2];
        let mut twig =
            Twig { ends: self.ends(place), value: [Eight::default(); Q], root: zero, left: zero, right: zero };
        for place in 0..8 {
            let bit = |shift: usize| if place >> shift & 1 == 1 { 1.0 } else { 0.0 };
            let on = bit(0);
            let (left, right) = (worth(split.left, bit(1)), worth(split.right, bit(2)));
            let pull = on - cover;
            twig.root[0].0[place] = pull * (left.0 - right.0);
            twig.root[1].0[place] = pull * (left.1 - right.1);
            twig.left[0].0[place] = cover * left.2;
            twig.left[1].0[place] = on * left.2;
            twig.right[0].0[place] = (1.0 - cover) * right.2;
            twig.right[1].0[place] = (1.0 - on) * right.2;
            for (value, t) in twig.value.iter_mut().zip(self.nodes) {
                let (left, right) = (left.0 * (1.0 - t) + left.1 * t, right.0 * (1.0 - t) + right.1 * t);
                let share = cover.mul_add(1.0 - t, on * t);
                value.0[place] = share.mul_add(left - right, right);
            }
        }
        twig
    }
}

/// The end of a branch.
struct End<const Q: usize> {
    /// The split there, if it is no leaf.
    split: Option<u32>,
    /// Its value and its contribution per unit that arrives, at every node: closed, off, on.
    worth: [[(f64, f64); 3]; Q],
}

/// The place of a state among closed, off, on.
fn which(open: bool, on: bool) -> usize {
    match (open, on) {
        (false, _) => 0,
        (true, on) => 1 + usize::from(on),
    }
}
