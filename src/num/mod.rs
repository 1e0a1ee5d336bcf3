//! Arithmetic on slices: matrices, statistics, sampling, solving, deterministic parallel loops.
//!
//! No column names, no models.

pub mod lines;
pub mod matrix;
pub mod neighbours;
pub mod parallel;
pub mod simd;
pub mod stats;
pub mod student;

pub use matrix::{Matrix, MatrixView};
