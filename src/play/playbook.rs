//! Playbook files and their imports.

use super::action::short;
use super::file::{absolute, expand_home, not_found};
use super::keywords;
use super::literal::{class, fault};
use super::loader::{Gathered, Loader, Place};
use super::model::{Keywords, Parent, ParentKind, Play, Playbook};
use super::table::Object;
use crate::base::{Diagnostic, Key, Kind, Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Playbooks inside each other: more are taken for a circle.
const DEEPEST: usize = 32;

/// Keywords of an `import_playbook` that the plays get (S-124).
const HANDED_DOWN: [&str; 5] = ["import_playbook", "name", "tags", "vars", "when"];

impl Loader {
    /// Loads a playbook with all that it imports and all roles, and checks what can be checked without
    /// a host. Warnings are kept for [`Loader::take_warnings`].
    pub fn playbook(&self, path: &Path) -> Result<Playbook, Diagnostic> {
        let shown = path.display().to_string();
        let here = PathBuf::from(".");
        let file = match path.exists() {
            true => Some(path.to_path_buf()),
            false => self.in_collection_playbooks(&shown, &here),
        };
        let Some(file) = file else {
            return Err(Diagnostic::new(format!("the playbook: {shown} could not be found")));
        };
        if file.is_dir() {
            let text = format!("the playbook: {shown} does not appear to be a file");
            return Err(Diagnostic::new(text));
        }
        let mut plays = Vec::new();
        self.plays(&absolute(&file), &Keywords::default(), 0, &mut plays)?;
        Ok(Playbook { path: shown, plays })
    }

    fn plays(
        &self,
        path: &Path,
        around: &Keywords,
        depth: usize,
        plays: &mut Vec<Arc<Play>>,
    ) -> Result<(), Diagnostic> {
        let data = self.read(path)?;
        let shown = path.display();
        let entries = match &data.kind {
            Kind::Null => {
                let text = format!("Empty playbook, nothing to do: {shown}");
                return Err(Diagnostic::new(text).code(4));
            }
            Kind::List(entries) if entries.is_empty() => {
                let text = format!("A playbook must contain at least one play: {shown}");
                return Err(Diagnostic::new(text).code(4));
            }
            Kind::List(entries) => entries,
            _ => {
                let class = class(&data);
                let text =
                    format!("A playbook must be a list of plays, got a {class} instead: {shown}");
                return Err(fault(text, &data));
            }
        };
        let file = Arc::new(path.to_path_buf());
        for entry in entries.iter() {
            match import(entry) {
                Some((map, name)) => {
                    self.import_playbook(map, name, &file, around, depth, plays)?
                }
                None => plays.push(Arc::new(self.play(entry, &file, around)?)),
            }
        }
        Ok(())
    }

    fn import_playbook(
        &self,
        map: &Map,
        name: &Value,
        file: &Arc<PathBuf>,
        around: &Keywords,
        depth: usize,
        plays: &mut Vec<Arc<Play>>,
    ) -> Result<(), Diagnostic> {
        let map: Map = map.iter().map(|(k, v)| (plain_key(k), v.clone())).collect();
        keywords::refuse_unknown(Object::ImportPlaybook, &map)?;
        let own = keywords::read(Object::ImportPlaybook, &map)?;
        self.warn_unused(&map);
        if name.is_null() {
            let error = Diagnostic::new("The field 'import_playbook' is required but was not set.");
            return Err(error.at(name.meta().key_origin().as_ref()).code(4));
        }
        if depth > DEEPEST {
            let error = Diagnostic::new("Exceeded maximum object depth.").at(name.origin());
            return Err(error.hint("A playbook imports itself, or imports form a circle."));
        }
        let inner = inherit(around, own);
        let path = self.playbook_path(name, file, &inner)?;
        self.plays(&path, &inner, depth + 1, plays)
    }

    /// Keywords that Ansible accepts here and that reach no play.
    fn warn_unused(&self, map: &Map) {
        for (key, value) in map {
            let name = key.to_string();
            if !HANDED_DOWN.contains(&name.as_str()) {
                let text = format!("The keyword '{name}' has no effect on import_playbook.");
                self.warn(Diagnostic::new(text).at(value.meta().key_origin().as_ref()));
            }
        }
    }

    fn playbook_path(
        &self,
        name: &Value,
        file: &Arc<PathBuf>,
        inner: &Keywords,
    ) -> Result<PathBuf, Diagnostic> {
        let gathered = Gathered::default();
        let top = Parent {
            kind: ParentKind::Play,
            keywords: Keywords { vars: Arc::clone(&inner.vars), ..Keywords::default() },
            role: None,
            params: false,
            file: Some(Arc::clone(file)),
            up: None,
        };
        let place = Place::new(&Arc::new(top), false, &gathered);
        let rendered = self.render(name, &place, &inner.vars).map_err(|cause| {
            let cause = if cause.origin.is_some() { cause } else { cause.at(name.origin()) };
            fault("Error processing keyword 'import_playbook'.", name).caused_by(cause)
        })?;
        let text = rendered.text();
        let dir = file.parent().map(Path::to_path_buf).unwrap_or_default();
        let path = absolute(&dir.join(expand_home(Path::new(&text))));
        if path.exists() {
            return Ok(path);
        }
        match self.in_collection_playbooks(&text, &dir) {
            Some(path) => Ok(path),
            None => Err(not_found(&path).at(name.origin())),
        }
    }

    /// A playbook of a collection: `namespace.collection.name`.
    fn in_collection_playbooks(&self, name: &str, dir: &Path) -> Option<PathBuf> {
        let parts: Vec<&str> = name.splitn(3, '.').collect();
        let [namespace, collection, playbook] = parts.as_slice() else { return None };
        let below: PathBuf =
            ["ansible_collections", namespace, collection, "playbooks"].iter().collect();
        let roots = std::iter::once(dir.join("collections"))
            .chain(self.options.collections_paths.iter().cloned());
        let playbook = super::role_files::bare(playbook);
        roots
            .flat_map(|root| super::file::with_extension(&root.join(&below), playbook, false))
            .next()
    }
}

/// The map of an `import_playbook`, and the name in it.
fn import(entry: &Value) -> Option<(&Map, &Value)> {
    let map = entry.as_map()?;
    let found = map.iter().find(|(key, _)| plain_key(key).as_str() == Some("import_playbook"));
    found.map(|(_, name)| (map, name))
}

fn plain_key(key: &Key) -> Key {
    match key.as_str() {
        Some(name) => Key::from(short(name)),
        None => key.clone(),
    }
}

/// What the plays of an import get: outer conditions first, outer variables on top.
fn inherit(around: &Keywords, own: Keywords) -> Keywords {
    let mut vars = (*own.vars).clone();
    vars.extend(around.vars.iter().map(|(key, value)| (key.clone(), value.clone())));
    let chained = |outer: &[Value], inner: &[Value]| [outer, inner].concat();
    Keywords {
        when: chained(&around.when, &own.when),
        tags: chained(&around.tags, &own.tags),
        vars: Arc::new(vars),
        ..Keywords::default()
    }
}
