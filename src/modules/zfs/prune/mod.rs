//! `zfs_prune`: of the snapshots that are ours, what a policy keeps is there, and nothing else.

mod planning;
mod seen;
#[cfg(test)]
mod tests;

use super::{ask_holds, dataset_name};
use crate::base::Value;
use crate::spec::args::Dict;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, Rule, State,
    Support,
};
use crate::zfs::calendar;
use crate::zfs::retention::{self, Absent, Keep, Scope};
pub use seen::Seen;

crate::args! {
    /// Which snapshots stay.
    pub struct Args {
        /// File system or volume.
        name: String => [required()],
        /// Whether all datasets below are meant as well.
        recursive: bool => [default("no")],
        /// The rules; what one of them keeps stays: `last`, `hourly`, `daily`, `weekly`, `monthly`, `yearly` (the newest
        /// snapshot of each of so many periods that have any), `within` (`2d`), `regex`, `min_age`, `min_count`.
        keep: Dict => [required()],
        /// Only snapshots whose names begin with this are ours; all others stay.
        prefix: Option<String> => [],
        /// Only snapshots whose names match this expression are ours.
        regex: Option<String> => [],
        /// Whose hours, days, weeks, months and years.
        zone: String => [default("UTC")],
        /// How much of our snapshots may be destroyed at once, in per cent.
        max_share: i64 => [default("50")],
        /// Destroy more than that.
        allow_mass_prune: bool => [default("no")],
        /// Snapshots that stay whatever the rules say, by name or guid.
        bases: Vec<String> => [],
    }
    rules [Rule::RequiredOneOf(&["prefix", "regex"])]
}

static DOC: Doc = Doc {
    name: "zfs_prune",
    full_names: &["tank.builtin.zfs_prune"],
    short: "Destroy ZFS snapshots that no rule keeps, never one that something needs.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "Our own snapshots of a tree; everybody else's stay",
            yaml: "zfs_prune: {name: tank/data, recursive: true, prefix: auto_, keep: {hourly: 24, daily: 7, weekly: 4, monthly: 12}}",
        },
        Example {
            title: "Never younger than two days, and one that stays for good",
            yaml: "zfs_prune: {name: tank/db, regex: '^auto_', keep: {last: 10, min_age: 2d}, bases: [auto_before-upgrade]}",
        },
    ],
    returns: &[
        ("keep", "snapshots that stay: name, guid and reasons of each"),
        ("destroy", "snapshots that go, or went: name, guid and reasons of each"),
        ("preview", "one line of each snapshot: KEEP or DESTROY, name, creation, reasons"),
    ],
};

/// The module.
pub struct ZfsPrune;

/// The policy of a task.
fn policy(args: &Args) -> Result<Keep, Failure> {
    let wrong = |why: &dyn std::fmt::Display| Failure::new(why.to_string());
    let prefix = args.prefix.as_deref().unwrap_or_default();
    let scope = Scope::new(prefix, args.regex.as_deref()).map_err(|why| wrong(&why))?;
    let rules = retention::rules(&Value::map(args.keep.0.clone()), "keep", scope);
    let keep = Keep {
        zone: calendar::zone(&args.zone).map_err(|why| wrong(&format!("zone: {why}")))?,
        max_share: u8::try_from(args.max_share)
            .map_err(|_| wrong(&"max_share must be from 0 to 100 per cent"))?,
        allow_mass_prune: args.allow_mass_prune,
        // Our marks are made before anything is sent.
        absent: Absent::Base,
        ..rules.map_err(|why| Failure::new(why.message))?
    };
    keep.check().map_err(|why| wrong(&why))?;
    Ok(keep)
}

impl State for ZfsPrune {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, _: Ctx<'_>) -> Result<Probe, Failure> {
        dataset_name(&args.name)?;
        policy(args)?;
        let script = concat!(include_str!("../ask.sh"), include_str!("look.sh"));
        let depth = if args.recursive { ["-r", ""] } else { ["-d", "1"] };
        let words = std::iter::once(args.name.clone()).chain(depth.map(str::to_owned));
        Ok(Probe::new("zfs_prune", script).words(words.chain(seen::properties())).heavy())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let mut seen = Seen::read(args, crate::modules::files::first(answers)?, ctx)?;
        let held = seen.held();
        if held.is_empty() {
            return Ok(Look::Seen(seen));
        }
        match answers.get(1) {
            None => Ok(Look::Ask(ask_holds(held))),
            Some(answer) => {
                seen.take_tags(super::holds(answer)?);
                Ok(Look::Seen(seen))
            }
        }
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        planning::plan(args, seen)
    }

    fn verify(&self, _: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        planning::verify(change, after)
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        let mut found = retention::Outcome::default();
        found.read(&ran.answer.text());
        let failed: Vec<String> =
            found.failed.iter().map(|(name, why)| format!("@{name}: {why}")).collect();
        let gone = found.destroyed.len();
        let text = format!("{gone} destroyed, not these: {}", failed.join("; "));
        (ran.answer.rc != 0 && !failed.is_empty()).then(|| Failure::new(text))
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        _: &Plan,
        _: &[Ran],
    ) -> Fields {
        let lists = planning::lists(args, before, after).into_iter().flatten();
        lists.map(|(name, value)| (name.into(), value)).collect()
    }
}
