//! `virt_pool`: pools of volumes of libvirt.

use super::compare;
use super::thing::{self, Course, Kind, Seen, Thing, list, one};
use crate::base::{Key, Map, Value};
use crate::modules::told::Told;
use crate::spec::args::MarkedText;
use crate::spec::{
    Answer, Change, ChangeKind, Ctx, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, Risk,
    State, Support,
};

crate::choices! {
    /// What is wanted of a pool.
    pub enum Wanted {
        Active = "active",
        Inactive = "inactive",
        Present = "present",
        Absent = "absent",
        Undefined = "undefined",
        Deleted = "deleted",
    }
}

crate::choices! {
    /// What is to be done or told.
    pub enum Command {
        Define = "define",
        Build = "build",
        Create = "create",
        Start = "start",
        Stop = "stop",
        Destroy = "destroy",
        Delete = "delete",
        Undefine = "undefine",
        GetXml = "get_xml",
        ListPools = "list_pools",
        Facts = "facts",
        Info = "info",
        Status = "status",
        Refresh = "refresh",
    }
}

crate::choices! {
    /// How a pool is built or deleted; those that virsh has a word for.
    pub enum Mode {
        New = "new",
        NoOverwrite = "no_overwrite",
        Overwrite = "overwrite",
        Normal = "normal",
    }
}

crate::args! {
    /// The pool.
    pub struct Args {
        /// Its name.
        name: Option<String> => [aliases(&["pool"])],
        /// Whether it is there, and whether it is active. `absent` and `undefined` stop it first and leave what is in
        /// it; `deleted` removes its contents for good.
        state: Option<Wanted> => [],
        /// What is to be done or told. What is so already is left alone; `build`, `delete` and `refresh` are done each
        /// time.
        command: Option<Command> => [],
        /// Whether it starts with the host.
        autostart: Option<bool> => [],
        /// How `build` treats what is there: `overwrite` loses it.
        mode: Option<Mode> => [],
        /// Where libvirt is.
        uri: String => [default("qemu:///system")],
        /// Its document, for `define` and `present`. A pool that is there is compared with what is given, and defined
        /// anew where it differs.
        xml: Option<MarkedText> => [],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "virt_pool",
    full_names: &["community.libvirt.virt_pool"],
    short: "Manage pools of volumes of libvirt.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A directory of images",
            yaml: "virt_pool: {name: vms, state: present, autostart: true, xml: \"<pool type='dir'><target><path>/srv/vms</path></target></pool>\"}",
        },
        Example { title: "It runs", yaml: "virt_pool: {name: vms, state: active}" },
    ],
    returns: &[
        ("created", "name of a pool that was not there before"),
        ("differences", "what differed, for a pool that was there"),
        ("get_xml", "its document"),
        ("list_pools", "all names, or those of a state"),
        ("pools", "what is known of all pools (`info`)"),
        ("status", "`active` or `inactive`"),
    ],
};

static KIND: Kind = Kind {
    prefix: "pool",
    noun: "storage pool",
    root: "pool",
    owned: compare::POOL,
    world: "libvirt_pool",
    stop: Risk::Medium,
};

/// The module.
pub struct VirtPool;

impl Args {
    fn all(&self) -> bool {
        let asks = matches!(self.command, Some(Command::Facts | Command::Info));
        asks || (self.command == Some(Command::ListPools) && self.state.is_some())
    }

    fn asks(&self) -> bool {
        use Command::{Facts, GetXml, Info, ListPools, Status};
        matches!(self.command, Some(Facts | GetXml | Info | ListPools | Status))
    }

    fn check(&self) -> Result<(), Failure> {
        super::check_uri(&self.uri)?;
        if let Some(name) = &self.name {
            super::check_name("storage pool", name)?;
        }
        let text = match (self.command, self.state, self.autostart) {
            (None, None, None) => {
                return Err(Failure::new("expected state or command parameter to be specified"));
            }
            (Some(command), None, _) => format!("{} requires 1 argument: name", command.word()),
            _ => "state change requires a specified name".to_string(),
        };
        let lists = self.all() || self.command == Some(Command::ListPools);
        if self.name.is_none() && !lists {
            return Err(Failure::new(text));
        }
        if self.command == Some(Command::Define) && self.xml.is_none() {
            return Err(Failure::new("define requires xml argument"));
        }
        let deletes = self.command == Some(Command::Delete) || self.state == Some(Wanted::Deleted);
        let fits = match self.mode {
            None => true,
            Some(Mode::Normal) => deletes,
            Some(_) => self.command == Some(Command::Build),
        };
        let text = "mode is for build (new, no_overwrite, overwrite) and delete (normal)";
        if fits { Ok(()) } else { Err(Failure::new(text)) }
    }
}

impl State for VirtPool {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        super::only_linux("virt_pool", ctx.platform)?;
        args.check()?;
        Ok(thing::probe(&KIND, &args.uri, args.name.as_deref(), args.all()))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        Seen::read(&KIND, &args.uri, Told::read(answers)?, ctx).map(Look::Seen)
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let name = args.name.as_deref().unwrap_or_default();
        let mut course = Course::new(&KIND, &args.uri, name, seen);
        if args.asks() {
            if matches!(args.command, Some(Command::GetXml | Command::Status)) {
                course.there()?;
            }
            return Ok(Plan::ok());
        }
        match args.state {
            Some(state) => to(args, state, &mut course, ctx)?,
            None => command(args, &mut course, ctx)?,
        }
        if let Some(autostart) = args.autostart {
            let goes =
                matches!(args.state, Some(Wanted::Absent | Wanted::Undefined | Wanted::Deleted));
            if !goes {
                course.there()?;
            }
            course.autostart(autostart);
        }
        Ok(course.done())
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        let name = args.name.as_deref().unwrap_or_default();
        thing::verify(&KIND, name, args.xml.as_ref(), change, after)
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        super::explain(ran)
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        _: &Plan,
        _: &[Ran],
    ) -> Fields {
        let name = args.name.as_deref().unwrap_or_default();
        let thing = after.unwrap_or(before).things.get(name);
        match args.command {
            Some(Command::GetXml) => one("get_xml", thing.map_or("", |thing| thing.text.as_str())),
            Some(Command::Status) => one("status", status(thing.is_some_and(|t| t.active))),
            Some(Command::ListPools) => one("list_pools", named(args, before)),
            Some(Command::Info) => one("pools", told(before)),
            Some(Command::Facts) => {
                one("ansible_facts", Value::map(one("ansible_libvirt_pools", told(before))))
            }
            _ => Fields::new(),
        }
    }
}

fn to(args: &Args, state: Wanted, course: &mut Course<'_>, ctx: Ctx<'_>) -> Result<(), Failure> {
    match (state, &args.xml) {
        (Wanted::Present, Some(xml)) => course.define(xml, ctx)?,
        (Wanted::Present, None) if course.now.is_none() => {
            let text = format!("storage pool '{}' not present, but xml not specified", course.name);
            return Err(Failure::new(text));
        }
        (Wanted::Active, _) => {
            course.there()?;
            course.start();
        }
        (Wanted::Inactive, _) => course.stop(),
        (Wanted::Absent | Wanted::Undefined, _) => course.undefine(),
        (Wanted::Deleted, _) if course.now.is_some() => {
            course.stop();
            course.other("delete", &[], Risk::Critical, ChangeKind::Act);
            course.undefine();
        }
        (Wanted::Present | Wanted::Deleted, _) => {}
    }
    Ok(())
}

fn command(args: &Args, course: &mut Course<'_>, ctx: Ctx<'_>) -> Result<(), Failure> {
    let Some(command) = args.command else { return Ok(()) };
    match (command, &args.xml) {
        (Command::Define, Some(xml)) => return course.define(xml, ctx),
        (Command::Undefine, _) => {
            if course.now.as_ref().is_some_and(|thing| thing.active) {
                let text =
                    "the storage pool {} is active: it is stopped first, by the state inactive";
                return Err(Failure::new(text.replace("{}", course.name)));
            }
            course.undefine();
            return Ok(());
        }
        _ => course.there()?,
    };
    let active = course.there()?.active;
    match command {
        Command::Create | Command::Start => course.start(),
        Command::Stop | Command::Destroy => course.stop(),
        Command::Refresh => course.other("refresh", &[], Risk::Low, ChangeKind::Quiet),
        Command::Delete | Command::Build if active => {
            let text = "the storage pool {} is active: it is stopped first, by the state inactive";
            return Err(Failure::new(text.replace("{}", course.name)));
        }
        Command::Delete => course.other("delete", &[], Risk::Critical, ChangeKind::Act),
        Command::Build => match args.mode {
            Some(Mode::Overwrite) => {
                course.other("build", &["--overwrite"], Risk::Critical, ChangeKind::Act)
            }
            Some(Mode::NoOverwrite) => {
                course.other("build", &["--no-overwrite"], Risk::Low, ChangeKind::Act)
            }
            _ => course.other("build", &[], Risk::Medium, ChangeKind::Act),
        },
        _ => {}
    }
    Ok(())
}

fn status(active: bool) -> &'static str {
    if active { "active" } else { "inactive" }
}

fn named(args: &Args, seen: &Seen) -> Value {
    let wanted = args.state.map(Wanted::word);
    let fits = |name: &&String| {
        let active = seen.things.get(*name).is_some_and(|thing| thing.active);
        wanted.is_none_or(|wanted| wanted == status(active))
    };
    list(seen.names.iter().filter(fits))
}

/// What is known of all of them.
fn told(seen: &Seen) -> Value {
    seen.things
        .iter()
        .map(|(name, thing)| (Key::from(name.as_str()), of(seen, name, thing)))
        .collect()
}

fn of(seen: &Seen, name: &str, thing: &Thing) -> Value {
    let info = seen.told.text(&format!("info {name}"));
    let yes = |on: bool| if on { "yes" } else { "no" };
    let mut fields: Map = Map::new();
    let mut put = |key: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            fields.insert(key.into(), value.into());
        }
    };
    put("status", super::field(info, "State"));
    put("size_total", super::field(info, "Capacity"));
    put("size_used", super::field(info, "Allocation"));
    put("size_available", super::field(info, "Available"));
    put("autostart", Some(yes(thing.autostart)));
    put("persistent", Some(yes(thing.persistent)));
    put("state", Some(status(thing.active)));
    put("type", thing.xml.get("type"));
    put("uuid", thing.xml.text_at("uuid"));
    put("path", thing.xml.text_at("target/path"));
    put("host", thing.xml.at("source/host", "name"));
    put("source_path", thing.xml.at("source/dir", "path"));
    put("format", thing.xml.at("source/format", "type"));
    let devices = thing.xml.find("source").into_iter().flat_map(|source| source.all("device"));
    let devices: Vec<&str> = devices.filter_map(|device| device.get("path")).collect();
    if !devices.is_empty() {
        fields.insert("devices".into(), list(devices));
    }
    let volumes = seen.told.of(&format!("volumes {name}")).filter(|said| said.rc == 0);
    match volumes.filter(|_| thing.active) {
        Some(said) => {
            // A name, spaces, a path.
            let name = |line: &str| {
                line.split_once(" /").map_or(line, |(name, _)| name).trim().to_string()
            };
            let names: Vec<String> =
                said.text.lines().map(name).filter(|name| !name.is_empty()).collect();
            fields.insert("volume_count".into(), (names.len() as i64).into());
            fields.insert("volumes".into(), list(names));
        }
        None => drop(fields.insert("volume_count".into(), (-1).into())),
    }
    Value::map(fields)
}
