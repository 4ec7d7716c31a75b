//! On what FreeBSD printed.

use super::ZfsDelegateAdmin;
use crate::modules::zfs::tests::{ALLOW, answer, commands, plan};
use crate::spec::{Answer, Failure, World};

fn told(name: &str, text: &str) -> Answer {
    answer(&[("name", 0, name, ""), ("allow", 0, text, "")])
}

fn does(arguments: &str, answer: Answer) -> Result<Vec<String>, Failure> {
    plan(&ZfsDelegateAdmin, arguments, &[answer], &World::default())
        .map(|(plan, _)| commands(&plan))
}

#[test]
fn only_what_differs_is_said() {
    for (yaml, wanted) in [
        ("users: [operator], permissions: [mount, create]", ""),
        ("users: [operator], permissions: [mount], local: true", ""),
        (
            "users: [operator, bob], permissions: [send, mount]",
            "zfs allow -ld -u operator,bob send,mount tank/b",
        ),
        (
            "users: [bob], groups: [wheel], permissions: [hold], descendents: true",
            "zfs allow -d -u bob hold tank/b; zfs allow -d -g wheel hold tank/b",
        ),
        ("everyone: true, permissions: [send]", "zfs allow -ld -e send tank/b"),
        ("users: [bob], state: absent", ""),
        ("users: [operator], state: absent, permissions: [send]", ""),
        (
            "users: [operator], state: absent, permissions: [mount], local: true",
            "zfs unallow -l -u operator mount tank/b",
        ),
        ("state: absent", "zfs unallow -ld -u operator tank/b"),
    ] {
        let yaml = format!("{{name: tank/b, {yaml}}}");
        assert_eq!(does(&yaml, told("tank/b", ALLOW)).unwrap().join("; "), wanted, "{yaml}");
    }
}

#[test]
fn datasets_below_and_numbers() {
    let text = "---- Permissions on t/c -----\nLocal permissions:\n\tuser bob mount\n";
    let below = answer(&[
        ("name", 0, "t", ""),
        ("allow", 0, "", ""),
        ("below", 0, "t\nt/c\n", ""),
        ("name", 0, "t/c", ""),
        ("allow", 0, text, ""),
        ("user", 0, "bob:x:1001:1001::/home/bob:/bin/sh\n", ""),
    ]);
    let yaml = "{name: t, users: [1001], state: absent, recursive: true}";
    assert_eq!(does(yaml, below).unwrap(), ["zfs unallow -r -ld -u bob t"]);
}

#[test]
fn failures_are_ansibles() {
    let fails = |yaml: &str| does(yaml, told("tank/b", ALLOW)).unwrap_err().msg;
    assert_eq!(
        fails("{name: tank/b, permissions: [mount]}"),
        "One of `users`, `groups`, or `everyone` must be set"
    );
    assert!(fails("{name: tank/b, users: [bob]}").contains("permissions"));
    assert!(fails("{name: tank/b, users: ['a b'], permissions: [x]}").contains("no name"));
    let broken = answer(&[
        ("name", 0, "tank/b", ""),
        ("allow", 1, "", "cannot open 'tank/b': dataset does not exist\n"),
    ]);
    let error = does("{name: tank/b, users: [bob], permissions: [x]}", broken).unwrap_err();
    assert!(error.msg.starts_with("Command `zfs allow tank/b` failed: cannot open"));
}
