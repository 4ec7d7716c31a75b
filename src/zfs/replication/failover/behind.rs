//! What the source has and the target has not.

use super::{Fence, Pair, base_of};
use crate::zfs::listing::{Listed, Snapshot};
use crate::zfs::name::Dataset;
use crate::zfs::replication::base::{self, From};
use crate::zfs::replication::edge::{Policy, Select};
use crate::zfs::schedule::Name;
use std::fmt;

/// The kind of the snapshots that are taken last.
const KIND: &str = "failover";

/// What one dataset of the source has and its copy has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// On the source.
    pub dataset: Dataset,
    /// How much of it is there.
    pub copy: Copied,
    /// Snapshots that the copy lacks.
    pub snapshots: Vec<String>,
    /// Bytes behind the newest snapshot; none: its ZFS can't tell.
    pub written: Option<u64>,
    /// Whether the edge could bring a snapshot.
    pub brings: bool,
}

/// What there is of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// Nothing.
    Nothing,
    /// Something else.
    NoCommon,
    /// An older state.
    Older,
}

impl Behind {
    /// Whether nothing is known to be behind, and it can't be told that nothing is.
    #[must_use]
    pub fn is_only_unknown(&self) -> bool {
        self.copy == Copied::Older && self.snapshots.is_empty() && self.written.is_none()
    }
}

impl fmt::Display for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.dataset;
        match self.copy {
            Copied::Nothing => return write!(f, "{name} has no copy"),
            Copied::NoCommon => return write!(f, "{name} and its copy have no common snapshot"),
            Copied::Older => {}
        }
        let mut what: Vec<String> = self.snapshots.iter().map(|one| format!("@{one}")).collect();
        match self.written {
            Some(0) => {}
            Some(bytes) => what.push(format!("{bytes} bytes behind its newest snapshot")),
            None => what.push(
                "maybe something behind its newest snapshot (this ZFS can't tell)".to_owned(),
            ),
        }
        write!(f, "{name}: {}", what.join(", "))
    }
}

/// What a pair lacks; none: nothing.
pub(super) fn of(pair: &Pair<'_>, policy: &Policy) -> Option<Behind> {
    let source = pair.source?;
    let mut behind = Behind {
        dataset: source.name.clone(),
        copy: Copied::Nothing,
        snapshots: source.snapshots.iter().map(|one| one.name.clone()).collect(),
        written: head(source),
        brings: !base::wanted(source, policy, None).is_empty(),
    };
    let Some(target) = pair.target.filter(|to| !to.snapshots.is_empty()) else {
        return Some(behind);
    };
    let Some(base) = base_of(pair) else {
        behind.copy = if target.snapshots.is_empty() { Copied::Nothing } else { Copied::NoCommon };
        return Some(behind);
    };
    let from = base.from.createtxg();
    let filled = |one: &&Snapshot| policy.select.takes(&one.name) || one.written != Some(0);
    let newer = source.snapshots.iter().filter(|one| one.createtxg > from).filter(filled);
    behind.copy = Copied::Older;
    behind.snapshots = newer.map(|one| one.name.clone()).collect();
    behind.brings = !base::wanted(source, policy, Some(from)).is_empty();
    // A bookmark says nothing of what was written since.
    let gone = matches!(base.from, From::Bookmark(_)) && source.snapshots.is_empty();
    (gone || !behind.snapshots.is_empty() || behind.written != Some(0)).then_some(behind)
}

/// Bytes behind the newest snapshot. Where ZFS can't tell: none, if that was taken by us once nothing could be written.
fn head(source: &Listed) -> Option<u64> {
    let told = source.property("written").and_then(|bytes| bytes.parse().ok());
    told.or_else(|| taken_last(source).then_some(0))
}

fn taken_last(source: &Listed) -> bool {
    let fence = Fence::of(source).filter(|_| !Fence::is_open(source));
    let name = source.snapshots.last().and_then(|one| Name::parse(&one.name));
    fence.zip(name).is_some_and(|(fence, name)| name.kind() == KIND && name.at() >= fence.since)
}

/// Whether a dataset needs a last snapshot: something is in no snapshot, or in none that the edge copies.
pub(super) fn needs_last(source: &Listed, policy: &Policy) -> bool {
    let newest = source.snapshots.last();
    let copied = newest.is_some_and(|one| policy.select.takes(&one.name));
    !copied || head(source) != Some(0)
}

/// The name of a last snapshot, one that the edge copies.
pub(super) fn last_name(policy: &Policy, now: i64) -> String {
    let prefix = match &policy.select {
        Select::Prefix(prefix) => prefix.as_str(),
        Select::All | Select::Latest => "tank_",
    };
    let short = prefix.strip_suffix('_').unwrap_or(prefix);
    match Name::new(short, now, KIND) {
        Ok(name) => name.to_string(),
        // A prefix that ends within a name of ours.
        Err(_) => format!("{prefix}{now}"),
    }
}
