//! What a table looks like, column by column: counts, missing, range, quantiles, levels, histogram.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::base::{Cancelled, Task};
use crate::num::{parallel, stats};

use super::column::{MISSING_CODE, MISSING_DATE, TextValues, Values};
use super::dataset::Dataset;

/// The profile of every column, in column order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TableProfile {
    /// One per column.
    pub columns: Vec<ColumnProfile>,
}

/// The profile of one column.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// Rows with a value.
    pub present: usize,
    /// Rows without.
    pub missing: usize,
    /// Distinct present values; `None` when counting stopped at its limit.
    pub distinct: Option<usize>,
    /// For numbers and dates (milliseconds).
    pub numbers: Option<NumberProfile>,
    /// Most frequent levels with their counts, for categories, yes/no and text; at most 50.
    pub levels: Vec<(String, usize)>,
    /// Equal-width counts for numbers and dates.
    pub histogram: Option<Histogram>,
}

/// Location and spread of a numeric column over its present values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumberProfile {
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Mean.
    pub mean: f64,
    /// Standard deviation (divisor n − 1).
    pub deviation: f64,
    /// Quantiles at 1, 5, 25, 50, 75, 95 and 99 percent.
    pub quantiles: [f64; 7],
    /// Zeros among the present values.
    pub zeros: usize,
    /// Infinite values, left out of everything above.
    pub infinite: usize,
}

/// Equal-width bins from `low` to `high`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Left edge of the first bin.
    pub low: f64,
    /// Right edge of the last bin.
    pub high: f64,
    /// Rows in each bin.
    pub counts: Vec<usize>,
}

impl Histogram {
    /// Left edge of bin `k`; for the number of bins, the right edge of the last one. A bin holds its left edge and not
    /// its right one, the last bin both.
    pub fn edge(&self, k: usize) -> f64 {
        edge((self.low, self.high), k, self.counts.len())
    }
}

/// Edge `k` of so many bins of equal width: twelve digits where those tell edges apart, so that it can be read.
fn edge((low, high): (f64, f64), k: usize, bins: usize) -> f64 {
    if k == 0 || k >= bins {
        return if k == 0 { low } else { high };
    }
    let exact = low + (high - low) * (k as f64 / bins as f64);
    let near = format!("{exact:.11e}").parse().unwrap_or(exact);
    let width = (high - low) / bins as f64;
    if (near - exact).abs() < 1e-6 * width && near > low && near < high { near } else { exact }
}

/// Bins a histogram aims at.
const BINS: f64 = 40.0;
/// Levels kept per column.
const KEPT_LEVELS: usize = 50;
/// Distinct texts that are counted; a column with more is free text, whose most frequent texts say nothing.
const MOST_TEXTS: usize = 200_000;

impl TableProfile {
    /// Looks at every column, in parallel. Quantiles and counts are exact. Cost O(rows · log rows) per column.
    pub fn of(data: &Dataset, task: &Task) -> Result<Self, Cancelled> {
        let columns = data.columns();
        task.begin("profiling columns", columns.len() as u64);
        let each = |k: usize| columns.get(k).map(|c| ColumnProfile::of(&c.values)).unwrap_or_default();
        Ok(Self { columns: parallel::map(columns.len(), task, each)? })
    }
}

impl ColumnProfile {
    /// Looks at one column.
    pub fn of(values: &Values) -> Self {
        match values {
            Values::Number { values, whole } => {
                let present: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
                numeric(values.len(), present, if *whole { Grid::Whole } else { Grid::Tidy })
            }
            Values::Date { millis, .. } => {
                let present = millis.iter().filter(|m| **m != MISSING_DATE).map(|m| *m as f64).collect();
                numeric(millis.len(), present, Grid::Even)
            }
            Values::Category { codes, levels } => {
                let mut counts = vec![0usize; levels.len()];
                for code in codes.iter().filter(|c| **c != MISSING_CODE) {
                    if let Some(count) = counts.get_mut(*code as usize) {
                        *count += 1;
                    }
                }
                levelled(codes.len(), levels.iter().cloned().zip(counts).collect())
            }
            Values::YesNo(flags) => {
                let count = |flag: u8| flags.iter().filter(|f| **f == flag).count();
                levelled(flags.len(), vec![("no".to_owned(), count(0)), ("yes".to_owned(), count(1))])
            }
            Values::Text(texts) => worded(texts),
        }
    }
}

/// Where the edges of a histogram lie.
#[derive(Clone, Copy, PartialEq)]
enum Grid {
    /// Around whole numbers.
    Whole,
    /// At multiples of 1, 2 or 5 times a power of ten.
    Tidy,
    /// Evenly from the smallest to the largest value.
    Even,
}

fn numeric(rows: usize, mut present: Vec<f64>, grid: Grid) -> ColumnProfile {
    let missing = rows - present.len();
    let all = present.len();
    present.retain(|v| v.is_finite());
    present.sort_unstable_by(f64::total_cmp);
    let infinite = all - present.len();
    let distinct = present.windows(2).filter(|pair| pair[0] < pair[1]).count() + usize::from(!present.is_empty());
    let (numbers, histogram) = match (present.first(), present.last()) {
        (Some(&min), Some(&max)) => {
            let quantile = |q: f64| stats::quantile_sorted(&present, q);
            let profile = NumberProfile {
                min,
                max,
                mean: stats::mean(&present),
                deviation: stats::variance(&present).sqrt(),
                quantiles: [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99].map(quantile),
                zeros: present.iter().filter(|v| v.abs() <= 0.0).count(),
                infinite,
            };
            (Some(profile), histogram(&present, min, max, grid))
        }
        _ => (None, None),
    };
    ColumnProfile { present: all, missing, distinct: Some(distinct), numbers, levels: Vec::new(), histogram }
}

/// Counts of ascending `sorted` values; `None` when the range is no finite number.
fn histogram(sorted: &[f64], min: f64, max: f64, grid: Grid) -> Option<Histogram> {
    let range = max - min;
    if !range.is_finite() {
        return None;
    }
    let (low, step, bins) = if range <= 0.0 {
        (min - 0.5, 1.0, 1.0)
    } else if grid == Grid::Whole && range <= BINS {
        (min - 0.5, 1.0, range + 1.0)
    } else if grid == Grid::Even {
        (min, range / BINS, BINS)
    } else {
        let step = tidy(range / BINS);
        let step = if grid == Grid::Whole { step.max(1.0) } else { step };
        let low = (min / step).floor() * step;
        (low, step, ((max - low) / step).floor() + 1.0)
    };
    // Tiny ranges at large values have no tidy edges that f64 can tell apart.
    let fine = step > 0.0 && low + step > low && (1.0..=200.0).contains(&bins) && max <= low + step * bins;
    let (low, step, bins) = if fine { (low, step, bins) } else { (min, range / BINS, BINS) };
    let (bins, high) = (bins as usize, (low + step * bins).max(max));
    let below = |k: usize| match k {
        _ if k == bins => sorted.len(),
        _ => sorted.partition_point(|value| *value < edge((low, high), k, bins)),
    };
    let counts = (0..bins).map(|k| below(k + 1).saturating_sub(below(k))).collect();
    Some(Histogram { low, high, counts })
}

/// The next number up that is 1, 2 or 5 times a power of ten.
fn tidy(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|tidy| *tidy >= step).unwrap_or(step)
}

fn levelled(rows: usize, mut counts: Vec<(String, usize)>) -> ColumnProfile {
    let present: usize = counts.iter().map(|(_, n)| n).sum();
    counts.retain(|(_, n)| *n > 0);
    let distinct = Some(counts.len());
    // A stable sort: levels of equal frequency keep the column's own order.
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    counts.truncate(KEPT_LEVELS);
    ColumnProfile { present, missing: rows - present, distinct, levels: counts, ..ColumnProfile::default() }
}

fn worded(texts: &TextValues) -> ColumnProfile {
    let rows = texts.len();
    let present = (0..rows).filter(|i| texts.get(*i).is_some()).count();
    let mut seen: HashMap<&str, (usize, usize)> = HashMap::new();
    for i in 0..rows {
        let Some(text) = texts.get(i) else { continue };
        seen.entry(text).or_insert((0, i)).0 += 1;
        if seen.len() > MOST_TEXTS {
            return ColumnProfile { present, missing: rows - present, ..ColumnProfile::default() };
        }
    }
    let mut counts: Vec<(&str, (usize, usize))> = seen.into_iter().collect();
    counts.sort_unstable_by_key(|(_, (count, first))| (std::cmp::Reverse(*count), *first));
    let distinct = Some(counts.len());
    let levels = counts.into_iter().take(KEPT_LEVELS).map(|(text, (count, _))| (text.to_owned(), count)).collect();
    ColumnProfile { present, missing: rows - present, distinct, levels, ..ColumnProfile::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::build::table;

    #[test]
    fn a_profile_counts_every_row_once() {
        let data = table(&[("x", "1 2 2 NA 9.5 0"), ("c", "a b a a NA b"), ("t", "yes no NA no no no")]);
        let profile = TableProfile::of(&data, &Task::silent()).expect("nobody cancels");
        let [x, c, t] = &profile.columns[..] else { panic!("three columns") };
        assert_eq!((x.present, x.missing, x.distinct), (5, 1, Some(4)));
        let numbers = x.numbers.expect("numbers have a profile");
        assert!((numbers.quantiles[3] - 2.0).abs() < 1e-12 && numbers.zeros == 1);
        assert_eq!(x.histogram.as_ref().map(|h| h.counts.iter().sum()), Some(5));
        assert_eq!(c.levels, [("a".to_owned(), 3), ("b".to_owned(), 2)]);
        assert_eq!((t.levels[0].clone(), t.missing), (("no".to_owned(), 4), 1));
    }

    #[test]
    fn histograms_have_tidy_edges_and_lose_no_value() {
        for (values, grid) in [
            (vec![0.013, 0.4, 0.97], Grid::Tidy),
            (vec![1e15, 1e15 + 0.25], Grid::Tidy),
            (vec![-3.0, 0.0, 4.0], Grid::Whole),
            (vec![f64::MIN_POSITIVE, 1e300], Grid::Tidy),
            (vec![5.0], Grid::Whole),
        ] {
            let (min, max) = (values[0], values[values.len() - 1]);
            let found = histogram(&values, min, max, grid).expect("the range is finite");
            assert_eq!(found.counts.iter().sum::<usize>(), values.len(), "{values:?}");
            assert!(found.low <= min && found.high >= max && found.counts.len() <= 200, "{found:?}");
        }
        assert_eq!(histogram(&[-3.0, 4.0], -3.0, 4.0, Grid::Whole).map(|h| h.counts.len()), Some(8));
    }

    #[test]
    fn infinite_values_are_counted_apart() {
        let values = Values::Number { values: vec![1.0, f64::INFINITY, f64::NAN].into(), whole: false };
        let profile = ColumnProfile::of(&values);
        assert_eq!(profile.numbers.map(|n| (n.infinite, n.max <= 1.0)), Some((1, true)));
        assert_eq!((profile.present, profile.missing), (2, 1));
    }
}
