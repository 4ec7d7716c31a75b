//! `tank replicate failover`.

use super::code;
use crate::base::Diagnostic;
use crate::cli::options::{self, text, texts};
use crate::cli::signals;
use crate::run::replicate::{back_out, fail_over, failover_text};
use crate::zfs::replication::failover::{How, Wish};
use clap::{Arg, ArgAction, ArgMatches, Command};

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn command() -> Command {
    options::hosts(Command::new("tank replicate failover"))
        .about("Makes the targets of edges the ends in use: their sources become read-only, they become writable.")
        .arg(Arg::new("edges").num_args(1..).required(true).value_name("EDGE").help("The edges"))
        .arg(
            Arg::new("topology")
                .long("topology")
                .num_args(1)
                .default_value("replication.yml")
                .help("The file with the edges"),
        )
        .arg(
            flag("final", "Copy what the source still has first, from a last snapshot")
                .conflicts_with_all(["unplanned", "back-out"]),
        )
        .arg(
            flag("unplanned", "Go on without the source, which can't be reached")
                .conflicts_with("back-out"),
        )
        .arg(flag("back-out", "Make the source writable again where a fail-over was only begun"))
        .arg(flag("no-mount", "Leave canmount as it is and mount nothing"))
        .arg(
            Arg::new("mountpoint")
                .long("mountpoint")
                .num_args(1)
                .conflicts_with("no-mount")
                .help("Where the target is to be mounted, if not where it would be (one edge only)"),
        )
}

/// Runs the command; gives its exit code.
pub fn main(words: &[String]) -> u8 {
    super::command(command(), words, run)
}

fn wish(matches: &ArgMatches) -> Result<Wish, Diagnostic> {
    let how = match (options::is_set(matches, "final"), options::is_set(matches, "unplanned")) {
        (true, _) => How::Final,
        (_, true) => How::Unplanned,
        _ => How::Switch,
    };
    let mountpoint = text(matches, "mountpoint").map(str::to_owned);
    if let Some(place) = mountpoint.as_ref().filter(|place| !place.starts_with('/')) {
        return Err(Diagnostic::new(format!("--mountpoint {place}: not an absolute path")).code(5));
    }
    if mountpoint.is_some() && texts(matches, "edges").len() > 1 {
        return Err(Diagnostic::new("--mountpoint is for one edge").code(5));
    }
    Ok(Wish { how, mount: !options::is_set(matches, "no-mount"), mountpoint })
}

fn run(matches: &ArgMatches) -> Result<u8, Diagnostic> {
    let wish = wish(matches)?;
    let ready = super::ready_for(matches, texts(matches, "edges"))?;
    let job = ready.job(matches, 2);
    let undo = options::is_set(matches, "back-out");
    let done = ready.work(async |hosts| match undo {
        true => back_out(&job, &wish, hosts).await,
        false => fail_over(&job, &wish, hosts).await,
    })?;
    let Some(ends) = done else { return Ok(signals::INTERRUPTED) };
    options::say(failover_text(&job, &ends).trim_end());
    Ok(code(ends.iter().map(|end| end.level)))
}
