//! Path-dependent contributions: a feature that is unknown follows the training cover.
//!
//! Three kernels give the same values. An ensemble of additive effects becomes one table a feature or pair
//! ([`super::collapse`]). Other trees are walked at the nodes of a quadrature ([`super::lane_quadrature`]), whatever
//! their depth; but oblivious trees, which ask the same at all splits of a level, become tables ([`super::line_tables`]) of
//! which a row reads one line. For other trees that would take half as long again as walking them. Which kernel serves a
//! tree depends on the tree alone, so that a row has the same bits in any company.

use crate::base::{Cancelled, Task};
use crate::model::TreeEnsemble;
use crate::num::MatrixView;
use crate::num::parallel::{self, Planes};

use super::collapse::Collapse;
use super::engine::{self, Engine};
use super::forest::{Forest, Lean, Split};
use super::groups::Size;
use super::line_tables::{Filled, Piece, Unknown};
use super::rank::Test;
use super::tables::{self, Tabling, divided};
use super::{Contributions, Stopped, base_of};

/// Levels from which on an oblivious tree is quicker read than walked.
const WORTHWHILE: usize = 3;
/// Levels of the largest tree with a table, of 2¹⁰ lines.
const DEEPEST: usize = 10;

/// Path-dependent Shapley values of every row: unknown features follow the training cover. Exact in f64 for any depth,
/// for repeated features, categories, missing values, zero covers and leaves with a value per output.
/// Cost O(rows · leaves · d) for paths of `d` distinct features; for oblivious trees O(rows · d + leaves · d² · 2ᵈ).
pub fn path_dependent(ensemble: &TreeEnsemble, rows: MatrixView<'_>, task: &Task) -> Result<Contributions, Stopped> {
    let forest = Forest::new(ensemble, task)?;
    if let Some(collapse) = Collapse::new(&forest, ensemble) {
        return Ok(collapse.path_dependent(rows, task)?);
    }
    let mut values = vec![0.0; ensemble.outputs() * rows.rows() * ensemble.inputs];
    task.begin("explaining with tree paths", rows.rows() as u64 * ensemble.trees.len() as u64);
    let (read, walked): (Vec<&Lean<'_>>, Vec<&Lean<'_>>) = forest.trees.iter().partition(|tree| is_read(tree));
    let tabling = Tabling::new(read, DEEPEST, Size::Usual)?;
    for pieces in tabling.chunks() {
        let tables = filled(&tabling, &pieces, task)?;
        tables::read(&forest, rows, (&pieces, &tables), &mut values, task)?;
    }
    walk(&forest, &walked, rows, &mut values, task)?;
    divided(&mut values, ensemble.divisor);
    let base = base_of(&forest.mean(), ensemble);
    Ok(Contributions { values, base, without_cover: forest.without_cover })
}

/// Whether a tree is oblivious and of a depth at which tables pay. Cost O(levels) for most trees that are not.
fn is_read(tree: &Lean<'_>) -> bool {
    let mut first: Vec<Option<&Test>> = vec![None; tree.levels];
    let same = |(split, test): (&Split, _)| *first[split.level as usize].get_or_insert(test) == test;
    (WORTHWHILE..=DEEPEST).contains(&tree.levels) && tree.splits.iter().zip(&tree.tests).all(same)
}

/// The tables of one chunk.
pub(super) fn filled(tabling: &Tabling<'_>, pieces: &[Piece<'_>], task: &Task) -> Result<Vec<Filled>, Cancelled> {
    let fill = |k: usize| pieces[k].fill(Unknown::Covered, &tabling.factors, task);
    parallel::map(pieces.len(), &Task::silent(), fill)?.into_iter().collect()
}

/// Adds what trees give by walking them.
fn walk(
    forest: &Forest<'_>,
    trees: &[&Lean<'_>],
    rows: MatrixView<'_>,
    values: &mut [f64],
    task: &Task,
) -> Result<(), Cancelled> {
    let block = engine::rows_together(rows.rows(), forest.outputs * forest.inputs);
    let shape = Planes { rows: rows.rows(), width: forest.inputs, block };
    let mut done = 0;
    while done < trees.len() {
        let engine = Engine::new(forest, &trees[done..], task)?;
        done += engine.len();
        parallel::fill_planes(values, shape, |first, out| {
            engine.explain(rows, first, out, &mut engine.scratch(), task)
        })?;
    }
    Ok(())
}
