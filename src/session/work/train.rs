//! Training a model on the opened table.

use std::sync::Arc;

use crate::base::{Problem, Seed, Task};
use crate::data::Dataset;

use crate::session::event::Outcome;
use crate::session::job::Work;

use super::ports;

/// Trains a learner.
pub struct Train {
    /// The table.
    pub data: Arc<Dataset>,
    /// Learner id.
    pub learner: String,
    /// Target column.
    pub target: usize,
    /// Settings as text.
    pub knobs: Vec<(String, String)>,
    /// Seed of split and learner.
    pub seed: Seed,
    /// Threads of the loops; `None` takes all.
    pub threads: Option<usize>,
}

impl Work for Train {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        ports::train(&self, task).map(Outcome::Model)
    }
}
