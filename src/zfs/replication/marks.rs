//! What an edge leaves on datasets to find its way again: bookmarks, holds and properties. All of them begin with our own
//! name and hold the edge's, so that nobody else's are touched.

use super::edge::Edge;
use crate::zfs::listing::{Bookmark, Guid};
use crate::zfs::name::LONGEST;
use sha1::{Digest, Sha1};

/// On the target: the identity of the dataset it was copied from (the source dataset's guid).
pub const SOURCE: &str = "org.tank:source";
/// On the target: how it was sent ([`super::edge::Encryption`]).
pub const MODE: &str = "org.tank:mode";
/// On the target: options of the stream that must be given again (`L`).
pub const FLAGS: &str = "org.tank:flags";
/// On a dataset that was only made to have others below it.
pub const PLACEHOLDER: &str = "org.tank:placeholder";
/// On the target: a verification found a difference, so nothing is pruned.
pub const SUSPECT: &str = "org.tank:suspect";
/// On the topmost dataset of either end: which part it plays since a fail-over ([`super::failover::Mark`]).
pub const ROLE: &str = "org.tank:role";
/// On each dataset that a fail-over made read-only: what it was before, and when ([`super::failover::Fence`]).
pub const FENCED: &str = "org.tank:fenced";

/// On the target of an edge: the edge, and when a run that copied ended well (seconds since 1970).
pub const DONE: &str = "org.tank:done";

/// Clones that a verification makes have names that begin with this.
pub const CLONE: &str = "tank_verify_";

/// The tag of a verification's holds; it lasts as long as the snapshot is read.
#[must_use]
pub fn verify_hold(edge: &Edge) -> String {
    format!("tank-verify_{}", edge.id)
}

/// Names of bookmarks and holds begin with this.
pub const PREFIX: &str = "tank_";

/// The property that holds an edge's lock: who, until when.
#[must_use]
pub fn lock(edge: &Edge) -> String {
    // Names of user properties are in lower case.
    format!("org.tank:lock.{}", edge.id.to_lowercase())
}

/// The tag of an edge's holds.
#[must_use]
pub fn hold(edge: &Edge) -> String {
    format!("{PREFIX}{}", edge.id)
}

/// The name of an edge's bookmark of a snapshot, short enough to stand behind `#` of this dataset. Its identity is in the
/// name: a bookmark cannot be moved, and one of the same name with another identity would be taken for it.
#[must_use]
pub fn bookmark(edge: &Edge, dataset: &str, guid: Guid) -> String {
    let name = format!("{PREFIX}{}_{:016x}", edge.id, guid.0);
    if dataset.len() + 1 + name.len() <= LONGEST {
        return name;
    }
    let digest = Sha1::digest(edge.id.as_bytes());
    let short: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{PREFIX}{short}_{:016x}", guid.0)
}

/// Whether a bookmark is this edge's.
#[must_use]
pub fn is_ours(edge: &Edge, dataset: &str, mark: &Bookmark) -> bool {
    mark.name == bookmark(edge, dataset, mark.guid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zfs::replication::tests::edge;

    #[test]
    fn a_mark_fits_behind_the_longest_dataset() {
        let edge = edge("pa/data", "pb/data");
        let short = bookmark(&edge, "pa/data", Guid(0xabc));
        assert_eq!(short, "tank_e1_0000000000000abc");
        let long = format!("pa/{}", "x".repeat(220));
        let edge = Edge { id: "a-very-long-name-of-an-edge".to_owned(), ..edge };
        let mark = bookmark(&edge, &long, Guid(0xabc));
        assert!(long.len() + 1 + mark.len() <= LONGEST, "{mark}");
        assert!(mark.ends_with("_0000000000000abc"));
        let found = Bookmark { name: mark, guid: Guid(0xabc), createtxg: 1, creation: 1 };
        assert!(is_ours(&edge, &long, &found));
        assert!(!is_ours(&edge, &long, &Bookmark { guid: Guid(0xabd), ..found }));
    }
}
