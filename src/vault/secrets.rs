//! The passwords of a run: which there are, asked for when the first vault needs them.

use super::Error;
use super::format::DEFAULT_ID;
use super::source::{Password, Prompt, Source};
use crate::settings::Settings;
use std::sync::OnceLock;

/// What the command line says about vault passwords.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--vault-id`: `label@source` or `source`; a source is `prompt` or a path.
    pub ids: Vec<String>,
    /// `--vault-password-file`.
    pub password_files: Vec<String>,
    /// `--ask-vault-pass`.
    pub ask: bool,
    /// Whether a prompt asks for a new password, twice.
    pub new_password: bool,
    /// Whether a password is asked for when nothing else names one.
    pub auto_prompt: bool,
}

/// One password under its id.
pub(super) struct Secret {
    pub id: String,
    source: Source,
    /// What came out when it was asked for.
    fetched: OnceLock<Result<Password, Error>>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret")
            .field("id", &self.id)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl Secret {
    fn new(id: Option<&str>, source: Source) -> Self {
        let id = id.filter(|id| !id.is_empty()).unwrap_or(DEFAULT_ID).to_string();
        Self { id, source, fetched: OnceLock::new() }
    }

    /// The password; its source is asked once.
    pub(super) fn password(
        &self,
        prompt: &dyn Prompt,
        decrypt: &dyn Fn(&str) -> Result<Password, Error>,
    ) -> Result<&Password, Error> {
        let fetched = self.fetched.get_or_init(|| self.source.password(&self.id, prompt, decrypt));
        fetched.as_ref().map_err(Clone::clone)
    }

    /// Why its source failed, if it was asked and did.
    pub(super) fn failure(&self) -> Option<&Error> {
        self.fetched.get()?.as_ref().err()
    }

    /// Why its file can hold no password; nothing is read.
    pub(super) fn missing(&self) -> Option<Error> {
        self.source.missing()
    }

    /// Whether a person must answer for it.
    pub(super) fn is_asked(&self) -> bool {
        matches!(self.source, Source::Prompt(_))
    }
}

/// The passwords that the settings and the command line name, in Ansible's order: configured ids,
/// those of the command line, password files, the prompt.
pub(super) fn collect(settings: &Settings, options: &Options) -> Vec<Secret> {
    let configured = settings.list("DEFAULT_VAULT_IDENTITY_LIST");
    let configured = configured.into_iter().filter(|slug| !slug.is_empty());
    let slugs = configured.chain(options.ids.iter().map(String::as_str));
    let mut secrets: Vec<Secret> = slugs.map(|slug| named(settings, options, slug)).collect();
    let default_id = settings.text("DEFAULT_VAULT_IDENTITY");
    let files = options.password_files.iter().map(String::as_str);
    let files = files.chain(settings.text("DEFAULT_VAULT_PASSWORD_FILE"));
    let place = settings.surroundings();
    secrets.extend(files.map(|file| Secret::new(default_id, Source::File(place.path(file, None)))));
    let ask = options.ask || settings.bool("DEFAULT_ASK_VAULT_PASS");
    if ask || (secrets.is_empty() && options.auto_prompt) {
        let questions = if options.new_password {
            vec!["New Vault password: ".to_string(), "Confirm New Vault password: ".to_string()]
        } else {
            vec!["Vault password: ".to_string()]
        };
        secrets.push(Secret::new(default_id, Source::Prompt(questions)));
    }
    secrets
}

fn named(settings: &Settings, options: &Options, slug: &str) -> Secret {
    let (label, source) = match slug.split_once('@') {
        Some((label, source)) => (Some(label).filter(|label| !label.is_empty()), source),
        None => (None, slug),
    };
    let default_id = settings.text("DEFAULT_VAULT_IDENTITY");
    let id = label.or(default_id);
    if source != "prompt" {
        return Secret::new(id, Source::File(settings.surroundings().path(source, None)));
    }
    let name = id.unwrap_or(DEFAULT_ID);
    let questions = if options.new_password {
        vec![
            format!("New vault password ({name}): "),
            format!("Confirm new vault password ({name}): "),
        ]
    } else {
        vec![format!("Vault password ({name}): ")]
    };
    Secret::new(id, Source::Prompt(questions))
}
