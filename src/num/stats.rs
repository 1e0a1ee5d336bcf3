//! Sums, means, quantiles, ranks and correlations. NaN is refused by the caller unless a function says otherwise.

/// Sum by pairwise halving: error grows with the logarithm of the length, order is fixed.
pub fn sum(values: &[f64]) -> f64 {
    if values.len() <= 32 {
        return values.iter().sum();
    }
    let (left, right) = values.split_at(values.len() / 2);
    sum(left) + sum(right)
}

/// Mean; 0 for an empty slice.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { sum(values) / values.len() as f64 }
}

/// Sample variance (divisor n − 1); 0 below two values.
pub fn variance(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let centre = mean(values);
    let squares: Vec<f64> = values.iter().map(|v| (v - centre) * (v - centre)).collect();
    sum(&squares) / (values.len() - 1) as f64
}

/// The quantile `q` in `0..=1` of ascending `sorted` values, by linear interpolation (type 7); NaN when empty.
pub fn quantile_sorted(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let position = q.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    let share = position - below as f64;
    if share <= 0.0 { sorted[below] } else { sorted[below] + share * (sorted[above] - sorted[below]) }
}

/// The finite values in ascending order; missing ones are dropped.
pub fn sorted_present(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut present: Vec<f64> = values.filter(|v| !v.is_nan()).collect();
    present.sort_unstable_by(f64::total_cmp);
    present
}

/// Ranks from 1, ties share their mean rank.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    // Adding 0 makes −0 and 0 the same value.
    let by = |a: usize, b: usize| (values[a] + 0.0).total_cmp(&(values[b] + 0.0));
    order.sort_by(|&a, &b| by(a, b));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && by(order[end], order[start]).is_eq() {
            end += 1;
        }
        let shared = (start + end + 1) as f64 / 2.0;
        for &i in &order[start..end] {
            ranks[i] = shared;
        }
        start = end;
    }
    ranks
}

/// Pearson correlation; 0 when either side does not vary.
pub fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    if n < 2 {
        return 0.0;
    }
    let (ma, mb) = (mean(&a[..n]), mean(&b[..n]));
    let (mut saa, mut sbb, mut sab) = (0.0, 0.0, 0.0);
    for i in 0..n {
        let (da, db) = (a[i] - ma, b[i] - mb);
        saa += da * da;
        sbb += db * db;
        sab += da * db;
    }
    if saa <= 0.0 || sbb <= 0.0 { 0.0 } else { sab / (saa * sbb).sqrt() }
}

/// The 97.5 % quantile of Student's t with `freedom` degrees of freedom, to 0.002.
pub fn student(freedom: usize) -> f64 {
    const TABLE: [f64; 9] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];
    match freedom {
        0 => f64::INFINITY,
        1..=9 => TABLE[freedom - 1],
        _ => {
            // Cornish–Fisher expansion around the normal quantile.
            let (z, n) = (1.959_964, freedom as f64);
            let (third, fifth) = (z * z * z, z * z * z * z * z);
            let seventh = fifth * z * z;
            z + (third + z) / (4.0 * n)
                + (5.0 * fifth + 16.0 * third + 3.0 * z) / (96.0 * n * n)
                + (3.0 * seventh + 19.0 * fifth + 17.0 * third - 15.0 * z) / (384.0 * n * n * n)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate() {
        let sorted = [1.0, 2.0, 3.0, 4.0];
        assert!((quantile_sorted(&sorted, 0.5) - 2.5).abs() < 1e-12);
        assert!(quantile_sorted(&[], 0.5).is_nan());
    }

    #[test]
    fn tied_ranks_are_shared() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0]), vec![2.5, 1.0, 2.5]);
        assert_eq!(ranks(&[0.0, -0.0, 1.0]), vec![1.5, 1.5, 3.0]);
    }

    #[test]
    fn quantiles_of_student_join_the_table_smoothly() {
        assert!((student(10) - 2.228).abs() < 2e-3);
        assert!((student(30) - 2.042).abs() < 1e-3);
        assert!((student(1_000_000) - 1.96).abs() < 1e-3);
    }
}
