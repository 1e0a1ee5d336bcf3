//! A zip file that nobody trusts: sizes are checked before anything is inflated, nothing is ever unpacked to a place.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::base::{Problem, Task, text};

/// Members at most.
const MOST_MEMBERS: usize = 256;
/// A deflated byte never stands for more than so many; neither does the file as a whole, unless members share bytes.
const DEFLATE: u64 = 1_032;
/// Bytes inflated between two looks at the task.
const PIECE: u64 = 8 << 20;

/// A session file being read.
pub struct Archive {
    path: PathBuf,
    zip: ZipArchive<File>,
    /// Bytes that may still be inflated.
    spare: u64,
}

impl Archive {
    /// Opens a file. Reads its directory only.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let unreadable = |error: &dyn std::fmt::Display| refuse(path, &error.to_string());
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        let about = file.metadata().map_err(|error| unreadable(&error))?;
        if !about.is_file() {
            return Err(refuse(path, "it is no ordinary file"));
        }
        let spare = about.len().saturating_mul(DEFLATE);
        let zip = ZipArchive::new(file).map_err(|error| unreadable(&error))?;
        if zip.len() > MOST_MEMBERS {
            return Err(refuse(path, &format!("{} members are more than a session has", text::count(zip.len()))));
        }
        Ok(Self { path: path.to_owned(), zip, spare })
    }

    /// The content of a member of at most `limit` bytes; `None` where there is none of that name.
    pub fn member(&mut self, name: &str, limit: u64, task: &Task) -> Result<Option<Vec<u8>>, Problem> {
        let Self { path, zip, spare } = self;
        let here = |reason: &str| refuse(path, &format!("member {name}: {reason}"));
        let mut member = match zip.by_name(name) {
            Err(ZipError::FileNotFound) => return Ok(None),
            other => other.map_err(|error| here(&error.to_string()))?,
        };
        let size = member.size();
        if size > limit || size > member.compressed_size().saturating_mul(DEFLATE) {
            return Err(here(&format!("it announces {}, which cannot be", text::bytes(size))));
        }
        *spare = spare.checked_sub(size).ok_or_else(|| here("the file would inflate to far more than sessions do"))?;
        let mut content = Vec::new();
        loop {
            task.check().map_err(|cancelled| here(&cancelled.to_string()))?;
            let read = member.by_ref().take(PIECE).read_to_end(&mut content);
            if read.map_err(|error| here(&error.to_string()))? == 0 {
                break;
            }
            if content.len() as u64 > size {
                return Err(here("it is longer than it announces"));
            }
        }
        if content.len() as u64 != size {
            return Err(here("it is shorter than it announces"));
        }
        Ok(Some(content))
    }

    /// The content of a member that must be there.
    pub fn required(&mut self, name: &str, limit: u64, task: &Task) -> Result<Vec<u8>, Problem> {
        let found = self.member(name, limit, task)?;
        found.ok_or_else(|| refuse(&self.path, &format!("member {name} is missing")))
    }
}

/// The refusal to open a session file, with what to do.
pub fn refuse(path: &Path, reason: &str) -> Problem {
    Problem::new(
        "Could not open the session",
        format!("{}: {reason}", path.display()),
        "Open an older copy of the file, or open table and model by themselves",
    )
}
