//! Methods that answer “why”, and the closed set of answer shapes.
//!
//! No drawing, no thread, no clock.

pub mod answer;
pub mod ask;
pub mod background;
mod coalition;
mod dealing;
pub mod error;
pub mod method;
mod orders;
pub mod parts;
mod shuffle;
pub mod tree;

pub use answer::{
    Answer, Attribution, Body, Curves, Explanation, FeatureCurve, FeatureImportance, Fidelity, Importance, Place,
    Provenance,
};
pub use ask::ask;
pub use background::Background;
pub use error::ExplainError;
pub use method::{Explainer, METHODS, Request, Support, Truth};
pub use parts::ask_in_parts;
