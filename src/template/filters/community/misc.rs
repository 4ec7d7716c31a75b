//! Checksums, hardware addresses, versions, YAML.

use crate::base::yaml::DumpOptions;
use crate::base::{Kind, Value};
use crate::template::filters::bind::{Bound, class_of, shown, shown_text};
use crate::template::filters::iterate::items;
use crate::template::filters::twister::Random;
use crate::template::filters::yaml::{options, written};
use crate::template::filters::{builtin, impure};
use crate::template::table::{Args, Env, Filter, Stop};
use crate::template::tests::version::loose;
use std::cmp::Ordering;

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "crc32",
        "community.general.crc32",
        "Gives the CRC-32 checksum in hexadecimal digits.",
        crc32,
        &[("'test' | community.general.crc32", "'d87f7e0c'")],
    ),
    impure(builtin(
        "random_mac",
        "community.general.random_mac",
        "Completes the first bytes of a hardware address by chance; the same way for one seed.",
        random_mac,
        &[
            ("'52:54:00' | community.general.random_mac | length", "17"),
            (
                "'52:54:00' | community.general.random_mac(seed='a') == '52:54:00' | community.general.random_mac(seed='a')",
                "true",
            ),
        ],
    )),
    builtin(
        "version_sort",
        "community.general.version_sort",
        "Sorts version numbers.",
        version_sort,
        &[("['2.10', '2.9'] | community.general.version_sort", "['2.9', '2.10']")],
    ),
    builtin(
        "to_yaml",
        "community.general.to_yaml",
        "Writes YAML; collections of scalars stand on one line.",
        |_, value, args| yaml("to_yaml", &value, args, DumpOptions::TO_YAML),
        &[("{'a': [1]} | community.general.to_yaml", r"'a: [1]\n'")],
    ),
    builtin(
        "to_nice_yaml",
        "community.general.to_nice_yaml",
        "Writes YAML with one item on each line.",
        |_, value, args| {
            yaml(
                "to_nice_yaml",
                &value,
                args,
                DumpOptions { indent: 2, ..DumpOptions::TO_NICE_YAML },
            )
        },
        &[("{'a': {'b': 1}} | community.general.to_nice_yaml", r"'a:\n  b: 1\n'")],
    ),
];

fn crc32(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("crc32s", args, &[], 0)?;
    let Kind::Str(text) = &value.kind else {
        let (class, shown) = (class_of(&value), shown(&value));
        return Err(Stop::fault(format!("Invalid value type ({class}) for crc32 ({shown})")));
    };
    let mut sum = u32::MAX;
    for byte in text.bytes() {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    Ok(Value::from(format!("{:x}", !sum)))
}

/// The least random number: it has ten digits.
const FROM: u64 = 0x10_0000_0000;

fn random_mac(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("random_mac", args, &["seed"], 0)?;
    let Kind::Str(text) = &value.kind else {
        let (class, shown) = (class_of(&value), shown_text(&value));
        return Err(Stop::fault(format!("Invalid value type ({class}) for random_mac ({shown})")));
    };
    let prefix = text.to_lowercase();
    let bytes: Vec<&str> = prefix.split(':').collect();
    let invalid =
        |why: &str| Stop::fault(format!("Invalid value ({prefix}) for random_mac: {why}"));
    if bytes.len() > 5 {
        return Err(invalid("5 colon(:) separated items max"));
    }
    let is_hex =
        |byte: &str| byte.len() >= 2 && byte.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    let problems: Vec<String> =
        bytes
            .iter()
            .filter(|byte| !is_hex(byte))
            .map(|byte| {
                if byte.is_empty() { "empty item".into() } else { format!("{byte} not hexa byte") }
            })
            .collect();
    if !problems.is_empty() {
        return Err(invalid(&problems.join(",")));
    }
    let number = FROM + Random::new(bound.get("seed"))?.below(0xff_ffff_ffff - FROM + 1)?;
    let digits = format!("{number:x}");
    let wanted = (2 * (6 - bytes.len())).min(digits.len());
    let mut mac = prefix.clone();
    for pair in digits.as_bytes()[..wanted].chunks(2) {
        mac.push(':');
        mac.extend(pair.iter().map(|b| char::from(*b)));
    }
    Ok(Value::from(mac))
}

fn version_sort(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("version_sort", args, &["reverse"], 0)?;
    let reverse = bound.flag("reverse", false);
    let mut sorted: Vec<Value> = Vec::new();
    for item in items(&value)?.iter() {
        let text = item.text();
        let mut place = sorted.len();
        // Behind all that are not greater (or, reversed, not less): stable, and no failure is lost.
        while place > 0 {
            let order = loose::compare(&sorted[place - 1].text(), &text).map_err(Stop::fault)?;
            let stays = if reverse { order != Ordering::Less } else { order != Ordering::Greater };
            if stays {
                break;
            }
            place -= 1;
        }
        sorted.insert(place, item.clone());
    }
    Ok(Value::list(sorted))
}

fn yaml(call: &'static str, value: &Value, args: &Args, base: DumpOptions) -> Result<Value, Stop> {
    const NAMES: &[&str] = &[
        "indent",
        "default_flow_style",
        "width",
        "sort_keys",
        "explicit_start",
        "explicit_end",
        "default_style",
        "redact_sensitive_values",
    ];
    let bound = Bound::of(call, args, NAMES, 0)?;
    let options = options(&bound, base)?;
    if bound.flag("redact_sensitive_values", false) {
        written(&value.masked(), options)
    } else {
        written(value, options)
    }
}
