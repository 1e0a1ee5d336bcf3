//! Statistics of categories (CTRs): what CatBoost computes in place of a category, in its own f32 arithmetic.

use std::collections::HashMap;

use crate::model::ModelError;

/// CatBoost's multiplier when hashes are joined; it is odd, so that joining can be undone.
const MULTIPLIER: u64 = 0x4906_ba49_4954_cb65;
/// The key of an empty place in a stored table.
pub const EMPTY_KEY: u64 = u64::MAX;

/// How a statistic is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CtrKind {
    /// Share of rows above a border of the target.
    Borders,
    /// Share of rows in a class of the target.
    Buckets,
    /// Mean of the target's class, scaled to 0…1.
    BinarizedTargetMeanValue,
    /// Mean of the target.
    FloatTargetMeanValue,
    /// Rows, as a share of those of the most frequent category.
    Counter,
    /// Rows, as a share of all.
    FeatureFreq,
}

impl CtrKind {
    /// All kinds in the order of their numbers in files.
    const ALL: [(&'static str, Self); 6] = [
        ("Borders", Self::Borders),
        ("Buckets", Self::Buckets),
        ("BinarizedTargetMeanValue", Self::BinarizedTargetMeanValue),
        ("FloatTargetMeanValue", Self::FloatTargetMeanValue),
        ("Counter", Self::Counter),
        ("FeatureFreq", Self::FeatureFreq),
    ];

    /// The kind of a number in a `.cbm` file.
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).map(|(_, kind)| *kind)
    }

    /// The kind of a name in a `.json` file.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(own, _)| *own == name).map(|(_, kind)| *kind)
    }

    /// Whether rows of the table hold a sum and a count.
    pub fn has_mean(self) -> bool {
        matches!(self, Self::BinarizedTargetMeanValue | Self::FloatTargetMeanValue)
    }
}

/// What a statistic is counted by: the categories, and answers to splits, of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Projection {
    /// Numbers of categorical features.
    pub categories: Vec<i64>,
    /// Numbers of numeric features, and the bits of the border a value must lie above.
    pub floats: Vec<(i64, u32)>,
    /// Numbers of categorical features, and the hash of the category.
    pub one_hots: Vec<(i64, u32)>,
}

impl Projection {
    /// The categorical feature, when there is nothing else.
    pub fn single(&self) -> Option<i64> {
        match self.categories.as_slice() {
            [one] if self.floats.is_empty() && self.one_hots.is_empty() => Some(*one),
            _ => None,
        }
    }
}

/// What a statistic and its table have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CtrBase {
    /// How it is computed.
    pub kind: CtrKind,
    /// What it is counted by.
    pub projection: Projection,
    /// Which of several divisions of the target into classes; 0 in `.json`, which does not tell.
    pub division: i32,
}

/// A statistic and the borders that splits compare it with.
#[derive(Debug)]
pub struct Ctr {
    /// What its table is found by.
    pub base: CtrBase,
    /// The border or class of the target.
    pub target_border: usize,
    /// Added to the count.
    pub prior: f32,
    /// Added to the total.
    pub prior_total: f32,
    /// Added to the share.
    pub shift: f32,
    /// The shifted share is multiplied by this.
    pub scale: f32,
    /// Ascending borders.
    pub borders: Vec<f32>,
}

/// Counts of a table, row by row.
#[derive(Debug)]
pub enum Counts {
    /// As many counts a row as the target has classes; one for [`CtrKind::Counter`] and [`CtrKind::FeatureFreq`].
    Whole(Vec<i32>),
    /// A sum and a count a row.
    Means(Vec<(f32, i32)>),
}

/// What the training rows counted.
#[derive(Debug)]
pub struct CtrTable {
    /// What it serves.
    pub base: CtrBase,
    /// Row of each key.
    pub rows: HashMap<u64, usize>,
    /// Keys in file order.
    pub keys: Vec<u64>,
    /// The counts.
    pub counts: Counts,
    /// Counts a row.
    pub width: usize,
    /// The total of [`CtrKind::Counter`] and [`CtrKind::FeatureFreq`].
    pub denominator: i32,
}

impl CtrTable {
    /// A table from the keys and rows of its file. Refuses rows that have no counts.
    pub fn new(
        base: CtrBase,
        places: impl Iterator<Item = (u64, usize)>,
        (counts, classes, denominator): (Counts, usize, i32),
        place: &str,
    ) -> Result<Self, ModelError> {
        let width = match base.kind {
            CtrKind::Borders | CtrKind::Buckets => classes.max(2),
            _ => 1,
        };
        let held = match &counts {
            Counts::Whole(counts) => counts.len() / width,
            Counts::Means(means) => means.len(),
        };
        let (mut rows, mut keys) = (HashMap::new(), Vec::new());
        for (key, row) in places.filter(|(key, _)| *key != EMPTY_KEY) {
            if row >= held {
                let reason = format!("a category has row {row}, the table has {held}");
                return Err(ModelError::malformed(place, reason));
            }
            rows.entry(key).or_insert_with(|| {
                keys.push(key);
                row
            });
        }
        Ok(Self { base, rows, keys, counts, width, denominator })
    }

    /// Whether `ctr` can be computed from this table.
    pub fn serves(&self, ctr: &Ctr) -> bool {
        self.base == ctr.base
            && match self.base.kind {
                CtrKind::Borders => ctr.target_border < self.width - 1,
                CtrKind::Buckets => ctr.target_border < self.width,
                _ => true,
            }
    }

    /// The statistic of a key; `None` is a key the table cannot hold.
    pub fn value(&self, ctr: &Ctr, key: Option<u64>) -> f32 {
        let row = key.and_then(|key| self.rows.get(&key)).copied();
        let (good, total) = match (&self.counts, row) {
            (Counts::Means(means), Some(row)) => means.get(row).map_or((0.0, 0.0), |(sum, n)| (*sum, *n as f32)),
            (Counts::Whole(counts), _) if matches!(self.base.kind, CtrKind::Counter | CtrKind::FeatureFreq) => {
                (row.and_then(|row| counts.get(row)).copied().unwrap_or(0) as f32, self.denominator as f32)
            }
            (Counts::Whole(counts), Some(row)) => {
                let row = counts.chunks_exact(self.width).nth(row).unwrap_or_default();
                let good = match self.base.kind {
                    CtrKind::Buckets => row.get(ctr.target_border..=ctr.target_border),
                    _ => row.get(ctr.target_border + 1..),
                };
                let sum = |counts: &[i32]| counts.iter().map(|n| i64::from(*n)).sum::<i64>() as f32;
                (sum(good.unwrap_or_default()), sum(row))
            }
            (_, None) => (0.0, 0.0),
        };
        ((good + ctr.prior) / (total + ctr.prior_total) + ctr.shift) * ctr.scale
    }
}

/// The key of a row with one element more.
pub fn join(key: u64, element: u64) -> u64 {
    MULTIPLIER.wrapping_mul(key.wrapping_add(MULTIPLIER.wrapping_mul(element)))
}

/// A category's hash as an element of a key: extended by its sign.
pub fn element(hash: u32) -> u64 {
    i64::from(hash.cast_signed()).cast_unsigned()
}

/// The category of a key of a single categorical feature; `None` when no category has this key.
pub fn category_of(key: u64) -> Option<u32> {
    let inverse = inverse();
    let element = key.wrapping_mul(inverse).wrapping_mul(inverse);
    i32::try_from(element.cast_signed()).ok().map(i32::cast_unsigned)
}

/// The inverse of the multiplier modulo 2⁶⁴: Newton's step doubles the digits that are right.
fn inverse() -> u64 {
    (0..6).fold(MULTIPLIER, |x, _| x.wrapping_mul(2_u64.wrapping_sub(MULTIPLIER.wrapping_mul(x))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_one_category_gives_its_hash_back() {
        for hash in [0, 1, 0x7fff_ffff, 0x8000_0000, 2_028_841_908, u32::MAX] {
            assert_eq!(category_of(join(0, element(hash))), Some(hash));
        }
        assert_eq!(category_of(join(join(0, 1), 2)), None);
    }

    #[test]
    fn an_unknown_key_has_the_prior_alone() {
        let projection = Projection { categories: vec![0], ..Projection::default() };
        let counts = (Counts::Whole(vec![3, 1]), 2, 0);
        let base = CtrBase { kind: CtrKind::Borders, projection, division: 0 };
        let table = CtrTable::new(base.clone(), [(5, 0)].into_iter(), counts, "t").unwrap();
        let ctr =
            Ctr { base, target_border: 0, prior: 1.0, prior_total: 1.0, shift: 0.0, scale: 15.0, borders: Vec::new() };
        assert_eq!(
            [table.value(&ctr, Some(5)), table.value(&ctr, Some(6)), table.value(&ctr, None)],
            [6.0, 15.0, 15.0]
        );
    }
}
