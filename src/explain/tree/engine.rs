//! Blocks of rows through all trees: codes, outcomes, walks, and the turn from columns to rows at the end.

use crate::base::{Cancelled, Task};
use crate::num::MatrixView;
use crate::num::simd::{Eight, Job, Lanes, run};

use super::forest::Forest;
use super::lane_quadrature::{Rows, Stack, VECTORS, Walk};
use super::outcomes::Outcomes;
use super::quadrature::{Rule, nodes_for};
use super::rank::{Block, ROWS};
use super::steps::Program;

/// Trees whose contributions are summed before they join the others: sums are grouped by the model alone, so that a row
/// has the same bits alone, in a crowd, and on any number of threads.
pub(super) const GROUP: usize = 64;

/// A tree's program for some of its nodes.
#[derive(Clone, Debug)]
enum Pass<'a> {
    One(Program<'a, 1>),
    Two(Program<'a, 2>),
    Three(Program<'a, 3>),
    Four(Program<'a, 4>),
}

/// All trees, ready to explain blocks of rows.
pub(super) struct Engine<'a> {
    forest: &'a Forest<'a>,
    /// Per tree, its programs; together they hold all nodes of its rule.
    passes: Vec<Vec<Pass<'a>>>,
}

/// Buffers of one thread.
pub(super) struct Scratch {
    block: Block,
    outcomes: Outcomes,
    group: Vec<Rows>,
    total: Vec<Rows>,
    one: Stack<1>,
    two: Stack<2>,
    three: Stack<3>,
    four: Stack<4>,
}

impl<'a> Engine<'a> {
    /// Writes the programs. Cost O(splits · nodes).
    pub fn new(forest: &'a Forest<'a>, task: &Task) -> Result<Self, Cancelled> {
        let most = forest.trees.iter().map(|t| nodes_for(t.distinct)).max().unwrap_or(1);
        let mut rules: Vec<Option<Rule>> = vec![None; most + 1];
        let mut passes = Vec::with_capacity(forest.trees.len());
        for tree in &forest.trees {
            task.check()?;
            let count = nodes_for(tree.distinct);
            let rule = rules[count].get_or_insert_with(|| Rule::new(count));
            let pieces = count.div_ceil(4);
            let mut first = 0;
            let mut own = Vec::with_capacity(pieces);
            for piece in 0..pieces {
                let size = (count - first).div_ceil(pieces - piece);
                own.push(match size {
                    1 => Pass::One(Program::new(tree, rule, first)),
                    2 => Pass::Two(Program::new(tree, rule, first)),
                    3 => Pass::Three(Program::new(tree, rule, first)),
                    _ => Pass::Four(Program::new(tree, rule, first)),
                });
                first += size;
            }
            passes.push(own);
        }
        Ok(Self { forest, passes })
    }

    pub fn scratch(&self) -> Scratch {
        let zero = vec![[Eight::splat(0.0); VECTORS]; self.forest.outputs * self.forest.inputs * (8 / VECTORS)];
        Scratch {
            block: self.forest.coding.block(),
            outcomes: Outcomes::default(),
            group: zero.clone(),
            total: zero,
            one: Stack::default(),
            two: Stack::default(),
            three: Stack::default(),
            four: Stack::default(),
        }
    }

    pub fn outcomes(&self, rows: MatrixView<'_>, first: usize, scratch: &mut Scratch) {
        self.forest.coding.encode(rows, first, 64, &mut scratch.block);
        run(OutcomeJob { engine: self, scratch });
    }

    /// Explains the rows `first..` of `rows`, at most 64: fills one slice of shape (rows, inputs) per output of `out`,
    /// divided by `divisor`.
    pub fn explain(
        &self,
        rows: MatrixView<'_>,
        first: usize,
        divisor: f64,
        out: &mut [&mut [f64]],
        scratch: &mut Scratch,
        task: &Task,
    ) -> Result<(), Cancelled> {
        let inputs = self.forest.inputs;
        let count = out.first().map_or(0, |o| o.len() / inputs.max(1));
        self.forest.coding.encode(rows, first, count.min(ROWS), &mut scratch.block);
        run(BlockJob { engine: self, scratch, task })?;
        for (plane, columns) in out.iter_mut().zip(scratch.total.chunks_exact(inputs.max(1))) {
            for (i, row) in plane.chunks_exact_mut(inputs.max(1)).enumerate() {
                for (value, column) in row.iter_mut().zip(columns) {
                    *value = column[(i / 8) % VECTORS].0[i % 8] / divisor;
                }
            }
        }
        task.advance((count * self.forest.trees.len()) as u64)
    }
}

struct BlockJob<'j, 'a> {
    engine: &'j Engine<'a>,
    scratch: &'j mut Scratch,
    task: &'j Task,
}

impl Job for BlockJob<'_, '_> {
    type Output = Result<(), Cancelled>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Result<(), Cancelled> {
        let Scratch { block, outcomes, group, total, one, two, three, four } = self.scratch;
        let forest = self.engine.forest;
        total.fill([Eight::splat(0.0); VECTORS]);
        for (trees, passes) in forest.trees.chunks(GROUP).zip(self.engine.passes.chunks(GROUP)) {
            self.task.check()?;
            group.fill([Eight::splat(0.0); VECTORS]);
            for (tree, passes) in trees.iter().zip(passes) {
                outcomes.fill(lanes, tree, block);
                let outcomes = &*outcomes;
                for (part, group) in group.chunks_exact_mut(forest.inputs * forest.outputs).enumerate() {
                    let first = (part * 8 * VECTORS) as u32;
                  for pass in passes {
                    match pass {
                        Pass::One(program) => Walk { lanes, program, outcomes, first }.run(one, forest.inputs, group),
                        Pass::Two(program) => Walk { lanes, program, outcomes, first }.run(two, forest.inputs, group),
                        Pass::Three(program) => Walk { lanes, program, outcomes, first }.run(three, forest.inputs, group),
                        Pass::Four(program) => Walk { lanes, program, outcomes, first }.run(four, forest.inputs, group),
                    }
                  }
                }
            }
            for (total, part) in total.iter_mut().zip(group.iter()) {
                for (total, part) in total.iter_mut().zip(part) {
                    lanes.store(total, lanes.add(lanes.load(total), lanes.load(part)));
                }
            }
        }
        Ok(())
    }
}

struct OutcomeJob<'j, 'a> {
    engine: &'j Engine<'a>,
    scratch: &'j mut Scratch,
}

impl Job for OutcomeJob<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        for tree in &self.engine.forest.trees {
            self.scratch.outcomes.fill(lanes, tree, &self.scratch.block);
        }
    }
}
