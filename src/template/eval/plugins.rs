//! Filters, tests and lookups as the evaluator calls them: what they are given, what their errors
//! and results become.

use super::core::{Core, is_template};
use super::env::PluginEnv;
use super::objects::{RangeObject, as_object};
use super::{call, captured, is_marker, secret, trip};
use crate::base::{Diagnostic, Key, Kind, Value};
use crate::template::lookups;
use crate::template::table::{Args, Filter, LookupPlugin, Stop, Test};
use std::sync::Arc;

/// How much of its input is rendered before a filter sees it.
#[derive(Clone, Copy, PartialEq)]
enum Depth {
    /// All of it.
    Deep,
    /// Only the items of a list: what the filter then asks for it gets through [`super::env`].
    Items,
    /// Nothing: it looks at no part.
    Shallow,
}

fn depth(name: &str) -> Depth {
    match name {
        "default" | "d" | "length" | "count" | "type_debug" | "mandatory" | "ternary" | "first" => {
            Depth::Shallow
        }
        "map" | "select" | "reject" | "selectattr" | "rejectattr" => Depth::Items,
        _ => Depth::Deep,
    }
}

/// Everything that a filter or test is given.
pub fn inputs<'v>(input: &'v Value, args: &'v Args) -> impl Iterator<Item = &'v Value> {
    std::iter::once(input).chain(&args.positional).chain(args.keyword.values())
}

/// The name in error texts.
fn full_name(short: &str, full: &str) -> String {
    if full.is_empty() { format!("ansible.builtin.{short}") } else { full.to_string() }
}

/// A failure as the plugin's.
fn failed(kind: &str, name: &str, stop: Stop) -> Stop {
    match stop {
        // A failure of another plugin that this one called is told as that one's.
        Stop::Fault(cause)
            if cause.message.starts_with("The ") && cause.message.contains(" plugin '") =>
        {
            Stop::Fault(cause)
        }
        Stop::Fault(cause) => Stop::Fault(
            Diagnostic::new(format!("The {kind} plugin '{name}' failed.")).caused_by(cause),
        ),
        other => other,
    }
}

impl Core<'_> {
    /// `input | filter(args)`
    pub fn filter_value(
        &self,
        filter: &'static Filter,
        input: Value,
        args: Args,
    ) -> Result<Value, Stop> {
        if !filter.pure {
            self.session.impure()?;
        }
        if is_marker(&input) && !(filter.takes_undefined && input.is_undefined()) {
            return Ok(input);
        }
        if let (Some(marker), false) = (call::first_marker(&args), filter.takes_undefined) {
            return Ok(marker);
        }
        let depth = depth(filter.name);
        let (input, args) = match range_random(filter.name, &input, &args) {
            Some(replaced) => replaced,
            None => (self.prepared(input, depth)?, self.prepared_args(args, depth)?),
        };
        if depth == Depth::Deep
            && let Some(nested) = marker_below(&input, &args)
        {
            return Ok(nested);
        }
        let env = PluginEnv { core: *self };
        let result = (filter.apply)(&env, input.clone(), &args).map_err(|stop| {
            let stop = secret::scrub(inputs(&input, &args), stop);
            failed("filter", &full_name(filter.name, filter.full_name), stop)
        });
        let result = captured(result)?;
        if is_marker(&result) || matches!(filter.name, "length" | "count" | "type_debug") {
            return Ok(result);
        }
        let result = secret::taint(inputs(&input, &args), result);
        if depth == Depth::Deep { Ok(distrusted(result)) } else { self.touch(result) }
    }

    /// `input is test(args)`; undefined when something is.
    pub fn test_value(
        &self,
        test: &'static Test,
        input: &Value,
        args: Args,
    ) -> Result<Value, Stop> {
        if !test.pure {
            self.session.impure()?;
        }
        if is_marker(input) && !(test.takes_undefined && input.is_undefined()) {
            return Ok(input.clone());
        }
        if let (Some(marker), false) = (call::first_marker(&args), test.takes_undefined) {
            return Ok(marker);
        }
        let shallow = test.takes_undefined
            || matches!(test.name, "string" | "mapping" | "sequence" | "iterable" | "none");
        let depth = if shallow { Depth::Shallow } else { Depth::Deep };
        let input = self.prepared(input.clone(), depth)?;
        let args = self.prepared_args(args, depth)?;
        let env = PluginEnv { core: *self };
        let answer = (test.apply)(&env, &input, &args).map(Value::from).map_err(|stop| {
            let stop = secret::scrub(inputs(&input, &args), stop);
            failed("test", &full_name(test.name, test.full_name), stop)
        });
        captured(answer)
    }

    /// The list that a lookup gives, without the joining of `lookup()`.
    pub fn lookup_list(
        &self,
        plugin: &'static LookupPlugin,
        terms: &[Value],
        options: &crate::base::Map,
    ) -> Result<Vec<Value>, Stop> {
        if !plugin.pure {
            self.session.impure()?;
        }
        let mut rendered = Vec::with_capacity(terms.len());
        for term in terms {
            rendered.push(self.prepared(term.clone(), Depth::Deep)?);
        }
        let args = Args { positional: Vec::new(), keyword: options.clone() };
        let args = self.prepared_args(args, Depth::Deep)?;
        let env = PluginEnv { core: *self };
        let inputs: Vec<&Value> = rendered.iter().chain(args.keyword.values()).collect();
        let found = (plugin.apply)(&env, &rendered, &args.keyword)
            .map_err(|stop| secret::scrub(inputs.iter().copied(), stop))?;
        let found = secret::taint(inputs, Value::list(found));
        Ok(match found.kind {
            Kind::List(items) => items.iter().map(|item| distrusted(item.clone())).collect(),
            _ => Vec::new(),
        })
    }

    /// `lookup(name, terms, options)`, or `query` when a list is wanted (S-39, S-40).
    pub fn lookup_call(&self, mut args: Args, always_list: bool) -> Result<Value, Stop> {
        if args.positional.is_empty() {
            return super::raise("_lookup() missing 1 required positional argument: 'plugin_name'");
        }
        let name = super::need(args.positional.remove(0))?;
        let Some(plugin) = lookups::find(&name.text()) else {
            return Err(unknown_lookup(&name.masked().text()));
        };
        let name = name.masked().text();
        let takes_undefined = matches!(plugin.name, "first_found" | "env");
        if let (Some(first), false) = (call::first_marker(&args), takes_undefined) {
            return Ok(first);
        }
        let wanted = args.keyword.shift_remove(&Key::from("wantlist"));
        let list = always_list || wanted.is_some_and(|wanted| wanted.is_true());
        let errors = args.keyword.shift_remove(&Key::from("errors")).map(|e| e.text());
        let found = match self.lookup_list(plugin, &args.positional, &args.keyword) {
            Ok(found) => found,
            Err(Stop::Fault(cause)) => return self.lookup_failed(&name, cause, errors, list),
            Err(other) => return captured(Err(other)),
        };
        Ok(if list { Value::list(found) } else { joined(found) })
    }

    fn lookup_failed(
        &self,
        name: &str,
        cause: Diagnostic,
        errors: Option<String>,
        list: bool,
    ) -> Result<Value, Stop> {
        match errors.as_deref() {
            Some("warn") => {
                let text = format!("An error occurred while running the lookup plugin '{name}'.");
                self.session.scope.warn(Diagnostic::new(text).at(self.origin).caused_by(cause));
            }
            Some("ignore") => {}
            _ => return captured(Err(failed("lookup", name, Stop::Fault(cause)))),
        }
        Ok(if list { Value::list(Vec::new()) } else { Value::NULL })
    }

    fn prepared(&self, value: Value, depth: Depth) -> Result<Value, Stop> {
        if let Some(range) = as_object::<RangeObject>(&value) {
            return Ok(Value::list(range.items()?));
        }
        let value = self.session.cells.deep(&value);
        match depth {
            Depth::Deep => self.render_all(&value, false),
            Depth::Shallow => self.touch(value),
            Depth::Items => {
                let value = self.touch(value)?;
                let (Kind::List(items) | Kind::Tuple(items)) = &value.kind else {
                    return Ok(value);
                };
                if !items.iter().any(is_template) {
                    return Ok(value);
                }
                let touched: Result<Vec<_>, _> =
                    items.iter().map(|item| self.taken(&value, item.clone())).collect();
                Ok(Value::new(Kind::List(Arc::new(touched?))).marked_as(&value))
            }
        }
    }

    fn prepared_args(&self, args: Args, depth: Depth) -> Result<Args, Stop> {
        let mut prepared = Args::default();
        for arg in args.positional {
            prepared.positional.push(self.prepared(arg, depth)?);
        }
        for (key, arg) in args.keyword {
            prepared.keyword.insert(key, self.prepared(arg, depth)?);
        }
        Ok(prepared)
    }
}

/// The error of a lookup that there is none of.
pub fn unknown_lookup(name: &str) -> Stop {
    let error = Diagnostic::new(format!("The lookup plugin '{name}' was not found."));
    let near = crate::base::diagnostic::nearest(name, lookups::names());
    Stop::Fault(if near.is_empty() {
        error
    } else {
        error.hint(format!("Did you mean: {}?", near.join(", ")))
    })
}

/// `range(a, b, c) | random` picks without listing.
fn range_random(name: &str, input: &Value, args: &Args) -> Option<(Value, Args)> {
    let range = as_object::<RangeObject>(input).filter(|_| name == "random")?;
    let mut args = args.clone();
    args.keyword.insert(Key::from("start"), Value::from(range.start));
    args.keyword.insert(Key::from("step"), Value::from(range.step));
    Some((Value::from(range.stop), args))
}

/// Something that stands for an error within lists and dicts of the input.
fn marker_below(input: &Value, args: &Args) -> Option<Value> {
    std::iter::once(input)
        .chain(&args.positional)
        .chain(args.keyword.values())
        .filter(|value| !is_marker(value))
        .find_map(nested_marker)
}

fn nested_marker(value: &Value) -> Option<Value> {
    match &value.kind {
        _ if is_marker(value) => Some(value.clone()),
        Kind::List(items) | Kind::Tuple(items) => items.iter().find_map(nested_marker),
        Kind::Map(map) => map.values().find_map(nested_marker),
        _ => None,
    }
}

/// What a plugin made is data, even when it copied the marks of its input.
fn distrusted(value: Value) -> Value {
    fn any(value: &Value) -> bool {
        match &value.kind {
            Kind::Str(_) => is_template(value),
            Kind::List(items) | Kind::Tuple(items) => items.iter().any(any),
            Kind::Map(map) => map.values().any(any),
            _ => false,
        }
    }
    if any(&value) { value.untrusted() } else { value }
}

/// What `lookup()` makes of a list (S-39).
fn joined(mut found: Vec<Value>) -> Value {
    if found.len() == 1 {
        return found.remove(0);
    }
    if found.is_empty() || !found.iter().all(|item| matches!(item.kind, Kind::Str(_))) {
        return Value::list(found);
    }
    let mut pieces = secret::Pieces::default();
    for (index, item) in found.iter().enumerate() {
        if index > 0 {
            pieces.push(&Value::NULL, ",");
        }
        pieces.push(item, item.as_str().unwrap_or_default());
    }
    pieces.finish()
}

/// The answer of a test where only yes or no will do.
pub fn answer(value: &Value) -> Result<bool, Stop> {
    if is_marker(value) { Err(trip(value)) } else { Ok(value.is_true()) }
}
