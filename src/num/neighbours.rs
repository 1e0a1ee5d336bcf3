//! Whether neighbours in an order of means are told apart by a sample, all comparisons taken together.

use super::student;

/// Share of errors allowed over all comparisons together.
const ERROR: f64 = 0.05;

/// The difference of two means and an interval that holds for all compared pairs at once with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// First minus second mean.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Difference {
    /// A difference with this standard error, of which `freedom + 1` numbers are known, among so many `pairs`: Student's t at
    /// the level divided by the number of pairs (Bonferroni).
    pub fn new(value: f64, error: f64, freedom: f64, pairs: usize) -> Self {
        let reach = if error > 0.0 { error * student::two_sided(ERROR / pairs.max(1) as f64, freedom) } else { 0.0 };
        Self { value, low: value - reach, high: value + reach }
    }

    /// The same with room for a bias of the first mean of up to `first`, upwards, and one of the second of up to `second`.
    #[must_use]
    pub fn widened(self, first: f64, second: f64) -> Self {
        Self { low: self.low - first, high: self.high + second, ..self }
    }

    /// Whether 0 lies inside: which of the two is larger cannot be said.
    pub fn is_uncertain(&self) -> bool {
        !(self.low > 0.0 || self.high < 0.0)
    }
}

/// How many pairs `count` things make. An order is chosen by looking at the same sample, so that any two things might have
/// become neighbours and all pairs must be paid for.
pub fn pairs(count: usize) -> usize {
    count * count.saturating_sub(1) / 2
}

/// Means and sums of squared deviations of differences between neighbours, kept up to date row by row (Welford 1962).
#[derive(Clone, Debug)]
pub struct Differences {
    count: f64,
    means: Vec<f64>,
    squares: Vec<f64>,
}

impl Differences {
    /// For `things` in a fixed order.
    pub fn of(things: usize) -> Self {
        let gaps = things.saturating_sub(1);
        Self { count: 0.0, means: vec![0.0; gaps], squares: vec![0.0; gaps] }
    }

    /// Adds one row: a value of every thing, in their order.
    pub fn add(&mut self, row: &[f64]) {
        self.count += 1.0;
        for ((pair, mean), square) in row.windows(2).zip(&mut self.means).zip(&mut self.squares) {
            let away = pair[0] - pair[1] - *mean;
            *mean += away / self.count;
            *square += away * (pair[0] - pair[1] - *mean);
        }
    }

    /// The difference of each thing to the next, among so many compared `pairs`. With fewer than two rows nothing is certain.
    pub fn found(&self, pairs: usize) -> Vec<Difference> {
        let freedom = self.count - 1.0;
        let each = self.means.iter().zip(&self.squares).map(|(mean, square)| {
            let error = if freedom < 1.0 { f64::INFINITY } else { (square / freedom / self.count).sqrt() };
            Difference::new(*mean, error, freedom, pairs)
        });
        each.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;
    use crate::num::stats;

    #[test]
    fn row_by_row_is_the_formula_of_a_paired_interval() {
        let mut draws = Seed(3).child("rows", 0);
        let mut row = || {
            let u = draws.normal();
            [1e6 + u, 1e6 + 0.5 * u + draws.normal(), 1e6 - 3.0]
        };
        let rows: Vec<[f64; 3]> = (0..50).map(|_| row()).collect();
        let mut found = Differences::of(3);
        rows.iter().for_each(|row| found.add(row));
        for (gap, difference) in found.found(3).into_iter().enumerate() {
            let gaps: Vec<f64> = rows.iter().map(|row| row[gap] - row[gap + 1]).collect();
            let reach = student::two_sided(0.05 / 3.0, 49.0) * (stats::variance(&gaps) / 50.0).sqrt();
            assert!((difference.value - stats::mean(&gaps)).abs() < 1e-8, "{difference:?}");
            assert!((difference.high - difference.low - 2.0 * reach).abs() < 1e-8, "{difference:?} {reach}");
        }
    }

    #[test]
    fn a_wrong_order_is_claimed_in_at_most_a_twentieth_of_all_samples() {
        // Eight pairs of equal means, sorted by their sample mean: one claim within a pair, anywhere, counts as an error.
        // Intervals that pay for one comparison only would err in about a third of the samples.
        const THINGS: usize = 16;
        let (mut wrong, samples) = (0, 400);
        for sample in 0..samples {
            let mut draws = Seed(11).child("sample", sample);
            let mut row = || -> [f64; THINGS] { std::array::from_fn(|j| (j / 2) as f64 * 10.0 + 2.0 * draws.unit()) };
            let rows: Vec<[f64; THINGS]> = (0..40).map(|_| row()).collect();
            let mean = |j: usize| rows.iter().map(|row| row[j]).sum::<f64>();
            let mut order: Vec<usize> = (0..THINGS).collect();
            order.sort_by(|a, b| mean(*b).total_cmp(&mean(*a)));
            let mut found = Differences::of(THINGS);
            rows.iter().for_each(|row| found.add(&order.iter().map(|j| row[*j]).collect::<Vec<f64>>()));
            let within = found.found(pairs(THINGS)).into_iter().step_by(2);
            wrong += usize::from(within.into_iter().any(|difference| !difference.is_uncertain()));
        }
        assert!(wrong <= samples as usize / 20, "{wrong} of {samples}");
    }

    #[test]
    fn a_clear_order_is_called_certain() {
        let mut draws = Seed(5).child("clear", 0);
        let mut found = Differences::of(3);
        (0..200).for_each(|_| found.add(&[5.0 + draws.normal(), 3.0 + draws.normal(), 3.1 + draws.normal()]));
        let found: Vec<bool> = found.found(pairs(3)).iter().map(Difference::is_uncertain).collect();
        assert_eq!(found, [false, true]);
        let mut single = Differences::of(2);
        single.add(&[5.0, 1.0]);
        assert!(single.found(1)[0].is_uncertain(), "one row says nothing");
    }
}
