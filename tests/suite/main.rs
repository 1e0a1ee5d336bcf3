//! Every integration test in one binary, so that the large dependencies are linked once. One file per subject.

mod brute_force;
mod chart_subjects;
mod charts;
mod common;
mod damaged_models;
mod oracle_predict;
