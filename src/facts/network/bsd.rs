//! Interfaces by BSD's ifconfig and route.

use super::{Net, mask, network, set};
use crate::base::{Key, Map, Value};
use crate::facts::told::Told;
use std::net::Ipv4Addr;

/// Lists of an interface while its lines are read.
#[derive(Default)]
struct Reading {
    facts: Map,
    four: Vec<Value>,
    six: Vec<Value>,
}

/// All interfaces, sorted by name.
pub fn read(told: &Told) -> Net {
    let mut net = Net::default();
    let mut current = Reading::default();
    for line in told.lines("ifconfig") {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.is_empty() {
            continue;
        }
        if !line.starts_with([' ', '\t']) && words.len() > 3 {
            finish(&mut net, std::mem::take(&mut current));
            current.facts = begin(&words);
        } else {
            detail(&mut net, &mut current, &words);
        }
    }
    finish(&mut net, current);
    net.interfaces.sort_unstable_keys();
    net.default4 = default(told, "route4", &net, "ipv4");
    net.default6 = default(told, "route6", &net, "ipv6");
    net
}

fn finish(net: &mut Net, mut reading: Reading) {
    let Some(name) = reading.facts.get(&Key::from("device")).map(Value::text) else { return };
    let media = reading.facts.get(&Key::from("media")).map(Value::text).unwrap_or_default();
    if media.to_lowercase().contains("ether") {
        set(&mut reading.facts, "type", "ether");
    }
    set(&mut reading.facts, "ipv4", Value::list(reading.four));
    set(&mut reading.facts, "ipv6", Value::list(reading.six));
    net.interfaces.insert(name, reading.facts);
}

/// `em0: flags=8843<UP,...> metric 0 mtu 1500`
fn begin(words: &[&str]) -> Map {
    let mut facts = Map::new();
    let flags = options(words[1]);
    set(&mut facts, "device", &words[0][..words[0].len() - 1]);
    set(&mut facts, "type", if flags.contains(&"LOOPBACK") { "loopback" } else { "unknown" });
    set(&mut facts, "flags", flags);
    set(&mut facts, "macaddress", "unknown");
    match *words {
        [_, _, _, metric, _, mtu, ..] => {
            set(&mut facts, "metric", metric);
            set(&mut facts, "mtu", mtu);
        }
        _ => set(&mut facts, "mtu", words[3]),
    }
    facts
}

/// What stands between `<` and `>`.
fn options(text: &str) -> Vec<&str> {
    match (text.find('<'), text.rfind('>')) {
        (Some(start), Some(end)) if end > start + 1 => text[start + 1..end].split(',').collect(),
        _ => Vec::new(),
    }
}

fn detail(net: &mut Net, current: &mut Reading, words: &[&str]) {
    let facts = &mut current.facts;
    match *words {
        [word, ..] if word.starts_with("options=") => set(facts, "options", options(word)),
        ["nd6", word, ..] => set(facts, "options", options(word)),
        ["ether", address, ..] => {
            set(facts, "macaddress", address);
            set(facts, "type", "ether");
        }
        ["media:", ref rest @ ..] => media(facts, rest),
        ["status:", status, ..] => set(facts, "status", status),
        ["lladdr", address, ..] => set(facts, "lladdr", address),
        ["tunnel", ..] => set(facts, "type", "tunnel"),
        ["inet", "alias", ref rest @ ..] | ["inet", ref rest @ ..] => {
            if let Some(address) = inet(rest, &mut net.all4) {
                current.four.push(address);
            }
        }
        ["inet6", ref rest @ ..] => current.six.extend(inet6(rest, &mut net.all6)),
        _ => {}
    }
}

/// `Ethernet autoselect (10Gbase-T <full-duplex>)`: the bracket before the type goes, one after it stays.
fn media(facts: &mut Map, words: &[&str]) {
    for (index, word) in words.iter().take(4).enumerate() {
        match index {
            0 => set(facts, "media", *word),
            1 => set(facts, "media_select", *word),
            2 => set(facts, "media_type", word.get(1..).unwrap_or_default()),
            _ => set(facts, "media_options", options(word)),
        }
    }
}

fn after<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words.iter().position(|word| *word == name).and_then(|at| words.get(at + 1)).copied()
}

fn inet(words: &[&str], all: &mut Vec<String>) -> Option<Value> {
    let (address, bits) = match words.first()?.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (*words.first()?, None),
    };
    let netmask = match bits {
        Some(bits) => mask(bits.parse().ok()?),
        None => dotted(after(words, "netmask")?)?,
    };
    let ip: Ipv4Addr = address.parse().ok()?;
    let last = Ipv4Addr::from(u32::from(ip) | !u32::from(netmask));
    let broadcast = after(words, "broadcast").map_or_else(|| last.to_string(), str::to_string);
    if !address.starts_with("127.") {
        all.push(address.to_string());
    }
    let entries = [
        ("address", address.to_string()),
        ("netmask", netmask.to_string()),
        ("network", network(ip, netmask).to_string()),
        ("broadcast", broadcast),
    ];
    Some(entries.into_iter().map(|(key, text)| (key, text.into())).collect())
}

/// A mask as `0xffffff00`, `ffffff00` or `255.255.255.0`.
fn dotted(text: &str) -> Option<Ipv4Addr> {
    if text.contains('.') {
        return text.parse().ok();
    }
    u32::from_str_radix(text.trim_start_matches("0x"), 16).ok().map(Ipv4Addr::from)
}

fn inet6(words: &[&str], all: &mut Vec<String>) -> Option<Value> {
    let first = *words.first()?;
    let (address, bits) = first.split_once('/').map_or((first, None), |(a, b)| (a, Some(b)));
    let mut facts = Map::new();
    set(&mut facts, "address", address);
    if let Some(prefix) = bits.or_else(|| after(words, "prefixlen")) {
        set(&mut facts, "prefix", prefix);
    }
    if let Some(scope) = after(words, "scopeid") {
        set(&mut facts, "scope", scope);
    }
    if address != "::1" && address != "fe80::1%lo0" {
        all.push(address.to_string());
    }
    Some(Value::map(facts))
}

/// The default route, with what its interface has.
fn default(told: &Told, key: &str, net: &Net, kind: &str) -> Map {
    let mut facts = Map::new();
    for line in told.lines(key) {
        match line.trim().split_once(": ") {
            Some(("interface", name)) => set(&mut facts, "interface", name),
            Some(("gateway", gateway)) => set(&mut facts, "gateway", gateway),
            Some(("if address" | "local addr", address)) => set(&mut facts, "address", address),
            _ => {}
        }
    }
    let name = facts.get(&Key::from("interface")).map(Value::text).unwrap_or_default();
    let Some(interface) = net.interfaces.get(&name) else { return facts };
    let addresses = interface.get(&Key::from(kind)).and_then(Value::as_list).unwrap_or_default();
    let own = facts.get(&Key::from("address")).cloned();
    let plain = interface.iter().filter(|(key, _)| !matches!(key.as_str(), Some("ipv4" | "ipv6")));
    facts.extend(plain.map(|(key, value)| (key.clone(), value.clone())));
    let chosen = addresses.iter().find(|a| own.is_some() && a.get("address") == own.as_ref());
    if let Some(address) = chosen.or(addresses.first()).and_then(Value::as_map) {
        facts.extend(address.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    facts
}
