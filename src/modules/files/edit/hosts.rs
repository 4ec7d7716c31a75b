//! Lines of a hosts file: an address and its names.

use std::collections::HashMap;
use std::net::IpAddr;

/// One entry as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its address.
    pub ip: IpAddr,
    /// Its names, the first one is the host's own.
    pub names: Vec<String>,
}

/// Why a name is none that a resolver takes, if so.
pub fn refuse(name: &str) -> Option<String> {
    let label = |label: &str| {
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let ends = label.starts_with('-') || label.ends_with('-');
        !label.is_empty() && label.len() <= 63 && !ends && label.chars().all(letter)
    };
    let good = name.len() <= 253 && name.split('.').all(label) && name.parse::<IpAddr>().is_err();
    (!good).then(|| format!("invalid host name '{name}'"))
}

/// The block's lines, by address.
///
/// # Errors
/// One name with two addresses of one family.
pub fn block(entries: &[Entry]) -> Result<String, String> {
    let mut of: HashMap<(String, bool), IpAddr> = HashMap::new();
    let mut lines: Vec<(IpAddr, Vec<String>)> = Vec::new();
    for entry in entries {
        for name in &entry.names {
            let key = (name.to_lowercase(), entry.ip.is_ipv4());
            let known = *of.entry(key).or_insert(entry.ip);
            if known != entry.ip {
                return Err(format!("{name} has two addresses: {known} and {}", entry.ip));
            }
        }
        match lines.iter_mut().find(|(ip, _)| *ip == entry.ip) {
            Some((_, names)) => names.extend(entry.names.clone()),
            None => lines.push((entry.ip, entry.names.clone())),
        }
    }
    lines.sort_by_key(|(ip, _)| *ip);
    let line = |(ip, names): &(IpAddr, Vec<String>)| {
        let mut once: Vec<&str> = Vec::new();
        for name in names {
            if !once.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                once.push(name);
            }
        }
        format!("{ip}\t{}\n", once.join(" "))
    };
    Ok(lines.iter().map(line).collect())
}

/// A line outside of the block that has one of the names with another address of the same family.
pub fn conflict(text: &str, entries: &[Entry]) -> Option<String> {
    for (at, line) in text.lines().enumerate() {
        let plain = line.split('#').next().unwrap_or_default();
        let mut words = plain.split_whitespace();
        let Some(Ok(ip)) = words.next().map(str::parse::<IpAddr>) else { continue };
        for name in words {
            let other = entries.iter().find(|entry| {
                entry.ip.is_ipv4() == ip.is_ipv4()
                    && entry.ip != ip
                    && entry.names.iter().any(|own| own.eq_ignore_ascii_case(name))
            });
            if let Some(other) = other {
                let (line, wanted) = (at + 1, other.ip);
                return Some(format!("line {line} has {name} with {ip}, not {wanted}"));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(ip: &str, names: &[&str]) -> Entry {
        Entry { ip: ip.parse().unwrap(), names: names.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn a_block_is_sorted_by_number() {
        let entries = [
            entry("10.0.0.10", &["x"]),
            entry("fd00::1", &["gw"]),
            entry("10.0.0.3", &["a-db", "a-db.internal"]),
            entry("10.0.0.3", &["A-DB", "db"]),
        ];
        let text = "10.0.0.3\ta-db a-db.internal db\n10.0.0.10\tx\nfd00::1\tgw\n";
        assert_eq!(block(&entries).unwrap(), text);
        let two = [entry("10.0.0.1", &["a"]), entry("10.0.0.2", &["A"])];
        assert_eq!(block(&two).unwrap_err(), "A has two addresses: 10.0.0.1 and 10.0.0.2");
        assert!(block(&[entry("10.0.0.1", &["a"]), entry("::1", &["a"])]).is_ok());
    }

    #[test]
    fn names_are_a_resolvers() {
        for bad in ["", "a b", "-a", "a-", "a..b", ".", "10.0.0.1", "a#", "a\nb", &"x".repeat(64)] {
            assert!(refuse(bad).is_some(), "{bad}");
        }
        for good in ["a", "a-db", "a-db.internal", "x1", "srv_1"] {
            assert_eq!(refuse(good), None);
        }
    }

    #[test]
    fn other_lines_must_not_differ() {
        let text = "::1 localhost\n127.0.0.1 localhost # a-db\n192.0.2.1\tA-DB\n";
        let wanted = [entry("10.0.0.3", &["a-db"])];
        let words = "line 3 has A-DB with 192.0.2.1, not 10.0.0.3";
        assert_eq!(conflict(text, &wanted).as_deref(), Some(words));
        assert_eq!(conflict(text, &[entry("192.0.2.1", &["a-db"])]), None);
        assert_eq!(conflict(text, &[entry("fd00::3", &["a-db"])]), None, "another family");
        assert!(conflict(text, &[entry("10.0.0.1", &["localhost"])]).is_some());
    }
}
