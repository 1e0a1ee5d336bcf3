//! All splits of a tree asked for one row: their answers are bits of words, 64 of them at a time.

use crate::num::simd::Lanes;

use super::forest::{Above, Lean};
use super::outcomes::Way;
use super::rank::{Codes, Test};

/// The answers of up to 64 splits, a word for each [`Way`] of asking.
pub(super) type Words = [u64; WAYS];
/// Ways of asking.
pub(super) const WAYS: usize = 3;
/// Splits in a word.
pub(super) const SPLITS: usize = u64::BITS as usize;

/// The comparisons of up to 64 splits; those that compare otherwise have places here, too.
#[derive(Clone, Debug)]
struct Tests {
    /// The columns that are compared, where they are not the first 64 of the model.
    own: Vec<u32>,
    /// Places among them.
    columns: [u8; SPLITS],
    from: [u32; SPLITS],
    span: [u32; SPLITS],
}

impl Tests {
    fn new(tests: &[Test], columns: usize) -> Self {
        let mut asked = Self { own: Vec::new(), columns: [0; SPLITS], from: [0; SPLITS], span: [0; SPLITS] };
        for (k, test) in tests.iter().enumerate() {
            let own = &mut asked.own;
            let place = if columns <= SPLITS {
                test.column as usize
            } else if let Some(place) = own.iter().position(|column| *column == test.column) {
                place
            } else {
                own.push(test.column);
                own.len() - 1
            };
            asked.columns[k] = place as u8;
            if let Codes::Within { from, span } = &test.left {
                (asked.from[k], asked.span[k]) = (*from, *span);
            }
        }
        asked
    }

    /// Which of the splits a row passes to the left.
    #[inline(always)]
    fn ask<L: Lanes>(&self, lanes: L, codes: &[u32]) -> u64 {
        let mut gathered = [0; SPLITS];
        let codes = match codes.first_chunk() {
            Some(codes) if self.own.is_empty() => codes,
            _ => {
                self.own.iter().zip(&mut gathered).for_each(|(column, code)| *code = codes[*column as usize]);
                &gathered
            }
        };
        lanes.within_each(codes, &self.columns, &self.from, &self.span)
    }
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
    above: u32,
    /// The side on which it hangs there.
    way: Way,
    /// Its place in its word.
    place: u8,
}

/// Repeats of one word that depend on none of each other.
#[derive(Clone, Copy, Debug)]
struct Round {
    word: usize,
    /// The end of them.
    end: usize,
}

/// The repeats of a tree in rounds: those come later whose split above is a repeat itself.
fn rounds(tree: &Lean<'_>) -> (Vec<Repeat>, Vec<Round>) {
    let mut generations = vec![0_u32; tree.splits.len()];
    let mut found = Vec::with_capacity(tree.repeats.len());
    for &place in &tree.repeats {
        let Some(Above { split: above, left }) = tree.splits[place as usize].above else { continue };
        generations[place as usize] = generations[above as usize] + 1;
        let way = if left { Way::SatisfiedLeft } else { Way::SatisfiedRight };
        let (word, place_in_word) = (place as usize / SPLITS, (place as usize % SPLITS) as u8);
        found.push(((generations[place as usize], word), Repeat { above, way, place: place_in_word }));
    }
    found.sort_by_key(|(round, _)| *round);
    let mut end = 0;
    let round = |repeats: &[((u32, usize), Repeat)]| {
        end += repeats.len();
        Round { word: repeats[0].0.1, end }
    };
    let rounds = found.chunk_by(|a, b| a.0 == b.0).map(round).collect();
    (found.into_iter().map(|(_, repeat)| repeat).collect(), rounds)
}

/// What a tree asks of a row.
pub(super) struct RowAsks {
    tests: Vec<Tests>,
    sets: Vec<Among>,
    repeats: Vec<Repeat>,
    rounds: Vec<Round>,
}

impl RowAsks {
    /// The questions of `tree`, in a model with so many coded columns. Cost O(splits).
    pub fn new(tree: &Lean<'_>, columns: usize) -> Self {
        let among = |(split, test): (usize, &Test)| match &test.left {
            Codes::Within { .. } => None,
            Codes::Table(codes) => Some(Among { split, column: test.column as usize, codes: codes.clone() }),
        };
        let (repeats, rounds) = rounds(tree);
        Self {
            tests: tree.tests.chunks(SPLITS).map(|tests| Tests::new(tests, columns)).collect(),
            sets: tree.tests.iter().enumerate().filter_map(among).collect(),
            repeats,
            rounds,
        }
    }

    /// Asks all splits of the row with these codes, one for each column and 64 at least.
    #[inline(always)]
    pub fn ask<L: Lanes>(&self, lanes: L, codes: &[u32], states: &mut [Words]) {
        for (tests, state) in self.tests.iter().zip(states.iter_mut()) {
            let left = tests.ask(lanes, codes);
            *state = [left, !left, left];
        }
        for set in &self.sets {
            let code = codes[set.column] as usize;
            let left = set.codes.get(code / 64).map_or(0, |word| word >> (code % 64) & 1);
            let (state, place) = (&mut states[set.split / SPLITS], set.split % SPLITS);
            let words = state.map(|word| word & !(1 << place));
            *state = [words[0] | left << place, words[1] | (left ^ 1) << place, words[2] | left << place];
        }
        let mut start = 0;
        for round in &self.rounds {
            let mut closed = 0;
            for repeat in &self.repeats[start..round.end] {
                let above = repeat.above as usize;
                let open = states[above / SPLITS][repeat.way as usize] >> (above % SPLITS) & 1;
                closed |= (open ^ 1) << repeat.place;
            }
            start = round.end;
            let state = &mut states[round.word];
            state[0] &= !closed;
            state[1] &= !closed;
        }
    }
}
