//! `ipaddr` and its relatives.

use super::address::{Address, Net, Version};
use super::queries::{Subject, answer, is_query};
use crate::base::{Kind, Value};
use crate::template::filters::bind::{Bound, class_of, text_of};
use crate::template::filters::builtin;
use crate::template::filters::integer::parse_float;
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "ipaddr",
        "ansible.utils.ipaddr",
        "Gives an address or network back if it is one, or what a query asks of it.",
        ipaddr,
        &[
            ("'192.168.0.1' | ansible.utils.ipaddr", "'192.168.0.1'"),
            ("'x' | ansible.utils.ipaddr", "false"),
            ("'192.168.1.5/24' | ansible.utils.ipaddr('network')", "'192.168.1.0'"),
            ("'192.168.1.0/24' | ansible.utils.ipaddr('5')", "'192.168.1.5/24'"),
            ("['10.1.1.1', '8.8.8.8'] | ansible.utils.ipaddr('private')", "['10.1.1.1']"),
            ("'10.1.1.1' | ansible.utils.ipaddr('10.0.0.0/8')", "'10.1.1.1'"),
        ],
    ),
    builtin(
        "ipv4",
        "ansible.utils.ipv4",
        "As ipaddr, for IPv4 only.",
        |_, value, args| versioned("ipv4", &value, args, Version::V4),
        &[("['10.0.0.1', 'fe80::1'] | ansible.utils.ipv4", "['10.0.0.1']")],
    ),
    builtin(
        "ipv6",
        "ansible.utils.ipv6",
        "As ipaddr, for IPv6 only.",
        |_, value, args| versioned("ipv6", &value, args, Version::V6),
        &[("['10.0.0.1', 'fe80::1'] | ansible.utils.ipv6", "['fe80::1']")],
    ),
    builtin(
        "ipwrap",
        "ansible.utils.ipwrap",
        "Puts IPv6 addresses in brackets and leaves all else.",
        ipwrap,
        &[("['::1', '10.0.0.1', 'host'] | ansible.utils.ipwrap", "['[::1]', '10.0.0.1', 'host']")],
    ),
];

fn check(value: &Value, name: &str) -> Result<(), Stop> {
    match &value.kind {
        Kind::Str(_) | Kind::List(_) | Kind::Int(_) | Kind::Big(_) | Kind::Bool(_) => Ok(()),
        _ => {
            let class = class_of(value);
            Err(Stop::fault(format!("Unrecognized type <{class}> for {name} filter <value>")))
        }
    }
}

fn ipaddr(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("ipaddr", args, &["query", "version", "alias"], 0)?;
    check(&value, "ipaddr")?;
    let version = match bound.some("version").map(text_of).as_deref() {
        None | Some("False" | "0") => None,
        Some("4") => Some(Version::V4),
        Some("6") => Some(Version::V6),
        Some(other) => return Err(Stop::fault(format!("ipaddr: there is no IP version {other}"))),
    };
    let alias = bound.text("alias", "ipaddr");
    query(&value, &bound.text("query", ""), version, &alias)
}

fn versioned(
    name: &'static str,
    value: &Value,
    args: &Args,
    version: Version,
) -> Result<Value, Stop> {
    let bound = Bound::of(name, args, &["query"], 0)?;
    check(value, name)?;
    query(value, &bound.text("query", ""), Some(version), name)
}

/// The answer to a query, for each item of a list: those that count as true.
pub fn query(
    value: &Value,
    name: &str,
    version: Option<Version>,
    alias: &str,
) -> Result<Value, Stop> {
    if let Some(items) = value.as_list() {
        let answers: Result<Vec<Value>, Stop> =
            items.iter().map(|item| query(item, name, version, alias)).collect();
        return Ok(Value::list(answers?.into_iter().filter(Value::is_true).collect()));
    }
    let Some(subject) = subject(value, version) else { return Ok(Value::from(false)) };
    let lookup = lookup_net(name);
    if version.is_some_and(|version| version != subject.net.ip.version) {
        return Ok(Value::from(false));
    }
    if let Some(net) = lookup {
        let inside = net.contains_net(Net { ip: subject.net.ip, ..subject.net });
        return Ok(if inside { subject.value } else { Value::NULL });
    }
    match answer(name, &subject) {
        Some(answer) => answer,
        None => by_index(name, &subject, alias),
    }
}

/// The network that a query asks about.
fn lookup_net(name: &str) -> Option<Net> {
    if name.is_empty() || is_query(name) || name.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Net::parse(name)
}

/// A query that is a number: the address of that number in the network.
fn by_index(name: &str, subject: &Subject, alias: &str) -> Result<Value, Stop> {
    let net = subject.net;
    if parse_float(name).is_none() {
        return Err(Stop::fault(format!("{alias}: unknown filter type: {name}")));
    }
    if net.is_single() {
        let text = if subject.is_network { net.to_string() } else { net.ip.to_string() };
        return Ok(Value::from(text));
    }
    let found = name.trim().parse::<i128>().ok().and_then(|index| net.nth(index));
    Ok(match found {
        Some(address) => Value::from(format!("{address}/{}", net.prefix)),
        None => Value::from(false),
    })
}

/// What a value stands for: an address, a network, or a number for one of them.
pub fn subject(value: &Value, version: Option<Version>) -> Option<Subject> {
    if !value.is_true() || value.as_bool() == Some(true) {
        return None;
    }
    let text = text_of(value);
    if text.bytes().all(|b| b.is_ascii_digit()) {
        let net = Net::host(numbered(text.parse().ok()?, version)?);
        return Some(Subject { net, is_network: false, value: Value::from(net.to_string()) });
    }
    let is_network = text.matches('/').count() == 1;
    if let Some(net) = Net::parse(&text) {
        return Some(Subject { net, is_network, value: value.clone() });
    }
    let (address, prefix) = text.split_once('/')?;
    let (address, prefix) = (address.trim().parse().ok()?, prefix.trim().parse::<u8>().ok()?);
    let v4 = Address::of(Version::V4, address).filter(|_| prefix <= 32);
    let ip = v4.or_else(|| Address::of(Version::V6, address))?;
    let net = (prefix <= ip.version.width()).then_some(Net { ip, prefix })?;
    Some(Subject { net, is_network: true, value: Value::from(net.to_string()) })
}

fn numbered(number: u128, version: Option<Version>) -> Option<Address> {
    let v4 = Address::of(Version::V4, number).filter(|_| version != Some(Version::V6));
    v4.or_else(|| Address::of(Version::V6, number))
}

fn ipwrap(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("ipwrap", args, &[], 0)?;
    match &value.kind {
        Kind::Str(_) | Kind::Bool(_) => Ok(wrapped(&value)),
        Kind::List(items) => Ok(Value::list(items.iter().map(wrapped).collect())),
        _ => {
            let class = class_of(&value);
            Err(Stop::fault(format!("Unrecognized type <{class}> for ipwrap filter <value>")))
        }
    }
}

fn wrapped(value: &Value) -> Value {
    let Ok(known) = query(value, "", None, "ipwrap") else { return value.clone() };
    if !known.is_true() {
        return value.clone();
    }
    query(&known, "wrap", None, "ipwrap").unwrap_or_else(|_| value.clone())
}
