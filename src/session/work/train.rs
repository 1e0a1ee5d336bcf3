//! Training a model on the opened table.

use std::sync::Arc;

use crate::base::{Knobs, Problem, Seed, Task};
use crate::data::Dataset;
use crate::model::learn;
use crate::num::parallel;

use crate::session::event::Outcome;
use crate::session::job::Work;

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
        let learner = learn::find(&self.learner).ok_or_else(|| {
            let known: Vec<&str> = learn::LEARNERS.iter().map(|l| l.id()).collect();
            Problem::new(
                format!("There is no learner “{}”", self.learner),
                "",
                format!("Known learners: {}", known.join(", ")),
            )
        })?;
        let given = self.knobs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let knobs = Knobs::check(learner.knobs(), given).map_err(|error| {
            Problem::new("Could not train a model", format!("setting “{}”", error.knob), error.reason)
        })?;
        let inputs = (&*self.data, self.target);
        let trained = parallel::with_threads(self.threads, || learn::train(learner, inputs, &knobs, self.seed, task))?;
        Ok(Outcome::Trained(trained.model, trained.held_out.into()))
    }
}
