//! `plugin: bastille_jails`: the jails of hosts as hosts of the inventory, with the connection that leads into them.
//!
//! The hosts are asked while the inventory is read, by the way that the load has (`Reach`); their connection variables are
//! those that earlier sources gave them.

mod seen;

use super::build::{Build, sanitized};
use super::constructed::{switch, vars_of, wrong_type};
use super::host_scope::HostScope;
use super::load::LoadOptions;
use super::vars_files::VarsFiles;
use crate::base::diagnostic::nearest;
use crate::base::{Diagnostic, Key, Map, Value};
use crate::spec::{Probe, Scope};
use seen::Jail;
use std::sync::Arc;

/// The question.
const SCRIPT: &str = include_str!("jails.sh");
/// Bastille's configuration.
const CONF: &str = "/usr/local/etc/bastille/bastille.conf";
/// The group of all jails.
const GROUP: &str = "bastille_jails";

/// Whether a file is called as one of this plugin must be.
pub(super) fn is_named(source: &str) -> bool {
    source.ends_with("bastille_jails.yml") || source.ends_with("bastille_jails.yaml")
}

/// What a file asks for.
struct Config {
    /// Names of hosts, or of groups of them.
    hosts: Vec<String>,
    /// How a jail is called in the inventory: `{jail}` and `{host}` stand for their names.
    hostnames: String,
    /// Whether running jails that Bastille does not keep are listed too.
    others: bool,
}

impl Config {
    fn read(config: &Value) -> Result<Self, Diagnostic> {
        const KNOWN: [&str; 4] = ["plugin", "hosts", "hostnames", "others"];
        for (name, value) in config.as_map().into_iter().flatten() {
            let name = name.to_string();
            if KNOWN.contains(&name.as_str()) {
                continue;
            }
            let error = Diagnostic::new(format!("bastille_jails has no option '{name}'"));
            let near = nearest(&name, KNOWN);
            let error = error.at(value.meta().key_origin().as_ref());
            return Err(match near.first() {
                Some(near) => error.hint(format!("Did you mean '{near}'?")),
                None => error,
            });
        }
        let hosts = config.get("hosts").cloned().unwrap_or_default();
        let listed = match hosts.as_list() {
            Some(list) => list.iter().map(Value::as_str).collect::<Option<Vec<_>>>(),
            None => hosts.as_str().map(|one| vec![one]),
        };
        let named = listed.filter(|names| !names.is_empty() && names.iter().all(|n| !n.is_empty()));
        let named = named.ok_or_else(|| wrong_type("hosts", "list of host names", &hosts))?;
        let hostnames = config.get("hostnames").filter(|value| !value.is_null());
        let hostnames = hostnames.map_or_else(|| "{jail}".to_string(), Value::text);
        if !hostnames.contains("{jail}") {
            let text = "hostnames must contain {jail}, which stands for the jail's name";
            return Err(Diagnostic::new(text).at(config.get("hostnames").and_then(Value::origin)));
        }
        Ok(Self {
            hosts: named.into_iter().map(str::to_string).collect(),
            hostnames,
            others: switch(config, "others", false)?,
        })
    }

    /// The hosts to ask: a group's members, or the one of this name, which may be an address.
    fn asked(&self, build: &Build<'_>) -> Vec<Arc<str>> {
        let mut all: Vec<Arc<str>> = Vec::new();
        for name in &self.hosts {
            let named = match build.has_group(name) {
                true => build.inventory.members(name).iter().cloned().collect(),
                false => vec![Arc::from(name.as_str())],
            };
            all.extend(named);
        }
        let mut seen = std::collections::HashSet::new();
        all.retain(|name| seen.insert(Arc::clone(name)));
        all
    }
}

/// Asks the hosts of a file and adds their jails. Those of hosts that answered stay although others did not.
pub(super) fn parse(
    build: &mut Build<'_>,
    config: &Value,
    parsed: &[Arc<str>],
    options: &LoadOptions,
) -> Result<(), Diagnostic> {
    let config = Config::read(config)?;
    let Some(reach) = &options.reach.0 else {
        return Err(Diagnostic::new("hosts cannot be asked where this inventory is read"));
    };
    // What is said of all hosts holds for these too.
    build.reconcile()?;
    let hosts = config.asked(build);
    let files =
        VarsFiles::new(parsed, Vec::new(), options.files.clone(), Arc::clone(&options.rules));
    let mut known = Vec::new();
    for host in &hosts {
        let vars = vars_of(build, host, Some(&files))?;
        known.push(build.inventory.combine(&vars, &options.extra_vars));
    }
    let asked = {
        let scopes: Vec<HostScope<'_>> =
            known.into_iter().map(|vars| HostScope::new(vars, build.inventory, options)).collect();
        let named: Vec<(Arc<str>, &dyn Scope)> =
            hosts.iter().cloned().zip(scopes.iter().map(|scope| scope as &dyn Scope)).collect();
        let mut probe = Probe::new("bastille_jails", SCRIPT).words([CONF]);
        (probe.heavy, probe.isolated) = (true, true);
        let asked = reach.ask(&named, &probe);
        scopes.iter().for_each(|scope| scope.pass_on(build.notices));
        asked
    };
    asked.warnings.into_iter().for_each(|warning| build.notices.warning(warning));
    let mut failed = Vec::new();
    for (host, answer) in hosts.iter().zip(asked.answers) {
        let jails = answer.and_then(|answer| seen::read(&answer));
        let added = jails.and_then(|jails| config.add_all(build, host, &jails));
        if let Err(error) = added {
            failed.push(format!("{host}: {}", error.chain()));
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Diagnostic::new(failed.join("\n"))) }
}

impl Config {
    fn add_all(&self, build: &mut Build<'_>, host: &str, jails: &[Jail]) -> Result<(), Diagnostic> {
        let all = build.add_group(GROUP)?;
        let here = group(build, "host", host)?;
        build.add_child(&all, &here)?;
        for jail in jails.iter().filter(|jail| jail.kept || self.others) {
            self.add(build, host, &here, jail)?;
        }
        Ok(())
    }

    fn add(
        &self,
        build: &mut Build<'_>,
        host: &str,
        here: &str,
        jail: &Jail,
    ) -> Result<(), Diagnostic> {
        let name = self.hostnames.replace("{jail}", &jail.name).replace("{host}", host);
        free(build, &name, host, jail)?;
        build.add_host(&name, Some(here), None)?;
        for (key, value) in variables(host, jail) {
            build.set_host_var(&name, &key, value);
        }
        if let Some(release) = &jail.release {
            let release = group(build, "release", release)?;
            build.join(&release, &name);
        }
        for tag in &jail.tags {
            let tag = group(build, "tag", tag)?;
            build.join(&tag, &name);
        }
        Ok(())
    }
}

/// `bastille_KIND_NAME`.
fn group(build: &mut Build<'_>, kind: &str, name: &str) -> Result<Arc<str>, Diagnostic> {
    build.add_group(&sanitized(&format!("bastille_{kind}_{name}")))
}

/// That no other host bears the name: what an earlier source says of this very jail is added to.
fn free(build: &Build<'_>, name: &str, host: &str, jail: &Jail) -> Result<(), Diagnostic> {
    let Some(known) = build.inventory.hosts.get(name) else { return Ok(()) };
    let text = |name: &str| known.vars.get(&Key::from(name)).map(Value::text);
    let same = text("ansible_jail_via").is_none_or(|via| via == host)
        && text("ansible_jail_host").is_none_or(|known| known == jail.name);
    let is_jail = matches!(
        text("ansible_connection").as_deref(),
        Some("jail" | "bastille" | "community.general.jail")
    );
    if is_jail && same {
        return Ok(());
    }
    if !is_jail {
        let error = format!("the inventory has a host '{name}', which is not said to be this jail");
        return Err(Diagnostic::new(error).hint(
            "Give jails other names (hostnames: \"{jail}.{host}\"), or that host `ansible_connection: jail`.",
        ));
    }
    let error = format!("there are two jails that would be called '{name}'");
    Err(Diagnostic::new(error).hint("hostnames: \"{jail}.{host}\" tells them apart."))
}

/// What is known of a jail. What its host says is no template.
fn variables(host: &str, jail: &Jail) -> Map {
    let list = |items: &[String]| Value::from(items.to_vec());
    let mut vars: Vec<(&str, Value)> = vec![
        ("ansible_connection", Value::from("jail")),
        ("ansible_jail_host", Value::from(jail.name.as_str()).untrusted()),
        ("ansible_jail_via", Value::from(host)),
        ("bastille_host", Value::from(host)),
        ("bastille_running", Value::from(jail.running)),
        ("bastille_addresses", list(&jail.addresses).untrusted()),
        ("bastille_tags", list(&jail.tags).untrusted()),
    ];
    if let Some(boot) = jail.boot {
        vars.push(("bastille_boot", Value::from(boot)));
    }
    if let Some(release) = &jail.release {
        vars.push(("bastille_release", Value::from(release.as_str()).untrusted()));
    }
    vars.into_iter().map(|(name, value)| (Key::from(name), value)).collect()
}

#[cfg(test)]
mod tests;
