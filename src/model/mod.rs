//! Predictors: the `Model` trait, tree and linear structure, loaders, learners, quality metrics.
//!
//! No explanation. `smartcore` is used here and nowhere else.

pub mod additive;
pub mod behind;
pub mod card;
pub mod error;
pub mod learn;
pub mod learned;
pub mod linear;
pub mod link;
pub mod load;
pub mod measure;
pub mod metrics;
pub mod named;
mod onnx;
pub mod performance;
pub mod predict;
pub mod products;
pub mod term;
mod training;
pub mod tree_check;
pub mod tree_model;
pub mod trees;
pub mod truth;

pub use additive::Additive;
pub use behind::Behind;
pub use card::{BranchCard, ModelCard, StepCard, TaskKind};
pub use error::ModelError;
pub use linear::{LinearForm, LinearModel};
pub use link::LinkFunction;
pub use performance::Performance;
pub use predict::{Model, Scale, Structure};
pub use products::Products;
pub use term::{Axis, Bins, Term};
pub use tree_model::TreeModel;
pub use trees::{Accumulate, CategorySet, Compare, Missing, Node, Tree, TreeEnsemble};
pub use truth::{TruthColumn, truth};
