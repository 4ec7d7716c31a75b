//! The table of all settings: names, types, defaults and where they can be written.

use crate::base::Value;
use crate::base::value::from_json;
use indexmap::IndexMap;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Names, types and defaults of Ansible's settings that it shares with us, and our own.
const TABLE: &str = include_str!("table.json");

/// What a setting's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// True for y, yes, on, 1, true, t; all else is false.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// Text.
    Str,
    /// Comma separated texts.
    List,
    /// A path, relative to the configuration file.
    Path,
    /// Comma separated paths.
    PathList,
    /// Colon separated paths.
    PathSpec,
    /// The word `None`.
    None,
    /// Anything.
    Raw,
}

impl Type {
    fn named(name: &str) -> Self {
        match name {
            "bool" => Self::Bool,
            "int" => Self::Int,
            "float" => Self::Float,
            "str" => Self::Str,
            "list" => Self::List,
            "path" | "tmp" => Self::Path,
            "pathlist" => Self::PathList,
            "pathspec" => Self::PathSpec,
            "none" => Self::None,
            _ => Self::Raw,
        }
    }

    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "boolean",
            Self::Int => "integer",
            Self::Float => "float",
            Self::Str => "string",
            Self::List => "list",
            Self::Path => "path",
            Self::PathList => "pathlist",
            Self::PathSpec => "pathspec",
            Self::None => "none",
            Self::Raw => "raw",
        }
    }
}

/// Whether a setting does anything here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It is honoured.
    Yes,
    /// It is about something that does not exist here (Python, remote temporary modules, galaxy):
    /// nothing depends on it, and nothing is said.
    Moot,
    /// It would matter but is not supported: a warning says so.
    No,
}

/// One setting.
#[derive(Debug)]
pub struct Entry {
    /// Ansible's name (`DEFAULT_FORKS`), or `kind.plugin.option` for those of plugins.
    pub name: String,
    /// What its value is.
    pub kind: Type,
    /// What it is when nobody says anything; `{home}` stands for `ANSIBLE_HOME`.
    pub default: Value,
    /// Section and key in the configuration file; the last one that is written counts.
    pub ini: Vec<(String, String)>,
    /// Environment variables; the last one that is set counts.
    pub env: Vec<String>,
    /// Values it may have; any if empty.
    pub choices: Vec<String>,
    /// Inventory and play variables that override it; the last one that is set counts.
    pub variables: Vec<String>,
    /// Whether it does anything.
    pub used: Use,
    /// Whether Ansible announced its end.
    pub deprecated: bool,
    /// Whether its value must never be shown.
    pub secret: bool,
}

impl Entry {
    fn read(row: &Value) -> Option<Self> {
        let flag = |name: &str| row.get(name).and_then(Value::as_bool).unwrap_or(false);
        let pair = |text: &String| {
            let (section, key) = text.rsplit_once('.')?;
            Some((section.to_string(), key.to_string()))
        };
        Some(Self {
            name: row.get("name")?.as_str()?.to_string(),
            kind: Type::named(row.get("type")?.as_str()?),
            default: row.get("default")?.clone(),
            ini: texts(row.get("ini")).iter().filter_map(pair).collect(),
            env: texts(row.get("env")),
            choices: texts(row.get("choices")),
            variables: texts(row.get("vars")),
            used: match row.get("use").and_then(Value::as_str) {
                None => Use::Yes,
                Some("moot") => Use::Moot,
                Some(_) => Use::No,
            },
            deprecated: flag("deprecated"),
            secret: flag("secret"),
        })
    }

    /// How messages call it: `'timeout' for 'ssh' connection plugin`.
    pub fn label(&self) -> String {
        let parts: Vec<&str> = self.name.split('.').collect();
        match parts.as_slice() {
            [kind, plugin, option] => format!("'{option}' for '{plugin}' {kind} plugin"),
            _ => format!("'{}'", self.name),
        }
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_list).unwrap_or_default();
    items.iter().map(Value::text).collect()
}

/// All settings by name, and what else may stand in our sections.
#[derive(Debug, Default)]
pub struct Table {
    /// The settings, in the order of the table.
    pub entries: IndexMap<String, Entry>,
    /// `section.key` of plugins that are not ours.
    foreign: BTreeSet<String>,
}

/// The table.
pub fn table() -> &'static Table {
    static READ: LazyLock<Table> = LazyLock::new(Table::read);
    &READ
}

impl Table {
    fn read() -> Self {
        let Ok(json) = from_json(TABLE) else { return Self::default() };
        let rows = json.get("settings").and_then(Value::as_list).unwrap_or_default();
        let entries = rows.iter().filter_map(Entry::read);
        Self {
            entries: entries.map(|entry| (entry.name.clone(), entry)).collect(),
            foreign: texts(json.get("foreign")).into_iter().collect(),
        }
    }

    /// The sections that settings can be written in.
    pub fn sections(&self) -> BTreeSet<&str> {
        let all = self.entries.values().flat_map(|entry| &entry.ini);
        all.map(|(section, _)| section.as_str()).collect()
    }

    /// The keys of a section.
    pub fn keys(&self, section: &str) -> BTreeSet<&str> {
        let all = self.entries.values().flat_map(|entry| &entry.ini);
        all.filter(|(name, _)| name == section).map(|(_, key)| key.as_str()).collect()
    }

    /// Whether a key belongs to a plugin that is not ours.
    pub fn is_foreign(&self, section: &str, key: &str) -> bool {
        self.foreign.contains(&format!("{section}.{key}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        let rows = TABLE.lines().filter(|line| line.starts_with("{\"name\"")).count();
        assert_eq!(table().entries.len(), rows);
        assert!(rows > 280);
        let forks = &table().entries["DEFAULT_FORKS"];
        assert_eq!((forks.kind, forks.default.as_int()), (Type::Int, Some(5)));
        assert_eq!(forks.env, ["ANSIBLE_FORKS"]);
        assert_eq!(forks.ini, [("defaults".to_string(), "forks".to_string())]);
        assert_eq!(
            table().entries["connection.ssh.timeout"].label(),
            "'timeout' for 'ssh' connection plugin"
        );
    }
}
