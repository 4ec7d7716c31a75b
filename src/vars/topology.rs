//! The inventory as variables see it: layers of a host, read once and shared.

use super::mark_secrets;
use super::store::Topology;
use crate::base::{Diagnostic, Key, Map, Value};
use crate::inventory::{Inventory, Limit, Notices, VarsFiles};
use crate::spec::Event;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

type Layers = Arc<Vec<Arc<Map>>>;

/// An inventory with the variable files beside it. A change makes a new one.
pub struct Landscape {
    inventory: Inventory,
    files: VarsFiles,
    groups: Value,
    layers: Mutex<HashMap<Arc<str>, Layers>>,
    problems: Mutex<Vec<Diagnostic>>,
    events: Arc<dyn Fn(Event) + Send + Sync>,
}

impl Landscape {
    /// The landscape of an inventory; warnings of later readings go to `events`.
    pub fn new(
        inventory: Inventory,
        files: VarsFiles,
        events: Arc<dyn Fn(Event) + Send + Sync>,
    ) -> Self {
        let groups = inventory.groups_value();
        Self {
            inventory,
            files,
            groups,
            layers: Mutex::default(),
            problems: Mutex::default(),
            events,
        }
    }

    /// The same hosts with the variable files of another playbook's directory.
    #[must_use]
    pub fn beside(&self, dir: &std::path::Path) -> Self {
        let files = self.files.beside_playbook(&[dir.to_path_buf()]);
        Self::new(self.inventory.clone(), files, Arc::clone(&self.events))
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

    fn changed(
        &self,
        change: impl FnOnce(&mut Inventory, &mut Notices) -> Result<bool, Diagnostic>,
    ) -> Result<Arc<dyn Topology>, Diagnostic> {
        let mut inventory = self.inventory.clone();
        let mut notices = Notices::default();
        let done = change(&mut inventory, &mut notices);
        self.pass_on(notices);
        done?;
        Ok(Arc::new(Self::new(inventory, self.files.clone(), Arc::clone(&self.events))))
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

    fn with_host(
        &self,
        name: &str,
        groups: &[String],
        vars: &Map,
    ) -> Result<Arc<dyn Topology>, Diagnostic> {
        self.changed(|inventory, notices| inventory.add_host(name, groups, vars, notices))
    }

    fn with_group(
        &self,
        host: &str,
        group: &str,
        parents: &[String],
    ) -> Result<Arc<dyn Topology>, Diagnostic> {
        self.changed(|inventory, notices| inventory.group_by(host, group, parents, notices))
    }
}
