//! `bectl`: boot environments of FreeBSD on ZFS.

#[cfg(test)]
mod tests;

use super::only_freebsd;
use crate::base::{Key, Value};
use crate::modules::told::Told;
use crate::spec::{
    Answer, Change, Command, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Plan, Probe,
    Ran, Risk, State, Support,
};

crate::choices! {
    /// What is wanted of it.
    pub enum Wanted {
        Present = "present",
        Active = "active",
        Absent = "absent",
    }
}

crate::args! {
    /// Which boot environment.
    pub struct Args {
        /// Its name.
        name: String => [required()],
        /// Whether it is there; `active`: whether the next boot takes it. One that is not there is made.
        state: Wanted => [default("present")],
        /// What it is made of: another one, or one of its snapshots as `name@snapshot`; else what runs.
        source: Option<String> => [],
        /// Whether datasets below it are in it.
        recursive: bool => [default("no")],
        /// Whether only the next boot takes it, and the one behind it what is active now.
        temporary: bool => [default("no")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "bectl",
    full_names: &[],
    short: "Manage boot environments of FreeBSD.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example {
            title: "Before a risky change",
            yaml: "bectl: {name: before-upgrade, recursive: true}",
        },
        Example {
            title: "One boot to try it",
            yaml: "bectl: {name: trial, state: active, temporary: true}",
        },
    ],
    returns: &[("environments", "what was there: name, now, next, temporary, mountpoint")],
};

/// The module.
pub struct Bectl;

/// Kind of a boot environment in the predicted world; its value holds its flags.
const KIND: &str = "boot_environment";

/// One boot environment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Environment {
    name: String,
    /// Whether it runs.
    now: bool,
    /// Whether boots take it.
    next: bool,
    /// Whether only the next boot takes it.
    temporary: bool,
    /// Where it is mounted.
    mountpoint: Option<String>,
}

/// What is there.
pub struct Seen(Vec<Environment>);

impl State for Bectl {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("bectl", ctx)?;
        check(&args.name)?;
        if let Some(source) = &args.source {
            let (name, snapshot) = source.split_once('@').unwrap_or((source, "x"));
            check(name).and_then(|()| check(snapshot))?;
        }
        let script = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        Ok(Probe::new("bectl", script))
    }

    fn read(&self, _: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        told.tool("bectl")?;
        if !told.worked("list") {
            let said = told.text("list").trim_end();
            let text = format!("boot environments need a root on ZFS: {said}");
            return Err(Failure::new(text));
        }
        let mut all: Vec<Environment> = told.text("list").lines().filter_map(environment).collect();
        overlay(&mut all, ctx);
        Ok(Look::Seen(Seen(all)))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        let found = seen.of(&args.name);
        if args.state == Wanted::Absent {
            let Some(found) = found else { return Ok(Plan::ok()) };
            refuse(found)?;
            let gone = Effect::Thing(KIND, args.name.clone(), None);
            let change = run(&["destroy", &args.name], "destroy", &args.name);
            return Ok(Plan::of(vec![change.effect(gone).risk(Risk::Critical)]));
        }
        let mut changes = Vec::new();
        if found.is_none() {
            changes.push(create(args));
        }
        if args.state == Wanted::Active {
            changes.extend(activate(args, seen));
        }
        Ok(Plan::of(changes))
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        let found = after.of(&args.name);
        match (change.why.split(' ').next().unwrap_or_default(), found) {
            ("destroy", Some(_)) => Err("it is still there".to_string()),
            ("create", None) => Err("it is not there".to_string()),
            ("activate", Some(found)) if args.temporary && found.temporary => Ok(()),
            ("activate", Some(found)) if !args.temporary && found.next => Ok(()),
            ("activate", _) => Err("the next boot does not take it".to_string()),
            ("forget", _) if after.0.iter().any(|one| one.temporary) => {
                Err("the next boot still takes another one".to_string())
            }
            _ => Ok(()),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        let said = ran.answer.error_text() + &ran.answer.text();
        (ran.answer.rc != 0).then(|| Failure::new(said.trim_end()))
    }

    fn result(&self, _: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let all = before.0.iter().map(Environment::told).collect();
        [(Key::from("environments"), Value::list(all))].into_iter().collect()
    }
}

impl Seen {
    fn of(&self, name: &str) -> Option<&Environment> {
        self.0.iter().find(|one| one.name == name)
    }
}

impl Environment {
    fn told(&self) -> Value {
        let mountpoint = self.mountpoint.as_deref().map_or(Value::NULL, Value::from);
        [
            ("name", Value::from(self.name.as_str())),
            ("now", self.now.into()),
            ("next", self.next.into()),
            ("temporary", self.temporary.into()),
            ("mountpoint", mountpoint),
        ]
        .into_iter()
        .collect()
    }
}

/// Reads a line of `bectl list -H`.
fn environment(line: &str) -> Option<Environment> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [name, flags, mountpoint, ..] = fields[..] else { return None };
    Some(Environment {
        name: name.to_string(),
        now: flags.contains('N'),
        next: flags.contains('R'),
        temporary: flags.contains('T'),
        mountpoint: Some(mountpoint.to_string()).filter(|path| path != "-"),
    })
}

/// Lays what earlier tasks of a check run did over it.
fn overlay(all: &mut Vec<Environment>, ctx: Ctx<'_>) {
    for (name, state) in ctx.world.things(KIND) {
        let Some(flags) = state.map(Value::text) else {
            all.retain(|one| one.name != name);
            continue;
        };
        match all.iter_mut().find(|one| one.name == name) {
            Some(one) => {
                one.next = flags.contains('R');
                one.temporary = flags.contains('T');
            }
            None => all.extend(environment(&format!("{name}\t{flags}\t-"))),
        }
    }
}

/// A name that bectl and ZFS take as it is.
fn check(name: &str) -> Result<(), Failure> {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    if name.is_empty() || name.starts_with('-') || !name.chars().all(letter) || name.len() > 200 {
        return Err(Failure::new(format!("invalid name of a boot environment: '{name}'")));
    }
    Ok(())
}

/// What must not be destroyed.
fn refuse(found: &Environment) -> Result<(), Failure> {
    let name = &found.name;
    let why = match found {
        Environment { now: true, .. } => "the host runs from it".to_string(),
        Environment { next: true, .. } | Environment { temporary: true, .. } => {
            "the next boot takes it".to_string()
        }
        Environment { mountpoint: Some(path), .. } => format!("it is mounted at {path}"),
        _ => return Ok(()),
    };
    Err(Failure::new(format!("the boot environment {name} is not destroyed: {why}")))
}

fn run(words: &[&str], verb: &str, name: &str) -> Change {
    let env = vec![("LC_ALL".to_string(), "C".to_string())];
    let words = ["bectl"].iter().chain(words).copied();
    let command = Command { env, ..Command::new(words) };
    Change::new(Op::Run(command), format!("{verb} the boot environment {name}")).lock("bectl")
}

fn create(args: &Args) -> Change {
    let mut words = vec!["create"];
    words.extend(args.recursive.then_some("-r"));
    if let Some(source) = &args.source {
        words.extend(["-e", source]);
    }
    words.push(&args.name);
    let effect = Effect::Thing(KIND, args.name.clone(), Some("-".into()));
    run(&words, "create", &args.name).effect(effect)
}

fn activate(args: &Args, seen: &Seen) -> Vec<Change> {
    let (name, found) = (&args.name, seen.of(&args.name));
    let activated = |change: Change| {
        let change = change.risk(Risk::High);
        flags_after(args, seen).into_iter().fold(change, Change::effect)
    };
    if args.temporary {
        let done = found.is_some_and(|found| found.temporary);
        let change = || run(&["activate", "-t", name], "activate", name);
        return if done { Vec::new() } else { vec![activated(change())] };
    }
    let mut changes = Vec::new();
    if seen.0.iter().any(|one| one.temporary) {
        // It would be taken once more before the active one.
        changes.push(run(&["activate", "-T"], "forget the temporary choice before", name));
    }
    if !found.is_some_and(|found| found.next) {
        changes.push(run(&["activate", name], "activate", name));
    }
    changes.into_iter().map(activated).collect()
}

/// What all of them are once this one is activated.
fn flags_after(args: &Args, seen: &Seen) -> Vec<Effect> {
    let others = seen.0.iter().map(|one| (one.name.as_str(), one.next));
    let known = seen.of(&args.name).is_some();
    let all = others.chain((!known).then_some((args.name.as_str(), false)));
    let effect = |(name, next): (&str, bool)| {
        let mine = name == args.name;
        let next = if args.temporary { next } else { mine };
        let flags = [(next, "R"), (args.temporary && mine, "T")];
        let text: String = flags.iter().filter(|(on, _)| *on).map(|(_, flag)| *flag).collect();
        Effect::Thing(KIND, name.to_string(), Some(Value::from(text)))
    };
    all.map(effect).collect()
}
