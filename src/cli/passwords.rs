//! Passwords the operator gives: prompts and files (`-k`, `-K`).

use super::options::{is_set, text};
use crate::base::{Diagnostic, Value};
use clap::ArgMatches;

/// Login and become passwords, marked secret.
#[derive(Default)]
pub struct Passwords {
    /// For logins.
    pub login: Option<Value>,
    /// For sudo, doas and su.
    pub r#become: Option<Value>,
}

/// Asks for what the options want; one prompt each, before anything else happens.
pub fn ask(matches: &ArgMatches) -> Result<Passwords, Diagnostic> {
    let login = match (is_set(matches, "ask_pass"), text(matches, "conn_file")) {
        (true, _) => Some(prompt("SSH password: ")?),
        (false, Some(file)) => Some(from_file(file)?),
        (false, None) => None,
    };
    let r#become = match (is_set(matches, "ask_become"), text(matches, "become_file")) {
        (true, _) if login.is_some() => {
            let answer = prompt("BECOME password[defaults to SSH password]: ")?;
            if answer.is_true() { Some(answer) } else { login.clone() }
        }
        (true, _) => Some(prompt("BECOME password: ")?),
        (false, Some(file)) => Some(from_file(file)?),
        (false, None) => None,
    };
    Ok(Passwords { login, r#become })
}

fn prompt(text: &str) -> Result<Value, Diagnostic> {
    let answer = rpassword::prompt_password(text);
    answer.map(|word| Value::from(word).secret()).map_err(|error| {
        Diagnostic::new(format!("could not ask for a password: {error}"))
            .hint("Without a terminal give --connection-password-file or --become-password-file.")
    })
}

/// The first line of a file, or of what it prints if it is a program.
fn from_file(file: &str) -> Result<Value, Diagnostic> {
    use std::os::unix::fs::PermissionsExt;
    let unreadable = |error: std::io::Error| {
        Diagnostic::new(format!("could not read the password file {file}: {error}"))
    };
    let meta = std::fs::metadata(file).map_err(unreadable)?;
    let bytes = if meta.permissions().mode() & 0o111 != 0 {
        let path = std::path::absolute(file).map_err(unreadable)?;
        std::process::Command::new(path).output().map_err(unreadable)?.stdout
    } else {
        std::fs::read(file).map_err(unreadable)?
    };
    let text = String::from_utf8_lossy(&bytes);
    let word = text.trim_end_matches(['\r', '\n']).to_string();
    if word.is_empty() {
        return Err(Diagnostic::new(format!("Empty password was provided from file ({file})")));
    }
    Ok(Value::from(word).secret())
}
