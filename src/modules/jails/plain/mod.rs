//! `jail_conf`: a jail of jail.conf(5) that nobody else keeps.

#[cfg(test)]
mod tests;

use super::bastille::{JAIL, Running, check_name, only_freebsd, running};
use super::conf::{self, Block};
use super::params;
use crate::base::{Key, Value};
use crate::modules::told::{Kept, Told};
use crate::spec::args::{Dict, PathText};
use crate::spec::{
    Answer, Change, ChangeKind, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Plan, Probe,
    Ran, Risk, State, Support,
};

crate::choices! {
    /// What is wanted of a jail.
    pub enum Wanted {
        Absent = "absent",
        Present = "present",
        Restarted = "restarted",
        Started = "started",
        Stopped = "stopped",
    }
}

crate::args! {
    /// Which jail and how it should be.
    pub struct Args {
        /// Its name.
        name: String => [required()],
        /// Whether its block is in the file and whether it runs; absent: stopped first.
        state: Wanted => [default("present")],
        /// Its parameters: `true` stands for one without a value, a list for several values, null for one that must not
        /// be there. Others of its block stay.
        params: Dict => [],
        /// The file.
        path: PathText => [default("/etc/jail.conf")],
        /// Whether a running jail is restarted when its block was changed.
        restart: bool => [default("no")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "jail_conf",
    full_names: &[],
    short: "Manage a jail of FreeBSD's own jail.conf. Whether it starts with the host is jail_list of rc.conf.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example {
        title: "A jail that runs",
        yaml: "jail_conf: {name: build, state: started, params: {path: /jails/build, host.hostname: build, \
               ip4.addr: \"lo1|10.0.0.9/32\", mount.devfs: true, exec.start: /bin/sh /etc/rc, \
               exec.stop: /bin/sh /etc/rc.shutdown, exec.clean: true}}",
    }],
    returns: &[
        ("running", "whether it ran before"),
        ("restart_required", "whether its block was changed and it was not restarted since"),
    ],
};

/// The module.
pub struct JailConf;

/// What is there.
pub struct Seen {
    file: Kept,
    block: Option<Block>,
    runs: Option<Running>,
    dying: bool,
}

impl State for JailConf {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("jail_conf", ctx)?;
        check_name(&args.name)?;
        const SCRIPT: &str = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        let path = crate::modules::files::absolute(ctx.platform, args.path.as_str())?;
        Ok(Probe::new("jail_conf", SCRIPT).words([path]))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        told.tool("jail")?;
        let path = crate::modules::files::absolute(ctx.platform, args.path.as_str())?;
        let file = Kept::of(&told, &path, ctx)?;
        let all =
            conf::blocks(file.editable()?).map_err(|why| Failure::new(format!("{path}: {why}")))?;
        let mut blocks = all.into_iter().filter(|(name, _)| *name == args.name);
        let block = blocks.next().map(|(_, block)| block);
        if blocks.next().is_some() {
            return Err(Failure::new(format!("{path} has two blocks of {}", args.name)));
        }
        let jails = running(&told)?;
        let mut named = jails.into_iter().filter(|jail| jail.name == args.name);
        let (mut runs, mut dying) = (None, false);
        for jail in named.by_ref() {
            dying |= jail.dying;
            runs = runs.or(Some(jail).filter(|jail| !jail.dying));
        }
        match ctx.world.thing(JAIL, &args.name).map(|state| state.map(Value::text)) {
            Some(Some(state)) if state == "up" => {
                runs = runs.or(Some(Running { name: args.name.clone(), ..Running::default() }));
            }
            Some(_) => runs = None,
            None => {}
        }
        Ok(Look::Seen(Seen { file, block, runs, dying }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let path = &seen.file.path;
        let wrong = |why: String| Failure::new(format!("{path}: {why}"));
        let text = seen.file.editable()?;
        let new = match (args.state, &seen.block) {
            (Wanted::Absent, _) => conf::without(text, &args.name).map_err(wrong)?,
            (_, None) if args.params.0.is_empty() => {
                let text =
                    format!("there is no jail {} in {path}, and no params to make one", args.name);
                return Err(Failure::new(text).missing());
            }
            (_, None) => {
                let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
                let base = format!("{text}{newline}{} {{\n}}\n", args.name);
                params::applied(&base, &args.name, &args.params.0).map_err(wrong)?
            }
            (_, Some(_)) => params::applied(text, &args.name, &args.params.0).map_err(wrong)?,
        };
        let write = (new != text).then(|| write(args, seen, &new));
        let mut plan = Plan::default();
        if write.is_some() {
            plan = plan.diff(seen.file.diff(&new, ctx));
        }
        let act = act(args, seen, write.is_some());
        // It is stopped by the block that it was started with.
        let changes: Vec<Change> = match args.state {
            Wanted::Absent => act.into_iter().chain(write).collect(),
            _ => write.into_iter().chain(act).collect(),
        };
        plan.parts = Plan::of(changes).parts;
        plan.uncertain.clone_from(&seen.file.uncertain);
        if seen.dying {
            plan.warnings.push(format!("{} is dying: something still holds it", args.name));
        }
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        if let Op::WriteFile(_) = change.op {
            return after.file.wrote(change);
        }
        let up = change.effects.iter().any(
            |effect| matches!(effect, Effect::Thing(JAIL, _, Some(state)) if state.text() == "up"),
        );
        match (up, &after.runs) {
            (true, None) => Err(format!("{} does not run", args.name)),
            (false, Some(_)) => Err(format!("{} still runs", args.name)),
            _ => Ok(()),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        super::explain(ran)
    }

    fn result(
        &self,
        _: &Args,
        before: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        _: &[Ran],
    ) -> Fields {
        let jid = |seen: &Seen| seen.runs.as_ref().map(|jail| jail.jid.clone());
        let same = jid(before).is_some() && after.is_some_and(|after| jid(after) == jid(before));
        let wrote = plan.changes().any(|change| matches!(change.op, Op::WriteFile(_)));
        let fields = [("running", before.runs.is_some()), ("restart_required", same && wrote)];
        fields.into_iter().map(|(name, value)| (Key::from(name), Value::from(value))).collect()
    }
}

/// Of a variable that nobody sets jail(8) says so, and exits 0.
const VALIDATE: &str = "/bin/sh -c 'said=$(jail -f \"$1\" -e , 2>&1 >/dev/null) && [ -z \"$said\" ] && exit; printf \"%%s\\n\" \"$said\" >&2; exit 1' sh %s";

/// Writes the file; jail(8) must be able to read it.
fn write(args: &Args, seen: &Seen, new: &str) -> Change {
    let mut file = seen.file.file(new.to_string(), 0o644);
    file.validate = Some(VALIDATE.to_string());
    file.change(format!("change the block of {} in {}", args.name, seen.file.path))
}

fn act(args: &Args, seen: &Seen, changed: bool) -> Option<Change> {
    let runs = seen.runs.is_some();
    let then = match args.state {
        Wanted::Started | Wanted::Restarted if !runs => "up",
        Wanted::Restarted => "anew",
        Wanted::Present | Wanted::Started if runs && changed && args.restart => "anew",
        Wanted::Stopped | Wanted::Absent if runs => "down",
        _ => return None,
    };
    let script = Probe::new("jail_conf_act", include_str!("act.sh"));
    let script = script.words([seen.file.path.as_str(), &args.name, then]);
    let verb = match then {
        "up" => "start",
        "anew" => "restart",
        _ => "stop",
    };
    let state = if then == "down" { "down" } else { "up" };
    let effect = Effect::Thing(JAIL, args.name.clone(), Some(Value::from(state)));
    let change =
        Change::new(Op::Script(script), format!("{verb} the jail {}", args.name)).effect(effect);
    match then {
        "anew" => Some(change.kind(ChangeKind::Act).risk(Risk::Medium)),
        "down" => Some(change.risk(Risk::Medium)),
        _ => Some(change),
    }
}
