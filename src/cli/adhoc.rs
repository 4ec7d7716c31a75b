//! `tank adhoc`, `ansible`.

use super::options::{self, is_set, text};
use super::{playbook, prepare};
use crate::base::Diagnostic;
use crate::play::AdHoc;
use clap::ArgMatches;
use std::path::PathBuf;

/// Runs the command; gives its exit code.
pub fn main(name: &'static str, words: &[String]) -> u8 {
    let matches = match options::parse(options::adhoc(name), words) {
        Ok(matches) => matches,
        Err(code) => return code,
    };
    if is_set(&matches, "version") {
        options::say(&format!("{name} [tank {}, core 2.21.5]", env!("CARGO_PKG_VERSION")));
        return 0;
    }
    if let Some(option) = options::unbuilt(&matches) {
        let text = format!("{option} is not there yet");
        return prepare::fail(&Diagnostic::new(text).code(5));
    }
    let Some(pattern) = text(&matches, "pattern") else {
        options::complain(&format!(
            "usage: {name} [OPTIONS] PATTERN\n{name}: error: the following arguments are required: pattern"
        ));
        return 2;
    };
    run(&matches, pattern).unwrap_or_else(|error| prepare::fail(&error))
}

fn run(matches: &ArgMatches, pattern: &str) -> Result<u8, Diagnostic> {
    let settings = prepare::settings()?;
    let dir = match text(matches, "playbook_dir") {
        Some(dir) => settings.surroundings().path(dir, None),
        None => PathBuf::from(&settings.surroundings().cwd),
    };
    let report = prepare::report(matches, &settings, true);
    let ground = prepare::ground(matches, settings, report)?;
    let landscape = ground.landscape(&dir);
    let limit = ground.limited(&landscape)?;
    let mut hosts = landscape.select_limited(pattern, None)?;
    if let Some(limit) = &limit {
        hosts.retain(|host| limit.contains(host));
    }
    if is_set(matches, "list_hosts") {
        let names: Vec<String> = hosts.iter().map(|host| format!("    {host}")).collect();
        options::say(&format!("  hosts ({}):\n{}", hosts.len(), names.join("\n")));
        return Ok(0);
    }
    if hosts.is_empty() {
        let warning = Diagnostic::new("No hosts matched, nothing to do");
        (ground.events)(crate::spec::Event::Warning(warning));
        return Ok(0);
    }
    let module = text(matches, "module").unwrap_or("command");
    let args = text(matches, "args").unwrap_or_default();
    let loader = ground.loader(false);
    let timeout = text(matches, "task_timeout").unwrap_or("0");
    let timeout = timeout.parse().map_err(|_| {
        Diagnostic::new(format!("--task-timeout: '{timeout}' is not a whole number")).code(5)
    })?;
    let call = AdHoc { pattern, module, args, seconds: 0, poll: 15, timeout, dir: &dir };
    let book = loader.adhoc(&call)?;
    let line = ground.line.clone();
    let session = ground.session(matches, loader, landscape)?;
    playbook::execute(&session, &[book], &line)
}
