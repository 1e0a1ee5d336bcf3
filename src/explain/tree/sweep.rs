//! Individual curves of every row: how the prediction of one row changes when one input takes another value, exactly and
//! for all values at once.
//!
//! With P(z) the sum of the leaves that ask for the input and are reached when it is z and all else is the row's:
//! f(z) = f(row) + P(z) − P(own value). All inputs of a group are swept in one descent of every tree.

use std::ops::Range;

use crate::base::{Cancelled, Task};
use crate::model::TreeEnsemble;
use crate::num::MatrixView;
use crate::num::parallel;
use crate::num::simd::{Job, Lanes, run};

use super::Stopped;
use super::axis::Axes;
use super::counting::{Freeing, NOBODY, Pairs, Program, Sink};
use super::curves::LONG;
use super::forest::{Forest, Lean};
use super::leaves::each_leaf;
use super::rank::{Block, ROWS};

/// Numbers in the sums of one group of inputs and one block of rows (4 MB), where one input alone does not need more.
const SUMS: usize = 1 << 19;

/// Trees ready to be swept.
pub(super) struct Sweep<'a> {
    forest: Forest<'a>,
    pub axes: Axes,
    divisor: f64,
}

/// Inputs that are swept together.
struct Group {
    /// Places of the axes.
    places: Vec<usize>,
    trees: Vec<Swept>,
    /// Sums per row.
    size: usize,
}

/// One tree that asks for an input of the group.
struct Swept {
    tree: usize,
    program: Program,
    /// Per counter, where its steps begin.
    starts: Vec<u32>,
    /// The sum that changes from this piece on, and by how much.
    steps: Vec<(u32, f64)>,
}

/// The curves of up to 64 rows over one input.
pub(super) struct RowCurves<'c> {
    /// The place of the axis.
    pub place: usize,
    /// The first of the rows.
    pub first: usize,
    /// Their number.
    pub rows: usize,
    /// Pieces of the axis.
    pub pieces: usize,
    /// Per row the piece it is in.
    pub own: &'c [u32; ROWS],
    /// Shape (outputs, pieces, 64): P as above, divided by the ensemble's divisor.
    pub sums: &'c [[f64; ROWS]],
}

impl RowCurves<'_> {
    /// By how much the prediction of row `i` changes when its value moves to `piece`; exactly 0 at its own.
    #[inline]
    pub fn change(&self, output: usize, i: usize, piece: usize) -> f64 {
        let sums = &self.sums[output * self.pieces..(output + 1) * self.pieces];
        sums[piece][i] - sums[self.own[i] as usize][i]
    }
}

/// Individual curves in the ensemble's native unit.
#[derive(Clone, Debug)]
pub struct Individual {
    /// The pieces of every used input.
    pub axes: Axes,
    /// Per axis, shape (rows, outputs, pieces): the row's prediction when its value is of the piece; empty for axes that
    /// were not asked for.
    pub values: Vec<Vec<f64>>,
}

/// The individual curves of every row over the `wanted` inputs, at every threshold. Cost per row and tree: that of a few
/// predictions for all inputs together, and per row and input one pass over the pieces.
pub fn individual(
    ensemble: &TreeEnsemble,
    rows: MatrixView<'_>,
    wanted: &dyn Fn(usize) -> bool,
    task: &Task,
) -> Result<Individual, Stopped> {
    let sweep = Sweep::new(ensemble, task)?;
    let outputs = ensemble.outputs();
    let curves = |curves: RowCurves<'_>| {
        let mut values = Vec::with_capacity(curves.rows * outputs * curves.pieces);
        let mut own = vec![0.0; outputs];
        for i in 0..curves.rows {
            ensemble.score_f64(rows.row(curves.first + i), &mut own);
            for (output, own) in own.iter().enumerate() {
                values.extend((0..curves.pieces).map(|piece| own + curves.change(output, i, piece)));
            }
        }
        values
    };
    let mut values = vec![Vec::new(); sweep.axes.all().len()];
    let feature = |place: usize| wanted(sweep.axes.all()[place].feature);
    sweep.each(
        rows,
        (&feature, LONG),
        task,
        (curves, |place: usize, mut part: Vec<f64>| values[place].append(&mut part)),
    )?;
    Ok(Individual { axes: sweep.axes, values })
}

impl<'a> Sweep<'a> {
    /// Lays out the trees. Cost O(nodes · log nodes).
    pub fn new(ensemble: &'a TreeEnsemble, task: &Task) -> Result<Self, Stopped> {
        let forest = Forest::new(ensemble, task)?;
        let axes = Axes::new(&forest.coding, ensemble);
        Ok(Self { forest, axes, divisor: ensemble.divisor })
    }

    /// Calls `see` with the curves of every block of `rows` over every axis that is `wanted`, at most `most` of them at once, in parallel, and hands
    /// what it gives to `keep`, in order of inputs and rows. The bits of a row depend on the model alone.
    /// Cost per row and tree: about that of a few predictions for all inputs of a group together, and per row and input
    /// one pass over the pieces.
    pub fn each<T: Send>(
        &self,
        rows: MatrixView<'_>,
        (wanted, most): (&dyn Fn(usize) -> bool, usize),
        task: &Task,
        (see, mut keep): (impl Fn(RowCurves<'_>) -> T + Sync, impl FnMut(usize, T)),
    ) -> Result<(), Stopped> {
        let blocks = rows.rows().div_ceil(ROWS);
        let groups = self.groups(wanted, most.clamp(1, LONG));
        task.begin("following every row", (groups.len() * blocks) as u64);
        for places in groups {
            let group = self.group(places, task)?;
            let block = |block: usize| {
                let first = block * ROWS;
                let count = (rows.rows() - first).min(ROWS);
                let mut swept = Buffers::new(self, &group);
                self.forest.coding.encode(rows, first, count, &mut swept.block);
                run(SweepJob { sweep: self, group: &group, buffers: &mut swept, task })?;
                Ok(self.seen(&group, &swept, first..first + count, &see))
            };
            let found = parallel::map(blocks, task, block)?.into_iter().collect::<Result<Vec<_>, Cancelled>>()?;
            let mut found: Vec<_> = found.into_iter().map(Vec::into_iter).collect();
            for &place in &group.places {
                found.iter_mut().filter_map(Iterator::next).for_each(|value| keep(place, value));
            }
        }
        Ok(())
    }

    /// Neighbouring axes whose sums fit together.
    fn groups(&self, wanted: &dyn Fn(usize) -> bool, most: usize) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut size = 0;
        for (place, axis) in self.axes.all().iter().enumerate().filter(|(place, _)| wanted(*place)) {
            let own = axis.pieces.len() * self.forest.outputs * ROWS;
            match groups.last_mut() {
                Some(group) if size + own <= SUMS && group.len() < most => {
                    group.push(place);
                    size += own;
                }
                _ => {
                    groups.push(vec![place]);
                    size = own;
                }
            }
        }
        groups
    }

    fn group(&self, places: Vec<usize>, task: &Task) -> Result<Group, Cancelled> {
        let outputs = self.forest.outputs;
        let mut features = vec![false; self.forest.inputs];
        let mut offsets = vec![0; self.axes.all().len()];
        let mut size = 0;
        for &place in &places {
            features[self.axes.all()[place].feature] = true;
            offsets[place] = size;
            size += self.axes.all()[place].pieces.len() * outputs;
        }
        let freeing = Freeing { features, pairs: Pairs::None };
        let mut trees = Vec::new();
        for (place, tree) in self.forest.trees.iter().enumerate() {
            task.check()?;
            if tree.splits.iter().any(|split| freeing.features[split.feature as usize]) {
                let program = Program::new(tree, &freeing);
                trees.push(self.swept(place, program, &freeing, &offsets));
            }
        }
        Ok(Group { places, trees, size })
    }

    fn swept(&self, place: usize, program: Program, freeing: &Freeing, offsets: &[usize]) -> Swept {
        let tree = &self.forest.trees[place];
        let mut starts = vec![0];
        let mut steps = Vec::new();
        each_leaf(tree, &self.axes, &|feature| freeing.features[feature as usize], |leaf, reaches| {
            let (own, next) = (program.leaves[leaf], program.leaves[leaf + 1]);
            for [feature, _] in &program.freed[own.first as usize..next.first as usize] {
                let reach = reaches.iter().find(|(f, _)| f == feature && *feature != NOBODY).map(|(_, reach)| reach);
                if let (Some(reach), Some(axis)) = (reach, self.axes.place(*feature as usize)) {
                    let pieces = self.axes.all()[axis].pieces.len();
                    for (k, value) in tree.values[own.value as usize..].iter().take(tree.width).enumerate() {
                        let line = offsets[axis] + (tree.first_output + k) * pieces;
                        reach.each_run(|start, end| {
                            steps.push(((line + start as usize) as u32, *value));
                            if (end as usize) < pieces {
                                steps.push(((line + end as usize) as u32, -*value));
                            }
                        });
                    }
                }
                starts.push(steps.len() as u32);
            }
        });
        Swept { tree: place, program, starts, steps }
    }

    fn seen<T>(
        &self,
        group: &Group,
        buffers: &Buffers,
        rows: Range<usize>,
        see: &impl Fn(RowCurves<'_>) -> T,
    ) -> Vec<T> {
        let mut offset = 0;
        let one = |place: usize| {
            let pieces = self.axes.all()[place].pieces.len();
            let size = pieces * self.forest.outputs;
            let own = std::array::from_fn(|i| self.axes.piece_in(place, &buffers.block, i) as u32);
            let sums = &buffers.sums[offset..offset + size];
            offset += size;
            see(RowCurves { place, first: rows.start, rows: rows.len(), pieces, own: &own, sums })
        };
        group.places.iter().copied().map(one).collect()
    }
}

/// What one block needs.
struct Buffers {
    block: Block,
    left: Vec<u64>,
    stack: Vec<u64>,
    sums: Vec<[f64; ROWS]>,
}

impl Buffers {
    fn new(sweep: &Sweep<'_>, group: &Group) -> Self {
        let room = group.trees.iter().map(|t| t.program.room()).max().unwrap_or(0);
        Self {
            block: sweep.forest.coding.block(),
            left: Vec::new(),
            stack: vec![0; room],
            sums: vec![[0.0; ROWS]; group.size],
        }
    }
}

struct SweepJob<'j, 'a> {
    sweep: &'j Sweep<'a>,
    group: &'j Group,
    buffers: &'j mut Buffers,
    task: &'j Task,
}

impl Job for SweepJob<'_, '_> {
    type Output = Result<(), Cancelled>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Self::Output {
        let Buffers { block, left, stack, sums } = self.buffers;
        for (k, swept) in self.group.trees.iter().enumerate() {
            if k % 64 == 0 {
                self.task.check()?;
            }
            ask(lanes, &self.sweep.forest.trees[swept.tree], block, left);
            swept.program.descend(left, u64::MAX, stack, &mut Adder { swept, sums });
        }
        let mut offset = 0;
        for &place in &self.group.places {
            let pieces = self.sweep.axes.all()[place].pieces.len();
            let size = pieces * self.sweep.forest.outputs;
            for line in sums[offset..offset + size].chunks_exact_mut(pieces) {
                accumulate(line, self.sweep.divisor);
            }
            offset += size;
        }
        Ok(())
    }
}

/// From steps to sums.
#[inline(always)]
fn accumulate(line: &mut [[f64; ROWS]], divisor: f64) {
    let mut sum = [0.0; ROWS];
    for piece in line {
        for (sum, piece) in sum.iter_mut().zip(piece.iter_mut()) {
            *sum += *piece;
            *piece = *sum / divisor;
        }
    }
}

#[inline(always)]
fn ask<L: Lanes>(lanes: L, tree: &Lean<'_>, block: &Block, left: &mut Vec<u64>) {
    left.clear();
    for test in &tree.tests {
        left.push(block.goes_left(lanes, test));
    }
}

/// Adds the steps of a leaf to the rows that reach it.
struct Adder<'s> {
    swept: &'s Swept,
    sums: &'s mut [[f64; ROWS]],
}

impl Sink<u64> for Adder<'_> {
    #[inline(always)]
    fn see(&mut self, counter: usize, rows: u64) {
        let steps = self.swept.starts[counter] as usize..self.swept.starts[counter + 1] as usize;
        for &(place, value) in &self.swept.steps[steps] {
            let line = &mut self.sums[place as usize];
            let mut left = rows;
            while left != 0 {
                line[left.trailing_zeros() as usize] += value;
                left &= left - 1;
            }
        }
    }
}
