//! `tank replicate`: copies of datasets from host to host.

mod copy;
mod failover;
mod file;
mod prune;
mod rights;
mod status;
mod verify;

use super::options::{self, text, texts};
use super::{library, prepare, signals};
use crate::base::{Diagnostic, Source, yaml};
use crate::play::{AdHoc, Playbook};
use crate::report::Line;
use crate::run::Session;
use crate::run::replicate::{Job, Level, PlayHosts, Told, on_session};
use crate::spec::Event;
use crate::zfs::topology::{self, Link, Topology};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::path::Path;
use std::sync::Arc;

/// Code of a run that found an edge in other hands (`EX_TEMPFAIL`).
const BUSY: u8 = 75;

/// Runs a command with its words; gives its exit code.
type Main = fn(&[String]) -> u8;

const COMMANDS: [(&str, Main); 7] = [
    ("plan", copy::plan),
    ("run", copy::run),
    ("status", status::main),
    ("prune", prune::main),
    ("verify", verify::main),
    ("rights", rights::main),
    ("failover", failover::main),
];

/// The arguments of all commands: which edges, of which file.
fn edges(command: Command) -> Command {
    options::hosts(command)
        .arg(
            Arg::new("edge")
                .long("edge")
                .num_args(1)
                .action(ArgAction::Append)
                .help("Only this edge; may be repeated"),
        )
        .arg(
            Arg::new("topology")
                .num_args(1)
                .default_value("replication.yml")
                .help("The file with the edges"),
        )
}

/// Runs the command; gives its exit code.
pub fn main(words: &[String]) -> u8 {
    let word = words.first().map(String::as_str);
    if let Some((_, main)) = COMMANDS.iter().find(|(name, _)| Some(*name) == word) {
        return main(&words[1..]);
    }
    let given = word.map(|word| format!("no such command: {word}. ")).unwrap_or_default();
    let all = COMMANDS.map(|(name, _)| name).join("|");
    options::complain(&format!("[ERROR]: {given}Usage: tank replicate {all} [OPTIONS] [TOPOLOGY]"));
    5
}

/// Parses a command's words and does its work.
fn command(
    command: Command,
    words: &[String],
    work: impl FnOnce(&ArgMatches) -> Result<u8, Diagnostic>,
) -> u8 {
    let matches = match options::parse(command, words) {
        Ok(matches) => matches,
        Err(code) => return code,
    };
    match options::unbuilt(&matches) {
        Some(option) => {
            prepare::fail(&Diagnostic::new(format!("{option} is not there yet")).code(5))
        }
        None => work(&matches).unwrap_or_else(|error| prepare::fail(&error)),
    }
}

/// What all commands work with.
struct Ready {
    /// All edges of the file.
    links: Vec<Link>,
    /// The names of those that are asked for; empty: all are.
    only: Vec<String>,
    session: Session,
    book: Playbook,
    line: Line,
}

impl Ready {
    /// A job for the edges that are asked for.
    fn job(&self, matches: &ArgMatches, retries: u32) -> Job {
        let check = options::is_set(matches, "check");
        Job::new(self.links.clone(), check, retries, self.teller()).only(self.only.clone())
    }

    /// Works with the hosts; nothing when the operator stopped it.
    fn work<T: Default>(
        &self,
        work: impl AsyncFnOnce(&PlayHosts<'_>) -> T,
    ) -> Result<Option<T>, Diagnostic> {
        let work = on_session(&self.session, &self.book, work);
        let done = signals::guard(&self.session, &self.line, work)?;
        Ok(done.map(Option::unwrap_or_default))
    }

    /// Lines go above the live line, bytes into it.
    fn teller(&self) -> Arc<dyn Fn(Told) + Send + Sync> {
        let (events, line): (Arc<dyn Fn(Event) + Send + Sync>, _) =
            (Arc::clone(&self.session.events), self.line.clone());
        Arc::new(move |told| match told.into_stream() {
            Ok(stream) => events(stream),
            Err(text) => {
                let _aside = line.aside();
                options::complain(&text);
            }
        })
    }
}

fn ready(matches: &ArgMatches) -> Result<Ready, Diagnostic> {
    ready_for(matches, texts(matches, "edge"))
}

/// The same for edges that are named otherwise than by `--edge`.
fn ready_for(matches: &ArgMatches, only: Vec<String>) -> Result<Ready, Diagnostic> {
    let path = text(matches, "topology").unwrap_or("replication.yml");
    let settings = prepare::settings()?;
    let report = prepare::report(matches, &settings, true);
    let ground = prepare::ground(matches, settings, report)?;
    let topology = read(&ground.vault, Path::new(path))?;
    known(&topology, &only)?;
    let dir = prepare::dir_of(Path::new(path));
    let landscape = ground.landscape(&dir);
    let loader = ground.loader(true);
    let call = AdHoc {
        pattern: "all",
        module: "ping",
        args: "",
        seconds: 0,
        poll: 15,
        timeout: 0,
        dir: &dir,
    };
    let book = loader.adhoc(&call)?;
    let line = ground.line.clone();
    let session = ground.session(matches, loader, landscape)?;
    Ok(Ready { links: topology.links, only, session, book, line })
}

fn read(vault: &Arc<crate::vault::Vault>, path: &Path) -> Result<Topology, Diagnostic> {
    let bytes = library::read_file(vault, path)?;
    let source = Source::file(path.display().to_string());
    let text = String::from_utf8(bytes)
        .map_err(|_| Diagnostic::new(format!("{} is not valid UTF-8", path.display())).code(4))?;
    let loaded = yaml::load(&text, &source)?;
    topology::read(&loaded.value).map_err(|error| error.code(4))
}

/// That the topology has all edges that are named.
fn known(topology: &Topology, names: &[String]) -> Result<(), Diagnostic> {
    let all = || topology.links.iter().map(|link| link.edge.id.as_str());
    let Some(name) = names.iter().find(|name| all().all(|id| id != *name)) else {
        return Ok(());
    };
    let error = Diagnostic::new(format!("the topology has no edge '{name}'"));
    Err(match crate::base::diagnostic::nearest(name, all()).first() {
        Some(near) => error.hint(format!("Did you mean '{near}'?")),
        None => error,
    })
}

/// The worst edge decides.
fn code(levels: impl Iterator<Item = Level>) -> u8 {
    match levels.max() {
        None | Some(Level::Idle | Level::Done | Level::Absent) => 0,
        Some(Level::Busy) => BUSY,
        Some(Level::Failed) => 2,
        Some(Level::Unreachable) => 4,
    }
}
