//! `tank replicate prune`.

use super::code;
use crate::base::Diagnostic;
use crate::cli::{options, signals};
use crate::run::replicate::{Wish, prune, prune_text};
use clap::{Arg, ArgAction, ArgMatches, Command};

fn command() -> Command {
    super::edges(Command::new("tank replicate prune"))
        .about("Destroys snapshots that the edges' keep_source and keep_target do not keep.")
        .arg(
            Arg::new("allow_mass_prune")
                .long("allow-mass-prune")
                .action(ArgAction::SetTrue)
                .help("Destroy more at once than a policy's max_share"),
        )
}

/// Runs the command; gives its exit code.
pub fn main(words: &[String]) -> u8 {
    super::command(command(), words, run)
}

fn run(matches: &ArgMatches) -> Result<u8, Diagnostic> {
    let ready = super::ready(matches)?;
    let job = ready.job(matches, 0);
    let wish = Wish { allow_mass_prune: options::is_set(matches, "allow_mass_prune") };
    let Some(ends) = ready.work(async |hosts| prune(&job, &wish, hosts).await)? else {
        return Ok(signals::INTERRUPTED);
    };
    options::say(prune_text(&ends, job.check).trim_end());
    Ok(code(ends.iter().map(|end| end.level)))
}
