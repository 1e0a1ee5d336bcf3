//! The document: what is known, what was asked, what must be computed next. Two mutating doors,
//! [`Session::apply`] and [`Session::absorb`]; no thread, no clock, no window.

mod absorb;
mod apply;
pub mod beside;
mod challenger;
pub mod cohort;
pub mod command;
mod decide;
pub mod derived;
pub mod document;
pub mod event;
pub mod history;
pub mod job;
pub mod join;
mod keep;
mod ledger;
mod loss;
pub mod memo;
pub mod ordering;
mod recipe;
pub mod samples;
pub mod scene;
pub mod state;
pub mod stream;
pub mod what_if;
mod within;
mod work;
pub mod write;

pub use challenger::{Challenger, Differences, Meeting};
pub use cohort::Cohort;
pub use command::{ChartRequest, CohortBy, Command, Export, Plan, ReportPlan, RowChoice};
pub use document::read::{describe, is_session};
pub use document::{Decisions, Document, Manifest};
pub use event::{Event, JobId, Outcome, Predictions};
pub use job::{Job, Lane, Revision, Work};
pub use loss::Replacement;
pub use samples::{SAMPLES, Sample};
pub use scene::Scene;
pub use state::{JobState, Session};
pub use what_if::{Edit, Start, WhatIf};
pub use work::open::{Opens, told};
