//! What a user who is not root must be allowed (`zfs allow`) on both ends of an edge, and what is missing.

use super::edge::{Divergence, Edge, Place};
use super::{flags, whole};
use crate::base::quote;
use crate::zfs::allow::{self, Who};
use crate::zfs::name::Dataset;
use crate::zfs::retention::Side;
use crate::zfs::survey::Survey;
use crate::zfs::topology::Link;
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

/// What somebody does at an end of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Sends, on the source.
    Sender,
    /// Receives, on the target.
    Receiver,
    /// Destroys old snapshots, on either end.
    Pruner,
    /// Makes the other end the one in use.
    Switcher,
}

impl Role {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Receiver => "receiver",
            Self::Pruner => "pruner",
            Self::Switcher => "switcher",
        }
    }
}

/// Rights that are needed somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// For what.
    pub role: Role,
    /// At which end.
    pub side: Side,
    /// Where: the dataset itself, or the nearest one above it that is there.
    pub place: Place,
    /// Which.
    pub rights: Rights,
    /// Whether also on what is below.
    pub below: bool,
}

/// Rights that somebody lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// For what.
    pub role: Role,
    /// Where.
    pub place: Place,
    /// Who.
    pub user: String,
    /// Which.
    pub rights: Rights,
}

impl Lack {
    /// The command that grants them.
    #[must_use]
    pub fn command(&self) -> String {
        quote::words(words(&self.user, &self.rights, &self.place.dataset))
    }
}

/// The command that grants rights, in words.
#[must_use]
pub fn words(user: &str, rights: &Rights, dataset: &Dataset) -> Vec<String> {
    let rights: Vec<&str> = rights.iter().map(String::as_str).collect();
    ["zfs", "allow", "-u", user, &rights.join(","), dataset.as_str()].map(str::to_owned).into()
}

/// On the source: to send, to hold what is being sent, to bookmark it, and to let go of old marks (`destroy` of a bookmark).
fn on_source() -> Rights {
    set(&["send", "hold", "release", "bookmark", "destroy"])
}

/// On the target: to receive, to hold, to keep marks and the lock, and what the policy may have to do. `mount` is asked for
/// by ZFS itself, although nothing is mounted.
fn on_target(edge: &Edge) -> Rights {
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

/// The dataset, or the nearest one above it that is there.
fn there(place: &Place, survey: &Survey) -> Option<Place> {
    let dataset = match survey.listing.datasets.contains_key(&place.dataset) {
        true => place.dataset.clone(),
        false => survey.listing.above(&place.dataset)?.name.clone(),
    };
    Some(Place { host: place.host.clone(), dataset })
}

fn need(
    role: Role,
    side: Side,
    place: &Place,
    survey: &Survey,
    rights: Rights,
    below: bool,
) -> Option<Need> {
    Some(Need { role, side, place: there(place, survey)?, rights, below })
}

/// What copying an edge takes.
#[must_use]
pub fn to_copy(link: &Link, source: &Survey, target: &Survey) -> Vec<Need> {
    let edge = &link.edge;
    let sender =
        need(Role::Sender, Side::Sender, &edge.source, source, on_source(), edge.recursive);
    let receiver =
        need(Role::Receiver, Side::Receiver, &edge.target, target, on_target(edge), true);
    let lock = locker(Role::Receiver, edge, target)
        .filter(|lock| receiver.as_ref().is_none_or(|own| own.place != lock.place));
    [sender, receiver, lock].into_iter().flatten().collect()
}

/// The lock lies above the target.
fn locker(role: Role, edge: &Edge, target: &Survey) -> Option<Need> {
    let host = edge.target.host.clone();
    let place = Place { host, dataset: whole::lock_place(&edge.target, target) };
    need(role, Side::Receiver, &place, target, set(&["userprop"]), false)
}

/// What pruning the ends of an edge takes, where they have a policy.
#[must_use]
pub fn to_prune(link: &Link, source: &Survey, target: &Survey) -> Vec<Need> {
    let edge = &link.edge;
    let own = || set(&["destroy", "mount"]);
    let mut all = Vec::new();
    if link.keep_source.is_some() {
        let below = edge.recursive;
        all.extend(need(Role::Pruner, Side::Sender, &edge.source, source, own(), below));
    }
    if link.keep_target.is_some() {
        all.extend(need(Role::Pruner, Side::Receiver, &edge.target, target, own(), true));
    }
    if !all.is_empty() {
        all.extend(locker(Role::Pruner, edge, target));
    }
    all
}

/// What failing an edge over takes. Only root mounts.
#[must_use]
pub fn to_fail_over(link: &Link, source: Option<&Survey>, target: &Survey) -> Vec<Need> {
    let edge = &link.edge;
    let mut all = Vec::new();
    if let Some(source) = source {
        let own = set(&["readonly", "userprop", "hold", "snapshot"]);
        let below = edge.recursive;
        all.extend(need(Role::Switcher, Side::Sender, &edge.source, source, own, below));
    }
    let own = set(&["readonly", "userprop", "hold", "canmount"]);
    all.extend(need(Role::Switcher, Side::Receiver, &edge.target, target, own, edge.recursive));
    all.extend(locker(Role::Switcher, edge, target));
    all
}

/// What is missing of what is needed, by the listings of both ends. Root lacks nothing; behind a permission set nobody can
/// tell.
#[must_use]
pub fn lacking(needs: &[Need], source: &Survey, target: &Survey) -> Vec<Lack> {
    let lack = |need: &Need| {
        let survey = if need.side == Side::Sender { source } else { target };
        let text = allowed(survey, &need.place.dataset)?;
        let missing = missing(&need.rights, &need.place.dataset, &survey.user, text, need.below)?;
        let user = survey.user.name.clone();
        let lack = Lack { role: need.role, place: need.place.clone(), user, rights: missing };
        (!lack.rights.is_empty()).then_some(lack)
    };
    needs.iter().filter_map(lack).collect()
}

/// Whether a permission set keeps us from telling what somebody may do.
#[must_use]
pub fn is_hidden(need: &Need, survey: &Survey) -> bool {
    allowed(survey, &need.place.dataset).is_some_and(|text| {
        missing(&need.rights, &need.place.dataset, &survey.user, text, need.below).is_none()
    })
}

/// What `zfs allow` printed of a dataset or of one below it, where it matters: not for root.
fn allowed<'a>(survey: &'a Survey, dataset: &Dataset) -> Option<&'a str> {
    if survey.uid == 0 {
        return None;
    }
    let own = survey.allowed.iter().find(|(name, _)| dataset.contains(name));
    own.map(|(_, text)| text.as_str())
}

/// All of them in one line for an error; none: nothing is missing.
#[must_use]
pub fn told(lacks: &[Lack]) -> Option<String> {
    let one = |lack: &Lack| {
        let names: Vec<&str> = lack.rights.iter().map(String::as_str).collect();
        format!("{} lacks {} on {} ({})", lack.user, names.join(", "), lack.place, lack.command())
    };
    (!lacks.is_empty()).then(|| lacks.iter().map(one).collect::<Vec<_>>().join("; "))
}

/// The rights that a user lacks on a dataset, by what `zfs allow DATASET` printed of it and of those above it. `below`: they
/// must hold for what is below it, too. None: a permission set stands in between, and nobody can tell.
fn missing(
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
        let place = edge("pa/d", "pb/x").target;
        let lack = Lack { role: Role::Receiver, place, user: "bob".to_owned(), rights: here };
        assert_eq!(lack.command(), "zfs allow -u bob canmount,destroy,readonly pb/x");
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
