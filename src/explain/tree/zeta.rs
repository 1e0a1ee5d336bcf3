//! From how often reference rows fail which features of a leaf to what the leaf gives to each feature.
//!
//! Let `s[u]` be the weighted share of reference rows whose *failing* features of a leaf are exactly the set `u`, and `c` the
//! set of the `d` features that the explained row satisfies. Only reference rows with `u ⊆ c` let some mixture of both reach
//! the leaf, and the Shapley weights `(a − 1)! b! / (a + b)!` are integrals over `t` in `[0, 1]` of `tᵃ⁻¹ (1 − t)ᵇ`. With
//! `Z_q[c] = Σ_{u ⊆ c} s[u] t_q^|u|` at the Gauss–Legendre nodes `t_q` and `b = d − |c|`, a leaf of value 1 gives
//! `Σ_q w_q (1 − t_q)ᵇ (Z_q[c] − Z_q[c \ i]) / t_q` to a feature `i` in `c` and `−Σ_q w_q (1 − t_q)ᵇ⁻¹ Z_q[c]` to any other.
//! The polynomials have degree `d − 1` at most, so `⌈d / 2⌉` nodes are exact. Each `Z_q` is one subset-sum (zeta)
//! transform: `d 2ᵈ⁻¹` additions. Eight leaves of equal `d` run side by side, one in each lane.
//! Sources: Laberge and Pequignot 2022 (the weights); Yates 1937 (the transform); Nadel and Wettenstein 2026 (tables).

use crate::num::simd::{Eight, Job, Lanes};

use super::quadrature::{Rule, nodes_for};

/// The constants for leaves of `distinct` features.
#[derive(Clone, Debug)]
pub(super) struct Factors {
    distinct: usize,
    nodes: Vec<f64>,
    /// `w (1 − t)ᵇ / t` by `b` and node.
    gain: Vec<f64>,
    /// `w (1 − t)ᵇ⁻¹` by `b` and node; 0 for `b = 0`.
    loss: Vec<f64>,
}

impl Factors {
    /// Constants for leaves of `distinct` features.
    pub fn new(distinct: usize) -> Self {
        let rule = Rule::new(nodes_for(distinct));
        let (mut gain, mut loss) = (Vec::new(), Vec::new());
        for b in 0..=distinct as i32 {
            for (t, w) in rule.nodes.iter().zip(&rule.weights) {
                gain.push(w * libm::pow(1.0 - t, f64::from(b)) / t);
                loss.push(if b == 0 { 0.0 } else { w * libm::pow(1.0 - t, f64::from(b - 1)) });
            }
        }
        Self { distinct, nodes: rule.nodes, gain, loss }
    }
}

/// Eight leaves side by side.
pub(super) struct Transform<'t> {
    pub factors: &'t Factors,
    /// Shares by failing set, one leaf a lane; shape (2ᵈ).
    pub shares: &'t [Eight],
    /// Room for the transforms.
    pub room: &'t mut Vec<Eight>,
    /// What the leaves give: shape (2ᵈ satisfied sets, d features).
    pub given: &'t mut Vec<Eight>,
}

impl Job for Transform<'_> {
    type Output = ();

    /// Cost `d² 2ᵈ / 2` fused products on eight lanes.
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        match self.factors.nodes.len() {
            1 => self.with::<L, 1>(lanes),
            2 => self.with::<L, 2>(lanes),
            3 => self.with::<L, 3>(lanes),
            4 => self.with::<L, 4>(lanes),
            5 => self.with::<L, 5>(lanes),
            6 => self.with::<L, 6>(lanes),
            7 => self.with::<L, 7>(lanes),
            _ => self.with::<L, 8>(lanes),
        }
    }
}

impl Transform<'_> {
    #[inline(always)]
    fn with<L: Lanes, const Q: usize>(self, lanes: L) {
        let Self { factors, shares, room, given } = self;
        let (distinct, size) = (factors.distinct, 1usize << factors.distinct);
        room.clear();
        room.resize(size * Q, Eight::splat(0.0));
        given.clear();
        given.resize(size * distinct, Eight::splat(0.0));
        let (sums, _) = room.as_chunks_mut::<Q>();
        let (gains, _) = factors.gain.as_chunks::<Q>();
        let (losses, _) = factors.loss.as_chunks::<Q>();
        start::<L, Q>(lanes, &factors.nodes, shares, sums);
        for i in 0..distinct {
            add_subsets::<L, Q>(lanes, i, sums);
        }
        for satisfied in 0..size {
            let b = distinct - satisfied.count_ones() as usize;
            let whole = weighed::<L, Q>(lanes, &gains[b], &sums[satisfied]);
            let lost = weighed::<L, Q>(lanes, &losses[b], &sums[satisfied]);
            let lost = lanes.sub(lanes.splat(0.0), lost);
            for (i, to) in given[satisfied * distinct..][..distinct].iter_mut().enumerate() {
                let value = if satisfied >> i & 1 == 1 {
                    lanes.sub(whole, weighed::<L, Q>(lanes, &gains[b], &sums[satisfied ^ 1 << i]))
                } else {
                    lost
                };
                lanes.store(to, value);
            }
        }
    }
}

/// `s[u] t^|u|` at every node.
#[inline(always)]
fn start<L: Lanes, const Q: usize>(lanes: L, nodes: &[f64], shares: &[Eight], sums: &mut [[Eight; Q]]) {
    let mut powers = [[1.0; Q]; 17];
    for k in 1..17 {
        for q in 0..Q {
            powers[k][q] = powers[k - 1][q] * nodes[q];
        }
    }
    for (failing, (share, sums)) in shares.iter().zip(sums).enumerate() {
        let share = lanes.load(share);
        let powers = &powers[failing.count_ones() as usize];
        for q in 0..Q {
            lanes.store(&mut sums[q], lanes.mul(share, lanes.splat(powers[q])));
        }
    }
}

/// Adds to every set with feature `i` the set without it.
#[inline(always)]
fn add_subsets<L: Lanes, const Q: usize>(lanes: L, i: usize, sums: &mut [[Eight; Q]]) {
    for pair in sums.chunks_exact_mut(2 << i) {
        let (without, with) = pair.split_at_mut(1 << i);
        for (without, with) in without.iter().zip(with) {
            for q in 0..Q {
                let sum = lanes.add(lanes.load(&with[q]), lanes.load(&without[q]));
                lanes.store(&mut with[q], sum);
            }
        }
    }
}

#[inline(always)]
fn weighed<L: Lanes, const Q: usize>(lanes: L, weights: &[f64; Q], sums: &[Eight; Q]) -> L::Numbers {
    let mut total = lanes.mul(lanes.splat(weights[0]), lanes.load(&sums[0]));
    for q in 1..Q {
        total = lanes.mul_add(lanes.splat(weights[q]), lanes.load(&sums[q]), total);
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::simd::run;

    /// `(a − 1)! b! / (a + b)!`.
    fn weight(a: usize, b: usize) -> f64 {
        let factorial = |k: usize| (1..=k).map(|i| i as f64).product::<f64>();
        factorial(a - 1) * factorial(b) / factorial(a + b)
    }

    /// By the definition: every failing set by itself.
    fn by_hand(distinct: usize, shares: &[f64], satisfied: usize, i: usize) -> f64 {
        let mut sum = 0.0;
        for (failing, share) in shares.iter().enumerate().filter(|(failing, _)| failing & !satisfied == 0) {
            let (a, b) = (failing.count_ones() as usize, distinct - satisfied.count_ones() as usize);
            if failing >> i & 1 == 1 {
                sum += share * weight(a, b);
            } else if satisfied >> i & 1 == 0 {
                sum -= share * weight(b, a);
            }
        }
        sum
    }

    #[test]
    fn the_transform_gives_the_sums_over_all_failing_sets() {
        for distinct in [1usize, 2, 3, 6, 9, 11] {
            let size = 1 << distinct;
            let share = |u: usize, lane: usize| ((u * 7 + lane * 5 + 1) % 11) as f64 / 11.0 / size as f64;
            let shares: Vec<Eight> = (0..size).map(|u| Eight(std::array::from_fn(|l| share(u, l)))).collect();
            let (factors, mut room, mut given) = (Factors::new(distinct), Vec::new(), Vec::new());
            run(Transform { factors: &factors, shares: &shares, room: &mut room, given: &mut given });
            for satisfied in (0..size).step_by(1 + size / 60) {
                for lane in [0usize, 7] {
                    let own: Vec<f64> = (0..size).map(|u| share(u, lane)).collect();
                    for i in 0..distinct {
                        let gap = given[satisfied * distinct + i].0[lane] - by_hand(distinct, &own, satisfied, i);
                        assert!(gap.abs() < 1e-14, "{distinct} features, {satisfied:b}, {i}: {gap:e}");
                    }
                }
            }
        }
    }
}
