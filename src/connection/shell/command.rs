//! A user's command as the text of its subshell.

use crate::base::quote;
use crate::spec::Command;

/// Names that some shell does not let us set: they go through env(1).
const FIXED: [&str; 7] = ["PPID", "UID", "EUID", "SHELLOPTS", "BASHOPTS", "BASH_VERSINFO", "_"];

/// The text that becomes the command, with these variables before its own.
pub fn text(command: &Command, env: &[(String, String)]) -> String {
    let (mut text, odd) = exports(env.iter().chain(&command.env));
    if let Some(dir) = &command.chdir {
        text.extend(["tk_chdir ", &quote::sh(dir), "\n"]);
    }
    let words = words(command);
    if odd.is_empty() {
        return text + "tk_exec " + &quote::words(words);
    }
    text + "tk_exec env " + &quote::words(odd.into_iter().chain(words))
}

/// Lines that set variables, and those words that only env(1) can set.
fn exports<'a>(env: impl Iterator<Item = &'a (String, String)>) -> (String, Vec<String>) {
    let (mut text, mut odd) = (String::new(), Vec::new());
    for (name, value) in env {
        if is_name(name) && !FIXED.contains(&name.as_str()) {
            text.extend(["export ", name, "=", &quote::sh(value), "\n"]);
        } else {
            odd.push(format!("{name}={value}"));
        }
    }
    (text, odd)
}

fn words(command: &Command) -> Vec<String> {
    match &command.shell {
        None => command.argv.clone(),
        Some(script) => {
            let shell = command.executable.as_deref().unwrap_or("/bin/sh");
            vec![shell.to_string(), "-c".to_string(), script.clone()]
        }
    }
}

/// The command as a script of its own, without functions of ours.
pub fn script(command: &Command) -> String {
    let (mut text, odd) = exports(command.env.iter());
    if let Some(dir) = &command.chdir {
        text.extend(["cd ", &quote::sh(dir), " || exit 1\n"]);
    }
    let env = if odd.is_empty() { "" } else { "env " };
    let words = quote::words(odd.into_iter().chain(words(command)));
    match &command.stdin {
        None => format!("{text}exec {env}{words} </dev/null\n"),
        Some(data) => format!("{text}printf %b '{}' | {env}{words}\n", escaped(data)),
    }
}

/// Bytes as printf's %b reads them.
fn escaped(data: &[u8]) -> String {
    use std::fmt::Write as _;
    data.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "\\0{byte:03o}");
        text
    })
}

fn is_name(name: &str) -> bool {
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    first && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// What a message calls it; nothing of one that holds secrets.
pub fn label(command: &Command) -> String {
    if command.secret {
        return "a command".to_string();
    }
    let text = match &command.shell {
        Some(script) => script.clone(),
        None => command.argv.join(" "),
    };
    let mut line: String = text.lines().next().unwrap_or_default().chars().take(60).collect();
    if line.len() < text.len() {
        line.push_str("...");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_directory_and_words_are_quoted() {
        let mut command = Command::new(["echo", "a b"]);
        command.chdir = Some("/x y".into());
        command.env = vec![("A".into(), "it's".into()), ("b.c".into(), "1".into())];
        let env = [("UID".to_string(), "7".to_string())];
        assert_eq!(
            text(&command, &env),
            "export A='it'\\''s'\ntk_chdir '/x y'\ntk_exec env UID=7 b.c=1 echo 'a b'"
        );
        assert_eq!(
            script(&command),
            "export A='it'\\''s'\ncd '/x y' || exit 1\nexec env b.c=1 echo 'a b' </dev/null\n"
        );
        let command = Command { stdin: Some("a\n".into()), ..Command::new(["cat"]) };
        assert_eq!(script(&command), "printf %b '\\0141\\0012' | cat\n");
        let command = Command { executable: Some("/bin/bash".into()), ..Command::shell("a\nb") };
        assert_eq!(text(&command, &[]), "tk_exec /bin/bash -c 'a\nb'");
        assert_eq!(label(&command), "a...");
    }
}
