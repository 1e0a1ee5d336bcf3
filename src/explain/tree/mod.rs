//! Exact contributions of tree ensembles. Two functions are the whole interface, so that kernels can be replaced
//! without touching a method.
//!
//! No names, no settings, no charts: matrices in, contributions out.

#![expect(
    clippy::too_many_arguments,
    clippy::needless_range_loop,
    reason = "kernels name what their loops need; a struct or an iterator between would keep vectors out of registers"
)]

mod arrivals;
mod asks;
mod axis;
mod collapse;
mod counting;
mod curves;
mod deep_walk;
mod engine;
mod forest;
pub mod friedman;
mod groups;
mod interactions;
mod interventional;
mod lane_quadrature;
mod lane_twigs;
mod leaves;
mod line_tables;
mod outcomes;
mod pair_weights;
mod pairs;
mod path_dependent;
pub(super) mod quadrature;
mod rank;
mod ready;
mod reference;
mod row_asks;
mod steps;
mod sweep;
mod tables;
pub mod tree_permutation;
mod twigs;
mod twofold;
mod zeta;

use crate::base::{Cancelled, Task};
use crate::model::TreeEnsemble;
use crate::num::MatrixView;

pub use axis::{Axes, Axis, Piece};
pub use curves::{Dependence, PairDependence, partial_dependence};
pub use interactions::{InteractionMatrices, Interactions, Visit, Wanted};
pub use interactions::{interaction_matrices, interaction_pairs, interaction_rows, interactions};
pub use sweep::{Individual, individual};

use forest::Forest;

/// Contributions and what they are measured from, in the ensemble's native unit.
#[derive(Clone, Debug)]
pub struct Contributions {
    /// Shape (outputs, rows, inputs), row-major.
    pub values: Vec<f64>,
    /// Expected value per output.
    pub base: Vec<f64>,
    /// Whether a split had no training cover, so that both its branches count half.
    pub without_cover: bool,
}

/// Why trees could not be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The nodes of this tree are not connected as a tree.
    NoTree(usize),
    /// The table of a pair of inputs would need more than 512 MB.
    TooLarge,
    /// More pairs of features meet on paths than fit in memory.
    TooManyPairs,
    /// The work was cancelled.
    Cancelled,
}

impl From<Cancelled> for Stopped {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

/// The expected value per output, from the sums of the trees.
fn base_of(sums: &[f64], ensemble: &TreeEnsemble) -> Vec<f64> {
    sums.iter().zip(&ensemble.base).map(|(sum, start)| sum / ensemble.divisor + start).collect()
}

/// Path-dependent values as in [`path_dependent`], computed slowly and obviously, for comparison only.
/// Cost O(rows · leaves · features of a path cubed).
pub fn reference(ensemble: &TreeEnsemble, rows: MatrixView<'_>, task: &Task) -> Result<Contributions, Stopped> {
    let forest = Forest::new(ensemble, task)?;
    task.begin("explaining slowly for comparison", rows.rows() as u64);
    let mut values = reference::values(&forest, rows, task)?;
    values.iter_mut().for_each(|value| *value /= ensemble.divisor);
    let base = base_of(&forest.mean(), ensemble);
    Ok(Contributions { values, base, without_cover: forest.without_cover })
}

pub use deep_walk::Rescale;
pub use interventional::{interventional, rescaled};
pub use pairs::pairwise;
pub use path_dependent::path_dependent;
pub use ready::{Ready, Room};
