//! Documents made of evidence: sections, page blocks, writers for HTML, Markdown and JSON, and the comparison behind
//! `candor verify`.
//!
//! No new numbers: a report only quotes what explanations, performance and profiles already hold.

pub mod compare;
pub mod document;
pub mod error;
pub mod evidence;
pub mod plan;
pub mod section;
pub mod write_html;
pub mod write_json;
pub mod write_markdown;

pub use compare::{Verdict, compare};
pub use document::{Block, Document, Page, TableBlock, build};
pub use error::ReportError;
pub use evidence::{Evidence, Recipe, Second};
pub use plan::ReportPlan;
pub use section::{SECTIONS, Section};
