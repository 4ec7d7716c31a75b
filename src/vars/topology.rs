//! The inventory as variables see it: layers of a host, read once and shared.

use super::mark_secrets;
use super::store::Topology;
use crate::base::{Diagnostic, Key, Map, Value};
use crate::inventory::{Inventory, Limit, Notices, VarsFiles};
use crate::spec::Event;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

type Layers = Arc<Vec<Arc<Map>>>;
/// Reads the inventory's sources again.
pub type Reload = Arc<dyn Fn(&mut Notices) -> Result<Inventory, Diagnostic> + Send + Sync>;

/// What a task added to the inventory.
#[derive(Clone)]
enum Added {
    Host { name: String, groups: Vec<String>, vars: Map },
    Group { host: String, group: String, parents: Vec<String> },
}

impl Added {
    fn add(&self, inventory: &mut Inventory, notices: &mut Notices) -> Result<bool, Diagnostic> {
        match self {
            Self::Host { name, groups, vars } => inventory.add_host(name, groups, vars, notices),
            Self::Group { host, group, parents } => {
                let there = inventory.hosts().keys().any(|known| **known == **host);
                if there { inventory.group_by(host, group, parents, notices) } else { Ok(false) }
            }
        }
    }
}

/// An inventory with the variable files beside it. A change makes a new one.
pub struct Landscape {
    inventory: Inventory,
    files: VarsFiles,
    /// Directory of the playbooks whose variable files count.
    dir: PathBuf,
    reload: Reload,
    added: Vec<Added>,
    groups: Value,
    layers: Mutex<HashMap<Arc<str>, Layers>>,
    problems: Mutex<Vec<Diagnostic>>,
    events: Arc<dyn Fn(Event) + Send + Sync>,
}

impl Landscape {
    /// The landscape of an inventory for playbooks in `dir`; warnings of later readings go to `events`.
    pub fn new(
        inventory: Inventory,
        files: VarsFiles,
        dir: &Path,
        reload: Reload,
        events: Arc<dyn Fn(Event) + Send + Sync>,
    ) -> Self {
        let groups = inventory.groups_value();
        Self {
            inventory,
            files,
            dir: dir.to_path_buf(),
            reload,
            added: Vec::new(),
            groups,
            layers: Mutex::default(),
            problems: Mutex::default(),
            events,
        }
    }

    /// The same with another inventory, nothing read yet.
    fn with(&self, inventory: Inventory, files: VarsFiles, dir: &Path) -> Self {
        let (reload, events) = (Arc::clone(&self.reload), Arc::clone(&self.events));
        let added = self.added.clone();
        Self { added, ..Self::new(inventory, files, dir, reload, events) }
    }

    /// The hosts of a pattern within a limit.
    pub fn select_limited(
        &self,
        pattern: &str,
        limit: Option<&Limit>,
    ) -> Result<Vec<Arc<str>>, Diagnostic> {
        let mut notices = Notices::default();
        let hosts = self.inventory.select_limited(pattern, limit, &mut notices);
        self.pass_on(notices);
        hosts
    }

    fn pass_on(&self, mut notices: Notices) {
        for event in notices.take() {
            (self.events)(event);
        }
    }

    fn read(&self, host: &str) -> Layers {
        let mut notices = Notices::default();
        let read = self.inventory.layers(host, &self.files, &mut notices);
        self.pass_on(notices);
        match read {
            Ok(layers) => {
                Arc::new(layers.iter().map(|layer| Arc::new(mark_secrets(&layer.vars))).collect())
            }
            Err(problem) => {
                self.problems.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
                Arc::default()
            }
        }
    }

    fn changed(&self, added: Added) -> Result<Arc<dyn Topology>, Diagnostic> {
        let mut inventory = self.inventory.clone();
        let mut notices = Notices::default();
        let done = added.add(&mut inventory, &mut notices);
        self.pass_on(notices);
        done?;
        let mut changed = self.with(inventory, self.files.clone(), &self.dir);
        changed.added.push(added);
        Ok(Arc::new(changed))
    }
}

impl Topology for Landscape {
    fn layers(&self, host: &str) -> Layers {
        let known = self.layers.lock().unwrap_or_else(PoisonError::into_inner).get(host).cloned();
        known.unwrap_or_else(|| {
            let read = self.read(host);
            let mut layers = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
            layers.insert(Arc::from(host), Arc::clone(&read));
            read
        })
    }

    fn problems(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut *self.problems.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn groups(&self) -> Value {
        self.groups.clone()
    }

    fn group_names(&self, host: &str) -> Value {
        self.inventory
            .magic(host)
            .get(&Key::from("group_names"))
            .cloned()
            .unwrap_or(Value::list(vec![]))
    }

    fn hosts(&self) -> Vec<Arc<str>> {
        self.inventory.hosts().keys().cloned().collect()
    }

    fn select(&self, pattern: &str) -> Result<Vec<Arc<str>>, Diagnostic> {
        self.select_limited(pattern, None)
    }

    fn source(&self, host: &str) -> (Value, Value) {
        let magic = self.inventory.magic(host);
        let field = |name: &str| magic.get(&Key::from(name)).cloned().unwrap_or_default();
        (field("inventory_file"), field("inventory_dir"))
    }

    fn beside(&self, dir: &Path) -> Option<Arc<dyn Topology>> {
        if dir == self.dir {
            return None;
        }
        let files = self.files.beside_playbook(&[dir.to_path_buf()]);
        Some(Arc::new(self.with(self.inventory.clone(), files, dir)))
    }

    fn refreshed(&self) -> Result<Arc<dyn Topology>, Diagnostic> {
        let mut notices = Notices::default();
        let read = (self.reload)(&mut notices).and_then(|mut inventory| {
            for added in &self.added {
                added.add(&mut inventory, &mut notices)?;
            }
            Ok(inventory)
        });
        self.pass_on(notices);
        Ok(Arc::new(self.with(read?, self.files.unread(), &self.dir)))
    }

    fn with_host(
        &self,
        name: &str,
        groups: &[String],
        vars: &Map,
    ) -> Result<Arc<dyn Topology>, Diagnostic> {
        let (name, groups) = (name.to_string(), groups.to_vec());
        self.changed(Added::Host { name, groups, vars: vars.clone() })
    }

    fn with_group(
        &self,
        host: &str,
        group: &str,
        parents: &[String],
    ) -> Result<Arc<dyn Topology>, Diagnostic> {
        let (host, group) = (host.to_string(), group.to_string());
        self.changed(Added::Group { host, group, parents: parents.to_vec() })
    }
}
