//! Path-dependent contributions with rows in lanes: a feature that is unknown follows the training cover.
//!
//! For a leaf with value `v`, the contribution of feature `f` is `v ∫₀¹ (o_f − c_f) Π_{g ≠ f} (c_g (1 − t) + o_g t) dt`, a
//! polynomial that a few Gauss–Legendre nodes integrate exactly. All leaves of a tree share one walk: with `C` the product
//! of the factors above a split and `S` the sums of finished products below its children,
//! `φ_f += Σ C · pull · (S_left − S_right)` and `S = S_right + r (S_left − S_right)`, where both `pull` and the share `r`
//! take one of two constants by the row's outcome (one of three where the path met the feature before).
//! Sources: Lundberg et al. 2020 (the game); Yu et al. 2022, Li et al. 2026 and Wettenstein et al. 2026 (the integral).

use crate::num::simd::{Eight, Lanes, Nibbles};

use super::arrivals::Arrival;
use super::outcomes::Outcomes;
use super::steps::{Act, Below, Fresh, From, Kind, Program, Repeat, Step, Uneven};

/// Vectors of eight rows in a block.
pub(super) const VECTORS: usize = 8;
/// One number for each row that walks.
pub(super) type Rows = [Eight; VECTORS];

/// Buffers of a walk with `Q` nodes.
#[derive(Debug, Default)]
pub(super) struct Stack<const Q: usize> {
    /// Products on the way down, per level.
    pub(super) down: Vec<[Rows; Q]>,
    /// Sums of finished subtrees that wait for their parent, per value of a leaf.
    pub(super) up: Vec<[Rows; Q]>,
    /// The answers to the questions of the program.
    pub(super) places: Vec<Nibbles>,
}

/// Which constant each of eight rows takes.
#[derive(Clone, Copy)]
pub(super) struct Sides<M> {
    on: M,
    /// On, and all splits above with the same feature satisfied.
    open_on: M,
    /// Off, and all splits above with the same feature satisfied.
    open_off: M,
}

/// A kind of split, as the walk needs it.
pub(super) trait Shares<const Q: usize> {
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

/// Where the products that arrive at a split are found.
pub(super) enum Arriving<'s, const Q: usize> {
    /// They were carried down.
    Carried(&'s [Rows; Q]),
    /// A table and the words that tell the places in it.
    Told(&'s Arrival<Q>, &'s Nibbles),
}

/// One tree walking with some of a block's rows.
pub(super) struct Walk<'w, 'a, L: Lanes, const Q: usize> {
    pub lanes: L,
    pub program: &'w Program<'a, Q>,
    pub outcomes: &'w Outcomes,
    /// Number of inputs.
    pub inputs: usize,
}

/// The outcome words of a split.
#[derive(Clone, Copy)]
pub(super) struct Words {
    pub(super) left: u64,
    pub(super) open: u64,
}

impl Words {
    /// Which constant the rows of vector `v` take.
    #[inline(always)]
    pub(super) fn sides<L: Lanes>(self, lanes: L, v: usize) -> Sides<L::Mask> {
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
        self.program.asks.answer(self.lanes, self.outcomes, &mut stack.places);
        for step in &self.program.steps {
            match (step.act, step.kind) {
                (Act::Twig, _) => self.twig(step, stack, out),
                (Act::Bough, Kind::Fresh(k)) => self.bough(step, &self.program.fresh[k as usize], stack, out),
                (Act::Bough, Kind::Repeat(k)) => self.bough(step, &self.program.repeat[k as usize], stack, out),
                (_, Kind::Fresh(k)) => self.step(step, &self.program.fresh[k as usize], stack, out),
                (_, Kind::Repeat(k)) => self.step(step, &self.program.repeat[k as usize], stack, out),
                (_, Kind::Uneven(k)) => self.step_uneven(step, &self.program.uneven[k as usize], stack, out),
            }
        }
    }

    #[inline(always)]
    fn step<S: Shares<Q>>(&self, step: &Step, split: &S, stack: &mut Stack<Q>, out: &mut [Rows]) {
        match (step.act, step.left, step.right) {
            (Act::DownLeft, ..) => self.down::<S, false>(step, split, stack),
            (Act::DownRight, ..) => self.down::<S, true>(step, split, stack),
            (Act::Turn, ..) => self.turn(step, stack),
            (_, Below::Walked, Below::Walked) => self.join::<S, true, true>(step, split, stack, out),
            (_, Below::Walked, _) => self.join::<S, true, false>(step, split, stack, out),
            (_, _, Below::Walked) => self.join::<S, false, true>(step, split, stack, out),
            _ => self.join::<S, false, false>(step, split, stack, out),
        }
    }

    /// Where the products that arrive at a split are found.
    #[inline(always)]
    pub(super) fn arriving<'s>(&'s self, step: &Step, down: &'s [[Rows; Q]], places: &'s [Nibbles]) -> Arriving<'s, Q> {
        match step.from {
            From::Stack => Arriving::Carried(&down[step.level as usize]),
            From::Table(at) => {
                let arrival = &self.program.arrivals[at as usize];
                Arriving::Told(arrival, &places[arrival.ask as usize])
            }
        }
    }

    /// The products that arrive for vector `v`, the weights of the nodes included.
    #[inline(always)]
    pub(super) fn arrive(&self, arriving: &Arriving<'_, Q>, v: usize) -> [L::Numbers; Q] {
        let lanes = self.lanes;
        let mut products = [lanes.splat(0.0); Q];
        match arriving {
            Arriving::Carried(down) => {
                for q in 0..Q {
                    products[q] = lanes.load(&down[q][v]);
                }
            }
            Arriving::Told(arrival, places) => {
                let places = lanes.places(places, v);
                match &arrival.fourth {
                    None => {
                        for q in 0..Q {
                            products[q] = lanes.look_up(lanes.load(&arrival.products[q]), places);
                        }
                    }
                    Some(fourth) => {
                        for q in 0..Q {
                            let table = [lanes.load(&arrival.products[q]), lanes.load(&fourth[q])];
                            products[q] = lanes.look_up_both(table, places);
                        }
                    }
                }
            }
        }
        products
    }

    #[inline(always)]
    pub(super) fn words(&self, split: u32) -> Words {
        Words { left: self.outcomes.left[split as usize], open: self.outcomes.open[split as usize] }
    }

    /// Products of one child from those of its parent: the right one's when `RIGHT`.
    #[inline(always)]
    fn down<S: Shares<Q>, const RIGHT: bool>(&self, step: &Step, split: &S, stack: &mut Stack<Q>) {
        let (upper, lower) = stack.down.split_at_mut(step.level as usize + 1);
        let (arriving, to) = (self.arriving(step, upper, &stack.places), &mut lower[0]);
        let words = self.words(step.split);
        for v in 0..VECTORS {
            let sides = words.sides(self.lanes, v);
            let products = self.arrive(&arriving, v);
            for q in 0..Q {
                let left = self.lanes.mul(products[q], split.share(self.lanes, sides, q));
                self.lanes.store(&mut to[q][v], if RIGHT { self.lanes.sub(products[q], left) } else { left });
            }
        }
    }

    /// The right child's products from the parent's and the left child's.
    #[inline(always)]
    fn turn(&self, step: &Step, stack: &mut Stack<Q>) {
        let (upper, lower) = stack.down.split_at_mut(step.level as usize + 1);
        let (arriving, to) = (self.arriving(step, upper, &stack.places), &mut lower[0]);
        for v in 0..VECTORS {
            let products = self.arrive(&arriving, v);
            for q in 0..Q {
                let left = self.lanes.load(&to[q][v]);
                self.lanes.store(&mut to[q][v], self.lanes.sub(products[q], left));
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
        let arriving = self.arriving(step, &stack.down, &stack.places);
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
                let products = self.arrive(&arriving, v);
                let mut sum = lanes.splat(0.0);
                for q in 0..Q {
                    let left = if LEFT { lanes.load(&to[q][v]) } else { left_leaf };
                    let right = match (LEFT, RIGHT) {
                        (true, true) => lanes.load(&other[q][v]),
                        (false, true) => lanes.load(&to[q][v]),
                        _ => right_leaf,
                    };
                    let apart = lanes.sub(left, right);
                    let product = split.weigh(lanes, sides, q, products[q]);
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
            _ => self.join_uneven(step, split, stack, out),
        }
    }

    /// Joins two children whose shares do not add up: the general form, each child on its own.
    #[inline(always)]
    fn join_uneven(&self, step: &Step, split: &Uneven<Q>, stack: &mut Stack<Q>, out: &mut [Rows]) {
        let lanes = self.lanes;
        let words = self.words(step.split);
        let arriving = self.arriving(step, &stack.down, &stack.places);
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
                let products = self.arrive(&arriving, v);
                let mut sum = lanes.load(&target[v]);
                for q in 0..Q {
                    let left = if left_walked { lanes.load(&to[q][v]) } else { left_leaf };
                    let right = match (left_walked, right_walked) {
                        (true, true) => lanes.load(&other[q][v]),
                        (false, true) => lanes.load(&to[q][v]),
                        _ => right_leaf,
                    };
                    let product = products[q];
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
