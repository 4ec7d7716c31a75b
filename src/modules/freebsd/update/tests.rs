//! On recorded answers of freebsd-update.

use super::*;
use crate::modules::tests::replay::Replay;

const NONE: &str = include_str!("../../../../tests/fixtures/probe/freebsd_update/none.txt");
const READY: &str = include_str!("../../../../tests/fixtures/probe/freebsd_update/ready.txt");

fn host(recorded: &str) -> Replay {
    Replay::freebsd(&["freebsd-update", "freebsd-version"], recorded)
}

const FETCH: &str = "@/bin/freebsd-update fetch --not-running-from-cron";

#[test]
fn it_asks_the_server_once_and_installs_what_waits() {
    let mut none = host(NONE);
    let (plan, fields) = none.plan(&FreeBsdUpdate, "{}").unwrap();
    assert!(plan.then == Then::LookAgain && plan.uncertain.is_some());
    assert!(
        !fields[&Key::from("ready")].is_true() && !fields[&Key::from("reboot_required")].is_true()
    );
    assert_eq!(none.todo(&FreeBsdUpdate, "{}"), [FETCH]);
    assert_eq!(none.todo(&FreeBsdUpdate, "{fetch: false}"), [""; 0]);
    none.predict(&FreeBsdUpdate, "{}");
    assert_eq!(none.todo(&FreeBsdUpdate, "{}"), [""; 0], "nothing waits");
    let mut ready = host(READY);
    assert_eq!(ready.todo(&FreeBsdUpdate, "{fetch: false, state: fetched}"), [""; 0]);
    assert_eq!(ready.todo(&FreeBsdUpdate, "{fetch: false}"), ["@/bin/freebsd-update install"]);
    let (_, fields) = ready.plan(&FreeBsdUpdate, "{fetch: false}").unwrap();
    assert!(fields[&Key::from("reboot_required")].is_true());
    ready.predict(&FreeBsdUpdate, "{}");
    assert_eq!(ready.todo(&FreeBsdUpdate, "{}"), ["@/bin/freebsd-update install"]);
    ready.predict(&FreeBsdUpdate, "{}");
    assert_eq!(ready.todo(&FreeBsdUpdate, "{}"), [""; 0]);
    let other = "{server: update.example.org, state: fetched}";
    let asked = "@/bin/freebsd-update -s update.example.org fetch --not-running-from-cron";
    assert_eq!(host(NONE).todo(&FreeBsdUpdate, other), [asked]);
    assert!(host(NONE).plan(&FreeBsdUpdate, "{server: -x}").is_err());
}

#[test]
fn what_it_says_when_it_cannot_is_told() {
    let none = host(NONE);
    let (plan, _) = none.plan(&FreeBsdUpdate, "{}").unwrap();
    let change = plan.changes().next().unwrap().clone();
    // Recorded.
    let said = "src component not installed, skipped\nFetching public key from update.example.org... failed.\n\
        No mirrors remaining, giving up.\n\nThis may be because upgrading from this platform (amd64)\n";
    let answer = Answer { rc: 1, stdout: said.into(), stderr: "".into() };
    let args = <Args as crate::spec::ArgStruct>::from_map(&crate::base::Map::new()).unwrap();
    let failure = FreeBsdUpdate.explain(&args, &Ran { change, answer, backup: None }).unwrap();
    let text = "could not fetch updates: Fetching public key from update.example.org... failed. No mirrors remaining, giving up.";
    assert_eq!(failure.msg, text);
}
