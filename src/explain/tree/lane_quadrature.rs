//! Path-dependent contributions with rows in lanes: a feature that is unknown follows the training cover.
//!
//! For a leaf with value `v`, the contribution of feature `f` is `v ∫₀¹ (o_f − c_f) Π_{g ≠ f} (c_g (1 − t) + o_g t) dt`, a
//! polynomial that a few Gauss–Legendre nodes integrate exactly. All leaves of a tree share one walk: with `C` the product
//! of the factors above a split and `S` the sums of finished products below its children,
//! `φ_f += Σ C · pull · (S_left − S_right)` and `S = S_right + r (S_left − S_right)`, where both `pull` and the share `r`
//! take one of two constants by the row's outcome (one of three where the path met the feature before).
//! Sources: Lundberg et al. 2020 (the game); Yu et al. 2022, Li et al. 2026 and Wettenstein et al. 2026 (the integral).

use crate::num::simd::{Eight, Lanes};

use super::outcomes::Outcomes;
use super::steps::{Act, Below, Fresh, Kind, Program, Repeat, Step, Uneven};

/// Vectors of eight rows in a block.
pub(super) const VECTORS: usize = 8;
/// One number for each row of a block.
pub(super) type Rows = [Eight; VECTORS];

/// Buffers of a walk with `Q` nodes.
#[derive(Debug, Default)]
pub(super) struct Stack<const Q: usize> {
    /// Products on the way down, per level.
    down: Vec<[Rows; Q]>,
    /// Sums on the way up, per level, side and value of a leaf.
    up: Vec<[Rows; Q]>,
}

/// Which constant each of eight rows takes.
#[derive(Clone, Copy)]
struct Sides<M> {
    on: M,
    /// On, and all splits above with the same feature satisfied.
    open_on: M,
    /// Off, and all splits above with the same feature satisfied.
    open_off: M,
}

/// A kind of split, as the walk needs it.
trait Shares<const Q: usize> {
    /// The left child's share at node `q`.
    fn share<L: Lanes>(&self, lanes: L, sides: Sides<L::Mask>, q: usize) -> L::Numbers;
    /// Weighs what passes at node `q` before it is summed over the nodes.
    fn weigh<L: Lanes>(&self, lanes: L, sides: Sides<L::Mask>, q: usize, x: L::Numbers) -> L::Numbers;
    /// Turns the sum over the nodes into the contribution.
    fn finish<L: Lanes>(&self, lanes: L, sides: Sides<L::Mask>, sum: L::Numbers) -> L::Numbers;
}

/// `pair[1]` where the mask says yes, `pair[0]` elsewhere.
#[inline(always)]
fn pick<L: Lanes>(lanes: L, mask: L::Mask, pair: [f64; 2]) -> L::Numbers {
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
    fn weigh<L: Lanes>(&self, _: L, _: Sides<L::Mask>, _: usize, x: L::Numbers) -> L::Numbers {
        x
    }

    #[inline(always)]
    fn finish<L: Lanes>(&self, lanes: L, sides: Sides<L::Mask>, sum: L::Numbers) -> L::Numbers {
        lanes.mul(pick(lanes, sides.on, self.pull), sum)
    }
}

impl<const Q: usize> Shares<Q> for Repeat<Q> {
    #[inline(always)]
    fn share<L: Lanes>(&self, lanes: L, sides: Sides<L::Mask>, q: usize) -> L::Numbers {
        pick_open(lanes, sides, self.share[q], self.closed)
    }

    #[inline(always)]
    fn weigh<L: Lanes>(&self, lanes: L, sides: Sides<L::Mask>, q: usize, x: L::Numbers) -> L::Numbers {
        lanes.mul(pick_open(lanes, sides, self.pull[q], 0.0), x)
    }

    #[inline(always)]
    fn finish<L: Lanes>(&self, _: L, _: Sides<L::Mask>, sum: L::Numbers) -> L::Numbers {
        sum
    }
}

/// The eight bits of vector `v` in a word.
#[inline(always)]
fn bits(word: u64, v: usize) -> u8 {
    (word >> (8 * v)) as u8
}

/// One tree walking with one block of rows.
pub(super) struct Walk<'w, 'a, L: Lanes, const Q: usize> {
    pub lanes: L,
    pub program: &'w Program<'a, Q>,
    pub outcomes: &'w Outcomes,
    /// The first of the block's rows among the 64 of the outcomes.
    pub first: u32,
}

impl<L: Lanes, const Q: usize> Walk<'_, '_, L, Q> {
    /// Adds the contributions of the tree, not yet divided, to `out` of shape (outputs, inputs).
    /// Cost O(splits · Q) vector operations for each eight rows.
    #[inline(always)]
    pub fn run(&self, stack: &mut Stack<Q>, inputs: usize, out: &mut [Rows]) {
        let levels = self.program.levels + 1;
        if stack.down.len() < levels {
            stack.down.resize(levels, [[Eight::splat(0.0); VECTORS]; Q]);
        }
        if stack.up.len() < 2 * levels * self.program.width {
            stack.up.resize(2 * levels * self.program.width, [[Eight::splat(0.0); VECTORS]; Q]);
        }
        for (down, weight) in stack.down[0].iter_mut().zip(self.program.weights) {
            *down = [Eight::splat(weight); VECTORS];
        }
        for step in &self.program.steps {
            match (step.act, step.kind) {
                (Act::Twig, Kind::Fresh(k)) => self.twig(step, &self.program.fresh[k as usize], stack, inputs, out),
                (Act::Twig, Kind::Repeat(k)) => self.twig(step, &self.program.repeat[k as usize], stack, inputs, out),
                (Act::Join, Kind::Fresh(k)) => self.join(step, &self.program.fresh[k as usize], stack, inputs, out),
                (Act::Join, Kind::Repeat(k)) => self.join(step, &self.program.repeat[k as usize], stack, inputs, out),
                (Act::Turn, Kind::Fresh(_) | Kind::Repeat(_)) => self.turn(step, stack),
                (act, Kind::Fresh(k)) => self.down(step, &self.program.fresh[k as usize], act, stack),
                (act, Kind::Repeat(k)) => self.down(step, &self.program.repeat[k as usize], act, stack),
                (act, Kind::Uneven(k)) => {
                    let uneven = &self.program.uneven[k as usize];
                    match act {
                        Act::Join | Act::Twig => self.join_uneven(step, uneven, stack, inputs, out),
                        Act::DownLeft => self.down(step, &uneven.left, Act::DownLeft, stack),
                        Act::Turn | Act::DownRight => self.down(step, &uneven.right, Act::DownLeft, stack),
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn sides(&self, split: u32, v: usize) -> Sides<L::Mask> {
        let (left, open) = (self.outcomes.left[split as usize] >> self.first, self.outcomes.open[split as usize] >> self.first);
        Sides {
            on: self.lanes.mask(bits(left, v)),
            open_on: self.lanes.mask(bits(left & open, v)),
            open_off: self.lanes.mask(bits(!left & open, v)),
        }
    }

    #[inline(always)]
    fn down<S: Shares<Q>>(&self, step: &Step, split: &S, act: Act, stack: &mut Stack<Q>) {
        let (upper, lower) = stack.down.split_at_mut(step.level as usize + 1);
        let (from, to) = (&upper[step.level as usize], &mut lower[0]);
        for v in 0..VECTORS {
            let sides = self.sides(step.split, v);
            for q in 0..Q {
                let product = self.lanes.load(&from[q][v]);
                let left = self.lanes.mul(product, split.share(self.lanes, sides, q));
                let kept = if act == Act::DownRight { self.lanes.sub(product, left) } else { left };
                self.lanes.store(&mut to[q][v], kept);
            }
        }
    }

    #[inline(always)]
    fn turn(&self, step: &Step, stack: &mut Stack<Q>) {
        let (upper, lower) = stack.down.split_at_mut(step.level as usize + 1);
        let (from, to) = (&upper[step.level as usize], &mut lower[0]);
        for q in 0..Q {
            for v in 0..VECTORS {
                let left = self.lanes.load(&to[q][v]);
                let right = self.lanes.sub(self.lanes.load(&from[q][v]), left);
                self.lanes.store(&mut to[q][v], right);
            }
        }
    }

    #[inline(always)]
    fn join<S: Shares<Q>>(&self, step: &Step, split: &S, stack: &mut Stack<Q>, inputs: usize, out: &mut [Rows]) {
        match (step.left, step.right) {
            (Below::Leaf(left), Below::Leaf(right)) => self.join_of(step, split, Some(left), Some(right), stack, inputs, out),
            (Below::Leaf(left), _) => self.join_of(step, split, Some(left), None, stack, inputs, out),
            (_, Below::Leaf(right)) => self.join_of(step, split, None, Some(right), stack, inputs, out),
            _ => self.join_of(step, split, None, None, stack, inputs, out),
        }
    }

    #[inline(always)]
    fn join_of<S: Shares<Q>>(
        &self,
        step: &Step,
        split: &S,
        left: Option<u32>,
        right: Option<u32>,
        stack: &mut Stack<Q>,
        inputs: usize,
        out: &mut [Rows],
    ) {
        let lanes = self.lanes;
        let down = &stack.down[step.level as usize];
        let width = self.program.width;
        let (upper, lower) = stack.up.split_at_mut(2 * (step.level as usize + 1) * width);
        for k in 0..width {
            let to = &mut upper[(2 * step.level as usize + usize::from(!step.is_left)) * width + k];
            let (from_left, from_right) = (lower.get(k), lower.get(width + k));
            let constant = |leaf: u32| lanes.splat(self.program.values[leaf as usize + k]);
            let target = &mut out[(self.program.first_output + k) * inputs + step.feature as usize];
            for v in 0..VECTORS {
                let sides = self.sides(step.split, v);
                let mut sum = lanes.splat(0.0);
                for q in 0..Q {
                    let left = match (left, from_left) {
                        (None, Some(from)) => lanes.load(&from[q][v]),
                        (leaf, _) => constant(leaf.unwrap_or(0)),
                    };
                    let right = match (right, from_right) {
                        (None, Some(from)) => lanes.load(&from[q][v]),
                        (leaf, _) => constant(leaf.unwrap_or(0)),
                    };
                    let apart = lanes.sub(left, right);
                    let product = split.weigh(lanes, sides, q, lanes.load(&down[q][v]));
                    sum = lanes.mul_add(product, apart, sum);
                    lanes.store(&mut to[q][v], lanes.mul_add(split.share(lanes, sides, q), apart, right));
                }
                let before = lanes.load(&target[v]);
                lanes.store(&mut target[v], lanes.add(before, split.finish(lanes, sides, sum)));
            }
        }
    }

    #[inline(always)]
    fn twig<S: Shares<Q>>(&self, step: &Step, split: &S, stack: &mut Stack<Q>, inputs: usize, out: &mut [Rows]) {
        match (step.left, step.right) {
            (Below::Bottom { .. }, Below::Bottom { .. }) => self.twig_of::<S, true, true>(step, split, stack, inputs, out),
            (Below::Bottom { .. }, _) => self.twig_of::<S, true, false>(step, split, stack, inputs, out),
            _ => self.twig_of::<S, false, true>(step, split, stack, inputs, out),
        }
    }

    #[inline(always)]
    fn twig_of<S: Shares<Q>, const LEFT: bool, const RIGHT: bool>(
        &self,
        step: &Step,
        split: &S,
        stack: &mut Stack<Q>,
        inputs: usize,
        out: &mut [Rows],
    ) {
        let lanes = self.lanes;
        let down = &stack.down[step.level as usize];
        let width = self.program.width;
        for k in 0..width {
            let to = &mut stack.up[(2 * step.level as usize + usize::from(!step.is_left)) * width + k];
            let plane = (self.program.first_output + k) * inputs;
            let (left, left_split, left_feature) = self.end(step.left, k);
            let (right, right_split, right_feature) = self.end(step.right, k);
            for v in 0..VECTORS {
                let sides = self.sides(step.split, v);
                let on_left = lanes.mask(bits(self.outcomes.left[left_split] >> self.first, v));
                let on_right = lanes.mask(bits(self.outcomes.left[right_split] >> self.first, v));
                let mut sum = lanes.splat(0.0);
                let (mut to_left, mut arriving) = (sum, sum);
                for q in 0..Q {
                    let product = lanes.load(&down[q][v]);
                    let share = split.share(lanes, sides, q);
                    let left = if LEFT { pick(lanes, on_left, left.value[q]) } else { lanes.splat(left.value[0][0]) };
                    let right = if RIGHT { pick(lanes, on_right, right.value[q]) } else { lanes.splat(right.value[0][0]) };
                    let apart = lanes.sub(left, right);
                    sum = lanes.mul_add(split.weigh(lanes, sides, q, product), apart, sum);
                    lanes.store(&mut to[q][v], lanes.mul_add(share, apart, right));
                    to_left = lanes.mul_add(product, share, to_left);
                    if RIGHT {
                        arriving = lanes.add(arriving, product);
                    }
                }
                let mut add = |feature: usize, x| {
                    let target = &mut out[plane + feature][v];
                    lanes.store(target, lanes.add(lanes.load(target), x));
                };
                add(step.feature as usize, split.finish(lanes, sides, sum));
                if LEFT {
                    add(left_feature, lanes.mul(pick(lanes, on_left, left.gain), to_left));
                }
                if RIGHT {
                    add(right_feature, lanes.mul(pick(lanes, on_right, right.gain), lanes.sub(arriving, to_left)));
                }
            }
        }
    }

    /// The end of a branch: the constants of a bottom, or a leaf's value in the place of one; its split and feature.
    #[inline(always)]
    fn end(&self, below: Below, k: usize) -> (super::steps::Bottom<Q>, usize, usize) {
        match below {
            Below::Bottom { split, feature, at } => {
                (self.program.bottoms[at as usize + k].clone(), split as usize, feature as usize)
            }
            Below::Leaf(value) => {
                let value = self.program.values[value as usize + k];
                (super::steps::Bottom { value: [[value; 2]; Q], gain: [0.0; 2] }, 0, 0)
            }
            Below::Walked => (super::steps::Bottom { value: [[0.0; 2]; Q], gain: [0.0; 2] }, 0, 0),
        }
    }

    fn join_uneven(&self, step: &Step, split: &Uneven<Q>, stack: &mut Stack<Q>, inputs: usize, out: &mut [Rows]) {
        let lanes = self.lanes;
        let down = &stack.down[step.level as usize];
        let width = self.program.width;
        let (upper, lower) = stack.up.split_at_mut(2 * (step.level as usize + 1) * width);
        for k in 0..width {
            let to = &mut upper[(2 * step.level as usize + usize::from(!step.is_left)) * width + k];
            let target = &mut out[(self.program.first_output + k) * inputs + step.feature as usize];
            for v in 0..VECTORS {
                let sides = self.sides(step.split, v);
                let mut sum = lanes.load(&target[v]);
                for q in 0..Q {
                    let below = |below: Below, side: usize| match below {
                        Below::Leaf(value) => lanes.splat(self.program.values[value as usize + k]),
                        _ => lanes.load(&lower[side * width + k][q][v]),
                    };
                    let (left, right) = (below(step.left, 0), below(step.right, 1));
                    let product = lanes.load(&down[q][v]);
                    sum = lanes.mul_add(split.left.weigh(lanes, sides, q, product), left, sum);
                    sum = lanes.mul_add(split.right.weigh(lanes, sides, q, product), right, sum);
                    let kept = lanes.mul(split.left.share(lanes, sides, q), left);
                    lanes.store(&mut to[q][v], lanes.mul_add(split.right.share(lanes, sides, q), right, kept));
                }
                lanes.store(&mut target[v], sum);
            }
        }
    }
}
