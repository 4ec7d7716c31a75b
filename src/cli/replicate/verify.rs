//! `tank replicate verify`.

use super::Ready;
use crate::base::Diagnostic;
use crate::cli::options::{self, text};
use crate::cli::signals;
use crate::run::replicate::{Closely, Job, on_session, verify};
use crate::zfs::verify::{self as found, Level};
use clap::{Arg, ArgMatches, Command};

fn command() -> Command {
    super::edges(Command::new("tank replicate verify"))
        .about(
            "Compares copies with what they were made of. Code 0: all verified; 2: something differs; \
             3: something could not be looked at; 4: a host was not reached.",
        )
        .arg(
            Arg::new("level")
                .long("level")
                .num_args(1)
                .default_value("content")
                .value_parser(clap::value_parser!(Level))
                .help("How deep: guid, written, content or drill; each with all before it"),
        )
        .arg(
            Arg::new("snapshot")
                .long("snapshot")
                .num_args(1)
                .help("Which snapshot's content, by its name on the source; else the newest common one"),
        )
        .arg(
            Arg::new("format")
                .long("format")
                .num_args(1)
                .default_value("text")
                .value_parser(["text", "json"])
                .help("What is written"),
        )
}

/// Runs the command; gives its exit code.
pub fn main(words: &[String]) -> u8 {
    super::command(command(), words, run)
}

fn run(matches: &ArgMatches) -> Result<u8, Diagnostic> {
    let ready = super::ready(matches)?;
    let job = Job::new(ready.chosen(), options::is_set(matches, "check"), 0, ready.teller());
    let how = Closely {
        level: matches.get_one::<Level>("level").copied().unwrap_or(Level::Content),
        snapshot: text(matches, "snapshot").map(str::to_owned),
    };
    let Ready { session, book, line, .. } = &ready;
    let work = on_session(session, book, async |hosts| verify(&job, &how, hosts).await);
    let Some(edges) = signals::guard(session, line, work)? else {
        return Ok(signals::INTERRUPTED);
    };
    let edges = edges.unwrap_or_default();
    match text(matches, "format") {
        Some("json") => options::say(&format!("{:#}", found::json(&edges))),
        _ => options::say(found::text(&edges).trim_end()),
    }
    Ok(found::worst(&edges).rc())
}
