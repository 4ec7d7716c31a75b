//! Inventory scripts (S-150): programs that print JSON.

use super::build::Build;
use super::yaml::host_vars;
use crate::base::yaml::{self, Options};
use crate::base::{Diagnostic, Key, Map, Origin, Source, Value, quote, value::from_json};
use indexmap::IndexSet;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Runs a script and adds what it says. What stands before an error stays in the inventory.
pub(super) fn parse(build: &mut Build<'_>, path: &str) -> Result<(), Diagnostic> {
    let source = Source::described(format!("<inventory script output from '{path}'>"));
    let output = run(path, &["--list"])?;
    let groups = groups(&output, &source)?;
    if build.inventory.rules.script_stderr && !output.stderr.is_empty() {
        build.notices.error(Diagnostic::new(output.stderr.trim_end()));
    }
    let mut meta = None;
    let mut hosts: IndexSet<Arc<str>> = IndexSet::new();
    for (name, data) in &groups {
        if name.as_str() == Some("_meta") {
            let vars = data.get("hostvars").cloned().unwrap_or_default();
            meta = Some(mapping("_meta.hostvars", &vars)?.clone());
        } else {
            add_group(build, name, data, &source, &mut hosts)?;
        }
    }
    if meta.is_none() {
        let text = "Inventory scripts should always provide 'meta.hostvars'. Host variables will be collected by running the inventory script with the '--host' option for each host. This feature will be removed from inventory plugin 'script' in ansible-core version 2.23.";
        deprecated(build, text.to_string(), &source);
    }
    for host in &hosts {
        let vars = match &meta {
            Some(meta) => meta.get(&Key::Str(Arc::clone(host))).cloned().unwrap_or_default(),
            None => ask_for_host(path, host)?,
        };
        host_vars(build, &[host.to_string()], None, None, &vars)?;
    }
    Ok(())
}

/// What a script printed.
struct Output {
    text: String,
    stderr: String,
}

impl Output {
    /// An error of this script, with what it said on stderr.
    fn error(&self, text: impl Into<String>) -> Diagnostic {
        with_stderr(Diagnostic::new(text), &self.stderr)
    }
}

fn with_stderr(error: Diagnostic, stderr: &str) -> Diagnostic {
    if stderr.trim().is_empty() {
        return error;
    }
    error.hint(format!("Standard error from inventory script:\n{}", stderr.trim_end()))
}

fn run(path: &str, options: &[&str]) -> Result<Output, Diagnostic> {
    let done = Command::new(path).args(options).stdin(Stdio::inherit()).output();
    let done = done.map_err(|error| {
        let command = quote::words(std::iter::once(path).chain(options.iter().copied()));
        Diagnostic::new(format!("Failed to execute inventory script command '{command}'."))
            .caused_by(Diagnostic::new(error.to_string()))
    })?;
    let stderr = String::from_utf8_lossy(&done.stderr).into_owned();
    if !done.status.success() {
        use std::os::unix::process::ExitStatusExt;
        let code = done.status.code().unwrap_or_else(|| -done.status.signal().unwrap_or(1));
        let error = format!("Inventory script returned non-zero exit code {code}.");
        return Err(with_stderr(Diagnostic::new(error), &stderr));
    }
    let text = String::from_utf8(done.stdout).map_err(|_| {
        let error =
            "Inventory script result contained characters that cannot be interpreted as UTF-8.";
        with_stderr(Diagnostic::new(error), &stderr)
    })?;
    Ok(Output { text, stderr })
}

fn groups(output: &Output, source: &Arc<Source>) -> Result<Map, Diagnostic> {
    let undecodable = |cause: Diagnostic| {
        output.error("Unable to get JSON decoder for inventory script result.").caused_by(cause)
    };
    let value = trusted_json(&output.text, source).map_err(|reason| {
        undecodable(Diagnostic::new("Value could not be parsed as JSON.").caused_by(reason))
    })?;
    let Some(groups) = value.as_map() else {
        let text = format!("Value is '{}' instead of 'dict'.", value.type_name());
        return Err(undecodable(Diagnostic::new(text)));
    };
    check_profile(value.get("_meta")).map_err(|text| undecodable(Diagnostic::new(text)))?;
    Ok(groups.clone())
}

fn check_profile(meta: Option<&Value>) -> Result<(), String> {
    let Some(meta) = meta else { return Ok(()) };
    if meta.as_map().is_none() {
        let found = meta.type_name();
        return Err(format!("Value contains '_meta' which is '{found}' instead of 'dict'."));
    }
    let Some(profile) = meta.get("profile") else { return Ok(()) };
    match profile.as_str() {
        None => Err(format!(
            "Value contains '_meta.profile' which is '{}' instead of 'str'.",
            profile.type_name()
        )),
        Some("inventory_legacy") => Ok(()),
        Some(name) if name.starts_with("inventory_") => Err(format!("Unknown name '{name}'.")),
        Some(name) => Err(format!("Non-inventory profile '{name}' is not allowed.")),
    }
}

/// JSON whose texts are templates of the operator; `__ansible_unsafe` and `__ansible_vault` are known.
fn trusted_json(text: &str, source: &Arc<Source>) -> Result<Value, Diagnostic> {
    from_json(text).map_err(|error| Diagnostic::new(error.to_string()))?;
    Ok(yaml::load_with(text, source, Options::FILE)?.value)
}

fn mapping<'a>(what: &str, value: &'a Value) -> Result<&'a Map, Diagnostic> {
    value.as_map().ok_or_else(|| {
        let found = value.type_name();
        Diagnostic::new(format!("Value contains '{what}' which is '{found}' instead of 'dict'."))
    })
}

fn deprecated(build: &mut Build<'_>, text: String, source: &Arc<Source>) {
    build.notices.deprecated(Diagnostic::new(text).at(Some(&Origin::whole(source))));
}

fn add_group(
    build: &mut Build<'_>,
    name: &Key,
    data: &Value,
    source: &Arc<Source>,
    hosts: &mut IndexSet<Arc<str>>,
) -> Result<(), Diagnostic> {
    let group = build.add_group(&name.json_text())?;
    let data = regular(build, &group, data, source);
    if let Some(listed) = data.get("hosts") {
        let Some(listed) = listed.as_list() else {
            return Err(Diagnostic::new(format!(
                "Value contains '{group}.hosts' which is '{}' instead of 'list'.",
                listed.type_name()
            )));
        };
        for host in listed {
            let host = name_of(host, "host")?;
            build.add_host(host, Some(&group), None)?;
            hosts.insert(host.into());
        }
    }
    if let Some(vars) = data.get("vars") {
        for (name, value) in mapping(&format!("{group}.vars"), vars)? {
            build.set(&group, name, value.clone())?;
        }
    }
    for child in data.get("children").and_then(Value::as_list).unwrap_or_default() {
        let child = build.add_group(name_of(child, "group")?)?;
        build.add_child(&group, &child)?;
    }
    Ok(())
}

fn name_of<'a>(value: &'a Value, what: &str) -> Result<&'a str, Diagnostic> {
    value.as_str().ok_or_else(|| {
        Diagnostic::new(format!(
            "Invalid {what} name supplied, expected a string but got <class '{}'> for {}",
            value.type_name(),
            value.text()
        ))
    })
}

/// The two old forms of a group: a bare list of hosts, and the variables of a host of the group's name.
fn regular(build: &mut Build<'_>, group: &str, data: &Value, source: &Arc<Source>) -> Value {
    const END: &str =
        "This feature will be removed from inventory plugin 'script' in ansible-core version 2.23.";
    if data.as_map().is_none() {
        let found = data.type_name();
        let text = format!("Group '{group}' was converted to 'dict' from '{found}'. {END}");
        deprecated(build, text, source);
        return std::iter::once(("hosts", data.clone())).collect();
    }
    if ["hosts", "vars", "children"].iter().any(|key| data.get(key).is_some()) {
        return data.clone();
    }
    let text = format!(
        "Treating malformed group '{group}' as the sole host of that group. Variables provided in this manner cannot be templated. {END}"
    );
    deprecated(build, text, source);
    let hosts = Value::list(vec![Value::str(group)]);
    [("hosts", hosts), ("vars", data.untrusted())].into_iter().collect()
}

fn ask_for_host(path: &str, host: &str) -> Result<Value, Diagnostic> {
    let output = run(path, &["--host", host])?;
    if output.text.trim().is_empty() {
        return Ok(Value::NULL);
    }
    let source =
        Source::described(format!("<inventory script output from '{path}' for host '{host}'>"));
    trusted_json(&output.text, &source).map_err(|reason| {
        let text =
            format!("Inventory script result for host '{host}' could not be parsed as JSON.");
        output.error(text).caused_by(reason)
    })
}
