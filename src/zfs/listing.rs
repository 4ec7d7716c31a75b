//! What a host's listing says: datasets with their properties, snapshots and bookmarks.

use std::collections::BTreeMap;

use super::name::Dataset;

/// A snapshot's identity. It survives sending and renaming; a snapshot that is taken again under the same name has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Guid(pub u64);

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What stands behind the `@`.
    pub name: String,
    /// Its identity on every host.
    pub guid: Guid,
    /// The transaction group it was taken in: the order within one pool, and nothing between pools.
    pub createtxg: u64,
    /// Seconds since 1970 on the clock of the host that took it; survives a receive.
    pub creation: i64,
    /// How many holds it has (0 where the host cannot say).
    pub holds: u32,
    /// Bytes that only this snapshot keeps.
    pub used: u64,
    /// Bytes written between the snapshot before it and this one; none where the host cannot say.
    pub written: Option<u64>,
    /// The clones made of it.
    pub clones: Vec<String>,
}

/// A bookmark: the identity of a snapshot that may be gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bookmark {
    /// What stands behind the `#`.
    pub name: String,
    /// The snapshot's.
    pub guid: Guid,
    /// The snapshot's.
    pub createtxg: u64,
    /// The snapshot's.
    pub creation: i64,
}

/// A dataset with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: Dataset,
    /// `filesystem` or `volume`.
    pub volume: bool,
    /// Its properties as `-p` prints them; only those that were asked for and that it has.
    pub properties: BTreeMap<String, String>,
    /// Its snapshots by `createtxg`.
    pub snapshots: Vec<Snapshot>,
    /// Its bookmarks by `createtxg`.
    pub bookmarks: Vec<Bookmark>,
}

/// The datasets of a host below some root, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// In the order of their names.
    pub datasets: BTreeMap<Dataset, Listed>,
}

/// A line that is not what was asked for. An incomplete listing must never pass for a short one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

impl Listed {
    /// A property's value, if it has one (`-` is none).
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str).filter(|value| *value != "-")
    }

    /// The snapshot of this identity.
    #[must_use]
    pub fn snapshot(&self, guid: Guid) -> Option<&Snapshot> {
        self.snapshots.iter().find(|snapshot| snapshot.guid == guid)
    }
}
