//! The values of an input as pieces: no tree tells two values of one piece apart, so that every curve over the input is
//! known exactly by one number a piece.

use std::collections::BTreeMap;

use crate::base::{Cancelled, Task};
use crate::model::{Compare, TreeEnsemble};
use crate::num::MatrixView;
use crate::num::parallel;

use super::rank::{Block, Codes, Coding, ROWS, Test};

/// LightGBM's zero, see [`Coding::zero_is_missing`].
const ZERO: f64 = 1e-35_f32 as f64;

/// A set of values between which no tree distinguishes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Piece {
    /// No value.
    Missing,
    /// The values between two neighbouring thresholds; which end belongs tells [`Axis::low_belongs`].
    Interval {
        /// Lower end; −∞ for the first.
        low: f64,
        /// Upper end; ∞ for the last.
        high: f64,
    },
    /// One category, by its code.
    Category(u32),
    /// All categories no split knows.
    OtherCategory,
}

/// The pieces of one input.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The input.
    pub feature: usize,
    /// Its pieces: the missing value first, then ascending.
    pub pieces: Vec<Piece>,
    /// Whether the lower end of an interval belongs to it, else the upper end does.
    pub low_belongs: bool,
    /// Whether the value 0 belongs to the piece of the missing value.
    pub zero_is_missing: bool,
    /// The coded columns of the input; more than one only where trees of one model read it in different ways.
    columns: Vec<u32>,
    /// For several columns: the codes of every piece, and the first piece of given codes.
    codes: Vec<Vec<u32>>,
    places: BTreeMap<Vec<u32>, u32>,
}

/// The pieces of all inputs that some tree uses.
#[derive(Clone, Debug)]
pub struct Axes {
    coding: Coding,
    /// Ascending by input.
    axes: Vec<Axis>,
    /// Per input, its place among `axes`.
    places: Vec<Option<u32>>,
}

impl Axes {
    /// Lays out the pieces. Cost O(thresholds + categories).
    pub(super) fn new(coding: &Coding, ensemble: &TreeEnsemble) -> Self {
        let mut columns = vec![Vec::new(); ensemble.inputs];
        for column in 0..coding.columns() as u32 {
            if let Some(own) = columns.get_mut(coding.feature(column) as usize) {
                own.push(column);
            }
        }
        let mut axes = Vec::new();
        let mut places = vec![None; ensemble.inputs];
        for (feature, columns) in columns.into_iter().enumerate().filter(|(_, c)| !c.is_empty()) {
            places[feature] = Some(axes.len() as u32);
            axes.push(match columns[..] {
                [column] => plain(coding, ensemble.compare, feature, column),
                _ => mixed(coding, ensemble.compare, feature, columns),
            });
        }
        Self { coding: coding.clone(), axes, places }
    }

    /// All axes, ascending by input.
    pub fn all(&self) -> &[Axis] {
        &self.axes
    }

    /// The place of an input's axis; `None` when no tree uses the input.
    pub fn place(&self, feature: usize) -> Option<usize> {
        self.places.get(feature).copied().flatten().map(|place| place as usize)
    }

    /// The piece of `value` on the axis at `place`. Cost O(log pieces), more where trees read the input in several ways.
    pub fn piece(&self, place: usize, value: f64) -> usize {
        let axis = &self.axes[place];
        axis.piece_of_codes(|column| self.coding.code(column, value))
    }

    /// Per axis the piece of every row. Cost O(rows · axes · log pieces).
    pub fn pieces(&self, rows: MatrixView<'_>, task: &Task) -> Result<Vec<Vec<u32>>, Cancelled> {
        let blocks = rows.rows().div_ceil(ROWS);
        let code = |block: usize| {
            let first = block * ROWS;
            let count = (rows.rows() - first).min(ROWS);
            let mut coded = self.coding.block();
            self.coding.encode(rows, first, count, &mut coded);
            let one = |place: usize| (0..count).map(|i| self.piece_in(place, &coded, i) as u32).collect::<Vec<u32>>();
            task.check().map(|()| (0..self.axes.len()).map(one).collect::<Vec<_>>())
        };
        let mut found: Vec<Vec<u32>> = vec![Vec::with_capacity(rows.rows()); self.axes.len()];
        for block in parallel::map(blocks, &Task::silent(), code)? {
            for (all, part) in found.iter_mut().zip(block?) {
                all.extend(part);
            }
        }
        Ok(found)
    }

    /// The piece of row `i` of a coded block on the axis at `place`.
    #[inline]
    pub(super) fn piece_in(&self, place: usize, block: &Block, i: usize) -> usize {
        self.axes[place].piece_of_codes(|column| match block {
            Block::Narrow(columns) => u32::from(columns[column as usize].0[i]),
            Block::Wide(columns) => columns[column as usize].0[i],
        })
    }

    /// A value in `piece` of the axis at `place`; `None` where the piece holds none, as beyond an infinite threshold.
    pub fn inside(&self, place: usize, piece: usize) -> Option<f64> {
        match self.axes[place].pieces[piece] {
            Piece::Missing => Some(f64::NAN),
            Piece::Category(code) => Some(f64::from(code)),
            Piece::OtherCategory => Some(self.coding.categories(self.axes[place].columns[0]) as f64),
            Piece::Interval { low, high } => {
                let middle = (low.max(f64::MIN) / 2.0 + high.min(f64::MAX) / 2.0).clamp(low, high);
                let single = |x: f64| [f64::from((x as f32).next_up()), f64::from((x as f32).next_down())];
                let near = |x: f64| [x, x.next_up(), x.next_down(), single(x)[0], single(x)[1]];
                let tries = [near(low), near(high), near(middle), near(0.5 * (middle + high.min(f64::MAX)))];
                tries.into_iter().flatten().find(|x| !x.is_nan() && self.piece(place, *x) == piece)
            }
        }
    }
}

impl Axis {
    #[inline]
    fn piece_of_codes(&self, code: impl Fn(u32) -> u32) -> usize {
        match self.columns[..] {
            [column] => code(column) as usize,
            _ => {
                let codes: Vec<u32> = self.columns.iter().map(|c| code(*c)).collect();
                // Every reachable combination is there; the missing value stands in for what cannot be.
                self.places.get(&codes).map_or(0, |place| *place as usize)
            }
        }
    }

    /// All pieces.
    pub(super) fn whole(&self) -> Reach {
        match self.pieces.get(1) {
            Some(Piece::Interval { .. }) if self.columns.len() == 1 => {
                Reach::Range { missing: true, first: 1, last: self.pieces.len() as u32 - 1 }
            }
            _ => Reach::Set((0..self.pieces.len().div_ceil(64)).map(|w| self.ones(w)).collect()),
        }
    }

    fn ones(&self, word: usize) -> u64 {
        match self.pieces.len() - 64 * word {
            count @ 0..64 => (1 << count) - 1,
            _ => u64::MAX,
        }
    }

    /// The pieces of `reach` that `test` sends left, or right.
    pub(super) fn narrow(&self, reach: &Reach, test: &Test, left: bool) -> Reach {
        match (reach, &test.left) {
            (Reach::Range { missing, first, last }, Codes::Within { from, span }) => {
                let (missing_left, end) = match from {
                    0 => (true, *span),
                    1 => (false, *span + 1),
                    _ => (false, 0),
                };
                match left {
                    true => Reach::Range { missing: *missing && missing_left, first: *first, last: end.min(*last) },
                    false => {
                        Reach::Range { missing: *missing && !missing_left, first: (end + 1).max(*first), last: *last }
                    }
                }
            }
            (reach, _) => {
                let which = self.columns.iter().position(|c| *c == test.column).unwrap_or(0);
                let code = |piece: usize| self.codes.get(piece).map_or(piece as u32, |codes| codes[which]);
                let mut words = vec![0; self.pieces.len().div_ceil(64)];
                reach.each_run(|start, end| {
                    for piece in (start as usize..end as usize).filter(|p| test.takes(code(*p)) == left) {
                        words[piece / 64] |= 1 << (piece % 64);
                    }
                });
                Reach::Set(words)
            }
        }
    }
}

/// The pieces of one input that lead to a leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The missing value or not, and the pieces `first..=last`.
    Range { missing: bool, first: u32, last: u32 },
    /// One bit a piece.
    Set(Vec<u64>),
}

impl Reach {
    /// Calls `see(start, end)` for every run of neighbouring pieces, the end excluded.
    pub fn each_run(&self, mut see: impl FnMut(u32, u32)) {
        match self {
            Self::Range { missing, first, last } => {
                let empty = first > last;
                match (missing, empty) {
                    (true, false) if *first == 1 => see(0, last + 1),
                    _ => {
                        if *missing {
                            see(0, 1);
                        }
                        if !empty {
                            see(*first, last + 1);
                        }
                    }
                }
            }
            Self::Set(words) => {
                let has = |piece: u32| words.get(piece as usize / 64).is_some_and(|w| w >> (piece % 64) & 1 == 1);
                let (mut start, end) = (0, 64 * words.len() as u32);
                while start < end {
                    let stop = (start..end).find(|p| !has(*p)).unwrap_or(end);
                    if stop > start {
                        see(start, stop);
                    }
                    start = stop + 1;
                }
            }
        }
    }
}

fn plain(coding: &Coding, compare: Compare, feature: usize, column: u32) -> Axis {
    let categories = coding.categories(column);
    let mut pieces = vec![Piece::Missing];
    if categories > 0 {
        pieces.extend((0..categories as u32).map(Piece::Category));
        pieces.push(Piece::OtherCategory);
    } else {
        intervals(coding.thresholds(column), &mut pieces);
    }
    Axis {
        feature,
        pieces,
        low_belongs: !compare.equal_goes_left(),
        zero_is_missing: coding.zero_is_missing(column),
        columns: vec![column],
        codes: Vec::new(),
        places: BTreeMap::new(),
    }
}

fn intervals(ends: &[f64], pieces: &mut Vec<Piece>) {
    let mut low = f64::NEG_INFINITY;
    for &high in ends.iter().chain(&[f64::INFINITY]) {
        pieces.push(Piece::Interval { low, high });
        low = high;
    }
}

/// Where trees read an input in several ways: every place at which some code may change, with its neighbours.
fn mixed(coding: &Coding, compare: Compare, feature: usize, columns: Vec<u32>) -> Axis {
    let mut ends = vec![-ZERO, ZERO, -1.0, 0.0];
    for &column in &columns {
        ends.extend(coding.thresholds(column));
        ends.extend((0..=coding.categories(column)).map(|c| c as f64));
    }
    // A value rounded to f32 crosses an end half a step of f32 below it.
    let halves = |x: f64| (x + f64::from((x as f32).next_down())) / 2.0;
    let near = |x: f64| [x.next_down(), x, x.next_up()];
    let mut values: Vec<f64> = ends.iter().flat_map(|x| [near(*x), near(halves(*x))]).flatten().collect();
    values.extend([f64::NEG_INFINITY, f64::INFINITY]);
    values.retain(|x| !x.is_nan());
    values.sort_unstable_by(f64::total_cmp);
    let codes_of = |x: f64| columns.iter().map(|c| coding.code(*c, x)).collect::<Vec<u32>>();
    let mut axis = Axis {
        feature,
        pieces: vec![Piece::Missing],
        low_belongs: !compare.equal_goes_left(),
        zero_is_missing: false,
        codes: vec![codes_of(f64::NAN)],
        places: BTreeMap::from([(codes_of(f64::NAN), 0)]),
        columns,
    };
    let codes_of = |x: f64| axis.columns.iter().map(|c| coding.code(*c, x)).collect::<Vec<u32>>();
    let all: Vec<(f64, Vec<u32>)> = values.into_iter().map(|x| (x, codes_of(x))).collect();
    for (k, (x, codes)) in all.iter().enumerate() {
        match axis.pieces.last_mut() {
            Some(Piece::Interval { high, .. }) if k > 0 && all[k - 1].1 == *codes => *high = *x,
            _ => {
                axis.places.entry(codes.clone()).or_insert(axis.pieces.len() as u32);
                axis.pieces.push(Piece::Interval { low: *x, high: *x });
                axis.codes.push(codes.clone());
            }
        }
    }
    axis
}
