//! Files of a role: tasks, handlers, vars, defaults, meta (S-115, S-120, S-121).

use super::file::with_extension;
use super::hint::near;
use super::keywords::items;
use super::literal::fault;
use super::loader::{Loader, Place};
use crate::base::{Diagnostic, Key, Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Keys of `meta/main.yml`.
const META: [&str; 27] = [
    "allow_duplicates",
    "any_errors_fatal",
    "argument_specs",
    "become",
    "become_exe",
    "become_flags",
    "become_method",
    "become_user",
    "check_mode",
    "collections",
    "connection",
    "debugger",
    "dependencies",
    "diff",
    "environment",
    "galaxy_info",
    "ignore_errors",
    "ignore_unreachable",
    "module_defaults",
    "name",
    "no_log",
    "port",
    "remote_user",
    "run_once",
    "throttle",
    "timeout",
    "vars",
];

/// What a role's meta files say.
#[derive(Debug, Default)]
pub(super) struct Meta {
    pub allow_duplicates: bool,
    pub dependencies: Vec<Value>,
    pub collections: Vec<String>,
    pub argument_specs: Value,
}

/// The directory and the names that a role is known by.
#[derive(Debug)]
pub(super) struct Found {
    pub name: String,
    pub full_name: String,
    pub path: Arc<PathBuf>,
}

impl Loader {
    /// Searches a role by its name (S-115).
    pub(super) fn find_role(&self, name: &str, place: &Place<'_>) -> Result<Found, Diagnostic> {
        let base = place.parent.playbook_dir().map(Path::to_path_buf).unwrap_or_default();
        let collections = collections(place);
        if let Some(found) = self.in_collection(name, &base, &collections) {
            return Ok(found);
        }
        let mut dirs = vec![base.join("roles")];
        dirs.extend(self.options.roles_path.iter().cloned());
        let around = place.parent.role().and_then(|role| role.path.parent());
        dirs.extend(around.filter(|_| !place.stack.is_empty()).map(Path::to_path_buf));
        dirs.push(base);
        let found =
            dirs.iter().map(|dir| super::file::absolute(&dir.join(name))).find(|p| p.is_dir());
        if let Some(path) = found {
            let name = name.to_string();
            return Ok(Found { full_name: name.clone(), name, path: Arc::new(path) });
        }
        let shown = dirs.iter().map(|dir| dir.display().to_string());
        let searched: Vec<String> = collections.into_iter().chain(shown).collect();
        let error =
            Diagnostic::new(format!("The role '{name}' was not found in: {}", searched.join(":")));
        let known: Vec<String> = dirs.iter().flat_map(|dir| names_in(dir)).collect();
        Err(near(error, name, known.iter().map(String::as_str)))
    }

    fn in_collection(&self, name: &str, base: &Path, collections: &[String]) -> Option<Found> {
        let full = |collection: &String| format!("{collection}.{name}");
        let names = std::iter::once(name.to_string()).chain(collections.iter().map(full));
        let roots = std::iter::once(base.join("collections"))
            .chain(self.options.collections_paths.iter().cloned());
        let roots: Vec<PathBuf> = roots.collect();
        names.into_iter().find_map(|full_name| {
            let parts: Vec<&str> = full_name.splitn(3, '.').collect();
            let [namespace, collection, role] = parts.as_slice() else { return None };
            let below: PathBuf =
                ["ansible_collections", namespace, collection, "roles"].iter().collect();
            let below = below.join(role.replace('.', "/"));
            let path = roots.iter().map(|root| root.join(&below)).find(|path| path.is_dir())?;
            let name = role.rsplit('.').next().unwrap_or(role).to_string();
            let full_name = format!("{namespace}.{collection}.{name}");
            Some(Found { name, path: Arc::new(super::file::absolute(&path)), full_name })
        })
    }

    /// The content of a role's file and its path; None when there is no `main`. A name that was asked
    /// for must be there.
    pub(super) fn role_file(
        &self,
        role: &Path,
        kind: &str,
        from: Option<&str>,
    ) -> Result<Option<(PathBuf, Value)>, Diagnostic> {
        let path = role_files(role, kind, from)?.into_iter().next();
        path.map(|path| Ok((path.clone(), self.read(&path)?))).transpose()
    }

    /// The variables of a role's `vars` or `defaults`, all files of a directory merged.
    pub(super) fn role_vars(
        &self,
        role: &Path,
        name: &str,
        kind: &str,
        from: Option<&str>,
    ) -> Result<Arc<Map>, Diagnostic> {
        let files = role_files(role, kind, from)?;
        let one = |path: &PathBuf| {
            self.read_vars(path).map_err(|error| match error.message.as_str() {
                "Invalid variable file contents." => wrong_vars(kind, name, error),
                _ => error,
            })
        };
        if let [path] = files.as_slice() {
            return one(path);
        }
        let mut merged = Map::new();
        for path in &files {
            merged.extend(one(path)?.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        Ok(Arc::new(merged))
    }

    /// What `meta/` says.
    pub(super) fn role_meta(&self, role: &Path, name: &str) -> Result<Meta, Diagnostic> {
        let mut meta = match self.role_file(role, "meta", None)? {
            Some((_, value)) if !value.is_null() => main_meta(&value, name)?,
            _ => Meta::default(),
        };
        if let Some(path) = with_extension(&role.join("meta"), "argument_specs", false).first() {
            let specs = self.read(path)?;
            meta.argument_specs = specs.get("argument_specs").cloned().unwrap_or_default();
        }
        if !meta.argument_specs.is_null() && meta.argument_specs.as_map().is_none() {
            let text =
                format!("The argument_specs of role {name} must be a dictionary of entry points");
            return Err(fault(text, &meta.argument_specs));
        }
        Ok(meta)
    }
}

fn wrong_vars(kind: &str, name: &str, error: Diagnostic) -> Diagnostic {
    let text = format!(
        "The {kind}/main.yml file for role '{name}' must contain a dictionary of variables"
    );
    Diagnostic::new(text).at(error.origin.as_ref()).code(4)
}

/// Collections in which short names are looked up first.
fn collections(place: &Place<'_>) -> Vec<String> {
    let nearest = place.parent.chain().find(|step| !step.keywords.collections.is_empty());
    let mut names: Vec<String> = place
        .parent
        .role()
        .and_then(|role| role.full_name.rsplit_once('.'))
        .map(|(collection, _)| collection.to_string())
        .into_iter()
        .collect();
    names.extend(nearest.map(|step| step.keywords.collections.clone()).unwrap_or_default());
    if !names.is_empty() || !place.stack.is_empty() {
        names.push("ansible.legacy".to_string());
    }
    names
}

fn names_in(dir: &Path) -> Vec<String> {
    let Ok(listing) = std::fs::read_dir(dir) else { return Vec::new() };
    listing
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

fn role_files(role: &Path, kind: &str, from: Option<&str>) -> Result<Vec<PathBuf>, Diagnostic> {
    let dir = role.join(kind);
    let directories = matches!(kind, "vars" | "defaults");
    let Some(from) = from else { return Ok(with_extension(&dir, "main", directories)) };
    if !dir.is_dir() {
        let text = format!("Could not find specified file in role, its '{kind}/' is not usable.");
        return Err(Diagnostic::new(text));
    }
    let files = with_extension(&dir, bare(from), directories);
    if files.is_empty() {
        let text = format!("Could not find specified file in role: {kind}/{from}");
        return Err(Diagnostic::new(text).hint(format!("It is searched in {}.", dir.display())));
    }
    Ok(files)
}

/// A file name without the extension of YAML files (S-118).
pub(super) fn bare(name: &str) -> &str {
    let known = [".yml", ".yaml", ".json"].into_iter().find_map(|end| name.strip_suffix(end));
    known.unwrap_or(name)
}

fn main_meta(value: &Value, name: &str) -> Result<Meta, Diagnostic> {
    let Some(map) = value.as_map() else {
        return Err(fault(
            format!("the 'meta/main.yml' for role {name} is not a dictionary"),
            value,
        ));
    };
    let unknown = |key: &Key| key.as_str().is_none_or(|key| !META.contains(&key));
    if let Some((key, value)) = map.iter().find(|(key, _)| unknown(key)) {
        let text = format!("'{key}' is not a valid attribute for a RoleMetadata");
        return Err(Diagnostic::new(text).at(value.meta().key_origin().as_ref()).code(4));
    }
    let get = |name: &str| map.get(&Key::from(name)).filter(|value| !value.is_null());
    let dependencies = match get("dependencies") {
        Some(list) if list.as_list().is_none() => {
            return Err(fault("Expected role dependencies to be a list.", value));
        }
        list => list.map(items).unwrap_or_default(),
    };
    let collections = get("collections");
    Ok(Meta {
        allow_duplicates: get("allow_duplicates").and_then(super::literal::truth).unwrap_or(false),
        dependencies,
        collections: collections
            .map(|value| super::keywords::texts("collections", value))
            .transpose()?
            .unwrap_or_default(),
        argument_specs: get("argument_specs").cloned().unwrap_or_default(),
    })
}
