//! Student's t at any level, for intervals that hold for many comparisons at once.

/// The number that |T| exceeds with probability `share`, for Student's T with `freedom` degrees of freedom: `share` 0.05 gives
/// the reach of a 95 % interval. Infinite where `share` is not above 0 or `freedom` below 1; to 1e-9 of itself.
pub fn two_sided(share: f64, freedom: f64) -> f64 {
    if share.is_nan() || share <= 0.0 || freedom.is_nan() || freedom < 1.0 {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while tails(high, freedom) > share && high < 1e300 {
        (low, high) = (high, 2.0 * high);
    }
    while high - low > 1e-10 * high {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if tails(middle, freedom) > share { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// The probability of |T| above `t`, `t` not negative.
fn tails(t: f64, freedom: f64) -> f64 {
    incomplete_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5)
}

/// The regularised incomplete beta function I_x(a, b), `x` from 0 to 1; by Lentz's continued fraction (Press et al.,
/// Numerical Recipes, section 6.4).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    // The fraction converges quickly on this side of the middle only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let front = a * libm::log(x) + b * libm::log1p(-x) - libm::log(a);
    let front = libm::exp(front + libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b));
    front * fraction(x, a, b)
}

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let safe = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let (mut c, mut d) = (1.0, 1.0 / safe(1.0 - (a + b) * x / (a + 1.0)));
    let mut value = d;
    for step in 1..=10_000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for term in [even, odd] {
            d = 1.0 / safe(1.0 + term * d);
            c = safe(1.0 + term / c);
            value *= c * d;
        }
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // NIST/SEMATECH e-Handbook of Statistical Methods, critical values of Student's t (two-sided share).
        for (share, freedom, expected) in [
            (0.05, 1.0, 12.706),
            (0.01, 9.0, 3.250),
            (0.002, 9.0, 4.297),
            (0.05, 30.0, 2.042),
            (0.002, 100.0, 3.174),
            (0.05, 1e6, 1.960),
        ] {
            let found = two_sided(share, freedom);
            assert!((found - expected).abs() < 6e-4, "{share} {freedom}: {found}, not {expected}");
        }
        assert!(two_sided(0.0, 5.0).is_infinite() && two_sided(0.05, 0.0).is_infinite());
    }

    #[test]
    fn tails_are_the_area_below_the_density() {
        for freedom in [1.0, 2.5, 7.0, 40.0] {
            for share in [0.3, 0.01, 1e-5] {
                let t = two_sided(share, freedom);
                // From t to infinity by Simpson's rule over u = 1 / x.
                let log = libm::lgamma((freedom + 1.0) / 2.0) - libm::lgamma(freedom / 2.0);
                let scale = libm::exp(log) / (freedom * std::f64::consts::PI).sqrt();
                let density = |u: f64| {
                    let x = 1.0 / u.max(1e-12);
                    scale * libm::pow(1.0 + x * x / freedom, -(freedom + 1.0) / 2.0) * x * x
                };
                let (steps, end) = (4_000, 1.0 / t);
                let h = end / f64::from(steps);
                let weight = |k: i32| if k == 0 || k == steps { 1.0 } else { 2.0 + 2.0 * f64::from(k % 2) };
                let area: f64 = (0..=steps).map(|k| weight(k) * density(f64::from(k) * h)).sum::<f64>() * h / 3.0;
                assert!((2.0 * area / share - 1.0).abs() < 1e-5, "{freedom} {share}: {}", 2.0 * area);
            }
        }
    }
}
