//! `bastille_limits`: what a jail may use of its host.

#[cfg(test)]
mod tests;

use super::bastille::{Bastille, CONF, check_name, only_freebsd};
use super::rules::{self, RuleOf};
use crate::base::{Key, Value};
use crate::modules::accounts::Presence;
use crate::modules::told::{Kept, Told};
use crate::spec::{
    Answer, Change, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Plan, Probe, Ran, Rule,
    State, Support,
};

crate::args! {
    /// Which limit.
    pub struct Args {
        /// The jail's whole name.
        name: String => [required(), aliases(&["jail"])],
        /// What is limited, a resource of rctl(8): `memoryuse`, `pcpu`, `maxproc`...
        resource: String => [required()],
        /// How much, with K, M, G or T (by 1024).
        amount: Option<String> => [],
        /// What happens then.
        action: String => [default("deny")],
        /// Whether it is limited.
        state: Presence => [default("present")],
    }
    rules [Rule::RequiredIf("state", "present", &["amount"])]
}

static DOC: Doc = Doc {
    name: "bastille_limits",
    full_names: &[],
    short: "Manage what a jail of Bastille may use: now, if it runs, and whenever it starts.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "Memory",
            yaml: "bastille_limits: {name: web, resource: memoryuse, amount: 1G}",
        },
        Example {
            title: "As many processes as it likes",
            yaml: "bastille_limits: {name: web, resource: maxproc, state: absent}",
        },
    ],
    returns: &[
        ("kept", "the rule that its file had"),
        ("live", "the rule that the kernel had"),
        (
            "reboot_required",
            "whether the kernel counts nothing before kern.racct.enable=1 and a reboot",
        ),
    ],
};

/// The module.
pub struct BastilleLimits;

/// Kind of a rule in the predicted world.
pub const RULE: &str = "rctl";

/// What is there.
pub struct Seen {
    all: Bastille,
    file: Kept,
    live: Option<RuleOf>,
    counts: bool,
    coming: bool,
}

impl State for BastilleLimits {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("bastille_limits", ctx)?;
        check_name(&args.name)?;
        rules::check(&args.resource, &args.action, args.amount.as_deref().unwrap_or("0"))?;
        const SCRIPT: &str = concat!(
            include_str!("../../told/ask.sh"),
            include_str!("../look.sh"),
            include_str!("look.sh")
        );
        let probe = Probe::new("bastille_limits", SCRIPT).words([CONF, &args.name]);
        Ok(probe.heavy().isolated())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let all = Bastille::read(&told, ctx)?;
        let file = Kept::of(&told, &all.file(&args.name, "rctl.conf"), ctx)?;
        let coming = match args.state {
            Presence::Present => all.coming(&args.name, ctx)?,
            Presence::Absent => false,
        };
        let key = key(args);
        let live = rules::of(told.text("live"), &key).filter(|_| told.worked("live"));
        let live = match ctx.world.thing(RULE, &key) {
            Some(state) => state.and_then(|text| RuleOf::parse(&format!("{key}={}", text.text()))),
            None => live,
        };
        let counts = told.text("racct").trim() == "1";
        Ok(Look::Seen(Seen { all, file, live, counts, coming }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let key = key(args);
        let present = args.state == Presence::Present;
        if present && !seen.counts {
            let text = "the kernel counts nothing: set kern.racct.enable=1 in /boot/loader.conf and reboot";
            return Err(Failure::new(text).with("reboot_required", true));
        }
        let wanted = wanted(args);
        let text = seen.file.editable()?;
        let kept = rules::of(text, &key);
        let mut changes = Vec::new();
        let runs = seen.all.running_of(&args.name).is_some();
        if seen.live != wanted && (runs || !present) {
            changes.push(live(&key, seen.live.as_ref(), wanted.as_ref()));
        }
        let mut plan = Plan::default();
        if kept != wanted {
            let amount = args.amount.as_deref().unwrap_or_default();
            let line = present.then(|| format!("{key}={amount}/jail"));
            let new = rules::with(text, &key, line.as_deref());
            plan = plan.diff(seen.file.diff(&new, ctx));
            changes.push(seen.file.write(new, 0o644, format!("change {}", seen.file.path)));
        }
        plan.parts = Plan::of(changes).parts;
        plan.uncertain.clone_from(&seen.file.uncertain);
        if seen.coming {
            plan.uncertain = Some(format!("the jail {} is not there yet", args.name));
        }
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match change.op {
            Op::WriteFile(_) => after.file.wrote(change),
            _ if after.live == wanted(args) => Ok(()),
            _ => Err(format!("the kernel has another limit of {}", args.resource)),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        super::explain(ran)
    }

    fn result(&self, args: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let text = |rule: Option<RuleOf>| rule.map_or(Value::NULL, |rule| rule.text().into());
        let kept = rules::of(&before.file.text(), &key(args));
        let fields = [
            ("kept", text(kept)),
            ("live", text(before.live.clone())),
            ("reboot_required", Value::from(false)),
        ];
        fields.into_iter().map(|(name, value)| (Key::from(name), value)).collect()
    }
}

fn key(args: &Args) -> String {
    format!("jail:{}:{}:{}", args.name, args.resource, args.action)
}

fn wanted(args: &Args) -> Option<RuleOf> {
    let amount = args.amount.as_deref().filter(|_| args.state == Presence::Present)?;
    Some(RuleOf { key: key(args), amount: rules::amount_of(amount)?, per: String::new() })
}

/// The change of what the kernel limits.
pub fn live(key: &str, has: Option<&RuleOf>, wanted: Option<&RuleOf>) -> Change {
    let text = |rule: Option<&RuleOf>| rule.map(RuleOf::text).unwrap_or_default();
    let script = Probe::new("rctl_act", include_str!("../limit.sh"));
    let script = script.words([text(has), text(wanted)]);
    let after = wanted.map(|rule| {
        let text = rule.text();
        Value::from(text.split_once('=').map_or("", |(_, amount)| amount))
    });
    let why = match wanted {
        Some(rule) => format!("limit {}", rule.text()),
        None => format!("do not limit {key}"),
    };
    Change::new(Op::Script(script), why).effect(Effect::Thing(RULE, key.to_string(), after))
}
