//! Line tables: what the leaves of a group give to every feature, for every pattern of a row, in either game.
//!
//! Reference rows are counted by the group's patterns, one addition for each row and group; the counts of a leaf follow by
//! adding up the patterns that mean the same to it. Where unknown features follow the training cover, a leaf sees each of
//! them satisfied with the probability of its cover, independently, so products take the place of counts. [`super::zeta`]
//! turns either into contributions, and the leaves of a group are added up in one table. An explained row then costs
//! one line of eight numbers a group, however many reference rows there are. Rows stand in lanes: eight lines are read and turned, so that each of their columns is added to eight rows
//! of a feature at once.

use crate::base::{Cancelled, Task};
use crate::num::simd::{Eight, Job, Lanes, run};

use super::forest::Lean;
use super::groups::{Group, GroupLeaf, LINE, MOST_BITS};
use super::outcomes::{Bit, Outcomes};
use super::rank::ROWS;
use super::zeta::{Factors, Transform};

/// Eights of tables that are gone through together (256 kB).
const NEAR: usize = (256 << 10) / 64;
/// Vectors of eight rows in a block.
pub(super) const VECTORS: usize = ROWS / 8;
/// One number for each row of a block.
pub(super) type Column = [Eight; VECTORS];

/// Some groups of one tree, that are counted, filled and read together.
pub(super) struct Piece<'a> {
    pub tree: &'a Lean<'a>,
    pub groups: &'a [Group],
}

/// The patterns of sixty-four rows in one group.
#[inline(always)]
fn patterns<L: Lanes>(lanes: L, bits: &[Bit], outcomes: &Outcomes, codes: &mut [u16; ROWS]) {
    let mut words = [0u64; MOST_BITS];
    for (word, bit) in words.iter_mut().zip(bits) {
        *word = bit.word(outcomes);
    }
    lanes.patterns(&words[..bits.len().min(MOST_BITS)], codes);
}

impl Piece<'_> {
    /// Counts of all groups.
    pub fn counts(&self) -> usize {
        self.groups.iter().map(Group::patterns).sum()
    }

    /// Eights in all tables.
    pub fn lines(&self) -> usize {
        self.groups.iter().map(|g| g.patterns() * g.span() * self.tree.width).sum()
    }

    /// Adds the weights of a block's first rows to the counts of their patterns.
    #[inline(always)]
    pub fn count<L: Lanes>(&self, lanes: L, outcomes: &Outcomes, weights: &[f64], counts: &mut [f64]) {
        let (mut rest, mut codes) = (counts, [0; ROWS]);
        for group in self.groups {
            patterns(lanes, &group.bits, outcomes, &mut codes);
            let (own, others) = rest.split_at_mut(group.patterns());
            for (code, weight) in codes.iter().zip(weights) {
                own[usize::from(*code)] += weight;
            }
            rest = others;
        }
    }

    /// Adds what the tree gives to blocks of rows, `columns` of shape (blocks, outputs, inputs). Goes through a few tables
    /// at a time, so that they stay near the processor for all blocks.
    #[inline(always)]
    pub fn add<L: Lanes>(
        &self,
        lanes: L,
        outcomes: &[Outcomes],
        lines: &[Eight],
        inputs: usize,
        columns: &mut [Column],
    ) {
        let size = columns.len() / outcomes.len().max(1);
        let (mut first, mut rest) = (0, lines);
        while first < self.groups.len() {
            let (mut end, mut own) = (first, 0);
            while end < self.groups.len() && (end == first || own + self.lines_of(end) <= NEAR) {
                own += self.lines_of(end);
                end += 1;
            }
            let (tables, others) = rest.split_at(own);
            for (outcomes, columns) in outcomes.iter().zip(columns.chunks_exact_mut(size.max(1))) {
                let mut tables = tables;
                for group in &self.groups[first..end] {
                    tables = self.read(lanes, group, outcomes, tables, inputs, columns);
                }
            }
            (first, rest) = (end, others);
        }
    }

    fn lines_of(&self, group: usize) -> usize {
        self.groups.get(group).map_or(0, |g| g.patterns() * g.span() * self.tree.width)
    }

    /// Adds what one group gives to a block of rows; gives back the tables after its own.
    #[inline(always)]
    fn read<'t, L: Lanes>(
        &self,
        lanes: L,
        group: &Group,
        outcomes: &Outcomes,
        tables: &'t [Eight],
        inputs: usize,
        columns: &mut [Column],
    ) -> &'t [Eight] {
        let (mut rest, mut codes) = (tables, [0; ROWS]);
        patterns(lanes, &group.bits, outcomes, &mut codes);
        let span = group.span();
        for k in 0..self.tree.width {
            let (table, others) = rest.split_at(group.patterns() * span);
            rest = others;
            let first = (self.tree.first_output + k) * inputs;
            let plane = &mut columns[first..first + inputs];
            for (part, features) in group.features.chunks(LINE).enumerate() {
                let read = Read {
                    lanes,
                    table: table.get(part..).unwrap_or(&[]),
                    codes: &codes,
                    shift: span.ilog2(),
                    features,
                };
                match features.len() {
                    1 => read.add::<1>(plane),
                    2 => read.add::<2>(plane),
                    3 => read.add::<3>(plane),
                    4 => read.add::<4>(plane),
                    5 => read.add::<5>(plane),
                    6 => read.add::<6>(plane),
                    7 => read.add::<7>(plane),
                    _ => read.add::<8>(plane),
                }
            }
        }
        rest
    }
}

/// One line a row.
struct Read<'r, L> {
    lanes: L,
    /// From the part of the lines that is read.
    table: &'r [Eight],
    codes: &'r [u16; ROWS],
    /// Eights of a line, as a power of two.
    shift: u32,
    features: &'r [u32],
}

impl<L: Lanes> Read<'_, L> {
    #[inline(always)]
    fn add<const WIDTH: usize>(&self, plane: &mut [Column]) {
        let mut features = [0; WIDTH];
        for k in 0..WIDTH {
            features[k] = self.features[k] as usize;
        }
        // The features of a group differ.
        let Ok(columns) = plane.get_disjoint_mut(features) else { return };
        let (codes, _) = self.codes.as_chunks::<8>();
        for v in 0..VECTORS {
            let turned = self.lanes.turned(self.table, &codes[v], self.shift);
            for k in 0..WIDTH {
                let to = &mut columns[k][v];
                let sum = self.lanes.add(self.lanes.load(to), turned[k]);
                self.lanes.store(to, sum);
            }
        }
    }
}

/// A leaf and where it belongs.
struct Place<'p> {
    leaf: &'p GroupLeaf,
    group: &'p Group,
    /// The group's first count and first line.
    count: usize,
    line: usize,
}

/// Buffers for filling.
#[derive(Default)]
struct Room {
    shares: Vec<Eight>,
    sums: Vec<Eight>,
    given: Vec<Eight>,
    lines: Vec<Eight>,
}

/// The tables of one piece.
pub(super) struct Filled {
    pub lines: Vec<Eight>,
    /// What the leaves give to the expected score, one for each value of a leaf.
    pub mean: Vec<f64>,
}

/// How often unknown features fail which features of a leaf together.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unknown<'u> {
    /// As in the reference rows: their counts by pattern, to be divided by a total.
    Counted(&'u [f64], f64),
    /// Each by itself, as its splits share the training cover.
    Covered,
}

impl Piece<'_> {
    /// The tables of one game. Cost O(leaves · d² · 2ᵈ) and a pass over the tables.
    pub fn fill(&self, unknown: Unknown<'_>, factors: &[Factors], task: &Task) -> Result<Filled, Cancelled> {
        run(FillJob { piece: self, unknown, factors, task })
    }
}

/// Fills the tables of one piece.
struct FillJob<'j> {
    piece: &'j Piece<'j>,
    unknown: Unknown<'j>,
    factors: &'j [Factors],
    task: &'j Task,
}

impl Job for FillJob<'_> {
    type Output = Result<Filled, Cancelled>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Result<Filled, Cancelled> {
        let tree = self.piece.tree;
        let mut filled = Filled { lines: vec![Eight::splat(0.0); self.piece.lines()], mean: vec![0.0; tree.width] };
        let mut room = Room::default();
        let mut places = Vec::new();
        let (mut count, mut line) = (0, 0);
        for group in self.piece.groups {
            places.extend(group.leaves.iter().map(|leaf| Place { leaf, group, count, line }));
            count += group.patterns();
            line += group.patterns() * group.span() * tree.width;
        }
        places.sort_by_key(|place| place.leaf.distinct());
        for places in places.chunk_by(|a, b| a.leaf.distinct() == b.leaf.distinct()) {
            for places in places.chunks(8) {
                self.task.check()?;
                self.eight(lanes, places, &mut room, &mut filled);
            }
        }
        Ok(filled)
    }
}

impl FillJob<'_> {
    /// At most eight leaves of as many features.
    #[inline(always)]
    fn eight<L: Lanes>(&self, lanes: L, places: &[Place<'_>], room: &mut Room, filled: &mut Filled) {
        let tree = self.piece.tree;
        let distinct = places.first().map_or(0, |p| p.leaf.distinct());
        room.shares.clear();
        room.shares.resize(1 << distinct, Eight::splat(0.0));
        for (lane, place) in places.iter().enumerate() {
            match self.unknown {
                Unknown::Counted(counts, total) => place.counted(counts, total, lane, &mut room.shares),
                Unknown::Covered => place.covered(lane, &mut room.shares),
            }
            let values = &tree.values[place.leaf.value as usize..][..tree.width];
            for (mean, value) in filled.mean.iter_mut().zip(values) {
                *mean += value * room.shares[0].0[lane];
            }
        }
        let Room { shares, sums, given, lines } = room;
        Transform { factors: &self.factors[distinct], shares, room: sums, given }.run(lanes);
        for (lane, place) in places.iter().enumerate() {
            let values = &tree.values[place.leaf.value as usize..][..tree.width];
            place.add(lanes, given, lane, values, lines, &mut filled.lines);
        }
    }
}

impl Place<'_> {
    /// Adds the counts of the group's patterns to the shares of the leaf's failing sets.
    fn counted(&self, counts: &[f64], total: f64, lane: usize, shares: &mut [Eight]) {
        let path = self.group.path;
        let (all, below) = ((1usize << self.leaf.distinct()) - 1, 1usize << path);
        for (ways, counts) in counts[self.count..self.count + self.group.patterns()].chunks_exact(below).enumerate() {
            let (keep, extra) = self.leaf.satisfied(path, ways);
            for (pattern, count) in counts.iter().enumerate() {
                shares[all & !(pattern & keep | extra)].0[lane] += count;
            }
        }
        for share in shares {
            share.0[lane] /= total;
        }
    }

    /// The shares where every feature of the leaf is satisfied with the probability of its cover, whatever the others
    /// are: products, built up feature by feature.
    fn covered(&self, lane: usize, shares: &mut [Eight]) {
        shares[0].0[lane] = 1.0;
        for (feature, kept) in self.leaf.kept.iter().enumerate() {
            let (without, with) = shares[..2 << feature].split_at_mut(1 << feature);
            for (without, with) in without.iter_mut().zip(with) {
                with.0[lane] = without.0[lane] * (1.0 - kept);
                without.0[lane] *= kept;
            }
        }
    }

    /// Adds what the leaf gives to the group's tables.
    #[inline(always)]
    fn add<L: Lanes>(
        &self,
        lanes: L,
        given: &[Eight],
        lane: usize,
        values: &[f64],
        lines: &mut Vec<Eight>,
        tables: &mut [Eight],
    ) {
        let (path, span, distinct) = (self.group.path, self.group.span(), self.leaf.distinct());
        lines.clear();
        lines.resize(span << distinct, Eight::splat(0.0));
        for (given, line) in given.chunks_exact(distinct.max(1)).zip(lines.chunks_exact_mut(span)) {
            for (given, slot) in given.iter().zip(&self.leaf.slots) {
                line[usize::from(*slot) / LINE].0[usize::from(*slot) % LINE] = given.0[lane];
            }
        }
        let size = self.group.patterns() * span;
        for (k, value) in values.iter().enumerate() {
            let table = &mut tables[self.line + k * size..][..size];
            for (ways, table) in table.chunks_exact_mut(span << path).enumerate() {
                let (keep, extra) = self.leaf.satisfied(path, ways);
                for (pattern, to) in table.chunks_exact_mut(span).enumerate() {
                    let from = (pattern & keep | extra) * span;
                    for (to, from) in to.iter_mut().zip(&lines[from..from + span]) {
                        let sum = lanes.mul_add(lanes.splat(*value), lanes.load(from), lanes.load(to));
                        lanes.store(to, sum);
                    }
                }
            }
        }
    }
}
