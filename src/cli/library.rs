//! Files, vault, settings and the terminal as the engine and templates see them.

use super::options::text;
use crate::base::{Diagnostic, Map, Origin, Source, Value};
use crate::run::Interrupt;
use crate::settings::Settings;
use crate::spec::context::Pause;
use crate::vars::Reader;
use crate::vault::Vault;
use clap::ArgMatches;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of a file, decrypted when it is a vault.
pub fn read_file(vault: &Vault, path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let unreadable = |error: std::io::Error| {
        Diagnostic::new(format!("could not read '{}': {error}", path.display()))
    };
    let bytes = std::fs::read(path).map_err(unreadable)?;
    open(vault, bytes, path)
}

/// The plain bytes of a file that was read; `path` is where an error is.
pub fn open(vault: &Vault, bytes: Vec<u8>, path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let opened = vault.open(bytes).map_err(|error| {
        let full = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let place = Origin::whole(&Source::file(full.to_string_lossy()));
        let no_password = error == crate::vault::Error::NoSecrets;
        let error = Diagnostic::from(error).at(Some(&place));
        let hint = "Give the password by --vault-password-file, --vault-id or --ask-vault-pass.";
        if no_password { error.hint(hint) } else { error }
    })?;
    if opened.was_vault {
        crate::base::value::note_vaulted_file(path);
    }
    Ok(opened.bytes.to_vec())
}

/// Extra and play variables.
pub struct EarlyScope {
    /// `-e`.
    pub extra: Arc<Map>,
    /// The play's own.
    pub play: Arc<Map>,
    /// Settings of templates.
    pub settings: Arc<Settings>,
}

impl crate::spec::Scope for EarlyScope {
    fn variable(&self, name: &str) -> crate::spec::Lookup {
        let key = crate::base::Key::from(name);
        match self.extra.get(&key).or_else(|| self.play.get(&key)) {
            Some(value) => crate::spec::Lookup::Found(value.clone()),
            None => crate::spec::Lookup::Missing,
        }
    }

    fn names(&self) -> Vec<Arc<str>> {
        let keys = self.extra.keys().chain(self.play.keys());
        keys.filter_map(|key| key.as_str().map(Arc::from)).collect()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn setting(&self, name: &str) -> Option<Value> {
        self.settings.value(name).cloned()
    }

    fn decrypt(&self, _: &str) -> Result<Value, Diagnostic> {
        Err(Diagnostic::new("a vaulted value cannot be used here"))
    }

    fn read_file(&self, path: &Path) -> Result<Vec<u8>, Diagnostic> {
        Err(Diagnostic::new(format!("{} cannot be read here", path.display())))
    }

    fn select(&self, _: &str) -> Result<Vec<Arc<str>>, Diagnostic> {
        Ok(Vec::new())
    }

    fn warn(&self, _: Diagnostic) {}
}

/// Asks the operator for a line; None without a terminal, or when the operator interrupts.
pub fn ask(request: &Pause, interrupt: &Interrupt) -> Option<String> {
    use std::io::{BufRead, IsTerminal, Write};
    if !std::io::stdin().is_terminal() {
        return None;
    }
    let prompt = request.prompt.clone().unwrap_or_default();
    if !request.echo {
        let answer = rpassword::prompt_password(prompt);
        if answer.as_ref().is_err_and(|e| e.kind() == std::io::ErrorKind::Interrupted) {
            interrupt.at_prompt();
        }
        return answer.ok();
    }
    let mut out = std::io::stdout();
    let _ = write!(out, "{prompt}");
    let _ = out.flush();
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).ok()?;
    Some(line.trim_end_matches(['\r', '\n']).to_string())
}

/// Files, vault and settings as templates see them.
pub struct Library {
    /// Passwords.
    pub vault: Arc<Vault>,
    /// Settings.
    pub settings: Arc<Settings>,
}

impl Reader for Library {
    fn decrypt(&self, text: &str) -> Result<Value, Diagnostic> {
        self.vault.decrypt_value(text, None)
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, Diagnostic> {
        read_file(&self.vault, path)
    }

    fn setting(&self, name: &str) -> Option<Value> {
        self.settings.value(name).cloned()
    }
}

/// What `-v` says before anything else.
pub fn greet(matches: &ArgMatches, settings: &Settings) {
    let verbosity = super::options::verbosity(matches);
    let config = settings.config_file().map(|path| path.display().to_string());
    if verbosity >= 2 {
        let version = env!("CARGO_PKG_VERSION");
        let shown = config.as_deref().unwrap_or("None");
        super::options::say(&format!(
            "ansible-playbook [core 2.21.5] (tank {version})\n  config file = {shown}"
        ));
    }
    if verbosity >= 1 && text(matches, "output") != Some("json") {
        super::options::say(&match config {
            Some(path) => format!("Using {path} as config file"),
            None => "No config file found; using defaults".to_string(),
        });
    }
}
