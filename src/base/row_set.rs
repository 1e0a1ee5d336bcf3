//! A set of table rows, one bit a row: a selection or a cohort of a million rows takes 125 kB.

use super::row::RowId;

/// Rows of a table of a known length. Two sets of the same table are equal when they hold the same rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowSet {
    words: Vec<u64>,
    total: usize,
    count: usize,
}

impl RowSet {
    /// No row of a table of `total` rows.
    pub fn empty(total: usize) -> Self {
        Self { words: vec![0; total.div_ceil(64)], total, count: 0 }
    }

    /// Every row of a table of `total` rows.
    pub fn full(total: usize) -> Self {
        Self::empty(total).complement()
    }

    /// These rows of a table of `total` rows; rows outside the table are left out.
    pub fn of(total: usize, rows: impl IntoIterator<Item = RowId>) -> Self {
        let mut set = Self::empty(total);
        for row in rows {
            set.insert(row);
        }
        set
    }

    /// The rows for which `holds` answers true. Cost O(total).
    pub fn that(total: usize, mut holds: impl FnMut(RowId) -> bool) -> Self {
        Self::of(total, (0..total as u32).map(RowId).filter(|row| holds(*row)))
    }

    /// Adds a row; one outside the table changes nothing.
    pub fn insert(&mut self, row: RowId) {
        let i = row.index();
        if i >= self.total {
            return;
        }
        if let Some(word) = self.words.get_mut(i / 64) {
            let bit = 1u64 << (i % 64);
            self.count += usize::from(*word & bit == 0);
            *word |= bit;
        }
    }

    /// Whether the row is in.
    pub fn contains(&self, row: RowId) -> bool {
        let i = row.index();
        self.words.get(i / 64).is_some_and(|word| word >> (i % 64) & 1 == 1)
    }

    /// How many rows are in.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether no row is in.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The set as bits, the first row lowest; equal sets of a table have equal words.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// How many rows the table has.
    pub fn total(&self) -> usize {
        self.total
    }

    /// The rows, ascending.
    pub fn iter(&self) -> impl Iterator<Item = RowId> + '_ {
        self.words.iter().enumerate().flat_map(|(k, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros();
                (rest != 0).then(|| {
                    rest &= rest - 1;
                    RowId(64 * k as u32 + bit)
                })
            })
        })
    }

    /// The rows that are not in.
    pub fn complement(&self) -> Self {
        let mut words: Vec<u64> = self.words.iter().map(|word| !word).collect();
        if let (Some(last), over @ 1..) = (words.last_mut(), self.total % 64) {
            *last &= (1 << over) - 1;
        }
        Self { words, total: self.total, count: self.total - self.count }
    }

    /// The rows in either.
    pub fn union(&self, other: &Self) -> Self {
        self.with(other, |a, b| a | b)
    }

    /// The rows in both.
    pub fn intersection(&self, other: &Self) -> Self {
        self.with(other, |a, b| a & b)
    }

    /// The rows of this one that are not in `other`.
    pub fn without(&self, other: &Self) -> Self {
        self.with(other, |a, b| a & !b)
    }

    /// Both bit by bit; what `other` lacks in length counts as not in.
    fn with(&self, other: &Self, join: impl Fn(u64, u64) -> u64) -> Self {
        let of_other = other.words.iter().copied().chain(std::iter::repeat(0));
        let mut words: Vec<u64> = self.words.iter().zip(of_other).map(|(a, b)| join(*a, b)).collect();
        if let (Some(last), over @ 1..) = (words.last_mut(), self.total % 64) {
            *last &= (1 << over) - 1;
        }
        let count = words.iter().map(|word| word.count_ones() as usize).sum();
        Self { words, total: self.total, count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(rows: &[u32]) -> RowSet {
        RowSet::of(130, rows.iter().copied().map(RowId))
    }

    fn rows(set: &RowSet) -> Vec<u32> {
        set.iter().map(|r| r.0).collect()
    }

    #[test]
    fn rows_come_back_ascending_and_once() {
        let set = set(&[129, 3, 64, 3, 130, 4_000_000]);
        assert_eq!(rows(&set), [3, 64, 129]);
        assert_eq!(set.len(), 3);
        assert!(set.contains(RowId(64)) && !set.contains(RowId(65)) && !set.contains(RowId(u32::MAX)));
    }

    #[test]
    fn sets_are_joined_row_by_row() {
        let (a, b) = (set(&[1, 2, 100]), set(&[2, 100, 129]));
        assert_eq!(rows(&a.union(&b)), [1, 2, 100, 129]);
        assert_eq!(rows(&a.intersection(&b)), [2, 100]);
        assert_eq!(rows(&a.without(&b)), [1]);
        assert_eq!(a.complement().len(), 127);
        assert_eq!(a.complement().complement(), a);
        assert_eq!(RowSet::full(130).len(), 130);
        assert_eq!(rows(&RowSet::that(70, |r| r.0 > 67)), [68, 69]);
    }

    #[test]
    fn a_set_of_another_table_adds_no_rows_outside() {
        let long = RowSet::full(500);
        assert_eq!(set(&[5]).union(&long), RowSet::full(130));
        assert_eq!(long.intersection(&set(&[5])).len(), 1);
    }
}
