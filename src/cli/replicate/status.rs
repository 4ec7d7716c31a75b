//! `tank replicate status`: how fresh copies are, for people and for monitoring.

use super::file;
use crate::base::Diagnostic;
use crate::cli::options::{self, text};
use crate::cli::{prepare, signals};
use crate::run::replicate::{Asked, Status, now, status};
use crate::zfs::freshness::{self, Limit, LimitError, Limits};
use crate::zfs::span::{Span, SpanError};
use crate::zfs::topology::{self, Link};
use clap::{Arg, ArgMatches, Command};
use std::path::Path;

/// Code of monitoring plugins that could not look.
const UNKNOWN: u8 = 3;
/// Code where hosts could not be asked.
const UNREACHABLE: u8 = 4;

fn command() -> Command {
    let about = "Says how old the newest snapshot is that both ends of each edge have, and how the pools are.";
    let check = "Exit with 0 (fine), 1 (warning), 2 (critical) or 3 (unknown)";
    let age = |name, default, help| span(name, help).default_value(default);
    super::edges(Command::new("tank replicate status"))
        .about(about)
        .mut_arg("check", |arg| arg.help(check))
        .arg(age("warn", "26h", "Warn of older common snapshots, where the edge does not say"))
        .arg(age("crit", "50h", "They are critical above this, where the edge does not say"))
        .arg(age("token-warn", "24h", "Warn of older unfinished receives"))
        .arg(age("token-crit", "7d", "They are critical above this"))
        .arg(
            Arg::new("hold-warn")
                .long("hold-warn")
                .num_args(1)
                .default_value("30d")
                .value_parser(hold)
                .help("Warn of older holds of an edge; 'off': of none"),
        )
        .arg(percent("pool-warn", "80", "Warn of pools that are fuller, in per cent"))
        .arg(percent("pool-crit", "90", "They are critical above this"))
        .arg(
            Arg::new("format")
                .long("format")
                .num_args(1)
                .default_value("text")
                .value_parser(["text", "json", "prometheus"])
                .help("What is written"),
        )
        .arg(
            Arg::new("out")
                .long("out")
                .num_args(1)
                .help("Write it to this file, in one step, and not to standard output"),
        )
}

fn span(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).num_args(1).value_parser(clap::value_parser!(Span)).help(help)
}

fn percent(name: &'static str, default: &'static str, help: &'static str) -> Arg {
    let parser = clap::value_parser!(u8).range(0..=100);
    Arg::new(name).long(name).num_args(1).default_value(default).value_parser(parser).help(help)
}

/// A length of time, or `off`.
fn hold(text: &str) -> Result<Option<Span>, SpanError> {
    if text == "off" { Ok(None) } else { text.parse().map(Some) }
}

/// Runs the command; gives its exit code.
pub fn main(words: &[String]) -> u8 {
    let matches = match options::parse(command(), words) {
        Ok(matches) => matches,
        Err(0) => return 0,
        // Its code is that of a critical state.
        Err(_) if words.iter().any(|word| word == "--check" || word == "-C") => return UNKNOWN,
        Err(code) => return code,
    };
    let check = options::is_set(&matches, "check");
    let unbuilt = options::unbuilt(&matches).map(|option| format!("{option} is not there yet"));
    let done = match unbuilt {
        Some(refused) => Err(Diagnostic::new(refused).code(5)),
        None => run(&matches, check),
    };
    done.unwrap_or_else(|error| {
        let code = prepare::fail(&error);
        if check { UNKNOWN } else { code }
    })
}

fn run(matches: &ArgMatches, check: bool) -> Result<u8, Diagnostic> {
    let limits =
        limits(matches).map_err(|error| Diagnostic::new(format!("limits: {error}")).code(5))?;
    let ready = super::ready(matches)?;
    let links: Vec<Link> = topology::chosen(&ready.links, &ready.only).cloned().collect();
    let asked = Asked::new(&links, limits, now()).map_err(|(edge, error)| {
        let error = Diagnostic::new(format!("edge {edge}: {error}")).code(4);
        error.hint("Its own 'warn' and 'crit' go over --warn and --crit.")
    })?;
    let Some(found) = ready.work(async |hosts| Some(status(&asked, hosts).await))? else {
        return Ok(if check { UNKNOWN } else { signals::INTERRUPTED });
    };
    let status = found.ok_or_else(|| Diagnostic::new("nothing was asked").code(250))?;
    tell(matches, &status)?;
    Ok(match (check, status.unasked.is_empty()) {
        (true, _) => status.report.level().rc(),
        (false, true) => 0,
        (false, false) => UNREACHABLE,
    })
}

fn tell(matches: &ArgMatches, status: &Status) -> Result<(), Diagnostic> {
    let report = &status.report;
    let written = match text(matches, "format") {
        Some("json") => format!("{:#}\n", freshness::json(report)),
        Some("prometheus") => freshness::prometheus(report),
        _ => freshness::text(report),
    };
    match text(matches, "out") {
        None => options::say(written.trim_end()),
        Some(path) => file::replace(Path::new(path), written.as_bytes()).map_err(|error| {
            Diagnostic::new(format!("{path} could not be written: {error}")).code(1)
        })?,
    }
    Ok(())
}

fn limits(matches: &ArgMatches) -> Result<Limits, LimitError> {
    let usual = Limits::default();
    let span = |name: &str, usual| matches.get_one::<Span>(name).copied().unwrap_or(usual);
    let full = |name: &str, usual| matches.get_one::<u8>(name).copied().unwrap_or(usual);
    Ok(Limits {
        common: Limit::new(span("warn", usual.common.warn()), span("crit", usual.common.crit()))?,
        token: Limit::new(
            span("token-warn", usual.token.warn()),
            span("token-crit", usual.token.crit()),
        )?,
        hold: matches.get_one::<Option<Span>>("hold-warn").copied().unwrap_or(usual.hold),
        capacity: Limit::new(
            full("pool-warn", usual.capacity.warn()),
            full("pool-crit", usual.capacity.crit()),
        )?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Limits, String> {
        let words = [&["tank"], words].concat();
        let matches = command().try_get_matches_from(words).map_err(|error| error.to_string())?;
        limits(&matches).map_err(|error| error.to_string())
    }

    #[test]
    fn limits_are_the_usual_ones_or_those_that_are_given() {
        assert_eq!(read(&[]), Ok(Limits::default()));
        let given = read(&["--warn", "1s", "--pool-crit", "80", "--hold-warn", "off"]).unwrap();
        assert_eq!(given.common.warn(), "1s".parse().unwrap());
        assert_eq!((given.capacity.crit(), given.hold), (80, None));
        assert_eq!(
            read(&["--warn", "3d"]),
            Err("critical above 2d2h comes before the warning above 3d".to_owned())
        );
        for (words, error) in [
            (["--crit", "7"], "7 of what? Say 7m, 7h or 7d"),
            (["--hold-warn", "x"], "\"x\": a whole number must stand here"),
            (["--pool-warn", "101"], "101 is not in 0..=100"),
        ] {
            let told = read(&words).unwrap_err();
            assert!(told.contains(error), "{told}");
        }
    }
}
