//! `bastille_zfs`: datasets that a jail has as its own.

#[cfg(test)]
mod tests;

use super::bastille::{Bastille, CONF, JAIL, check_name, only_freebsd};
use super::{conf, params};
use crate::base::{Key, Map, Value};
use crate::modules::accounts::Presence;
use crate::modules::told::{Kept, Told};
use crate::spec::args::PathText;
use crate::spec::{
    Answer, Change, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Plan, Probe, Ran, Risk,
    Rule, State, Support,
};

crate::args! {
    /// Which dataset is whose.
    pub struct Args {
        /// The jail's whole name.
        name: String => [required(), aliases(&["jail"])],
        /// The dataset, a file system that is there.
        dataset: String => [required()],
        /// Where the jail mounts it.
        mountpoint: Option<PathText> => [],
        /// Whether the jail has it. One that is given back is mounted nowhere.
        state: Presence => [default("present")],
        /// Whether a running jail is stopped and started for it; else it must be stopped.
        restart: bool => [default("no")],
    }
    rules [Rule::RequiredIf("state", "present", &["mountpoint"])]
}

static DOC: Doc = Doc {
    name: "bastille_zfs",
    full_names: &[],
    short: "Give datasets to a jail of Bastille.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A dataset that the jail manages itself; in the jail, zfs_enable mounts it",
            yaml: "bastille_zfs: {name: db, dataset: zroot/db, mountpoint: /var/db/postgres, restart: true}",
        },
        Example {
            title: "Taken back",
            yaml: "bastille_zfs: {name: db, dataset: zroot/db, state: absent, restart: true}",
        },
    ],
    returns: &[
        ("jailed", "whether it was a jail's before"),
        ("mountpoint", "where it was mounted before"),
    ],
};

/// The module.
pub struct BastilleZfs;

/// Kind of a jailed dataset in the predicted world; its value is where it is mounted.
const JAILED: &str = "jailed_dataset";

/// What is there.
pub struct Seen {
    all: Bastille,
    conf: Kept,
    list: Kept,
    /// Other jails that have it by their zfs.conf.
    others: Vec<String>,
    jailed: bool,
    mountpoint: String,
    coming: bool,
}

impl State for BastilleZfs {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("bastille_zfs", ctx)?;
        check(args)?;
        const SCRIPT: &str = concat!(
            include_str!("../../told/ask.sh"),
            include_str!("../look.sh"),
            include_str!("look.sh")
        );
        let probe = Probe::new("bastille_zfs", SCRIPT).words([CONF, &args.name, &args.dataset]);
        Ok(probe.heavy().isolated())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let all = Bastille::read(&told, ctx)?;
        let coming = match args.state {
            Presence::Present => all.coming(&args.name, ctx)?,
            Presence::Absent => false,
        };
        let file = |name: &str| Kept::of(&told, &all.file(&args.name, name), ctx);
        let (conf, list) = (file("jail.conf")?, file("zfs.conf")?);
        let lists =
            told.all().filter_map(|said| Some((said.what.strip_prefix("zfs ")?, &said.text)));
        let has = |(jail, text): &(&str, &String)| {
            *jail != args.name && line(text, &args.dataset).is_some()
        };
        let others = lists.filter(has).map(|(jail, _)| jail.to_string()).collect();
        let (mut jailed, mut mountpoint) = dataset(args, &told)?;
        match ctx.world.thing(JAILED, &args.dataset) {
            Some(Some(place)) => (jailed, mountpoint) = (true, place.text()),
            Some(None) => (jailed, mountpoint) = (false, "none".to_string()),
            None => {}
        }
        Ok(Look::Seen(Seen { all, conf, list, others, jailed, mountpoint, coming }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        if let Some(other) = seen.others.first() {
            return Err(Failure::new(format!("{} is the jail {other}'s", args.dataset)));
        }
        let mut plan = Plan::default();
        let mut changes: Vec<Change> = properties(args, seen).into_iter().collect();
        for (file, new) in [(&seen.conf, block(args, seen)?), (&seen.list, listed(args, seen)?)] {
            if new != file.text() {
                plan = plan.diff(file.diff(&new, ctx));
                changes.push(file.write(new, 0o644, format!("change {}", file.path)));
            }
        }
        if !changes.is_empty() && seen.all.running_of(&args.name).is_some() {
            if !args.restart {
                let text = format!("{} runs: stop it first, or give `restart`", args.name);
                return Err(Failure::new(text));
            }
            changes.insert(0, act(args, seen, "down", "stop"));
            changes.push(act(args, seen, "up", "start"));
        }
        plan.parts = Plan::of(changes).parts;
        plan.uncertain = seen.conf.uncertain.clone().or_else(|| seen.list.uncertain.clone());
        if seen.coming {
            plan.uncertain = Some(format!("the jail {} is not there yet", args.name));
        }
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match &change.op {
            Op::WriteFile(file) if file.path == after.conf.path => after.conf.wrote(change),
            Op::WriteFile(_) => after.list.wrote(change),
            _ if change.why.starts_with("bastille ") => Ok(()),
            _ if properties(args, after).is_none() => Ok(()),
            _ => {
                let jailed = if after.jailed { "jailed" } else { "not jailed" };
                Err(format!("{} is {jailed}, mounted at {}", args.dataset, after.mountpoint))
            }
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        super::explain(ran)
    }

    fn result(&self, _: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let fields = [
            ("jailed", Value::from(before.jailed)),
            ("mountpoint", Value::from(before.mountpoint.as_str())),
        ];
        fields.into_iter().map(|(name, value)| (Key::from(name), value)).collect()
    }
}

fn check(args: &Args) -> Result<(), Failure> {
    check_name(&args.name)?;
    crate::zfs::name::Dataset::new(&args.dataset)
        .map_err(|error| Failure::new(format!("{:?} is no dataset: {error}", args.dataset)))?;
    // It is one word of zfs.conf, which Bastille's shell reads.
    let odd = |c: char| c.is_control() || c.is_whitespace() || "\"'\\$`".contains(c);
    let place = args.mountpoint.as_ref().map_or("/", PathText::as_str);
    if !place.starts_with('/') || place.contains(odd) || args.dataset.contains(odd) {
        let text =
            format!("{} at '{place}': both must be plain words, the second absolute", args.dataset);
        return Err(Failure::new(text));
    }
    Ok(())
}

/// Whether it is jailed, and where it is mounted.
fn dataset(args: &Args, told: &Told) -> Result<(bool, String), Failure> {
    let said = told.of("dataset").ok_or_else(|| Failure::new("the host did not answer"))?;
    if said.rc != 0 {
        let failure = Failure::new(said.text.trim_end());
        let gone = said.text.contains("dataset does not exist");
        if gone && args.state == Presence::Absent {
            return Ok((false, "none".to_string()));
        }
        return Err(if gone { failure.missing() } else { failure });
    }
    let of = |name: &str| {
        let mut rows = said.text.lines().filter_map(|line| line.split_once('\t'));
        rows.find(|(property, _)| *property == name).map_or("", |(_, value)| value)
    };
    if of("type") != "filesystem" {
        return Err(Failure::new(format!("{} is a {}, no file system", args.dataset, of("type"))));
    }
    Ok((of("jailed") == "on", of("mountpoint").to_string()))
}

/// The change of its properties.
fn properties(args: &Args, seen: &Seen) -> Option<Change> {
    let wanted = args.mountpoint.as_ref().filter(|_| args.state == Presence::Present);
    let right = match wanted {
        Some(place) => seen.jailed && seen.mountpoint == place.as_str(),
        None => !seen.jailed,
    };
    if right {
        return None;
    }
    let jailed = if seen.jailed { "on" } else { "off" };
    let place = wanted.map_or("", PathText::as_str);
    let script = Probe::new("bastille_zfs_act", include_str!("act.sh"));
    let script = script.words([args.dataset.as_str(), jailed, place]);
    let why = match wanted {
        Some(place) => format!("give {} to jails, at {}", args.dataset, place.as_str()),
        None => format!("take {} back from jails", args.dataset),
    };
    let after = wanted.map(|place| Value::from(place.as_str()));
    let effect = Effect::Thing(JAILED, args.dataset.clone(), after);
    Some(Change::new(Op::Script(script), why).effect(effect).risk(Risk::Medium))
}

/// The jail's block, as Bastille writes it.
fn block(args: &Args, seen: &Seen) -> Result<String, Failure> {
    let text = seen.conf.editable()?;
    if text.is_empty() {
        return Ok(String::new());
    }
    let path = &seen.conf.path;
    let wrong = |why: String| Failure::new(format!("{path}: {why}"));
    let command = format!("zfs jail {} {}", args.name, args.dataset);
    let created = conf::Block::of(text, &args.name).and_then(|block| block.values("exec.created"));
    let mut created = created.unwrap_or_default();
    let has = created.contains(&command);
    let present = args.state == Presence::Present;
    let mut new = text.to_string();
    if present {
        let on = |name: &str| (Key::from(name), Value::from(true));
        let allowed = ["allow.mount", "allow.mount.devfs", "allow.mount.zfs"].map(on);
        let all: Map =
            [(Key::from("enforce_statfs"), Value::from(1))].into_iter().chain(allowed).collect();
        new = params::applied(&new, &args.name, &all).map_err(wrong)?;
    }
    if has != present {
        created.retain(|known| *known != command);
        created.extend(present.then_some(command));
        let values = (!created.is_empty()).then_some(created.as_slice());
        new = conf::with(&new, &args.name, "exec.created", values).map_err(wrong)?;
    }
    Ok(new)
}

/// The line of a dataset in zfs.conf: it and where it is mounted.
fn line<'a>(text: &'a str, dataset: &str) -> Option<&'a str> {
    text.lines().find(|line| line.split_whitespace().next() == Some(dataset))
}

/// zfs.conf, in which Bastille looks when the jail starts.
fn listed(args: &Args, seen: &Seen) -> Result<String, Failure> {
    let text = seen.list.editable()?;
    let wanted = match (args.state, &args.mountpoint) {
        (Presence::Present, Some(place)) => Some(format!("{} {}", args.dataset, place.as_str())),
        _ => None,
    };
    if line(text, &args.dataset).map(str::trim_end) == wanted.as_deref() {
        return Ok(text.to_string());
    }
    let others = text.lines().filter(|one| line(one, &args.dataset).is_none()).map(str::to_string);
    Ok(others.chain(wanted).map(|line| line + "\n").collect())
}

/// Stops or starts the jail.
fn act(args: &Args, seen: &Seen, then: &str, verb: &str) -> Change {
    let dir = seen.all.jails_dir();
    let script = Probe::new("bastille_act", include_str!("../act.sh"));
    let script = script.words([dir.as_str(), &args.name, "there", then, verb, &args.name]);
    let effect = Effect::Thing(JAIL, args.name.clone(), Some(Value::from(then)));
    let why = format!("bastille {verb} {}", args.name);
    Change::new(Op::Script(script), why).effect(effect).risk(Risk::Medium)
}
