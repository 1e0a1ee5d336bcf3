//! Every integration test in one binary, so that the large dependencies are linked once. One file per subject.

mod architecture;
mod associations;
mod axioms;
mod bad_trees;
mod brute_force;
mod cancel;
mod challenger;
mod challenger_classes;
mod chart_more;
mod chart_pairs;
mod chart_queries;
mod chart_subjects;
mod charts;
mod cli;
mod cli_session;
mod cohorts;
mod collapse;
mod common;
mod curves;
mod damaged_models;
mod damaged_pickles;
mod determinism;
mod document;
mod document_answers;
mod document_hostile;
mod document_kills;
mod document_second;
mod ebm_terms;
mod exactness;
mod hostile_archives;
mod hostile_pickles;
mod importance;
mod interactions;
mod interventional;
mod learners;
mod metrics;
mod mlflow;
mod one_value;
mod onnx;
mod onnx_hostile;
mod oracle_explain;
mod oracle_predict;
mod oracle_sklearn;
mod pair_answers;
mod piped;
mod pipeline_steps;
mod product_kernels;
mod reading_aids;
mod ready;
mod recipes;
mod registries;
mod report;
mod report_two_models;
mod sample_data;
mod session;
mod stream;
mod tables;
mod term_charts;
mod theme;
mod tree_engine;
mod truth;
#[cfg(feature = "app")]
mod ui_document;
#[cfg(feature = "app")]
mod ui_events;
#[cfg(feature = "app")]
mod ui_hostile;
#[cfg(feature = "app")]
mod ui_keyboard;
mod ui_leaving;
#[cfg(feature = "app")]
mod ui_robot;
mod ui_start;
#[cfg(feature = "app")]
mod ui_tiles;
#[cfg(feature = "app")]
mod ui_tree;
#[cfg(feature = "app")]
mod ui_what_if;
mod what_if;
mod worker;
mod wrapped_models;
