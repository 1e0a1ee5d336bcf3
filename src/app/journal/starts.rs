//! Starts that never got as far as a quiet window. After two in a row the next start takes no risk.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Failed starts in a row after which the next one is careful.
const MOST: usize = 2;

/// This start, until it has succeeded.
pub(crate) struct Starts {
    folder: PathBuf,
    own: Option<(PathBuf, File)>,
    failed: Vec<PathBuf>,
}

impl Starts {
    /// Notes that a start has begun. A process that ends before [`Starts::succeeded`] leaves the note, unlocked.
    pub(crate) fn begin(folder: &Path) -> Self {
        let failed = notes(folder).into_iter().filter(|path| is_dead(path)).collect();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        let path = folder.join(format!("{since}-{}.start", std::process::id()));
        let created = std::fs::create_dir_all(folder).and_then(|()| File::create_new(&path));
        let own = created.ok().and_then(|file| file.lock().is_ok().then_some((path, file)));
        Self { folder: folder.to_owned(), own, failed }
    }

    /// Whether so many starts failed in a row that this one should be careful.
    pub(crate) fn is_careful(&self) -> bool {
        self.failed.len() >= MOST
    }

    /// The window is quiet: this start and all failed ones are forgotten.
    pub(crate) fn succeeded(&mut self) {
        let own = self.own.take().map(|(path, _lock)| path);
        for path in own.into_iter().chain(self.failed.drain(..)) {
            std::fs::remove_file(path).ok();
        }
        // Only removed when no other window is starting.
        std::fs::remove_dir(&self.folder).ok();
    }
}

fn notes(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.flatten().map(|e| e.path()).filter(|path| path.extension().is_some_and(|e| e == "start")).collect()
}

/// Whether the process that wrote the note has ended.
fn is_dead(path: &Path) -> bool {
    File::options().append(true).open(path).is_ok_and(|file| file.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_failed_starts_make_the_third_careful_and_a_good_one_ends_that() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("starts");
        for expected in [false, false, true, true] {
            let start = Starts::begin(&folder);
            assert_eq!(start.is_careful(), expected);
            // Dropped without success, as by a crash.
        }
        let mut good = Starts::begin(&folder);
        good.succeeded();
        assert!(!Starts::begin(&folder).is_careful());
    }

    #[test]
    fn windows_that_start_at_once_are_no_failures() {
        let folder = tempfile::tempdir().expect("a folder");
        let many: Vec<Starts> = (0..4).map(|_| Starts::begin(folder.path())).collect();
        assert!(many.iter().all(|start| !start.is_careful()));
    }
}
