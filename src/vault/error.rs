//! What can go wrong with a vault; the words are Ansible's.

use crate::base::Diagnostic;
use std::fmt;

/// A problem with vaulted data or its passwords. None of them holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The data does not begin with the vault header.
    NotVault,
    /// The header lacks a part.
    Envelope,
    /// The data is no hexadecimal text.
    Hex,
    /// The decoded data does not have its three parts, or its padding is wrong.
    Text,
    /// Encrypted by a cipher that nobody knows.
    Cipher(String),
    /// There is no password at all.
    NoSecrets,
    /// No password fits.
    NoneFits,
    /// The decrypted data is no text where text is needed.
    NotUtf8,
    /// What is to be encrypted is a vault already.
    AlreadyVault,
    /// There is no password to encrypt with.
    NoSecretToEncrypt,
    /// No password of this id; the ids there are.
    NoSuchId(String, Vec<String>),
    /// A password file that is not there.
    FileMissing(String),
    /// A password file that is a directory.
    FileIsDirectory(String),
    /// A password file that cannot be read, and why.
    FileUnreadable(String, String),
    /// A password file or script that gave nothing.
    Empty(String),
    /// A password script that did not start, and why.
    ScriptFailed(String, String),
    /// A password script that ended with an exit code.
    ScriptExit(String, i32),
    /// A client script that does not know the id, with what it printed.
    ClientUnknown(String, String, String),
    /// A client script that ended with another exit code, with what it printed.
    ClientExit(String, i32, String, String),
    /// An empty password was typed.
    EmptyPrompt,
    /// The terminal ended while a password for this id was asked for.
    PromptEnded(String),
    /// A new password was typed differently the second time.
    Mismatch,
    /// The system gave no random bytes.
    Random,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotVault => f.write_str("Input is not vault encrypted data."),
            Self::Envelope => f.write_str("Vault envelope format error."),
            Self::Hex => f.write_str("Vault format unhexlify error."),
            Self::Text => f.write_str("Vault vaulttext format error."),
            Self::Cipher(name) => write!(f, "Cipher '{name}' could not be found."),
            Self::NoSecrets => f.write_str("Attempting to decrypt but no vault secrets found."),
            Self::NoneFits => {
                f.write_str("Decryption failed (no vault secrets were found that could decrypt).")
            }
            Self::NotUtf8 => f.write_str("The decrypted data is not UTF-8 text."),
            Self::AlreadyVault => f.write_str("input is already encrypted"),
            Self::NoSecretToEncrypt => {
                f.write_str("A vault password must be specified to encrypt data")
            }
            Self::NoSuchId(id, known) => {
                let known: Vec<String> = known.iter().map(|id| format!("'{id}'")).collect();
                let known = known.join(", ");
                write!(
                    f,
                    "Did not find a match for --encrypt-vault-id={id} in the known vault-ids [{known}]"
                )
            }
            Self::EmptyPrompt => f.write_str("Invalid vault password was provided"),
            Self::PromptEnded(id) => write!(f, "EOFError (ctrl-d) on prompt for ({id})"),
            Self::Mismatch => f.write_str("Passwords do not match"),
            Self::Random => f.write_str("The system gave no random bytes for a salt."),
            _ => self.source_text(f),
        }
    }
}

impl Error {
    /// Problems of password files and scripts.
    fn source_text(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FileMissing(path) => write!(f, "The vault password file {path} was not found"),
            Self::FileIsDirectory(path) => {
                write!(f, "The vault password file provided '{path}' can not be a directory")
            }
            Self::FileUnreadable(path, why) => {
                write!(f, "Could not read vault password file '{path}': {why}")
            }
            Self::Empty(source) => write!(f, "Invalid vault password was provided from {source}"),
            Self::ScriptFailed(path, why) => write!(
                f,
                "Problem running vault password script {path} ({why}). If this is not a script, \
                 remove the executable bit from the file."
            ),
            Self::ScriptExit(path, code) => {
                write!(f, "Vault password script {path} returned non-zero ({code})")
            }
            Self::ClientUnknown(path, id, said) => write!(
                f,
                "Vault password client script {path} did not find a secret for vault-id={id}: {said}"
            ),
            Self::ClientExit(path, code, id, said) => write!(
                f,
                "Vault password client script {path} returned non-zero ({code}) when getting secret \
                 for vault-id={id}: {said}"
            ),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self::new(error.to_string())
    }
}
