//! Jails of this machine: `jls` and `jexec` are stand-ins that answer as recorded on FreeBSD 13.2.

use super::*;
use crate::connection::r#become::Method;
use crate::connection::shell::tests::{Local, SHELLS, env_of, limits, sh, shell_path, triple};
use crate::connection::shell::{ShellHost, open};
use crate::spec::{Command, Content, Host, Probe, Program};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command as Child;
use tempfile::TempDir;

/// `jls -j NAME jid name`; a line of `jails` is number, state, name.
const JLS: &str = r#"#!/bin/sh
[ "$1 $3 $4 $#" = '-j jid name 4' ] || { echo "jls: not recorded: $*" >&2; exit 64; }
while read -r jid state name; do
  [ "$2" = "$name" ] || [ "$2" = "$jid" ] || [ "$state $2" = "liar ${name%?}" ] || continue
  [ "$state" != dying ] || { echo "jls: jail \"$2\" is dying" >&2; exit 1; }
  echo "$jid $name"
  exit
done <"${0%/*}/jails"
echo "jls: jail \"$2\" not found" >&2
exit 1
"#;

/// `jexec -l [-U user] JID program`; the program sees which jail it is in.
const JEXEC: &str = r#"#!/bin/sh
[ "$1" = -l ] || { echo "jexec: not recorded: $*" >&2; exit 64; }
shift
user=root
if [ "$1" = -U ]; then user=$2; shift 2; fi
case $user in root | www) ;; *) echo "jexec: $user: no such user" >&2; exit 1 ;; esac
grep -q "^$1 " "${0%/*}/jails" || { echo "jexec: jail $1 not found" >&2; exit 1; }
jid=$1
shift
exec env -i HOME=/root USER="$user" PATH=/usr/bin:/bin JAIL="$jid" "$@"
"#;

/// Asks for its password as sudo does, and says more on stderr than that.
const SUDO: &str = r#"#!/bin/sh
[ "$1 $2 $3 $5 $6 $7" = '-H -S -p -u root --' ] || { echo "sudo: not expected: $*" >&2; exit 64; }
echo 'We trust you have received the usual lecture. Password:' >&2
printf '%s' "$4" >&2
IFS= read -r word
[ "$word" = secret ] || { echo 'sudo: 1 incorrect password attempt' >&2; exit 1; }
shift 7
exec "$@"
"#;

/// Asks on its terminal, and goes without one as doas does.
const DOAS: &str = r#"#!/bin/sh
[ "$1 $2" = '-u root' ] || { echo "doas: not expected: $*" >&2; exit 64; }
shift 2
[ -t 0 ] || { echo 'doas: a tty is required' >&2; exit 1; }
printf 'doas (ops@host1) password: ' >/dev/tty
IFS= read -r word </dev/tty
[ "$word" = secret ] || { echo 'doas: Authentication failed' >&2; exit 1; }
exec "$@"
"#;

struct Fake(TempDir);

impl Fake {
    fn new(jails: &str) -> Self {
        let fake = Self(tempfile::tempdir().unwrap());
        fake.tool("jls", JLS);
        fake.tool("jexec", JEXEC);
        fake.jails(jails);
        fake
    }

    fn tool(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }

    fn jails(&self, lines: &str) {
        std::fs::write(self.0.path().join("jails"), lines).unwrap();
    }

    fn env(&self) -> Vec<(String, String)> {
        let mut env = env_of("dash");
        env.retain(|(name, _)| name != "PATH");
        env.push(("PATH".into(), format!("{}:/usr/bin:/bin", self.0.path().display())));
        env
    }

    fn transport(&self, jail: Jail, root: Identity) -> Arc<JailTransport> {
        let link = Arc::new(Link::fixed(Local::new("/bin/sh", self.env())));
        Arc::new(JailTransport::new(link, false, jail, root, Duration::from_secs(20)))
    }

    async fn open(&self, name: &str, user: Option<&str>) -> Result<Arc<ShellHost>, HostError> {
        let jail = Jail { name: name.into(), user: user.map(str::to_string) };
        let transport = self.transport(jail, Identity::user("host1", "root", Method::Doas));
        open(transport, &Identity::login(name), &limits()).await
    }

    async fn refusal(&self, name: &str, user: Option<&str>) -> HostError {
        self.open(name, user).await.err().unwrap()
    }
}

fn unreachable(text: &str) -> HostError {
    HostError::Unreachable(text.to_string())
}

#[tokio::test]
async fn all_that_a_channel_does_is_done_in_the_jail() {
    let fake = Fake::new("4 - web2\n12 - web\n");
    for shell in SHELLS {
        let jail = Jail { name: "web".into(), user: None };
        let transport = fake.transport(jail, Identity::user("host1", "root", Method::Doas));
        let mut who = Identity::login("web");
        who.shell = Some(shell_path(shell));
        let host = open(Arc::clone(&transport) as _, &who, &limits()).await.unwrap();
        assert_eq!(host.platform().part_of, transport.machine().unwrap());
        assert_eq!(sh(&host, "echo $JAIL $USER; exit 7").await, triple(7, "12 root\n", ""));
        let probe = Probe::new("jail", "tk_line \"$JAIL $1\"").words(["it's !"]);
        assert_eq!(host.probe(probe).await.unwrap().text(), "12 it's !\n");
        let bytes: Vec<u8> = (0..=255u8).cycle().take(70_000).collect();
        let path = host.put_temp("b", Content::Bytes(bytes.clone().into())).await.unwrap();
        let copy = fake.0.path().join("copy");
        host.fetch(&path, copy.clone()).await.unwrap();
        assert!(std::fs::read(&copy).unwrap() == bytes, "{shell}");
        let mut input = Command::shell("cat; echo $JAIL");
        input.stdin = Some("in ".into());
        assert_eq!(host.run(input).await.unwrap().text(), "in 12\n", "{shell}");
    }
}

#[tokio::test]
async fn a_stream_runs_in_the_jail() {
    let fake = Fake::new("12 - web\n");
    let host = fake.open("web", Some("www")).await.unwrap();
    let program = Program::producer("a stream", "echo $JAIL $USER; echo err >&2; exit 3");
    let mut pipe = host.pipe(&program).await.unwrap();
    let mut text = Vec::new();
    loop {
        let bytes = pipe.output.read().await.unwrap();
        if bytes.is_empty() {
            break;
        }
        text.extend_from_slice(&bytes);
    }
    let ended = pipe.running.wait().await;
    assert_eq!((text.as_slice(), ended.stderr.as_str()), (&b"12 www\n"[..], "err\n"));
}

/// F-59 (`jls -j`), F-60 (names are exact), F-64 (a dying jail). The liar completes names as `bastille` does.
#[tokio::test]
async fn f59_f60_f64_only_a_running_jail_of_exactly_this_name_is_entered() {
    let fake = Fake::new("1 - web2\n3 dying db\n5 liar cms\n7 - 7\n9 - a b\n");
    let gone = |name: &str| unreachable(&format!("jail not running: {name} on host1"));
    for name in ["web", "we", "web22", "WEB2", "w*", "web2\\", "cm", "-x", "1", "$(id)", "it's"] {
        assert_eq!(fake.refusal(name, None).await, gone(name));
    }
    let dying = "jail not running: db on host1 is dying";
    assert_eq!(fake.refusal("db", None).await, unreachable(dying));
    for name in ["web2", "7", "a b", "cms"] {
        fake.open(name, None).await.unwrap();
    }
}

/// F-60: errors of jexec are code 1 and a text.
#[tokio::test]
async fn f60_what_jexec_says_is_told() {
    let fake = Fake::new("1 - web\n");
    let nobody = unreachable("jexec: nobody: no such user");
    assert_eq!(fake.refusal("web", Some("nobody")).await, nobody);
    std::fs::remove_file(fake.0.path().join("jls")).unwrap();
    let none =
        "host1 has no jails: there is no jls. The host of a jail is named by ansible_jail_via";
    assert_eq!(fake.refusal("web", None).await, unreachable(none));
}

#[tokio::test]
async fn a_restarted_jail_is_found_again_and_a_stopped_one_is_unreachable() {
    let fake = Fake::new("1 - web\n");
    let host = fake.open("web", None).await.unwrap();
    let ask = || host.probe(Probe::new("jail", "tk_line \"$JAIL $$\""));
    let told = ask().await.unwrap().text();
    let pid = told.trim_end().strip_prefix("1 ").unwrap().to_string();
    let kill =
        |pid: &str| assert!(Child::new("kill").args(["-9", pid]).status().unwrap().success());
    fake.jails("2 - web\n");
    kill(&pid);
    let told = ask().await.unwrap().text();
    let pid = told.trim_end().strip_prefix("2 ").unwrap().to_string();
    fake.jails("3 - web2\n");
    kill(&pid);
    assert_eq!(ask().await.unwrap_err(), unreachable("jail not running: web on host1"));
}

#[tokio::test]
async fn root_is_become_on_the_host_first() {
    let fake = Fake::new("1 - web\n");
    fake.tool("sudo", SUDO);
    fake.tool("id", "#!/bin/sh\n[ \"$*\" = -u ] && echo 1001\n");
    let jail = || Jail { name: "web".into(), user: None };
    let root = Identity::user("host1", "root", Method::Sudo);
    let transport = fake.transport(jail(), root.clone().password("secret"));
    let host = open(transport, &Identity::login("web"), &limits()).await.unwrap();
    assert_eq!(sh(&host, "echo $JAIL; echo err >&2").await, triple(0, "1\n", "err\n"));
    let transport = fake.transport(jail(), root.password("wrong"));
    let error = open(transport, &Identity::login("web"), &limits()).await.err().unwrap();
    let text = "becoming root on the jail's host host1: Incorrect sudo password";
    assert_eq!(error, HostError::Become(text.to_string()));
}

#[tokio::test]
async fn a_host_that_asks_on_a_terminal_gets_one() {
    let fake = Fake::new("1 - web\n");
    fake.tool("doas", DOAS);
    fake.tool("id", "#!/bin/sh\n[ \"$*\" = -u ] && echo 1001\n");
    let root = Identity::user("host1", "root", Method::Doas).password("secret");
    let transport = fake.transport(Jail { name: "web".into(), user: None }, root);
    let host = open(transport, &Identity::login("web"), &limits()).await.unwrap();
    assert_eq!(sh(&host, "echo $JAIL; echo err >&2").await, triple(0, "1\n", "err\n"));
    // No stream of bytes passes a terminal.
    let refused = host.pipe(&Program::producer("a stream", "echo x")).await.err().unwrap();
    assert!(matches!(refused, HostError::Become(_)), "{refused}");
}

#[tokio::test]
async fn another_user_in_the_jail_is_become_there() {
    let fake = Fake::new("1 - web\n");
    let transport =
        fake.transport(Jail { name: "web".into(), user: None }, Identity::login("host1"));
    let tools = fake.0.path().display();
    let mut who = Identity::user("web", "www", Method::Sudo);
    who.exe = Some(format!("{tools}/inner"));
    fake.tool(
        "inner",
        "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nWHO=www\nexport WHO\nexec \"$@\"\n",
    );
    let host = open(transport, &who, &limits()).await.unwrap();
    assert_eq!(sh(&host, "echo $JAIL $WHO").await, triple(0, "1 www\n", ""));
}

/// What the script says to a question, in one of the shells.
fn says(shell: &str, fake: &Fake, words: &[&str]) -> (Option<i32>, String, String) {
    let mut child = Child::new(shell_path(shell));
    child.args(["-c", scripts::jail(), "sh"]).args(words).env_clear().envs(fake.env());
    let done = child.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (done.status.code(), text(&done.stdout), text(&done.stderr))
}

#[test]
fn the_script_says_the_same_in_every_shell() {
    let fake = Fake::new("1 - web2\n3 dying db\n");
    let machine = ["/etc/machine-id", "/etc/hostid"].iter().find_map(|path| {
        std::fs::read_to_string(Path::new(path)).ok().filter(|text| !text.trim().is_empty())
    });
    let machine = machine.unwrap_or_default();
    let machine = machine.trim_end();
    for shell in SHELLS {
        let command = encoded("echo $JAIL $USER; echo 'it''s !' >&2; exit 5");
        let (code, out, err) = says(shell, &fake, &["HI", "web2", "www", &command]);
        assert_eq!((code, out), (Some(5), format!("HI\n{machine}\nok\n1 www\n")), "{shell}");
        assert_eq!(err, "HI\nits !\n", "{shell}");
        for (name, said) in [("web", "no"), ("db", "dying"), ("", "no")] {
            let (code, out, err) = says(shell, &fake, &["HI", name, "", &command]);
            let wanted = (Some(1), format!("HI\n{machine}\n{said}\n"), "HI\n".to_string());
            assert_eq!((code, out, err), wanted, "{shell} {name}");
        }
    }
}
