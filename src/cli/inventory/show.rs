//! The inventory as text: list, host, graph (S-152).

use crate::base::value::{Layout, to_json};
use crate::base::yaml::{DumpOptions, dump_shared};
use crate::base::{Diagnostic, Key, Kind, Map, Time, Value};
use crate::inventory::{Group, Inventory, Limit, Notices, VarsFiles};
use std::collections::HashSet;
use std::sync::Arc;

/// Variables that are about the program and not shown.
const INTERNAL: [&str; 34] = [
    "ansible_async_path",
    "ansible_collection_name",
    "ansible_config_file",
    "ansible_dependent_role_names",
    "ansible_diff_mode",
    "ansible_facts",
    "ansible_forks",
    "ansible_inventory_sources",
    "ansible_limit",
    "ansible_play_batch",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_play_role_names",
    "ansible_playbook_python",
    "ansible_role_name",
    "ansible_role_names",
    "ansible_run_tags",
    "ansible_skip_tags",
    "ansible_verbosity",
    "ansible_version",
    "inventory_dir",
    "inventory_file",
    "inventory_hostname",
    "inventory_hostname_short",
    "groups",
    "group_names",
    "hostvars",
    "playbook_dir",
    "play_hosts",
    "role_name",
    "role_names",
    "role_path",
    "role_uuid",
    "omit",
];

/// What is shown and how.
pub(super) struct Show<'a> {
    pub inventory: &'a Inventory,
    /// Variable files of the inventory and of the playbook directory (else the working directory).
    pub files: &'a VarsFiles,
    /// The same without the working directory: what groups, and hosts of an export, are shown with.
    pub named_files: &'a VarsFiles,
    pub extra_vars: &'a Map,
    pub export: bool,
    pub yaml: bool,
    pub vars: bool,
    pub limit: Option<&'a Limit>,
}

/// Hosts that may be shown, and what was shown already.
struct Progress {
    available: HashSet<Arc<str>>,
    groups: HashSet<Arc<str>>,
    hosts: HashSet<Arc<str>>,
}

impl Show<'_> {
    /// What `--host` prints.
    pub fn host(&self, name: &str, notices: &mut Notices) -> Result<String, Diagnostic> {
        let vars = self.host_vars(name, notices)?;
        Ok(self.text(&vars, false))
    }

    /// What `--list` prints.
    pub fn list(&self, notices: &mut Notices) -> Result<String, Diagnostic> {
        let hosts = self.inventory.select_limited("all", self.limit, notices)?;
        let mut progress = Progress {
            available: hosts.iter().cloned().collect(),
            groups: HashSet::new(),
            hosts: HashSet::new(),
        };
        let mut all = Map::new();
        if self.yaml {
            self.nested("all", &mut all, &mut progress, notices)?;
            return Ok(self.text(&Value::map(all), true));
        }
        self.flat("all", &mut all, &mut progress, notices)?;
        let mut hostvars = Map::new();
        for name in &hosts {
            let vars = self.host_vars(name, notices)?;
            if vars.is_true() {
                hostvars.insert(Key::Str(Arc::clone(name)), legacy(&vars, true));
            }
        }
        let meta = [("hostvars", Value::map(hostvars)), ("profile", "inventory_legacy".into())];
        all.insert(Key::from("_meta"), meta.into_iter().collect());
        Ok(to_json(&Value::map(all), Layout::VERBOSE))
    }

    fn text(&self, value: &Value, list: bool) -> String {
        if !self.yaml {
            return to_json(&legacy(value, list), Layout::VERBOSE);
        }
        let options = DumpOptions {
            indent: 2,
            default_flow_style: Some(false),
            allow_unicode: true,
            ..DumpOptions::TO_YAML
        };
        dump_shared(value, options)
    }

    /// A group for JSON: by names, and its children beside it.
    fn flat(
        &self,
        name: &str,
        all: &mut Map,
        progress: &mut Progress,
        notices: &mut Notices,
    ) -> Result<(), Diagnostic> {
        let Some(group) = self.inventory.group(name) else { return Ok(()) };
        let mut shown = Map::new();
        let hosts = group.hosts.iter().filter(|host| progress.available.contains(*host));
        if name != "all" {
            put(&mut shown, "hosts", hosts.cloned().map(Value::str).collect());
        }
        put(&mut shown, "children", group.children.iter().cloned().map(Value::str).collect());
        for child in &group.children {
            if !progress.groups.contains(child) {
                self.flat(child, all, progress, notices)?;
                progress.groups.insert(Arc::clone(child));
            }
        }
        if self.export {
            let vars = self.group_vars(group, notices)?;
            if vars.is_true() {
                shown.insert(Key::from("vars"), legacy(&vars, true));
            }
        }
        if !shown.is_empty() {
            all.insert(Key::from(name), Value::map(shown));
        }
        Ok(())
    }

    /// A group for YAML: its children within it.
    fn nested(
        &self,
        name: &str,
        into: &mut Map,
        progress: &mut Progress,
        notices: &mut Notices,
    ) -> Result<(), Diagnostic> {
        let Some(group) = self.inventory.group(name) else { return Ok(()) };
        let mut shown = Map::new();
        let mut children = Map::new();
        for child in group.children.iter().filter(|child| &***child != "all") {
            if progress.groups.contains(child) {
                children.insert(Key::Str(Arc::clone(child)), Value::map(Map::new()));
            } else {
                self.nested(child, &mut children, progress, notices)?;
                progress.groups.insert(Arc::clone(child));
            }
        }
        put_map(&mut shown, "children", children);
        if name != "all" {
            let hosts = self.nested_hosts(group, progress, notices)?;
            put_map(&mut shown, "hosts", hosts);
        }
        if self.export {
            let vars = self.group_vars(group, notices)?;
            if vars.is_true() {
                shown.insert(Key::from("vars"), vars);
            }
        }
        put_map(into, name, shown);
        Ok(())
    }

    fn nested_hosts(
        &self,
        group: &Group,
        progress: &mut Progress,
        notices: &mut Notices,
    ) -> Result<Map, Diagnostic> {
        let mut hosts = Map::new();
        for host in group.hosts.iter().filter(|host| progress.available.contains(*host)) {
            let first = progress.hosts.insert(Arc::clone(host));
            let vars = if first { self.host_vars(host, notices)? } else { Value::map(Map::new()) };
            hosts.insert(Key::Str(Arc::clone(host)), vars);
        }
        Ok(hosts)
    }

    /// What `--graph` prints.
    pub fn graph(&self, group: &str, notices: &mut Notices) -> Result<String, Diagnostic> {
        if self.inventory.group(group).is_none() {
            let text = "Pattern must be valid group name when using --graph";
            return Err(Diagnostic::new(text).code(5));
        }
        let mut lines = Vec::new();
        self.branch(group, 0, &mut lines, notices)?;
        Ok(lines.join("\n"))
    }

    fn branch(
        &self,
        name: &str,
        depth: usize,
        lines: &mut Vec<String>,
        notices: &mut Notices,
    ) -> Result<(), Diagnostic> {
        let Some(group) = self.inventory.group(name) else { return Ok(()) };
        lines.push(twig(&format!("@{name}:"), depth));
        for child in &group.children {
            self.branch(child, depth + 1, lines, notices)?;
        }
        for host in group.hosts.iter().filter(|_| name != "all") {
            lines.push(twig(host, depth + 1));
            if self.vars {
                leaves(&self.host_vars(host, notices)?, depth + 2, lines);
            }
        }
        if self.vars {
            leaves(&self.group_vars(group, notices)?, depth + 1, lines);
        }
        Ok(())
    }

    fn host_vars(&self, host: &str, notices: &mut Notices) -> Result<Value, Diagnostic> {
        if self.export {
            let layers = self.inventory.host_layers(host, self.named_files, notices)?;
            return Ok(visible(self.inventory.flatten(&layers)));
        }
        let layers = self.inventory.layers(host, self.files, notices)?;
        Ok(visible(self.inventory.combine(&self.inventory.flatten(&layers), self.extra_vars)))
    }

    fn group_vars(&self, group: &Group, notices: &mut Notices) -> Result<Value, Diagnostic> {
        let layers = self.inventory.group_layers(&group.name, self.named_files, notices)?;
        let mut vars = self.inventory.flatten(&layers);
        if group.priority != 1 {
            vars.insert(Key::from("ansible_group_priority"), Value::from(group.priority));
        }
        Ok(visible(vars))
    }
}

fn put(shown: &mut Map, name: &str, items: Vec<Value>) {
    if !items.is_empty() {
        shown.insert(Key::from(name), Value::list(items));
    }
}

fn put_map(shown: &mut Map, name: &str, map: Map) {
    if !map.is_empty() {
        shown.insert(Key::from(name), Value::map(map));
    }
}

fn visible(mut vars: Map) -> Value {
    vars.retain(|name, _| !name.as_str().is_some_and(|name| INTERNAL.contains(&name)));
    Value::map(vars.into_iter().map(|(name, value)| (name, guarded(value))).collect())
}

/// The value without what must not be shown; inline vault text stays, since it is still encrypted.
fn guarded(value: Value) -> Value {
    match &value.kind {
        Kind::Vault(_) => value,
        _ if !value.has_secret() => value,
        Kind::List(items) => {
            Value::list(items.iter().cloned().map(guarded).collect()).marked_as(&value)
        }
        Kind::Map(map) => {
            let entries = map.iter().map(|(name, item)| (name.clone(), guarded(item.clone())));
            Value::map(entries.collect()).marked_as(&value)
        }
        _ => value.masked(),
    }
}

/// The value as JSON inventories carry it: vault text and, where texts are templates by default, data
/// that is none are dicts of their own.
fn legacy(value: &Value, mark_data: bool) -> Value {
    let single = |key: &str, text: &str| std::iter::once((key, Value::str(text))).collect();
    match &value.kind {
        Kind::Vault(text) => single("__ansible_vault", text),
        Kind::Str(text) if mark_data && !value.is_trusted() => single("__ansible_unsafe", text),
        Kind::List(items) | Kind::Tuple(items) => {
            Value::list(items.iter().map(|item| legacy(item, mark_data)).collect())
        }
        Kind::Map(map) => {
            let entries = map.iter().map(|(key, item)| (key.clone(), legacy(item, mark_data)));
            Value::map(entries.collect())
        }
        Kind::Time(Time::DateTime(..)) => Value::str(value.text().replacen(' ', "T", 1)),
        _ => value.clone(),
    }
}

fn twig(name: &str, depth: usize) -> String {
    if depth == 0 { name.to_string() } else { format!("{}--{name}", "  |".repeat(depth)) }
}

fn leaves(vars: &Value, depth: usize, lines: &mut Vec<String>) {
    let vars = vars.as_map().into_iter().flatten();
    let mut named: Vec<(String, &Value)> =
        vars.map(|(name, value)| (name.to_string(), value)).collect();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, value) in named {
        lines.push(twig(&format!("{{{name} = {}}}", value.masked().text()), depth));
    }
}
