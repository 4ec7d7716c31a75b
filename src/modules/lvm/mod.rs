//! Linux' logical volumes: groups of disks, volumes, thin pools.

mod lvg;
mod lvol;
mod making;
mod seen;
mod size;
#[cfg(test)]
mod tests;
mod thin;
mod volumes;

use crate::spec::{Command, Ctx, Entry, Failure, Op, Os, Ran};

/// The family's part of the table.
pub static FAMILY: &[Entry] =
    &[Entry::state(&lvg::Lvg), Entry::state(&lvol::Lvol), Entry::state(&thin::LvmThin)];

const LOOK: &str = concat!(include_str!("../told/ask.sh"), include_str!("look.sh"));

fn only_linux(module: &str, ctx: Ctx<'_>) -> Result<(), Failure> {
    if ctx.platform.os == Os::Linux {
        return Ok(());
    }
    Err(Failure::new(format!("{module} is for Linux: this host is {}", ctx.platform.system)))
}

/// Refuses what is no name of a group or volume.
fn check_name(what: &str, name: &str) -> Result<(), Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
    let fine = !name.is_empty()
        && name.len() < 128
        && !name.starts_with('-')
        && name != "."
        && name != "..";
    if fine && name.chars().all(plain) {
        return Ok(());
    }
    Err(Failure::new(format!("{what}: {name:?} is no name of a volume or group")))
}

/// Refuses what is no path of a device.
fn check_device(path: &str) -> Result<(), Failure> {
    if path.starts_with("/dev/") && !path.contains(char::is_whitespace) && !path.contains("/../") {
        return Ok(());
    }
    Err(Failure::new(format!("{path:?} is no path of a device")))
}

/// A tool of LVM, quiet about descriptors that it inherits.
fn run<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Op {
    let env = [("LC_ALL", "C"), ("LVM_SUPPRESS_FD_WARNINGS", "1")];
    let env = env.map(|(name, value)| (name.to_string(), value.to_string())).to_vec();
    Op::Run(Command { env, ..Command::new(words) })
}

/// A tool that failed, in its own words.
fn explain(ran: &Ran) -> Option<Failure> {
    let Op::Run(command) = &ran.change.op else { return None };
    let (rc, err) = (ran.answer.rc, ran.answer.error_text());
    let text = format!("{} failed: {}", command.argv.join(" "), err.trim());
    (rc != 0).then(|| Failure::new(text).with("rc", i64::from(rc)).with("err", err))
}
