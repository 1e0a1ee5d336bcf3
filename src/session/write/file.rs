//! Writing a file whole or not at all.

use std::io::Write as _;
use std::path::Path;

use crate::base::Problem;

/// Writes `bytes` to `path`. The file appears whole or not at all: it is written beside its place and then moved
/// there; what is no ordinary file (a device, a pipe) is written directly.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    write(path, bytes).map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => "the folder does not exist; create it or choose another",
            std::io::ErrorKind::PermissionDenied => "this place may not be written to; choose another folder",
            std::io::ErrorKind::StorageFull => "the disk is full; free some space or choose another disk",
            _ => "choose another place",
        };
        Problem::new("Could not write the file", path.display().to_string(), format!("{error}; {hint}"))
    })
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if path.exists() && !path.is_file() {
        let mut target = std::fs::OpenOptions::new().write(true).open(path)?;
        target.write_all(bytes)?;
        return target.flush();
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut draft = tempfile::Builder::new().prefix(".candor-").tempfile_in(folder)?;
    draft.write_all(bytes)?;
    draft.as_file().sync_all()?;
    share(draft.as_file())?;
    draft.persist(path).map_err(|error| error.error)?;
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
