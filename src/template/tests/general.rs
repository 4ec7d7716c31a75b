//! Tests of the collection community.general.

use super::builtin;
use crate::base::regex::python;
use crate::base::{Kind, Value};
use crate::template::filters::bind::{Bound, class_of, shown};
use crate::template::filters::community::dicts::type_text;
use crate::template::filters::iterate::contains;
use crate::template::table::{Args, Env, Stop, Test};

pub(super) const TESTS: &[Test] = &[
    builtin(
        "ansible_type",
        "community.general.ansible_type",
        "Whether the type, with those of the items, is the named one or one of several.",
        ansible_type,
        &[
            ("[1, 'a'] is community.general.ansible_type('list[int|str]')", "true"),
            ("'a' is community.general.ansible_type(['int', 'str'])", "true"),
        ],
    ),
    builtin(
        "fqdn_valid",
        "community.general.fqdn_valid",
        "Whether it is a domain name.",
        fqdn_valid,
        &[
            ("'srv.example.com' is community.general.fqdn_valid", "true"),
            ("'foo_bar.example.com' is community.general.fqdn_valid", "false"),
            ("'srv' is community.general.fqdn_valid(min_labels=2)", "false"),
        ],
    ),
];

fn ansible_type(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let bound = Bound::of("ansible_type", args, &["dtype", "alias"], 1)?;
    let wanted = bound.need("dtype")?;
    let found = Value::from(type_text(value, bound.some("alias"))?);
    match &wanted.kind {
        Kind::Str(_) => Ok(found == *wanted),
        Kind::List(_) => contains(wanted, &found),
        _ => Err(Stop::fault(format!(
            "The argument dtype must be a string or a list. dtype is {} of type {}.",
            shown(wanted),
            class_of(wanted)
        ))),
    }
}

fn fqdn_valid(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let bound = Bound::of("fqdn_valid", args, &["min_labels", "allow_underscores"], 0)?;
    let Kind::Str(name) = &value.kind else {
        let (shown, class) = (shown(value), class_of(value));
        let text = format!("The name parameter must be a string, got {shown} of type {class}");
        return Err(Stop::fault(text));
    };
    let bare = name.strip_suffix('.').unwrap_or(name);
    let letters = if bound.flag("allow_underscores", false) { "_" } else { "" };
    let label = format!(r"(?!-)[-{letters}A-Z\d]{{1,63}}(?<!-)");
    let regex = python(&format!(r"(?:{label}[.])*{label}$"), "i").map_err(Stop::fault)?;
    let labels = bare.split('.').count() as i64;
    let matches = regex.match_at_start(bare).map_err(Stop::fault)?.is_some();
    Ok(matches && bare.len() <= 253 && labels >= bound.int("min_labels", 1)?)
}
