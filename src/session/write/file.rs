//! Writing a file whole or not at all.

use std::io::Write as _;
use std::path::Path;

use crate::base::{Problem, Task};

/// Bytes written between two looks at the task; on a slow disk they take less than a tenth of a second.
const PIECE: usize = 8 << 20;

/// Writes `bytes` to `path`. The file appears whole or not at all: it is written beside its place and then moved
/// there; what is no ordinary file (a device, a pipe) is written directly.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    write_parts(path, &[bytes], &Task::silent())
}

/// Writes `pieces` one after the other, as [`write_file`] does; once `task` is cancelled nothing is left behind.
pub fn write_pieces(path: &Path, pieces: &[Vec<u8>], task: &Task) -> Result<(), Problem> {
    let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
    write_parts(path, &pieces, task)
}

fn write_parts(path: &Path, pieces: &[&[u8]], task: &Task) -> Result<(), Problem> {
    write(path, pieces, task).map_err(|error| refused(path, &error))
}

/// The refusal to write `path`, with what to do.
pub(in crate::session) fn refused(path: &Path, error: &std::io::Error) -> Problem {
    let hint = match error.kind() {
        std::io::ErrorKind::NotFound => "the folder does not exist; create it or choose another",
        std::io::ErrorKind::PermissionDenied => "this place may not be written to; choose another folder",
        std::io::ErrorKind::StorageFull => "the disk is full; free some space or choose another disk",
        _ => "choose another place",
    };
    Problem::new("Could not write the file", path.display().to_string(), format!("{error}; {hint}"))
}

fn write(path: &Path, pieces: &[&[u8]], task: &Task) -> std::io::Result<()> {
    if path.exists() && !path.is_file() {
        let mut target = std::fs::OpenOptions::new().write(true).open(path)?;
        put(&mut target, pieces, task)?;
        return target.flush();
    }
    let mut draft = draft(path)?;
    put(draft.as_file_mut(), pieces, task)?;
    keep(draft, path)
}

/// The folder of a file.
pub fn folder(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// A file beside `path` that vanishes unless it is kept.
pub(super) fn draft(path: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(".candor-").tempfile_in(folder(path))
}

/// Moves a finished draft to its place.
pub(in crate::session) fn keep(draft: tempfile::NamedTempFile, path: &Path) -> std::io::Result<()> {
    draft.as_file().sync_all()?;
    share(draft.as_file())?;
    draft.persist(path).map_err(|error| error.error)?;
    // The new name, too, is to survive a power cut; a file system that cannot promise that has the file all the same.
    #[cfg(unix)]
    std::fs::File::open(folder(path)).and_then(|folder| folder.sync_all()).ok();
    Ok(())
}

/// Writes piece by piece. Every piece reaches the disk before the next begins, so that the end does not wait for all.
fn put(target: &mut std::fs::File, pieces: &[&[u8]], task: &Task) -> std::io::Result<()> {
    let mut waiting = 0;
    for part in pieces.iter().flat_map(|piece| piece.chunks(PIECE)) {
        task.check().map_err(std::io::Error::other)?;
        target.write_all(part)?;
        waiting += part.len();
        if waiting >= PIECE {
            // A pipe or device cannot be synchronised and need not be.
            target.sync_data().ok();
            waiting = 0;
        }
    }
    Ok(())
}

/// Drafts are private to their owner; a finished file is as readable as any other file.
#[cfg(unix)]
fn share(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn share(_file: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancelled_file_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("result.csv");
        let task = Task::silent();
        task.cancel();
        write_pieces(&path, &[b"a".to_vec()], &task).expect_err("the task was cancelled");
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 0, "no draft is left behind");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_told_with_what_to_do() {
        let problem = write_file(Path::new("/dev/full"), b"numbers").expect_err("this device is always full");
        assert!(problem.hint.contains("the disk is full; free some space"), "{problem}");
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_the_old_one() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("result.csv");
        write_file(&path, b"old").expect("the folder is writable");
        let missing = folder.path().join("nowhere/result.csv");
        let problem = write_file(&missing, b"new").expect_err("the folder does not exist");
        assert!(problem.hint.contains("create it"), "{problem}");
        assert_eq!(std::fs::read(&path).expect("still there"), b"old");
        let left: Vec<_> = std::fs::read_dir(folder.path()).expect("listed").collect();
        assert_eq!(left.len(), 1, "no draft is left behind");
    }
}
