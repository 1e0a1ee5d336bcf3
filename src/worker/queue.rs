//! A bounded queue of jobs that several threads take from.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};

use crate::session::Job;

/// Jobs that may wait in one lane; more are refused, so that a runaway face cannot fill the memory.
const LIMIT: usize = 1024;

/// The jobs of one lane.
#[derive(Default)]
pub struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl Queue {
    /// Adds a job; hands it back when the lane is full or closed.
    pub fn push(&self, job: Job) -> Result<(), Job> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.closed || waiting.jobs.len() >= LIMIT {
            return Err(job);
        }
        waiting.jobs.push_back(job);
        self.arrived.notify_one();
        Ok(())
    }

    /// The next job, waiting for one; `None` once the lane is closed.
    pub fn take(&self) -> Option<Job> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if waiting.closed {
                return None;
            }
            if let Some(job) = waiting.jobs.pop_front() {
                return Some(job);
            }
            waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes out the jobs that were cancelled before they began.
    pub fn take_cancelled(&self) -> Vec<Job> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (gone, kept): (Vec<Job>, Vec<Job>) = waiting.jobs.drain(..).partition(|j| j.task.is_cancelled());
        waiting.jobs = kept.into();
        gone
    }

    /// Ends the lane: threads stop taking, waiting jobs are dropped.
    pub fn close(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.closed = true;
        waiting.jobs.clear();
        self.arrived.notify_all();
    }
}
