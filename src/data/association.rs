//! How strongly pairs of columns go together, measured on the rows where both have a value.

use std::collections::HashMap;

use crate::base::{Cancelled, Seed, Task};
use crate::num::{parallel, stats};

use super::column::{MISSING_CODE, Values};
use super::dataset::Dataset;

/// From this size on a pair is called strong. Dormann et al. 2013 (Collinearity, Ecography 36, 27–46) find that from
/// correlations of 0.7 on, effects of single columns are severely distorted; the two measures of levels run from 0 to 1 as
/// the size of a correlation does and are held to the same number.
pub const STRONG: f64 = 0.7;
/// Most rows a pair is measured on: at 0.7, the 95 % interval of a rank correlation is then ±0.01 wide.
pub const MOST_ROWS: usize = 20_000;
/// Most columns that are compared with each other.
pub const MOST_COLUMNS: usize = 1_000;
/// Fewest rows with both values; below, nothing is said about a pair.
pub const FEWEST_ROWS: usize = 30;
/// Fewest rows a level must have on average for a column of levels to be compared (Cochran's rule for expected counts).
const ROWS_A_LEVEL: usize = 5;
/// Cells looked at, over all pairs, where the table is large: fewer rows are taken for more pairs, but at least 1 000.
const CELLS: usize = 400_000_000;
const FEW_ROWS: usize = 1_000;

/// How a pair was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Two columns of numbers or dates: the correlation of their ranks (Spearman 1904), ties sharing their mean rank.
    Spearman,
    /// Numbers beside levels: the share of the ranks' variance between levels, as a root and without its bias (Kelley 1935,
    /// An unbiased correlation ratio measure). From 0 to 1.
    CorrelationRatio,
    /// Two columns of levels: Cramér's V without its bias (Bergsma 2013, A bias-correction for Cramér's V and Tschuprow's
    /// T). From 0 to 1.
    CramersV,
}

impl Measure {
    /// Its name in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Spearman => "Spearman’s rank correlation",
            Self::CorrelationRatio => "correlation ratio of ranks",
            Self::CramersV => "Cramér’s V",
        }
    }
}

/// How strongly two columns go together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Association {
    /// A column, by index.
    pub first: usize,
    /// The other column, of a larger index.
    pub second: usize,
    /// How it was measured.
    pub measure: Measure,
    /// From −1 to 1; not negative where levels have no direction.
    pub value: f64,
    /// Rows with both values, on which it was measured.
    pub rows: usize,
}

/// The strong pairs of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Associations {
    /// Pairs of at least [`STRONG`], the strongest first.
    pub strong: Vec<Association>,
    /// Rows that were looked at.
    pub rows: usize,
    /// Rows of the table.
    pub total: usize,
    /// Columns compared with each other.
    pub compared: usize,
    /// Columns asked about that could not be compared: free text, or beyond the limit.
    pub left_out: usize,
}

impl Associations {
    /// Compares `columns` of a table with each other. Above [`MOST_ROWS`] rows, that many are drawn (always the same ones).
    /// Cost O(columns² · rows looked at).
    pub fn of(data: &Dataset, columns: &[usize], task: &Task) -> Result<Self, Cancelled> {
        let mut asked: Vec<usize> = columns.iter().copied().filter(|c| *c < data.columns().len()).collect();
        asked.sort_unstable();
        asked.dedup();
        let total = data.row_count();
        let pairs = asked.len().min(MOST_COLUMNS).pow(2) / 2;
        let most = (CELLS / pairs.max(1)).clamp(FEW_ROWS, MOST_ROWS);
        let rows = sample(total, most);
        let side = |k: usize| Side::new(&data.columns()[asked[k]].values, &rows).map(|side| (asked[k], side));
        let considered = asked.len().min(MOST_COLUMNS);
        let sides: Vec<(usize, Side)> = parallel::map(considered, task, side)?.into_iter().flatten().collect();
        task.begin("comparing columns", sides.len() as u64);
        let found = parallel::map(sides.len(), task, |i| {
            let (first, a) = &sides[i];
            let rest = sides[i + 1..].iter().filter(|_| task.check().is_ok());
            let strong = rest.filter_map(|(second, b)| {
                let (measure, value, rows) = pair(a, b)?;
                (value.abs() >= STRONG).then_some(Association { first: *first, second: *second, measure, value, rows })
            });
            strong.collect::<Vec<Association>>()
        })?;
        task.check()?;
        let mut strong: Vec<Association> = found.into_iter().flatten().collect();
        let size = |a: &Association| a.value.abs();
        strong.sort_by(|a, b| size(b).total_cmp(&size(a)).then((a.first, a.second).cmp(&(b.first, b.second))));
        Ok(Self { strong, rows: rows.len(), total, compared: sides.len(), left_out: asked.len() - sides.len() })
    }

    /// The strong pairs of `column`, the strongest first, each with the other column.
    pub fn with(&self, column: usize) -> impl Iterator<Item = (usize, &Association)> {
        self.strong.iter().filter_map(move |a| match (a.first == column, a.second == column) {
            (true, _) => Some((a.second, a)),
            (_, true) => Some((a.first, a)),
            _ => None,
        })
    }

    /// The strong pair of two columns.
    pub fn between(&self, a: usize, b: usize) -> Option<&Association> {
        self.with(a).find(|(other, _)| *other == b).map(|(_, found)| found)
    }
}

/// The measure of two columns over `rows`, its value and the rows with both values; `None` where it is not defined:
/// fewer than [`FEWEST_ROWS`] such rows, free text, a side that does not vary, or nearly a level a row.
pub fn association(a: &Values, b: &Values, rows: &[usize]) -> Option<(Measure, f64, usize)> {
    pair(&Side::new(a, rows)?, &Side::new(b, rows)?)
}

/// So many rows of a table, ascending; always the same ones.
fn sample(total: usize, most: usize) -> Vec<usize> {
    if total <= most {
        return (0..total).collect();
    }
    let mut rows = Seed::default().child("associations", 0).choose(total, most);
    rows.sort_unstable();
    rows
}

/// A column, prepared for comparing.
enum Side {
    /// Values in row order, and the places of the present ones in ascending order of value.
    Ordered { values: Vec<f64>, order: Vec<u32> },
    /// Level of each row, `u32::MAX` for none, numbered without gaps; and how many levels there are.
    Levels { codes: Vec<u32>, count: usize },
}

const NONE: u32 = MISSING_CODE;

impl Side {
    fn new(values: &Values, rows: &[usize]) -> Option<Self> {
        match values {
            Values::Text(_) => None,
            Values::Number { .. } | Values::Date { .. } => {
                // Adding 0 makes −0 and 0 the same value.
                let values: Vec<f64> = rows.iter().map(|i| values.position(*i) + 0.0).collect();
                let mut order: Vec<u32> = (0..values.len() as u32).filter(|i| !values[*i as usize].is_nan()).collect();
                order.sort_by(|a, b| values[*a as usize].total_cmp(&values[*b as usize]));
                Some(Self::Ordered { values, order })
            }
            Values::Category { .. } | Values::YesNo(_) => {
                let mut seen: HashMap<u64, u32> = HashMap::new();
                let code = |i: &usize| {
                    let code = values.position(*i);
                    if code.is_nan() {
                        return NONE;
                    }
                    let next = seen.len() as u32;
                    *seen.entry(code as u64).or_insert(next)
                };
                let codes: Vec<u32> = rows.iter().map(code).collect();
                Some(Self::Levels { codes, count: seen.len() })
            }
        }
    }
}

fn pair(a: &Side, b: &Side) -> Option<(Measure, f64, usize)> {
    match (a, b) {
        (Side::Ordered { values: x, order: by_x }, Side::Ordered { values: y, order: by_y }) => {
            let ((rx, n), (ry, _)) = (ranks(x, by_x, |i| !y[i].is_nan()), ranks(y, by_y, |i| !x[i].is_nan()));
            let present = |ranks: &[f64]| ranks.iter().copied().filter(|r| !r.is_nan()).collect::<Vec<f64>>();
            let (rx, ry) = (present(&rx), present(&ry));
            let vary = stats::variance(&rx) > 0.0 && stats::variance(&ry) > 0.0;
            (n >= FEWEST_ROWS && vary).then(|| (Measure::Spearman, stats::correlation(&rx, &ry).clamp(-1.0, 1.0), n))
        }
        (Side::Ordered { values, order }, Side::Levels { codes, count })
        | (Side::Levels { codes, count }, Side::Ordered { values, order }) => {
            let (ranks, n) = ranks(values, order, |i| codes[i] != NONE);
            let value = correlation_ratio(&ranks, codes, *count)?;
            (n >= FEWEST_ROWS).then_some((Measure::CorrelationRatio, value, n))
        }
        (Side::Levels { codes: x, count: rows }, Side::Levels { codes: y, count: columns }) => {
            let (value, n) = cramers_v((x, *rows), (y, *columns))?;
            (n >= FEWEST_ROWS).then_some((Measure::CramersV, value, n))
        }
    }
}

/// Ranks among the rows where the other side is `there` too, ties sharing their mean rank; NaN elsewhere. And how many rows
/// that is.
fn ranks(values: &[f64], order: &[u32], there: impl Fn(usize) -> bool) -> (Vec<f64>, usize) {
    let kept: Vec<usize> = order.iter().map(|i| *i as usize).filter(|i| there(*i)).collect();
    let mut ranks = vec![f64::NAN; values.len()];
    let mut start = 0;
    while start < kept.len() {
        let mut end = start + 1;
        while end < kept.len() && values[kept[end]].total_cmp(&values[kept[start]]).is_eq() {
            end += 1;
        }
        let shared = (start + end + 1) as f64 / 2.0;
        kept[start..end].iter().for_each(|i| ranks[*i] = shared);
        start = end;
    }
    (ranks, kept.len())
}

/// The root of Kelley's ε² = 1 − (1 − η²)(n − 1)/(n − k), 0 where it is negative. `ranks` are NaN where a side is missing.
fn correlation_ratio(ranks: &[f64], codes: &[u32], count: usize) -> Option<f64> {
    let mut groups = vec![(0.0, 0.0); count];
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (rank, code) in ranks.iter().zip(codes).filter(|(rank, _)| !rank.is_nan()) {
        let group = &mut groups[*code as usize];
        group.0 += 1.0;
        group.1 += rank;
        n += 1.0;
        sum += rank;
        squares += rank * rank;
    }
    let k = groups.iter().filter(|g| g.0 > 0.0).count() as f64;
    let all = squares - sum * sum / n;
    if k < 2.0 || all <= 0.0 || n < k * ROWS_A_LEVEL as f64 {
        return None;
    }
    let between: f64 = groups.iter().filter(|g| g.0 > 0.0).map(|g| g.1 * g.1 / g.0).sum::<f64>() - sum * sum / n;
    let unexplained = 1.0 - (between / all).clamp(0.0, 1.0);
    Some((1.0 - unexplained * (n - 1.0) / (n - k)).max(0.0).sqrt())
}

/// Bergsma's V of two columns of levels, and the rows where both are present.
fn cramers_v((x, rows): (&[u32], usize), (y, columns): (&[u32], usize)) -> Option<(f64, usize)> {
    let mut cells: Vec<(u32, u32)> = Vec::with_capacity(x.len());
    let (mut by_row, mut by_column) = (vec![0.0; rows], vec![0.0; columns]);
    for (a, b) in x.iter().zip(y).filter(|(a, b)| **a != NONE && **b != NONE) {
        cells.push((*a, *b));
        by_row[*a as usize] += 1.0;
        by_column[*b as usize] += 1.0;
    }
    let n: f64 = by_row.iter().sum();
    let held = |counts: &[f64]| counts.iter().filter(|c| **c > 0.0).count() as f64;
    let (r, c) = (held(&by_row), held(&by_column));
    if r < 2.0 || c < 2.0 || n < r.max(c) * ROWS_A_LEVEL as f64 {
        return None;
    }
    // χ²/n = Σ n_ij² / (n_i n_j) − 1.
    cells.sort_unstable();
    let share = |cell: &[(u32, u32)]| {
        let (a, b) = (cell[0].0 as usize, cell[0].1 as usize);
        (cell.len() as f64).powi(2) / (by_row[a] * by_column[b])
    };
    let phi = cells.chunk_by(|a, b| a == b).map(share).sum::<f64>() - 1.0;
    let phi = (phi - (r - 1.0) * (c - 1.0) / (n - 1.0)).max(0.0);
    let less = |k: f64| k - (k - 1.0) * (k - 1.0) / (n - 1.0);
    let most = less(r).min(less(c)) - 1.0;
    (most > 0.0).then(|| ((phi / most).sqrt().min(1.0), n as usize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::build::table;

    fn levels(codes: &[u32]) -> Values {
        Values::Category { codes: codes.into(), levels: (0..20).map(|i| format!("level {i}")).collect() }
    }

    fn numbers(values: &[f64]) -> Values {
        Values::Number { values: values.into(), whole: false }
    }

    #[test]
    fn known_tables_give_the_numbers_of_the_formulas() {
        // A 2 × 2 table of 40, 10, 10, 40: φ² = 0.36; corrected (0.36 − 1/99) / (1 − 1/99).
        let codes = |first: usize| (0..100).map(|i| u32::from((i % 50 < 40) == (i < first))).collect::<Vec<u32>>();
        let (x, y) = ((0..100).map(|i| u32::from(i < 50)).collect::<Vec<u32>>(), codes(50));
        let rows: Vec<usize> = (0..100).collect();
        let (measure, value, n) = association(&levels(&x), &levels(&y), &rows).expect("both vary");
        let expected = ((0.36 - 1.0 / 99.0) / (1.0 - 1.0 / 99.0_f64)).sqrt();
        assert!(measure == Measure::CramersV && n == 100 && (value - expected).abs() < 1e-12, "{value} {expected}");
        // Ranks 1 to 100 in two halves: η² = 3/4 · 10000/9999; ε² = 1 − (1 − η²)·99/98.
        let z: Vec<f64> = (0..100).map(f64::from).collect();
        let (measure, value, _) = association(&numbers(&z), &levels(&x), &rows).expect("both vary");
        let eta = 0.75 * 10_000.0 / 9_999.0;
        let expected = (1.0 - (1.0 - eta) * 99.0 / 98.0_f64).sqrt();
        assert!(measure == Measure::CorrelationRatio && (value - expected).abs() < 1e-12, "{value} {expected}");
    }

    #[test]
    fn what_cannot_be_measured_is_not() {
        let rows: Vec<usize> = (0..60).collect();
        let x = numbers(&rows.iter().map(|i| *i as f64).collect::<Vec<f64>>());
        assert_eq!(association(&x, &numbers(&[3.0; 60]), &rows), None, "a constant goes with nothing");
        assert_eq!(association(&x, &levels(&(0..60).map(|i| i % 20).collect::<Vec<u32>>()), &rows), None);
        assert_eq!(association(&x, &x, &rows[..20]), None, "too few rows");
        let some = table(&[("a", "1 2 3"), ("b", "x y z")]);
        let found = Associations::of(&some, &[0, 1, 7], &Task::silent()).expect("nobody cancels");
        assert_eq!((found.strong.len(), found.rows, found.total), (0, 3, 3));
    }
}
