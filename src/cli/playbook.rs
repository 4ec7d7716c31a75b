//! `tank playbook`, `ansible-playbook`.

use super::options::{self, is_set, text, texts};
use super::prepare::{self, Ground};
use super::signals;
use super::targets;
use crate::base::{Diagnostic, Value};
use crate::play::{Loader, Playbook, Task, check, tags};
use crate::report::Line;
use crate::run::Session;
use clap::ArgMatches;
use std::path::Path;

/// The name under which a pattern that matches nobody and a broken template are refused before anything runs.
const STRICT: &str = "tank playbook";

/// Runs the command; gives its exit code.
pub fn main(name: &'static str, words: &[String]) -> u8 {
    let matches = match options::parse(options::playbook(name), words) {
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
    let playbooks = texts(&matches, "playbooks");
    if playbooks.is_empty() {
        options::complain(&format!(
            "usage: {name} [OPTIONS] PLAYBOOK...\n{name}: error: the following arguments are required: playbook"
        ));
        return 2;
    }
    run(&matches, &playbooks, name == STRICT).unwrap_or_else(|error| prepare::fail(&error))
}

fn run(matches: &ArgMatches, paths: &[String], strict: bool) -> Result<u8, Diagnostic> {
    for path in paths {
        if !Path::new(path).exists() {
            return Err(Diagnostic::new(format!("the playbook: {path} could not be found")));
        }
    }
    let settings = prepare::settings()?;
    let report = prepare::report(matches, &settings, false);
    let ground = prepare::ground(matches, settings, report)?;
    let dir = prepare::dir_of(Path::new(&paths[0]));
    let loader = ground.loader(strict);
    let mut playbooks = Vec::new();
    for path in paths {
        playbooks.push(loader.playbook(Path::new(path))?);
    }
    for warning in loader.take_warnings() {
        (ground.events)(crate::spec::Event::Warning(warning));
    }
    let landscape = ground.landscape(&dir);
    if let Some(code) = list(matches, &ground, &landscape, &playbooks)? {
        return Ok(code);
    }
    check(&ground, matches, &loader, &playbooks)?;
    if strict {
        targets::check(&ground, &playbooks)?;
    }
    let line = ground.line.clone();
    let session = ground.session(matches, loader, landscape)?;
    execute(&session, &playbooks, &line)
}

/// Refuses what can be refused before anything connects.
fn check(
    ground: &Ground,
    matches: &ArgMatches,
    loader: &Loader,
    playbooks: &[Playbook],
) -> Result<(), Diagnostic> {
    let (only, skip) = (options::tags(matches), options::skip_tags(matches));
    let starts_later = text(matches, "start_at_task").is_some();
    let selected = |task: &Task| !starts_later && tags::is_selected(task, &only, &skip);
    if ground.settings.text("DEFAULT_STRATEGY") != Some("linear") {
        let silent = playbooks.iter().flat_map(|p| &p.plays).any(|play| play.strategy.is_none());
        let strategy = ground.settings.text("DEFAULT_STRATEGY").filter(|_| silent);
        let at = ground.settings.value("DEFAULT_STRATEGY").and_then(Value::origin);
        strategy.map_or(Ok(()), check::strategy).map_err(|error| error.at(at))?;
    }
    for playbook in playbooks {
        playbook.plays.iter().try_for_each(|play| check::unbuilt(play))?;
        check::files(loader, playbook, &selected)?;
    }
    Ok(())
}

/// `--list-hosts`, `--list-tasks`, `--list-tags`, `--syntax-check`.
fn list(
    matches: &ArgMatches,
    ground: &Ground,
    landscape: &crate::vars::Landscape,
    playbooks: &[Playbook],
) -> Result<Option<u8>, Diagnostic> {
    let (hosts, tasks) = (is_set(matches, "list_hosts"), is_set(matches, "list_tasks"));
    let (tags, syntax) = (is_set(matches, "list_tags"), is_set(matches, "syntax_check"));
    if !(hosts || tasks || tags || syntax) {
        return Ok(None);
    }
    let limit = ground.limited(landscape)?;
    let select = |patterns: &[String]| -> Vec<String> {
        let mut found = landscape.select_limited(&patterns.join(","), None).unwrap_or_default();
        if let Some(limit) = &limit {
            found.retain(|host| limit.contains(host));
        }
        found.iter().map(ToString::to_string).collect()
    };
    let (only, skip) = (options::tags(matches), options::skip_tags(matches));
    let listing = crate::play::listing::Listing {
        hosts: if hosts { Some(&select) } else { None },
        tasks,
        tags,
        only: &only,
        skip: &skip,
        render: &|play, value| ground.render_early(play, value),
    };
    for playbook in playbooks {
        let text = match hosts || tasks || tags {
            true => listing.text(playbook),
            false => crate::play::listing::syntax_check(playbook),
        };
        options::say(text.trim_end_matches('\n'));
    }
    Ok(Some(0))
}

/// Runs playbooks; gives the exit code.
pub fn execute(session: &Session, playbooks: &[Playbook], line: &Line) -> Result<u8, Diagnostic> {
    let code = signals::guard(session, line, crate::run::run(session, playbooks))?;
    Ok(code.unwrap_or(signals::INTERRUPTED))
}
