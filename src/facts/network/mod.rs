//! Interfaces, addresses, default routes, names for storage over a network.

mod bsd;
mod fallback;
mod initiators;
mod ip;
mod linux;

pub use initiators::{fibre_channel, iscsi, nvme};

use super::Gathered;
use super::told::Told;
use crate::base::{Key, Map, Value};
use indexmap::IndexMap;
use std::net::Ipv4Addr;

/// Facts that stand for the family.
pub const IDS: &[&str] =
    &["interfaces", "default_ipv4", "default_ipv6", "all_ipv4_addresses", "all_ipv6_addresses"];

/// What a system's interfaces add up to.
#[derive(Debug, Default)]
struct Net {
    interfaces: IndexMap<String, Map>,
    default4: Map,
    default6: Map,
    all4: Vec<String>,
    all6: Vec<String>,
    /// Addresses and prefixes that the host answers for itself.
    local: Option<Value>,
}

/// `interfaces`, one fact for each of them, `default_ipv4`, `all_ipv4_addresses`, ...
pub fn read(told: &Told, found: &mut Gathered) {
    let net = match told.system() {
        "Linux" => linux::read(told),
        _ if told.knows("ifconfig") => bsd::read(told),
        _ => return,
    };
    let names: Vec<&str> = net.interfaces.keys().map(String::as_str).collect();
    found.put("interfaces", names);
    for (name, facts) in net.interfaces {
        // A name with a dash could not be a variable.
        found.put(&name.replace('-', "_"), Value::map(facts));
    }
    found.put("default_ipv4", Value::map(net.default4));
    found.put("default_ipv6", Value::map(net.default6));
    found.put("all_ipv4_addresses", net.all4);
    found.put("all_ipv6_addresses", net.all6);
    if let Some(local) = net.local {
        found.put("locally_reachable_ips", local);
    }
}

fn set(map: &mut Map, key: &str, value: impl Into<Value>) {
    map.insert(Key::from(key), value.into());
}

/// The mask of so many bits.
fn mask(bits: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or(0))
}

/// The network of an address under a mask.
fn network(address: Ipv4Addr, mask: Ipv4Addr) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(address) & u32::from(mask))
}
