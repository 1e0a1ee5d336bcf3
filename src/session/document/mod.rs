//! The document as something that is kept: what the user decided, and how it is written to a file and read back.
//! Nothing here knows a window; only the jobs in `session/work` touch the disk.

pub mod answers;
pub mod archive;
pub mod decisions;
pub mod edited;
pub mod format;
pub mod kept;
pub mod read;
pub mod rows;
pub mod write;

pub use decisions::{Decisions, Known, PARTS, Part};
pub use edited::{Edited, Pinned};
pub use format::{Document, FileRef, Manifest, ModelRef, TableRef};
