//! The variables of one task on one host: a stack of shared layers, never a merged copy.

use super::magic::{self, PlayFrame, RoleFrame};
use super::store::{HostVars, Store};
use crate::base::{Diagnostic, Key, Map, Value};
use crate::spec::{Lookup, Scope};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Collects warnings of evaluations.
#[derive(Clone, Debug, Default)]
pub struct Warnings(Arc<Mutex<Vec<Diagnostic>>>);

impl Warnings {
    /// Adds one.
    pub fn push(&self, warning: Diagnostic) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
    }

    /// Takes all so far.
    pub fn take(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Names that tasks in flight will set: an evaluation ahead of its turn must not read them.
#[derive(Clone, Debug, Default)]
pub struct Ahead {
    /// Names on the level of `register` and `set_fact`.
    pub names: HashSet<String>,
    /// Whether facts may change.
    pub facts: bool,
    /// Whether variables of other hosts, groups and `ansible_play_*` may change.
    pub others: bool,
    /// Whether nothing may be evaluated that acts or reads what changes by itself.
    pub pure: bool,
}

/// The scope of one task on one host.
#[derive(Clone)]
pub struct TaskScope {
    /// Everything that outlives the task.
    pub store: Arc<Store>,
    /// The play or batch.
    pub play: Arc<PlayFrame>,
    /// The role the task belongs to.
    pub role: Option<Arc<RoleFrame>>,
    /// The host.
    pub host: Arc<str>,
    /// Levels the host's tasks wrote.
    pub own: Arc<HostVars>,
    /// Loop variables and others above everything but magic.
    pub locals: Map,
    /// Layers above `registered`: include params, role params; highest first.
    pub above: Vec<Arc<Map>>,
    /// Layers between `include_vars` and facts: task, block, role vars, files, prompts, play; highest first.
    pub middle: Vec<Arc<Map>>,
    /// Layers below the inventory: role defaults; highest first.
    pub below: Vec<Arc<Map>>,
    /// Where relative controller files are searched.
    pub search_path: Arc<Vec<PathBuf>>,
    /// Set when this evaluation runs ahead of its turn.
    pub ahead: Option<Arc<Ahead>>,
    /// Where warnings go.
    pub warnings: Warnings,
}

impl TaskScope {
    /// A scope of a host outside of any task: what `hostvars` and play keywords see.
    pub fn of_host(
        store: &Arc<Store>,
        play: &Arc<PlayFrame>,
        host: &Arc<str>,
        warnings: &Warnings,
    ) -> Self {
        Self {
            store: Arc::clone(store),
            play: Arc::clone(play),
            role: None,
            host: Arc::clone(host),
            own: store.host(host),
            locals: Map::new(),
            above: Vec::new(),
            middle: Vec::new(),
            below: Vec::new(),
            search_path: Arc::default(),
            ahead: None,
            warnings: warnings.clone(),
        }
    }

    /// The same with one more variable above all but magic ones.
    #[must_use]
    pub fn with_local(mut self, name: &str, value: Value) -> Self {
        self.locals.insert(name.into(), value);
        self
    }

    fn inject_fact(&self, key: &Key) -> Option<Value> {
        let found = self.own.facts.get(key)?;
        let allowed = self.store.run.inject_facts || key.as_str() == Some("ansible_local");
        (allowed && !shadows_connection(key.as_str().unwrap_or_default())).then(|| found.clone())
    }

    fn find(&self, key: &Key) -> Option<Value> {
        let high = std::iter::once(&self.store.extra).chain(&self.above);
        let own = [&self.own.registered, &self.own.include_vars];
        let dynamic = high.chain(own).chain(&self.middle);
        if let Some(value) = dynamic.into_iter().find_map(|layer| layer.get(key)) {
            return Some(value.clone());
        }
        if let Some(fact) = self.inject_fact(key) {
            return Some(fact);
        }
        let layers = self.store.topology().layers(&self.host);
        let inventory = layers.iter().rev();
        inventory.chain(&self.below).find_map(|layer| layer.get(key)).cloned()
    }

    /// The value of all layers together: dicts are merged, higher ones over lower ones (S-7).
    fn find_merged(&self, key: &Key) -> Option<Value> {
        let layers = self.store.topology().layers(&self.host);
        let high = std::iter::once(&self.store.extra).chain(&self.above);
        let own = [&self.own.registered, &self.own.include_vars];
        let all = high.chain(own).chain(&self.middle).chain([&self.own.facts]);
        let all = all.chain(layers.iter().rev()).chain(&self.below);
        let found: Vec<Value> = all.filter_map(|layer| layer.get(key)).cloned().collect();
        let mut merged: Option<Value> = None;
        for value in found.into_iter().rev() {
            merged = Some(match merged {
                Some(lower) => crate::inventory::merged(&lower, &value),
                None => value,
            });
        }
        merged
    }

    /// Whether a name must not be read ahead of its turn.
    fn is_pending(&self, name: &str) -> bool {
        let Some(ahead) = &self.ahead else { return false };
        let facts = ahead.facts && (name == "ansible_facts" || name.starts_with("ansible_"));
        let others = matches!(name, "hostvars" | "groups" | "group_names" | "play_hosts" | "vars")
            || name.starts_with("ansible_play_");
        ahead.names.contains(name)
            || (facts && !magic::NAMES[..35].contains(&name))
            || (facts && name == "ansible_facts")
            || (ahead.others && others)
    }
}

/// Facts never replace connection or become variables (S-165).
fn shadows_connection(name: &str) -> bool {
    const NAMES: [&str; 10] = [
        "ansible_connection",
        "ansible_host",
        "ansible_port",
        "ansible_user",
        "ansible_password",
        "ansible_become",
        "ansible_become_user",
        "ansible_become_method",
        "ansible_become_password",
        "ansible_ssh_host",
    ];
    NAMES.contains(&name)
}

impl Scope for TaskScope {
    fn variable(&self, name: &str) -> Lookup {
        if self.is_pending(name) {
            return Lookup::Pending;
        }
        let key = Key::from(name);
        if let Some(value) = self.locals.get(&key) {
            return Lookup::Found(value.clone());
        }
        if let Some(value) = magic::magic(self, name) {
            return Lookup::Found(value);
        }
        let merges = self.store.run.merge_hashes;
        let found = if merges { self.find_merged(&key) } else { self.find(&key) };
        if let Some(value) = found {
            return Lookup::Found(value);
        }
        if name == "vars" {
            return Lookup::Found(super::hostvars::of_scope(self));
        }
        Lookup::Missing
    }

    fn names(&self) -> Vec<Arc<str>> {
        let layers = self.store.topology().layers(&self.host);
        let all = self
            .below
            .iter()
            .chain(layers.iter())
            .chain([&self.own.facts])
            .chain(&self.middle)
            .chain([&self.own.include_vars, &self.own.registered])
            .chain(&self.above)
            .chain([&self.store.extra]);
        let mut seen = HashSet::new();
        let given = all.flat_map(|layer| layer.keys()).chain(self.locals.keys());
        let names = given.filter_map(Key::as_str).chain(magic::NAMES);
        names.filter(|name| seen.insert(name.to_string())).map(Arc::from).collect()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        self.search_path.to_vec()
    }

    fn setting(&self, name: &str) -> Option<Value> {
        self.store.reader.setting(name)
    }

    fn decrypt(&self, text: &str) -> Result<Value, Diagnostic> {
        self.store.reader.decrypt(text)
    }

    fn read_file(&self, path: &Path) -> Result<Vec<u8>, Diagnostic> {
        self.store.reader.read(path)
    }

    fn select(&self, pattern: &str) -> Result<Vec<Arc<str>>, Diagnostic> {
        self.store.topology().select(pattern)
    }

    fn is_ahead(&self) -> bool {
        self.ahead.as_ref().is_some_and(|ahead| ahead.pure)
    }

    fn warn(&self, warning: Diagnostic) {
        if self.ahead.is_none() {
            self.warnings.push(warning);
        }
    }
}
