//! Groups as a graph: parents, children, depth, members.

use super::data::{Group, Inventory};
use crate::base::{Diagnostic, Key, Value};
use indexmap::{IndexMap, IndexSet};
use std::sync::{Arc, OnceLock};

type Groups = IndexMap<Arc<str>, Arc<Group>>;

/// Puts `child` under `parent`; whether it was not there before. Both exist.
pub(super) fn link(groups: &mut Groups, parent: &str, child: &str) -> Result<bool, Diagnostic> {
    if parent == child {
        return Err(Diagnostic::new("can't add group to itself"));
    }
    let (Some((parent, above)), Some((child, _))) =
        (groups.get_key_value(parent), groups.get_key_value(child))
    else {
        return Ok(false);
    };
    if above.children.contains(child) {
        return Ok(false);
    }
    let (parent, child) = (Arc::clone(parent), Arc::clone(child));
    if ancestors(groups, &parent).contains(&child) {
        return Err(Diagnostic::new(format!(
            "Adding group '{child}' as child to '{parent}' creates a recursive dependency loop."
        )));
    }
    let mut depth = 0;
    if let Some(above) = groups.get_mut(&parent) {
        depth = above.depth + 1;
        Arc::make_mut(above).children.push(Arc::clone(&child));
    }
    if let Some(below) = groups.get_mut(&child) {
        Arc::make_mut(below).parents.push(Arc::clone(&parent));
    }
    deepen(groups, &child, depth);
    forget_members(groups, &parent);
    Ok(true)
}

/// Gives a group at least this depth, and all below it theirs.
fn deepen(groups: &mut Groups, name: &str, depth: u32) {
    let mut todo = vec![(Arc::<str>::from(name), depth)];
    while let Some((name, depth)) = todo.pop() {
        let Some(group) = groups.get_mut(&name).filter(|group| group.depth < depth) else {
            continue;
        };
        Arc::make_mut(group).depth = depth;
        todo.extend(group.children.iter().map(|child| (Arc::clone(child), depth + 1)));
    }
}

/// All groups over this one, nearest first.
fn ancestors(groups: &Groups, name: &str) -> IndexSet<Arc<str>> {
    let mut found: IndexSet<Arc<str>> = IndexSet::new();
    let direct = |name: &str| groups.get(name).map(|g| g.parents.clone()).unwrap_or_default();
    found.extend(direct(name));
    let mut at = 0;
    while let Some(next) = found.get_index(at).cloned() {
        found.extend(direct(&next));
        at += 1;
    }
    found
}

/// Drops the remembered members of a group and of all over it.
pub(super) fn forget_members(groups: &mut Groups, name: &str) {
    let mut stale = ancestors(groups, name);
    stale.insert(name.into());
    for name in &stale {
        if let Some(group) = groups.get_mut(name).filter(|g| g.members.get().is_some()) {
            Arc::make_mut(group).members = OnceLock::new();
        }
    }
}

impl Inventory {
    /// Hosts of a group and of all groups under it: its own first, then level by level.
    pub fn members(&self, group: &str) -> Arc<[Arc<str>]> {
        let Some(group) = self.groups.get(group) else { return Arc::default() };
        Arc::clone(group.members.get_or_init(|| self.find_members(group)))
    }

    fn find_members(&self, group: &Arc<Group>) -> Arc<[Arc<str>]> {
        let mut below: IndexSet<&Arc<str>> = IndexSet::from([&group.name]);
        let mut hosts: IndexSet<Arc<str>> = IndexSet::new();
        let mut at = 0;
        while let Some(group) = below.get_index(at).and_then(|name| self.groups.get(*name)) {
            hosts.extend(group.hosts.iter().cloned());
            below.extend(&group.children);
            at += 1;
        }
        let implicit = |host: &Arc<str>| &*group.name == "all" && !self.hosts.contains_key(host);
        hosts.into_iter().filter(|host| !implicit(host)).collect()
    }

    /// All groups that a host is in, in the order in which their variables count: shallow first, then
    /// by priority, then by name (S-3). `all` is among them unless the host is implicit.
    pub fn groups_of(&self, host: &str) -> Vec<&Arc<Group>> {
        let Some(host) = self.host(host) else { return Vec::new() };
        let mut names: IndexSet<Arc<str>> = host.groups.iter().cloned().collect();
        for name in &host.groups {
            names.extend(ancestors(&self.groups, name));
        }
        let mut groups: Vec<&Arc<Group>> =
            names.iter().filter_map(|name| self.groups.get(name)).collect();
        groups.sort_by(|a, b| (a.depth, a.priority, &a.name).cmp(&(b.depth, b.priority, &b.name)));
        groups
    }

    /// What `group_names` says: sorted, without `all` (S-148).
    pub fn group_names(&self, host: &str) -> Vec<Arc<str>> {
        let groups = self.groups_of(host).into_iter().map(|group| Arc::clone(&group.name));
        let mut names: Vec<Arc<str>> = groups.filter(|name| &**name != "all").collect();
        names.sort();
        names
    }

    /// What `groups` says: every group with its members.
    pub fn groups_value(&self) -> Value {
        let value = self.groups_value.get_or_init(|| {
            let list = |name: &str| {
                Value::list(self.members(name).iter().cloned().map(Value::str).collect())
            };
            let groups = self.groups.keys();
            groups.map(|name| (Key::Str(Arc::clone(name)), list(name))).collect()
        });
        value.clone()
    }
}
