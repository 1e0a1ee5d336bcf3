//! Gauss–Legendre nodes on the unit interval: the integrals behind Shapley weights become short sums.

/// Nodes and weights of one rule; the weights sum to one.
#[derive(Clone, Debug)]
pub(in crate::explain) struct Rule {
    /// Nodes in `(0, 1)`, ascending.
    pub nodes: Vec<f64>,
    /// One weight per node.
    pub weights: Vec<f64>,
}

/// How many nodes a path of `distinct` features needs.
///
/// The integrand is a product of at most `distinct − 1` linear factors, so half as many nodes are exact. For long
/// paths fewer suffice: every factor has modulus at most `(1 + cosh σ) / 2` on the Bernstein ellipse of parameter
/// `exp σ`, hence the error of `q` nodes is at most about `exp(−4 q² / distinct)`; at `q = 3.2 √distinct + 2` that is
/// below the rounding of f64.
pub(in crate::explain) fn nodes_for(distinct: usize) -> usize {
    let enough = (3.2 * (distinct as f64).sqrt()).ceil() as usize + 2;
    distinct.div_ceil(2).min(enough).max(1)
}

impl Rule {
    /// The rule with `count` nodes, exact for polynomials of degree `2 · count − 1`. Cost O(count²).
    pub fn new(count: usize) -> Self {
        let count = count.max(1);
        let mut nodes = vec![0.5; count];
        let mut weights = vec![1.0; count];
        for i in 0..count.div_ceil(2) {
            let (y, weight) = root(count, i);
            nodes[i] = 0.5 * y;
            nodes[count - 1 - i] = 1.0 - 0.5 * y;
            weights[i] = 0.5 * weight;
            weights[count - 1 - i] = 0.5 * weight;
        }
        if count % 2 == 1 {
            nodes[count / 2] = 0.5;
        }
        Self { nodes, weights }
    }
}

/// The root number `i` from the upper end of the Legendre polynomial of degree `count`, as its distance `y = 1 − x`
/// from that end, and its weight on `[−1, 1]`. The distance, not `x`, carries the digits: weights near the end are
/// proportional to it.
fn root(count: usize, i: usize) -> (f64, f64) {
    let n = count as f64;
    let half = 0.5 * std::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5);
    let mut y = 2.0 * libm::sin(half) * libm::sin(half);
    for _ in 0..100 {
        let (value, below) = legendre(count, y);
        let slope = -n * (below - (1.0 - y) * value) / (y * (2.0 - y));
        let step = value / slope;
        y -= step;
        if step.abs() < 1e-16 * y {
            break;
        }
    }
    let (_, below) = legendre(count, y);
    (y, 2.0 * y * (2.0 - y) / (n * below * (n * below)))
}

/// The Legendre polynomials of degree `count` and `count − 1` at `x = 1 − y`, by the three-term rule written for the
/// differences of neighbours, which loses nothing where `y` is small.
fn legendre(count: usize, y: f64) -> (f64, f64) {
    let (mut value, mut below, mut difference) = (1.0 - y, 1.0, -y);
    for k in 1..count {
        let k = k as f64;
        difference = (k * difference - (2.0 * k + 1.0) * y * value) / (k + 1.0);
        below = value;
        value += difference;
    }
    (value, below)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integral(rule: &Rule, power: i32) -> f64 {
        rule.nodes.iter().zip(&rule.weights).map(|(t, w)| w * t.powi(power)).sum()
    }

    #[test]
    fn powers_up_to_twice_the_nodes_are_integrated_exactly() {
        for count in [1, 2, 3, 8, 20, 25] {
            let rule = Rule::new(count);
            for power in 0..2 * count as i32 {
                let exact = 1.0 / f64::from(power + 1);
                let gap = (integral(&rule, power) - exact).abs();
                assert!(gap < 4e-15, "{count} nodes, power {power}: {gap}");
            }
            let beyond = 2 * count as i32;
            let gap = (integral(&rule, beyond) - 1.0 / f64::from(beyond + 1)).abs();
            assert!(count > 3 || gap > 1e-7, "{count} nodes cannot integrate power {beyond}");
        }
    }

    #[test]
    fn long_paths_need_few_nodes() {
        for distinct in [60usize, 100, 1000, 10_000] {
            let rule = Rule::new(nodes_for(distinct));
            for power in [distinct - 1, distinct / 2, distinct / 10] {
                let exact = 1.0 / (power + 1) as f64;
                let gap = (integral(&rule, power as i32) - exact).abs();
                // The integrand raises nodes, rounded to ε, to a power: the relative error is about power · ε.
                assert!(
                    gap < (1.0 + power as f64) * 1e-15 * exact,
                    "{distinct} features, power {power}: {gap} of {exact}"
                );
            }
        }
        assert_eq!(nodes_for(0), 1);
        assert_eq!(nodes_for(7), 4);
    }
}
