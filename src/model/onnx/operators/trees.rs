//! Tree ensembles as onnxruntime computes them: leaves added in file order, the base last, then the post transform.

use std::collections::BTreeSet;

use crate::model::ModelError;

use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Kind, Tensor, elements};
use super::post::{Post, Second, to_f32, to_f64};
use super::{Operator, View, need};

/// What a node asks of its feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// `x <= value`.
    LessEqual,
    /// `x < value`.
    Less,
    /// `x >= value`.
    GreaterEqual,
    /// `x > value`.
    Greater,
    /// `x == value`.
    Equal,
    /// `x != value`.
    NotEqual,
    /// `x` is one of the values of a set.
    Member(u32),
    /// Nothing: a leaf.
    Leaf,
}

/// A node of a tree.
#[derive(Clone, Copy, Debug)]
pub struct Branch {
    /// What is asked.
    pub test: Test,
    /// Of which feature.
    pub feature: u32,
    /// The value it is compared with.
    pub value: f64,
    /// Whether a missing value counts as a yes.
    pub missing_is_yes: bool,
    /// The node of those that pass.
    pub yes: u32,
    /// The node of those that do not.
    pub no: u32,
    /// Its first place among the weights.
    pub first: u32,
    /// How many weights it has.
    pub count: u32,
}

/// How leaves become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// Added.
    Sum,
    /// Added and divided by the number of trees.
    Average,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

/// Trees on the columns of a matrix. Every node belongs to one tree, and every path ends; exporters of category splits
/// let several nodes share what lies below them.
#[derive(Clone, Debug)]
pub struct Forest {
    /// The nodes of all trees.
    pub nodes: Vec<Branch>,
    /// The roots, in the order in which trees are added.
    pub roots: Vec<u32>,
    /// Targets and values of the leaves.
    pub weights: Vec<(u32, f64)>,
    /// Sets of [`Test::Member`].
    pub sets: Vec<Vec<f64>>,
    /// How many targets or classes there are.
    pub targets: usize,
    /// Added at the end; one per target, or fewer.
    pub base: Vec<f64>,
    /// How leaves become one number.
    pub aggregate: Aggregate,
    /// What is done with the scores.
    pub post: Post,
    /// The labels when it is a classifier.
    pub labels: Option<Data>,
    /// Whether results have the type of the input (version 5).
    pub keeps_type: bool,
}

/// Rows that walk through a tree together.
const TOGETHER: usize = 8;

/// The score of one target; `None` before a leaf gave it one.
type Score = Option<f64>;

impl Forest {
    /// Checks that every path ends in its own tree and that features and weights exist. Cost O(nodes).
    pub(super) fn checked(self, node: &NodeSpec) -> Result<Self, ModelError> {
        // Which tree met a node, and whether everything below it is known to end.
        let mut met: Vec<Option<(u32, bool)>> = vec![None; self.nodes.len()];
        for root in &self.roots {
            let mut waiting = vec![*root];
            while let Some(&place) = waiting.last() {
                let found = self.nodes.get(place as usize).zip(met.get(place as usize).copied());
                let (branch, seen) =
                    found.ok_or_else(|| node.refuse(format!("a node {place} is referred to, but not there")))?;
                let children = if branch.test == Test::Leaf { Vec::new() } else { vec![branch.no, branch.yes] };
                let mut open = Vec::new();
                for child in children {
                    match met.get(child as usize).copied().flatten() {
                        Some((tree, true)) if tree == *root => {}
                        None if seen.is_none() => open.push(child),
                        _ if seen.is_some_and(|s| s.1) => {}
                        _ => {
                            return Err(
                                node.refuse(format!("tree node {child} is reached in a circle or from two trees"))
                            );
                        }
                    }
                }
                if seen.is_some_and(|(tree, _)| tree != *root) {
                    return Err(node.refuse(format!("tree node {place} is reached from two trees")));
                }
                if open.is_empty() {
                    met[place as usize] = Some((*root, true));
                    waiting.pop();
                } else {
                    met[place as usize] = Some((*root, false));
                    waiting.extend(open);
                }
            }
        }
        if let Some((target, _)) = self.weights.iter().find(|(target, _)| *target as usize >= self.targets) {
            return Err(node.refuse(format!("a leaf adds to target {target}, there are {}", self.targets)));
        }
        let many = if self.labels.is_some() && self.targets == 2 { 2 } else { self.targets };
        if self.base.len() > many || (self.labels.is_none() && !self.base.is_empty() && self.base.len() != many) {
            return Err(node.refuse(format!("{} base values do not fit {} targets", self.base.len(), self.targets)));
        }
        Ok(self)
    }

    /// The number of columns that the nodes ask for.
    pub fn inputs(&self) -> usize {
        let asked = self.nodes.iter().filter(|n| n.test != Test::Leaf).map(|n| n.feature as usize + 1);
        asked.max().unwrap_or(0)
    }

    /// The nodes of a tree, each once.
    pub fn nodes_of(&self, root: u32) -> Vec<&Branch> {
        let (mut waiting, mut met, mut found) = (vec![root], BTreeSet::new(), Vec::new());
        while let Some(place) = waiting.pop() {
            let Some(node) = self.nodes.get(place as usize).filter(|_| met.insert(place)) else { continue };
            if node.test != Test::Leaf {
                waiting.extend([node.no, node.yes]);
            }
            found.push(node);
        }
        found
    }

    /// The weights of a leaf.
    pub fn weights_of(&self, leaf: &Branch) -> &[(u32, f64)] {
        let first = leaf.first as usize;
        self.weights.get(first..first + leaf.count as usize).unwrap_or_default()
    }

    /// The one class that all leaves of a two-class model add to.
    pub fn only_class(&self) -> Option<u32> {
        let first = self.weights.first()?.0;
        let binary = self.labels.is_some() && self.targets == 2;
        (binary && self.weights.iter().all(|(target, _)| *target == first)).then_some(first)
    }

    /// Whether the only class has a share, not a score: no weight is negative.
    pub fn is_share(&self) -> bool {
        self.weights.iter().all(|(_, value)| *value >= 0.0)
    }

    /// The leaves that some rows reach; all go on step by step, so that none waits for another's memory.
    fn leaves(&self, root: u32, rows: &[&[f64]]) -> [u32; TOGETHER] {
        let mut places = [root; TOGETHER];
        let mut moving = true;
        while moving {
            moving = false;
            for (place, row) in places.iter_mut().zip(rows) {
                let Some(node) = self.nodes.get(*place as usize).filter(|node| node.test != Test::Leaf) else {
                    continue;
                };
                let x = row.get(node.feature as usize).copied().unwrap_or(f64::NAN);
                let yes = match node.test {
                    Test::LessEqual => (x <= node.value) | (x.is_nan() & node.missing_is_yes),
                    _ => self.passes(node, x),
                };
                *place = if yes { node.yes } else { node.no };
                moving = true;
            }
        }
        places
    }

    /// Whether a value passes the test of a node.
    pub fn passes(&self, node: &Branch, x: f64) -> bool {
        if x.is_nan() && node.missing_is_yes {
            return true;
        }
        match node.test {
            Test::LessEqual => x <= node.value,
            Test::Less => x < node.value,
            Test::GreaterEqual => x >= node.value,
            Test::Greater => x > node.value,
            Test::Equal => x == node.value,
            Test::NotEqual => x != node.value,
            Test::Member(set) => self.sets.get(set as usize).is_some_and(|set| set.contains(&x)),
            Test::Leaf => false,
        }
    }

    /// The scores of rows of `width` values; tree by tree, so that a tree stays close while all rows pass it.
    fn scores(&self, rows: &[f64], width: usize, round: fn(f64) -> f64) -> Vec<Score> {
        let rows: Vec<&[f64]> = rows.chunks_exact(width.max(1)).collect();
        let mut all: Vec<Score> = vec![None; rows.len() * self.targets];
        for root in &self.roots {
            for (rows, scores) in rows.chunks(TOGETHER).zip(all.chunks_mut(TOGETHER * self.targets)) {
                let leaves = self.leaves(*root, rows);
                for (leaf, scores) in leaves.iter().zip(scores.chunks_exact_mut(self.targets)) {
                    self.add(*leaf, scores, round);
                }
            }
        }
        all
    }

    /// Adds a leaf's values to the scores of a row.
    fn add(&self, leaf: u32, scores: &mut [Score], round: fn(f64) -> f64) {
        let weights = self.nodes.get(leaf as usize).map_or(&[][..], |leaf| self.weights_of(leaf));
        for (target, value) in weights {
            let Some(score) = scores.get_mut(*target as usize) else { continue };
            *score = Some(match (*score, self.aggregate) {
                (None, Aggregate::Min | Aggregate::Max) => *value,
                (old, Aggregate::Sum | Aggregate::Average) => round(old.unwrap_or(0.0) + value),
                (Some(old), Aggregate::Min) => old.min(*value),
                (Some(old), Aggregate::Max) => old.max(*value),
            });
        }
    }

    /// A regressor's answer for one row. A single target knows no transform but the probit, as in onnxruntime.
    fn value(&self, scores: &[Score], round: fn(f64) -> f64) -> Vec<f64> {
        let trees = self.roots.len() as f64;
        let each = scores.iter().enumerate().map(|(k, score)| {
            let sum = score.unwrap_or(0.0);
            let sum = if self.aggregate == Aggregate::Average { round(sum / trees) } else { sum };
            self.base.get(k).map_or(sum, |base| round(sum + base))
        });
        let mut all: Vec<f64> = each.collect();
        if all.len() > 1 || self.post == Post::Probit {
            self.post.apply(&mut all, round);
        }
        all
    }

    /// A classifier's answer for one row and the place of its label.
    fn class(&self, scores: &[Score], round: fn(f64) -> f64) -> (Vec<f64>, usize) {
        let plain = |all: &[Score]| -> Vec<f64> { all.iter().map(|s| s.unwrap_or(0.0)).collect() };
        let best = |all: &[f64]| (1..all.len()).fold(0, |best, k| if all[k] > all[best] { k } else { best });
        if self.targets != 2 {
            let mut all = plain(scores);
            all.iter_mut().zip(&self.base).for_each(|(s, base)| *s = round(*s + base));
            let label = best(&all);
            self.post.apply(&mut all, round);
            return (all, label);
        }
        // Which scores are there follows onnxruntime, also where the specification is silent: a class without a score
        // has 0, whatever its base.
        let (first, second) = (scores.first().copied().flatten(), scores.get(1).copied().flatten());
        let (single, mut both) = match (self.base.as_slice(), second) {
            // Two bases and a second score: the first score is taken for the second, its base for both.
            ([_, base], Some(_)) => {
                let score = round(base + first.unwrap_or(0.0));
                (None, [first.map_or(0.0, |_| -score), score])
            }
            ([low, _], None) => (None, [round(first.unwrap_or(0.0) + low), 0.0]),
            ([base], None) => (Some(round(first.unwrap_or(0.0) + base)), [0.0; 2]),
            ([base], Some(second)) => (None, [first.map_or(0.0, |first| round(first + base)), second]),
            (_, None) => (Some(first.unwrap_or(0.0)), [0.0; 2]),
            (_, Some(second)) => (None, [first.unwrap_or(0.0), second]),
        };
        let Some(score) = single else {
            let label = usize::from(both[1] > 0.0);
            self.post.apply(&mut both, round);
            return (both.to_vec(), label);
        };
        let share = self.only_class().is_some() && self.is_share();
        // The logistic transform is applied to shares, too.
        let kind = if share && self.post != Post::Logistic { Second::Rest } else { Second::Opposite };
        let label = usize::from(score > if share { 0.5 } else { 0.0 });
        (kind.widen(score, self.post, round).to_vec(), label)
    }
}

impl Operator for Forest {
    fn run(&self, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String> {
        let x = need(inputs, 0)?;
        let (rows, width) = x.matrix()?;
        if width < self.inputs() {
            return Err(format!("it asks for column {}, there are {width}", self.inputs().saturating_sub(1)));
        }
        elements(&[rows, self.targets])?;
        run.charge(rows.saturating_mul(self.roots.len().saturating_mul(8)))?;
        let double = x.kind() == Kind::F64;
        let round: fn(f64) -> f64 = if double { to_f64 } else { to_f32 };
        let values = x.f64s()?;
        let mut answers = Vec::with_capacity(rows * self.targets);
        let mut places = Vec::with_capacity(rows);
        let found = match width {
            // A single leaf asks for no column.
            0 => self.scores(&vec![0.0; rows], 1, round),
            _ => self.scores(&values, width, round),
        };
        for scores in found.chunks_exact(self.targets) {
            if self.labels.is_some() {
                let (answer, place) = self.class(scores, round);
                answers.extend(answer);
                places.push(place);
            } else {
                answers.extend(self.value(scores, round));
            }
        }
        let data = match double && self.keeps_type {
            true => Data::F64(answers),
            false => Data::F32(answers.iter().map(|v| *v as f32).collect()),
        };
        let scores = Tensor::new(vec![rows, self.targets], data)?;
        Ok(match &self.labels {
            Some(labels) => vec![Tensor::list(labels.pick(&places)), scores],
            None => vec![scores],
        })
    }

    fn view(&self) -> View<'_> {
        View::Trees(self)
    }
}
