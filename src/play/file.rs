//! Reading YAML files of the operator.

use super::literal::fault;
use super::loader::Loader;
use super::names;
use crate::base::{Diagnostic, Kind, Map, Origin, Source, Value, yaml};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The error for a file that is not there, in Ansible's words.
pub fn not_found(path: &Path) -> Diagnostic {
    let path = path.display();
    Diagnostic::new(format!(
        "Unable to retrieve file contents. Could not find or access '{path}' on the Ansible Controller: [Errno 2] No such file or directory: '{path}'"
    ))
    .hint("If you are using a module and expect the file to exist on the remote, see the remote_src option.")
}

impl Loader {
    /// The content of a YAML file.
    pub(super) fn read(&self, path: &Path) -> Result<Value, Diagnostic> {
        if path.is_dir() {
            let name = path.display();
            let text = format!(
                "An error occurred while trying to read the file '{name}': [Errno 21] Is a directory: '{name}'"
            );
            return Err(Diagnostic::new(text).code(4));
        }
        if !path.exists() {
            return Err(not_found(path));
        }
        let source = Source::file(path.to_string_lossy());
        let bytes = (self.options.read_file)(path)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let text = format!("Could not read '{}': {error}", path.display());
            Diagnostic::new(text).at(Some(&Origin::whole(&source))).code(4)
        })?;
        let loaded = yaml::load(&text, &source)?;
        self.warn_all(loaded.warnings);
        Ok(loaded.value)
    }

    /// The variables of a file; an empty one has none.
    pub(super) fn read_vars(&self, path: &Path) -> Result<Arc<Map>, Diagnostic> {
        let value = self.read(path)?;
        match &value.kind {
            Kind::Null => Ok(Arc::default()),
            Kind::Map(map) => {
                self.warn_all(names::reserved(map));
                Ok(Arc::clone(map))
            }
            _ => Err(fault("Invalid variable file contents.", &value).hint(
                "Variable files must contain either a dictionary of variables, or a list of dictionaries.",
            )),
        }
    }
}

/// The absolute form of a path, without `.` and `..`; links are kept.
pub fn absolute(path: &Path) -> PathBuf {
    let expanded = expand_home(path);
    let whole = std::path::absolute(&expanded).unwrap_or(expanded);
    let mut clean = PathBuf::new();
    for part in whole.components() {
        match part {
            std::path::Component::ParentDir => drop(clean.pop()),
            std::path::Component::CurDir => {}
            other => clean.push(other),
        }
    }
    clean
}

/// A path that may start with `~/`.
pub(super) fn expand_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.to_path_buf(),
    }
}

/// The files of a directory that hold variables or the one file of that name, with the extensions
/// Ansible knows; empty when there is none (S-120).
pub(super) fn with_extension(dir: &Path, name: &str, directories: bool) -> Vec<PathBuf> {
    for extension in ["", ".yml", ".yaml", ".json"] {
        let path = dir.join(format!("{name}{extension}"));
        if path.is_dir() && directories {
            return files_below(&path);
        }
        if path.is_file() {
            return vec![path];
        }
    }
    Vec::new()
}

/// Variable files of a directory and those below it, sorted by name.
fn files_below(dir: &Path) -> Vec<PathBuf> {
    let Ok(listing) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
        .into_iter()
        .flat_map(|path| if path.is_dir() { files_below(&path) } else { usable(path) })
        .collect()
}

fn usable(path: PathBuf) -> Vec<PathBuf> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let hidden = name.starts_with('.') || name.ends_with('~');
    let extension = path.extension().map(|e| e.to_string_lossy().into_owned());
    let known = extension.is_none_or(|e| matches!(e.as_str(), "yml" | "yaml" | "json"));
    if known && !hidden { vec![path] } else { Vec::new() }
}
