//! A throw-away sshd on loopback.

use super::{ConnectionVars, Scratch, keygen, run};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Sshd {
    pub port: u16,
    child: Child,
}

impl Sshd {
    /// Starts one whose files are in `scratch`: host key `host_ed25519`, `authorized_keys`, login key `key`.
    pub fn start(scratch: &Scratch, options: &str) -> Self {
        if !scratch.path("key").exists() {
            keygen(&scratch.path("key"), &["-t", "ed25519"], "");
        }
        if !scratch.path("host_ed25519").exists() {
            keygen(&scratch.path("host_ed25519"), &["-t", "ed25519"], "");
        }
        let authorized = scratch.path("authorized_keys");
        if !authorized.exists() {
            fs::copy(scratch.path("key.pub"), &authorized).unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let has_key = options.contains("HostKey ");
        let keys = if has_key {
            String::new()
        } else {
            format!("HostKey {}\n", scratch.path("host_ed25519").display())
        };
        let text = format!(
            "{options}\n{keys}Port {port}\nListenAddress 127.0.0.1\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\n\
             PidFile none\nPermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             LoginGraceTime 60\nMaxStartups 100\n",
            authorized.display()
        );
        let config = scratch.path(&format!("sshd_{port}.conf"));
        fs::write(&config, text).unwrap();
        if rustix::process::getuid().is_root() {
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let log = fs::File::create(scratch.path(&format!("sshd_{port}.log"))).unwrap();
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let server = Self { port, child };
        server.wait();
        server
    }

    fn wait(&self) {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "sshd does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Variables that log in with `key`, knowing the host by `known`.
    pub fn vars(&self, scratch: &Scratch) -> ConnectionVars {
        self.know(scratch);
        ConnectionVars {
            port: Some(self.port),
            private_key_file: Some(scratch.path("key").display().to_string()),
            ..ConnectionVars::new("127.0.0.1")
        }
    }

    /// Writes a `known_hosts` that knows the ed25519 key.
    pub fn know(&self, scratch: &Scratch) {
        let key = fs::read_to_string(scratch.path("host_ed25519.pub")).unwrap();
        fs::write(scratch.path(".ssh/known_hosts"), format!("{} {key}", self.name())).unwrap();
    }

    pub fn name(&self) -> String {
        format!("[127.0.0.1]:{}", self.port)
    }

    /// What the real ssh says about the same files: its exit code and stderr.
    pub fn ssh(&self, scratch: &Scratch, options: &[&str]) -> (i32, String) {
        let known = format!("UserKnownHostsFile={}", scratch.path(".ssh/known_hosts").display());
        let output = Command::new("ssh")
            .args([
                "-F",
                "none",
                "-p",
                &self.port.to_string(),
                "-i",
                scratch.path("key").to_str().unwrap(),
            ])
            .args(["-o", &known, "-o", "GlobalKnownHostsFile=none", "-o", "BatchMode=yes"])
            .args(options)
            .args(["127.0.0.1", "true"])
            .stdin(Stdio::null())
            .env_remove("SSH_AUTH_SOCK")
            .output()
            .unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).replace('\r', ""))
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An ssh-agent with some keys.
pub struct Agent {
    child: Child,
    pub socket: std::path::PathBuf,
}

impl Agent {
    pub fn start(scratch: &Scratch, keys: &[&Path]) -> Self {
        let socket = scratch.path("agent");
        let child = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        // Its socket is there before it listens.
        while UnixStream::connect(&socket).is_err() {
            assert!(start.elapsed() < Duration::from_secs(10), "ssh-agent does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        let agent = Self { child, socket };
        for key in keys {
            agent.add(key);
        }
        agent
    }

    pub fn add(&self, key: &Path) {
        let mut command = Command::new("ssh-add");
        let status = command
            .arg("-q")
            .arg(key)
            .env("SSH_AUTH_SOCK", &self.socket)
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Signs a key with an authority: `words` are ssh-keygen's.
pub fn sign(authority: &Path, key: &Path, words: &[&str]) {
    let (authority, key) = (authority.to_str().unwrap(), key.with_extension("pub"));
    run(
        "ssh-keygen",
        &[&["-q", "-s", authority, "-I", "id"], words, &[key.to_str().unwrap()]].concat(),
    );
}
