//! `tank replicate`: copies of datasets from host to host.

mod file;
mod status;

use super::options::{self, text, texts};
use super::{library, prepare, signals};
use crate::base::{Diagnostic, Source, yaml};
use crate::play::{AdHoc, Playbook};
use crate::report::Line;
use crate::run::Session;
use crate::run::replicate::{EdgeEnd, Job, Level, Told, on_session};
use crate::spec::Event;
use crate::zfs::topology::{self, Link, Topology};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::path::Path;
use std::sync::Arc;

/// Code of a run that found an edge in other hands (`EX_TEMPFAIL`).
const BUSY: u8 = 75;

/// The arguments of all commands: which edges, of which file.
fn edges(command: Command) -> Command {
    command
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

fn command(name: &'static str) -> Command {
    edges(options::shared(Command::new(name)))
        .about("Copies ZFS datasets from host to host, as replication.yml says.")
        .arg(
            Arg::new("retries")
                .long("retries")
                .num_args(1)
                .default_value("2")
                .value_parser(clap::value_parser!(u32))
                .help("How often a cut stream is gone on with"),
        )
}

/// Runs the command; gives its exit code.
pub fn main(words: &[String]) -> u8 {
    let rest = words.get(1..).unwrap_or_default();
    let (name, check) = match words.first().map(String::as_str) {
        Some("plan") => ("tank replicate plan", true),
        Some("run") => ("tank replicate run", false),
        Some("status") => return status::main(rest),
        other => {
            let given = other.map(|word| format!("no such command: {word}. ")).unwrap_or_default();
            options::complain(&format!(
                "[ERROR]: {given}Usage: tank replicate plan|run|status [OPTIONS] [TOPOLOGY]"
            ));
            return 5;
        }
    };
    let matches = match options::parse(command(name), rest) {
        Ok(matches) => matches,
        Err(code) => return code,
    };
    if let Some(option) = options::unbuilt(&matches) {
        return prepare::fail(&Diagnostic::new(format!("{option} is not there yet")).code(5));
    }
    let check = check || options::is_set(&matches, "check");
    run(&matches, check).unwrap_or_else(|error| prepare::fail(&error))
}

/// What all commands work with.
struct Ready {
    links: Vec<Link>,
    session: Session,
    book: Playbook,
    line: Line,
}

fn ready(matches: &ArgMatches) -> Result<Ready, Diagnostic> {
    let path = text(matches, "topology").unwrap_or("replication.yml");
    let settings = prepare::settings()?;
    let report = prepare::report(matches, &settings, true);
    let ground = prepare::ground(matches, settings, report)?;
    let topology = read(&ground.vault, Path::new(path))?;
    let links = chosen(topology, &texts(matches, "edge"))?;
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
    Ok(Ready { links, session, book, line })
}

fn run(matches: &ArgMatches, check: bool) -> Result<u8, Diagnostic> {
    let Ready { links, session, book, line } = ready(matches)?;
    let retries = matches.get_one::<u32>("retries").copied().unwrap_or(2);
    let tell = teller(Arc::clone(&session.events), line.clone());
    let job = Job::new(links, check, retries, tell);
    let ends =
        execute(&session, &line, async { Ok::<_, u8>(on_session(&session, &book, &job).await) })?;
    let Ok(ends) = ends else { return Ok(signals::INTERRUPTED) };
    options::say(crate::run::replicate::text(&job.links, &ends, check).trim_end());
    Ok(code(&ends))
}

/// Lines go above the live line, bytes into it.
fn teller(events: Arc<dyn Fn(Event) + Send + Sync>, line: Line) -> Arc<dyn Fn(Told) + Send + Sync> {
    Arc::new(move |told| match told.into_stream() {
        Ok(stream) => events(stream),
        Err(text) => {
            let _aside = line.aside();
            options::complain(&text);
        }
    })
}

fn read(vault: &Arc<crate::vault::Vault>, path: &Path) -> Result<Topology, Diagnostic> {
    let bytes = library::read_file(vault, path)?;
    let source = Source::file(path.display().to_string());
    let text = String::from_utf8(bytes)
        .map_err(|_| Diagnostic::new(format!("{} is not valid UTF-8", path.display())).code(4))?;
    let loaded = yaml::load(&text, &source)?;
    topology::read(&loaded.value).map_err(|error| error.code(4))
}

fn chosen(topology: Topology, names: &[String]) -> Result<Vec<Link>, Diagnostic> {
    for name in names {
        if !topology.links.iter().any(|link| link.edge.id == *name) {
            let all = topology.links.iter().map(|link| link.edge.id.as_str());
            let near = crate::base::diagnostic::nearest(name, all);
            let error = Diagnostic::new(format!("the topology has no edge '{name}'"));
            return Err(near
                .first()
                .map_or(error.clone(), |near| error.hint(format!("Did you mean '{near}'?"))));
        }
    }
    let taken = |link: &Link| names.is_empty() || names.contains(&link.edge.id);
    Ok(topology.links.into_iter().filter(taken).collect())
}

fn execute<T>(
    session: &Session,
    line: &Line,
    work: impl Future<Output = Result<T, u8>>,
) -> Result<Result<T, u8>, Diagnostic> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Diagnostic::new(format!("could not start: {error}")).code(250))?;
    let stopped = signals::watch(&session.interrupt, line);
    let done = runtime.block_on(async {
        tokio::select! {
            done = work => done,
            () = stopped.notified() => {
                signals::stop(session).await;
                Err(signals::INTERRUPTED)
            }
        }
    });
    runtime.shutdown_background();
    Ok(done)
}

/// The worst edge decides.
fn code(ends: &[EdgeEnd]) -> u8 {
    match ends.iter().map(|end| end.level).max() {
        None | Some(Level::Idle | Level::Done | Level::Absent) => 0,
        Some(Level::Busy) => BUSY,
        Some(Level::Failed) => 2,
        Some(Level::Unreachable) => 4,
    }
}
