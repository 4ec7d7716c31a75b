//! What a host says of its jails.

use crate::base::value::from_json;
use crate::base::{Diagnostic, Value};
use crate::spec::Answer;
use crate::spec::path::unescape;
use std::collections::BTreeSet;

/// A jail of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jail {
    /// Its whole name.
    pub name: String,
    /// Whether it runs.
    pub running: bool,
    /// Whether Bastille keeps it.
    pub kept: bool,
    /// Whether Bastille starts it with the host.
    pub boot: Option<bool>,
    /// FreeBSD's release that it is made of, such as `14.3-RELEASE`.
    pub release: Option<String>,
    /// Its addresses without interface and prefix length.
    pub addresses: Vec<String>,
    /// Bastille's tags.
    pub tags: Vec<String>,
}

/// The jails of an answer to `jails.sh`, by name.
pub fn read(answer: &Answer) -> Result<Vec<Jail>, Diagnostic> {
    if answer.rc != 0 {
        let text = answer.error_text();
        return Err(Diagnostic::new(format!("its jails cannot be listed: {}", text.trim_end())));
    }
    let text = answer.text();
    let running = running(&text)?;
    let mut jails: Vec<Jail> = Vec::new();
    for line in text.lines() {
        let Some((word, rest)) = line.split_once(' ') else { continue };
        let rest = unescape(rest);
        match (word, jails.last_mut()) {
            ("jail", _) => jails.push(Jail { name: rest, kept: true, ..Jail::default() }),
            ("conf", Some(jail)) => jail.conf(rest.trim()),
            ("set", Some(jail)) => jail.setting(rest.trim()),
            ("fstab", Some(jail)) => jail.fstab(&rest),
            ("tag", Some(jail)) => jail.tag(&rest),
            _ => {}
        }
    }
    let kept: BTreeSet<String> = jails.iter().map(|jail| jail.name.clone()).collect();
    for jail in &mut jails {
        jail.running = running.iter().any(|(name, _)| *name == jail.name);
    }
    let others = running.into_iter().filter(|(name, _)| !kept.contains(name));
    jails.extend(others.map(|(name, release)| Jail {
        name,
        running: true,
        release,
        ..Jail::default()
    }));
    jails.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(jails)
}

/// Names and releases of what jls shows.
fn running(text: &str) -> Result<Vec<(String, Option<String>)>, Diagnostic> {
    let Some(json) = text.lines().find_map(|line| line.strip_prefix("jls ")) else {
        return Err(Diagnostic::new("it has no jails: there is no jls"));
    };
    let unread = || Diagnostic::new(format!("what jls says cannot be read: {json}"));
    let value = from_json(&unescape(json)).map_err(|_| unread())?;
    let jails = value.get("jail-information").and_then(|info| info.get("jail"));
    let jails = jails.and_then(Value::as_list).ok_or_else(unread)?;
    let named = jails.iter().map(|jail| {
        let release = jail.get("osrelease").map(Value::text).filter(|text| !text.is_empty());
        Some((jail.get("name")?.text(), release))
    });
    named.collect::<Option<_>>().ok_or_else(unread)
}

impl Jail {
    /// A line of jail.conf as Bastille writes it.
    fn conf(&mut self, line: &str) {
        let Some((name, value)) = line.trim_end_matches(';').split_once('=') else { return };
        let value = value.trim().trim_matches('"');
        match name.trim().trim_end_matches('+').trim_end() {
            "osrelease" => self.release = self.release.take().or_else(|| Some(value.to_string())),
            "ip4.addr" | "ip6.addr" => {
                let bare = |item: &str| {
                    let item = item.trim().trim_matches('"');
                    let address = item.split_once('|').map_or(item, |(_, address)| address);
                    address.split('/').next().unwrap_or_default().to_string()
                };
                let found = value.split(',').map(bare).filter(|address| !address.is_empty());
                self.addresses.extend(found);
            }
            _ => {}
        }
    }

    /// A line of settings.conf.
    fn setting(&mut self, line: &str) {
        if let Some(value) = line.strip_prefix("boot=") {
            self.boot = Some(value.trim_matches('"') == "on");
        }
    }

    /// A thin jail is mounted from its release.
    fn fstab(&mut self, line: &str) {
        let mut fields = line.split_whitespace();
        let (Some(from), Some(to)) = (fields.next(), fields.next()) else { return };
        if let Some((_, release)) = from.rsplit_once("/releases/")
            && to.ends_with("/root/.bastille")
        {
            self.release = Some(release.to_string());
        }
    }

    /// A line of tags; older versions wrote several in one.
    fn tag(&mut self, line: &str) {
        let words = line.split([',', ' ', '\t']).filter(|word| !word.is_empty());
        self.tags.extend(words.map(str::to_string));
    }
}
