//! Where jobs run: on the worker's threads, or at once for tests of the accessibility tree.

use eframe::egui;

use crate::session::{Event, Job};
use crate::worker::Worker;

/// Takes jobs, hands back news.
pub trait Runner {
    /// Accepts jobs; returns at once.
    fn submit(&mut self, jobs: Vec<Job>);
    /// What has arrived since the last call, in order.
    fn drain(&mut self) -> Vec<Event>;
}

/// Runs jobs on the worker's threads and wakes the window when there is news.
pub struct ThreadRunner {
    worker: Worker,
}

impl ThreadRunner {
    /// A runner that asks `ctx` for a repaint when news arrives.
    pub fn new(ctx: &egui::Context) -> Self {
        let ctx = ctx.clone();
        Self { worker: Worker::new(move || ctx.request_repaint()) }
    }
}

impl Runner for ThreadRunner {
    fn submit(&mut self, jobs: Vec<Job>) {
        for job in jobs {
            self.worker.submit(job);
        }
    }

    fn drain(&mut self) -> Vec<Event> {
        self.worker.drain()
    }
}

/// Runs every job on the calling thread as soon as it is submitted.
#[derive(Default)]
pub struct InlineRunner {
    news: Vec<Event>,
}

impl Runner for InlineRunner {
    fn submit(&mut self, jobs: Vec<Job>) {
        for job in jobs {
            job.run(&mut |event| self.news.push(event));
        }
    }

    fn drain(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.news)
    }
}
