//! Toy models with known answers and generated trees for the tests of explanations.

pub mod generate;
pub mod hills;
pub mod memory;
pub mod recorded;
pub mod strange;
pub mod terms;
pub mod toy;
