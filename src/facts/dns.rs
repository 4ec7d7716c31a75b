//! The resolver's settings.

use super::Gathered;
use super::told::Told;
use crate::base::{Map, Value};

/// `dns`.
pub fn read(told: &Told, found: &mut Gathered) {
    let mut dns = Map::new();
    let mut servers = Vec::new();
    for line in told.lines("/etc/resolv.conf") {
        if line.starts_with(['#', ';']) {
            continue;
        }
        let mut words = line.split_whitespace();
        let Some(name) = words.next() else { continue };
        let texts = || -> Vec<Value> { line.split_whitespace().skip(1).map(Value::from).collect() };
        match name {
            "nameserver" => {
                servers.extend(texts());
                dns.insert("nameservers".into(), Value::list(servers.clone()));
            }
            "domain" => {
                if let Some(domain) = words.next() {
                    dns.insert("domain".into(), domain.into());
                }
            }
            "search" | "sortlist" => {
                dns.insert(name.into(), Value::list(texts()));
            }
            "options" => {
                dns.insert("options".into(), words.map(option).collect());
            }
            _ => {}
        }
    }
    found.put("dns", Value::map(dns));
}

fn option(word: &str) -> (&str, Value) {
    match word.split_once(':') {
        Some((name, value)) if !value.is_empty() => (name, value.into()),
        Some((name, _)) => (name, true.into()),
        None => (word, true.into()),
    }
}
