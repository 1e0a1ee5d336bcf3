//! 95 % intervals over rows, all in closed form: no random numbers, O(rows).
//!
//! Means and ratios: linearisation (the delta method on weighted means, Särndal, Swensson and Wretman 1992, section
//! 5.5). Shares: Wilson 1927 with Kish's effective number of rows. Area under the ROC curve: DeLong et al. 1988 on the
//! logit scale. Average precision: Boyd, Eng and Page 2013, logit interval.

/// The 97.5 % point of the standard normal distribution.
pub const Z: f64 = 1.959_963_984_540_054;

/// Kish's effective number of rows: `(Σ w)² / Σ w²`; 0 when nothing weighs.
pub fn effective_rows(weights: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    let squares: f64 = weights.iter().map(|w| w * w).sum();
    if squares > 0.0 { total * total / squares } else { 0.0 }
}

/// Wilson's interval for a share observed over `rows` (effective) rows; `(0, 1)` without rows.
pub fn wilson(share: f64, rows: f64) -> (f64, f64) {
    if rows <= 0.0 || share.is_nan() {
        return (0.0, 1.0);
    }
    let spread = Z * Z / rows;
    let centre = (share + spread / 2.0) / (1.0 + spread);
    let half = Z / (1.0 + spread) * (share * (1.0 - share) / rows + spread / (4.0 * rows)).max(0.0).sqrt();
    // At a share of exactly 0 or 1 the bound is that share; rounding must not move it.
    let low = if share <= 0.0 { 0.0 } else { (centre - half).clamp(0.0, share) };
    let high = if share >= 1.0 { 1.0 } else { (centre + half).clamp(share, 1.0) };
    (low, high)
}

/// Standard error of a weighted mean from each row's influence (its distance from the estimate):
/// `√(n/(n − 1) · Σ (w · influence)²) / Σ w`; NaN below two rows.
pub fn standard_error(influence: impl Iterator<Item = f64>, weights: &[f64]) -> f64 {
    let (mut squares, mut total, mut count) = (0.0, 0.0, 0.0);
    for (value, w) in influence.zip(weights) {
        let part = w * value;
        squares += part * part;
        total += w;
        count += 1.0;
    }
    if count < 2.0 || total <= 0.0 { f64::NAN } else { (squares * count / (count - 1.0)).sqrt() / total }
}

/// Estimate ± Z standard errors, kept inside `range`; `None` when the error is not a positive number.
pub fn symmetric(estimate: f64, error: f64, range: (f64, f64)) -> Option<(f64, f64)> {
    let sound = estimate.is_finite() && error.is_finite() && error > 0.0;
    sound.then(|| ((estimate - Z * error).max(range.0), (estimate + Z * error).min(range.1)))
}

/// An interval for a number in `(0, 1)` that is symmetric in log-odds; `None` at 0 and 1 and without an error.
pub fn logit(estimate: f64, error: f64) -> Option<(f64, f64)> {
    if !(error > 0.0 && error.is_finite() && estimate > 0.0 && estimate < 1.0) {
        return None;
    }
    let centre = libm::log(estimate / (1.0 - estimate));
    let half = Z * error / (estimate * (1.0 - estimate));
    let back = |t: f64| 1.0 / (1.0 + libm::exp(-t));
    Some((back(centre - half), back(centre + half)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_gives_the_textbook_interval() {
        // scipy 1.17, binomtest(10, 50).proportion_ci(method="wilson").
        let (low, high) = wilson(0.2, 50.0);
        assert!((low - 0.112_437_500_157_761).abs() < 1e-14, "{low}");
        assert!((high - 0.330_371_059_322_254).abs() < 1e-14, "{high}");
        assert_eq!(wilson(0.0, 10.0).0.to_bits(), 0.0_f64.to_bits());
        assert_eq!(wilson(1.0, 10.0).1.to_bits(), 1.0_f64.to_bits());
        assert_eq!(wilson(f64::NAN, 0.0), (0.0, 1.0));
    }

    #[test]
    fn equal_weights_give_the_plain_standard_error() {
        let values = [1.0, 2.0, 4.0, 7.0];
        let error = standard_error(values.iter().map(|v| v - 3.5), &[2.0; 4]);
        assert!((error - (7.0_f64 / 4.0).sqrt()).abs() < 1e-12, "{error}");
        assert!((effective_rows(&[3.0; 4]) - 4.0).abs() < 1e-12);
    }
}
