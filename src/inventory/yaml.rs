//! Inventories in YAML or JSON form (S-149), and in the same shape from elsewhere.

use super::build::Build;
use super::range;
use crate::base::{Diagnostic, Key, Map, Value};
use std::sync::Arc;

/// Adds the groups of a loaded document. What stands before an error stays in the inventory.
pub(super) fn parse(build: &mut Build<'_>, document: &Value) -> Result<(), Diagnostic> {
    if !document.is_true() {
        return Err(Diagnostic::new("Parsed empty YAML file"));
    }
    let Some(groups) = document.as_map() else {
        return Err(Diagnostic::new(format!(
            "YAML inventory has invalid structure, it should be a dictionary, got: {}",
            class(document)
        ))
        .at(document.origin()));
    };
    if document.get("plugin").is_some_and(Value::is_true) {
        return Err(Diagnostic::new("Plugin configuration YAML file, not YAML inventory"));
    }
    for (name, group) in groups {
        add_group(build, name, group)?;
    }
    Ok(())
}

/// Python's way to write a type.
pub(super) fn class(value: &Value) -> String {
    format!("<class '{}'>", value.type_name())
}

/// The name of the group, or None when it is no group and was passed over.
fn add_group(
    build: &mut Build<'_>,
    name: &Key,
    data: &Value,
) -> Result<Option<Arc<str>>, Diagnostic> {
    if !data.is_null() && data.as_map().is_none() {
        build.notices.warn(format!("Skipping '{name}' as this is not a valid group definition"));
        return Ok(None);
    }
    let Some(text) = name.as_str() else {
        return Err(Diagnostic::new(format!(
            "Unable to add group {name}: Invalid group name supplied, expected a string but got {} for {name}",
            class(&name.value())
        ))
        .at(data.meta().key_origin().as_ref()));
    };
    let group = build.add_group(text).map_err(|error| {
        Diagnostic::new(format!("Unable to add group {name}: {error}")).at(data.origin())
    })?;
    let Some(data) = data.as_map() else { return Ok(Some(group)) };
    let data = sections(data, &group)?;
    for (key, section) in &data {
        add_section(build, &group, key, section)?;
    }
    Ok(Some(group))
}

/// A lone text in the place of a mapping is a key without value.
fn sections(data: &Map, group: &str) -> Result<Map, Diagnostic> {
    let mut data = data.clone();
    for name in ["vars", "children", "hosts"] {
        let Some(section) = data.get_mut(&Key::from(name)) else { continue };
        if let Some(text) = section.as_str() {
            *section = std::iter::once((text, Value::NULL)).collect::<Value>().marked_as(section);
        }
        if !section.is_null() && section.as_map().is_none() {
            return Err(Diagnostic::new(format!(
                "Invalid \"{name}\" entry for \"{group}\" group, requires a dictionary, found \"{}\" instead.",
                class(section)
            ))
            .at(section.origin()));
        }
    }
    Ok(data)
}

fn add_section(
    build: &mut Build<'_>,
    group: &Arc<str>,
    key: &Key,
    section: &Value,
) -> Result<(), Diagnostic> {
    if section.is_null() {
        return Ok(());
    }
    let Some(entries) = section.as_map() else {
        build.notices.warning(
            Diagnostic::new(format!(
                "Skipping key ({key}) in group ({group}) as it is not a mapping, it is a {}",
                class(section)
            ))
            .at(section.meta().key_origin().as_ref()),
        );
        return Ok(());
    };
    match key.as_str() {
        Some("vars") => add_vars(build, group, entries),
        Some("children") => add_children(build, group, entries),
        Some("hosts") => add_hosts(build, group, entries),
        _ => {
            let text = format!(
                "Skipping unexpected key ({key}) in group ({group}), only \"vars\", \"children\" and \"hosts\" are valid"
            );
            let place = section.meta().key_origin();
            build.notices.warning(Diagnostic::new(text).at(place.as_ref()));
            Ok(())
        }
    }
}

fn add_vars(build: &mut Build<'_>, entity: &str, vars: &Map) -> Result<(), Diagnostic> {
    for (name, value) in vars {
        build.set(entity, name, value.clone())?;
    }
    Ok(())
}

fn add_children(build: &mut Build<'_>, group: &str, children: &Map) -> Result<(), Diagnostic> {
    for (name, data) in children {
        match add_group(build, name, data)? {
            Some(child) => build.add_child(group, &child)?,
            None => build.add_child(group, &name.value().text())?,
        };
    }
    Ok(())
}

fn add_hosts(build: &mut Build<'_>, group: &str, hosts: &Map) -> Result<(), Diagnostic> {
    for (pattern, vars) in hosts {
        let Some(text) = pattern.as_str() else {
            return Err(Diagnostic::new(format!(
                "Host pattern {pattern} must be a string. Enclose integers/floats in quotation marks."
            ))
            .at(vars.meta().key_origin().as_ref()));
        };
        let (names, port) = range::expand(text)
            .map_err(|reason| Diagnostic::new(reason).at(vars.meta().key_origin().as_ref()))?;
        host_vars(build, &names, Some(group), port, vars)?;
    }
    Ok(())
}

/// Makes hosts of one entry with its variables; a false value is none.
pub(super) fn host_vars(
    build: &mut Build<'_>,
    hosts: &[String],
    group: Option<&str>,
    port: Option<u32>,
    vars: &Value,
) -> Result<(), Diagnostic> {
    let empty = Map::new();
    let vars = match vars.as_map() {
        Some(vars) => vars,
        None if !vars.is_true() => &empty,
        None => {
            return Err(Diagnostic::new(format!(
                "Invalid data from file, expected dictionary and got:\n\n{}",
                vars.masked().text()
            ))
            .at(vars.origin()));
        }
    };
    for host in hosts {
        build.add_host(host, group, port)?;
        for (name, value) in vars {
            build.set(host, name, value.clone())?;
        }
    }
    Ok(())
}
