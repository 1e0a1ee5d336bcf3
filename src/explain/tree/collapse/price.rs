//! Whether tables pay.
//!
//! The rule knows the model alone: the number of rows may decide nothing, or a row's bits would depend on its company.
//! It compares what 10 000 rows cost. Prices were measured with one thread of an AMD EPYC with AVX-512, on the ensembles
//! of `cargo bench --bench kernels -- shallow` and others of 2 to 100 features and 10 to 3000 trees. Walking costs a row
//! 0.9 ns for a stump and 1.45 ns for a tree of depth 2. A look-up costs 0.9 ns with two beginnings of pieces a side,
//! 1.7 ns with nine, and 6 ns where pieces are looked up; a cell, once, 5 ns by cover and 12 ns by counts. Walking against
//! a background costs up to twice as much as by cover, so that a rule for the latter serves both.

use super::super::forest::{Forest, Lean};
use super::Plan;
use super::pieces::Grid;

/// Nanoseconds of a row for a leaf that is walked.
const LEAF: f64 = 0.4;
/// Nanoseconds of a row for one single effect.
const MAIN: f64 = 0.4;
/// Nanoseconds of a row for a pair.
const PAIR: f64 = 0.2;
/// Nanoseconds of a row for every output of a pair.
const OUTPUT: f64 = 0.5;
/// Nanoseconds of a row for each beginning of a piece it is compared with.
const BEGINNING: f64 = 0.05;
/// Nanoseconds of a row for pieces that are looked up.
const LOOKED_UP: f64 = 6.0;
/// Nanoseconds for a cell, once.
const CELL: f64 = 8.0;
/// Rows that share the cost of the cells.
const ROWS: f64 = 10_000.0;
/// How many times cheaper tables must be: a single row waits about twice as long for tables as for a walk.
const CLEARLY: f64 = 2.0;

/// Whether tables cost clearly less than walking the trees.
pub(super) fn pays(forest: &Forest<'_>, plans: &[Plan<'_>]) -> bool {
    let leaves = |tree: &Lean<'_>| (tree.width * (tree.splits.len() + 1)) as f64;
    let walk: f64 = forest.trees.iter().filter(|tree| !tree.splits.is_empty()).map(|tree| LEAF * leaves(tree)).sum();
    let mut features = vec![false; forest.outputs * forest.inputs];
    let mut tables = 0.0;
    for Plan { grid, .. } in plans {
        tables += price(grid);
        for side in [Some(&grid.first), grid.second.as_ref()].into_iter().flatten() {
            for output in grid.first_output..grid.first_output + grid.width {
                features[output * forest.inputs + side.feature as usize] = true;
            }
        }
    }
    tables += MAIN * features.iter().filter(|used| **used).count() as f64;
    CLEARLY * tables <= walk
}

/// Nanoseconds of a row for the joint effect of a pair.
fn price(grid: &Grid) -> f64 {
    let (first, second) = grid.shape();
    if grid.second.is_none() {
        return 0.0;
    }
    let place = if grid.compares() { BEGINNING * (first + second - 2) as f64 } else { LOOKED_UP };
    let width = grid.width as f64;
    PAIR + place + width * (OUTPUT + CELL / ROWS * (first * second) as f64)
}
