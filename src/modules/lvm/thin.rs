//! `lvm_thin`: a thin pool on disks of its own, and its volumes.

use super::lvg;
use super::seen::{KIND, Lv, Lvm, Vg};
use super::volumes::{done, full, resized};
use super::{LOOK, check_device, check_name, explain, only_linux, run, size};
use crate::base::{Key, Value};
use crate::spec::args::Dict;
use crate::spec::{
    Answer, Change, Ctx, Doc, Effect, Example, Failure, Fields, Look, Plan, Probe, Ran, Risk,
    State, Support,
};

crate::args! {
    /// Which pool.
    pub struct Args {
        /// Its group.
        vg: String => [required()],
        /// All disks of the group, by /dev/disk/by-id; one that holds anything is not taken. Without it the group is there.
        pvs: Vec<String> => [],
        /// The pool.
        pool: String => [required(), aliases(&["thinpool"])],
        /// Its size: megabytes, or with a unit.
        size: String => [required()],
        /// Size of its metadata; LVM's own choice is often small.
        metadata_size: Option<String> => [],
        /// Its volumes: dicts with `name` and `size`.
        volumes: Vec<Dict> => [],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "lvm_thin",
    full_names: &[],
    short: "A thin pool and its volumes, never smaller (Linux).",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[Example {
        title: "A pool for virtual machines",
        yaml: "lvm_thin: {vg: tank, pvs: [/dev/disk/by-id/nvme-A], pool: vms, size: 400g, metadata_size: 1g, volumes: [{name: web, size: 40g}]}",
    }],
    returns: &[
        ("pool", "the pool: size, percent of data and metadata that are used, promised"),
        ("volumes", "name and size of each of its volumes"),
    ],
};

/// The module.
pub struct LvmThin;

impl Args {
    /// Names and bytes of the volumes.
    fn wanted(&self) -> Result<Vec<(String, u64)>, Failure> {
        let mut all: Vec<(String, u64)> = Vec::new();
        for dict in &self.volumes {
            let known = ["name", "size"];
            let odd = |key: &&Key| key.as_str().is_none_or(|name| !known.contains(&name));
            if let Some(key) = dict.0.keys().find(odd) {
                let text = format!(
                    "Unsupported parameters: {} found in volumes. Supported parameters include: name, size.",
                    key.value().text()
                );
                return Err(Failure::new(text));
            }
            let of = |name: &str| {
                let missing =
                    || Failure::new(format!("missing required arguments: {name} found in volumes"));
                dict.0.get(&Key::from(name)).map(Value::text).ok_or_else(missing)
            };
            let (name, bytes) = (of("name")?, size::bytes(&of("size")?)?);
            check_name("volumes", &name)?;
            if name == self.pool || all.iter().any(|(known, _)| *known == name) {
                return Err(Failure::new(format!("{name} is named twice")));
            }
            all.push((name, bytes));
        }
        Ok(all)
    }

    fn check(&self) -> Result<(), Failure> {
        check_name("vg", &self.vg)?;
        check_name("pool", &self.pool)?;
        for path in &self.pvs {
            check_device(path)?;
            if !path.starts_with("/dev/disk/by-id/") {
                return Err(Failure::new(format!(
                    "pvs: name {path} by /dev/disk/by-id: other names change"
                )));
            }
        }
        size::bytes(&self.size)?;
        self.metadata_size.as_deref().map(size::bytes).transpose()?;
        self.wanted().map(drop)
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.vg)
    }

    fn pool(&self, lvm: &Lvm, vg: Option<&Vg>) -> Result<Vec<Change>, Failure> {
        let wanted = size::bytes(&self.size)?;
        let metadata = self.metadata_size.as_deref().map(size::bytes).transpose()?;
        let extent = vg.map_or(4 << 20, |vg| vg.extent);
        let Some(pool) = lvm.lv(&self.vg, &self.pool) else {
            let mut all =
                vec!["lvcreate".to_string(), "-y".into(), "-L".into(), format!("{wanted}b")];
            all.extend(
                metadata
                    .into_iter()
                    .flat_map(|bytes| ["--poolmetadatasize".to_string(), format!("{bytes}b")]),
            );
            all.extend(["-T".to_string(), self.path(&self.pool)]);
            let bytes = wanted.div_ceil(extent) * extent;
            let new = Lv {
                attr: "twi-a-tz--".into(),
                size: bytes,
                metadata: metadata.unwrap_or(0),
                ..Lv::default()
            };
            let effect = Effect::Thing(KIND, self.path(&self.pool), Some(new.to_value()));
            let change =
                Change::new(run(all), format!("make the thin pool {}", self.path(&self.pool)));
            return Ok(vec![change.effect(effect).risk(Risk::Medium)]);
        };
        if !pool.is_pool() {
            return Err(Failure::new(format!("{} is there, and is no thin pool", pool.path())));
        }
        let mut changes = Vec::new();
        changes.extend(larger(pool, wanted, extent, vg)?);
        if let Some(bytes) =
            metadata.filter(|bytes| pool.metadata > 0 && *bytes >= pool.metadata + extent)
        {
            let more = (bytes - pool.metadata).div_ceil(extent) * extent;
            let all = vec![
                "lvextend".to_string(),
                "--poolmetadatasize".into(),
                format!("+{more}b"),
                pool.path(),
            ];
            let new = Lv { metadata: pool.metadata + more, ..pool.clone() };
            let effect = Effect::Thing(KIND, pool.path(), Some(new.to_value()));
            let why = format!("extend the metadata of {} by {more} bytes", pool.path());
            changes.push(Change::new(run(all), why).effect(effect).risk(Risk::Medium));
        }
        Ok(changes)
    }

    fn volumes(&self, lvm: &Lvm, extent: u64) -> Result<Vec<Change>, Failure> {
        let mut changes = Vec::new();
        for (name, bytes) in self.wanted()? {
            let path = self.path(&name);
            let Some(lv) = lvm.lv(&self.vg, &name) else {
                let all = [
                    "lvcreate",
                    "-y",
                    "-V",
                    &format!("{bytes}b"),
                    "-T",
                    &self.path(&self.pool),
                    "-n",
                    &name,
                ]
                .map(String::from);
                let size = bytes.div_ceil(extent) * extent;
                let new = Lv {
                    attr: "Vwi-a-tz--".into(),
                    size,
                    pool: self.pool.clone(),
                    ..Lv::default()
                };
                let effect = Effect::Thing(KIND, path.clone(), Some(new.to_value()));
                changes.push(
                    Change::new(run(all), format!("make {path}")).effect(effect).risk(Risk::Medium),
                );
                continue;
            };
            if !lv.is_thin() || lv.pool != self.pool {
                return Err(Failure::new(format!(
                    "{path} is there, and not of the thin pool {}",
                    self.pool
                )));
            }
            changes.extend(larger(lv, bytes, extent, None)?);
        }
        Ok(changes)
    }
}

/// What makes it larger; None: it is large enough, within an extent.
///
/// # Errors
/// It is larger than wanted, or there is no room.
fn larger(lv: &Lv, wanted: u64, extent: u64, vg: Option<&Vg>) -> Result<Option<Change>, Failure> {
    let wanted = wanted.div_ceil(extent) * extent;
    if wanted.abs_diff(lv.size) < extent {
        return Ok(None);
    }
    if wanted < lv.size {
        return Err(Failure::new(format!(
            "{} has {} bytes, more than the {wanted} that are asked for: it is never shrunk",
            lv.path(),
            lv.size
        )));
    }
    let more = wanted - lv.size;
    if let Some(vg) = vg.filter(|vg| vg.free < more) {
        return Err(Failure::new(format!(
            "{} needs {more} bytes more, and {} has {} free",
            lv.path(),
            vg.name,
            vg.free
        )));
    }
    let words = vec!["lvextend".to_string(), "-L".into(), format!("{wanted}b"), lv.path()];
    Ok(Some(resized(words, lv, wanted).risk(Risk::Medium)))
}

impl State for LvmThin {
    type Args = Args;
    type Seen = Lvm;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_linux("lvm_thin", ctx)?;
        args.check()?;
        Ok(Probe::new("lvm", LOOK).words(args.pvs.iter().cloned()).heavy())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Lvm>, Failure> {
        let mut lvm = Lvm::read(answers, &args.pvs, ctx)?;
        lvg::predicted(&mut lvm, ctx);
        Ok(Look::Seen(lvm))
    }

    fn plan(&self, args: &Args, seen: &Lvm, _: Ctx<'_>) -> Result<Plan, Failure> {
        let vg = seen.vg(&args.vg);
        if vg.is_none() && args.pvs.is_empty() {
            return Err(Failure::new(format!("Volume group {} does not exist.", args.vg)));
        }
        let mut changes = lvg::grow(seen, &args.vg, (&[], &[]))?;
        // A group that is about to grow has room that is not told yet.
        let known = vg.filter(|_| changes.is_empty());
        changes.extend(args.pool(seen, known)?);
        changes.extend(args.volumes(seen, vg.map_or(4 << 20, |vg| vg.extent))?);
        let mut plan = Plan::of(changes);
        plan.warnings = full(seen, &args.vg);
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Lvm, _: Ctx<'_>) -> Result<(), String> {
        lvg::done(after, &args.vg, change)?;
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
        let seen = after.unwrap_or(before);
        let number = |bytes: u64| Value::from(i64::try_from(bytes).unwrap_or(i64::MAX));
        let of = |lv: &&Lv| lv.vg == args.vg && lv.pool == args.pool && lv.is_thin();
        let row = |lv: &Lv| -> Value {
            [("name", Value::from(lv.name.as_str())), ("size", number(lv.size))]
                .into_iter()
                .collect()
        };
        let volumes: Vec<&Lv> = seen.lvs.iter().filter(of).collect();
        let promised = volumes.iter().map(|lv| lv.size).sum();
        let mut fields = Fields::new();
        if let Some(pool) = seen.lv(&args.vg, &args.pool) {
            let pool: Value = [
                ("name", Value::from(pool.path())),
                ("size", number(pool.size)),
                ("data_percent", Value::from(pool.used.0)),
                ("metadata_percent", Value::from(pool.used.1)),
                ("promised", number(promised)),
            ]
            .into_iter()
            .collect();
            fields.insert("pool".into(), pool);
        }
        fields.insert("volumes".into(), Value::list(volumes.into_iter().map(row).collect()));
        fields
    }
}
