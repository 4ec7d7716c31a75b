//! What all connections of a run share: who we are, whom to ask, keys read once, how many handshakes at a time.

use super::hops::Hops;
use super::keys::KeyRing;
use super::pace::Pace;
use super::prompt::Prompter;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Shared by all connections of a run; cheap to clone.
#[derive(Clone)]
pub struct ConnectEnv(Arc<Shared>);

/// The operator's side of connections.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Home directory, for `~` and `%d`.
    pub home: PathBuf,
    /// Login name, for `%u` and as the remote user when nothing names one.
    pub user: String,
    /// User id, for `%i` and for the ownership of files.
    pub uid: u32,
    /// Name of this machine, for `%l`.
    pub hostname: String,
    /// `~/.ssh/config`.
    pub user_config: PathBuf,
    /// `/etc/ssh/ssh_config`.
    pub system_config: PathBuf,
    /// The agent's socket (`SSH_AUTH_SOCK`).
    pub agent: Option<PathBuf>,
    /// Reads proxy commands and `Match exec` (`SHELL`).
    pub shell: PathBuf,
}

struct Shared {
    operator: Operator,
    prompter: Option<Arc<dyn Prompter>>,
    asking: tokio::sync::Mutex<()>,
    keys: KeyRing,
    pace: Pace,
    hops: Hops,
}

impl ConnectEnv {
    /// For this process; `prompter` None: nobody can be asked.
    pub fn of_process(prompter: Option<Arc<dyn Prompter>>) -> Self {
        Self::new(Operator::of_process(), prompter)
    }

    /// For an operator other than the process says.
    pub fn new(operator: Operator, prompter: Option<Arc<dyn Prompter>>) -> Self {
        Self(Arc::new(Shared {
            operator,
            prompter,
            asking: tokio::sync::Mutex::new(()),
            keys: KeyRing::default(),
            pace: Pace::default(),
            hops: Hops::default(),
        }))
    }

    /// The operator's side.
    pub fn operator(&self) -> &Operator {
        &self.0.operator
    }

    /// Whether anyone can be asked.
    pub fn can_ask(&self) -> bool {
        self.0.prompter.is_some()
    }

    pub(super) fn keys(&self) -> &KeyRing {
        &self.0.keys
    }

    pub(super) fn pace(&self) -> &Pace {
        &self.0.pace
    }

    pub(super) fn hops(&self) -> &Hops {
        &self.0.hops
    }

    /// Only one question is open at a time; what is decided while this is held is seen by the next asker.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.asking.lock().await
    }

    /// Asks for a secret; the caller holds its turn.
    pub(super) async fn ask_secret(&self, prompt: String) -> Option<Zeroizing<String>> {
        let prompter = Arc::clone(self.0.prompter.as_ref()?);
        tokio::task::spawn_blocking(move || prompter.secret(&prompt)).await.ok().flatten()
    }

    /// Asks a question; the caller holds its turn.
    pub(super) async fn ask(&self, prompt: String) -> Option<String> {
        let prompter = Arc::clone(self.0.prompter.as_ref()?);
        tokio::task::spawn_blocking(move || prompter.confirm(&prompt)).await.ok().flatten()
    }
}

impl Operator {
    /// As this process and the user database say; like ssh, `$HOME` counts only if the latter has no entry.
    pub fn of_process() -> Self {
        let uid = rustix::process::getuid().as_raw();
        let (user, home) = account(uid);
        let hostname = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self {
            user_config: home.join(".ssh/config"),
            system_config: PathBuf::from("/etc/ssh/ssh_config"),
            agent: std::env::var_os("SSH_AUTH_SOCK").filter(|v| !v.is_empty()).map(PathBuf::from),
            shell: std::env::var_os("SHELL")
                .filter(|v| !v.is_empty())
                .map_or_else(|| PathBuf::from("/bin/sh"), PathBuf::from),
            home,
            user,
            uid,
            hostname,
        }
    }

    /// A path with a leading `~` resolved; `~user` through the user database.
    pub fn expand_home(&self, path: &str) -> PathBuf {
        let Some(rest) = path.strip_prefix('~') else { return PathBuf::from(path) };
        let (name, tail) = rest.split_once('/').unwrap_or((rest, ""));
        let home = if name.is_empty() { Some(self.home.clone()) } else { home_of(name) };
        home.map_or_else(|| PathBuf::from(path), |home| home.join(tail))
    }
}

fn account(uid: u32) -> (String, PathBuf) {
    let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let id = uid.to_string();
    let entry = passwd_entry(|fields| fields.get(2) == Some(&id.as_str()));
    entry.unwrap_or_else(|| {
        let user = variable("USER").or_else(|| variable("LOGNAME")).unwrap_or(id);
        (user, variable("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from))
    })
}

fn home_of(user: &str) -> Option<PathBuf> {
    passwd_entry(|fields| fields.first() == Some(&user)).map(|(_, home)| home)
}

fn passwd_entry(wanted: impl Fn(&[&str]) -> bool) -> Option<(String, PathBuf)> {
    let text = fs::read_to_string(Path::new("/etc/passwd")).ok()?;
    text.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let found = fields.len() >= 6 && wanted(&fields);
        found.then(|| (fields[0].to_owned(), PathBuf::from(fields[5])))
    })
}
