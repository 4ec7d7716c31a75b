//! `modprobe`: a module of Linux' kernel, now and at boot.

mod files;
#[cfg(test)]
mod tests;

use crate::base::{Key, Value};
use crate::modules::accounts::Presence;
use crate::modules::services::service::words;
use crate::modules::told::{Kept, Told};
use crate::spec::{
    Answer, Change, Command, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Os, Plan, Probe,
    Ran, State, Support,
};

crate::choices! {
    /// Whether it is loaded at boot.
    pub enum Persistent {
        Disabled = "disabled",
        Present = "present",
        Absent = "absent",
    }
}

crate::args! {
    /// Which module.
    pub struct Args {
        /// Name of the module.
        name: String => [required()],
        /// Whether it is loaded now.
        state: Presence => [default("present")],
        /// Parameters, split as a shell does; they count when it is loaded.
        params: String => [default("")],
        /// Whether it is loaded at boot, with these parameters; `absent` makes the lines that say so comments,
        /// `disabled` leaves them.
        persistent: Persistent => [default("disabled")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "modprobe",
    full_names: &["community.general.modprobe"],
    short: "Load and unload modules of Linux' kernel.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example {
        title: "Now and at each boot",
        yaml: "modprobe: {name: dummy, params: numdummies=2, persistent: present}",
    }],
    returns: &[
        ("name", "the module"),
        ("params", "its parameters"),
        ("state", "what was asked for"),
    ],
};

/// The module, and where it finds what is loaded at boot.
pub struct Modprobe {
    load: &'static str,
    options: &'static str,
}

/// As systemd and kmod have it.
pub static MODPROBE: Modprobe =
    Modprobe { load: "/etc/modules-load.d", options: "/etc/modprobe.d" };

const KIND: &str = "kernel_module";

/// What is there.
pub struct Seen {
    loaded: bool,
    /// Files that name modules.
    load: Vec<Kept>,
    /// Files that give parameters.
    options: Vec<Kept>,
}

impl State for Modprobe {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        if ctx.platform.os != Os::Linux {
            return Err(Failure::new("modprobe is for Linux: on FreeBSD there is kld"));
        }
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let name = args.name.as_str();
        if name.is_empty() || name.starts_with(['-', '.']) || !name.chars().all(letter) {
            return Err(Failure::new(format!("invalid name of a module: '{name}'")));
        }
        if args.params.contains(char::is_control) {
            return Err(Failure::new("params is one line"));
        }
        words(&args.params)?;
        // The kernel takes both for one.
        let either = name.replace('.', "[.]").replace(['-', '_'], "[-_]");
        let pattern = format!("/{either}[.]ko$");
        let script = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        let probe = Probe::new("modprobe", script).words([name.replace('-', "_"), pattern]);
        let boot = args.persistent != Persistent::Disabled;
        Ok(probe.words([self.load, self.options].into_iter().filter(|_| boot)))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        told.tool("modprobe")?;
        let there = told.worked("loaded") || told.worked("builtin");
        let known = ctx.world.thing(KIND, &args.name).map(|state| state.is_some());
        let within = |dir: &str| {
            let mut paths: Vec<String> =
                told.paths().filter(|path| parent(path) == dir).map(str::to_string).collect();
            let known = ctx.world.below(dir).into_iter().filter(|(_, attrs)| attrs.is_some());
            paths.extend(known.map(|(path, _)| path.to_string()));
            paths.sort();
            paths.dedup();
            paths.iter().map(|path| file(&told, path, ctx)).collect::<Result<Vec<_>, Failure>>()
        };
        let (load, options) = (within(self.load)?, within(self.options)?);
        Ok(Look::Seen(Seen { loaded: known.unwrap_or(there), load, options }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let mut changes: Vec<Change> = live(args, seen)?.into_iter().collect();
        let mut plan = Plan::ok();
        for (file, text) in self.boot(args, seen, ctx)? {
            plan.diff.push(file.diff(&text, ctx));
            changes.push(file.write(text, 0o644, format!("write {}", file.path)));
        }
        plan.parts = Plan::of(changes).parts;
        let files = seen.load.iter().chain(&seen.options);
        plan.uncertain = files.filter_map(|file| file.uncertain.clone()).next();
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        if let Op::WriteFile(file) = &change.op {
            let found = after.load.iter().chain(&after.options).find(|kept| kept.path == file.path);
            return found.map_or(Err("it is not there".to_string()), |kept| kept.wrote(change));
        }
        match (args.state, after.loaded) {
            (Presence::Present, false) => Err("it is not loaded".to_string()),
            (Presence::Absent, true) => Err("it is still loaded".to_string()),
            _ => Ok(()),
        }
    }

    fn explain(&self, args: &Args, ran: &Ran) -> Option<Failure> {
        let Op::Run(_) = &ran.change.op else { return None };
        let (rc, out, err) = (ran.answer.rc, ran.answer.text(), ran.answer.error_text());
        let failure = Failure::new(err.clone()).with("rc", i64::from(rc));
        let failure = failure.with("stdout", out).with("stderr", err);
        let failure = failure.with("name", args.name.as_str()).with("params", args.params.as_str());
        (rc != 0).then(|| failure.with("state", args.state.word()))
    }

    fn result(&self, args: &Args, _: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let fields =
            [("name", args.name.as_str()), ("params", &args.params), ("state", args.state.word())];
        fields.into_iter().map(|(name, value)| (Key::from(name), Value::from(value))).collect()
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// A file that was told, or that only the predicted world has.
fn file(told: &Told, path: &str, ctx: Ctx<'_>) -> Result<Kept, Failure> {
    if told.paths().any(|told| told == path) {
        return Kept::of(told, path, ctx);
    }
    Kept::seen(path, "-", None, ctx)
}

/// What loads or unloads it now.
fn live(args: &Args, seen: &Seen) -> Result<Option<Change>, Failure> {
    let name = args.name.clone();
    let (words, verb, after) = match (args.state, seen.loaded) {
        (Presence::Present, false) => {
            let all = ["modprobe".to_string(), name.clone()].into_iter();
            (all.chain(words(&args.params)?).collect(), "load", Some(true.into()))
        }
        (Presence::Absent, true) => {
            (vec!["modprobe".to_string(), "-r".to_string(), name.clone()], "unload", None)
        }
        _ => return Ok(None),
    };
    let env = vec![("LC_ALL".to_string(), "C".to_string())];
    let change =
        Change::new(Op::Run(Command { env, ..Command::new(words) }), format!("{verb} {name}"));
    Ok(Some(change.effect(Effect::Thing(KIND, name, after))))
}

impl Modprobe {
    /// The files that become others, with their new text.
    fn boot(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Vec<(Kept, String)>, Failure> {
        let (name, params) = (args.name.as_str(), words(&args.params)?);
        let listed = seen.load.iter().any(|file| files::has(&file.text(), name));
        let now: Vec<String> =
            seen.options.iter().flat_map(|file| files::options(&file.text(), name)).collect();
        let same = params.iter().all(|one| now.contains(one))
            && now.iter().all(|one| params.contains(one));
        let own = |dir: &str, known: &[Kept]| {
            let path = format!("{dir}/{name}.conf");
            let found = known.iter().find(|file| file.path == path).cloned();
            found.map_or_else(|| Kept::seen(&path, "-", None, ctx), Ok)
        };
        let mut new = Vec::new();
        match args.persistent {
            Persistent::Disabled => {}
            Persistent::Absent => {
                new.extend(edited(&seen.load, |text| files::unload(text, name))?);
                new.extend(edited(&seen.options, |text| files::forget(text, name))?);
            }
            Persistent::Present => {
                if !listed {
                    new.push((own(self.load, &seen.load)?, format!("{name}\n")));
                }
                if !same {
                    let file = own(self.options, &seen.options)?;
                    new.extend(edited(&seen.options, |text| files::forget(text, name))?);
                    new.retain(|(other, _)| other.path != file.path);
                    let line = |one: &String| format!("options {name} {one}\n");
                    new.push((file, params.iter().map(line).collect()));
                }
            }
        }
        Ok(new)
    }
}

/// Files whose text an edit changes.
fn edited(files: &[Kept], edit: impl Fn(&str) -> String) -> Result<Vec<(Kept, String)>, Failure> {
    let mut new = Vec::new();
    for file in files {
        let text = edit(&file.text());
        if text != file.text() {
            file.editable()?;
            new.push((file.clone(), text));
        }
    }
    Ok(new)
}
