//! Shares of rows on both sides: Newcombe's interval, and each row's influence on ratios such as precision and F1.

use super::super::super::card::TaskKind;
use super::super::super::metrics::called;
use super::super::interval::wilson;
use super::Sides;

/// The 95 % interval of the challenger's share minus the champion's. `cells` are counts or weights: both right, only the
/// champion, only the challenger, neither; `rows` is the effective number of rows.
///
/// Source: Newcombe 1998, Improved confidence intervals for the difference between binomial proportions based on paired
/// data, method 10 (square and add, with its continuity correction of the correlation).
pub fn newcombe(cells: [f64; 4], rows: f64) -> (f64, f64) {
    let total: f64 = cells.iter().sum();
    if total <= 0.0 || rows <= 0.0 {
        return (-1.0, 1.0);
    }
    let [both, own, other, neither] = cells.map(|c| c / total * rows);
    let (first, second) = ((both + own) / rows, (both + other) / rows);
    let product = (both + own) * (other + neither) * (both + other) * (own + neither);
    let raw = both * neither - own * other;
    let corrected = if raw > 0.0 { (raw - rows / 2.0).max(0.0) } else { raw };
    let phi = if product > 0.0 { corrected / product.sqrt() } else { 0.0 };
    let (low_first, high_first) = wilson(first, rows);
    let (low_second, high_second) = wilson(second, rows);
    let reach = |a: f64, b: f64| (a * a - 2.0 * phi * a * b + b * b).max(0.0).sqrt();
    let difference = second - first;
    (
        difference - reach(second - low_second, high_first - first),
        difference + reach(first - low_first, high_second - second),
    )
}

/// Each row's influence on a ratio of weighted sums, over the rows of `sides` as one model answers them.
pub(super) fn influence(id: &str, sides: &Sides, answers: &[f64]) -> Vec<f64> {
    let called: Vec<usize> = answers.chunks_exact(sides.width).map(called).collect();
    if id == "balanced-accuracy" {
        return balanced(sides, &called);
    }
    debug_assert_eq!(sides.task, TaskKind::Binary);
    let parts = |(call, y): (&usize, &f64)| {
        let (call, y) = (*call as f64, *y);
        match id {
            "precision" => (call * y, call),
            "recall" => (call * y, y),
            _ => (2.0 * call * y, call + y),
        }
    };
    let parts: Vec<(f64, f64)> = called.iter().zip(&sides.truth).map(parts).collect();
    let above = sides.mean(&parts.iter().map(|p| p.0).collect::<Vec<_>>());
    let below = sides.mean(&parts.iter().map(|p| p.1).collect::<Vec<_>>());
    let ratio = above / below;
    parts.into_iter().map(|(a, b)| (a - ratio * b) / below).collect()
}

/// Mean recall: a row moves the recall of its own class only.
fn balanced(sides: &Sides, called: &[usize]) -> Vec<f64> {
    let mut held = vec![0.0; sides.width];
    let mut right = vec![0.0; sides.width];
    let class = |y: f64| y as usize;
    for ((call, y), w) in called.iter().zip(&sides.truth).zip(&sides.weights) {
        held[class(*y)] += w;
        right[class(*y)] += if *call == class(*y) { *w } else { 0.0 };
    }
    let total: f64 = held.iter().sum();
    let present = held.iter().filter(|w| **w > 0.0).count() as f64;
    let of_row = |(call, y): (&usize, &f64)| {
        let k = class(*y);
        let hit = f64::from(u8::from(*call == k));
        (hit - right[k] / held[k]) / (held[k] / total) / present
    };
    called.iter().zip(&sides.truth).map(of_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newcombe_gives_the_published_interval() {
        // Newcombe 1998, table III, a = 36, b = 12, c = 2, d = 0, method 10: 0.0569 to 0.3404.
        let (low, high) = newcombe([36.0, 2.0, 12.0, 0.0], 50.0);
        assert!((low - 0.0569).abs() < 5e-5 && (high - 0.3404).abs() < 5e-5, "{low} {high}");
        // Swapping the two turns the interval round.
        let (other_low, other_high) = newcombe([36.0, 12.0, 2.0, 0.0], 50.0);
        assert!((low + other_high).abs() < 1e-15 && (high + other_low).abs() < 1e-15);
    }

    #[test]
    fn two_models_that_always_agree_have_an_interval_that_holds_zero() {
        for cells in [[40.0, 0.0, 0.0, 10.0], [50.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 5.0]] {
            let (low, high) = newcombe(cells, cells.iter().sum());
            assert!(low <= 0.0 && high >= 0.0, "{cells:?}: {low} {high}");
        }
    }
}
