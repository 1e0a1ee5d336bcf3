//! The program of one tree for the lane quadrature: what is done split by split, and every constant it needs, so that
//! nothing is divided while rows run through.
//!
//! Let `t` be a node of the quadrature. On the way to a split, the feature's factor is `u = c (1 − t) + o t`, with `c` the
//! share of cover its edges keep and `o` whether the row satisfies them. Below a split the factors of both children add up
//! to the one above, so one share `r = u(left) / u(above)` tells both: the right child's is `1 − r`.

use crate::num::simd::Eight;

use super::forest::{Child, Lean, Split};
use super::quadrature::Rule;

/// Constants of a split on a feature that is new on its path.
#[derive(Clone, Debug)]
pub(super) struct Fresh<const Q: usize> {
    /// Share of the left child where the row does not go left, and where it does.
    pub share: [[f64; 2]; Q],
    /// Pull of the split, `o − c`, in the same order.
    pub pull: [f64; 2],
}

/// Constants of a split on a feature that its path has met before.
#[derive(Clone, Debug)]
pub(super) struct Repeat<const Q: usize> {
    /// Share of the left child: the row goes right, goes left (both only where it satisfies the splits above).
    pub share: [[f64; 2]; Q],
    /// The share where the row does not satisfy the splits above.
    pub closed: f64,
    /// Pull of the split, in the order of `share`; none where the row does not satisfy the splits above.
    pub pull: [[f64; 2]; Q],
}

/// Constants of a split whose covers do not add up: like [`Repeat`], with both children apart.
#[derive(Clone, Debug)]
pub(super) struct Uneven<const Q: usize> {
    pub left: Repeat<Q>,
    pub right: Repeat<Q>,
}

/// A fresh split above two leaves, seen from its parent.
#[derive(Clone, Debug)]
pub(super) struct Bottom<const Q: usize> {
    /// Value below: the row goes right, goes left.
    pub value: [[f64; 2]; Q],
    /// Contribution per unit that arrives, in the same order.
    pub gain: [f64; 2],
}

/// Tables of a fresh split whose children are leaves or bottoms, by its outcome and theirs: place
/// `split + 2 · left bottom + 4 · right bottom`, yes meaning left. All that such a subtree does is linear in what arrives
/// at `t` and at `1 − t`.
#[derive(Clone, Debug)]
pub(super) struct Twig<const Q: usize> {
    /// Value of the subtree at each node.
    pub value: [Eight; Q],
    /// Contribution of the split per unit arriving at `1 − t` and at `t`.
    pub root: [Eight; 2],
    /// The same of the left bottom.
    pub left: [Eight; 2],
    /// The same of the right bottom.
    pub right: [Eight; 2],
}

/// A bit of a place in the tables of a [`Mixed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bit {
    None,
    /// The row goes left at this split.
    Left(u32),
    /// The row satisfies the splits above with this one's feature.
    Open(u32),
}

/// Tables of a split whose children are leaves or splits above two leaves, whatever their features: four bits tell all.
#[derive(Clone, Debug)]
pub(super) struct Mixed<const Q: usize> {
    pub bits: [Bit; 4],
    /// Value of the subtree at each node, by the four bits.
    pub value: [[Eight; 2]; Q],
    /// Contribution per unit that arrives at each node: of the split, of the one on its left, of the one on its right.
    pub gain: [[[Eight; 2]; Q]; 3],
}

/// The kind of a split and the place of its constants.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Fresh(u32),
    Repeat(u32),
    Uneven(u32),
}

/// What a split finds below one of its branches.
#[derive(Clone, Copy, Debug)]
pub(super) enum Below {
    /// A leaf: its first value.
    Leaf(u32),
    /// The sums of a subtree that was walked.
    Walked,
    /// A fresh split above two leaves that its parent does along: its place in the outcomes, its feature, and its
    /// constants (one for each value of a leaf).
    Bottom { split: u32, feature: u32, at: u32 },
}

/// One instruction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub act: Act,
    pub kind: Kind,
    pub split: u32,
    pub feature: u32,
    pub level: u32,
    /// Where the sums of this split go: a stack of finished subtrees, of which the left one lies below the right one.
    pub slot: u32,
    pub left: Below,
    pub right: Below,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Carry the products down to the left child.
    DownLeft,
    /// Carry the products down to the right child, the left one's still being there.
    Turn,
    /// Carry the products down to the right child of a split whose left child is a leaf.
    DownRight,
    /// Join what both children gave.
    Join,
    /// Join two children that are leaves or bottoms, at least one a bottom.
    Twig,
    /// The same for a fresh split, by tables.
    Table,
    /// Join two children that are leaves or splits above two leaves, by larger tables.
    Mixed,
}

/// The program of a tree for `Q` nodes of a rule.
#[derive(Clone, Debug)]
pub(super) struct Program<'a, const Q: usize> {
    pub steps: Vec<Step>,
    pub fresh: Vec<Fresh<Q>>,
    pub repeat: Vec<Repeat<Q>>,
    pub uneven: Vec<Uneven<Q>>,
    pub bottoms: Vec<Bottom<Q>>,
    pub twigs: Vec<Twig<Q>>,
    pub mixed: Vec<Mixed<Q>>,
    /// The rule's nodes, as `1 − t` and `t`.
    pub nodes: [[f64; 2]; Q],
    /// Weights of the rule's nodes.
    pub weights: [f64; Q],
    pub levels: usize,
    /// Most finished subtrees that wait at one time.
    pub slots: usize,
    pub values: &'a [f64],
    pub width: usize,
    pub first_output: usize,
}

impl<'a, const Q: usize> Program<'a, Q> {
    /// The program of `tree` for the nodes `first..first + Q` of `rule`. Cost O(splits · Q).
    pub fn new(tree: &Lean<'a>, rule: &Rule, first: usize) -> Self {
        let nodes = std::array::from_fn(|q| rule.nodes[first + q]);
        let mut writer = Writer {
            program: Self {
                steps: Vec::with_capacity(2 * tree.splits.len()),
                fresh: Vec::new(),
                repeat: Vec::new(),
                uneven: Vec::new(),
                bottoms: Vec::new(),
                twigs: Vec::new(),
                mixed: Vec::new(),
                nodes: nodes.map(|t| [1.0 - t, t]),
                weights: std::array::from_fn(|q| rule.weights[first + q]),
                levels: tree.levels,
                slots: 0,
                values: tree.values,
                width: tree.width,
                first_output: tree.first_output,
            },
            tree,
            nodes,
            waiting: 0,
        };
        writer.write();
        writer.program
    }

    /// Bytes of the program.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.steps)
            + size_of_val(&*self.fresh)
            + size_of_val(&*self.repeat)
            + size_of_val(&*self.uneven)
            + size_of_val(&*self.bottoms)
            + size_of_val(&*self.twigs)
            + size_of_val(&*self.mixed)
    }
}

/// What is left to write of a split.
enum Rest {
    Open(u32),
    Right(Step, u32),
    Join(Step),
}

struct Writer<'p, 'a, const Q: usize> {
    program: Program<'a, Q>,
    tree: &'p Lean<'a>,
    nodes: [f64; Q],
    /// Finished subtrees that wait for their parent.
    waiting: u32,
}

impl<const Q: usize> Writer<'_, '_, Q> {
    fn write(&mut self) {
        let mut rest = Vec::new();
        if !self.tree.splits.is_empty() {
            rest.push(Rest::Open(0));
        }
        while let Some(next) = rest.pop() {
            match next {
                Rest::Open(split) => self.open(split, &mut rest),
                Rest::Right(step, right) => {
                    let act = if matches!(step.left, Below::Walked) { Act::Turn } else { Act::DownRight };
                    self.program.steps.push(Step { act, ..step });
                    rest.push(Rest::Open(right));
                }
                Rest::Join(step) => {
                    let walked = |below| u32::from(matches!(below, Below::Walked));
                    self.finish(step, walked(step.left) + walked(step.right));
                }
            }
        }
    }

    /// Adds a step that takes the topmost `taken` sums and leaves its own.
    fn finish(&mut self, step: Step, taken: u32) {
        self.waiting = self.waiting - taken + 1;
        let slot = self.waiting - 1;
        self.program.slots = self.program.slots.max(slot as usize + 1);
        self.program.steps.push(Step { slot, ..step });
    }

    fn open(&mut self, place: u32, rest: &mut Vec<Rest>) {
        let split = &self.tree.splits[place as usize];
        let (left, right) = (self.short(split.left), self.short(split.right));
        if split.above.is_none() && !split.uneven && (left == Some(true) && right.is_some() || left.is_some() && right == Some(true)) {
            self.table(place, split);
            return;
        }
        if self.mixed(place, split) {
            return;
        }
        let kind = self.constants(split);
        let mut step = Step {
            act: Act::Twig,
            kind,
            split: place,
            feature: split.feature,
            level: split.level,
            slot: 0,
            left: Below::Walked,
            right: Below::Walked,
        };
        if !split.uneven && let (Some(left), Some(right)) = (left, right) && (left || right) {
            step.left = self.below(split.left, left);
            step.right = self.below(split.right, right);
            self.finish(step, 0);
            return;
        }
        step.left = self.below(split.left, false);
        step.right = self.below(split.right, false);
        rest.push(Rest::Join(Step { act: Act::Join, ..step }));
        if let Child::Split(right) = split.right {
            rest.push(Rest::Right(step, right));
        }
        if let Child::Split(left) = split.left {
            self.program.steps.push(Step { act: Act::DownLeft, ..step });
            rest.push(Rest::Open(left));
        }
    }

    /// Adds a fresh split with a bottom below, by tables.
    fn table(&mut self, place: u32, split: &Split) {
        let at = self.program.twigs.len() as u32;
        for k in 0..self.tree.width {
            let twig = self.twig(split, k);
            self.program.twigs.push(twig);
        }
        let end = |child: Child| match child {
            Child::Leaf(value) => Below::Leaf(value),
            Child::Split(below) => {
                Below::Bottom { split: below, feature: self.tree.splits[below as usize].feature, at: 0 }
            }
        };
        let (left, right) = (end(split.left), end(split.right));
        let (feature, level) = (split.feature, split.level);
        let step = Step { act: Act::Table, kind: Kind::Fresh(at), split: place, feature, level, slot: 0, left, right };
        self.finish(step, 0);
    }

    /// Adds a split by larger tables, where that is possible and saves work.
    fn mixed(&mut self, place: u32, split: &Split) -> bool {
        let ends = [split.left, split.right].map(|child| match child {
            Child::Leaf(_) => Some(None),
            Child::Split(below) => {
                let lower = &self.tree.splits[below as usize];
                let leaves = matches!((lower.left, lower.right), (Child::Leaf(_), Child::Leaf(_)));
                (leaves && !lower.uneven).then_some(Some(below))
            }
        });
        let [Some(left), Some(right)] = ends else { return false };
        // Two leaves below a fresh split are as quick without tables.
        if split.uneven || left.is_none() && right.is_none() && split.above.is_none() {
            return false;
        }
        let mut wanted = vec![Bit::Left(place)];
        wanted.extend(split.above.map(|_| Bit::Open(place)));
        for below in [left, right].into_iter().flatten() {
            wanted.push(Bit::Left(below));
            let outside = self.tree.splits[below as usize].above.is_some_and(|above| above.split != place);
            wanted.extend(outside.then_some(Bit::Open(below)));
        }
        if wanted.len() > 4 {
            return false;
        }
        let mut bits = [Bit::None; 4];
        bits[..wanted.len()].copy_from_slice(&wanted);
        let at = self.program.mixed.len() as u32;
        for k in 0..self.tree.width {
            let mixed = self.mixed_tables(place, bits, k);
            self.program.mixed.push(mixed);
        }
        let end = |child: Child| match child {
            Child::Leaf(value) => Below::Leaf(value),
            Child::Split(below) => {
                Below::Bottom { split: below, feature: self.tree.splits[below as usize].feature, at: 0 }
            }
        };
        let (left, right) = (end(split.left), end(split.right));
        let (feature, level) = (split.feature, split.level);
        self.finish(
            Step { act: Act::Mixed, kind: Kind::Fresh(at), split: place, feature, level, slot: 0, left, right },
            0,
        );
        true
    }

    /// The tables of one value of the leaves, for all states of the bits.
    fn mixed_tables(&self, place: u32, bits: [Bit; 4], k: usize) -> Mixed<Q> {
        let root = &self.tree.splits[place as usize];
        let own = self.states(place);
        let ends = [root.left, root.right].map(|child| self.end(child, k));
        let zero = [[Eight::default(); 2]; Q];
        let mut mixed = Mixed { bits, value: zero, gain: [zero; 3] };
        let count = bits.iter().filter(|b| **b != Bit::None).count();
        for state in 0..1usize << count {
            let bit = |wanted: Bit| bits.iter().position(|b| *b == wanted).map(|i| state >> i & 1 == 1);
            let on = |split: u32| bit(Bit::Left(split)).unwrap_or(false);
            let open = bit(Bit::Open(place)).unwrap_or(true);
            let root_state = which(open, on(place));
            let ends_state = [0, 1].map(|side| {
                let End { split: Some(split), .. } = ends[side] else { return 0 };
                let open = match self.tree.splits[split as usize].above {
                    Some(above) if above.split == place => open && on(place) == above.left,
                    _ => bit(Bit::Open(split)).unwrap_or(true),
                };
                which(open, on(split))
            });
            for q in 0..Q {
                let (share, pull) = own[q][root_state];
                let [left, right] = [0, 1].map(|side| ends[side].worth[q][ends_state[side]]);
                let apart = left.0 - right.0;
                let mut put = |table: &mut [[Eight; 2]; Q], x: f64| table[q][state / 8].0[state % 8] = x;
                put(&mut mixed.value, share.mul_add(apart, right.0));
                put(&mut mixed.gain[0], pull * apart);
                put(&mut mixed.gain[1], share * left.1);
                put(&mut mixed.gain[2], (1.0 - share) * right.1);
            }
        }
        mixed
    }

    /// Share of the left child and pull of an even split at every node: closed, off, on.
    fn states(&self, place: u32) -> [[(f64, f64); 3]; Q] {
        let split = &self.tree.splits[place as usize];
        let numbers = repeat(split, split.share.0, &self.nodes, 1.0);
        std::array::from_fn(|q| {
            let ([off, on], [pull_off, pull_on]) = (numbers.share[q], numbers.pull[q]);
            [(numbers.closed, 0.0), (off, pull_off), (on, pull_on)]
        })
    }

    /// What a branch that ends in a leaf or in a split above two leaves is worth.
    fn end(&self, child: Child, k: usize) -> End<Q> {
        let leaf = |child: Child| match child {
            Child::Leaf(value) => self.tree.values[value as usize + k],
            Child::Split(_) => 0.0,
        };
        let Child::Split(place) = child else {
            return End { split: None, worth: [[(leaf(child), 0.0); 3]; Q] };
        };
        let split = &self.tree.splits[place as usize];
        let (right, apart) = (leaf(split.right), leaf(split.left) - leaf(split.right));
        let worth = |(share, pull): (f64, f64)| (share.mul_add(apart, right), pull * apart);
        End { split: Some(place), worth: self.states(place).map(|states| states.map(worth)) }
    }

    /// The tables of one value of the leaves.
    fn twig(&self, split: &Split, k: usize) -> Twig<Q> {
        // A subtree of one fresh split is worth `at_rest · (1 − t) + at_node · t`; a leaf is worth the same at both.
        let worth = |child: Child, goes_left: f64| match child {
            Child::Leaf(value) => (self.tree.values[value as usize + k], self.tree.values[value as usize + k], 0.0),
            Child::Split(below) => {
                let below = &self.tree.splits[below as usize];
                let value = |child: Child| match child {
                    Child::Leaf(value) => self.tree.values[value as usize + k],
                    Child::Split(_) => 0.0,
                };
                let (right, apart) = (value(below.right), value(below.left) - value(below.right));
                let cover = below.share.0;
                (cover.mul_add(apart, right), goes_left.mul_add(apart, right), (goes_left - cover) * apart)
            }
        };
        let cover = split.share.0;
        let zero = [Eight::default(); 2];
        let mut twig = Twig { value: [Eight::default(); Q], root: zero, left: zero, right: zero };
        for place in 0..8 {
            let bit = |shift: usize| if place >> shift & 1 == 1 { 1.0 } else { 0.0 };
            let on = bit(0);
            let (left, right) = (worth(split.left, bit(1)), worth(split.right, bit(2)));
            let pull = on - cover;
            twig.root[0].0[place] = pull * (left.0 - right.0);
            twig.root[1].0[place] = pull * (left.1 - right.1);
            twig.left[0].0[place] = cover * left.2;
            twig.left[1].0[place] = on * left.2;
            twig.right[0].0[place] = (1.0 - cover) * right.2;
            twig.right[1].0[place] = (1.0 - on) * right.2;
            for (value, t) in twig.value.iter_mut().zip(self.nodes) {
                let (left, right) = (left.0 * (1.0 - t) + left.1 * t, right.0 * (1.0 - t) + right.1 * t);
                let share = cover.mul_add(1.0 - t, on * t);
                value.0[place] = share.mul_add(left - right, right);
            }
        }
        twig
    }

    /// Whether a child is a bottom (`true`) or a leaf (`false`); `None` when it is neither.
    fn short(&self, child: Child) -> Option<bool> {
        match child {
            Child::Leaf(_) => Some(false),
            Child::Split(place) => {
                let split = &self.tree.splits[place as usize];
                let leaves = matches!((split.left, split.right), (Child::Leaf(_), Child::Leaf(_)));
                (leaves && split.above.is_none() && !split.uneven).then_some(true)
            }
        }
    }

    fn below(&mut self, child: Child, bottom: bool) -> Below {
        match child {
            Child::Leaf(value) => Below::Leaf(value),
            Child::Split(_) if !bottom => Below::Walked,
            Child::Split(place) => {
                let split = &self.tree.splits[place as usize];
                let at = self.program.bottoms.len() as u32;
                if let (Child::Leaf(left), Child::Leaf(right)) = (split.left, split.right) {
                    let fresh = fresh(split, &self.nodes);
                    for k in 0..self.tree.width {
                        let (left, right) = (self.tree.values[left as usize + k], self.tree.values[right as usize + k]);
                        let apart = left - right;
                        self.program.bottoms.push(Bottom {
                            value: fresh.share.map(|pair| pair.map(|share| share.mul_add(apart, right))),
                            gain: fresh.pull.map(|pull| pull * apart),
                        });
                    }
                }
                Below::Bottom { split: place, feature: split.feature, at }
            }
        }
    }

    fn constants(&mut self, split: &Split) -> Kind {
        let program = &mut self.program;
        if split.uneven {
            program.uneven.push(Uneven {
                left: repeat(split, split.share.0, &self.nodes, 1.0),
                right: repeat(split, split.share.1, &self.nodes, 0.0),
            });
            Kind::Uneven(program.uneven.len() as u32 - 1)
        } else if split.above.is_some() {
            program.repeat.push(repeat(split, split.share.0, &self.nodes, 1.0));
            Kind::Repeat(program.repeat.len() as u32 - 1)
        } else {
            program.fresh.push(fresh(split, &self.nodes));
            Kind::Fresh(program.fresh.len() as u32 - 1)
        }
    }
}

/// The end of a branch.
struct End<const Q: usize> {
    /// The split there, if it is no leaf.
    split: Option<u32>,
    /// Its value and its contribution per unit that arrives, at every node: closed, off, on.
    worth: [[(f64, f64); 3]; Q],
}

/// The place of a state among closed, off, on.
fn which(open: bool, on: bool) -> usize {
    match (open, on) {
        (false, _) => 0,
        (true, on) => 1 + usize::from(on),
    }
}

fn fresh<const Q: usize>(split: &Split, nodes: &[f64; Q]) -> Fresh<Q> {
    let cover = split.share.0;
    Fresh {
        share: nodes.map(|t| [cover * (1.0 - t), cover.mul_add(1.0 - t, t)]),
        pull: [-cover, 1.0 - cover],
    }
}

/// Constants of the child that keeps `share` of the split's cover and is taken when the row's outcome equals `taken`
/// (1 for the left child). With a prime for the path above: `r = u / u′`, and the pull is
/// `((o − c) − u (1 − c′) / u′) / u′`. No divisor is zero: `u′ ≥ t > 0`.
fn repeat<const Q: usize>(split: &Split, share: f64, nodes: &[f64; Q], taken: f64) -> Repeat<Q> {
    let (above, cover) = (split.kept, split.kept * share);
    let each = |t: f64| {
        let factor_above = above.mul_add(1.0 - t, t);
        let both = |goes_left: f64| {
            let satisfied = if goes_left == taken { 1.0 } else { 0.0 };
            let factor = cover.mul_add(1.0 - t, satisfied * t);
            let pull = ((satisfied - cover) - factor * (1.0 - above) / factor_above) / factor_above;
            (factor / factor_above, pull)
        };
        (both(0.0), both(1.0))
    };
    Repeat {
        share: nodes.map(|t| [each(t).0.0, each(t).1.0]),
        closed: share,
        pull: nodes.map(|t| [each(t).0.1, each(t).1.1]),
    }
}
