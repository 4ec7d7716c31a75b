//! A project of an operator in a scratch directory, and tank run in it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::{self, Outcome};
use crate::sshd::Sshd;

/// The program under test.
pub const TANK: &str = env!("CARGO_BIN_EXE_tank");

/// Longest time any run in the tests may take.
pub const LIMIT: Duration = Duration::from_secs(180);

/// A scratch project. Its runs see nothing of the user: HOME is inside, the environment is empty but for PATH.
pub struct Project {
    dir: TempDir,
    environment: Vec<(String, String)>,
}

impl Project {
    pub fn new() -> Project {
        let dir = tempfile::Builder::new().prefix("tank.").tempdir_in("/tmp").unwrap();
        for sub in ["home", "bin", "project", "target"] {
            fs::create_dir(dir.path().join(sub)).unwrap();
        }
        for name in ["ansible-playbook", "ansible", "ansible-inventory"] {
            symlink(TANK, dir.path().join("bin").join(name)).unwrap();
        }
        Project { dir, environment: Vec::new() }
    }

    /// The directory of the project's files; runs start here.
    pub fn path(&self) -> PathBuf {
        self.dir.path().join("project")
    }

    /// An empty directory for what playbooks write on their target.
    pub fn target(&self) -> PathBuf {
        self.dir.path().join("target")
    }

    /// The HOME of runs.
    pub fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// Writes a file of the project, with the directories above it.
    pub fn file(self, path: &str, text: &str) -> Self {
        let full = self.path().join(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, text).unwrap();
        self
    }

    /// The same, executable.
    pub fn script(self, path: &str, text: &str) -> Self {
        let this = self.file(path, text);
        fs::set_permissions(this.path().join(path), fs::Permissions::from_mode(0o755)).unwrap();
        this
    }

    /// An inventory `hosts` and an `ansible.cfg` that names it: one host `target`, which is that server,
    /// with the variable `dest`, the path of `target()`.
    pub fn inventory(self, sshd: &Sshd) -> Self {
        let text = format!("{} dest={}\n", sshd.inventory_line("target"), self.target().display());
        self.file("hosts", &text).file("ansible.cfg", "[defaults]\ninventory = hosts\n")
    }

    /// Adds to the environment of runs.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs `tank` with these words.
    #[track_caller]
    pub fn tank(&self, words: &[&str]) -> Outcome {
        process::run(self.command(Path::new(TANK)).args(words), LIMIT)
    }

    /// Runs tank under the name `ansible-playbook`.
    #[track_caller]
    pub fn playbook(&self, words: &[&str]) -> Outcome {
        self.called("ansible-playbook", words)
    }

    /// Runs tank under another name: `ansible`, `ansible-inventory`, `ansible-playbook`.
    #[track_caller]
    pub fn called(&self, name: &str, words: &[&str]) -> Outcome {
        process::run(self.command(&self.dir.path().join("bin").join(name)).args(words), LIMIT)
    }

    /// A command that starts in the project with its environment.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.home()).env("LC_ALL", "C.UTF-8");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}
