//! Sums that lose nothing to cancellation: a number and what rounding left of it.

use std::ops::AddAssign;

/// A sum in twice the usual precision, about 32 digits.
/// Source: Dekker 1971, Knuth 1969 (two-sum), with a fused product.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Twofold {
    value: f64,
    rest: f64,
}

impl Twofold {
    /// `a · b` without error.
    pub fn product(a: f64, b: f64) -> Self {
        let value = a * b;
        Self { value, rest: a.mul_add(b, -value) }
    }

    /// The product with a number, to twice the usual precision.
    pub fn times(self, factor: f64) -> Self {
        let mut product = Self::product(self.value, factor);
        product += Self::product(self.rest, factor);
        product
    }

    /// The sum with the opposite sign.
    pub fn negative(self) -> Self {
        Self { value: -self.value, rest: -self.rest }
    }

    /// The nearest number.
    pub fn rounded(self) -> f64 {
        self.value + self.rest
    }
}

impl From<f64> for Twofold {
    fn from(value: f64) -> Self {
        Self { value, rest: 0.0 }
    }
}

impl AddAssign for Twofold {
    fn add_assign(&mut self, other: Self) {
        let sum = self.value + other.value;
        let part = sum - self.value;
        let lost = (self.value - (sum - part)) + (other.value - part);
        let rest = lost + self.rest + other.rest;
        self.value = sum + rest;
        self.rest = rest - (self.value - sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_large_numbers_hide_comes_back_when_they_leave() {
        let mut sum = Twofold::default();
        for part in [1e16, 0.1, -1e16, 1e-9, 3.0] {
            sum += Twofold::product(part, 1.0);
        }
        assert_eq!(sum.rounded(), 3.1 + 1e-9);
    }
}
