//! `tank replicate plan` and `run`.

use super::code;
use crate::base::Diagnostic;
use crate::cli::{options, signals};
use crate::run::replicate::{replicate, text};
use clap::{Arg, ArgMatches, Command};

fn command(name: &'static str) -> Command {
    super::edges(Command::new(name))
        .about("Copies ZFS datasets from host to host, as replication.yml says.")
        .arg(
            Arg::new("retries")
                .long("retries")
                .num_args(1)
                .default_value("2")
                .value_parser(clap::value_parser!(u32))
                .help("How often a cut stream is gone on with"),
        )
}

/// `tank replicate plan`; gives its exit code.
pub fn plan(words: &[String]) -> u8 {
    super::command(command("tank replicate plan"), words, |matches| copy(matches, true))
}

/// `tank replicate run`; gives its exit code.
pub fn run(words: &[String]) -> u8 {
    super::command(command("tank replicate run"), words, |matches| copy(matches, false))
}

fn copy(matches: &ArgMatches, plan: bool) -> Result<u8, Diagnostic> {
    let ready = super::ready(matches)?;
    let mut job = ready.job(matches, matches.get_one::<u32>("retries").copied().unwrap_or(2));
    job.check |= plan;
    let Some(ends) = ready.work(async |hosts| replicate(&job, hosts).await)? else {
        return Ok(signals::INTERRUPTED);
    };
    options::say(text(&job.links, &ends, job.check).trim_end());
    Ok(code(ends.iter().map(|end| end.level)))
}
