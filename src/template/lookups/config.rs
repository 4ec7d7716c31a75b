//! The lookup `config`.

use super::options::Options;
use super::plain;
use crate::base::{Diagnostic, Map, Value};
use crate::template::filters::bind::{class_of, shown};
use crate::template::table::{Env, LookupPlugin, Stop};

pub(super) const LOOKUPS: &[LookupPlugin] = &[plain(
    "config",
    "ansible.builtin.config",
    "Gives the values of settings by their names.",
    config,
    &[("query('config', 'SURELY_NO_SUCH_NAME', on_missing='skip')", "[]")],
)];

fn config(env: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    let options = Options::of("config", given, &["on_missing"])?;
    let missing = options.text("on_missing", "error");
    if !matches!(missing.as_str(), "error" | "warn" | "skip") {
        return Err(Stop::fault(format!("on_missing must be error, warn or skip, not {missing}")));
    }
    let mut found = Vec::new();
    for term in terms {
        let Some(name) = term.as_str() else {
            let (shown, class) = (shown(term), class_of(term));
            return Err(Stop::fault(format!(
                "Invalid setting identifier, {shown} is not a <class 'str'>, its a {class}."
            )));
        };
        match env.scope().setting(name) {
            Some(value) => found.push(value),
            None if missing == "skip" => {}
            None if missing == "warn" => {
                let cause = Diagnostic::new(format!("No config definition exists for '{name}'."));
                env.scope().warn(Diagnostic::new(format!("Skipping {name}.")).caused_by(cause));
            }
            None => {
                return Err(Stop::fault(format!("No config definition exists for '{name}'.")));
            }
        }
    }
    Ok(found)
}
