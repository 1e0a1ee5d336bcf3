//! Interventional contributions: a feature that is unknown takes its value from a background row.
//!
//! For one explained row and one background row only the features on which both part ways along a path are players.
//! A leaf reached with `a` features from the explained row and `b` from the background row gives
//! `(a − 1)! b! / (a + b)!` of its value to each of the former and `−a! (b − 1)! / (a + b)!` to each of the latter.
//! The walk follows both rows at once and forks only where they part, so equal stretches cost one step.
//! Source: Laberge and Pequignot 2022; Lundberg et al. 2020, algorithm 2.

use crate::base::{Cancelled, Task};
use crate::model::{Tree, TreeEnsemble};
use crate::num::MatrixView;

/// Background rows between two looks at the task.
const LOOK: usize = 256;

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

/// Weights of leaves by the number of players on either side.
pub(super) struct Weights {
    size: usize,
    table: Vec<f64>,
}

impl Weights {
    /// Largest count kept in the table; beyond it weights are computed when needed.
    const LIMIT: usize = 64;

    /// Weights for up to `distinct` players on a path.
    pub fn new(distinct: usize) -> Self {
        let size = distinct.min(Self::LIMIT) + 1;
        let table = (0..size * size).map(|k| beta(k / size, k % size)).collect();
        Self { size, table }
    }

    /// `(gains − 1)! losses! / (gains + losses)!`; 0 without gains.
    pub fn of(&self, gains: usize, losses: usize) -> f64 {
        if gains < self.size && losses < self.size {
            self.table[gains * self.size + losses]
        } else {
            beta(gains, losses)
        }
    }
}

/// `(a − 1)! b! / (a + b)!`, as a product of factors not above one; 0 when `a` is 0.
fn beta(a: usize, b: usize) -> f64 {
    if a == 0 {
        return 0.0;
    }
    let (few, many) = if a - 1 < b { (a - 1, b) } else { (b, a - 1) };
    let product: f64 = (1..=few).map(|k| k as f64 / (many + k) as f64).product();
    product / (a + b) as f64
}

/// Buffers of a walk.
pub(super) struct Scratch {
    sides: Vec<Side>,
    players: Vec<(u32, Side)>,
    forks: Vec<Fork>,
}

impl Scratch {
    /// Buffers for a model of `inputs` inputs.
    pub fn new(inputs: usize) -> Self {
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
pub(super) struct Pairs<'a> {
    pub ensemble: &'a TreeEnsemble,
    pub tree: &'a Tree,
    pub weights: &'a Weights,
    pub task: &'a Task,
}

impl Pairs<'_> {
    /// Adds the contributions of this tree summed over all rows of `background`; `out` has shape (outputs, inputs).
    /// Cost O(background · nodes that either row reaches).
    pub fn add(
        &self,
        row: &[f64],
        background: MatrixView<'_>,
        scratch: &mut Scratch,
        out: &mut [f64],
    ) -> Result<(), Cancelled> {
        for index in 0..background.rows() {
            if index % LOOK == 0 {
                self.task.check()?;
            }
            self.pair(row, background.row(index), scratch, out);
        }
        Ok(())
    }

    fn pair(&self, row: &[f64], reference: &[f64], scratch: &mut Scratch, out: &mut [f64]) {
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
    fn follow(&self, from: u32, rows: (&[f64], &[f64]), scratch: &mut Scratch, out: &mut [f64]) {
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

    fn leaf(&self, value: usize, players: &[(u32, Side)], out: &mut [f64]) {
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
                target[*feature as usize] += leaf * if *side == Side::Own { gain } else { loss };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaf_weights_are_the_shapley_weights() {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-15;
        assert!(close(beta(1, 0), 1.0));
        assert!(close(beta(1, 1), 0.5));
        assert!(close(beta(2, 1), 1.0 / 6.0));
        assert!(close(beta(3, 2), 2.0 * 2.0 / 120.0));
        assert!(close(Weights::new(3).of(2, 3), beta(2, 3)));
        assert!(beta(0, 4) == 0.0 && beta(5000, 5000) == 0.0);
    }
}
