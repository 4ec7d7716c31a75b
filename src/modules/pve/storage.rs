//! `proxmox_storage`: a storage of Proxmox VE.

use super::api;
use super::entry::{Kind, Property, Wish};
use crate::base::{Key, Value};
use crate::modules::accounts::Presence;
use crate::modules::told::{Kept, Told};
use crate::spec::args::{Dict, MarkedText};
use crate::spec::{
    Answer, Change, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Plan, Probe, Ran, Risk,
    Rule, State, Support,
};

crate::choices! {
    /// What kind of storage.
    pub enum Type {
        Cifs = "cifs",
        Dir = "dir",
        LvmThin = "lvmthin",
        Nfs = "nfs",
        Pbs = "pbs",
        ZfsPool = "zfspool",
    }
}

crate::args! {
    /// Which storage.
    pub struct Args {
        /// Its name.
        name: String => [required(), aliases(&["storage"])],
        /// Whether it is configured. Its content is never touched.
        state: Presence => [default("present")],
        /// Its kind.
        kind as "type": Option<Type> => [],
        /// What may be on it.
        content: Option<Vec<String>> => [],
        /// Nodes that have it; an empty list: all.
        nodes: Option<Vec<String>> => [],
        /// Whether it is not used.
        disable: Option<bool> => [],
        /// Whether all nodes see the same content.
        shared: Option<bool> => [],
        /// Which backups are kept, such as `keep-daily=7,keep-weekly=4`.
        prune_backups: Option<String> => [],
        /// Of `dir`: `path`, `mkdir`, `is_mountpoint`.
        dir_options: Option<Dict> => [],
        /// Of `nfs`: `server`, `export`, `options`, `preallocation`.
        nfs_options: Option<Dict> => [],
        /// Of `cifs`: `server`, `share`, `username`, `domain`, `subdir`, `smb_version`.
        cifs_options: Option<Dict> => [],
        /// Of `pbs`: `server`, `datastore`, `username`, `namespace`, `fingerprint`.
        pbs_options: Option<Dict> => [],
        /// Of `zfspool`: `pool`, `sparse`, `blocksize`.
        zfspool_options: Option<Dict> => [],
        /// Of `lvmthin`: `vgname`, `thinpool`.
        lvmthin_options: Option<Dict> => [],
        /// Of `cifs` and `pbs`: the password. It is written into Proxmox' own file, never given as a word.
        password: Option<MarkedText> => [],
    }
    rules [
        Rule::RequiredIf("state", "present", &["type"]),
    ]
}

static DOC: Doc = Doc {
    name: "proxmox_storage",
    full_names: &["community.proxmox.proxmox_storage"],
    short: "Manage storages of Proxmox VE.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A thin pool for disks of guests",
            yaml: "proxmox_storage: {name: vm-thin, type: lvmthin, lvmthin_options: {vgname: vmdata, thinpool: pool}, content: [images, rootdir]}",
        },
        Example {
            title: "A backup server",
            yaml: "proxmox_storage: {name: pbs, type: pbs, pbs_options: {server: 10.0.0.9, datastore: tank, username: pve@pbs}, password: '{{ vault_pbs }}', content: [backup]}",
        },
    ],
    returns: &[
        ("storage", "the storage as it was found; empty when there was none"),
        ("active", "whether this node reaches it"),
    ],
};

/// The module.
pub struct ProxmoxStorage;

const KIND: &str = "proxmox_storage";

/// What is there.
pub struct Seen {
    found: Option<Value>,
    active: Option<bool>,
    secret: Option<Kept>,
}

/// Options of a kind: the argument's name, the API's, how it is compared.
type Options = &'static [(&'static str, &'static str, Kind)];

const CIFS: Options = &[
    ("server", "server", Kind::Fixed),
    ("share", "share", Kind::Fixed),
    ("username", "username", Kind::Text),
    ("domain", "domain", Kind::Text),
    ("subdir", "subdir", Kind::Fixed),
    ("smb_version", "smbversion", Kind::Text),
];

impl Args {
    fn options(&self, kind: &Type) -> (Option<&Dict>, Options) {
        use Kind::{Bool, Fixed, Text};
        match kind {
            Type::Dir => (
                self.dir_options.as_ref(),
                &[
                    ("path", "path", Fixed),
                    ("mkdir", "mkdir", Bool),
                    ("is_mountpoint", "is_mountpoint", Text),
                ],
            ),
            Type::Nfs => (
                self.nfs_options.as_ref(),
                &[
                    ("server", "server", Fixed),
                    ("export", "export", Fixed),
                    ("options", "options", Text),
                    ("preallocation", "preallocation", Text),
                ],
            ),
            Type::Cifs => (self.cifs_options.as_ref(), CIFS),
            Type::Pbs => (
                self.pbs_options.as_ref(),
                &[
                    ("server", "server", Fixed),
                    ("datastore", "datastore", Fixed),
                    ("username", "username", Text),
                    ("namespace", "namespace", Text),
                    ("fingerprint", "fingerprint", Text),
                ],
            ),
            Type::ZfsPool => (
                self.zfspool_options.as_ref(),
                &[
                    ("pool", "pool", Fixed),
                    ("sparse", "sparse", Bool),
                    ("blocksize", "blocksize", Text),
                ],
            ),
            Type::LvmThin => (
                self.lvmthin_options.as_ref(),
                &[("vgname", "vgname", Fixed), ("thinpool", "thinpool", Fixed)],
            ),
        }
    }

    fn wish(&self) -> Result<Wish, Failure> {
        api::name("name of a storage", &self.name)?;
        self.prune_backups.as_deref().map_or(Ok(()), super::backup::retention)?;
        if !self.name.starts_with(|c: char| c.is_ascii_alphabetic()) || self.name.len() < 2 {
            return Err(Failure::new(format!("invalid name of a storage: '{}'", self.name)));
        }
        let mut properties = Vec::new();
        if let Some(kind) = &self.kind {
            properties.push(Property {
                name: "type",
                value: kind.word().to_string(),
                kind: Kind::Fixed,
            });
            properties.extend(self.typed(kind)?);
        }
        let joined = |list: &Option<Vec<String>>| list.as_ref().map(|list| list.join(","));
        for node in self.nodes.iter().flatten() {
            api::name("name of a node", node)?;
        }
        properties.extend(Property::of("content", joined(&self.content), Kind::Set));
        properties.extend(Property::of("nodes", joined(&self.nodes), Kind::Set));
        properties.extend(Property::yes("disable", self.disable));
        properties.extend(Property::yes("shared", self.shared));
        properties.extend(Property::of("prune-backups", self.prune_backups.clone(), Kind::Pairs));
        Ok(Wish {
            what: "storage",
            list: "/storage",
            key: "storage",
            id: self.name.clone(),
            state: self.state,
            properties,
            kind: KIND,
            risk: Risk::Medium,
        })
    }

    fn typed(&self, kind: &Type) -> Result<Vec<Property>, Failure> {
        let (given, known) = self.options(kind);
        let word = kind.word();
        let given =
            given.ok_or_else(|| Failure::new(format!("type {word} needs {word}_options")))?;
        let mut properties = Vec::new();
        for (key, value) in &given.0 {
            let found = known.iter().find(|(name, _, _)| key.as_str() == Some(*name));
            let Some((_, name, kind)) = found else {
                return Err(Failure::new(format!("{word}_options has no {}", key.json_text())));
            };
            let value = match value.type_name() {
                "bool" => if value.is_true() { "1" } else { "0" }.to_string(),
                _ => value.text(),
            };
            properties.push(Property { name, value, kind: *kind });
        }
        // What a kind cannot be without is fixed.
        let need = known.iter().filter(|(name, _, kind)| *kind == Kind::Fixed && *name != "subdir");
        for (argument, name, _) in need {
            if !properties.iter().any(|one| one.name == *name && !one.value.is_empty()) {
                return Err(Failure::new(format!("{word}_options needs {argument}")));
            }
        }
        Ok(properties)
    }

    /// Proxmox' own file of the password, and its text.
    fn secret(&self) -> Result<Option<(String, String)>, Failure> {
        let Some(password) = self.password.as_ref().filter(|_| self.state == Presence::Present)
        else {
            return Ok(None);
        };
        let path = format!("/etc/pve/priv/storage/{}.pw", self.name);
        let text = password.as_str();
        if text.is_empty() || text.contains(char::is_control) {
            return Err(Failure::new("password is one line"));
        }
        match &self.kind {
            Some(Type::Cifs) => Ok(Some((path, format!("password={text}\n")))),
            Some(Type::Pbs) => Ok(Some((path, format!("{text}\n")))),
            _ => Err(Failure::new("password is for cifs and pbs")),
        }
    }
}

impl State for ProxmoxStorage {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        api::only_linux("proxmox_storage", ctx)?;
        args.wish()?;
        let file = args.secret()?.map(|(path, _)| path).unwrap_or_default();
        let script = concat!(
            include_str!("../told/ask.sh"),
            include_str!("ask.sh"),
            include_str!("look.sh")
        );
        let probe =
            Probe::new("proxmox_storage", script).words(["/storage", "storage", &file]).heavy();
        Ok(Probe { secret: args.password.is_some(), ..probe })
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        api::is_there(&told)?;
        let list = api::list(&told, "/storage")?;
        let wish = args.wish()?;
        let node = told.text("node").trim().to_string();
        let states = api::list(&told, &format!("/nodes/{node}/storage"))?;
        let state = states.iter().find(|one| api::text(one, "storage") == args.name);
        let found = match ctx.world.thing(KIND, &args.name) {
            Some(known) => known.cloned(),
            None => wish.find(&list).cloned(),
        };
        nodes(args, &told)?;
        let secret = match args.secret()? {
            Some((path, _)) => Some(Kept::of(&told, &path, ctx)?),
            None => None,
        };
        let active = state.map(|state| api::number(state, "active") == Some(1));
        Ok(Look::Seen(Seen { found, active, secret }))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        let wish = args.wish()?;
        let mut plan = Plan::ok();
        let mut changes = wish.changes(seen.found.as_ref())?;
        if !changes.is_empty() {
            plan.diff.push(wish.diff(seen.found.as_ref()));
        }
        if let Some((_, text)) = args.secret()? {
            changes = guarded(args, seen, changes, &text);
        }
        plan.parts = Plan::of(changes).parts;
        if seen.found.is_some() && seen.active == Some(false) && args.state == Presence::Present {
            plan.warnings.push(format!("this node does not reach the storage {}", args.name));
        }
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        if let Op::WriteFile(_) = change.op {
            let kept = after.secret.as_ref().ok_or("its password was not looked at")?;
            return kept.wrote(change);
        }
        let wish = args.wish().map_err(|failure| failure.msg)?;
        wish.verify(after.found.as_ref())?;
        let off = args.disable == Some(true);
        match after.active {
            Some(false) if !off && args.state == Presence::Present => {
                Err("it is configured, and this node does not reach it".to_string())
            }
            _ => Ok(()),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        let Op::Run(_) = &ran.change.op else { return None };
        let said = ran.answer.error_text() + &ran.answer.text();
        Some(api::explained(&ran.change.why, ran.answer.rc, &said))
    }

    fn result(&self, _: &Args, before: &Seen, after: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let found =
            before.found.clone().unwrap_or_else(|| std::iter::empty::<(&str, Value)>().collect());
        let mut fields = Fields::new();
        fields.insert(Key::from("storage"), found);
        let active = after.unwrap_or(before).active.unwrap_or(false);
        fields.insert(Key::from("active"), Value::from(active));
        fields
    }
}

/// Nodes that there are none of.
fn nodes(args: &Args, told: &Told) -> Result<(), Failure> {
    let known = api::list(told, "/nodes")?;
    let has = |name: &String| known.iter().any(|node| api::text(node, "node") == *name);
    match args.nodes.iter().flatten().find(|name| !has(name)) {
        Some(name) => Err(Failure::new(format!("the cluster has no node {name}"))),
        None => Ok(()),
    }
}

/// A storage is tried when it is made: it is made unused, gets its password, and is used then.
fn guarded(args: &Args, seen: &Seen, mut changes: Vec<Change>, text: &str) -> Vec<Change> {
    let Some(kept) = &seen.secret else { return changes };
    let write = (kept.text() != text).then(|| {
        kept.write(text.to_string(), 0o600, format!("write the password of {}", args.name))
            .risk(Risk::Medium)
    });
    let Some(write) = write else { return changes };
    if seen.found.is_some() || args.disable == Some(true) {
        changes.push(write);
        return changes;
    }
    for change in &mut changes {
        if let Op::Run(command) = &mut change.op {
            let at = command.argv.iter().position(|word| word == "--disable");
            at.map(|at| command.argv.drain(at..at + 2).count());
            command.argv.extend(["--disable".to_string(), "1".to_string()]);
        }
    }
    let path = format!("/storage/{}", args.name);
    let words = ["pvesh", "set", &path, "--delete", "disable"].map(str::to_string);
    let last = api::run(&words, format!("use the storage {}", args.name)).lock("pve");
    let known =
        Effect::Thing(KIND, args.name.clone(), args.wish().ok().map(|wish| wish.predicted()));
    changes.extend([write, last.effect(known).risk(Risk::Medium)]);
    changes
}
