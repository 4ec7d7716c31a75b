//! `tank replicate verify`.

use crate::base::Diagnostic;
use crate::cli::options::{self, text};
use crate::cli::signals;
use crate::run::replicate::{Closely, verify};
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
    let job = ready.job(matches, 0);
    let how = Closely {
        level: matches.get_one::<Level>("level").copied().unwrap_or(Level::Content),
        snapshot: text(matches, "snapshot").map(str::to_owned),
    };
    let Some(edges) = ready.work(async |hosts| verify(&job, &how, hosts).await)? else {
        return Ok(signals::INTERRUPTED);
    };
    match text(matches, "format") {
        Some("json") => options::say(&format!("{:#}", found::json(&edges))),
        _ => options::say(found::text(&edges).trim_end()),
    }
    Ok(found::worst(&edges).rc())
}
