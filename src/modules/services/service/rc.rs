//! FreeBSD's rc.d.

use super::super::foretold::{Foretold, may_come};
use super::Args;
use super::daemon::{Daemon, Tools, undetermined};
use crate::base::Value;
use crate::modules::told::Told;
use crate::spec::{Ctx, Failure};

/// The probe.
pub const LOOK: &str =
    concat!(include_str!("../../told/ask.sh"), include_str!("../seen.sh"), include_str!("rc.sh"));

/// Reads its answer.
pub fn read(args: &Args, told: &Told, ctx: Ctx<'_>) -> Result<Daemon, Failure> {
    let service = told.tool("service")?;
    let known = Foretold::of(ctx, &args.name);
    if let Some(text) = missing(told) {
        let files =
            [format!("/usr/local/etc/rc.d/{0}", args.name), format!("/etc/rc.d/{0}", args.name)];
        return match may_come(ctx, &files) {
            Some(later) => Ok(Daemon::coming(later, known)),
            None => Err(not_there(args, text)),
        };
    }
    let sysrc = told.of("sysrc").map(|said| said.text.trim().to_string());
    let pairs = told.of("rcvar").map(|said| pairs(&said.text));
    if let Some(said) = told.of("rcvar").filter(|_| pairs.as_ref().is_some_and(Vec::is_empty)) {
        return Err(no_rcvar(&said.text));
    }
    let first = pairs.iter().flatten().next().cloned();
    let alone = pairs.as_ref().is_some_and(|pairs| pairs.len() == 1);
    let mut daemon = Daemon {
        enabled: first.as_ref().map(|(_, value)| is_yes(value)),
        tools: Tools::Rc { service, sysrc, rcvar: first.map(|(name, _)| (name, alone)) },
        passing: told.text("script").contains("start_cmd=") && lines(told.text("script")) == 1,
        ..Daemon::default()
    };
    if let Some(said) = told.of("processes") {
        daemon.running = Some(said.rc == 0);
    }
    if let Some(said) = told.of("status") {
        daemon.running = running(&args.name, said.rc, &said.text)?;
        daemon.unknown = said.text.lines().next().unwrap_or_default().to_string();
        daemon.proof = pids(&said.text);
    }
    Ok(daemon.with(known))
}

fn lines(text: &str) -> usize {
    text.lines().count()
}

/// What service(8) says of a name that has no script.
fn missing(told: &Told) -> Option<&str> {
    let texts = ["rcvar", "status"].into_iter().map(|what| told.text(what));
    texts.into_iter().find(|text| text.contains("does not exist in /etc/rc.d"))
}

fn not_there(args: &Args, text: &str) -> Failure {
    if args.enabled.is_some() { no_rcvar(text) } else { Failure::new(text) }
}

fn no_rcvar(text: &str) -> Failure {
    let lines = text.lines().map(Value::from).collect();
    let failure = Failure::new("unable to determine rcvar").with("stdout", text);
    let failure = failure.with("stdout_lines", Value::list(lines));
    failure.with("stderr", "").with("stderr_lines", Value::list(Vec::new()))
}

/// The variables that `rcvar` prints, with their values. Some scripts print other things beside them.
fn pairs(text: &str) -> Vec<(String, String)> {
    let pair = |line: &str| {
        let (name, value) = line.trim().split_once('=')?;
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let plain = !name.is_empty() && name.chars().all(word);
        let value = value.trim().trim_matches(|c| c == '"' || c == '\'');
        plain.then(|| (name.to_string(), value.to_string()))
    };
    text.lines().filter_map(pair).collect()
}

/// What rc.subr takes for yes.
fn is_yes(value: &str) -> bool {
    ["yes", "true", "on", "1"].iter().any(|yes| value.eq_ignore_ascii_case(yes))
}

/// Whether it runs. A code of 1 alone says little: scripts without a process say it of the directive.
fn running(name: &str, rc: i32, text: &str) -> Result<Option<bool>, Failure> {
    if text.contains("unknown directive") {
        return Ok(None);
    }
    if name == "pf" && rc == 0 {
        return Ok(Some(text.contains("Enabled")));
    }
    match rc {
        0 => Ok(Some(true)),
        1 | 3 if !text.contains("Syntax error") => Ok(Some(false)),
        _ => Err(undetermined(text)),
    }
}

/// The processes that a status names.
fn pids(text: &str) -> String {
    let told = text.split_once("running as pid").map_or("", |(_, rest)| rest);
    let numbers: Vec<&str> =
        told.lines().next().unwrap_or_default().split(|c: char| !c.is_ascii_digit()).collect();
    numbers.into_iter().filter(|pid| !pid.is_empty()).collect::<Vec<_>>().join(" ")
}
