//! Where two lists of entries differ. Lists are sorted; a line is a path (without control characters), a tab, and a fact.

use super::Verdict;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// How many paths are shown.
const SHOWN: usize = 20;
/// Bytes of a block of a volume.
const BLOCK: u64 = 64 << 20;

/// Which list a line is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The source's.
    Source,
    /// The target's.
    Target,
}

/// Differences that were found so far: a path is one, whatever differs about it.
#[derive(Debug, Clone, Default)]
pub struct Differences {
    shown: Vec<(Vec<u8>, BTreeSet<(Side, String)>)>,
    more: bool,
    denied: u64,
}

impl Differences {
    /// Whether more would not be shown.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.more
    }

    /// Takes the next line of both lists; `None`: that one is over. Gives those that are done with: the next of them are due.
    pub fn step(&mut self, source: Option<&[u8]>, target: Option<&[u8]>) -> (bool, bool) {
        let order = match (source, target) {
            (Some(here), Some(there)) => here.cmp(there),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        match order {
            Ordering::Less => self.put(Side::Source, source.unwrap_or_default()),
            Ordering::Greater => self.put(Side::Target, target.unwrap_or_default()),
            // The disks of neither give it.
            Ordering::Equal if source.is_some_and(unread) => {
                self.put(Side::Source, source.unwrap_or_default());
                self.put(Side::Target, target.unwrap_or_default());
            }
            Ordering::Equal => {}
        }
        (order != Ordering::Greater, order != Ordering::Less)
    }

    fn put(&mut self, side: Side, line: &[u8]) {
        let tab = line.iter().position(|byte| *byte == b'\t').unwrap_or(line.len());
        let (path, fact) = line.split_at(tab);
        let fact = String::from_utf8_lossy(fact.get(1..).unwrap_or_default()).into_owned();
        if let Some((_, facts)) = self.shown.last_mut().filter(|(last, _)| last == path) {
            facts.insert((side, fact));
            return;
        }
        self.settle();
        if self.shown.len() == SHOWN {
            self.more = true;
            return;
        }
        self.shown.push((path.to_vec(), BTreeSet::from([(side, fact)])));
    }

    /// Takes back the last one if nothing is known of it but that it may not be read.
    fn settle(&mut self) {
        let unknown = |(_, facts): &(_, BTreeSet<(Side, String)>)| {
            let content = facts.iter().all(|(_, fact)| fact.starts_with("h "));
            content && facts.iter().any(|(_, fact)| fact == "h ?")
        };
        if self.shown.last().is_some_and(unknown) {
            self.shown.pop();
            self.denied += 1;
        }
    }

    /// What both lists together say: a path a line.
    #[must_use]
    pub fn verdict(mut self) -> Verdict {
        self.settle();
        if self.shown.is_empty() && self.denied > 0 {
            return Verdict::Unknown(format!("{} files may not be read", self.denied));
        }
        let mut words: Vec<String> =
            self.shown.iter().map(|(path, facts)| one(path, facts)).collect();
        if self.more {
            words.push("and more".to_owned());
        }
        if words.is_empty() {
            words.push("the digests differ, and the lists do not".to_owned());
        }
        Verdict::Differs(words)
    }
}

fn unread(line: &[u8]) -> bool {
    line.ends_with(b"\th !") || line.ends_with(b"\tb !")
}

fn one(path: &[u8], facts: &BTreeSet<(Side, String)>) -> String {
    let of = |side: Side| -> Vec<&str> {
        facts.iter().filter(|(one, _)| *one == side).map(|(_, fact)| fact.as_str()).collect()
    };
    let (here, there) = (of(Side::Source), of(Side::Target));
    let kind =
        |all: &[&str], kind: &str| all.iter().any(|fact| fact.split(' ').next() == Some(kind));
    let name = shown(path);
    if kind(&here, "b") || kind(&there, "b") {
        return format!("{}: {}", block(path), content(&here, &there, "b"));
    }
    let meta = |all: &[&str]| {
        all.iter().find(|fact| !fact.starts_with("h ")).map(|fact| (*fact).to_owned())
    };
    match (meta(&here), meta(&there)) {
        (Some(_), None) => format!("{name}: only on the source"),
        (None, Some(_)) => format!("{name}: only on the target"),
        (Some(here_), Some(there_)) => {
            let text = format!("{name}: source {}, target {}", words(&here_), words(&there_));
            match kind(&here, "h") || kind(&there, "h") {
                true => format!("{text}; {}", content(&here, &there, "h")),
                false => text,
            }
        }
        (None, None) => format!("{name}: {}", content(&here, &there, "h")),
    }
}

/// `source 0123456789ab, target ...`: digests, shortened.
fn content(here: &[&str], there: &[&str], kind: &str) -> String {
    let digest = |all: &[&str]| {
        let found = all.iter().find_map(|fact| fact.strip_prefix(kind)?.strip_prefix(' '));
        match found {
            Some("!") => "can't be read".to_owned(),
            Some("?") => "may not be read".to_owned(),
            Some(digest) => format!("sha256 {}", digest.get(..16).unwrap_or(digest)),
            None => "has none".to_owned(),
        }
    };
    format!("source {}, target {}", digest(here), digest(there))
}

/// What an entry is.
fn words(fact: &str) -> String {
    let parts: Vec<&str> = fact.splitn(4, ' ').collect();
    match *parts.as_slice() {
        ["f", mode, owner, rest] => {
            let (group, size) = rest.split_once(' ').unwrap_or((rest, "?"));
            format!("file {mode} {owner}:{group} of {size} bytes")
        }
        ["l", owner, group, to] => format!("link {owner}:{group} to {}", shown(to.as_bytes())),
        [kind, mode, owner, group] => {
            let kind = match kind {
                "d" => "directory",
                "p" => "pipe",
                "s" => "socket",
                "b" => "block device",
                "c" => "character device",
                _ => "entry",
            };
            format!("{kind} {mode} {owner}:{group}")
        }
        _ => fact.to_owned(),
    }
}

fn block(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    let from: u64 = text.trim_start_matches('0').parse().unwrap_or(0);
    format!("bytes {from} to {}", from.saturating_add(BLOCK - 1))
}

/// A name for people: names with control characters come as a backslash and hexadecimal digits.
fn shown(name: &[u8]) -> String {
    let decoded = name.strip_prefix(b"\\").and_then(hex).unwrap_or_else(|| name.to_vec());
    let text: String = decoded.escape_ascii().to_string();
    match std::str::from_utf8(&decoded) {
        Ok(plain) if !plain.contains(|c: char| c.is_control()) => plain.to_owned(),
        _ => text,
    }
}

fn hex(digits: &[u8]) -> Option<Vec<u8>> {
    let pair = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok();
    (digits.len().is_multiple_of(2)).then(|| digits.chunks(2).map(pair).collect())?
}
