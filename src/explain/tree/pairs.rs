//! Interventional contributions pair by pair: slow, plain, and read off the trees as the file has them. The reference for
//! the fast ways.
//!
//! For one explained row and one background row only the features on which both part ways along a path are players.
//! A leaf reached with `a` features from the explained row and `b` from the background row gives
//! `(a − 1)! b! / (a + b)!` of its value to each of the former and `−a! (b − 1)! / (a + b)!` to each of the latter.
//! Sums are twofold, because what trees and pairs give may cancel. The walk follows both rows at once and forks only where they part, so equal stretches cost one step.
//! Source: Laberge and Pequignot 2022; Lundberg et al. 2020, algorithm 2.

use crate::model::{Tree, TreeEnsemble};
use crate::num::MatrixView;

use super::pair_weights::Weights;
use super::twofold::Twofold;

/// Who decides a feature on the current path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Both rows have agreed so far.
    Open,
    /// The explained row.
    Own,
    /// The background row.
    Other,
}

/// A branch that still has to be followed: its node, how many players were on the path, and the player it adds.
struct Fork {
    node: u32,
    players: usize,
    feature: u32,
    side: Side,
}

/// Buffers of a walk.
struct Scratch {
    sides: Vec<Side>,
    players: Vec<(u32, Side)>,
    forks: Vec<Fork>,
}

impl Scratch {
    /// Buffers for a model of `inputs` inputs.
    fn new(inputs: usize) -> Self {
        Self { sides: vec![Side::Open; inputs], players: Vec::new(), forks: Vec::new() }
    }

    fn shrink(&mut self, players: usize) {
        while self.players.len() > players {
            if let Some((feature, _)) = self.players.pop() {
                self.sides[feature as usize] = Side::Open;
            }
        }
    }
}

/// One tree with the weights of its leaves.
struct Pairs<'a> {
    ensemble: &'a TreeEnsemble,
    tree: &'a Tree,
    weights: &'a Weights,
}

impl Pairs<'_> {
    /// Adds the contributions of this tree to one row against one reference row; `out` has shape (outputs, inputs).
    fn pair(&self, row: &[f64], reference: &[f64], scratch: &mut Scratch, out: &mut [Twofold]) {
        scratch.forks.push(Fork { node: 0, players: 0, feature: 0, side: Side::Open });
        while let Some(fork) = scratch.forks.pop() {
            scratch.shrink(fork.players);
            if fork.side != Side::Open {
                scratch.players.push((fork.feature, fork.side));
                scratch.sides[fork.feature as usize] = fork.side;
            }
            self.follow(fork.node, (row, reference), scratch, out);
        }
        scratch.shrink(0);
    }

    /// Follows one branch to its leaf and leaves a fork wherever both rows part.
    fn follow(&self, from: u32, rows: (&[f64], &[f64]), scratch: &mut Scratch, out: &mut [Twofold]) {
        let mut node = &self.tree.nodes[from as usize];
        while !node.is_leaf() {
            let feature = node.feature as usize;
            let goes_left = |row: &[f64]| self.ensemble.goes_left(self.tree, node, row[feature]);
            let left = match scratch.sides[feature] {
                Side::Own => goes_left(rows.0),
                Side::Other => goes_left(rows.1),
                Side::Open => {
                    let (own, other) = (goes_left(rows.0), goes_left(rows.1));
                    if own != other {
                        let away = if other { node.left } else { node.right };
                        let players = scratch.players.len();
                        scratch.forks.push(Fork { node: away, players, feature: node.feature, side: Side::Other });
                        scratch.players.push((node.feature, Side::Own));
                        scratch.sides[feature] = Side::Own;
                    }
                    own
                }
            };
            node = &self.tree.nodes[if left { node.left } else { node.right } as usize];
        }
        self.leaf(node.left as usize, &scratch.players, out);
    }

    fn leaf(&self, value: usize, players: &[(u32, Side)], out: &mut [Twofold]) {
        if players.is_empty() {
            return;
        }
        let inputs = self.ensemble.inputs;
        let own = players.iter().filter(|(_, side)| *side == Side::Own).count();
        let other = players.len() - own;
        let (gain, loss) = (self.weights.of(own, other), -self.weights.of(other, own));
        let (first, count) = match self.tree.output {
            Some(output) => (output as usize, 1),
            None => (0, self.ensemble.outputs()),
        };
        for (k, leaf) in self.tree.leaf_values[value..value + count].iter().enumerate() {
            let target = &mut out[(first + k) * inputs..(first + k + 1) * inputs];
            for (feature, side) in players {
                target[*feature as usize] += Twofold::product(*leaf, if *side == Side::Own { gain } else { loss });
            }
        }
    }
}

/// The values of [`super::interventional`] the slow way, pair by pair; shape (outputs, rows, inputs). For comparison: the
/// trees must be proper trees. Cost O(rows · background · nodes that either row reaches), on one thread.
pub fn pairwise(
    ensemble: &TreeEnsemble,
    rows: MatrixView<'_>,
    background: MatrixView<'_>,
    weights: Option<&[f64]>,
) -> Vec<f64> {
    let (inputs, outputs) = (ensemble.inputs, ensemble.outputs());
    let shapley = Weights::new(64);
    let total: f64 = weights.map_or(background.rows() as f64, |w| w.iter().sum());
    let mut values = vec![Twofold::default(); outputs * rows.rows() * inputs];
    let (mut scratch, mut own) = (Scratch::new(inputs), vec![Twofold::default(); outputs * inputs]);
    for (row, reference) in (0..rows.rows()).flat_map(|i| (0..background.rows()).map(move |j| (i, j))) {
        own.fill(Twofold::default());
        for tree in &ensemble.trees {
            let pairs = Pairs { ensemble, tree, weights: &shapley };
            pairs.pair(rows.row(row), background.row(reference), &mut scratch, &mut own);
        }
        let weight = weights.map_or(1.0, |w| w[reference]);
        for (k, own) in own.chunks_exact(inputs.max(1)).enumerate() {
            let to = &mut values[(k * rows.rows() + row) * inputs..][..inputs];
            to.iter_mut().zip(own).for_each(|(to, own)| *to += own.times(weight));
        }
    }
    values.into_iter().map(|sum| sum.rounded() / total / ensemble.divisor).collect()
}
