//! Tables: typed immutable columns, roles, encoding, profiling, file formats.
//!
//! No predictor. `polars` is used here and nowhere else; what leaves this room are plain slices.

pub mod association;
pub mod build;
mod coding;
pub mod column;
pub mod dataset;
pub mod dates;
pub mod delimited;
mod display;
pub mod encode;
pub mod error;
pub mod filter;
pub mod foreign;
mod frame;
mod hashes;
pub mod infer;
mod names;
mod pages;
pub mod profile;
pub mod query;
pub mod read;
pub mod roles;
pub mod split;
pub mod stored;
pub mod value;
mod value_serde;
mod wide;
pub mod write;

pub use association::{Association, Associations};
pub use column::{Column, ColumnKind, MISSING_CODE, TextValues, Values};
pub use dataset::{Dataset, Role, Source};
pub use encode::{Encoded, Input, InputKind, Link, NEVER_SEEN, encode, encode_row, encode_watched, link};
pub use error::DataError;
pub use filter::{FilterError, find_rows, find_rows_among, sorted_by, sorted_rows};
pub use profile::TableProfile;
pub use query::quoted;
pub use read::{FileBytes, ReadOptions, Reader, looks_like_table, read};
pub use split::split;
pub use value::Value;
