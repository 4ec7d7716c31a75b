//! Checks over all arguments of a module, in Ansible's order (S-194).

use super::{Arg, ArgTable, FromArg, Rule};
use crate::base::{Map, Origin, Value};
use std::collections::HashMap;
use std::fmt;

/// Who finds fault with the arguments: it stands in the error's text (S-190).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refuser {
    /// The module.
    #[default]
    Module,
    /// The action in front of it, in its result.
    Action,
    /// The action, by an error of its own.
    Raised,
}

/// The first thing that is wrong with a task's arguments; the text is Ansible's.
#[derive(Clone, Debug, PartialEq)]
pub struct ArgError {
    /// The text.
    pub message: String,
    /// The argument, when it is about one.
    pub arg: Option<String>,
    /// Where the value was written.
    pub origin: Option<Origin>,
    /// Names nearest to an unknown one.
    pub hint: Option<String>,
    /// Who found it.
    pub by: Refuser,
}

impl fmt::Display for ArgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ArgError {}

impl ArgError {
    fn plain(message: String) -> Self {
        Self { message, arg: None, origin: None, hint: None, by: Refuser::Module }
    }

    /// About one argument, with a text of the module's own.
    pub fn other(arg: &Arg, message: String) -> Self {
        Self { arg: Some(arg.name.to_string()), ..Self::plain(message) }
    }

    /// Required ones are not there.
    pub fn missing(names: &[&str]) -> Self {
        Self::plain(format!("missing required arguments: {}", names.join(", ")))
    }

    /// The value is not among the choices.
    pub fn choice(arg: &Arg, got: &str, choices: &[&str]) -> Self {
        let text =
            format!("value of {} must be one of: {}, got: {got}", arg.name, choices.join(", "));
        let near = crate::base::diagnostic::nearest(got, choices.iter().copied());
        let hint = near.first().map(|name| format!("Did you mean '{name}'?"));
        Self { hint, ..Self::other(arg, text) }
    }

    /// The value cannot be read as the wanted type.
    pub fn convert(arg: &Arg, value: &Value, wanted: &str, why: &str) -> Self {
        let (name, given) = (arg.name, value.type_name());
        let why = if arg.no_log { "the value is secret" } else { why };
        Self {
            origin: value.origin().cloned(),
            ..Self::other(
                arg,
                format!(
                    "argument '{name}' is of type {given} and we were unable to convert to {wanted}: {why}"
                ),
            )
        }
    }
}

/// Given arguments under their own names.
pub struct Known<'a> {
    table: &'static ArgTable,
    given: HashMap<&'static str, &'a Value>,
}

impl Known<'_> {
    /// Reads one argument: the given value, else its default, else nothing.
    pub fn read<T: FromArg>(&self, name: &'static str) -> Result<T, ArgError> {
        let Some(arg) = self.table.args.iter().find(|arg| arg.name == name) else {
            return Err(ArgError::plain(format!("internal: no argument {name}")));
        };
        match (self.given.get(name), arg.default) {
            (Some(value), _) if !value.is_null() => {
                check_choice(arg, value)?;
                T::from_value(arg, value)
            }
            (_, Some(text)) => T::from_value(arg, &Value::str(text)),
            (Some(_), None) => {
                T::from_nothing(arg).or_else(|_| T::from_value(arg, &Value::str("")))
            }
            (None, None) => T::from_nothing(arg),
        }
    }
}

fn check_choice(arg: &Arg, value: &Value) -> Result<(), ArgError> {
    if arg.choices.is_empty() || value.as_list().is_some() {
        return Ok(());
    }
    let text = value.text();
    if arg.choices.contains(&text.as_str()) || arg.elements.is_some() {
        return Ok(());
    }
    // YAML reads a bare `yes` or `no` as a boolean; where such a word is a choice it is meant.
    Err(ArgError { origin: value.origin().cloned(), ..ArgError::choice(arg, &text, arg.choices) })
}

/// Brings arguments under their own names and checks everything that is not about one value's type.
pub fn canonical<'a>(table: &'static ArgTable, args: &'a Map) -> Result<Known<'a>, ArgError> {
    let mut given: HashMap<&'static str, &Value> = HashMap::new();
    let mut unknown: Vec<String> = Vec::new();
    for (key, value) in args {
        match key.as_str().and_then(|name| table.find(name).map(|arg| (name, arg))) {
            // An alias wins over the name itself (S-216).
            Some((name, arg)) if name == arg.name && given.contains_key(arg.name) => {}
            Some((_, arg)) => drop(given.insert(arg.name, value)),
            None => unknown.push(key.to_string()),
        }
    }
    let known = Known { table, given };
    check_action(&known)?;
    check_exclusive(&known)?;
    check_required(&known)?;
    check_rules(&known)?;
    check_unknown(table, args, unknown)?;
    Ok(known)
}

/// Checks nothing but the names of arguments.
pub fn check_names(table: &'static ArgTable, args: &Map) -> Result<(), ArgError> {
    let is_unknown = |name: &&str| table.find(name).is_none();
    let unknown = args.keys().map(|key| key.as_str().unwrap_or_default()).filter(is_unknown);
    check_unknown(table, args, unknown.map(str::to_string).collect())
}

impl Known<'_> {
    /// Whether an argument is given, and not as null.
    pub fn has(&self, name: &str) -> bool {
        self.given.get(name).is_some_and(|value| !value.is_null())
    }

    /// The text of an argument or of its default.
    pub fn text(&self, name: &str) -> Option<String> {
        let default = || self.table.find(name).and_then(|arg| arg.default).map(str::to_string);
        self.given.get(name).filter(|v| !v.is_null()).map(|v| v.text()).or_else(default)
    }

    fn absent<'n>(&self, names: &[&'n str]) -> Vec<&'n str> {
        names.iter().copied().filter(|name| !self.has(name)).collect()
    }
}

fn check_action(known: &Known<'_>) -> Result<(), ArgError> {
    for rule in known.table.rules {
        if let Rule::Action(by, check) = rule
            && let Some(text) = check(known)
        {
            return Err(ArgError { by: *by, ..ArgError::plain(text.to_string()) });
        }
    }
    Ok(())
}

fn check_exclusive(known: &Known<'_>) -> Result<(), ArgError> {
    for rule in known.table.rules {
        if let Rule::MutuallyExclusive(names) = rule
            && names.iter().filter(|name| known.has(name)).count() > 1
        {
            let text = format!("parameters are mutually exclusive: {}", names.join("|"));
            return Err(ArgError::plain(text));
        }
    }
    Ok(())
}

fn check_required(known: &Known<'_>) -> Result<(), ArgError> {
    let mut missing: Vec<&str> = known
        .table
        .args
        .iter()
        .filter(|arg| arg.required && !known.given.contains_key(arg.name))
        .map(|arg| arg.name)
        .collect();
    missing.sort_unstable();
    if missing.is_empty() { Ok(()) } else { Err(ArgError::missing(&missing)) }
}

fn check_rules(known: &Known<'_>) -> Result<(), ArgError> {
    known.table.rules.iter().try_for_each(|rule| check_rule(known, rule))
}

fn check_rule(known: &Known<'_>, rule: &Rule) -> Result<(), ArgError> {
    let fail = |text: String| Err(ArgError::plain(text));
    match *rule {
        Rule::MutuallyExclusive(_) | Rule::Action(..) => Ok(()),
        Rule::RequiredTogether(names) => {
            let absent = known.absent(names).len();
            if absent == 0 || absent == names.len() {
                return Ok(());
            }
            fail(format!("parameters are required together: {}", names.join(", ")))
        }
        Rule::RequiredOneOf(names) if known.absent(names).len() == names.len() => {
            fail(format!("one of the following is required: {}", names.join(", ")))
        }
        Rule::RequiredIf(name, value, needs) if known.text(name).as_deref() == Some(value) => {
            let absent = known.absent(needs);
            if absent.is_empty() {
                return Ok(());
            }
            let absent = absent.join(", ");
            fail(format!("{name} is {value} but all of the following are missing: {absent}"))
        }
        Rule::RequiredIfAny(name, value, needs)
            if known.text(name).as_deref() == Some(value)
                && known.absent(needs).len() == needs.len() =>
        {
            let needs = needs.join(", ");
            fail(format!("{name} is {value} but any of the following are missing: {needs}"))
        }
        Rule::RequiredBy(name, needs) if known.has(name) => {
            let absent = known.absent(needs);
            if absent.is_empty() {
                return Ok(());
            }
            fail(format!("missing parameter(s) required by '{name}': {}", absent.join(", ")))
        }
        _ => Ok(()),
    }
}

fn check_unknown(
    table: &'static ArgTable,
    args: &Map,
    mut unknown: Vec<String>,
) -> Result<(), ArgError> {
    unknown.sort();
    let Some(first) = unknown.first() else { return Ok(()) };
    let sorted = |mut names: Vec<&str>| {
        names.sort_unstable();
        names.join(", ")
    };
    let supported = sorted(table.args.iter().map(|arg| arg.name).collect());
    let aliases = sorted(table.args.iter().flat_map(|arg| arg.aliases).copied().collect());
    let aliases = if aliases.is_empty() { aliases } else { format!(" ({aliases})") };
    let near = crate::base::diagnostic::nearest(first, table.names());
    Err(ArgError {
        arg: Some(first.clone()),
        origin: args
            .get(&crate::base::Key::from(first.as_str()))
            .and_then(|v| v.meta().key_origin()),
        hint: near.first().map(|name| format!("Did you mean '{name}'?")),
        message: format!(
            "Unsupported parameters: {}. Supported parameters include: {supported}{aliases}.",
            unknown.join(", "),
        ),
        by: Refuser::Module,
    })
}
