//! One level of options after the other, as Ansible walks them.

use super::{rules, types};
use crate::base::{Key, Map, Value};

/// What is wrong with arguments, in Ansible's words and order.
pub fn errors(options: &Map, mut arguments: Map) -> Vec<String> {
    let mut check = Check::default();
    check.level(options, &mut arguments, None);
    check.below(options, &mut arguments);
    check.unknown();
    check.errors
}

/// A walk through the levels.
#[derive(Default)]
struct Check {
    errors: Vec<String>,
    /// Options that hold the level.
    context: Vec<String>,
    /// Names that no level has, and what it has instead.
    unknown: Vec<(String, String)>,
}

/// An attribute of an option.
pub fn attribute<'a>(option: &'a Value, name: &str) -> Option<&'a Value> {
    option.get(name).filter(|value| !value.is_null())
}

/// The items of an attribute that is a list of texts, or one text.
pub fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        None => Vec::new(),
        Some(value) => match value.as_list() {
            Some(items) => items.iter().map(Value::text).collect(),
            None => vec![value.text()],
        },
    }
}

fn name_of(key: &Key) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_string)
}

impl Check {
    /// Everything but what lies below: `around` is the option that has these.
    fn level(&mut self, options: &Map, arguments: &mut Map, around: Option<&Value>) {
        self.aliases(options, arguments);
        self.note_unknown(options, arguments);
        let found = self.found();
        self.errors.extend(rules::exclusive(around, arguments, &found));
        defaults(options, arguments);
        self.required(options, arguments, &found);
        self.types(options, arguments);
        self.choices(options, arguments, &found);
        self.errors.extend(rules::together(around, arguments, &found));
        for (name, option) in options {
            if attribute(option, "default").is_none() {
                arguments.entry(name.clone()).or_insert(Value::NULL);
            }
        }
    }

    /// What stands behind messages about a level below the top.
    fn found(&self) -> String {
        match self.context.is_empty() {
            true => String::new(),
            false => format!(" found in {}", self.context.join(" -> ")),
        }
    }

    /// An alias wins over the name itself (S-216).
    fn aliases(&mut self, options: &Map, arguments: &mut Map) {
        for (name, option) in options {
            let required = attribute(option, "required").is_some_and(Value::is_true);
            if required && attribute(option, "default").is_some() {
                let name = name_of(name);
                self.errors.push(format!(
                    "internal error: required and default are mutually exclusive for {name}"
                ));
                return;
            }
            for alias in texts(attribute(option, "aliases")) {
                if let Some(value) = arguments.get(&Key::from(alias.as_str())).cloned() {
                    arguments.insert(name.clone(), value);
                }
            }
        }
    }

    fn note_unknown(&mut self, options: &Map, arguments: &Map) {
        let aliases = |option: &Value| texts(attribute(option, "aliases"));
        let given = |alias: &String| arguments.contains_key(&Key::from(alias.as_str()));
        let mut known: Vec<String> = options.keys().map(name_of).collect();
        let mut used: Vec<String> = options.values().flat_map(aliases).filter(given).collect();
        known.sort();
        used.sort();
        let mut supported = known.join(", ");
        if !used.is_empty() {
            supported += &format!(" ({})", used.join(", "));
        }
        for name in arguments.keys().map(name_of) {
            if !known.contains(&name) && !used.contains(&name) {
                let path = self.context.iter().chain([&name]).cloned().collect::<Vec<_>>();
                self.unknown.push((path.join("."), supported.clone()));
            }
        }
    }

    fn required(&mut self, options: &Map, arguments: &Map, found: &str) {
        let wanted = |(name, option): &(&Key, &Value)| {
            attribute(option, "required").is_some_and(Value::is_true)
                && !arguments.contains_key(*name)
        };
        let mut missing: Vec<String> =
            options.iter().filter(wanted).map(|(name, _)| name_of(name)).collect();
        missing.sort();
        if !missing.is_empty() {
            let names = missing.join(", ");
            self.errors.push(format!("missing required arguments: {names}{found}"));
        }
    }

    fn types(&mut self, options: &Map, arguments: &mut Map) {
        for (name, option) in options {
            let Some(value) = arguments.get(name).cloned() else { continue };
            let required = attribute(option, "required").is_some_and(Value::is_true);
            if value.is_null() && !required && attribute(option, "default").is_none() {
                continue;
            }
            let kind = attribute(option, "type").map_or_else(|| "str".to_string(), Value::text);
            match types::convert(&kind, &value, is_secret(option, &value)) {
                Ok(converted) => {
                    let converted = self.elements(name, option, converted);
                    arguments.insert(name.clone(), converted);
                }
                Err(why) => {
                    let place = match self.context.is_empty() {
                        true => String::new(),
                        false => format!(" found in '{}'.", self.context.join(" -> ")),
                    };
                    let (name, given) = (name_of(name), value.type_name());
                    self.errors.push(format!(
                        "argument '{name}' is of type {given}{place} and we were unable to convert to {kind}: {why}"
                    ));
                }
            }
        }
    }

    /// A list with its items converted; those that cannot be are left out.
    fn elements(&mut self, name: &Key, option: &Value, value: Value) -> Value {
        let Some(kind) = attribute(option, "elements").map(Value::text) else { return value };
        let Some(items) = value.as_list() else { return value };
        let mut converted = Vec::new();
        for item in items {
            match types::convert(&kind, item, is_secret(option, item)) {
                Ok(item) => converted.push(item),
                Err(why) => {
                    let place = match self.context.is_empty() {
                        true => String::new(),
                        false => format!(" found in '{}'", self.context.join(" -> ")),
                    };
                    let (name, given) = (name_of(name), item.type_name());
                    self.errors.push(format!(
                        "Elements value for option '{name}'{place} is of type {given} and we were unable to convert to {kind}: {why}"
                    ));
                }
            }
        }
        Value::list(converted)
    }

    fn choices(&mut self, options: &Map, arguments: &Map, found: &str) {
        for (name, option) in options {
            let Some(choices) = attribute(option, "choices").and_then(Value::as_list) else {
                continue;
            };
            let Some(value) = arguments.get(name) else { continue };
            let words = |values: &[Value]| {
                values.iter().map(|v| v.masked().text()).collect::<Vec<_>>().join(", ")
            };
            let (name, all) = (name_of(name), words(choices));
            if let Some(items) = value.as_list() {
                let other: Vec<Value> =
                    items.iter().filter(|item| !choices.contains(item)).cloned().collect();
                if !other.is_empty() {
                    self.errors.push(format!(
                        "value of {name} must be one or more of: {all}. Got no match for: {}{found}",
                        words(&other)
                    ));
                }
            } else if !choices.contains(value) && !types::stands_for(value, choices) {
                let got = if is_secret(option, value) {
                    crate::base::value::MASK.to_string()
                } else {
                    value.text()
                };
                self.errors
                    .push(format!("value of {name} must be one of: {all}, got: {got}{found}"));
            }
        }
    }

    /// The options of options.
    fn below(&mut self, options: &Map, arguments: &mut Map) {
        for (name, option) in options {
            let kind = attribute(option, "type").map(Value::text).unwrap_or_default();
            let of_dicts =
                attribute(option, "elements").is_some_and(|e| e.as_str() == Some("dict"));
            let Some(inner) = option.get("options").and_then(Value::as_map) else { continue };
            if kind != "dict" && !(kind == "list" && of_dicts) {
                continue;
            }
            let applies = attribute(option, "apply_defaults").is_some_and(Value::is_true);
            let value = match arguments.get(name).filter(|value| !value.is_null()) {
                Some(value) => value.clone(),
                None if applies => Value::map(Map::new()),
                None => continue,
            };
            self.context.push(name_of(name));
            for item in value.as_list().unwrap_or(std::slice::from_ref(&value)) {
                self.inner(name, option, inner, item);
            }
            self.context.pop();
        }
    }

    fn inner(&mut self, name: &Key, option: &Value, options: &Map, value: &Value) {
        let Some(map) = value.as_map() else {
            let name = name_of(name);
            self.errors.push(format!("value of '{name}' must be of type dict or list of dicts"));
            return;
        };
        let mut arguments = map.clone();
        self.level(options, &mut arguments, Some(option));
        self.below(options, &mut arguments);
    }

    /// One message for all names that are not known.
    fn unknown(&mut self) {
        self.unknown.sort();
        let Some((_, supported)) = self.unknown.last() else { return };
        let names: Vec<&str> = self.unknown.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(", ");
        self.errors.push(format!("{names}. Supported parameters include: {supported}."));
    }
}

/// Whether a value must not be told.
fn is_secret(option: &Value, value: &Value) -> bool {
    attribute(option, "no_log").is_some_and(Value::is_true) || value.has_secret()
}

fn defaults(options: &Map, arguments: &mut Map) {
    for (name, option) in options {
        if let Some(default) = attribute(option, "default") {
            arguments.entry(name.clone()).or_insert_with(|| default.clone());
        }
    }
}
