//! The lookup `ini`.

use super::impure;
use super::options::{Options, text_term};
use crate::base::regex::python;
use crate::base::{Map, Value};
use crate::template::filters::ini_file::{Ini, Reading};
use crate::template::table::{Env, LookupPlugin, Stop};

pub(super) const LOOKUPS: &[LookupPlugin] = &[impure(
    "ini",
    "ansible.builtin.ini",
    "Gives options of an INI or properties file.",
    ini,
    &[],
)];

const NAMES: &[&str] = &[
    "type",
    "file",
    "section",
    "re",
    "encoding",
    "default",
    "case_sensitive",
    "allow_no_value",
    "allow_none",
    "interpolation",
];

fn ini(env: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    let mut options = Options::of("ini", given, NAMES)?;
    let mut found = Vec::new();
    for term in terms {
        let term = text_term("ini", term)?;
        let key = if term.contains('=') || term.trim().contains(' ') {
            inline(term, &mut options)?
        } else {
            term.to_string()
        };
        found.extend(values(env, &key, &options)?);
    }
    Ok(found)
}

/// Takes `name=value` words of a term into the options and gives the key before them.
fn inline(term: &str, options: &mut Options) -> Result<String, Stop> {
    let mut key: Vec<&str> = Vec::new();
    let mut current: Option<(&str, String)> = None;
    for word in term.split_whitespace() {
        match word.split_once('=') {
            Some((name, value)) if NAMES.contains(&name) => {
                if let Some((name, value)) = current.take() {
                    options.set(name, value);
                }
                current = Some((name, value.to_string()));
            }
            Some((name, _)) if current.is_none() => {
                return Err(Stop::fault(format!("'{name}' is not a valid option.")));
            }
            _ => match &mut current {
                Some((_, value)) => value.extend([" ", word]),
                None => key.push(word),
            },
        }
    }
    if let Some((name, value)) = current {
        options.set(name, value);
    }
    if key.is_empty() {
        return Err(Stop::fault(format!(
            "No key to look up was provided as first term within string inline options: {term}"
        )));
    }
    Ok(key.join(" "))
}

fn values(env: &dyn Env, key: &str, options: &Options) -> Result<Vec<Value>, Stop> {
    let encoding = options.text("encoding", "utf-8").to_lowercase();
    if !matches!(encoding.as_str(), "utf-8" | "utf8" | "ascii") {
        return Err(Stop::fault(format!("ini: the encoding {encoding} is not supported")));
    }
    let file = options.text("file", "ansible.ini");
    let path = env.find_file("files", &file)?;
    let mut text = super::files::text(env, &path)?;
    let mut section = options.text("section", "global");
    if options.text("type", "ini") == "properties" {
        text = format!("[java_properties]\n{text}");
        section = "java_properties".into();
    }
    let no_value = options.flag("allow_no_value", false)? || options.flag("allow_none", false)?;
    let case_sensitive = options.flag("case_sensitive", false)?;
    let reading = Reading { case_sensitive, no_value, delimiters: &["=", ":"] };
    let ini = Ini::read(&text, &reading).map_err(Stop::fault)?;
    let Some(entries) = ini.options(&section) else {
        return Err(Stop::fault(format!("No section '{section}' in '{file}'.")));
    };
    let interpolate = options.flag("interpolation", true)?;
    let value = |text: &Option<String>| -> Result<Value, Stop> {
        match text {
            Some(text) if interpolate => interpolated(text, &entries, 0).map(Value::from),
            other => Ok(Value::from(other.clone())),
        }
    };
    if options.flag("re", false)? {
        let regex = python(key, "").map_err(Stop::fault)?;
        let mut found = Vec::new();
        for (name, text) in &entries {
            if regex.match_at_start(name).map_err(Stop::fault)?.is_some() {
                found.push(value(text)?);
            }
        }
        return Ok(found);
    }
    let name = if case_sensitive { key.to_string() } else { key.to_lowercase() };
    match entries.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => Ok(value(text)?).map(|v| if v.is_null() { vec![] } else { vec![v] }),
        None => Ok(vec![options.get("default").cloned().unwrap_or_else(|| Value::from(""))]),
    }
}

/// `%(name)s` filled in from the section; `%%` is one percent sign.
fn interpolated(
    text: &str,
    entries: &[(String, Option<String>)],
    depth: u8,
) -> Result<String, Stop> {
    if depth > 10 {
        return Err(Stop::fault("Recursion limit exceeded in value substitution"));
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(tail) = rest.strip_prefix('%') {
            out.push('%');
            rest = tail;
            continue;
        }
        let inner = rest.strip_prefix('(').and_then(|tail| tail.split_once(")s"));
        let Some((name, tail)) = inner else {
            return Err(Stop::fault(format!(
                "'%' must be followed by '%' or '(', found: '%{rest}'"
            )));
        };
        let found = entries.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let Some((_, Some(value))) = found else {
            return Err(Stop::fault(format!("Bad value substitution: no option '{name}'")));
        };
        out.push_str(&interpolated(value, entries, depth + 1)?);
        rest = tail;
    }
    Ok(out + rest)
}
