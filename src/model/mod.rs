//! Predictors: the `Model` trait, tree and linear structure, loaders, learners, quality metrics.
//!
//! No explanation. `smartcore` is used here and nowhere else.

pub mod card;
pub mod error;
pub mod learn;
pub mod learned;
pub mod linear;
pub mod measure;
pub mod metrics;
pub mod performance;
pub mod predict;
mod training;
pub mod trees;
pub mod truth;

pub use card::{ModelCard, TaskKind};
pub use error::ModelError;
pub use linear::LinearForm;
pub use performance::Performance;
pub use predict::{Model, Scale, Structure};
pub use trees::{Missing, Node, Tree, TreeEnsemble};
pub use truth::{TruthColumn, truth};
