use super::super::tests::Bench;
use super::*;
use crate::spec::Effect;

const JAIL: &BastilleJail = &BastilleJail;

/// `web` and `web2` run, `db` is stopped and needs web.
fn host() -> Bench {
    let bench = Bench::new(&[], "");
    bench.jail("web2", "10.17.89.12");
    bench.jail("db", "10.17.89.13");
    bench.write("db", "settings.conf", "boot=\"on\"\ndepend=\"web2\"\npriority=\"99\"\n");
    bench.run(&[(4, "web2", "10.17.89.12", false)]);
    bench
}

const DIR: &str = "bastille_act @/b/jails";

#[test]
fn names_are_whole_names() {
    let host = host();
    // `bastille destroy -y web` destroyed web2 (bastille.txt); a tag is taken for a name as well.
    host.write("db", "tags", "prod\n");
    for name in ["web", "we", "d", "prod"] {
        assert_eq!(host.todo(JAIL, &format!("{{name: {name}, state: absent}}")), [""; 0], "{name}");
    }
    let gone = host.todo(JAIL, "{name: db, state: absent}");
    assert_eq!(gone, [format!("{DIR} db there gone destroy -a -y db")]);
    let prod = host.refusal(JAIL, "{name: prod, release: 13.2-RELEASE, ip: 10.17.89.30}");
    assert!(prod.starts_with("db has the tag prod"), "{prod}");
    for name in [
        "''",
        "web.1",
        "-bad",
        "_bad",
        "'123'",
        "ALL",
        "all",
        "convert",
        "'a b'",
        "../x",
        "'$(id)'",
        "'a;b'",
        "\"a\\nb\"",
    ] {
        assert!(host.plan(JAIL, &format!("{{name: {name}, state: absent}}")).is_err(), "{name}");
    }
}

#[test]
fn a_jail_is_made_once() {
    let host = host();
    let make = "{name: web, release: 13.2-RELEASE, ip: 10.17.89.10";
    let create = format!("{DIR} web free up create web 13.2-RELEASE 10.17.89.10");
    assert_eq!(host.todo(JAIL, &format!("{make}}}")), [create.as_str()]);
    let thick =
        host.todo(JAIL, &format!("{make}, type: thick, interface: bastille0, state: stopped}}"));
    assert_eq!(
        thick[0],
        format!("{DIR} web free up create -T web 13.2-RELEASE 10.17.89.10 bastille0")
    );
    assert_eq!(thick[1], format!("{DIR} web there down stop web"));
    let vnet = "{name: pg, release: 13.2-RELEASE, vnet: bridge, interface: warden0, ip: 10.0.0.7/24, gateway: 10.0.0.1, \
                static_mac: true, nameserver: [10.0.0.1, 10.0.0.2]}";
    assert_eq!(
        host.todo(JAIL, vnet),
        [format!(
            "{DIR} pg free up create -B -M -g 10.0.0.1 -n 10.0.0.1,10.0.0.2 pg 13.2-RELEASE 10.0.0.7/24 warden0"
        )]
    );
    // What only counts when it starts is written while it is stopped.
    let more =
        host.plan(JAIL, &format!("{make}, properties: {{allow.raw_sockets: true}}}}")).unwrap().0;
    assert_eq!((more.changes().count(), more.then), (2, Then::LookAgain));
    host.jail("web", "10.17.89.10");
    host.run(&[(2, "web", "10.17.89.10", false), (4, "web2", "10.17.89.12", false)]);
    assert_eq!(host.todo(JAIL, &format!("{make}}}")), [""; 0]);
    assert_eq!(
        host.todo(JAIL, "{name: web, state: restarted}"),
        [format!("{DIR} web there anew restart web")]
    );
}

#[test]
fn f68_an_address_in_use_is_refused() {
    let host = host();
    let refusal =
        |ip: &str| host.refusal(JAIL, &format!("{{name: web, release: 13.2-RELEASE, ip: {ip}}}"));
    assert_eq!(refusal("10.17.89.12"), "10.17.89.12 is the jail web2's");
    assert_eq!(refusal("10.17.89.13/32"), "10.17.89.13 is the jail db's", "although it is stopped");
    assert_eq!(refusal("10.0.2.15"), "10.0.2.15 is the host's own");
    assert_eq!(refusal("10.17.89.20/40"), "invalid prefix length: '10.17.89.20/40'");
    assert_eq!(refusal("10.17.89.300"), "invalid address: '10.17.89.300'");
    assert_eq!(refusal("junk"), "invalid address: 'junk'");
    assert_eq!(refusal("DHCP"), "invalid address: 'DHCP'");
    let text = "{name: db, ip: 10.17.89.12, state: present}";
    assert_eq!(host.refusal(JAIL, text), "10.17.89.12 is the jail web2's");
}

#[test]
fn f68_what_bastille_would_do_otherwise_is_refused() {
    let host = host();
    let refusal =
        |rest: &str| host.refusal(JAIL, &format!("{{name: web, ip: 10.17.89.30, {rest}}}"));
    assert_eq!(refusal("release: 13.9-RELEASE"), "13.9-RELEASE must be bootstrapped first");
    // F-68: `-C` on UFS makes a thick copy.
    assert!(
        refusal("release: 13.2-RELEASE, type: clone").contains("needs bastille_zfs_enable=YES")
    );
    assert!(refusal("state: started").contains("release is needed"));
    assert!(refusal("release: 13.2-RELEASE, gateway: 10.0.0.1").contains("set vnet"));
    assert!(refusal("release: '-T', state: present").contains("invalid value of release"));
    assert!(refusal("clone_from: web").contains("there is no jail web"));
    assert!(refusal("clone_from: web2").contains("web2 runs"));
    let vnet =
        host.refusal(JAIL, "{name: a-b, release: 13.2-RELEASE, vnet: bridge, ip: 10.0.0.7/24}");
    assert!(vnet.contains("no - or _"), "{vnet}");
    let clone = host.todo(JAIL, "{name: web, clone_from: db, ip: 10.17.89.30, state: present}");
    assert_eq!(clone, [format!("{DIR} web free made clone db web 10.17.89.30")]);
    std::fs::create_dir_all(host.host.path("b/jails/half/root")).unwrap();
    let half = host.refusal(JAIL, "{name: half, release: 13.2-RELEASE, ip: 10.17.89.31}");
    assert!(half.contains("is there without a jail.conf"), "{half}");
    std::fs::remove_file(host.host.path("bin/bastille")).unwrap();
    assert_eq!(refusal("release: 13.2-RELEASE"), "bastille is not installed");
}

#[test]
fn what_only_a_new_one_could_be_is_told() {
    let host = host();
    let refusal = |rest: &str| host.refusal(JAIL, &format!("{{name: web2, {rest}}}"));
    assert!(
        refusal("release: 14.3-RELEASE").ends_with("its release is 13.2-RELEASE, not 14.3-RELEASE")
    );
    assert!(refusal("type: thick").ends_with("its type is thin, not thick"));
    let vnet = refusal("vnet: bridge, ip: 10.0.0.7/24");
    assert!(vnet.ends_with("its vnet is none, not bridge"), "{vnet}");
}

#[test]
fn files_of_a_jail_are_changed_in_place() {
    let host = host();
    let args = "{name: web2, boot: false, priority: 5, depend: [], tags: [b, a], properties: {allow.raw_sockets: true, \
                enforce_statfs: 1, exec.clean: true, securelevel: 2, sysvshm: null, exec.poststart: ['a \"$x\" `id`', b]}}";
    let todo = host.todo(JAIL, args);
    let path = |name: &str| format!("write @/b/jails/web2/{name}");
    assert_eq!(todo, [path("jail.conf"), path("settings.conf"), path("tags")]);
    let conf = host.text(JAIL, args);
    for line in [
        "  enforce_statfs = 1;\n",
        "  allow.raw_sockets;\n",
        "  securelevel = 2;\n",
        "  exec.poststart = \"a \\\"\\$x\\\" `id`\", b;\n",
    ] {
        assert!(conf.contains(line), "{conf}");
    }
    assert!(conf.contains("  ip4.addr = bastille0|10.17.89.12;\n  \n  ip6 = disable;\n"), "{conf}");
    let ip = "{name: web2, ip: [10.17.89.12, 10.17.89.40]";
    assert!(
        host.text(JAIL, &format!("{ip}}}"))
            .contains("  ip4.addr = bastille0|10.17.89.12, bastille0|10.17.89.40;\n")
    );
    assert_eq!(host.todo(JAIL, &format!("{ip}, restart: true}}")).len(), 2);
    assert_eq!(
        host.todo(JAIL, "{name: web2, ip: 10.17.89.12/32, boot: true, priority: 99, tags: []}"),
        [""; 0]
    );
    for bad in ["path: /x", "ip4.addr: x", "vnet: true", "'a b': 1", "host.hostname: \"a\\nb\""] {
        assert!(
            host.plan(JAIL, &format!("{{name: web2, properties: {{{bad}}}}}")).is_err(),
            "{bad}"
        );
    }
}

#[test]
fn f62_addresses_that_a_running_jail_lost_are_told() {
    let host = host();
    let (_, fields) = host.plan(JAIL, "{name: web2}").unwrap();
    assert_eq!(fields[&Key::from("restart_required")], Value::from(false));
    host.run(&[(4, "web2", "10.17.89.99", false)]);
    let (plan, fields) = host.plan(JAIL, "{name: web2}").unwrap();
    assert_eq!(fields[&Key::from("restart_required")], Value::from(true));
    assert!(!plan.has_work());
}

#[test]
fn jails_that_would_stop_too_are_told() {
    let host = host();
    host.run(&[(4, "web2", "10.17.89.12", false), (6, "db", "10.17.89.13", false)]);
    for state in ["stopped", "restarted", "absent"] {
        let refusal = host.refusal(JAIL, &format!("{{name: web2, state: {state}}}"));
        assert_eq!(refusal, "db depend on web2 and would be stopped too: force", "{state}");
    }
    assert_eq!(
        host.todo(JAIL, "{name: web2, state: stopped, force: true}"),
        [format!("{DIR} web2 there down stop web2")]
    );
}

#[test]
fn what_is_mounted_in_a_jail_does_not_go_with_it() {
    let host = host();
    let at = host.host.path("b/jails/db/root");
    host.host.write(
        "bin/mounts",
        &format!("/srv/data\t\t{at}/mnt nullfs\trw\t\t0 0\ndevfs\t\t{at}/dev devfs rw 0 0\n"),
    );
    let refusal = host.refusal(JAIL, "{name: db, state: absent}");
    assert_eq!(refusal, "@/b/jails/db/root/mnt is mounted in the jail: unmount it first");
    let line = format!("/srv/data {at}/mnt nullfs rw 0 0\n");
    host.write("db", "fstab", &line);
    assert_eq!(host.todo(JAIL, "{name: db, state: absent}").len(), 1, "its own file systems");
}

#[test]
fn f64_a_dying_jail_is_told_and_its_name_can_be_used() {
    let host = host();
    host.run(&[(4, "web2", "10.17.89.12", true)]);
    let (plan, _) = host.plan(JAIL, "{name: web2}").unwrap();
    assert_eq!(plan.warnings, ["web2 (jid 4) is dying: something still holds it"]);
    assert_eq!(host.todo(JAIL, "{name: web2}"), [format!("{DIR} web2 there up start web2")]);
    assert_eq!(host.todo(JAIL, "{name: web2, state: stopped}"), [""; 0]);
}

#[test]
fn a_check_run_remembers() {
    let mut host = host();
    let add = |host: &mut Bench, args: &str| {
        let (plan, _) = host.plan(JAIL, args).unwrap();
        let effects: Vec<Effect> =
            plan.changes().flat_map(|change| change.effects.clone()).collect();
        effects.into_iter().for_each(|effect| host.host.world.add(effect));
    };
    let make = "{name: web, release: 13.2-RELEASE, ip: 10.17.89.10}";
    add(&mut host, make);
    let (plan, _) = host.plan(JAIL, make).unwrap();
    assert!(!plan.has_work() && plan.uncertain.is_some());
    add(&mut host, "{name: web, state: absent}");
    assert_eq!(host.todo(JAIL, "{name: web, state: absent}"), [""; 0]);
    add(&mut host, "{name: web2, state: stopped, force: true}");
    assert_eq!(host.todo(JAIL, "{name: web2, state: stopped}"), [""; 0]);
    add(&mut host, "{name: db, state: absent}");
    assert_eq!(host.todo(JAIL, "{name: db, state: absent}"), [""; 0]);
}
