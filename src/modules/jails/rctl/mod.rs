//! `rctl`: a rule of resources, now and at boot.

#[cfg(test)]
mod tests;

use super::bastille::only_freebsd;
use super::limits::{RULE, live};
use super::rules::{self, RuleOf};
use crate::base::{Key, Value};
use crate::modules::accounts::Presence;
use crate::modules::told::{Kept, Told};
use crate::spec::args::PathText;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Op, Plan, Probe, Ran, Rule, State,
    Support,
};

crate::choices! {
    /// Whom a rule is about.
    pub enum Subject {
        Jail = "jail",
        Loginclass = "loginclass",
        Process = "process",
        User = "user",
    }
}

crate::args! {
    /// Which rule.
    pub struct Args {
        /// Whom it is about.
        subject: Subject => [required()],
        /// Its name; a process has its number.
        id: String => [required(), aliases(&["name"])],
        /// What is limited: `memoryuse`, `pcpu`, `maxproc`...
        resource: String => [required()],
        /// What happens then: `deny`, `log`, `devctl`, `throttle` or a signal as `sigterm`.
        action: String => [default("deny")],
        /// How much, with K, M, G or T (by 1024).
        amount: Option<String> => [],
        /// For each of what, if not of whom it is about.
        per: Option<Subject> => [],
        /// Whether there is such a rule.
        state: Presence => [default("present")],
        /// Whether it is in the file, so that it counts after the next boot.
        persistent: bool => [default("yes")],
        /// The file, which the service `rctl` reads.
        path: PathText => [default("/etc/rctl.conf")],
    }
    rules [Rule::RequiredIf("state", "present", &["amount"])]
}

static DOC: Doc = Doc {
    name: "rctl",
    full_names: &[],
    short: "Manage rules of resources of FreeBSD, now and at boot.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example {
        title: "Processes of a user",
        yaml: "rctl: {subject: user, id: www, resource: maxproc, amount: \"200\"}",
    }],
    returns: &[("kept", "the rule that the file had"), ("live", "the rule that the kernel had")],
};

/// The module.
pub struct Rctl;

/// What is there.
pub struct Seen {
    file: Kept,
    live: Option<RuleOf>,
    counts: bool,
}

impl State for Rctl {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("rctl", ctx)?;
        check(args)?;
        const SCRIPT: &str = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        let path = crate::modules::files::absolute(ctx.platform, args.path.as_str())?;
        Ok(Probe::new("rctl", SCRIPT).words([path]))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        told.tool("rctl")?;
        let path = crate::modules::files::absolute(ctx.platform, args.path.as_str())?;
        let key = key(args);
        let live = rules::of(told.text("live"), &key).filter(|_| told.worked("live"));
        let live = match ctx.world.thing(RULE, &key) {
            Some(state) => state.and_then(|text| RuleOf::parse(&format!("{key}={}", text.text()))),
            None => live,
        };
        let counts = told.text("racct").trim() == "1";
        Ok(Look::Seen(Seen { file: Kept::of(&told, &path, ctx)?, live, counts }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        if args.state == Presence::Present && !seen.counts {
            let text = "the kernel counts nothing: set kern.racct.enable=1 in /boot/loader.conf and reboot";
            return Err(Failure::new(text).with("reboot_required", true));
        }
        let (key, wanted) = (key(args), wanted(args));
        let text = seen.file.editable()?;
        let mut changes = Vec::new();
        if seen.live != wanted {
            changes.push(live(&key, seen.live.as_ref(), wanted.as_ref()));
        }
        let mut plan = Plan::default();
        if args.persistent && rules::of(text, &key) != wanted {
            let line = wanted.as_ref().map(RuleOf::text);
            let new = rules::with(text, &key, line.as_deref());
            plan = plan.diff(seen.file.diff(&new, ctx));
            changes.push(seen.file.write(new, 0o644, format!("change {}", seen.file.path)));
        }
        plan.parts = Plan::of(changes).parts;
        plan.uncertain.clone_from(&seen.file.uncertain);
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match change.op {
            Op::WriteFile(_) => after.file.wrote(change),
            _ if after.live == wanted(args) => Ok(()),
            _ => Err(format!("the kernel has another rule {}", key(args))),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        super::explain(ran)
    }

    fn result(&self, args: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let text = |rule: Option<RuleOf>| rule.map_or(Value::NULL, |rule| rule.text().into());
        let kept = rules::of(&before.file.text(), &key(args));
        let fields = [("kept", text(kept)), ("live", text(before.live.clone()))];
        fields.into_iter().map(|(name, value)| (Key::from(name), value)).collect()
    }
}

fn check(args: &Args) -> Result<(), Failure> {
    rules::check(&args.resource, &args.action, args.amount.as_deref().unwrap_or("0"))?;
    let letter = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let id = args.id.as_str();
    if id.is_empty() || id.starts_with('-') || !id.chars().all(letter) {
        return Err(Failure::new(format!("invalid name: '{id}'")));
    }
    if args.subject == Subject::Process && args.persistent {
        return Err(Failure::new(
            "a process does not live until the next boot: set persistent to false",
        ));
    }
    Ok(())
}

fn key(args: &Args) -> String {
    format!("{}:{}:{}:{}", args.subject.word(), args.id, args.resource, args.action)
}

fn wanted(args: &Args) -> Option<RuleOf> {
    let amount = args.amount.as_deref().filter(|_| args.state == Presence::Present)?;
    let per = args.per.filter(|per| *per != args.subject).map_or("", Subject::word);
    Some(RuleOf { key: key(args), amount: rules::amount_of(amount)?, per: per.to_string() })
}
