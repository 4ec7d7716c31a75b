//! `tank replicate rights`.

use super::{Ready, code};
use crate::base::Diagnostic;
use crate::cli::{options, signals};
use crate::run::replicate::{AskedRights, Job, on_session, rights, rights_text};
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
    let check = options::is_set(matches, "check");
    let asked = AskedRights {
        apply: options::is_set(matches, "apply"),
        failover: options::is_set(matches, "failover"),
    };
    let job = Job::new(ready.chosen(), check, 0, ready.teller());
    let Ready { session, book, line, .. } = &ready;
    let work = on_session(session, book, async |hosts| {
        let task = hosts.root_task();
        rights(&job, asked, hosts, &hosts.with(&task)).await
    });
    let Some(ends) = signals::guard(session, line, work)? else {
        return Ok(signals::INTERRUPTED);
    };
    let ends = ends.unwrap_or_default();
    options::say(rights_text(&job.links, &ends, asked, check).trim_end());
    Ok(code(ends.iter().map(|end| end.level)))
}
