//! Whether features next to each other in an order of importance can be told apart.

use crate::num::neighbours::{self, Difference};
use crate::num::stats;

/// One feature's importance, draw by draw; draws of the same number belong together for all features.
#[derive(Clone, Debug, Default)]
pub(super) struct Draws {
    /// One number per shuffle; all features share the shuffles. Empty where none was drawn.
    pub shuffles: Vec<f64>,
    /// Numbers that spread as the importance would over tables of such rows; all features share the resampled rows.
    pub tables: Vec<f64>,
}

/// Parts into which the rows of a large table are cut instead of resampling them.
const PARTS: usize = 200;

/// Numbers that spread as the mean of `values` would over tables of such rows, without resampling: the influences of every
/// 200th row together, each such part taken as one independent draw of the mean's error. Their variance is an unbiased
/// estimate of the mean's. `weight` is a row's weight. Cost O(rows).
pub(super) fn parts(values: &[f64], mean: f64, weight: impl Fn(usize) -> f64) -> Vec<f64> {
    let total: f64 = (0..values.len()).map(&weight).sum();
    let mut parts = vec![0.0; PARTS.min(values.len())];
    let count = parts.len().max(1);
    for (i, value) in values.iter().enumerate() {
        parts[i % count] += weight(i) * (value - mean) / total;
    }
    // The influences add up to 0, so that n parts know n − 1 numbers.
    let scale = (count.saturating_sub(1) as f64).sqrt();
    parts.iter().map(|part| mean + scale * part).collect()
}

/// For each place of `order` but the last, the interval of the difference to the next one: of that over shuffles and that
/// over rows the wider one, each paired and for all pairs of features at once.
pub(super) fn gaps(order: &[usize], values: &[f64], draws: &[Draws]) -> Vec<(f64, f64)> {
    let counted = values.iter().filter(|value| value.abs() > 0.0).count();
    let pairs = neighbours::pairs(counted.max(2));
    let between = |pair: &[usize]| {
        let (a, b) = (pair[0], pair[1]);
        let value = values[a] - values[b];
        let over = |a: &[f64], b: &[f64], is_mean: bool| {
            let apart: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).filter(|d| !d.is_nan()).collect();
            let error = (stats::variance(&apart) / if is_mean { apart.len() as f64 } else { 1.0 }).sqrt();
            (!apart.is_empty()).then(|| Difference::new(value, error, apart.len() as f64 - 1.0, pairs))
        };
        let shuffles = over(&draws[a].shuffles, &draws[b].shuffles, true);
        let tables = over(&draws[a].tables, &draws[b].tables, false);
        let wider = |a: Difference, b: Difference| if a.high - a.low > b.high - b.low { a } else { b };
        let found = match (shuffles, tables) {
            (Some(a), Some(b)) => Some(wider(a, b)),
            (one, other) => one.or(other),
        };
        found.map_or((f64::NEG_INFINITY, f64::INFINITY), |d| (d.low, d.high))
    };
    order.windows(2).map(between).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    #[test]
    fn parts_spread_as_the_mean_does() {
        let mut draws = Seed(8).child("parts", 0);
        let values: Vec<f64> = (0..40_000).map(|_| draws.normal().exp()).collect();
        let weights: Vec<f64> = (0..40_000).map(|_| 0.5 + draws.unit()).collect();
        let total: f64 = weights.iter().sum();
        let mean = values.iter().zip(&weights).map(|(v, w)| v * w).sum::<f64>() / total;
        let squares: f64 = values.iter().zip(&weights).map(|(v, w)| (w * (v - mean)).powi(2)).sum();
        let (expected, found) = (squares.sqrt() / total, stats::variance(&parts(&values, mean, |i| weights[i])).sqrt());
        assert!((found / expected - 1.0).abs() < 0.2, "{found}, not {expected}");
    }

    #[test]
    fn shared_noise_cancels_and_own_noise_does_not() {
        let mut noise = Seed(9).child("rivals", 0);
        let shared: Vec<f64> = (0..100).map(|_| noise.normal()).collect();
        let of = |level: f64, own: f64, noise: &mut crate::base::seed::Stream| Draws {
            shuffles: Vec::new(),
            tables: shared.iter().map(|s| level + s + own * noise.normal()).collect(),
        };
        let draws = [of(1.0, 0.01, &mut noise), of(1.5, 0.01, &mut noise), of(1.4, 1.0, &mut noise)];
        let found = gaps(&[1, 2, 0], &[1.0, 1.5, 1.4], &draws);
        assert!(found[0].0 < 0.0 && found[1].0 < 0.0, "{found:?}");
        let found = gaps(&[1, 0], &[1.0, 1.5, 1.4], &draws);
        assert!(found[0].0 > 0.4 && found[0].1 < 0.6, "{found:?}");
        assert_eq!(gaps(&[1, 0], &[1.0, 1.5], &[Draws::default(), Draws::default()])[0].1, f64::INFINITY);
    }
}
