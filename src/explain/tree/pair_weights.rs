//! Shapley weights of a leaf that one row reaches together with another.
//!
//! A leaf reached with `a` features from the explained row and `b` from the reference row gives `(a − 1)! b! / (a + b)!` of
//! its value to each of the former and `−a! (b − 1)! / (a + b)!` to each of the latter.
//! Source: Laberge and Pequignot 2022.

/// Weights of leaves by the number of players on either side.
pub(super) struct Weights {
    size: usize,
    table: Vec<f64>,
}

impl Weights {
    /// Largest count kept in the table; beyond it weights are computed when needed.
    const LIMIT: usize = 64;

    /// Weights for up to `distinct` players on a path.
    pub fn new(distinct: usize) -> Self {
        let size = distinct.min(Self::LIMIT) + 1;
        let table = (0..size * size).map(|k| beta(k / size, k % size)).collect();
        Self { size, table }
    }

    /// `(gains − 1)! losses! / (gains + losses)!`; 0 without gains.
    pub fn of(&self, gains: usize, losses: usize) -> f64 {
        if gains < self.size && losses < self.size {
            self.table[gains * self.size + losses]
        } else {
            beta(gains, losses)
        }
    }
}

/// `(a − 1)! b! / (a + b)!`, as a product of factors not above one; 0 when `a` is 0.
fn beta(a: usize, b: usize) -> f64 {
    if a == 0 {
        return 0.0;
    }
    let (few, many) = if a - 1 < b { (a - 1, b) } else { (b, a - 1) };
    let product: f64 = (1..=few).map(|k| k as f64 / (many + k) as f64).product();
    product / (a + b) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaf_weights_are_the_shapley_weights() {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-15;
        assert!(close(beta(1, 0), 1.0));
        assert!(close(beta(1, 1), 0.5));
        assert!(close(beta(2, 1), 1.0 / 6.0));
        assert!(close(beta(3, 2), 2.0 * 2.0 / 120.0));
        assert!(close(Weights::new(3).of(2, 3), beta(2, 3)));
        assert!(beta(0, 4) == 0.0 && beta(5000, 5000) == 0.0);
    }
}
