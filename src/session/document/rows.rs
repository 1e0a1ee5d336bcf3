//! Sets of rows as text: runs of neighbours, so that a selection of a whole table is one pair of numbers.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::{RowId, RowSet};

/// A set of rows as it is written: `[first, length]` for every run of neighbours, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runs {
    /// Rows of the table.
    pub total: usize,
    /// First row and length of every run.
    pub runs: Vec<(u32, u32)>,
}

impl Runs {
    /// The runs of a set. Cost O(rows in the set).
    pub fn of(set: &RowSet) -> Self {
        Self { total: set.total(), runs: runs(set.iter()) }
    }

    /// The set; `None` where a run leaves a table of `total` rows, or the rows are of a larger table than can be numbered.
    /// Cost O(rows).
    pub fn set(&self) -> Option<RowSet> {
        let inside = |(first, length): &(u32, u32)| {
            first.checked_add(*length).is_some_and(|end| end as usize <= self.total && *length > 0)
        };
        let ascending = self.runs.windows(2).all(|w| matches!(w, [a, b] if a.0.saturating_add(a.1) < b.0));
        if self.total >= u32::MAX as usize || !ascending || !self.runs.iter().all(inside) {
            return None;
        }
        Some(RowSet::of(self.total, self.rows()))
    }

    /// The rows of all runs, in order.
    pub fn rows(&self) -> impl Iterator<Item = RowId> + '_ {
        self.runs.iter().flat_map(|(first, length)| (*first..first.saturating_add(*length)).map(RowId))
    }
}

/// Neighbours of an ascending sequence as runs; where it descends, a new run begins.
pub fn runs(rows: impl IntoIterator<Item = RowId>) -> Vec<(u32, u32)> {
    let mut found: Vec<(u32, u32)> = Vec::new();
    for row in rows {
        match found.last_mut() {
            Some((first, length)) if first.checked_add(*length) == Some(row.0) => *length += 1,
            _ => found.push((row.0, 1)),
        }
    }
    found
}

/// Writes a selection; for `#[serde(with = …)]`.
pub fn serialize<S: Serializer>(set: &Option<Arc<RowSet>>, to: S) -> Result<S::Ok, S::Error> {
    set.as_ref().map(|set| Runs::of(set)).serialize(to)
}

/// Largest table whose selection is read from a file before the table itself is known: 512 MB of bits.
const MOST_ROWS: usize = u32::MAX as usize;

/// Reads a selection; one that is damaged is refused.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Arc<RowSet>>, D::Error> {
    let refuse = || serde::de::Error::custom("the runs of the selected rows do not fit their table");
    match Option::<Runs>::deserialize(from)? {
        None => Ok(None),
        Some(runs) if runs.total >= MOST_ROWS => Err(refuse()),
        Some(runs) => runs.set().map(|set| Some(Arc::new(set))).ok_or_else(refuse),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_comes_back_from_its_runs() {
        for rows in [&[][..], &[0], &[1, 2, 3, 7, 8, 63, 64, 65, 99], &[99]] {
            let set = RowSet::of(100, rows.iter().copied().map(RowId));
            assert_eq!(Runs::of(&set).set(), Some(set));
        }
        assert_eq!(Runs::of(&RowSet::full(1_000_000)).runs, [(0, 1_000_000)]);
    }

    #[test]
    fn runs_that_leave_the_table_or_overlap_are_refused() {
        let refused = [vec![(0, 101)], vec![(u32::MAX, 2)], vec![(5, 3), (7, 1)], vec![(7, 1), (3, 1)], vec![(4, 0)]];
        for runs in refused {
            assert_eq!(Runs { total: 100, runs: runs.clone() }.set(), None, "{runs:?}");
        }
        assert_eq!(Runs { total: usize::MAX, runs: Vec::new() }.set(), None);
    }
}
