use super::seen::read;
use super::*;
use crate::connection::shell::tests::{SHELLS, host_with_tools};
use crate::inventory::{Asked, LoadOptions, Notices, Reach, Reaching, load};
use crate::spec::{Answer, Event, Host};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Mutex;

/// jail.conf as recorded of Bastille 040f8061 on FreeBSD 13.2, but for name, addresses and release.
fn conf(name: &str, rest: &str) -> String {
    format!(
        "{name} {{\n  enforce_statfs = 2;\n  devfs_ruleset = 4;\n  exec.clean;\n  \
         exec.consolelog = /var/log/bastille/{name}/console.log;\n  exec.start = '/bin/sh /etc/rc';\n  \
         exec.stop = '/bin/sh /etc/rc.shutdown';\n  host.hostname = {name};\n  mount.devfs;\n  \
         mount.fstab = /usr/local/bastille/jails/{name}/fstab;\n  \
         path = /usr/local/bastille/jails/{name}/root;\n  securelevel = 2;\n{rest}}}\n"
    )
}

const JLS: &str = r#"#!/bin/sh
[ "$*" = '--libxo json jid name path osrelease' ] || exit 64
cat "${0%/*}/jls.json"
"#;

/// As `jls --libxo json` prints (F-59): one line, values are strings.
const RUNNING: &str = r#"{"__version": "2", "jail-information": {"jail": [{"jid":"2","name":"web","path":"/usr/local/bastille/jails/web/root","osrelease":"13.2-RELEASE"}, {"jid":"9","name":"other.inner","path":"/jails/o","osrelease":"13.2-RELEASE"}]}}
"#;

/// A host with the jails `db` (stopped, thick, tagged), `web` (thin) and `web2` (nothing but a name), and one of another
/// manager.
fn bastille(dir: &Path) {
    let write = |path: &str, text: &str| {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let at = dir.display();
    write(
        "bastille.conf",
        &format!(
            "bastille_prefix=\"{at}/b\"  ## default\nbastille_jailsdir=\"${{bastille_prefix}}/jails\"\n"
        ),
    );
    let rest = "  osrelease = \"13.2-RELEASE\";\n\n  ip4.addr = bastille0|10.17.89.10;\n  \n  ip6 = disable;\n";
    write("b/jails/web/jail.conf", &conf("web", rest));
    write("b/jails/web/settings.conf", "boot=\"on\"\ndepend=\"\"\npriority=\"99\"\n");
    let fstab = "/usr/local/bastille/releases/14.3-RELEASE /usr/local/bastille/jails/web/root/.bastille nullfs ro 0 0\n";
    write("b/jails/web/fstab", fstab);
    let rest = "  osrelease = \"13.2-RELEASE\";\n  ip4.addr = em0|192.0.2.5/24, em0|192.0.2.6/32;\n  ip6.addr += em0|2001:db8::5/64;\n";
    write("b/jails/db/jail.conf", &conf("db", rest));
    write("b/jails/db/settings.conf", "boot=\"off\"\n");
    write("b/jails/db/tags", "prod\ndb,pg\n");
    write("b/jails/web2/jail.conf", "web2 {\n  path = /x;\n}");
    write("b/jails/half/root/x", "");
    write("jls.json", RUNNING);
    write("jls", JLS);
    fs::set_permissions(dir.join("jls"), PermissionsExt::from_mode(0o755)).unwrap();
}

/// What the script says in a shell.
async fn said(shell: &str, dir: &Path) -> Answer {
    let host = host_with_tools(shell, dir).await;
    let mut probe = Probe::new("bastille_jails", SCRIPT)
        .words([dir.join("bastille.conf").display().to_string()]);
    (probe.heavy, probe.isolated) = (true, true);
    host.probe(probe).await.unwrap()
}

fn texts(items: &[&str]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

fn expected() -> Vec<Jail> {
    vec![
        Jail {
            name: "db".into(),
            running: false,
            kept: true,
            boot: Some(false),
            release: Some("13.2-RELEASE".into()),
            addresses: texts(&["192.0.2.5", "192.0.2.6", "2001:db8::5"]),
            tags: texts(&["prod", "db", "pg"]),
        },
        Jail {
            name: "other.inner".into(),
            running: true,
            release: Some("13.2-RELEASE".into()),
            ..Jail::default()
        },
        Jail {
            name: "web".into(),
            running: true,
            kept: true,
            boot: Some(true),
            release: Some("14.3-RELEASE".into()),
            addresses: texts(&["10.17.89.10"]),
            tags: Vec::new(),
        },
        Jail { name: "web2".into(), kept: true, ..Jail::default() },
    ]
}

#[tokio::test]
async fn every_shell_lists_the_same_jails_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    bastille(dir.path());
    for shell in SHELLS {
        let answer = said(shell, dir.path()).await;
        assert_eq!(read(&answer).unwrap(), expected(), "{shell}: {}", answer.error_text());
    }
    let count = fs::read_dir(dir.path()).unwrap().count();
    assert_eq!((count, fs::read_dir(dir.path().join("b/jails/web")).unwrap().count()), (4, 3));
}

#[tokio::test]
async fn a_host_without_bastille_has_what_runs_and_one_without_jls_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    bastille(dir.path());
    fs::remove_file(dir.path().join("bastille.conf")).unwrap();
    let jails = read(&said("dash", dir.path()).await).unwrap();
    assert_eq!(jails.iter().map(|jail| jail.kept).collect::<Vec<_>>(), [false, false]);
    fs::write(dir.path().join("jls.json"), "").unwrap();
    let error = read(&said("dash", dir.path()).await).unwrap_err();
    assert!(error.message.starts_with("what jls says cannot be read"), "{}", error.message);
    fs::remove_file(dir.path().join("jls")).unwrap();
    let error = read(&said("dash", dir.path()).await).unwrap_err();
    assert_eq!(error.message, "it has no jails: there is no jls");
}

/// Answers for hosts by name, and what was asked with.
#[derive(Default)]
struct Fake {
    answers: Vec<(&'static str, String)>,
    asked: Mutex<Vec<String>>,
}

impl Reach for Fake {
    fn ask(&self, hosts: &[(Arc<str>, &dyn Scope)], _: &Probe) -> Asked {
        let one = |(name, scope): &(Arc<str>, &dyn Scope)| {
            let user = match scope.variable("ansible_user") {
                crate::spec::Lookup::Found(value) => value.text(),
                _ => "-".to_string(),
            };
            self.asked.lock().unwrap().push(format!("{name} as {user}"));
            let found = self.answers.iter().find(|(known, _)| *known == &**name);
            let found = found.ok_or_else(|| Diagnostic::new("unreachable"));
            found.map(|(_, text)| Answer { stdout: text.clone().into(), ..Answer::default() })
        };
        Asked { answers: hosts.iter().map(one).collect(), warnings: Vec::new() }
    }
}

fn answer(running: &str, jails: &[(&str, &str)]) -> String {
    let running: Vec<String> =
        running.split_whitespace().map(|name| format!("{{\"name\":\"{name}\"}}")).collect();
    let mut text = format!("jls {{\"jail-information\": {{\"jail\": [{}]}}}}\n", running.join(","));
    for (name, tag) in jails {
        text += &format!(
            "jail {name}\nconf {name} {{\nconf osrelease = \"14.3-RELEASE\";\ntag {tag}\n"
        );
    }
    text
}

/// The inventory of `hosts` and a plugin file, its warnings, and who was asked.
fn loaded(hosts: &str, plugin: (&str, &str), answers: Vec<(&'static str, String)>) -> Loaded {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a_hosts"), hosts).unwrap();
    fs::write(dir.path().join(plugin.0), plugin.1).unwrap();
    fs::create_dir(dir.path().join("group_vars")).unwrap();
    fs::write(dir.path().join("group_vars/all.yml"), "ansible_user: ops\n").unwrap();
    let fake = Arc::new(Fake { answers, ..Fake::default() });
    let options = LoadOptions {
        reach: Reaching(Some(Arc::clone(&fake) as _)),
        cwd: dir.path().to_path_buf(),
        ..LoadOptions::default()
    };
    let mut notices = Notices::default();
    let source = dir.path().display().to_string();
    let inventory = load(std::slice::from_ref(&source), &options, &mut notices).unwrap();
    let told = notices.take().into_iter().map(|event| match event {
        Event::Warning(warning) => warning.chain().replace(&source, "@"),
        other => format!("{other:?}"),
    });
    let asked = std::mem::take(&mut *fake.asked.lock().unwrap());
    Loaded { inventory, told: told.collect(), asked }
}

struct Loaded {
    inventory: crate::inventory::Inventory,
    told: Vec<String>,
    asked: Vec<String>,
}

impl Loaded {
    fn group(&self, name: &str) -> String {
        self.inventory.members(name).join(" ")
    }

    fn vars(&self, host: &str) -> String {
        let vars = self.inventory.hosts()[host].vars.iter();
        vars.map(|(name, value)| format!("{name}={}", value.text())).collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn f59_jails_become_hosts_in_groups() {
    let plugin = "plugin: bastille_jails\nhosts: [jailhosts, 192.0.2.9]\n";
    let answers = vec![
        ("host1", answer("web x.y", &[("web", "prod"), ("db", "prod")])),
        ("192.0.2.9", answer("", &[("git", "dev-1")])),
    ];
    let all = loaded("[jailhosts]\nhost1\n", ("z_bastille_jails.yml", plugin), answers);
    assert_eq!(all.told, [""; 0]);
    assert_eq!(all.asked, ["host1 as ops", "192.0.2.9 as ops"]);
    assert_eq!(all.group("bastille_jails"), "db web git");
    assert_eq!(all.group("bastille_host_host1"), "db web");
    assert_eq!(all.group("bastille_host_192_0_2_9"), "git");
    assert_eq!(all.group("bastille_release_14_3_RELEASE"), "db web git");
    assert_eq!(all.group("bastille_tag_prod"), "db web");
    assert_eq!(all.group("bastille_tag_dev_1"), "git");
    assert_eq!(
        all.vars("db"),
        "ansible_connection=jail ansible_jail_host=db ansible_jail_via=host1 bastille_host=host1 \
         bastille_running=False bastille_addresses=[] bastille_tags=['prod'] bastille_release=14.3-RELEASE"
    );
    assert!(all.vars("web").contains("bastille_running=True"));
}

#[test]
fn names_can_tell_the_host_and_other_jails_be_listed() {
    let plugin =
        "plugin: bastille_jails\nhosts: [a, b]\nhostnames: '{jail}.{host}'\nothers: true\n";
    let answers = vec![("a", answer("web x", &[("web", "")])), ("b", answer("", &[("web", "")]))];
    let all = loaded("a\nb\n", ("bastille_jails.yaml", plugin), answers);
    assert_eq!(
        (all.told.as_slice(), all.group("bastille_jails").as_str()),
        (&[][..], "web.a x.a web.b")
    );
    assert!(
        all.vars("web.b")
            .starts_with("ansible_connection=jail ansible_jail_host=web ansible_jail_via=b")
    );
}

#[test]
fn what_cannot_be_is_told_and_what_can_stays() {
    let file = "bastille_jails.yml";
    let one = |jails: &[(&str, &str)]| vec![("a", answer("", jails)), ("b", answer("", jails))];
    let told = |hosts: &str, text: &str, answers| {
        let all = loaded(hosts, (file, text), answers);
        (all.told.first().cloned().unwrap_or_default(), all.group("bastille_jails"))
    };
    let (text, jails) =
        told("a\nb\n", "plugin: bastille_jails\nhosts: [a, b]\n", one(&[("web", "")]));
    assert!(text.contains("b: there are two jails that would be called 'web'"), "{text}");
    assert_eq!(jails, "web");
    let (text, jails) =
        told("a\nweb\n", "plugin: bastille_jails\nhosts: a\n", one(&[("db", ""), ("web", "")]));
    assert!(
        text.contains("the inventory has a host 'web', which is not said to be this jail"),
        "{text}"
    );
    assert_eq!(jails, "db");
    let (text, jails) = told("a\n", "plugin: bastille_jails\nhosts: [c, a]\n", one(&[("web", "")]));
    assert!(text.contains("c: unreachable"), "{text}");
    assert_eq!(jails, "web");
    for (text, wanted) in [
        ("hosts: []", "hosts"),
        ("host: a", "has no option 'host'"),
        ("hosts: [a]\nhostnames: x", "must contain {jail}"),
        ("hosts: [a]\nothers: maybe", "others"),
    ] {
        let (text, jails) =
            told("a\n", &format!("plugin: bastille_jails\n{text}\n"), one(&[("web", "")]));
        assert!(text.contains(wanted), "{text}");
        assert_eq!(jails, "");
    }
}

#[test]
fn a_host_that_is_said_to_be_the_jail_gets_what_is_known_of_it() {
    let hosts =
        "a\nweb ansible_connection=community.general.jail ansible_jail_via=a port=8080\n[web]\n";
    let plugin = "plugin: bastille_jails\nhosts: a\n";
    let all =
        loaded(hosts, ("bastille_jails.yml", plugin), vec![("a", answer("", &[("web", "")]))]);
    assert!(all.vars("web").contains("port=8080"), "{}", all.vars("web"));
    assert!(all.vars("web").contains("bastille_running=False"));
    assert!(all.inventory.group("web").unwrap().vars.is_empty());
}

#[test]
fn a_file_of_another_name_is_refused_as_ansible_refuses_it() {
    let plugin = "plugin: bastille_jails\nhosts: a\n";
    let all = loaded("a\n", ("jails.yml", plugin), vec![("a", answer("", &[("web", "")]))]);
    let text =
        "inventory source '@/jails.yml' could not be verified by inventory plugin 'bastille_jails'";
    assert!(all.told[0].contains(text), "{:?}", all.told);
    assert_eq!((all.asked.len(), all.group("bastille_jails").as_str()), (0, ""));
}
