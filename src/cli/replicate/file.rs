//! Files that are replaced in one step.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{Error, ErrorKind, Result, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Puts a file (mode 0644) in the place of another. Whoever reads it sees the old one or the new one, whole.
pub fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let Some(name) = path.file_name() else {
        return Err(Error::new(ErrorKind::InvalidInput, "it names no file"));
    };
    // Collectors of metrics take every file that ends in .prom.
    let beside = format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id());
    let beside = path.with_file_name(beside);
    let done = written(&beside, content).and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        // It may not even be there.
        let _ = fs::remove_file(&beside);
    }
    done
}

fn written(path: &Path, content: &[u8]) -> Result<()> {
    // One that a killed process of the same number left.
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.set_permissions(Permissions::from_mode(0o644))?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_file_is_replaced_and_nothing_left_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("repl.prom");
        replace(&path, b"one\n").unwrap();
        let first = fs::metadata(&path).unwrap();
        assert_eq!(first.mode() & 0o7777, 0o644);
        let reader = fs::File::open(&path).unwrap();
        replace(&path, b"two\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two\n");
        // Who had it open has the old one, whole.
        assert_eq!(std::io::read_to_string(reader).unwrap(), "one\n");
        assert_ne!(fs::metadata(&path).unwrap().ino(), first.ino());
        fs::create_dir(dir.path().join("full")).unwrap();
        fs::write(dir.path().join("full/file"), "").unwrap();
        replace(&dir.path().join("full"), b"x").unwrap_err();
        replace(&dir.path().join("none/repl.prom"), b"x").unwrap_err();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }
}
