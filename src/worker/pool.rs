//! The worker: named threads in three lanes, so that drawing never waits behind an explanation.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::{Problem, Task};
use crate::num::parallel::Pool;
use crate::session::{Event, Job, JobId, Lane, Outcome};

use super::fence;
use super::queue::Queue;
use super::watch::{JobClock, Watch};

/// Threads for long jobs: several, so that a paused explanation does not hold up opening a file.
const LONG_THREADS: usize = 3;
/// Threads for drawing.
const SHORT_THREADS: usize = 2;
/// Threads for answers that follow a hand: the newest wins, so one is enough.
const LIVE_THREADS: usize = 1;
/// News that may wait to be drained; a full channel holds the threads, not the memory.
const NEWS_LIMIT: usize = 1024;

/// Runs jobs on named threads and collects their news.
pub struct Worker {
    long: Arc<Queue>,
    short: Arc<Queue>,
    live: Arc<Queue>,
    news: Mutex<Receiver<Event>>,
    refused: Mutex<Vec<Event>>,
    tasks: Arc<Mutex<BTreeMap<JobId, Task>>>,
    watch: Watch,
}

impl Worker {
    /// A worker that calls `wake` (from its own threads) whenever there is news to drain.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(wake);
        let (sender, news) = sync_channel(NEWS_LIMIT);
        let worker = Self {
            long: Arc::default(),
            short: Arc::default(),
            live: Arc::default(),
            news: Mutex::new(news),
            refused: Mutex::default(),
            tasks: Arc::default(),
            watch: Watch::default(),
        };
        for number in 1..=LONG_THREADS + SHORT_THREADS + LIVE_THREADS {
            let queue = match number {
                1..=LONG_THREADS => &worker.long,
                _ if number <= LONG_THREADS + SHORT_THREADS => &worker.short,
                _ => &worker.live,
            };
            let name = format!("{}worker-{number}", fence::THREAD_PREFIX);
            let pool = Pool::new(name.clone());
            let hand = Hand { queue: Arc::clone(queue), news: sender.clone(), wake: Arc::clone(&wake), pool };
            // A system that refuses threads leaves fewer hands; with none, submitted jobs are refused below.
            let started = std::thread::Builder::new().name(name).spawn(move || hand.work());
            drop(started);
        }
        worker
    }

    /// Accepts a job; returns at once. A job that finds no place ends with a problem.
    pub fn submit(&self, job: Job) {
        let queue = match job.lane {
            Lane::Long => &self.long,
            Lane::Short => &self.short,
            Lane::Live => &self.live,
        };
        lock(&self.tasks).insert(job.id, job.task.clone());
        if let Err(job) = queue.push(job) {
            let problem = Problem::new(
                format!("{} was not started", job.title),
                "too many jobs are waiting",
                "Wait until some have ended, or cancel them",
            );
            lock(&self.refused).push(Event { job: job.id, last: true, outcome: Err(problem) });
        }
    }

    /// What has arrived since the last call, in order. Never waits.
    pub fn drain(&self) -> Vec<Event> {
        let mut events = std::mem::take(&mut *lock(&self.refused));
        for queue in [&self.long, &self.short, &self.live] {
            let cancelled = queue.take_cancelled();
            events.extend(cancelled.into_iter().map(|job| Event {
                job: job.id,
                last: true,
                outcome: Ok(Outcome::Nothing),
            }));
        }
        events.extend(lock(&self.news).try_iter());
        let mut tasks = lock(&self.tasks);
        for event in events.iter().filter(|e| e.last) {
            tasks.remove(&event.job);
            self.watch.forget(event.job);
        }
        events
    }

    /// Seconds a job has taken and may still take; `None` once it has ended. Call it a few times per second for every
    /// running job: the estimate lives on these samples.
    pub fn clock(&self, job: JobId) -> Option<JobClock> {
        let task = lock(&self.tasks).get(&job).cloned()?;
        Some(self.watch.sample(job, &task))
    }
}

impl Drop for Worker {
    /// Stops every job and lets the threads end by themselves; a closing window does not wait for them.
    fn drop(&mut self) {
        self.long.close();
        self.short.close();
        self.live.close();
        lock(&self.tasks).values().for_each(Task::cancel);
    }
}

/// One thread's part.
struct Hand {
    queue: Arc<Queue>,
    news: SyncSender<Event>,
    wake: Arc<dyn Fn() + Send + Sync>,
    /// Loops of a paused or long job keep these threads only; the jobs beside it have their own.
    pool: Pool,
}

impl Hand {
    fn work(self) {
        while let Some(job) = self.queue.take() {
            let tell = |event| {
                // Nobody listens any more once the worker is dropped.
                if self.news.send(event).is_ok() {
                    (self.wake)();
                }
            };
            self.pool.run(|| fence::run(job, &mut { tell }));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
