//! Filters that read and write YAML.

use super::bind::{Bound, undefined};
use super::builtin;
use super::iterate::mapping;
use crate::base::yaml::{DumpOptions, Loaded, Options, Style, dump, load_all_with, load_with};
use crate::base::{Diagnostic, Kind, Source, Value};
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "to_yaml",
        "ansible.builtin.to_yaml",
        "Writes YAML; collections of scalars stand on one line.",
        to_yaml,
        &[
            ("{'b': [1, 2], 'a': 'x'} | to_yaml", r"'a: x\nb: [1, 2]\n'"),
            ("{'b': 1, 'a': 2} | to_yaml(sort_keys=false)", r"'{b: 1, a: 2}\n'"),
        ],
    ),
    builtin(
        "to_nice_yaml",
        "ansible.builtin.to_nice_yaml",
        "Writes YAML with one item on each line, indented by four blanks.",
        to_nice_yaml,
        &[
            ("{'b': [1], 'a': {'c': none}} | to_nice_yaml", r"'a:\n    c: null\nb:\n- 1\n'"),
            ("{'a': {'c': 1}} | to_nice_yaml(indent=2)", r"'a:\n  c: 1\n'"),
        ],
    ),
    builtin(
        "from_yaml",
        "ansible.builtin.from_yaml",
        "Reads one YAML document.",
        from_yaml,
        &[(r"'a: [1, yes, x]' | from_yaml", "{'a': [1, true, 'x']}")],
    ),
    builtin(
        "from_yaml_all",
        "ansible.builtin.from_yaml_all",
        "Reads all YAML documents.",
        from_yaml_all,
        &[(r"'a: 1\n---\nb: 2' | from_yaml_all", "[{'a': 1}, {'b': 2}]")],
    ),
];

const NAMES: &[&str] = &[
    "indent",
    "default_flow_style",
    "vault_behavior",
    "width",
    "sort_keys",
    "explicit_start",
    "explicit_end",
    "default_style",
];

fn to_yaml(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    // By position, Ansible's to_yaml takes and ignores anything; a refusal is clearer.
    write("to_yaml", &value, args, DumpOptions::TO_YAML)
}

fn to_nice_yaml(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    write("to_nice_yaml", &value, args, DumpOptions::TO_NICE_YAML)
}

fn write(call: &str, value: &Value, args: &Args, base: DumpOptions) -> Result<Value, Stop> {
    let bound = Bound::of(call, args, NAMES, 0)?;
    written(value, options(&bound, base)?)
}

/// The YAML text of a value.
pub fn written(value: &Value, options: DumpOptions) -> Result<Value, Stop> {
    Ok(Value::from(dump(&plain(value)?, options)))
}

/// The layout that the arguments ask for, on top of the filter's own.
pub fn options(bound: &Bound, base: DumpOptions) -> Result<DumpOptions, Stop> {
    if let Some(behavior) = bound.some("vault_behavior")
        && behavior.as_str() != Some("decrypt")
    {
        return Err(Stop::fault("vault_behavior: only `decrypt` is supported"));
    }
    let mut options = base;
    if let Some(indent) = bound.some_int("indent")? {
        options.indent = usize::try_from(indent).unwrap_or(2);
    }
    if let Some(width) = bound.some("width") {
        options.width = match width.kind {
            Kind::Float(_) | Kind::Big(_) => None,
            _ => usize::try_from(super::bind::int_of(width)?).ok().filter(|w| *w > 0),
        };
    }
    if let Some(style) = bound.get("default_flow_style") {
        options.default_flow_style = (!style.is_null()).then(|| style.is_true());
    }
    if let Some(style) = bound.some("default_style") {
        options.default_style = Some(scalar_style(&style.text())?);
    }
    options.sort_keys = bound.flag("sort_keys", options.sort_keys);
    options.explicit_start = bound.flag("explicit_start", options.explicit_start);
    options.explicit_end = bound.flag("explicit_end", options.explicit_end);
    Ok(options)
}

fn scalar_style(name: &str) -> Result<Style, Stop> {
    Ok(match name {
        "" => Style::Plain,
        "'" => Style::Single,
        "\"" => Style::Double,
        "|" => Style::Literal,
        ">" => Style::Folded,
        _ => return Err(Stop::fault(format!("unknown default_style {name}"))),
    })
}

/// The value with objects read whole; it must hold nothing undefined.
fn plain(value: &Value) -> Result<Value, Stop> {
    match &value.kind {
        Kind::Undefined(why) => Err(undefined(&why.message)),
        Kind::List(items) | Kind::Tuple(items) => {
            Ok(Value::list(items.iter().map(plain).collect::<Result<_, _>>()?))
        }
        Kind::Map(_) | Kind::Object(_) => {
            let Some(map) = mapping(value)? else {
                let kind = value.type_name();
                return Err(Stop::fault(format!("cannot represent an object: {kind}")));
            };
            let entries = map.iter().map(|(key, item)| Ok((key.clone(), plain(item)?)));
            Ok(Value::map(entries.collect::<Result<_, Stop>>()?))
        }
        _ => Ok(value.clone()),
    }
}

fn from_yaml(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("from_yaml", args, &[], 0)?;
    let Kind::Str(text) = &value.kind else { return Ok(ignored(env, value, "from_yaml")) };
    let source = Source::described("<from_yaml>");
    let loaded = load_with(text, &source, OPTIONS).map_err(Stop::Fault)?;
    Ok(said(env, loaded))
}

/// Data, with Ansible's tags as in its own files.
const OPTIONS: Options = Options { ansible_tags: true, ..Options::DATA };

fn said(env: &dyn Env, loaded: Loaded) -> Value {
    for warning in loaded.warnings {
        env.scope().warn(warning);
    }
    loaded.value
}

fn ignored(env: &dyn Env, value: Value, name: &str) -> Value {
    if !value.is_null() {
        let kind = value.type_name();
        env.scope().warn(Diagnostic::new(format!(
            "The {name} filter ignored non-string input of type '{kind}'. \
             This feature will be removed from ansible-core version 2.23."
        )));
    }
    value
}

fn from_yaml_all(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("from_yaml_all", args, &[], 0)?;
    let Kind::Str(text) = &value.kind else {
        return Ok(if value.is_null() {
            Value::list(Vec::new())
        } else {
            ignored(env, value, "from_yaml_all")
        });
    };
    let source = Source::described("<from_yaml_all>");
    let loaded = load_all_with(text, &source, OPTIONS).map_err(Stop::Fault)?;
    Ok(Value::list(loaded.into_iter().map(|one| said(env, one)).collect()))
}
