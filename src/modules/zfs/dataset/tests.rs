//! On answers that FreeBSD and zfs-fuse gave.

use super::Zfs;
use crate::modules::zfs::tests::{ALL, LISTING, VOLUME, answer, commands, missing, plan};
use crate::spec::{Answer, Effect, Failure, PathKind, Plan, Risk, World};

fn told(all: &str, error: &str) -> Vec<Answer> {
    vec![answer(&[("all", i32::from(!error.is_empty()), all, error)])]
}

fn does(arguments: &str, answers: &[Answer]) -> Result<Plan, Failure> {
    plan(&Zfs, arguments, answers, &World::default()).map(|(plan, _)| plan)
}

#[test]
fn one_command_makes_what_is_missing() {
    let answers = told(ALL, &missing("tank/a/b"));
    let plan = does(
        "{name: tank/a/b, state: present, extra_zfs_properties: {quota: 1G, atime: false, 'a:b': x y}}",
        &answers,
    )
    .unwrap();
    let wanted = "zfs create -p -o quota=1G -o atime=off -o a:b=x y tank/a/b";
    assert_eq!(commands(&plan), [wanted]);
    let effects: Vec<&Effect> = plan.changes().flat_map(|change| &change.effects).collect();
    for path in ["/tank/a", "/tank/a/b"] {
        let dir = |effect: &&&Effect| matches!(effect, Effect::Path(own, Some(attrs)) if own == path && attrs.kind == PathKind::Dir);
        assert!(effects.iter().any(|effect| dir(&effect)), "{path}: {effects:?}");
    }
    let volume = does(
        "{name: tank/v, state: present, extra_zfs_properties: {volsize: 10G, volblocksize: 16K, compression: zstd}}",
        &answers,
    );
    let wanted = "zfs create -p -V 10G -b 16K -o compression=zstd tank/v";
    assert_eq!(commands(&volume.unwrap()), [wanted]);
    let clone = does("{name: tank/c, state: present, origin: tank/b@s1}", &answers).unwrap();
    assert_eq!(commands(&clone), ["zfs clone -p tank/b@s1 tank/c"]);
    let snapshot = does("{name: tank@s, state: present}", &answers).unwrap();
    assert_eq!(commands(&snapshot), ["zfs snapshot tank@s"]);
}

#[test]
fn all_that_differs_is_set_by_one_command() {
    let answers = told(ALL, "");
    let same = "{name: tank, state: present, extra_zfs_properties: {compression: lz4, quota: none, filesystem_limit: none, recordsize: 128K, mountpoint: /tank/, atime: true}}";
    assert_eq!(commands(&does(same, &answers).unwrap()), [""; 0]);
    let other = "{name: tank, state: present, extra_zfs_properties: {compression: 'on', quota: 1G, 'a:b': 1}}";
    let plan = does(other, &answers).unwrap();
    assert_eq!(commands(&plan), ["zfs set compression=on quota=1G a:b=1 tank"]);
    let old = ALL.replace("tank\tcreatetxg\t1\t-\n", "");
    let plan = does(other, &told(&old, "")).unwrap();
    assert_eq!(plan.changes().count(), 3, "an old host sets one by one");
    let diff = plan.diff[0].to_value().repr();
    assert!(
        diff.contains(
            "'before': {'extra_zfs_properties': {'compression': 'lz4', 'quota': '0', 'a:b': None}}"
        ),
        "{diff}"
    );
}

#[test]
fn inherited_and_received_values_count() {
    for source in ["inherited from tank", "received", "default"] {
        let all = format!("tank/a\ttype\tfilesystem\t-\ntank/a\tatime\toff\t{source}\n");
        let yaml = "{name: tank/a, state: present, extra_zfs_properties: {atime: 'off'}}";
        assert!(!does(yaml, &told(&all, "")).unwrap().has_work(), "{source}");
    }
}

#[test]
fn f52_volumes_grow_and_do_not_shrink() {
    let run = |properties: &str| {
        let yaml = format!("{{name: tank/vol, state: present, {properties}}}");
        does(&yaml, &told(VOLUME, ""))
    };
    assert!(!run("extra_zfs_properties: {volsize: 10M, volblocksize: 8k}").unwrap().has_work());
    assert!(!run("extra_zfs_properties: {refreservation: auto}").unwrap().has_work());
    let grown = run("extra_zfs_properties: {volsize: 20M}").unwrap();
    assert_eq!(commands(&grown), ["zfs set volsize=20M tank/vol"]);
    let rounded = run("extra_zfs_properties: {volsize: 10485761}").unwrap();
    assert_eq!(commands(&rounded), ["zfs set volsize=10493952 tank/vol"]);
    let error = run("extra_zfs_properties: {volsize: 5M}").unwrap_err();
    assert!(error.msg.contains("allow_shrink"), "{}", error.msg);
    let shrunk = run("allow_shrink: true, extra_zfs_properties: {volsize: 5M}").unwrap();
    assert_eq!(shrunk.changes().next().unwrap().risk, Risk::Critical);
    let error = run("extra_zfs_properties: {volblocksize: 16K}").unwrap_err();
    assert_eq!(
        error.msg,
        "volblocksize of tank/vol is 8192 and can't become 16K: it is set when it is made"
    );
    let error = run("extra_zfs_properties: {quota: 1G}").unwrap_err();
    assert_eq!(error.msg, "'quota' is no property of a volume");
}

#[test]
fn mount_points_are_below_another_root() {
    let all = ALL.replace("mountpoint\t/tank\t", "mountpoint\t/mnt/data\t");
    let told = |root: &str| vec![answer(&[("all", 0, &all, ""), ("altroot", 0, root, "")])];
    let yaml = |path: &str| {
        format!("{{name: tank, state: present, extra_zfs_properties: {{mountpoint: {path}}}}}")
    };
    assert!(!does(&yaml("/data"), &told("/mnt\n")).unwrap().has_work());
    assert!(does(&yaml("/data"), &told("-\n")).unwrap().has_work());
    assert!(does(&yaml("/usr"), &told("-\n")).unwrap_err().msg.contains("running system"));
    assert!(does(&yaml("/usr"), &told("/mnt\n")).unwrap().has_work());
}

#[test]
fn properties_that_nobody_lists_are_asked_for() {
    let more = "tank\tuserquota@bob\t1073741824\tlocal\n";
    let answers = [answer(&[("all", 0, ALL, ""), ("more", 0, more, "")])];
    let yaml = "{name: tank, state: present, extra_zfs_properties: {userquota@bob: 1G}}";
    assert!(!does(yaml, &answers).unwrap().has_work());
}

/// The pool of zfs-fuse: tk1/a holds tk1/a/b and snapshots, s1 is held, tk1/c is a clone of s2.
fn removal(listing: &str, origins: &str) -> Vec<Answer> {
    let all = "tk1/a\ttype\tfilesystem\t-\n";
    let tree: String = listing
        .lines()
        .filter(|line| line.starts_with("tk1/a"))
        .fold(String::new(), |text, line| text + line + "\n");
    vec![answer(&[("all", 0, all, ""), ("tree", 0, &tree, ""), ("origins", 0, origins, "")])]
}

#[test]
fn f53_nothing_is_destroyed_by_surprise() {
    let origins = "tk1\t-\ntk1/a\t-\ntk1/a/b\t-\ntk1/c\ttk1/a@s2\n";
    let mut held = removal(LISTING, origins);
    held.push(answer(&[("holds", 0, "tk1/a@s1\tkeep\tSun Nov 22 05:17 2026\n", "")]));
    let all = "{name: tk1/a, state: absent, recursive: true}";
    let error = does(all, &held).unwrap_err();
    assert_eq!(error.msg, "nothing is destroyed: held snapshots: tk1/a@s1 (keep)");
    let free = LISTING.replace("userrefs\t1", "userrefs\t0");
    let error = does(all, &removal(&free, origins)).unwrap_err();
    assert_eq!(error.msg, "nothing is destroyed: there are clones: tk1/c (of tk1/a@s2)");
    let error = does("{name: tk1/a, state: absent}", &removal(&free, "")).unwrap_err();
    assert!(error.msg.contains("it has children: tk1/a/b, tk1/a@s1, tk1/a@s2."), "{}", error.msg);
    let plan = does(all, &removal(&free, "")).unwrap();
    assert_eq!(commands(&plan), ["zfs_destroy tk1/a tk1/a/b tk1/a@s1 tk1/a@s2"]);
    assert_eq!(plan.changes().next().unwrap().risk, Risk::Critical);
    let error = does("{name: tk1, state: absent, recursive: true}", &told("tk1\ttype\tx\t-\n", ""));
    assert!(error.is_err());
    let gone = vec![answer(&[
        ("all", 1, "", &missing("tk1/a")),
        ("tree", 1, "", &missing("tk1/a")),
        ("origins", 0, "", ""),
    ])];
    assert!(!does(all, &gone).unwrap().has_work());
}

#[test]
fn a_failed_listing_is_no_empty_one() {
    let error = "cannot open 'tank/a': I/O error\n";
    let failed = does("{name: tank/a, state: present}", &told("", error)).unwrap_err();
    assert!(failed.msg.contains("I/O error"));
    let cut = vec![answer(&[
        ("all", 0, "tk1/a\ttype\tfilesystem\t-\n", ""),
        ("tree", 0, "tk1/a\ttype", ""),
        ("origins", 0, "", ""),
    ])];
    assert!(does("{name: tk1/a, state: absent}", &cut).is_err());
}

#[test]
fn later_tasks_see_what_earlier_ones_would_make() {
    let mut world = World::default();
    let answers = told(ALL, &missing("tank/a"));
    let yaml = "{name: tank/a, state: present, extra_zfs_properties: {quota: 1G}}";
    let (first, _) = plan(&Zfs, yaml, &answers, &world).unwrap();
    first.changes().flat_map(|change| change.effects.clone()).for_each(|e| world.add(e));
    let (again, _) = plan(&Zfs, yaml, &answers, &world).unwrap();
    assert!(!again.has_work());
    let other = "{name: tank/a, state: present, extra_zfs_properties: {quota: 2G}}";
    let (set, _) = plan(&Zfs, other, &answers, &world).unwrap();
    assert_eq!(commands(&set), ["zfs set quota=2G tank/a"]);
    let below = told(ALL, &(missing("tank/a") + &missing("tank/a/b")));
    let (child, _) = plan(&Zfs, "{name: tank/a/b, state: present}", &below, &world).unwrap();
    let path = Effect::Path("/tank/a/b".into(), None);
    let is = |effect: &Effect| matches!((effect, &path), (Effect::Path(a, _), Effect::Path(b, _)) if a == b);
    assert!(child.changes().flat_map(|change| &change.effects).any(is));
}
