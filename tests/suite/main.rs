//! Every integration test in one binary, so that the large dependencies are linked once. One file per subject.

mod architecture;
mod brute_force;
mod chart_subjects;
mod charts;
mod common;
mod registries;
mod theme;
