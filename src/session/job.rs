//! A piece of work as data: what to compute and from what. Runs anywhere, knows no thread.

use crate::base::{Problem, Task};

use super::event::{Event, JobId, Outcome};

/// Which revision of its inputs a job or a result belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revision {
    /// Counts adopted tables.
    pub data: u64,
    /// Counts changes of roles.
    pub roles: u64,
    /// Counts adopted models.
    pub model: u64,
    /// Counts adopted challengers.
    pub challenger: u64,
}

/// How long a job may take: short ones never wait behind long ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Reading, explaining, training, writing.
    Long,
    /// Drawing.
    Short,
    /// Answers that follow a hand: the newest wins, older ones are cancelled.
    Live,
}

/// What a job does; its inputs are shared pointers taken when it was made.
pub trait Work: Send {
    /// Does the work. `tell` hands over what is known before the end; the returned outcome is the last.
    fn run(self: Box<Self>, task: &Task, tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem>;
}

/// A job. Inputs are shared pointers taken when the job was made.
pub struct Job {
    /// Its identity.
    pub id: JobId,
    /// What it does, for the jobs panel: `Explaining 1 000 rows`.
    pub title: String,
    /// Progress, pause, cancel; shared with the session's `JobState`.
    pub task: Task,
    /// The revision of its inputs.
    pub revision: Revision,
    /// How long it may take.
    pub lane: Lane,
    pub(super) work: Box<dyn Work>,
}

impl Job {
    /// A job outside any session, for faces that need work done aside; its news is dropped by every session.
    pub fn aside(id: JobId, title: impl Into<String>, lane: Lane, work: impl Work + 'static) -> Self {
        let (title, revision) = (title.into(), Revision::default());
        Self { id, title, task: Task::silent(), revision, lane, work: Box::new(work) }
    }

    /// Does the work; `tell` is called with every piece of news, the last one with `last == true`.
    /// A cancelled job ends with [`Outcome::Nothing`], whatever its work answered.
    pub fn run(self, tell: &mut (dyn FnMut(Event) + Send)) {
        let Self { id, task, work, .. } = self;
        let outcome = if task.check().is_err() {
            Ok(Outcome::Nothing)
        } else {
            work.run(&task, &mut |outcome| {
                if !task.is_cancelled() {
                    tell(Event { job: id, last: false, outcome: Ok(outcome) });
                }
            })
        };
        let outcome = match outcome {
            Err(_) if task.is_cancelled() => Ok(Outcome::Nothing),
            other => other,
        };
        tell(Event { job: id, last: true, outcome });
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("id", &self.id).field("title", &self.title).finish_non_exhaustive()
    }
}
