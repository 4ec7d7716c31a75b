//! What is only asked for.

use super::{Args, Command};
use crate::base::{Key, Map, Value};
use crate::modules::kvm::domain::{Power, Seen};
use crate::modules::kvm::thing::{list, one};
use crate::modules::kvm::xml::Node;
use crate::modules::kvm::{compare, field};
use crate::spec::Fields;

/// The answer to a command that asks.
pub fn fields(args: &Args, seen: &Seen) -> Fields {
    let Some(command) = args.command else { return Fields::new() };
    let guest = args.guest().unwrap_or_default();
    let domain = seen.domain.as_ref();
    // Of one that only the predicted world has there is no other document.
    let live = seen.told.of(&format!("live {guest}")).filter(|said| said.rc == 0);
    let live = live.map(|said| said.text.clone()).or_else(|| domain.map(|d| d.text.clone()));
    match command {
        Command::Status => one("status", domain.map_or("", |domain| domain.power.word())),
        Command::Uuid => {
            one("uuid", domain.and_then(|domain| domain.xml.text_at("uuid")).unwrap_or_default())
        }
        Command::GetXml => one("get_xml", live.unwrap_or_default()),
        Command::GetInterfaces => interfaces(&live.unwrap_or_default()),
        Command::ListVms => one("list_vms", named(args, seen)),
        Command::Info => infos(seen),
        Command::Nodeinfo => node(seen.told.text("nodeinfo")),
        Command::Freemem => {
            let total = field(seen.told.text("freecell"), "Total").unwrap_or_default();
            one("freemem", number(total) * 1024)
        }
        Command::Virttype => {
            let api = field(seen.told.text("version"), "Using API").unwrap_or_default();
            one("virttype", api.split(' ').next().unwrap_or_default())
        }
        _ => Fields::new(),
    }
}

/// The number that a text begins with.
fn number(text: &str) -> i64 {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_default()
}

fn power(seen: &Seen, name: &str) -> Power {
    Power::read(seen.told.text(&format!("state {name}")))
}

fn named(args: &Args, seen: &Seen) -> Value {
    let wanted = args.state.map(super::Wanted::word);
    // Ansible compares with its own word for being off, so nothing is ever `destroyed`.
    let fits = |name: &&String| wanted.is_none_or(|wanted| wanted == power(seen, name).word());
    list(seen.names.iter().filter(fits))
}

fn infos(seen: &Seen) -> Fields {
    let of = |name: &String| {
        let info = seen.told.text(&format!("info {name}"));
        let stats = seen.told.text(&format!("stats {name}"));
        let time = stats.lines().find_map(|line| line.trim().strip_prefix("cpu.time="));
        let text = |key: &str| number(field(info, key).unwrap_or_default()).to_string();
        let autostart = field(info, "Autostart") == Some("enable");
        let fields: Value = [
            ("state", Value::from(power(seen, name).word())),
            ("maxMem", text("Max memory").into()),
            ("memory", text("Used memory").into()),
            ("nrVirtCpu", number(field(info, "CPU(s)").unwrap_or_default()).into()),
            ("cpuTime", time.unwrap_or("0").into()),
            ("autostart", i64::from(autostart).into()),
        ]
        .into_iter()
        .collect();
        (Key::from(name.as_str()), fields)
    };
    seen.names.iter().map(of).collect()
}

fn node(text: &str) -> Fields {
    let names = [
        ("cpumodel", "CPU model"),
        ("cpus", "CPU(s)"),
        ("cpumhz", "CPU frequency"),
        ("numanodes", "NUMA cell(s)"),
        ("sockets", "CPU socket(s)"),
        ("cpucores", "Core(s) per socket"),
        ("cputhreads", "Thread(s) per core"),
    ];
    let first = |key: &str| {
        let value = field(text, key).unwrap_or_default();
        value.split(' ').next().unwrap_or_default().to_string()
    };
    let mut fields: Fields =
        names.iter().map(|(name, key)| (Key::from(*name), Value::from(first(key)))).collect();
    // In MiB, as libvirt's own call has it.
    let memory = number(&first("Memory size")) / 1024;
    fields.insert("phymemory".into(), memory.to_string().into());
    fields
}

fn interfaces(text: &str) -> Fields {
    let domain = Node::parse(text).unwrap_or_default();
    let devices = domain.find("devices").into_iter().flat_map(|devices| devices.all("interface"));
    let mut all: Map = Map::new();
    for (at, interface) in devices.enumerate() {
        let kind = interface.get("type").unwrap_or_default();
        let (word, attr) = match kind {
            "network" => ("NAT", "network"),
            "direct" => ("macvtap", "dev"),
            "bridge" => ("bridge", "bridge"),
            other => (other, ""),
        };
        let or_null = |value: Option<&str>| value.map_or(Value::NULL, Value::from);
        let fields: Value = [
            ("type", Value::from(word)),
            ("mac", or_null(compare::identity(interface).as_deref())),
            ("pci_bus", or_null(interface.at("address", "bus"))),
            ("source", or_null(interface.at("source", attr))),
        ]
        .into_iter()
        .collect();
        all.insert(Key::from(format!("interface_{}", at + 1).as_str()), fields);
    }
    one("network_interfaces", Value::map(all))
}
