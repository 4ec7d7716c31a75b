//! libvirt: virtual machines, networks and pools of volumes.

mod compare;
mod domain;
mod net;
mod pool;
mod thing;
mod virt;
mod xml;

use crate::modules::told::Told;
use crate::spec::{Change, Entry, Failure, Op, Os, Platform, Probe, Ran};

/// The family's part of the table.
pub static FAMILY: &[Entry] =
    &[Entry::state(&virt::Virt), Entry::state(&net::VirtNet), Entry::state(&pool::VirtPool)];

/// Refuses a name that virsh could take for something else: a number is an id for it, and so is what looks like a UUID.
fn check_name(what: &str, name: &str) -> Result<(), Failure> {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '@' | ':');
    let first = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let wrong = |why: &str| Err(Failure::new(format!("invalid name of a {what}: {name:?}: {why}")));
    if name.is_empty() || name.len() > 128 || !first || !name.chars().all(plain) {
        return wrong("letters, digits and . - _ + @ :, a letter or digit first");
    }
    if name.chars().all(|c| c.is_ascii_digit()) {
        return wrong("virsh takes a number for an id");
    }
    let uuid = name.len() == 36 || name.len() == 32;
    if uuid && name.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
        return wrong("virsh takes it for a UUID");
    }
    Ok(())
}

/// Refuses a URI that is none, or that asks something on a terminal.
fn check_uri(uri: &str) -> Result<(), Failure> {
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if uri.is_empty() || uri.starts_with('-') || uri.contains(odd) || !uri.contains(':') {
        return Err(Failure::new(format!("{uri:?} is no URI of libvirt, such as qemu:///system")));
    }
    Ok(())
}

/// Refuses other systems: everything here goes through virsh of a Linux host.
fn only_linux(module: &str, platform: &Platform) -> Result<(), Failure> {
    match platform.os {
        Os::Linux => Ok(()),
        _ => Err(Failure::new(format!("{module} is for hypervisors on Linux"))),
    }
}

/// Refuses where virsh is missing or libvirt does not answer.
fn reached(told: &Told, uri: &str) -> Result<(), Failure> {
    told.tool("virsh").map_err(Failure::missing)?;
    match told.of("names") {
        Some(said) if said.rc == 0 => Ok(()),
        said => {
            let text = errors(said.map_or("", |said| said.text.as_str()));
            Err(Failure::new(format!("cannot reach libvirt at {uri}: {text}")).missing())
        }
    }
}

/// The lines of one text of virsh's that are names.
fn names(told: &Told, what: &str) -> Vec<String> {
    let lines = told.text(what).lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).map(str::to_string).collect()
}

/// What virsh said, in one line: its `error: ` in front of each line says nothing.
fn errors(text: &str) -> String {
    let plain = |line: &str| line.trim().trim_start_matches("error: ").to_string();
    let lines =
        text.lines().map(plain).filter(|line| !matches!(line.as_str(), "" | "(null)" | "^"));
    lines.collect::<Vec<_>>().join(": ")
}

/// The value behind `Name:` of one of virsh's tables.
fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

/// The change that is one call of virsh.
fn virsh<S: Into<String>>(uri: &str, words: impl IntoIterator<Item = S>, why: String) -> Change {
    let probe = Probe::new("kvm_do", include_str!("do.sh")).words([uri]).words(words);
    Change::new(Op::Script(probe), why)
}

/// The same with a document on its stdin. It may hold passwords.
fn virsh_with<S: Into<String>>(
    uri: &str,
    words: impl IntoIterator<Item = S>,
    document: &xml::Node,
    why: String,
) -> Change {
    let mut change = virsh(uri, words, why);
    if let Op::Script(probe) = &mut change.op {
        *probe = probe.clone().input(document.write()).secret();
    }
    change
}

/// What virsh was told to do by a change; empty: it is another kind of change.
fn words(change: &Change) -> &[String] {
    match &change.op {
        Op::Script(probe) => probe.words.get(1..).unwrap_or_default(),
        _ => &[],
    }
}

/// The failure of a call of virsh's.
fn explain(ran: &Ran) -> Option<Failure> {
    let error = ran.answer.error_text();
    let text = errors(&error);
    let failure = Failure::new(format!("{}: {text}", ran.change.why));
    Some(failure.with("rc", i64::from(ran.answer.rc)).with("stderr", error))
}

#[cfg(test)]
mod tests;
