//! Interfaces of Linux: sysfs for what they are, `ip` for their addresses.

use super::{Net, fallback, ip, set};
use crate::base::{Map, Value};
use crate::facts::told::{Told, base};

/// All interfaces; their addresses by `ip`, else by ifconfig and /proc.
pub fn read(told: &Told) -> Net {
    let mut net = Net::default();
    for name in names(told) {
        net.interfaces.insert(name.to_string(), interface(told, name));
    }
    if told.knows("ip.addr") {
        ip::read(told, &mut net);
    } else {
        fallback::read(told, &mut net);
    }
    let interfaces = std::mem::take(&mut net.interfaces);
    net.interfaces = interfaces.into_iter().map(|(name, i)| (name.replace(':', "_"), i)).collect();
    net
}

fn names<'a>(told: &Told<'a>) -> Vec<&'a str> {
    let paths = told.lines("there").iter().filter_map(|path| path.strip_prefix("/sys/class/net/"));
    // A file such as bonding_masters is no interface: those have flags.
    paths.filter(|n| !n.contains('/') && told.knows(&format!("/sys/class/net/{n}/flags"))).collect()
}

fn interface(told: &Told, name: &str) -> Map {
    let dir = format!("/sys/class/net/{name}");
    let text = |file: &str| told.text(&format!("{dir}/{file}"));
    let mut facts = Map::new();
    set(&mut facts, "device", name);
    if let Some(mac) = text("address").filter(|mac| mac != "00:00:00:00:00:00") {
        set(&mut facts, "macaddress", mac);
    }
    if let Some(mtu) = told.integer(&format!("{dir}/mtu")) {
        set(&mut facts, "mtu", mtu);
    }
    if let Some(state) = text("operstate") {
        set(&mut facts, "active", state != "down");
    }
    let link = |path: &str| {
        let links = told.links("/sys/class/net/");
        links
            .iter()
            .find(|(n, _)| *n == format!("{name}/{path}"))
            .map(|(_, to)| base(to).to_string())
    };
    if let Some(module) = link("device/driver/module") {
        set(&mut facts, "module", module);
    }
    if let Some(kind) = text("type") {
        set(&mut facts, "type", type_name(&kind));
    }
    if told.there(&format!("{dir}/bridge")) {
        bridge(told, &dir, &mut facts);
    }
    if told.there(&format!("{dir}/bonding")) {
        bond(told, &dir, &mut facts);
    }
    if let Some(mac) = text("bonding_slave/perm_hwaddr") {
        set(&mut facts, "perm_macaddress", mac);
    }
    if let Some(place) = link("device") {
        set(&mut facts, "pciid", place);
    }
    if let Some(speed) = told.integer(&format!("{dir}/speed")) {
        set(&mut facts, "speed", speed);
    }
    let flags =
        text("flags").and_then(|t| u32::from_str_radix(t.trim_start_matches("0x"), 16).ok());
    set(&mut facts, "promisc", flags.unwrap_or_default() & 0x100 != 0);
    facts
}

fn type_name(kind: &str) -> &'static str {
    match kind {
        "1" => "ether",
        "32" => "infiniband",
        "512" => "ppp",
        "772" => "loopback",
        "65534" => "tunnel",
        _ => "unknown",
    }
}

fn bridge(told: &Told, dir: &str, facts: &mut Map) {
    set(facts, "type", "bridge");
    let start = format!("{dir}/brif/");
    let ports = told.lines("there").iter().filter_map(|path| path.strip_prefix(start.as_str()));
    set(facts, "interfaces", ports.map(Value::from).collect::<Vec<_>>());
    if let Some(id) = told.text(&format!("{dir}/bridge/bridge_id")) {
        set(facts, "id", id);
    }
    if let Some(stp) = told.text(&format!("{dir}/bridge/stp_state")) {
        set(facts, "stp", stp == "1");
    }
}

fn bond(told: &Told, dir: &str, facts: &mut Map) {
    let words = |file: &str| -> Vec<String> {
        let text = told.text(&format!("{dir}/bonding/{file}")).unwrap_or_default();
        text.split_whitespace().map(str::to_string).collect()
    };
    set(facts, "type", "bonding");
    set(facts, "slaves", words("slaves"));
    for file in ["mode", "miimon", "lacp_rate"] {
        if let Some(word) = words(file).into_iter().next() {
            set(facts, file, word);
        }
    }
    if let Some(primary) = words("primary").into_iter().next() {
        set(facts, "primary", primary);
        if let Some(all) = words("all_slaves_active").first() {
            set(facts, "all_slaves_active", all == "1");
        }
    }
}
