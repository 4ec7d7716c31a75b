//! `lvol`: volumes, thin volumes and pools, snapshots.

use super::seen::{KIND, Lv, Lvm, Vg};
use super::size::{Much, Size, Whole};
use super::volumes::{done, full, resized};
use super::{LOOK, check_device, check_name, explain, only_linux, run};
use crate::base::Value;
use crate::modules::accounts::Presence;
use crate::modules::services::service::words;
use crate::spec::{
    Answer, Change, Ctx, Doc, Effect, Example, Failure, Fields, Look, Plan, Probe, Ran, Risk, Rule,
    State, Support,
};

crate::args! {
    /// Which volume.
    pub struct Args {
        /// Its group.
        vg: String => [required()],
        /// Its name; of a snapshot: what it is of.
        lv: Option<String> => [],
        /// Its size: megabytes, or with a unit, or percent of VG, PVS, FREE or (snapshots) ORIGIN; with + or - so much more or
        /// less each time. `%FREE` without a sign is for a new one alone.
        size: Option<String> => [],
        /// More words for lvcreate.
        opts: String => [default("")],
        /// Whether it is there.
        state: Presence => [default("present")],
        /// Whether it may be removed or shrunk.
        force: bool => [default("no")],
        /// Whether one that is larger is shrunk (that needs `force` too) or left as it is; without it, it is refused.
        shrink: Option<bool> => [],
        /// Whether it can be used.
        active: bool => [default("yes")],
        /// Name of a snapshot of `lv`.
        snapshot: Option<String> => [],
        /// Physical volumes that it is put on.
        pvs: Vec<String> => [],
        /// Whether its file system gets the new size.
        resizefs: bool => [default("no")],
        /// The thin pool that it is of; without `lv` the pool itself.
        thinpool: Option<String> => [],
    }
    rules [Rule::RequiredOneOf(&["lv", "thinpool"])]
}

static DOC: Doc = Doc {
    name: "lvol",
    full_names: &["community.general.lvol"],
    short: "Manage logical volumes (Linux).",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[Example {
        title: "A volume of 20 GiB",
        yaml: "lvol: {vg: tank, lv: data, size: 20g}",
    }],
    returns: &[
        ("vg", "the group"),
        ("lv", "the volume"),
        ("size", "its size in bytes"),
        ("msg", "what became of its size"),
    ],
};

/// The module.
pub struct Lvol;

impl Args {
    /// The volume that the task is about.
    pub fn name(&self) -> &str {
        let named = self.snapshot.as_deref().or(self.lv.as_deref()).or(self.thinpool.as_deref());
        named.unwrap_or_default()
    }

    fn check(&self) -> Result<Option<Size>, Failure> {
        check_name("vg", &self.vg)?;
        let names = [("lv", &self.lv), ("snapshot", &self.snapshot), ("thinpool", &self.thinpool)];
        for (what, name) in names {
            name.as_ref().map_or(Ok(()), |name| check_name(what, name))?;
        }
        self.pvs.iter().try_for_each(|path| check_device(path))?;
        words(&self.opts)?;
        let size = self.size.as_deref().map(Size::parse).transpose()?;
        match size.map(|size| size.much) {
            Some(Much::Percent(_, Whole::Origin)) if self.snapshot.is_none() => {
                Err(Failure::new("Percentage of ORIGIN supported only for snapshot volumes"))
            }
            Some(Much::Percent(..)) if self.is_thin() => {
                Err(Failure::new("Thin volume sizing with percentage not supported."))
            }
            _ => Ok(size),
        }
    }

    fn is_thin(&self) -> bool {
        self.thinpool.is_some() && self.lv.is_some() && self.snapshot.is_none()
    }

    /// What has to be there before.
    fn needs(&self, lvm: &Lvm) -> Result<(), Failure> {
        let (vg, lv) = (&self.vg, self.lv.as_deref().unwrap_or_default());
        if self.snapshot.is_some() {
            let origin = lvm.lv(vg, lv);
            let none = || {
                Failure::new(format!(
                    "Snapshot origin LV {lv} does not exist in volume group {vg}."
                ))
            };
            if origin.ok_or_else(none)?.is_pool() {
                return Err(Failure::new("Snapshots of thin pool LVs are not supported."));
            }
        } else if let Some(pool) = self.thinpool.as_ref().filter(|_| self.lv.is_some()) {
            let there = lvm.lv(vg, pool).is_some_and(Lv::is_pool);
            if !there {
                let text = format!("Thin pool LV {pool} does not exist in volume group {vg}.");
                return Err(Failure::new(text));
            }
        }
        Ok(())
    }

    fn remove(&self, lv: &Lv) -> Result<Change, Failure> {
        if !self.force {
            let text =
                format!("Sorry, no removal of logical volume {} without force=true.", lv.name);
            return Err(Failure::new(text));
        }
        if lv.is_open() {
            return Err(Failure::new(format!("{} is in use: it is not removed", lv.path())));
        }
        let change =
            Change::new(run(["lvremove", "-f", &lv.path()]), format!("remove {}", lv.path()));
        Ok(change.effect(Effect::Thing(KIND, lv.path(), None)).risk(Risk::Critical))
    }

    /// Another size.
    fn resize(&self, lv: &Lv, vg: &Vg, size: Size) -> Result<Option<Change>, Failure> {
        let fill = size.sign.is_none() && matches!(size.much, Much::Percent(_, Whole::Free));
        let wanted = size.of(lv.size, vg);
        let near = wanted.abs_diff(lv.size) < vg.extent;
        if fill || near {
            return Ok(None);
        }
        let text = self.size.as_deref().unwrap_or_default();
        if wanted > lv.size {
            let more = wanted - lv.size;
            if more > vg.free && !lv.is_thin() {
                return Err(Failure::new(format!(
                    "Logical Volume {} could not be extended. Not enough free space left ({more}b required / {}b available)",
                    lv.name, vg.free
                )));
            }
            let mut all = vec!["lvextend".to_string()];
            all.extend(self.resizefs.then(|| "--resizefs".to_string()));
            all.extend(size.words(text));
            all.push(lv.path());
            all.extend(self.pvs.iter().cloned());
            return Ok(Some(resized(all, lv, wanted).risk(Risk::Medium)));
        }
        match self.shrink {
            Some(false) => return Ok(None),
            Some(true) if self.force && wanted > 0 => {}
            Some(true) if wanted == 0 => {
                let text = format!("Sorry, no shrinking of {} to 0 permitted.", lv.name);
                return Err(Failure::new(text));
            }
            Some(true) => {
                return Err(Failure::new(format!(
                    "Sorry, no shrinking of {} without force=true",
                    lv.name
                )));
            }
            None => {
                return Err(Failure::new(format!(
                    "{} has {} bytes, more than is asked for: shrink says whether it is shrunk (with force) or left as it is",
                    lv.path(),
                    lv.size
                )));
            }
        }
        let mut all = vec!["lvreduce".to_string(), "--force".to_string()];
        all.extend(self.resizefs.then(|| "--resizefs".to_string()));
        all.extend(size.words(text));
        all.push(lv.path());
        Ok(Some(resized(all, lv, wanted).risk(Risk::Critical)))
    }

    fn activity(&self, lv: &Lv) -> Option<Change> {
        if lv.is_active() == self.active || lv.attr.is_empty() {
            return None;
        }
        let mut all = vec!["lvchange", if self.active { "-ay" } else { "-an" }];
        all.extend((self.active && lv.is_skipped()).then_some("-K"));
        let path = lv.path();
        all.push(&path);
        let why = format!("{} {path}", if self.active { "activate" } else { "deactivate" });
        let letter = if self.active { 'a' } else { '-' };
        let attr = lv.attr.chars().enumerate().map(|(at, c)| if at == 4 { letter } else { c });
        let new = Lv { attr: attr.collect(), ..lv.clone() };
        let effect = Effect::Thing(KIND, path.clone(), Some(new.to_value()));
        Some(Change::new(run(all), why).effect(effect).risk(Risk::Medium))
    }

    fn present(&self, lvm: &Lvm, vg: &Vg, size: Option<Size>) -> Result<Vec<Change>, Failure> {
        self.needs(lvm)?;
        let Some(lv) = lvm.lv(&self.vg, self.name()) else {
            let mut changes = vec![self.create(lvm, vg, size)?];
            if !self.active {
                let new = Lv {
                    vg: self.vg.clone(),
                    name: self.name().to_string(),
                    attr: "-wi-a-----".into(),
                    ..Lv::default()
                };
                changes.extend(self.activity(&new));
            }
            return Ok(changes);
        };
        let mut changes = Vec::new();
        if let Some(size) = size {
            changes.extend(self.resize(lv, vg, size)?);
        }
        changes.extend(self.activity(lv));
        Ok(changes)
    }
}

impl State for Lvol {
    type Args = Args;
    type Seen = Lvm;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_linux("lvol", ctx)?;
        args.check()?;
        Ok(Probe::new("lvm", LOOK).heavy())
    }

    fn read(&self, _: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Lvm>, Failure> {
        Lvm::read(answers, &[], ctx).map(Look::Seen)
    }

    fn plan(&self, args: &Args, seen: &Lvm, _: Ctx<'_>) -> Result<Plan, Failure> {
        let size = args.check()?;
        let changes = match (args.state, seen.vg(&args.vg)) {
            (Presence::Absent, _) => {
                let there = seen.lv(&args.vg, args.name());
                there.map(|lv| args.remove(lv)).transpose()?.into_iter().collect()
            }
            (Presence::Present, Some(vg)) => args.present(seen, vg, size)?,
            (Presence::Present, None) => {
                return Err(Failure::new(format!("Volume group {} does not exist.", args.vg)));
            }
        };
        let mut plan = Plan::of(changes);
        plan.warnings = full(seen, &args.vg);
        Ok(plan)
    }

    fn verify(&self, _: &Args, change: &Change, after: &Lvm, _: Ctx<'_>) -> Result<(), String> {
        done(after, change)
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
        let old = before.lv(&args.vg, args.name());
        let now = after.unwrap_or(before).lv(&args.vg, args.name());
        let mut fields = Fields::new();
        fields.insert("vg".into(), Value::from(args.vg.as_str()));
        fields.insert("lv".into(), Value::from(args.name()));
        let size = now.map(|lv| i64::try_from(lv.size).unwrap_or(i64::MAX));
        fields.insert("size".into(), size.map_or(Value::NULL, Value::from));
        if let (Some(old), Some(now)) = (old, now)
            && old.size != now.size
        {
            let text = format!("Volume {} resized to {}b", now.name, now.size);
            fields.insert("msg".into(), Value::from(text));
        }
        fields
    }
}
