//! Candor explains what a trained model says, and proves it.
//!
//! A table and a predictor go in. Questions are asked of registered methods. Answers come back with their error and
//! their passport. Charts describe answers, painters paint charts, a report is a list of sections made of both. The
//! window and the command line are two thin faces over one `Session`.
//!
//! Rooms, bottom first; arrows point down only (`tests/suite/architecture.rs` checks it):
//! `base` · `num` · `data` · `model` · `explain` · `chart` · `report` · `session` · `worker` · `app`, `cli`.

#[cfg(feature = "app")]
pub mod app;
pub mod base;
pub mod chart;
pub mod cli;
pub mod data;
pub mod explain;
pub mod model;
pub mod num;
pub mod report;
pub mod session;
pub mod worker;
