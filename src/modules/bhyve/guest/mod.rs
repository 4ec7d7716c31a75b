//! `vm_bhyve`: a virtual machine of vm-bhyve's, with its settings, running or not.

mod planning;
mod seen;
#[cfg(test)]
mod tests;

use super::{conf, running};
use crate::base::Value;
use crate::modules::freebsd::only_freebsd;
use crate::modules::freebsd::rcconf::{FILES, RcConf};
use crate::modules::told::Told;
use crate::spec::args::Dict;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Op, Plan, Probe, Ran, State, Support,
};
use running::Running;
use seen::Seen;

crate::choices! {
    /// What is wanted of a machine.
    pub enum Wanted {
        Absent = "absent",
        PoweredOff = "poweredoff",
        Present = "present",
        Restarted = "restarted",
        Running = "running",
        Stopped = "stopped",
    }
}

crate::args! {
    /// The machine that is wanted.
    pub struct Args {
        /// Its name.
        name: String => [required()],
        /// Whether it is there, and whether it runs. `stopped` asks it to shut down, `poweredoff` turns it off.
        state: Wanted => [default("present")],
        /// The template that a new one is made of.
        template: String => [default("default")],
        /// Size of a new one's first disk, such as 20G.
        size: Option<String> => [],
        /// Number of its processors.
        cpu: Option<i64> => [],
        /// Its memory, such as 4G.
        memory: Option<String> => [],
        /// What boots it.
        loader: Option<String> => [choices(&["bhyveload", "grub", "uefi", "uefi-csm", "uefi-custom"])],
        /// Further settings of its file; null: not set. Its uuid and addresses are kept where they are not named.
        config: Dict => [default("{}")],
        /// Whether the host starts it.
        autostart: Option<bool> => [],
        /// Seconds that starting or stopping may take.
        timeout: i64 => [default("90")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "vm_bhyve",
    full_names: &[],
    short: "Manage virtual machines of vm-bhyve (FreeBSD).",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A machine that runs",
            yaml: "vm_bhyve: {name: build, template: linux-zvol, size: 20G, cpu: 4, memory: 8G, state: running, autostart: true}",
        },
        Example {
            title: "A console for this host alone",
            yaml: "vm_bhyve: {name: desk, config: {graphics: \"yes\", graphics_listen: 127.0.0.1}}",
        },
    ],
    returns: &[
        ("state", "`absent`, `stopped`, `running`, or `left` after a crash"),
        ("restart_required", "whether it runs with other settings than its file has"),
        ("path", "its file"),
    ],
};

/// The module.
pub struct VmBhyve;

impl Args {
    /// The wanted settings in their order; None: not set.
    fn settings(&self) -> Result<Vec<(String, Option<String>)>, Failure> {
        let mut all = Vec::new();
        all.extend(self.loader.clone().map(|loader| ("loader".to_string(), Some(loader))));
        all.extend(self.cpu.map(|cpu| ("cpu".to_string(), Some(cpu.to_string()))));
        all.extend(self.memory.clone().map(|memory| ("memory".to_string(), Some(memory))));
        for (key, value) in &self.config.0 {
            let value = match value {
                value if value.is_null() => None,
                value if value.type_name() == "bool" => {
                    Some(if value.is_true() { "yes" } else { "no" }.into())
                }
                value => Some(value.text()),
            };
            all.push((key.json_text(), value));
        }
        for (key, value) in &all {
            if !conf::is_key(key) {
                return Err(Failure::new(format!("{key:?} is no setting of a machine")));
            }
            if let Some(why) = value.as_deref().and_then(conf::refuse) {
                return Err(Failure::new(format!("{key}: {why}")));
            }
        }
        Ok(all)
    }

    fn check(&self) -> Result<(), Failure> {
        super::check_name(&self.name)?;
        let template = self.template.as_str();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if template.starts_with(['-', '.']) || !template.chars().all(plain) || template.is_empty() {
            return Err(Failure::new(format!("{template:?} is no name of a template")));
        }
        // `vm create -s junk` fails and leaves the machine behind (F-73).
        for (name, size) in [("size", &self.size), ("memory", &self.memory)] {
            let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
            let fits = |size: &String| {
                digits(size.trim_end_matches(['K', 'M', 'G', 'T', 'k', 'm', 'g', 't']))
            };
            if let Some(size) = size.as_ref().filter(|size| !fits(size)) {
                return Err(Failure::new(format!("{name}: {size:?} is no size such as 20G")));
            }
        }
        if self.cpu.is_some_and(|cpu| cpu < 1) || self.timeout < 1 {
            return Err(Failure::new("cpu and timeout are numbers above 0"));
        }
        self.settings().map(drop)
    }
}

impl State for VmBhyve {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("vm_bhyve", ctx)?;
        args.check()?;
        let script = concat!(include_str!("../../told/ask.sh"), include_str!("rc.sh"));
        Ok(Probe::new("vm_bhyve", script))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        if !told.worked("vm") {
            let text =
                "Failed to find required executable \"vm\": the package vm-bhyve is not installed";
            return Err(Failure::new(text).missing());
        }
        let rc = RcConf::read(&told, &FILES, ctx)?;
        let on = rc.value("vm_enable")?.unwrap_or_default();
        if !matches!(on.to_lowercase().as_str(), "yes" | "true" | "on" | "1") {
            let text = "vm_enable is not set in /etc/rc.conf: vm-bhyve refuses every command";
            return Err(Failure::new(text).missing());
        }
        let dir = rc.value("vm_dir")?.filter(|dir| !dir.is_empty());
        let dir = dir.ok_or_else(|| Failure::new("vm_dir is not set in /etc/rc.conf"))?;
        match answers.get(1) {
            None => {
                let script = concat!(
                    include_str!("../../told/ask.sh"),
                    include_str!("look.sh"),
                    include_str!("../running.sh")
                );
                let words = [&args.name, &running::pattern(&args.name), &dir, &args.template];
                Ok(Look::Ask(Probe::new("vm_bhyve_look", script).words(words.map(String::as_str))))
            }
            Some(answer) => Seen::read(args, rc, answer, ctx).map(Look::Seen),
        }
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        planning::plan(args, seen, ctx)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match &change.op {
            Op::WriteFile(file) if FILES.contains(&file.path.as_str()) => {
                after.rc.wrote(&file.path, change)
            }
            Op::WriteFile(_) => after.file.wrote(change),
            _ => planning::verify(args, change, after),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        let error = ran.answer.error_text();
        let line = |line: &str| {
            let text = line.split_once(": ERROR: ").map_or(line, |(_, text)| text);
            text.trim().trim_start_matches("! ").to_string()
        };
        let lines: Vec<String> = error.lines().filter(|l| !l.trim().is_empty()).map(line).collect();
        let failure = Failure::new(format!("{}: {}", ran.change.why, lines.join("; ")));
        Some(failure.with("rc", ran.answer.rc).with("stderr", error))
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
        let state = match (now.there(), now.running) {
            (_, Running::Yes) => "running",
            (_, Running::Left) => "left",
            (true, Running::No) => "stopped",
            (false, Running::No) => "absent",
        };
        let edits = plan.changes().any(|change| planning::edits(change, before));
        let kept = now.running == Running::Yes && before.running == Running::Yes;
        let restarts = matches!(args.state, Wanted::Restarted);
        [
            ("state", Value::from(state)),
            ("path", Value::from(now.file.path.as_str())),
            ("restart_required", Value::from(edits && kept && !restarts)),
        ]
        .into_iter()
        .map(|(key, value)| (key.into(), value))
        .collect()
    }
}
