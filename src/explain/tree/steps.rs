//! The program of one tree for the lane quadrature: what is done split by split, and every constant it needs, so that
//! nothing is divided while rows run through.
//!
//! Let `t` be a node of the quadrature. On the way to a split, the feature's factor is `u = c (1 − t) + o t`, with `c` the
//! share of cover its edges keep and `o` whether the row satisfies them. Below a split the factors of both children add up
//! to the one above, so one share `r = u(left) / u(above)` tells both: the right child's is `1 − r`.

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
    /// Whether the split is its parent's left child.
    pub is_left: bool,
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
}

/// The program of a tree for `Q` nodes of a rule.
#[derive(Clone, Debug)]
pub(super) struct Program<'a, const Q: usize> {
    pub steps: Vec<Step>,
    pub fresh: Vec<Fresh<Q>>,
    pub repeat: Vec<Repeat<Q>>,
    pub uneven: Vec<Uneven<Q>>,
    pub bottoms: Vec<Bottom<Q>>,
    /// Weights of the rule's nodes.
    pub weights: [f64; Q],
    pub levels: usize,
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
                weights: std::array::from_fn(|q| rule.weights[first + q]),
                levels: tree.levels,
                values: tree.values,
                width: tree.width,
                first_output: tree.first_output,
            },
            tree,
            nodes,
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
    }
}

/// What is left to write of a split.
enum Rest {
    Open(u32, bool),
    Right(Step, u32),
    Join(Step),
}

struct Writer<'p, 'a, const Q: usize> {
    program: Program<'a, Q>,
    tree: &'p Lean<'a>,
    nodes: [f64; Q],
}

impl<const Q: usize> Writer<'_, '_, Q> {
    fn write(&mut self) {
        let mut rest = Vec::new();
        if !self.tree.splits.is_empty() {
            rest.push(Rest::Open(0, true));
        }
        while let Some(next) = rest.pop() {
            match next {
                Rest::Open(split, is_left) => self.open(split, is_left, &mut rest),
                Rest::Right(step, right) => {
                    let act = if matches!(step.left, Below::Walked) { Act::Turn } else { Act::DownRight };
                    self.program.steps.push(Step { act, ..step });
                    rest.push(Rest::Open(right, false));
                }
                Rest::Join(step) => self.program.steps.push(step),
            }
        }
    }

    fn open(&mut self, place: u32, is_left: bool, rest: &mut Vec<Rest>) {
        let split = &self.tree.splits[place as usize];
        let kind = self.constants(split);
        let mut step = Step {
            act: Act::Twig,
            kind,
            split: place,
            feature: split.feature,
            level: split.level,
            is_left,
            left: Below::Walked,
            right: Below::Walked,
        };
        let (left, right) = (self.short(split.left), self.short(split.right));
        if !split.uneven && let (Some(left), Some(right)) = (left, right) && (left || right) {
            step.left = self.below(split.left, left);
            step.right = self.below(split.right, right);
            self.program.steps.push(step);
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
            rest.push(Rest::Open(left, true));
        }
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
