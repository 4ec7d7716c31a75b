//! Hosts and groups.

use super::rules::Rules;
use crate::base::{Key, Map, Value};
use indexmap::{IndexMap, IndexSet};
use std::sync::{Arc, OnceLock};

/// Names that mean the operator's own machine.
pub const LOCALHOST: [&str; 3] = ["127.0.0.1", "localhost", "::1"];

/// A host of the inventory.
#[derive(Clone, Debug)]
pub struct Host {
    /// Its inventory name.
    pub name: Arc<str>,
    /// Its own raw variables from inventory sources, each with its origin.
    pub vars: Arc<Map>,
    /// Groups that list it themselves, in order; not their parents.
    pub groups: Vec<Arc<str>>,
    /// The source that named it first: a path or a host list; None when it came at run time.
    pub source: Option<Arc<str>>,
    /// Directory of that source; None when there is no such directory.
    pub dir: Option<Arc<str>>,
    /// Whether nobody defined it: `localhost` when no source names it.
    pub implicit: bool,
}

/// A group of the inventory.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name.
    pub name: Arc<str>,
    /// Its own raw variables from inventory sources, each with its origin.
    pub vars: Arc<Map>,
    /// Hosts that it lists itself, in order.
    pub hosts: IndexSet<Arc<str>>,
    /// Groups under it, in order.
    pub children: Vec<Arc<str>>,
    /// Groups over it.
    pub parents: Vec<Arc<str>>,
    /// Length of the longest way from the top.
    pub depth: u32,
    /// `ansible_group_priority`: breaks ties between groups of one depth.
    pub priority: i64,
    pub(super) members: OnceLock<Arc<[Arc<str>]>>,
}

/// All hosts and groups. A clone shares everything until one of the two changes.
#[derive(Clone, Debug)]
pub struct Inventory {
    pub(super) hosts: Arc<IndexMap<Arc<str>, Arc<Host>>>,
    pub(super) groups: Arc<IndexMap<Arc<str>, Arc<Group>>>,
    pub(super) sources: Vec<Arc<str>>,
    pub(super) localhost: OnceLock<Arc<str>>,
    pub(super) implicit: OnceLock<Arc<Host>>,
    pub(super) groups_value: OnceLock<Value>,
    pub(super) python: Option<Arc<str>>,
    pub(super) rules: Arc<Rules>,
}

impl Default for Inventory {
    fn default() -> Self {
        Self::new(Arc::new(Rules::default()), None)
    }
}

impl Inventory {
    /// An inventory of the groups `all` and `ungrouped`. `python` is the interpreter that an implicit
    /// localhost is said to have.
    pub fn new(rules: Arc<Rules>, python: Option<Arc<str>>) -> Self {
        let mut all = Group::new("all".into());
        all.children.push("ungrouped".into());
        let mut ungrouped = Group::new("ungrouped".into());
        ungrouped.parents.push("all".into());
        ungrouped.depth = 1;
        let groups = [all, ungrouped].map(|group| (Arc::clone(&group.name), Arc::new(group)));
        Self {
            hosts: Arc::default(),
            groups: Arc::new(groups.into_iter().collect()),
            sources: Vec::new(),
            localhost: OnceLock::new(),
            implicit: OnceLock::new(),
            groups_value: OnceLock::new(),
            python,
            rules,
        }
    }

    /// The sources that it was asked to load, absolute where they are paths.
    pub fn sources(&self) -> &[Arc<str>] {
        &self.sources
    }

    /// All hosts by name, in order of definition; an implicit localhost is not among them.
    pub fn hosts(&self) -> &IndexMap<Arc<str>, Arc<Host>> {
        &self.hosts
    }

    /// All groups by name, in order of creation.
    pub fn groups(&self) -> &IndexMap<Arc<str>, Arc<Group>> {
        &self.groups
    }

    /// A group.
    pub fn group(&self, name: &str) -> Option<&Arc<Group>> {
        self.groups.get(name)
    }

    /// A host; a name of the own machine gives the one that was defined, else the implicit one (S-148).
    pub fn host(&self, name: &str) -> Option<&Arc<Host>> {
        if let Some(host) = self.hosts.get(name) {
            return Some(host);
        }
        if !LOCALHOST.contains(&name) {
            return None;
        }
        if let Some(known) = self.localhost.get() {
            return self.hosts.get(known);
        }
        Some(self.implicit.get_or_init(|| Arc::new(self.implicit_localhost(name))))
    }

    fn implicit_localhost(&self, name: &str) -> Host {
        let mut vars = Map::new();
        if let Some(python) = &self.python {
            let python = Value::str(Arc::clone(python));
            vars.insert(Key::from("ansible_python_interpreter"), python);
        }
        vars.insert(Key::from("ansible_connection"), Value::from("local"));
        let mut host = Host::new(name.into());
        host.vars = Arc::new(vars);
        host.implicit = true;
        host
    }
}

impl Host {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self {
            name,
            vars: Arc::default(),
            groups: Vec::new(),
            source: None,
            dir: None,
            implicit: false,
        }
    }
}

impl Group {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self {
            name,
            vars: Arc::default(),
            hosts: IndexSet::new(),
            children: Vec::new(),
            parents: Vec::new(),
            depth: 0,
            priority: 1,
            members: OnceLock::new(),
        }
    }
}
