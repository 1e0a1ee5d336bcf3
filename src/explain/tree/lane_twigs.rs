//! The walk of the lane quadrature through small subtrees: everything between what arrives at one and what it is worth
//! stays in registers. A split above two of them is one step.

use crate::num::simd::{Eight, Lanes, Nibbles};

use super::lane_quadrature::{Rows, Shares, Sides, Stack, VECTORS, Walk};
use super::steps::{Below, Step};
use super::twigs::Tip;

impl<L: Lanes, const Q: usize> Walk<'_, '_, L, Q> {
    /// A small subtree by itself.
    #[inline(always)]
    pub(super) fn twig(&self, step: &Step, stack: &mut Stack<Q>, out: &mut [Rows]) {
        let arriving = self.arriving(step, &stack.down, &stack.places);
        let width = self.program.width;
        for k in 0..width {
            let to = &mut stack.up[step.slot as usize * width + k];
            let out = &mut out[(self.program.first_output + k) * self.inputs..];
            for v in 0..VECTORS {
                let worth = self.pass((step.left, k), (v, &stack.places), self.arrive(&arriving, v), out);
                for q in 0..Q {
                    self.lanes.store(&mut to[q][v], worth[q]);
                }
            }
        }
    }

    /// A split above two small subtrees or leaves.
    #[inline(always)]
    pub(super) fn bough<S: Shares<Q>>(&self, step: &Step, split: &S, stack: &mut Stack<Q>, out: &mut [Rows]) {
        let arriving = self.arriving(step, &stack.down, &stack.places);
        let words = self.words(step.split);
        let width = self.program.width;
        for k in 0..width {
            let to = &mut stack.up[step.slot as usize * width + k];
            let out = &mut out[(self.program.first_output + k) * self.inputs..];
            for v in 0..VECTORS {
                let (sides, products) = (words.sides(self.lanes, v), self.arrive(&arriving, v));
                let (shares, [left, right]) = self.parted(split, sides, products);
                let left = self.pass((step.left, k), (v, &stack.places), left, out);
                let right = self.pass((step.right, k), (v, &stack.places), right, out);
                let target = &mut out[step.feature as usize][v];
                let worth = self.united(split, sides, (products, shares), [left, right], target);
                for q in 0..Q {
                    self.lanes.store(&mut to[q][v], worth[q]);
                }
            }
        }
    }

    /// Adds what a small subtree or a leaf gives to its features when `products` arrive, for value `k` of the leaves and
    /// vector `v`; tells what it is worth at every node.
    #[inline(always)]
    fn pass(
        &self,
        (below, k): (Below, usize),
        (v, places): (usize, &[Nibbles]),
        products: [L::Numbers; Q],
        out: &mut [Rows],
    ) -> [L::Numbers; Q] {
        let (lanes, program) = (self.lanes, self.program);
        match below {
            Below::Leaf(value) => [lanes.splat(program.values[value as usize + k]); Q],
            Below::Twig(at) => {
                let twig = &program.twigs[at as usize + k];
                let places = lanes.places(&places[twig.ask as usize], v);
                let moments = self.moments(products);
                self.add_both(&mut out[twig.feature as usize][v], &twig.root, places, moments);
                if let Some(end) = twig.ends[0] {
                    self.add_both(&mut out[end.feature as usize][v], &twig.left, places, moments);
                }
                if let Some(end) = twig.ends[1] {
                    self.add_both(&mut out[end.feature as usize][v], &twig.right, places, moments);
                }
                let mut worth = products;
                for q in 0..Q {
                    worth[q] = lanes.look_up(lanes.load(&twig.value[q]), places);
                }
                worth
            }
            Below::Fork(at) => {
                let fork = &program.forks[at as usize];
                let constants = &program.repeat[fork.root.constants as usize];
                let sides = self.words(fork.root.split).sides(lanes, v);
                let (shares, [left, right]) = self.parted(constants, sides, products);
                let left = self.tip((fork.tips[0], k), v, left, out);
                let right = self.tip((fork.tips[1], k), v, right, out);
                let target = &mut out[fork.root.feature as usize][v];
                self.united(constants, sides, (products, shares), [left, right], target)
            }
            // A subtree that is walked is not small.
            Below::Walked => products,
        }
    }

    #[inline(always)]
    fn tip(&self, (tip, k): (Tip, usize), v: usize, products: [L::Numbers; Q], out: &mut [Rows]) -> [L::Numbers; Q] {
        let value = |at: u32| self.program.values[at as usize + k];
        match tip {
            Tip::Leaf(at) => [self.lanes.splat(value(at)); Q],
            Tip::Bottom { at, left, right } => {
                let constants = &self.program.repeat[at.constants as usize];
                let sides = self.words(at.split).sides(self.lanes, v);
                let (left, right) = (self.lanes.splat(value(left)), self.lanes.splat(value(right)));
                let mut shares = products;
                for q in 0..Q {
                    shares[q] = constants.share(self.lanes, sides, q);
                }
                let target = &mut out[at.feature as usize][v];
                self.united(constants, sides, (products, shares), [[left; Q], [right; Q]], target)
            }
        }
    }

    /// What arrives at both children of a split.
    #[inline(always)]
    fn parted<S: Shares<Q>>(
        &self,
        split: &S,
        sides: Sides<L::Mask>,
        products: [L::Numbers; Q],
    ) -> ([L::Numbers; Q], [[L::Numbers; Q]; 2]) {
        let (mut shares, mut left, mut right) = (products, products, products);
        for q in 0..Q {
            shares[q] = split.share(self.lanes, sides, q);
            left[q] = self.lanes.mul(products[q], shares[q]);
            right[q] = self.lanes.sub(products[q], left[q]);
        }
        (shares, [left, right])
    }

    /// What a split is worth whose children are worth `below`; adds what it gives to its feature.
    #[inline(always)]
    fn united<S: Shares<Q>>(
        &self,
        split: &S,
        sides: Sides<L::Mask>,
        (products, shares): ([L::Numbers; Q], [L::Numbers; Q]),
        [left, right]: [[L::Numbers; Q]; 2],
        target: &mut Eight,
    ) -> [L::Numbers; Q] {
        let lanes = self.lanes;
        let (mut worth, mut sum) = (right, lanes.splat(0.0));
        for q in 0..Q {
            let apart = lanes.sub(left[q], right[q]);
            sum = lanes.mul_add(split.weigh(lanes, sides, q, products[q]), apart, sum);
            worth[q] = lanes.mul_add(shares[q], apart, right[q]);
        }
        self.add(target, split.finish(lanes, sides, sum));
        worth
    }

    /// The sum of what arrives, and its lean off the middle of the nodes, which lie symmetric.
    #[inline(always)]
    fn moments(&self, x: [L::Numbers; Q]) -> [L::Numbers; 2] {
        let lanes = self.lanes;
        match Q {
            1 => [x[0], lanes.splat(0.0)],
            2 => [lanes.add(x[0], x[1]), lanes.sub(x[1], x[0])],
            3 => [lanes.add(lanes.add(x[0], x[2]), x[1]), lanes.sub(x[2], x[0])],
            _ => {
                let sum = lanes.add(lanes.add(x[0], x[3]), lanes.add(x[1], x[2]));
                let outer = lanes.splat(self.program.outer);
                [sum, lanes.mul_add(outer, lanes.sub(x[3], x[0]), lanes.sub(x[2], x[1]))]
            }
        }
    }

    /// Adds two moments of what arrives, each times its table.
    #[inline(always)]
    fn add_both(&self, target: &mut Eight, tables: &[Eight; 2], places: L::Places, moments: [L::Numbers; 2]) {
        let lanes = self.lanes;
        let mut sum = lanes.load(target);
        sum = lanes.mul_add(lanes.look_up(lanes.load(&tables[0]), places), moments[0], sum);
        if Q > 1 {
            sum = lanes.mul_add(lanes.look_up(lanes.load(&tables[1]), places), moments[1], sum);
        }
        lanes.store(target, sum);
    }
}
