//! `loader_conf`: a variable of FreeBSD's loader, which counts from the next boot.

#[cfg(test)]
mod tests;

use super::{loader, only_freebsd};
use crate::base::{Key, Value};
use crate::modules::accounts::Presence;
use crate::modules::told::{Kept, Told};
use crate::spec::args::PathText;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, Risk, Rule, State,
    Support,
};

crate::args! {
    /// Which variable of which file.
    pub struct Args {
        /// Name of the variable.
        name: String => [required()],
        /// Its value; `true` and `false` are YES and NO.
        value: Option<String> => [],
        /// Whether the file sets it.
        state: Presence => [default("present")],
        /// The file: /boot/loader.conf, or one in /boot/loader.conf.d.
        path: PathText => [default("/boot/loader.conf")],
        /// Whether the old file is kept beside it.
        backup: bool => [default("no")],
    }
    rules [Rule::RequiredIf("state", "present", &["value"])]
}

static DOC: Doc = Doc {
    name: "loader_conf",
    full_names: &[],
    short: "Manage variables of FreeBSD's loader.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "Resource limits, from the next boot",
            yaml: "loader_conf: {name: kern.racct.enable, value: \"1\"}",
        },
        Example {
            title: "In a file of its own",
            yaml: "loader_conf: {name: vmm_load, value: \"YES\", path: /boot/loader.conf.d/bhyve.conf}",
        },
    ],
    returns: &[
        (
            "running",
            "what the running kernel was booted with; none where its environment has no such name",
        ),
        ("reboot_required", "whether the running kernel was booted with another value"),
        ("backup_file", "where the old file is kept"),
    ],
};

/// The module.
pub struct LoaderConf;

/// What is there.
pub struct Seen {
    file: Kept,
    /// What the kernel's environment has.
    running: Option<String>,
    /// Other files that set it, with their value.
    others: Vec<(String, String)>,
}

impl Args {
    /// The wanted value; None: it should not be set.
    fn wanted(&self) -> Option<String> {
        let value = self.value.as_deref().filter(|_| self.state == Presence::Present)?;
        // What a playbook's yes and no arrive as.
        Some(match value {
            "True" => "YES".to_string(),
            "False" => "NO".to_string(),
            other => other.to_string(),
        })
    }
}

impl State for LoaderConf {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("loader_conf", ctx)?;
        if !loader::is_name(&args.name) {
            return Err(Failure::new(format!("invalid name of a loader variable: {}", args.name)));
        }
        if let Some(why) = args.wanted().as_deref().and_then(loader::refuse) {
            return Err(Failure::new(format!("{}: {why}", args.name)));
        }
        let path = crate::modules::files::absolute(ctx.platform, args.path.as_str())?;
        let script = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        let pattern = args.name.replace('.', "[.]");
        Ok(Probe::new("loader_conf", script).words([args.name.clone(), path, pattern]))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let path = crate::modules::files::absolute(ctx.platform, args.path.as_str())?;
        let file = Kept::of(&told, &path, ctx)?;
        let running = told.of("kenv").filter(|said| said.rc == 0);
        let running = running.map(|said| said.text.trim_end_matches('\n').to_string());
        let mut others = Vec::new();
        for said in told.all() {
            let Some(path) = said.what.strip_prefix("other ") else { continue };
            let value = loader::values(&said.text, &args.name).pop();
            others.extend(value.map(|value| (path.to_string(), value)));
        }
        Ok(Look::Seen(Seen { file, running, others }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let (text, name, path) = (seen.file.editable()?, &args.name, &seen.file.path);
        let values = loader::values(text, name);
        let wanted = args.wanted();
        let new = match &wanted {
            Some(value) if values.last() == Some(value) => None,
            Some(value) => Some(loader::with(text, name, value)),
            None if values.is_empty() => None,
            None => Some(loader::without(text, name)),
        };
        let mut plan = Plan::ok();
        if let Some(new) = new {
            let verb = if wanted.is_some() { "set" } else { "remove" };
            plan = plan.diff(seen.file.diff(&new, ctx));
            let mut file = seen.file.file(new, 0o644);
            file.backup = args.backup && seen.file.there();
            // What is wrong here may keep the host from booting.
            let change = file.change(format!("{verb} {name} in {path}")).risk(Risk::Medium);
            plan.parts = Plan::of(vec![change]).parts;
        }
        plan.uncertain.clone_from(&seen.file.uncertain);
        plan.warnings = warnings(seen, name, wanted.as_deref(), values.len());
        Ok(plan)
    }

    fn verify(&self, _: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        after.file.wrote(change)
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        Kept::no_place(ran)
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        _: Option<&Seen>,
        _: &Plan,
        ran: &[Ran],
    ) -> Fields {
        let running = before.running.as_deref();
        let waits = match (args.wanted(), running) {
            (Some(wanted), Some(running)) => wanted != running,
            // The loader keeps its own names, such as vmm_load; a tunable's would be there.
            (Some(_), None) => args.name.contains('.'),
            (None, _) => false,
        };
        let mut fields = Fields::new();
        fields.insert(Key::from("running"), running.map_or(Value::NULL, Value::from));
        fields.insert(Key::from("reboot_required"), Value::from(waits));
        fields.extend(Kept::backup(ran));
        fields
    }
}

fn warnings(seen: &Seen, name: &str, wanted: Option<&str>, times: usize) -> Vec<String> {
    let path = &seen.file.path;
    let mut warnings = Vec::new();
    if times > 1 {
        warnings.push(format!("{path} sets {name} {times} times: the last line counts"));
    }
    for (other, value) in seen.others.iter().filter(|(_, value)| Some(value.as_str()) != wanted) {
        warnings.push(format!("{other} sets {name} to {value}: that may count instead"));
    }
    let broken = loader::broken(&seen.file.text());
    if !broken.is_empty() {
        let lines: Vec<String> = broken.iter().map(usize::to_string).collect();
        warnings.push(format!("{path}: the loader cannot read line {}", lines.join(", ")));
    }
    warnings
}
