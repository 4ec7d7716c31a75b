//! Addresses of Linux without `ip`: by ifconfig, whichever it is, and by /proc.

use super::{Net, mask, network, set};
use crate::base::{Key, Map, Value};
use crate::facts::told::Told;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Adds addresses and the default route to the interfaces.
pub fn read(told: &Told, net: &mut Net) {
    for (device, address, netmask, broadcast) in four(told.lines("ifconfig")) {
        put4(net, &device, address, netmask, &broadcast);
    }
    for line in told.lines("/proc/net/if_inet6") {
        put6(net, line);
    }
    let route = told.lines("/proc/net/route").iter().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [device, "00000000", gateway, ..] = fields[..] else { return None };
        Some((device, Ipv4Addr::from(u32::from_str_radix(gateway, 16).ok()?.swap_bytes())))
    });
    if let Some((device, gateway)) = route {
        net.default4 = default(net, device, gateway);
    }
}

/// Interface, address, mask, broadcast of both forms: `inet addr:1.2.3.4  Bcast:...  Mask:...` and
/// `inet 1.2.3.4  netmask ...  broadcast ...`.
fn four(lines: &[&str]) -> Vec<(String, Ipv4Addr, Ipv4Addr, String)> {
    let mut device = String::new();
    let mut found = Vec::new();
    for line in lines {
        let plain =
            line.replace("addr:", "").replace("Bcast:", "broadcast ").replace("Mask:", "netmask ");
        let words: Vec<&str> = plain.split_whitespace().collect();
        if !line.starts_with([' ', '\t']) && !words.is_empty() {
            device =
                words[0].trim_end_matches(':').split(':').next().unwrap_or_default().to_string();
        }
        let after =
            |name: &str| words.iter().position(|w| *w == name).and_then(|at| words.get(at + 1));
        let parse = |word: Option<&&str>| word.and_then(|w| w.parse::<Ipv4Addr>().ok());
        if let (Some(address), Some(netmask)) = (parse(after("inet")), parse(after("netmask"))) {
            let broadcast = after("broadcast").map_or("", |word| word).to_string();
            found.push((device.clone(), address, netmask, broadcast));
        }
    }
    found
}

fn put4(net: &mut Net, device: &str, address: Ipv4Addr, netmask: Ipv4Addr, broadcast: &str) {
    let bits = u32::from(netmask).count_ones();
    let entries = [
        ("address", address.to_string()),
        ("broadcast", broadcast.to_string()),
        ("netmask", mask(bits).to_string()),
        ("network", network(address, netmask).to_string()),
        ("prefix", bits.to_string()),
    ];
    let facts: Value = entries.into_iter().map(|(key, text)| (key, text.into())).collect();
    if !address.is_loopback() {
        net.all4.push(address.to_string());
    }
    let own = net.interfaces.entry(device.to_string()).or_default();
    if !own.contains_key(&Key::from("ipv4")) {
        set(own, "ipv4", facts);
    }
}

/// `fe80...0001 02 40 20 80 eth0`: address, interface number, prefix, scope, flags, name.
fn put6(net: &mut Net, line: &str) {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [address, _, prefix, scope, _, device] = fields[..] else { return };
    let (Ok(bits), Ok(prefix)) =
        (u128::from_str_radix(address, 16), u32::from_str_radix(prefix, 16))
    else {
        return;
    };
    let address = Ipv6Addr::from(bits);
    let scope = match scope {
        "00" => "global",
        "10" => "host",
        "20" => "link",
        "40" => "site",
        _ => "unknown",
    };
    let entries = [
        ("address", address.to_string()),
        ("prefix", prefix.to_string()),
        ("scope", scope.to_string()),
    ];
    if !address.is_loopback() {
        net.all6.push(address.to_string());
    }
    let own = net.interfaces.entry(device.to_string()).or_default();
    let mut list =
        own.get(&Key::from("ipv6")).and_then(Value::as_list).unwrap_or_default().to_vec();
    list.push(entries.into_iter().map(|(key, text)| (key, text.into())).collect());
    set(own, "ipv6", Value::list(list));
}

fn default(net: &Net, device: &str, gateway: Ipv4Addr) -> Map {
    let mut facts = Map::new();
    set(&mut facts, "interface", device);
    set(&mut facts, "gateway", gateway.to_string());
    let Some(interface) = net.interfaces.get(device) else { return facts };
    for key in ["macaddress", "mtu", "type"] {
        if let Some(value) = interface.get(&Key::from(key)) {
            set(&mut facts, key, value.clone());
        }
    }
    if let Some(own) = interface.get(&Key::from("ipv4")).and_then(Value::as_map) {
        facts.extend(own.iter().map(|(key, value)| (key.clone(), value.clone())));
        set(&mut facts, "alias", device);
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_ifconfig_and_proc() {
        let old = "ifconfig:eth0      Link encap:Ethernet  HWaddr 02:FC:00:00:00:01\n\
            ifconfig:          inet addr:192.0.2.2  Bcast:192.0.2.255  Mask:255.255.255.0\n";
        let new = "ifconfig:eth0: flags=4163<UP>  mtu 1400\n\
            ifconfig:        inet 192.0.2.2  netmask 255.255.255.0  broadcast 192.0.2.255\n";
        let rest = "/proc/net/route:Iface\tDestination\tGateway\n/proc/net/route:eth0\t00000000\t010200C0\t0003\n\
            /proc/net/if_inet6:fe8000000000000000fc00fffe000001 02 40 20 80 eth0\n";
        for form in [old, new] {
            let answer = format!("{form}{rest}");
            let mut net = Net::default();
            read(&Told::parse(&answer), &mut net);
            let of =
                |key: &str| net.default4.get(&Key::from(key)).map(Value::text).unwrap_or_default();
            assert_eq!(of("gateway"), "192.0.2.1");
            assert_eq!(
                (of("address"), of("network"), of("prefix")),
                ("192.0.2.2".into(), "192.0.2.0".into(), "24".into())
            );
            assert_eq!(net.all6, ["fe80::fc:ff:fe00:1"]);
        }
    }
}
