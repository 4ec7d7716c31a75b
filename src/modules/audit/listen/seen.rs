//! Sockets that listen, and redirections, as hosts tell them.

use crate::base::value::from_json;
use crate::base::{Key, Value};
use crate::modules::told::Told;
use crate::spec::Failure;
use std::net::IpAddr;

/// Where something can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// `tcp` or `udp`.
    pub proto: String,
    /// The address; None: every one.
    pub address: Option<IpAddr>,
    /// The address as it was told.
    pub shown: String,
    /// First and last port.
    pub ports: (u16, u16),
    /// Who listens; empty: not known.
    pub process: String,
    /// The rule that leads there, for redirections.
    pub rule: Option<String>,
}

/// Everything open.
///
/// # Errors
/// Sockets cannot be seen.
pub fn read(told: &Told) -> Result<Vec<Open>, Failure> {
    let mut all = match (told.of("ss"), told.of("sockstat")) {
        (Some(said), _) if said.rc == 0 => said.text.lines().filter_map(ss).collect::<Vec<_>>(),
        (None, Some(said)) if said.rc == 0 => said.text.lines().filter_map(sockstat).collect(),
        (Some(said), _) | (None, Some(said)) => {
            let text = format!("what listens on this host cannot be seen: {}", said.text.trim());
            return Err(Failure::new(text));
        }
        (None, None) => {
            return Err(Failure::new("ss is not on this host: what listens there cannot be seen"));
        }
    };
    for said in told.all().filter(|said| said.rc == 0) {
        match said.what.as_str() {
            "nft" => all.extend(nft(&said.text)),
            "iptables-save" | "ip6tables-save" => {
                all.extend(said.text.lines().filter_map(iptables))
            }
            what if what == "rdr" || what.starts_with("rdr ") => {
                all.extend(said.text.lines().filter_map(pf));
            }
            _ => {}
        }
    }
    Ok(all)
}

/// Why redirections may be there that nobody saw.
pub fn unseen(told: &Told) -> Vec<String> {
    let silent = |what: &str| what == "nft" || what.ends_with("tables-save");
    let failed = told.all().filter(|said| silent(&said.what) && said.rc != 0);
    let mut all: Vec<String> = failed
        .map(|said| format!("redirections cannot be seen: {}: {}", said.what, said.text.trim()))
        .collect();
    let off = told.of("pf").is_some_and(|said| said.text.contains("Permission denied"));
    if off {
        all.push("redirections cannot be seen: pfctl: Permission denied".to_string());
    }
    all
}

/// Address and port, at the last colon.
fn place(text: &str) -> Option<(Option<IpAddr>, String, u16)> {
    let (address, port) = text.rsplit_once(':')?;
    let port = port.parse().ok()?;
    let plain = address.trim_start_matches('[');
    let plain = plain.split(['%', ']']).next().unwrap_or_default();
    if matches!(plain, "*" | "0.0.0.0" | "::") {
        return Some((None, address.to_string(), port));
    }
    let parsed: IpAddr = plain.parse().ok()?;
    Some((Some(parsed.to_canonical()), address.to_string(), port))
}

/// A line of `ss -H -tulnpO`.
fn ss(line: &str) -> Option<Open> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [proto, _state, _received, _sent, local, _peer, ..] = words[..] else { return None };
    let (address, shown, port) = place(local)?;
    let names = line.split_once("users:((\"").map_or("", |(_, rest)| rest);
    let mut processes: Vec<String> = names.split("(\"").map(process).collect();
    processes.retain(|name| !name.is_empty());
    processes.dedup();
    let process = processes.join(", ");
    let proto = proto.to_string();
    Some(Open { proto, address, shown, ports: (port, port), process, rule: None })
}

/// `sshd",pid=1,fd=3)` as `sshd (1)`.
fn process(text: &str) -> String {
    let Some((name, rest)) = text.split_once('"') else { return String::new() };
    let pid = rest.split("pid=").nth(1).and_then(|rest| rest.split([',', ')']).next());
    pid.map_or_else(|| name.to_string(), |pid| format!("{name} ({pid})"))
}

/// A line of `sockstat -46lnq`: user, command, process, descriptor, protocol, local and foreign address.
fn sockstat(line: &str) -> Option<Open> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().rposition(|word| word.starts_with("tcp") || word.starts_with("udp"))?;
    let (address, shown, port) = place(words.get(at + 1)?)?;
    let proto = words[at][..3].to_string();
    let named = at >= 3 && words[at - 2] != "?";
    let process = if named {
        format!("{} ({})", words[1..at - 2].join(" "), words[at - 2])
    } else {
        String::new()
    };
    Some(Open { proto, address, shown, ports: (port, port), process, rule: None })
}

fn redirection(proto: &str, ports: (u16, u16), rule: String) -> Open {
    let shown = "redirected".to_string();
    Open {
        proto: proto.to_string(),
        address: None,
        shown,
        ports,
        process: String::new(),
        rule: Some(rule),
    }
}

/// First and last of `80`, `80:90` or `80-90`.
pub fn ports(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once([':', '-']).unwrap_or((text, text));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some((first, last))
}

/// A DNAT of `iptables-save -t nat`.
fn iptables(line: &str) -> Option<Open> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let after = |name: &str| {
        let at = words.iter().position(|word| *word == name)?;
        words.get(at + 1).copied()
    };
    let target = after("-j")?;
    if !matches!(target, "DNAT" | "REDIRECT") {
        return None;
    }
    let port = after("--dport").or_else(|| after("--dports"));
    // A rule without a port leads all of them on.
    let range = port.and_then(|port| ports(port.split(',').next()?)).unwrap_or((1, u16::MAX));
    let range = if port.is_some_and(|port| port.contains(',')) { (1, u16::MAX) } else { range };
    Some(redirection(after("-p").unwrap_or("any"), range, line.trim().to_string()))
}

/// A redirection of `pfctl -Psn`.
fn pf(line: &str) -> Option<Open> {
    let rest = line.strip_prefix("rdr ")?;
    let (before, _) = rest.split_once("->")?;
    let words: Vec<&str> = before.split_whitespace().collect();
    let proto = words.iter().position(|word| *word == "proto").and_then(|at| words.get(at + 1));
    let port = words.iter().rposition(|word| *word == "port").and_then(|at| {
        let word = words.get(at + 1)?;
        let word = if *word == "=" { words.get(at + 2)? } else { word };
        ports(word)
    });
    let proto = proto.copied().unwrap_or("any");
    Some(redirection(proto, port.unwrap_or((1, u16::MAX)), line.trim().to_string()))
}

/// Rules of `nft -j list ruleset` that send packets elsewhere.
fn nft(text: &str) -> Vec<Open> {
    let Ok(value) = from_json(text) else { return Vec::new() };
    let rules = value.get("nftables").and_then(Value::as_list).unwrap_or_default();
    rules.iter().filter_map(|item| rule(item.get("rule")?)).collect()
}

fn rule(rule: &Value) -> Option<Open> {
    let parts = rule.get("expr")?.as_list()?;
    let sends = |part: &&Value| part.get("dnat").is_some() || part.get("redirect").is_some();
    parts.iter().find(sends)?;
    let matched = |part: &Value| -> Option<(String, (u16, u16))> {
        let test = part.get("match")?;
        let payload = test.get("left")?.get("payload")?;
        let field = payload.get("field")?.text();
        (field == "dport").then_some(())?;
        Some((payload.get("protocol")?.text(), port_range(test.get("right")?)))
    };
    let (proto, range) =
        parts.iter().find_map(matched).unwrap_or_else(|| ("any".to_string(), (1, u16::MAX)));
    let proto = if proto == "th" { "any".to_string() } else { proto };
    let name = |key: &str| rule.get(key).map(Value::text).unwrap_or_default();
    let place = ["family", "table", "chain", "handle"].map(name);
    Some(redirection(
        &proto,
        range,
        format!("nft rule {} {} {} handle {}", place[0], place[1], place[2], place[3]),
    ))
}

/// The widest range of what a port is compared with.
fn port_range(right: &Value) -> (u16, u16) {
    if let Some(port) = ports(&right.text()) {
        return port;
    }
    let mut found = Vec::new();
    collect(right, &mut found);
    match (found.iter().min(), found.iter().max()) {
        (Some(first), Some(last)) => (*first, *last),
        _ => (1, u16::MAX),
    }
}

fn collect(value: &Value, found: &mut Vec<u16>) {
    if let Some(list) = value.as_list() {
        list.iter().for_each(|item| collect(item, found));
    } else if let Some(map) = value.as_map() {
        let inside = ["range", "set"].iter().filter_map(|key| map.get(&Key::from(*key)));
        inside.for_each(|item| collect(item, found));
    } else if let Ok(port) = value.text().parse() {
        found.push(port);
    }
}
