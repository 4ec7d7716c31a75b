//! The ways to add to an inventory.

use super::data::{Group, Host, Inventory, LOCALHOST};
use super::graph;
use super::merge::merged;
use super::notice::Notices;
use super::rules::GroupChars;
use crate::base::{Diagnostic, Key, Kind, Map, Value};
use indexmap::IndexSet;
use std::sync::{Arc, OnceLock};

/// An inventory being changed, and what there is to say about it.
pub(super) struct Build<'a> {
    pub inventory: &'a mut Inventory,
    pub notices: &'a mut Notices,
    /// The source that is being read; None at run time.
    pub source: Option<Arc<str>>,
    /// Its directory.
    pub dir: Option<Arc<str>>,
}

impl Build<'_> {
    pub fn has_group(&self, name: &str) -> bool {
        self.inventory.groups.contains_key(name)
    }

    pub fn has_host(&self, name: &str) -> bool {
        self.inventory.hosts.contains_key(name)
    }

    /// Makes a group unless it is there; gives the name it has in the end.
    pub fn add_group(&mut self, name: &str) -> Result<Arc<str>, Diagnostic> {
        if name.is_empty() {
            return Err(Diagnostic::new("Invalid empty/false group name provided: "));
        }
        if let Some((known, _)) = self.inventory.groups.get_key_value(name) {
            return Ok(Arc::clone(known));
        }
        let name: Arc<str> = self.safe_group_name(name).into();
        if !self.has_group(&name) {
            let group = Arc::new(Group::new(Arc::clone(&name)));
            Arc::make_mut(&mut self.inventory.groups).insert(Arc::clone(&name), group);
            self.inventory.groups_value = OnceLock::new();
        }
        Ok(name)
    }

    /// The name a group gets by the setting `TRANSFORM_INVALID_GROUP_CHARS` (S-156).
    pub fn safe_group_name(&mut self, name: &str) -> String {
        let safe = sanitized(name);
        if safe == name {
            return safe;
        }
        match self.inventory.rules.group_chars {
            GroupChars::Ignore => name.to_string(),
            GroupChars::Silently => safe,
            GroupChars::Never => {
                self.notices.warn(
                    "Invalid characters were found in group names but not replaced, use -vvvv to see details",
                );
                name.to_string()
            }
            GroupChars::Always => {
                self.notices.warn(
                    "Invalid characters were found in group names and automatically replaced, use -vvvv to see details",
                );
                safe
            }
        }
    }

    /// Makes a host unless it is there (only then `port` counts), and puts it into a group.
    pub fn add_host(
        &mut self,
        name: &str,
        group: Option<&str>,
        port: Option<u32>,
    ) -> Result<(), Diagnostic> {
        if name.is_empty() {
            return Err(Diagnostic::new("Invalid empty host name provided: "));
        }
        if let Some(group) = group.filter(|group| !self.has_group(group)) {
            let text = format!("Could not find group {group} in inventory");
            return Err(Diagnostic::new(text));
        }
        if !self.has_host(name) {
            self.new_host(name, port);
        }
        if let Some(group) = group {
            self.join(group, name);
        }
        Ok(())
    }

    fn new_host(&mut self, name: &str, port: Option<u32>) {
        let name: Arc<str> = name.into();
        let mut host = Host::new(Arc::clone(&name));
        host.source.clone_from(&self.source);
        host.dir.clone_from(&self.dir);
        if let Some(port) = port {
            Arc::make_mut(&mut host.vars).insert(Key::from("ansible_port"), Value::from(port));
        }
        Arc::make_mut(&mut self.inventory.hosts).insert(Arc::clone(&name), Arc::new(host));
        if !LOCALHOST.contains(&&*name) {
            return;
        }
        if let Err(name) = self.inventory.localhost.set(name) {
            let first = self.inventory.localhost.get().map_or("", |first| first);
            self.notices.warn(format!(
                "A duplicate localhost-like entry was found ({name}). First found localhost was {first}"
            ));
        }
    }

    /// Puts a host that exists (the implicit one too) into a group that exists; whether it was not in
    /// it before.
    pub fn join(&mut self, group: &str, host: &str) -> bool {
        let inventory = &mut *self.inventory;
        let entry = match Arc::make_mut(&mut inventory.hosts).get_mut(host) {
            Some(entry) => entry,
            None => match inventory.implicit.get_mut().filter(|entry| &*entry.name == host) {
                Some(entry) => entry,
                None => return false,
            },
        };
        let groups = Arc::make_mut(&mut inventory.groups);
        let Some((_, group_name, group_entry)) = groups.get_full_mut(group) else { return false };
        if group_entry.hosts.contains(host) {
            return false;
        }
        Arc::make_mut(group_entry).hosts.insert(Arc::clone(&entry.name));
        Arc::make_mut(entry).groups.push(Arc::clone(group_name));
        graph::forget_members(groups, group);
        inventory.groups_value = OnceLock::new();
        true
    }

    /// Puts a group or host under a group; whether it was not there before.
    pub fn add_child(&mut self, group: &str, child: &str) -> Result<bool, Diagnostic> {
        if !self.has_group(group) {
            return Err(Diagnostic::new(format!("{group} is not a known group")));
        }
        if self.has_group(child) {
            self.inventory.groups_value = OnceLock::new();
            return graph::link(Arc::make_mut(&mut self.inventory.groups), group, child);
        }
        if self.has_host(child) {
            return Ok(self.join(group, child));
        }
        Err(Diagnostic::new(format!("{child} is not a known host nor group")))
    }

    /// Sets a variable of a group, or of a host when no group has that name. Lists and dicts become
    /// its own, which an anchor in YAML output tells.
    pub fn set(&mut self, entity: &str, name: &Key, value: Value) -> Result<(), Diagnostic> {
        let value = own(value);
        if self.has_group(entity) {
            self.set_group_var(entity, name, value);
            return Ok(());
        }
        if self.has_host(entity) {
            self.set_host_var(entity, name, value);
            return Ok(());
        }
        Err(Diagnostic::new(format!("Could not identify group or host named {entity}")))
    }

    /// Sets a variable of a host, also where a group has its name.
    pub fn set_host_var(&mut self, host: &str, name: &Key, value: Value) {
        self.check_name(name, &value);
        let merge = self.inventory.rules.merge;
        if let Some(host) = Arc::make_mut(&mut self.inventory.hosts).get_mut(host) {
            insert(Arc::make_mut(&mut Arc::make_mut(host).vars), name, value, merge);
        }
    }

    fn set_group_var(&mut self, group: &str, name: &Key, value: Value) {
        self.check_name(name, &value);
        let merge = self.inventory.rules.merge;
        let groups = Arc::make_mut(&mut self.inventory.groups);
        let Some(entry) = groups.get_mut(group) else { return };
        if name.as_str() != Some("ansible_group_priority") {
            insert(Arc::make_mut(&mut Arc::make_mut(entry).vars), name, value, merge);
            return;
        }
        match priority(&value) {
            Some(priority) => Arc::make_mut(entry).priority = priority,
            None => self.notices.warn(format!(
                "Invalid priority value '{}' for group '{group}'.Setting priority to default value.",
                value.text()
            )),
        }
    }

    fn check_name(&mut self, name: &Key, value: &Value) {
        if is_variable_name(name) {
            return;
        }
        let text = format!(
            "Accepting inventory variable with invalid name {}. This feature will be removed from ansible-core version 2.23.",
            name.value().repr()
        );
        let notice = Diagnostic::new(text).at(value.meta().key_origin().as_ref()).hint(
            "Variable names must be strings starting with a letter or underscore character, and contain only letters, numbers and underscores.",
        );
        self.notices.deprecated(notice);
    }

    /// The rules every inventory keeps: all groups are under `all`, and a host is in `ungrouped`
    /// exactly when no other group but `all` lists it (S-148).
    pub fn reconcile(&mut self) -> Result<(), Diagnostic> {
        let names: Vec<Arc<str>> = self.inventory.groups.keys().cloned().collect();
        for name in &names {
            self.reconcile_group(name)?;
        }
        let hosts: Vec<Arc<str>> = self.inventory.hosts.keys().cloned().collect();
        let mut grouped: IndexSet<Arc<str>> = IndexSet::new();
        for name in &hosts {
            if self.wants_ungrouped(name) {
                self.join("ungrouped", name);
            } else {
                grouped.insert(Arc::clone(name));
            }
        }
        self.leave_ungrouped(&grouped);
        Ok(())
    }

    /// The same for one group.
    pub fn reconcile_group(&mut self, name: &str) -> Result<(), Diagnostic> {
        let top = self.inventory.group(name).is_some_and(|group| group.parents.is_empty());
        if top && name != "all" {
            self.add_child("all", name)?;
        }
        self.warn_conflict(name);
        Ok(())
    }

    /// The same for one host.
    pub fn reconcile_host(&mut self, name: &Arc<str>) {
        if self.wants_ungrouped(name) {
            self.join("ungrouped", name);
        } else {
            self.leave_ungrouped(&std::iter::once(Arc::clone(name)).collect());
        }
    }

    fn warn_conflict(&mut self, name: &str) {
        if self.has_host(name) && self.has_group(name) {
            self.notices.warn(format!("Found both group and host with same name: {name}"));
        }
    }

    fn wants_ungrouped(&self, host: &str) -> bool {
        let special = |group: &Arc<str>| matches!(&**group, "all" | "ungrouped");
        self.inventory.hosts.get(host).is_some_and(|host| host.groups.iter().all(special))
    }

    fn leave_ungrouped(&mut self, leaving: &IndexSet<Arc<str>>) {
        let Some(ungrouped) = self.inventory.group("ungrouped") else { return };
        let leaving: IndexSet<Arc<str>> =
            ungrouped.hosts.iter().filter(|host| leaving.contains(*host)).cloned().collect();
        if leaving.is_empty() {
            return;
        }
        let groups = Arc::make_mut(&mut self.inventory.groups);
        if let Some(ungrouped) = groups.get_mut("ungrouped") {
            Arc::make_mut(ungrouped).hosts.retain(|host| !leaving.contains(host));
        }
        graph::forget_members(groups, "ungrouped");
        let hosts = Arc::make_mut(&mut self.inventory.hosts);
        for name in &leaving {
            if let Some(host) = hosts.get_mut(name) {
                Arc::make_mut(host).groups.retain(|group| &**group != "ungrouped");
            }
        }
        self.inventory.groups_value = OnceLock::new();
    }
}

fn insert(vars: &mut Map, name: &Key, value: Value, merge: bool) {
    match vars.get_mut(name) {
        Some(old) if merge => *old = merged(old, &value),
        Some(old) => *old = value,
        None => {
            vars.insert(name.clone(), value);
        }
    }
}

fn own(value: Value) -> Value {
    match &value.kind {
        Kind::List(items) => {
            Value::list(items.iter().cloned().map(own).collect()).marked_as(&value)
        }
        Kind::Map(map) => {
            let entries = map.iter().map(|(name, item)| (name.clone(), own(item.clone())));
            Value::map(entries.collect()).marked_as(&value)
        }
        _ => value,
    }
}

/// Python's `int()` of a priority.
fn priority(value: &Value) -> Option<i64> {
    if let Some(text) = value.as_str() {
        return text.trim().replace('_', "").parse().ok();
    }
    match value.kind {
        Kind::Float(f) if f.is_finite() => Some(f as i64),
        Kind::Bool(b) => Some(i64::from(b)),
        _ => value.as_int(),
    }
}

/// A name with underscores for whatever cannot be in a variable's name.
pub(super) fn sanitized(name: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut safe = String::with_capacity(name.len());
    for (at, c) in name.chars().enumerate() {
        let good = word(c) && (at > 0 || !c.is_numeric());
        safe.push(if good { c } else { '_' });
    }
    safe
}

/// Whether a key can be a variable's name (S-15).
pub(super) fn is_variable_name(name: &Key) -> bool {
    const WORDS: [&str; 7] = ["False", "None", "True", "false", "none", "not", "true"];
    let Some(name) = name.as_str() else { return false };
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !WORDS.contains(&name)
}
