//! Every integration test in one binary, so that the large dependencies are linked once. One file per subject.

mod architecture;
mod axioms;
mod bad_trees;
mod brute_force;
mod cancel;
mod chart_subjects;
mod charts;
mod cli;
mod collapse;
mod common;
mod curves;
mod damaged_models;
mod determinism;
mod importance;
mod interactions;
mod interventional;
mod learners;
mod metrics;
mod one_value;
mod onnx;
mod oracle_explain;
mod oracle_predict;
mod pair_answers;
mod ready;
mod registries;
mod report;
mod sample_data;
mod session;
mod stream;
mod tables;
mod theme;
mod tree_engine;
mod truth;
#[cfg(feature = "app")]
mod ui_tree;
mod worker;
