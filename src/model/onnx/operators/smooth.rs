//! Exponentials of many 32-bit numbers at once: in f64, without a branch, so that the compiler does eight side by side.
//! Correct to 1e-12 of the result and rounded once, which is the nearest 32-bit number but for the rarest cases.

use crate::num::simd::{Job, Lanes, run};

/// A function of 32-bit numbers that is computed in blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Smooth {
    /// `exp(x)`.
    Exp,
    /// `1 / (1 + exp(−x))`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
}

impl Smooth {
    /// The function of every number. Cost O(numbers), no number depends on its neighbours.
    pub fn of(self, x: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len()];
        match self {
            Self::Exp => run(Each { x, out: &mut out, of: exp }),
            Self::Sigmoid => run(Each { x, out: &mut out, of: |x: f64| 1.0 / (1.0 + exp(-x)) }),
            Self::Tanh => run(Each { x, out: &mut out, of: tanh }),
        }
        out
    }
}

struct Each<'a, F> {
    x: &'a [f32],
    out: &'a mut [f32],
    of: F,
}

impl<F: Fn(f64) -> f64> Job for Each<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, _lanes: L) {
        for (to, x) in self.out.iter_mut().zip(self.x) {
            *to = (self.of)(f64::from(*x)) as f32;
        }
    }
}

/// `x = n · ln 2 + r`: the power of two goes into the exponent's bits, the rest into a polynomial.
#[inline(always)]
fn exp(x: f64) -> f64 {
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    // Adding it rounds to a whole number, which then stands in the lowest bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    // Beyond these the 32-bit result is 0 or infinite anyway. `clamp` keeps NaN.
    let x = x.clamp(-200.0, 200.0);
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let r = (x - whole * LN_2_HIGH) - whole * LN_2_LOW;
    let mut series = 1.0 / 39_916_800.0;
    for divisor in [3_628_800.0, 362_880.0, 40_320.0, 5040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0] {
        series = series * r + 1.0 / divisor;
    }
    series * f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52))
}

#[inline(always)]
fn tanh(x: f64) -> f64 {
    let fallen = exp(-2.0 * x.abs());
    let large = (1.0 - fallen) / (1.0 + fallen);
    // Near zero the difference loses digits; there the series has them.
    let small = x.abs() * (1.0 - x * x / 3.0);
    let size = if x.abs() < 1e-3 { small } else { large };
    size.copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_those_of_the_library_to_the_last_bit_but_one() {
        let mut numbers: Vec<f32> = (-12_000..12_000).map(|i| i as f32 / 97.0).collect();
        numbers.extend((0..400).map(|i| 1.3_f32.powi(i - 380)));
        numbers.extend([0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 1e-3, 0.000_999_9]);
        let close = |ours: f32, exact: f64| {
            let near = exact as f32;
            ours == near || ours == near.next_up() || ours == near.next_down()
        };
        let each = |function: Smooth| numbers.iter().copied().zip(function.of(&numbers)).collect::<Vec<_>>();
        for (x, ours) in each(Smooth::Exp) {
            assert!(close(ours, libm::exp(f64::from(x))), "exp({x:e}) is {ours:e}");
        }
        for (x, ours) in each(Smooth::Sigmoid) {
            assert!(close(ours, 1.0 / (1.0 + libm::exp(-f64::from(x)))), "sigmoid({x:e}) is {ours:e}");
        }
        for (x, ours) in each(Smooth::Tanh) {
            assert!(close(ours, libm::tanh(f64::from(x))), "tanh({x:e}) is {ours:e}");
            assert_eq!(ours.is_sign_negative(), x.is_sign_negative());
        }
        assert!([Smooth::Exp, Smooth::Sigmoid, Smooth::Tanh].iter().all(|f| f.of(&[f32::NAN])[0].is_nan()));
    }
}
