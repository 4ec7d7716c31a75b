//! `virt_net`: networks of libvirt.

use super::compare;
use super::thing::{self, Course, Kind, Seen, list, one};
use super::xml::Node;
use crate::base::{Key, Map, Value};
use crate::modules::told::Told;
use crate::spec::args::MarkedText;
use crate::spec::{
    Answer, Change, ChangeKind, Ctx, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, Risk,
    State, Support,
};

crate::choices! {
    /// What is wanted of a network.
    pub enum Wanted {
        Active = "active",
        Inactive = "inactive",
        Present = "present",
        Absent = "absent",
    }
}

crate::choices! {
    /// What is to be done or told.
    pub enum Command {
        Define = "define",
        Create = "create",
        Start = "start",
        Stop = "stop",
        Destroy = "destroy",
        Undefine = "undefine",
        GetXml = "get_xml",
        ListNets = "list_nets",
        Facts = "facts",
        Info = "info",
        Status = "status",
        Modify = "modify",
    }
}

crate::args! {
    /// The network.
    pub struct Args {
        /// Its name.
        name: Option<String> => [aliases(&["network"])],
        /// Whether it is there, and whether it is active. `absent` stops it first.
        state: Option<Wanted> => [],
        /// What is to be done or told. What is so already is left alone.
        command: Option<Command> => [],
        /// Whether it starts with the host.
        autostart: Option<bool> => [],
        /// Where libvirt is.
        uri: String => [default("qemu:///system")],
        /// Its document, for `define` and `present`, or a host's for `modify`. A network that is there is compared with
        /// what is given, and defined anew where it differs.
        xml: Option<MarkedText> => [],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "virt_net",
    full_names: &["community.libvirt.virt_net"],
    short: "Manage networks of libvirt.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A network for guests that reach each other only",
            yaml: "virt_net: {name: inner, state: present, autostart: true, xml: \"<network><bridge name='virbr7'/></network>\"}",
        },
        Example { title: "It runs", yaml: "virt_net: {name: inner, state: active}" },
    ],
    returns: &[
        ("created", "name of a network that was not there before"),
        ("differences", "what differed, for a network that was there"),
        ("get_xml", "its document"),
        ("list_nets", "all names, or those of a state"),
        ("networks", "what is known of all networks (`info`)"),
        ("status", "`active` or `inactive`"),
    ],
};

static KIND: Kind = Kind {
    prefix: "net",
    noun: "network",
    root: "network",
    owned: compare::NETWORK,
    world: "libvirt_network",
    // Guests that are on it lose it until they are started anew.
    stop: Risk::High,
};

/// The module.
pub struct VirtNet;

impl Args {
    fn all(&self) -> bool {
        let asks = matches!(self.command, Some(Command::Facts | Command::Info));
        asks || (self.command == Some(Command::ListNets) && self.state.is_some())
    }

    fn check(&self) -> Result<(), Failure> {
        super::check_uri(&self.uri)?;
        if let Some(name) = &self.name {
            super::check_name("network", name)?;
        }
        let asks = self.all() || self.command == Some(Command::ListNets);
        let text = match (self.command, self.state, self.autostart) {
            (None, None, None) => {
                return Err(Failure::new("expected state or command parameter to be specified"));
            }
            (Some(command), None, _) => format!("{} requires 1 argument: name", command.word()),
            _ => "state change requires a specified name".to_string(),
        };
        if self.name.is_none() && !asks {
            return Err(Failure::new(text));
        }
        let needs = [Some(Command::Define), Some(Command::Modify)];
        match self.command.filter(|_| needs.contains(&self.command) && self.xml.is_none()) {
            Some(command) => Err(Failure::new(format!("{} requires xml argument", command.word()))),
            None => Ok(()),
        }
    }

    /// What a call asks to be told, and nothing else.
    fn asks(&self) -> bool {
        use Command::{Facts, GetXml, Info, ListNets, Status};
        matches!(self.command, Some(Facts | GetXml | Info | ListNets | Status))
    }
}

impl State for VirtNet {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        super::only_linux("virt_net", ctx.platform)?;
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
            if args.state != Some(Wanted::Absent) {
                course.there()?;
            }
            course.autostart(autostart);
        }
        Ok(course.done())
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        let name = args.name.as_deref().unwrap_or_default();
        if super::words(change).first().is_some_and(|word| word == "net-update") {
            let host = wanted_host(args).map_err(|failure| failure.msg)?;
            let now = after.things.get(name).and_then(|thing| host_of(&thing.xml, &host));
            return match now.is_some_and(|now| compare::differences(&host, now, &[]).is_empty()) {
                true => Ok(()),
                false => Err(format!("the network {name} has not taken the host")),
            };
        }
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
            Some(Command::ListNets) => one("list_nets", named(args, before)),
            Some(Command::Info) => one("networks", told(before, None)),
            Some(Command::Facts) => {
                let facts = one("ansible_libvirt_networks", told(before, args.name.as_deref()));
                one("ansible_facts", Value::map(facts))
            }
            Some(Command::Modify) => one("modified", name),
            _ => Fields::new(),
        }
    }
}

fn to(args: &Args, state: Wanted, course: &mut Course<'_>, ctx: Ctx<'_>) -> Result<(), Failure> {
    match (state, &args.xml) {
        (Wanted::Present, Some(xml)) => course.define(xml, ctx)?,
        (Wanted::Present, None) if course.now.is_none() => {
            let text = format!("network '{}' not present, but xml not specified", course.name);
            return Err(Failure::new(text));
        }
        (Wanted::Active, _) => {
            course.there()?;
            course.start();
        }
        (Wanted::Inactive, _) => course.stop(),
        (Wanted::Absent, _) => course.undefine(),
        (Wanted::Present, None) => {}
    }
    Ok(())
}

fn command(args: &Args, course: &mut Course<'_>, ctx: Ctx<'_>) -> Result<(), Failure> {
    match (args.command, &args.xml) {
        (Some(Command::Define), Some(xml)) => course.define(xml, ctx)?,
        (Some(Command::Modify), Some(_)) => modify(args, course)?,
        (Some(Command::Create | Command::Start), _) => {
            course.there()?;
            course.start();
        }
        (Some(Command::Stop | Command::Destroy), _) => {
            course.there()?;
            course.stop();
        }
        (Some(Command::Undefine), _) => {
            if course.now.as_ref().is_some_and(|thing| thing.active) {
                let text = "the network {} is active: it is stopped first, by the state inactive";
                return Err(Failure::new(text.replace("{}", course.name)));
            }
            course.undefine();
        }
        _ => {}
    }
    Ok(())
}

/// The host that `modify` adds or changes.
fn wanted_host(args: &Args) -> Result<Node, Failure> {
    let given = args.xml.as_ref().map_or("", MarkedText::as_str);
    let host = Node::parse(given).map_err(|error| Failure::new(error.to_string()))?;
    if host.name != "host" || host.get("mac").is_none() {
        return Err(Failure::new(format!("updating this is not supported yet {given}")));
    }
    Ok(host)
}

fn host_of<'n>(network: &'n Node, host: &Node) -> Option<&'n Node> {
    let mut hosts = network.all("ip").filter_map(|ip| ip.find("dhcp")).flat_map(|d| d.all("host"));
    hosts.find(|other| compare::identity(other) == compare::identity(host))
}

fn modify(args: &Args, course: &mut Course<'_>) -> Result<(), Failure> {
    let host = wanted_host(args)?;
    let thing = course.there()?.clone();
    let verb = match host_of(&thing.xml, &host) {
        Some(found) if compare::differences(&host, found, &[]).is_empty() => return Ok(()),
        Some(_) => "modify",
        None => "add-last",
    };
    let mut more = vec![verb, "ip-dhcp-host"];
    let text = host.write();
    more.push(&text);
    more.extend(thing.persistent.then_some("--config"));
    more.extend(thing.active.then_some("--live"));
    let mut after = thing.clone();
    let dhcp = after.xml.entry("ip/dhcp");
    dhcp.children.retain(|other| compare::identity(other) != compare::identity(&host));
    dhcp.children.push(host.clone());
    after.text = after.xml.write();
    course.now = Some(after);
    course.other("update", &more, Risk::Low, ChangeKind::Plain);
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

/// What is known of them.
fn told(seen: &Seen, only: Option<&str>) -> Value {
    let things = seen.things.iter().filter(|(name, _)| only.is_none_or(|only| only == *name));
    let yes = |on: bool| if on { "yes" } else { "no" };
    let of = |(name, thing): (&String, &thing::Thing)| {
        let mut fields: Map = Map::new();
        let mut put = |key: &str, value: Option<&str>| {
            if let Some(value) = value {
                fields.insert(key.into(), value.into());
            }
        };
        put("autostart", Some(yes(thing.autostart)));
        put("persistent", Some(yes(thing.persistent)));
        put("state", Some(status(thing.active)));
        put("bridge", thing.xml.at("bridge", "name"));
        put("uuid", thing.xml.text_at("uuid"));
        put("forward_mode", thing.xml.at("forward", "mode"));
        put("domain", thing.xml.at("domain", "name"));
        put("macaddress", thing.xml.at("mac", "address"));
        let leases = seen.told.of(&format!("leases {name}")).filter(|said| said.rc == 0);
        if let Some(said) = leases {
            fields.insert("dhcp_leases".into(), leased(&said.text));
        }
        (Key::from(name.as_str()), Value::map(fields))
    };
    things.map(of).collect()
}

/// `2026-11-23 22:11:01   52:54:00:aa:bb:cc   ipv4   192.168.122.76/24   web   01:52:...` in each line.
fn leased(text: &str) -> Value {
    let one = |line: &str| -> Option<Value> {
        let f: Vec<&str> = line.split_whitespace().collect();
        let [day, time, mac, kind, address, host, client, ..] = f[..] else { return None };
        if !mac.contains(':') {
            return None;
        }
        let (ip, prefix) = address.split_once('/').unwrap_or((address, ""));
        let known = |text: &str| if text == "-" { Value::NULL } else { text.into() };
        let fields = [
            ("expiry", format!("{day} {time}").into()),
            ("mac", mac.into()),
            ("type", kind.into()),
            ("ipaddr", ip.into()),
            ("prefix", prefix.parse::<i64>().map_or(Value::NULL, Value::from)),
            ("hostname", known(host)),
            ("clientid", known(client)),
        ];
        Some(fields.into_iter().collect())
    };
    Value::list(text.lines().filter_map(one).collect())
}
