//! Named threads, job queue, cancellation, panic fence. Runs jobs, knows no screen and cannot read a job.

mod fence;
pub mod inline;
mod pool;
mod queue;
pub mod watch;

pub use pool::Worker;
pub use watch::{JobClock, Sampler};
