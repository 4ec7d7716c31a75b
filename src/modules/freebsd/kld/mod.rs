//! `kld`: a module of FreeBSD's kernel, now and at boot.

#[cfg(test)]
mod tests;

use super::rcconf::{self, RcConf};
use super::{loader, only_freebsd};
use crate::base::{Key, Value};
use crate::modules::accounts::Presence;
use crate::modules::services::sysrc::list;
use crate::modules::told::{Kept, Told};
use crate::spec::{
    Answer, Change, Command, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Plan, Probe,
    Ran, Risk, State, Support,
};

crate::choices! {
    /// Whether and how it is loaded at boot.
    pub enum Persistent {
        Disabled = "disabled",
        Absent = "absent",
        KldList = "kld_list",
        Loader = "loader",
    }
}

crate::args! {
    /// Which module.
    pub struct Args {
        /// Name of the module's file without `.ko`.
        name: String => [required()],
        /// Whether it is loaded now.
        state: Presence => [default("present")],
        /// Whether it is loaded at boot: by `kld_list` of rc.conf, by the loader, or by neither; `disabled`
        /// leaves that as it is.
        persistent: Persistent => [default("disabled")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "kld",
    full_names: &[],
    short: "Manage modules of FreeBSD's kernel, now and at boot.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "Null modem devices, now and at each boot",
            yaml: "kld: {name: nmdm, persistent: kld_list}",
        },
        Example {
            title: "What PCI passthrough needs early",
            yaml: "kld: {name: vmm, persistent: loader}",
        },
    ],
    returns: &[(
        "loaded",
        "how it was there: `file`, `kernel` when it is part of the kernel, or empty",
    )],
};

/// The module.
pub struct Kld;

/// Kind of a kernel's module in the predicted world.
const KIND: &str = "kernel_module";
const LOADER: &str = "/boot/loader.conf";
const LIST: &str = "kld_list";

/// How a module is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loaded {
    /// Its file was loaded.
    File,
    /// It is part of the kernel.
    Kernel,
    /// It is not.
    No,
}

/// What is there.
pub struct Seen {
    loaded: Loaded,
    /// Whether its file is where modules are; None: not asked.
    found: Option<bool>,
    /// What it said when it could not work.
    errors: Vec<String>,
    rc: RcConf,
    loader: Kept,
}

impl State for Kld {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("kld", ctx)?;
        check(&args.name)?;
        let script = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        let probe = Probe::new("kld", script).words([args.name.as_str()]);
        Ok(probe.words(rcconf::FILES).words([LOADER]))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        told.tool("kldstat")?;
        let within = |line: &str| {
            let name = line.split_whitespace().nth(1).unwrap_or_default();
            name.rsplit('/').next() == Some(args.name.as_str())
        };
        let mut loaded = match (told.worked("file"), told.worked("module")) {
            (true, _) => Loaded::File,
            (_, true) => Loaded::Kernel,
            _ if told.text("all").lines().any(within) => Loaded::Kernel,
            _ => Loaded::No,
        };
        match ctx.world.thing(KIND, &args.name) {
            Some(Some(_)) if loaded == Loaded::No => loaded = Loaded::File,
            Some(None) => loaded = Loaded::No,
            _ => {}
        }
        Ok(Look::Seen(Seen {
            loaded,
            found: told.of("found").map(|said| !said.text.is_empty()),
            errors: told.text("errors").lines().map(str::to_string).collect(),
            rc: RcConf::read(&told, &rcconf::FILES, ctx)?,
            loader: Kept::of(&told, LOADER, ctx)?,
        }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let mut changes = Vec::new();
        changes.extend(live(args, seen)?);
        let mut plan = Plan::ok();
        if seen.loaded != Loaded::Kernel {
            let (boot, diff) = boot(args, seen, ctx)?;
            changes.extend(boot);
            plan.diff = diff;
        }
        plan.parts = Plan::of(changes).parts;
        plan.uncertain = seen.rc.uncertain().or_else(|| seen.loader.uncertain.clone());
        if let Some(error) = seen.errors.last().filter(|_| seen.loaded == Loaded::File) {
            plan.warnings.push(format!("{} is loaded and may not work: {error}", args.name));
        }
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        if let Op::WriteFile(file) = &change.op {
            return match file.path.as_str() {
                LOADER => after.loader.wrote(change),
                path => after.rc.wrote(path, change),
            };
        }
        let errors = change.effects.iter().find_map(|effect| match effect {
            Effect::Thing(KIND, _, Some(errors)) => errors.as_int(),
            _ => None,
        });
        match (args.state, after.loaded) {
            (Presence::Present, Loaded::No) => Err("it is not loaded".to_string()),
            (Presence::Absent, Loaded::File | Loaded::Kernel) => {
                Err("it is still loaded".to_string())
            }
            (Presence::Present, _) if after.errors.len() as i64 > errors.unwrap_or(i64::MAX) => {
                let said = after.errors.last().cloned().unwrap_or_default();
                Err(format!("it is loaded and does not work: {said}"))
            }
            _ => Ok(()),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        let Op::Run(_) = &ran.change.op else { return None };
        let said = ran.answer.text() + &ran.answer.error_text();
        (ran.answer.rc != 0).then(|| Failure::new(said.trim_end()))
    }

    fn result(&self, args: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let loaded = match before.loaded {
            Loaded::File => "file",
            Loaded::Kernel => "kernel",
            Loaded::No => "",
        };
        let fields = [("name", args.name.as_str()), ("loaded", loaded)];
        fields.into_iter().map(|(name, value)| (Key::from(name), Value::from(value))).collect()
    }
}

/// A name that is a file's and a part of a variable's.
fn check(name: &str) -> Result<(), Failure> {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+');
    let file = name.ends_with(".ko");
    if name.is_empty() || name.starts_with(['-', '.']) || file || !name.chars().all(letter) {
        let text =
            format!("invalid name of a module: '{name}'; it is that of its file without .ko");
        return Err(Failure::new(text));
    }
    Ok(())
}

/// What loads or unloads it now.
fn live(args: &Args, seen: &Seen) -> Result<Option<Change>, Failure> {
    let name = &args.name;
    let run = |words: Vec<&str>, verb: &str| {
        let env = vec![("LC_ALL".to_string(), "C".to_string())];
        Change::new(Op::Run(Command { env, ..Command::new(words) }), format!("{verb} {name}"))
    };
    Ok(match (args.state, seen.loaded) {
        (Presence::Present, Loaded::No) => {
            if seen.found == Some(false) {
                let text = format!("kldload: can't load {name}: No such file or directory");
                return Err(Failure::new(text).missing());
            }
            let errors = Value::from(seen.errors.len() as i64);
            let effect = Effect::Thing(KIND, name.clone(), Some(errors));
            Some(run(vec!["kldload", "-n", name], "load").effect(effect))
        }
        (Presence::Absent, Loaded::Kernel) => {
            let text = format!("{name} is part of the kernel: it cannot be unloaded");
            return Err(Failure::new(text));
        }
        // kldunload says yes and leaves it.
        (Presence::Absent, Loaded::File) if name == "kernel" => {
            return Err(Failure::new("the kernel cannot be unloaded"));
        }
        (Presence::Absent, Loaded::File) => {
            let effect = Effect::Thing(KIND, name.clone(), None);
            Some(run(vec!["kldunload", name], "unload").effect(effect).risk(Risk::High))
        }
        _ => None,
    })
}

/// What makes it loaded, or not, at boot.
fn boot(
    args: &Args,
    seen: &Seen,
    ctx: Ctx<'_>,
) -> Result<(Vec<Change>, Vec<crate::spec::Diff>), Failure> {
    let mut rc = seen.rc.clone();
    let listed = rc.value(LIST)?.unwrap_or_default();
    let stem = |item: &str| {
        let file = item.rsplit('/').next().unwrap_or_default();
        file.strip_suffix(".ko").unwrap_or(file) == args.name
    };
    let (mine, others): (Vec<String>, Vec<String>) =
        list::items(&listed, " ").into_iter().partition(|item| stem(item));
    match args.persistent {
        Persistent::KldList if mine.is_empty() => {
            rc.set(LIST, &list::with(&listed, &args.name, " "))?
        }
        Persistent::Absent if !mine.is_empty() && others.is_empty() => rc.remove(LIST)?,
        Persistent::Absent if !mine.is_empty() => rc.set(LIST, &others.join(" "))?,
        _ => {}
    }
    let (mut changes, mut diff) = rc.changes(&format!("set {LIST}"), ctx);
    let variable = format!("{}_load", args.name);
    let text = seen.loader.editable()?;
    let values = loader::values(text, &variable);
    let on = values.last().is_some_and(|value| value.eq_ignore_ascii_case("yes"));
    let new = match args.persistent {
        Persistent::Loader if !on => loader::with(text, &variable, "YES"),
        Persistent::Absent if !values.is_empty() => loader::without(text, &variable),
        _ => return Ok((changes, diff)),
    };
    diff.push(seen.loader.diff(&new, ctx));
    let change = seen.loader.write(new, 0o644, format!("set {variable} in {LOADER}"));
    changes.push(change.risk(Risk::Medium));
    Ok((changes, diff))
}
