//! `tank replicate rights`.

use super::code;
use crate::base::Diagnostic;
use crate::cli::{options, signals};
use crate::run::replicate::{AskedRights, rights, rights_text};
use clap::{Arg, ArgAction, ArgMatches, Command};

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn command() -> Command {
    super::edges(Command::new("tank replicate rights"))
        .about("Says what users who are not root lack of 'zfs allow' on both ends of each edge.")
        .arg(flag("apply", "Grant it, as root (sudo, doas or su)"))
        .arg(flag("failover", "Also what 'tank replicate failover' needs"))
}

/// Runs the command; gives its exit code.
pub fn main(words: &[String]) -> u8 {
    super::command(command(), words, run)
}

fn run(matches: &ArgMatches) -> Result<u8, Diagnostic> {
    let ready = super::ready(matches)?;
    let asked = AskedRights {
        apply: options::is_set(matches, "apply"),
        failover: options::is_set(matches, "failover"),
    };
    let job = ready.job(matches, 0);
    let done = ready.work(async |hosts| {
        let task = hosts.root_task();
        rights(&job, asked, hosts, &hosts.with(&task)).await
    })?;
    let Some(ends) = done else { return Ok(signals::INTERRUPTED) };
    options::say(rights_text(&job, &ends, asked).trim_end());
    Ok(code(ends.iter().map(|end| end.level)))
}
