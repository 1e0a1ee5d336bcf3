//! The walk of the lane quadrature through subtrees that are tables: a row's bits name its place, and all that is left is
//! to look up and add.

use crate::num::simd::{Eight, Lanes};

use super::lane_quadrature::{Rows, Stack, VECTORS, Walk};
use super::steps::Step;
use super::twigs::{Bit, Bottom};

impl<L: Lanes, const Q: usize> Walk<'_, '_, L, Q> {
    /// Joins the leaves and bottoms below a fresh split, all by tables.
    #[inline(always)]
    pub(super) fn twig(&self, step: &Step, at: usize, stack: &mut Stack<Q>, out: &mut [Rows]) {
        match self.program.twigs[at].ends {
            [Some(_), Some(_)] => self.twig_of::<true, true>(step, at, stack, out),
            [Some(_), None] => self.twig_of::<true, false>(step, at, stack, out),
            _ => self.twig_of::<false, true>(step, at, stack, out),
        }
    }

    #[inline(always)]
    fn twig_of<const LEFT: bool, const RIGHT: bool>(
        &self,
        step: &Step,
        at: usize,
        stack: &mut Stack<Q>,
        out: &mut [Rows],
    ) {
        let lanes = self.lanes;
        let down = &stack.down[step.level as usize];
        let width = self.program.width;
        let on = self.outcomes.left[step.split as usize];
        let [(left_on, left_feature), (right_on, right_feature)] =
            self.program.twigs[at].ends.map(|end| self.bottom(end));
        for k in 0..width {
            let twig = &self.program.twigs[at + k];
            let to = &mut stack.up[step.slot as usize * width + k];
            let first = (self.program.first_output + k) * self.inputs;
            let own = first + step.feature as usize;
            let (left, right) = (first + left_feature, first + right_feature);
            for v in 0..VECTORS {
                let mut rest = lanes.splat(0.0);
                let mut node = rest;
                let places = lanes.places([
                    lanes.mask((on >> (8 * v)) as u8),
                    lanes.mask((left_on >> (8 * v)) as u8),
                    lanes.mask((right_on >> (8 * v)) as u8),
                    lanes.mask(0),
                ]);
                for q in 0..Q {
                    let product = lanes.load(&down[q][v]);
                    rest = lanes.mul_add(product, lanes.splat(self.program.nodes[q][0]), rest);
                    node = lanes.mul_add(product, lanes.splat(self.program.nodes[q][1]), node);
                    lanes.store(&mut to[q][v], lanes.look_up(lanes.load(&twig.value[q]), places));
                }
                self.add_both(&mut out[own][v], &twig.root, places, rest, node);
                if LEFT {
                    self.add_both(&mut out[left][v], &twig.left, places, rest, node);
                }
                if RIGHT {
                    self.add_both(&mut out[right][v], &twig.right, places, rest, node);
                }
            }
        }
    }

    /// Joins the leaves, and splits above two leaves, below a split, all by larger tables.
    #[inline(always)]
    pub(super) fn mixed(&self, step: &Step, at: usize, stack: &mut Stack<Q>, out: &mut [Rows]) {
        match self.program.mixed[at].ends {
            [Some(_), Some(_)] => self.mixed_of::<true, true>(step, at, stack, out),
            [Some(_), None] => self.mixed_of::<true, false>(step, at, stack, out),
            [None, Some(_)] => self.mixed_of::<false, true>(step, at, stack, out),
            _ => self.mixed_of::<false, false>(step, at, stack, out),
        }
    }

    #[inline(always)]
    fn mixed_of<const LEFT: bool, const RIGHT: bool>(
        &self,
        step: &Step,
        at: usize,
        stack: &mut Stack<Q>,
        out: &mut [Rows],
    ) {
        let lanes = self.lanes;
        let down = &stack.down[step.level as usize];
        let width = self.program.width;
        for k in 0..width {
            let mixed = &self.program.mixed[at + k];
            let words = [
                self.word(mixed.bits[0]),
                self.word(mixed.bits[1]),
                self.word(mixed.bits[2]),
                self.word(mixed.bits[3]),
            ];
            let to = &mut stack.up[step.slot as usize * width + k];
            let first = (self.program.first_output + k) * self.inputs;
            let own = first + step.feature as usize;
            let [left, right] = mixed.ends.map(|end| first + self.bottom(end).1);
            for v in 0..VECTORS {
                let places = lanes.places([
                    lanes.mask((words[0] >> (8 * v)) as u8),
                    lanes.mask((words[1] >> (8 * v)) as u8),
                    lanes.mask((words[2] >> (8 * v)) as u8),
                    lanes.mask((words[3] >> (8 * v)) as u8),
                ]);
                for q in 0..Q {
                    let table = [lanes.load(&mixed.value[q][0]), lanes.load(&mixed.value[q][1])];
                    lanes.store(&mut to[q][v], lanes.look_up_both(table, places));
                }
                self.add_each(&mut out[own][v], &mixed.gain[0], places, down, v);
                if LEFT {
                    self.add_each(&mut out[left][v], &mixed.gain[1], places, down, v);
                }
                if RIGHT {
                    self.add_each(&mut out[right][v], &mixed.gain[2], places, down, v);
                }
            }
        }
    }

    /// Adds what arrives at every node, each times its table.
    #[inline(always)]
    fn add_each(&self, target: &mut Eight, tables: &[[Eight; 2]; Q], places: L::Places, down: &[Rows; Q], v: usize) {
        let lanes = self.lanes;
        let mut sum = lanes.load(target);
        for q in 0..Q {
            let table = [lanes.load(&tables[q][0]), lanes.load(&tables[q][1])];
            sum = lanes.mul_add(lanes.look_up_both(table, places), lanes.load(&down[q][v]), sum);
        }
        lanes.store(target, sum);
    }

    #[inline(always)]
    fn word(&self, bit: Bit) -> u64 {
        match bit {
            Bit::None => 0,
            Bit::Left(split) => self.outcomes.left[split as usize],
            Bit::Open(split) => self.outcomes.open[split as usize],
        }
    }

    /// Adds what arrives at `1 − t` and at `t`, each times its table.
    #[inline(always)]
    fn add_both(&self, target: &mut Eight, tables: &[Eight; 2], places: L::Places, rest: L::Numbers, node: L::Numbers) {
        let lanes = self.lanes;
        let sum = lanes.mul_add(lanes.look_up(lanes.load(&tables[0]), places), rest, lanes.load(target));
        lanes.store(target, lanes.mul_add(lanes.look_up(lanes.load(&tables[1]), places), node, sum));
    }

    /// The rows that go left at a bottom, and its feature; for a leaf, nothing.
    #[inline(always)]
    fn bottom(&self, end: Option<Bottom>) -> (u64, usize) {
        match end {
            Some(bottom) => (self.outcomes.left[bottom.split as usize], bottom.feature as usize),
            None => (0, 0),
        }
    }
}
