//! Jobs of the what-if: the typical row, what answers need, the answer about an edited row, and the profiler's curves.

pub mod answer;
pub mod curves;
pub mod pins;
pub mod prepare;
pub mod typical;

use std::sync::Arc;

use crate::chart::Chart;
use crate::data::Value;

use crate::session::command::ChartRequest;
use crate::session::what_if::{Curves, Prepared, Variant};

/// What a job of the what-if has found.
#[derive(Clone)]
pub enum Found {
    /// The cells of a typical row, and what it is called.
    Typical(Arc<[Value]>, String),
    /// What answers about single rows need.
    Prepared(Arc<Prepared>),
    /// An edited row, and its chart once there are attributions.
    Answer(Arc<Variant>, Option<(ChartRequest, Arc<Chart>)>),
    /// Curves of the edited row.
    Curves(Arc<Curves>),
    /// Mean curves over rows of the table.
    Dependence(Arc<Curves>),
    /// Cells of pinned variants, each with the prediction of every output.
    Pins(Vec<(Arc<[Value]>, Vec<f64>)>),
}
