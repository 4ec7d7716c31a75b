//! `zfs`: a dataset, or a snapshot of one, is there with its properties, or not.

mod planning;
mod removal;
mod seen;
#[cfg(test)]
mod tests;

use super::wish::{self, Wishes};
use super::{Presence, ask_holds, predicted};
use crate::base::{Key, Value};
use crate::spec::args::Dict;
use crate::spec::{
    Answer, Change, Ctx, Diff, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, State,
    Support,
};
use crate::zfs::property;
pub use planning::{assigned, sets};
pub use seen::Seen;

crate::args! {
    /// The dataset that is wanted.
    pub struct Args {
        /// Full name of the file system, volume or snapshot.
        name: String => [required()],
        /// Whether it is there.
        state: Presence => [required()],
        /// Snapshot that a new dataset is a clone of.
        origin: Option<String> => [],
        /// Its properties. Sizes are compared in bytes, and a value that is inherited or received counts as much as one
        /// that was set here. With `volsize` a new dataset is a volume.
        extra_zfs_properties: Dict => [default("{}")],
        /// Whether `absent` destroys the datasets and snapshots in it as well. Clones that lie elsewhere and held
        /// snapshots are never destroyed.
        recursive: bool => [default("no")],
        /// Whether a volume may become smaller; what lies behind its new end is lost.
        allow_shrink: bool => [default("no")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "zfs",
    full_names: &["community.general.zfs"],
    short: "Manage ZFS file systems, volumes, clones and snapshots.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A file system",
            yaml: "community.general.zfs: {name: tank/www, state: present, extra_zfs_properties: {compression: lz4, quota: 20G}}",
        },
        Example {
            title: "A volume",
            yaml: "community.general.zfs: {name: tank/vm0, state: present, extra_zfs_properties: {volsize: 10G}}",
        },
        Example {
            title: "A clone",
            yaml: "community.general.zfs: {name: tank/new, state: present, origin: tank/old@golden}",
        },
        Example {
            title: "None, and nothing in it",
            yaml: "community.general.zfs: {name: tank/old, state: absent, recursive: true}",
        },
    ],
    returns: &[
        ("name", "the argument"),
        ("state", "the argument"),
        ("destroyed", "all datasets and snapshots that `absent` destroys"),
    ],
};

/// The module.
pub struct Zfs;

impl Args {
    fn wishes(&self) -> Result<Wishes, Failure> {
        wish::of("extra_zfs_properties", &self.extra_zfs_properties)
    }

    fn is_snapshot(&self) -> bool {
        self.name.contains('@')
    }

    /// The dataset, without the snapshot's part.
    fn dataset(&self) -> &str {
        self.name.split('@').next().unwrap_or_default()
    }

    fn check(&self) -> Result<(), Failure> {
        if !self.is_snapshot() {
            super::dataset_name(&self.name)?;
        } else if self.origin.is_some() {
            return Err(Failure::new("cannot specify origin when operating on a snapshot"));
        } else {
            super::snapshot_name(&self.name)?;
        }
        if let Some(origin) = &self.origin {
            super::snapshot_name(origin)?;
        }
        Ok(())
    }
}

impl State for Zfs {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, _: Ctx<'_>) -> Result<Probe, Failure> {
        args.check()?;
        let wishes = args.wishes()?;
        let families = wishes.iter().filter(|(name, _)| property::is_family(name));
        let families: Vec<&str> = families.map(|(name, _)| name.as_str()).collect();
        let altroot = if wish::wished(&wishes, "mountpoint").is_some() { " altroot " } else { "" };
        let removes = args.state == Presence::Absent && !args.is_snapshot();
        let tree = if args.state == Presence::Absent { " tree " } else { "" };
        let flags = format!("{altroot}{tree}");
        let script = concat!(include_str!("../ask.sh"), include_str!("look.sh"));
        let probe = Probe::new("zfs", script).words([flags, families.join(","), args.name.clone()]);
        Ok(if removes { probe } else { probe.words(above(args)) })
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
                seen.tags = super::holds(answer)?;
                Ok(Look::Seen(seen))
            }
        }
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let plan = match (args.state, &seen.own) {
            (Presence::Present, None) => planning::create(args, seen, ctx)?,
            (Presence::Present, Some(own)) => planning::set(args, own, seen, ctx)?,
            (Presence::Absent, Some(_)) => removal::plan(args, seen)?,
            (Presence::Absent, None) => Plan::ok().diff(Diff::default()),
        };
        Ok(super::titled(plan, &args.name))
    }

    fn verify(&self, args: &Args, _: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match (args.state, &after.own) {
            (Presence::Absent, Some(_)) => Err("it is still there".to_string()),
            (Presence::Present, None) => Err("it is not there".to_string()),
            (Presence::Absent, None) => Ok(()),
            (Presence::Present, Some(own)) => planning::verify(args, own, after),
        }
    }

    fn result(
        &self,
        args: &Args,
        _: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        _: &[Ran],
    ) -> Fields {
        let mut fields = super::wanted(&args.name, args.state);
        let wishes = args.wishes().unwrap_or_default();
        let wishes = wishes.iter();
        fields.extend(wishes.map(|(k, v)| (Key::from(k.as_str()), Value::from(v.as_str()))));
        predicted::tell_destroyed(&mut fields, plan, |name| after.is_some_and(|a| a.has(name)));
        fields
    }
}

/// The datasets above what is wanted, the pool first; for a snapshot its own dataset as well.
fn above(args: &Args) -> Vec<String> {
    let dataset = args.dataset();
    let ends = dataset.match_indices('/').map(|(at, _)| at);
    let mut names: Vec<String> = ends.map(|at| dataset[..at].to_string()).collect();
    if args.is_snapshot() {
        names.push(dataset.to_string());
    }
    names
}
