//! `proxmox_backup`: backup jobs of Proxmox VE, a backup now, and whether there is a good one.

mod checks;

use crate::base::{Key, Value};
use crate::modules::accounts::Presence;
use crate::modules::pve::api;
use crate::modules::pve::entry::{Kind, Property, Wish};
use crate::modules::told::Told;
use crate::spec::{
    Answer, Change, ChangeKind, Ctx, Doc, Example, Failure, Fields, Look, Op, Plan, Probe, Ran,
    Risk, Rule, State, Support,
};
use checks::{checked, guests, target};
use std::collections::BTreeMap;

crate::choices! {
    /// What is asked for.
    pub enum Wanted {
        Present = "present",
        Absent = "absent",
        Now = "now",
        Checked = "checked",
    }
}

crate::args! {
    /// Which backups.
    pub struct Args {
        /// `present`, `absent`: a job that runs by itself. `now`: the guests are backed up by this task. `checked`: fails
        /// unless each guest has an archive that is young enough, not empty, not found bad, and whose configuration can
        /// be read out of it.
        state: Wanted => [default("present")],
        /// Name of the job.
        id: Option<String> => [],
        /// Guests.
        vmids: Option<Vec<i64>> => [],
        /// All guests of a pool.
        pool: Option<String> => [],
        /// All guests.
        all: Option<bool> => [],
        /// Where archives go. It must take backups.
        storage: Option<String> => [],
        /// When, as systemd's calendar has it.
        schedule: Option<String> => [],
        /// How a guest is held meanwhile.
        backup_mode: Option<String> => [choices(&["snapshot", "suspend", "stop"])],
        /// How it is compressed.
        compress: Option<String> => [choices(&["0", "gzip", "lzo", "zstd"])],
        /// Note of each archive, such as `{{guestname}}` (write it as `!unsafe`).
        description: Option<String> => [],
        /// With `now`: whether archives are kept whatever the retention says.
        protected: Option<bool> => [],
        /// Which archives are kept, such as `keep-daily=7,keep-weekly=4`.
        retention: Option<String> => [],
        /// Whether a fast local storage takes what the guest writes meanwhile, such as `enabled=1,storage=local-lvm`.
        fleecing: Option<String> => [],
        /// KiB in a second at most; 0: no limit.
        bandwidth: Option<i64> => [],
        /// Whether the job runs.
        enabled: Option<bool> => [],
        /// With `checked`: hours that the newest archive may be old.
        max_age: i64 => [default("26")],
    }
    rules [
        Rule::MutuallyExclusive(&["vmids", "pool", "all"]),
        Rule::RequiredIf("state", "present", &["id", "storage", "schedule"]),
        Rule::RequiredIf("state", "absent", &["id"]),
        Rule::RequiredIf("state", "now", &["vmids", "storage"]),
        Rule::RequiredIf("state", "checked", &["vmids", "storage"]),
        Rule::RequiredIfAny("state", "present", &["vmids", "pool", "all"]),
    ]
}

static DOC: Doc = Doc {
    name: "proxmox_backup",
    full_names: &[],
    short: "Back up guests of Proxmox VE, by a job or now, and check their backups.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "Each night, a week of them",
            yaml: "proxmox_backup: {id: nightly, vmids: [101, 102], storage: pbs, schedule: '02:30', backup_mode: snapshot, compress: zstd, retention: 'keep-daily=7'}",
        },
        Example {
            title: "Before something dangerous",
            yaml: "proxmox_backup: {state: now, vmids: [101], storage: nas, compress: zstd, protected: true}",
        },
        Example {
            title: "Is there one that can be restored?",
            yaml: "proxmox_backup: {state: checked, vmids: [101], storage: nas, max_age: 26}",
        },
    ],
    returns: &[
        ("archives", "of `now` and `checked`: the newest archive of each guest"),
        ("job", "the job as it was found"),
    ],
};

/// The module.
pub struct ProxmoxBackup;

const KIND: &str = "proxmox_backup";

/// What is there.
pub struct Seen {
    found: Option<Value>,
    /// Guests.
    guests: Vec<Value>,
    /// State of the storage on this node; None: there is none of that name.
    storage: Option<Value>,
    /// The newest archive of each wanted guest.
    newest: BTreeMap<i64, Value>,
    now: i64,
    node: String,
    /// What could not be read out of which archive.
    bad: Vec<String>,
}

impl Args {
    fn acts(&self) -> bool {
        matches!(self.state, Wanted::Now | Wanted::Checked)
    }

    fn guests(&self) -> &[i64] {
        self.vmids.as_deref().unwrap_or_default()
    }

    fn joined(&self) -> Option<String> {
        let text: Option<Vec<String>> =
            self.vmids.as_ref().map(|all| all.iter().map(ToString::to_string).collect());
        text.map(|all| all.join(","))
    }

    fn check(&self) -> Result<(), Failure> {
        self.guests().iter().try_for_each(|id| api::vmid(*id))?;
        if self.acts() && self.guests().is_empty() {
            return Err(Failure::new("vmids is empty"));
        }
        for (what, name) in [
            ("name of a job", &self.id),
            ("name of a storage", &self.storage),
            ("name of a pool", &self.pool),
        ] {
            name.as_deref().map_or(Ok(()), |name| api::name(what, name))?;
        }
        if let Some(text) = &self.retention {
            retention(text)?;
        }
        if self.max_age < 1 || self.bandwidth.is_some_and(|rate| rate < 0) {
            return Err(Failure::new("max_age and bandwidth are numbers above 0"));
        }
        Ok(())
    }

    fn wish(&self) -> Wish {
        let mut properties = Vec::new();
        let text = |value: &Option<String>| value.clone();
        properties.extend(Property::of("storage", text(&self.storage), Kind::Text));
        properties.extend(Property::of("schedule", text(&self.schedule), Kind::Text));
        properties.extend(Property::of("vmid", self.joined(), Kind::Set));
        properties.extend(Property::of("pool", text(&self.pool), Kind::Text));
        properties.extend(Property::yes("all", self.all));
        properties.extend(Property::of("mode", text(&self.backup_mode), Kind::Text));
        properties.extend(Property::of("compress", text(&self.compress), Kind::Text));
        properties.extend(Property::of("notes-template", text(&self.description), Kind::Text));
        properties.extend(Property::of("prune-backups", text(&self.retention), Kind::Pairs));
        properties.extend(Property::of("fleecing", text(&self.fleecing), Kind::Pairs));
        let rate = self.bandwidth.map(|rate| rate.to_string());
        properties.extend(Property::of("bwlimit", rate, Kind::Text));
        properties.extend(Property::yes("enabled", self.enabled));
        Wish {
            what: "backup job",
            list: "/cluster/backup",
            key: "id",
            id: self.id.clone().unwrap_or_default(),
            state: if self.state == Wanted::Absent { Presence::Absent } else { Presence::Present },
            properties,
            kind: KIND,
            risk: Risk::Medium,
        }
    }
}

/// Words of a retention: a wrong one would keep nothing.
pub fn retention(text: &str) -> Result<(), Failure> {
    const WORDS: [&str; 7] = [
        "keep-all",
        "keep-last",
        "keep-hourly",
        "keep-daily",
        "keep-weekly",
        "keep-monthly",
        "keep-yearly",
    ];
    for part in text.split(',') {
        let (word, count) = part.split_once('=').unwrap_or((part, ""));
        if !WORDS.contains(&word.trim()) || count.trim().parse::<u32>().is_err() {
            return Err(Failure::new(format!(
                "retention: '{part}' is none of {}",
                WORDS.join(", ")
            )));
        }
    }
    Ok(())
}

impl State for ProxmoxBackup {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        api::only_linux("proxmox_backup", ctx)?;
        args.check()?;
        let storage = args.storage.as_deref().unwrap_or_default();
        let script = concat!(
            include_str!("../../told/ask.sh"),
            include_str!("../ask.sh"),
            include_str!("look.sh")
        );
        let words = [storage, if args.acts() { "1" } else { "" }];
        Ok(Probe::new("proxmox_backup", script).words(words).heavy())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        api::is_there(&told)?;
        let seen = seen(args, &told, ctx)?;
        if args.state != Wanted::Checked {
            return Ok(Look::Seen(seen));
        }
        match answers.get(1) {
            None => {
                let archives = seen.newest.values().map(|archive| api::text(archive, "volid"));
                let script =
                    concat!(include_str!("../../told/ask.sh"), include_str!("archives.sh"));
                Ok(Look::Ask(Probe::new("proxmox_archives", script).words(archives).heavy()))
            }
            Some(answer) => {
                let told = Told::read(std::slice::from_ref(answer))?;
                let bad = told.all().filter(|said| said.rc != 0 || !said.text.contains("memory"));
                let bad = bad.map(|said| format!("{}: {}", said.what, said.text.trim())).collect();
                Ok(Look::Seen(Seen { bad, ..seen }))
            }
        }
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        if args.state != Wanted::Absent {
            target(args, seen)?;
            guests(args, seen)?;
        }
        match args.state {
            Wanted::Checked => {
                checked(args, seen)?;
                Ok(Plan::ok())
            }
            Wanted::Now => now(args, seen),
            Wanted::Present | Wanted::Absent => {
                let wish = args.wish();
                let changes = wish.changes(seen.found.as_ref())?;
                let mut plan = Plan::ok();
                if !changes.is_empty() {
                    plan.diff.push(wish.diff(seen.found.as_ref()));
                }
                plan.parts = Plan::of(changes).parts;
                Ok(plan)
            }
        }
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        if args.state != Wanted::Now {
            return args.wish().verify(after.found.as_ref());
        }
        let begun = change.effects.iter().find_map(|effect| match effect {
            crate::spec::Effect::Thing(KIND, _, Some(value)) => value.as_int(),
            _ => None,
        });
        for id in args.guests() {
            let archive = after.newest.get(id).ok_or(format!("guest {id} has no archive"))?;
            if api::number(archive, "ctime") < begun
                || api::number(archive, "size").unwrap_or(0) == 0
            {
                return Err(format!("the newest archive of guest {id} is not of this run"));
            }
        }
        Ok(())
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        let Op::Run(_) = &ran.change.op else { return None };
        let said = ran.answer.text() + &ran.answer.error_text();
        let errors: Vec<&str> = said.lines().filter(|line| line.contains("ERROR")).collect();
        let said = if errors.is_empty() { said.clone() } else { errors.join("\n") };
        Some(api::explained(&ran.change.why, ran.answer.rc, &said))
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        _: &Plan,
        _: &[Ran],
    ) -> Fields {
        let mut fields = Fields::new();
        if args.acts() {
            let newest = after.unwrap_or(before).newest.iter();
            let all = newest.map(|(id, archive)| (Key::from(id.to_string()), archive.clone()));
            fields.insert(Key::from("archives"), Value::map(all.collect()));
        } else {
            let none = || std::iter::empty::<(&str, Value)>().collect();
            fields.insert(Key::from("job"), before.found.clone().unwrap_or_else(none));
        }
        fields
    }
}

fn seen(args: &Args, told: &Told, ctx: Ctx<'_>) -> Result<Seen, Failure> {
    let node = told.text("node").trim().to_string();
    let id = args.id.clone().unwrap_or_default();
    let found = match ctx.world.thing(KIND, &id) {
        Some(known) if !args.acts() => known.cloned(),
        _ => args.wish().find(&api::list(told, "/cluster/backup")?).cloned(),
    };
    let states = api::list(told, &format!("/nodes/{node}/storage"))?;
    let wanted = args.storage.as_deref().unwrap_or_default();
    let storage = states.into_iter().find(|one| api::text(one, "storage") == wanted);
    let mut newest = BTreeMap::new();
    if args.acts() && storage.is_some() {
        let archives = api::list(told, &format!("/nodes/{node}/storage/{wanted}/content"))?;
        for archive in archives {
            let Some(id) = api::number(&archive, "vmid").filter(|id| args.guests().contains(id))
            else {
                continue;
            };
            let older = |old: &Value| api::number(old, "ctime") < api::number(&archive, "ctime");
            if newest.get(&id).is_none_or(older) {
                newest.insert(id, archive);
            }
        }
    }
    let now = told.text("now").trim().parse().unwrap_or(0);
    let guests = api::list(told, "/cluster/resources")?;
    Ok(Seen { found, guests, storage, newest, now, node, bad: Vec::new() })
}

fn now(args: &Args, seen: &Seen) -> Result<Plan, Failure> {
    let mut words = vec!["vzdump".to_string()];
    words.extend(args.guests().iter().map(ToString::to_string));
    let mut option = |name: &str, value: Option<String>| {
        words.extend(value.into_iter().flat_map(|value| [format!("--{name}"), value]));
    };
    option("storage", args.storage.clone());
    option("mode", args.backup_mode.clone());
    option("compress", args.compress.clone());
    option("notes-template", args.description.clone());
    option("prune-backups", args.retention.clone());
    option("fleecing", args.fleecing.clone());
    option("bwlimit", args.bandwidth.map(|rate| rate.to_string()));
    option("protected", args.protected.map(|yes| if yes { "1" } else { "0" }.to_string()));
    // Stopped meanwhile, or old archives go.
    let stops = args.backup_mode.as_deref() == Some("stop");
    let risk = if stops || args.retention.is_some() { Risk::High } else { Risk::Medium };
    let why = format!("back up {}", args.joined().unwrap_or_default());
    let begun = crate::spec::Effect::Thing(KIND, "now".to_string(), Some(Value::from(seen.now)));
    let change = api::run(&words, why).kind(ChangeKind::Act).risk(risk).lock("pve").effect(begun);
    Ok(Plan::of(vec![change]))
}
