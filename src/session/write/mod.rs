//! Tables of results as files: layouts, text formats, and writing whole files or nothing.

pub mod append;
pub mod curve_layout;
pub mod file;
pub mod grid;
pub mod layout;
pub mod pair_layout;

pub use append::Append;
pub use file::{write_file, write_pieces};
pub use grid::{Ending, to_pieces};
