//! `zfs_snapshot`: snapshots of one dataset or several are there, with holds, or not; or their dataset is as it was then.

mod planning;
mod removal;
mod rollback;
mod seen;
mod tags;
#[cfg(test)]
mod tests;

use super::wish::{self, Wishes};
use super::{ask_holds, dataset_name, snapshot_name};
use crate::base::{Kind, Value};
use crate::spec::args::{Dict, Raw};
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, Rule, State,
    Support,
};
use crate::zfs::name::check_part;
pub use seen::Seen;

crate::choices! {
    /// What is wanted of a snapshot.
    pub enum Wanted {
        Absent = "absent",
        Present = "present",
        RolledBack = "rolled_back",
    }
}

crate::args! {
    /// The snapshots that are wanted.
    pub struct Args {
        /// Full names: `dataset@snapshot`.
        name: Vec<String> => [],
        /// Datasets that all get a snapshot of the same name.
        dataset: Vec<String> => [aliases(&["datasets"])],
        /// The name of these snapshots, without dataset.
        snapshot: Option<String> => [],
        /// Whether they are there; `rolled_back`: the dataset is as it was when the snapshot was taken.
        state: Wanted => [default("present")],
        /// Whether all datasets below are meant as well. All snapshots are taken at the same moment.
        recursive: bool => [default("no")],
        /// Properties of the snapshots, such as `com.example:why`.
        properties: Dict => [default("{}")],
        /// Tags that hold them.
        hold: Vec<String> => [],
        /// Tags that do not hold them.
        release: Vec<String> => [],
        /// The identity that an existing snapshot must have. With `absent`, one of another identity is left alone.
        guid: Option<String> => [],
        /// For `rolled_back`: the newer snapshots and bookmarks that are destroyed, exactly these; or `true`: all of
        /// them. Held ones, and those with clones, are never destroyed.
        destroy_newer: Option<Raw> => [],
    }
    rules [
        Rule::RequiredOneOf(&["name", "dataset"]),
        Rule::MutuallyExclusive(&["name", "dataset"]),
        Rule::RequiredTogether(&["dataset", "snapshot"]),
    ]
}

static DOC: Doc = Doc {
    name: "zfs_snapshot",
    full_names: &["tank.builtin.zfs_snapshot"],
    short: "Manage ZFS snapshots: several at one moment, holds, and going back to one.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "Everything below a dataset, at one moment, held",
            yaml: "zfs_snapshot: {name: tank/vm@before-upgrade, recursive: true, hold: [upgrade]}",
        },
        Example {
            title: "No longer",
            yaml: "zfs_snapshot: {name: tank/vm@before-upgrade, recursive: true, release: [upgrade], state: absent}",
        },
        Example {
            title: "Back to it, where exactly one newer snapshot is given up",
            yaml: "zfs_snapshot: {name: tank/db@good, state: rolled_back, destroy_newer: [after]}",
        },
    ],
    returns: &[
        ("snapshots", "those that are there, each with name, guid, createtxg and creation"),
        ("destroyed", "the snapshots and bookmarks that are destroyed"),
        (
            "discarded",
            "bytes written since the snapshot, by dataset, that going back to it gives up",
        ),
    ],
};

/// The module.
pub struct ZfsSnapshot;

/// What may be destroyed to go back.
#[derive(Debug, PartialEq, Eq)]
pub enum Newer {
    /// Nothing.
    None,
    /// All that is newer.
    All,
    /// Exactly these.
    These(Vec<String>),
}

impl Args {
    /// Each dataset and the name of its snapshot.
    pub fn targets(&self) -> Result<Vec<(String, String)>, Failure> {
        let mut targets: Vec<(String, String)> = Vec::new();
        for name in &self.name {
            let (dataset, short) = snapshot_name(name)?;
            targets.push((dataset.to_string(), short));
        }
        for name in &self.dataset {
            let short = self.snapshot.clone().unwrap_or_default();
            let full = format!("{}@{short}", dataset_name(name)?);
            snapshot_name(&full)?;
            targets.push((name.clone(), short));
        }
        if targets.is_empty() {
            return Err(Failure::new("no snapshot is named"));
        }
        let mut names: Vec<&String> = targets.iter().map(|(dataset, _)| dataset).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Failure::new(format!("{} is named twice", pair[0])));
        }
        Ok(targets)
    }

    fn wishes(&self) -> Result<Wishes, Failure> {
        wish::of("properties", &self.properties)
    }

    fn newer(&self) -> Newer {
        match self.destroy_newer.as_ref().map(|raw| &raw.0) {
            None => Newer::None,
            Some(value) => match &value.kind {
                Kind::List(items) => Newer::These(items.iter().map(Value::text).collect()),
                Kind::Bool(true) => Newer::All,
                Kind::Str(text) if matches!(text.to_lowercase().as_str(), "true" | "yes") => {
                    Newer::All
                }
                Kind::Str(text) if text.contains('@') || text.contains('#') => {
                    Newer::These(text.split(',').map(|name| name.trim().to_string()).collect())
                }
                _ => Newer::None,
            },
        }
    }

    fn check(&self) -> Result<(), Failure> {
        let targets = self.targets()?;
        for tag in self.hold.iter().chain(&self.release) {
            check_part(tag).map_err(|why| Failure::new(format!("{tag:?} is no tag: {why}")))?;
            if tag.starts_with('-') {
                return Err(Failure::new(format!("{tag:?} is no tag")));
            }
        }
        if let Some(tag) = self.hold.iter().find(|tag| self.release.contains(tag)) {
            return Err(Failure::new(format!("{tag:?} can't be held and released at once")));
        }
        let guid = self.guid.as_ref();
        if guid.is_some_and(|guid| guid.parse::<u64>().is_err()) {
            return Err(Failure::new("guid must be a number"));
        }
        if guid.is_some() && (targets.len() > 1 || self.recursive) {
            return Err(Failure::new("guid is the identity of one snapshot, not of several"));
        }
        self.check_state()
    }

    fn check_state(&self) -> Result<(), Failure> {
        let text = match self.state {
            Wanted::RolledBack if self.recursive => {
                "recursive can't be used with rolled_back: name the datasets, each goes back by itself"
            }
            Wanted::RolledBack if !(self.hold.is_empty() && self.release.is_empty()) => {
                "hold and release can't be used with rolled_back"
            }
            Wanted::RolledBack | Wanted::Absent if !self.properties.0.is_empty() => {
                "properties can be used with state=present only"
            }
            Wanted::Absent if !self.hold.is_empty() => "hold can't be used with state=absent",
            Wanted::Present | Wanted::Absent if self.destroy_newer.is_some() => {
                "destroy_newer can be used with rolled_back only"
            }
            _ => return Ok(()),
        };
        Err(Failure::new(text))
    }

    /// Whether tags matter beyond whether there are some.
    fn asks_tags(&self) -> bool {
        !self.hold.is_empty() || !self.release.is_empty() || self.state != Wanted::Present
    }
}

impl State for ZfsSnapshot {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, _: Ctx<'_>) -> Result<Probe, Failure> {
        args.check()?;
        let user = args.wishes()?;
        let more: String = user.iter().map(|(name, _)| format!(",{name}")).collect();
        let flags = match (args.state, args.recursive) {
            (Wanted::Present, true) => " recursive ",
            (Wanted::Present, false) => "",
            (Wanted::Absent, true) => " recursive  origins ",
            (Wanted::Absent, false) => " origins ",
            (Wanted::RolledBack, _) => " newer  origins ",
        };
        let targets = args.targets()?.into_iter().flat_map(|(dataset, short)| [dataset, short]);
        let script = concat!(include_str!("../ask.sh"), include_str!("look.sh"));
        let words = [flags.to_string(), more].into_iter().chain(targets);
        Ok(Probe::new("zfs_snapshot", script).words(words))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let mut seen = Seen::read(args, crate::modules::files::first(answers)?, ctx)?;
        let held = seen.held();
        if held.is_empty() || !args.asks_tags() {
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
        seen.must_have_datasets(args)?;
        match args.state {
            Wanted::Present => planning::plan(args, seen, ctx),
            Wanted::Absent => removal::plan(args, seen),
            Wanted::RolledBack => rollback::plan(args, seen),
        }
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match args.state {
            Wanted::Present => planning::verify(args, after),
            Wanted::Absent => removal::verify(args, change, after),
            Wanted::RolledBack => rollback::verify(after),
        }
    }

    fn result(
        &self,
        _: &Args,
        before: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        _: &[Ran],
    ) -> Fields {
        let seen = after.unwrap_or(before);
        let there = seen.there().filter(|snapshot| !snapshot.guid.is_empty());
        let list = there.map(seen::Snap::to_value).collect();
        let mut fields: Fields = [("snapshots".into(), Value::list(list))].into_iter().collect();
        let left = |name: &str| after.is_some_and(|after| after.has(name));
        super::predicted::tell_destroyed(&mut fields, plan, left);
        fields
    }
}
