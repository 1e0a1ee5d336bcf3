//! What happens to the predictions when the values of one input are dealt to other rows, without predicting again: every
//! row's curve over the input answers all shuffles at once, and their expectation.

use crate::base::Task;
use crate::model::TreeEnsemble;
use crate::num::MatrixView;

use super::Stopped;
use super::friedman::shares_of;
use super::sweep::{RowCurves, Sweep};

/// Numbers of dealt predictions held at one time (256 MB), where one input alone does not need more.
const HELD: usize = 32 << 20;

/// Native scores of `rows`, shape (rows, outputs), with the values of one input dealt in each of `orders` in turn (row `i`
/// takes the value of row `order[i]`): `keep(input, scores)` hears them per order, for each used input ascending.
/// `scores` are the rows' own. Only trees that ask for the input are followed.
/// Cost: one sweep of all rows whatever the number of orders, and a look-up for each row and order.
pub fn dealt(
    ensemble: &TreeEnsemble,
    (rows, scores): (MatrixView<'_>, &[f64]),
    orders: &[Vec<usize>],
    task: &Task,
    mut keep: impl FnMut(usize, Vec<Vec<f64>>) -> Result<(), Stopped>,
) -> Result<(), Stopped> {
    let sweep = Sweep::new(ensemble, task)?;
    let outputs = ensemble.outputs();
    let held = sweep.axes.pieces(rows, task)?;
    let look_up = |curves: RowCurves<'_>| {
        let mut found = Vec::with_capacity(orders.len() * curves.rows * outputs);
        for order in orders {
            for (i, from) in order[curves.first..curves.first + curves.rows].iter().enumerate() {
                let piece = held[curves.place][*from] as usize;
                for output in 0..outputs {
                    found.push(scores[(curves.first + i) * outputs + output] + curves.change(output, i, piece));
                }
            }
        }
        found
    };
    let most = HELD / (orders.len() * rows.rows() * outputs).max(1);
    let blocks = rows.rows().div_ceil(super::rank::ROWS);
    let empty = || vec![Vec::with_capacity(rows.rows() * outputs); orders.len()];
    let (mut joined, mut seen, mut stopped) = (empty(), 0, Ok(()));
    let join = |place: usize, part: Vec<f64>| {
        for (all, part) in joined.iter_mut().zip(part.chunks_exact((part.len() / orders.len().max(1)).max(1))) {
            all.extend_from_slice(part);
        }
        seen += 1;
        if seen % blocks == 0 && stopped.is_ok() {
            stopped = keep(sweep.axes.all()[place].feature, std::mem::replace(&mut joined, empty()));
        }
    };
    sweep.each(rows, (&|_| true, most), task, (look_up, join))?;
    stopped
}

/// The expected loss of every row over all orders in which the values of one input can be dealt, per input in input
/// order; `None` for inputs no tree uses. `loss` makes a loss of a row's index and its native scores, which it may
/// change.
///
/// A row takes the value of each row, its own included, equally often: the mean over all n! orders is the mean over the
/// pieces of the input, each by its share of the rows. Exact, no order is drawn.
/// Cost: one sweep of all rows, and one loss for each row and piece.
pub fn expected_losses(
    ensemble: &TreeEnsemble,
    (rows, scores): (MatrixView<'_>, &[f64]),
    task: &Task,
    loss: impl Fn(usize, &mut [f64]) -> f64 + Sync,
) -> Result<Vec<Option<Vec<f64>>>, Stopped> {
    let sweep = Sweep::new(ensemble, task)?;
    let outputs = ensemble.outputs();
    let mut shares = Vec::with_capacity(sweep.axes.all().len());
    for (held, axis) in sweep.axes.pieces(rows, task)?.iter().zip(sweep.axes.all()) {
        let all = shares_of(held, axis.pieces.len());
        shares.push(all.into_iter().enumerate().filter(|(_, share)| *share > 0.0).collect::<Vec<_>>());
    }
    let expect = |curves: RowCurves<'_>| {
        let mut changed = vec![0.0; outputs];
        let mut expected = Vec::with_capacity(curves.rows);
        for i in 0..curves.rows {
            let own = &scores[(curves.first + i) * outputs..][..outputs];
            let mut sum = 0.0;
            for (piece, share) in &shares[curves.place] {
                for (output, (changed, own)) in changed.iter_mut().zip(own).enumerate() {
                    *changed = own + curves.change(output, i, *piece);
                }
                sum += share * loss(curves.first + i, &mut changed);
            }
            expected.push(sum);
        }
        expected
    };
    let mut found = vec![None; ensemble.inputs];
    let join = |place: usize, mut part: Vec<f64>| {
        found[sweep.axes.all()[place].feature].get_or_insert_with(Vec::new).append(&mut part);
    };
    sweep.each(rows, (&|_| true, usize::MAX), task, (expect, join))?;
    Ok(found)
}
