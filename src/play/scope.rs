//! Variables that are known before anything runs: what names of static imports and tags may use.

use super::loader::{Loader, Place};
use super::model::ParentKind;
use super::search;
use crate::base::{Diagnostic, Key, Map, Value};
use crate::spec::{Lookup, Scope};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Layers, the strongest first.
pub(super) struct StaticScope<'a> {
    loader: &'a Loader,
    layers: Vec<Arc<Map>>,
    paths: Vec<PathBuf>,
    warnings: Mutex<Vec<Diagnostic>>,
}

impl<'a> StaticScope<'a> {
    pub(super) fn new(loader: &'a Loader, place: &Place<'_>, own: &Arc<Map>) -> Self {
        let steps = || place.parent.chain();
        let own_roles = || steps().filter_map(|step| step.role.as_ref());
        let play = place.gathered.vars.borrow();
        let mut layers =
            vec![magic(place), Arc::clone(&loader.options.extra_vars), Arc::clone(own)];
        let below_play = steps().filter(|step| step.kind != ParentKind::Play);
        layers.extend(below_play.map(|step| Arc::clone(&step.keywords.vars)));
        layers.extend(own_roles().map(|role| Arc::clone(&role.vars)));
        layers.extend(play.roles.iter().map(|(vars, _)| Arc::clone(vars)));
        layers.extend(play.files.iter().cloned());
        let top = steps().filter(|step| step.kind == ParentKind::Play);
        layers.extend(top.map(|step| Arc::clone(&step.keywords.vars)));
        layers.extend(own_roles().map(|role| Arc::clone(&role.defaults)));
        layers.extend(play.roles.iter().map(|(_, defaults)| Arc::clone(defaults)));
        layers.retain(|layer| !layer.is_empty());
        let paths = search::path_of(&place.parent, None);
        Self { loader, layers, paths, warnings: Mutex::default() }
    }

    pub(super) fn take_warnings(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The magic variables that exist without a host.
fn magic(place: &Place<'_>) -> Arc<Map> {
    let text = |path: &Path| Value::from(path.to_string_lossy().as_ref());
    let mut map = Map::new();
    if let Some(dir) = place.parent.playbook_dir() {
        map.insert(Key::from("playbook_dir"), text(dir));
    }
    if let Some(role) = place.parent.role() {
        map.insert(Key::from("role_path"), text(&role.path));
        map.insert(Key::from("role_name"), Value::from(role.name.as_str()));
        map.insert(Key::from("ansible_role_name"), Value::from(role.full_name.as_str()));
    }
    Arc::new(map)
}

impl Scope for StaticScope<'_> {
    fn variable(&self, name: &str) -> Lookup {
        let key = Key::from(name);
        match self.layers.iter().find_map(|layer| layer.get(&key)) {
            Some(value) => Lookup::Found(value.clone()),
            None => Lookup::Missing,
        }
    }

    fn names(&self) -> Vec<Arc<str>> {
        let keys = self.layers.iter().flat_map(|layer| layer.keys());
        let mut names: Vec<Arc<str>> = keys.filter_map(|key| key.as_str().map(Arc::from)).collect();
        names.sort();
        names.dedup();
        names
    }

    fn search_path(&self) -> Vec<PathBuf> {
        self.paths.clone()
    }

    fn setting(&self, _: &str) -> Option<Value> {
        None
    }

    fn decrypt(&self, text: &str) -> Result<Value, Diagnostic> {
        (self.loader.options.decrypt)(text)
    }

    fn read_file(&self, path: &Path) -> Result<Vec<u8>, Diagnostic> {
        (self.loader.options.read_file)(path)
    }

    fn select(&self, _: &str) -> Result<Vec<Arc<str>>, Diagnostic> {
        Err(Diagnostic::new("names of static imports cannot use the inventory"))
    }

    fn warn(&self, warning: Diagnostic) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
    }
}
