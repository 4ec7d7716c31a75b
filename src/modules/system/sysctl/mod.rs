//! `sysctl`: a variable of the kernel, in a file of settings and live.

mod lines;
#[cfg(test)]
mod tests;

use crate::base::{Key, Value};
use crate::modules::told::{Kept, Told};
use crate::spec::args::PathText;
use crate::spec::{
    Answer, Change, Command, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Os, Plan, Probe,
    Ran, Rule, State, Support,
};
use lines::Dialect;

pub use crate::modules::accounts::Presence;

crate::args! {
    /// Which variable and what it should be.
    pub struct Args {
        /// Name of the variable.
        name: String => [required(), aliases(&["key"])],
        /// Its value; words for yes and no are 1 and 0.
        value: Option<String> => [aliases(&["val"])],
        /// Whether the file sets it.
        state: Presence => [default("present")],
        /// The file.
        sysctl_file: PathText => [default("/etc/sysctl.conf")],
        /// Whether the running kernel's value is compared, and set where it differs.
        sysctl_set: bool => [default("no")],
        /// Whether the file is loaded once it has changed.
        reload: bool => [default("yes")],
        /// Whether a name that the kernel does not know is no error.
        ignoreerrors: bool => [default("no")],
    }
    rules [Rule::RequiredIf("state", "present", &["value"])]
}

static DOC: Doc = Doc {
    name: "sysctl",
    full_names: &["ansible.posix.sysctl"],
    short: "Manage variables of the kernel: their file of settings and their live values.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "Live and at boot",
            yaml: "sysctl: {name: net.inet.ip.forwarding, value: \"1\", sysctl_set: true}",
        },
        Example {
            title: "A variable that only FreeBSD's loader can set: it counts from the next boot",
            yaml: "sysctl: {name: kern.racct.enable, value: \"1\", sysctl_file: /boot/loader.conf, reload: false}",
        },
    ],
    returns: &[
        (
            "live",
            "the running kernel's value before anything was done; none where it knows no such variable",
        ),
        ("reboot_required", "whether the value counts only from the next boot"),
    ],
};

/// The module.
pub struct Sysctl;

/// Kind of a live value in the predicted world.
const LIVE: &str = "sysctl";
/// The file that FreeBSD reads behind its own.
const LOCAL: &str = "/etc/sysctl.conf.local";

/// When the kernel takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    /// At once.
    Now,
    /// When it boots, from its loader.
    AtBoot,
    /// Never: it only tells.
    Never,
}

/// What is there.
pub struct Seen {
    file: Kept,
    dialect: Dialect,
    /// The live value; Err: what was said instead.
    live: Result<String, String>,
    taken: Taken,
    /// What another file sets it to later at boot.
    overridden: Option<String>,
    /// Modules of the kernel that a check run would have loaded: they may bring the variable.
    coming: bool,
}

impl State for Sysctl {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        check(args, ctx)?;
        let path = path(args, ctx)?;
        let script = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        let probe = Probe::new("sysctl", script).words([args.name.clone(), path.clone()]);
        let more = ctx.platform.os == Os::FreeBsd && path == "/etc/sysctl.conf";
        Ok(probe.words(more.then_some(LOCAL)))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        told.tool("sysctl")?;
        let path = path(args, ctx)?;
        let file = Kept::of(&told, &path, ctx)?;
        let dialect =
            if ctx.platform.os == Os::FreeBsd { Dialect::FreeBsd } else { Dialect::Linux };
        let mut overridden = None;
        if told.paths().any(|path| path == LOCAL) && path != LOCAL {
            overridden = lines::value(&Kept::of(&told, LOCAL, ctx)?.text(), &args.name, dialect);
        }
        let said = told.of("live").ok_or_else(|| Failure::new("the host did not answer"))?;
        let text = said.text.trim_end_matches('\n').to_string();
        let mut live = if said.rc == 0 { Ok(text) } else { Err(text) };
        let known = ctx.world.thing(LIVE, &args.name).flatten();
        live = known.map_or(live, |value| Ok(value.text()));
        let coming = ctx.world.things("kernel_module").iter().any(|(_, state)| state.is_some());
        Ok(Look::Seen(Seen { file, dialect, live, taken: taken(&told), overridden, coming }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let value = value(args);
        let text = seen.file.editable()?;
        let now = lines::value(text, &args.name, seen.dialect);
        let write = match (&value, &now) {
            (Some(value), Some(now)) => !lines::same(value, now),
            (None, None) => false,
            _ => true,
        };
        let path = &seen.file.path;
        let mut plan = Plan::default();
        let mut changes = Vec::new();
        if write {
            let new = lines::with(text, &args.name, value.as_deref(), seen.dialect);
            let verb = if value.is_some() { "set" } else { "remove" };
            plan = plan.diff(seen.file.diff(&new, ctx));
            changes.push(seen.file.write(new, 0o644, format!("{verb} {} in {path}", args.name)));
        }
        let value = value.as_deref();
        let set = args.sysctl_set && value.is_some_and(|value| !seen.is(value));
        refuse(args, seen, write && value.is_some(), set)?;
        if let Some(value) = value.filter(|_| set) {
            changes.push(set_live(args, value, ctx));
        }
        if write && args.reload {
            changes.push(reload(args, seen, value.filter(|value| !seen.is(value)), ctx));
        }
        plan.parts = Plan::of(changes).parts;
        plan.uncertain.clone_from(&seen.file.uncertain);
        if seen.live.is_err() && seen.coming {
            plan.uncertain = Some(format!("{} may come with a module of the kernel", args.name));
        }
        if let Some(other) = seen.overridden.as_deref().filter(|other| Some(*other) != value) {
            let name = &args.name;
            plan.warnings.push(format!("{LOCAL} sets {name} to {other}: that counts at boot"));
        }
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        if let Op::WriteFile(_) = change.op {
            return after.file.wrote(change);
        }
        let wanted = value(args).filter(|_| change.effects.iter().any(is_live));
        match (wanted, &after.live) {
            (None, _) => Ok(()),
            (Some(wanted), _) if after.is(&wanted) => Ok(()),
            (Some(_), Err(_)) if args.ignoreerrors => Ok(()),
            (Some(_), Err(said)) => Err(said.clone()),
            (Some(_), Ok(live)) => Err(format!("the kernel has {live} for {}", args.name)),
        }
    }

    fn explain(&self, args: &Args, ran: &Ran) -> Option<Failure> {
        let Op::Run(_) = ran.change.op else { return None };
        let said = ran.answer.text() + &ran.answer.error_text();
        let what = match ran.change.why.starts_with("load") {
            true => "Failed to reload sysctl".to_string(),
            false => format!("setting {} failed", args.name),
        };
        (ran.answer.rc != 0).then(|| Failure::new(format!("{what}: {said}")))
    }

    fn result(&self, args: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let live = before.live.as_ref().ok().map_or(Value::NULL, |live| live.as_str().into());
        let waits = is_loaders(&before.file.path);
        let waits = waits && value(args).is_some_and(|value| !before.is(&value));
        let fields = [("live", live), ("reboot_required", Value::from(waits))];
        fields.into_iter().map(|(name, value)| (Key::from(name), value)).collect()
    }
}

impl Seen {
    /// Whether the kernel has this value.
    fn is(&self, value: &str) -> bool {
        self.live.as_deref().is_ok_and(|live| lines::same(live, value))
    }
}

fn is_live(effect: &Effect) -> bool {
    matches!(effect, Effect::Thing(LIVE, ..))
}

/// Refuses names and values that would be other lines, and what this system has no such thing for.
fn check(args: &Args, ctx: Ctx<'_>) -> Result<(), Failure> {
    if ctx.platform.os == Os::Other {
        return Err(Failure::new(format!("sysctl does not know {}", ctx.platform.system)));
    }
    let name = args.name.as_str();
    if name.trim().is_empty() {
        return Err(Failure::new("name cannot be blank"));
    }
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '=' | '#' | ';' | '"');
    if name.starts_with('-') || name.contains(odd) {
        return Err(Failure::new(format!("invalid name of a variable: {name}")));
    }
    let path = args.sysctl_file.as_str();
    if ctx.platform.os == Os::FreeBsd && is_loaders(path) && args.reload {
        let text = format!("{path} is the loader's: it cannot be loaded now, set reload to false");
        return Err(Failure::new(text));
    }
    if args.state == Presence::Absent {
        return Ok(());
    }
    let value = value(args).unwrap_or_default();
    if value.is_empty() {
        return Err(Failure::new("value cannot be blank"));
    }
    let quotes = ctx.platform.os == Os::FreeBsd;
    let odd = |c: char| c.is_control() && c != '\t' || quotes && "\"'#\\$`".contains(c);
    if value.contains(odd) {
        return Err(Failure::new(format!("the file cannot hold this value of {name}: {value:?}")));
    }
    if is_loaders(path) && value.contains(char::is_whitespace) {
        return Err(Failure::new("a value with blanks needs quotes there: use loader_conf"));
    }
    Ok(())
}

fn path(args: &Args, ctx: Ctx<'_>) -> Result<String, Failure> {
    crate::modules::files::absolute(ctx.platform, args.sysctl_file.as_str())
}

/// Whether FreeBSD's loader reads this file.
fn is_loaders(path: &str) -> bool {
    path.starts_with("/boot/")
}

/// The wanted value; None: it should not be in the file.
fn value(args: &Args) -> Option<String> {
    const YES: [&str; 6] = ["y", "yes", "on", "1", "true", "t"];
    const NO: [&str; 6] = ["n", "no", "off", "0", "false", "f"];
    let text = args.value.as_deref().filter(|_| args.state == Presence::Present)?;
    let lower = text.to_lowercase();
    Some(match lower.as_str() {
        lower if YES.contains(&lower) => "1".to_string(),
        lower if NO.contains(&lower) => "0".to_string(),
        _ => text.trim().to_string(),
    })
}

/// When the kernel takes a value, by what FreeBSD said of the variable's kind.
fn taken(told: &Told) -> Taken {
    let tells = |what: &str| !told.text(what).trim().is_empty();
    match (told.has("writable"), tells("writable"), tells("tunable")) {
        (false, ..) | (_, true, _) => Taken::Now,
        (true, false, true) => Taken::AtBoot,
        (true, false, false) => Taken::Never,
    }
}

/// Refuses what would be written in vain, before anything is.
fn refuse(args: &Args, seen: &Seen, write: bool, set: bool) -> Result<(), Failure> {
    let (name, path) = (&args.name, &seen.file.path);
    let loads = write && args.reload;
    if let Err(said) = &seen.live {
        if (set || loads) && !args.ignoreerrors && !seen.coming {
            let what = if set { format!("setting {name} failed") } else { RELOAD.to_string() };
            return Err(Failure::new(format!("{what}: {said}")).missing());
        }
        return Ok(());
    }
    let boots = is_loaders(path);
    match seen.taken {
        Taken::AtBoot if write && !boots || set => Err(Failure::new(format!(
            "{name} is a read only tunable: only the loader sets it, at boot. Set it in /boot/loader.conf, without sysctl_set and reload"
        ))),
        Taken::Never if write && !boots || set => Err(Failure::new(format!("{name} is read only"))),
        _ => Ok(()),
    }
}

const RELOAD: &str = "Failed to reload sysctl";

fn command(words: Vec<String>) -> Command {
    let env = vec![("LC_ALL".to_string(), "C".to_string())];
    Command { env, ..Command::new(words) }
}

fn live(change: Change, args: &Args, value: &str) -> Change {
    change.effect(Effect::Thing(LIVE, args.name.clone(), Some(value.into())))
}

fn set_live(args: &Args, value: &str, ctx: Ctx<'_>) -> Change {
    let freebsd = ctx.platform.os == Os::FreeBsd;
    let mut words = vec!["sysctl".to_string()];
    words.extend(args.ignoreerrors.then(|| if freebsd { "-i" } else { "-e" }.to_string()));
    words.extend((!freebsd).then(|| "-w".to_string()));
    words.push(format!("{}={value}", args.name));
    let change = Change::new(Op::Run(command(words)), format!("set {} to {value}", args.name));
    live(change, args, value)
}

/// Loads the file; `value`: what the variable becomes by it.
fn reload(args: &Args, seen: &Seen, value: Option<&str>, ctx: Ctx<'_>) -> Change {
    let (ignore, load) = match ctx.platform.os {
        Os::FreeBsd => ("-i", "-f"),
        _ => ("-e", "-p"),
    };
    let mut words = vec!["sysctl".to_string()];
    words.extend(args.ignoreerrors.then(|| ignore.to_string()));
    words.extend([load.to_string(), seen.file.path.clone()]);
    let change = Change::new(Op::Run(command(words)), format!("load {}", seen.file.path));
    match value {
        Some(value) => live(change, args, value),
        None => change,
    }
}
