//! Where results go: a file, or standard output for `-`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::base::Problem;

use super::desk::Failure;
use super::print;

/// Bytes passed on at once.
const PIECE: u64 = 8 << 20;

/// A file to write, or a draft that ends on standard output.
pub struct Destination {
    path: PathBuf,
    draft: Option<tempfile::TempDir>,
}

impl Destination {
    /// The place that `--out` names; `-` is standard output in the format of `ending`.
    pub fn new(out: &Path, ending: &str) -> Result<Self, Failure> {
        if out.as_os_str() != "-" {
            return Ok(Self { path: out.to_owned(), draft: None });
        }
        let draft = tempfile::tempdir().map_err(|error| {
            Problem::new(
                "Could not prepare standard output",
                error.to_string(),
                "Free space in the folder for temporary files, or write to a file with --out",
            )
        })?;
        Ok(Self { path: draft.path().join(format!("out.{ending}")), draft: Some(draft) })
    }

    /// The file to write now.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether results end on standard output.
    pub fn is_standard(&self) -> bool {
        self.draft.is_some()
    }

    /// The place in words.
    pub fn words(&self) -> String {
        if self.is_standard() { "standard output".to_owned() } else { self.path.display().to_string() }
    }

    /// Ends the writing: a draft goes to standard output.
    pub fn finish(self) -> Result<(), Failure> {
        if self.draft.is_none() {
            return Ok(());
        }
        let fault = |error: std::io::Error| {
            Problem::new("Could not write to standard output", error.to_string(), "Write to a file with --out")
        };
        let mut file = std::fs::File::open(&self.path).map_err(fault)?;
        let mut piece = Vec::new();
        while file.by_ref().take(PIECE).read_to_end(&mut piece).map_err(fault)? > 0 {
            print::put(&piece)?;
            piece.clear();
        }
        Ok(())
    }
}
