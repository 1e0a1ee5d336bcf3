//! Interventional contributions: a feature that is unknown takes its value from each reference row in turn.
//!
//! Trees are divided into groups of leaves with tables ([`super::groups`], [`super::line_tables`]), so that the cost is that of
//! the rows and that of the reference rows, one after the other and never multiplied. Tables are made and used in chunks
//! of a fixed size. Leaves with too many features for a table meet the reference rows themselves ([`super::deep_walk`]).
//! What decides is the tree and the number of reference rows alone, and sums are grouped by chunks alone, so that a row
//! has the same bits in any company.

use crate::base::{Cancelled, Task};
use crate::model::TreeEnsemble;
use crate::num::MatrixView;
use crate::num::parallel;
use crate::num::simd::{Job, Lanes, run};

use super::collapse::Collapse;
use super::deep_walk::{Deep, Rescale, Scales};
use super::forest::Forest;
use super::groups::Size;
use super::line_tables::{Filled, Piece, Unknown};
use super::outcomes::Outcomes;
use super::rank::ROWS;
use super::tables::{self, Coded, Tabling, divided};
use super::{Contributions, Stopped, base_of};

/// Distinct features that always get a table.
const SHALLOW: usize = 10;
/// Most distinct features that ever get one: making a table takes four times as long for each pair of features more.
const DEEPEST: usize = 13;

/// Interventional Shapley values of every row: unknown features take their values from each row of `background` in turn,
/// with equal weight or with `weights` (one per background row, finite, not negative, not all zero). Exact in f64.
/// Cost O((rows + background) · groups of leaves + leaves · d² · 2ᵈ) for leaves with at most ten distinct features `d` (up to
/// thirteen where the background is large); of the others O(rows · background / 64 · leaves in reach).
pub fn interventional(
    ensemble: &TreeEnsemble,
    rows: MatrixView<'_>,
    background: MatrixView<'_>,
    weights: Option<&[f64]>,
    task: &Task,
) -> Result<Contributions, Stopped> {
    let forest = Forest::new(ensemble, task)?;
    if let Some(collapse) = Collapse::new(&forest, ensemble) {
        return Ok(collapse.interventional(rows, background, weights, task)?);
    }
    let tabling = Tabling::new(forest.trees.iter().collect(), table_limit(background.rows()), Size::Usual)?;
    let equal = vec![1.0; if weights.is_none() { background.rows() } else { 0 }];
    let meeting = Meeting { forest: &forest, background, weights: weights.unwrap_or(&equal) };
    let chunks = tabling.chunks();
    let deep = Deep::new(&forest, tabling.deep());
    let work = chunks.iter().map(Vec::len).sum::<usize>() + deep.trees();
    task.begin("explaining against the background", rows.rows() as u64 * work as u64);

    let mut values = vec![0.0; forest.outputs * rows.rows() * forest.inputs];
    let mut base = alone(&forest);
    for pieces in &chunks {
        let tables = meeting.filled(&tabling, pieces, &mut base, task)?;
        tables::read(&forest, rows, (pieces, &tables), &mut values, task)?;
    }
    if deep.trees() > 0 {
        let scales = Scales { weights: meeting.weights, total: meeting.total(), rescale: None };
        deep.add(rows, background, &scales, &mut values, &mut base, task)?;
    }
    divided(&mut values, ensemble.divisor);
    let base = base_of(&base, ensemble);
    Ok(Contributions { values, base, without_cover: false })
}

/// What trees that are one leaf give to the expected score.
pub(super) fn alone(forest: &Forest<'_>) -> Vec<f64> {
    let mut base = vec![0.0; forest.outputs];
    for tree in forest.trees.iter().filter(|t| t.splits.is_empty()) {
        tree.mean.iter().zip(&mut base[tree.first_output..]).for_each(|(mean, base)| *base += mean);
    }
    base
}

/// Interventional values turned into another scale reference row by reference row, as shap does for
/// `model_output="probability"`: the values against one reference row are multiplied by `(p(x) − p(b)) / (f(x) − f(b))`. They
/// add up to the difference of `p`, but are not the Shapley values of `p`. For ensembles with one output, whose margins
/// in `scale` include the base. Cost O(rows · background / 64 · leaves in reach).
pub fn rescaled(
    ensemble: &TreeEnsemble,
    rows: MatrixView<'_>,
    background: MatrixView<'_>,
    weights: Option<&[f64]>,
    scale: Rescale<'_>,
    task: &Task,
) -> Result<Contributions, Stopped> {
    let forest = Forest::new(ensemble, task)?;
    let equal = vec![1.0; if weights.is_none() { background.rows() } else { 0 }];
    let weights = weights.unwrap_or(&equal);
    let deep = Deep::whole(&forest);
    task.begin("explaining against the background", rows.rows() as u64 * deep.trees() as u64);
    let mut values = vec![0.0; forest.outputs * rows.rows() * forest.inputs];
    let mut margins = vec![0.0; forest.outputs];
    let total: f64 = weights.iter().sum();
    let scales = Scales { weights, total, rescale: Some(scale) };
    deep.add(rows, background, &scales, &mut values, &mut margins, task)?;
    divided(&mut values, ensemble.divisor);
    let mean = scale.background.1.iter().zip(weights).map(|(p, w)| p * w).sum::<f64>() / total;
    Ok(Contributions { values, base: vec![mean; forest.outputs], without_cover: false })
}

/// Most distinct features of a leaf with a table. Making a table of 2ᵈ patterns pays when there are reference rows for
/// them.
pub(super) fn table_limit(background: usize) -> usize {
    let wanted = (4 * background.max(1)).ilog2() as usize;
    wanted.clamp(SHALLOW, DEEPEST)
}

/// A background that rows will meet.
pub(super) struct Meeting<'m> {
    pub forest: &'m Forest<'m>,
    pub background: MatrixView<'m>,
    /// One per background row.
    pub weights: &'m [f64],
}

impl Meeting<'_> {
    fn total(&self) -> f64 {
        self.weights.iter().sum()
    }

    /// Counts and fills the tables of one chunk; adds to `base` what its leaves give to the expected score.
    pub fn filled(
        &self,
        tabling: &Tabling<'_>,
        pieces: &[Piece<'_>],
        base: &mut [f64],
        task: &Task,
    ) -> Result<Vec<Filled>, Cancelled> {
        let counts = self.counts(pieces, task)?;
        let total = self.total();
        let fill = |k: usize| pieces[k].fill(Unknown::Counted(&counts[k], total), &tabling.factors, task);
        let tables: Vec<Filled> =
            parallel::map(pieces.len(), &Task::silent(), fill)?.into_iter().collect::<Result<_, _>>()?;
        for (piece, filled) in pieces.iter().zip(&tables) {
            filled.mean.iter().zip(&mut base[piece.tree.first_output..]).for_each(|(mean, base)| *base += mean);
        }
        Ok(tables)
    }

    /// The weight of every pattern of every group.
    fn counts(&self, pieces: &[Piece<'_>], task: &Task) -> Result<Vec<Vec<f64>>, Cancelled> {
        tables::count(self.forest, self.background, pieces.iter().map(Piece::counts), task, |k, coded, counts| {
            run(CountJob { piece: &pieces[k], coded, weights: self.weights, counts });
        })
    }
}

/// Counts blocks of reference rows.
struct CountJob<'j> {
    piece: &'j Piece<'j>,
    coded: Coded<'j>,
    /// One per background row.
    weights: &'j [f64],
    counts: &'j mut [f64],
}

impl Job for CountJob<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let mut outcomes = Outcomes::default();
        for (place, block) in self.coded {
            let weights = &self.weights[place * ROWS..];
            outcomes.fill(lanes, self.piece.tree, block);
            self.piece.count(lanes, &outcomes, weights.get(..ROWS).unwrap_or(weights), self.counts);
        }
    }
}
