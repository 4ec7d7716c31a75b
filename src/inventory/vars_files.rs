//! `group_vars` and `host_vars` directories (S-5), each file read once.

use super::files::Files;
use super::layers::{Layer, Level};
use super::notice::Notices;
use super::rules::Rules;
use crate::base::{Diagnostic, Map, Value};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Exit code of what cannot be parsed.
const PARSE_ERROR: u8 = 4;

/// Beside what a directory lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// An inventory source.
    Inventory,
    /// The playbook.
    Play,
}

/// Whose variables are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity<'a> {
    /// A group's.
    Group(&'a str),
    /// A host's.
    Host(&'a str),
}

/// One file of variables.
#[derive(Clone, Debug)]
pub struct VarsFile {
    /// Its absolute path.
    pub path: Arc<str>,
    /// What it sets.
    pub vars: Arc<Map>,
}

impl VarsFile {
    pub(super) fn layer(self, level: Level) -> Layer {
        Layer { level, source: self.path, vars: self.vars }
    }
}

/// The variable files beside inventory sources and a playbook. Clones share what was read.
#[derive(Clone, Debug)]
pub struct VarsFiles {
    inventory: Vec<PathBuf>,
    play: Vec<PathBuf>,
    files: Files,
    rules: Arc<Rules>,
    cache: Arc<Mutex<Cache>>,
}

#[derive(Debug, Default)]
struct Cache {
    /// Names in a `group_vars` or `host_vars` directory; empty when there is none.
    names: HashMap<PathBuf, Arc<Vec<String>>>,
    /// Files by directory and name.
    found: HashMap<(PathBuf, String), Vec<VarsFile>>,
}

impl VarsFiles {
    /// The files beside these sources (host lists have no place) and in these playbook directories.
    pub fn new(sources: &[Arc<str>], play: Vec<PathBuf>, files: Files, rules: Arc<Rules>) -> Self {
        let mut inventory: Vec<PathBuf> =
            sources.iter().filter_map(|source| directory_of(source)).collect();
        inventory.dedup();
        let play = play.iter().map(|dir| real(dir)).collect();
        Self { inventory, play, files, rules, cache: Arc::default() }
    }

    /// The same for another playbook.
    #[must_use]
    pub fn beside_playbook(&self, play: &[PathBuf]) -> Self {
        Self { play: play.iter().map(|dir| real(dir)).collect(), ..self.clone() }
    }

    /// The same directories, with nothing read yet.
    #[must_use]
    pub fn unread(&self) -> Self {
        Self { cache: Arc::default(), ..self.clone() }
    }

    /// The files of some groups or hosts: directory by directory, and in each one entity by entity.
    pub fn find(
        &self,
        place: Place,
        entities: &[Entity<'_>],
        notices: &mut Notices,
    ) -> Result<Vec<VarsFile>, Diagnostic> {
        let dirs = if place == Place::Inventory { &self.inventory } else { &self.play };
        let mut found = Vec::new();
        for dir in dirs {
            for entity in entities {
                found.extend(self.of_entity(dir, *entity, notices)?);
            }
        }
        Ok(found)
    }

    fn of_entity(
        &self,
        dir: &Path,
        entity: Entity<'_>,
        notices: &mut Notices,
    ) -> Result<Vec<VarsFile>, Diagnostic> {
        let (kind, name) = match entity {
            Entity::Group(name) => ("group_vars", name),
            Entity::Host(name) => ("host_vars", name),
        };
        if name.starts_with('/') {
            return Ok(Vec::new());
        }
        let dir = dir.join(kind);
        // One lock for all: a file is read once, however many hosts ask for it at the same time.
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let names = cache.names(&dir, kind, notices);
        let Some(first) = self.first_of(&dir, name, &names) else { return Ok(Vec::new()) };
        let key = (dir, name.to_string());
        if let Some(files) = cache.found.get(&key) {
            return Ok(files.clone());
        }
        let mut files = Vec::new();
        for path in self.below(&first) {
            files.extend(self.read(&path, notices)?);
        }
        cache.found.insert(key, files.clone());
        Ok(files)
    }

    /// The entry that stands for a name: without ending before with one.
    fn first_of(&self, dir: &Path, name: &str, names: &[String]) -> Option<PathBuf> {
        if names.is_empty() {
            return None;
        }
        let candidates = std::iter::once(name.to_string())
            .chain(self.rules.yaml_extensions.iter().map(|ending| with_ending(name, ending)));
        if name.contains('/') {
            return candidates.map(|file| dir.join(file)).find(|path| path.exists());
        }
        let mut present = candidates.filter(|file| names.binary_search(file).is_ok());
        present.find(|file| dir.join(file).exists()).map(|file| dir.join(file))
    }

    /// A file itself, or the files of a directory and of those below it, sorted.
    fn below(&self, path: &Path) -> Vec<PathBuf> {
        if !path.is_dir() {
            return vec![path.to_path_buf()];
        }
        let mut files = Vec::new();
        for name in listing(path) {
            if name.starts_with('.') || name.ends_with('~') {
                continue;
            }
            let inner = path.join(&name);
            let ending = inner.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
            if inner.is_dir() && ending.is_none() {
                files.extend(self.below(&inner));
            } else if inner.is_file()
                && ending.is_none_or(|e| self.rules.yaml_extensions.contains(&e))
            {
                files.push(inner);
            }
        }
        files
    }

    fn read(&self, path: &Path, notices: &mut Notices) -> Result<Option<VarsFile>, Diagnostic> {
        let (loaded, vaulted) = self.files.load(path).map_err(|error| error.code(PARSE_ERROR))?;
        loaded.warnings.into_iter().for_each(|warning| notices.warning(warning));
        let value = loaded.value;
        if !value.is_true() {
            return Ok(None);
        }
        let value = if vaulted && self.rules.vaulted_is_secret { value.secret() } else { value };
        let Some(vars) = value.as_map() else { return Err(no_dict(path, &value)) };
        Ok(Some(VarsFile { path: path.display().to_string().into(), vars: Arc::new(vars.clone()) }))
    }
}

fn no_dict(path: &Path, value: &Value) -> Diagnostic {
    let cause = format!(
        "failed to combine variables, expected dicts but got a 'dict' and a '{}'.",
        value.type_name()
    );
    Diagnostic::new(format!("Could not process '{}'.", path.display()))
        .at(value.origin())
        .code(PARSE_ERROR)
        .caused_by(Diagnostic::new(cause))
}

fn with_ending(name: &str, ending: &str) -> String {
    if ending.contains('.') { format!("{name}{ending}") } else { format!("{name}.{ending}") }
}

impl Cache {
    fn names(&mut self, dir: &Path, kind: &str, notices: &mut Notices) -> Arc<Vec<String>> {
        if let Some(names) = self.names.get(dir) {
            return Arc::clone(names);
        }
        if dir.exists() && !dir.is_dir() {
            notices
                .warn(format!("Found {kind} that is not a directory, skipping: {}", dir.display()));
        }
        let names = Arc::new(listing(dir));
        self.names.insert(dir.to_path_buf(), Arc::clone(&names));
        names
    }
}

/// Names in a directory, sorted; none when it cannot be read.
fn listing(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// Where variable files of an inventory source lie; None for a host list.
fn directory_of(source: &str) -> Option<PathBuf> {
    let path = Path::new(source);
    if source.contains(',') && !path.exists() {
        return None;
    }
    if path.is_dir() {
        return Some(real(path));
    }
    path.parent().filter(|dir| dir.is_dir()).map(real)
}

fn real(dir: &Path) -> PathBuf {
    dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf())
}
