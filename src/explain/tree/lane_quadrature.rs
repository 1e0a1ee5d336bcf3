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
    pub(super) down: Vec<[Rows; Q]>,
    /// Sums of finished subtrees that wait for their parent, per value of a leaf.
    pub(super) up: Vec<[Rows; Q]>,
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

/// One tree walking with one block of rows.
pub(super) struct Walk<'w, 'a, L: Lanes, const Q: usize> {
    pub lanes: L,
    pub program: &'w Program<'a, Q>,
    pub outcomes: &'w Outcomes,
    /// Number of inputs.
    pub inputs: usize,
}

/// The outcome words of a split.
#[derive(Clone, Copy)]
struct Words {
    left: u64,
    open: u64,
}

impl Words {
    /// Which constant the rows of vector `v` take.
    #[inline(always)]
    fn sides<L: Lanes>(self, lanes: L, v: usize) -> Sides<L::Mask> {
        Sides {
            on: lanes.mask((self.left >> (8 * v)) as u8),
            open_on: lanes.mask(((self.left & self.open) >> (8 * v)) as u8),
            open_off: lanes.mask(((!self.left & self.open) >> (8 * v)) as u8),
        }
    }
}

impl<L: Lanes, const Q: usize> Walk<'_, '_, L, Q> {
    /// Adds the contributions of the tree, not yet divided, to `out` of shape (outputs, inputs).
    /// Cost O(splits · Q) vector operations for each eight rows.
    #[inline(always)]
    pub fn run(&self, stack: &mut Stack<Q>, out: &mut [Rows]) {
        let (levels, slots) = (self.program.levels + 1, (self.program.slots + 1) * self.program.width);
        if stack.down.len() < levels {
            stack.down.resize(levels, [[Eight::splat(0.0); VECTORS]; Q]);
        }
        if stack.up.len() < slots {
            stack.up.resize(slots, [[Eight::splat(0.0); VECTORS]; Q]);
        }
        for (down, weight) in stack.down[0].iter_mut().zip(self.program.weights) {
            *down = [Eight::splat(weight); VECTORS];
        }
        for step in &self.program.steps {
            match step.kind {
                Kind::Fresh(k) => self.step(step, &self.program.fresh[k as usize], stack, out),
                Kind::Repeat(k) => self.step(step, &self.program.repeat[k as usize], stack, out),
                Kind::Uneven(k) => self.step_uneven(step, &self.program.uneven[k as usize], stack, out),
                Kind::Twig(k) => self.twig(step, k as usize, stack, out),
                Kind::Mixed(k) => self.mixed(step, k as usize, stack, out),
            }
        }
    }

    #[inline(always)]
    fn step<S: Shares<Q>>(&self, step: &Step, split: &S, stack: &mut Stack<Q>, out: &mut [Rows]) {
        match (step.act, step.left, step.right) {
            (Act::DownLeft, ..) => self.down::<S, false>(step, split, stack),
            (Act::DownRight, ..) => self.down::<S, true>(step, split, stack),
            (Act::Turn, ..) => self.turn(step, stack),
            (Act::Join, Below::Walked, Below::Walked) => self.join::<S, true, true>(step, split, stack, out),
            (Act::Join, Below::Walked, _) => self.join::<S, true, false>(step, split, stack, out),
            (Act::Join, _, Below::Walked) => self.join::<S, false, true>(step, split, stack, out),
            (Act::Join, ..) => self.join::<S, false, false>(step, split, stack, out),
        }
    }

    #[inline(always)]
    fn words(&self, split: u32) -> Words {
        Words { left: self.outcomes.left[split as usize], open: self.outcomes.open[split as usize] }
    }

    /// Products of one child from those of its parent: the right one's when `RIGHT`.
    #[inline(always)]
    fn down<S: Shares<Q>, const RIGHT: bool>(&self, step: &Step, split: &S, stack: &mut Stack<Q>) {
        let (upper, lower) = stack.down.split_at_mut(step.level as usize + 1);
        let (from, to) = (&upper[step.level as usize], &mut lower[0]);
        let words = self.words(step.split);
        for v in 0..VECTORS {
            let sides = words.sides(self.lanes, v);
            for q in 0..Q {
                let product = self.lanes.load(&from[q][v]);
                let left = self.lanes.mul(product, split.share(self.lanes, sides, q));
                self.lanes.store(&mut to[q][v], if RIGHT { self.lanes.sub(product, left) } else { left });
            }
        }
    }

    /// The right child's products from the parent's and the left child's.
    #[inline(always)]
    fn turn(&self, step: &Step, stack: &mut Stack<Q>) {
        let (upper, lower) = stack.down.split_at_mut(step.level as usize + 1);
        let (from, to) = (&upper[step.level as usize], &mut lower[0]);
        for q in 0..Q {
            for v in 0..VECTORS {
                let left = self.lanes.load(&to[q][v]);
                self.lanes.store(&mut to[q][v], self.lanes.sub(self.lanes.load(&from[q][v]), left));
            }
        }
    }

    /// A leaf's value, or 0 for what is no leaf.
    #[inline(always)]
    fn value(&self, below: Below, k: usize) -> f64 {
        match below {
            Below::Leaf(value) => self.program.values[value as usize + k],
            _ => 0.0,
        }
    }

    /// Joins two children of which `LEFT` and `RIGHT` were walked and the others are leaves.
    #[inline(always)]
    fn join<S: Shares<Q>, const LEFT: bool, const RIGHT: bool>(
        &self,
        step: &Step,
        split: &S,
        stack: &mut Stack<Q>,
        out: &mut [Rows],
    ) {
        let lanes = self.lanes;
        let words = self.words(step.split);
        let down = &stack.down[step.level as usize];
        let width = self.program.width;
        let (to, rest) = stack.up.split_at_mut((step.slot as usize + 1) * width);
        for k in 0..width {
            let to = &mut to[step.slot as usize * width + k];
            let other = &rest[k];
            let target = &mut out[(self.program.first_output + k) * self.inputs + step.feature as usize];
            let (left_leaf, right_leaf) =
                (lanes.splat(self.value(step.left, k)), lanes.splat(self.value(step.right, k)));
            for v in 0..VECTORS {
                let sides = words.sides(lanes, v);
                let mut sum = lanes.splat(0.0);
                for q in 0..Q {
                    let left = if LEFT { lanes.load(&to[q][v]) } else { left_leaf };
                    let right = match (LEFT, RIGHT) {
                        (true, true) => lanes.load(&other[q][v]),
                        (false, true) => lanes.load(&to[q][v]),
                        _ => right_leaf,
                    };
                    let apart = lanes.sub(left, right);
                    let product = split.weigh(lanes, sides, q, lanes.load(&down[q][v]));
                    sum = lanes.mul_add(product, apart, sum);
                    lanes.store(&mut to[q][v], lanes.mul_add(split.share(lanes, sides, q), apart, right));
                }
                let sum = split.finish(lanes, sides, sum);
                self.add(&mut target[v], sum);
            }
        }
    }

    #[inline(always)]
    pub(super) fn add(&self, target: &mut Eight, x: L::Numbers) {
        self.lanes.store(target, self.lanes.add(self.lanes.load(target), x));
    }

    #[inline(always)]
    fn step_uneven(&self, step: &Step, split: &Uneven<Q>, stack: &mut Stack<Q>, out: &mut [Rows]) {
        match step.act {
            Act::DownLeft => self.down::<_, false>(step, &split.left, stack),
            Act::Turn | Act::DownRight => self.down::<_, false>(step, &split.right, stack),
            Act::Join => self.join_uneven(step, split, stack, out),
        }
    }

    /// Joins two children whose shares do not add up: the general form, each child on its own.
    #[inline(always)]
    fn join_uneven(&self, step: &Step, split: &Uneven<Q>, stack: &mut Stack<Q>, out: &mut [Rows]) {
        let lanes = self.lanes;
        let words = self.words(step.split);
        let down = &stack.down[step.level as usize];
        let width = self.program.width;
        let (left_walked, right_walked) = (matches!(step.left, Below::Walked), matches!(step.right, Below::Walked));
        let (to, rest) = stack.up.split_at_mut((step.slot as usize + 1) * width);
        for k in 0..width {
            let to = &mut to[step.slot as usize * width + k];
            let other = &rest[k];
            let target = &mut out[(self.program.first_output + k) * self.inputs + step.feature as usize];
            let (left_leaf, right_leaf) =
                (lanes.splat(self.value(step.left, k)), lanes.splat(self.value(step.right, k)));
            for v in 0..VECTORS {
                let sides = words.sides(lanes, v);
                let mut sum = lanes.load(&target[v]);
                for q in 0..Q {
                    let left = if left_walked { lanes.load(&to[q][v]) } else { left_leaf };
                    let right = match (left_walked, right_walked) {
                        (true, true) => lanes.load(&other[q][v]),
                        (false, true) => lanes.load(&to[q][v]),
                        _ => right_leaf,
                    };
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
