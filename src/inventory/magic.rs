//! Variables that every host has without being told (S-14, S-148).

use super::address;
use super::data::{Host, Inventory};
use crate::base::{Key, Map, Value};

impl Inventory {
    /// `inventory_hostname`, `inventory_hostname_short`, `group_names`, and, of defined hosts,
    /// `inventory_file` and `inventory_dir`; empty for a host that is not there.
    pub fn magic(&self, host: &str) -> Map {
        let Some(host) = self.host(host) else { return Map::new() };
        let names = self.group_names(&host.name).into_iter().map(Value::str).collect();
        let mut vars = Map::from_iter([
            (Key::from("inventory_hostname"), Value::str(&*host.name)),
            (Key::from("inventory_hostname_short"), Value::str(host.short_name())),
            (Key::from("group_names"), Value::list(names)),
        ]);
        if !host.implicit {
            let text = |text: &Option<std::sync::Arc<str>>| Value::from(text.as_deref());
            vars.insert(Key::from("inventory_file"), text(&host.source));
            vars.insert(Key::from("inventory_dir"), text(&host.dir));
        }
        vars
    }
}

impl Host {
    /// The name up to its first dot; an address is its own short name.
    pub fn short_name(&self) -> &str {
        if address::is_ip(&self.name) {
            return &self.name;
        }
        self.name.split('.').next().unwrap_or(&self.name)
    }
}
