//! Tables of addresses.

use crate::base::{Map, Value};
use crate::modules::told::Said;
use crate::spec::{Command, Failure};
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// A table as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its addresses as pf shows them.
    pub addresses: BTreeSet<String>,
}

/// Reads the argument: names, each with a list of addresses.
///
/// # Errors
/// A name that pf does not take, or what is neither address nor network.
pub fn wanted(given: Option<&Map>) -> Result<Vec<Table>, Failure> {
    let wrong = || Failure::new("tables is a dict of names, each with a list of addresses");
    let table = |(name, value): (&crate::base::Key, &Value)| {
        let name = name.to_string();
        // The kernel keeps 31 letters.
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.is_empty() || name.len() > 31 || name.starts_with('-') || !name.chars().all(letter)
        {
            return Err(Failure::new(format!("invalid name of a table: '{name}'")));
        }
        let list = value.as_list().ok_or_else(wrong)?;
        let address = |item: &Value| {
            let text = item.text();
            shown(&text).ok_or_else(|| Failure::new(format!("table {name}: {text} is no address")))
        };
        let addresses = list.iter().map(address).collect::<Result<_, Failure>>()?;
        Ok(Table { name, addresses })
    };
    given.into_iter().flatten().map(table).collect()
}

/// An address or network as `pfctl -T show` prints it: the network's own bits, no mask for one address.
pub fn shown(text: &str) -> Option<String> {
    let text = text.trim();
    let (not, plain) = match text.strip_prefix('!') {
        Some(plain) => ("!", plain.trim_start()),
        None => ("", text),
    };
    if let Ok(address) = plain.parse::<IpAddr>() {
        return Some(format!("{not}{address}"));
    }
    let net = plain.parse::<IpNet>().ok()?.trunc();
    if net.prefix_len() == net.max_prefix_len() {
        return Some(format!("{not}{}", net.addr()));
    }
    Some(format!("{not}{net}"))
}

/// What a table holds; None: there is no such table.
///
/// # Errors
/// pf does not tell.
pub fn held(said: &Said) -> Result<Option<BTreeSet<String>>, Failure> {
    if said.rc == 0 {
        return Ok(Some(said.text.lines().filter_map(shown).collect()));
    }
    // 13.2 has lost its words for it: F-46.
    let missing = ["Unknown error: -1", "Table does not exist", "No such process", "No such file"];
    if missing.iter().any(|words| said.text.contains(words)) {
        return Ok(None);
    }
    Err(Failure::new(said.text.trim_end()))
}

/// Makes a table hold exactly this, at once.
pub fn replace(pfctl: &str, anchor: Option<&str>, table: &Table) -> Command {
    let mut words = vec![pfctl.to_string()];
    words.extend(anchor.iter().flat_map(|anchor| ["-a".to_string(), (*anchor).to_string()]));
    words.extend(["-t", &table.name, "-T"].map(str::to_string));
    let env = vec![("LC_ALL".to_string(), "C".to_string())];
    if table.addresses.is_empty() {
        words.push("flush".to_string());
        return Command { env, ..Command::new(words) };
    }
    words.extend(["replace", "-f", "-"].map(str::to_string));
    let lines: String = table.addresses.iter().map(|address| format!("{address}\n")).collect();
    Command { env, stdin: Some(lines.into()), ..Command::new(words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_pf_shows_them() {
        for (given, pf) in [
            ("10.0.0.5/24", "10.0.0.0/24"),
            ("10.0.0.5/32", "10.0.0.5"),
            (" 10.1.1.1 ", "10.1.1.1"),
            ("FD00:0::1", "fd00::1"),
            ("fd00::1/64", "fd00::/64"),
            ("fd00::1/128", "fd00::1"),
            ("! 10.0.0.1", "!10.0.0.1"),
        ] {
            assert_eq!(shown(given).as_deref(), Some(pf));
        }
        for bad in ["", "name", "10.1.1.1/99", "10.0.0.300", "-x", "10.0.0.1;", "any"] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }

    #[test]
    fn f46_a_missing_table_is_told_by_its_words() {
        let said = |rc, text: &str| Said { what: "table x".into(), rc, text: text.into() };
        assert_eq!(held(&said(255, "pfctl: Unknown error: -1.\n")).unwrap(), None);
        assert_eq!(held(&said(255, "pfctl: Table does not exist.\n")).unwrap(), None);
        let there = held(&said(0, "   10.17.89.0/28\n   10.17.89.10\n   fd00::1\n")).unwrap();
        assert_eq!(there.unwrap().len(), 3);
        assert_eq!(held(&said(0, "")).unwrap(), Some(BTreeSet::new()));
        assert!(held(&said(1, "pfctl: /dev/pf: Permission denied\n")).is_err());
    }
}
