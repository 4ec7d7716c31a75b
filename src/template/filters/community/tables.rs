//! CSV and INI.

use crate::base::{Key, Map, Value};
use crate::template::filters::bind::{Bound, class_of, str_of, text_of};
use crate::template::filters::builtin;
use crate::template::filters::csv::{Dialect, rows};
use crate::template::filters::ini_file::{Ini, Reading};
use crate::template::filters::iterate::{items, mapping};
use crate::template::table::{Args, Env, Filter, Stop};
use std::fmt::Write as _;

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "from_csv",
        "community.general.from_csv",
        "Reads CSV as a list of dicts, named by the first row.",
        from_csv,
        &[
            (r"'a,b\n1,2\n' | community.general.from_csv", "[{'a': '1', 'b': '2'}]"),
            (
                r"'1;2' | community.general.from_csv(fieldnames=['a', 'b'], delimiter=';')",
                "[{'a': '1', 'b': '2'}]",
            ),
        ],
    ),
    builtin(
        "from_ini",
        "community.general.from_ini",
        "Reads an INI text as a dict of dicts.",
        from_ini,
        &[(r"'[a]\nx = 1\n' | community.general.from_ini", "{'a': {'x': '1'}}")],
    ),
    builtin(
        "to_ini",
        "community.general.to_ini",
        "Writes a dict of dicts as an INI text.",
        to_ini,
        &[(r"{'a': {'x': 1}} | community.general.to_ini", r"'[a]\nx = 1\n'")],
    ),
];

fn from_csv(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    const NAMES: &[&str] = &["dialect", "fieldnames", "delimiter", "skipinitialspace", "strict"];
    let bound = Bound::of("from_csv", args, NAMES, 0)?;
    let text = str_of(&value, "argument must be a str")?;
    let name = bound.text("dialect", "excel");
    let mut dialect = match &*name {
        "excel" | "unix" => Dialect::EXCEL,
        "excel-tab" => Dialect { delimiter: '\t', ..Dialect::EXCEL },
        other => {
            let text = format!("Dialect '{other}' is not supported by your version of python.");
            return Err(Stop::fault(text));
        }
    };
    if let Some(delimiter) = bound.some("delimiter").map(text_of) {
        let mut chars = delimiter.chars();
        dialect.delimiter = match (chars.next(), chars.next()) {
            (Some(one), None) => one,
            _ => return Err(Stop::fault("\"delimiter\" must be a 1-character string")),
        };
    }
    dialect.skip_blanks = bound.flag("skipinitialspace", false);
    dialect.strict = bound.flag("strict", false);
    let mut rows = rows(text, dialect);
    let mut next = || -> Result<Option<Vec<String>>, Stop> {
        let failed = |why| Stop::fault(format!("Unable to process file: {why}"));
        rows.next().transpose().map_err(failed)
    };
    let names: Vec<Key> = match bound.some("fieldnames") {
        Some(names) => items(names)?.iter().map(|name| Key::from(name.text())).collect(),
        None => next()?.unwrap_or_default().into_iter().map(Key::from).collect(),
    };
    let mut made = Vec::new();
    while let Some(row) = next()? {
        if !row.is_empty() {
            made.push(record(&names, row));
        }
    }
    Ok(Value::list(made))
}

/// One row: what is missing is none, what is too much stands under none.
fn record(names: &[Key], row: Vec<String>) -> Value {
    let mut map = Map::new();
    for (i, name) in names.iter().enumerate() {
        map.insert(name.clone(), Value::from(row.get(i).cloned()));
    }
    if row.len() > names.len() {
        map.insert(Key::Null, Value::from(row[names.len()..].to_vec()));
    }
    Value::map(map)
}

fn from_ini(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("from_ini", args, &["delimiters"], 0)?;
    let Some(text) = value.as_str() else {
        return Err(Stop::fault(format!("from_ini requires a str, got {}", class_of(&value))));
    };
    let delimiters: Vec<String> = match bound.some("delimiters") {
        Some(given) => items(given)?.iter().map(Value::text).collect(),
        None => vec!["=".into(), ":".into()],
    };
    let delimiters: Vec<&str> = delimiters.iter().map(String::as_str).collect();
    let reading = Reading { case_sensitive: true, no_value: false, delimiters: &delimiters };
    let ini = Ini::read(text, &reading)
        .map_err(|why| Stop::fault(format!("from_ini failed to parse given string: {why}")))?;
    let entries = |name: &str| -> Value {
        let options = ini.options(name).unwrap_or_default();
        options.into_iter().map(|(key, value)| (key, Value::from(value))).collect()
    };
    let mut made: Map = ini.names().map(|name| (Key::from(name), entries(name))).collect();
    if ini.section("DEFAULT").is_some_and(|options| !options.is_empty()) {
        made.insert(Key::from("DEFAULT"), entries("DEFAULT"));
    }
    Ok(Value::map(made))
}

fn to_ini(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("to_ini", args, &["no_extra_spaces"], 0)?;
    let Some(map) = mapping(&value)? else {
        return Err(Stop::fault(format!("to_ini requires a dict, got {}", class_of(&value))));
    };
    if map.is_empty() {
        return Err(Stop::fault(
            "to_ini received an empty dict. An empty dict cannot be converted.",
        ));
    }
    let sign = if bound.flag("no_extra_spaces", false) { "=" } else { " = " };
    let mut out = String::new();
    // The defaults stand first, wherever they are in the dict.
    let (first, rest): (Vec<_>, Vec<_>) =
        map.iter().partition(|(name, _)| name.as_str() == Some("DEFAULT"));
    for (name, options) in first.into_iter().chain(rest) {
        let Some(options) = mapping(options)? else {
            let text = format!(
                "to_ini failed to parse given dict:'{}' object has no attribute 'items'",
                options.type_name()
            );
            return Err(Stop::fault(text));
        };
        let _ = writeln!(out, "[{name}]");
        for (option, item) in options.iter() {
            if item.is_null() {
                let _ = writeln!(out, "{option}");
            } else {
                let text = item.text().replace('\n', "\n\t");
                let _ = writeln!(out, "{option}{sign}{text}");
            }
        }
        out.push('\n');
    }
    out.pop();
    Ok(Value::from(out))
}
