//! Path-dependent interaction values with rows in lanes.
//!
//! For a leaf with value `v`, the Shapley interaction index of features `f` and `h` is `v ∫₀¹ G a_f a_h dt`, with `G` the
//! product of all factors `u = c (1 − t) + o t` of its path and `a = (o − c) / u`; the same few Gauss–Legendre nodes
//! integrate it that integrate the contribution `v ∫₀¹ G a_f dt`. All leaves of a tree share one walk: with `C` the
//! product of the factors above a split on `f` and `S` the sums of finished products below its children,
//! `e = C · pull · (S_left − S_right)` is what the split adds at each node; `φ_f += Σ e`, and for every other feature `h`
//! above `Φ_fh += Σ e · a_h`, with `a_h` that of the deepest edge. Where a path meets a feature again, `pull` is the
//! change of its `a`, so that the products telescope: no leaf is visited twice and no pair is formed twice.
//! Sources: Lundberg et al. 2020 (the values); Yu et al. 2022, Li et al. 2026 and Wettenstein et al. 2026 (the integral).

use crate::num::simd::{Eight, Lanes};

use super::super::outcomes::Outcomes;
use super::constants::{Bottom, Constants, Kind, Uneven};
use super::program::{Below, Branch, Fork, Program, Step};
use super::shares::{Shares, Sides, pick};

/// Buffers of a walk with `Q` nodes over `V` vectors of eight rows.
#[derive(Debug, Default)]
pub(super) struct Stack<const Q: usize, const V: usize> {
    /// Products on the way down, per level.
    down: Vec<[[Eight; V]; Q]>,
    /// What the edges on the way down offer to the pairs below, per level.
    offers: Vec<[[Eight; V]; Q]>,
    /// Sums on the way up, per level, side and value of a leaf.
    up: Vec<[[Eight; V]; Q]>,
}

/// The eight bits of vector `v` in a word.
#[inline(always)]
fn bits(word: u64, v: usize) -> u8 {
    (word >> (8 * v)) as u8
}

/// Adds `x` to eight sums.
#[inline(always)]
fn add<L: Lanes>(lanes: L, to: &mut Eight, x: L::Numbers) {
    lanes.store(to, lanes.add(lanes.load(to), x));
}

/// One tree walking with one block of rows.
pub(super) struct Walk<'w, L: Lanes, const Q: usize> {
    pub lanes: L,
    pub program: &'w Program,
    pub constants: &'w Constants<Q>,
    /// Values of the leaves, `width` each.
    pub values: &'w [f64],
    pub width: usize,
    /// Splits on the longest path.
    pub levels: usize,
    pub outcomes: &'w Outcomes,
    /// The first of the block's rows among the 64 of the outcomes.
    pub first: u32,
    /// Cells of one output.
    pub cells: usize,
}

impl<L: Lanes, const Q: usize> Walk<'_, L, Q> {
    /// Adds the contributions of the tree and twice its interaction values, not yet divided, to `out` of shape
    /// (values of a leaf, cells). Cost O(splits · features above · Q) vector operations for each eight rows.
    #[inline(always)]
    pub fn run<const V: usize>(&self, stack: &mut Stack<Q, V>, out: &mut [[Eight; V]]) {
        self.prepare(stack);
        for step in &self.program.steps {
            match *step {
                Step::Down { split, level, branch } => self.down(split, level as usize, branch, stack),
                Step::Join(at) => {
                    let fork = &self.program.joins[at as usize];
                    match self.constants.kinds[fork.split as usize] {
                        Kind::Fresh(k) => self.join(fork, &self.constants.fresh[k as usize], stack, out),
                        Kind::Repeat(k) => self.join(fork, &self.constants.repeat[k as usize], stack, out),
                        Kind::Uneven(k) => self.join_uneven(fork, &self.constants.uneven[k as usize], stack, out),
                    }
                }
                Step::Twig(at) => {
                    let fork = &self.program.twigs[at as usize];
                    match self.constants.kinds[fork.split as usize] {
                        Kind::Fresh(k) => self.twig(fork, &self.constants.fresh[k as usize], stack, out),
                        Kind::Repeat(k) => self.twig(fork, &self.constants.repeat[k as usize], stack, out),
                        // No twig is made of a split whose covers do not add up.
                        Kind::Uneven(_) => {}
                    }
                }
            }
        }
    }

    fn prepare<const V: usize>(&self, stack: &mut Stack<Q, V>) {
        let levels = self.levels + 1;
        let zero = [[Eight::splat(0.0); V]; Q];
        if stack.down.len() < levels {
            stack.down.resize(levels, zero);
            stack.offers.resize(levels, zero);
        }
        if stack.up.len() < 2 * levels * self.width {
            stack.up.resize(2 * levels * self.width, zero);
        }
        for (down, weight) in stack.down[0].iter_mut().zip(self.constants.weights) {
            *down = [Eight::splat(weight); V];
        }
    }

    #[inline(always)]
    fn sides(&self, split: u32, v: usize) -> Sides<L::Mask> {
        let (left, open) =
            (self.outcomes.left[split as usize] >> self.first, self.outcomes.open[split as usize] >> self.first);
        Sides {
            on: self.lanes.mask(bits(left, v)),
            open_on: self.lanes.mask(bits(left & open, v)),
            open_off: self.lanes.mask(bits(!left & open, v)),
        }
    }

    #[inline(always)]
    fn down<const V: usize>(&self, split: u32, level: usize, branch: Branch, stack: &mut Stack<Q, V>) {
        self.offer(split, level, branch, stack);
        match (branch, self.constants.kinds[split as usize]) {
            (_, Kind::Uneven(k)) => {
                let uneven = &self.constants.uneven[k as usize];
                let child = if branch == Branch::Left { &uneven.left } else { &uneven.right };
                self.carry::<_, V, true>(split, level, child, stack);
            }
            (Branch::Left, Kind::Fresh(k)) => {
                self.carry::<_, V, true>(split, level, &self.constants.fresh[k as usize], stack);
            }
            (Branch::Left, Kind::Repeat(k)) => {
                self.carry::<_, V, true>(split, level, &self.constants.repeat[k as usize], stack);
            }
            (Branch::RightAlone, Kind::Fresh(k)) => {
                self.carry::<_, V, false>(split, level, &self.constants.fresh[k as usize], stack);
            }
            (Branch::RightAlone, Kind::Repeat(k)) => {
                self.carry::<_, V, false>(split, level, &self.constants.repeat[k as usize], stack);
            }
            (Branch::RightAfterLeft, _) => self.turn(level, stack),
        }
    }

    /// What the branch offers to the pairs below it.
    #[inline(always)]
    fn offer<const V: usize>(&self, split: u32, level: usize, branch: Branch, stack: &mut Stack<Q, V>) {
        let both = &self.constants.offers[split as usize];
        let offer = if branch == Branch::Left { &both.left } else { &both.right };
        let to = &mut stack.offers[level];
        for v in 0..V {
            let sides = self.sides(split, v);
            let satisfied = if branch == Branch::Left { sides.open_on } else { sides.open_off };
            for q in 0..Q {
                let x = pick(self.lanes, satisfied, [self.constants.refused[q], offer[q]]);
                self.lanes.store(&mut to[q][v], x);
            }
        }
    }

    #[inline(always)]
    fn carry<S: Shares<Q>, const V: usize, const LEFT: bool>(
        &self,
        split: u32,
        level: usize,
        shares: &S,
        stack: &mut Stack<Q, V>,
    ) {
        let (upper, lower) = stack.down.split_at_mut(level + 1);
        let (from, to) = (&upper[level], &mut lower[0]);
        for v in 0..V {
            let sides = self.sides(split, v);
            for q in 0..Q {
                let product = self.lanes.load(&from[q][v]);
                let left = self.lanes.mul(product, shares.share(self.lanes, sides, q));
                let kept = if LEFT { left } else { self.lanes.sub(product, left) };
                self.lanes.store(&mut to[q][v], kept);
            }
        }
    }

    #[inline(always)]
    fn turn<const V: usize>(&self, level: usize, stack: &mut Stack<Q, V>) {
        let (upper, lower) = stack.down.split_at_mut(level + 1);
        let (from, to) = (&upper[level], &mut lower[0]);
        for q in 0..Q {
            for v in 0..V {
                let left = self.lanes.load(&to[q][v]);
                let right = self.lanes.sub(self.lanes.load(&from[q][v]), left);
                self.lanes.store(&mut to[q][v], right);
            }
        }
    }

    /// Adds what a split adds at each node to its own cell and to those it shares with the features above.
    #[inline(always)]
    fn give<const V: usize>(
        &self,
        fork: &Fork,
        (flow, v): (&[L::Numbers; Q], usize),
        offers: &[[[Eight; V]; Q]],
        out: &mut [[Eight; V]],
    ) {
        let lanes = self.lanes;
        add(lanes, &mut out[fork.cell as usize][v], self.total(flow));
        for partner in &self.program.partners[fork.partners.0 as usize..fork.partners.1 as usize] {
            let offer = &offers[partner.level as usize];
            let to = &mut out[partner.cell as usize][v];
            let mut sum = lanes.load(to);
            for q in 0..Q {
                sum = lanes.mul_add(flow[q], lanes.load(&offer[q][v]), sum);
            }
            lanes.store(to, sum);
        }
    }

    #[inline(always)]
    fn join<S: Shares<Q>, const V: usize>(
        &self,
        fork: &Fork,
        shares: &S,
        stack: &mut Stack<Q, V>,
        out: &mut [[Eight; V]],
    ) {
        match (fork.left == Below::Walked, fork.right == Below::Walked) {
            (true, true) => self.join_of::<S, V, true, true>(fork, shares, stack, out),
            (true, false) => self.join_of::<S, V, true, false>(fork, shares, stack, out),
            (false, true) => self.join_of::<S, V, false, true>(fork, shares, stack, out),
            (false, false) => self.join_of::<S, V, false, false>(fork, shares, stack, out),
        }
    }

    #[inline(always)]
    fn join_of<S: Shares<Q>, const V: usize, const LEFT: bool, const RIGHT: bool>(
        &self,
        fork: &Fork,
        shares: &S,
        stack: &mut Stack<Q, V>,
        out: &mut [[Eight; V]],
    ) {
        let (lanes, level, width) = (self.lanes, fork.level as usize, self.width);
        let (upper, lower) = stack.up.split_at_mut(2 * (level + 1) * width);
        for k in 0..width {
            let to = &mut upper[(2 * level + usize::from(!fork.is_left)) * width + k];
            let (left_leaf, right_leaf) = (self.leaf(fork.left, k), self.leaf(fork.right, k));
            let (left_up, right_up) = (lower.get(k), lower.get(width + k));
            let out = &mut out[k * self.cells..(k + 1) * self.cells];
            for v in 0..V {
                let sides = self.sides(fork.split, v);
                let mut flow = [lanes.splat(0.0); Q];
                for q in 0..Q {
                    let left = match left_up {
                        Some(from) if LEFT => lanes.load(&from[q][v]),
                        _ => lanes.splat(left_leaf),
                    };
                    let right = match right_up {
                        Some(from) if RIGHT => lanes.load(&from[q][v]),
                        _ => lanes.splat(right_leaf),
                    };
                    let apart = lanes.sub(left, right);
                    let arriving = lanes.mul(lanes.load(&stack.down[level][q][v]), apart);
                    flow[q] = lanes.mul(shares.pull(lanes, sides, q), arriving);
                    lanes.store(&mut to[q][v], lanes.mul_add(shares.share(lanes, sides, q), apart, right));
                }
                self.give(fork, (&flow, v), &stack.offers, out);
            }
        }
    }

    /// Value `k` of a leaf; 0 for what is none.
    #[inline(always)]
    fn leaf(&self, below: Below, k: usize) -> f64 {
        match below {
            Below::Leaf(value) => self.values[value as usize + k],
            _ => 0.0,
        }
    }

    fn join_uneven<const V: usize>(
        &self,
        fork: &Fork,
        shares: &Uneven<Q>,
        stack: &mut Stack<Q, V>,
        out: &mut [[Eight; V]],
    ) {
        let (lanes, level, width) = (self.lanes, fork.level as usize, self.width);
        let (upper, lower) = stack.up.split_at_mut(2 * (level + 1) * width);
        for k in 0..width {
            let to = &mut upper[(2 * level + usize::from(!fork.is_left)) * width + k];
            let (left_leaf, right_leaf) = (self.leaf(fork.left, k), self.leaf(fork.right, k));
            let left_up = lower.get(k).filter(|_| fork.left == Below::Walked);
            let right_up = lower.get(width + k).filter(|_| fork.right == Below::Walked);
            let out = &mut out[k * self.cells..(k + 1) * self.cells];
            for v in 0..V {
                let sides = self.sides(fork.split, v);
                let mut flow = [lanes.splat(0.0); Q];
                for q in 0..Q {
                    let left = self.sum_or(left_up, left_leaf, q, v);
                    let right = self.sum_or(right_up, right_leaf, q, v);
                    let pulled = lanes.mul(shares.left.pull(lanes, sides, q), left);
                    let pulled = lanes.mul_add(shares.right.pull(lanes, sides, q), right, pulled);
                    flow[q] = lanes.mul(lanes.load(&stack.down[level][q][v]), pulled);
                    let below = lanes.mul(shares.left.share(lanes, sides, q), left);
                    lanes.store(&mut to[q][v], lanes.mul_add(shares.right.share(lanes, sides, q), right, below));
                }
                self.give(fork, (&flow, v), &stack.offers, out);
            }
        }
    }

    #[inline(always)]
    fn twig<S: Shares<Q>, const V: usize>(
        &self,
        fork: &Fork,
        shares: &S,
        stack: &mut Stack<Q, V>,
        out: &mut [[Eight; V]],
    ) {
        match (fork.left, fork.right) {
            (Below::Bottom { .. }, Below::Bottom { .. }) => {
                self.twig_of::<S, V, true, true>(fork, shares, stack, out);
            }
            (Below::Bottom { .. }, _) => self.twig_of::<S, V, true, false>(fork, shares, stack, out),
            _ => self.twig_of::<S, V, false, true>(fork, shares, stack, out),
        }
    }

    #[inline(always)]
    fn twig_of<S: Shares<Q>, const V: usize, const LEFT: bool, const RIGHT: bool>(
        &self,
        fork: &Fork,
        shares: &S,
        stack: &mut Stack<Q, V>,
        out: &mut [[Eight; V]],
    ) {
        let (lanes, level) = (self.lanes, fork.level as usize);
        let both = &self.constants.offers[fork.split as usize];
        for k in 0..self.width {
            let to = &mut stack.up[(2 * level + usize::from(!fork.is_left)) * self.width + k];
            let out = &mut out[k * self.cells..(k + 1) * self.cells];
            let (left, right) = (self.end(fork.left, k), self.end(fork.right, k));
            for v in 0..V {
                let sides = self.sides(fork.split, v);
                let on_left = lanes.mask(bits(self.outcomes.left[left.split] >> self.first, v));
                let on_right = lanes.mask(bits(self.outcomes.left[right.split] >> self.first, v));
                let (gain_left, gain_right) = (pick(lanes, on_left, left.gain()), pick(lanes, on_right, right.gain()));
                let zero = lanes.splat(0.0);
                let (mut flow, mut to_left, mut to_right) = ([zero; Q], [zero; Q], [zero; Q]);
                let (mut with_left, mut with_right) = (zero, zero);
                for q in 0..Q {
                    let product = lanes.load(&stack.down[level][q][v]);
                    let share = shares.share(lanes, sides, q);
                    let left_value = if LEFT { pick(lanes, on_left, left.value(q)) } else { lanes.splat(left.leaf) };
                    let right_value =
                        if RIGHT { pick(lanes, on_right, right.value(q)) } else { lanes.splat(right.leaf) };
                    let apart = lanes.sub(left_value, right_value);
                    flow[q] = lanes.mul(shares.pull(lanes, sides, q), lanes.mul(product, apart));
                    lanes.store(&mut to[q][v], lanes.mul_add(share, apart, right_value));
                    let arriving = lanes.mul(product, share);
                    if LEFT {
                        to_left[q] = lanes.mul(gain_left, arriving);
                        let offer = pick(lanes, sides.open_on, [self.constants.refused[q], both.left[q]]);
                        with_left = lanes.mul_add(to_left[q], offer, with_left);
                    }
                    if RIGHT {
                        to_right[q] = lanes.mul(gain_right, lanes.sub(product, arriving));
                        let offer = pick(lanes, sides.open_off, [self.constants.refused[q], both.right[q]]);
                        with_right = lanes.mul_add(to_right[q], offer, with_right);
                    }
                }
                add(lanes, &mut out[fork.cell as usize][v], self.total(&flow));
                if LEFT {
                    add(lanes, &mut out[left.cell][v], self.total(&to_left));
                    add(lanes, &mut out[left.with_parent][v], with_left);
                }
                if RIGHT {
                    add(lanes, &mut out[right.cell][v], self.total(&to_right));
                    add(lanes, &mut out[right.with_parent][v], with_right);
                }
                self.give_all::<V, LEFT, RIGHT>(fork, (&[flow, to_left, to_right], v), &stack.offers, out);
            }
        }
    }

    /// Adds what a split and its bottoms add at each node to the cells they share with the features above.
    #[inline(always)]
    fn give_all<const V: usize, const LEFT: bool, const RIGHT: bool>(
        &self,
        fork: &Fork,
        (flows, v): (&[[L::Numbers; Q]; 3], usize),
        offers: &[[[Eight; V]; Q]],
        out: &mut [[Eight; V]],
    ) {
        for partners in &self.program.twig_partners[fork.partners.0 as usize..fork.partners.1 as usize] {
            let from = &offers[partners.level as usize];
            let mut offer = [self.lanes.splat(0.0); Q];
            for q in 0..Q {
                offer[q] = self.lanes.load(&from[q][v]);
            }
            self.meet(&flows[0], &offer, &mut out[partners.cell as usize][v]);
            if LEFT {
                self.meet(&flows[1], &offer, &mut out[partners.left as usize][v]);
            }
            if RIGHT {
                self.meet(&flows[2], &offer, &mut out[partners.right as usize][v]);
            }
        }
    }

    /// The sum over the nodes.
    #[inline(always)]
    fn total(&self, flow: &[L::Numbers; Q]) -> L::Numbers {
        let mut sum = flow[0];
        for &flow in &flow[1..] {
            sum = self.lanes.add(sum, flow);
        }
        sum
    }

    /// What a subtree gave, or a leaf.
    #[inline(always)]
    fn sum_or<const V: usize>(&self, up: Option<&[[Eight; V]; Q]>, leaf: f64, q: usize, v: usize) -> L::Numbers {
        match up {
            Some(from) => self.lanes.load(&from[q][v]),
            None => self.lanes.splat(leaf),
        }
    }

    /// Adds the pair of a flow and an offer.
    #[inline(always)]
    fn meet(&self, flow: &[L::Numbers; Q], offer: &[L::Numbers; Q], to: &mut Eight) {
        let mut sum = self.lanes.load(to);
        for q in 0..Q {
            sum = self.lanes.mul_add(flow[q], offer[q], sum);
        }
        self.lanes.store(to, sum);
    }

    /// The end of a branch of a twig.
    #[inline(always)]
    fn end(&self, below: Below, k: usize) -> End<'_, Q> {
        match below {
            Below::Bottom { split, at, cell, with_parent } => End {
                bottom: self.constants.bottoms.get(at as usize * self.width + k),
                leaf: 0.0,
                split: split as usize,
                cell: cell as usize,
                with_parent: with_parent as usize,
            },
            _ => End { bottom: None, leaf: self.leaf(below, k), split: 0, cell: 0, with_parent: 0 },
        }
    }
}

/// The end of a branch: a bottom or a leaf.
struct End<'w, const Q: usize> {
    bottom: Option<&'w Bottom<Q>>,
    leaf: f64,
    split: usize,
    cell: usize,
    with_parent: usize,
}

impl<const Q: usize> End<'_, Q> {
    #[inline(always)]
    fn value(&self, q: usize) -> [f64; 2] {
        self.bottom.map_or([0.0; 2], |b| b.value[q])
    }

    #[inline(always)]
    fn gain(&self) -> [f64; 2] {
        self.bottom.map_or([0.0; 2], |b| b.gain)
    }
}
