//! What a user who is not root must be allowed (`zfs allow`) on both ends of an edge, and what is missing.

use super::edge::{Divergence, Edge};
use super::flags;
use crate::zfs::allow::{self, Who};
use crate::zfs::name::Dataset;
use std::collections::BTreeSet;

/// Names of rights, as `zfs allow` takes them.
pub type Rights = BTreeSet<String>;

/// Who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// Name.
    pub name: String,
    /// Groups.
    pub groups: Vec<String>,
}

fn set(words: &[&str]) -> Rights {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// On the source: to send, to hold what is being sent, to bookmark it, and to let go of old marks (`destroy` of a bookmark).
#[must_use]
pub fn on_source() -> Rights {
    set(&["send", "hold", "release", "bookmark", "destroy"])
}

/// On the target: to receive, to hold, to keep marks and the lock, and what the policy may have to do. `mount` is asked for
/// by ZFS itself, although nothing is mounted.
#[must_use]
pub fn on_target(edge: &Edge) -> Rights {
    let policy = &edge.policy;
    let mut rights =
        set(&["receive", "create", "mount", "hold", "release", "userprop", "readonly", "canmount"]);
    rights.extend(
        policy
            .properties
            .iter()
            .filter(|name| !name.contains(':') && flags::settable(name))
            .cloned(),
    );
    if policy.resume || policy.on_divergence >= Divergence::RollbackCommon {
        // `receive -A` asks for it, too.
        rights.insert("destroy".to_owned());
    }
    if policy.on_divergence >= Divergence::RollbackLatest {
        rights.insert("rollback".to_owned());
    }
    if policy.follow_renames || policy.on_divergence >= Divergence::SetAside {
        rights.insert("rename".to_owned());
    }
    rights
}

/// The rights that a user lacks on a dataset, by what `zfs allow DATASET` printed of it and of those above it. `below`: they
/// must hold for what is below it, too. None: a permission set stands in between, and nobody can tell.
#[must_use]
pub fn missing(
    wanted: &Rights,
    dataset: &Dataset,
    user: &User,
    text: &str,
    below: bool,
) -> Option<Rights> {
    let mut here = Rights::new();
    let mut under = Rights::new();
    let mut at = Some(dataset.clone());
    while let Some(one) = at {
        for (who, rights) in allow::parse(one.as_str(), text).ok()? {
            if !is(&who, user) {
                continue;
            }
            if one == *dataset {
                here.extend(rights.local.iter().cloned());
            } else {
                here.extend(rights.descendent.iter().cloned());
            }
            under.extend(rights.descendent.iter().cloned());
        }
        at = one.parent();
    }
    if here.iter().chain(&under).any(|right| right.starts_with('@')) {
        return None;
    }
    let has = |right: &&String| here.contains(*right) && (!below || under.contains(*right));
    Some(wanted.iter().filter(|right| !has(right)).cloned().collect())
}

fn is(who: &Who, user: &User) -> bool {
    match who {
        Who::User(name) => *name == user.name,
        Who::Group(name) => user.groups.contains(name),
        Who::Everyone => true,
    }
}

/// The command that grants rights.
#[must_use]
pub fn grant(user: &str, rights: &Rights, dataset: &Dataset) -> String {
    let rights: Vec<&str> = rights.iter().map(String::as_str).collect();
    let words = ["zfs", "allow", "-u", user, &rights.join(","), dataset.as_str()];
    crate::base::quote::words(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zfs::replication::tests::edge;

    const TEXT: &str = "---- Permissions on pb/x ----------\n\
        Local+Descendent permissions:\n\tuser bob receive,create,mount,hold\n\
        Local permissions:\n\tgroup ops release\n\
        ---- Permissions on pb ----------\n\
        Descendent permissions:\n\teveryone userprop\n\
        Local permissions:\n\tuser bob readonly\n";

    fn bob() -> User {
        User { name: "bob".to_owned(), groups: vec!["ops".to_owned()] }
    }

    #[test]
    fn s43_each_missing_right_is_named() {
        let name = Dataset::new("pb/x").unwrap();
        let wanted = on_target(&edge("pa/d", "pb/x"));
        let here = missing(&wanted, &name, &bob(), TEXT, false).unwrap();
        assert_eq!(here, set(&["canmount", "destroy", "readonly"]));
        let below = missing(&wanted, &name, &bob(), TEXT, true).unwrap();
        assert_eq!(below, set(&["canmount", "destroy", "readonly", "release"]));
        let alice = User { name: "alice".to_owned(), groups: Vec::new() };
        assert!(missing(&wanted, &name, &alice, TEXT, false).unwrap().contains("receive"));
        assert_eq!(grant("bob", &here, &name), "zfs allow -u bob canmount,destroy,readonly pb/x");
    }

    #[test]
    fn sets_are_not_judged() {
        let text = TEXT.replace("receive,create", "@all,create");
        let name = Dataset::new("pb/x").unwrap();
        assert_eq!(missing(&on_source(), &name, &bob(), &text, false), None);
    }

    #[test]
    fn policies_ask_for_what_they_may_do() {
        let mut edge = edge("pa/d", "pb/x");
        edge.policy.resume = false;
        edge.policy.properties =
            vec!["compression".to_owned(), "my:own".to_owned(), "volsize".to_owned()];
        let plain = on_target(&edge);
        assert!(
            !plain.contains("rollback")
                && !plain.contains("destroy")
                && plain.contains("compression")
        );
        assert!(!plain.contains("my:own") && !plain.contains("volsize"));
        edge.policy.on_divergence = Divergence::SetAside;
        let all = on_target(&edge);
        assert!(["rollback", "destroy", "rename"].iter().all(|right| all.contains(*right)));
    }
}
