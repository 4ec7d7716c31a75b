//! Where vault passwords come from: files, scripts, the terminal.

use super::Error;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

/// Password bytes, wiped when dropped.
pub type Password = Zeroizing<Vec<u8>>;

/// Asks a person for a password; tests answer themselves.
pub trait Prompt: Send + Sync {
    /// The answer to this question, not echoed.
    fn ask(&self, question: &str) -> io::Result<Zeroizing<String>>;
}

/// The terminal of the process.
#[derive(Debug)]
pub struct Terminal;

impl Prompt for Terminal {
    fn ask(&self, question: &str) -> io::Result<Zeroizing<String>> {
        rpassword::prompt_password(question).map(Zeroizing::new)
    }
}

/// One place a password comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Asked on the terminal with these questions; all answers must be the same.
    Prompt(Vec<String>),
    /// A file, or a program if it is executable.
    File(PathBuf),
}

impl Source {
    /// Fetches the password for this id. `decrypt` opens a password file that is a vault itself.
    pub(super) fn password(
        &self,
        id: &str,
        prompt: &dyn Prompt,
        decrypt: &dyn Fn(&str) -> Result<Password, Error>,
    ) -> Result<Password, Error> {
        match self {
            Self::Prompt(questions) => asked(questions, id, prompt),
            Self::File(path) => match self.missing() {
                Some(error) => Err(error),
                None if is_executable(path) => run(path, id),
                None => read(path, decrypt),
            },
        }
    }

    /// Why there can be no password in a file.
    pub(super) fn missing(&self) -> Option<Error> {
        match self {
            Self::File(path) if path.is_dir() => Some(Error::FileIsDirectory(shown(path))),
            Self::File(path) if !path.exists() => Some(Error::FileMissing(shown(path))),
            Self::File(_) | Self::Prompt(_) => None,
        }
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
}

fn asked(questions: &[String], id: &str, prompt: &dyn Prompt) -> Result<Password, Error> {
    let mut first: Option<Password> = None;
    for question in questions {
        let answer = prompt.ask(question).map_err(|_| Error::PromptEnded(id.to_string()))?;
        if answer.is_empty() {
            return Err(Error::EmptyPrompt);
        }
        let answer = Zeroizing::new(answer.trim().as_bytes().to_vec());
        match &first {
            Some(first) if **first != *answer => return Err(Error::Mismatch),
            Some(_) => {}
            None => first = Some(answer),
        }
    }
    first.ok_or(Error::EmptyPrompt)
}

fn read(path: &Path, decrypt: &dyn Fn(&str) -> Result<Password, Error>) -> Result<Password, Error> {
    let bytes = std::fs::read(path)
        .map(Zeroizing::new)
        .map_err(|why| Error::FileUnreadable(shown(path), why.to_string()))?;
    let text = bytes.trim_ascii();
    let password = match std::str::from_utf8(text) {
        Ok(vault) if super::is_vault(vault) => without_newlines(&decrypt(vault)?),
        _ => without_newlines(text),
    };
    filled(password, || format!("file ({})", shown(path)))
}

fn filled(password: Password, source: impl Fn() -> String) -> Result<Password, Error> {
    if password.is_empty() { Err(Error::Empty(source())) } else { Ok(password) }
}

fn without_newlines(bytes: &[u8]) -> Password {
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let start = bytes.iter().position(|byte| !is_end(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !is_end(byte)).map_or(start, |last| last + 1);
    Zeroizing::new(bytes[start..end].to_vec())
}

/// Runs a password script. One whose name ends in `-client` is told the id.
fn run(path: &Path, id: &str) -> Result<Password, Error> {
    let client = path.file_stem().is_some_and(|name| name.to_string_lossy().ends_with("-client"));
    let mut command = Command::new(path);
    command.stdin(Stdio::inherit());
    if client {
        command.args(["--vault-id", id]);
    } else {
        command.stderr(Stdio::inherit());
    }
    let output =
        command.output().map_err(|why| Error::ScriptFailed(shown(path), why.to_string()))?;
    let printed = Zeroizing::new(output.stdout);
    let code = output.status.code().unwrap_or(-1);
    if code != 0 {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_string();
        let (path, id) = (shown(path), id.to_string());
        return Err(match code {
            _ if !client => Error::ScriptExit(path, code),
            2 => Error::ClientUnknown(path, id, said),
            _ => Error::ClientExit(path, code, id, said),
        });
    }
    filled(without_newlines(&printed), || format!("script ({})", shown(path)))
}
