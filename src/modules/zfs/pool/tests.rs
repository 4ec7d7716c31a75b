//! On what FreeBSD printed, and on devices of Linux.

use super::Zpool;
use crate::modules::zfs::tests::{ALL, POOL, STATUS, answer, commands, plan};
use crate::spec::{Answer, Failure, Plan, Risk, World};

const GONE: &str = "cannot open 'tank': no such pool\n";

fn there(status: &str) -> Answer {
    answer(&[
        ("name", 0, "tank", ""),
        ("get", 0, POOL, ""),
        ("status", 0, status, ""),
        ("root", 0, ALL, ""),
    ])
}

fn absent() -> Answer {
    answer(&[("name", 0, "tank", ""), ("get", 1, "", GONE)])
}

fn paths(pairs: &[(&str, &str)], more: &[(&str, i32, &str, &str)]) -> Answer {
    let both = pairs
        .iter()
        .flat_map(|(device, path)| [("device", 0, *device, ""), ("resolved", 0, *path, "")]);
    answer(&both.chain(more.iter().copied()).collect::<Vec<_>>())
}

fn does(yaml: &str, answers: &[Answer]) -> Result<Plan, Failure> {
    let yaml = format!("{{name: tank, {yaml}}}");
    plan(&Zpool, &yaml, answers, &World::default()).map(|(plan, _)| plan)
}

fn first() -> String {
    format!("  pool: {}", STATUS.split("  pool: ").nth(1).unwrap())
}

#[test]
fn plain_disks_come_before_groups_and_roles_last() {
    let yaml = "vdevs: [{role: log, disks: [/l]}, {type: mirror, disks: [/a, /b]}, {disks: [/c]}, {role: log, type: mirror, disks: [/m, /n]}, {type: raidz, disks: [/x, /y, /z]}], \
                pool_properties: {ashift: 12}, filesystem_properties: {atime: false}, mountpoint: /data, altroot: /mnt, force: true";
    let plan = does(yaml, &[absent(), paths(&[], &[])]).unwrap();
    let wanted = "zpool create -f -o ashift=12 -O atime=off -m /data -R /mnt tank /c mirror /a /b raidz1 /x /y /z log /l mirror /m /n";
    assert_eq!(commands(&plan), [wanted]);
    assert_eq!(plan.changes().next().unwrap().risk, Risk::Critical);
}

#[test]
fn a_pool_that_could_be_imported_is_not_made_over() {
    let import = "   pool: tank\n     id: 5\n  state: ONLINE\n";
    let asked = paths(&[], &[("import", 0, import, "")]);
    let error = does("vdevs: [{disks: [/a]}]", &[absent(), asked]).unwrap_err();
    assert!(error.msg.contains("zpool import tank"), "{}", error.msg);
}

#[test]
fn f51_what_a_device_holds_is_not_made_over() {
    let holds =
        [("holds", 0, "/dev/vtbd0p2: ufs\n", ""), ("holds", 0, "/dev/vtbd9: zfs_member\n", "")];
    let asked = paths(&[("vtbd0p2", "/dev/vtbd0p2"), ("vtbd9", "/dev/vtbd9")], &holds);
    let does = |yaml: &str| does(yaml, &[absent(), asked.clone()]);
    let error = does("vdevs: [{disks: [vtbd0p2]}]").unwrap_err();
    assert_eq!(error.msg, "vtbd0p2 holds ufs: nothing is made over it unless `force` is given");
    assert!(does("force: true, vdevs: [{disks: [vtbd0p2]}]").unwrap().has_work());
    // Members of pools are refused by zpool itself, in its own words.
    assert!(does("vdevs: [{disks: [vtbd9]}]").unwrap().has_work());
    let more = "vdev_changes: add, vdevs: [{type: mirror, disks: [vtbd1, vtbd2]}, {role: log, disks: [vtbd3]}, {role: cache, disks: [vtbd0p2]}]";
    let error = super::tests::does(more, &[there(&first()), asked.clone()]).unwrap_err();
    assert!(error.msg.starts_with("vtbd0p2 holds ufs"), "{}", error.msg);
}

#[test]
fn f51a_names_of_pools_are_checked_by_us() {
    for name in ["mirrorx", "raidz9", "spares", "log", "1tank", "a@b", "a/b", "-f", "a%b", "_x"] {
        let yaml = format!("{{name: '{name}', vdevs: [{{disks: [/a]}}]}}");
        let refused = plan(&Zpool, &yaml, &[absent(), paths(&[], &[])], &World::default());
        assert!(refused.is_err(), "{name}");
    }
}

#[test]
fn devices_are_compared_by_what_names_lead_to() {
    let status = first();
    let same =
        "vdevs: [{type: mirror, disks: [/dev/gpt/one, vtbd2]}, {role: log, disks: [/dev/vtbd3]}]";
    let labels = "gpt/one  N/A  vtbd1\n";
    let asked = paths(
        &[("/dev/gpt/one", "/dev/gpt/one"), ("vtbd2", "/dev/vtbd2")],
        &[("labels", 0, labels, "")],
    );
    assert!(!does(same, &[there(&status), asked.clone()]).unwrap().has_work());
    let row = |name: &str| format!("\t{name:<18}ONLINE 0 0 0\n");
    let rows =
        ["tank", "  mirror-0", "    /dev/sda1", "    /dev/nvme0n1p1", "logs", "  123456789012"];
    let rows: String = rows.iter().map(|name| row(name)).collect();
    let linux = format!("  pool: tank\n state: ONLINE\nconfig:\n\n\t{:<18}STATE\n{rows}", "NAME");
    let yaml = "vdevs: [{type: mirror, disks: [/dev/disk/by-id/x, /dev/nvme0n1]}, {role: log, disks: ['123456789012']}]";
    let asked = paths(&[("/dev/disk/by-id/x", "/dev/sda")], &[]);
    assert!(!does(yaml, &[there(&linux), asked]).unwrap().has_work());
}

#[test]
fn devices_are_added_only_where_that_is_allowed_and_nothing_else_differs() {
    let status = first();
    let more = "{type: mirror, disks: [vtbd1, vtbd2]}, {role: log, disks: [vtbd3]}, {role: cache, disks: [vtbd4]}";
    let asked = paths(&[], &[]);
    let answers = [there(&status), asked];
    let error = does(&format!("vdevs: [{more}]"), &answers).unwrap_err();
    assert!(
        error.msg.contains("Wanted: mirror (vtbd1 vtbd2), log vtbd3, cache vtbd4"),
        "{}",
        error.msg
    );
    let plan = does(&format!("vdev_changes: add, vdevs: [{more}]"), &answers).unwrap();
    assert_eq!(commands(&plan), ["zpool add tank cache vtbd4"]);
    assert_eq!(plan.changes().next().unwrap().risk, Risk::Critical);
    for other in [
        "{type: mirror, disks: [vtbd1, vtbd4]}, {role: log, disks: [vtbd3]}",
        "{type: mirror, disks: [vtbd1, vtbd2]}",
        "{type: mirror, disks: [vtbd1, vtbd2, vtbd4]}, {role: log, disks: [vtbd3]}",
        "{disks: [vtbd1, vtbd2]}, {role: log, disks: [vtbd3]}",
    ] {
        let error = does(&format!("vdev_changes: add, vdevs: [{other}]"), &answers).unwrap_err();
        assert!(error.msg.contains("no device is ever removed"), "{other}: {}", error.msg);
    }
}

#[test]
fn f55_properties_are_compared_by_meaning() {
    let status = first();
    let run = |yaml: &str| does(yaml, &[there(&status)]);
    let same = "pool_properties: {autotrim: false, version: 5000, feature@async_destroy: enabled}, filesystem_properties: {compression: lz4}, mountpoint: /tank/";
    assert_eq!(commands(&run(same).unwrap()), [""; 0]);
    let other = run("pool_properties: {autotrim: true, comment: hi}, filesystem_properties: {atime: 'off', quota: 1G}").unwrap();
    let wanted = [
        "zpool set autotrim=on tank",
        "zpool set comment=hi tank",
        "zfs set atime=off quota=1G tank",
    ];
    assert_eq!(commands(&other), wanted);
    assert!(run("pool_properties: {size: 1G}").unwrap_err().msg.contains("readonly"));
    assert!(run("pool_properties: {nosuch: 1}").unwrap_err().msg.contains("knows no property"));
    assert!(!run("pool_properties: {ashift: 12}").unwrap().has_work());
    let error = run("pool_properties: {ashift: 9}").unwrap_err();
    assert!(error.msg.contains("ashift of tank is 12"), "{}", error.msg);
    let known = POOL.replace("ashift\t12\t", "ashift\t0\t");
    let told = answer(&[
        ("name", 0, "tank", ""),
        ("get", 0, &known, ""),
        ("status", 0, &status, ""),
        ("root", 0, ALL, ""),
    ]);
    let warned = does("pool_properties: {ashift: 12}", &[told]).unwrap();
    assert!(!warned.has_work() && warned.warnings[0].contains("ashift"));
}

#[test]
fn a_pool_goes_only_as_it_was_seen() {
    let told = |tree: &str| {
        answer(&[
            ("name", 0, "tank", ""),
            ("get", 0, POOL, ""),
            ("status", 0, &first(), ""),
            ("root", 0, ALL, ""),
            ("tree", 0, tree, ""),
        ])
    };
    let empty = told("tank\tuserrefs\t-\t-\n");
    let plan = does("state: absent", &[empty]).unwrap();
    assert_eq!(commands(&plan), ["zpool_destroy tank 10840022213576434668"]);
    let full = told("tank\tuserrefs\t-\t-\ntank/a\tuserrefs\t-\t-\ntank/a@s\tuserrefs\t0\t-\n");
    let error = does("state: absent", std::slice::from_ref(&full)).unwrap_err();
    assert!(error.msg.contains("it holds tank/a, tank/a@s."), "{}", error.msg);
    let plan = does("state: absent, recursive: true", &[full]).unwrap();
    assert_eq!(commands(&plan), ["zpool_destroy tank 10840022213576434668 tank/a tank/a@s"]);
    let held = told("tank\tuserrefs\t-\t-\ntank/a@s\tuserrefs\t1\t-\n");
    let error = does("state: absent, recursive: true", &[held]).unwrap_err();
    assert!(error.msg.contains("held snapshots: tank/a@s"), "{}", error.msg);
    assert!(!does("state: absent", &[absent()]).unwrap().has_work());
}

#[test]
fn wrong_devices_are_named() {
    for (yaml, wanted) in [
        ("vdevs: [{disks: []}]", "vdev #1: at least one disk is required (got: [])"),
        ("vdevs: [{disks: [mirror]}]", "no disk"),
        ("vdevs: [{disks: [-f]}]", "no disk"),
        ("vdevs: [{disks: [/a], type: raid5}]", "value of type must be one of: stripe, mirror"),
        ("vdevs: [{disks: [/a], role: data}]", "value of role must be one of: log"),
        ("vdevs: [{disk: [/a]}]", "Unsupported parameters: disk found in vdevs"),
        ("vdevs: [{type: mirror}]", "missing required arguments: disks found in vdevs"),
        ("vdevs: [{disks: [/a]}, {role: log, disks: [/a]}]", "/a is named twice"),
    ] {
        let error = does(yaml, &[absent(), paths(&[], &[])]).unwrap_err();
        assert!(error.msg.contains(wanted), "{yaml}: {}", error.msg);
    }
    assert!(does("vdevs: []", &[absent(), paths(&[], &[])]).is_err());
}
