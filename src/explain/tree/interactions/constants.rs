//! Every constant the interaction walk needs, for some nodes of the rule, so that nothing is divided while rows run
//! through.
//!
//! Let `t` be a node. On the way to a split, the feature's factor is `u = c (1 − t) + o t`, with `c` the share of cover
//! its edges keep and `o` whether the row satisfies them. Below a split the factors of both children add up to the one
//! above, so one share `r = u(left) / u(above)` tells both. What an edge offers to the pairs below it is its
//! `a = (o − c) / u`: `−1 / (1 − t)` where the row does not satisfy it, whatever its cover, and
//! `(1 − c) / (c (1 − t) + t)` where it does.

use super::super::forest::{Child, Lean, Split};
use super::super::quadrature::Rule;

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
    /// Share of the child: the row goes right, goes left (both only where it satisfies the splits above).
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

/// What both edges of a split offer to the pairs below where the row satisfies them.
#[derive(Clone, Debug)]
pub(super) struct Offer<const Q: usize> {
    pub left: [f64; Q],
    pub right: [f64; Q],
}

/// The constants of a tree for `Q` nodes of a rule.
#[derive(Clone, Debug)]
pub(super) struct Constants<const Q: usize> {
    /// Per split.
    pub kinds: Vec<Kind>,
    /// Per split.
    pub offers: Vec<Offer<Q>>,
    pub fresh: Vec<Fresh<Q>>,
    pub repeat: Vec<Repeat<Q>>,
    pub uneven: Vec<Uneven<Q>>,
    /// Per bottom of the program and value of a leaf.
    pub bottoms: Vec<Bottom<Q>>,
    /// Weights of the rule's nodes.
    pub weights: [f64; Q],
    /// What an edge offers where the row does not satisfy it.
    pub refused: [f64; Q],
}

impl<const Q: usize> Constants<Q> {
    /// The constants of `tree` for the nodes `first..first + Q` of `rule`; `bottoms` are splits that parents do along.
    /// Cost O(splits · Q).
    pub fn new(tree: &Lean<'_>, bottoms: &[u32], rule: &Rule, first: usize) -> Self {
        let nodes: [f64; Q] = std::array::from_fn(|q| rule.nodes[first + q]);
        let mut constants = Self {
            kinds: Vec::with_capacity(tree.splits.len()),
            offers: Vec::with_capacity(tree.splits.len()),
            fresh: Vec::new(),
            repeat: Vec::new(),
            uneven: Vec::new(),
            bottoms: Vec::with_capacity(bottoms.len() * tree.width),
            weights: std::array::from_fn(|q| rule.weights[first + q]),
            refused: nodes.map(|t| -1.0 / (1.0 - t)),
        };
        for split in &tree.splits {
            let kind = constants.kind(split, &nodes);
            constants.kinds.push(kind);
            let offer = |share: f64| {
                let cover = split.kept * share;
                nodes.map(|t| (1.0 - cover) / cover.mul_add(1.0 - t, t))
            };
            constants.offers.push(Offer { left: offer(split.shares.0), right: offer(split.shares.1) });
        }
        for &place in bottoms {
            constants.bottom(tree, &tree.splits[place as usize], &nodes);
        }
        constants
    }

    fn kind(&mut self, split: &Split, nodes: &[f64; Q]) -> Kind {
        if split.uneven {
            self.uneven.push(Uneven {
                left: repeat(split, split.shares.0, nodes, 1.0),
                right: repeat(split, split.shares.1, nodes, 0.0),
            });
            Kind::Uneven(self.uneven.len() as u32 - 1)
        } else if split.above.is_some() {
            self.repeat.push(repeat(split, split.shares.0, nodes, 1.0));
            Kind::Repeat(self.repeat.len() as u32 - 1)
        } else {
            self.fresh.push(fresh(split, nodes));
            Kind::Fresh(self.fresh.len() as u32 - 1)
        }
    }

    fn bottom(&mut self, tree: &Lean<'_>, split: &Split, nodes: &[f64; Q]) {
        let (Child::Leaf(left), Child::Leaf(right)) = (split.left, split.right) else { return };
        let fresh = fresh(split, nodes);
        for k in 0..tree.width {
            let (left, right) = (tree.values[left as usize + k], tree.values[right as usize + k]);
            let apart = left - right;
            self.bottoms.push(Bottom {
                value: fresh.share.map(|pair| pair.map(|share| share.mul_add(apart, right))),
                gain: fresh.pull.map(|pull| pull * apart),
            });
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.kinds)
            + size_of_val(&*self.offers)
            + size_of_val(&*self.fresh)
            + size_of_val(&*self.repeat)
            + size_of_val(&*self.uneven)
            + size_of_val(&*self.bottoms)
    }
}

fn fresh<const Q: usize>(split: &Split, nodes: &[f64; Q]) -> Fresh<Q> {
    let cover = split.shares.0;
    Fresh { share: nodes.map(|t| [cover * (1.0 - t), cover.mul_add(1.0 - t, t)]), pull: [-cover, 1.0 - cover] }
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
