//! Blocks of rows through all trees: codes, outcomes, walks, and the turn from columns to rows at the end.

use crate::base::{Cancelled, Task};
use crate::num::MatrixView;
use crate::num::parallel;
use crate::num::simd::{Eight, Job, Lanes, run};

use super::forest::{Forest, Lean};
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

/// Blocks of 64 rows that pass through a group of trees together, while its programs stay in the second-level cache.
pub(super) const BLOCKS: usize = 8;

/// One block of rows with its sums, shape (outputs, inputs).
struct Lot {
    block: Block,
    group: Vec<Rows>,
    total: Vec<Rows>,
}

/// Buffers of one thread.
pub(super) struct Scratch {
    blocks: Vec<Lot>,
    outcomes: Outcomes,
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
        for tree in &forest.trees {
            let count = nodes_for(tree.distinct);
            rules[count].get_or_insert_with(|| Rule::new(count));
        }
        task.check()?;
        let passes = parallel::map(forest.trees.len(), &Task::silent(), |index| {
            let tree = &forest.trees[index];
            let rule = rules[nodes_for(tree.distinct)].as_ref().expect("every tree's rule was made above");
            passes(tree, rule)
        })?;
        Ok(Self { forest, passes })
    }

    /// Buffers for [`Self::explain`].
    pub fn scratch(&self) -> Scratch {
        Scratch {
            blocks: Vec::new(),
            outcomes: Outcomes::default(),
            one: Stack::default(),
            two: Stack::default(),
            three: Stack::default(),
            four: Stack::default(),
        }
    }

    pub fn census(&self) {
        let mut counts: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
        for passes in &self.passes {
            for pass in passes {
                if let Pass::Three(p) = pass {
                    for s in &p.steps {
                        let b = |b| match b { super::steps::Below::Leaf(_) => "L", super::steps::Below::Walked => "W", _ => "B" };
                        let k = match s.kind { super::steps::Kind::Fresh(_) => "fresh", super::steps::Kind::Repeat(_) => "repeat", _ => "uneven" };
                        *counts.entry(format!("{:?} {k} {}{}", s.act, b(s.left), b(s.right))).or_default() += 1;
                    }
                }
            }
        }
        for (k, v) in counts { println!("{:.2} {k}", v as f64 / self.passes.len() as f64); }
    }

    pub fn encode_only(&self, rows: MatrixView<'_>, first: usize, scratch: &mut Scratch) {
        for (k, lot) in scratch.blocks.iter_mut().enumerate() {
            self.forest.coding.encode(rows, first + k * ROWS, ROWS, &mut lot.block);
        }
    }

    /// Explains the rows `first..` of `rows`: fills one slice of shape (rows, inputs) per output of `out`, divided by
    /// `divisor`.
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
        let zero = vec![[Eight::splat(0.0); VECTORS]; self.forest.outputs * inputs];
        let lot = || Lot { block: self.forest.coding.block(), group: zero.clone(), total: zero.clone() };
        scratch.blocks.resize_with(count.div_ceil(ROWS), lot);
        for (k, lot) in scratch.blocks.iter_mut().enumerate() {
            self.forest.coding.encode(rows, first + k * ROWS, (count - k * ROWS).min(ROWS), &mut lot.block);
            lot.total.fill([Eight::splat(0.0); VECTORS]);
        }
        run(BlockJob { engine: self, scratch, task })?;
        for (k, Lot { total, .. }) in scratch.blocks.iter().enumerate() {
            for (plane, columns) in out.iter_mut().zip(total.chunks_exact(inputs.max(1))) {
                let rows = plane[k * ROWS * inputs..].chunks_exact_mut(inputs.max(1)).take(ROWS);
                for (i, row) in rows.enumerate() {
                    for (value, column) in row.iter_mut().zip(columns) {
                        *value = column[i / 8].0[i % 8] / divisor;
                    }
                }
            }
        }
        task.advance((count * self.forest.trees.len()) as u64)
    }
}

/// The programs of one tree, which together hold all nodes of its rule.
fn passes<'a>(tree: &Lean<'a>, rule: &Rule) -> Vec<Pass<'a>> {
    let count = rule.nodes.len();
    let pieces = count.div_ceil(4);
    let mut first = 0;
    let mut passes = Vec::with_capacity(pieces);
    for piece in 0..pieces {
        let size = (count - first).div_ceil(pieces - piece);
        passes.push(match size {
            1 => Pass::One(Program::new(tree, rule, first)),
            2 => Pass::Two(Program::new(tree, rule, first)),
            3 => Pass::Three(Program::new(tree, rule, first)),
            _ => Pass::Four(Program::new(tree, rule, first)),
        });
        first += size;
    }
    passes
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
        let Scratch { blocks, outcomes, one, two, three, four } = self.scratch;
        let forest = self.engine.forest;
        let inputs = forest.inputs;
        for (trees, passes) in forest.trees.chunks(GROUP).zip(self.engine.passes.chunks(GROUP)) {
            for lot in blocks.iter_mut() {
                lot.group.fill([Eight::splat(0.0); VECTORS]);
            }
            for (tree, passes) in trees.iter().zip(passes) {
                self.task.check()?;
                for lot in blocks.iter_mut() {
                    outcomes.fill(lanes, tree, &lot.block);
                    let (outcomes, group) = (&*outcomes, &mut lot.group[..]);
                    for pass in passes {
                        match pass {
                            Pass::One(program) => Walk { lanes, program, outcomes, inputs }.run(one, group),
                            Pass::Two(program) => Walk { lanes, program, outcomes, inputs }.run(two, group),
                            Pass::Three(program) => Walk { lanes, program, outcomes, inputs }.run(three, group),
                            Pass::Four(program) => Walk { lanes, program, outcomes, inputs }.run(four, group),
                        }
                    }
                }
            }
            for Lot { group, total, .. } in blocks.iter_mut() {
                for (total, part) in total.iter_mut().zip(group.iter()) {
                    for (total, part) in total.iter_mut().zip(part) {
                        lanes.store(total, lanes.add(lanes.load(total), lanes.load(part)));
                    }
                }
            }
        }
        Ok(())
    }
}
