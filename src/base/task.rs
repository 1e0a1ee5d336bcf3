//! Progress and cancellation of one piece of work.

use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The work was cancelled by its owner; partial results are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

impl std::fmt::Display for Cancelled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cancelled")
    }
}

impl std::error::Error for Cancelled {}

/// A handle shared by the worker that advances and the owner that watches, pauses or cancels.
///
/// Counting and cancelling are one call, so that no loop can do one and forget the other.
/// Clones share the same state.
#[derive(Clone, Debug, Default)]
pub struct Task {
    state: Arc<State>,
    /// Whether steps are counted by someone else.
    uncounted: bool,
}

#[derive(Debug, Default)]
struct State {
    done: AtomicU64,
    total: AtomicU64,
    cancelled: AtomicBool,
    paused: AtomicBool,
    gate: Mutex<()>,
    resumed: Condvar,
    stage: Mutex<&'static str>,
}

impl Task {
    /// A task that nobody watches.
    pub fn silent() -> Self {
        Self::default()
    }

    /// The same task for a part of the work whose steps the owner counts: it is paused and cancelled with this one, and
    /// `begin` and `advance` count nothing.
    #[must_use]
    pub fn uncounted(&self) -> Self {
        Self { uncounted: true, ..self.clone() }
    }

    /// Starts counting from zero towards `total` steps.
    pub fn begin(&self, stage: &'static str, total: u64) {
        if self.uncounted {
            return;
        }
        *self.state.stage.lock().unwrap_or_else(PoisonError::into_inner) = stage;
        self.state.done.store(0, Ordering::Relaxed);
        self.state.total.store(total, Ordering::Relaxed);
    }

    /// Counts `steps` as done. Waits while paused; answers `Err` once cancelled.
    /// Call it at least every 20 milliseconds of work.
    pub fn advance(&self, steps: u64) -> Result<(), Cancelled> {
        if !self.uncounted {
            self.state.done.fetch_add(steps, Ordering::Relaxed);
        }
        self.check()
    }

    /// Waits while paused; answers `Err` once cancelled. Counts nothing.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.state.paused.load(Ordering::Relaxed) {
            let mut guard = self.state.gate.lock().unwrap_or_else(PoisonError::into_inner);
            while self.state.paused.load(Ordering::Relaxed) && !self.is_cancelled() {
                guard = self.state.resumed.wait(guard).unwrap_or_else(PoisonError::into_inner);
            }
        }
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }

    /// Asks the worker to stop at its next `advance`.
    pub fn cancel(&self) {
        self.state.cancelled.store(true, Ordering::Relaxed);
        self.wake();
    }

    /// Holds the worker at its next `advance`, or lets it go on.
    pub fn set_paused(&self, paused: bool) {
        self.state.paused.store(paused, Ordering::Relaxed);
        self.wake();
    }

    fn wake(&self) {
        let _guard = self.state.gate.lock().unwrap_or_else(PoisonError::into_inner);
        self.state.resumed.notify_all();
    }

    /// Whether the owner asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.state.cancelled.load(Ordering::Relaxed)
    }

    /// Whether the worker is held.
    pub fn is_paused(&self) -> bool {
        self.state.paused.load(Ordering::Relaxed)
    }

    /// What is being done now, in a few words.
    pub fn stage(&self) -> &'static str {
        *self.state.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The finished share, in `0..=1`; `None` while the total is unknown.
    pub fn fraction(&self) -> Option<f32> {
        let total = self.state.total.load(Ordering::Relaxed);
        let done = self.state.done.load(Ordering::Relaxed);
        (total > 0).then(|| (done as f32 / total as f32).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancelled_task_stops_at_the_next_step() {
        let task = Task::silent();
        task.begin("counting", 10);
        assert_eq!(task.advance(5), Ok(()));
        assert_eq!(task.fraction(), Some(0.5));
        task.cancel();
        assert_eq!(task.advance(1), Err(Cancelled));
    }

    #[test]
    fn an_uncounted_part_is_cancelled_with_the_whole_and_counts_nothing() {
        let task = Task::silent();
        task.begin("counting", 10);
        let part = task.uncounted();
        part.begin("inside", 3);
        assert_eq!(part.advance(3), Ok(()));
        assert_eq!((task.fraction(), task.stage()), (Some(0.0), "counting"));
        task.cancel();
        assert_eq!(part.check(), Err(Cancelled));
    }

    #[test]
    fn cancelling_frees_a_paused_worker() {
        let task = Task::silent();
        task.set_paused(true);
        let seen = std::thread::scope(|scope| {
            #[expect(clippy::disallowed_methods, reason = "the test needs a second thread")]
            let worker = scope.spawn(|| task.advance(1));
            task.cancel();
            worker.join().expect("the worker only waits")
        });
        assert_eq!(seen, Err(Cancelled));
    }
}
