//! What Proxmox' API says, and how it is asked.

use crate::base::{Value, quote};
use crate::modules::told::Told;
use crate::spec::{Change, Command, Ctx, Failure, Op, Os};

/// Refuses other systems.
pub fn only_linux(module: &str, ctx: Ctx<'_>) -> Result<(), Failure> {
    if ctx.platform.os == Os::Linux {
        return Ok(());
    }
    Err(Failure::new(format!("{module} is for Proxmox VE: this host is {}", ctx.platform.system)))
}

/// Whether there is a Proxmox at all.
pub fn is_there(told: &Told) -> Result<(), Failure> {
    match told.worked("tool") {
        true => Ok(()),
        false => {
            Err(Failure::new("there is no pvesh: this host is no node of Proxmox VE").missing())
        }
    }
}

/// The answer of a path; None: there is no such thing.
///
/// # Errors
/// The API refused.
pub fn got(told: &Told, path: &str) -> Result<Option<Value>, Failure> {
    let said = told.of(&format!("get {path}"));
    let said = said.ok_or_else(|| Failure::new(format!("{path} was not asked")))?;
    if said.rc != 0 {
        let text = said.text.trim();
        let missing = text.contains("does not exist") || text.contains("no such");
        return if missing { Ok(None) } else { Err(refused(path, text)) };
    }
    // Warnings stand in front of it.
    let found = said.text.lines().find_map(|line| {
        let json = line.starts_with(['{', '[']).then(|| crate::base::value::from_json(line).ok());
        json.flatten()
    });
    found.map(Some).ok_or_else(|| {
        Failure::new(format!("pvesh get {path} did not answer in JSON: {}", said.text.trim()))
    })
}

/// The list of a path.
///
/// # Errors
/// The API refused, or answered something else.
pub fn list(told: &Told, path: &str) -> Result<Vec<Value>, Failure> {
    let value = got(told, path)?.unwrap_or_else(|| Value::list(Vec::new()));
    let items =
        value.as_list().ok_or_else(|| Failure::new(format!("pvesh get {path}: no list")))?;
    Ok(items.to_vec())
}

fn refused(path: &str, text: &str) -> Failure {
    let mut words = format!("pvesh get {path}: {text}");
    if text.contains("no quorum") {
        words += "\nThe cluster has no quorum: nothing can be changed.";
    }
    if text.contains("please run as root") || text.contains("Permission denied") {
        words += "\nIt is asked as root.";
    }
    Failure::new(words)
}

/// The text of a property; empty when it is not there.
pub fn text(value: &Value, name: &str) -> String {
    value.get(name).filter(|found| !found.is_null()).map(Value::text).unwrap_or_default()
}

/// A number of a property.
pub fn number(value: &Value, name: &str) -> Option<i64> {
    value.get(name).and_then(|found| found.as_int().or_else(|| found.text().parse().ok()))
}

/// A change by one program with its words.
pub fn run(words: &[String], why: impl Into<String>) -> Change {
    let env = [("LC_ALL", "C"), ("NO_COLOR", "1")];
    let env = env.into_iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    Change::new(Op::Run(Command { env, ..Command::new(words.iter().cloned()) }), why)
}

/// The same by a shell text.
pub fn shell(text: String, why: impl Into<String>) -> Change {
    let env = vec![("LC_ALL".to_string(), "C".to_string())];
    Change::new(Op::Run(Command { env, ..Command::shell(text) }), why)
}

/// Words as a shell text.
pub fn quoted(words: &[String]) -> String {
    quote::words(words.iter().map(String::as_str))
}

/// Failure text of a command, by the words that Proxmox says.
pub fn explained(why: &str, rc: i32, said: &str) -> Failure {
    let said = said.trim_end();
    let hint = if said.contains("can't lock file") {
        "; another task holds its lock"
    } else if said.contains("no quorum") {
        "; the cluster has no quorum"
    } else if said.contains("No space left") || said.contains("out of space") {
        "; the storage is full"
    } else {
        ""
    };
    Failure::new(format!("{why}: {said}{hint}")).with("rc", rc)
}

/// Name of a thing of Proxmox': letters, digits, `-`, `_`, `.`.
///
/// # Errors
/// It is none.
pub fn name(what: &str, text: &str) -> Result<(), Failure> {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let first = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let last = text.ends_with(|c: char| c.is_ascii_alphanumeric());
    if first && last && text.len() <= 100 && text.chars().all(letter) {
        return Ok(());
    }
    Err(Failure::new(format!("invalid {what}: '{text}'")))
}

/// Number of a guest.
///
/// # Errors
/// It is none.
pub fn vmid(number: i64) -> Result<(), Failure> {
    if (100..=999_999_999).contains(&number) {
        return Ok(());
    }
    Err(Failure::new(format!("{number} is no number of a guest: 100 to 999999999")))
}
