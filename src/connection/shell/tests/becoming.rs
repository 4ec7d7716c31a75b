//! Other users, by sudo, su and doas, with real passwords of a user made for the test.

use super::*;
use crate::connection::r#become::Method;
use std::io::Write;
use std::process::Command as Program;
use std::time::Duration;

/// Runs a tool that must succeed.
fn tool(words: &[&str]) {
    let done = Program::new(words[0])
        .args(&words[1..])
        .output()
        .unwrap_or_else(|e| panic!("{words:?}: {e}"));
    assert!(done.status.success(), "{words:?}: {done:?}");
}

/// Two users with a password each, sudo and doas rules for the first; removed when dropped.
struct Users {
    from: String,
    to: String,
}

const PASSWORD: &str = "it's \"$x\" \\ sécret";

impl Users {
    fn new(tag: &str) -> Self {
        let users = Self { from: format!("tkf{tag}"), to: format!("tkt{tag}") };
        for user in [&users.from, &users.to] {
            let _ = Program::new("userdel").args(["-rf", user]).output();
            tool(&["useradd", "-m", "-s", "/bin/bash", user]);
            let mut child = Program::new("chpasswd").stdin(Stdio::piped()).spawn().unwrap();
            writeln!(child.stdin.take().unwrap(), "{user}:{PASSWORD}").unwrap();
            assert!(child.wait().unwrap().success());
        }
        users
    }

    fn sudo(&self, rule: &str) {
        let path = format!("/etc/sudoers.d/{}", self.from);
        std::fs::write(
            &path,
            format!("{} ALL=(ALL) {rule}ALL\nDefaults:{} passwd_tries=2\n", self.from, self.from),
        )
        .unwrap();
        tool(&["chmod", "440", &path]);
        tool(&["visudo", "-cqf", &path]);
    }

    /// The login is the first user.
    async fn open(&self, who: &Identity, limits: &Limits) -> Result<Arc<ShellHost>, HostError> {
        let local =
            AsUser { user: self.from.clone(), inner: Local::new("/bin/sh", env_of("dash")) };
        open(Arc::new(local), who, limits).await
    }
}

impl Drop for Users {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(format!("/etc/sudoers.d/{}", self.from));
        for user in [&self.from, &self.to] {
            for _ in 0..20 {
                let done = Program::new("userdel").args(["-rf", user]).output();
                if done.is_ok_and(|d| d.status.success()) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

/// A login as an ordinary user: what root's su gives.
struct AsUser {
    user: String,
    inner: Arc<Local>,
}

impl Transport for AsUser {
    fn open(&self, command: String, pty: bool) -> BoxFuture<'static, Result<Process, HostError>> {
        let quoted = crate::base::quote::sh(&command);
        self.inner.open(format!("exec setpriv --reuid {0} --regid {0} --init-groups env HOME=/home/{0} USER={0} /bin/sh -c {quoted}", self.user), pty)
    }
    fn tcp(
        &self,
        host: String,
        port: u16,
    ) -> BoxFuture<'static, Result<Box<dyn Stream>, HostError>> {
        self.inner.tcp(host, port)
    }
    fn is_open(&self) -> bool {
        self.inner.is_open()
    }
    fn close(&self) -> BoxFuture<'static, ()> {
        self.inner.close()
    }
}

fn wrong(outcome: Result<Arc<ShellHost>, HostError>) -> String {
    match outcome {
        Err(HostError::Become(text) | HostError::Unreachable(text)) => text,
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("a shell came"),
    }
}

/// What each shell must be able to do.
async fn works(host: &ShellHost, user: &str) {
    assert_eq!(host.platform().user, user);
    assert_eq!(
        sh(host, "id -un; echo e >&2; exit 3").await,
        triple(3, &format!("{user}\n"), "e\n")
    );
    let bytes: Vec<u8> = (0..=255).cycle().take(1_300_000).collect();
    let path =
        host.put_temp("x y", crate::spec::Content::Bytes(bytes.clone().into())).await.unwrap();
    let back =
        host.probe(Probe::new("back", "cat <\"$1\"; echo err >&2").words([path])).await.unwrap();
    assert!(back.stdout == bytes, "{} bytes", back.stdout.len());
    assert_eq!(back.error_text(), "err\n");
    let mut command = Command::shell("cat");
    command.stdin = Some(bytes.clone().into());
    assert!(host.run(command).await.unwrap().stdout == bytes);
}

#[tokio::test]
async fn sudo_with_and_without_password() {
    let users = Users::new("sudo");
    users.sudo("NOPASSWD: ");
    let who = Identity::user("h", "root", Method::Sudo);
    works(&users.open(&who, &limits()).await.unwrap(), "root").await;
    // A password that is not asked for is not sent: it would be the shell's first line.
    works(&users.open(&who.clone().password(PASSWORD), &limits()).await.unwrap(), "root").await;
    users.sudo("");
    assert_eq!(wrong(users.open(&who, &limits()).await), "Missing sudo password");
    let right = who.clone().password(PASSWORD);
    works(&users.open(&right, &limits()).await.unwrap(), "root").await;
    assert_eq!(
        wrong(users.open(&who.clone().password("no"), &limits()).await),
        "Incorrect sudo password"
    );
    let mut to = Identity::user("h", &users.to, Method::Sudo).password(PASSWORD);
    works(&users.open(&to, &limits()).await.unwrap(), &users.to).await;
    let home = sh(&users.open(&to, &limits()).await.unwrap(), "echo $HOME").await.1;
    assert_eq!(home, format!("/home/{}\n", users.to));
    to.user = Some("nosuchuser".into());
    assert!(wrong(users.open(&to, &limits()).await).contains("nosuchuser"));
    let mut exe = right.clone();
    (exe.exe, exe.flags) = (Some("/usr/bin/sudo".into()), Some("-S -E".into()));
    assert_eq!(
        sh(&users.open(&exe, &limits()).await.unwrap(), "id -u; echo $LOGIN_GAVE").await.1,
        "0\nit's\n"
    );
    let path = format!("/etc/sudoers.d/{}", users.from);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}Defaults:{} requiretty\n", users.from)).unwrap();
    works(&users.open(&right, &limits()).await.unwrap(), "root").await;
    std::fs::write(&path, "").unwrap();
    assert!(wrong(users.open(&right, &limits()).await).contains("not in the sudoers"));
}

#[tokio::test]
async fn f10a_su_to_root_and_plain_users() {
    let users = Users::new("su");
    let to = Identity::user("h", &users.to, Method::Su);
    works(&users.open(&to.clone().password(PASSWORD), &limits()).await.unwrap(), &users.to).await;
    assert_eq!(wrong(users.open(&to, &limits()).await), "Missing su password");
    assert_eq!(
        wrong(users.open(&to.clone().password("no"), &limits()).await),
        "Incorrect su password"
    );
    let mut hanging = to.clone().password(PASSWORD);
    hanging.exe = Some("sh -c \"echo wait for it; sleep 4\"".into());
    let brief = Limits { becoming: Duration::from_secs(1), ..limits() };
    let text = wrong(users.open(&hanging, &brief).await);
    assert_eq!(text, "Timeout (1s) waiting for privilege escalation prompt: wait for it");
    // Root needs no password, also for a user without a shell.
    let local = || Local::new("/bin/sh", env_of("dash")) as Arc<dyn Transport>;
    for user in ["nobody", &users.to] {
        let host = open(local(), &Identity::user("h", user, Method::Su), &limits()).await.unwrap();
        works(&host, user).await;
    }
    let mut login = Identity::user("h", &users.to, Method::Su);
    login.flags = Some("-".into());
    let host = open(local(), &login, &limits()).await.unwrap();
    assert_eq!(
        sh(&host, "pwd; echo ${LOGIN_GAVE-none}").await.1,
        format!("/home/{}\nnone\n", users.to)
    );
    let nosuch = open(local(), &Identity::user("h", "nosuchuser", Method::Su), &limits()).await;
    assert!(wrong(nosuch).contains("nosuchuser"));
}

#[tokio::test]
async fn doas_with_and_without_password() {
    let users = Users::new("doas");
    let conf = "/etc/doas.conf";
    let before = std::fs::read(conf).ok();
    let set = |rule: &str| {
        std::fs::write(conf, format!("permit {rule} {} as root\n", users.from)).unwrap();
        tool(&["chmod", "600", conf]);
    };
    let who = Identity::user("h", "root", Method::Doas);
    set("nopass");
    works(&users.open(&who, &limits()).await.unwrap(), "root").await;
    works(&users.open(&who.clone().password(PASSWORD), &limits()).await.unwrap(), "root").await;
    set("");
    let missing = wrong(users.open(&who, &limits()).await);
    let right = users.open(&who.clone().password(PASSWORD), &limits()).await;
    let incorrect = wrong(users.open(&who.clone().password("no"), &limits()).await);
    let other = wrong(users.open(&Identity::user("h", "nobody", Method::Doas), &limits()).await);
    match before {
        Some(bytes) => std::fs::write(conf, bytes).unwrap(),
        None => std::fs::remove_file(conf).unwrap(),
    }
    assert_eq!(missing, "Missing doas password");
    works(&right.unwrap(), "root").await;
    assert_eq!(incorrect, "Incorrect doas password");
    assert!(other.contains("not permitted"), "{other}");
}

#[tokio::test]
async fn passwords_are_in_no_argument_and_no_variable() {
    let users = Users::new("arg");
    users.sudo("");
    let host = users
        .open(&Identity::user("h", "root", Method::Sudo).password(PASSWORD), &limits())
        .await
        .unwrap();
    let all =
        sh(&host, "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'")
            .await
            .1;
    assert!(all.contains("sudo") && !all.contains("sécret"));
}
