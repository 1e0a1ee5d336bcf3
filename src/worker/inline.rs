//! Jobs on the caller's own thread, one after the other: for the command line and for tests.

use std::collections::VecDeque;

use crate::session::{Event, Job, Session};

use super::fence;

/// Runs `jobs` and everything that follows from them until nothing is left to do. `before` sees every job before it
/// begins; the value it returns is dropped when the job has ended.
pub fn run_all<W>(session: &mut Session, jobs: Vec<Job>, mut before: impl FnMut(&Job) -> W) {
    let mut waiting: VecDeque<Job> = jobs.into();
    while let Some(job) = waiting.pop_front() {
        let watching = before(&job);
        for event in run_one(job) {
            waiting.extend(session.absorb(event));
        }
        drop(watching);
    }
}

/// Runs one job and returns its news in order.
pub fn run_one(job: Job) -> Vec<Event> {
    let mut events = Vec::new();
    fence::run(job, &mut |event| events.push(event));
    events
}
