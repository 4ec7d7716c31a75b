//! What is mounted now, and what mounts it.

use super::fstab::{self, Line};
use crate::base::quote;
use crate::modules::told::Told;
use crate::spec::{Change, Command, Failure, Op, Os};

/// What mounts a line, whatever the table says yet.
pub fn by_hand(line: &Line, os: Os) -> String {
    // What only the table's readers know.
    let table = ["noauto", "late", "failok"];
    let opts = line.opts.split(',').filter(|opt| os != Os::FreeBsd || !table.contains(opt));
    let opts: Vec<&str> = opts.collect();
    let [fstype, opts, src, path] =
        [&line.fstype, &opts.join(","), &line.src, &line.path].map(|word| quote::sh(word));
    let opts = if opts == "''" { String::new() } else { format!(" -o {opts}") };
    format!("mount -t {fstype}{opts} {src} {path}")
}

/// A text for the shell.
pub fn shell(text: String, why: String) -> Change {
    let env = vec![("LC_ALL".to_string(), "C".to_string())];
    Change::new(Op::Run(Command { env, ..Command::shell(text) }), why)
}

/// Whether something is mounted there.
///
/// # Errors
/// It cannot be seen.
pub fn is_mounted(told: &Told, path: &str) -> Result<bool, Failure> {
    let (what, at) = if told.has("table") { ("table", 1) } else { ("mountinfo", 4) };
    let said = told.of(what).filter(|said| said.rc == 0);
    let said = said.ok_or_else(|| {
        Failure::new(format!("what is mounted cannot be seen: {}", told.text(what).trim()))
    })?;
    let here = |line: &str| line.split_whitespace().nth(at).map(fstab::unescape);
    Ok(said.text.lines().any(|line| here(line).as_deref() == Some(path)))
}
