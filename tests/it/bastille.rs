//! Jails of Bastille, and plain ones, made and kept by our modules on a FreeBSD host of stand-ins. The one of bastille
//! lies as the real one was seen to lie.

use std::fs;
use std::path::PathBuf;

use crate::freebsd::{FreeBsd, converges};
use crate::process::Outcome;
use crate::project::Project;

/// A host with jails, from nothing.
const PLAY: &str = "
- hosts: target
  gather_facts: false
  tasks:
    - community.general.pkgng: {name: bastille}
    - bastille: {network_loopback: bastille0, settings: {bastille_tzdata: Etc/UTC}}
    - bastille_release: {release: 13.2-RELEASE}
    - bastille_jail: {name: web2, release: 13.2-RELEASE, ip: 10.17.89.12}
    - bastille_jail:
        name: web
        release: 13.2-RELEASE
        ip: [10.17.89.10, 10.17.89.11]
        tags: [prod]
        boot: false
        properties: {allow.raw_sockets: true, exec.poststart: 'echo \"$x\" `id`'}
    - bastille_jail: {name: agent-db, release: 13.2-RELEASE, type: thick, ip: 10.17.89.13, depend: [web2], state: stopped}
    - bastille_jail: {name: pg, release: 13.2-RELEASE, vnet: bridge, interface: vtnet0, ip: 10.17.89.14/24, gateway: 10.17.89.1}
    - file: {path: /srv/data, state: directory}
    - bastille_mount: {name: web, src: /srv/data, path: /srv/data}
    - bastille_mount: {name: agent-db, src: /srv/data, path: /var/in, opts: rw}
    - bastille_limits: {name: web, resource: memoryuse, amount: 256M}
    - bastille_rdr: {name: web, host_port: 8080, jail_port: 80}
    - bastille_rdr: {name: web, proto: udp, host_port: 5353, jail_port: 53, log: true}
    - bastille_rdr: {name: agent-db, host_port: 5432, interface: vtnet0}
    - rctl: {subject: user, id: operator, resource: maxproc, amount: '50'}
    - file: {path: /jails/build, state: directory}
    - file: {path: /jails, state: directory}
    - jail_conf: {name: build, state: started, params: {path: /jails/build, persist: true, ip4.addr: 'lo0|127.0.1.1/32'}}
";

/// Packet filtering as Bastille wants it (bastille.txt).
const PF: &str = "kldload pf; printf 'ext_if=\"vtnet0\"\\nrdr-anchor \"rdr/*\"\\nanchor \"bastille/*\"\\npass in all\\n' \
    >/etc/pf.conf; pfctl -f /etc/pf.conf; pfctl -e; mkdir -p /jails/build";

fn project(host: &FreeBsd) -> Project {
    Project::new()
        .file("hosts", &format!("{}\n", host.inventory_line("target")))
        .file("ansible.cfg", "[defaults]\ninventory = hosts\n")
        .file("site.yml", PLAY)
}

fn jails(host: &FreeBsd) -> PathBuf {
    host.root().join("usr/local/bastille/jails")
}

fn text(path: PathBuf) -> String {
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs tasks; `first` tells whether anything may fail.
fn tasks(project: &Project, tasks: &str) -> Outcome {
    let play = format!("- hosts: target\n  gather_facts: false\n  tasks:\n    - {tasks}\n");
    fs::write(project.path().join("tasks.yml"), play).unwrap();
    project.playbook(&["tasks.yml"])
}

/// A host on which the play was run.
fn converged() -> (FreeBsd, Project) {
    let host = FreeBsd::start();
    host.sh(PF).expect_code(0);
    let project = project(&host);
    project.playbook(&["site.yml"]).expect_code(0);
    (host, project)
}

#[test]
fn a_host_of_jails_converges_from_nothing() {
    let host = FreeBsd::start();
    host.sh(PF).expect_code(0);
    let project = project(&host);
    converges(&host, &project, &["site.yml"]);
    let list = text(host.root().join(".debian/jails"));
    let up = |name: &str| list.lines().any(|line| line.split(' ').nth(2) == Some(name));
    assert!(up("web") && up("web2") && up("pg") && up("build") && !up("agent-db"), "{list}");
    let conf = text(jails(&host).join("web/jail.conf"));
    assert!(conf.contains("ip4.addr = bastille0|10.17.89.10, bastille0|10.17.89.11;"), "{conf}");
    assert!(conf.contains("exec.poststart = \"echo \\\"\\$x\\\" `id`\";"), "{conf}");
    assert_eq!(text(jails(&host).join("web/rdr.conf")).lines().count(), 2);
    assert_eq!(host.sh("rctl jail:web").stdout, "jail:web:memoryuse:deny=268435456\n");
    let again = host.sh("bastille restart web; pfctl -a rdr/web -sn; mount -p").stdout;
    assert!(
        again.contains("port = 8080 -> 10.17.89.10 port 80") && again.contains("web/root/srv/data"),
        "{again}"
    );
    project.playbook(&["site.yml"]).expect_code(0).out_has(&["changed=0 "]);
}

#[test]
fn a_name_is_never_the_beginning_of_another_nor_a_tag() {
    let (host, project) = converged();
    let gone = "bastille_jail: {name: we, state: absent}\n    - bastille_jail: {name: prod, state: absent}\n    \
                - bastille_jail: {name: agent, state: absent}";
    tasks(&project, gone).expect_code(0).out_has(&["changed=0 "]);
    for name in ["web", "web2", "agent-db"] {
        assert!(jails(&host).join(name).join("jail.conf").exists(), "{name}");
    }
    tasks(&project, "bastille_jail: {name: web, state: absent}")
        .expect_code(0)
        .out_has(&["changed=1 "]);
    assert!(!jails(&host).join("web").exists() && jails(&host).join("web2").exists());
    tasks(&project, "bastille_limits: {name: web, resource: pcpu, amount: '5'}").expect_code(2);
}

#[test]
fn what_bastille_says_yes_to_and_does_not_do_fails() {
    let (host, project) = converged();
    // Its rc fails: jail(8) removes it again, bastille exits with 0.
    let fail = jails(&host).join("agent-db/root/etc/fail");
    fs::write(&fail, "").unwrap();
    let start = tasks(&project, "bastille_jail: {name: agent-db}").expect_code(2);
    start.out_has(&["bastille start agent-db: ", "/bin/sh /etc/rc: failed"]);
    fs::remove_file(fail).unwrap();
    // Something is mounted in it: `destroy` says so and exits with 0; we do not even ask.
    host.sh(
        "mount -t nullfs -o rw /srv/data /usr/local/bastille/jails/agent-db/root/mnt || mkdir -p \
             /usr/local/bastille/jails/agent-db/root/mnt; mount -t nullfs -o rw /srv/data \
             /usr/local/bastille/jails/agent-db/root/mnt",
    );
    let destroy = tasks(&project, "bastille_jail: {name: agent-db, state: absent}").expect_code(2);
    destroy.out_has(&["unmount it first"]);
    assert!(jails(&host).join("agent-db/jail.conf").exists());
    let used = tasks(&project, "bastille_jail: {name: x, release: 13.2-RELEASE, ip: 10.17.89.13}")
        .expect_code(2);
    used.out_has(&["10.17.89.13 is the jail agent-db's"]);
    let nosuch = tasks(&project, "bastille_release: {release: 13.0-RELEASE}").expect_code(2);
    nosuch.out_has(&["Failed to fetch MANIFEST"]);
    let release =
        tasks(&project, "bastille_release: {release: 13.2-RELEASE, state: absent}").expect_code(2);
    release.out_has(&["jails are made of 13.2-RELEASE: pg, web, web2"]);
}

#[test]
fn a_jail_that_is_stuck_dying_is_told_and_made_again() {
    let (host, project) = converged();
    fs::write(jails(&host).join("web2/root/etc/linger"), "").unwrap();
    tasks(&project, "bastille_jail: {name: web2, state: stopped}")
        .expect_code(0)
        .out_has(&["changed=1 "]);
    let again = tasks(&project, "bastille_jail: {name: web2, state: stopped}").expect_code(0);
    let told = format!("{}{}", again.stdout, again.stderr);
    assert!(told.contains("is dying: something still holds it"), "{told}");
    again.out_has(&["changed=0 "]);
    tasks(&project, "bastille_jail: {name: web2}").expect_code(0).out_has(&["changed=1 "]);
    assert!(host.sh("jls -j web2 jid").code == 0);
}

#[test]
fn changes_and_removals_hold_now_and_after_a_restart() {
    let (host, project) = converged();
    let change = "bastille_limits: {name: web, resource: memoryuse, amount: 1G}\n    \
        - bastille_mount: {name: web, src: /srv/data, path: /srv/data, opts: rw}\n    \
        - bastille_rdr: {name: web, host_port: 8080, jail_port: 81}\n    \
        - bastille_rdr: {name: web, proto: udp, host_port: 5353, state: absent}\n    \
        - bastille_jail: {name: web, ip: [10.17.89.10, 10.17.89.19], restart: true}";
    tasks(&project, change).expect_code(0).out_has(&["changed=5 "]);
    let now = "rctl jail:web; mount -p; pfctl -a rdr/web -sn; jls -d --libxo json jid name path host.hostname ip4.addr \
               ip6.addr vnet osrelease dying";
    let seen = host.sh(now).stdout;
    host.sh("bastille restart web").expect_code(0);
    for seen in [seen, host.sh(now).stdout] {
        assert!(
            seen.contains("deny=1073741824") && seen.contains("port = 8080 -> 10.17.89.10 port 81"),
            "{seen}"
        );
        assert!(!seen.contains("5353") && seen.contains("10.17.89.19"), "{seen}");
        let mount =
            seen.lines().find(|line| line.contains("web/root/srv/data")).unwrap().to_string();
        assert!(mount.contains("\trw\t"), "{mount}");
    }
    tasks(&project, change).expect_code(0).out_has(&["changed=0 "]);
    let gone = "bastille_limits: {name: web, resource: memoryuse, state: absent}\n    \
        - bastille_mount: {name: web, path: /srv/data, state: absent}\n    \
        - bastille_rdr: {name: web, host_port: 8080, state: absent}\n    \
        - jail_conf: {name: build, state: absent}\n    - rctl: {subject: user, id: operator, resource: maxproc, state: absent}";
    tasks(&project, gone).expect_code(0).out_has(&["changed=5 "]);
    tasks(&project, gone).expect_code(0).out_has(&["changed=0 "]);
    assert_eq!(text(jails(&host).join("web/rdr.conf")), "");
}

#[test]
fn a_link_of_the_jail_leads_no_mount_elsewhere() {
    let (host, project) = converged();
    // As the jail's root could: /srv is the host's own /etc when the host follows it.
    host.sh("cd /usr/local/bastille/jails/web2/root && ln -s /etc srv2 && mkdir -p /etc/inside")
        .expect_code(0);
    let refused =
        tasks(&project, "bastille_mount: {name: web2, src: /srv/data, path: /srv2/inside}")
            .expect_code(2);
    refused.out_has(&["a link in the jail leads /srv2/inside to /etc/inside"]);
    assert!(!host.sh("mount -p").stdout.contains("/etc/inside"));
    assert!(!text(jails(&host).join("web2/fstab")).contains("srv2"));
}

#[test]
fn a_template_is_applied_once() {
    let (host, project) = converged();
    host.sh(
        "mkdir -p /usr/local/bastille/templates/warden/t1 && cd /usr/local/bastille/templates/warden/t1 && \
         printf 'ARG+ MAND\\nCMD echo ${MAND}\\n' >Bastillefile",
    )
    .expect_code(0);
    let apply = "bastille_template: {name: web, template: warden/t1, args: {MAND: x}}";
    tasks(&project, apply).expect_code(0).out_has(&["changed=1 "]);
    tasks(&project, apply).expect_code(0).out_has(&["changed=0 "]);
    let missing =
        tasks(&project, "bastille_template: {name: web, template: warden/t1}").expect_code(2);
    missing.out_has(&["No value provided for mandatory arg: MAND"]);
    host.sh("echo 'CMD false' >/usr/local/bastille/templates/warden/t1/Bastillefile")
        .expect_code(0);
    tasks(&project, apply).expect_code(2).out_has(&["Failed to execute command: cmd"]);
    tasks(&project, apply).expect_code(2);
}

#[test]
fn a_jail_is_made_and_entered_in_one_run_and_that_is_predicted() {
    let host = FreeBsd::start();
    host.sh(PF).expect_code(0);
    let inside = "- hosts: jails\n  tasks:\n    - copy: {content: hi, dest: /root/hi}\n    \
                  - lineinfile: {path: /etc/rc.conf, line: 'x_enable=\"YES\"'}\n";
    let hosts = "[jails]\nweb ansible_connection=jail ansible_host=target\n";
    let project = project(&host)
        .file("hosts", &format!("{}\n{hosts}", host.inventory_line("target")))
        .file("both.yml", &format!("{PLAY}\n{inside}"));
    let before = host.listing();
    let predicted = project.playbook(&["both.yml", "--check"]).expect_code(0);
    predicted.out_has(&["changed: [web]"]);
    assert_eq!(before, host.listing());
    project.playbook(&["both.yml"]).expect_code(0).out_has(&["changed: [web]"]);
    assert_eq!(text(jails(&host).join("web/root/root/hi")), "hi");
    let again = project.playbook(&["both.yml"]).expect_code(0);
    assert_eq!(again.stdout.matches("changed=0 ").count(), 2, "{}", again.stdout);
}
