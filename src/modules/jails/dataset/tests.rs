use super::super::tests::Bench;
use super::*;

const ZFS: &BastilleZfs = &BastilleZfs;
/// Assembled of zfs.txt (`zfs get -Hp jailed tank/b` and its errors).
const RECORDED: &str = "$ zfs get -Hp -o property,value type,jailed,mountpoint tank/db\ntype\tfilesystem\njailed\toff\nmountpoint\t/tank/db\n--rc 0--\n\n\
    $ zfs get -Hp -o property,value type,jailed,mountpoint tank/vol\ntype\tvolume\njailed\t-\nmountpoint\t-\n--rc 0--\n\n\
    $ zfs get -Hp -o property,value type,jailed,mountpoint tank/none\n--stderr--\ncannot open 'tank/none': dataset does not exist\n--rc 1--\n";
const ARGS: &str = "{name: web, dataset: tank/db, mountpoint: /var/db/x}";
const DIR: &str = "bastille_act @/b/jails";

fn host(recorded: &str) -> Bench {
    let bench = Bench::new(&["zfs"], recorded);
    bench.jail("web", "10.17.89.10");
    bench.jail("web2", "10.17.89.12");
    bench
}

fn after(plan: &Plan, at: usize) -> String {
    plan.diff[at].after.as_ref().unwrap().text()
}

#[test]
fn a_dataset_is_given_to_a_stopped_jail_as_bastille_does_it() {
    let mut host = host(RECORDED);
    let (plan, _) = host.plan(ZFS, ARGS).unwrap();
    assert_eq!(
        host.todo(ZFS, ARGS),
        [
            "bastille_zfs_act tank/db off /var/db/x",
            "write @/b/jails/web/jail.conf",
            "write @/b/jails/web/zfs.conf"
        ]
    );
    let conf = after(&plan, 0);
    for line in [
        "  enforce_statfs = 1;\n",
        "  allow.mount;\n",
        "  allow.mount.devfs;\n",
        "  allow.mount.zfs;\n",
        "  exec.created = \"zfs jail web tank/db\";\n",
    ] {
        assert!(conf.contains(line), "{line}: {conf}");
    }
    assert_eq!(after(&plan, 1), "tank/db /var/db/x\n");
    // A check run remembers, and so does the host.
    let effects: Vec<_> = plan.changes().flat_map(|change| change.effects.clone()).collect();
    effects.into_iter().for_each(|effect| host.host.world.add(effect));
    assert_eq!(host.todo(ZFS, ARGS), [""; 0]);
}

#[test]
fn f65_what_is_jailed_is_set_from_outside_only_when_it_is_not() {
    let jailed =
        RECORDED.replacen("jailed\toff\nmountpoint\t/tank/db", "jailed\ton\nmountpoint\t/old", 1);
    let host = host(&jailed);
    host.write("web", "zfs.conf", "tank/db /old\n");
    let todo = host.todo(ZFS, ARGS);
    assert_eq!(todo[0], "bastille_zfs_act tank/db on /var/db/x");
    let gone = "{name: web, dataset: tank/db, state: absent}";
    assert_eq!(
        host.todo(ZFS, gone),
        ["bastille_zfs_act tank/db on ", "write @/b/jails/web/zfs.conf"]
    );
    let (plan, _) = host.plan(ZFS, gone).unwrap();
    assert_eq!(after(&plan, 0), "");
    assert_eq!(host.todo(ZFS, "{name: web, dataset: tank/none, state: absent}"), [""; 0]);
}

#[test]
fn a_running_jail_is_restarted_only_if_that_is_said() {
    let host = host(RECORDED);
    host.run(&[(2, "web", "10.17.89.10", false)]);
    assert_eq!(host.refusal(ZFS, ARGS), "web runs: stop it first, or give `restart`");
    let todo = host.todo(ZFS, &ARGS.replace('}', ", restart: true}"));
    assert_eq!(todo[0], format!("{DIR} web there down stop web"));
    assert_eq!(todo[4], format!("{DIR} web there up start web"));
}

#[test]
fn what_cannot_be_given_is_refused() {
    let host = host(RECORDED);
    let of = |dataset: &str| ARGS.replace("tank/db", dataset);
    assert_eq!(host.refusal(ZFS, &of("tank/vol")), "tank/vol is a volume, no file system");
    assert_eq!(
        host.refusal(ZFS, &of("tank/none")),
        "cannot open 'tank/none': dataset does not exist"
    );
    host.write("web2", "zfs.conf", "tank/db /x\n");
    assert_eq!(host.refusal(ZFS, ARGS), "tank/db is the jail web2's");
    for bad in ["tank/a b", "-x", "tank/a@s", "''", "tank/$x"] {
        assert!(host.plan(ZFS, &of(bad)).is_err(), "{bad}");
    }
    for bad in ["relative", "'/a b'", "'/$(id)'"] {
        assert!(host.plan(ZFS, &ARGS.replace("/var/db/x", bad)).is_err(), "{bad}");
    }
    assert!(
        host.refusal(ZFS, "{name: we, dataset: tank/db, mountpoint: /x}")
            .contains("there is no jail we")
    );
}
