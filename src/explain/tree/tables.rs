//! Interventional contributions of shallow trees without meeting every background row again and again.
//!
//! At one leaf, all that matters of a row is which of the `d` features of the path it satisfies: one of `2ᵈ` patterns.
//! So the background is counted once per leaf and pattern, a table holds what each pattern of the explained row gives
//! to each feature, and explaining a row is one lookup per leaf. The sums are those of the pairwise walk in another
//! order. Source of the idea: Nadel and Wettenstein 2026.

use crate::base::{Cancelled, Task};
use crate::model::{Tree, TreeEnsemble};
use crate::num::MatrixView;

use super::interventional::Weights;
use super::plan::{Edge, Plan};

/// Most distinct features of a path; beyond, the pairwise walk is used.
const MOST: usize = 10;
/// Largest table of one tree, in numbers.
const LARGEST: usize = 4 << 20;

/// Where the tables of a tree's leaves lie.
pub(super) struct Outline {
    /// Per edge, the place of its feature among the distinct features of its path.
    slots: Vec<u8>,
    leaves: Vec<Leaf>,
    /// Numbers in all tables.
    pub size: usize,
}

struct Leaf {
    /// Features of the path in order of appearance.
    members: Vec<u32>,
    /// First number of the table, which has shape (patterns, members).
    first: usize,
    /// First index into the leaf values.
    value: usize,
}

impl Outline {
    /// The layout for one tree; `None` when its paths have too many features or its tables would be too large.
    pub fn new(plan: &Plan) -> Option<Self> {
        if plan.distinct > MOST {
            return None;
        }
        let mut outline = Self { slots: Vec::with_capacity(plan.edges.len()), leaves: Vec::new(), size: 0 };
        let mut path: Vec<(u32, usize)> = Vec::new();
        for edge in &plan.edges {
            path.truncate(edge.level as usize - 1);
            let before = path.last().map_or(0, |(_, distinct)| *distinct);
            let above = (edge.above as usize).checked_sub(1).and_then(|level| path.get(level));
            let slot = match above {
                None => before,
                Some((feature, _)) => distinct_place(&path, *feature)?,
            };
            path.push((edge.feature, if above.is_none() { before + 1 } else { before }));
            outline.slots.push(slot as u8);
            if edge.value != Edge::INNER {
                let mut members: Vec<u32> = Vec::new();
                path.iter().for_each(|(f, distinct)| members.extend((members.len() < *distinct).then_some(*f)));
                let first = outline.size;
                outline.size += members.len() << members.len();
                outline.leaves.push(Leaf { members, first, value: edge.value as usize });
            }
        }
        (outline.size <= LARGEST).then_some(outline)
    }
}

/// The place of `feature` among the distinct features of `path`.
fn distinct_place(path: &[(u32, usize)], feature: u32) -> Option<usize> {
    path.iter().find(|(f, _)| *f == feature).map(|(_, distinct)| distinct - 1)
}

/// One tree with the outline of its tables.
pub(super) struct Shallow<'a> {
    pub ensemble: &'a TreeEnsemble,
    pub tree: &'a Tree,
    pub plan: &'a Plan,
    pub outline: &'a Outline,
}

impl Shallow<'_> {
    /// The tables for a background, as sums over its rows. Cost O(background · nodes) to count, and for each leaf at
    /// most `3ᵈ · d`.
    pub fn fill(&self, background: MatrixView<'_>, weights: &Weights, task: &Task) -> Result<Vec<f64>, Cancelled> {
        let mut counts = Vec::new();
        let mut starts = Vec::with_capacity(self.outline.leaves.len());
        for leaf in &self.outline.leaves {
            starts.push(counts.len());
            counts.resize(counts.len() + (1 << leaf.members.len()), 0.0);
        }
        let mut patterns = Vec::new();
        for index in 0..background.rows() {
            if index % 64 == 0 {
                task.check()?;
            }
            self.patterns(background.row(index), &mut patterns);
            for (start, pattern) in starts.iter().zip(&patterns) {
                counts[start + pattern] += 1.0;
            }
        }
        let mut table = vec![0.0; self.outline.size];
        for (leaf, start) in self.outline.leaves.iter().zip(starts) {
            task.check()?;
            let size = 1usize << leaf.members.len();
            let own = &mut table[leaf.first..leaf.first + leaf.members.len() * size];
            fill_leaf(leaf.members.len(), &counts[start..start + size], weights, own);
        }
        Ok(table)
    }

    /// The pattern of satisfied features of `row` at every leaf.
    fn patterns(&self, row: &[f64], out: &mut Vec<usize>) {
        let mut left = [false; 64];
        let mut deep_left = vec![false; if self.plan.levels < 64 { 0 } else { self.plan.levels + 1 }];
        let left = if self.plan.levels < 64 { &mut left[..] } else { &mut deep_left[..] };
        let mut path = [0usize; 64];
        let mut deep_path = vec![0usize; if self.plan.levels < 64 { 0 } else { self.plan.levels + 1 }];
        let path = if self.plan.levels < 64 { &mut path[..] } else { &mut deep_path[..] };
        out.clear();
        for (edge, slot) in self.plan.edges.iter().zip(&self.outline.slots) {
            let level = edge.level as usize;
            if edge.left {
                let split = &self.tree.nodes[edge.split as usize];
                left[level] = self.ensemble.goes_left(self.tree, split, row[edge.feature as usize]);
            }
            let kept = usize::from(left[level] == edge.left);
            let before = path[level - 1];
            path[level] = match edge.above {
                0 => before | kept << slot,
                _ => before & !((1 - kept) << slot),
            };
            if edge.value != Edge::INNER {
                out.push(path[level]);
            }
        }
    }

    /// Adds the contributions of this tree to those of one row, `out` with shape (outputs, inputs).
    /// Cost O(nodes + leaves · d).
    pub fn add(&self, row: &[f64], table: &[f64], patterns: &mut Vec<usize>, out: &mut [f64]) {
        self.patterns(row, patterns);
        let inputs = self.ensemble.inputs;
        let (first, count) = match self.tree.output {
            Some(output) => (output as usize, 1),
            None => (0, self.ensemble.outputs()),
        };
        for (leaf, pattern) in self.outline.leaves.iter().zip(patterns.iter()) {
            let width = leaf.members.len();
            let own = &table[leaf.first + pattern * width..][..width];
            for (k, value) in self.tree.leaf_values[leaf.value..leaf.value + count].iter().enumerate() {
                let target = &mut out[(first + k) * inputs..][..inputs];
                for (feature, weight) in leaf.members.iter().zip(own) {
                    target[*feature as usize] += value * weight;
                }
            }
        }
    }
}

/// What a leaf of value 1 gives to each of its `width` features, for every pattern of the explained row, summed over
/// the background rows counted by their pattern.
fn fill_leaf(width: usize, counts: &[f64], weights: &Weights, table: &mut [f64]) {
    let full = (1usize << width) - 1;
    for (other, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
        // The leaf is in reach of both rows together only when they satisfy all features between them.
        let must = full & !other;
        let mut free = other;
        loop {
            let own = must | free;
            let (gains, losses) = (must, full & !own);
            let (a, b) = (gains.count_ones() as usize, losses.count_ones() as usize);
            let (gain, loss) = (count * weights.of(a, b), count * weights.of(b, a));
            let row = &mut table[own * width..(own + 1) * width];
            for (slot, value) in row.iter_mut().enumerate() {
                *value += if gains >> slot & 1 == 1 {
                    gain
                } else if losses >> slot & 1 == 1 {
                    -loss
                } else {
                    0.0
                };
            }
            if free == 0 {
                break;
            }
            free = (free - 1) & other;
        }
    }
}
