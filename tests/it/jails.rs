//! Jails of a FreeBSD host as hosts of the inventory, reached through the host's SSH server. `jls` and `jexec` are
//! stand-ins: each jail is a tree of its own below Bastille's directory, entered by `chroot`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::freebsd::FreeBsd;
use crate::process::Outcome;
use crate::project::Project;
use crate::tree;

/// Makes the jails of the host at `$1`.
const BUILD: &str = include_str!("jails-build.sh");
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/jails");

/// What a jail shall be like.
const PLAY: &str = "
- hosts: all
  tasks:
    - assert:
        that:
          - ansible_facts.distribution == 'FreeBSD'
          - ansible_facts.user_id == 'root'
    - user: {name: deploy, comment: Deploys, shell: /bin/sh}
    - file: {path: /data/site, state: directory, owner: deploy, mode: '0750'}
    - copy: {content: \"for {{ inventory_hostname }}\\n\", dest: /data/site/index, owner: deploy, mode: '0640'}
    - lineinfile: {path: /etc/rc.conf, line: 'site_enable=\"YES\"'}
    - copy: {src: blob, dest: /data/blob}
    - community.general.pkgng: {name: nginx}
    - command: id -un
      become: true
      become_user: deploy
      register: me
      changed_when: false
      when: not ansible_check_mode
    - command: cat /data/site/index
      become: true
      become_user: deploy
      register: index
      changed_when: false
      when: not ansible_check_mode
    - assert:
        that:
          - me.stdout == 'deploy'
          - index.stdout == 'for ' ~ inventory_hostname
      when: not ansible_check_mode
    - fetch: {src: /data/blob, dest: 'fetched/{{ inventory_hostname }}', flat: true}
";

/// A host with jails, each `NUMBER:STATE:NAME`.
fn host(jails: &[&str]) -> FreeBsd {
    let host = FreeBsd::start();
    let mut build = Command::new("sh");
    build.args(["-c", BUILD, "sh"]).arg(host.root()).args(jails);
    tree::run_as_root(&build);
    host
}

/// Two at once of this `pkg` fail, wherever they run.
fn one_pkg_at_once(host: &FreeBsd) {
    let (old, new) = (host.root().join("usr/sbin/pkg"), host.root().join("usr/sbin/pkg.real"));
    tree::run_as_root(Command::new("mv").arg(&old).arg(new));
    tree::run_as_root(Command::new("cp").arg(Path::new(FIXTURES).join("pkg")).arg(&old));
    tree::run_as_root(Command::new("chmod").arg("755").arg(&old));
}

/// An account of the host that becomes root by doas only.
fn operator(host: &FreeBsd) {
    host.sh(
        "pw useradd ops -m -s /bin/sh && mkdir -p /usr/local/bin && \
         cp /.debian/packages/doas/usr/local/bin/doas /usr/local/bin/ && chmod 4755 /usr/local/bin/doas && \
         echo 'permit nopass ops as root' >/usr/local/etc/doas.conf && chmod 600 /usr/local/etc/doas.conf",
    )
    .expect_code(0);
}

/// A project whose inventory has these lines behind the host's, who is in no play for `jails`.
fn project(host: &str, lines: &str) -> Project {
    let blob: String = (0..60_000u32).map(|n| char::from(b'!' + (n * 7 % 90) as u8)).collect();
    Project::new()
        .file("hosts", &format!("{host}\n[jails]\n{lines}\n"))
        .file("ansible.cfg", "[defaults]\ninventory = hosts\nhost_key_checking = true\n")
        .file("site.yml", &PLAY.replace("hosts: all", "hosts: jails"))
        .file("blob", &blob)
}

fn root_of(host: &FreeBsd, jail: &str) -> PathBuf {
    host.root().join("usr/local/bastille/jails").join(jail).join("root")
}

fn text(path: PathBuf) -> String {
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// How often the host's server let somebody in.
fn logins(host: &FreeBsd) -> usize {
    text(host.root().with_file_name("log")).matches("Accepted publickey").count()
}

#[track_caller]
fn has_site(host: &FreeBsd, jail: &str, name: &str) {
    let root = root_of(host, jail);
    assert_eq!(text(root.join("var/own/site/index")), format!("for {name}\n"));
    assert!(text(root.join("etc/passwd")).contains("deploy:"), "{jail}");
    assert!(root.join("var/db/pkg/nginx").exists(), "{jail}");
}

#[test]
fn a_playbook_converges_in_jails_and_leaves_all_else_alone() {
    let host = host(&["2:up:web", "4:up:web2", "6:up:git", "8:dying:old", "9:down:db"]);
    operator(&host);
    let lines = "web ansible_connection=jail ansible_jail_via=host1\n\
                 third ansible_connection=community.general.jail ansible_host=git@host1\n\
                 db ansible_connection=bastille ansible_jail_via=host1\n\
                 old ansible_connection=sshjail ansible_host=old@host1\n\
                 we ansible_connection=jail ansible_jail_via=host1\n";
    let line = host.inventory_line_of("host1", "ops") + " ansible_become_method=doas";
    let project = project(&line, lines);
    let passwd = text(host.root().join("etc/passwd"));
    let run = |words: &[&str]| -> Outcome { project.playbook(&[&["site.yml"], words].concat()) };
    let checked = run(&["--check", "--limit", "web"]).expect_code(0);
    assert!(!root_of(&host, "web").join("var/own/site").exists(), "{checked:?}");
    let first = run(&[]).expect_code(4);
    first.out_has(&[
        "fatal: [db]: UNREACHABLE! =>",
        "jail not running: db on host1",
        "jail not running: old on host1 is dying",
        "jail not running: we on host1",
    ]);
    has_site(&host, "web", "web");
    has_site(&host, "git", "third");
    let again = run(&[]).expect_code(4);
    assert_eq!(again.stdout.matches("changed=0 ").count(), 5, "{}", again.stdout);
    for name in ["web", "third"] {
        let fetched = text(project.path().join("fetched").join(name));
        assert_eq!(fetched, text(project.path().join("blob")));
    }
    assert!(!root_of(&host, "web2").join("var/own/site").exists());
    assert!(!host.root().join("var/own").exists(), "a link of the jail was followed on the host");
    assert_eq!(text(host.root().join("etc/passwd")), passwd);
}

#[test]
fn twenty_jails_share_three_connections_and_one_pkg() {
    let jails: Vec<String> = (1..=20).map(|n| format!("{}:up:j{n}", 100 + n)).collect();
    let words: Vec<&str> = jails.iter().map(String::as_str).collect();
    let host = host(&words);
    one_pkg_at_once(&host);
    let lines = "j[1:20] ansible_connection=jail ansible_jail_via=host1";
    let project = project(&host.inventory_line("host1"), lines);
    let before = logins(&host);
    let tasks = "- hosts: jails\n  gather_facts: false\n  tasks:\n    \
        - community.general.pkgng: {name: nginx}\n    \
        - copy: {content: '{{ inventory_hostname }}', dest: /data/name}\n";
    let project = project.file("many.yml", tasks);
    let ran = project.playbook(&["many.yml", "--forks", "20"]).expect_code(0);
    assert_eq!(ran.stdout.matches("changed=2 ").count(), 20, "{}", ran.stdout);
    assert_eq!(logins(&host) - before, 3);
    for n in 1..=20 {
        let name = format!("j{n}");
        assert_eq!(text(root_of(&host, &name).join("var/own/name")), name);
    }
    let again = project.playbook(&["many.yml"]).expect_code(0);
    assert_eq!(again.stdout.matches("changed=0 ").count(), 20, "{}", again.stdout);
}

#[test]
fn the_jails_of_a_host_are_an_inventory() {
    let host = host(&["2:up:web", "4:up:web2", "9:down:db"]);
    operator(&host);
    let tags = "cd /usr/local/bastille/jails && echo prod >db/tags && echo prod >web2/tags";
    host.sh(tags).expect_code(0);
    let line = host.inventory_line_of("host1", "ops") + " ansible_become_method=doas";
    let project = Project::new()
        .file("inventory/hosts", &format!("{line}\n"))
        .file("inventory/my.bastille_jails.yml", "plugin: bastille_jails\nhosts: [host1]\n")
        .file("ansible.cfg", "[defaults]\ninventory = inventory\n")
        .file(
            "prod.yml",
            "- hosts: bastille_tag_prod\n  gather_facts: false\n  tasks:\n    \
             - copy: {content: '{{ bastille_release }}', dest: /etc/release}\n      \
             when: bastille_running\n",
        );
    let listed = project.called("ansible-inventory", &["--list"]).expect_code(0);
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    let vars = &listed["_meta"]["hostvars"]["db"];
    assert_eq!(
        (&vars["bastille_running"], &vars["ansible_jail_via"]),
        (&false.into(), &serde_json::json!({"__ansible_unsafe": "host1"}))
    );
    let vars = &listed["_meta"]["hostvars"]["web2"];
    assert_eq!(vars["bastille_addresses"], serde_json::json!([{"__ansible_unsafe": "10.17.89.4"}]));
    assert_eq!(listed["bastille_tag_prod"]["hosts"], serde_json::json!(["db", "web2"]));
    assert_eq!(listed["bastille_host_host1"]["hosts"], serde_json::json!(["db", "web", "web2"]));
    let ran = project.playbook(&["prod.yml"]).expect_code(0);
    ran.out_has(&["skipping: [db]", "changed: [web2]"]);
    assert_eq!(text(root_of(&host, "web2").join("etc/release")), "13.2-RELEASE");
}
