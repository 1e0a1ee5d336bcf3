//! One row at a time: the tables of a whole model, made once and kept, so that a changed row is explained at once.
//!
//! Blocks of rows stand in vectors; a single row has nothing to stand beside. Here one pass asks all splits of a tree, one
//! look-up a group finds its line, and the numbers of the line go to their features. What is read of the tables is a few
//! hundred kilobytes; what it takes is mostly the way of the lines from memory, so they are sent for some time before they are read.

use crate::base::Task;
use crate::model::TreeEnsemble;
use crate::num::MatrixView;
use crate::num::lines::Lines;
use crate::num::parallel;
use crate::num::simd::Eight;

use super::forest::Forest;
use super::groups::{Bit, LINE};
use super::interventional::{Meeting, alone, table_limit};
use super::line_tables::{Filled, Piece};
use super::rank::{Codes, Coding};
use super::tables::Tabling;
use super::{Stopped, path_dependent};

/// Most bytes of tables that are kept.
const KEPT: usize = 1 << 30;
/// Copies of the sums: eight numbers each for eight groups are as many as a processor has on their way to the cache.
const COPIES: usize = 8;
/// Trees whose lines are on their way while others are read.
const AHEAD: usize = 12;
/// Trees from which on half of them are worth another thread.
const FEW: usize = 64;
/// Most distinct features of a path: a table of 2ᵈ lines a leaf is made for each.
const DEEPEST: usize = 10;

/// A model whose tables are made, for explaining single rows in a fraction of a millisecond.
pub struct Ready {
    coding: Coding,
    trees: Vec<Tabled>,
    lines: Lines,
    inputs: usize,
    divisor: f64,
    base: Vec<f64>,
    /// Splits of the largest tree.
    splits: usize,
}

/// Buffers for [`Ready::explain`].
#[derive(Clone, Debug, Default)]
pub struct Room {
    codes: Vec<u32>,
    halves: [Half; 2],
}

/// Buffers for one half of the trees.
#[derive(Clone, Debug, Default)]
struct Half {
    states: Vec<u8>,
    /// Per narrow group, the place of the row's line.
    lines: Vec<u32>,
    /// Shape ([`COPIES`], outputs, columns): the inputs, and one column more for slots that hold nothing. Groups take turns
    /// with the copies, so that no sum is asked for while it is still being written.
    sums: Vec<f64>,
}

/// What a split answers in three ways: that the row goes left, that it does and satisfies the splits above with the same
/// feature, that it goes right and satisfies them. What the first split of all answers is always no.
const ANSWERS: usize = 3;

/// One comparison of a code.
#[derive(Clone, Copy, Debug)]
struct Within {
    column: u32,
    from: u32,
    span: u32,
}

/// A split on categories: its place, its column, and the codes that go left.
#[derive(Clone, Debug)]
struct Among {
    split: usize,
    column: usize,
    codes: Box<[u64]>,
}

/// A split with another of the same feature above.
#[derive(Clone, Copy, Debug)]
struct Repeat {
    split: usize,
    above: usize,
    left: bool,
}

/// A group of at most eight answers and eight features: loops of one length, which the processor foresees.
#[derive(Clone, Copy, Debug)]
struct Narrow {
    /// Places among the states, from the lowest bit of a pattern on.
    answers: [u32; LINE],
    /// The first line.
    lines: u32,
    /// Lines from one value of a leaf to the next.
    size: u32,
}

/// Any other group: the ends of its answers and features in the lists of the tree, and its table.
#[derive(Clone, Copy, Debug)]
struct Wide {
    answers: usize,
    features: usize,
    lines: usize,
    size: usize,
    span: usize,
}

/// The tables of one tree, or of a part of it.
struct Tabled {
    tests: Vec<Within>,
    sets: Vec<Among>,
    repeats: Vec<Repeat>,
    narrow: Vec<Narrow>,
    /// Per narrow group, the column of each slot.
    slots: Vec<[u32; LINE]>,
    wide: Vec<Wide>,
    answers: Vec<u32>,
    features: Vec<u32>,
    width: usize,
    first: usize,
}

/// All trees divided; `None` where a leaf has too many features or the tables would be too large.
fn tabling<'a>(forest: &'a Forest<'a>, limit: usize) -> Result<Option<Tabling<'a>>, Stopped> {
    let tabling = Tabling::new(forest.trees.iter().collect(), limit)?;
    let fits = tabling.size() <= KEPT / size_of::<Eight>() && tabling.deep().all(<[u32]>::is_empty);
    Ok(fits.then_some(tabling))
}

impl Ready {
    /// The tables of the path-dependent game; `None` where a path has more than ten distinct features, or where the tables
    /// would need more than a gigabyte. Cost O(leaves · d² · 2ᵈ).
    pub fn path_dependent(ensemble: &TreeEnsemble, task: &Task) -> Result<Option<Self>, Stopped> {
        let forest = Forest::new(ensemble, task)?;
        let Some(tabling) = tabling(&forest, DEEPEST)? else { return Ok(None) };
        let Some(mut ready) = Self::empty(&forest, ensemble, tabling.size()) else { return Ok(None) };
        for pieces in tabling.chunks() {
            ready.keep(&pieces, &path_dependent::filled(&tabling, &pieces, task)?);
        }
        ready.finish(&forest.mean(), ensemble);
        Ok(Some(ready))
    }

    /// The tables of the interventional game against `background`, as in [`super::interventional`]; `None` where a path has
    /// more features than get a table there, or where the tables would need more than a gigabyte.
    /// Cost O(background · groups of leaves + leaves · d² · 2ᵈ).
    pub fn interventional(
        ensemble: &TreeEnsemble,
        background: MatrixView<'_>,
        weights: Option<&[f64]>,
        task: &Task,
    ) -> Result<Option<Self>, Stopped> {
        let forest = Forest::new(ensemble, task)?;
        let Some(tabling) = tabling(&forest, table_limit(background.rows()))? else { return Ok(None) };
        let equal = vec![1.0; if weights.is_none() { background.rows() } else { 0 }];
        let meeting = Meeting { forest: &forest, background, weights: weights.unwrap_or(&equal) };
        let Some(mut ready) = Self::empty(&forest, ensemble, tabling.size()) else { return Ok(None) };
        let mut base = alone(&forest);
        for pieces in tabling.chunks() {
            ready.keep(&pieces, &meeting.filled(&tabling, &pieces, &mut base, task)?);
        }
        ready.finish(&base, ensemble);
        Ok(Some(ready))
    }

    fn empty(forest: &Forest<'_>, ensemble: &TreeEnsemble, lines: usize) -> Option<Self> {
        Some(Self {
            lines: Lines::new(lines)?,
            coding: forest.coding.clone(),
            trees: Vec::new(),
            inputs: forest.inputs,
            divisor: ensemble.divisor,
            base: Vec::new(),
            splits: forest.trees.iter().map(|t| t.splits.len()).max().unwrap_or(0),
        })
    }

    fn finish(&mut self, mean: &[f64], ensemble: &TreeEnsemble) {
        self.base = mean.iter().zip(&ensemble.base).map(|(sum, start)| sum / ensemble.divisor + start).collect();
    }

    fn keep(&mut self, pieces: &[Piece<'_>], filled: &[Filled]) {
        for (piece, filled) in pieces.iter().zip(filled) {
            let start = self.lines.push(&filled.lines);
            self.trees.push(Tabled::new(piece, start, self.inputs));
        }
    }

    /// Expected value per output.
    pub fn base(&self) -> &[f64] {
        &self.base
    }

    /// Number of inputs of a row.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Writes the contributions of one row (one value per input) to `out`, shape (outputs, inputs). The values are those of
    /// the tables, up to the order in which trees are summed, and the same on any number of threads. Cost: a few
    /// nanoseconds for each split and each group; half of the trees on another thread where one is free.
    pub fn explain(&self, row: &[f64], room: &mut Room, out: &mut [f64]) {
        room.codes.clear();
        room.codes.extend((0..self.coding.columns() as u32).map(|column| {
            let value = row.get(self.coding.feature(column) as usize).copied().unwrap_or(f64::NAN);
            self.coding.code(column, value)
        }));
        let (codes, [one, two]) = (&room.codes[..], &mut room.halves);
        let (first, last) = self.trees.split_at(self.trees.len() / 2);
        if self.trees.len() < FEW {
            self.half(first, codes, one);
            self.half(last, codes, two);
        } else {
            parallel::both(|| self.half(first, codes, one), || self.half(last, codes, two));
        }
        let columns = self.inputs + 1;
        for (k, out) in out.chunks_exact_mut(self.inputs.max(1)).enumerate() {
            for (j, value) in out.iter_mut().enumerate() {
                let copies = (0..COPIES).map(|copy| (copy * self.base.len() + k) * columns + j);
                *value = copies.map(|at| one.sums[at] + two.sums[at]).sum::<f64>() / self.divisor;
            }
        }
    }

    /// Sums what some trees give.
    fn half(&self, trees: &[Tabled], codes: &[u32], half: &mut Half) {
        half.states.resize(ANSWERS * (self.splits + 1), 0);
        half.sums.clear();
        half.sums.resize(COPIES * self.base.len() * (self.inputs + 1), 0.0);
        half.lines.clear();
        // Lines are found and sent for some trees before they are read: their way from memory is most of the time.
        let (mut waiting, mut read) = (trees.iter(), 0);
        let mut add = |half: &mut Half| {
            if let Some(tree) = waiting.next() {
                let own = &half.lines[read..read + tree.narrow.len()];
                read += own.len();
                tree.add_narrow(own, &self.lines, self.inputs + 1, &mut half.sums);
            }
        };
        for (place, tree) in trees.iter().enumerate() {
            tree.ask(codes, &mut half.states);
            tree.find(&half.states, &self.lines, &mut half.lines);
            tree.add_wide(&half.states, &self.lines, self.inputs + 1, &mut half.sums);
            if place >= AHEAD {
                add(half);
            }
        }
        for _ in 0..AHEAD {
            add(half);
        }
    }
}

impl Tabled {
    fn new(piece: &Piece<'_>, mut start: usize, inputs: usize) -> Self {
        let tree = piece.tree;
        let (mut tests, mut sets) = (Vec::new(), Vec::new());
        for (split, test) in tree.tests.iter().enumerate() {
            tests.push(match &test.left {
                Codes::Within { from, span } => Within { column: test.column, from: *from, span: *span },
                Codes::Table(codes) => {
                    sets.push(Among { split, column: test.column as usize, codes: codes.clone() });
                    Within { column: test.column, from: 0, span: 0 }
                }
            });
        }
        let repeat = |&place: &u32| {
            let above = tree.splits[place as usize].above?;
            Some(Repeat { split: place as usize, above: above.split as usize, left: above.left })
        };
        let mut tabled = Self {
            tests,
            sets,
            repeats: tree.repeats.iter().filter_map(repeat).collect(),
            narrow: Vec::new(),
            slots: Vec::new(),
            wide: Vec::new(),
            answers: Vec::new(),
            features: Vec::new(),
            width: tree.width,
            first: tree.first_output,
        };
        for group in piece.groups {
            let answers = group.bits.iter().map(|bit| ANSWERS as u32 * (bit.split + 1) + answer(*bit));
            let (span, size) = (group.span(), group.patterns() * group.span());
            if group.bits.len() <= LINE && group.features.len() <= LINE {
                let mut narrow = Narrow { answers: [0; LINE], lines: start as u32, size: size as u32 };
                narrow.answers.iter_mut().zip(answers).for_each(|(to, answer)| *to = answer);
                let mut slots = [inputs as u32; LINE];
                slots[..group.features.len()].copy_from_slice(&group.features);
                tabled.narrow.push(narrow);
                tabled.slots.push(slots);
            } else {
                tabled.answers.extend(answers);
                tabled.features.extend(&group.features);
                let (answers, features) = (tabled.answers.len(), tabled.features.len());
                tabled.wide.push(Wide { answers, features, lines: start, size, span });
            }
            start += size * tree.width;
        }
        tabled
    }

    /// Asks all splits.
    fn ask(&self, codes: &[u32], states: &mut [u8]) {
        let (states, _) = states.as_chunks_mut::<ANSWERS>();
        let states = &mut states[1..];
        for (test, state) in self.tests.iter().zip(states.iter_mut()) {
            let left = u8::from(codes[test.column as usize].wrapping_sub(test.from) <= test.span);
            *state = [left, left, left ^ 1];
        }
        for set in &self.sets {
            let code = codes[set.column] as usize;
            let left = set.codes.get(code / 64).map_or(0, |word| (word >> (code % 64) & 1) as u8);
            states[set.split] = [left, left, left ^ 1];
        }
        for repeat in &self.repeats {
            let [_, left, right] = states[repeat.above];
            let open = if repeat.left { left } else { right };
            let state = &mut states[repeat.split];
            *state = [state[0], state[1] & open, state[2] & open];
        }
    }

    /// Finds the lines of the narrow groups.
    fn find(&self, states: &[u8], lines: &Lines, found: &mut Vec<u32>) {
        found.extend(self.narrow.iter().map(|group| {
            let bits = group.answers.map(|place| u32::from(states[place as usize]));
            let line = group.lines + bits.iter().rev().fold(0, |pattern, bit| 2 * pattern + bit);
            lines.fetch(line as usize);
            line
        }));
    }

    /// Adds what the lines that were found give.
    fn add_narrow(&self, found: &[u32], lines: &Lines, columns: usize, sums: &mut [f64]) {
        let copy = sums.len() / COPIES;
        for k in 0..self.width {
            for (turn, ((group, slots), line)) in self.narrow.iter().zip(&self.slots).zip(found).enumerate() {
                let line = lines.line(*line as usize + k * group.size as usize);
                let sums = &mut sums[turn % COPIES * copy + (self.first + k) * columns..][..columns];
                for (slot, value) in slots.iter().zip(line) {
                    sums[*slot as usize] += value;
                }
            }
        }
    }

    /// Adds what the other groups give.
    fn add_wide(&self, states: &[u8], lines: &Lines, columns: usize, sums: &mut [f64]) {
        let (mut answer, mut feature) = (0, 0);
        for group in &self.wide {
            let mut pattern = 0;
            for (k, &place) in self.answers[answer..group.answers].iter().enumerate() {
                pattern |= usize::from(states[place as usize]) << k;
            }
            let features = &self.features[feature..group.features];
            (answer, feature) = (group.answers, group.features);
            for k in 0..self.width {
                let first = group.lines + k * group.size + pattern * group.span;
                let sums = &mut sums[(self.first + k) * columns..][..columns];
                for (features, at) in features.chunks(LINE).zip(first..) {
                    for (feature, value) in features.iter().zip(&lines.line(at)) {
                        sums[*feature as usize] += value;
                    }
                }
            }
        }
    }
}

/// Which of a split's answers a bit of a pattern is.
fn answer(bit: Bit) -> u32 {
    match (bit.any, bit.flip) {
        (0, 0) => 1,
        (0, _) => 2,
        _ => 0,
    }
}
