//! A throw-away OpenSSH server on loopback: own port, host keys, login key and options; gone when dropped.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::process;

/// How a server shall be; `start` makes it.
#[derive(Default)]
pub struct Builder {
    options: Vec<String>,
    key_type: Option<String>,
    passphrase: String,
    inside: Option<u32>,
}

/// A running server. Sessions run as the user that runs the test.
pub struct Sshd {
    dir: TempDir,
    port: u16,
    child: Child,
    /// Whether it is root's.
    inside: bool,
}

impl Builder {
    /// One line of `sshd_config`, such as `MaxSessions 1`; the first mention of an option wins over the defaults.
    pub fn option(mut self, line: &str) -> Self {
        self.options.push(line.to_owned());
        self
    }

    /// The shell that gets each session's command by `-c`, as if it were the account's login shell.
    pub fn login_shell(self, shell: &str) -> Self {
        self.option(&format!("ForceCommand exec {shell} -c \"$SSH_ORIGINAL_COMMAND\""))
    }

    /// The type of the login key (`ed25519` unless told): what `ssh-keygen -t` takes.
    pub fn key_type(mut self, kind: &str) -> Self {
        self.key_type = Some(kind.to_owned());
        self
    }

    /// The login key is encrypted with this passphrase.
    pub fn passphrase(mut self, word: &str) -> Self {
        word.clone_into(&mut self.passphrase);
        self
    }

    /// It sees the file systems that this process sees.
    pub fn inside(mut self, pid: u32) -> Self {
        self.inside = Some(pid);
        self
    }

    /// Starts the server and waits until it listens.
    pub fn start(self) -> Sshd {
        let dir = tempfile::Builder::new().prefix("tank-sshd.").tempdir_in("/tmp").unwrap();
        make_key(&dir.path().join("host"), "ed25519", "");
        let kind = self.key_type.as_deref().unwrap_or("ed25519");
        make_key(&dir.path().join("key"), kind, &self.passphrase);
        fs::copy(dir.path().join("key.pub"), dir.path().join("authorized_keys")).unwrap();
        make_run_dir();
        for _ in 0..5 {
            let port = free_port();
            write_config(dir.path(), port, &self.options);
            if let Some(child) = launch(dir.path(), self.inside) {
                write_known_hosts(dir.path(), port);
                return Sshd { dir, port, child, inside: self.inside.is_some() };
            }
        }
        panic!(
            "sshd does not start: {}",
            fs::read_to_string(dir.path().join("log")).unwrap_or_default()
        );
    }
}

impl Sshd {
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A server with the defaults.
    pub fn start() -> Sshd {
        Sshd::builder().start()
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The private login key.
    pub fn key(&self) -> PathBuf {
        self.dir.path().join("key")
    }

    /// Holds this server's host key for `[127.0.0.1]:port`.
    pub fn known_hosts(&self) -> PathBuf {
        self.dir.path().join("known_hosts")
    }

    /// The public host key's file.
    pub fn host_key(&self) -> PathBuf {
        self.dir.path().join("host.pub")
    }

    /// The file of keys that may log in.
    pub fn authorized_keys(&self) -> PathBuf {
        self.dir.path().join("authorized_keys")
    }

    /// What the server said so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap()
    }

    /// An inventory line of a host of that name that is this server.
    pub fn inventory_line(&self, name: &str) -> String {
        line(name, self.port, &self.key(), &self.known_hosts())
    }

    /// The same server by another port of loopback, such as a proxy's; its key is known for that port too.
    pub fn inventory_line_through(&self, name: &str, port: u16) -> String {
        write_known_hosts(self.dir.path(), port);
        line(name, port, &self.key(), &self.known_hosts())
    }
}

impl Sshd {
    /// Ends every connection at once, as a network that breaks; what runs in the sessions goes on.
    pub fn cut_connections(&self) {
        process::kill_named(self.child.id(), "sshd");
    }

    /// Whether any session, or what was started in one, is still there.
    pub fn has_sessions(&self) -> bool {
        !process::descendants(self.child.id()).is_empty()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        if self.inside && !process::is_root() {
            let all = process::descendants(self.child.id()).into_iter().map(|pid| pid.to_string());
            let _ = process::as_root("kill").args(all).output();
        }
        process::kill_children(self.child.id());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An inventory line for a host on loopback.
pub fn line(name: &str, port: u16, key: &Path, known_hosts: &Path) -> String {
    format!(
        "{name} ansible_host=127.0.0.1 ansible_port={port} ansible_ssh_private_key_file={} \
         ansible_ssh_common_args='-F /dev/null -o UserKnownHostsFile={}'",
        key.display(),
        known_hosts.display()
    )
}

/// Makes a key pair at `path` and `path.pub`.
pub fn make_key(path: &Path, kind: &str, passphrase: &str) {
    let mut command = Command::new("ssh-keygen");
    command
        .args(["-q", "-C", "", "-t", kind, "-N", passphrase, "-f"])
        .arg(path)
        .stdin(Stdio::null());
    let status = command.status().expect("ssh-keygen (openssh-client) is needed");
    assert!(status.success(), "ssh-keygen -t {kind} failed");
}

/// A port of loopback that was free just now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn make_run_dir() {
    if process::is_root() {
        fs::create_dir_all("/run/sshd").unwrap();
        fs::set_permissions("/run/sshd", fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn write_config(dir: &Path, port: u16, options: &[String]) {
    let here = dir.display();
    let mut text = options.join("\n");
    text.push_str(&format!(
        "\nListenAddress 127.0.0.1\nPort {port}\nHostKey {here}/host\nPidFile none\n\
         AuthorizedKeysFile {here}/authorized_keys\nStrictModes no\nPermitRootLogin yes\n\
         UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         PrintMotd no\nUseDNS no\nMaxStartups 200\nMaxSessions 64\nLogLevel VERBOSE\n\
         Subsystem sftp internal-sftp\n"
    ));
    fs::write(dir.join("sshd_config"), text).unwrap();
}

/// Appends the host key under that port.
fn write_known_hosts(dir: &Path, port: u16) {
    let key = fs::read_to_string(dir.join("host.pub")).unwrap();
    let old = fs::read_to_string(dir.join("known_hosts")).unwrap_or_default();
    fs::write(dir.join("known_hosts"), format!("{old}[127.0.0.1]:{port} {}\n", key.trim_end()))
        .unwrap();
}

/// The server once it listens, or nothing when it ended (a port taken meanwhile).
fn launch(dir: &Path, inside: Option<u32>) -> Option<Child> {
    let log = fs::File::create(dir.join("log")).unwrap();
    let script = "umask 022; exec \"$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v sshd)\" -D -e -f \"$1\"";
    let mut command = match inside {
        None => Command::new("sh"),
        Some(pid) => {
            let mut command = process::as_root("nsenter");
            command.args(["-t", &pid.to_string(), "-m", "-r", "--", "sh"]);
            command
        }
    };
    let mut child = command
        .args(["-c", script, "sh"])
        .arg(dir.join("sshd_config"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(20) {
        if fs::read_to_string(dir.join("log")).unwrap().contains("Server listening on") {
            return Some(child);
        }
        if child.try_wait().unwrap().is_some() {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

#[test]
fn logs_in_runs_and_ends() {
    let sshd = Sshd::start();
    let port = sshd.port();
    let say = process::ssh(&sshd, "echo hello; umask");
    assert_eq!(say.stdout, "hello\n0022\n", "{}", say.stderr);
    drop(sshd);
    assert!(
        std::net::TcpStream::connect(("127.0.0.1", port)).is_err(),
        "the server outlived its owner"
    );
}

#[test]
fn login_shell_is_the_one_asked_for() {
    for (shell, probe, wanted) in [
        ("/bin/bash", "echo ${BASH_VERSION:+bash}", "bash\n"),
        ("/bin/mksh", "echo ${KSH_VERSION:+ksh}", "ksh\n"),
    ] {
        let sshd = Sshd::builder().login_shell(shell).start();
        let say = process::ssh(&sshd, probe);
        assert_eq!(say.stdout, wanted, "{shell}: {}", say.stderr);
    }
}
