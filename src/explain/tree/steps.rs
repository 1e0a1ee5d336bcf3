//! The program of one tree for the lane quadrature: what is done split by split, and every constant it needs, so that
//! nothing is divided while rows run through.
//!
//! Let `t` be a node of the quadrature. On the way to a split, the feature's factor is `u = c (1 − t) + o t`, with `c` the
//! share of cover its edges keep and `o` whether the row satisfies them. Below a split the factors of both children add up
//! to the one above, so one share `r = u(left) / u(above)` tells both: the right child's is `1 − r`.

use super::arrivals::{Arrival, FEW};
use super::asks::Asks;
use super::forest::{Above, Child, Lean, Split};
use super::quadrature::Rule;
use super::twigs::{Computed, Fork, Shape, Tip, Twig, Twigs, outer};

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

/// The kind of a split and the place of its constants.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Fresh(u32),
    Repeat(u32),
    Uneven(u32),
}

/// Where the products that arrive at a split come from.
#[derive(Clone, Copy, Debug)]
pub(super) enum From {
    /// Few features are above: from a table, [`Program::arrivals`].
    Table(u32),
    /// They were carried down to the level of the split.
    Stack,
}

/// What a split finds below one of its branches.
#[derive(Clone, Copy, Debug)]
pub(super) enum Below {
    /// A leaf: its first value.
    Leaf(u32),
    /// A small subtree: the first of its [`Program::twigs`].
    Twig(u32),
    /// A small subtree: its place in [`Program::forks`].
    Fork(u32),
    /// The sums of a subtree that was walked.
    Walked,
}

/// One instruction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub act: Act,
    pub kind: Kind,
    pub split: u32,
    pub feature: u32,
    pub level: u32,
    pub from: From,
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
    /// Carry the products down to the right child of a split whose left child is not carried.
    DownRight,
    /// Join what both children gave, at least one of which was walked.
    Join,
    /// Join two children that are leaves or small subtrees.
    Bough,
    /// A small subtree as a whole, [`Step::left`].
    Twig,
}

/// The nodes of a program: a part of a rule that is symmetric about ½.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nodes<const Q: usize> {
    /// Ascending.
    pub nodes: [f64; Q],
    pub weights: [f64; Q],
}

impl<const Q: usize> Nodes<Q> {
    /// The nodes at the ascending `places` of a rule, which must be symmetric.
    pub fn new(rule: &Rule, places: &[usize]) -> Self {
        Self {
            nodes: std::array::from_fn(|q| rule.nodes[places[q]]),
            weights: std::array::from_fn(|q| rule.weights[places[q]]),
        }
    }
}

/// The program of a tree for `Q` nodes of a rule.
#[derive(Clone, Debug)]
pub(super) struct Program<'a, const Q: usize> {
    pub steps: Vec<Step>,
    pub fresh: Vec<Fresh<Q>>,
    pub repeat: Vec<Repeat<Q>>,
    pub uneven: Vec<Uneven<Q>>,
    pub asks: Asks,
    pub arrivals: Vec<Arrival<Q>>,
    pub twigs: Vec<Twig<Q>>,
    pub forks: Vec<Fork>,
    /// How much more the outer nodes of four lie off the middle than the inner ones.
    pub outer: f64,
    pub levels: usize,
    /// Most finished subtrees that wait at one time.
    pub slots: usize,
    pub values: &'a [f64],
    pub width: usize,
    pub first_output: usize,
}

impl<'a, const Q: usize> Program<'a, Q> {
    /// The program of `tree` for some nodes. Cost O(splits · Q).
    pub fn new(tree: &Lean<'a>, nodes: Nodes<Q>) -> Self {
        let mut writer = Writer {
            program: Self {
                steps: Vec::with_capacity(tree.splits.len()),
                fresh: Vec::new(),
                repeat: Vec::new(),
                uneven: Vec::new(),
                asks: Asks::default(),
                arrivals: Vec::with_capacity(tree.splits.len() / 3),
                twigs: Vec::with_capacity(tree.splits.len() / 5),
                forks: Vec::new(),
                outer: outer(&nodes.nodes),
                levels: tree.levels,
                slots: 0,
                values: tree.values,
                width: tree.width,
                first_output: tree.first_output,
            },
            tree,
            nodes,
            parents: tree.parents(),
            waiting: 0,
        };
        writer.write();
        writer.program
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
    nodes: Nodes<Q>,
    parents: Vec<Option<Above>>,
    /// Finished subtrees that wait for their parent.
    waiting: u32,
}

impl<'p, 'a, const Q: usize> Writer<'p, 'a, Q> {
    fn write(&mut self) {
        let mut rest = Vec::new();
        if !self.tree.splits.is_empty() {
            rest.push(Rest::Open(0));
        }
        while let Some(next) = rest.pop() {
            match next {
                Rest::Open(split) => self.open(split, &mut rest),
                Rest::Right(step, right) => {
                    if self.is_carried(right) {
                        let act = if matches!(step.left, Below::Walked) { Act::Turn } else { Act::DownRight };
                        self.program.steps.push(Step { act, ..step });
                    }
                    rest.push(Rest::Open(right));
                }
                Rest::Join(step) => {
                    let walked = |below| u32::from(matches!(below, Below::Walked));
                    self.finish(step, walked(step.left) + walked(step.right));
                }
            }
        }
    }

    /// Whether the products that arrive at a split have to be carried down to it.
    fn is_carried(&self, place: u32) -> bool {
        self.tree.splits[place as usize].distinct as usize > FEW
    }

    /// Adds a step that takes the topmost `taken` sums and leaves its own.
    fn finish(&mut self, step: Step, taken: u32) {
        self.waiting = self.waiting - taken + 1;
        let slot = self.waiting - 1;
        self.program.slots = self.program.slots.max(slot as usize + 1);
        self.program.steps.push(Step { slot, ..step });
    }

    fn open(&mut self, place: u32, rest: &mut Vec<Rest>) {
        let tree = self.tree;
        let split = &tree.splits[place as usize];
        let bare = matches!((split.left, split.right), (Child::Leaf(_), Child::Leaf(_)));
        if !bare && let Some(left) = self.small(place) {
            let step = Step { act: Act::Twig, left, ..self.step(place, Kind::Fresh(0)) };
            self.finish(step, 0);
            return;
        }
        if let Some([left, right]) = self.both_small(split) {
            let kind = self.constants(split);
            let step = Step { act: Act::Bough, left, right, ..self.step(place, kind) };
            self.finish(step, 0);
            return;
        }
        let kind = self.constants(split);
        let step = Step { left: below(split.left), right: below(split.right), ..self.step(place, kind) };
        rest.push(Rest::Join(step));
        if let Child::Split(right) = split.right {
            rest.push(Rest::Right(step, right));
        }
        if let Child::Split(left) = split.left {
            if self.is_carried(left) {
                self.program.steps.push(Step { act: Act::DownLeft, ..step });
            }
            rest.push(Rest::Open(left));
        }
    }

    /// The step of a split that joins two walked subtrees.
    fn step(&mut self, place: u32, kind: Kind) -> Step {
        let split = &self.tree.splits[place as usize];
        let (feature, level) = (split.feature, split.level);
        let from = if self.is_carried(place) {
            From::Stack
        } else {
            let Program { arrivals, asks, .. } = &mut self.program;
            arrivals.push(Arrival::new(self.tree, &self.parents, place, &self.nodes, asks));
            From::Table(self.program.arrivals.len() as u32 - 1)
        };
        let (left, right) = (Below::Walked, Below::Walked);
        Step { act: Act::Join, kind, split: place, feature, level, from, slot: 0, left, right }
    }

    /// A split with its whole subtree, where that is small.
    fn small(&mut self, place: u32) -> Option<Below> {
        let (twigs, width) = (self.twigs(), self.tree.width);
        Some(match twigs.shape(place)? {
            Shape::Twig(bits) => {
                let ask = self.program.asks.add(&bits);
                self.program.twigs.extend((0..width).map(|k| twigs.twig(place, ask, k)));
                Below::Twig((self.program.twigs.len() - width) as u32)
            }
            Shape::Fork => {
                let split = &self.tree.splits[place as usize];
                let (root, tips) = (self.computed(place), [split.left, split.right].map(|child| self.tip(child)));
                self.program.forks.push(Fork { root, tips });
                Below::Fork(self.program.forks.len() as u32 - 1)
            }
        })
    }

    fn tip(&mut self, child: Child) -> Tip {
        let tree = self.tree;
        match child {
            Child::Leaf(value) => Tip::Leaf(value),
            Child::Split(place) => {
                let split = &tree.splits[place as usize];
                let value = |child: Child| if let Child::Leaf(value) = child { value } else { 0 };
                Tip::Bottom { at: self.computed(place), left: value(split.left), right: value(split.right) }
            }
        }
    }

    fn computed(&mut self, place: u32) -> Computed {
        let split = &self.tree.splits[place as usize];
        self.program.repeat.push(repeat(split, split.shares.0, &self.nodes.nodes, 1.0));
        Computed { split: place, feature: split.feature, constants: self.program.repeat.len() as u32 - 1 }
    }

    /// Both branches of a split whose shares add up, where both are leaves or small.
    fn both_small(&mut self, split: &Split) -> Option<[Below; 2]> {
        let twigs = self.twigs();
        let fits = |child: Child| match child {
            Child::Leaf(_) => true,
            Child::Split(place) => twigs.shape(place).is_some(),
        };
        if split.uneven || !fits(split.left) || !fits(split.right) {
            return None;
        }
        let mut branch = |child: Child| match child {
            Child::Leaf(value) => Some(Below::Leaf(value)),
            Child::Split(place) => self.small(place),
        };
        Some([branch(split.left)?, branch(split.right)?])
    }

    fn twigs(&self) -> Twigs<'p, 'a, Q> {
        Twigs { tree: self.tree, nodes: self.nodes.nodes }
    }

    fn constants(&mut self, split: &Split) -> Kind {
        let (program, nodes) = (&mut self.program, &self.nodes.nodes);
        if split.uneven {
            program.uneven.push(Uneven {
                left: repeat(split, split.shares.0, nodes, 1.0),
                right: repeat(split, split.shares.1, nodes, 0.0),
            });
            Kind::Uneven(program.uneven.len() as u32 - 1)
        } else if split.above.is_some() {
            program.repeat.push(repeat(split, split.shares.0, nodes, 1.0));
            Kind::Repeat(program.repeat.len() as u32 - 1)
        } else {
            program.fresh.push(fresh(split, nodes));
            Kind::Fresh(program.fresh.len() as u32 - 1)
        }
    }
}

fn below(child: Child) -> Below {
    match child {
        Child::Leaf(value) => Below::Leaf(value),
        Child::Split(_) => Below::Walked,
    }
}

fn fresh<const Q: usize>(split: &Split, nodes: &[f64; Q]) -> Fresh<Q> {
    let cover = split.shares.0;
    Fresh { share: nodes.map(|t| [cover * (1.0 - t), cover.mul_add(1.0 - t, t)]), pull: [-cover, 1.0 - cover] }
}

/// Constants of the child that keeps `share` of the split's cover and is taken when the row's outcome equals `taken`
/// (1 for the left child). With a prime for the path above: `r = u / u′`, and the pull is
/// `((o − c) − u (1 − c′) / u′) / u′`. No divisor is zero: `u′ ≥ t > 0`.
pub(super) fn repeat<const Q: usize>(split: &Split, share: f64, nodes: &[f64; Q], taken: f64) -> Repeat<Q> {
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
