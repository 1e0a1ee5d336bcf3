//! Methods that answer “why”, and the closed set of answer shapes.
//!
//! No drawing, no thread, no clock.

pub mod answer;
pub mod ask;
pub mod background;
pub mod challenge;
mod coalition;
mod dealing;
mod encoded;
pub mod error;
pub mod kept;
pub mod method;
mod orders;
pub mod parts;
mod products;
pub mod rivals;
mod shape;
mod shuffle;
pub mod tree;
mod within;

pub use answer::{
    Addends, Answer, Attribution, Body, Curves, Explanation, FeatureCurve, FeatureImportance, Fidelity, Importance,
    Interactions, Place, Provenance, Strength, Strengths,
};
pub use ask::ask;
pub use background::Background;
pub use challenge::{Challenge, ColumnImportance, SharedColumn, shared_columns};
pub use error::ExplainError;
pub use kept::Kept;
pub use method::{Explainer, METHODS, Request, Support, Truth};
pub use parts::ask_in_parts;
pub use shape::{Answers, Shape};
