//! The program of one tree for the interaction walk: what is done split by split, in an order that no row changes.
//!
//! A split above two leaves whose feature is new on its path is a bottom: its parent does it along. Programs can be
//! written for one feature only. Then a subtree takes part when its path holds the feature or a split inside it does;
//! all others contribute nothing to the pairs of that feature and are left out.

use crate::base::Task;

use super::super::Stopped;
use super::super::forest::{Child, Lean};
use super::cells::Cells;

/// A feature above a split: the level of its deepest edge and the cell it shares with the split's feature.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partner {
    pub level: u32,
    pub cell: u32,
}

/// A feature above a split with bottoms: the level of its deepest edge and the cells it shares with the split's feature
/// and with those of both bottoms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partners {
    pub level: u32,
    pub cell: u32,
    pub left: u32,
    pub right: u32,
}

/// What a split finds below one of its branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Below {
    /// A leaf: its first value.
    Leaf(u32),
    /// The sums of a subtree that was walked.
    Walked,
    /// A subtree that has no part in the asked pairs.
    Nothing,
    /// A bottom.
    Bottom { split: u32, at: u32, cell: u32, with_parent: u32 },
}

/// Which branch of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Branch {
    Left,
    /// The right one, the products of the left one still standing below.
    RightAfterLeft,
    RightAlone,
}

/// Both branches of a split.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fork {
    pub split: u32,
    pub level: u32,
    /// The cell of the split's feature.
    pub cell: u32,
    /// Whether the split is its parent's left child.
    pub is_left: bool,
    pub left: Below,
    pub right: Below,
    /// First and last (excluded) of its partners.
    pub partners: (u32, u32),
}

/// One instruction.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Carry products and factors down a branch.
    Down { split: u32, level: u32, branch: Branch },
    /// Join what both children gave, neither of them a bottom.
    Join(u32),
    /// Join two children that are leaves or bottoms, at least one a bottom.
    Twig(u32),
}

/// The program of a tree, without constants.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    pub steps: Vec<Step>,
    pub joins: Vec<Fork>,
    pub twigs: Vec<Fork>,
    pub partners: Vec<Partner>,
    pub twig_partners: Vec<Partners>,
    /// Splits that a parent does along, in the order of their constants.
    pub bottoms: Vec<u32>,
}

impl Program {
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.steps)
            + size_of_val(&*self.joins)
            + size_of_val(&*self.twigs)
            + size_of_val(&*self.partners)
            + size_of_val(&*self.twig_partners)
    }
}

/// What is left to write of a split.
enum Rest {
    Open(u32, bool),
    Right { split: u32, branch: Branch, child: u32 },
    Join(Fork),
}

/// Writes programs, tree by tree.
pub(super) struct Writer<'w> {
    cells: &'w mut Cells,
    /// Cells that are allowed.
    most: usize,
    /// Only pairs with this feature, where one is given.
    with: Option<u32>,
    /// Per feature, the level of its deepest edge on the current path.
    deepest: Vec<Option<u32>>,
    /// Features of the current path, by level.
    path: Vec<u32>,
    rest: Vec<Rest>,
}

impl<'w> Writer<'w> {
    pub fn new(cells: &'w mut Cells, most: usize, with: Option<u32>, inputs: usize) -> Self {
        Self { cells, most, with, deepest: vec![None; inputs], path: Vec::new(), rest: Vec::new() }
    }

    /// The program of `tree`; refused when more than the allowed cells would be needed. Cost O(splits · levels).
    pub fn write(&mut self, tree: &Lean<'_>, task: &Task) -> Result<Program, Stopped> {
        let mut program = Program::default();
        let inside = self.inside(tree);
        if self.takes_part(&inside, 0) {
            self.rest.push(Rest::Open(0, true));
        }
        while let Some(next) = self.rest.pop() {
            task.check()?;
            if self.cells.pairs.len() > self.most {
                return Err(Stopped::TooManyPairs);
            }
            match next {
                Rest::Open(place, is_left) => self.open(tree, &inside, (place, is_left), &mut program),
                Rest::Right { split, branch, child } => {
                    program.steps.push(Step::Down { split, level: tree.splits[split as usize].level, branch });
                    self.rest.push(Rest::Open(child, false));
                }
                Rest::Join(fork) => {
                    let split = &tree.splits[fork.split as usize];
                    let above = split.above.map(|a| tree.splits[a.split as usize].level);
                    self.deepest[split.feature as usize] = above;
                    program.steps.push(Step::Join(program.joins.len() as u32));
                    program.joins.push(fork);
                }
            }
        }
        Ok(program)
    }

    /// Per split, whether it or a split below it has the asked feature.
    fn inside(&self, tree: &Lean<'_>) -> Vec<bool> {
        let mut inside = vec![self.with.is_none(); tree.splits.len()];
        for (place, split) in tree.splits.iter().enumerate().rev() {
            let below = |child: Child| matches!(child, Child::Split(c) if inside[c as usize]);
            inside[place] = self.with.is_none_or(|f| f == split.feature) || below(split.left) || below(split.right);
        }
        inside
    }

    /// Whether the subtree at `place` adds to an asked pair, given the path above it.
    fn takes_part(&self, inside: &[bool], place: u32) -> bool {
        let above = self.with.is_some_and(|f| self.deepest[f as usize].is_some());
        inside.get(place as usize).is_some_and(|inside| *inside || above)
    }

    fn open(&mut self, tree: &Lean<'_>, inside: &[bool], (place, is_left): (u32, bool), program: &mut Program) {
        let split = &tree.splits[place as usize];
        self.path.truncate(split.level as usize);
        let (split_at, level) = (place, split.level);
        let cell = self.cells.of(split.feature, split.feature);
        let fork = |left, right, partners| Fork { split: split_at, level, cell, is_left, left, right, partners };
        if let Some((left, right)) = self.bottoms(tree, place, program) {
            let partners = self.twig_partners(tree, split.feature, (left, right), program);
            program.steps.push(Step::Twig(program.twigs.len() as u32));
            program.twigs.push(fork(left, right, partners));
            return;
        }
        let partners = self.partners(split.feature, program);
        self.path.push(split.feature);
        self.deepest[split.feature as usize] = Some(level);
        let below = |child: Child| match child {
            Child::Leaf(value) => Below::Leaf(value),
            Child::Split(child) if self.takes_part(inside, child) => Below::Walked,
            Child::Split(_) => Below::Nothing,
        };
        let (left, right) = (below(split.left), below(split.right));
        self.rest.push(Rest::Join(fork(left, right, partners)));
        if let (Below::Walked, Child::Split(child)) = (right, split.right) {
            let branch = if left == Below::Walked { Branch::RightAfterLeft } else { Branch::RightAlone };
            self.rest.push(Rest::Right { split: place, branch, child });
        }
        if let (Below::Walked, Child::Split(child)) = (left, split.left) {
            program.steps.push(Step::Down { split: place, level, branch: Branch::Left });
            self.rest.push(Rest::Open(child, true));
        }
    }

    /// The deepest edges of the other features above.
    fn above(&self, feature: u32) -> impl Iterator<Item = (u32, u32)> {
        let (path, deepest, with) = (&self.path, &self.deepest, self.with);
        (0..).zip(path.iter().copied()).filter(move |&(level, other)| {
            let asked = with.is_none_or(|f| f == feature || f == other);
            other != feature && deepest[other as usize] == Some(level) && asked
        })
    }

    fn partners(&mut self, feature: u32, program: &mut Program) -> (u32, u32) {
        let above: Vec<_> = self.above(feature).collect();
        let first = program.partners.len() as u32;
        let partner = |(level, other)| Partner { level, cell: self.cells.of(feature, other) };
        program.partners.extend(above.into_iter().map(partner));
        (first, program.partners.len() as u32)
    }

    fn twig_partners(
        &mut self,
        tree: &Lean<'_>,
        feature: u32,
        (left, right): (Below, Below),
        program: &mut Program,
    ) -> (u32, u32) {
        let above: Vec<_> = self.above(feature).collect();
        let first = program.twig_partners.len() as u32;
        for (level, other) in above {
            let cell = self.cells.of(feature, other);
            let mut of = |below: Below| match below {
                Below::Bottom { split, .. } => self.cells.of(tree.splits[split as usize].feature, other),
                _ => cell,
            };
            let (left, right) = (of(left), of(right));
            program.twig_partners.push(Partners { level, cell, left, right });
        }
        (first, program.twig_partners.len() as u32)
    }

    /// Both children of a split of which each is a leaf or a bottom and one a bottom; `None` for other splits, and for
    /// all of them when only one feature is asked for.
    fn bottoms(&mut self, tree: &Lean<'_>, place: u32, program: &mut Program) -> Option<(Below, Below)> {
        let split = &tree.splits[place as usize];
        let is_bottom = |child: Child| match child {
            Child::Leaf(_) => Some(false),
            Child::Split(child) => {
                let split = &tree.splits[child as usize];
                let leaves = matches!((split.left, split.right), (Child::Leaf(_), Child::Leaf(_)));
                (leaves && split.above.is_none() && !split.uneven).then_some(true)
            }
        };
        let (left, right) = (is_bottom(split.left)?, is_bottom(split.right)?);
        if split.uneven || self.with.is_some() || !(left || right) {
            return None;
        }
        let mut below = |child: Child| match child {
            Child::Leaf(value) => Below::Leaf(value),
            Child::Split(child) => {
                let feature = tree.splits[child as usize].feature;
                let at = program.bottoms.len() as u32;
                program.bottoms.push(child);
                let (cell, with_parent) = (self.cells.of(feature, feature), self.cells.of(split.feature, feature));
                Below::Bottom { split: child, at, cell, with_parent }
            }
        };
        Some((below(split.left), below(split.right)))
    }
}
