//! Reading and adding to `known_hosts` files.

use super::line::{Line, Marker, hashed};
use russh::keys::PublicKey;
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A key that a file knows for a name.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it says about the key.
    pub marker: Marker,
    /// The key, without comment.
    pub key: PublicKey,
    /// The file.
    pub path: PathBuf,
    /// The line in it, from 1.
    pub line: usize,
}

/// All entries for a name, in the order of the files; a missing file has none.
pub(super) fn entries(files: &[PathBuf], name: &str) -> Vec<Entry> {
    files
        .iter()
        .flat_map(|path| {
            let text = fs::read(path).unwrap_or_default();
            of_text(path, &String::from_utf8_lossy(&text), |line| line.names(name))
        })
        .collect()
}

/// Names under which the same key is known, as `file:line: names`.
pub(super) fn other_names(files: &[PathBuf], key: &PublicKey) -> Vec<String> {
    let mut found = Vec::new();
    for path in files {
        let text = fs::read_to_string(path).unwrap_or_default();
        for (index, text) in text.lines().enumerate() {
            let Some(line) = Line::parse(text).filter(|line| line.marker == Marker::Plain) else {
                continue;
            };
            if line.key().is_some_and(|known| known.key_data() == key.key_data()) {
                let names =
                    if line.hosts.starts_with("|1|") { "[hashed name]" } else { line.hosts };
                found.push(format!("{}:{}: {names}", path.display(), index + 1));
            }
        }
    }
    found
}

fn of_text(path: &Path, text: &str, wanted: impl Fn(&Line<'_>) -> bool) -> Vec<Entry> {
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(index, text)| {
            let line = Line::parse(text).filter(&wanted)?;
            let key = line.key()?;
            Some(Entry { marker: line.marker, key, path: path.to_owned(), line: index + 1 })
        })
        .collect()
}

/// Adds a key under a lock, unless the file has come to know it meanwhile.
pub(super) fn add(path: &Path, name: &str, key: &PublicKey, hash: bool) -> io::Result<()> {
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty() && !dir.exists()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    }
    let mut file =
        OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    flock(&file, FlockOperation::LockExclusive)?;
    let text = content(&mut file)?;
    let known = of_text(path, &text, |line| line.marker == Marker::Plain && line.names(name));
    if known.iter().any(|entry| entry.key.key_data() == key.key_data()) {
        return Ok(());
    }
    let mut bare = key.clone();
    bare.set_comment("");
    let key = bare.to_openssh().map_err(io::Error::other)?;
    let name = if hash { hashed(name) } else { Some(name.to_owned()) };
    let name = name.ok_or_else(|| io::Error::other("no random bytes"))?;
    let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    file.write_all(format!("{newline}{name} {}\n", key.trim_end()).as_bytes())
}

fn content(file: &mut File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
