//! What a host says of the content of its snapshots (`run/replicate/verify.sh`).

use super::Verdict;
use std::collections::BTreeMap;

/// How much was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// One digest over all.
    pub digest: String,
    /// Files, directories and so on; blocks of a volume.
    pub entries: u64,
    /// Bytes of files.
    pub bytes: u64,
    /// Files or blocks that the disks did not give.
    pub bad: u64,
    /// Files that we had no right to read.
    pub denied: u64,
    /// Whether a clone was made for it.
    pub cloned: bool,
}

/// What a host said of one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// It was read.
    Is(Totals),
    /// It could not be, and why.
    Cannot(String),
    /// The disks did not give it, with the message.
    Broken(String),
}

/// All that a host said, by the keys it was asked with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// Of snapshots.
    pub read: BTreeMap<usize, Read>,
    /// Of clones that were there.
    pub left: Vec<String>,
    /// Whether the answer is whole.
    pub whole: bool,
}

impl Answers {
    /// Takes one line, without its end.
    ///
    /// # Errors
    /// It is none of ours.
    pub fn take(&mut self, line: &str) -> Result<(), String> {
        let fields: Vec<&str> = line.split('\t').collect();
        match *fields.as_slice() {
            ["=end"] => self.whole = true,
            ["=left", name, text] => self.left.push(format!("clone {name} {text}")),
            ["=cannot", key, text] => self.put(key, Read::Cannot(text.to_owned()))?,
            ["=broken", key, text] => self.put(key, Read::Broken(text.to_owned()))?,
            ["=is", key, digest, entries, bytes, bad, denied, way] => {
                let number = |text: &str| {
                    text.parse::<u64>().map_err(|_| format!("'{text}' is no number in {line:?}"))
                };
                if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return Err(format!("'{digest}' is no digest"));
                }
                let totals = Totals {
                    digest: digest.to_owned(),
                    entries: number(entries)?,
                    bytes: number(bytes)?,
                    bad: number(bad)?,
                    denied: number(denied)?,
                    cloned: way == "clone",
                };
                self.put(key, Read::Is(totals))?;
            }
            _ => return Err(format!("an answer that is none: {line:?}")),
        }
        Ok(())
    }

    fn put(&mut self, key: &str, read: Read) -> Result<(), String> {
        let key = key.parse().map_err(|_| format!("'{key}' is no key"))?;
        self.read.insert(key, read);
        Ok(())
    }

    /// What was said of a snapshot; an answer that is not there is one of not knowing.
    #[must_use]
    pub fn of(&self, key: usize) -> Read {
        let none = || Read::Cannot("the host did not say".to_owned());
        self.read.get(&key).cloned().unwrap_or_else(none)
    }
}

/// Compares what both ends said. None: they differ, and where is to be asked.
#[must_use]
pub fn compare(source: &Read, target: &Read, volume: bool) -> Option<Verdict> {
    let broken: Vec<String> = [("source", source), ("target", target)]
        .into_iter()
        .filter_map(|(side, read)| match read {
            Read::Broken(text) => Some(format!("the {side} can't be read: {text}")),
            _ => None,
        })
        .collect();
    if !broken.is_empty() {
        return Some(Verdict::Differs(broken));
    }
    let (here, there) = match (source, target) {
        (Read::Is(here), Read::Is(there)) => (here, there),
        (Read::Cannot(why), _) => return Some(Verdict::Unknown(format!("source: {why}"))),
        (_, Read::Cannot(why)) => return Some(Verdict::Unknown(format!("target: {why}"))),
        (Read::Broken(_), _) | (_, Read::Broken(_)) => return None,
    };
    if here.digest != there.digest || here.bad + there.bad > 0 {
        return None;
    }
    if here.denied > 0 {
        return Some(Verdict::Unknown(format!("{} files may not be read", here.denied)));
    }
    let what = if volume { "blocks of 64 MiB" } else { "entries" };
    Some(Verdict::Same(format!("{} {what}, {} bytes", there.entries, there.bytes)))
}
