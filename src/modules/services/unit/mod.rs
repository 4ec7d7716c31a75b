//! `systemd_service`, also called `systemd`: units of systemd.

mod args;
mod seen;
mod show;
mod steps;
#[cfg(test)]
mod tests;

use super::foretold::proof;
use crate::base::Value;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Op, Plan, Probe, Ran, State, Support,
};
pub use args::Args;
use seen::Enabled;
pub use seen::Seen;
pub use steps::{missing, reached};

static EXAMPLES: &[Example] = &[
    Example {
        title: "A service that runs and starts with the machine",
        yaml: "systemd_service: {name: nginx, state: started, enabled: true}",
    },
    Example {
        title: "Its files have changed",
        yaml: "systemd_service: {name: app, state: restarted, daemon_reload: true}",
    },
    Example { title: "Files of units have changed", yaml: "systemd: {daemon_reload: true}" },
    Example {
        title: "A service that nothing may start",
        yaml: "systemd: {name: bluetooth, masked: true, state: stopped}",
    },
];

static RETURNS: &[(&str, &str)] = &[
    ("name", "the unit as it was named"),
    ("status", "what `systemctl show` said before anything was done"),
    ("enabled", "whether it starts with the machine, when that was asked for"),
    ("state", "the state; `started` also after `restarted` and `reloaded`"),
];

static DOC: Doc = Doc {
    name: "systemd_service",
    full_names: &["ansible.builtin.systemd_service", "ansible.legacy.systemd_service"],
    short: "Manage units of systemd.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: EXAMPLES,
    returns: RETURNS,
};

static SHORT_DOC: Doc = Doc {
    name: "systemd",
    full_names: &["ansible.builtin.systemd", "ansible.legacy.systemd"],
    ..DOC
};

const LOOK: &str = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));

/// The module under its full name.
pub static SYSTEMD_SERVICE: Unit = Unit(&DOC);
/// The module under its short name.
pub static SYSTEMD: Unit = Unit(&SHORT_DOC);

/// The module.
pub struct Unit(&'static Doc);

impl State for Unit {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        self.0
    }

    fn probe(&self, args: &Args, _: Ctx<'_>) -> Result<Probe, Failure> {
        let name = args.name.as_deref().unwrap_or_default();
        args::check_name(name)?;
        let wanted = if args.enabled.is_some() || args.masked.is_some() { "1" } else { "0" };
        let words = [args.scope.word(), wanted, name];
        Ok(Probe::new("systemd_service", LOOK).words(words))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        Seen::read(args, answers, ctx).map(Look::Seen)
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        steps::plan(args, seen)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        let system = args.scope == args::Reach::System;
        match verb(change).unwrap_or_default() {
            "mask" if !after.masked() => Err("it is not masked".to_string()),
            "unmask" if after.masked() => Err("it is masked".to_string()),
            "enable" if after.enabled(system) == Enabled::No => {
                Err("it is not enabled".to_string())
            }
            "disable" if after.enabled(system) == Enabled::Yes => Err("it is enabled".to_string()),
            // The job is only queued; what becomes of it is not waited for.
            "start" | "restart" | "reload" | "stop" if args.no_block => Ok(()),
            "start" | "reload" => after.show.fault().map_or(Ok(()), Err),
            "restart" => restarted(change, after),
            "stop" if after.show.runs() || after.show.ends() => {
                Err(format!("it is {}", after.show.get("ActiveState")))
            }
            _ => Ok(()),
        }
    }

    fn explain(&self, args: &Args, ran: &Ran) -> Option<Failure> {
        if ran.answer.rc == 0 {
            return None;
        }
        let name = args.name.as_deref().unwrap_or_default();
        let (rc, out, err) = (ran.answer.rc, ran.answer.text(), ran.answer.error_text());
        Some(Failure::new(match verb(&ran.change)? {
            verb @ ("daemon-reload" | "daemon-reexec") => {
                format!("failure {rc} during {verb}: {err}")
            }
            verb @ ("mask" | "unmask") => {
                format!("Failed to {verb} the service ({name}): {}", err.trim())
            }
            verb @ ("enable" | "disable") => format!("Unable to {verb} service {name}: {out}{err}"),
            "show" => missing(name),
            verb => format!("Unable to {verb} service {name}: {err}"),
        }))
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        _: Option<&Seen>,
        plan: &Plan,
        ran: &[Ran],
    ) -> Fields {
        let mut fields = Fields::new();
        if ran.iter().any(|ran| ran.answer.rc != 0) {
            return fields;
        }
        let name = args.name.as_deref().map_or(Value::NULL, Value::from);
        fields.insert("name".into(), name);
        fields.insert("status".into(), before.show.to_value());
        if let Some(enabled) = args.enabled {
            fields.insert("enabled".into(), Value::from(enabled));
        }
        if let Some(state) = args.state {
            fields.insert("state".into(), Value::from(reached(state)));
        }
        let warnings = steps::unheard(ran);
        if !warnings.is_empty() {
            let all = plan.warnings.iter().chain(&warnings);
            let all = all.map(|text| Value::from(text.as_str())).collect();
            fields.insert("warnings".into(), Value::list(all));
        }
        fields
    }
}

/// What a change asks of systemctl; None: it is not systemctl's.
pub fn verb(change: &Change) -> Option<&str> {
    let Op::Run(command) = &change.op else { return None };
    let mut words = command.argv.iter().map(String::as_str);
    words.find(|word| word.rsplit('/').next() == Some("systemctl"))?;
    words.find(|word| !word.starts_with("--"))
}

/// A unit was restarted when its invocation is another one. What has no such marks is trusted.
fn restarted(change: &Change, after: &Seen) -> Result<(), String> {
    if let Some(fault) = after.show.fault() {
        return Err(fault);
    }
    let old = proof(change);
    if !old.is_empty() && old == after.show.proof() {
        return Err("it still runs as it did before".to_string());
    }
    Ok(())
}
