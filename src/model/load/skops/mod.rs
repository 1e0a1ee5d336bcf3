//! scikit-learn models in skops files: a zip archive with a schema and one `.npy` file per array.
//!
//! The schema becomes the same values a pickle becomes, so that every reader of estimators serves both.

mod archive;
mod schema;

use std::path::Path;
use std::sync::Arc;

use crate::base::{Entry, Task};
use crate::model::{Model, ModelError};

use self::archive::Archive;
use super::document::Value;
use super::foreign::contains;
use super::pickle::At;
use super::{Loader, Origin, sklearn};

/// The loader of skops files.
pub struct Skops;

impl Entry for Skops {
    fn id(&self) -> &'static str {
        "skops"
    }

    fn title(&self) -> &'static str {
        "Skops"
    }

    fn summary(&self) -> &'static str {
        "Scikit-learn estimators saved as .skops"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["skops documentation, Persistence", "numpy documentation, NPY format"]
    }
}

impl Loader for Skops {
    fn endings(&self) -> &'static [&'static str] {
        &["skops"]
    }

    fn recognises(&self, head: &[u8], path: &Path) -> bool {
        let named = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("skops"));
        // Arrays come first; their names are numbers.
        let member = head.get(30..).unwrap_or_default();
        let digits = member.iter().take_while(|b| b.is_ascii_digit()).count();
        let array = digits > 0 && member.get(digits..).is_some_and(|rest| rest.starts_with(b".npy"));
        head.starts_with(b"PK\x03\x04") && (named || array || contains(head, b"schema.json"))
    }

    fn load(&self, bytes: &[u8], origin: &Origin<'_>, task: &Task) -> Result<Arc<dyn Model>, ModelError> {
        task.begin("reading the archive", 0);
        let archive = Archive::open(bytes)?;
        let text = archive.member("schema.json")?;
        let value = Value::from_json(&text)?;
        task.check()?;
        let (document, size) = schema::read(&value, &archive)?;
        sklearn::open(&At::root(&document), "skops", (origin, size.saturating_add(text.len())), task)
    }
}
