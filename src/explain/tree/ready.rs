//! One row at a time: the tables of a whole model, made once and kept, so that a changed row is explained at once.
//!
//! Blocks of rows stand in vectors; a single row has nothing to stand beside. Here one pass asks all splits of a tree, whose
//! answers are bits of words; a group takes its own out of them to find its line, and the numbers of the line go to their
//! features. Lines are far apart in memory, so they are sent for some time before they are read.

use crate::base::Task;
use crate::model::TreeEnsemble;
use crate::num::MatrixView;
use crate::num::lines::Lines;
use crate::num::parallel;
use crate::num::simd::{Eight, Job, Lanes, run};

use super::forest::Forest;
use super::groups::{Group, LINE, Size};
use super::interventional::{Meeting, alone, table_limit};
use super::line_tables::{Filled, Piece};
use super::outcomes::Way;
use super::rank::Coding;
use super::row_asks::{RowAsks, SPLITS, WAYS, Words};
use super::tables::Tabling;
use super::{Stopped, base_of, path_dependent};

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
    states: Vec<Words>,
    /// Per narrow group, the place of the row's line.
    lines: Vec<u32>,
    /// Shape ([`COPIES`], outputs, columns): the inputs, and one column more for slots that hold nothing. Groups take turns
    /// with the copies, so that no sum is asked for while it is still being written.
    sums: Vec<f64>,
}

/// A group of at most eight features whose answers lie in one word for each way of asking.
#[derive(Clone, Copy, Debug)]
struct Narrow {
    /// The splits that are asked in each way.
    masks: Words,
    /// The words they lie in.
    words: [u16; WAYS],
    /// Where the second and the third way begin in a pattern.
    starts: [u8; WAYS - 1],
    /// The first line.
    lines: u32,
    /// Lines from one value of a leaf to the next.
    size: u32,
}

impl Narrow {
    /// `None` where the group is not of this kind.
    fn new(group: &Group, lines: usize, size: usize) -> Option<Self> {
        let mut narrow = Self {
            masks: [0; WAYS],
            words: [0; WAYS],
            starts: [0; WAYS - 1],
            lines: u32::try_from(lines).ok()?,
            size: u32::try_from(size).ok()?,
        };
        for (way, split) in group.bits.iter().map(|bit| bit.told()) {
            let (word, way) = (u16::try_from(split as usize / SPLITS).ok()?, way as usize);
            if narrow.masks[way] != 0 && narrow.words[way] != word {
                return None;
            }
            narrow.words[way] = word;
            narrow.masks[way] |= 1 << (split as usize % SPLITS);
        }
        let count = |way: usize| narrow.masks[way].count_ones() as u8;
        narrow.starts = [count(0), count(0) + count(1)];
        (group.features.len() <= LINE).then_some(narrow)
    }
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
    asks: RowAsks,
    narrow: Vec<Narrow>,
    /// Per narrow group, the column of each slot.
    slots: Vec<[u32; LINE]>,
    wide: Vec<Wide>,
    answers: Vec<(Way, u32)>,
    features: Vec<u32>,
    width: usize,
    first: usize,
}

/// All trees divided, into larger groups where memory allows; `None` where a leaf has too many features or the tables would
/// be too large.
fn tabling<'a>(forest: &'a Forest<'a>, limit: usize) -> Result<Option<Tabling<'a>>, Stopped> {
    for size in [Size::Large, Size::Usual] {
        let tabling = Tabling::new(forest.trees.iter().collect(), limit, size)?;
        if tabling.deep().any(|leaves| !leaves.is_empty()) {
            break;
        }
        if tabling.size() <= KEPT / size_of::<Eight>() {
            return Ok(Some(tabling));
        }
    }
    Ok(None)
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
        self.base = base_of(mean, ensemble);
    }

    fn keep(&mut self, pieces: &[Piece<'_>], filled: &[Filled]) {
        for (piece, filled) in pieces.iter().zip(filled) {
            let start = self.lines.push(&filled.lines);
            self.trees.push(Tabled::new(piece, start, (self.inputs, self.coding.columns())));
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

    /// Bytes of the lines of numbers.
    pub fn bytes(&self) -> u64 {
        self.lines.bytes()
    }

    /// Writes the contributions of one row (one value per input) to `out`, shape (outputs, inputs). The values are those of
    /// the tables, up to the order in which trees are summed, and the same on any number of threads. Cost: about a
    /// nanosecond for each split and a few for each group; half of the trees on another thread where one is free.
    pub fn explain(&self, row: &[f64], room: &mut Room, out: &mut [f64]) {
        room.codes.clear();
        room.codes.extend((0..self.coding.columns() as u32).map(|column| {
            let value = row.get(self.coding.feature(column) as usize).copied().unwrap_or(f64::NAN);
            self.coding.code(column, value)
        }));
        room.codes.resize(room.codes.len().max(SPLITS), 0);
        let (codes, [one, two]) = (&room.codes[..], &mut room.halves);
        let (first, last) = self.trees.split_at(self.trees.len() / 2);
        let half = |trees, half| run(HalfJob { ready: self, trees, codes, half });
        if self.trees.len() < FEW {
            half(first, one);
            half(last, two);
        } else {
            parallel::both(|| half(first, one), || half(last, two));
        }
        let columns = self.inputs + 1;
        for (k, out) in out.chunks_exact_mut(self.inputs.max(1)).enumerate() {
            for (j, value) in out.iter_mut().enumerate() {
                let copies = (0..COPIES).map(|copy| (copy * self.base.len() + k) * columns + j);
                *value = copies.map(|at| one.sums[at] + two.sums[at]).sum::<f64>() / self.divisor;
            }
        }
    }
}

/// Sums what some trees give.
struct HalfJob<'j> {
    ready: &'j Ready,
    trees: &'j [Tabled],
    codes: &'j [u32],
    half: &'j mut Half,
}

impl Job for HalfJob<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { ready, trees, codes, half } = self;
        let columns = ready.inputs + 1;
        half.states.resize(ready.splits.div_ceil(SPLITS), [0; WAYS]);
        half.sums.clear();
        half.sums.resize(COPIES * ready.base.len() * columns, 0.0);
        half.lines.clear();
        // Lines are found and sent for some trees before they are read: their way from memory is most of the time.
        let (mut waiting, mut read) = (trees.iter(), 0);
        let mut add = |half: &mut Half| {
            if let Some(tree) = waiting.next() {
                let own = &half.lines[read..read + tree.narrow.len()];
                read += own.len();
                tree.add_narrow(own, &ready.lines, columns, &mut half.sums);
            }
        };
        for (place, tree) in trees.iter().enumerate() {
            tree.asks.ask(lanes, codes, &mut half.states);
            tree.find(lanes, &half.states, &ready.lines, &mut half.lines);
            tree.add_wide(&half.states, &ready.lines, columns, &mut half.sums);
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
    fn new(piece: &Piece<'_>, mut start: usize, (inputs, columns): (usize, usize)) -> Self {
        let tree = piece.tree;
        let mut tabled = Self {
            asks: RowAsks::new(tree, columns),
            narrow: Vec::new(),
            slots: Vec::new(),
            wide: Vec::new(),
            answers: Vec::new(),
            features: Vec::new(),
            width: tree.width,
            first: tree.first_output,
        };
        for group in piece.groups {
            let (span, size) = (group.span(), group.patterns() * group.span());
            if let Some(narrow) = Narrow::new(group, start, size) {
                let mut slots = [inputs as u32; LINE];
                slots[..group.features.len()].copy_from_slice(&group.features);
                tabled.narrow.push(narrow);
                tabled.slots.push(slots);
            } else {
                tabled.answers.extend(group.bits.iter().map(|bit| bit.told()));
                tabled.features.extend(&group.features);
                let (answers, features) = (tabled.answers.len(), tabled.features.len());
                tabled.wide.push(Wide { answers, features, lines: start, size, span });
            }
            start += size * tree.width;
        }
        tabled
    }

    /// Finds the lines of the narrow groups.
    #[inline(always)]
    fn find<L: Lanes>(&self, lanes: L, states: &[Words], lines: &Lines, found: &mut Vec<u32>) {
        found.extend(self.narrow.iter().map(|group| {
            let told = |way: usize| lanes.extract(states[usize::from(group.words[way])][way], group.masks[way]) as u32;
            let line = group.lines + (told(0) | told(1) << group.starts[0] | told(2) << group.starts[1]);
            lines.fetch(line as usize);
            line
        }));
    }

    /// Adds what the lines that were found give.
    #[inline(always)]
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
    fn add_wide(&self, states: &[Words], lines: &Lines, columns: usize, sums: &mut [f64]) {
        let (mut answer, mut feature) = (0, 0);
        for group in &self.wide {
            let mut pattern = 0;
            for (k, &(way, split)) in self.answers[answer..group.answers].iter().enumerate() {
                let split = split as usize;
                pattern |= usize::from(states[split / SPLITS][way as usize] >> (split % SPLITS) & 1 == 1) << k;
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
