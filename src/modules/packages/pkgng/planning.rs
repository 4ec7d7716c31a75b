//! From what was seen to changes, and their proof.

use super::Seen;
use super::args::{Args, Wanted};
use super::notes::{self, Note, Verb};
use super::seen::{Dry, installed, removed};
use crate::base::Value;
use crate::modules::packages::LOCK;
use crate::spec::{Change, ChangeKind, Command, Effect, Failure, Op, Plan, Risk, Then};

/// What a change of this module is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facet {
    /// pkg itself is installed.
    Bootstrap,
    /// The catalogue is fetched.
    Update,
    /// Packages are installed.
    Install,
    /// Packages are brought up to date.
    Upgrade,
    /// Packages are removed.
    Delete,
    /// Dependencies that are no longer needed are removed.
    Autoremove,
    /// A package is annotated.
    Annotate,
}

/// What a change is about, told by its words.
pub fn facet(change: &Change) -> Facet {
    let Op::Run(command) = &change.op else { return Facet::Install };
    let verb = command.argv.iter().skip(1).find(|word| !word.starts_with("--"));
    match verb.map(String::as_str) {
        Some("bootstrap") => Facet::Bootstrap,
        Some("update") => Facet::Update,
        Some("upgrade") => Facet::Upgrade,
        Some("delete") => Facet::Delete,
        Some("autoremove") => Facet::Autoremove,
        Some("annotate") => Facet::Annotate,
        _ => Facet::Install,
    }
}

/// Names that are not installed.
pub fn missing<'a>(args: &Args, seen: &'a Seen) -> Vec<&'a String> {
    seen.names.iter().filter(|name| seen.look.of(name, args).is_empty()).collect()
}

/// Names of installed packages that a newer version is there for.
pub fn outdated<'a>(args: &Args, seen: &'a Seen) -> Vec<&'a String> {
    let Some(dry) = seen.upgrade.as_ref().filter(|dry| !dry.is_idle()) else { return Vec::new() };
    let there = seen.names.iter().filter(|name| !seen.look.of(name, args).is_empty());
    let affected = |name: &&&String| {
        let own = seen.look.of(name, args);
        own.iter().any(|package| dry.installed.iter().any(|(new, _)| *new == package.name))
    };
    let all: Vec<&String> = there.collect();
    let some: Vec<&String> = all.iter().filter(affected).copied().collect();
    // Only their dependencies are affected: pkg is asked for all of them.
    if some.is_empty() { all } else { some }
}

/// Whether pkg itself or the catalogue comes first.
pub fn prepares(args: &Args, seen: &Seen) -> bool {
    let wants = args.state != Wanted::Absent && (!seen.names.is_empty() || args.upgrades_all());
    if !seen.look.ready {
        return wants;
    }
    args.state == Wanted::Latest && wants && !args.cached && !seen.fetched
}

/// Everything a task would do.
pub fn plan(args: &Args, seen: &Seen) -> Result<Plan, Failure> {
    if seen.first {
        return Ok(prepare(args, seen));
    }
    let mut changes = match args.state {
        Wanted::Absent => delete(args, seen)?,
        Wanted::Present | Wanted::Latest => install(args, seen)?,
    };
    if let Some(dry) = &seen.orphans {
        if let Some(error) = &dry.error {
            return Err(Failure::new(format!("pkg autoremove failed: {error}")));
        }
        let change = run(args, autoremove(args, "-y"), "remove packages that nothing needs");
        if !changes.is_empty() {
            // What goes now may leave more behind.
            changes.push(with(change.kind(ChangeKind::May).risk(Risk::Medium), dry.effects(args)));
        } else if !dry.is_idle() {
            changes.push(with(change.risk(Risk::Medium), dry.effects(args)));
        }
    }
    for (name, note) in notes::due(args, &seen.names, &seen.look)? {
        changes.push(annotate(args, seen, &name, &note));
    }
    Ok(Plan::of(changes))
}

fn prepare(args: &Args, seen: &Seen) -> Plan {
    let (command, name, kind, why) = if seen.look.ready {
        (words(args, "update", &[]), "pkg", "package lists", "fetch the catalogue")
    } else {
        let words = ["pkg", "bootstrap", "-y"].map(str::to_string).to_vec();
        (words, "pkg", "package manager", "install pkg itself")
    };
    let effect = Effect::Thing(kind, name.to_string(), Some(Value::from(true)));
    let change = run(args, command, why).kind(ChangeKind::Prelude).effect(effect);
    let uncertain = Some(format!("{why}: what follows is known only then"));
    Plan { then: Then::LookAgain, uncertain, ..Plan::of(vec![change]) }
}

fn install(args: &Args, seen: &Seen) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    if let Some((path, _)) = seen.look.files.iter().find(|(_, name)| name.is_empty()) {
        let text = format!("failed to obtain package name from file {path}");
        return Err(Failure::new(text));
    }
    if let Some(error) = seen.upgrade.as_ref().and_then(|dry| dry.error.as_ref()) {
        return Err(Failure::new(format!("pkg upgrade failed: {error}")));
    }
    if args.upgrades_all() {
        let dry = seen.upgrade.as_ref().filter(|dry| !dry.is_idle());
        let change = |dry: &Dry| {
            let change = run(args, upgrade(args, seen, "-y"), "upgrade all packages");
            with(change.risk(Risk::Medium), dry.effects(args))
        };
        return Ok(dry.map(change).into_iter().collect());
    }
    let missing = missing(args, seen);
    if !missing.is_empty() {
        if !args.cached && !seen.fetched {
            let change = run(args, words(args, "update", &[]), "fetch the catalogue");
            changes.push(change.kind(ChangeKind::Prelude));
        }
        let names: Vec<&str> = missing.iter().map(|name| name.as_str()).collect();
        let command = named(args, "install", "-y", &names);
        let change = run(args, command, format!("install {}", names.join(" ")));
        let effects = missing.iter().map(|name| installed(args, seen.look.queried(name), ""));
        changes.push(with(change, effects.collect()));
    }
    if !outdated(args, seen).is_empty() {
        let change = run(args, upgrade(args, seen, "-y"), "upgrade packages");
        let effects = seen.upgrade.as_ref().map(|dry| dry.effects(args)).unwrap_or_default();
        changes.push(with(change, effects));
    }
    Ok(changes)
}

fn delete(args: &Args, seen: &Seen) -> Result<Vec<Change>, Failure> {
    let mut names: Vec<String> = Vec::new();
    for name in &seen.names {
        for package in seen.look.of(name, args) {
            if package.locked {
                let text = format!("failed to remove {}: it is locked", package.name);
                return Err(Failure::new(text));
            }
            names.push(package.name.clone());
        }
    }
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let command = words(args, "delete", &[&["-y"], &*refs(&names)].concat());
    let vital =
        |name: &String| matches!(name.as_str(), "pkg" | "sudo" | "doas" | "openssh-portable");
    let risk = if names.iter().any(vital) { Risk::High } else { Risk::Medium };
    let change = run(args, command, format!("remove {}", names.join(" "))).risk(risk);
    Ok(vec![with(change, names.iter().map(|name| removed(args, name)).collect())])
}

fn annotate(args: &Args, seen: &Seen, name: &str, note: &Note) -> Change {
    let option = note.verb.option();
    let name = seen.look.queried(name);
    let command = words(args, "annotate", &["-y", option, name, &note.tag]);
    let mut change = run(args, command, format!("annotate {name}: {}", note.tag));
    if let Op::Run(command) = &mut change.op
        && note.verb != Verb::Delete
    {
        command.stdin = Some(note.value.clone().into());
    }
    let value = (note.verb != Verb::Delete).then(|| Value::from(note.value.as_str()));
    let key = args.key(&format!("{name} {}", note.tag));
    change.effect(Effect::Thing("package annotation", key, value))
}

/// `pkg upgrade` for the names that are there, or for all.
pub fn upgrade(args: &Args, seen: &Seen, mode: &str) -> Vec<String> {
    // A question must not fetch anything.
    let fresh = args.cached || mode == "-n";
    let mut command = prefix(args, "upgrade");
    let names: Vec<&str> = match mode {
        _ if args.upgrades_all() => Vec::new(),
        "-n" => {
            let there = seen.names.iter().filter(|name| !seen.look.of(name, args).is_empty());
            there.map(String::as_str).collect()
        }
        _ => outdated(args, seen).into_iter().map(String::as_str).collect(),
    };
    let globs = args.use_globs && !names.is_empty();
    let options = [(globs, "-g"), (fresh, "-U"), (true, mode)];
    command.extend(options.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).to_string()));
    command.extend(names.into_iter().map(str::to_string));
    command
}

/// `pkg autoremove`.
pub fn autoremove(args: &Args, mode: &str) -> Vec<String> {
    words(args, "autoremove", &[mode])
}

fn named(args: &Args, verb: &str, mode: &str, names: &[&str]) -> Vec<String> {
    let mut command = prefix(args, verb);
    let options = [(args.use_globs, "-g"), (args.cached, "-U"), (true, mode)];
    command.extend(options.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).to_string()));
    command.extend(names.iter().map(|name| (*name).to_string()));
    command
}

fn words(args: &Args, verb: &str, rest: &[&str]) -> Vec<String> {
    let mut command = prefix(args, verb);
    command.extend(rest.iter().map(|word| (*word).to_string()));
    command
}

fn prefix(args: &Args, verb: &str) -> Vec<String> {
    let mut command = vec!["pkg".to_string()];
    let root = args.root();
    if !root.is_empty() {
        command.push(root);
    }
    command.push(verb.to_string());
    if let Some(site) =
        args.pkgsite.as_ref().filter(|_| matches!(verb, "update" | "install" | "upgrade"))
    {
        command.push(format!("--repository={site}"));
    }
    command
}

fn refs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

fn with(change: Change, effects: Vec<Effect>) -> Change {
    effects.into_iter().fold(change, Change::effect)
}

fn run(args: &Args, argv: Vec<String>, why: impl Into<String>) -> Change {
    let bootstrap = argv.get(1).is_some_and(|word| word == "bootstrap");
    let mut command = Command::new(argv);
    let all = [
        (true, "BATCH"),
        (bootstrap, "ASSUME_ALWAYS_YES"),
        (args.ignore_osver, "IGNORE_OSVERSION"),
    ];
    let on = all.iter().filter(|(on, _)| *on);
    command.env = on.map(|(_, name)| ((*name).to_string(), "yes".to_string())).collect();
    let locale = [("LC_ALL", "C"), ("LANGUAGE", "C")];
    command.env.extend(locale.map(|(name, value)| (name.to_string(), value.to_string())));
    Change::new(Op::Run(command), why).lock(LOCK)
}

/// Whether the second look shows what a change was for.
pub fn verify(args: &Args, change: &Change, after: &Seen) -> Result<(), String> {
    let still = |bad: bool, text: &str| if bad { Err(text.to_string()) } else { Ok(()) };
    let busy = |dry: &Option<Dry>| dry.as_ref().is_some_and(|dry| !dry.is_idle());
    match facet(change) {
        Facet::Bootstrap => still(!after.look.ready, "pkg is still missing"),
        Facet::Update => Ok(()),
        Facet::Install => {
            let names: Vec<&str> = missing(args, after).into_iter().map(String::as_str).collect();
            still(!names.is_empty(), &format!("failed to install {}", names.join(", ")))
        }
        Facet::Upgrade => still(busy(&after.upgrade), "there are still newer versions"),
        Facet::Delete => {
            let left = after.look.packages.iter().find(|p| in_words(change, &p.name));
            let name = left.map_or("", |package| package.name.as_str());
            still(left.is_some(), &format!("failed to remove {name}"))
        }
        Facet::Autoremove => still(busy(&after.orphans), "there is still something to remove"),
        Facet::Annotate => {
            let due = notes::due(args, &after.names, &after.look).map_err(|f| f.msg)?;
            let left = due.iter().find(|(name, note)| {
                in_words(change, after.look.queried(name)) && in_words(change, &note.tag)
            });
            still(left.is_some(), "the annotation is not as it was wanted")
        }
    }
}

fn in_words(change: &Change, word: &str) -> bool {
    matches!(&change.op, Op::Run(command) if command.argv.iter().any(|own| own == word))
}
