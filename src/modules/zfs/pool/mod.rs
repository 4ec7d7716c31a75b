//! `zpool`: a pool is there with its devices and properties, or not.

mod planning;
mod properties;
mod removal;
mod seen;
#[cfg(test)]
mod tests;
mod vdevs;

use super::Presence;
use super::wish::{self, Wishes};
use crate::spec::args::Dict;
use crate::spec::{
    Answer, Change, Ctx, Diff, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, State,
    Support,
};
pub use seen::Seen;
use vdevs::Vdev;

crate::choices! {
    /// What may be done with devices.
    pub enum VdevChanges {
        /// Nothing: other devices than the wanted ones are a failure.
        None = "none",
        /// What is missing may be added.
        Add = "add",
    }
}

crate::args! {
    /// The pool that is wanted.
    pub struct Args {
        /// Its name.
        name: String => [required()],
        /// Whether it is there.
        state: Presence => [default("present")],
        /// Whether the features of newer versions stay off in a new pool.
        disable_new_features: bool => [default("no")],
        /// Whether devices that seem to be in use are taken.
        force: bool => [default("no")],
        /// Properties of the pool.
        pool_properties: Dict => [default("{}")],
        /// Properties of its own dataset.
        filesystem_properties: Dict => [default("{}")],
        /// Where its own dataset is mounted.
        mountpoint: Option<String> => [],
        /// Directory that all mount points are below until the machine starts again; for a new pool.
        altroot: Option<String> => [],
        /// Name of a new pool until it is exported.
        temp_name: Option<String> => [],
        /// Its devices, each a dict of `disks`, `type` (stripe, mirror, raidz, raidz1, raidz2, raidz3) and `role` (log,
        /// cache, spare, dedup, special). They are compared by what the paths lead to.
        vdevs: Option<Vec<Dict>> => [],
        /// What may be done when the devices of a pool that is there are others. Nothing is ever removed, replaced or
        /// attached.
        vdev_changes: VdevChanges => [default("none")],
        /// Whether `absent` destroys a pool that holds datasets or snapshots. Held snapshots are never destroyed.
        recursive: bool => [default("no")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "zpool",
    full_names: &["community.general.zpool"],
    short: "Manage ZFS pools: made with their devices, their properties, destroyed.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A mirror",
            yaml: "community.general.zpool: {name: tank, pool_properties: {ashift: 12}, filesystem_properties: {compression: lz4}, vdevs: [{type: mirror, disks: [/dev/sda, /dev/sdb]}]}",
        },
        Example {
            title: "A property of a pool that is there",
            yaml: "community.general.zpool: {name: tank, pool_properties: {autotrim: true}}",
        },
        Example {
            title: "Another mirror",
            yaml: "community.general.zpool: {name: tank, vdev_changes: add, vdevs: [{type: mirror, disks: [sda, sdb]}, {type: mirror, disks: [sdc, sdd]}]}",
        },
    ],
    returns: &[
        ("name", "the argument"),
        ("state", "the argument"),
        ("destroyed", "all datasets and snapshots that are destroyed with it"),
    ],
};

/// The module.
pub struct Zpool;

impl Args {
    fn pool_wishes(&self) -> Result<Wishes, Failure> {
        wish::of("pool_properties", &self.pool_properties)
    }

    /// The properties of its dataset, the mount point among them.
    fn filesystem_wishes(&self) -> Result<Wishes, Failure> {
        let mut wishes = wish::of("filesystem_properties", &self.filesystem_properties)?;
        if let Some(path) = &self.mountpoint {
            if wish::wished(&wishes, "mountpoint").is_some_and(|own| own != path) {
                let text = "mountpoint and filesystem_properties.mountpoint differ";
                return Err(Failure::new(text));
            }
            wishes.retain(|(name, _)| name != "mountpoint");
            wishes.push(("mountpoint".into(), path.clone()));
        }
        Ok(wishes)
    }

    fn check(&self) -> Result<(), Failure> {
        for name in [Some(&self.name), self.temp_name.as_ref()].into_iter().flatten() {
            super::dataset_name(name)?;
            if name.contains('/') {
                return Err(Failure::new(format!("{name:?} is no name of a pool")));
            }
            let reserved = ["mirror", "raidz", "draid", "spare"];
            if name == "log" || reserved.iter().any(|word| name.starts_with(word)) {
                return Err(Failure::new(format!("{name:?} is reserved: it is a kind of device")));
            }
            if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return Err(Failure::new(format!("{name:?}: a pool's name begins with a letter")));
            }
        }
        let paths = [&self.mountpoint, &self.altroot].into_iter().flatten();
        if let Some(path) = paths.into_iter().find(|path| path.starts_with('-')) {
            return Err(Failure::new(format!("{path:?} is no path")));
        }
        self.pool_wishes()?;
        self.filesystem_wishes()?;
        Ok(())
    }
}

impl State for Zpool {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        args.check()?;
        if args.state == Presence::Present {
            vdevs::wanted(args, ctx.platform)?;
        }
        let flags = if args.state == Presence::Absent { " tree " } else { "" };
        let script = concat!(include_str!("../ask.sh"), include_str!("look.sh"));
        let other = args.temp_name.as_deref().unwrap_or_default();
        Ok(Probe::new("zpool", script).words([flags, args.name.as_str(), other]))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let mut seen = Seen::read(args, crate::modules::files::first(answers)?, ctx)?;
        let wanted = match args.state {
            Presence::Present => vdevs::wanted(args, ctx.platform)?,
            Presence::Absent => None,
        };
        let Some(wanted) = wanted else { return Ok(Look::Seen(seen)) };
        match answers.get(1) {
            None => Ok(Look::Ask(ask_paths(args, &seen, &wanted))),
            Some(answer) => {
                seen.read_paths(answer)?;
                seen.wanted = Some(wanted);
                Ok(Look::Seen(seen))
            }
        }
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let plan = match (args.state, &seen.pool) {
            (Presence::Present, None) => planning::create(args, seen)?,
            (Presence::Present, Some(pool)) => planning::change(args, pool, seen, ctx)?,
            (Presence::Absent, None) => Plan::ok().diff(Diff::default()),
            (Presence::Absent, Some(pool)) => removal::plan(args, pool, seen)?,
        };
        Ok(super::titled(plan, &args.name))
    }

    fn verify(&self, args: &Args, _: &Change, after: &Seen, ctx: Ctx<'_>) -> Result<(), String> {
        match (args.state, &after.pool) {
            (Presence::Absent, Some(_)) => Err("it is still there".to_string()),
            (Presence::Absent, None) => Ok(()),
            (Presence::Present, None) => Err("it is not there".to_string()),
            (Presence::Present, Some(pool)) => {
                let left = planning::change(args, pool, after, ctx).map_err(|f| f.msg)?;
                match left.changes().next() {
                    Some(left) => Err(format!("it would still have to {}", left.why)),
                    None => Ok(()),
                }
            }
        }
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        _: &[Ran],
    ) -> Fields {
        let mut fields = super::wanted(&args.name, args.state);
        let left = |name: &str| {
            name == before.name || after.is_some_and(|after| after.tree.contains_key(name))
        };
        super::predicted::tell_destroyed(&mut fields, plan, left);
        fields
    }
}

/// What the paths of devices lead to and hold, and whether a pool that is not there could be imported.
fn ask_paths(args: &Args, seen: &Seen, wanted: &[Vdev]) -> Probe {
    let script = concat!(include_str!("../ask.sh"), include_str!("paths.sh"));
    let flags = match (&seen.pool, args.vdev_changes) {
        (None, _) => " import holds ",
        (Some(_), VdevChanges::Add) => " holds ",
        _ => "",
    };
    let own = wanted.iter().flat_map(|vdev| vdev.disks.iter().cloned());
    let there = seen.status.iter().flat_map(|status| status.devices());
    let there = there.map(str::to_string);
    let probe = Probe::new("zpool_paths", script).words([flags]).words(own.chain(there));
    if seen.pool.is_none() { probe.heavy() } else { probe }
}
