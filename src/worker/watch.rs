//! The program's only clock: time a job has taken, and may still take, from samples of its task.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::base::Task;
use crate::session::JobId;

/// Share of a stage that must be done before time left is told: earlier guesses jump.
const SHARE_BEFORE_GUESS: f64 = 0.02;
/// Seconds of a stage before time left is told.
const SECONDS_BEFORE_GUESS: f64 = 0.5;

/// How long a job has taken and may still take, in seconds without pauses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JobClock {
    /// Seconds since the first sample, pauses left out.
    pub elapsed_secs: f64,
    /// Seconds the present stage may still take; `None` while too little is known.
    pub left_secs: Option<f64>,
}

/// Clocks of running jobs.
#[derive(Default)]
pub struct Watch {
    tracks: Mutex<BTreeMap<JobId, Track>>,
}

/// What is remembered of one job.
#[derive(Clone, Debug)]
struct Track {
    seen: Instant,
    elapsed: f64,
    stage: &'static str,
    stage_elapsed: f64,
    share: f64,
}

impl Watch {
    /// Takes a sample and answers the clock.
    pub fn sample(&self, job: JobId, task: &Task) -> JobClock {
        let mut tracks = self.tracks.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let track = tracks.entry(job).or_insert_with(|| Track::begin(now, task));
        let passed = now.duration_since(track.seen).as_secs_f64();
        track.seen = now;
        track.advance(if task.is_paused() { 0.0 } else { passed }, task)
    }

    /// Forgets a job that has ended.
    pub fn forget(&self, job: JobId) {
        self.tracks.lock().unwrap_or_else(PoisonError::into_inner).remove(&job);
    }
}

impl Track {
    fn begin(now: Instant, task: &Task) -> Self {
        Self { seen: now, elapsed: 0.0, stage: task.stage(), stage_elapsed: 0.0, share: 0.0 }
    }

    /// Counts `passed` seconds of work and estimates what is left of the stage.
    fn advance(&mut self, passed: f64, task: &Task) -> JobClock {
        let share = task.fraction().map_or(0.0, f64::from);
        if task.stage() != self.stage || share < self.share {
            self.stage = task.stage();
            self.stage_elapsed = 0.0;
        }
        self.share = share;
        self.elapsed += passed;
        self.stage_elapsed += passed;
        let telling = share >= SHARE_BEFORE_GUESS && self.stage_elapsed >= SECONDS_BEFORE_GUESS;
        let left_secs = telling.then(|| self.stage_elapsed * (1.0 - share) / share);
        JobClock { elapsed_secs: self.elapsed, left_secs }
    }
}

/// Looks at a task ten times a second from its own thread, until it is dropped.
pub struct Sampler {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Sampler {
    /// Calls `look` with task and clock about every tenth of a second.
    pub fn start(task: Task, mut look: impl FnMut(&Task, JobClock) + Send + 'static) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let watch = Watch::default();
        let thread = std::thread::Builder::new().name("candor-progress".to_owned()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                look(&task, watch.sample(JobId(0), &task));
                std::thread::park_timeout(Duration::from_millis(100));
            }
        });
        Self { stop, thread: thread.ok() }
    }
}

impl Drop for Sampler {
    /// Ends the thread and waits for its last look, so that nothing is drawn afterwards.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A look that panicked has nothing more to say.
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_done_after_four_seconds_leaves_four() {
        let task = Task::silent();
        task.begin("counting", 100);
        let mut track = Track::begin(Instant::now(), &task);
        assert_eq!(track.advance(0.4, &task).left_secs, None, "nothing is known yet");
        task.advance(50).expect("not cancelled");
        let clock = track.advance(3.6, &task);
        assert!((clock.elapsed_secs - 4.0).abs() < 1e-9);
        assert!((clock.left_secs.expect("half is done") - 4.0).abs() < 1e-6);
    }

    #[test]
    fn a_new_stage_starts_a_new_guess() {
        let task = Task::silent();
        task.begin("first", 10);
        let mut track = Track::begin(Instant::now(), &task);
        task.advance(10).expect("not cancelled");
        track.advance(5.0, &task);
        task.begin("second", 10);
        let clock = track.advance(1.0, &task);
        assert_eq!(clock.left_secs, None);
        assert!((clock.elapsed_secs - 6.0).abs() < 1e-9);
    }
}
