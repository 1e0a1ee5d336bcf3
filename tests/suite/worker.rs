//! The worker's threads: cancelling, pausing, lanes and the panic fence. No sleeps: every wait ends with news.

use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use candor::base::{Problem, Task};
use candor::num::parallel::fill_rows;
use candor::session::{Event, Job, JobId, Lane, Outcome, Work};
use candor::worker::Worker;

/// Longest wait for news; reached only by a broken worker.
const PATIENCE: Duration = Duration::from_secs(60);

type Tell<'t> = &'t mut (dyn FnMut(Outcome) + Send);

/// Counts until it is cancelled.
struct Endless;

impl Work for Endless {
    fn run(self: Box<Self>, task: &Task, _tell: Tell<'_>) -> Result<Outcome, Problem> {
        task.begin("counting", 0);
        while task.advance(1).is_ok() {
            std::thread::yield_now();
        }
        Err(Problem::new("stopped", "", ""))
    }
}

/// Loops over rows on several threads, as long as its task lets it.
struct Looping(usize);

impl Work for Looping {
    fn run(self: Box<Self>, task: &Task, _tell: Tell<'_>) -> Result<Outcome, Problem> {
        let mut out = vec![0.0; self.0];
        fill_rows(&mut out, 1, task, |first, part| part.fill(first as f64))
            .map_err(|_cancelled| Problem::new("stopped", "", ""))?;
        Ok(Outcome::Written("looped".into()))
    }
}

/// Ends at once.
struct Brief;

impl Work for Brief {
    fn run(self: Box<Self>, _task: &Task, _tell: Tell<'_>) -> Result<Outcome, Problem> {
        Ok(Outcome::Written("brief".into()))
    }
}

/// Breaks a promise.
struct Broken;

impl Work for Broken {
    fn run(self: Box<Self>, _task: &Task, _tell: Tell<'_>) -> Result<Outcome, Problem> {
        panic!("a promise was broken");
    }
}

fn worker() -> (Worker, Receiver<()>) {
    let (sender, woken) = sync_channel(64);
    let worker = Worker::new(move || {
        sender.try_send(()).ok();
    });
    (worker, woken)
}

/// Waits until `job` has ended, and returns its last news.
fn last_news(worker: &Worker, woken: &Receiver<()>, job: JobId) -> Event {
    loop {
        if let Some(event) = worker.drain().into_iter().find(|e| e.last && e.job == job) {
            return event;
        }
        woken.recv_timeout(PATIENCE).expect("the worker has news");
    }
}

#[test]
fn a_running_job_stops_when_cancelled() {
    let (worker, woken) = worker();
    let job = Job::aside(JobId(1), "Counting", Lane::Long, Endless);
    let task = job.task.clone();
    worker.submit(job);
    while task.stage().is_empty() {
        std::thread::yield_now();
    }
    task.cancel();
    let event = last_news(&worker, &woken, JobId(1));
    assert!(matches!(event.outcome, Ok(Outcome::Nothing)), "{:?}", event.outcome);
    assert!(worker.clock(JobId(1)).is_none(), "an ended job has no clock");
}

#[test]
fn a_paused_job_can_be_cancelled_and_resumed() {
    let (worker, woken) = worker();
    let paused = Job::aside(JobId(1), "Counting", Lane::Long, Endless);
    let brief = Job::aside(JobId(2), "Brief", Lane::Long, Brief);
    let (first, second) = (paused.task.clone(), brief.task.clone());
    first.set_paused(true);
    second.set_paused(true);
    worker.submit(paused);
    worker.submit(brief);
    assert!(worker.clock(JobId(2)).is_some(), "a held job has a clock");
    second.set_paused(false);
    assert!(matches!(last_news(&worker, &woken, JobId(2)).outcome, Ok(Outcome::Written(_))));
    first.cancel();
    assert!(matches!(last_news(&worker, &woken, JobId(1)).outcome, Ok(Outcome::Nothing)));
}

#[test]
fn charts_do_not_wait_behind_long_jobs() {
    let (worker, woken) = worker();
    let tasks: Vec<Task> = (0..20)
        .map(|n| {
            let job = Job::aside(JobId(n), "Counting", Lane::Long, Endless);
            let task = job.task.clone();
            worker.submit(job);
            task
        })
        .collect();
    worker.submit(Job::aside(JobId(99), "Drawing", Lane::Short, Brief));
    assert!(matches!(last_news(&worker, &woken, JobId(99)).outcome, Ok(Outcome::Written(_))));
    // Jobs that never began end as soon as they are cancelled, although every thread is taken.
    tasks[19].cancel();
    assert!(matches!(last_news(&worker, &woken, JobId(19)).outcome, Ok(Outcome::Nothing)));
    tasks.iter().for_each(Task::cancel);
}

#[test]
fn a_job_that_panics_becomes_a_problem_and_the_worker_lives_on() {
    let (worker, woken) = worker();
    worker.submit(Job::aside(JobId(1), "Explaining 7 rows", Lane::Long, Broken));
    let Err(problem) = last_news(&worker, &woken, JobId(1)).outcome else {
        unreachable!("the job panics");
    };
    assert_eq!(problem.what, "Explaining 7 rows stopped unexpectedly");
    assert!(problem.place.contains("worker.rs") && problem.place.contains("a promise was broken"), "{problem}");
    assert!(problem.hint.contains("still open"), "{problem}");
    for n in 2..12 {
        worker.submit(Job::aside(JobId(n), "Brief", Lane::Long, Brief));
        assert!(matches!(last_news(&worker, &woken, JobId(n)).outcome, Ok(Outcome::Written(_))));
    }
}

#[test]
fn loops_of_a_paused_job_do_not_hold_up_those_of_another() {
    let (worker, woken) = worker();
    let held = Job::aside(JobId(1), "held", Lane::Long, Looping(1_000_000));
    let task = held.task.clone();
    task.set_paused(true);
    worker.submit(held);
    for (id, lane) in [(2, Lane::Long), (3, Lane::Short)] {
        worker.submit(Job::aside(JobId(id), "free", lane, Looping(10_000)));
        assert!(last_news(&worker, &woken, JobId(id)).outcome.is_ok(), "the loop ran beside the paused one");
    }
    task.cancel();
    assert!(matches!(last_news(&worker, &woken, JobId(1)).outcome, Ok(Outcome::Nothing)));
}
