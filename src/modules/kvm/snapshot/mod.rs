//! `vm_snapshot`: what a virtual machine of libvirt's was like at a time, and the way back.

#[cfg(test)]
mod tests;

use super::domain::{self, Course, Power};
use super::xml::Node;
use crate::base::Value;
use crate::modules::told::Told;
use crate::spec::{
    Answer, Change, ChangeKind, Ctx, Doc, Effect, Example, Failure, Fields, Look, Plan, Probe, Ran,
    Risk, Rule, State, Support,
};

crate::choices! {
    /// What is wanted of a snapshot.
    pub enum Wanted {
        Absent = "absent",
        Present = "present",
        Reverted = "reverted",
    }
}

crate::args! {
    /// The snapshot.
    pub struct Args {
        /// The machine.
        name: String => [required()],
        /// The snapshot's name.
        snapshot: String => [required()],
        /// Whether it is there. `reverted` makes the machine what it was then, each time it is asked for.
        state: Wanted => [default("present")],
        /// Where libvirt is.
        uri: String => [default("qemu:///system")],
        /// One line about it.
        description: Option<String> => [],
        /// Of the disks alone, whose further writes go into new files; a running machine goes on meanwhile.
        disk_only: bool => [default("false")],
        /// Whether the guest's file systems are frozen meanwhile; it needs the guest's agent.
        quiesce: bool => [default("false")],
        /// `reverted` needs it: all that was written since the snapshot, and what is in memory, is lost.
        discard_current: bool => [default("false")],
    }
    rules [
        Rule::MutuallyExclusive(&["description", "discard_current"]),
    ]
}

static DOC: Doc = Doc {
    name: "vm_snapshot",
    full_names: &[],
    short: "Take, remove and return to snapshots of virtual machines of libvirt.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example {
            title: "Before an upgrade",
            yaml: "vm_snapshot: {name: web, snapshot: before-upgrade}",
        },
        Example {
            title: "Back to it",
            yaml: "vm_snapshot: {name: web, snapshot: before-upgrade, state: reverted, discard_current: true}",
        },
    ],
    returns: &[
        ("snapshots", "names of all snapshots of the machine"),
        ("current", "the one that the machine goes on from"),
    ],
};

/// Of the predicted world.
const WORLD: &str = "libvirt_snapshot";

/// The module.
pub struct VmSnapshot;

/// What is there.
pub struct Seen {
    base: domain::Seen,
    names: Vec<String>,
    current: String,
    /// Whether the snapshot lies in files beside the disks.
    external: bool,
}

impl Args {
    fn check(&self) -> Result<(), Failure> {
        super::check_name("virtual machine", &self.name)?;
        super::check_name("snapshot", &self.snapshot)?;
        super::check_uri(&self.uri)?;
        if self.description.as_ref().is_some_and(|text| text.contains(char::is_control)) {
            return Err(Failure::new("description is one line"));
        }
        if self.quiesce && !self.disk_only {
            return Err(Failure::new("quiesce is for disk_only: otherwise the memory is kept too"));
        }
        if self.state == Wanted::Reverted && !self.discard_current {
            let text =
                "reverted loses what was written since the snapshot: it needs discard_current";
            return Err(Failure::new(text));
        }
        Ok(())
    }

    fn key(&self) -> String {
        format!("{} {}", domain::key(&self.uri, &self.name), self.snapshot)
    }
}

/// What keeps a disk out of a snapshot: only some files can hold one in themselves.
fn outside(document: &Node) -> Option<String> {
    let devices = document.find("devices")?;
    let disks = devices
        .all("disk")
        .filter(|disk| disk.get("device") != Some("cdrom") && disk.find("readonly").is_none());
    let mut raw = disks.filter(|disk| disk.at("driver", "type") != Some("qcow2"));
    raw.find_map(|disk| disk.at("target", "dev").map(str::to_string))
}

impl State for VmSnapshot {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        super::only_linux("vm_snapshot", ctx.platform)?;
        args.check()?;
        Ok(domain::probe(&args.uri, &args.name, "snapshots").words([&args.snapshot]))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let base = domain::Seen::read(&args.uri, &args.name, told, ctx)?;
        let told = &base.told;
        let listed = told.of("snapshots").is_none_or(|said| said.rc == 0);
        if !listed {
            let text = super::errors(told.text("snapshots"));
            return Err(Failure::new(format!("cannot list snapshots of {}: {text}", args.name)));
        }
        let mut names = super::names(told, "snapshots");
        match ctx.world.thing(WORLD, &args.key()) {
            Some(Some(_)) if !names.contains(&args.snapshot) => names.push(args.snapshot.clone()),
            Some(None) => names.retain(|name| *name != args.snapshot),
            _ => {}
        }
        let current = match told.worked("current") {
            true => told.text("current").trim().to_string(),
            false => String::new(),
        };
        let document = Node::parse(told.text("document")).unwrap_or_default();
        let disks = document.find("disks").into_iter().flat_map(|disks| disks.all("disk"));
        let mut kinds = disks.filter_map(|disk| disk.get("snapshot"));
        let external = kinds.any(|kind| kind == "external");
        Ok(Look::Seen(Seen { base, names, current, external }))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        let mut course = Course::new(&args.uri, &args.name, &seen.base);
        let there = seen.names.contains(&args.snapshot);
        let (verb, risk, kind, after) = match (args.state, there) {
            (Wanted::Present, true) => return Ok(Plan::ok()),
            (Wanted::Present, false) => {
                takes(args, course.there()?)?;
                let risk = if args.disk_only { Risk::Medium } else { Risk::Low };
                ("snapshot-create-as", risk, ChangeKind::Plain, Some(true))
            }
            (Wanted::Absent, false) => return Ok(Plan::ok()),
            (Wanted::Absent, true) => ("snapshot-delete", Risk::High, ChangeKind::Plain, None),
            (Wanted::Reverted, false) => {
                course.there()?;
                let text = format!("the machine {} has no snapshot {}", args.name, args.snapshot);
                return Err(Failure::new(text).missing());
            }
            (Wanted::Reverted, true) => {
                ("snapshot-revert", Risk::Critical, ChangeKind::Act, Some(true))
            }
        };
        if seen.external && args.state != Wanted::Present {
            let text = "the snapshot {} lies in files beside the disks: those are merged first (virsh blockcommit --active --pivot)";
            return Err(Failure::new(text.replace("{}", &args.snapshot)));
        }
        let mut words = vec![verb, args.name.as_str(), args.snapshot.as_str()];
        if args.state == Wanted::Present {
            words.extend(args.description.as_deref());
            words.extend(
                args.disk_only.then_some(["--disk-only", "--atomic"]).into_iter().flatten(),
            );
            words.extend(args.quiesce.then_some("--quiesce"));
        }
        let verb = verb.trim_start_matches("snapshot-").trim_end_matches("-as");
        let why = format!("{verb} the snapshot {} of the machine {}", args.snapshot, args.name);
        let change = super::virsh(&args.uri, words, why).risk(risk).kind(kind);
        let state = after.map(Value::from);
        course.beside(change.effect(Effect::Thing(WORLD, args.key(), state)));
        Ok(course.done())
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        let there = after.names.contains(&args.snapshot);
        match super::words(change).first().map(String::as_str) {
            Some("snapshot-create-as") if !there => Err("the snapshot is not there".to_string()),
            Some("snapshot-delete") if there => Err("the snapshot is still there".to_string()),
            Some("snapshot-revert") if after.current != args.snapshot => {
                Err("the machine does not go on from the snapshot".to_string())
            }
            _ => Ok(()),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        super::explain(ran)
    }

    fn result(&self, _: &Args, before: &Seen, after: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let now = after.unwrap_or(before);
        let mut fields = super::thing::one("snapshots", super::thing::list(&now.names));
        fields.insert("current".into(), now.current.as_str().into());
        fields
    }
}

/// Whether a snapshot of this machine can be taken.
fn takes(args: &Args, domain: &domain::Domain) -> Result<(), Failure> {
    if args.disk_only {
        return Ok(());
    }
    if let Some(disk) = outside(&domain.xml) {
        let text = "the disk {} is no qcow2: a snapshot of its dataset or volume is taken instead (zfs_snapshot, lvol), or of the disks alone (disk_only)";
        return Err(Failure::new(text.replace("{}", &disk)));
    }
    let gets =
        domain.xml.find("devices").is_some_and(|devices| devices.all("hostdev").next().is_some());
    if gets && matches!(domain.power, Power::Running | Power::Paused) {
        let text = "the machine {} has a device of the host: its memory cannot be kept; it is stopped first, or disk_only";
        return Err(Failure::new(text.replace("{}", &args.name)));
    }
    Ok(())
}
