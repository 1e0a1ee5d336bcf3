//! Contributions of leaves that meet the reference rows themselves, sixty-four at a time.
//!
//! For one explained row, one walk down a tree carries a bit mask of the reference rows that are still *alive*: those that
//! satisfy every feature of the path which the explained row does not. Where nobody is alive the subtree is left out. At a
//! leaf the features the explained row satisfies and a reference row does not are the gains of that pair, the features it
//! does not satisfy the losses; how many gains each pair has is counted by adding masks, one carry at a time.
//! Exact for any depth and any number of reference rows, which pass by in slabs of a fixed size.
//! Sources: Laberge and Pequignot 2022 (the weights); Lundberg et al. 2020, algorithm 2 (the walk, pair by pair).

use crate::base::{Cancelled, Task};
use crate::num::MatrixView;
use crate::num::parallel::{self, Planes};
use crate::num::simd::{Job, Lanes, run};

use super::forest::{Child, Forest, Lean};
use super::outcomes::Outcomes;
use super::pair_weights::Weights;
use super::rank::{Block, ROWS};
use super::tables::code;

/// Blocks of reference rows in a slab.
const SLAB: usize = 64;
/// Words of outcomes that are held at a time (64 MB).
const HELD: usize = 8 << 20;
/// Explained rows in one piece of work.
const PIECE: usize = 8;

/// How much each pair of rows counts.
pub(super) struct Scales<'s> {
    /// One weight per reference row.
    pub weights: &'s [f64],
    /// Their sum.
    pub total: f64,
    /// What turns margins into another scale, pair by pair.
    pub rescale: Option<Rescale<'s>>,
}

/// What turns differences of the margin `f` into differences of another scale `p`, pair by pair:
/// `(p(x) − p(b)) / (f(x) − f(b))`.
#[derive(Clone, Copy, Debug)]
pub struct Rescale<'s> {
    /// `f` and `p` of every explained row.
    pub rows: (&'s [f64], &'s [f64]),
    /// `f` and `p` of every reference row.
    pub background: (&'s [f64], &'s [f64]),
}

impl Scales<'_> {
    /// The weights of the reference rows from `first` on against the explained row at `row`.
    fn of(&self, row: usize, first: usize, out: &mut [f64]) {
        for (k, out) in out.iter_mut().enumerate() {
            let reference = first + k;
            let factor = match &self.rescale {
                None => 1.0,
                Some(rescale) => {
                    let (f, p) = (rescale.rows.0[row], rescale.rows.1[row]);
                    let (g, q) = (rescale.background.0[reference], rescale.background.1[reference]);
                    // Equal margins keep the margin's own values, as in shap.
                    if f == g { 1.0 } else { (p - q) / (f - g) }
                }
            };
            *out = factor * self.weights[reference] / self.total;
        }
    }
}

/// Leaves without tables.
pub(super) struct Deep<'a> {
    forest: &'a Forest<'a>,
    trees: Vec<DeepTree<'a>>,
    weights: Weights,
}

struct DeepTree<'a> {
    tree: &'a Lean<'a>,
    /// Whether a leaf without a table lies below each side of each split: left, right.
    below: Vec<[bool; 2]>,
}

impl<'a> Deep<'a> {
    /// The leaves of every tree of `forest` whose first values are listed.
    pub fn new<'l>(forest: &'a Forest<'a>, leaves: impl Iterator<Item = &'l [u32]>) -> Self {
        let mut trees = Vec::new();
        for (tree, leaves) in forest.trees.iter().zip(leaves).filter(|(_, leaves)| !leaves.is_empty()) {
            let mut sorted = leaves.to_vec();
            sorted.sort_unstable();
            let mut below = vec![[false; 2]; tree.splits.len()];
            for (place, split) in tree.splits.iter().enumerate().rev() {
                below[place] = [split.left, split.right].map(|child| match child {
                    Child::Leaf(value) => sorted.binary_search(&value).is_ok(),
                    Child::Split(s) => below[s as usize] != [false; 2],
                });
            }
            trees.push(DeepTree { tree, below });
        }
        let distinct = trees.iter().map(|t| t.tree.distinct).max().unwrap_or(0);
        Self { forest, trees, weights: Weights::new(distinct) }
    }

    /// Every leaf of `forest`.
    pub fn whole(forest: &'a Forest<'a>) -> Self {
        let below = |tree: &Lean<'_>| vec![[true; 2]; tree.splits.len()];
        let split = forest.trees.iter().filter(|t| !t.splits.is_empty());
        let trees = split.map(|tree| DeepTree { tree, below: below(tree) }).collect();
        let distinct = forest.trees.iter().map(|t| t.distinct).max().unwrap_or(0);
        Self { forest, trees, weights: Weights::new(distinct) }
    }

    /// Trees with such leaves.
    pub fn trees(&self) -> usize {
        self.trees.len()
    }

    /// Adds the contributions of these leaves to `values` of shape (outputs, rows, inputs), and what they give to the
    /// expected score to `base`.
    pub fn add(
        &self,
        rows: MatrixView<'_>,
        background: MatrixView<'_>,
        scales: &Scales<'_>,
        values: &mut [f64],
        base: &mut [f64],
        task: &Task,
    ) -> Result<(), Cancelled> {
        let blocks = background.rows().div_ceil(ROWS);
        for first in (0..blocks).step_by(SLAB) {
            let words = SLAB.min(blocks - first);
            let coded: Vec<Block> =
                parallel::map(words, &Task::silent(), |k| code(self.forest, background, first + k))?;
            let slab =
                Slab { first: first * ROWS, rows: background.rows().min((first + words) * ROWS) - first * ROWS, words };
            let mut start = 0;
            while start < self.trees.len() {
                let mut held = 0;
                let fits = |t: &&DeepTree<'_>| {
                    held += t.tree.splits.len() * words;
                    held <= HELD
                };
                let count = self.trees[start..].iter().take_while(fits).count().max(1);
                let trees = &self.trees[start..start + count];
                let sides = parallel::map(count, &Task::silent(), |k| sides(trees[k].tree, &coded))?;
                let batch = Batch { deep: self, trees, sides: &sides, slab: &slab };
                batch.mean(scales, base);
                batch.rows(rows, scales, values, task)?;
                if first + words == blocks {
                    task.advance((rows.rows() * count) as u64)?;
                }
                start += count;
            }
        }
        Ok(())
    }
}

/// Some reference rows.
struct Slab {
    first: usize,
    rows: usize,
    /// Words that hold one bit of each.
    words: usize,
}

/// For every split the reference rows that go left; shape (splits, words).
fn sides(tree: &Lean<'_>, coded: &[Block]) -> Vec<u64> {
    let mut left = vec![0; tree.splits.len() * coded.len()];
    for (word, block) in coded.iter().enumerate() {
        let outcomes = run(Asked { tree, block });
        for (split, outcome) in outcomes.left.iter().enumerate() {
            left[split * coded.len() + word] = *outcome;
        }
    }
    left
}

/// The outcomes of a block at a tree.
struct Asked<'j> {
    tree: &'j Lean<'j>,
    block: &'j Block,
}

impl Job for Asked<'_> {
    type Output = Outcomes;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Outcomes {
        let mut outcomes = Outcomes::default();
        outcomes.fill(lanes, self.tree, self.block);
        outcomes
    }
}

/// Some trees and the reference rows of a slab.
struct Batch<'b, 'a> {
    deep: &'b Deep<'a>,
    trees: &'b [DeepTree<'a>],
    sides: &'b [Vec<u64>],
    slab: &'b Slab,
}

impl Batch<'_, '_> {
    /// Adds to `base` the weighted values of the leaves that the reference rows reach themselves.
    fn mean(&self, scales: &Scales<'_>, base: &mut [f64]) {
        let mut path = Path::default();
        for (deep, sides) in self.trees.iter().zip(self.sides) {
            path.start(self.slab);
            let tree = deep.tree;
            let out = &mut base[tree.first_output..][..tree.width];
            // Nobody is satisfied by the explained row: alive are those that reach the leaf.
            path.walk(
                deep,
                sides,
                |_| None,
                |path, value| {
                    let mut share = 0.0;
                    for (word, alive) in path.alive.iter().enumerate() {
                        each_bit(*alive, |bit| {
                            share += scales.weights[self.slab.first + 64 * word + bit] / scales.total
                        });
                    }
                    for (k, out) in out.iter_mut().enumerate() {
                        *out += share * tree.values[value as usize + k];
                    }
                },
            );
        }
    }

    fn rows(
        &self,
        rows: MatrixView<'_>,
        scales: &Scales<'_>,
        values: &mut [f64],
        task: &Task,
    ) -> Result<(), Cancelled> {
        let forest = self.deep.forest;
        let shape = Planes { rows: rows.rows(), width: forest.inputs, block: PIECE };
        parallel::fill_planes(values, shape, |first, planes| {
            let count = PIECE.min(rows.rows() - first);
            let mut block = forest.coding.block();
            forest.coding.encode(rows, first, count, &mut block);
            let (mut path, mut sums) = (Path::default(), Sums::default());
            let mut weights = vec![0.0; count * 64 * self.slab.words];
            for (k, weights) in weights.chunks_exact_mut(64 * self.slab.words).enumerate() {
                scales.of(first + k, self.slab.first, &mut weights[..self.slab.rows]);
            }
            for (deep, sides) in self.trees.iter().zip(self.sides) {
                let outcomes = run(Asked { tree: deep.tree, block: &block });
                for (row, weights) in weights.chunks_exact(64 * self.slab.words).enumerate() {
                    task.check()?;
                    path.start(self.slab);
                    let goes_left = |split: u32| Some(outcomes.left[split as usize] >> row & 1 == 1);
                    let meeting =
                        Meeting { tree: deep.tree, weights, shapley: &self.deep.weights, inputs: forest.inputs, row };
                    path.walk(deep, sides, goes_left, |path, value| meeting.leaf(path, value, &mut sums, planes));
                }
            }
            Ok(())
        })
    }
}

/// Calls `each` with the place of every bit that is set.
#[inline]
fn each_bit(word: u64, mut each: impl FnMut(usize)) {
    let mut rest = word;
    while rest != 0 {
        each(rest.trailing_zeros() as usize);
        rest &= rest - 1;
    }
}

/// One edge of the current path.
struct Edge {
    feature: u32,
    /// The explained row satisfies all edges with this feature down to here.
    kept: bool,
    /// The level of the edge above with the same feature.
    above: Option<u32>,
    /// Edges below with the same feature.
    hidden: bool,
}

/// The current path of a walk.
#[derive(Default)]
struct Path {
    words: usize,
    edges: Vec<Edge>,
    /// Reference rows that satisfy all edges with the feature of each edge down to it; shape (levels, words).
    open: Vec<u64>,
    /// Reference rows alive below each edge, all of them first; shape (1 + levels, words).
    before: Vec<u64>,
    /// Those alive at the end of the path.
    alive: Vec<u64>,
    waiting: Vec<(u32, bool)>,
}

impl Path {
    fn start(&mut self, slab: &Slab) {
        self.words = slab.words;
        self.edges.clear();
        self.open.clear();
        self.before.clear();
        self.before.resize(slab.words, u64::MAX);
        if let Some(last) = self.before.last_mut()
            && !slab.rows.is_multiple_of(64)
        {
            *last = (1 << (slab.rows % 64)) - 1;
        }
        self.waiting.clear();
    }

    /// Walks to every leaf in reach. `goes_left` tells where the explained row goes; `None` where it satisfies nothing.
    #[inline]
    fn walk(
        &mut self,
        deep: &DeepTree<'_>,
        sides: &[u64],
        goes_left: impl Fn(u32) -> Option<bool>,
        mut leaf: impl FnMut(&Self, u32),
    ) {
        self.wait(deep, 0);
        while let Some((place, left)) = self.waiting.pop() {
            let split = &deep.tree.splits[place as usize];
            self.leave(split.level as usize);
            let above = split.above.map(|a| deep.tree.splits[a.split as usize].level);
            let kept = goes_left(place) == Some(left) && above.is_none_or(|a| self.edges[a as usize].kept);
            if !self.enter(split.feature, kept, above, &sides[place as usize * self.words..][..self.words], left) {
                continue;
            }
            match if left { split.left } else { split.right } {
                Child::Split(below) => self.wait(deep, below),
                Child::Leaf(value) => {
                    let size = self.before.len() - self.words;
                    self.alive.clear();
                    self.alive.extend_from_slice(&self.before[size..]);
                    leaf(self, value);
                }
            }
        }
    }

    fn wait(&mut self, deep: &DeepTree<'_>, split: u32) {
        let [left, right] = deep.below[split as usize];
        if right {
            self.waiting.push((split, false));
        }
        if left {
            self.waiting.push((split, true));
        }
    }

    /// Takes the edges from `level` on off the path.
    fn leave(&mut self, level: usize) {
        while self.edges.len() > level {
            if let Some(above) = self.edges.pop().and_then(|e| e.above) {
                self.edges[above as usize].hidden = false;
            }
        }
        self.open.truncate(level * self.words);
        self.before.truncate((level + 1) * self.words);
    }

    /// Goes down one edge; says whether anybody is alive below.
    fn enter(&mut self, feature: u32, kept: bool, above: Option<u32>, sides: &[u64], left: bool) -> bool {
        let flip = if left { 0 } else { u64::MAX };
        let (level, words) = (self.edges.len(), self.words);
        let mut any = 0;
        for (word, side) in sides.iter().enumerate() {
            let open = (side ^ flip) & above.map_or(u64::MAX, |a| self.open[a as usize * words + word]);
            let alive = self.before[level * words + word] & if kept { u64::MAX } else { open };
            self.open.push(open);
            self.before.push(alive);
            any |= alive;
        }
        if let Some(above) = above {
            self.edges[above as usize].hidden = true;
        }
        self.edges.push(Edge { feature, kept, above, hidden: false });
        any != 0
    }
}

/// Buffers of a leaf.
#[derive(Default)]
struct Sums {
    /// Gains of every reference row, in binary: one word a digit.
    digits: Vec<u64>,
    /// Level and sum of every feature the explained row satisfies.
    gains: Vec<(usize, f64)>,
}

/// One explained row at the leaves of a tree.
struct Meeting<'m> {
    tree: &'m Lean<'m>,
    weights: &'m [f64],
    shapley: &'m Weights,
    inputs: usize,
    /// Its place in the planes.
    row: usize,
}

impl Meeting<'_> {
    fn leaf(&self, path: &Path, value: u32, sums: &mut Sums, planes: &mut [&mut [f64]]) {
        let own = || path.edges.iter().enumerate().filter(|(_, e)| !e.hidden);
        let losses = own().filter(|(_, e)| !e.kept).count();
        sums.gains.clear();
        sums.gains.extend(own().filter(|(_, e)| e.kept).map(|(level, _)| (level, 0.0)));
        let mut loss = 0.0;
        for (word, &alive) in path.alive.iter().enumerate().filter(|(_, alive)| **alive != 0) {
            loss += self.word(path, (word, alive), losses, sums);
        }
        for (k, value) in self.tree.values[value as usize..][..self.tree.width].iter().enumerate() {
            let to = &mut planes[self.tree.first_output + k][self.row * self.inputs..][..self.inputs];
            for (level, gain) in &sums.gains {
                to[path.edges[*level].feature as usize] += value * gain;
            }
            for (_, edge) in own().filter(|(_, e)| !e.kept) {
                to[edge.feature as usize] -= value * loss;
            }
        }
    }

    /// Adds up the gains against sixty-four reference rows; gives the sum of the losses of one feature.
    fn word(&self, path: &Path, (word, alive): (usize, u64), losses: usize, sums: &mut Sums) -> f64 {
        sums.digits.clear();
        for (level, _) in &sums.gains {
            let mut carry = alive & !path.open[level * path.words + word];
            for digit in &mut sums.digits {
                (*digit, carry) = (*digit ^ carry, *digit & carry);
            }
            if carry != 0 {
                sums.digits.push(carry);
            }
        }
        let (mut loss, mut gain) = (0.0, [0.0; 64]);
        let weights = &self.weights[64 * word..][..64];
        each_bit(alive, |bit| {
            let gains = sums.digits.iter().enumerate().fold(0, |n, (k, digit)| n | (digit >> bit & 1) << k) as usize;
            gain[bit] = weights[bit] * self.shapley.of(gains, losses);
            loss += weights[bit] * self.shapley.of(losses, gains);
        });
        for (level, sum) in &mut sums.gains {
            each_bit(alive & !path.open[*level * path.words + word], |bit| *sum += gain[bit]);
        }
        loss
    }
}
