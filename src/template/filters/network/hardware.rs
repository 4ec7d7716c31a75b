//! Filters on hardware addresses.

use super::address::{Address, Net, Version};
use crate::base::{Kind, Value};
use crate::template::filters::bind::{Bound, shown_text, text_of};
use crate::template::filters::builtin;
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "hwaddr",
        "ansible.utils.hwaddr",
        "Gives a hardware address back if it is one, or in the form of a query.",
        |_, value, args| hwaddr("hwaddr", &value, args),
        &[
            ("'1a:2b:3c:4d:5e:6f' | ansible.utils.hwaddr", "'1a:2b:3c:4d:5e:6f'"),
            ("'1a:2b:3c:4d:5e:6f' | ansible.utils.hwaddr('cisco')", "'1a2b.3c4d.5e6f'"),
            ("'x' | ansible.utils.hwaddr('bool')", "none"),
        ],
    ),
    builtin(
        "macaddr",
        "ansible.utils.macaddr",
        "Gives a hardware address back if it is one, or in the form of a query.",
        |_, value, args| hwaddr("macaddr", &value, args),
        &[("'1a2b3c4d5e6f' | ansible.utils.macaddr('linux')", "'1a:2b:3c:4d:5e:6f'")],
    ),
    builtin(
        "slaac",
        "ansible.utils.slaac",
        "Gives the address that a host with a hardware address makes itself in a network.",
        slaac,
        &[(
            "'fdcf:1894:23b5:d38c::/64' | ansible.utils.slaac('c2:31:b3:83:bf:2b')",
            "'fdcf:1894:23b5:d38c:c031:b3ff:fe83:bf2b'",
        )],
    ),
];

/// The number of a hardware address of six bytes, in the usual ways of writing.
fn parse(text: &str) -> Option<u64> {
    let groups: Vec<&str> = match text.find([':', '-', '.']) {
        Some(at) => text.split(&text[at..=at]).collect(),
        None => vec![text],
    };
    let (widths, bits) = match (groups.len(), text.contains('.')) {
        (6, false) => (1..=2, 8),
        (3, _) => (1..=4, 16),
        (2, false) => (5..=6, 24),
        (1, false) => (11..=12, 48),
        _ => return None,
    };
    let mut number = 0;
    for group in groups {
        let digits = group.bytes().all(|b| b.is_ascii_hexdigit());
        if !digits || !widths.contains(&group.len()) {
            return None;
        }
        number = number << bits | u64::from_str_radix(group, 16).ok()?;
    }
    Some(number)
}

/// `count` groups of the twelve digits.
fn groups(number: u64, count: usize, glue: &str) -> String {
    let digits = format!("{number:012x}");
    let width = 12 / count;
    (0..count).map(|i| &digits[i * width..(i + 1) * width]).collect::<Vec<_>>().join(glue)
}

fn hwaddr(name: &'static str, value: &Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of(name, args, &["query", "alias"], 0)?;
    let query = bound.text("query", "");
    let alias = bound.text("alias", name);
    let parsed = match &value.kind {
        Kind::Int(n) => u64::try_from(*n).ok().filter(|n| *n < 1 << 48),
        _ => parse(&text_of(value)),
    };
    let Some(number) = parsed else {
        return match &*query {
            "" | "bool" => Ok(Value::NULL),
            _ => {
                let shown = shown_text(value);
                Err(Stop::fault(format!("{alias}: not a hardware address: {shown}")))
            }
        };
    };
    // The form `unix` leaves out leading zeros.
    let short = |digits: String| match digits.trim_start_matches('0') {
        "" => "0".to_string(),
        kept => kept.to_string(),
    };
    Ok(Value::from(match &*query {
        "" => return Ok(value.clone()),
        "bool" => return Ok(Value::from(true)),
        "int" => return Ok(Value::from(number)),
        "bare" => groups(number, 1, "").to_uppercase(),
        "cisco" => groups(number, 3, "."),
        "eui48" | "win" => groups(number, 6, "-").to_uppercase(),
        "linux" => groups(number, 6, ":"),
        "pgsql" | "postgresql" | "psql" => groups(number, 2, ":"),
        "unix" => {
            groups(number, 6, ":").split(':').map(|g| short(g.into())).collect::<Vec<_>>().join(":")
        }
        other => return Err(Stop::fault(format!("{alias}: unknown filter type: {other}"))),
    }))
}

fn slaac(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("slaac", args, &["query"], 0)?;
    let net = Net::parse(&text_of(&value)).filter(|net| net.ip.version == Version::V6);
    let mac = parse(&bound.text("query", ""));
    let Some((net, mac)) = net.zip(mac) else { return Ok(Value::from(false)) };
    let (high, low) = (mac >> 24, mac & 0xff_ffff);
    let interface = ((high ^ 0x02_0000) << 40) | 0xff_fe00_0000 | low;
    let base = net.network().value;
    let address = Address { version: Version::V6, value: base.wrapping_add(u128::from(interface)) };
    Ok(Value::from(address.to_string()))
}
