//! `sysrc`: variables of rc.conf and of files like it.
//!
//! The file is read and written by us, not by sysrc(8): that answers from the system's defaults when the
//! file says nothing, writes values unescaped so that they read back as others, and replaces links.

mod conf;
pub mod list;
#[cfg(test)]
mod tests;
mod word;

use crate::base::{Key, Value};
use crate::modules::told::Kept;
use crate::spec::{
    Answer, Change, Command, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Os, Plan, Probe,
    Ran, State, Support,
};
pub use conf::Conf;

crate::choices! {
    /// What is wanted of the variable.
    pub enum Wanted {
        Absent = "absent",
        Present = "present",
        ValuePresent = "value_present",
        ValueAbsent = "value_absent",
    }
}

crate::args! {
    /// What is wanted of a variable.
    pub struct Args {
        /// Name of the variable.
        name: String => [required()],
        /// Its value, taken as it is: the shell that reads the file expands nothing in it. With
        /// `value_present` and `value_absent` one item of it, or several.
        value: Option<String> => [],
        /// Whether the variable is set, or an item is in its value.
        state: Wanted => [default("present")],
        /// The file.
        path: String => [default("/etc/rc.conf")],
        /// What stands between items.
        delim: String => [default(" ")],
        /// Name or number of the jail whose file it is.
        jail: Option<String> => [],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "sysrc",
    full_names: &["community.general.sysrc"],
    short: "Manage variables of FreeBSD's rc.conf and files like it.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example { title: "A variable", yaml: "sysrc: {name: accounting_enable, value: \"YES\"}" },
        Example {
            title: "One of several interfaces",
            yaml: "sysrc: {name: cloned_interfaces, state: value_present, value: gif0}",
        },
        Example {
            title: "In a jail",
            yaml: "sysrc: {name: sshd_enable, value: \"YES\", jail: web}",
        },
    ],
    returns: &[("value", "the argument, else the variable's value")],
};

/// The module.
pub struct Sysrc;

/// What is there.
pub struct Seen {
    /// The file; a jail's is not here.
    file: Kept,
    /// Whether there is a file.
    there: bool,
    conf: Conf,
    /// The value that counts where the file is silent.
    default: Option<String>,
    /// Path of jexec, when it is a jail's.
    jexec: String,
    /// Why it is not certain what is in it.
    uncertain: Option<String>,
}

/// Kind of a jail's file in the predicted world.
const IN_JAIL: &str = "jail_file";

impl State for Sysrc {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        check(args)?;
        if ctx.platform.os != Os::FreeBsd && !ctx.platform.has("sysrc") {
            return Err(Failure::new("Failed to find required executable \"sysrc\""));
        }
        let path = crate::modules::files::absolute(ctx.platform, &args.path)?;
        let default =
            if args.state == Wanted::ValuePresent && is_rc_conf(&path) { "1" } else { "0" };
        let jail = args.jail.as_deref().unwrap_or_default();
        let probe = Probe::new("sysrc", include_str!("look.sh"));
        Ok(probe.words([path.as_str(), jail, &args.name, default]))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let path = crate::modules::files::absolute(ctx.platform, &args.path)?;
        let answer = crate::modules::files::first(answers)?;
        let blocks = answer.blocks().filter(|blocks| blocks.len() >= 3);
        let blocks =
            blocks.ok_or_else(|| Failure::new(format!("{path} changed while it was read")))?;
        let mut seen = match &args.jail {
            Some(jail) => in_jail(jail, &path, &blocks, ctx)?,
            None => on_host(&path, &blocks, ctx)?,
        };
        let default = blocks.last().and_then(Option::as_ref);
        let default = default.map(|line| Conf::parse(line)).transpose().ok().flatten();
        seen.default = default.and_then(|conf| conf.value(&args.name).flatten());
        Ok(Look::Seen(seen))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let mut plan = match wanted(args, seen)? {
            None => Plan::ok(),
            Some(text) => {
                let path = crate::modules::files::absolute(ctx.platform, &args.path)?;
                Plan::of(vec![write(args, seen, &path, text)])
            }
        };
        plan.uncertain.clone_from(&seen.uncertain);
        Ok(plan)
    }

    fn verify(&self, args: &Args, _: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match wanted(args, after) {
            Ok(None) => Ok(()),
            Ok(Some(_)) => Err(match after.conf.value(&args.name) {
                None => format!("{} is not set", args.name),
                Some(None) => format!("the shell computes {}", args.name),
                Some(Some(value)) => format!("{} is {value:?}", args.name),
            }),
            Err(failure) => Err(failure.msg),
        }
    }

    fn explain(&self, args: &Args, ran: &Ran) -> Option<Failure> {
        let error = ran.answer.error_text();
        let denied = ran.answer.rc != 0 && error.contains("Permission denied");
        denied.then(|| Failure::new(format!("Permission denied for {}", args.path)))
    }

    fn result(&self, args: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let now = before.conf.value(&args.name).flatten();
        let value = match (&args.value, args.state, now) {
            (Some(value), ..) => Value::from(value.as_str()),
            (None, Wanted::Present, Some(now)) => Value::from(now),
            (None, Wanted::ValuePresent, Some(now)) => {
                Value::list(list::items(&now, &args.delim).into_iter().map(Value::from).collect())
            }
            _ => Value::NULL,
        };
        [(Key::from("value"), value)].into_iter().collect()
    }
}

/// Refuses what no shell takes for a variable, and what sysrc(8) could not read any more.
fn check(args: &Args) -> Result<(), Failure> {
    let name = &args.name;
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(word) {
        let text = "Name may only contain alpha-numeric and underscore characters";
        return Err(Failure::new(text));
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Failure::new(format!("Name must not begin with a digit: {name}")));
    }
    if args.value.as_ref().is_some_and(|value| value.contains(['\n', '\r', '\0'])) {
        return Err(Failure::new(format!("the value of {name} must be one line")));
    }
    if args.delim.is_empty() || args.delim.contains('\n') {
        return Err(Failure::new("delim must be a character or a word"));
    }
    Ok(())
}

/// Whether the system's defaults stand behind this file.
fn is_rc_conf(path: &str) -> bool {
    matches!(path, "/etc/rc.conf" | "/etc/rc.conf.local") || path.contains("/rc.conf.d/")
}

fn parse(path: &str, text: &[u8]) -> Result<Conf, Failure> {
    Conf::parse(text).map_err(|why| Failure::new(format!("{path}: {why}")))
}

type Block = Option<bytes::Bytes>;

fn on_host(path: &str, blocks: &[Block], ctx: Ctx<'_>) -> Result<Seen, Failure> {
    let line = blocks[0].as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    let kept = Kept::seen(path, &line, blocks[1].clone(), ctx)?;
    let (there, uncertain) = (kept.there(), kept.uncertain.clone());
    let conf = parse(path, &kept.bytes)?;
    Ok(Seen { file: kept, there, conf, default: None, jexec: String::new(), uncertain })
}

fn in_jail(jail: &str, path: &str, blocks: &[Block], ctx: Ctx<'_>) -> Result<Seen, Failure> {
    let text = |at: usize| {
        let block: &[u8] = blocks.get(at).and_then(Option::as_deref).unwrap_or_default();
        String::from_utf8_lossy(block).into_owned()
    };
    let said = blocks.get(2).cloned().flatten().unwrap_or_default();
    let mut seen = Seen {
        file: Kept::default(),
        there: true,
        conf: Conf::default(),
        default: None,
        jexec: text(0),
        uncertain: None,
    };
    let known = ctx.world.thing(IN_JAIL, &format!("{jail}:{path}")).flatten();
    if let Some(known) = known {
        seen.conf = parse(path, known.text().as_bytes())?;
        return Ok(seen);
    }
    match text(1).as_str() {
        "0" => seen.conf = parse(path, &said)?,
        "3" => seen.there = false,
        "127" if seen.jexec.is_empty() => {
            let text =
                format!("Failed to find required executable \"jexec\" in paths: {}", text(2));
            return Err(Failure::new(text));
        }
        _ => return Err(Failure::new(text(2).trim_end().to_string())),
    }
    Ok(seen)
}

/// The file's new text; None: it is as it should be.
fn wanted(args: &Args, seen: &Seen) -> Result<Option<Vec<u8>>, Failure> {
    let (conf, name) = (&seen.conf, args.name.as_str());
    let now = conf.value(name);
    let Some(value) = &args.value else {
        return match args.state {
            Wanted::Absent if now.is_some() => remove(args, conf),
            // Nothing is asked for: the value is told.
            _ => Ok(None),
        };
    };
    let set = |value: &str| Ok(Some(conf.set(name, value)));
    let computed = || {
        let text = format!(
            "the shell computes the value of {name} in {}: its items cannot be told",
            args.path
        );
        Failure::new(text)
    };
    match (args.state, now) {
        (Wanted::Absent, None) | (Wanted::ValueAbsent, None) => Ok(None),
        (Wanted::Absent, Some(_)) => remove(args, conf),
        (Wanted::Present, Some(Some(now))) if now == *value => Ok(None),
        (Wanted::Present, _) => set(value),
        (Wanted::ValuePresent | Wanted::ValueAbsent, Some(None)) => Err(computed()),
        (Wanted::ValuePresent, now) => {
            let now = now.flatten();
            // As the system sees it: an item is added to the default where the file says nothing.
            let base = now.clone().or(seen.default.clone()).unwrap_or_default();
            let new = list::with(&base, value, &args.delim);
            if now.as_ref() == Some(&new) { Ok(None) } else { set(&new) }
        }
        (Wanted::ValueAbsent, Some(Some(now))) => {
            let new = list::without(&now, value, &args.delim);
            if new == now { Ok(None) } else { set(&new) }
        }
    }
}

fn remove(args: &Args, conf: &Conf) -> Result<Option<Vec<u8>>, Failure> {
    let fail = |why| Failure::new(format!("{}: {why}", args.path));
    conf.remove(&args.name).map(Some).map_err(fail)
}

fn write(args: &Args, seen: &Seen, path: &str, text: Vec<u8>) -> Change {
    let why = match args.state {
        Wanted::Absent => format!("remove {} from {path}", args.name),
        _ => format!("set {} in {path}", args.name),
    };
    if let Some(jail) = &args.jail {
        let script = include_str!("write.sh");
        let argv = [seen.jexec.as_str(), jail, "/bin/sh", "-c", script, "tank", path];
        let known = Value::from(String::from_utf8_lossy(&text).into_owned());
        let command = Command { stdin: Some(text.into()), ..Command::new(argv) };
        let effect = Effect::Thing(IN_JAIL, format!("{jail}:{path}"), Some(known));
        return Change::new(Op::Run(command), why).effect(effect);
    }
    seen.file.write(text, 0o644, why)
}
