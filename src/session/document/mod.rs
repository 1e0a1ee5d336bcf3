//! The document as something that is kept: what the user decided, and how it is written to a file and read back.
//! Nothing here knows a window; only the jobs in `session/work` touch the disk.

pub mod decisions;
pub mod rows;

pub use decisions::{Decisions, Known, PARTS, Part};
