//! Filters on sizes in bytes and bits.

use super::bind::{Bound, because, shown_text, text_of};
use super::integer::to_float;
use super::numbers::round_half_even;
use super::order::float_of;
use super::text::is_space;
use super::{builtin, jinja};
use crate::base::{Kind, Value};
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    jinja(
        "filesizeformat",
        "Writes a size in bytes for people, in powers of 1000 or 1024.",
        filesizeformat,
        &[
            ("1500 | filesizeformat", "'1.5 kB'"),
            ("2048 | filesizeformat(true)", "'2.0 KiB'"),
            ("1 | filesizeformat", "'1 Byte'"),
        ],
    ),
    builtin(
        "human_readable",
        "ansible.builtin.human_readable",
        "Writes a size in powers of 1024 with two decimals.",
        human_readable,
        &[
            ("10240 | human_readable", "'10.00 KB'"),
            ("10240 | human_readable(isbits=true)", "'10.00 Kb'"),
            ("102400 | human_readable(unit='M')", "'0.10 MB'"),
        ],
    ),
    builtin(
        "human_to_bytes",
        "ansible.builtin.human_to_bytes",
        "Reads a size such as `2K` or `1.5 GB`.",
        human_to_bytes,
        &[
            ("'2K' | human_to_bytes", "2048"),
            ("'1.5GB' | human_to_bytes", "1610612736"),
            ("10 | human_to_bytes(default_unit='M')", "10485760"),
            ("'1Mb' | human_to_bytes(isbits=true)", "1048576"),
        ],
    ),
];

fn filesizeformat(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    const BINARY: [&str; 8] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];
    const DECIMAL: [&str; 8] = ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
    let bound = Bound::of("do_filesizeformat", args, &["binary"], 0)?;
    let bytes = to_float(&value).ok_or_else(|| {
        let shown = shown_text(&value);
        Stop::fault(format!("could not convert string to float: '{shown}'"))
    })?;
    let (base, names) =
        if bound.flag("binary", false) { (1024.0_f64, BINARY) } else { (1000.0_f64, DECIMAL) };
    #[allow(clippy::float_cmp)] // just one byte, not nearly one
    if bytes == 1.0 {
        return Ok(Value::from("1 Byte"));
    }
    if bytes < base {
        return Ok(Value::from(format!("{} Bytes", bytes.trunc())));
    }
    let mut text = String::new();
    for (i, name) in names.iter().enumerate() {
        let unit = base.powi(i as i32 + 2);
        text = format!("{:.1} {name}", base * bytes / unit);
        if bytes < unit {
            break;
        }
    }
    Ok(Value::from(text))
}

/// Suffixes from the largest; each is 1024 times the next.
const UNITS: [&str; 9] = ["Y", "Z", "E", "P", "T", "G", "M", "K", "B"];

fn limit(place: usize) -> f64 {
    1024_f64.powi(8 - place as i32)
}

fn human_readable(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("human_readable", args, &["isbits", "unit"], 0)?;
    let size = float_of(&value);
    let size = size.ok_or_else(|| {
        let kind = value.type_name();
        let cause = format!("'>=' not supported between instances of '{kind}' and 'int'");
        because("human_readable() failed on bad input", cause)
    })?;
    let base = if bound.flag("isbits", false) { "bits" } else { "Bytes" };
    let place = match bound.some("unit") {
        Some(unit) => {
            let unit = text_of(unit).to_uppercase();
            UNITS.iter().position(|name| *name == unit)
        }
        None => (0..UNITS.len()).find(|&i| size >= limit(i)),
    };
    let place = place.unwrap_or(UNITS.len() - 1);
    let suffix = match place {
        8 => base.to_string(),
        _ => format!("{}{}", UNITS[place], &base[..1]),
    };
    Ok(Value::from(format!("{:.2} {suffix}", size / limit(place))))
}

const FAILURE: &str = "human_to_bytes() can't interpret the input";

fn human_to_bytes(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("human_to_bytes", args, &["default_unit", "isbits"], 0)?;
    let text = text_of(&value);
    let unclear = || {
        let cause = format!("human_to_bytes() can't interpret following string: {text}");
        because(FAILURE, cause)
    };
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if number.is_empty() || number.ends_with('.') {
        return Err(unclear());
    }
    let number: f64 = number.parse().map_err(|_| unclear())?;
    let unit = unit.trim_matches(is_space);
    if !unit.chars().all(|c| c.is_ascii_alphabetic()) {
        return Err(unclear());
    }
    let given = bound.some("default_unit").map(text_of).unwrap_or_default();
    let unit = if unit.is_empty() { &*given } else { unit };
    let factor = factor(unit, bound.flag("isbits", false)).map_err(|why| {
        because(FAILURE, format!("human_to_bytes() failed to convert {text}{why}"))
    })?;
    let whole = round_half_even(&Value::from(number * factor), 0)?;
    match whole.kind {
        Kind::Float(f) => super::integer::truncate(f).map(Value::big).ok_or_else(unclear),
        _ => Ok(whole),
    }
}

/// What one of `unit` counts; the end of an error text when it is no unit of bytes (or bits).
fn factor(unit: &str, bits: bool) -> Result<f64, String> {
    let Some(first) = unit.get(..1) else { return Ok(1.0) };
    let place =
        UNITS.iter().position(|name| name.eq_ignore_ascii_case(first)).ok_or_else(|| {
            format!(" (unit = {unit}). The suffix must be one of {}", UNITS.join(", "))
        })?;
    let long = match place {
        0 => "yotta",
        1 => "zeta",
        2 => "exa",
        3 => "peta",
        4 => "tera",
        5 => "giga",
        6 => "mega",
        7 => "kilo",
        _ => "",
    };
    let word = format!("{long}{}", if bits { "bit" } else { "byte" });
    let short = match (place, bits) {
        (8, true) => "b".to_string(),
        (8, false) => "B".to_string(),
        (_, true) => format!("{}b", UNITS[place]),
        (_, false) => format!("{}B", UNITS[place]),
    };
    let known = unit.len() == 1 || unit.eq_ignore_ascii_case(&word) || unit == short;
    let (byte, word) = if bits { ("b", "bit") } else { ("B", "byte") };
    let expected = match UNITS[place] {
        "B" => format!("{byte} or {word}"),
        unit => format!("{unit}{byte} or {unit}"),
    };
    if known {
        Ok(limit(place))
    } else {
        Err(format!(". Value is not a valid string (expect {expected})"))
    }
}
