//! Groups and variables made from the variables of hosts that are already there (S-151).

use super::build::{Build, sanitized};
use super::data::Inventory;
use super::host_scope::HostScope;
use super::keyed::Keyed;
use super::load::LoadOptions;
use super::vars_files::{Entity, Place, VarsFiles};
use crate::base::{Diagnostic, Key, Map, Value};
use crate::template::Templar;
use std::sync::Arc;

/// What a `plugin: constructed` file asks for.
struct Config<'a> {
    strict: bool,
    compose: Map,
    groups: Map,
    keyed: Vec<Keyed>,
    extra_vars: Option<&'a Map>,
    files: Option<VarsFiles>,
}

/// Applies a `plugin: constructed` file to the hosts of earlier sources. What was made before an
/// error stays in the inventory.
pub(super) fn parse(
    build: &mut Build<'_>,
    config: &Value,
    path: &str,
    parsed: &[Arc<str>],
    options: &LoadOptions,
) -> Result<(), Diagnostic> {
    let plugin = config.get("plugin").map(Value::text).unwrap_or_default();
    if !matches!(&*plugin, "constructed" | "ansible.builtin.constructed") {
        let name = if plugin.is_empty() { "none found" } else { &plugin };
        return Err(Diagnostic::new(format!("Incorrect plugin name in file: {name}")));
    }
    let config = Config::read(config, parsed, options)?;
    let hosts: Vec<Arc<str>> = build.inventory.hosts.keys().cloned().collect();
    for host in &hosts {
        config.apply(build, host, options).map_err(|cause| {
            Diagnostic::new(format!("Failed to parse '{path}'.")).caused_by(cause)
        })?;
    }
    Ok(())
}

impl<'a> Config<'a> {
    fn read(
        config: &Value,
        parsed: &[Arc<str>],
        options: &'a LoadOptions,
    ) -> Result<Self, Diagnostic> {
        let rules = &options.rules;
        let leading = switch(config, "leading_separator", true)?;
        let extra = switch(config, "use_extra_vars", rules.constructed_extra_vars)?;
        let files = switch(config, "use_vars_plugins", false)?
            .then(|| VarsFiles::new(parsed, Vec::new(), options.files.clone(), Arc::clone(rules)));
        let keyed = match config.get("keyed_groups").filter(|keyed| !keyed.is_null()) {
            None => Vec::new(),
            Some(keyed) => keyed
                .as_list()
                .ok_or_else(|| wrong_type("keyed_groups", "list", keyed))?
                .iter()
                .map(|entry| Keyed::read(entry, leading))
                .collect::<Result<_, _>>()?,
        };
        Ok(Self {
            strict: switch(config, "strict", false)?,
            compose: dict(config, "compose")?,
            groups: dict(config, "groups")?,
            keyed,
            extra_vars: extra.then_some(&*options.extra_vars),
            files,
        })
    }

    fn apply(
        &self,
        build: &mut Build<'_>,
        host: &str,
        options: &LoadOptions,
    ) -> Result<(), Diagnostic> {
        for (name, value) in self.composed(build, host, options)? {
            build.set(host, &name, value)?;
        }
        for (group, parent) in self.groups_for(build, host, options)? {
            let group = build.add_group(&group)?;
            build.join(&group, host);
            if let Some(parent) = parent {
                let parent = build.add_group(&parent)?;
                build.add_child(&parent, &group)?;
            }
        }
        Ok(())
    }

    fn composed(
        &self,
        build: &mut Build<'_>,
        host: &str,
        options: &LoadOptions,
    ) -> Result<Vec<(Key, Value)>, Diagnostic> {
        let vars = self.vars(build, host)?;
        let scope =
            HostScope::new(self.with_extra(build.inventory, vars), build.inventory, options);
        let templar = Templar::new(&scope);
        let mut made = Vec::new();
        for (name, expression) in &self.compose {
            match evaluate(&templar, expression) {
                Ok(value) => made.push((name.clone(), value)),
                Err(error) if self.strict => {
                    let text = format!("Could not set {name} for host {host}: {error}");
                    return Err(Diagnostic::new(text).at(expression.origin()));
                }
                Err(_) => {}
            }
        }
        scope.pass_on(build.notices);
        Ok(made)
    }

    /// Groups that the host joins, each with the group it is put under.
    fn groups_for(
        &self,
        build: &mut Build<'_>,
        host: &str,
        options: &LoadOptions,
    ) -> Result<Vec<(String, Option<String>)>, Diagnostic> {
        let vars = self.vars(build, host)?;
        let scope = HostScope::new(vars.clone(), build.inventory, options);
        let templar = Templar::new(&scope);
        let mut groups = Vec::new();
        for (name, condition) in &self.groups {
            let group = sanitized(&name.to_string());
            match templar.condition(condition) {
                Ok(true) => groups.push((group, None)),
                Err(stop) if self.strict => {
                    let cause = stop.into_diagnostic().map(|d| d.to_string()).unwrap_or_default();
                    let text = format!("Could not add host {host} to group {group}: {cause}");
                    return Err(Diagnostic::new(text).at(condition.origin()));
                }
                Ok(false) | Err(_) => {}
            }
        }
        scope.pass_on(build.notices);
        let scope =
            HostScope::new(self.with_extra(build.inventory, vars), build.inventory, options);
        let templar = Templar::new(&scope);
        for keyed in &self.keyed {
            groups.extend(keyed.groups(&templar, host, self.strict)?);
        }
        scope.pass_on(build.notices);
        Ok(groups)
    }

    fn with_extra(&self, inventory: &Inventory, vars: Map) -> Map {
        match self.extra_vars {
            Some(extra) => inventory.combine(&vars, extra),
            None => vars,
        }
    }

    fn vars(&self, build: &mut Build<'_>, host: &str) -> Result<Map, Diagnostic> {
        vars_of(build, host, self.files.as_ref())
    }
}

/// The variables a host has so far: of its groups, its own and of these files. One that the inventory does not have has
/// those of all hosts.
pub(super) fn vars_of(
    build: &mut Build<'_>,
    host: &str,
    files: Option<&VarsFiles>,
) -> Result<Map, Diagnostic> {
    let inventory = &*build.inventory;
    let mut groups = inventory.groups_of(host);
    if inventory.host(host).is_none() {
        groups.extend(inventory.group("all"));
    }
    let mut vars =
        groups.iter().fold(Map::new(), |vars, group| inventory.combine(&vars, &group.vars));
    let mut lay = |vars: Map, entities: &[Entity<'_>]| match files {
        None => Ok(vars),
        Some(files) => {
            let found = files.find(Place::Inventory, entities, build.notices)?;
            Ok(found.iter().fold(vars, |vars, file| inventory.combine(&vars, &file.vars)))
        }
    };
    let entities: Vec<Entity<'_>> = groups.iter().map(|group| Entity::Group(&group.name)).collect();
    vars = lay(vars, &entities)?;
    if let Some(own) = inventory.hosts.get(host) {
        vars = inventory.combine(&vars, &own.vars);
    }
    vars = inventory.combine(&vars, &inventory.magic(host));
    lay(vars, &[Entity::Host(host)])
}

/// The value of an expression, which must be a text.
pub(super) fn evaluate(templar: &Templar<'_>, expression: &Value) -> Result<Value, Diagnostic> {
    if expression.as_str().is_none() {
        let found = expression.type_name();
        return Err(Diagnostic::new(format!(
            "an expression must be a text, not of type '{found}'"
        )));
    }
    let suspended = || Diagnostic::new("the value is not known yet");
    templar.expression(expression).map_err(|stop| stop.into_diagnostic().unwrap_or_else(suspended))
}

pub(super) fn wrong_type(name: &str, wanted: &str, value: &Value) -> Diagnostic {
    let found = value.type_name();
    Diagnostic::new(format!("Invalid value for '{name}': expected a {wanted}, got a {found}."))
        .at(value.origin())
}

pub(super) fn switch(config: &Value, name: &str, default: bool) -> Result<bool, Diagnostic> {
    let Some(value) = config.get(name).filter(|value| !value.is_null()) else {
        return Ok(default);
    };
    match value.text().to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" | "y" | "t" => Ok(true),
        "false" | "no" | "off" | "0" | "n" | "f" => Ok(false),
        _ => Err(wrong_type(name, "boolean", value)),
    }
}

fn dict(config: &Value, name: &str) -> Result<Map, Diagnostic> {
    match config.get(name).filter(|value| !value.is_null()) {
        None => Ok(Map::new()),
        Some(value) => value.as_map().cloned().ok_or_else(|| wrong_type(name, "dictionary", value)),
    }
}
