//! Values as small codes: each input's thresholds are sorted once, a value becomes the number of thresholds it lies
//! beyond, and every split of every tree becomes one comparison of integers, exact in the source library's own
//! comparison. Code 0 is a missing value; category codes are the categories themselves, one up.

use crate::model::{CategorySet, Compare, Missing, Node, Tree, TreeEnsemble};
use crate::num::MatrixView;
use crate::num::simd::Lanes;

/// Rows in a coded block: one bit of a word each.
pub(super) const ROWS: usize = 64;
/// LightGBM's zero: values this close to 0 count as missing where a model says so.
const ZERO: f64 = 1e-35_f32 as f64;

/// How a split reads a coded column.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Test {
    /// The coded column.
    pub column: u32,
    /// Which codes go left.
    pub left: Codes,
}

/// A set of codes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Codes {
    /// Those with `code − from`, wrapping, at most `span`.
    Within { from: u32, span: u32 },
    /// Those whose bit is set.
    Table(Box<[u64]>),
}

/// How a column reads its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Number,
    /// A number of which zero counts as missing.
    NumberWithoutZero,
    Category,
}

#[derive(Clone, Debug)]
struct Column {
    feature: u32,
    role: Role,
    /// Ascending, distinct; empty for categories.
    thresholds: Vec<f64>,
    /// The thresholds, the last one repeated up to a power of two; one number that is none when there are none.
    padded: Vec<f64>,
    /// Categories 0 to `categories − 1` have codes of their own.
    categories: usize,
}

impl Column {
    fn new(feature: u32, role: Role) -> Self {
        Self { feature, role, thresholds: Vec::new(), padded: Vec::new(), categories: 0 }
    }

    fn sort(&mut self) {
        self.thresholds.sort_unstable_by(f64::total_cmp);
        self.thresholds.dedup_by(|a, b| a.to_bits() == b.to_bits());
        self.padded.clone_from(&self.thresholds);
        let last = self.thresholds.last().copied().unwrap_or(f64::NAN);
        self.padded.resize(self.thresholds.len().next_power_of_two(), last);
    }
}

/// The codes of all inputs of an ensemble.
#[derive(Clone, Debug)]
pub(super) struct Coding {
    columns: Vec<Column>,
    /// Per input and role, the column.
    places: Vec<[Option<u32>; 3]>,
    compare: Compare,
    /// Whether codes need more than 16 bits.
    wide: bool,
}

/// One block of rows, coded: every column's codes side by side.
#[derive(Clone, Debug)]
pub(super) enum Block {
    Narrow(Vec<Narrow>),
    Wide(Vec<Wide>),
}

/// Codes of one column in 16 bits, on cache lines of their own.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Narrow(pub [u16; ROWS]);

/// Codes of one column in 32 bits, on cache lines of their own.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Wide(pub [u32; ROWS]);

impl Coding {
    /// Collects the thresholds and categories of every input. Cost O(nodes · log nodes).
    pub fn new(ensemble: &TreeEnsemble) -> Self {
        let mut places = vec![[None; 3]; ensemble.inputs];
        let mut columns: Vec<Column> = Vec::new();
        for tree in &ensemble.trees {
            for node in tree.nodes.iter().filter(|n| !n.is_leaf()) {
                let (feature, role) = (node.feature, role(node));
                let Some(place) = places.get_mut(feature as usize) else { continue };
                let place = *place[role as usize].get_or_insert_with(|| {
                    columns.push(Column::new(feature, role));
                    columns.len() as u32 - 1
                });
                let column = &mut columns[place as usize];
                match tree.sets.get(node.set as usize) {
                    Some(set) if node.set != Node::NUMERIC => {
                        column.categories = column.categories.max(set.words.len() * 64);
                    }
                    _ if node.threshold.is_nan() => {}
                    _ => column.thresholds.push(ensemble.compare.seen_threshold(node.threshold)),
                }
            }
        }
        columns.iter_mut().for_each(Column::sort);
        let most = columns.iter().map(|c| c.thresholds.len().max(c.categories)).max().unwrap_or(0);
        Self { columns, places, compare: ensemble.compare, wide: most + 3 > usize::from(u16::MAX) }
    }

    /// The test of a split; `None` for an input or a set that does not exist.
    pub fn test(&self, ensemble: &TreeEnsemble, tree: &Tree, node: &Node) -> Option<Test> {
        let place = self.places.get(node.feature as usize)?[role(node) as usize]?;
        let column = self.columns.get(place as usize)?;
        if node.set != Node::NUMERIC {
            let set = tree.sets.get(node.set as usize)?;
            return Some(Test {
                column: place,
                left: Codes::Table(table(column.categories, set, node.missing, self.compare)),
            });
        }
        let missing_left = match node.missing {
            Missing::Left | Missing::ZeroLeft => true,
            Missing::Right | Missing::ZeroRight => false,
            Missing::AsZero => ensemble.goes_left(tree, node, f64::NAN),
        };
        let threshold = self.compare.seen_threshold(node.threshold);
        let left = match column.thresholds.binary_search_by(|t| t.total_cmp(&threshold)) {
            Ok(rank) if missing_left => Codes::Within { from: 0, span: rank as u32 + 1 },
            Ok(rank) => Codes::Within { from: 1, span: rank as u32 },
            // No value is below a threshold that is no number.
            Err(_) if missing_left => Codes::Within { from: 0, span: 0 },
            Err(_) => Codes::Within { from: u32::MAX, span: 0 },
        };
        Some(Test { column: place, left })
    }

    /// Thresholds of `column`, ascending: code `k + 1` means beyond the first `k` of them. Empty for categories.
    pub fn thresholds(&self, column: u32) -> &[f64] {
        &self.columns[column as usize].thresholds
    }

    /// The input a column codes.
    pub fn feature(&self, column: u32) -> u32 {
        self.columns[column as usize].feature
    }

    /// Number of coded columns.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Whether zero counts as missing in `column`.
    pub fn zero_is_missing(&self, column: u32) -> bool {
        self.columns[column as usize].role == Role::NumberWithoutZero
    }

    /// Categories with codes of their own in `column`; 0 for numbers.
    pub fn categories(&self, column: u32) -> usize {
        self.columns[column as usize].categories
    }

    /// A block for [`Self::encode`] to fill.
    pub fn block(&self) -> Block {
        match self.wide {
            false => Block::Narrow(vec![Narrow([0; ROWS]); self.columns.len()]),
            true => Block::Wide(vec![Wide([0; ROWS]); self.columns.len()]),
        }
    }

    /// Codes the rows `first..first + count` (at most 64) of `rows`; what lies beyond repeats the first of them.
    /// Cost O(columns · 64 · log thresholds).
    pub fn encode(&self, rows: MatrixView<'_>, first: usize, count: usize, block: &mut Block) {
        for (place, column) in self.columns.iter().enumerate() {
            let value = |i: usize| rows.row(first + if i < count { i } else { 0 })[column.feature as usize];
            let codes = self.codes(column, &std::array::from_fn(value));
            match block {
                Block::Narrow(columns) => columns[place].0 = codes.map(|c| c as u16),
                Block::Wide(columns) => columns[place].0 = codes,
            }
        }
    }

    /// The code of one value in `column`. Cost O(log thresholds).
    pub fn code(&self, column: u32, value: f64) -> u32 {
        let column = &self.columns[column as usize];
        match column.role {
            Role::Category => category(self.compare, column.categories, value),
            Role::NumberWithoutZero if value.abs() <= ZERO => 0,
            _ if value.is_nan() => 0,
            _ => 1 + self.rank(&column.thresholds, value) as u32,
        }
    }

    /// How many thresholds lie before a number.
    fn rank(&self, thresholds: &[f64], value: f64) -> usize {
        let value = self.compare.seen(value);
        match self.compare.equal_goes_left() {
            true => thresholds.partition_point(|threshold| *threshold < value),
            false => thresholds.partition_point(|threshold| *threshold <= value),
        }
    }

    fn codes(&self, column: &Column, values: &[f64; ROWS]) -> [u32; ROWS] {
        match column.role {
            Role::Category => values.map(|x| category(self.compare, column.categories, x)),
            Role::Number => self.ranks(column, values),
            Role::NumberWithoutZero => {
                let values = values.map(|x| if x.abs() <= ZERO { f64::NAN } else { x });
                self.ranks(column, &values)
            }
        }
    }

    fn ranks(&self, column: &Column, values: &[f64; ROWS]) -> [u32; ROWS] {
        let count = column.thresholds.len();
        let rounded = |values: &[f64; ROWS]| values.map(|x| self.compare.seen(x));
        match self.compare {
            Compare::LessF32 => search(&column.padded, count, &rounded(values), |threshold, x| threshold <= x),
            Compare::LessF64 => search(&column.padded, count, values, |threshold, x| threshold <= x),
            Compare::LessEqualF64 => search(&column.padded, count, values, |threshold, x| threshold < x),
            Compare::LessEqualRounded => search(&column.padded, count, &rounded(values), |threshold, x| threshold < x),
        }
    }
}

/// For each value, one more than the number of `thresholds` that lie before it; 0 for a missing value. `padded` holds the
/// thresholds and then the last of them until its length is a power of two: so all values halve their range in step,
/// without a branch and without a look beyond the end.
#[inline]
fn search(padded: &[f64], count: usize, values: &[f64; ROWS], before: impl Fn(f64, f64) -> bool) -> [u32; ROWS] {
    let mut start = [0u32; ROWS];
    let mut half = padded.len() / 2;
    while half > 0 {
        for (start, &x) in start.iter_mut().zip(values) {
            let at = *start as usize + half;
            let step = before(padded[(at - 1) & (padded.len() - 1)], x);
            *start = if step { at as u32 } else { *start };
        }
        half /= 2;
    }
    let limit = count as u32;
    for (start, &x) in start.iter_mut().zip(values) {
        let last = before(padded[*start as usize & (padded.len() - 1)], x);
        let rank = (*start + u32::from(last)).min(limit);
        *start = if x.is_nan() { 0 } else { rank + 1 };
    }
    start
}

fn role(node: &Node) -> Role {
    match node.missing {
        _ if node.set != Node::NUMERIC => Role::Category,
        Missing::ZeroLeft | Missing::ZeroRight => Role::NumberWithoutZero,
        _ => Role::Number,
    }
}

/// The code of a category: 0 for a missing one, `categories + 1` for one no split knows.
fn category(compare: Compare, categories: usize, x: f64) -> u32 {
    let other = categories as u32 + 1;
    if x.is_nan() {
        return 0;
    }
    let (x, lowest) = match compare {
        // XGBoost takes every negative value as no category; LightGBM truncates −0.5 to category 0.
        Compare::LessF32 if x < 0.0 => return other,
        Compare::LessF32 => (f64::from(x as f32), 0.0),
        Compare::LessF64 | Compare::LessEqualF64 | Compare::LessEqualRounded => (x, -1.0),
    };
    // −0.0 is category 0 for both, hence the second comparison.
    if (x > lowest || x == 0.0) && x < categories as f64 { x as u32 + 1 } else { other }
}

/// The codes that go left at a split on `set`.
fn table(categories: usize, set: &CategorySet, missing: Missing, compare: Compare) -> Box<[u64]> {
    let goes_left = |code: usize| {
        let matches = |category: usize| set.words.get(category / 64).is_some_and(|w| w >> (category % 64) & 1 == 1);
        let known = match (code, missing) {
            (0, Missing::Left | Missing::ZeroLeft) => return true,
            (0, Missing::Right | Missing::ZeroRight) => return false,
            (0, Missing::AsZero) => matches(category(compare, categories, 0.0) as usize - 1),
            _ => code <= categories && matches(code - 1),
        };
        known == set.matching_goes_left
    };
    let word = |w: usize| (0..64).fold(0, |bits, i| bits | u64::from(goes_left(64 * w + i)) << i);
    (0..(categories + 2).div_ceil(64)).map(word).collect()
}

impl Test {
    /// One word: bit `i` tells whether row `i` of a narrow block goes left. Cost a few instructions; for tables 64
    /// look-ups.
    #[inline(always)]
    pub fn narrow<L: Lanes>(&self, lanes: L, columns: &[Narrow]) -> u64 {
        let codes = &columns[self.column as usize].0;
        match &self.left {
            Codes::Within { from, span } => lanes.within_u16(codes, *from as u16, *span as u16),
            Codes::Table(bits) => looked_up(bits, codes.iter().map(|c| u32::from(*c))),
        }
    }

    /// The same for a wide block.
    #[inline(always)]
    pub fn wide<L: Lanes>(&self, lanes: L, columns: &[Wide]) -> u64 {
        let codes = &columns[self.column as usize].0;
        match &self.left {
            Codes::Within { from, span } => lanes.within_u32(codes, *from, *span),
            Codes::Table(bits) => looked_up(bits, codes.iter().copied()),
        }
    }
}

impl Block {
    /// One word: bit `i` tells whether row `i` goes left at a split.
    #[inline(always)]
    pub fn goes_left<L: Lanes>(&self, lanes: L, test: &Test) -> u64 {
        match self {
            Self::Narrow(columns) => test.narrow(lanes, columns),
            Self::Wide(columns) => test.wide(lanes, columns),
        }
    }
}

fn looked_up(bits: &[u64], codes: impl Iterator<Item = u32>) -> u64 {
    codes.enumerate().fold(0, |word, (i, code)| {
        let bit = bits.get(code as usize / 64).map_or(0, |w| w >> (code % 64) & 1);
        word | bit << i
    })
}

impl Test {
    /// Whether a code goes left.
    pub fn takes(&self, code: u32) -> bool {
        match &self.left {
            Codes::Within { from, span } => code.wrapping_sub(*from) <= *span,
            Codes::Table(bits) => bits.get(code as usize / 64).is_some_and(|w| w >> (code % 64) & 1 == 1),
        }
    }
}
