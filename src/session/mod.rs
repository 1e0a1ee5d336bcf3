//! The document: what is known, what was asked, what must be computed next. Two mutating doors,
//! [`Session::apply`] and [`Session::absorb`]; no thread, no clock, no window.

pub mod command;
pub mod event;
pub mod job;
pub mod memo;
pub mod state;

pub use command::{ChartRequest, Command, Export, Plan, RowChoice};
pub use event::{Event, JobId, Outcome, Predictions};
pub use job::Job;
pub use state::{JobState, Session};
