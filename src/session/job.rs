//! A piece of work as data: what to compute and from what. Runs anywhere, knows no thread.

use crate::base::Task;

use super::event::{Event, JobId};

/// A job. Inputs are shared pointers taken when the job was made.
pub struct Job {
    /// Its identity.
    pub id: JobId,
    /// Progress, pause, cancel; shared with the session's `JobState`.
    pub task: Task,
}

impl Job {
    /// Does the work; `tell` is called with every piece of news, the last one with `last == true`.
    pub fn run(self, tell: &mut dyn FnMut(Event)) {
        tell(Event { job: self.id, last: true, outcome: Ok(super::event::Outcome::Nothing) });
    }
}
