//! ansible-vault: files and inline values, formats 1.1 and 1.2, several passwords.

mod cipher;
mod error;
mod format;
mod secrets;
mod source;

pub use error::Error;
pub use format::is_vault;
pub use secrets::Options;
pub use source::{Password, Prompt, Terminal};

use crate::base::{Diagnostic, Origin, Value};
use crate::settings::Settings;
use format::{DEFAULT_ID, Envelope};
use secrets::Secret;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// Plain data, shared and wiped when nobody holds it any more.
pub type Plain = Arc<Zeroizing<Vec<u8>>>;

/// Decrypts and encrypts with the passwords of a run. Each password is asked for when it is first
/// needed, each distinct vault is decrypted once.
pub struct Vault {
    secrets: Vec<Secret>,
    prompt: Arc<dyn Prompt>,
    /// Whether only passwords of the vault's own id are tried.
    match_ids: bool,
    /// A fixed salt, for reproducible results.
    salt: Option<String>,
    opened: Mutex<HashMap<[u8; 32], Plain>>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("secrets", &self.secrets).finish_non_exhaustive()
    }
}

/// A file's content, decrypted if it was a vault.
#[derive(Debug)]
pub struct Opened {
    /// The content.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Whether it was a vault.
    pub was_vault: bool,
}

impl Vault {
    /// The vault of the passwords that settings and command line name. Nothing is asked yet.
    pub fn new(settings: &Settings, options: &Options, prompt: Arc<dyn Prompt>) -> Self {
        Self {
            secrets: secrets::collect(settings, options),
            prompt,
            match_ids: settings.bool("DEFAULT_VAULT_ID_MATCH"),
            salt: settings.text("VAULT_ENCRYPT_SALT").map(str::to_string),
            opened: Mutex::default(),
        }
    }

    /// The ids there are passwords for, in the order they are tried.
    pub fn ids(&self) -> Vec<&str> {
        self.secrets.iter().map(|secret| secret.id.as_str()).collect()
    }

    /// Asks for all passwords that a person must type, before anything else is on the terminal.
    pub fn ask(&self) -> Result<(), Error> {
        for (index, secret) in self.secrets.iter().enumerate() {
            if secret.is_asked() {
                self.password(index)?;
            }
        }
        self.check_files()
    }

    /// Password files that are not there matter at once when there is no other password.
    fn check_files(&self) -> Result<(), Error> {
        let missing: Option<Vec<Error>> =
            self.secrets.iter().map(secrets::Secret::missing).collect();
        match missing.and_then(|all| all.into_iter().next()) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// The password sources that failed so far while another one fitted: for warnings.
    pub fn failures(&self) -> Vec<Diagnostic> {
        let all = self.secrets.iter().filter_map(|secret| Some((secret, secret.failure()?)));
        all.map(|(secret, error)| {
            let what = if secret.is_asked() { "password prompt" } else { "password file loading" };
            Diagnostic::new(format!("Error in vault {what} ({}): {error}", secret.id))
        })
        .collect()
    }

    /// The plain data of a vault.
    pub fn decrypt(&self, text: &str) -> Result<Plain, Error> {
        self.decrypt_with(text, self.secrets.len())
    }

    /// The plain text of a vault.
    pub fn decrypt_text(&self, text: &str) -> Result<Zeroizing<String>, Error> {
        let plain = self.decrypt(text)?;
        let text = std::str::from_utf8(&plain).map_err(|_| Error::NotUtf8)?;
        Ok(Zeroizing::new(text.to_string()))
    }

    /// The plain value of an inline `!vault`: data, wholly secret, from the place where it stands.
    pub fn decrypt_value(&self, text: &str, origin: Option<&Origin>) -> Result<Value, Diagnostic> {
        let plain = self.decrypt_text(text).map_err(|e| Diagnostic::from(e).at(origin))?;
        let value = Value::str(plain.as_str()).secret();
        Ok(match origin {
            Some(origin) => value.at(origin.clone()),
            None => value,
        })
    }

    /// A file's content: decrypted if it is a vault, else as it is.
    pub fn open(&self, bytes: Vec<u8>) -> Result<Opened, Error> {
        match std::str::from_utf8(&bytes) {
            Ok(text) if is_vault(text) => {
                let plain = self.decrypt(text)?;
                Ok(Opened { bytes: Zeroizing::new(plain.to_vec()), was_vault: true })
            }
            _ => Ok(Opened { bytes: Zeroizing::new(bytes), was_vault: false }),
        }
    }

    /// Encrypts data by the password of this id, or by the first one. Ends with a newline.
    pub fn encrypt(&self, plain: &[u8], id: Option<&str>) -> Result<String, Error> {
        if is_vault(plain) {
            return Err(Error::AlreadyVault);
        }
        let index = match id {
            Some(id) => {
                self.secrets.iter().position(|secret| secret.id == id).ok_or_else(|| {
                    let known = self.ids().into_iter().map(str::to_string).collect();
                    Error::NoSuchId(id.to_string(), known)
                })?
            }
            None => 0,
        };
        if self.secrets.is_empty() {
            return Err(Error::NoSecretToEncrypt);
        }
        let salt = self.new_salt()?;
        let sealed = cipher::seal(plain, self.password(index)?, &salt)?;
        Ok(format::write(&sealed, Some(&self.secrets[index].id)))
    }

    fn new_salt(&self) -> Result<Vec<u8>, Error> {
        if let Some(salt) = self.salt.as_ref().filter(|salt| !salt.is_empty()) {
            return Ok(salt.as_bytes().to_vec());
        }
        random_salt()
    }

    /// Decrypts with the first `count` passwords: a password file may be a vault of those before it.
    fn decrypt_with(&self, text: &str, count: usize) -> Result<Plain, Error> {
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let locked = || self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plain) = locked().get(&digest) {
            return Ok(Arc::clone(plain));
        }
        let envelope = format::parse(text)?;
        if count == 0 {
            return Err(Error::NoSecrets);
        }
        let plain = Arc::new(self.try_all(&envelope, count)?);
        locked().insert(digest, Arc::clone(&plain));
        Ok(plain)
    }

    fn try_all(&self, envelope: &Envelope, count: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut failed = None;
        let mut fetched = false;
        for index in self.candidates(envelope.id.as_deref(), count) {
            let password = match self.password(index) {
                Ok(password) => password,
                // Who types a wrong thing is told at once; a bad file only counts if nothing else fits.
                Err(error) if self.secrets[index].is_asked() => return Err(error),
                Err(error) => {
                    failed.get_or_insert(error);
                    continue;
                }
            };
            fetched = true;
            if let Some(plain) = cipher::open(&envelope.sealed, password)? {
                return Ok(plain);
            }
        }
        Err(failed.filter(|_| !fetched).unwrap_or(Error::NoneFits))
    }

    /// Which passwords are tried: those of the vault's id first.
    fn candidates(&self, id: Option<&str>, count: usize) -> Vec<usize> {
        let id = id.unwrap_or(DEFAULT_ID);
        let (mut own, other): (Vec<usize>, Vec<usize>) =
            (0..count).partition(|index| self.secrets[*index].id == id);
        if !self.match_ids {
            own.extend(other);
        }
        own
    }

    fn password(&self, index: usize) -> Result<&Password, Error> {
        let decrypt =
            |text: &str| self.decrypt_with(text, index).map(|plain| Zeroizing::new(plain.to_vec()));
        self.secrets[index].password(&*self.prompt, &decrypt)
    }
}

/// Encrypts data by a password that is at hand, as the filter `vault` does. The salt is random unless
/// one is given. Ends with a newline.
pub fn encrypt_by(
    plain: &[u8],
    password: &[u8],
    salt: Option<&str>,
    id: &str,
) -> Result<String, Error> {
    if is_vault(plain) {
        return Err(Error::AlreadyVault);
    }
    let salt = match salt {
        Some(salt) => salt.as_bytes().to_vec(),
        None => random_salt()?,
    };
    Ok(format::write(&cipher::seal(plain, password, &salt)?, Some(id)))
}

/// Decrypts a vault by a password that is at hand, as the filter `unvault` does.
pub fn decrypt_by(text: &str, password: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    cipher::open(&format::parse(text)?.sealed, password)?.ok_or(Error::NoneFits)
}

fn random_salt() -> Result<Vec<u8>, Error> {
    let mut salt = vec![0; 32];
    getrandom::fill(&mut salt).map_err(|_| Error::Random)?;
    Ok(salt)
}

#[cfg(test)]
mod tests;
