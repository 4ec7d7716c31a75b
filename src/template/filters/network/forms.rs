//! Other ways to write an address.

use super::address::{Address, Version};
use crate::base::Value;
use crate::template::filters::bind::{Bound, int_of, shown_text, text_of};
use crate::template::filters::builtin;
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "ip4_hex",
        "ansible.utils.ip4_hex",
        "Writes an IPv4 address in hexadecimal digits.",
        ip4_hex,
        &[
            ("'192.168.1.5' | ansible.utils.ip4_hex", "'c0a80105'"),
            ("'192.168.1.5' | ansible.utils.ip4_hex(':')", "'c0:a8:01:05'"),
        ],
    ),
    builtin(
        "ipcut",
        "ansible.utils.ipcut",
        "Gives the first bits of an address, or the last ones.",
        ipcut,
        &[
            ("'1234:4321:abcd::17' | ansible.utils.ipcut(48)", "'1234:4321:abcd'"),
            ("'192.168.1.5' | ansible.utils.ipcut(-8)", "'5'"),
        ],
    ),
    builtin(
        "ipv6form",
        "ansible.utils.ipv6form",
        "Writes an IPv6 address with all its zeros (expand), short (compress) or as in X.509.",
        ipv6form,
        &[
            (
                "'1234::17' | ansible.utils.ipv6form('expand')",
                "'1234:0000:0000:0000:0000:0000:0000:0017'",
            ),
            ("'1234:0::17' | ansible.utils.ipv6form('compress')", "'1234::17'"),
            ("'1234::17' | ansible.utils.ipv6form('x509')", "'1234:0:0:0:0:0:0:17'"),
        ],
    ),
];

fn parse(value: &Value) -> Result<Address, Stop> {
    Address::parse(&text_of(value)).ok_or_else(|| {
        let shown = shown_text(value);
        Stop::fault(format!("You must pass a valid IP address; {shown} is invalid"))
    })
}

fn ip4_hex(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("ip4_hex", args, &["delimiter"], 0)?;
    let ip = parse(&value)?;
    if ip.version != Version::V4 {
        let shown = shown_text(&value);
        return Err(Stop::fault(format!("ip4_hex: {shown} is no IPv4 address")));
    }
    let bytes = (ip.value as u32).to_be_bytes().map(|byte| format!("{byte:02x}"));
    Ok(Value::from(bytes.join(&bound.text("delimiter", ""))))
}

fn ipcut(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("ipcut", args, &["amount"], 1)?;
    let ip = parse(&value)?;
    let amount = int_of(bound.need("amount")?)?;
    let width = usize::from(ip.version.width());
    let bits = format!("{:0width$b}", ip.value);
    let kept = (amount.unsigned_abs() as usize).min(width);
    let cut = if amount < 0 { &bits[width - kept..] } else { &bits[..kept] };
    let (size, glue) = match ip.version {
        Version::V6 => (16, ":"),
        Version::V4 => (8, "."),
    };
    let group = |start: usize| {
        let part = &cut[start..(start + size).min(cut.len())];
        let number = u32::from_str_radix(part, 2).unwrap_or(0);
        if size == 16 { format!("{number:x}") } else { number.to_string() }
    };
    let groups: Vec<String> = (0..cut.len()).step_by(size).map(group).collect();
    Ok(Value::from(groups.join(glue)))
}

fn ipv6form(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("ipv6form", args, &["format"], 1)?;
    let ip = parse(&value)?;
    let format = bound.text("format", "");
    Ok(Value::from(match &*format {
        "expand" => ip.expanded(),
        "compress" => ip.to_string(),
        "x509" => {
            let group = |i: u32| format!("{:x}", ip.value >> (112 - 16 * i) & 0xffff);
            (0..8).map(group).collect::<Vec<_>>().join(":")
        }
        other => {
            let text = format!("You must pass valid format; {other} is not a valid format");
            return Err(Stop::fault(text));
        }
    }))
}
