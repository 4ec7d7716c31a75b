//! `bastille_jail`: a jail that Bastille keeps.

mod keeping;
mod making;
mod removing;
mod seen;
#[cfg(test)]
mod tests;

use super::bastille::{CONF, JAIL, only_freebsd};
use crate::base::{Key, Value};
use crate::spec::args::Dict;
use crate::spec::{
    Answer, Change, ChangeKind, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Plan, Probe,
    Ran, Risk, Rule, State, Support, Then,
};
use seen::Seen;

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

crate::choices! {
    /// What a jail's system is made of.
    pub enum Make {
        Clone = "clone",
        Empty = "empty",
        Thick = "thick",
        Thin = "thin",
    }
}

crate::choices! {
    /// Whether a jail has a network of its own, and how it is connected.
    pub enum Vnet {
        None = "none",
        Standard = "standard",
        Bridge = "bridge",
        Passthrough = "passthrough",
    }
}

crate::args! {
    /// Which jail and how it should be.
    pub struct Args {
        /// Its whole name: letters, digits, `-` and `_`; without the latter two if it has a network of its own.
        name: String => [required()],
        /// What is wanted. A jail that is made is started; `present` leaves one that is there as it is.
        state: Wanted => [default("started")],
        /// Its release, bootstrapped before. Needed to make a jail that is not empty and no copy; one that is there
        /// must have it.
        release: Option<String> => [],
        /// What its system is made of; `clone` needs ZFS. Compared where it is given; thin without it.
        make as "type": Option<Make> => [],
        /// Its addresses, with prefix length where that is meant. Those of a jail with a network of its own are set
        /// when it is made and are its rc.conf's from then on; it has one, or DHCP.
        ip: Vec<String> => [],
        /// Interface of the host that its addresses are on, or that its network is connected to.
        interface: Option<String> => [],
        /// Whether it has a network of its own. Compared where it is given; none without it.
        vnet: Option<Vnet> => [],
        /// Default route of a network of its own; without it Bastille takes the host's. Only when it is made.
        gateway: Option<String> => [],
        /// Name servers. Only when it is made.
        nameserver: Vec<String> => [],
        /// Whether its interface keeps its MAC address. Only when it is made.
        static_mac: bool => [default("no")],
        /// VLAN of its interface. Only when it is made.
        vlan: Option<i64> => [],
        /// Whether it starts with the host.
        boot: Option<bool> => [],
        /// Its place in the order of starts.
        priority: Option<i64> => [],
        /// Jails that are started before it.
        depend: Option<Vec<String>> => [],
        /// All its tags.
        tags: Option<Vec<String>> => [],
        /// Parameters of its jail.conf: `true` stands for one without a value, a list for several values, null for one
        /// that must not be there.
        properties: Dict => [],
        /// Jail that it is made a copy of.
        clone_from: Option<String> => [],
        /// Whether a running jail is restarted when what was changed counts only then.
        restart: bool => [default("no")],
        /// Whether other jails may be stopped: the one that is copied, and those that depend on this one.
        force: bool => [default("no")],
    }
    rules [Rule::MutuallyExclusive(&["clone_from", "release"]), Rule::MutuallyExclusive(&["clone_from", "type"])]
}

static DOC: Doc = Doc {
    name: "bastille_jail",
    full_names: &[],
    short: "Manage a jail of Bastille.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A thin jail on a bridge's address",
            yaml: "bastille_jail: {name: agent-db, release: 14.3-RELEASE, ip: 10.0.0.3, interface: warden0}",
        },
        Example {
            title: "A network of its own, and more room for databases",
            yaml: "bastille_jail: {name: pg, release: 14.3-RELEASE, type: thick, vnet: bridge, interface: warden0, \
                   ip: 10.0.0.7/24, gateway: 10.0.0.1, properties: {sysvshm: new, allow.raw_sockets: true}}",
        },
        Example {
            title: "Gone with all its data",
            yaml: "bastille_jail: {name: old, state: absent}",
        },
    ],
    returns: &[
        ("name", "its name"),
        ("running", "whether it ran before"),
        ("jid", "its number before, if it ran"),
        ("addresses", "its addresses before"),
        (
            "restart_required",
            "whether it runs with other addresses or parameters than its files have",
        ),
        ("destroyed", "datasets and snapshots that go with it"),
    ],
};

/// The module.
pub struct BastilleJail;

impl State for BastilleJail {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("bastille_jail", ctx)?;
        making::check(args)?;
        const SCRIPT: &str = concat!(
            include_str!("../../told/ask.sh"),
            include_str!("../look.sh"),
            include_str!("look.sh")
        );
        let release = args.release.as_deref().unwrap_or_default();
        let probe = Probe::new("bastille_jail", SCRIPT).words([CONF, &args.name, release]);
        Ok(probe.heavy().isolated())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        Seen::read(args, answers, ctx).map(Look::Seen)
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let mut plan = match (args.state, &seen.jail) {
            (Wanted::Absent, _) => removing::plan(args, seen)?,
            (_, None) if seen.foretold.is_some() => foretold(args, seen),
            (_, None) => making::plan(args, seen, ctx)?,
            (_, Some(jail)) => keeping::plan(args, seen, jail, ctx)?,
        };
        if let Some(dying) = seen.all.dying_of(&args.name) {
            let text =
                format!("{} (jid {}) is dying: something still holds it", args.name, dying.jid);
            plan.warnings.push(text);
        }
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        if let Op::WriteFile(file) = &change.op {
            return after.file(&file.path).map_or_else(
                || Err(format!("{} was not looked at", file.path)),
                |kept| kept.wrote(change),
            );
        }
        if let Op::Remove { path, .. } = &change.op {
            let there = after.file(path).is_some_and(|file| file.there());
            return if there { Err(format!("{path} is still there")) } else { Ok(()) };
        }
        let name = &args.name;
        let state = change.effects.iter().find_map(|effect| match effect {
            Effect::Thing(JAIL, known, state) if known == name => Some(state.as_ref()),
            _ => None,
        });
        let runs = after.all.running_of(name).is_some();
        match state.map(|state| state.map(Value::text)) {
            Some(None) if after.jail.is_some() || after.half => {
                Err(format!("{name} is still there"))
            }
            Some(Some(state)) if after.jail.is_none() => {
                Err(format!("{name} is not there, not {state}"))
            }
            Some(Some(state)) if (state == "up") != runs => Err(format!("{name} is not {state}")),
            _ => Ok(()),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        super::explain(ran)
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        _: &[Ran],
    ) -> Fields {
        let runs = before.all.running_of(&args.name);
        let mut fields: Vec<(&str, Value)> = vec![
            ("name", Value::from(args.name.as_str())),
            ("running", Value::from(runs.is_some())),
        ];
        if let Some(runs) = runs {
            fields.push(("jid", Value::from(runs.jid.as_str()).untrusted()));
        }
        if let Some(jail) = &before.jail {
            fields.push(("addresses", Value::from(jail.conf.addresses()).untrusted()));
        }
        let last = after.unwrap_or(before);
        let waits = last.waits(args) || after.is_some() && keeping::waits(plan, before, last, args);
        fields.push(("restart_required", Value::from(waits)));
        if args.state == Wanted::Absent && before.jail.is_some() {
            fields.push(("destroyed", Value::from(before.data.clone()).untrusted()));
        }
        fields.into_iter().map(|(name, value)| (Key::from(name), value)).collect()
    }
}

/// One that an earlier task of a check run would have made: what it is like is not known.
fn foretold(args: &Args, seen: &Seen) -> Plan {
    let up = seen.foretold.as_deref() == Some("up");
    let change = match args.state {
        Wanted::Started if !up => vec![act(args, seen, "there", "up", &["start", &args.name])],
        Wanted::Stopped if up => vec![act(args, seen, "there", "down", &["stop", &args.name])],
        Wanted::Restarted => vec![act(args, seen, "there", "anew", &["restart", &args.name])],
        _ => Vec::new(),
    };
    let uncertain = format!("the jail {} is not there yet", args.name);
    Plan { uncertain: Some(uncertain), ..Plan::of(change) }
}

/// Runs bastille on the jail.
fn act(args: &Args, seen: &Seen, first: &str, then: &str, words: &[&str]) -> Change {
    let dir = seen.all.jails_dir();
    let script = Probe::new("bastille_act", include_str!("../act.sh"));
    let script = script.words([dir.as_str(), &args.name, first, then]).words(words.iter().copied());
    let state = match then {
        "gone" => None,
        "down" | "made" => Some("down"),
        _ => Some("up"),
    };
    let effect = Effect::Thing(JAIL, args.name.clone(), state.map(Value::from));
    let change = Change::new(Op::Script(script), format!("bastille {}", words.join(" ")));
    match then {
        "anew" => change.effect(effect).kind(ChangeKind::Act).risk(Risk::Medium),
        "down" => change.effect(effect).risk(Risk::Medium),
        _ => change.effect(effect),
    }
}

/// A plan that is looked at again once it is done.
fn again(changes: Vec<Change>) -> Plan {
    Plan { then: Then::LookAgain, ..Plan::of(changes) }
}
