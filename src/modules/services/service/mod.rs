//! `service`: a service of whatever manages services on the host.

mod daemon;
mod openrc;
mod rc;
pub mod steps;
mod sysv;
#[cfg(test)]
mod tests;

use super::Wanted;
use super::unit::{self, SYSTEMD};
use crate::base::Value;
use crate::modules::told::Told;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, Rule,
    ServiceManager, State, Support,
};
pub use daemon::{Daemon, Tools};
pub use rc::read as read_rc;
pub use steps::words;

crate::choices! {
    /// What manages the services.
    pub enum Use {
        Auto = "auto",
        Service = "service",
        Systemd = "systemd",
        SysV = "sysvinit",
        OpenRc = "openrc",
        Rc = "bsdinit",
    }
}

crate::args! {
    /// What is wanted of a service.
    pub struct Args {
        /// Name of the service.
        name: String => [required()],
        /// Whether it runs; `restarted` and `reloaded` act each time, and start what does not run.
        state: Option<Wanted> => [],
        /// Whether it starts with the machine.
        enabled: Option<bool> => [],
        /// A text that the list of processes holds while the service runs, where its script cannot tell.
        pattern: Option<String> => [],
        /// The runlevel in which it is enabled (OpenRC).
        runlevel: String => [default("default")],
        /// Seconds between stop and start of a restart; on FreeBSD behind every action.
        sleep: Option<i64> => [],
        /// Words for the script: behind the action, on FreeBSD before the name. Not used by systemd.
        arguments: String => [default(""), aliases(&["args"])],
        /// What manages the services; `auto` asks the host.
        manager as "use": Use => [default("auto")],
    }
    rules [Rule::RequiredOneOf(&["state", "enabled"])]
}

impl Args {
    /// A service of FreeBSD's rc.d and what it should do.
    pub fn rc(name: &str, state: Option<Wanted>) -> Self {
        Self {
            name: name.to_string(),
            state,
            enabled: None,
            pattern: None,
            runlevel: "default".to_string(),
            sleep: None,
            arguments: String::new(),
            manager: Use::Rc,
        }
    }
}

static DOC: Doc = Doc {
    name: "service",
    full_names: &["ansible.builtin.service", "ansible.legacy.service"],
    short: "Manage services of systemd, FreeBSD's rc.d, OpenRC and init scripts.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example {
            title: "A service that runs and starts with the machine",
            yaml: "service: {name: sshd, state: started, enabled: true}",
        },
        Example {
            title: "Its configuration has changed",
            yaml: "service: {name: sshd, state: reloaded}",
        },
    ],
    returns: &[
        ("name", "the service"),
        ("state", "the state; `started` also after `restarted` and `reloaded`"),
        ("enabled", "whether it starts with the machine, when that was asked for"),
        ("status", "with systemd: what `systemctl show` said before anything was done"),
    ],
};

/// The module.
pub struct Service;

/// What is there.
pub enum Seen {
    /// systemd's.
    Unit(Box<unit::Seen>),
    /// Anybody else's.
    Daemon(Box<Daemon>),
}

/// Who manages the services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Systemd,
    Rc,
    OpenRc,
    SysV,
}

impl Way {
    fn of(args: &Args, ctx: Ctx<'_>) -> Result<Self, Failure> {
        match args.manager {
            Use::Systemd => return Ok(Self::Systemd),
            Use::SysV => return Ok(Self::SysV),
            Use::OpenRc => return Ok(Self::OpenRc),
            Use::Rc => return Ok(Self::Rc),
            Use::Auto | Use::Service => {}
        }
        match ctx.platform.services {
            Some(ServiceManager::Systemd) => Ok(Self::Systemd),
            Some(ServiceManager::Rc) => Ok(Self::Rc),
            Some(ServiceManager::OpenRc) => Ok(Self::OpenRc),
            Some(ServiceManager::SysV) => Ok(Self::SysV),
            None => Err(Failure::new(
                "Could not detect which service manager to use. Try gathering facts or setting the \"use\" option.",
            )),
        }
    }
}

fn unit_args(args: &Args) -> unit::Args {
    unit::Args::of(&args.name, args.state, args.enabled)
}

/// A name that is a word of a command and a file in a directory.
fn check_name(name: &str) -> Result<(), Failure> {
    if name.is_empty()
        || name.starts_with('-')
        || name.contains(|c: char| c.is_control() || c == '/')
    {
        return Err(Failure::new(format!("invalid service name '{name}'")));
    }
    Ok(())
}

impl State for Service {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        let way = Way::of(args, ctx)?;
        if way == Way::Systemd {
            return SYSTEMD.probe(&unit_args(args), ctx);
        }
        check_name(&args.name)?;
        let flag = |on: bool| if on { "1" } else { "0" }.to_string();
        let pattern = args.pattern.clone().unwrap_or_default();
        let words =
            [args.name.clone(), flag(args.enabled.is_some()), flag(args.state.is_some()), pattern];
        // They run scripts of others.
        let probe = match way {
            Way::Rc => Probe::new("service_rc", rc::LOOK),
            Way::OpenRc => Probe::new("service_openrc", openrc::LOOK),
            _ => Probe::new("service_sysv", sysv::LOOK),
        };
        let before = if way == Way::Rc { steps::words(&args.arguments)? } else { Vec::new() };
        Ok(probe.words(words).words(before).isolated().heavy())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let way = Way::of(args, ctx)?;
        if way == Way::Systemd {
            let seen = unit::Seen::read(&unit_args(args), answers, ctx)?;
            return Ok(Look::Seen(Seen::Unit(Box::new(seen))));
        }
        let told = Told::read(answers)?;
        let daemon = match way {
            Way::Rc => rc::read(args, &told, ctx)?,
            Way::OpenRc => openrc::read(args, &told, ctx)?,
            _ => sysv::read(args, &told, ctx)?,
        };
        Ok(Look::Seen(Seen::Daemon(Box::new(daemon))))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        match seen {
            Seen::Daemon(daemon) => steps::plan(args, daemon),
            Seen::Unit(unit) => {
                let mut plan = SYSTEMD.plan(&unit_args(args), unit, ctx)?;
                plan.warnings.extend(steps::unused(args, "systemd"));
                Ok(plan)
            }
        }
    }

    fn verify(
        &self,
        args: &Args,
        change: &Change,
        after: &Seen,
        ctx: Ctx<'_>,
    ) -> Result<(), String> {
        match after {
            Seen::Unit(unit) => SYSTEMD.verify(&unit_args(args), change, unit, ctx),
            Seen::Daemon(daemon) => steps::verify(args, change, daemon),
        }
    }

    fn explain(&self, args: &Args, ran: &Ran) -> Option<Failure> {
        if unit::verb(&ran.change).is_some() {
            return SYSTEMD.explain(&unit_args(args), ran);
        }
        steps::explain(args, ran)
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        _: Option<&Seen>,
        plan: &Plan,
        ran: &[Ran],
    ) -> Fields {
        if let Seen::Unit(unit) = before {
            return SYSTEMD.result(&unit_args(args), unit, None, plan, ran);
        }
        let mut fields = Fields::new();
        if ran.iter().any(|ran| ran.answer.rc != 0) {
            return fields;
        }
        fields.insert("name".into(), Value::from(args.name.as_str()));
        if let Some(enabled) = args.enabled {
            fields.insert("enabled".into(), Value::from(enabled));
        }
        if let Some(state) = args.state {
            fields.insert("state".into(), Value::from(unit::reached(state)));
        }
        fields
    }
}
