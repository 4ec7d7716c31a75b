//! Lookups of variables, hosts and the environment.

use super::options::{Options, text_term};
use super::{impure, plain};
use crate::base::regex::python;
use crate::base::{Map, Value};
use crate::spec::scope::Lookup;
use crate::template::filters::bind::class_of;
use crate::template::table::{Env, LookupPlugin, Stop};

pub(super) const LOOKUPS: &[LookupPlugin] = &[
    impure(
        "env",
        "ansible.builtin.env",
        "Gives environment variables of the controller.",
        env_of,
        &[("query('env', 'SURELY_NO_SUCH_NAME', default='x')", "['x']")],
    ),
    plain(
        "vars",
        "ansible.builtin.vars",
        "Gives the rendered values of variables by name.",
        vars,
        &[("query('vars', 'surely_no_such_name', default=7)", "[7]")],
    ),
    plain(
        "varnames",
        "ansible.builtin.varnames",
        "Gives the names of variables that an expression matches.",
        varnames,
        &[("query('varnames', '^surely_no_such_name$')", "[]")],
    ),
    plain(
        "inventory_hostnames",
        "ansible.builtin.inventory_hostnames",
        "Gives the names of the hosts that patterns select.",
        inventory_hostnames,
        &[],
    ),
];

fn env_of(_: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    let options = Options::of("env", given, &["default"])?;
    let value = |term: &Value| {
        let name = text_term("env", term)?.split_whitespace().next().unwrap_or_default();
        Ok(match std::env::var_os(name) {
            Some(value) => Value::from(value.to_string_lossy().into_owned()),
            None if options.has("default") => options.get("default").cloned().unwrap_or_default(),
            None => Value::from(""),
        })
    };
    terms.iter().map(value).collect()
}

fn vars(env: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    let options = Options::of("vars", given, &["default"])?;
    let value = |term: &Value| {
        let Some(name) = term.as_str() else {
            let kind = term.type_name();
            return Err(Stop::fault(format!("Variable name must be 'str' not '{kind}'.")));
        };
        match env.scope().variable(name) {
            Lookup::Found(value) => env.render(&value),
            Lookup::Pending => Err(Stop::Suspended),
            Lookup::Missing => Ok(options.get("default").cloned().unwrap_or_else(|| {
                Value::undefined(format!("No variable named '{name}' was found."))
            })),
        }
    };
    terms.iter().map(value).collect()
}

fn varnames(env: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    Options::of("varnames", given, &[])?;
    let names = env.scope().names();
    let mut found = Vec::new();
    for term in terms {
        let Some(pattern) = term.as_str() else {
            let class = class_of(term);
            let text = format!(
                "Invalid setting identifier, \"{term:?}\" is not a string, it is a {class}"
            );
            return Err(Stop::fault(text));
        };
        let regex = python(pattern, "").map_err(|why| {
            Stop::fault(format!("Unable to use \"{pattern}\" as a search parameter: {why}"))
        })?;
        for name in &names {
            if regex.search(name).map_err(Stop::fault)?.is_some() {
                found.push(Value::str(name.clone()));
            }
        }
    }
    Ok(found)
}

fn inventory_hostnames(env: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    Options::of("inventory_hostnames", given, &[])?;
    let patterns: Vec<String> = super::lists::flat(terms).iter().map(Value::text).collect();
    // A pattern that selects nothing, or cannot be read, gives no hosts, as in Ansible.
    let hosts = env.scope().select(&patterns.join(",")).unwrap_or_default();
    Ok(hosts.into_iter().map(Value::str).collect())
}
