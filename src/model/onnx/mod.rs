//! An executor for ONNX graphs: tensors, a registry of operators, graphs in the order of computation.
//!
//! Knows nothing of files (`load/onnx` reads them) and nothing of rows and outputs of a `Model`. Gradients are absent;
//! an operator family that has them adds a method to the trait `Operator` with an empty default.

mod broadcast;
mod graph;
mod half;
mod operators;
mod spec;
mod tensor;

pub use graph::{Graph, Node, Run};
pub use half::{bf16_of_f32, f16_of_f32};
pub use operators::{Affine, Aggregate, Bend, Branch, Fill, Forest, Gemm, Linear, Pair, Post, Test, View, family};
pub use spec::{Attribute, GraphSpec, NodeSpec, ValueSpec};
pub use tensor::{Data, Kind, Tensor};
