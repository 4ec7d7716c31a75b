//! `bhyve_vm`: a virtual machine of FreeBSD's own bhyve: a file that describes it, and an rc script that runs it.

mod describe;
#[cfg(test)]
mod tests;

use super::running::{self, Running};
use crate::base::Value;
use crate::modules::freebsd::only_freebsd;
use crate::modules::freebsd::rcconf::{FILES, RcConf};
use crate::modules::told::{Kept, Told};
use crate::spec::args::Dict;
use crate::spec::{
    Answer, Change, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Plan, Probe, Ran, Risk,
    Rule, State, Support,
};

crate::choices! {
    /// What is wanted of a machine.
    pub enum Wanted {
        Absent = "absent",
        Present = "present",
        Started = "started",
        Stopped = "stopped",
        PoweredOff = "poweredoff",
    }
}

crate::args! {
    /// The machine that is wanted.
    pub struct Args {
        /// Its name.
        name: String => [required()],
        /// Whether it is there, and whether it runs. `stopped` asks it to shut down, `poweredoff` turns it off.
        state: Wanted => [default("present")],
        /// Number of its processors.
        cpus: Option<i64> => [],
        /// Its memory, such as 4G.
        memory: Option<String> => [],
        /// Whether its memory is never paged out; devices that are passed through need it.
        wired: bool => [default("no")],
        /// Its devices, as bhyve -s has them: `0,hostbridge`, `31,lpc`, `3,virtio-blk,/dev/zvol/tank/vm`.
        slots: Vec<String> => [],
        /// Further variables of bhyve_config(5), such as `bootrom` and `lpc.com1.path`.
        config: Dict => [default("{}")],
        /// Its taps, each with a bridge: `tap0:warden0`.
        taps: Vec<String> => [],
        /// Whether the host starts it.
        enabled: Option<bool> => [],
        /// Seconds that the guest has for shutting down, and that starting may take.
        stop_timeout: i64 => [default("90")],
    }
    rules [
        Rule::RequiredIf("state", "present", &["memory", "slots"]),
        Rule::RequiredIf("state", "started", &["memory", "slots"]),
    ]
}

static DOC: Doc = Doc {
    name: "bhyve_vm",
    full_names: &[],
    short: "Manage virtual machines of FreeBSD's own bhyve.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example {
        title: "A machine from firmware",
        yaml: "bhyve_vm: {name: build, state: started, cpus: 2, memory: 4G, slots: [\"0,hostbridge\", \"3,virtio-blk,/dev/zvol/tank/build\", \"4,virtio-net,tap0\", \"31,lpc\"], taps: [\"tap0:warden0\"], config: {bootrom: /usr/local/share/uefi-firmware/BHYVE_UEFI.fd, lpc.com1.path: /dev/nmdm0A}}",
    }],
    returns: &[
        ("state", "`absent`, `stopped`, `running`, or `left` after a crash"),
        ("restart_required", "whether it runs as described before"),
        ("path", "the file that describes it"),
        ("service", "its rc script"),
    ],
};

/// The module.
pub struct BhyveVm;

/// What is there.
pub struct Seen {
    rc: RcConf,
    file: Kept,
    script: Kept,
    running: Running,
}

impl Args {
    /// The name of its rc script and of its variables.
    fn service(&self) -> String {
        format!("bhyve_{}", self.name.replace(['-', '.'], "_"))
    }

    fn conf_path(&self) -> String {
        format!("/usr/local/etc/bhyve/{}.conf", self.name)
    }

    fn script_path(&self) -> String {
        format!("/usr/local/etc/rc.d/{}", self.service())
    }

    fn check(&self) -> Result<(), Failure> {
        super::check_name(&self.name)?;
        if self.stop_timeout < 1 {
            return Err(Failure::new("stop_timeout is a number above 0"));
        }
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        for tap in &self.taps {
            let (tap, bridge) = tap.split_once(':').unwrap_or((tap, ""));
            if tap.is_empty() || tap.len() > 15 || !tap.chars().chain(bridge.chars()).all(name) {
                return Err(Failure::new(format!("{tap:?} is no tap with its bridge, as tap0:bridge0")));
            }
        }
        Ok(())
    }

    fn script(&self) -> String {
        let pattern = self.name.replace('.', "[.]");
        let values = [
            ("@SERVICE@", self.service()),
            ("@NAME@", self.name.clone()),
            ("@CONF@", self.conf_path()),
            ("@SCRIPT@", self.script_path()),
            ("@PATTERN@", pattern),
            ("@TAPS@", self.taps.join(" ")),
            ("@LIMIT@", self.stop_timeout.to_string()),
        ];
        let text = include_str!("script.sh").to_string();
        values.iter().fold(text, |text, (key, value)| text.replace(key, value))
    }
}

impl Seen {
    fn plan_files(&self, args: &Args, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let mut plan = Plan::ok();
        let mut changes = Vec::new();
        let text = describe::text(args)?;
        if !self.file.there() {
            let parent = "/usr/local/etc/bhyve";
            let make = format!("test -d {parent} || mkdir -m 755 {parent}");
            let make = Op::Run(crate::spec::Command::shell(make));
            let make = Change::new(make, format!("make the directory {parent}"));
            changes.push(make.kind(crate::spec::ChangeKind::Prelude));
        }
        for (kept, text, mode) in [(&self.file, text, 0o644), (&self.script, args.script(), 0o555)] {
            if kept.text() == text && kept.there() {
                continue;
            }
            plan = plan.diff(kept.diff(&text, ctx));
            changes.push(kept.write(text, mode, format!("write {}", kept.path)));
        }
        if plan.diff.is_empty() {
            changes.clear();
        }
        plan.parts = Plan::of(changes).parts;
        Ok(plan)
    }

    fn plan_enabled(
        &self,
        args: &Args,
        wanted: Option<bool>,
        ctx: Ctx<'_>,
    ) -> Result<Plan, Failure> {
        let variable = format!("{}_enable", args.service());
        let now = self.rc.value(&variable)?;
        let mut rc = self.rc.clone();
        match wanted {
            None => return Ok(Plan::ok()),
            Some(_) if args.state == Wanted::Absent => rc.remove(&variable)?,
            Some(on) => {
                let value = if on { "YES" } else { "NO" };
                if now.as_deref() == Some(value) {
                    return Ok(Plan::ok());
                }
                rc.set(&variable, value)?;
            }
        }
        let (changes, diff) = rc.changes(&format!("set {variable}"), ctx);
        Ok(Plan { diff, ..Plan::of(changes) })
    }
}

impl State for BhyveVm {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("bhyve_vm", ctx)?;
        args.check()?;
        describe::text(args)?;
        let script = concat!(
            include_str!("../../told/ask.sh"),
            include_str!("look.sh"),
            include_str!("../running.sh")
        );
        let pattern = running::pattern(&args.name);
        let words = [args.name.clone(), pattern, args.conf_path(), args.script_path()];
        Ok(Probe::new("bhyve_vm", script).words(words))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let mut running = Running::of(&told);
        if let Some(told) = ctx.world.thing("vm_running", &args.name) {
            running = if told.is_some() { Running::Yes } else { Running::No };
        }
        Ok(Look::Seen(Seen {
            rc: RcConf::read(&told, &FILES, ctx)?,
            file: Kept::of(&told, &args.conf_path(), ctx)?,
            script: Kept::of(&told, &args.script_path(), ctx)?,
            running,
        }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        if args.state == Wanted::Absent {
            return absent(args, seen, ctx);
        }
        let described = matches!(args.state, Wanted::Present | Wanted::Started);
        let mut plan = if described { seen.plan_files(args, ctx)? } else { Plan::ok() };
        let edited = !plan.diff.is_empty();
        let enabled = seen.plan_enabled(args, args.enabled, ctx)?;
        plan.diff.extend(enabled.diff);
        let mut changes: Vec<Change> = plan.changes().cloned().collect();
        changes.extend(enabled.parts.into_iter().flat_map(|part| part.changes));
        if edited && seen.running == Running::Yes {
            let text = format!("{} runs as described before, until it is stopped and started", args.name);
            plan.warnings.push(text);
        }
        changes.extend(run(args, seen));
        plan.parts = Plan::of(changes).parts;
        plan.uncertain = seen.file.uncertain.clone().or_else(|| seen.rc.uncertain());
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match &change.op {
            Op::WriteFile(file) if file.path == args.conf_path() => after.file.wrote(change),
            Op::WriteFile(file) if file.path == args.script_path() => after.script.wrote(change),
            Op::WriteFile(file) => after.rc.wrote(&file.path, change),
            Op::Remove { path, .. } if *path == args.conf_path() && after.file.there() => {
                Err(format!("{path} is still there"))
            }
            Op::Remove { path, .. } if *path == args.script_path() && after.script.there() => {
                Err(format!("{path} is still there"))
            }
            Op::Script(_) => match (args.state, after.running) {
                (Wanted::Started, Running::Yes) => Ok(()),
                (Wanted::Started, _) => Err("it does not run".to_string()),
                (_, Running::Yes) => Err("it still runs".to_string()),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        let error = ran.answer.error_text();
        let script = matches!(ran.change.op, Op::Script(_));
        script.then(|| Failure::new(format!("{}: {}", ran.change.why, error.trim())))
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        _: &[Ran],
    ) -> Fields {
        let now = after.unwrap_or(before);
        let state = match (now.file.there() || now.script.there(), now.running) {
            (_, Running::Yes) => "running",
            (_, Running::Left) => "left",
            (true, Running::No) => "stopped",
            (false, Running::No) => "absent",
        };
        let conf = args.conf_path();
        let edits = plan.changes().any(|c| matches!(&c.op, Op::WriteFile(f) if f.path == conf));
        let kept = before.running == Running::Yes && now.running == Running::Yes;
        [
            ("state", Value::from(state)),
            ("path", Value::from(conf)),
            ("service", Value::from(args.service())),
            ("restart_required", Value::from(edits && kept)),
        ]
        .into_iter()
        .map(|(key, value)| (key.into(), value))
        .collect()
    }
}

fn absent(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    if seen.running == Running::Yes {
        let text = "{} runs: it is stopped first, by the state stopped or poweredoff";
        return Err(Failure::new(text.replace("{}", &args.name)));
    }
    let mut plan = seen.plan_enabled(args, Some(false), ctx)?;
    let mut changes: Vec<Change> = plan.changes().cloned().collect();
    for kept in [&seen.script, &seen.file].into_iter().filter(|kept| kept.there()) {
        let op = Op::Remove { path: kept.path.clone(), recursive: false };
        let change = Change::new(op, format!("remove {}", kept.path)).risk(Risk::Medium);
        changes.push(change.effect(Effect::Path(kept.path.clone(), None)));
        plan = plan.diff(kept.diff("", ctx));
    }
    plan.parts = Plan::of(changes).parts;
    Ok(plan)
}

fn run(args: &Args, seen: &Seen) -> Option<Change> {
    let verb = match (args.state, seen.running) {
        (Wanted::Started, Running::No | Running::Left) => "start",
        (Wanted::Stopped, Running::Yes | Running::Left) => "stop",
        (Wanted::PoweredOff, Running::Yes | Running::Left) => "poweroff",
        _ => return None,
    };
    let (service, limit) = (args.service(), args.stop_timeout.to_string());
    let words = [verb, &service, &args.name, "", &limit];
    let change = running::change(words, format!("{verb} the machine {}", args.name));
    let left = (verb == "start").then(|| Value::from(true));
    let risk = if verb == "start" { Risk::Low } else { Risk::Medium };
    Some(change.risk(risk).effect(Effect::Thing("vm_running", args.name.clone(), left)))
}
