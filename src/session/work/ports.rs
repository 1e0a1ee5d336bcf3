//! Doors to rooms that are still being furnished; each moves to its caller when its room has landed.

use std::sync::Arc;

use crate::base::{Knobs, Problem, Task};
use crate::model::load::native;
use crate::model::{Model, learn};
use crate::num::parallel::with_threads;

pub fn train(work: &super::train::Train, task: &Task) -> Result<Arc<dyn Model>, Problem> {
    let learner = learn::find(&work.learner).ok_or_else(|| {
        let known: Vec<&str> = learn::LEARNERS.iter().map(|l| l.id()).collect();
        Problem::new(
            "Could not train a model",
            format!("no learner “{}”", work.learner),
            format!("Known are {}", known.join(", ")),
        )
    })?;
    let given = work.knobs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let knobs = Knobs::check(learner.knobs(), given)
        .map_err(|e| Problem::new("Could not train a model", e.to_string(), "Change the setting"))?;
    let train = || learn::train(learner, (&work.data, work.target), &knobs, work.seed, task);
    Ok(with_threads(work.threads, train)?.model)
}

pub fn save_model(model: &dyn Model) -> Result<Vec<u8>, Problem> {
    Ok(native::save(model)?)
}
