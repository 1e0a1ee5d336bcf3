//! Path-dependent contributions: a feature that is unknown follows the training cover.
//!
//! For a leaf with value `v`, let `c` be the share of cover kept by a feature's edges on the path and `o` whether the
//! row satisfies all of them. Then the contribution of feature `f` is
//! `v ∫₀¹ (o_f − c_f) Π_{g ≠ f} (c_g (1 − t) + o_g t) dt`, a polynomial that Gauss–Legendre nodes integrate exactly.
//! All leaves of a tree share one walk: products are carried down, sums of finished products are carried up.
//! Several rows walk side by side; no row's arithmetic depends on its neighbours.
//! Sources: Lundberg et al. 2020 (the game); Yu et al. 2022, Li et al. 2026 and Wettenstein et al. 2026 (the integral).

use crate::base::{Cancelled, Task};
use crate::model::{Tree, TreeEnsemble};
use crate::num::MatrixView;

use super::plan::{Edge, Plan};
use super::quadrature::{Rule, nodes_for};

/// Numbers per edge and node: three factors on the way down, two weights on the way up.
const STEP: usize = 5;
/// Rows that walk side by side.
const LANES: usize = 8;
/// Memory of a side-by-side walk, in bytes, above which rows walk one by one.
const WIDE_WALK: usize = 32 << 20;
/// Edges between two looks at the task.
const LOOK: usize = 256;

/// The trees with everything that does not depend on rows.
pub(super) struct Engine<'a> {
    ensemble: &'a TreeEnsemble,
    plans: &'a [Plan],
    /// One rule for each number of nodes in use, by that number.
    rules: Vec<Option<Rule>>,
}

impl<'a> Engine<'a> {
    /// Prepares the quadrature rules. Cost O(trees + longest path).
    pub fn new(ensemble: &'a TreeEnsemble, plans: &'a [Plan]) -> Self {
        let most = plans.iter().map(|p| nodes_for(p.distinct)).max().unwrap_or(1);
        let mut rules = vec![None; most + 1];
        for plan in plans {
            let count = nodes_for(plan.distinct);
            rules[count].get_or_insert_with(|| Rule::new(count));
        }
        Self { ensemble, plans, rules }
    }

    /// Adds the contributions of all trees, not yet divided, for the rows `first..` of `rows`: one slice of shape
    /// (rows, inputs) per output in `out`. Cost O(rows · edges · nodes).
    pub fn add_block(
        &self,
        rows: MatrixView<'_>,
        first: usize,
        out: &mut [&mut [f64]],
        task: &Task,
    ) -> Result<(), Cancelled> {
        let inputs = self.ensemble.inputs;
        let count = out.first().map_or(0, |o| o.len() / inputs.max(1));
        let block: Vec<&[f64]> = (first..first + count).map(|i| rows.row(i)).collect();
        let mut steps = Vec::new();
        let mut wide = Scratch::<LANES>::default();
        let mut single = Scratch::<1>::default();
        for (tree, plan) in self.ensemble.trees.iter().zip(self.plans) {
            let rule = self.rules[nodes_for(plan.distinct)].as_ref().expect("every plan's rule was made in `new`");
            fill_steps(plan, rule, &mut steps, task)?;
            let walk = Walk { ensemble: self.ensemble, tree, plan, steps: &steps, nodes: rule.nodes.len() };
            let mut done = 0;
            if walk.bytes(LANES) <= WIDE_WALK {
                while let Some(lanes) = block.get(done..).and_then(|rest| rest.first_chunk::<LANES>()) {
                    walk.run(lanes, &mut wide, task, |output, lane, feature, value| {
                        out[output][(done + lane) * inputs + feature] += value;
                    })?;
                    done += LANES;
                }
            }
            while let Some(lanes) = block.get(done..).and_then(|rest| rest.first_chunk::<1>()) {
                walk.run(lanes, &mut single, task, |output, lane, feature, value| {
                    out[output][(done + lane) * inputs + feature] += value;
                })?;
                done += 1;
            }
            task.advance(count as u64)?;
        }
        Ok(())
    }
}

/// Fills the factors and weights of every edge. With `u(o) = c (1 − t) + o t` and a prime for the same feature's edge
/// above: `u(1)/u′(1)`, `u(0)/u′(1)`, `c/c′` on the way down; `w (a(1) − a′(1))`, `w (a(0) − a′(1))` on the way up,
/// where `a(1) = (1 − c)/u(1)` and `a(0) = −1/(1 − t)`. No divisor can be zero: `u(1) ≥ t > 0`, and where `c′ = 0`
/// the product is already zero.
fn fill_steps(plan: &Plan, rule: &Rule, steps: &mut Vec<f64>, task: &Task) -> Result<(), Cancelled> {
    steps.clear();
    steps.reserve(plan.edges.len() * rule.nodes.len() * STEP);
    for (index, edge) in plan.edges.iter().enumerate() {
        if index % LOOK == 0 {
            task.check()?;
        }
        let kept = if edge.cover_above > 0.0 { edge.cover / edge.cover_above } else { 0.0 };
        for (&t, &weight) in rule.nodes.iter().zip(&rule.weights) {
            let rest = 1.0 - t;
            let on = edge.cover * rest + t;
            let (on_above, pull_above) = if edge.above == 0 {
                (1.0, 0.0)
            } else {
                let on_above = edge.cover_above * rest + t;
                (on_above, (1.0 - edge.cover_above) / on_above)
            };
            steps.push(on / on_above);
            steps.push(edge.cover * rest / on_above);
            steps.push(kept);
            steps.push(weight * ((1.0 - edge.cover) / on - pull_above));
            steps.push(weight * (-1.0 / rest - pull_above));
        }
    }
    Ok(())
}

/// Buffers of a walk over `L` rows side by side.
struct Scratch<const L: usize> {
    /// Products on the way down, shape (levels + 1, nodes).
    down: Vec<[f64; L]>,
    /// Sums on the way up, shape (levels + 1, leaf values, nodes).
    up: Vec<[f64; L]>,
    /// Per level, all ones where the row satisfies every edge of the feature down to here.
    on: Vec<[u64; L]>,
    /// Per level, all ones where the row goes left at the split above.
    left: Vec<[u64; L]>,
    /// Per level, the edge of the current path.
    path: Vec<usize>,
}

impl<const L: usize> Default for Scratch<L> {
    fn default() -> Self {
        Self { down: Vec::new(), up: Vec::new(), on: Vec::new(), left: Vec::new(), path: Vec::new() }
    }
}

impl<const L: usize> Scratch<L> {
    fn fit(&mut self, levels: usize, nodes: usize, values: usize) {
        self.down.resize((levels + 1) * nodes, [0.0; L]);
        self.up.resize((levels + 1) * nodes * values, [0.0; L]);
        self.on.resize(levels + 1, [0; L]);
        self.left.resize(levels + 1, [0; L]);
        self.path.resize(levels + 1, 0);
        self.down[..nodes].fill([1.0; L]);
    }
}

/// One tree, walked by several rows.
struct Walk<'a> {
    ensemble: &'a TreeEnsemble,
    tree: &'a Tree,
    plan: &'a Plan,
    steps: &'a [f64],
    nodes: usize,
}

impl Walk<'_> {
    /// Memory of a walk over `lanes` rows.
    fn bytes(&self, lanes: usize) -> usize {
        (self.plan.levels + 1) * self.nodes * (1 + self.plan.mean.len()) * lanes * size_of::<f64>()
    }

    /// Walks the tree once; `add(output, lane, feature, value)` takes each edge's contribution.
    fn run<const L: usize>(
        &self,
        rows: &[&[f64]; L],
        scratch: &mut Scratch<L>,
        task: &Task,
        mut add: impl FnMut(usize, usize, usize, f64),
    ) -> Result<(), Cancelled> {
        scratch.fit(self.plan.levels, self.nodes, self.plan.mean.len());
        let first_output = self.tree.output.unwrap_or(0) as usize;
        for (index, edge) in self.plan.edges.iter().enumerate() {
            if index % LOOK == 0 {
                task.check()?;
            }
            scratch.path[edge.level as usize] = index;
            self.decide(edge, rows, scratch);
            self.descend(index, edge, scratch);
            if edge.value == Edge::INNER {
                self.clear(edge.level as usize, scratch);
                continue;
            }
            self.leaf(edge, scratch);
            for step in 0..edge.closes {
                let closing = scratch.path[(edge.level - step) as usize];
                for value in 0..self.plan.mean.len() {
                    let sums = self.close(closing, value, scratch);
                    let feature = self.plan.edges[closing].feature as usize;
                    for (lane, sum) in sums.into_iter().enumerate() {
                        add(first_output + value, lane, feature, sum);
                    }
                }
            }
        }
        Ok(())
    }

    /// Decides which rows satisfy the edge and all edges of its feature above.
    fn decide<const L: usize>(&self, edge: &Edge, rows: &[&[f64]; L], scratch: &mut Scratch<L>) {
        let level = edge.level as usize;
        if edge.left {
            let split = &self.tree.nodes[edge.split as usize];
            let goes = |row: &&[f64]| self.ensemble.goes_left(self.tree, split, row[edge.feature as usize]);
            for (mask, row) in scratch.left[level].iter_mut().zip(rows) {
                *mask = if goes(row) { u64::MAX } else { 0 };
            }
        }
        let flip = if edge.left { 0 } else { u64::MAX };
        let above = if edge.above == 0 { [u64::MAX; L] } else { scratch.on[edge.above as usize] };
        let left = scratch.left[level];
        for ((on, left), above) in scratch.on[level].iter_mut().zip(left).zip(above) {
            *on = (left ^ flip) & above;
        }
    }

    /// The masks of the edge and of its feature's edge above.
    fn masks<const L: usize>(edge: &Edge, scratch: &Scratch<L>) -> ([u64; L], [u64; L]) {
        let above = if edge.above == 0 { [u64::MAX; L] } else { scratch.on[edge.above as usize] };
        (scratch.on[edge.level as usize], above)
    }

    fn edge_steps(&self, index: usize) -> &[f64] {
        &self.steps[index * self.nodes * STEP..(index + 1) * self.nodes * STEP]
    }

    /// Carries the products down one edge.
    fn descend<const L: usize>(&self, index: usize, edge: &Edge, scratch: &mut Scratch<L>) {
        let (on, above) = Self::masks(edge, scratch);
        let level = edge.level as usize;
        let (upper, lower) = scratch.down.split_at_mut(level * self.nodes);
        let from = &upper[(level - 1) * self.nodes..];
        for ((to, from), step) in lower.iter_mut().zip(from).zip(self.edge_steps(index).chunks_exact(STEP)) {
            let (kept_on, lost_now, lost_before) = (step[0].to_bits(), step[1].to_bits(), step[2].to_bits());
            for lane in 0..L {
                let lost = (lost_now & above[lane]) | (lost_before & !above[lane]);
                to[lane] = from[lane] * f64::from_bits((kept_on & on[lane]) | (lost & !on[lane]));
            }
        }
    }

    fn clear<const L: usize>(&self, level: usize, scratch: &mut Scratch<L>) {
        let size = self.nodes * self.plan.mean.len();
        scratch.up[level * size..(level + 1) * size].fill([0.0; L]);
    }

    /// Turns the products that reached a leaf into sums, one per leaf value.
    fn leaf<const L: usize>(&self, edge: &Edge, scratch: &mut Scratch<L>) {
        let (level, nodes, count) = (edge.level as usize, self.nodes, self.plan.mean.len());
        let down = &scratch.down[level * nodes..(level + 1) * nodes];
        let values = &self.tree.leaf_values[edge.value as usize..edge.value as usize + count];
        let up = &mut scratch.up[level * nodes * count..(level + 1) * nodes * count];
        for (up, value) in up.chunks_exact_mut(nodes).zip(values) {
            for (sum, product) in up.iter_mut().zip(down) {
                *sum = product.map(|p| p * value);
            }
        }
    }

    /// Ends an edge: hands its sums to the edge above and returns the feature's contribution.
    fn close<const L: usize>(&self, index: usize, value: usize, scratch: &mut Scratch<L>) -> [f64; L] {
        let edge = &self.plan.edges[index];
        let (on, above) = Self::masks(edge, scratch);
        let (level, nodes, count) = (edge.level as usize, self.nodes, self.plan.mean.len());
        let (upper, lower) = scratch.up.split_at_mut(level * nodes * count);
        let to = &mut upper[((level - 1) * count + value) * nodes..][..nodes];
        let from = &lower[value * nodes..][..nodes];
        let mut sums = [0.0; L];
        for ((to, from), step) in to.iter_mut().zip(from).zip(self.edge_steps(index).chunks_exact(STEP)) {
            let (kept_on, lost_now) = (step[3].to_bits(), step[4].to_bits());
            for lane in 0..L {
                let pull = (kept_on & on[lane]) | (lost_now & !on[lane] & above[lane]);
                sums[lane] += from[lane] * f64::from_bits(pull);
                to[lane] += from[lane];
            }
        }
        sums
    }
}
