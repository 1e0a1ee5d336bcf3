//! The words everyone speaks: names, settings, progress, seeds, fingerprints, number formatting.
//!
//! No maths, no files, no foreign crates beyond hashing.

pub mod entry;
pub mod fingerprint;
pub mod knob;
pub mod problem;
pub mod row;
pub mod row_set;
pub mod seed;
pub mod task;
pub mod text;
pub mod text_hash;

pub use entry::Entry;
pub use fingerprint::Fingerprint;
pub use knob::{Kind, Knob, KnobError, KnobValue, Knobs};
pub use problem::Problem;
pub use row::RowId;
pub use row_set::RowSet;
pub use seed::{Seed, Stream};
pub use task::{Cancelled, Task};
pub use text_hash::category_hash;
