//! The arguments, checked.

use super::args::{Args, Established, Mode, Resolve};
use crate::base::{Map, Value};
use crate::modules::network::nets::{self, Net};
use crate::spec::Failure;
use std::net::IpAddr;

/// Networks that names and `any` do not open: private, shared, local, of documentation and benchmarks, multicast.
const SPECIAL: [&str; 21] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "::/96",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "2001:db8::/32",
    "2002::/16",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];

/// A protocol and its ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proto {
    /// `tcp` or `udp` with its ports.
    Ports(&'static str, Vec<String>),
    /// Echo requests.
    Icmp,
    /// Everything.
    All,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Addresses and networks.
    pub nets: Vec<Net>,
    /// Names.
    pub names: Vec<String>,
    /// Whether it is about every address.
    pub any: bool,
    /// What passes.
    pub proto: Proto,
}

/// All that the rules are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The guest.
    pub name: String,
    /// The interface.
    pub interface: String,
    /// Whether it is a port of a bridge.
    pub bridged: bool,
    /// Its MAC addresses.
    pub macs: Vec<String>,
    /// Its addresses.
    pub source: Vec<Net>,
    /// What it may reach.
    pub allow: Vec<Entry>,
    /// What names and `any` do not open.
    pub deny: Vec<Net>,
    /// Its resolvers.
    pub dns: Vec<Net>,
    /// Services that may answer.
    pub inbound: Vec<Entry>,
}

impl Wish {
    /// Of the arguments of a guest that is held to its list.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn of(args: &Args) -> Result<Self, Failure> {
        guest(&args.name)?;
        let interface = args.interface.clone().unwrap_or_default();
        nets::interface(&interface)?;
        args.bridge.as_deref().map_or(Ok(()), nets::interface)?;
        let list = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
        let all = |texts: Vec<String>| {
            texts.iter().map(|text| Net::parse(text)).collect::<Result<Vec<_>, Failure>>()
        };
        let macs =
            list(&args.mac).iter().map(|text| nets::mac(text)).collect::<Result<Vec<_>, _>>()?;
        let special = || SPECIAL.iter().map(ToString::to_string).collect();
        let wish = Self {
            name: args.name.clone(),
            interface,
            bridged: args.mode == Mode::Bridged,
            macs,
            source: all(list(&args.addresses))?,
            allow: entries(args.allow.as_deref(), "to")?,
            deny: all(args.deny.clone().unwrap_or_else(special))?,
            dns: all(list(&args.dns))?,
            inbound: entries(args.inbound.as_deref(), "from")?,
        };
        wish.check(args)?;
        Ok(wish)
    }

    fn check(&self, args: &Args) -> Result<(), Failure> {
        let fail = |text: &str| Err(Failure::new(text));
        if self.source.is_empty() {
            return fail("addresses: the guest needs one");
        }
        if self.bridged && self.macs.is_empty() {
            return fail("mode bridged needs the guest's mac: others are dropped");
        }
        if !self.bridged && args.bridge.is_some() {
            return fail("bridge: a routed interface is a port of none");
        }
        if !self.inbound.is_empty() && args.established != Established::None {
            return fail(
                "inbound goes with 'established: none': else answers are let out by themselves",
            );
        }
        let outward = |entry: &&Entry| entry.names.is_empty() && !entry.any;
        if !self
            .inbound
            .iter()
            .all(|entry| outward(&entry) && matches!(entry.proto, Proto::Ports(..)))
        {
            return fail("inbound has addresses and networks, and ports of tcp or udp");
        }
        if !self.dns.iter().all(Net::is_host) {
            return fail("dns has addresses of resolvers");
        }
        let seconds = 10..=86_400;
        if !seconds.contains(&args.refresh_interval) || args.keep_addresses < args.refresh_interval
        {
            return fail("refresh_interval is 10 to 86400 seconds, and keep_addresses not less");
        }
        if !(5..=3600).contains(&args.rollback_timeout) {
            return fail("rollback_timeout is 5 to 3600 seconds");
        }
        if !args.persist && self.has_names() && args.resolve != Resolve::Static {
            return fail(
                "names that are kept up to date need 'persist: true', or 'resolve: static'",
            );
        }
        Ok(())
    }

    /// Whether any name is listed.
    pub fn has_names(&self) -> bool {
        self.allow.iter().any(|entry| !entry.names.is_empty())
    }

    /// All names, each once.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.allow.iter().flat_map(|e| e.names.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Whether IPv6 is open.
    pub fn v6(&self) -> bool {
        self.source.iter().any(Net::is_v6)
    }

    /// Family of its table.
    pub fn family(&self) -> &'static str {
        if self.bridged { "bridge" } else { "inet" }
    }

    /// Whether names and `any` do not open this address.
    pub fn denies(&self, addr: IpAddr) -> bool {
        self.deny.iter().any(|net| net.has(addr))
    }
}

/// Name of a guest's table.
pub fn table(name: &str) -> String {
    format!("tank_egress_{name}")
}

/// Name of a guest: it becomes one of a table, of files and of units.
pub fn guest(name: &str) -> Result<(), Failure> {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let first = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !first || name.len() > 48 || !name.chars().all(letter) {
        return Err(Failure::new(format!("invalid name of a guest: '{name}'")));
    }
    Ok(())
}

fn entries(dicts: Option<&[crate::spec::args::Dict]>, whom: &str) -> Result<Vec<Entry>, Failure> {
    dicts.unwrap_or_default().iter().map(|dict| entry(&dict.0, whom)).collect()
}

fn entry(map: &Map, whom: &str) -> Result<Entry, Failure> {
    let known = [whom, "proto", "ports"];
    if let Some(key) = map.keys().find(|key| !key.as_str().is_some_and(|k| known.contains(&k))) {
        return Err(Failure::new(format!("an entry has {whom}, proto and ports, not {key}")));
    }
    let of = |name: &str| map.get(&crate::base::Key::from(name));
    let mut entry = Entry {
        nets: Vec::new(),
        names: Vec::new(),
        any: false,
        proto: proto(of("proto"), of("ports"))?,
    };
    for text in texts(of(whom)) {
        if text == "any" {
            entry.any = true;
        } else if text.contains(['/', ':']) || text.parse::<IpAddr>().is_ok() {
            entry.nets.push(Net::parse(&text)?);
        } else {
            entry.names.push(nets::host_name(&text)?);
        }
    }
    if entry.nets.is_empty() && entry.names.is_empty() && !entry.any {
        return Err(Failure::new(format!("an entry needs '{whom}'")));
    }
    Ok(entry)
}

/// A list of texts, or one text.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        None => Vec::new(),
        Some(value) => match value.as_list() {
            Some(items) => items.iter().map(Value::text).collect(),
            None => value.text().split(',').map(|part| part.trim().to_string()).collect(),
        },
    }
}

fn proto(proto: Option<&Value>, ports: Option<&Value>) -> Result<Proto, Failure> {
    let word = proto.map_or("tcp".to_string(), Value::text);
    let ports = texts(ports);
    let name = match word.as_str() {
        "tcp" => "tcp",
        "udp" => "udp",
        "icmp" | "all" if !ports.is_empty() => {
            return Err(Failure::new(format!("proto {word} has no ports")));
        }
        "icmp" => return Ok(Proto::Icmp),
        "all" => return Ok(Proto::All),
        _ => return Err(Failure::new(format!("proto is tcp, udp, icmp or all, not '{word}'"))),
    };
    if ports.is_empty() {
        return Err(Failure::new(format!("proto {name} needs ports (1-65535 are all)")));
    }
    ports.iter().try_for_each(|text| port(text))?;
    Ok(Proto::Ports(name, ports))
}

fn port(text: &str) -> Result<(), Failure> {
    let number = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u16>().ok().filter(|port| plain && *port != 0)
    };
    let range = match text.split_once('-') {
        None => number(text).map(|port| (port, port)),
        Some((low, high)) => number(low).zip(number(high)),
    };
    match range {
        Some((53 | 853, 53 | 853)) => Err(Failure::new("ports 53 and 853 are opened by 'dns'")),
        Some((low, high)) if low <= high => Ok(()),
        _ => Err(Failure::new(format!("'{text}' is no port and no range of ports"))),
    }
}
