//! Counter-based random streams: every draw is a function of seed, label, row and position, so results
//! depend neither on order nor on the number of threads.
//!
//! Generator: SplitMix64 (Steele, Lea, Flood 2014) over a keyed counter. Not for cryptography.

use serde::{Deserialize, Serialize};

/// The root of all randomness of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seed(pub u64);

impl Default for Seed {
    fn default() -> Self {
        Self(42)
    }
}

impl Seed {
    /// The stream of draws that belongs to `label` and `index` (a row, a repeat, a tree).
    pub fn child(self, label: &str, index: u64) -> Stream {
        let mut key = mix(self.0 ^ 0x9e37_79b9_7f4a_7c15);
        for chunk in label.as_bytes().chunks(8) {
            let mut word = [0u8; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            key = mix(key ^ u64::from_le_bytes(word));
        }
        Stream { key: mix(key ^ index.wrapping_mul(0xd134_2543_de82_ef95)), counter: 0 }
    }
}

fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A reproducible sequence of draws.
#[derive(Clone, Debug)]
pub struct Stream {
    key: u64,
    counter: u64,
}

impl Stream {
    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.counter = self.counter.wrapping_add(1);
        mix(self.key ^ self.counter.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A uniform number in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A uniform index in `0..n`, without modulo bias. `n` must be positive.
    pub fn below(&mut self, n: usize) -> usize {
        let n = n as u64;
        let limit = u64::MAX - u64::MAX % n;
        loop {
            let bits = self.bits();
            if bits < limit {
                return (bits % n) as usize;
            }
        }
    }

    /// A standard normal draw (Box–Muller, one of the pair).
    pub fn normal(&mut self) -> f64 {
        let u = 1.0 - self.unit();
        let v = self.unit();
        (-2.0 * libm::log(u)).sqrt() * libm::cos(std::f64::consts::TAU * v)
    }

    /// Shuffles in place (Fisher–Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }

    /// `k` distinct indices out of `0..n`, in increasing order; all of them when `k >= n`.
    pub fn choose(&mut self, n: usize, k: usize) -> Vec<usize> {
        if k >= n {
            return (0..n).collect();
        }
        let mut picked = std::collections::BTreeSet::new();
        for upper in n - k..n {
            let draw = self.below(upper + 1);
            if !picked.insert(draw) {
                picked.insert(upper);
            }
        }
        picked.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_depend_on_label_and_index_only() {
        let first = Seed(7).child("swarm", 3).bits();
        assert_eq!(first, Seed(7).child("swarm", 3).bits());
        assert_ne!(first, Seed(7).child("swarm", 4).bits());
        assert_ne!(first, Seed(7).child("shuffle", 3).bits());
        assert_ne!(first, Seed(8).child("swarm", 3).bits());
    }

    #[test]
    fn choosing_gives_distinct_indices_in_range() {
        let picked = Seed(1).child("choose", 0).choose(100, 30);
        assert_eq!(picked.len(), 30);
        assert!(picked.windows(2).all(|w| w[0] < w[1]));
        assert!(picked.iter().all(|&i| i < 100));
    }

    #[test]
    fn unit_draws_look_uniform() {
        let mut stream = Seed(5).child("uniform", 0);
        let mean = (0..10_000).map(|_| stream.unit()).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "mean of uniform draws was {mean}");
    }
}
