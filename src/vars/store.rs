//! Variables that live as long as the run: inventory layers, facts, registered results.

use super::magic::RunFrame;
use crate::base::{Diagnostic, Map, Value};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

/// Hosts, groups and their variables as the inventory has them now.
pub trait Topology: Send + Sync {
    /// Variable layers 3 to 10 of a host, lowest first (S-1).
    fn layers(&self, host: &str) -> Arc<Vec<Arc<Map>>>;
    /// `groups`: every group's hosts.
    fn groups(&self) -> Value;
    /// `group_names` of a host.
    fn group_names(&self, host: &str) -> Value;
    /// All hosts, in definition order.
    fn hosts(&self) -> Vec<Arc<str>>;
    /// Hosts of a pattern.
    fn select(&self, pattern: &str) -> Result<Vec<Arc<str>>, Diagnostic>;
    /// `inventory_file` and `inventory_dir` of a host; null for hosts made while running.
    fn source(&self, host: &str) -> (Value, Value);
    /// Errors met while reading layers (a broken or vaulted variable file), once each.
    fn problems(&self) -> Vec<Diagnostic>;
    /// The same with the variable files beside playbooks of another directory; None: it is this one.
    fn beside(&self, dir: &Path) -> Option<Arc<dyn Topology>>;
    /// The sources read again; hosts and groups that tasks made stay (`meta: refresh_inventory`).
    fn refreshed(&self) -> Result<Arc<dyn Topology>, Diagnostic>;
    /// The same with one more host, or more variables of it (`add_host`).
    fn with_host(
        &self,
        name: &str,
        groups: &[String],
        vars: &Map,
    ) -> Result<Arc<dyn Topology>, Diagnostic>;
    /// The same with a host in a group (`group_by`).
    fn with_group(
        &self,
        host: &str,
        group: &str,
        parents: &[String],
    ) -> Result<Arc<dyn Topology>, Diagnostic>;
}

/// Controller files and settings that templates may read.
pub trait Reader: Send + Sync {
    /// The plain, secret value of an inline vault text.
    fn decrypt(&self, text: &str) -> Result<Value, Diagnostic>;
    /// Bytes of a file, decrypted when it is a vault.
    fn read(&self, path: &Path) -> Result<Vec<u8>, Diagnostic>;
    /// A setting by its name in the configuration table.
    fn setting(&self, name: &str) -> Option<Value>;
}

/// Levels of one host that tasks write. Replaced as a whole when a task settles, so that readers
/// need no lock for longer than a pointer's copy.
#[derive(Clone, Debug, Default)]
pub struct HostVars {
    /// Level 11, under the names that modules returned (with `ansible_`).
    pub facts: Arc<Map>,
    /// Level 18.
    pub include_vars: Arc<Map>,
    /// Level 19: `register` and `set_fact`.
    pub registered: Arc<Map>,
}

impl HostVars {
    /// Sets a name on the level of `register` and `set_fact`.
    pub fn register(&mut self, name: &str, value: Value) {
        Arc::make_mut(&mut self.registered).insert(name.into(), value);
    }
}

/// Everything that scopes are built over.
pub struct Store {
    /// Extra variables.
    pub extra: Arc<Map>,
    /// What is true for the whole run.
    pub run: RunFrame,
    /// Files, vault, settings.
    pub reader: Arc<dyn Reader>,
    topology: RwLock<Arc<dyn Topology>>,
    hosts: RwLock<HashMap<Arc<str>, Arc<HostVars>>>,
}

impl Store {
    /// A store without any facts.
    pub fn new(
        topology: Arc<dyn Topology>,
        reader: Arc<dyn Reader>,
        extra: Map,
        run: RunFrame,
    ) -> Self {
        Self {
            extra: Arc::new(super::mark_secrets(&extra)),
            run,
            reader,
            topology: RwLock::new(topology),
            hosts: RwLock::default(),
        }
    }

    /// The inventory as it is now.
    pub fn topology(&self) -> Arc<dyn Topology> {
        Arc::clone(&self.topology.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the inventory (`add_host`, `group_by`, `refresh_inventory`).
    pub fn set_topology(&self, topology: Arc<dyn Topology>) {
        *self.topology.write().unwrap_or_else(PoisonError::into_inner) = topology;
    }

    /// What the host's last settled task left.
    pub fn host(&self, name: &str) -> Arc<HostVars> {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        hosts.get(name).map(Arc::clone).unwrap_or_default()
    }

    /// Publishes what a settled task left.
    pub fn publish(&self, name: &Arc<str>, vars: HostVars) {
        let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
        hosts.insert(Arc::clone(name), Arc::new(vars));
    }

    /// Changes what a host has and publishes it.
    pub fn update(&self, name: &Arc<str>, change: impl FnOnce(&mut HostVars)) {
        let mut vars = (*self.host(name)).clone();
        change(&mut vars);
        self.publish(name, vars);
    }
}
