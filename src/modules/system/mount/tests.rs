//! A mount and an umount that keep what they did, in a tree.

use super::Mount;
use crate::base::Key;
use crate::modules::tests::replay::Replay;

const TOOL: &str = include_str!("../../../../tests/fixtures/tools/mount.sh");
const TABLE: &str = "UUID=1 / ext4 errors=remount-ro 0 1\n";
const ROOT: &str = "25 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n";

fn on(host: Replay) -> Replay {
    let host = host.in_tree();
    host.tool("mount", TOOL);
    host.tool("umount", TOOL);
    host.place("/etc/fstab", TABLE);
    host.place("/proc/self/mountinfo", ROOT);
    host.place("/srv/.keep", "");
    host
}

fn linux() -> Replay {
    let host = on(Replay::linux(&[], ""));
    host.tool("uname", "#!/bin/sh\necho Linux\n");
    host
}

const DATA: &str =
    "{path: /srv/data/a, src: /dev/sdb1, fstype: ext4, opts: 'noatime', state: mounted}";

#[test]
fn it_is_mounted_before_the_table_says_so() {
    let host = linux();
    let (plan, fields) = host.settles(&Mount, DATA, "dash");
    let todo: Vec<&str> = plan.changes().map(|change| change.why.as_str()).collect();
    assert_eq!(todo, ["make /srv/data/a", "mount /srv/data/a", "write /etc/fstab"]);
    assert_eq!(
        host.placed("/etc/fstab"),
        format!("{TABLE}/dev/sdb1 /srv/data/a ext4 noatime 0 0\n")
    );
    assert!(
        host.placed("/proc/self/mountinfo").contains("/srv/data/a rw,relatime - ext4 /dev/sdb1")
    );
    let text = |name: &str| fields[&Key::from(name)].text();
    assert_eq!(
        (text("name"), text("opts"), text("boot")),
        ("/srv/data/a".into(), "noatime".into(), "yes".into())
    );
    // Other options, another device.
    host.settles(&Mount, &DATA.replace("noatime", "noatime,ro"), "dash");
    assert_eq!(host.placed("/tmp/remounts"), "remount,noatime,ro\n");
    host.settles(&Mount, &DATA.replace("sdb1", "sdc1").replace("noatime", "ro"), "dash");
    assert!(host.placed("/proc/self/mountinfo").contains("ext4 /dev/sdc1 rw"));
    host.settles(&Mount, "{path: /srv/data/a, state: unmounted}", "dash");
    assert!(host.placed("/etc/fstab").contains("/srv/data/a"));
    host.settles(&Mount, "{path: /srv/data/a/, state: absent}", "dash");
    assert_eq!(host.placed("/etc/fstab"), TABLE);
    assert!(!std::path::Path::new(&host.path("tree/srv/data/a")).exists());
}

#[test]
fn what_does_not_work_is_not_left_in_the_table() {
    let host = linux();
    let broken = "{path: /srv, src: broken, fstype: ext4, state: mounted}";
    let (plan, _) = host.plan(&Mount, broken).unwrap();
    let first = plan.changes().next().unwrap();
    let answer = host.carry_out(&first.op, "dash");
    assert_eq!(answer.rc, 32);
    assert_eq!(host.placed("/etc/fstab"), TABLE);
    let ran = crate::spec::Ran { change: first.clone(), answer, backup: None };
    let map = crate::base::yaml::load(broken, &crate::base::Source::described("test")).unwrap();
    let args =
        <super::Args as crate::spec::ArgStruct>::from_map(map.value.as_map().unwrap()).unwrap();
    let text = crate::spec::State::explain(&Mount, &args, &ran).unwrap().msg;
    assert_eq!(text, "Error mounting /srv: mount: /srv: special device broken does not exist.\n");
    // One that worked is mounted again.
    host.settles(&Mount, "{path: /srv, src: /dev/sdb1, fstype: ext4, state: mounted}", "dash");
    let (plan, _) = host.plan(&Mount, broken).unwrap();
    assert_ne!(host.carry_out(&plan.changes().next().unwrap().op, "dash").rc, 0);
    assert!(host.placed("/proc/self/mountinfo").contains("/srv rw,relatime - ext4 /dev/sdb1"));
}

#[test]
fn the_table_alone() {
    let host = linux();
    host.settles(
        &Mount,
        "{path: none, src: /dev/sdb2, fstype: swap, opts: sw, state: present}",
        "dash",
    );
    host.settles(
        &Mount,
        "{path: /mnt/a b, src: 'nas:/x', fstype: nfs, boot: false, state: present}",
        "dash",
    );
    let table = host.placed("/etc/fstab");
    assert!(
        table
            .ends_with("/dev/sdb2 none swap sw 0 0\nnas:/x /mnt/a\\040b nfs defaults,noauto 0 0\n"),
        "{table}"
    );
    host.settles(&Mount, "{path: /mnt/a b, state: absent_from_fstab}", "dash");
    host.settles(&Mount, "{path: none, src: /dev/sdb2, state: absent}", "dash");
    assert_eq!(host.placed("/etc/fstab"), TABLE);
    let (plan, _) = host.plan(&Mount, "{path: /none, state: absent}").unwrap();
    assert!(!plan.has_work());
    assert_eq!(
        host.todo(&Mount, "{path: /, opts: ro, state: remounted}"),
        ["mount -o remount,ro /"]
    );
    let (plan, _) =
        host.plan(&Mount, "{path: /srv, src: x, fstype: y, opts: noauto, state: present}").unwrap();
    assert_eq!(plan.warnings, ["Ignore the 'boot' due to 'opts' contains 'noauto'."]);
    let quoted =
        host.todo(&Mount, "{path: \"/srv/a'b c\", src: '$x', fstype: ext4, state: mounted}");
    assert_eq!(quoted[1], r"mount -t ext4 -o defaults '$x' '/srv/a'\''b c'");
}

#[test]
fn odd_words_are_refused() {
    let host = linux();
    for args in [
        "{path: srv, state: unmounted}",
        "{path: /, state: unmounted}",
        "{path: //, state: absent}",
        "{path: /a/../b, state: unmounted}",
        "{path: \"/a\\nb\", state: unmounted}",
        "{path: none, state: unmounted}",
        "{path: /a, state: mounted}",
        "{path: /a, src: -x, fstype: ext4, state: mounted}",
        "{path: /a, src: 'x#', fstype: ext4, state: mounted}",
        "{path: /a, src: x, fstype: ext4, state: ephemeral}",
        "{path: /a, src: x, fstype: ext4, opts_no_log: true, state: mounted}",
    ] {
        assert!(host.plan(&Mount, args).is_err(), "{args}");
    }
    host.place("/srv/file", "");
    let text = host.refusal(&Mount, "{path: /srv/file, src: x, fstype: ext4, state: mounted}");
    assert_eq!(text, "/srv/file is there, and no directory");
}

#[test]
fn a_check_run_predicts_mounts() {
    let mut host = linux();
    host.predict(&Mount, DATA);
    assert_eq!(host.todo(&Mount, DATA), [""; 0]);
    assert_eq!(host.todo(&Mount, "{path: /srv/data/a, state: unmounted}"), ["umount /srv/data/a"]);
}

#[test]
fn freebsd_has_its_own_words() {
    let host = on(Replay::freebsd(&[], ""));
    host.place("/etc/fstab", "/dev/vtbd0p2\t/\tufs\trw\t1\t1\n");
    let args = "{path: /srv, src: /dev/vtbd1p1, fstype: ufs, opts: 'rw,late', state: mounted}";
    let todo = host.todo(&Mount, args);
    assert_eq!(todo[0], "mount -t ufs -o rw /dev/vtbd1p1 /srv");
    host.settles(&Mount, args, "dash");
    assert!(host.placed("/etc/fstab").ends_with("/dev/vtbd1p1 /srv ufs rw,late 0 0\n"));
    let (plan, fields) =
        host.plan(&Mount, "{path: /srv, src: /dev/vtbd1p1, fstype: ufs, state: mounted}").unwrap();
    assert!(plan.changes().next().unwrap().why.contains("anew"));
    assert_eq!(fields[&Key::from("opts")].text(), "rw");
    assert_eq!(host.todo(&Mount, "{path: /srv, state: remounted}"), ["umount /srv && mount /srv"]);
}
