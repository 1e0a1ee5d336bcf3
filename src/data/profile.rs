//! What a table looks like, column by column: counts, missing, range, quantiles, levels, histogram.

use serde::{Deserialize, Serialize};

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
