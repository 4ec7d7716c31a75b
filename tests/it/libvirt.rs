//! A libvirt of the test's own: its daemon runs as nobody, keeps all in a scratch directory and ends with the test.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::process::{self, Outcome, Running};
use crate::project::LIMIT;

/// The daemon and its directory.
pub struct Libvirt {
    dir: TempDir,
    daemon: Option<Running>,
}

impl Libvirt {
    /// Starts one and waits until it answers.
    pub fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("tank.libvirt.").tempdir_in("/tmp").unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for sub in ["run", "config", "cache", "images"] {
            fs::create_dir(dir.path().join(sub)).unwrap();
        }
        let text = format!(
            "auth_unix_rw = \"none\"\nauth_unix_ro = \"none\"\nunix_sock_dir = \"{}\"\n",
            dir.path().join("run").display()
        );
        fs::write(dir.path().join("conf"), text).unwrap();
        let mut command = if process::is_root() {
            let mut owner = Command::new("chown");
            owner.args(["-R", "65534:65534"]).arg(dir.path());
            process::run(&mut owner, LIMIT).expect_code(0);
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "libvirtd"]);
            command
        } else {
            Command::new("libvirtd")
        };
        // It ends by itself when nobody asks it anything any more.
        command.args(["--timeout", "60", "-p"]).arg(dir.path().join("run/pid"));
        command.arg("-f").arg(dir.path().join("conf"));
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("HOME", dir.path()).env("XDG_RUNTIME_DIR", dir.path().join("run"));
        command.env("XDG_CONFIG_HOME", dir.path().join("config"));
        command.env("XDG_CACHE_HOME", dir.path().join("cache"));
        let daemon = Some(process::start(&mut command));
        let this = Self { dir, daemon };
        process::until("libvirtd to answer", || this.virsh(&["list"]).code == 0);
        this
    }

    /// What virsh and `uri:` call it.
    pub fn uri(&self) -> String {
        format!("qemu:///session?socket={}", self.dir.path().join("run/libvirt-sock").display())
    }

    /// A directory for images.
    pub fn images(&self) -> PathBuf {
        self.dir.path().join("images")
    }

    /// Calls virsh.
    #[track_caller]
    pub fn virsh(&self, words: &[&str]) -> Outcome {
        process::run(Command::new("virsh").args(["-q", "-c", &self.uri()]).args(words), LIMIT)
    }

    /// What it printed.
    #[track_caller]
    pub fn said(&self, words: &[&str]) -> String {
        self.virsh(words).expect_code(0).stdout
    }

    /// Makes an image that the daemon may write.
    pub fn image(&self, name: &str, words: &[&str]) -> PathBuf {
        let path = self.images().join(name);
        process::run(
            Command::new("qemu-img").arg("create").args(words).arg(&path).arg("8M"),
            LIMIT,
        )
        .expect_code(0);
        give(&path);
        path
    }
}

fn give(path: &Path) {
    if process::is_root() {
        let mut owner = Command::new("chown");
        process::run(owner.arg("65534:65534").arg(path), LIMIT).expect_code(0);
    }
}

impl Drop for Libvirt {
    fn drop(&mut self) {
        // Machines outlive the daemon.
        for name in self.virsh(&["list", "--name"]).stdout.split_whitespace() {
            self.virsh(&["destroy", name]);
        }
        if let Some(daemon) = self.daemon.take() {
            process::signal(daemon.pid(), Signal::TERM);
            daemon.end(LIMIT);
        }
    }
}
