//! Files and directories of the operator's machine that a task sends.

use super::inputs::{io_error, read};
use crate::base::Diagnostic;
use crate::spec::{Input, Tree, TreeEntry, TreeKind};
use crate::vars::TaskScope;
use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// How a source is read.
pub struct Source<'a> {
    /// Whose secrets decrypt.
    pub scope: &'a TaskScope,
    /// Whether links are followed (`local_follow`).
    pub follow: bool,
    /// Whether vaulted files are decrypted (`decrypt`).
    pub decrypt: bool,
}

impl Source<'_> {
    /// One file.
    pub fn file(&self, path: &Path) -> Result<Input, Diagnostic> {
        if self.decrypt { read(path, Some(self.scope)) } else { read(path, None) }
    }

    /// A directory with all below it, in name order, parents first.
    pub fn tree(&self, root: &Path, contents_only: bool) -> Result<Tree, Diagnostic> {
        let mut tree = Tree { root: root.to_path_buf(), contents_only, entries: Vec::new() };
        let meta = fs::metadata(root).map_err(|e| io_error(root, &e))?;
        let mut above = vec![identity(&meta)];
        self.walk(root, "", &mut above, &mut tree.entries)?;
        Ok(tree)
    }

    fn walk(
        &self,
        dir: &Path,
        below: &str,
        above: &mut Vec<(u64, u64)>,
        entries: &mut Vec<TreeEntry>,
    ) -> Result<(), Diagnostic> {
        for path in names(dir)? {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = name.unwrap_or_default();
            let relative = if below.is_empty() { name } else { format!("{below}/{name}") };
            let (kind, meta) = self.kind(&path, above)?;
            let enters = kind == TreeKind::Dir;
            let mode = meta.permissions().mode() & 0o7777;
            entries.push(TreeEntry { path: relative.clone(), kind, mode });
            if enters {
                above.push(identity(&meta));
                self.walk(&path, &relative, above, entries)?;
                above.pop();
            }
        }
        Ok(())
    }

    /// What an entry is sent as. A link that is not followed stays one, and so does one that leads to a
    /// directory above itself, or nowhere.
    fn kind(&self, path: &Path, above: &[(u64, u64)]) -> Result<(TreeKind, Metadata), Diagnostic> {
        let failed = |e: std::io::Error| io_error(path, &e);
        let own = fs::symlink_metadata(path).map_err(failed)?;
        let leads = fs::metadata(path).ok().filter(|meta| {
            let circle = meta.is_dir() && above.contains(&identity(meta));
            self.follow && !circle && (meta.is_dir() || meta.is_file())
        });
        let meta = match leads {
            Some(meta) => meta,
            None if own.file_type().is_symlink() => {
                let target = fs::read_link(path).map_err(failed)?;
                return Ok((TreeKind::Link(target.to_string_lossy().into_owned()), own));
            }
            None => own,
        };
        let kind = if meta.is_dir() { TreeKind::Dir } else { TreeKind::File(self.file(path)?) };
        Ok((kind, meta))
    }
}

/// What is in a directory, in name order.
fn names(dir: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    let failed = |e: std::io::Error| io_error(dir, &e);
    let listing = fs::read_dir(dir).map_err(failed)?;
    let mut names = Vec::new();
    for entry in listing {
        names.push(entry.map_err(failed)?.path());
    }
    names.sort();
    Ok(names)
}

/// A directory whatever its path.
fn identity(meta: &Metadata) -> (u64, u64) {
    (meta.dev(), meta.ino())
}
