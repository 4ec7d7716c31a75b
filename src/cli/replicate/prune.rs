//! `tank replicate prune`.

use super::{Ready, code};
use crate::base::Diagnostic;
use crate::cli::{options, signals};
use crate::run::replicate::{Job, Wish, on_session, prune, prune_text};
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
    let check = options::is_set(matches, "check");
    // All edges are asked: those that are not pruned need their bases, too.
    let job = Job::new(ready.links.clone(), check, 0, ready.teller());
    let Ready { session, book, line, only, .. } = &ready;
    let allow_mass_prune = options::is_set(matches, "allow_mass_prune");
    let wish = Wish { allow_mass_prune, only: only.clone() };
    let work = on_session(session, book, async |hosts| prune(&job, &wish, hosts).await);
    let Some(ends) = signals::guard(session, line, work)? else {
        return Ok(signals::INTERRUPTED);
    };
    let ends = ends.unwrap_or_default();
    options::say(prune_text(&ends, check).trim_end());
    Ok(code(ends.iter().map(|end| end.level)))
}
