//! Blocks of rows through all trees: codes, outcomes, walks, and halves, quotients and diagonals at the end.

use crate::base::{Cancelled, Task};
use crate::num::MatrixView;
use crate::num::simd::{Eight, Job, Lanes, run};

use super::super::Stopped;
use super::super::forest::{Forest, Lean};
use super::super::outcomes::Outcomes;
use super::super::quadrature::{Rule, nodes_for};
use super::super::rank::{Block, ROWS};
use super::cells::Cells;
use super::constants::Constants;
use super::program::{Program, Writer};
use super::walk::{Stack, Walk};

/// Vectors of eight rows that walk together: more would drive the cells out of the caches, fewer would pay more for every
/// step.
const VECTORS: usize = 4;
/// Walks that cover a block of rows.
const PARTS: usize = ROWS / (8 * VECTORS);
/// Bytes of programs and constants that stay in the second-level cache while a block of rows runs through.
const CHUNK: usize = 256 << 10;
/// Cells of all outputs that one thread may hold for the rows that walk together: 256 MB.
const MOST_CELLS: usize = (256 << 20) / size_of::<Sums>();

/// Sums of one cell for a part of a block.
pub(super) type Sums = [Eight; VECTORS];

/// A tree's constants for some of its nodes.
#[derive(Clone, Debug)]
enum Pass {
    One(Constants<1>),
    Two(Constants<2>),
    Three(Constants<3>),
    Four(Constants<4>),
}

/// All trees, ready to explain blocks of rows.
pub(super) struct Engine<'a> {
    forest: &'a Forest<'a>,
    pub cells: Cells,
    programs: Vec<Program>,
    /// Per tree, its constants; together they hold all nodes of its rule.
    passes: Vec<Vec<Pass>>,
    /// First and last (excluded) tree of every chunk.
    chunks: Vec<(usize, usize)>,
    divisor: f64,
}

/// Buffers of one thread.
pub(super) struct Scratch {
    block: Block,
    outcomes: Vec<Outcomes>,
    /// Shape (parts, outputs, cells).
    pub sums: Vec<Sums>,
    one: Stack<1, VECTORS>,
    two: Stack<2, VECTORS>,
    three: Stack<3, VECTORS>,
    four: Stack<4, VECTORS>,
}

impl<'a> Engine<'a> {
    /// Writes the programs, of all pairs or of those with one feature. Cost O(splits · (levels + nodes)).
    pub fn new(forest: &'a Forest<'a>, divisor: f64, with: Option<u32>, task: &Task) -> Result<Self, Stopped> {
        let mut cells = Cells::new(forest.inputs);
        let mut writer = Writer::new(&mut cells, MOST_CELLS / forest.outputs.max(1), with, forest.inputs);
        let mut rules: Vec<Option<Rule>> = Vec::new();
        let mut engine =
            Self { forest, cells: Cells::new(0), programs: vec![], passes: vec![], chunks: vec![], divisor };
        let (mut first, mut bytes) = (0, 0);
        for (place, tree) in forest.trees.iter().enumerate() {
            task.check()?;
            let program = writer.write(tree, task)?;
            let count = if program.steps.is_empty() { 0 } else { nodes_for(tree.distinct) };
            if rules.len() <= count {
                rules.resize(count + 1, None);
            }
            let rule = rules[count].get_or_insert_with(|| Rule::new(count));
            let (passes, size) = passes(tree, &program, rule, count);
            bytes += size + program.bytes();
            if bytes > CHUNK && first < place {
                engine.chunks.push((first, place));
                (first, bytes) = (place, size + program.bytes());
            }
            engine.programs.push(program);
            engine.passes.push(passes);
        }
        engine.chunks.push((first, forest.trees.len()));
        engine.cells = cells;
        Ok(engine)
    }

    pub fn scratch(&self) -> Scratch {
        Scratch {
            block: self.forest.coding.block(),
            outcomes: Vec::new(),
            sums: Vec::new(),
            one: Stack::default(),
            two: Stack::default(),
            three: Stack::default(),
            four: Stack::default(),
        }
    }

    /// Rows in a block: 64, or 8 where the cells of 64 would leave the second-level cache far behind.
    pub fn rows_at_once(&self) -> usize {
        if self.width() * size_of::<Sums>() * PARTS > 16 << 20 { 8 * VECTORS } else { ROWS }
    }

    /// Numbers of one row: outputs · cells.
    pub fn width(&self) -> usize {
        self.forest.outputs * self.cells.pairs.len()
    }

    /// Explains the rows `first..first + count` of `rows`, at most 64: `scratch.sums` holds the interaction values and
    /// the diagonal.
    pub fn explain(
        &self,
        rows: MatrixView<'_>,
        (first, count): (usize, usize),
        scratch: &mut Scratch,
        task: &Task,
    ) -> Result<(), Cancelled> {
        self.forest.coding.encode(rows, first, count.min(ROWS), &mut scratch.block);
        let parts = count.min(ROWS).div_ceil(8 * VECTORS);
        scratch.sums.clear();
        scratch.sums.resize(parts * self.width(), [Eight::splat(0.0); VECTORS]);
        run(BlockJob { engine: self, scratch, parts, task })?;
        task.advance((count * self.forest.trees.len()) as u64)
    }

    /// The number of `row` of the block in the cell at `place`, counted through outputs and cells.
    #[inline]
    pub fn value(&self, sums: &[Sums], row: usize, place: usize) -> f64 {
        sums[row / (8 * VECTORS) * self.width() + place][row / 8 % VECTORS].0[row % 8]
    }
}

/// The constants of a tree for all `count` nodes of its rule, and their bytes.
fn passes(tree: &Lean<'_>, program: &Program, rule: &Rule, count: usize) -> (Vec<Pass>, usize) {
    let pieces = count.div_ceil(4);
    let (mut first, mut bytes) = (0, 0);
    let mut passes = Vec::with_capacity(pieces);
    for piece in 0..pieces {
        let size = (count - first).div_ceil(pieces - piece);
        let pass = match size {
            1 => Pass::One(Constants::new(tree, &program.bottoms, rule, first)),
            2 => Pass::Two(Constants::new(tree, &program.bottoms, rule, first)),
            3 => Pass::Three(Constants::new(tree, &program.bottoms, rule, first)),
            _ => Pass::Four(Constants::new(tree, &program.bottoms, rule, first)),
        };
        bytes += match &pass {
            Pass::One(constants) => constants.bytes(),
            Pass::Two(constants) => constants.bytes(),
            Pass::Three(constants) => constants.bytes(),
            Pass::Four(constants) => constants.bytes(),
        };
        passes.push(pass);
        first += size;
    }
    (passes, bytes)
}

struct BlockJob<'j, 'a> {
    engine: &'j Engine<'a>,
    scratch: &'j mut Scratch,
    parts: usize,
    task: &'j Task,
}

impl Job for BlockJob<'_, '_> {
    type Output = Result<(), Cancelled>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Result<(), Cancelled> {
        let Self { engine, scratch, parts, task } = self;
        let Scratch { block, outcomes, sums, one, two, three, four } = scratch;
        let cells = engine.cells.pairs.len();
        for &(start, end) in &engine.chunks {
            task.check()?;
            let trees = &engine.forest.trees[start..end];
            if outcomes.len() < trees.len() {
                outcomes.resize(trees.len(), Outcomes::default());
            }
            for (tree, outcomes) in trees.iter().zip(outcomes.iter_mut()) {
                outcomes.fill(lanes, tree, block);
            }
            for (part, sums) in sums.chunks_exact_mut(engine.width().max(1)).enumerate().take(parts) {
                for (place, tree) in trees.iter().enumerate() {
                    let (values, width, levels) = (tree.values, tree.width, tree.levels);
                    let (program, outcomes) = (&engine.programs[start + place], &outcomes[place]);
                    let first = (part * 8 * VECTORS) as u32;
                    let out = &mut sums[tree.first_output * cells..];
                    for pass in &engine.passes[start + place] {
                        match pass {
                            Pass::One(constants) => {
                                Walk { lanes, program, constants, values, width, levels, outcomes, first, cells }
                                    .run(one, out);
                            }
                            Pass::Two(constants) => {
                                Walk { lanes, program, constants, values, width, levels, outcomes, first, cells }
                                    .run(two, out);
                            }
                            Pass::Three(constants) => {
                                Walk { lanes, program, constants, values, width, levels, outcomes, first, cells }
                                    .run(three, out);
                            }
                            Pass::Four(constants) => {
                                Walk { lanes, program, constants, values, width, levels, outcomes, first, cells }
                                    .run(four, out);
                            }
                        }
                    }
                }
            }
        }
        for sums in sums.chunks_exact_mut(cells.max(1)) {
            finish(lanes, engine, sums);
        }
        Ok(())
    }
}

/// Halves what pairs have, takes it off the diagonal, and divides by the ensemble's divisor.
#[inline(always)]
fn finish<L: Lanes>(lanes: L, engine: &Engine<'_>, sums: &mut [Sums]) {
    for place in 0..sums.len() {
        let pair = engine.cells.pairs[place];
        let half = if pair.0 == pair.1 { 1.0 } else { 0.5 };
        for sums in &mut sums[place] {
            for x in &mut sums.0 {
                *x = half * *x / engine.divisor;
            }
        }
    }
    for place in 0..sums.len() {
        let (a, b) = engine.cells.pairs[place];
        if a == b {
            continue;
        }
        let pair = sums[place];
        for feature in [a, b] {
            if let Some(own) = engine.cells.own(feature) {
                for (own, pair) in sums[own as usize].iter_mut().zip(&pair) {
                    lanes.store(own, lanes.sub(lanes.load(own), lanes.load(pair)));
                }
            }
        }
    }
}
