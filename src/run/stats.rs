//! What `set_stats` counts during a run.

use crate::base::{Kind, Map, Value};
use crate::template::{added, merged};
use std::collections::BTreeMap;

/// The counts by host; the run's own under the empty name.
#[derive(Default)]
pub struct Stats {
    counts: BTreeMap<String, Map>,
}

impl Stats {
    /// Sets or adds up values: numbers and texts are added, lists joined, dicts merged; a value of another kind than before
    /// is left out, as Ansible does.
    pub fn put(&mut self, host: Option<String>, data: Map, aggregate: bool) {
        let counts = self.counts.entry(host.unwrap_or_default()).or_default();
        for (key, value) in data {
            let sum = match counts.get(&key).filter(|_| aggregate) {
                Some(old) => sum(old, &value),
                None => Some(value),
            };
            if let Some(sum) = sum {
                counts.insert(key, sum);
            }
        }
    }

    /// All of them, for the end of a playbook.
    pub fn take(&mut self) -> BTreeMap<String, Value> {
        let counts = std::mem::take(&mut self.counts);
        counts.into_iter().map(|(host, map)| (host, Value::map(map))).collect()
    }
}

fn sum(old: &Value, new: &Value) -> Option<Value> {
    match (&old.kind, &new.kind) {
        (Kind::Map(old), Kind::Map(new)) => Some(Value::map(merged(old, new))),
        // A bool counts as a number of Python.
        (Kind::Int(_), Kind::Bool(_)) => added(old, new),
        _ if old.type_name() == new.type_name() => added(old, new),
        _ => None,
    }
}
