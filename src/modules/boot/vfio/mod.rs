//! `vfio`: PCI functions that belong to vfio-pci from the next boot on, so that virtual machines can have them.

mod files;
mod guard;
#[cfg(test)]
mod tests;

use super::cmdline::{Boot, Loader, Multi, Wish, explain};
use super::only_linux;
use super::pci::{Asked, Function, Pci};
use crate::base::Value;
use crate::modules::accounts::Presence;
use crate::modules::told::{Kept, Told};
use crate::spec::args::Raw;
use crate::spec::{
    Answer, Change, ChangeKind, Command, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op,
    Plan, Probe, Ran, Risk, State, Support,
};
use files::{ALL, INITRAMFS, SCRIPT, Tool};

crate::choices! {
    /// What binds the functions.
    pub enum Method { Ids = "ids", DriverOverride = "driver_override", Cmdline = "cmdline" }
}
crate::choices! {
    /// What makes the initramfs.
    pub enum Initramfs { Auto = "auto", Debian = "update-initramfs", Dracut = "dracut" }
}

crate::args! {
    /// Which functions.
    pub struct Args {
        /// All functions of the host that virtual machines get: addresses (`0000:01:00.0`, with `=10de:2204` behind it only
        /// if it is this device), ids (`10de:2204`), or dicts with `address` and `expect_id`, or `id`.
        devices: Vec<Raw> => [],
        /// Whether they are bound; `absent` takes all that this module wrote away.
        state: Presence => [default("present")],
        /// `ids` binds every device of an id by /etc/modprobe.d, `cmdline` by the kernel's command line (for a kernel that
        /// has vfio-pci built in), `driver_override` by address.
        method: Method => [default("ids")],
        /// Drivers that must come after vfio-pci.
        softdep: Vec<String> => [],
        /// Drivers that are never loaded by themselves.
        blacklist: Vec<String> => [],
        /// Whether vfio-pci leaves the legacy VGA ranges alone.
        disable_vga: bool => [default("no")],
        /// Whether the other functions of their IOMMU groups are bound as well.
        include_group: bool => [default("no")],
        /// Whether controllers of disks and networks may be bound. One that is in use never is.
        allow_storage_and_network: bool => [default("no")],
        /// What makes the initramfs.
        initramfs: Initramfs => [default("auto")],
        /// Whether old files are kept beside them.
        backup: bool => [default("yes")],
    }
    rules []
}

static EXAMPLES: &[Example] = &[
    Example {
        title: "A card with its sound",
        yaml: "vfio: {devices: [\"0000:01:00.0=10de:2204\", \"0000:01:00.1=10de:1aef\"], softdep: [nouveau, snd_hda_intel]}",
    },
    Example {
        title: "One of two equal cards",
        yaml: "vfio: {devices: [{address: \"0000:05:00.0\", expect_id: \"10de:2204\"}], method: driver_override}",
    },
];

static DOC: Doc = Doc {
    name: "vfio",
    full_names: &[],
    short: "Bind PCI functions to vfio-pci at boot (Linux).",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: EXAMPLES,
    returns: &[
        (
            "devices",
            "the functions: address, id, driver now, IOMMU group, reset methods, what is in use",
        ),
        ("initramfs", "the initramfs images that are older than the files that go into them"),
        ("reboot_required", "whether the running kernel has them otherwise"),
        ("backup_file", "where the old file is kept"),
    ],
};

/// Kind of the predicted world's images.
const KIND: &str = "initramfs";

/// The module.
pub struct Vfio;

/// What is there.
pub struct Seen {
    pci: Pci,
    boot: Result<Boot, Failure>,
    running: Vec<String>,
    files: Vec<Kept>,
    tool: Tool,
    /// Images, and the younger file.
    stale: Vec<(String, String)>,
    images: usize,
    builtin: Vec<String>,
    /// Lines of others' files with options of vfio-pci.
    others: String,
    init_top: bool,
}

impl Args {
    fn asked(&self) -> Result<Vec<Asked>, Failure> {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        for name in self.softdep.iter().chain(&self.blacklist) {
            if name.is_empty() || name.starts_with('-') || !name.chars().all(word) {
                return Err(Failure::new(format!("invalid name of a module: '{name}'")));
            }
        }
        if self.devices.is_empty() && self.state == Presence::Present {
            return Err(Failure::new(
                "state is present but all of the following are missing: devices",
            ));
        }
        self.devices.iter().map(Asked::read).collect()
    }
}

impl Seen {
    /// The functions that are asked for.
    fn wanted(&self, args: &Args) -> Result<Vec<&Function>, Failure> {
        let mut all: Vec<&Function> = Vec::new();
        for asked in args.asked()? {
            for function in asked.find(&self.pci)? {
                if all.iter().any(|known| known.address == function.address) {
                    return Err(Failure::new(format!(
                        "{} is named twice in devices",
                        function.address
                    )));
                }
                all.push(function);
            }
        }
        if args.include_group {
            let groups: Vec<u32> = all.iter().filter_map(|function| function.group).collect();
            let beside = self.pci.functions.iter().filter(|function| {
                function.group.is_some_and(|group| groups.contains(&group)) && !function.is_bridge()
            });
            for function in beside {
                if !all.iter().any(|known| known.address == function.address) {
                    all.push(function);
                }
            }
        }
        Ok(all)
    }

    fn file(&self, path: &str) -> Option<&Kept> {
        self.files.iter().find(|file| file.path == path)
    }

    fn wish(args: &Args, functions: &[&Function]) -> Result<Option<Wish>, Failure> {
        if args.method != Method::Cmdline || args.state == Presence::Absent {
            return Ok(None);
        }
        let word = format!("vfio-pci.ids={}", files::ids(functions).join(","));
        Wish::new(&[word], &[], Some(Multi::Replace)).map(Some)
    }

    fn changes(&self, args: &Args, ctx: Ctx<'_>, plan: &mut Plan) -> Result<Vec<Change>, Failure> {
        let functions =
            if args.state == Presence::Present { self.wanted(args)? } else { Vec::new() };
        let mut changes = Vec::new();
        for file in &self.files {
            let now = file.text();
            if file.path == INITRAMFS {
                file.editable()?;
            }
            let text = files::text(&file.path, &now, (args, self.tool), &functions)?;
            match text {
                Some(text) if !file.there() || text != now => {
                    plan.diff.push(file.diff(&text, ctx));
                    let mode = if file.path == SCRIPT { 0o755 } else { 0o644 };
                    let mut new = file.file(text, mode);
                    new.backup = args.backup && file.there() && file.path == INITRAMFS;
                    changes.push(new.change(format!("write {}", file.path)).risk(Risk::High));
                }
                None if file.there() => {
                    plan.diff.push(file.diff("", ctx));
                    let remove = Op::Remove { path: file.path.clone(), recursive: false };
                    let change = Change::new(remove, format!("remove {}", file.path));
                    let gone = Effect::Path(file.path.clone(), None);
                    changes.push(change.effect(gone).risk(Risk::High));
                }
                _ => {}
            }
        }
        if !changes.is_empty() || !self.stale(args).is_empty() {
            changes.push(self.rebuild());
        }
        Ok(changes)
    }

    /// Images that do not hold what the files say.
    fn stale(&self, args: &Args) -> Vec<&str> {
        // That something else has gone from a directory says nothing while our files are there.
        let counts = |why: &str| args.state == Presence::Absent || ALL.contains(&why);
        let stale = self.stale.iter().filter(|(_, why)| counts(why));
        stale.map(|(image, _)| image.as_str()).collect()
    }

    fn rebuild(&self) -> Change {
        let words = match self.tool {
            Tool::Debian => vec!["update-initramfs", "-u", "-k", "all"],
            Tool::Dracut => vec!["dracut", "-f", "--regenerate-all"],
        };
        let why = words.join(" ");
        let env = vec![("LC_ALL".to_string(), "C".to_string())];
        let change = Change::new(Op::Run(Command { env, ..Command::new(words) }), why);
        let effect = Effect::Thing(KIND, "all".to_string(), Some(true.into()));
        change.effect(effect).risk(Risk::High).kind(ChangeKind::Plain)
    }

    fn waits(&self, args: &Args) -> bool {
        match args.state {
            Presence::Present => {
                let wanted = self.wanted(args).unwrap_or_default();
                wanted.iter().any(|function| !function.is_reserved())
            }
            Presence::Absent => self.pci.functions.iter().any(Function::is_reserved),
        }
    }
}

fn tool(told: &Told, asked: Initramfs) -> Result<Tool, Failure> {
    let (debian, dracut) = (told.worked("tool update-initramfs"), told.worked("tool dracut"));
    match asked {
        Initramfs::Auto | Initramfs::Debian if debian => Ok(Tool::Debian),
        Initramfs::Auto | Initramfs::Dracut if dracut => Ok(Tool::Dracut),
        Initramfs::Auto => Err(Failure::new(
            "neither update-initramfs nor dracut is on this host: nothing else is known that puts vfio-pci into its initramfs",
        )),
        other => Err(Failure::new(format!("{} is not on this host", other.word()))),
    }
}

impl State for Vfio {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_linux("vfio", ctx)?;
        args.asked()?;
        const SCRIPT: &str = concat!(
            include_str!("../../told/ask.sh"),
            include_str!("../cmdline/look.sh"),
            include_str!("../pci.sh"),
            include_str!("look.sh")
        );
        Ok(Probe::new("vfio", SCRIPT).words(ALL).heavy().isolated())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let files = ALL.iter().map(|path| Kept::of(&told, path, ctx));
        let images = told.all().filter_map(|said| {
            let path = said.what.strip_prefix("initrd ")?;
            Some((path.to_string(), said.text.trim().to_string()))
        });
        let images: Vec<(String, String)> = images.collect();
        let count = images.len();
        let fresh = ctx.world.thing(KIND, "all").is_some();
        let stale = images.into_iter().filter(|(_, why)| !why.is_empty() && !fresh).collect();
        Ok(Look::Seen(Seen {
            pci: Pci::read(&told)?,
            boot: Boot::read(&told, Loader::Auto, ctx),
            running: super::cmdline::split(told.text("running")),
            files: files.collect::<Result<_, Failure>>()?,
            tool: tool(&told, args.initramfs)?,
            stale,
            images: count,
            builtin: told.text("builtin").lines().map(String::from).collect(),
            others: told.text("others").to_string(),
            init_top: told.has("init-top"),
        }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let mut plan = Plan::ok();
        if args.state == Presence::Present {
            seen.check(args)?;
            plan.warnings = seen.warnings(args)?;
        }
        let mut changes = Vec::new();
        if let Some(wish) = Seen::wish(args, &seen.wanted(args)?)? {
            let boot = seen.boot.as_ref().map_err(Clone::clone)?;
            let mut other = boot.plan(&wish, args.backup, ctx)?;
            plan.diff.append(&mut other.diff);
            plan.uncertain = other.uncertain;
            changes = other.parts.into_iter().flat_map(|part| part.changes).collect();
        }
        changes.extend(seen.changes(args, ctx, &mut plan)?);
        let unknown = seen.files.iter().filter_map(|file| file.uncertain.clone());
        plan.uncertain = plan.uncertain.take().or_else(|| unknown.into_iter().next());
        plan.parts = Plan::of(changes).parts;
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        let path = match &change.op {
            Op::WriteFile(file) => Some(file.path.as_str()),
            Op::Remove { path, .. } => Some(path.as_str()),
            _ => None,
        };
        if let Some(file) = path.and_then(|path| after.file(path)) {
            return match change.op {
                Op::Remove { .. } if file.there() => Err(format!("{} is still there", file.path)),
                Op::Remove { .. } => Ok(()),
                _ => file.wrote(change),
            };
        }
        let images = change.effects.iter().any(|effect| matches!(effect, Effect::Thing(KIND, ..)));
        if images {
            return match after.stale(args).first() {
                Some(image) => Err(format!("{image} is older than the files that go into it")),
                None if after.images == 0 => Err("there is no initramfs in /boot".to_string()),
                None => Ok(()),
            };
        }
        let functions = after.wanted(args).map_err(|failure| failure.msg)?;
        let wish = Seen::wish(args, &functions).map_err(|failure| failure.msg)?.unwrap_or_default();
        let boot = after.boot.as_ref().map_err(|failure| failure.msg.clone())?;
        boot.verify(&wish, change)
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        explain(ran)
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        _: &Plan,
        ran: &[Ran],
    ) -> Fields {
        let seen = after.unwrap_or(before);
        let wanted = seen.wanted(args).unwrap_or_default();
        let rows = wanted.iter().map(|function| function.to_value()).collect();
        let stale = seen.stale(args).into_iter().map(Value::from).collect();
        let mut fields = Fields::new();
        fields.insert("devices".into(), Value::list(rows));
        fields.insert("initramfs".into(), Value::list(stale));
        fields.insert("reboot_required".into(), Value::from(seen.waits(args)));
        fields.extend(Kept::backup(ran));
        fields
    }
}
