//! The lookup `merge_variables`.

use super::options::{Options, text_term};
use super::plain;
use crate::base::regex::python;
use crate::base::{Diagnostic, Key, Kind, Map, Value};
use crate::spec::scope::Lookup;
use crate::template::filters::bind::shown_text;
use crate::template::table::{Env, LookupPlugin, Stop};

pub(super) const LOOKUPS: &[LookupPlugin] = &[plain(
    "merge_variables",
    "community.general.merge_variables",
    "Merges all variables whose names match, in the order of their names.",
    merge_variables,
    &[(
        "query('community.general.merge_variables', '^surely_no_such_name', initial_value=[1])",
        "[[1]]",
    )],
)];

const NAMES: &[&str] =
    &["initial_value", "override", "pattern_type", "dict_merge", "list_merge", "default_merge"];

/// How values are merged.
struct Merger<'a> {
    env: &'a dyn Env,
    /// `error`, `warn` or `ignore` when a value is overwritten.
    overriding: String,
    /// `deep`, `shallow`, `replace` or `keep`.
    dicts: String,
    /// `append`, `prepend`, `merge`, `replace` or `keep`.
    lists: String,
    /// `replace` or `keep`.
    others: String,
}

fn choice(options: &Options, name: &str, choices: &[&str]) -> Result<String, Stop> {
    let given = options.text(name, choices[0]);
    if choices.contains(&given.as_str()) {
        Ok(given)
    } else {
        let known = choices.join(", ");
        Err(Stop::fault(format!("merge_variables: {name} must be one of {known}, not {given}")))
    }
}

fn merge_variables(env: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    let options = Options::of("merge_variables", given, NAMES)?;
    let merger = Merger {
        env,
        overriding: choice(&options, "override", &["error", "warn", "ignore"])?,
        dicts: choice(&options, "dict_merge", &["deep", "shallow", "replace", "keep"])?,
        lists: choice(&options, "list_merge", &["append", "prepend", "merge", "replace", "keep"])?,
        others: choice(&options, "default_merge", &["replace", "keep"])?,
    };
    let kind = choice(&options, "pattern_type", &["regex", "prefix", "suffix"])?;
    let mut merged = Vec::new();
    for term in terms {
        let pattern = text_term("merge_variables", term)?;
        merged.push(merger.all(&names(env, pattern, &kind)?, options.get("initial_value"))?);
    }
    Ok(merged)
}

fn names(env: &dyn Env, pattern: &str, kind: &str) -> Result<Vec<String>, Stop> {
    let mut names = Vec::new();
    for name in env.scope().names() {
        let matches = match kind {
            "prefix" => name.starts_with(pattern),
            "suffix" => name.ends_with(pattern),
            _ => {
                let regex = python(pattern, "").map_err(Stop::fault)?;
                regex.search(&name).map_err(Stop::fault)?.is_some()
            }
        };
        if matches {
            names.push(name.to_string());
        }
    }
    names.sort();
    Ok(names)
}

fn kind_of(value: &Value) -> Result<&'static str, Stop> {
    match value.kind {
        Kind::List(_) => Ok("list"),
        Kind::Map(_) => Ok("dict"),
        _ => Err(Stop::fault(format!(
            "Not supported type detected, variable must be a list or a dict: '{}'",
            shown_text(value)
        ))),
    }
}

impl Merger<'_> {
    fn all(&self, names: &[String], initial: Option<&Value>) -> Result<Value, Stop> {
        let mut result = initial.cloned();
        let mut kind = initial.map(kind_of).transpose()?;
        for name in names {
            let value = match self.env.scope().variable(name) {
                Lookup::Found(value) => self.env.render(&value)?,
                Lookup::Pending => return Err(Stop::Suspended),
                Lookup::Missing => continue,
            };
            if *kind.get_or_insert(kind_of(&value)?) != kind_of(&value)? {
                return Err(Stop::fault("Unable to merge, not all variables are of the same type"));
            }
            result = Some(match result {
                None => value,
                Some(before) => self.merge(&mut vec![name.clone()], &before, &value, false)?,
            });
        }
        Ok(result.unwrap_or_default())
    }

    /// Merges two values; `inner` ones are those below the first level.
    fn merge(
        &self,
        path: &mut Vec<String>,
        old: &Value,
        new: &Value,
        inner: bool,
    ) -> Result<Value, Stop> {
        let way = match (&old.kind, &new.kind) {
            (Kind::Map(a), Kind::Map(b)) => match self.dicts.as_str() {
                "deep" => return self.merge_dicts(path, a, b),
                "shallow" if !inner => return self.merge_dicts(path, a, b),
                "shallow" => &self.others,
                way => way,
            },
            (Kind::List(a), Kind::List(b)) => match self.lists.as_str() {
                "append" => return Ok(Value::list(a.iter().chain(b.iter()).cloned().collect())),
                "prepend" => return Ok(Value::list(b.iter().chain(a.iter()).cloned().collect())),
                "merge" => return self.merge_lists(path, a, b),
                way => way,
            },
            _ if old.type_name() != new.type_name() => "replace",
            _ => &self.others,
        };
        Ok(if way == "keep" { old.clone() } else { new.clone() })
    }

    fn merge_dicts(&self, path: &mut Vec<String>, a: &Map, b: &Map) -> Result<Value, Stop> {
        let mut merged = a.clone();
        for (key, value) in b {
            let next = match a.get(key) {
                None => value.clone(),
                Some(before) => self.entry(path, key.to_string(), before, value)?,
            };
            merged.insert(Key::clone(key), next);
        }
        Ok(Value::map(merged))
    }

    fn merge_lists(&self, path: &mut Vec<String>, a: &[Value], b: &[Value]) -> Result<Value, Stop> {
        let mut merged = a.to_vec();
        for (i, value) in b.iter().enumerate() {
            match a.get(i) {
                Some(before) => merged[i] = self.entry(path, i.to_string(), before, value)?,
                None => merged.push(value.clone()),
            }
        }
        Ok(Value::list(merged))
    }

    fn entry(
        &self,
        path: &mut Vec<String>,
        key: String,
        before: &Value,
        value: &Value,
    ) -> Result<Value, Stop> {
        path.push(key);
        let merged = self.merge(path, before, value, true)?;
        self.check(path, before, &merged)?;
        path.pop();
        Ok(merged)
    }

    /// Says, or refuses, that a value is overwritten.
    fn check(&self, path: &[String], old: &Value, new: &Value) -> Result<(), Stop> {
        let container = matches!(new.kind, Kind::Map(_) | Kind::List(_));
        let overwritten = old.type_name() != new.type_name() || (!container && old != new);
        if !overwritten || self.overriding == "ignore" {
            return Ok(());
        }
        let key = path.last().map(String::as_str).unwrap_or_default();
        let text = format!(
            "The key '{key}' with value '{}' will be overwritten with value '{}' from '{}'",
            shown_text(old),
            shown_text(new),
            path.join(".")
        );
        if self.overriding == "error" {
            return Err(Stop::fault(text));
        }
        self.env.scope().warn(Diagnostic::new(text));
        Ok(())
    }
}
