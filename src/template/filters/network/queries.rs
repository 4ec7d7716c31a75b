//! The queries of `ipaddr`.

use super::address::{Address, Net, Version};
use crate::base::Value;
use crate::template::table::Stop;

/// What a query is asked of.
pub struct Subject {
    /// The address or network.
    pub net: Net,
    /// Whether it was written with a prefix.
    pub is_network: bool,
    /// The text it was written as.
    pub value: Value,
}

fn text(item: impl ToString) -> Value {
    Value::from(item.to_string())
}

/// What Python's functions give when they end without a return.
const NOTHING: Result<Value, Stop> = Ok(Value::NULL);

/// The answer to a query of this name; None when there is no such query.
pub fn answer(name: &str, subject: &Subject) -> Option<Result<Value, Stop>> {
    parts(name, subject)
        .or_else(|| hosts(name, subject))
        .or_else(|| usable(name, subject))
        .or_else(|| kinds(name, subject))
}

/// Whether there is a query of this name.
pub fn is_query(name: &str) -> bool {
    let any = Net::host(Address { version: Version::V4, value: 0 });
    let subject = Subject { net: any, is_network: true, value: Value::NULL };
    name == "cidr_lookup" || answer(name, &subject).is_some()
}

/// Queries that every address and network can answer.
fn parts(name: &str, subject: &Subject) -> Option<Result<Value, Stop>> {
    let net = subject.net;
    Some(match name {
        "" if subject.is_network => Ok(text(net)),
        "" => Ok(text(net.ip)),
        "bool" => Ok(Value::from(true)),
        "cidr" => Ok(text(net)),
        "hostmask" | "wildcard" => Ok(text(net.hostmask())),
        "int" if subject.is_network => Ok(text(format!("{}/{}", net.ip.value, net.prefix))),
        "int" => Ok(Value::big(net.ip.value.into())),
        "netmask" => Ok(text(net.netmask())),
        "network" | "network_id" => Ok(text(net.network())),
        "network_netmask" => Ok(text(format!("{} {}", net.network(), net.netmask()))),
        "network_wildcard" => Ok(text(format!("{} {}", net.network(), net.hostmask()))),
        "prefix" => Ok(Value::from(i64::from(net.prefix))),
        "revdns" => Ok(text(net.ip.reverse_name())),
        "size" => Ok(Value::big(net.size())),
        "size_usable" if net.is_single() => Ok(Value::from(0)),
        "size_usable" if !net.is_wide() => Ok(Value::from(2)),
        "size_usable" => Ok(Value::big(net.size() - 2)),
        "subnet" | "network/prefix" => Ok(text(net.cidr())),
        "type" if net.is_single() || net.ip != net.network() => Ok(text("address")),
        "type" => Ok(text("network")),
        "version" => Ok(Value::from(net.ip.version.number())),
        _ => return None,
    })
}

/// Queries that only hosts, or only networks, answer.
fn hosts(name: &str, subject: &Subject) -> Option<Result<Value, Stop>> {
    let net = subject.net;
    let inside = net.ip != net.network();
    let no_broadcast = net.broadcast().is_none();
    Some(match name {
        "address" | "ip" => {
            let shown = net.is_single() || inside || no_broadcast || net.ip.version == Version::V6;
            if shown { Ok(text(net.ip)) } else { NOTHING }
        }
        "address/prefix" | "gateway" | "gw" | "host/prefix" | "hostnet" | "router" => {
            let edge = net.is_wide() && (!inside || Some(net.ip) == net.broadcast());
            Ok(if edge { Value::from(false) } else { text(net) })
        }
        "broadcast" if net.is_wide() => Ok(net.broadcast().map_or(Value::NULL, text)),
        "host" if net.is_single() || inside || no_broadcast => Ok(text(net)),
        "ip/prefix" if !net.is_single() && (!net.is_wide() || inside) => Ok(text(net)),
        "ip_netmask" if !net.is_single() && (!net.is_wide() || inside) => {
            Ok(text(format!("{} {}", net.ip, net.netmask())))
        }
        "net" if !net.is_single() && !inside => Ok(text(net.cidr())),
        "broadcast" | "host" | "ip/prefix" | "ip_netmask" | "net" => NOTHING,
        _ => return None,
    })
}

/// Queries for usable addresses, which need a network.
fn usable(name: &str, subject: &Subject) -> Option<Result<Value, Stop>> {
    const NAMES: [&str; 6] =
        ["first_usable", "last_usable", "next_usable", "previous_usable", "range_usable", "peer"];
    if !NAMES.contains(&name) {
        return None;
    }
    if !subject.is_network {
        return Some(Err(Stop::fault("Not a network address")));
    }
    let net = subject.net;
    if name == "peer" {
        return Some(peer(net));
    }
    let Some((first, last)) = net.usable() else { return Some(NOTHING) };
    let address = |value: u128| text(Address { value, ..net.ip });
    let beside = |step: i128| {
        let next = net.ip.plus(step).filter(|next| (first..=last).contains(&next.value));
        next.map_or(Value::NULL, text)
    };
    Some(Ok(match name {
        "first_usable" => address(first),
        "last_usable" => address(last),
        "next_usable" => beside(1),
        "previous_usable" => beside(-1),
        _ => text(format!("{}-{}", address(first).text(), address(last).text())),
    }))
}

/// The other end of a point-to-point network.
fn peer(net: Net) -> Result<Value, Stop> {
    let other = |bits: u128| Ok(text(Address { value: net.ip.value ^ bits, ..net.ip }));
    match net.ip.version.width() - net.prefix {
        1 => other(1),
        2 if net.ip.value.is_multiple_of(4) => {
            Err(Stop::fault("Network address of /30 has no peer"))
        }
        2 if net.ip.value % 4 == 3 => Err(Stop::fault("Broadcast address of /30 has no peer")),
        2 => other(3),
        _ => Err(Stop::fault("Not a point-to-point network")),
    }
}

/// Queries that let a value pass, and conversions between the versions.
fn kinds(name: &str, subject: &Subject) -> Option<Result<Value, Stop>> {
    let net = subject.net;
    let pass = |passes: bool| Ok(if passes { subject.value.clone() } else { Value::NULL });
    Some(match name {
        "ipv4" | "v4" => Ok(to_v4(subject)),
        "ipv6" | "v6" => Ok(to_v6(subject)),
        "6to4" => Ok(six_to_four(subject)),
        "link-local" => pass(net.ip.is_in(&["169.254.0.0/16", "fe80::/10"])),
        "lo" | "loopback" => pass(net.ip.is_loopback()),
        "multicast" => pass(net.ip.is_multicast()),
        "unicast" => pass(!net.ip.is_multicast()),
        "private" => pass(!net.ip.is_global()),
        "public" => pass(is_public(net.ip)),
        "wrap" if net.ip.version == Version::V4 => pass(true),
        "wrap" if subject.is_network => Ok(text(format!("[{}]/{}", net.ip, net.prefix))),
        "wrap" => Ok(text(format!("[{}]", net.ip))),
        _ => return None,
    })
}

fn is_public(ip: Address) -> bool {
    !ip.is_multicast()
        && ip.is_global()
        && !ip.is_loopback()
        && !ip.is_netmask()
        && !ip.is_hostmask()
}

/// An IPv4 address inside of an IPv6 one.
fn to_v4(subject: &Subject) -> Value {
    let net = subject.net;
    if net.ip.version == Version::V4 {
        return subject.value.clone();
    }
    let high = net.ip.value >> 32;
    let fits = (high == 0 || high == 0xffff) && net.prefix >= 96;
    let low = Address { version: Version::V4, value: net.ip.value & u128::from(u32::MAX) };
    if fits { text(Net { ip: low, prefix: net.prefix - 96 }) } else { Value::from(false) }
}

fn to_v6(subject: &Subject) -> Value {
    let net = subject.net;
    if net.ip.version == Version::V6 {
        return subject.value.clone();
    }
    let value = 0xffff_0000_0000 | net.ip.value;
    let mapped = Address { version: Version::V6, value };
    text(Net { ip: mapped, prefix: net.prefix + 96 })
}

/// The 6to4 prefix of an IPv4 address; IPv6 addresses pass if they have one.
fn six_to_four(subject: &Subject) -> Value {
    let net = subject.net;
    let none = Value::from(false);
    let inside = net.ip != net.network();
    if net.ip.version == Version::V6 {
        let passes = net.ip.is_in(&["2002::/16"]) && (!subject.is_network || inside);
        return if passes { subject.value.clone() } else { none };
    }
    let known = is_public(net.ip) || !net.ip.is_global();
    if !(net.is_single() || inside) || !known {
        return none;
    }
    let [a, b, c, d] = (net.ip.value as u32).to_be_bytes();
    text(format!("2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1/48"))
}
