//! `lvg`: groups of physical volumes.

use super::seen::{Device, KIND, Lvm, Pv};
use super::{LOOK, check_device, check_name, explain, only_linux, run, size};
use crate::base::Value;
use crate::modules::accounts::Presence;
use crate::modules::services::service::words;
use crate::spec::{
    Answer, Change, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Plan, Probe, Ran, Risk,
    State, Support,
};

crate::args! {
    /// Which group.
    pub struct Args {
        /// Its name.
        vg: String => [required()],
        /// All its devices, best by /dev/disk/by-id. One that holds anything is not taken.
        pvs: Vec<String> => [],
        /// Size of its extents: megabytes, or with a unit; for a new group.
        pesize: String => [default("4")],
        /// More words for pvcreate.
        pv_options: String => [default("")],
        /// Whether physical volumes grow with their devices.
        pvresize: bool => [default("no")],
        /// More words for vgcreate.
        vg_options: String => [default("")],
        /// Whether it is there.
        state: Presence => [default("present")],
        /// Whether a group with volumes may be removed.
        force: bool => [default("no")],
        /// Whether devices that are not in `pvs` leave the group; one with volumes on it never does.
        remove_extra_pvs: bool => [default("yes")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "lvg",
    full_names: &["community.general.lvg"],
    short: "Manage groups of logical volumes (Linux).",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[Example {
        title: "A group on two disks",
        yaml: "lvg: {vg: tank, pvs: [/dev/disk/by-id/ata-A, /dev/disk/by-id/ata-B]}",
    }],
    returns: &[("pvs", "the devices of the group, as LVM calls them")],
};

/// The module.
pub struct Lvg;

/// Bits of a device by its own name, which may be another one's tomorrow.
pub fn loose(devices: &[Device]) -> Vec<String> {
    let loose = devices.iter().filter(|device| {
        let fixed = ["/dev/disk/by-", "/dev/mapper/"];
        !fixed.iter().any(|start| device.path.starts_with(start))
    });
    loose
        .map(|device| {
            format!(
                "{}: names such as this one may change, name it by /dev/disk/by-id",
                device.path
            )
        })
        .collect()
}

/// The changes that make devices parts of a group, or a new group of them.
///
/// # Errors
/// A device that is not there or holds something.
pub fn grow(
    lvm: &Lvm,
    vg: &str,
    (pv_words, vg_words): (&[String], &[String]),
) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    let mut new = Vec::new();
    for device in &lvm.devices {
        lvm.take(device, vg)?;
        let pv = lvm.pv(device);
        if pv.is_some_and(|pv| pv.vg == vg) {
            continue;
        }
        if pv.is_none() {
            let all = ["pvcreate".to_string()].into_iter().chain(pv_words.iter().cloned());
            let change = Change::new(
                run(all.chain([device.path.clone()])),
                format!("pvcreate {}", device.path),
            );
            let there = Effect::Thing("physical_volume", device.path.clone(), Some(vg.into()));
            changes.push(change.effect(there).risk(Risk::Critical));
        }
        new.push(device.path.clone());
    }
    if new.is_empty() {
        return Ok(changes);
    }
    let there = lvm.vg(vg).is_some();
    let mut all = vec![if there { "vgextend" } else { "vgcreate" }.to_string()];
    all.extend(vg_words.iter().filter(|_| !there).cloned());
    all.push(vg.to_string());
    all.extend(new.iter().cloned());
    let why = format!("{} {vg} {}", all[0], new.join(" "));
    let effect = Effect::Thing(KIND, vg.to_string(), Some(true.into()));
    changes.push(Change::new(run(all), why).effect(effect).risk(Risk::Critical));
    Ok(changes)
}

/// Whether a change of a group is seen done.
///
/// # Errors
/// What is wrong.
pub fn done(lvm: &Lvm, vg: &str, change: &Change) -> Result<(), String> {
    let Op::Run(command) = &change.op else { return Ok(()) };
    let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    let devices = lvm.devices.iter().filter(|device| words.contains(&device.path.as_str()));
    match words.first() {
        Some(&"pvcreate") => {
            let missing = devices.into_iter().find(|device| lvm.pv(device).is_none());
            missing.map_or(Ok(()), |device| Err(format!("{} is no physical volume", device.path)))
        }
        Some(&("vgcreate" | "vgextend")) => {
            let out = |device: &&Device| lvm.pv(device).is_none_or(|pv| pv.vg != vg);
            let missing = devices.into_iter().find(out);
            missing.map_or(Ok(()), |device| Err(format!("{} is not in {vg}", device.path)))
        }
        Some(&"vgreduce") => {
            let left = lvm.pvs.iter().find(|pv| pv.vg == vg && words.contains(&pv.name.as_str()));
            left.map_or(Ok(()), |pv| Err(format!("{} is still in {vg}", pv.name)))
        }
        Some(&"vgremove") if lvm.vg(vg).is_some() => Err(format!("{vg} is still there")),
        Some(&"pvresize") => {
            let small =
                lvm.pvs.iter().find(|pv| words.contains(&pv.name.as_str()) && grows(lvm, pv));
            small.map_or(Ok(()), |pv| Err(format!("{} is as small as it was", pv.name)))
        }
        _ => Ok(()),
    }
}

/// Whether a physical volume is smaller than its device by more than an extent.
fn grows(lvm: &Lvm, pv: &Pv) -> bool {
    let (size, device, start) = pv.sizes;
    let extent = lvm.vg(&pv.vg).map_or(4 << 20, |vg| vg.extent);
    device.saturating_sub(size + start) > extent
}

impl Args {
    fn check(&self) -> Result<(), Failure> {
        check_name("vg", &self.vg)?;
        self.pvs.iter().try_for_each(|path| check_device(path))?;
        size::bytes(&self.pesize)?;
        words(&self.pv_options)?;
        words(&self.vg_options).map(drop)
    }

    fn present(&self, lvm: &Lvm) -> Result<Vec<Change>, Failure> {
        if lvm.vg(&self.vg).is_none() && self.pvs.is_empty() {
            return Err(Failure::new("No physical volumes given."));
        }
        let mut vg_words = vec!["-s".to_string(), format!("{}b", size::bytes(&self.pesize)?)];
        vg_words.extend(words(&self.vg_options)?);
        let mut changes = grow(lvm, &self.vg, (&words(&self.pv_options)?, &vg_words))?;
        let mine = || lvm.pvs.iter().filter(|pv| pv.vg == self.vg);
        if self.pvresize {
            for pv in mine().filter(|pv| grows(lvm, pv)) {
                let change =
                    Change::new(run(["pvresize", &pv.name]), format!("pvresize {}", pv.name));
                changes.push(change.risk(Risk::Medium));
            }
        }
        let named = |pv: &&Pv| {
            lvm.devices
                .iter()
                .any(|device| lvm.pv(device).is_some_and(|known| known.name == pv.name))
        };
        if self.remove_extra_pvs && !self.pvs.is_empty() {
            for pv in mine().filter(|pv| !named(pv)) {
                // Without force: one with volumes on it stays, and the task fails.
                let change = Change::new(
                    run(["vgreduce", &self.vg, &pv.name]),
                    format!("vgreduce {} {}", self.vg, pv.name),
                );
                changes.push(change.risk(Risk::Critical));
            }
        }
        Ok(changes)
    }

    fn absent(&self, lvm: &Lvm) -> Result<Vec<Change>, Failure> {
        let Some(vg) = lvm.vg(&self.vg) else { return Ok(Vec::new()) };
        if vg.volumes > 0 && !self.force {
            let text =
                format!("Refuse to remove non-empty volume group {} without force=true", self.vg);
            return Err(Failure::new(text));
        }
        if let Some(lv) =
            lvm.lvs.iter().find(|lv| lv.vg == self.vg && lv.is_open() && !lv.is_pool())
        {
            return Err(Failure::new(format!("{} is in use", lv.path())));
        }
        let change =
            Change::new(run(["vgremove", "-f", &self.vg]), format!("vgremove {}", self.vg));
        let gone = Effect::Thing(KIND, self.vg.clone(), None);
        Ok(vec![change.effect(gone).risk(Risk::Critical)])
    }
}

impl State for Lvg {
    type Args = Args;
    type Seen = Lvm;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_linux("lvg", ctx)?;
        args.check()?;
        Ok(Probe::new("lvm", LOOK).words(args.pvs.iter().cloned()).heavy())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Lvm>, Failure> {
        let mut lvm = Lvm::read(answers, &args.pvs, ctx)?;
        predicted(&mut lvm, ctx);
        Ok(Look::Seen(lvm))
    }

    fn plan(&self, args: &Args, seen: &Lvm, _: Ctx<'_>) -> Result<Plan, Failure> {
        let changes = match args.state {
            Presence::Present => args.present(seen)?,
            Presence::Absent => args.absent(seen)?,
        };
        let mut plan = Plan::of(changes);
        if args.state == Presence::Present {
            plan.warnings = loose(&seen.devices);
        }
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Lvm, _: Ctx<'_>) -> Result<(), String> {
        done(after, &args.vg, change)
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        explain(ran)
    }

    fn result(
        &self,
        args: &Args,
        before: &Lvm,
        after: Option<&Lvm>,
        _: &Plan,
        _: &[Ran],
    ) -> Fields {
        let seen = after.unwrap_or(before);
        let mine = seen.pvs.iter().filter(|pv| pv.vg == args.vg);
        let mut fields = Fields::new();
        fields.insert(
            "pvs".into(),
            Value::list(mine.map(|pv| Value::from(pv.name.as_str())).collect()),
        );
        fields
    }
}

/// Devices that an earlier task of a check run would have given to a group.
pub fn predicted(lvm: &mut Lvm, ctx: Ctx<'_>) {
    for (path, vg) in ctx.world.things("physical_volume") {
        let real = lvm.devices.iter().find(|device| device.path == path);
        let device =
            real.and_then(|device| device.real.clone()).unwrap_or_else(|| path.to_string());
        let vg = vg.map(Value::text).unwrap_or_default();
        lvm.pvs.retain(|pv| pv.device != device);
        lvm.pvs.push(Pv { device, name: path.to_string(), vg, sizes: (0, 0, 0) });
    }
}
