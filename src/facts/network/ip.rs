//! Addresses and routes as iproute2 (or busybox's ip) prints them.

use super::{Net, mask, network, set};
use crate::base::{Key, Map, Value};
use crate::facts::told::Told;
use std::net::Ipv4Addr;

/// Adds addresses and default routes to the interfaces.
pub fn read(told: &Told, net: &mut Net) {
    net.default4 = default(told, "ip.default4", "8.8.8.8");
    net.default6 = default(told, "ip.default6", "2404:6800:400a:800::1012");
    // Primary addresses of an interface come before its secondary ones.
    let lines = addresses(told.lines("ip.addr"));
    let secondary = |words: &[&str]| words.contains(&"secondary") || words.contains(&"temporary");
    let mut order: Vec<usize> = (0..lines.len()).collect();
    let position = |device: &str| net.interfaces.get_index_of(device).unwrap_or(usize::MAX);
    order.sort_by_key(|i| (position(lines[*i].0), secondary(&lines[*i].1)));
    for index in order {
        let (device, words) = &lines[index];
        match words[0] {
            "inet" => inet(net, device, words, secondary(words)),
            _ => inet6(net, device, words),
        }
    }
    net.local = Some(local(told));
}

/// The words of each address line, with its interface.
fn addresses<'a>(lines: &[&'a str]) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut device = "";
    let mut found = Vec::new();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        if !line.starts_with(' ') {
            let name = words.get(1).map_or("", |word| word.trim_end_matches(':'));
            device = name.split('@').next().unwrap_or_default();
        } else if matches!(words[..], ["inet" | "inet6", _, ..]) {
            found.push((device, words));
        }
    }
    found
}

/// Interface, address and gateway of `ip route get`.
fn default(told: &Told, key: &str, asked: &str) -> Map {
    let words: Vec<&str> = told.first(key).unwrap_or_default().split_whitespace().collect();
    let mut facts = Map::new();
    if words.first() != Some(&asked) {
        return facts;
    }
    for pair in words.windows(2) {
        match *pair {
            ["dev", name] => set(&mut facts, "interface", name),
            ["src", address] => set(&mut facts, "address", address),
            ["via", gateway] if gateway != asked => set(&mut facts, "gateway", gateway),
            _ => {}
        }
    }
    facts
}

fn inet(net: &mut Net, device: &str, words: &[&str], secondary: bool) {
    let (address, bits) = words[1].split_once('/').unwrap_or((words[1], "32"));
    let Ok(ip) = address.parse::<Ipv4Addr>() else { return };
    let width = mask(bits.parse().unwrap_or(32));
    let broadcast = match *words {
        [_, _, "brd", broadcast, ..] if words[1].contains('/') => broadcast,
        _ => "",
    };
    let entries = [
        ("address", address.to_string()),
        ("broadcast", broadcast.to_string()),
        ("netmask", width.to_string()),
        ("network", network(ip, width).to_string()),
        ("prefix", bits.to_string()),
    ];
    let facts: Map = entries.into_iter().map(|(k, v)| (Key::from(k), v.into())).collect();
    let label = words.last().copied().unwrap_or(device);
    place4(net, device, label, &facts, secondary);
    if net.default4.get(&Key::from("address")).and_then(Value::as_str) == Some(address) {
        let more = facts.iter().filter(|(key, _)| key.as_str() != Some("address"));
        net.default4.extend(more.map(|(key, value)| (key.clone(), value.clone())));
        complete(net, device, true);
        set(&mut net.default4, "alias", label);
    }
    if !address.starts_with("127.") {
        net.all4.push(address.to_string());
    }
}

/// The first address of a name is its `ipv4`, further ones are `ipv4_secondaries`, those of aliases also of
/// their device.
fn place4(net: &mut Net, device: &str, label: &str, facts: &Map, secondary: bool) {
    if label != device {
        net.interfaces.insert(label.to_string(), Map::new());
    }
    let own = net.interfaces.entry(label.to_string()).or_default();
    if !secondary && !own.contains_key(&Key::from("ipv4")) {
        set(own, "ipv4", Value::map(facts.clone()));
    } else {
        push(own, "ipv4_secondaries", facts);
    }
    if secondary && label != device {
        push(net.interfaces.entry(device.to_string()).or_default(), "ipv4_secondaries", facts);
    }
}

fn push(map: &mut Map, key: &str, facts: &Map) {
    let mut list =
        map.get(&Key::from(key)).and_then(Value::as_list).map_or(Vec::new(), <[Value]>::to_vec);
    list.push(Value::map(facts.clone()));
    set(map, key, Value::list(list));
}

/// Copies what a default route takes from its interface.
fn complete(net: &mut Net, device: &str, four: bool) {
    let Some(interface) = net.interfaces.get(device).cloned() else { return };
    let facts = if four { &mut net.default4 } else { &mut net.default6 };
    let of = |key: &str| interface.get(&Key::from(key)).cloned();
    set(facts, "macaddress", of("macaddress").unwrap_or_else(|| "00:00:00:00:00:00".into()));
    if let Some(mtu) = of("mtu") {
        set(facts, "mtu", mtu);
    }
    set(facts, "type", of("type").unwrap_or_else(|| "unknown".into()));
}

fn inet6(net: &mut Net, device: &str, words: &[&str]) {
    let after = |word: &str| {
        words.iter().position(|w| *w == word).and_then(|at| words.get(at + 1)).copied()
    };
    let (address, prefix) = match after("peer") {
        Some(peer) => (words[1], peer.split_once('/').map_or("128", |(_, prefix)| prefix)),
        None => words[1].split_once('/').unwrap_or((words[1], "128")),
    };
    let scope = after("scope").unwrap_or_default();
    let entries = [("address", address), ("prefix", prefix), ("scope", scope)];
    let facts: Map = entries.into_iter().map(|(k, v)| (Key::from(k), v.into())).collect();
    push(net.interfaces.entry(device.to_string()).or_default(), "ipv6", &facts);
    if net.default6.get(&Key::from("address")).and_then(Value::as_str) == Some(address) {
        set(&mut net.default6, "prefix", prefix);
        set(&mut net.default6, "scope", scope);
        complete(net, device, false);
    }
    if address != "::1" {
        net.all6.push(address.to_string());
    }
}

/// What the local routing table has, each once.
fn local(told: &Told) -> Value {
    let list = |key: &str, six: bool| {
        let mut found: Vec<&str> = Vec::new();
        for line in told.lines(key) {
            let mut words = line.split_whitespace();
            if let (Some("local"), Some(address)) = (words.next(), words.next())
                && address.contains(':') == six
                && !found.contains(&address)
            {
                found.push(address);
            }
        }
        Value::from(found)
    };
    [("ipv4", list("ip.local4", false)), ("ipv6", list("ip.local6", true))].into_iter().collect()
}
