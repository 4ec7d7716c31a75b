//! Variables that the run itself sets; they win over all others (S-14).

use super::hostvars;
use super::scope::TaskScope;
use crate::base::{Key, Kind, Map, Value};
use std::path::Path;
use std::sync::Arc;

/// What is true for the whole run.
#[derive(Clone, Debug, Default)]
pub struct RunFrame {
    /// `--check`.
    pub check: bool,
    /// `--diff`.
    pub diff: bool,
    /// Number of `-v`.
    pub verbosity: u8,
    /// `--forks`.
    pub forks: u32,
    /// `--limit`.
    pub limit: Option<String>,
    /// `--tags`.
    pub tags: Vec<String>,
    /// `--skip-tags`.
    pub skip_tags: Vec<String>,
    /// `-i`.
    pub inventory_sources: Vec<String>,
    /// The ansible.cfg that was read.
    pub config_file: Option<String>,
    /// Whether facts are also injected under their own names (S-165).
    pub inject_facts: bool,
    /// Whether dicts of several layers are merged (`DEFAULT_HASH_BEHAVIOUR=merge`).
    pub merge_hashes: bool,
}

/// What is true for one play or batch of it.
#[derive(Clone, Debug, Default)]
pub struct PlayFrame {
    /// Name of the play.
    pub name: String,
    /// Directory of its playbook.
    pub playbook_dir: String,
    /// All hosts of the play.
    pub hosts_all: Vec<Arc<str>>,
    /// Hosts of the play that have not failed.
    pub hosts: Vec<Arc<str>>,
    /// Hosts of the batch that have not failed.
    pub batch: Vec<Arc<str>>,
    /// Names of the play's roles, dependencies included.
    pub role_names: Vec<String>,
    /// Names of its own `roles:` entries' dependencies.
    pub dependent_role_names: Vec<String>,
    /// Level 12.
    pub vars: Arc<Map>,
    /// Level 13.
    pub prompts: Arc<Map>,
    /// Levels 2 and 15 of all public roles: defaults and vars, in order.
    pub role_defaults: Vec<Arc<Map>>,
    /// Level 15.
    pub role_vars: Vec<Arc<Map>>,
}

/// The role whose task this is.
#[derive(Clone, Debug, Default)]
pub struct RoleFrame {
    /// Short name.
    pub name: String,
    /// Full name.
    pub full_name: String,
    /// Directory.
    pub path: String,
    /// Roles that included it.
    pub parents: Vec<String>,
    /// Their directories.
    pub parent_paths: Vec<String>,
}

/// The value of a magic variable for a scope; None when the name is none.
pub(super) fn magic(scope: &TaskScope, name: &str) -> Option<Value> {
    run_magic(scope, name).or_else(|| play_magic(scope, name)).or_else(|| role_magic(scope, name))
}

/// All names that [`magic`] may answer.
pub(super) const NAMES: [&str; 37] = [
    "inventory_hostname",
    "inventory_hostname_short",
    "inventory_dir",
    "inventory_file",
    "group_names",
    "groups",
    "hostvars",
    "omit",
    "playbook_dir",
    "ansible_check_mode",
    "ansible_diff_mode",
    "ansible_verbosity",
    "ansible_forks",
    "ansible_limit",
    "ansible_run_tags",
    "ansible_skip_tags",
    "ansible_inventory_sources",
    "ansible_config_file",
    "ansible_version",
    "ansible_playbook_python",
    "ansible_play_name",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_play_batch",
    "play_hosts",
    "ansible_play_role_names",
    "ansible_role_names",
    "ansible_dependent_role_names",
    "role_names",
    "role_name",
    "role_path",
    "ansible_role_name",
    "ansible_collection_name",
    "ansible_parent_role_names",
    "ansible_parent_role_paths",
    "ansible_search_path",
    "ansible_facts",
];

fn run_magic(scope: &TaskScope, name: &str) -> Option<Value> {
    let run = &scope.store.run;
    let host = &scope.host;
    Some(match name {
        "inventory_hostname" => Value::str(Arc::clone(host)),
        "inventory_hostname_short" => Value::from(host.split('.').next().unwrap_or(host)),
        "inventory_dir" => scope.store.topology().source(host).1,
        "inventory_file" => scope.store.topology().source(host).0,
        "group_names" => scope.store.topology().group_names(host),
        "groups" => scope.store.topology().groups(),
        "hostvars" => hostvars::all(&scope.store, &scope.play, &scope.warnings),
        "omit" => Value::new(Kind::Omit),
        "ansible_check_mode" => Value::from(run.check),
        "ansible_diff_mode" => Value::from(run.diff),
        "ansible_verbosity" => Value::from(i64::from(run.verbosity)),
        "ansible_forks" => Value::from(i64::from(run.forks)),
        "ansible_limit" => Value::from(run.limit.clone()?),
        "ansible_run_tags" => texts(&run.tags),
        "ansible_skip_tags" => texts(&run.skip_tags),
        "ansible_inventory_sources" => texts(&run.inventory_sources),
        "ansible_config_file" => Value::from(run.config_file.clone()),
        "ansible_version" => version(),
        "ansible_playbook_python" => Value::from("/usr/bin/python3"),
        "ansible_facts" => facts_dict(&scope.own.facts),
        _ => return None,
    })
}

fn play_magic(scope: &TaskScope, name: &str) -> Option<Value> {
    let play = &scope.play;
    Some(match name {
        "playbook_dir" => Value::from(play.playbook_dir.as_str()),
        "ansible_play_name" => Value::from(play.name.as_str()),
        "ansible_play_hosts" => names(&play.hosts),
        "ansible_play_hosts_all" => names(&play.hosts_all),
        "ansible_play_batch" | "play_hosts" => names(&play.batch),
        "ansible_play_role_names" | "ansible_role_names" | "role_names" => texts(&play.role_names),
        "ansible_dependent_role_names" => texts(&play.dependent_role_names),
        "ansible_search_path" => {
            let paths = scope.search_path.iter();
            Value::list(paths.map(|p| Value::from(p.to_string_lossy().as_ref())).collect())
        }
        _ => return None,
    })
}

fn role_magic(scope: &TaskScope, name: &str) -> Option<Value> {
    let role = scope.role.as_ref()?;
    Some(match name {
        "role_name" => Value::from(role.name.as_str()),
        "role_path" => Value::from(role.path.as_str()),
        "ansible_role_name" => Value::from(role.full_name.as_str()),
        "ansible_collection_name" => {
            let mut parts: Vec<&str> = role.full_name.split('.').collect();
            if parts.len() < 3 {
                return None;
            }
            parts.truncate(2);
            Value::from(parts.join("."))
        }
        "ansible_parent_role_names" if !role.parents.is_empty() => texts(&role.parents),
        "ansible_parent_role_paths" if !role.parents.is_empty() => texts(&role.parent_paths),
        _ => return None,
    })
}

fn texts(items: &[String]) -> Value {
    Value::list(items.iter().map(|item| Value::from(item.as_str())).collect())
}

fn names(items: &[Arc<str>]) -> Value {
    Value::list(items.iter().map(|item| Value::str(Arc::clone(item))).collect())
}

/// The dialect's version: what playbooks compare with.
fn version() -> Value {
    [
        ("full", Value::from("2.21.5")),
        ("major", Value::from(2)),
        ("minor", Value::from(21)),
        ("revision", Value::from(5)),
        ("string", Value::from("2.21.5")),
    ]
    .into_iter()
    .collect()
}

/// `ansible_facts`: facts without their prefix.
pub(super) fn facts_dict(facts: &Map) -> Value {
    let strip = |key: &Key| match key.as_str() {
        Some("ansible_local") | None => key.clone(),
        Some(name) => Key::from(name.strip_prefix("ansible_").unwrap_or(name)),
    };
    let mut dict: Map = facts.iter().map(|(k, v)| (strip(k), v.clone())).collect();
    if let Some(local) = facts.get(&Key::from("ansible_local")) {
        dict.insert("ansible_local".into(), local.clone());
        dict.insert("local".into(), local.clone());
    }
    Value::map(dict)
}

/// The text of a directory.
pub(super) fn dir_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

impl RoleFrame {
    /// The frame of a role.
    pub fn of(role: &crate::play::Role) -> Self {
        Self {
            name: role.name.clone(),
            full_name: role.full_name.clone(),
            path: dir_text(&role.path),
            parents: role.parents.clone(),
            parent_paths: role.parent_paths.iter().map(|p| dir_text(p)).collect(),
        }
    }
}
