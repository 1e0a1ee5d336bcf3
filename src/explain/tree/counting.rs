//! How many rows reach a leaf when some of its conditions are ignored, by counting bits: a row's outcome at a split is
//! one bit, so that sixty-four rows pass a condition in one instruction, and no row is ever predicted.
//!
//! Down a tree, one word set is kept for every set of freed features: all conditions but theirs. A split masks those
//! that do not free its feature; where its feature is new, the unmasked words become those that free it.

use crate::base::{Cancelled, Task};
use crate::num::MatrixView;
use crate::num::parallel;
use crate::num::simd::{Job, Lanes, run};

use super::forest::{Child, Forest, Lean};
use super::rank::{Block, ROWS};

/// Words side by side.
const WIDTH: usize = 8;
/// Runs of `WIDTH` words that are coded at one time: their codes stay in the second-level cache while all trees pass.
const RUNS: usize = 8;
/// Rows coded at one time.
const CHUNK: usize = ROWS * WIDTH * RUNS;
/// Most parts the rows are cut into; every part has its own counters.
const PARTS: usize = 64;
/// Counters held per part.
const COUNTERS: usize = 1 << 18;
/// Splits at least this deep look whether any row is left before they go on.
const SPARSE: u32 = 5;
/// No feature.
pub(super) const NOBODY: u32 = u32::MAX;

/// The features whose conditions are ignored; at most two, ascending, [`NOBODY`] where there are fewer.
pub(super) type Freed = [u32; 2];

/// Which sets of features are freed in turn.
#[derive(Clone, Debug)]
pub(super) struct Freeing {
    /// Per input, whether it is ever freed.
    pub features: Vec<bool>,
    /// Which two of them are freed together, too.
    pub pairs: Pairs,
}

/// Which two features are freed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pairs {
    /// No two.
    None,
    /// This one with any other.
    With(u32),
    /// Any two.
    All,
}

impl Freeing {
    /// Whether `feature` is freed together with those of `set`.
    fn joins(&self, set: Freed, feature: u32) -> bool {
        set[0] == NOBODY
            || set[1] == NOBODY
                && match self.pairs {
                    Pairs::None => false,
                    Pairs::With(one) => set[0] == one || feature == one,
                    Pairs::All => true,
                }
    }

    fn joined(set: Freed, feature: u32) -> Freed {
        if set[0] == NOBODY { [feature, NOBODY] } else { [set[0].min(feature), set[0].max(feature)] }
    }
}

/// One split, in preorder.
#[derive(Clone, Debug)]
struct Step {
    parent: u32,
    /// Whether this split is its parent's left child.
    left: bool,
    level: u32,
    /// Sets kept here.
    sets: u32,
    /// In `Program::indices`: sets that free this split's feature, which the split does not mask.
    kept: (u32, u32),
    /// In `Program::indices`: sets that become new ones by freeing this split's feature, too.
    added: (u32, u32),
    /// The first split behind this one's subtree.
    end: u32,
    /// The leaves below, left and right; `NOBODY` where there is a split.
    leaves: [u32; 2],
}

/// A leaf and its counters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf {
    /// Its first value in [`Lean::values`].
    pub value: u32,
    /// Its first counter; the next leaf's is the end.
    pub first: u32,
}

/// What to do at every split of one tree.
#[derive(Clone, Debug)]
pub(super) struct Program {
    steps: Vec<Step>,
    indices: Vec<u32>,
    /// Most sets kept at once.
    most: usize,
    levels: usize,
    /// Leaves in preorder, and one more that only tells where the counters end.
    pub leaves: Vec<Leaf>,
    /// Per counter, the features it frees.
    pub freed: Vec<Freed>,
}

impl Program {
    /// Cost O(leaves · sets).
    pub fn new(tree: &Lean<'_>, freeing: &Freeing) -> Self {
        let mut program = Self {
            steps: Vec::with_capacity(tree.splits.len()),
            indices: Vec::new(),
            most: 1,
            levels: tree.levels.max(1),
            leaves: Vec::new(),
            freed: Vec::new(),
        };
        let mut sets: Vec<Vec<Freed>> = vec![vec![[NOBODY; 2]]];
        let mut path: Vec<u32> = Vec::new();
        if tree.splits.is_empty() {
            program.leaf(0, &sets[0].clone());
        }
        for (place, split) in tree.splits.iter().enumerate() {
            let level = split.level as usize;
            path.truncate(level);
            sets.truncate(level + 1);
            let (kept, added, below) = program.free(&sets[level], split.feature, freeing);
            let parent = path.last().copied().unwrap_or(0);
            let left = level > 0 && tree.splits[parent as usize].left == Child::Split(place as u32);
            let leaves = [split.left, split.right].map(|child| match child {
                Child::Leaf(value) => program.leaf(value, &below),
                Child::Split(_) => NOBODY,
            });
            let (sets_here, level) = (sets[level].len() as u32, split.level);
            program.steps.push(Step { parent, left, level, sets: sets_here, kept, added, end: 0, leaves });
            program.most = program.most.max(below.len());
            sets.push(below);
            path.push(place as u32);
        }
        program.leaves.push(Leaf { value: 0, first: program.freed.len() as u32 });
        let mut open: Vec<(u32, usize)> = Vec::new();
        for place in (0..program.steps.len()).rev() {
            let level = program.steps[place].level;
            while open.last().is_some_and(|(other, _)| *other > level) {
                open.pop();
            }
            program.steps[place].end = open.last().map_or(program.steps.len(), |(_, place)| *place) as u32;
            open.push((level, place));
        }
        program
    }

    /// The number of counters.
    pub fn counters(&self) -> usize {
        self.freed.len()
    }

    /// The sets not masked by a split on `feature`, those that become new ones, and all sets below.
    fn free(&mut self, sets: &[Freed], feature: u32, freeing: &Freeing) -> ((u32, u32), (u32, u32), Vec<Freed>) {
        let mut below = sets.to_vec();
        let start = self.indices.len() as u32;
        if !freeing.features[feature as usize] {
            return ((start, start), (start, start), below);
        }
        let frees = |set: &Freed| set[0] == feature || set[1] == feature;
        self.indices.extend((0..sets.len()).filter(|i| frees(&sets[*i])).map(|i| i as u32));
        let middle = self.indices.len() as u32;
        if middle == start {
            for (i, set) in sets.iter().enumerate().filter(|(_, set)| freeing.joins(**set, feature)) {
                self.indices.push(i as u32);
                below.push(Freeing::joined(*set, feature));
            }
        }
        ((start, middle), (middle, self.indices.len() as u32), below)
    }

    fn leaf(&mut self, value: u32, sets: &[Freed]) -> u32 {
        self.leaves.push(Leaf { value, first: self.freed.len() as u32 });
        self.freed.extend_from_slice(sets);
        self.leaves.len() as u32 - 1
    }

    fn indices(&self, (start, end): (u32, u32)) -> &[u32] {
        &self.indices[start as usize..end as usize]
    }

    /// Room for the words of all levels.
    pub fn room(&self) -> usize {
        self.levels * self.most
    }

    /// Leads the rows of `all` down the tree. `left` tells per split who goes left; `sink` hears, counter by counter, who
    /// reaches the leaf when the counter's features are freed; counters nobody reaches may be left out.
    #[inline(always)]
    pub fn descend<B: Bits, S: Sink<B>>(&self, left: &[B], all: B, stack: &mut [B], sink: &mut S) {
        if self.steps.is_empty() {
            sink.see(0, all);
            return;
        }
        stack[0] = all;
        let mut place = 0;
        while place < self.steps.len() {
            let step = &self.steps[place];
            let level = step.level as usize;
            if level > 0 {
                let parent = &self.steps[step.parent as usize];
                let (above, here) = stack[(level - 1) * self.most..].split_at_mut(self.most);
                let here = &mut here[..self.most];
                let mask = if step.left { left[step.parent as usize] } else { left[step.parent as usize].not() };
                let sets = parent.sets as usize;
                for (to, from) in here[..sets].iter_mut().zip(&above[..sets]) {
                    *to = from.and(mask);
                }
                for &i in self.indices(parent.kept) {
                    here[i as usize] = above[i as usize];
                }
                for (to, &i) in here[sets..].iter_mut().zip(self.indices(parent.added)) {
                    *to = above[i as usize];
                }
                if step.level >= SPARSE && !any(&here[..step.sets as usize]) {
                    place = step.end as usize;
                    continue;
                }
            }
            for (leaf, mask) in [(step.leaves[0], left[place]), (step.leaves[1], left[place].not())] {
                if leaf != NOBODY {
                    let first = self.leaves[leaf as usize].first as usize;
                    self.arrive(step, &stack[level * self.most..], (first, mask), sink);
                }
            }
            place += 1;
        }
    }

    #[inline(always)]
    fn arrive<B: Bits, S: Sink<B>>(&self, step: &Step, here: &[B], (first, mask): (usize, B), sink: &mut S) {
        let sets = step.sets as usize;
        let kept = self.indices(step.kept);
        if kept.is_empty() {
            for (i, words) in here[..sets].iter().enumerate() {
                sink.see(first + i, words.and(mask));
            }
        } else {
            let mut next = 0;
            for (i, words) in here[..sets].iter().enumerate() {
                let free = kept.get(next) == Some(&(i as u32));
                next += usize::from(free);
                sink.see(first + i, if free { *words } else { words.and(mask) });
            }
        }
        for (i, &from) in self.indices(step.added).iter().enumerate() {
            sink.see(first + sets + i, here[from as usize]);
        }
    }
}

#[inline(always)]
fn any<B: Bits>(words: &[B]) -> bool {
    let mut all = B::NONE;
    for word in words {
        all = all.or(*word);
    }
    all.any()
}

/// One bit a row.
pub(super) trait Bits: Copy {
    /// No row.
    const NONE: Self;
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn not(self) -> Self;
    fn any(self) -> bool;
}

impl Bits for u64 {
    const NONE: Self = 0;

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        self & other
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        self | other
    }

    #[inline(always)]
    fn not(self) -> Self {
        !self
    }

    #[inline(always)]
    fn any(self) -> bool {
        self != 0
    }
}

/// 512 rows, on a cache line of their own.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Words([u64; WIDTH]);

impl Bits for Words {
    const NONE: Self = Self([0; WIDTH]);

    #[inline(always)]
    fn and(mut self, other: Self) -> Self {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a &= b;
        }
        self
    }

    #[inline(always)]
    fn or(mut self, other: Self) -> Self {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a |= b;
        }
        self
    }

    #[inline(always)]
    fn not(mut self) -> Self {
        for a in &mut self.0 {
            *a = !*a;
        }
        self
    }

    #[inline(always)]
    fn any(self) -> bool {
        self.0.iter().fold(0, |all, a| all | a) != 0
    }
}

/// Who hears of the rows that arrive.
pub(super) trait Sink<B> {
    /// `rows` reach the leaf of `counter` when its features are freed.
    fn see(&mut self, counter: usize, rows: B);
}

struct Counter<'c>(&'c mut [u32]);

impl Sink<Words> for Counter<'_> {
    #[inline(always)]
    fn see(&mut self, counter: usize, rows: Words) {
        let mut count = 0;
        for word in rows.0 {
            count += word.count_ones();
        }
        self.0[counter] += count;
    }
}

/// Rows that reach every leaf of every tree, counter by counter; trees one after the other.
pub(super) struct Counts {
    /// Per tree, its program.
    pub programs: Vec<Program>,
    /// Per tree, its counters.
    pub counts: Vec<Vec<u64>>,
}

/// Counts all `rows`. Integers, hence the same in any order. Cost per 64 rows: a few instructions a split, and two words a
/// counter.
pub(super) fn count(
    forest: &Forest<'_>,
    freeing: &Freeing,
    rows: MatrixView<'_>,
    task: &Task,
) -> Result<Counts, Cancelled> {
    let mut programs = Vec::with_capacity(forest.trees.len());
    for tree in &forest.trees {
        task.check()?;
        programs.push(Program::new(tree, freeing));
    }
    let mut counts: Vec<Vec<u64>> = Vec::with_capacity(programs.len());
    let chunks = rows.rows().div_ceil(CHUNK);
    let per_part = chunks.div_ceil(PARTS).max(1);
    let parts = chunks.div_ceil(per_part);
    task.begin("counting rows", (chunks * programs.len()) as u64);
    let mut first = 0;
    while first < programs.len() {
        let mut size = 0;
        let fits = |program: &&Program| {
            size += program.counters();
            size <= COUNTERS
        };
        let group = first..first + programs[first..].iter().take_while(fits).count().max(1);
        let part = |part: usize| {
            let end = ((part + 1) * per_part * CHUNK).min(rows.rows());
            let job = Part {
                forest,
                programs: &programs,
                group: group.clone(),
                rows: rows.slice(part * per_part * CHUNK, end),
                task,
            };
            run(job)
        };
        let found = parallel::map(parts, &Task::silent(), part)?;
        let mut sums: Vec<Vec<u64>> = programs[group.clone()].iter().map(|p| vec![0; p.counters()]).collect();
        for part in found {
            for (sum, count) in sums.iter_mut().flatten().zip(part?) {
                *sum += u64::from(count);
            }
        }
        counts.append(&mut sums);
        first = group.end;
    }
    Ok(Counts { programs, counts })
}

/// Some rows through some trees.
struct Part<'p, 'a> {
    forest: &'p Forest<'a>,
    programs: &'p [Program],
    group: std::ops::Range<usize>,
    rows: MatrixView<'p>,
    task: &'p Task,
}

impl Job for Part<'_, '_> {
    type Output = Result<Vec<u32>, Cancelled>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Self::Output {
        let programs = &self.programs[self.group.clone()];
        let mut counts = vec![0; programs.iter().map(Program::counters).sum()];
        let room = programs.iter().map(Program::room).max().unwrap_or(0);
        let mut stack = vec![Words::NONE; room];
        let mut left: Vec<Words> = Vec::new();
        let mut blocks: Vec<Block> = (0..WIDTH * RUNS).map(|_| self.forest.coding.block()).collect();
        for start in (0..self.rows.rows()).step_by(CHUNK) {
            let count = (self.rows.rows() - start).min(CHUNK);
            for (block, first) in blocks.iter_mut().zip((start..start + count).step_by(ROWS)) {
                self.forest.coding.encode(self.rows, first, (start + count - first).min(ROWS), block);
            }
            let mut first = 0;
            for (tree, program) in self.forest.trees[self.group.clone()].iter().zip(programs) {
                self.task.check()?;
                let counters = &mut counts[first..first + program.counters()];
                for run in 0..count.div_ceil(ROWS * WIDTH) {
                    ask(lanes, tree, &blocks[run * WIDTH..(run + 1) * WIDTH], &mut left);
                    program.descend(&left, present(count - run * ROWS * WIDTH), &mut stack, &mut Counter(counters));
                }
                first += program.counters();
            }
            self.task.advance(programs.len() as u64)?;
        }
        Ok(counts)
    }
}

/// What every split says about the rows of eight blocks.
#[inline(always)]
fn ask<L: Lanes>(lanes: L, tree: &Lean<'_>, blocks: &[Block], left: &mut Vec<Words>) {
    left.clear();
    for test in &tree.tests {
        let mut words = Words::NONE;
        for (word, block) in words.0.iter_mut().zip(blocks) {
            *word = block.goes_left(lanes, test);
        }
        left.push(words);
    }
}

/// The first `count` rows, at most 512.
fn present(count: usize) -> Words {
    Words(std::array::from_fn(|w| match count.saturating_sub(w * ROWS) {
        left @ 0..ROWS => (1 << left) - 1,
        _ => u64::MAX,
    }))
}
