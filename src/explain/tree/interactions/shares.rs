//! The two kinds of splits of the walk: on a feature that is new on its path, and on one that the path has met before.

use crate::num::simd::Lanes;

use super::constants::{Fresh, Repeat};

/// Which constant each of eight rows takes.
#[derive(Clone, Copy)]
pub(super) struct Sides<M> {
    /// Goes left.
    pub on: M,
    /// On, and all splits above with the same feature satisfied.
    pub open_on: M,
    /// Off, and all splits above with the same feature satisfied.
    pub open_off: M,
}

/// A kind of split, as the walk needs it.
pub(super) trait Shares<const Q: usize> {
    /// The left child's share at node `q`.
    fn share<L: Lanes>(&self, lanes: L, sides: Sides<L::Mask>, q: usize) -> L::Numbers;
    /// The pull at node `q`.
    fn pull<L: Lanes>(&self, lanes: L, sides: Sides<L::Mask>, q: usize) -> L::Numbers;
}

/// `pair[1]` where the mask says yes, `pair[0]` elsewhere.
#[inline(always)]
pub(super) fn pick<L: Lanes>(lanes: L, mask: L::Mask, pair: [f64; 2]) -> L::Numbers {
    lanes.select(mask, lanes.splat(pair[1]), lanes.splat(pair[0]))
}

/// One of `pair` where the splits above are satisfied, `closed` elsewhere.
#[inline(always)]
fn pick_open<L: Lanes>(lanes: L, sides: Sides<L::Mask>, pair: [f64; 2], closed: f64) -> L::Numbers {
    let off = lanes.select(sides.open_off, lanes.splat(pair[0]), lanes.splat(closed));
    lanes.select(sides.open_on, lanes.splat(pair[1]), off)
}

impl<const Q: usize> Shares<Q> for Fresh<Q> {
    #[inline(always)]
    fn share<L: Lanes>(&self, lanes: L, sides: Sides<L::Mask>, q: usize) -> L::Numbers {
        pick(lanes, sides.on, self.share[q])
    }

    #[inline(always)]
    fn pull<L: Lanes>(&self, lanes: L, sides: Sides<L::Mask>, _: usize) -> L::Numbers {
        pick(lanes, sides.on, self.pull)
    }
}

impl<const Q: usize> Shares<Q> for Repeat<Q> {
    #[inline(always)]
    fn share<L: Lanes>(&self, lanes: L, sides: Sides<L::Mask>, q: usize) -> L::Numbers {
        pick_open(lanes, sides, self.share[q], self.closed)
    }

    #[inline(always)]
    fn pull<L: Lanes>(&self, lanes: L, sides: Sides<L::Mask>, q: usize) -> L::Numbers {
        pick_open(lanes, sides, self.pull[q], 0.0)
    }
}
