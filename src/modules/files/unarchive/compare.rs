//! Where a directory differs from what an archive would leave there.

use super::entry::{Entry, unescape};
use crate::spec::{PathKind, PathState, Platform};

/// What decides beside the archive.
pub struct Rules<'a> {
    /// The host and its user.
    pub platform: &'a Platform,
    /// Whether the task sets permission bits itself.
    pub mode: bool,
    /// Whether it sets the owner.
    pub owner: bool,
    /// Whether it sets the group.
    pub group: bool,
    /// Whether files that are newer than the archive's stay.
    pub keep_newer: bool,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The member.
    pub path: String,
    /// What is different.
    pub why: &'static str,
}

/// A member of the directory as it was found: stat line, local time of its last change, CRC-32.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What is there.
    pub state: Option<PathState>,
    /// `2020-01-02 03:04:05` in the host's time.
    pub stamp: String,
    /// CRC-32 of a file.
    pub crc: Option<u32>,
}

/// Reasons of GNU tar's `--diff`.
const REASONS: [&str; 8] = [
    "Mod time differs",
    "Size differs",
    "Contents differ",
    "Symlink differs",
    "File type differs",
    "Uid differs",
    "Gid differs",
    "Mode differs",
];

impl Rules<'_> {
    fn is_root(&self) -> bool {
        self.platform.uid == 0
    }

    /// What a GNU tar said; its words about modes do not know the umask of users who are not root.
    pub fn told(&self, text: &str, entries: &[Entry], found: &[Found]) -> Vec<Difference> {
        // What is not there it says in several ways.
        let both = entries.iter().zip(found).filter(|(entry, _)| !entry.path.is_empty());
        let gone = both.filter(|(_, found)| found.state.is_none());
        let missing = |(entry, _): (&Entry, &Found)| Difference { path: entry.path.clone(), why: "missing" };
        let mut all: Vec<Difference> = gone.map(missing).collect();
        for line in text.lines() {
            let Some((name, why)) = line.rsplit_once(": ") else { continue };
            let Some(why) = REASONS.iter().copied().find(|known| *known == why) else { continue };
            let path = unescape(name);
            if self.counts(&path, why, entries, found) {
                all.push(Difference { path, why });
            }
        }
        all
    }

    fn counts(&self, path: &str, why: &str, entries: &[Entry], found: &[Found]) -> bool {
        match why {
            "Uid differs" => self.is_root() && !self.owner,
            "Gid differs" => self.is_root() && !self.group,
            "Mode differs" if self.mode => false,
            "Mode differs" if self.is_root() => true,
            "Mode differs" => {
                let mut both = entries.iter().zip(found);
                let same = |(entry, found): (&Entry, &Found)| {
                    let same = entry.name() == path || entry.path == path.trim_end_matches('/');
                    same && self.mode(entry, found)
                };
                both.any(same)
            }
            _ => true,
        }
    }

    /// Whether the bits differ from those that the archive leaves.
    fn mode(&self, entry: &Entry, found: &Found) -> bool {
        let foreign = entry.owner.0.as_deref() == Some("");
        let mask = if self.is_root() && !foreign { 0 } else { self.platform.umask };
        let wanted = entry.mode & !mask;
        found.state.as_ref().is_some_and(|state| state.mode != wanted)
    }

    /// Compares member by member.
    pub fn compare(&self, entries: &[Entry], found: &[Found]) -> Vec<Difference> {
        let both = entries.iter().zip(found).filter(|(entry, _)| !entry.path.is_empty());
        let all = both.filter_map(|(entry, found)| Some((entry, self.differs(entry, found)?)));
        all.map(|(entry, why)| Difference { path: entry.path.clone(), why }).collect()
    }

    fn differs(&self, entry: &Entry, found: &Found) -> Option<&'static str> {
        let Some(state) = &found.state else { return Some("missing") };
        // Devices and pipes: whether they are there is all that can be told.
        let kind = entry.kind?;
        if state.kind != kind {
            return Some("File type differs");
        }
        let owner = entry.owner.clone();
        let (named, number) = (owner.0.filter(|name| !name.is_empty()), owner.1);
        let mine = |name: &Option<String>, number: Option<u32>, has: &str, id: u32| {
            name.as_deref() == Some(has) || number == Some(id) || (name.is_none() && number.is_none())
        };
        if self.is_root() && !self.owner && !mine(&named, number, &state.owner, state.uid) {
            return Some("Uid differs");
        }
        let (named, number) = &entry.group;
        if self.is_root() && !self.group && !mine(named, *number, &state.group, state.gid) {
            return Some("Gid differs");
        }
        match kind {
            PathKind::Link => {
                let other = entry.target.as_ref().is_some_and(|target| *target != state.target);
                other.then_some("Symlink differs")
            }
            _ if !self.mode && self.mode(entry, found) => Some("Mode differs"),
            PathKind::Dir => None,
            _ => self.content(entry, found, state),
        }
    }

    fn content(&self, entry: &Entry, found: &Found, state: &PathState) -> Option<&'static str> {
        if entry.hard {
            return None;
        }
        if let Some(stamp) = &entry.stamp {
            let digits: String = found.stamp.chars().filter(char::is_ascii_digit).collect();
            let wanted: String = stamp.chars().filter(char::is_ascii_digit).collect();
            if self.keep_newer && digits > wanted {
                return None;
            }
            // Old zip archives know even seconds only, and unzip rounds them up or down.
            if digits != wanted {
                return Some("Mod time differs");
            }
        } else if let Some(time) = entry.time {
            if self.keep_newer && state.mtime > time {
                return None;
            }
            if state.mtime.floor() != time.floor() {
                return Some("Mod time differs");
            }
        }
        if state.size != entry.size {
            return Some("Size differs");
        }
        let other = |wanted: &Option<String>| wanted.is_some() && *wanted != state.sha1;
        let crc = entry.crc.is_some() && entry.crc != found.crc;
        (other(&entry.sha1) || crc).then_some("Contents differ")
    }
}
