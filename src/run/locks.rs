//! Locks per machine, so that tools that bear no second one beside them never run twice at once.

use crate::spec::Platform;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// Tools of which a machine with all its jails runs one at a time; other locks are each one's own. Bastille, run on the
/// host, works inside jails (`bastille pkg`), stops those in which pkg may be at work, and shares its temporary files with
/// every other bastille.
const SHARED: [&str; 3] = ["bastille", "pkg", "vm"];

/// A lock's machine and name.
type Name = (String, &'static str);

/// Locks per machine: `pkg` of one host, say, is held by one task at a time, whatever names the inventory has for it.
#[derive(Default)]
pub struct Locks(Mutex<HashMap<Name, Arc<tokio::sync::Mutex<()>>>>);

impl Locks {
    /// Takes locks of the machine that a platform tells of, or else that of this name; always in the same order.
    pub async fn hold(
        &self,
        platform: &Platform,
        host: &str,
        names: impl IntoIterator<Item = &'static str>,
    ) -> Vec<OwnedMutexGuard<()>> {
        let mut held = Vec::new();
        for name in names.into_iter().map(family).collect::<BTreeSet<_>>() {
            held.push(self.of(machine(platform, host, name), name).lock_owned().await);
        }
        held
    }

    fn of(&self, machine: &str, name: &'static str) -> Arc<tokio::sync::Mutex<()>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry((machine.to_string(), name)).or_default())
    }
}

/// The lock that a name stands for: shared ones are all the same.
pub fn family(name: &'static str) -> &'static str {
    if SHARED.contains(&name) { SHARED[0] } else { name }
}

fn machine<'a>(platform: &'a Platform, host: &'a str, lock: &str) -> &'a str {
    if SHARED.contains(&lock) && !platform.part_of.is_empty() {
        return &platform.part_of;
    }
    if platform.machine_id.is_empty() { host } else { &platform.machine_id }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn platform(machine_id: &str, part_of: &str) -> Platform {
        let (machine_id, part_of) = (machine_id.to_string(), part_of.to_string());
        Platform { machine_id, part_of, ..Platform::default() }
    }

    /// Whether the second can be held beside the first.
    async fn together(
        first: (Platform, &str),
        second: (Platform, &str),
        (one, other): (&'static str, &'static str),
    ) -> bool {
        let locks = Locks::default();
        let _held = locks.hold(&first.0, first.1, [one]).await;
        let second = locks.hold(&second.0, second.1, [other]);
        tokio::time::timeout(Duration::from_millis(20), second).await.is_ok()
    }

    #[tokio::test]
    async fn jails_and_their_host_never_run_two_bastilles_at_once() {
        let host = || (platform("abc", ""), "host1");
        let web = || (platform("", "abc"), "web");
        let db = || (platform("", "abc"), "db");
        for (one, other) in SHARED.into_iter().flat_map(|one| SHARED.map(|other| (one, other))) {
            let both = (one, other);
            assert!(!together(host(), web(), both).await, "{one} {other}");
            assert!(!together(web(), db(), both).await, "{one} {other}");
            assert!(together(web(), (platform("", "other"), "db"), both).await, "{one} {other}");
        }
        assert!(together(web(), db(), ("accounts", "accounts")).await);
        assert!(together(host(), web(), ("accounts", "accounts")).await);
        assert!(together(host(), host(), ("accounts", "pkg")).await);
    }

    #[tokio::test]
    async fn two_names_of_a_machine_are_one_and_two_machines_are_two() {
        let named = |id: &str, name: &'static str| (platform(id, ""), name);
        let pkg = ("pkg", "pkg");
        assert!(!together(named("abc", "a"), named("abc", "b"), pkg).await);
        assert!(together(named("abc", "a"), named("abd", "b"), pkg).await);
        assert!(together(named("", "a"), named("", "b"), pkg).await);
        // A host without an id has its inventory name, and its jails have that.
        assert!(!together(named("", "host1"), (platform("", "host1"), "web"), pkg).await);
    }

    #[tokio::test]
    async fn several_locks_do_not_block_each_other() {
        let locks = Locks::default();
        let one = platform("abc", "");
        let run = |names: [&'static str; 2]| {
            let (locks, one) = (&locks, &one);
            async move {
                for _ in 0..50 {
                    let held = locks.hold(one, "h", names).await;
                    tokio::task::yield_now().await;
                    drop(held);
                }
            }
        };
        let both = async { tokio::join!(run(["pkg", "accounts"]), run(["accounts", "bastille"])) };
        tokio::time::timeout(Duration::from_secs(5), both).await.unwrap();
    }
}
