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
use super::steps::{Nodes, Program};

/// Trees whose contributions are summed before they join the others: sums are grouped by the model alone, so that a row
/// has the same bits alone, in a crowd, and on any number of threads.
const GROUP: usize = 16;
/// Splits whose programs are held at one time; a few hundred bytes each for every node of the rule.
const SPLITS: usize = 100_000;
/// Numbers of a row, one per output and input, up to which as many blocks go together.
const NARROW: usize = 2048;

/// A tree's program for some of its nodes.
#[derive(Clone, Debug)]
enum Pass<'a> {
    Two(Program<'a, 2>),
    Three(Program<'a, 3>),
    Four(Program<'a, 4>),
}

/// Some trees, ready to explain blocks of rows.
pub(super) struct Engine<'a> {
    forest: &'a Forest<'a>,
    trees: &'a [&'a Lean<'a>],
    /// Per tree, its programs; together they hold all nodes of its rule.
    passes: Vec<Vec<Pass<'a>>>,
}

/// Most blocks of 64 rows that pass through a tree together, so that its program is fetched once for all of them.
const BLOCKS: usize = 16;

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
    two: Stack<2>,
    three: Stack<3>,
    four: Stack<4>,
}

/// Rows explained together: fewer where there are few, so that all threads have work, or where each needs much memory.
/// The results do not depend on it.
pub(super) fn rows_together(rows: usize, width: usize) -> usize {
    let blocks = if width > NARROW { 1 } else { (rows / (8 * ROWS)).clamp(1, BLOCKS) };
    blocks * ROWS
}

impl<'a> Engine<'a> {
    /// Writes the programs of as many of the trees, from the first on, as are held at one time. Cost O(splits · nodes).
    pub fn new(forest: &'a Forest<'a>, rest: &'a [&'a Lean<'a>], task: &Task) -> Result<Self, Cancelled> {
        let (mut count, mut splits) = (0, 0);
        for group in rest.chunks(GROUP) {
            splits += group.iter().map(|tree| tree.splits.len()).sum::<usize>();
            if count > 0 && splits > SPLITS {
                break;
            }
            count += group.len();
        }
        let trees = &rest[..count];
        let most = trees.iter().map(|t| nodes(t)).max().unwrap_or(1);
        let mut rules: Vec<Option<Rule>> = vec![None; most + 1];
        for tree in trees {
            let count = nodes(tree);
            rules[count].get_or_insert_with(|| Rule::new(count));
        }
        task.check()?;
        let passes = parallel::map(trees.len(), &Task::silent(), |index| {
            let tree = trees[index];
            let rule = rules[nodes(tree)].as_ref().expect("every tree's rule was made above");
            passes(tree, rule)
        })?;
        Ok(Self { forest, trees, passes })
    }

    /// Number of trees.
    pub fn len(&self) -> usize {
        self.trees.len()
    }

    /// Buffers for [`Self::explain`].
    pub fn scratch(&self) -> Scratch {
        Scratch {
            blocks: Vec::new(),
            outcomes: Outcomes::default(),
            two: Stack::default(),
            three: Stack::default(),
            four: Stack::default(),
        }
    }

    /// Adds the contributions of the trees, not yet divided, for the rows `first..` of `rows`: one slice of shape
    /// (rows, inputs) per output in `out`.
    pub fn explain(
        &self,
        rows: MatrixView<'_>,
        first: usize,
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
        self.walk(scratch, task)?;
        for (k, Lot { total, .. }) in scratch.blocks.iter().enumerate() {
            for (plane, columns) in out.iter_mut().zip(total.chunks_exact(inputs.max(1))) {
                let rows = plane[k * ROWS * inputs..].chunks_exact_mut(inputs.max(1)).take(ROWS);
                for (i, row) in rows.enumerate() {
                    for (value, column) in row.iter_mut().zip(columns) {
                        *value += column[i / 8].0[i % 8];
                    }
                }
            }
        }
        task.advance((count * self.trees.len()) as u64)
    }

    /// All blocks through all trees. Every program is a job of its own: one for all would be a function too large for the
    /// compiler to finish soon.
    fn walk(&self, scratch: &mut Scratch, task: &Task) -> Result<(), Cancelled> {
        let Scratch { blocks, outcomes, two, three, four } = scratch;
        let inputs = self.forest.inputs;
        for (trees, passes) in self.trees.chunks(GROUP).zip(self.passes.chunks(GROUP)) {
            for lot in blocks.iter_mut() {
                lot.group.fill([Eight::splat(0.0); VECTORS]);
            }
            for (tree, passes) in trees.iter().zip(passes) {
                task.check()?;
                for Lot { block, group: sums, .. } in blocks.iter_mut() {
                    run(AskJob { tree, block, outcomes });
                    for pass in passes {
                        match pass {
                            Pass::Two(program) => run(WalkJob { program, outcomes, inputs, stack: two, sums }),
                            Pass::Three(program) => run(WalkJob { program, outcomes, inputs, stack: three, sums }),
                            Pass::Four(program) => run(WalkJob { program, outcomes, inputs, stack: four, sums }),
                        }
                    }
                }
            }
            for Lot { group, total, .. } in blocks.iter_mut() {
                for (total, part) in total.iter_mut().flatten().zip(group.iter().flatten()) {
                    total.0.iter_mut().zip(&part.0).for_each(|(total, part)| *total += part);
                }
            }
        }
        Ok(())
    }
}

/// Nodes of a tree's rule: two at least, which spares the compiler the code for one.
fn nodes(tree: &Lean<'_>) -> usize {
    nodes_for(tree.distinct).max(2)
}

/// The programs of one tree, which together hold all nodes of its rule. Every program has nodes that lie symmetric about
/// the middle: the middle one, if there is one, and its neighbours first, then four at a time, outwards.
fn passes<'a>(tree: &Lean<'a>, rule: &Rule) -> Vec<Pass<'a>> {
    let count = rule.nodes.len();
    let half = count / 2;
    let mut done = 0;
    let mut passes = Vec::with_capacity(count.div_ceil(4) + 1);
    while 2 * done < count - count % 2 || passes.is_empty() {
        let middle = passes.is_empty() && count % 2 == 1;
        let pairs = (half - done).min(if middle { 1 } else { 2 });
        let mut places: Vec<usize> = (half - done - pairs..half - done).collect();
        places.extend(middle.then_some(half));
        places.extend((count - half + done..).take(pairs));
        passes.push(match places.len() {
            2 => Pass::Two(Program::new(tree, Nodes::new(rule, &places))),
            3 => Pass::Three(Program::new(tree, Nodes::new(rule, &places))),
            _ => Pass::Four(Program::new(tree, Nodes::new(rule, &places))),
        });
        done += pairs;
    }
    passes
}

/// Asks the splits of one tree.
struct AskJob<'j, 'a> {
    tree: &'j Lean<'a>,
    block: &'j Block,
    outcomes: &'j mut Outcomes,
}

impl Job for AskJob<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        self.outcomes.fill(lanes, self.tree, self.block);
    }
}

/// One program for one block of rows.
struct WalkJob<'j, 'a, const Q: usize> {
    program: &'j Program<'a, Q>,
    outcomes: &'j Outcomes,
    inputs: usize,
    stack: &'j mut Stack<Q>,
    sums: &'j mut [Rows],
}

impl<const Q: usize> Job for WalkJob<'_, '_, Q> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { program, outcomes, inputs, stack, sums } = self;
        Walk { lanes, program, outcomes, inputs }.run(stack, sums);
    }
}
