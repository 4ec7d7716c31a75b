//! Tests of network addresses: the collection ansible.utils.

use super::{builtin, impure};
use crate::base::Value;
use crate::base::regex::python;
use crate::template::filters::bind::{Bound, text_of};
use crate::template::filters::iterate::items;
use crate::template::filters::network::address::{Address, Net, Version};
use crate::template::table::{Args, Env, Stop, Test};
use std::net::ToSocketAddrs as _;

pub(super) const TESTS: &[Test] = &[
    builtin(
        "ip",
        "ansible.utils.ip",
        "Whether it is an address or network.",
        |_, v, a| net(v, a, |_| true),
        &[
            ("'10.0.0.0/8' is ansible.utils.ip", "true"),
            ("'10.0.0.1/8' is ansible.utils.ip", "false"),
        ],
    ),
    builtin(
        "ip_address",
        "ansible.utils.ip_address",
        "Whether it is an address.",
        |_, v, a| address(v, a, |_| true),
        &[("'::1' is ansible.utils.ip_address", "true")],
    ),
    builtin(
        "ipv4",
        "ansible.utils.ipv4",
        "Whether it is an address or network of IPv4.",
        |_, v, a| net(v, a, |n| n.ip.version == Version::V4),
        &[("'10.0.0.0/8' is ansible.utils.ipv4", "true")],
    ),
    builtin(
        "ipv6",
        "ansible.utils.ipv6",
        "Whether it is an address or network of IPv6.",
        |_, v, a| net(v, a, |n| n.ip.version == Version::V6),
        &[("'fe80::/10' is ansible.utils.ipv6", "true")],
    ),
    builtin(
        "ipv4_address",
        "ansible.utils.ipv4_address",
        "Whether it is an IPv4 address.",
        |_, v, a| address(v, a, |ip| ip.version == Version::V4),
        &[("'10.0.0.1' is ansible.utils.ipv4_address", "true")],
    ),
    builtin(
        "ipv6_address",
        "ansible.utils.ipv6_address",
        "Whether it is an IPv6 address.",
        |_, v, a| address(v, a, |ip| ip.version == Version::V6),
        &[("'10.0.0.1' is ansible.utils.ipv6_address", "false")],
    ),
    builtin(
        "ipv4_netmask",
        "ansible.utils.ipv4_netmask",
        "Whether it is a netmask of IPv4.",
        |_, v, a| mask(v, a, Net::netmask),
        &[("'255.255.0.0' is ansible.utils.ipv4_netmask", "true")],
    ),
    builtin(
        "ipv4_hostmask",
        "ansible.utils.ipv4_hostmask",
        "Whether it is a hostmask of IPv4.",
        |_, v, a| mask(v, a, Net::hostmask),
        &[("'0.0.0.255' is ansible.utils.ipv4_hostmask", "true")],
    ),
    builtin(
        "ipv6_ipv4_mapped",
        "ansible.utils.ipv6_ipv4_mapped",
        "Whether it is an IPv4 address within IPv6.",
        |_, v, a| address(v, a, |ip| ip.is_in(&["::ffff:0:0/96"])),
        &[("'::ffff:10.1.1.1' is ansible.utils.ipv6_ipv4_mapped", "true")],
    ),
    builtin(
        "ipv6_sixtofour",
        "ansible.utils.ipv6_sixtofour",
        "Whether it is a 6to4 address.",
        |_, v, a| address(v, a, |ip| ip.is_in(&["2002::/16"])),
        &[("'2002::1' is ansible.utils.ipv6_sixtofour", "true")],
    ),
    builtin(
        "ipv6_teredo",
        "ansible.utils.ipv6_teredo",
        "Whether it is a Teredo address.",
        |_, v, a| address(v, a, |ip| ip.is_in(&["2001::/32"])),
        &[("'2001::1' is ansible.utils.ipv6_teredo", "true")],
    ),
    builtin(
        "loopback",
        "ansible.utils.loopback",
        "Whether it is a loopback address.",
        |_, v, a| address(v, a, |ip| unmapped(ip).is_loopback()),
        &[("'127.1.1.1' is ansible.utils.loopback", "true")],
    ),
    builtin(
        "multicast",
        "ansible.utils.multicast",
        "Whether it is a multicast address.",
        |_, v, a| address(v, a, |ip| unmapped(ip).is_multicast()),
        &[("'224.0.0.1' is ansible.utils.multicast", "true")],
    ),
    builtin(
        "private",
        "ansible.utils.private",
        "Whether it is a private address.",
        |_, v, a| address(v, a, |ip| is_private(unmapped(ip))),
        &[("'10.0.0.1' is ansible.utils.private", "true")],
    ),
    builtin(
        "public",
        "ansible.utils.public",
        "Whether it is a public address.",
        |_, v, a| address(v, a, |ip| unmapped(ip).is_global()),
        &[("'8.8.8.8' is ansible.utils.public", "true")],
    ),
    builtin(
        "reserved",
        "ansible.utils.reserved",
        "Whether it is a reserved address.",
        |_, v, a| address(v, a, |ip| unmapped(ip).is_in(RESERVED)),
        &[("'253.0.0.1' is ansible.utils.reserved", "true")],
    ),
    builtin(
        "unspecified",
        "ansible.utils.unspecified",
        "Whether it is the address of zeros.",
        |_, v, a| address(v, a, |ip| unmapped(ip).value == 0),
        &[("'::' is ansible.utils.unspecified", "true")],
    ),
    builtin(
        "mac",
        "ansible.utils.mac",
        "Whether it is a hardware address.",
        mac,
        &[("'02:16:3e:e4:16:f3' is ansible.utils.mac", "true")],
    ),
    builtin(
        "in_network",
        "ansible.utils.in_network",
        "Whether it is in a network.",
        |_, v, a| inside(v, a, "network"),
        &[("'10.1.1.1' is ansible.utils.in_network('10.0.0.0/8')", "true")],
    ),
    builtin(
        "subnet_of",
        "ansible.utils.subnet_of",
        "Whether it is a part of a network.",
        |_, v, a| inside(v, a, "network_b"),
        &[("'10.1.0.0/16' is ansible.utils.subnet_of('10.0.0.0/8')", "true")],
    ),
    builtin(
        "supernet_of",
        "ansible.utils.supernet_of",
        "Whether it has a network as its part.",
        supernet_of,
        &[("'10.0.0.0/8' is ansible.utils.supernet_of('10.1.0.0/16')", "true")],
    ),
    builtin(
        "in_any_network",
        "ansible.utils.in_any_network",
        "Whether it is in one of the networks.",
        |_, v, a| count(v, a).map(|n| n > 0),
        &[("'10.1.1.1' is ansible.utils.in_any_network(['10.0.0.0/8', '9.0.0.0/8'])", "true")],
    ),
    builtin(
        "in_one_network",
        "ansible.utils.in_one_network",
        "Whether it is in just one of the networks.",
        |_, v, a| count(v, a).map(|n| n == 1),
        &[("'10.1.1.1' is ansible.utils.in_one_network(['10.0.0.0/8', '10.1.0.0/16'])", "false")],
    ),
    impure(builtin(
        "resolvable",
        "ansible.utils.resolvable",
        "Whether the controller can resolve the name.",
        resolvable,
        &[("'localhost' is ansible.utils.resolvable", "true")],
    )),
];

const RESERVED: &[&str] = &[
    "240.0.0.0/4",
    "::/8",
    "100::/8",
    "200::/7",
    "400::/6",
    "800::/5",
    "1000::/4",
    "4000::/3",
    "6000::/3",
    "8000::/3",
    "a000::/3",
    "c000::/3",
    "e000::/4",
    "f000::/5",
    "f800::/6",
    "fe00::/9",
];

/// A network without host bits, or an address.
fn strict(value: &Value) -> Option<Net> {
    let text = text_of(value);
    let net = Net::parse(&text)?;
    (net.ip == net.network()).then_some(net)
}

fn net(value: &Value, args: &Args, question: fn(Net) -> bool) -> Result<bool, Stop> {
    Bound::of("ip", args, &[], 0)?;
    Ok(strict(value).is_some_and(question))
}

fn address(value: &Value, args: &Args, question: fn(Address) -> bool) -> Result<bool, Stop> {
    Bound::of("ip", args, &[], 0)?;
    Ok(Address::parse(&text_of(value)).is_some_and(question))
}

/// An IPv4 address within IPv6 as itself.
fn unmapped(ip: Address) -> Address {
    if ip.is_in(&["::ffff:0:0/96"]) {
        Address { version: Version::V4, value: ip.value & u128::from(u32::MAX) }
    } else {
        ip
    }
}

/// Python's word: the shared addresses of carriers are neither private nor public.
fn is_private(ip: Address) -> bool {
    !ip.is_global() && !ip.is_in(&["100.64.0.0/10"])
}

fn mask(value: &Value, args: &Args, part: fn(Net) -> Address) -> Result<bool, Stop> {
    Bound::of("mask", args, &[], 0)?;
    let text = text_of(value);
    let net = strict(&Value::from(format!("10.0.0.0/{text}")));
    Ok(net.is_some_and(|net| part(net).to_string() == *text))
}

fn mac(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    const PATTERN: &str =
        r"([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$|([0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})$|[0-9a-f]{12}$";
    Bound::of("mac", args, &[], 0)?;
    let regex = python(PATTERN, "i").map_err(Stop::fault)?;
    Ok(regex.match_at_start(&text_of(value)).map_err(Stop::fault)?.is_some())
}

fn inside(value: &Value, args: &Args, name: &'static str) -> Result<bool, Stop> {
    let names: &'static [&'static str] =
        if name == "network" { &["network"] } else { &["network_b"] };
    let bound = Bound::of("in_network", args, names, 1)?;
    Ok(is_inside(value, bound.need(name)?))
}

fn is_inside(inner: &Value, outer: &Value) -> bool {
    strict(inner).zip(strict(outer)).is_some_and(|(inner, outer)| outer.contains_net(inner))
}

fn supernet_of(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let bound = Bound::of("supernet_of", args, &["network_b"], 1)?;
    Ok(is_inside(bound.need("network_b")?, value))
}

fn count(value: &Value, args: &Args) -> Result<usize, Stop> {
    let bound = Bound::of("in_any_network", args, &["networks"], 1)?;
    let networks = items(bound.need("networks")?)?;
    Ok(networks.iter().filter(|network| is_inside(value, network)).count())
}

fn resolvable(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    Bound::of("resolvable", args, &["host"], 0)?;
    Ok((text_of(value).as_ref(), 0).to_socket_addrs().is_ok_and(|mut found| found.next().is_some()))
}
