//! Where the configuration is looked for: environment, working directory, home.

use crate::base::Diagnostic;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

/// What of the process the settings depend on; tests make their own.
#[derive(Clone)]
pub struct Surroundings {
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// Working directory, absolute.
    pub cwd: PathBuf,
    /// What `~` stands for.
    pub home: PathBuf,
    /// The configuration of the machine.
    pub system: PathBuf,
}

impl std::fmt::Debug for Surroundings {
    /// Without the values of variables: some are passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&String> = self.env.keys().collect();
        let mut shown = f.debug_struct("Surroundings");
        shown.field("env", &names).field("cwd", &self.cwd).field("home", &self.home);
        shown.finish_non_exhaustive()
    }
}

impl Surroundings {
    /// Those of this process. Variables that are not UTF-8 are left out.
    pub fn of_process() -> std::io::Result<Self> {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Ok(Self {
            env: std::env::vars_os().filter_map(text).collect(),
            cwd: std::env::current_dir()?,
            home: std::env::home_dir().unwrap_or_else(|| PathBuf::from("/")),
            system: PathBuf::from("/etc/ansible/ansible.cfg"),
        })
    }

    /// The absolute path of a written one: `{{CWD}}`, variables and `~` expanded, relative to the
    /// configuration file if it is given, else to the working directory; `.` and `..` taken out.
    pub fn path(&self, written: &str, config: Option<&Path>) -> PathBuf {
        let written = written.replace("{{CWD}}", &self.cwd.to_string_lossy());
        let expanded = self.variables(&written);
        let expanded = match expanded.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                self.home.join(rest.trim_start_matches('/'))
            }
            _ => PathBuf::from(expanded),
        };
        let base = config.and_then(Path::parent).unwrap_or(&self.cwd);
        normal(&base.join(expanded))
    }

    /// `$NAME` and `${NAME}` replaced where the environment has them.
    fn variables(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let (name, length) = variable_name(&rest[at + 1..]);
            match self.env.get(name) {
                Some(value) => out.push_str(value),
                None => out.push_str(&rest[at..=at + length]),
            }
            rest = &rest[at + 1 + length..];
        }
        out + rest
    }

    /// The configuration file: the first that is there and can be read; a
    /// warning if one was passed over because everybody can write beside it.
    pub(super) fn find(&self) -> (Option<PathBuf>, Option<Diagnostic>) {
        let named = self.env.get("ANSIBLE_CONFIG").map(|written| {
            let path = self.path(written, None);
            if path.is_dir() { path.join("ansible.cfg") } else { path }
        });
        let local = self.cwd.join("ansible.cfg");
        let open = std::fs::metadata(&self.cwd).is_ok_and(|m| m.permissions().mode() & 0o002 != 0);
        let passed_over = open && local.exists();
        let candidates = [
            named.clone(),
            (!open).then_some(local),
            Some(self.home.join(".ansible.cfg")),
            Some(self.system.clone()),
        ];
        let found = candidates.into_iter().flatten().find(|path| std::fs::File::open(path).is_ok());
        let warned = passed_over && (named.is_none() || named != found);
        (found, warned.then(|| self.world_writable()))
    }

    fn world_writable(&self) -> Diagnostic {
        Diagnostic::new(format!(
            "Ansible is being run in a world writable directory ({}), ignoring it as an ansible.cfg \
             source. For more information see \
             https://docs.ansible.com/ansible/devel/reference_appendices/config.html#cfg-in-world-writable-dir",
            self.cwd.display()
        ))
    }
}

/// The name behind a dollar sign and the length it is written with.
fn variable_name(text: &str) -> (&str, usize) {
    if let Some((name, _)) = text.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        return (name, name.len() + 2);
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    (&text[..end], end)
}

fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
