//! Operators. A family is one file here and one line in `OPERATORS`.

mod along;
mod arithmetic;
mod comparison;
mod conversion;
mod elementwise;
mod encoding;
mod features;
mod linear;
mod normalization;
mod packed;
mod pad;
mod places;
mod post;
mod product;
mod ranking;
mod reduction;
mod scan;
mod shape;
mod smooth;
mod support;
mod trees;
mod trees_file;

pub use arithmetic::Pair;
pub use features::{Affine, Fill};
pub use linear::Linear;
pub use post::Post;
pub use product::Gemm;
pub use trees::{Aggregate, Branch, Forest, Test};

use std::fmt::Debug;
use std::sync::Arc;

use crate::model::ModelError;

use super::graph::Run;
use super::spec::NodeSpec;
use super::tensor::Tensor;

/// What a node computes. Settings are checked when it is made, tensors when they arrive.
pub trait Operator: Debug + Send + Sync {
    /// Computes the outputs. A refusal is one sentence; the caller knows the node. Allocates nothing larger than
    /// `elements` allows, and charges work that goes beyond its outputs to `run`.
    fn run(&self, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String>;

    /// Told once which of its inputs are stored tensors, before the first run.
    fn prepare(&mut self, _stored: &[Option<&Tensor>]) {}

    /// What exact methods may know of it.
    fn view(&self) -> View<'_> {
        View::Opaque
    }

    /// The texts it tells apart.
    fn texts(&self) -> &[Arc<str>] {
        &[]
    }

    /// The whole numbers it tells apart, and from all others.
    fn codes(&self) -> &[i64] {
        &[]
    }
}

/// A function that links know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bend {
    /// `exp(x)`.
    Exp,
    /// `1 / (1 + exp(−x))`.
    Sigmoid,
    /// Exponentials divided by the sum of their row.
    Softmax,
    /// `1 / x`.
    Reciprocal,
    /// `−x`.
    Negative,
}

/// The meaning of an operator, as far as models are read from it.
#[derive(Clone, Copy, Debug)]
pub enum View<'a> {
    /// Trees on the columns of its first input.
    Trees(&'a Forest),
    /// A linear form on the columns of its first input.
    Linear(&'a Linear),
    /// Every column moved and scaled.
    Affine(&'a Affine),
    /// Missing values replaced.
    Fill(&'a Fill),
    /// The input as it is.
    Same,
    /// Numbers rounded to 32 bits.
    Round,
    /// Rows divided by the sum of their absolute values.
    Shares,
    /// The columns of all inputs behind each other.
    Side,
    /// Two numbers made into one.
    Pair(Pair),
    /// A function of every number, or of every row.
    Bend(Bend),
    /// Elements of the first input in other places.
    Places,
    /// Numbers without their fraction.
    Whole,
    /// Numbers widened to 64 bits.
    Widen,
    /// A matrix product.
    Product(&'a Gemm),
    /// All inputs on top of each other, along their first axis.
    Stack,
    /// The sum, or the mean, along some axes, which are gone afterwards.
    Total {
        /// Whether it is the mean.
        mean: bool,
        /// The axes, unless they are an input.
        axes: &'a [i64],
    },
    /// Nothing but results.
    Opaque,
}

/// Operators that one file makes.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Their domain; empty for the core operators.
    pub domain: &'static str,
    /// Their names.
    pub names: &'static [&'static str],
    /// Makes the operator of a node.
    pub build: fn(&NodeSpec) -> Result<Box<dyn Operator>, ModelError>,
}

/// Every family.
pub static OPERATORS: &[&Family] = &[
    &along::FAMILY,
    &arithmetic::FAMILY,
    &comparison::FAMILY,
    &conversion::FAMILY,
    &elementwise::FAMILY,
    &encoding::FAMILY,
    &features::FAMILY,
    &linear::FAMILY,
    &normalization::FAMILY,
    &pad::FAMILY,
    &places::FAMILY,
    &product::FAMILY,
    &ranking::FAMILY,
    &reduction::FAMILY,
    &scan::FAMILY,
    &shape::FAMILY,
    &support::FAMILY,
    &trees_file::FAMILY,
];

/// The domain of classic machine learning.
const ML: &str = "ai.onnx.ml";

/// The family that makes an operator.
pub fn family(domain: &str, operator: &str) -> Option<&'static Family> {
    OPERATORS.iter().find(|f| f.domain == domain && f.names.contains(&operator)).copied()
}

/// The input at a place; refuses when it was left out.
fn need<'t>(inputs: &[Option<&'t Tensor>], place: usize) -> Result<&'t Tensor, String> {
    inputs.get(place).copied().flatten().ok_or_else(|| format!("input {place} is missing"))
}

/// The input at a place, when it is there.
fn optional<'t>(inputs: &[Option<&'t Tensor>], place: usize) -> Option<&'t Tensor> {
    inputs.get(place).copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_names_every_operator() {
        let readme = include_str!("../../../../README.md");
        let (_, behind) = readme.split_once("ONNX graphs open whose nodes").expect("the list");
        let list = behind.split("\n\n").next().unwrap_or_default();
        let list: Vec<&str> = list.split([' ', ',', '.', '\n']).collect();
        for name in OPERATORS.iter().flat_map(|family| family.names) {
            assert!(list.contains(name), "{name}");
        }
    }
}
