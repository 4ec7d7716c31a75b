//! `mount`: file systems, in the table and as they are.

mod fstab;
mod live;
#[cfg(test)]
mod tests;

use crate::base::{Value, quote};
use crate::modules::told::{Kept, Told};
use crate::spec::args::PathText;
use crate::spec::{
    Answer, Change, ChangeKind, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Os,
    PathAttrs, PathKind, Plan, Probe, Ran, Risk, Rule, State, Support,
};
use fstab::Line;
use live::{by_hand, is_mounted, shell};

crate::choices! {
    /// What is wanted.
    pub enum Wanted {
        Absent = "absent",
        AbsentFromFstab = "absent_from_fstab",
        Mounted = "mounted",
        Present = "present",
        Unmounted = "unmounted",
        Remounted = "remounted",
    }
}

crate::args! {
    /// Which file system.
    pub struct Args {
        /// Where it is mounted.
        path: PathText => [required(), aliases(&["name"])],
        /// What is mounted: a device, `UUID=...`, a share.
        src: Option<String> => [],
        /// Its type.
        fstype: Option<String> => [],
        /// Options; `defaults` on Linux, `rw` on FreeBSD.
        opts: Option<String> => [],
        /// What is wanted: `mounted` in the table and now, `present` in the table, `unmounted` not now, `absent` neither
        /// (and no empty directory is left), `absent_from_fstab` not in the table, `remounted` anew, each time.
        state: Wanted => [required()],
        /// Whether it is mounted at boot.
        boot: bool => [default("yes")],
        /// Whether dump(8) cares.
        dump: String => [default("0")],
        /// Order in which it is checked at boot.
        passno: String => [default("0")],
        /// The table.
        fstab: PathText => [default("/etc/fstab")],
        /// Whether the old table is kept beside it.
        backup: bool => [default("no")],
    }
    rules [
        Rule::RequiredIf("state", "mounted", &["src", "fstype"]),
        Rule::RequiredIf("state", "present", &["src", "fstype"]),
    ]
}

static DOC: Doc = Doc {
    name: "mount",
    full_names: &["ansible.posix.mount"],
    short: "Mount file systems, now and at boot (Linux, FreeBSD).",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example {
        title: "A disk for backups",
        yaml: "mount: {path: /srv/backup, src: UUID=b3e48f45-f933-4c8e-a700-22a159ec9077, fstype: ext4, opts: noatime, state: mounted}",
    }],
    returns: &[
        ("name", "where it is mounted"),
        ("src", "what is mounted"),
        ("fstype", "its type"),
        ("opts", "its options"),
        ("dump", "whether dump(8) cares"),
        ("passno", "order in which it is checked"),
        ("boot", "whether it is mounted at boot"),
        ("fstab", "the table"),
        ("backup_file", "where the old table is kept"),
    ],
};

const KIND: &str = "mount";

/// The module.
pub struct Mount;

/// What is there.
pub struct Seen {
    table: Kept,
    mounted: bool,
    directory: bool,
    os: Os,
}

impl Args {
    fn check(&self) -> Result<(), Failure> {
        let path = self.path.as_str();
        if !self.fstab.as_str().starts_with('/') {
            return Err(Failure::new("fstab is no absolute path"));
        }
        let swap = matches!(path, "none" | "swap");
        let fine = path.starts_with('/') && !path.contains("/../") && !path.ends_with("/..");
        if !fine && !swap || path.contains(char::is_control) {
            return Err(Failure::new(format!("{path:?} is no absolute path")));
        }
        let table =
            matches!(self.state, Wanted::Present | Wanted::AbsentFromFstab | Wanted::Absent);
        if swap && !table {
            return Err(Failure::new(format!("{path} is not mounted: state is present or absent")));
        }
        if self.trimmed() == "/" && matches!(self.state, Wanted::Absent | Wanted::Unmounted) {
            return Err(Failure::new("/ is never unmounted"));
        }
        let fields = [&self.src, &self.fstype, &self.opts];
        let others = [&self.dump, &self.passno].into_iter();
        for field in fields.into_iter().flatten().chain(others) {
            if field.is_empty()
                || field.starts_with('-')
                || field.contains(char::is_control)
                || field.contains('#')
            {
                return Err(Failure::new(format!("{field:?} is no field of fstab")));
            }
        }
        Ok(())
    }

    /// The path without slashes at its end.
    fn trimmed(&self) -> String {
        let trimmed = self.path.as_str().trim_end_matches('/');
        if trimmed.is_empty() { "/".to_string() } else { trimmed.to_string() }
    }

    fn opts(&self, os: Os) -> String {
        let plain = if os == Os::FreeBsd { "rw" } else { "defaults" };
        let opts = self.opts.clone().unwrap_or_else(|| plain.to_string());
        let auto = self.boot || opts.split(',').any(|opt| opt == "noauto");
        if auto { opts } else { format!("{opts},noauto") }
    }

    fn line(&self, os: Os) -> Line {
        let of = |field: &Option<String>| field.clone().unwrap_or_default();
        Line {
            src: of(&self.src),
            path: self.trimmed(),
            fstype: of(&self.fstype),
            opts: self.opts(os),
            dump: self.dump.clone(),
            passno: self.passno.clone(),
        }
    }

    /// Words that have another table read.
    fn table(&self, os: Os) -> String {
        let flag = if os == Os::FreeBsd { "-F" } else { "-T" };
        match self.fstab.as_str() {
            "/etc/fstab" => String::new(),
            other => format!(" {flag} {}", quote::sh(other)),
        }
    }
}

impl Seen {
    fn write(&self, args: &Args, text: &str, ctx: Ctx<'_>, plan: &mut Plan) -> Option<Change> {
        if text == self.table.text() {
            return None;
        }
        plan.diff.push(self.table.diff(text, ctx));
        let mut file = self.table.file(text.to_string(), 0o644);
        file.backup = args.backup && self.table.there();
        Some(file.change(format!("write {}", self.table.path)).risk(Risk::High))
    }

    /// It is mounted first: a line that does not work is never left in the table.
    fn mounted(&self, args: &Args, ctx: Ctx<'_>, plan: &mut Plan) -> Result<Vec<Change>, Failure> {
        let (os, mut changes) = (ctx.platform.os, Vec::new());
        let line = args.line(os);
        let table = self.table.editable()?;
        let old = fstab::find(table, &line.path, Some(&line.src), os);
        let write = self.write(args, &fstab::with(table, &line, os), ctx, plan);
        let path = quote::sh(&line.path);
        let there = Effect::Thing(KIND, line.path.clone(), Some(true.into()));
        if !self.mounted {
            if !self.directory {
                let attrs = PathAttrs::new(PathKind::Dir);
                let made = Effect::Path(line.path.clone(), Some(attrs));
                let change = shell(format!("mkdir -p {path}"), format!("make {}", line.path));
                changes.push(change.effect(made));
            }
            let change = shell(by_hand(&line, os), format!("mount {}", line.path));
            changes.push(change.effect(there).risk(Risk::Medium));
        } else if write.is_some() {
            let back = format!("mount{} {path}", args.table(os));
            let same =
                old.as_ref().is_some_and(|old| old.src == line.src && old.fstype == line.fstype);
            let anew =
                format!("umount {path} && {{ {} || {{ {back}; exit 1; }}; }}", by_hand(&line, os));
            let opts = quote::sh(&format!("remount,{}", line.opts));
            let text = match same && os == Os::Linux {
                true => format!("mount -o {opts} {path} || {{ {anew}; }}"),
                false => anew,
            };
            let change = shell(text, format!("mount {} anew", line.path));
            changes.push(change.effect(there).risk(Risk::High));
        }
        changes.extend(write);
        Ok(changes)
    }

    fn unmount(&self, args: &Args) -> Option<Change> {
        let path = args.trimmed();
        let change = shell(format!("umount {}", quote::sh(&path)), format!("unmount {path}"));
        let gone = Effect::Thing(KIND, path, Some(false.into()));
        self.mounted.then(|| change.effect(gone).risk(Risk::High))
    }

    fn absent(&self, args: &Args, ctx: Ctx<'_>, plan: &mut Plan) -> Result<Vec<Change>, Failure> {
        let path = args.trimmed();
        let text =
            fstab::without(self.table.editable()?, &path, args.src.as_deref(), ctx.platform.os);
        let write = self.write(args, &text, ctx, plan);
        if args.state == Wanted::AbsentFromFstab || !path.starts_with('/') {
            return Ok(write.into_iter().collect());
        }
        let mut changes: Vec<Change> = self.unmount(args).into_iter().collect();
        changes.extend(write);
        if !changes.is_empty() && self.directory {
            let remove = shell(
                format!("rmdir {}", quote::sh(&path)),
                format!("remove the empty directory {path}"),
            );
            changes.push(remove.effect(Effect::Path(path, None)));
        }
        Ok(changes)
    }

    fn remounted(&self, args: &Args, os: Os) -> Change {
        let path = quote::sh(&args.trimmed());
        let anew = format!("umount {path} && mount{} {path}", args.table(os));
        let text = match (os, &args.opts) {
            (Os::Linux, Some(opts)) => {
                format!("mount -o {} {path}", quote::sh(&format!("remount,{opts}")))
            }
            (Os::Linux, None) => format!("mount -o remount {path} || {{ {anew}; }}"),
            _ => anew,
        };
        shell(text, format!("mount {} anew", args.trimmed())).kind(ChangeKind::Act).risk(Risk::High)
    }
}

impl State for Mount {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        if ctx.platform.os == Os::Other {
            let text =
                format!("mount is for Linux and FreeBSD: this host is {}", ctx.platform.system);
            return Err(Failure::new(text));
        }
        args.check()?;
        const SCRIPT: &str = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        Ok(Probe::new("mount", SCRIPT).words([args.fstab.as_str().to_string(), args.trimmed()]))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let path = args.trimmed();
        let table = Kept::of(&told, args.fstab.as_str(), ctx)?;
        let known = ctx.world.thing(KIND, &path).flatten().map(Value::is_true);
        let mounted = known.map_or_else(|| is_mounted(&told, &path), Ok)?;
        if told.of("directory").is_some_and(|said| said.rc != 0) && args.state == Wanted::Mounted {
            return Err(Failure::new(format!("{path} is there, and no directory")));
        }
        let directory = match ctx.world.path(&path) {
            Some(known) => known.is_some(),
            None => told.worked("directory"),
        };
        Ok(Look::Seen(Seen { table, mounted, directory, os: ctx.platform.os }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let mut plan = Plan::ok();
        let changes = match args.state {
            Wanted::Mounted => seen.mounted(args, ctx, &mut plan)?,
            Wanted::Present => {
                let text = fstab::with(
                    seen.table.editable()?,
                    &args.line(ctx.platform.os),
                    ctx.platform.os,
                );
                seen.write(args, &text, ctx, &mut plan).into_iter().collect()
            }
            Wanted::Absent | Wanted::AbsentFromFstab => seen.absent(args, ctx, &mut plan)?,
            Wanted::Unmounted => seen.unmount(args).into_iter().collect(),
            Wanted::Remounted => vec![seen.remounted(args, ctx.platform.os)],
        };
        plan.parts = Plan::of(changes).parts;
        plan.uncertain.clone_from(&seen.table.uncertain);
        let noauto =
            args.opts.as_ref().is_some_and(|opts| opts.split(',').any(|opt| opt == "noauto"));
        if noauto && args.boot {
            plan.warnings.push("Ignore the 'boot' due to 'opts' contains 'noauto'.".to_string());
        }
        Ok(plan)
    }

    fn verify(&self, _: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        if let Op::WriteFile(_) = &change.op {
            return after.table.wrote(change);
        }
        for effect in &change.effects {
            match effect {
                Effect::Thing(KIND, _, Some(state)) if state.is_true() != after.mounted => {
                    let text =
                        if after.mounted { "it is still mounted" } else { "it is not mounted" };
                    return Err(text.to_string());
                }
                Effect::Path(path, None) if after.directory => {
                    return Err(format!("{path} is still there"));
                }
                Effect::Path(path, Some(_)) if !after.directory => {
                    return Err(format!("{path} is not there"));
                }
                _ => {}
            }
        }
        match change.kind {
            ChangeKind::Act if !after.mounted => Err("it is not mounted".to_string()),
            _ => Ok(()),
        }
    }

    fn explain(&self, args: &Args, ran: &Ran) -> Option<Failure> {
        let Op::Run(command) = &ran.change.op else { return None };
        let text = command.shell.as_deref().unwrap_or_default();
        let verb = match () {
            () if text.starts_with("rmdir") => "rmdir",
            () if text.starts_with("mkdir") => "making dir",
            () if ran.change.kind == ChangeKind::Act => "remounting",
            () if matches!(args.state, Wanted::Absent | Wanted::Unmounted) => "unmounting",
            () => "mounting",
        };
        let said = format!("{}{}", ran.answer.text(), ran.answer.error_text());
        let text = format!("Error {verb} {}: {said}", args.trimmed());
        (ran.answer.rc != 0).then(|| Failure::new(text))
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        _: Option<&Seen>,
        _: &Plan,
        ran: &[Ran],
    ) -> Fields {
        let backup = ran.iter().find_map(|ran| ran.backup.clone()).unwrap_or_default();
        let mut fields = Fields::new();
        let mut set = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                fields.insert(name.into(), Value::from(value));
            }
        };
        set("name", Some(args.path.as_str()));
        set("src", args.src.as_deref());
        set("fstype", args.fstype.as_deref());
        set("opts", Some(&args.opts(before.os)));
        set("dump", Some(&args.dump));
        set("passno", Some(&args.passno));
        set("fstab", Some(args.fstab.as_str()));
        set("boot", Some(if args.boot { "yes" } else { "no" }));
        set("backup_file", Some(&backup));
        fields
    }
}
