//! `tank replicate`: copies of datasets from host to host.

use super::options::{self, text, texts};
use super::{library, prepare, signals};
use crate::base::{Diagnostic, Source, yaml};
use crate::play::AdHoc;
use crate::run::Session;
use crate::run::replicate::{
    Job, Level, Told, Wish, on_session, prune, prune_text, replicate, text as report_text,
};
use crate::zfs::topology::{self, Topology};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::path::Path;
use std::sync::Arc;

/// Code of a run that found an edge in other hands (`EX_TEMPFAIL`).
const BUSY: u8 = 75;

/// What is done with the edges.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Plan,
    Run,
    Prune,
}

impl Verb {
    fn of(word: &str) -> Option<(Self, &'static str, &'static str)> {
        let copies = "Copies ZFS datasets from host to host, as replication.yml says.";
        let prunes = "Destroys snapshots that the edges' keep_source and keep_target do not keep.";
        match word {
            "plan" => Some((Self::Plan, "tank replicate plan", copies)),
            "run" => Some((Self::Run, "tank replicate run", copies)),
            "prune" => Some((Self::Prune, "tank replicate prune", prunes)),
            _ => None,
        }
    }
}

fn command(verb: Verb, name: &'static str, about: &'static str) -> Command {
    let command = options::shared(Command::new(name)).about(about);
    let command = match verb {
        Verb::Prune => command.arg(
            Arg::new("allow_mass_prune")
                .long("allow-mass-prune")
                .action(ArgAction::SetTrue)
                .help("Destroy more at once than a policy's max_share"),
        ),
        Verb::Plan | Verb::Run => command.arg(
            Arg::new("retries")
                .long("retries")
                .num_args(1)
                .default_value("2")
                .value_parser(clap::value_parser!(u32))
                .help("How often a cut stream is gone on with"),
        ),
    };
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

/// Runs the command; gives its exit code.
pub fn main(words: &[String]) -> u8 {
    let word = words.first().map(String::as_str);
    let Some((verb, name, about)) = word.and_then(Verb::of) else {
        let given = word.map(|word| format!("no such command: {word}. ")).unwrap_or_default();
        options::complain(&format!(
            "[ERROR]: {given}Usage: tank replicate plan|run|prune [OPTIONS] [TOPOLOGY]"
        ));
        return 5;
    };
    let matches =
        match options::parse(command(verb, name, about), words.get(1..).unwrap_or_default()) {
            Ok(matches) => matches,
            Err(code) => return code,
        };
    if let Some(option) = options::unbuilt(&matches) {
        return prepare::fail(&Diagnostic::new(format!("{option} is not there yet")).code(5));
    }
    let check = verb == Verb::Plan || options::is_set(&matches, "check");
    run(&matches, verb, check).unwrap_or_else(|error| prepare::fail(&error))
}

fn run(matches: &ArgMatches, verb: Verb, check: bool) -> Result<u8, Diagnostic> {
    let path = text(matches, "topology").unwrap_or("replication.yml");
    let settings = prepare::settings()?;
    let report = prepare::report(matches, &settings, true);
    let ground = prepare::ground(matches, settings, report)?;
    let topology = read(&ground.vault, Path::new(path))?;
    let only = texts(matches, "edge");
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
    let taken = |link: &topology::Link| only.is_empty() || only.contains(&link.edge.id);
    let retries = matches.try_get_one::<u32>("retries").ok().flatten();
    let tell = |told| {
        if let Told::Line(text) = told {
            options::complain(&text);
        }
    };
    let retries = retries.copied().unwrap_or(2);
    let mut job = Job::new(topology.links, check, retries, Arc::new(tell));
    if verb == Verb::Prune {
        // All edges are asked: those that are not pruned need their bases, too.
        let wish = Wish { allow_mass_prune: options::is_set(matches, "allow_mass_prune"), only };
        let work = on_session(&session, &book, async |hosts| prune(&job, &wish, hosts).await);
        let ends = execute(&session, &line, async { Ok::<_, u8>(work.await) })?;
        let Ok(ends) = ends else { return Ok(signals::INTERRUPTED) };
        options::say(prune_text(&ends, check).trim_end());
        return Ok(code(ends.iter().map(|end| end.level)));
    }
    job.links.retain(taken);
    let work = on_session(&session, &book, async |hosts| replicate(&job, hosts).await);
    let ends = execute(&session, &line, async { Ok::<_, u8>(work.await) })?;
    let Ok(ends) = ends else { return Ok(signals::INTERRUPTED) };
    options::say(report_text(&job.links, &ends, check).trim_end());
    Ok(code(ends.iter().map(|end| end.level)))
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
    Ok(())
}

fn execute<T>(
    session: &Session,
    line: &crate::report::Line,
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
fn code(levels: impl Iterator<Item = Level>) -> u8 {
    match levels.max() {
        None | Some(Level::Idle | Level::Done | Level::Absent) => 0,
        Some(Level::Busy) => BUSY,
        Some(Level::Failed) => 2,
        Some(Level::Unreachable) => 4,
    }
}
