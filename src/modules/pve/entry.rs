//! An entry of Proxmox' own lists (storages, jobs), which the API shows, makes, changes and deletes.

use super::api;
use crate::base::Value;
use crate::modules::accounts::Presence;
use crate::spec::{Change, Diff, Effect, Failure, Risk};
use std::collections::{BTreeMap, BTreeSet};

/// How a property is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As text.
    Text,
    /// As yes or no; not there is no.
    Bool,
    /// As a comma separated list in any order.
    Set,
    /// As text, and it can't be changed once it is there.
    Fixed,
    /// As comma separated `key=value` in any order.
    Pairs,
}

/// A wanted property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// Its value; empty: it shall not be there.
    pub value: String,
    /// How it is compared.
    pub kind: Kind,
}

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wish {
    /// What it is, for people.
    pub what: &'static str,
    /// Path of the list.
    pub list: &'static str,
    /// Name of the property that names it.
    pub key: &'static str,
    /// Its name.
    pub id: String,
    /// Whether it is there.
    pub state: Presence,
    /// Properties.
    pub properties: Vec<Property>,
    /// Kind in the predicted world.
    pub kind: &'static str,
    /// How risky making and changing it is.
    pub risk: Risk,
}

impl Property {
    /// Of an argument that was given.
    pub fn of(name: &'static str, value: Option<impl Into<String>>, kind: Kind) -> Option<Self> {
        value.map(|value| Self { name, value: value.into(), kind })
    }

    /// Of a yes or no.
    pub fn yes(name: &'static str, value: Option<bool>) -> Option<Self> {
        Self::of(name, value.map(|on| if on { "1" } else { "0" }), Kind::Bool)
    }

    fn same(&self, found: &str) -> bool {
        let set = |text: &str| -> BTreeSet<String> {
            let parts = text.split([',', ';', ' ']).map(str::trim).filter(|part| !part.is_empty());
            parts.map(str::to_string).collect()
        };
        match self.kind {
            Kind::Text | Kind::Fixed => self.value.trim_end() == found.trim_end(),
            Kind::Bool => on(&self.value) == on(found),
            Kind::Set | Kind::Pairs => set(&self.value) == set(found),
        }
    }
}

/// Whether a text says yes.
pub fn on(text: &str) -> bool {
    matches!(text, "1" | "true" | "yes" | "on")
}

impl Wish {
    /// Its entry in the list.
    pub fn find<'a>(&self, list: &'a [Value]) -> Option<&'a Value> {
        list.iter().find(|entry| api::text(entry, self.key) == self.id)
    }

    /// Properties that are not as they should be, with what is there.
    pub fn differing(&self, found: &Value) -> Vec<(&Property, String)> {
        let now = self.properties.iter().map(|one| (one, shown(found, one.name)));
        now.filter(|(one, text)| !one.same(text)).collect()
    }

    /// Words that set properties.
    fn words<'a>(&self, properties: impl Iterator<Item = &'a Property>) -> Vec<String> {
        let mut words = Vec::new();
        let mut gone = Vec::new();
        for one in properties {
            if one.value.is_empty() {
                gone.push(one.name);
                continue;
            }
            words.extend([format!("--{}", one.name), one.value.clone()]);
        }
        if !gone.is_empty() {
            words.extend(["--delete".to_string(), gone.join(",")]);
        }
        words
    }

    fn pvesh(&self, verb: &str, path: &str, more: Vec<String>) -> Change {
        let mut words = vec!["pvesh".to_string(), verb.to_string(), path.to_string()];
        words.extend(more);
        let done = match verb {
            "create" => "make",
            "set" => "change",
            _ => "delete",
        };
        let after = (verb != "delete").then(|| self.predicted());
        let change = api::run(&words, format!("{done} the {} {}", self.what, self.id)).lock("pve");
        change.effect(Effect::Thing(self.kind, self.id.clone(), after)).risk(self.risk)
    }

    /// What the predicted world has of it.
    pub fn predicted(&self) -> Value {
        let pair = |one: &Property| (one.name, Value::from(one.value.as_str()));
        self.properties.iter().map(pair).collect()
    }

    /// What brings it there.
    ///
    /// # Errors
    /// A property that can't be changed is another.
    pub fn changes(&self, found: Option<&Value>) -> Result<Vec<Change>, Failure> {
        let path = format!("{}/{}", self.list, self.id);
        match (found, self.state) {
            (None, Presence::Absent) => Ok(Vec::new()),
            (Some(_), Presence::Absent) => {
                Ok(vec![self.pvesh("delete", &path, Vec::new()).risk(Risk::High)])
            }
            (None, Presence::Present) => {
                let mut words = vec![format!("--{}", self.key), self.id.clone()];
                words
                    .extend(self.words(self.properties.iter().filter(|one| !one.value.is_empty())));
                Ok(vec![self.pvesh("create", self.list, words)])
            }
            (Some(found), Presence::Present) => {
                let differing = self.differing(found);
                if let Some((one, now)) = differing.iter().find(|(one, _)| one.kind == Kind::Fixed)
                {
                    let text = format!(
                        "the {} {} has {} '{now}', which cannot be changed to '{}': it must be deleted and made again",
                        self.what, self.id, one.name, one.value
                    );
                    return Err(Failure::new(text));
                }
                if differing.is_empty() {
                    return Ok(Vec::new());
                }
                let words = self.words(differing.iter().map(|(one, _)| *one));
                Ok(vec![self.pvesh("set", &path, words)])
            }
        }
    }

    /// The difference to show.
    pub fn diff(&self, found: Option<&Value>) -> Diff {
        let names: BTreeSet<&str> = match (found, self.state) {
            (Some(found), Presence::Present) => {
                self.differing(found).iter().map(|(one, _)| one.name).collect()
            }
            _ => self.properties.iter().map(|one| one.name).collect(),
        };
        let line = |name: &str, value: &str| format!("{name}: {value}\n");
        let before: String = names
            .iter()
            .filter_map(|name| found.map(|found| (name, shown(found, name))))
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| line(name, &text))
            .collect();
        let wanted: BTreeMap<&str, &str> =
            self.properties.iter().map(|one| (one.name, one.value.as_str())).collect();
        let wanted =
            wanted.into_iter().filter(|(name, value)| names.contains(name) && !value.is_empty());
        let after: String = match self.state {
            Presence::Present => wanted.map(|(name, value)| line(name, value)).collect(),
            Presence::Absent => String::new(),
        };
        let header = Some(format!("{} {}", self.what, self.id));
        Diff {
            before: Some(before.into()),
            after: Some(after.into()),
            before_header: header.clone(),
            after_header: header,
            ..Diff::default()
        }
    }

    /// Whether it is as it should be now.
    ///
    /// # Errors
    /// What is wrong.
    pub fn verify(&self, found: Option<&Value>) -> Result<(), String> {
        match (found, self.state) {
            (Some(_), Presence::Absent) => Err("it is still there".to_string()),
            (None, Presence::Present) => Err("it is not there".to_string()),
            (None, Presence::Absent) => Ok(()),
            (Some(found), Presence::Present) => match self.differing(found).first() {
                Some((one, now)) => Err(format!("its {} is '{now}'", one.name)),
                None => Ok(()),
            },
        }
    }
}

/// A property as text; dicts as `key=value`.
fn shown(found: &Value, name: &str) -> String {
    let Some(value) = found.get(name) else { return String::new() };
    match value.as_map() {
        Some(map) => {
            let pairs: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}={}", key.json_text(), value.text()))
                .collect();
            pairs.join(",")
        }
        None => api::text(found, name),
    }
}
